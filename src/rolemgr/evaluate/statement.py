"""
Does one statement match a request: its Action, its Principal, its Resource, and every condition.

`applies` is the quick answer and `mismatches` the long one; both ask the same questions, so they cannot
disagree. A statement is read once (`read_statement`) and asked often.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.evaluate.conditions import Condition, read_conditions
from rolemgr.evaluate.errors import PolicyError
from rolemgr.evaluate.principals import Caller, Match, Named, match, read_principals
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityStatement, ResourceStatement, StatementElement, TrustStatement
from rolemgr.iam.variables import Matcher, Template, Test, bind, early_variable, keys, parse
from rolemgr.iam.wildcards import action_glob, resource_glob

Element: TypeAlias = Literal["Action", "NotAction", "Principal", "NotPrincipal", "Resource", "NotResource", "Condition"]


class ReadStatement(NamedTuple):
    """
    A statement ready to be asked; the patterns as written stay beside their tests.

    *principals* is None in an identity policy, whose principal is whoever has it.
    """

    sid: str | None
    effect: Effect
    action_element: Literal["Action", "NotAction"]
    actions: tuple[str, ...]
    action_tests: tuple[Test, ...]
    resource_element: Literal["Resource", "NotResource"]
    resources: tuple[str, ...]
    resource_tests: tuple[Matcher, ...]
    resource_variables: tuple[str, ...]
    conditions: tuple[Condition, ...]
    principals: Named | None = None
    everywhere: bool = False
    """Its Resource is `*`, so that there is nothing to ask."""


class Mismatch(NamedTuple):
    """
    Why a statement did not match: what its *element* wants and what the request has.

    *operator* and *key* are a condition's; *unresolved* are the variables among *wanted* without a value.
    """

    element: Element
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    operator: str | None = None
    key: str | None = None
    unresolved: tuple[str, ...] = ()

    def __str__(self) -> str:
        found = _listed(self.found) or "nothing (the key is absent)"
        where = f"{self.operator} {self.key}" if self.operator else self.element
        note = f"; without a value: {_listed(self.unresolved)}" if self.unresolved else ""
        return f"{where} wants {_listed(self.wanted)}, the request has {found}{note}"


def read_statement(statement: StatementElement, *, variables: bool) -> ReadStatement:
    """
    Return *statement* ready to be asked; one of a trust policy speaks of the role that it stands at.

    Raises PolicyError for what IAM would not accept: an operator's value, a principal, an action.
    """
    actions = statement.action or statement.not_action or ()
    resources, resource_element = _resources(statement)
    templates = [_template(text, variables) for text in resources]
    return ReadStatement(
        sid=statement.sid,
        effect=statement.effect,
        action_element="Action" if statement.action else "NotAction",
        actions=actions,
        action_tests=tuple(map(_action_test, actions)),
        resource_element=resource_element,
        resources=resources,
        resource_tests=tuple(map(_resource_test, resources, templates, repeat(variables))),
        resource_variables=tuple(key for template in templates for key in keys(template)),
        conditions=read_conditions(statement.condition, variables=variables),
        principals=_principals(statement),
        everywhere=resource_element == "Resource" and "*" in resources,
    )


def _resources(statement: StatementElement) -> tuple[tuple[str, ...], Literal["Resource", "NotResource"]]:
    if not isinstance(statement, IdentityStatement):
        return ("*",), "Resource"
    return statement.resource or statement.not_resource or (), "Resource" if statement.resource else "NotResource"


def _principals(statement: StatementElement) -> Named | None:
    if not isinstance(statement, TrustStatement | ResourceStatement):
        return None
    if isinstance(statement, TrustStatement) and statement.not_principal is not None:
        raise PolicyError(None, "a role trust policy has no NotPrincipal", "use Principal and a condition")
    return read_principals(statement.principal, statement.not_principal, denies=statement.effect is Effect.DENY)


def takes_action(statement: ReadStatement, folded_action: str) -> bool:
    """Return whether *statement* speaks of the lower-case action."""
    listed = any(test(folded_action) for test in statement.action_tests)
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
        yield Mismatch(statement.principals.element, statement.principals.written, (caller.text,))
    context = request.context
    if not takes_resource(statement, request):
        unresolved = _without_value(statement.resource_variables, context)
        yield Mismatch(statement.resource_element, statement.resources, (request.resource,), unresolved=unresolved)
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


def _template(text: str, variables: bool) -> Template:
    try:
        return parse(text, variables=variables)
    except ValueError as error:
        raise PolicyError(None, f"resource `{text}`: {error}") from error


def _resource_test(text: str, template: Template, variables: bool) -> Matcher:
    """Return the test of the pattern *text*; with a variable before its fifth colon IAM takes it for no resource."""
    if variables and early_variable(text):
        return lambda _resource, _context: False
    return bind(template, resource_glob)


def _action_test(pattern: str) -> Test:
    if pattern != "*" and ":" not in pattern:
        raise PolicyError(None, f"`{pattern}` is not an action", "an action is a service prefix, a colon and a name")
    return action_glob(pattern)


def _without_value(variables: tuple[str, ...], context: Context) -> tuple[str, ...]:
    return tuple(key for key in variables if len(context.get(key, ())) != 1)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)
