"""
Search for a request: does any context that agrees with some fixed condition keys get an action allowed?

The search is exhaustive over the key assignments (`rolemgr.prove.domains`) and asks the evaluator alone. Each statement
is asked in a policy of its own: whether it matches depends on nothing but the keys that it names, so a Deny
that matches on the keys chosen so far cuts off every context that extends them. What is found is then
asked of the whole role.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import product
from typing import Final, NamedTuple, TypeVar

from rolemgr.compare.budget import Budget
from rolemgr.compare.universe import always_there
from rolemgr.evaluate.decision import Decision
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.iam.wildcards import contains
from rolemgr.prove.assignment import Check, find_assignment
from rolemgr.prove.domains import PER_ANSWER, KeyAssignment, Term, Test, Values, domain, variables_in
from rolemgr.prove.proof import Decide, RoleToProve
from rolemgr.prove.resource_classes import classes
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.inert import live_resources
from rolemgr.reference.quirks import absence_reason, only_region, several_values

_VERSION: Final = "2012-10-17"


class Limit(NamedTuple):
    """What a context must keep besides the statements: a question that only *keys* decide."""

    keys: frozenset[str]
    keeps: Callable[[KeyAssignment], bool]


@dataclass(frozen=True, eq=False)
class _Alone:
    """What a statement says, in a policy of its own."""

    policies: Policies
    decide: Decide


@lru_cache(maxsize=1 << 17)
def _matches(alone: _Alone, action: str, resource: str, known: tuple[tuple[str, Values], ...]) -> bool:
    """Tell whether a statement matches: most questions are asked again with another value of another's key."""
    request = Request(action, resource, Context(dict(known)))
    return alone.decide(request, alone.policies).decision != "ImplicitlyDenied"


class IsolatedStatement(NamedTuple):
    """A statement as it is asked: alone, and by the keys that decide whether it matches."""

    statement: IdentityStatement
    keys: frozenset[str]
    alone: _Alone

    def matches(self, action: str, resource: str, assignment: KeyAssignment) -> bool:
        """Tell whether the statement matches *action* on *resource* in *assignment*."""
        known = tuple((key, assignment[key]) for key in sorted(self.keys) if assignment.get(key))
        return _matches(self.alone, action, resource, known)


@dataclass(frozen=True, eq=False)
class Inquiry:
    """All that a role's statements say of one action, and what else tells values of its keys apart."""

    subject: RoleToProve
    action: str
    statements: tuple[IsolatedStatement, ...]
    tests: tuple[Test, ...] = ()
    _domains: dict[str, tuple[Values, ...]] = field(default_factory=dict)
    _fitting: dict[tuple[_Alone, str], tuple[Values, ...]] = field(default_factory=dict)

    @property
    def budget(self) -> Budget:
        """The steps that the proofs of the subject have left."""
        return self.subject.budget

    def of(self, effect: Effect) -> tuple[IsolatedStatement, ...]:
        """Return the statements of *effect*: a Deny cuts a search off, an Allow must match for it to go on."""
        return self._by_effect[effect]

    @cached_property
    def _by_effect(self) -> Mapping[Effect, tuple[IsolatedStatement, ...]]:
        return {
            one: tuple(isolated for isolated in self.statements if isolated.statement.effect is one) for one in Effect
        }

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The conditions of all statements: they alone tell values of a key apart."""
        return tuple(term for isolated in self.statements for term in _terms(isolated.statement, self.subject.decide))

    @cached_property
    def _terms_by_key(self) -> Mapping[str, tuple[Term, ...]]:
        return _by_key(self.terms)

    @cached_property
    def _tests_by_key(self) -> Mapping[str, tuple[Test, ...]]:
        return _by_key(self.tests)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The keys, in lower case, that policy variables of the statements stand for."""
        return frozenset(key.lower() for key in self._named)

    @cached_property
    def _named(self) -> tuple[str, ...]:
        return tuple(key for isolated in self.statements for key in _variables(isolated.statement))

    def domain(self, key: str) -> tuple[Values, ...]:
        """Return the values of *key* to ask with."""
        if key not in self._domains:
            terms, tests = self._terms_by_key.get(key, ()), self._tests_by_key.get(key, ())
            found = self.budget.answer(
                domain, key, terms, tests, key in self.variables, key in several_values(self.action)
            )
            found = found[1:] if _always_there(self.action, key) else found
            self._domains[key] = self._only_region if key == _REGION and self._only_region else found
        return self._domains[key]

    @cached_property
    def _only_region(self) -> tuple[Values, ...]:
        """The one Region that a request for the action carries; empty where the caller's choice decides."""
        if self.subject.rendered.role.spec.partition_name != "aws":
            return ()  # AWS's page names the Region of the partition aws alone
        region = only_region(self.action.partition(":")[0])
        return ((region,),) if region else ()

    def assignments(self, keys: Iterable[str]) -> Iterator[KeyAssignment]:
        """Yield every assignment over *keys*; raise TooComplex where there are too many."""
        names, budget = sorted(set(keys)), self.budget.part()
        for choice in product(*(self.domain(key) for key in names)):
            budget.spend(1 + len(names))
            yield dict(zip(names, choice, strict=True))

    def resources(self) -> tuple[str, ...]:
        """Return a concrete resource of each class of the Allows, of those that AWS asks the action on."""
        patterns = [text for isolated in self.of(Effect.ALLOW) for text in isolated.statement.resource or ()]
        every = [text for isolated in self.statements for text in isolated.statement.resource or ()]
        live = live_resources(self.action, dict.fromkeys(patterns))
        return self.budget.answer(classes, self.action, live, live_resources(self.action, dict.fromkeys(every)))

    def decision(self, resource: str, assignment: KeyAssignment) -> Decision:
        """Return the decision on *resource* in *assignment* by what each statement says alone."""
        self.budget.spend(sum(1 + len(isolated.keys) for isolated in self.statements))
        if any(isolated.matches(self.action, resource, assignment) for isolated in self.of(Effect.DENY)):
            return "ExplicitlyDenied"
        allowed = any(isolated.matches(self.action, resource, assignment) for isolated in self.of(Effect.ALLOW))
        return "Allowed" if allowed else "ImplicitlyDenied"

    def request(self, resource: str, assignment: KeyAssignment) -> Request:
        """Return the request for the action on *resource* in *assignment*."""
        return Request(
            self.action, resource, Context({self._spelt(key): found for key, found in assignment.items() if found})
        )

    def _spelt(self, key: str) -> str:
        """Return the lower-case *key* as the statements, or AWS, spell it."""
        spellings = (one for one in (*(term.key for term in self.terms), *self._named) if one.lower() == key)
        known = find_key(key)
        name = known.name if known and "$" not in known.name else key
        return next(spellings, name + key.removeprefix(name.lower()))  # a tag key is written behind the name

    def allowed(
        self, resource: str, fixed: KeyAssignment, *, by: IsolatedStatement | None = None,
        denies: Sequence[IsolatedStatement] | None = None, limits: Sequence[Limit] = (),
    ) -> Request | None:  # fmt: skip
        """
        Return a request on *resource* that agrees with *fixed* and that an Allow matches and no Deny, or None.

        *by* is the Allow that must match, *denies* the Denies that must not (all unless given), *limits* what
        else the context must keep. Raises TooComplex where it takes too many steps to tell.
        """
        against = self.of(Effect.DENY) if denies is None else denies
        others = [*(self._check(deny, resource, False) for deny in against), *(Check(*limit) for limit in limits)]
        budget = self.budget.part()
        for allow in self.of(Effect.ALLOW) if by is None else (by,):
            checks = (self._check(allow, resource, True), *others)
            options = partial(self._options, allow)
            found = find_assignment(fixed, checks, options, first=self.variables, budget=budget)
            if found is not None:
                return self.request(resource, found)
        return None

    def _check(self, isolated: IsolatedStatement, resource: str, wanted: bool) -> Check:
        """Return the check that *isolated* matches, or that it does not."""
        return Check(isolated.keys, lambda assignment: isolated.matches(self.action, resource, assignment) is wanted)

    def _options(self, allow: IsolatedStatement, key: str) -> tuple[Values, ...]:
        """Return the values of *key* under which each condition of *allow* on it holds, as far as it decides alone."""
        if (allow.alone, key) not in self._fitting:
            tests = [
                one
                for one in _terms(allow.statement, self.subject.decide)
                if one.key.lower() == key and not variables_in(one.values)
            ]
            self.budget.spend(PER_ANSWER * len(tests) * len(self.domain(key)))
            self._fitting[allow.alone, key] = tuple(
                value for value in self.domain(key)
                if all(one.holds(Context({key: value} if value else {})) for one in tests)
            )  # fmt: skip
        return self._fitting[allow.alone, key]


_OfKey = TypeVar("_OfKey", Term, Test)


def _by_key(all_of: Iterable[_OfKey]) -> Mapping[str, tuple[_OfKey, ...]]:
    """Return terms, or tests, by the key that they speak of, each once."""
    found: dict[str, dict[_OfKey, None]] = {}
    for one in all_of:
        found.setdefault(one.key.lower(), {})[one] = None
    return {key: tuple(ones) for key, ones in found.items()}


_REQUIRED = "the field is required by the request itself"


def _always_there(action: str, key: str) -> bool:
    """Tell whether no request for *action* is without *key*: AWS fills it, or SageMaker wants the field."""
    return always_there(key) or (absence_reason(action, key) or "").startswith(_REQUIRED)


_REGION: Final = "aws:requestedregion"


def inquiry(subject: RoleToProve, action: str, tests: Sequence[Test] = ()) -> Inquiry:
    """Return what the statements of *subject* say of *action*."""
    exact, others = _isolated_statements(subject)
    about = [*exact.get(action.lower(), ()), *(one for one in others if _may_be_about(one.statement, action))]
    return Inquiry(subject, action, tuple(about), tuple(tests))


@lru_cache(maxsize=64)
def _isolated_statements(
    subject: RoleToProve,
) -> tuple[Mapping[str, Sequence[IsolatedStatement]], Sequence[IsolatedStatement]]:
    """Return the statements of *subject* that list their actions, by action, and those with patterns."""
    exact: dict[str, list[IsolatedStatement]] = {}
    others: list[IsolatedStatement] = []
    for statement in subject.statements:
        isolated = _isolate(statement, subject.decide)
        if any("*" in action or "?" in action for action in statement.action or "*"):
            others.append(isolated)
        else:
            for action in statement.action or ():
                exact.setdefault(action.lower(), []).append(isolated)
    return exact, others


def _isolate(statement: IdentityStatement, decide: Decide) -> IsolatedStatement:
    text = statement.model_copy(update={"sid": None}).model_dump_json()
    return IsolatedStatement(statement, statement.condition_keys(), _alone(text, decide))


@lru_cache(maxsize=4096)
def _alone(text: str, decide: Decide) -> _Alone:
    """Return the policy of one statement: roles share most of theirs, so it is asked once for all of them."""
    document = IdentityPolicy(version=_VERSION, statement=(IdentityStatement.model_validate_json(text),))
    return _Alone(Policies(identity=(document,)), decide)


def _variables(statement: IdentityStatement) -> tuple[str, ...]:
    values = (value for block in statement.condition.values() for found in block.values() for value in found)
    return variables_in((*(statement.resource or ()), *(statement.not_resource or ()), *values))


def _may_be_about(statement: IdentityStatement, action: str) -> bool:
    """Tell whether *statement* may be about *action*: the evaluator has the last word."""
    if statement.not_action:
        return True
    return any(contains(pattern.lower(), action.lower()) for pattern in statement.action or ())


def _terms(statement: IdentityStatement, decide: Decide) -> Iterator[Term]:
    for operator, block in statement.condition.items():
        for key, values in block.items():
            yield Term(operator, key, values, _question(operator, key, values, decide))


@lru_cache(maxsize=4096)
def _question(operator: str, key: str, values: Values, decide: Decide) -> Callable[[Context], bool]:
    """Return the question whether one condition holds in a context, put to the evaluator."""
    statement = IdentityStatement(
        effect=Effect.ALLOW, action=("*",), resource=("*",), condition={operator: {key: values}}
    )
    policies = Policies(identity=(IdentityPolicy(version=_VERSION, statement=(statement,)),))
    return lambda context: decide(Request("any:Action", "*", context), policies).decision == "Allowed"
