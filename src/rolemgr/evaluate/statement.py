"""
Does one statement match a request: its Action, its Principal, its Resource, and every condition.

`applies` is the quick answer and `mismatches` the long one; both ask the same questions, so they cannot
disagree. A statement is read once (`read_statement`) and asked often.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from rolemgr.evaluate.conditions import (
    RawCondition,
    TestedCondition,
    listed_conditions,
    read_condition,
    validate_condition,
)
from rolemgr.evaluate.errors import PolicyError
from rolemgr.evaluate.principals import (
    Blocks,
    Caller,
    Match,
    Named,
    PrincipalElement,
    blocks_of,
    match,
    read_principals,
    validate_principals,
)
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityStatement, ResourceStatement, StatementElement, TrustStatement
from rolemgr.iam.variables import Matcher, bind, keys, misplaced, opens_variable, parse
from rolemgr.iam.wildcards import matches_folded_action, resource_glob, resource_text_glob

Element: TypeAlias = Literal["Action", "NotAction", "Principal", "NotPrincipal", "Resource", "NotResource", "Condition"]


class Mismatch(NamedTuple):
    """
    Why a statement did not match: what its *element* wants and what the request has.

    *operator* and *key* are a condition's; *unresolved* are the variables among *wanted* without a value, and
    *dead* are those of *wanted* that match nothing ever.
    """

    element: Element
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    operator: str | None = None
    key: str | None = None
    unresolved: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()

    def __str__(self) -> str:
        found = _listed(self.found) or "nothing (the key is absent)"
        where = f"{self.operator} {self.key}" if self.operator else self.element
        note = f"; without a value: {_listed(self.unresolved)}" if self.unresolved else ""
        dead = f"; {dead_resources_text(self.dead)}" if self.dead else ""
        return f"{where} wants {_listed(self.wanted)}, the request has {found}{note}{dead}"


def dead_resources_text(resources: tuple[str, ...]) -> str:
    """Return what is wrong with *resources* that match nothing."""
    return f"{_listed(resources)} matches nothing: a policy variable can stand only after the fifth colon of an ARN"


class Elements(NamedTuple):
    """
    The elements of one statement as a policy writes them, read from JSON or from the model.

    The Resource of a statement without one, as in a trust policy, is `*`: what the policy stands at.
    *principal_element* is None in an identity policy.
    """

    sid: str | None
    effect: Effect
    action_element: Literal["Action", "NotAction"]
    actions: tuple[str, ...]
    resource_element: Literal["Resource", "NotResource"]
    resources: tuple[str, ...]
    conditions: tuple[RawCondition, ...]
    principal_element: PrincipalElement | None = None
    principals: Blocks = ()


EVERYWHERE: Final = ("*",)


def elements_of(statement: StatementElement) -> Elements:
    """Return the elements of *statement*; raise PolicyError for a NotPrincipal in a trust policy."""
    resource_element, resources = _resources(statement)
    principal_element, principals = _principals(statement)
    return Elements(
        statement.sid,
        statement.effect,
        "Action" if statement.action else "NotAction",
        statement.action or statement.not_action or (),
        resource_element,
        resources,
        listed_conditions(statement.condition),
        principal_element,
        principals,
    )


def _resources(statement: StatementElement) -> tuple[Literal["Resource", "NotResource"], tuple[str, ...]]:
    if not isinstance(statement, IdentityStatement):
        return "Resource", EVERYWHERE
    if isinstance(statement, ResourceStatement) and statement.is_about_its_own_resource():
        return "Resource", EVERYWHERE
    return ("NotResource", statement.not_resource) if statement.not_resource else ("Resource", statement.resource or ())


def _principals(statement: StatementElement) -> tuple[PrincipalElement | None, Blocks]:
    if not isinstance(statement, TrustStatement | ResourceStatement):
        return None, ()
    if statement.not_principal is None:
        return "Principal", blocks_of(statement.principal or {})
    if isinstance(statement, TrustStatement):
        raise PolicyError(None, "a role trust policy has no NotPrincipal", "use Principal and a condition")
    return "NotPrincipal", blocks_of(statement.not_principal)


class _Resource(NamedTuple):
    """A Resource or NotResource value, ready to be asked, and the variables that it can't do without."""

    text: str
    test: Matcher
    variables: tuple[str, ...]


def _nothing(_value: str, _context: object) -> bool:
    return False


def _resource(text: str, variables: bool) -> _Resource:
    return (_short_resource if len(text) <= _SHORT else _read_resource)(text, variables)


def _read_resource(text: str, variables: bool) -> _Resource:
    if not variables or not opens_variable(text):
        test = resource_text_glob(text)
        return _Resource(text, lambda value, _context: test(value), ())
    try:
        template = parse(text, variables=variables)
    except ValueError as error:
        raise PolicyError(None, f"resource `{text}`: {error}") from error
    if misplaced(template):
        return _Resource(text, _nothing, ())
    return _Resource(text, bind(template, resource_glob), keys(template))


_SHORT: Final = 512
"""Longer texts are read anew each time, so that what is kept has a bound."""
_short_resource = lru_cache(maxsize=1 << 13)(_read_resource)


class ReadStatement:
    """
    A statement ready to be asked; the patterns as written stay beside their tests.

    What it takes to ask is made when somebody asks: most statements that speak of an action are about another
    resource, and then nobody asks for their conditions.
    """

    def __init__(self, elements: Elements, *, variables: bool) -> None:
        """Take the elements as *elements*, at which somebody has looked; *variables* is as in `read_statement`."""
        self._elements, self._variables = elements, variables
        self.sid, self.effect = elements.sid, elements.effect
        self.action_element, self.actions = elements.action_element, elements.actions
        self.resource_element, self.resources = elements.resource_element, elements.resources
        self.everywhere = elements.resource_element == "Resource" and "*" in elements.resources
        """Its Resource is `*`, so that there is nothing to ask."""
        if elements.principal_element is None or not elements.conditions:  # known now: what is not made costs nothing
            self._know_at_once(elements)

    def _know_at_once(self, elements: Elements) -> None:
        if elements.principal_element is None:
            self.__dict__["principals"] = None
        if not elements.conditions:
            self.__dict__["conditions"] = ()

    @cached_property
    def unconditional(self) -> "ReadStatement":
        """The statement on any resource, without its conditions: for who knows that these match."""
        elements = self._elements._replace(conditions=(), resource_element="Resource", resources=EVERYWHERE)
        return ReadStatement(elements, variables=self._variables)

    @cached_property
    def asked_keys(self) -> frozenset[str]:
        """The condition keys, in lower case, that its conditions, their variables and its resources ask for."""
        compared = (key for one in self.conditions for key in (one.key, *one.variables))
        return frozenset(key.lower() for key in (*compared, *self.resource_variables))

    @cached_property
    def principals(self) -> Named | None:
        """Who it speaks of; None in an identity policy, whose principal is the one that has it."""
        elements = self._elements
        if elements.principal_element is None:
            return None
        denies = elements.effect is Effect.DENY
        return read_principals(elements.principal_element, elements.principals, denies=denies)

    @cached_property
    def conditions(self) -> tuple[TestedCondition, ...]:
        """Its conditions, made ready when a request first gets as far as them."""
        return tuple([read_condition(one, variables=self._variables) for one in self._elements.conditions])

    @cached_property
    def _read_resources(self) -> tuple[_Resource, ...]:
        return tuple([_resource(text, self._variables) for text in self.resources])

    @cached_property
    def resource_tests(self) -> tuple[Matcher, ...]:
        """The tests of its resources, made ready when a request first gets as far as them."""
        return tuple([one.test for one in self._read_resources])

    @cached_property
    def resource_variables(self) -> tuple[str, ...]:
        """The variables that its resources can't do without."""
        return tuple([key for one in self._read_resources for key in one.variables])

    @cached_property
    def dead_resources(self) -> tuple[str, ...]:
        """Those of its resources that match nothing ever, as they have a policy variable before the fifth colon."""
        return tuple([one.text for one in self._read_resources if one.test is _nothing])


def read_statement(elements: Elements, *, variables: bool) -> ReadStatement:
    """
    Return the statement of *elements* ready to be asked; *variables* says whether its policy's version has them.

    Raises PolicyError for what IAM would not accept: an operator's value, a principal, an action.
    """
    validate_statement(elements, variables=variables)
    return ReadStatement(elements, variables=variables)


def validate_statement(elements: Elements, *, variables: bool) -> None:
    """Raise PolicyError for what IAM would not accept in a statement, without making ready what nobody asks."""
    for text in elements.resources if variables else ():
        if opens_variable(text):
            _resource(text, variables)
    validate_actions(elements.actions)
    for one in elements.conditions:
        validate_condition(one, variables=variables)
    if elements.principal_element is not None:
        denies = elements.effect is Effect.DENY
        validate_principals(elements.principal_element, elements.principals, denies=denies)


def takes_action(statement: ReadStatement | Elements, folded_action: str) -> bool:
    """Return whether *statement* speaks of the lower-case action."""
    listed = False
    for pattern in statement.actions:
        if matches_folded_action(pattern, folded_action):
            listed = True
            break
    return listed is (statement.action_element == "Action")


def takes_resource(statement: ReadStatement, request: Request) -> bool:
    """Return whether *statement* speaks of the request's resource."""
    listed = any(test(request.resource, request.context) for test in statement.resource_tests)
    return listed is (statement.resource_element == "Resource")


def names(statement: ReadStatement, caller: Caller, *, bounded: bool) -> Match:
    """Return how *statement* names *caller*: DIRECT in an identity policy; *bounded* as in `match`."""
    return Match.DIRECT if statement.principals is None else match(statement.principals, caller, bounded=bounded)


def applies(statement: ReadStatement, request: Request) -> bool:
    """Return whether a *statement* on the action and the principal matches the request in all else."""
    if not statement.everywhere and not takes_resource(statement, request):
        return False
    context = request.context
    for condition in statement.conditions:  # the inner loop of everything: no generator, no call but the test
        if not condition.test(context.folded.get(condition.folded_key, ()), context):
            return False
    return True


def mismatches(statement: ReadStatement, request: Request, caller: Caller, *, bounded: bool) -> Iterator[Mismatch]:
    """
    Yield why *statement* does not match, nothing where it does.

    Another action ends the search; principal, resource and conditions are then all of them looked at.
    """
    if not takes_action(statement, request.folded_action):
        yield Mismatch(statement.action_element, statement.actions, (request.action,))
        return
    if statement.principals and not names(statement, caller, bounded=bounded):
        yield Mismatch(statement.principals.element, statement.principals.listed, (caller.text,))
    context = request.context
    if not takes_resource(statement, request):
        unresolved = _without_value(statement.resource_variables, context)
        yield Mismatch(
            statement.resource_element, statement.resources, (request.resource,),
            unresolved=unresolved, dead=statement.dead_resources,
        )  # fmt: skip
    for condition in statement.conditions:
        if not condition.holds(context):
            unresolved = _without_value(condition.variables, context)
            found = condition.found(context)
            yield Mismatch("Condition", condition.values, found, condition.operator, condition.key, unresolved)


def absent_keys(statement: ReadStatement, request: Request, caller: Caller, *, bounded: bool) -> Iterator[str]:
    """
    Yield the condition keys, as written, that *statement* asks for and the request does not have.

    A statement on another action or principal asks for none; one on another resource only for the variables
    there.
    """
    if not takes_action(statement, request.folded_action) or not names(statement, caller, bounded=bounded):
        return
    asked = list(statement.resource_variables)
    if takes_resource(statement, request):
        asked += [name for condition in statement.conditions for name in (condition.key, *condition.variables)]
    yield from (key for key in asked if key not in request.context)


def validate_actions(patterns: tuple[str, ...]) -> None:
    """Raise PolicyError where one of *patterns* is not an action."""
    for pattern in patterns:
        if ":" not in pattern and pattern != "*":
            hint = "an action is a service prefix, a colon and a name"
            raise PolicyError(None, f"`{pattern}` is not an action", hint)


def _without_value(variables: tuple[str, ...], context: Context) -> tuple[str, ...]:
    return tuple(key for key in variables if len(context.get(key, ())) != 1)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)
