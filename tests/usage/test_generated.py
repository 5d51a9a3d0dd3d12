"""Replay is direct evaluation: over calls of SageMaker of which all is known, written as CloudTrail writes them."""

import io
from collections import Counter

from tests.events.support import log_file
from tests.nightly import examples
from tests.usage.generated import MadeCall, calls, operations, policy

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.events.call import RecordedCall, call_of
from rolemgr.events.records import Record, read_records
from rolemgr.events.requests import requests_of
from rolemgr.usage.layers_asked import GivenPolicy, ReplayedPolicies, asked_policies
from rolemgr.usage.replay import BREAKS, STAYS, UNKNOWN, replay
from rolemgr.usage.verdicts import ReplayJudge, ReplayOutcome

_EACH = 50


def test_replay_is_direct_evaluation() -> None:
    """
    Each request of each call is found again with its resource; what replay says of it the evaluator says.

    Not known is only what turns on keys that the tables say no event tells.
    """
    seen: Counter[ReplayOutcome] = Counter()
    for seed in range(examples(350, 10_000) // _EACH):
        seen += _compare(list(calls(seed, _EACH)), seed)
    assert all(seen[one] for one in ReplayOutcome)
    assert seen[ReplayOutcome.NOT_KNOWN] < sum(seen.values()) / 2
    assert len(operations()) > 150


def _compare(made: list[MadeCall], seed: int) -> Counter[ReplayOutcome]:
    document = policy(seed)
    asked = asked_policies([GivenPolicy(Layer.IDENTITY, document, "policy.json")])
    truth, judge = Policies(identity=(document,)), ReplayJudge({})
    content = log_file(*(one.event for one in made))
    records = [one for one in read_records(io.BytesIO(content), "x") if isinstance(one, Record)]
    seen: Counter[ReplayOutcome] = Counter()
    whole: Counter[str] = Counter()
    for one, record in zip(made, records, strict=True):
        recorded = call_of(record)
        assert isinstance(recorded, RecordedCall)
        found = {(each.action, each.resource.spellings[0]): each for each in requests_of(recorded)}
        assert found.keys() == {(each.action, each.resource) for each in one.requests}, one.event
        outcomes = []
        for request in one.requests:
            verdict = judge.verdict(found[request.action, request.resource], asked)
            right = evaluate(request, truth)
            if verdict.outcome is ReplayOutcome.NOT_KNOWN:
                assert {key.lower() for key in verdict.keys} <= one.hidden, (one.event, verdict)
                assert verdict.keys
            else:
                assert (verdict.outcome is ReplayOutcome.ALLOWED) is (right.decision == "Allowed"), (
                    one.event,
                    verdict,
                    right,
                )
            if (
                verdict.outcome is ReplayOutcome.DENIED
                and right.decision == "ExplicitlyDenied"
                and verdict.by[0].place is not None
            ):
                assert {each.place for each in verdict.by} <= {each.statement for each in right.by}
            outcomes.append(verdict.outcome)
        seen.update(outcomes)
        whole[_worst(outcomes)] += 1
    total = replay(read_records(io.BytesIO(content), "x"), ReplayedPolicies(asked))
    assert Counter(total.calls) == whole
    return seen


def _worst(outcomes: list[ReplayOutcome]) -> str:
    if ReplayOutcome.DENIED in outcomes:
        return BREAKS
    return UNKNOWN if ReplayOutcome.NOT_KNOWN in outcomes else STAYS
