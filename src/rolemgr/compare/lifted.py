"""
What identity policies no longer deny, where another policy allows it: one beside them, or a resource's.

A Deny of what the policies at hand don't allow grants nothing and still counts: an explicit deny overrides any
Allow, that of an attached policy whose text is elsewhere, or of a resource's policy in the same account.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Collection, Iterator, Sequence

from rolemgr.compare.budget import Budget
from rolemgr.compare.compare import compare
from rolemgr.compare.scenarios import CallerScenario
from rolemgr.compare.verdicts import Comparison, Difference
from rolemgr.evaluate.policies import Policies, StatementRef
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement

_NOTE = "beside a policy that allows it"


def lifted(
    new: Sequence[IdentityPolicy], old: Sequence[IdentityPolicy], told: Collection[StatementRef], *,
    within: Budget | None = None,
) -> Comparison:  # fmt: skip
    """
    Return what *old* denies and *new* does not, but by the Denies that are *told* already.

    The statement of a difference is the old side's Deny. *within* is as in `compare`; raises as that does.
    """
    denied = [one for policy in old for one in policy.statement if one.effect is Effect.DENY]
    if not denied:
        return Comparison((), (), 0)
    opened = {(one.action, one.not_action): _opened(one) for one in denied}
    allows = IdentityPolicy(version="2012-10-17", statement=tuple(opened.values()))
    giving, other = (Policies(identity=(*_denies(side), allows)) for side in (new, old))
    found = compare(giving, other, within=within)
    differences = (_of_deny(one, old) for one in found.differences)
    unknowns = dict.fromkeys(one._replace(statement=None) for one in found.unknowns)
    kept = (one for one in differences if one.statement not in told)
    return Comparison(tuple(kept), tuple(unknowns), found.actions)


def denies_behind(found: Comparison) -> set[StatementRef]:
    """Return the Denies of the old side that stand behind the differences in *found*."""
    denied = (one.before for one in found.differences if one.before.decision == "ExplicitlyDenied")
    return {at for before in denied for at in before.by}


def _denies(policies: Sequence[IdentityPolicy]) -> Iterator[IdentityPolicy]:
    for policy in policies:
        kept = tuple(one for one in policy.statements() if one.effect is Effect.DENY)
        yield policy.model_copy(update={"statement": kept})


def _opened(deny: IdentityStatement) -> IdentityStatement:
    return IdentityStatement(effect=Effect.ALLOW, action=deny.action, not_action=deny.not_action, resource=("*",))


def _of_deny(one: Difference, old: Sequence[IdentityPolicy]) -> Difference:
    """Return *one* at the Deny that stands behind it, where that is in its own policy."""
    if not one.before.by:
        return one
    merged = tuple(_of_deny(piece, old) for piece in one.merged)
    at = one.before.by[0]
    places = [place for place, statement in enumerate(old[at.policy].statements()) if statement.effect is Effect.DENY]
    return one._replace(
        statement=at._replace(statement=places[at.statement]),
        scenario=CallerScenario(note=_NOTE, lifted=True),
        merged=merged,
    )
