"""
The decision on a request of which not all is known: certain, or both decisions that there may be.

A statement that turns on what nobody tells (a condition key, a part of the resource) may match or not. Read against
the caller (a Deny that may match does, an Allow does not) and for the caller, the policies either agree, and the
decision is certain, or it is not known. Statements are read one by one: where two of them turn on the same key, "not
known" may be too careful, and is never a wrong answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.policies import ActionStatements, Layers, StatementRef, keep
from rolemgr.evaluate.request import Context, Request
from rolemgr.evaluate.statement import ReadStatement, takes_resource
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import Matcher, as_pattern, known_variables_in, opens_variable
from rolemgr.iam.wildcards import contains, matches, resource_text_glob
from rolemgr.reference.resources import common

_LOOKED_AT: Final = ("kms:", "sts:")
"""Services of whose resources more counts than what policies say: keys have policies always, and so have roles."""
_NO_CONTEXT: Final = Context()


class _Match(Enum):
    YES = auto()
    NO = auto()
    PERHAPS = auto()


class PartlyKnown(NamedTuple):
    """
    The decisions for the worst and the best that may be; *keys* are what the statements that may match turn on.

    *on_resource* tells that one of them turns on the resource.
    """

    worst: Evaluation
    best: Evaluation
    keys: tuple[str, ...] = ()
    on_resource: bool = False
    turning: tuple[StatementRef, ...] = ()
    """The statements that may match, of those that can turn the decision."""

    @property
    def certain(self) -> bool:
        """Whether the request is allowed, or denied, whatever is not known."""
        return (self.worst.decision == "Allowed") is (self.best.decision == "Allowed")


class MatchingAllow(NamedTuple):
    """An Allow that matches a request, or may where it is not *certain*, and its *resources* that do."""

    at: StatementRef
    certain: bool
    resources: tuple[str, ...]


class _ResourceTests(NamedTuple):
    """What tells resources apart: those of a policy, and the *patterns* of those with variables."""

    plain: tuple[Matcher, ...]
    patterns: tuple[str, ...]


class _Turning(NamedTuple):
    """A statement that may match, and what that turns on."""

    at: StatementRef
    effect: Effect
    keys: tuple[str, ...]
    on_resource: bool


class PartlyKnownLayers:
    """Policies that are asked about requests of which not all is known."""

    def __init__(self, policies: Layers) -> None:
        """Take the *policies*; raise nothing before they are asked."""
        self.policies = policies
        self._keys: dict[str, frozenset[str]] = {}
        self._tests: dict[str, _ResourceTests | None] = {}

    def keys(self, folded_action: str) -> frozenset[str]:
        """Return the condition keys, in lower case, that decide about the lower-case action; raise as `evaluate`."""
        found = self._keys.get(folded_action)
        if found is None:
            groups = self.policies.about(folded_action)
            found = frozenset(key for group in groups for _, one in group.statements for key in one.asked_keys)
            keep(self._keys, folded_action, found)
        return found

    def sight(self, folded_action: str, resource: str) -> object:
        """
        Return what the policies see of *resource* in requests for the lower-case action: equal where they see no other.

        That is which of their resources match it; all of it where one with variables may, or the service looks at it.
        Raises as `evaluate` does.
        """
        tests = self._tests.get(folded_action)
        if tests is None and folded_action not in self._tests:
            tests = self._resource_tests(folded_action)
            keep(self._tests, folded_action, tests)
        if tests is None or any(matches(pattern, resource) for pattern in tests.patterns):
            return resource
        return tuple(test(resource, _NO_CONTEXT) for test in tests.plain)

    def _resource_tests(self, folded_action: str) -> "_ResourceTests | None":
        if folded_action.startswith(_LOOKED_AT):
            return None
        statements = [one for group in self.policies.about(folded_action) for _, one in group.statements]
        asked = (one for one in statements if not one.everywhere)
        by_text = {text: test for one in asked for text, test in zip(one.resources, one.resource_tests, strict=True)}
        return _ResourceTests(
            tuple(test for text, test in by_text.items() if not opens_variable(text)),
            tuple(as_pattern(text) for text in by_text if opens_variable(text)),
        )

    def matching_allows(self, request: Request, unknown: frozenset[str], *, is_open: bool) -> Iterator["MatchingAllow"]:
        """Yield the Allows that match *request*, or may, with the resources of them that do; as `decide` takes it."""
        for group in self.policies.about(request.folded_action):
            for at, statement in group.statements:
                how, _, _ = _match(statement, request, unknown, is_open)
                if statement.effect is Effect.ALLOW and how is not _Match.NO:
                    texts = _matching_texts(statement, request, unknown, is_open)
                    yield MatchingAllow(at, how is _Match.YES, texts)

    def decide(self, request: Request, unknown: frozenset[str], *, is_open: bool) -> PartlyKnown:
        """
        Return the decisions on *request*, of which the lower-case keys *unknown* are not told.

        Where *is_open*, its resource is a pattern: the stars stand for what is not told. Raises as `evaluate` does.
        """
        if not is_open and unknown.isdisjoint(self.keys(request.folded_action)):
            found = evaluate(request, self.policies)
            return PartlyKnown(found, found)
        reading = _Reading(self.policies, request, unknown, is_open)
        worst = evaluate(request, reading.matching(Effect.DENY))
        best = evaluate(request, reading.matching(Effect.ALLOW))
        if (worst.decision == "Allowed") is (best.decision == "Allowed"):
            return PartlyKnown(worst, best)
        matter = [one for one in reading.turning if _matters(one, worst)]
        keys = dict.fromkeys(key for one in matter for key in one.keys)
        on_resource = any(one.on_resource for one in matter)
        return PartlyKnown(worst, best, tuple(keys), on_resource, tuple(one.at for one in matter))


def _matters(one: _Turning, worst: Evaluation) -> bool:
    """Tell whether a statement that may match turns the decision."""
    if one.effect is Effect.DENY:
        return one.at in worst.by
    return worst.decision == "ImplicitlyDenied" and (one.at.layer, one.at.level) in worst.not_allowed_by


class _Reading:
    """The statements about one request: those that match, and those that may."""

    def __init__(self, policies: Layers, request: Request, unknown: frozenset[str], is_open: bool) -> None:
        self._policies = policies
        self.turning: list[_Turning] = []
        self._groups: list[tuple[ActionStatements, list[tuple[StatementRef, ReadStatement, _Match]]]] = []
        for group in policies.about(request.folded_action):
            judged = []
            for at, statement in group.statements:
                how, keys, on_resource = _match(statement, request, unknown, is_open)
                if how is _Match.PERHAPS:
                    self.turning.append(_Turning(at, statement.effect, keys, on_resource))
                judged.append((at, statement, how))
            self._groups.append((group, judged))

    def matching(self, effect: Effect) -> "_Layers":
        """Return the policies in which those that may match do where they have the *effect*, and the others do not."""
        groups = []
        for group, judged in self._groups:
            kept = tuple(
                (at, one.unconditional)
                for at, one, how in judged
                if how is _Match.YES or (how is _Match.PERHAPS and one.effect is effect)
            )
            groups.append(group._replace(statements=kept))
        return _Layers(self._policies, tuple(groups))


class _Layers(NamedTuple):
    """Policies of which only some statements count, for one action."""

    policies: Layers
    groups: Sequence[ActionStatements]

    @property
    def bounded(self) -> bool:
        """Whether there is a permissions boundary."""
        return self.policies.bounded

    @property
    def has_session_policy(self) -> bool:
        """Whether there is a session policy."""
        return self.policies.has_session_policy

    @property
    def has_resource_policy(self) -> bool:
        """Whether the policy of the resource is known."""
        return self.policies.has_resource_policy

    def about(self, folded_action: str) -> Sequence[ActionStatements]:
        """Return the statements that count, whatever the action: they were chosen for it."""
        return self.groups


def _match(
    statement: ReadStatement, request: Request, unknown: frozenset[str], is_open: bool
) -> tuple[_Match, tuple[str, ...], bool]:
    """Return whether *statement* matches, and what it turns on: condition keys, and whether the resource."""
    keys: list[str] = []
    for condition in statement.conditions:
        open_keys = [key for key in (condition.key, *condition.variables) if key.lower() in unknown]
        if open_keys:
            keys += open_keys
        elif not condition.holds(request.context):
            return _Match.NO, (), False
    there, on = _takes(statement, request, unknown, is_open)
    if there is _Match.NO:
        return _Match.NO, (), False
    on_resource = there is _Match.PERHAPS and not on
    if keys or there is _Match.PERHAPS:
        return _Match.PERHAPS, tuple(dict.fromkeys((*on, *keys))), on_resource
    return _Match.YES, (), False


def _takes(
    statement: ReadStatement, request: Request, unknown: frozenset[str], is_open: bool
) -> tuple[_Match, tuple[str, ...]]:
    """Return whether *statement* speaks of the request's resource, and the unknown keys that this turns on."""
    if statement.everywhere:
        return _Match.YES, ()
    on = tuple(key for key in statement.resource_variables if key.lower() in unknown)
    if not is_open and not on:
        return (_Match.YES if takes_resource(statement, request) else _Match.NO), ()
    found = set(_open_texts(statement.resources, request.resource) if is_open else _texts(statement, request, unknown))
    listed = _Match.YES if _Match.YES in found else _Match.PERHAPS if _Match.PERHAPS in found else _Match.NO
    if statement.resource_element == "NotResource":
        listed = {_Match.YES: _Match.NO, _Match.NO: _Match.YES}.get(listed, listed)
    return listed, on if listed is _Match.PERHAPS and not is_open else ()


def _matching_texts(
    statement: ReadStatement, request: Request, unknown: frozenset[str], is_open: bool
) -> tuple[str, ...]:
    """Return the resources of *statement* that are the request's, else those that may be; all of a NotResource."""
    if statement.resource_element == "NotResource":
        return statement.resources
    each = _open_texts(statement.resources, request.resource) if is_open else _texts(statement, request, unknown)
    judged = list(zip(statement.resources, each, strict=True))
    sure = tuple(text for text, how in judged if how is _Match.YES)
    return sure or tuple(text for text, how in judged if how is _Match.PERHAPS)


def _texts(statement: ReadStatement, request: Request, unknown: frozenset[str]) -> Iterator[_Match]:
    """Yield whether each resource of *statement* is the request's; one whose variables nobody tells may be."""
    for text, test in zip(statement.resources, statement.resource_tests, strict=True):
        if unknown.isdisjoint(one.key for one in known_variables_in(text)):
            yield _Match.YES if test(request.resource, request.context) else _Match.NO
        else:
            meets = _meet(as_pattern(text), request.resource.replace("*", "?"))
            yield _Match.PERHAPS if meets else _Match.NO


def _open_texts(texts: Iterable[str], resource: str) -> Iterator[_Match]:
    """Yield whether each of *texts* matches all, none or some of what the pattern *resource* stands for."""
    for text in texts:
        pattern = as_pattern(text)
        if not _meet(pattern, resource):
            yield _Match.NO
        elif opens_variable(text) or not _holds_all(text, resource):
            yield _Match.PERHAPS
        else:
            yield _Match.YES


@lru_cache(maxsize=1 << 14)
def _holds_all(text: str, resource: str) -> bool:
    """Tell whether *text* matches all that the pattern *resource* stands for."""
    return contains(text, resource) and resource_text_glob(text)(resource.replace("*", _SOMETHING))


_SOMETHING = "\ue000\ue000"
"""What no pattern has but for its wildcards."""


@lru_cache(maxsize=1 << 16)
def _meet(left: str, right: str) -> bool:
    """Tell whether some resource is matched by both patterns; a star within an ARN stays inside of its part."""
    if "*" in (left, right):
        return True
    one, other = left.split(":", 5), right.split(":", 5)
    if len(one) == len(other) == 6:
        return all(part == theirs or common(part, theirs) is not None for part, theirs in zip(one, other, strict=True))
    heads = left.partition("*")[0].partition("?")[0], right.partition("*")[0].partition("?")[0]
    if not heads[0].startswith(heads[1]) and not heads[1].startswith(heads[0]):
        return False
    return common(left, right) is not None
