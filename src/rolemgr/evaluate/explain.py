"""The decision with its reasons: what matched, why everything else did not, which keys were absent."""

from collections.abc import Iterator
from typing import NamedTuple

from rolemgr.evaluate.decision import Evaluation
from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies, Outcome
from rolemgr.evaluate.policies import Policies, StatementRef, groups_of
from rolemgr.evaluate.principals import Match, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import (
    FREE,
    RESOURCE_LAYERS,
    Guard,
    cannot_assume,
    crosses,
    exemptions,
    guard_of,
    spares_from_deny,
)
from rolemgr.evaluate.session_roles import evaluate_session, path_note
from rolemgr.evaluate.statement import Mismatch, ReadStatement, absent_keys, dead_resources_text, mismatches, names
from rolemgr.iam.documents import Effect


class NearMiss(NamedTuple):
    """A statement that did not match, and every reason found; one on another action has that alone."""

    at: StatementRef
    effect: Effect
    reasons: tuple[Mismatch, ...]


class Explanation(NamedTuple):
    """
    What `evaluate` answers, and the rest of the story.

    *matched* are all statements that match, whether they decided or not; *near_misses* all others;
    *missing* the condition keys that statements on this action, principal and resource ask for and the
    request lacks, sorted, whatever their case spelled once. *notes* say which policies have no say and why,
    and where a match is not what it seems.
    """

    evaluation: Evaluation
    matched: tuple[StatementRef, ...]
    near_misses: tuple[NearMiss, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    outcome: Outcome
    """The decision, or that a policy whose text nobody has, or a session's role, may turn it; a note says which."""


def explain(request: Request, policies: Policies, missing_policies: MissingPolicies = NONE_MISSING) -> Explanation:
    """Return the decision on *request* with its reasons, beside *missing_policies*; raise as `evaluate` does."""
    session = evaluate_session(request, policies)
    request, evaluation = session.request, session.evaluation
    caller, bounded = read_caller(request.principal), policies.permissions_boundary is not None
    matched: list[StatementRef] = []
    near_misses: list[NearMiss] = []
    missing: dict[str, str] = {}
    for at, statement in _statements(request, policies):
        reasons = tuple(mismatches(statement, request, caller, bounded=bounded))
        if reasons:
            near_misses.append(NearMiss(at, statement.effect, reasons))
        else:
            matched.append(at)
        for key in absent_keys(statement, request, caller, bounded=bounded):
            missing[key.lower()] = min(key, missing.get(key.lower(), key))
    spelled = tuple(spelling for _, spelling in sorted(missing.items()))
    notes = dict.fromkeys(_notes(request, policies, evaluation, matched))
    notes |= dict.fromkeys(missing_policies.notes(request, evaluation))
    notes |= {path_note(session): None} if session.is_asked else {}
    outcome = "NotKnown" if session.turns else missing_policies.outcome(request, evaluation)
    return Explanation(evaluation, tuple(matched), tuple(near_misses), spelled, tuple(notes), outcome)


def _statements(request: Request, policies: Policies) -> Iterator[tuple[StatementRef, ReadStatement]]:
    """Yield every statement that has a say in *request*."""
    if request.folded_action in FREE:
        return
    exempt = exemptions(request, read_caller(request.principal))
    for group in groups_of(policies):
        if group.layer not in exempt:
            yield from group.statements()


def _notes(request: Request, policies: Policies, evaluation: Evaluation, matched: list[StatementRef]) -> Iterator[str]:
    caller = read_caller(request.principal)
    lacking = {layer for layer, _ in evaluation.not_allowed_by}
    if request.folded_action in FREE:
        yield f"{request.action} needs no permission, and no policy can deny it"
    if cannot_assume(request, caller):
        yield "the root user cannot assume a role, whatever its trust policy says"
    if policies.resource and lacking & RESOURCE_LAYERS and guard_of(request) is Guard.KEY:
        yield "the policy of a KMS key must name the principal, or the account and so let IAM policies decide"
    if evaluation.decision != "ExplicitlyDenied" and crosses(request, caller):
        accounts = f"the principal is in {caller.account}, the resource in {request.resource_account}"
        yield f"{accounts}: both sides must allow"
    for layer, reason in exemptions(request, caller).items():
        if any(group.layer is layer for group in groups_of(policies)):
            yield f"the {layer} has no say: {reason}"
    for at, statement in _statements(request, policies):
        if at in matched and statement.dead_resources:
            yield f"{at}: {dead_resources_text(statement.dead_resources)}"
    yield from _notes_on_the_resource(request, policies, matched)


def _notes_on_the_resource(request: Request, policies: Policies, matched: list[StatementRef]) -> Iterator[str]:
    """Yield what a statement of the resource's policy that matches does not do, although it looks so."""
    caller, bounded = read_caller(request.principal), policies.permissions_boundary is not None
    for group in groups_of(policies):
        for at, statement in group.statements() if group.layer in RESOURCE_LAYERS else ():
            if at not in matched:
                continue
            if statement.effect is Effect.DENY and spares_from_deny(group.layer, request, caller):
                yield f"{at} does not hold for the root user, who can always mend a bucket policy"
            elif names(statement, caller, bounded=bounded) is Match.ACCOUNT:
                yield f"{at} names the account, which leaves it to identity policies"
