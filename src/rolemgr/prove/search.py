"""
Search for a request: does any context that agrees with some fixed condition keys get an action allowed?

The search is exhaustive over the cells (`rolemgr.prove.cells`) and asks the evaluator alone. Each statement
is asked in a policy of its own: whether it matches depends on nothing but the keys that it names, so a Deny
that matches on the keys chosen so far cuts off every context that extends them. What is found is then
asked of the whole role.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

from rolemgr.evaluate.decision import Decision
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.iam.wildcards import contains
from rolemgr.prove.cells import ABSENT, Cell, Term, Test, Values, domain, variables_in
from rolemgr.prove.proof import Decide, Subject
from rolemgr.prove.resource_classes import classes
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.quirks import absence_reason

_VERSION = "2012-10-17"


class Limit(NamedTuple):
    """What a context must keep besides the statements: a question that only *keys* decide."""

    keys: frozenset[str]
    keeps: Callable[[Cell], bool]


@dataclass(frozen=True, eq=False)
class _Alone:
    """What a statement says, in a policy of its own, and what it has answered so far."""

    policies: Policies
    decide: Decide
    answers: dict[object, bool] = field(default_factory=dict)

    def matches(self, action: str, resource: str, known: tuple[tuple[str, Values], ...]) -> bool:
        asked = (action, resource, known)
        if asked not in self.answers:
            request = Request(action, resource, Context(dict(known)))
            self.answers[asked] = self.decide(request, self.policies).decision != "ImplicitlyDenied"
        return self.answers[asked]


class Voice(NamedTuple):
    """A statement as it is asked: alone, and by the keys that decide whether it matches."""

    statement: IdentityStatement
    keys: frozenset[str]
    alone: _Alone

    def matches(self, action: str, resource: str, cell: Cell) -> bool:
        """Tell whether the statement matches *action* on *resource* in *cell*."""
        known = tuple((key, cell[key]) for key in sorted(self.keys) if cell.get(key))
        return self.alone.matches(action, resource, known)


@dataclass(frozen=True, eq=False)
class Inquiry:
    """All that a role's statements say of one action, and what else tells values of its keys apart."""

    subject: Subject
    action: str
    voices: tuple[Voice, ...]
    tests: tuple[Test, ...] = ()
    _domains: dict[str, tuple[Values, ...]] = field(default_factory=dict)

    def of(self, effect: Effect) -> tuple[Voice, ...]:
        """Return the statements of *effect*."""
        return self._by_effect[effect]

    @cached_property
    def _by_effect(self) -> Mapping[Effect, tuple[Voice, ...]]:
        return {one: tuple(voice for voice in self.voices if voice.statement.effect is one) for one in Effect}

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The conditions of all statements."""
        return tuple(term for voice in self.voices for term in _terms(voice.statement, self.subject.decide))

    @cached_property
    def variables(self) -> frozenset[str]:
        """The keys, in lower case, that policy variables of the statements stand for."""
        return frozenset(key.lower() for key in self._named)

    @cached_property
    def _named(self) -> tuple[str, ...]:
        return tuple(key for voice in self.voices for key in _variables(voice.statement))

    def domain(self, key: str) -> tuple[Values, ...]:
        """Return the values of *key* to ask with."""
        if key not in self._domains:
            found = domain(key, self.terms, self.tests, self.variables)
            self._domains[key] = found[1:] if _always_there(self.action, key) else found
        return self._domains[key]

    def cells(self, keys: Iterable[str]) -> Iterator[Cell]:
        """Yield every cell over *keys*."""
        names = sorted(set(keys))
        for choice in product(*(self.domain(key) for key in names)):
            yield dict(zip(names, choice, strict=True))

    def resources(self) -> tuple[str, ...]:
        """Return a concrete resource of each class that the Allows distinguish."""
        patterns = [text for voice in self.of(Effect.ALLOW) for text in voice.statement.resource or ()]
        every = [text for voice in self.voices for text in voice.statement.resource or ()]
        return classes(self.action, tuple(dict.fromkeys(patterns)), tuple(dict.fromkeys(every)))

    def decision(self, resource: str, cell: Cell) -> Decision:
        """Return the decision on *resource* in *cell* by what each statement says alone."""
        if any(voice.matches(self.action, resource, cell) for voice in self.of(Effect.DENY)):
            return "ExplicitlyDenied"
        allowed = any(voice.matches(self.action, resource, cell) for voice in self.of(Effect.ALLOW))
        return "Allowed" if allowed else "ImplicitlyDenied"

    def request(self, resource: str, cell: Cell) -> Request:
        """Return the request for the action on *resource* in *cell*."""
        return Request(
            self.action, resource, Context({self._spelt(key): found for key, found in cell.items() if found})
        )

    def _spelt(self, key: str) -> str:
        """Return the lower-case *key* as the statements, or AWS, spell it."""
        written = (one for one in (*(term.key for term in self.terms), *self._named) if one.lower() == key)
        known = find_key(key)
        name = known.name if known and "$" not in known.name else key
        return next(written, name + key.removeprefix(name.lower()))  # a tag key is written behind the name

    def allowed(
        self, resource: str, fixed: Cell, *, by: Voice | None = None, denies: Sequence[Voice] | None = None,
        limits: Sequence[Limit] = (),
    ) -> Request | None:  # fmt: skip
        """
        Return a request on *resource* that agrees with *fixed* and that an Allow matches and no Deny, or None.

        *by* is the Allow that must match, *denies* the Denies that must not (all unless given), *limits* what
        else the context must keep.
        """
        against = self.of(Effect.DENY) if denies is None else denies
        for allow in self.of(Effect.ALLOW) if by is None else (by,):
            checks = [
                _Check(allow.keys, allow, wanted=True),
                *(_Check(deny.keys, deny, wanted=False) for deny in against),
                *(_Check(limit.keys, limit, wanted=True) for limit in limits),
            ]
            found = self._extended(resource, fixed, _steps(checks, fixed, self.variables))
            if found is not None:
                return self.request(resource, found)
        return None

    def _extended(self, resource: str, fixed: Cell, steps: Sequence["_Step"]) -> Cell | None:
        """Return *fixed* with a value for the key of every step so that all checks hold, or None."""

        def extend(cell: dict[str, Values], place: int) -> Cell | None:
            if place == len(steps):
                return cell
            step = steps[place]
            for value in self.domain(step.key) if step.key else (ABSENT,):
                wider = {**cell, step.key: value} if step.key else cell
                if all(check.passes(self.action, resource, wider) for check in step.checks):
                    found = extend(wider, place + 1)
                    if found is not None:
                        return found
            return None

        return extend(dict(fixed), 0)


class _Check(NamedTuple):
    keys: frozenset[str]
    what: Voice | Limit
    wanted: bool

    def passes(self, action: str, resource: str, cell: Cell) -> bool:
        if isinstance(self.what, Limit):
            return self.what.keeps(cell)
        return self.what.matches(action, resource, cell) is self.wanted


class _Step(NamedTuple):
    """A key to choose a value for (none at first), and the checks that can be made from then on."""

    key: str
    checks: tuple[_Check, ...]


def _steps(checks: Sequence[_Check], fixed: Cell, variables: frozenset[str]) -> list[_Step]:
    """Return the keys to choose, those of the first check first, each with the checks that it decides."""
    known = set(fixed)
    steps = [_Step("", tuple(check for check in checks if check.keys <= known))]
    for check in checks:
        for key in sorted(check.keys - known, key=lambda one: (one not in variables, one)):
            before, known = known, known | {key}
            now = tuple(one for one in checks if one.keys <= known and not one.keys <= before)
            steps.append(_Step(key, now))
    return steps


_REQUIRED = "the field is required by the request itself"


def _always_there(action: str, key: str) -> bool:
    """Tell whether no request for *action* is without *key*: SageMaker takes none that lacks the field."""
    return (absence_reason(action, key) or "").startswith(_REQUIRED)


def inquiry(subject: Subject, action: str, tests: Sequence[Test] = ()) -> Inquiry:
    """Return what the statements of *subject* say of *action*."""
    exact, others = _voices(subject)
    about = [*exact.get(action.lower(), ()), *(one for one in others if _speaks(one.statement, action))]
    return Inquiry(subject, action, tuple(about), tuple(tests))


@lru_cache(maxsize=64)
def _voices(subject: Subject) -> tuple[Mapping[str, Sequence[Voice]], Sequence[Voice]]:
    """Return the statements of *subject* that list their actions, by action, and those with patterns."""
    exact: dict[str, list[Voice]] = {}
    others: list[Voice] = []
    for statement in subject.statements:
        voice = _voice(statement, subject.decide)
        if any("*" in action or "?" in action for action in statement.action or "*"):
            others.append(voice)
        else:
            for action in statement.action or ():
                exact.setdefault(action.lower(), []).append(voice)
    return exact, others


def _voice(statement: IdentityStatement, decide: Decide) -> Voice:
    said = statement.model_copy(update={"sid": None}).model_dump_json()
    return Voice(statement, statement.condition_keys(), _alone(said, decide))


@lru_cache(maxsize=4096)
def _alone(said: str, decide: Decide) -> _Alone:
    """Return the policy of one statement: roles share most of theirs, so it is asked once for all of them."""
    document = IdentityPolicy(version=_VERSION, statement=(IdentityStatement.model_validate_json(said),))
    return _Alone(Policies(identity=(document,)), decide)


def _variables(statement: IdentityStatement) -> tuple[str, ...]:
    values = (value for block in statement.condition.values() for found in block.values() for value in found)
    return variables_in((*(statement.resource or ()), *(statement.not_resource or ()), *values))


def _speaks(statement: IdentityStatement, action: str) -> bool:
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
