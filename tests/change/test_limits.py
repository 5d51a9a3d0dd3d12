"""What is told of a limit: the actions that its own Denies name, however many limits change at once."""

from itertools import combinations

import pytest
from tests.change.cases import BASE, CATALOG, found, side

from rolemgr.change.change import AccessChange
from rolemgr.change.fold import MOST_ASKED, ChangeSides, Counterpart, changes_in
from rolemgr.change.limits import limited_by, narrowed
from rolemgr.compare.budget import Budget
from rolemgr.compose.guardrails.read_back import sids_of
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import matches_folded_action

VALUES = {
    "max-runtime": ("12h", "48h"),
    "instance-types": ("[ml.m5.*]", "[ml.m5.*, ml.g5.*]"),
    "serverless-limits": ("{memory: [2048], concurrency: [5]}", "{memory: [4096], concurrency: [9]}"),
}
"""Guardrails with values of which the second lets more through: on jobs, on jobs and endpoints, on endpoints."""


def role_file(names: tuple[str, ...], which: int, **strict: bool) -> str:
    """Return a role file of an ML engineer with the guardrails *names*."""
    chosen = ", ".join(f"{name}: {VALUES[name][which]}" for name in names)
    more = "".join(f"{key}: {str(value).lower()}\n" for key, value in strict.items())
    return f"persona: ml-engineer\n{BASE}{more}guardrail: {{{chosen}}}\n"


def limits(old: str, new: str) -> list[AccessChange]:
    """Return the changes of limits between two role files."""
    before, after = side(old), side(new)
    sides = ChangeSides(
        Counterpart(before.grant, before.role), Counterpart(after.grant, after.role), (), Budget(MOST_ASKED)
    )
    return [one for one in changes_in(found(old, new), sides) if one.kind == "limit"]


def named_by_denies(text: str, guardrail: str) -> set[str]:
    """Return the patterns of actions in the Denies of *guardrail*, by their Sids in the documents of a role."""
    sids = sids_of(CATALOG.guardrail(guardrail).value)
    documents = side(text).grant.identity or ()
    return {
        action
        for document in documents
        for one in document.statements()
        if one.effect is Effect.DENY and one.sid in sids
        for action in one.action or ()
    }


@pytest.mark.parametrize("names", [*combinations(VALUES, 2), tuple(VALUES)])
def test_each_limit_is_told_with_what_its_own_denies_name(names: tuple[str, ...]) -> None:
    """One request may show several limits; none of them is told for what only another one limits."""
    old, new = role_file(names, 0), role_file(names, 1)
    told = {one.what: one for one in limits(old, new)}
    assert set(told) == set(names)
    for name, one in told.items():
        patterns = named_by_denies(old, name) | named_by_denies(new, name)
        assert one.effect == "wider"
        assert one.actions
        for action in one.actions:
            assert any(matches_folded_action(pattern, action.lower()) for pattern in patterns), (name, action)
        for shown in one.evidence:
            assert shown.difference.request.action in one.actions


def test_a_transform_job_has_no_longest_run_time() -> None:
    """SageMaker does not send `sagemaker:MaxRuntimeInSeconds` with it, nor with an endpoint's configuration."""
    names = ("max-runtime", "instance-types")
    told = {one.what: one.actions for one in limits(role_file(names, 0), role_file(names, 1))}
    for name in ("sagemaker:CreateTransformJob", "sagemaker:CreateEndpointConfig"):
        assert name in told["instance-types"]
        assert name not in told["max-runtime"]


def test_what_no_limited_action_shows_is_no_evidence() -> None:
    """Nothing is left of a difference whose actions the limit's Denies do not name."""
    (limit, *_) = limits(role_file(("max-runtime",), 0), role_file(("max-runtime",), 1))
    evidence = limit.evidence[0]
    assert narrowed(evidence, {"s3:*"}) is None
    kept = narrowed(evidence, {"sagemaker:Create*"})
    assert kept is not None
    assert kept.difference.actions == evidence.difference.actions
    assert narrowed(evidence, {"*"}, lambda _: False) is None
    assert limited_by("max-runtime", (None,)) == frozenset()
