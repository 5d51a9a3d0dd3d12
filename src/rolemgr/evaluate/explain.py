"""The decision with its reasons: what matched, why everything else did not, which keys were absent."""

from collections.abc import Iterator
from typing import NamedTuple

from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.policies import Policies, StatementRef, groups_of
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.statement import Mismatch, ReadStatement, absent_keys, mismatches
from rolemgr.model.policy import Effect


class NearMiss(NamedTuple):
    """A statement that did not match, and every reason found; one on another action has that alone."""

    at: StatementRef
    effect: Effect
    reasons: tuple[Mismatch, ...]


class Explanation(NamedTuple):
    """
    What `evaluate` answers, and the rest of the story.

    *matched* are all statements that match, whether they decided or not; *near_misses* all others;
    *missing* the condition keys that statements on this action and resource ask for and the request
    lacks, sorted, whatever their case spelled once.
    """

    evaluation: Evaluation
    matched: tuple[StatementRef, ...]
    near_misses: tuple[NearMiss, ...]
    missing: tuple[str, ...]


def explain(request: Request, policies: Policies) -> Explanation:
    """Return the decision on *request* with its reasons; raise as `evaluate` does."""
    evaluation = evaluate(request, policies)
    matched: list[StatementRef] = []
    near_misses: list[NearMiss] = []
    missing: dict[str, str] = {}
    for at, statement in _statements(policies):
        reasons = tuple(mismatches(statement, request))
        if reasons:
            near_misses.append(NearMiss(at, statement.effect, reasons))
        else:
            matched.append(at)
        for key in absent_keys(statement, request):
            missing[key.lower()] = min(key, missing.get(key.lower(), key))
    spelled = tuple(spelling for _, spelling in sorted(missing.items()))
    return Explanation(evaluation, tuple(matched), tuple(near_misses), spelled)


def _statements(policies: Policies) -> Iterator[tuple[StatementRef, ReadStatement]]:
    for group in groups_of(policies):
        for index, policy in enumerate(group.policies):
            for place, statement in policy.statements:
                yield group.ref(index, place, statement), statement
