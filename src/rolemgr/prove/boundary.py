"""
What a permissions boundary holds, as proofs: it takes nothing from its roles, and gives nothing that is forbidden.

- *within*: each role within the boundary may do all that it may do without, over every request.
- *ceiling*: what the role's persona must never have at all, and what hands out rights, no policy that is attached to
  the role brings through the boundary.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rolemgr.compare.budget import MOST_STEPS, Budget
from rolemgr.compare.compare import compare
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.role import ComposedRole
from rolemgr.prove.compared import answers_of, listed
from rolemgr.prove.proof import Answer, CounterExample, Proof, proof_of
from rolemgr.reference.services import expand

WITHIN: Final = "within"
WITHIN_CLAIM: Final = "within the boundary each role may do all that its own policies allow"
CEILING: Final = "ceiling"
CEILING_CLAIM: Final = (
    "nothing that is attached gives what the persona must never have, or rights that the role has not"
)

_EVERYTHING: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
_HANDING_OUT: Final = ("iam:*", "organizations:*", "sts:*")
_NEEDS_NO_ALLOW: Final = frozenset(("sts:GetCallerIdentity", "sts:GetSessionToken"))
"""Nobody needs a permission for them: a boundary stops neither.
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""


class BoundedRole(NamedTuple):
    """A role that a boundary bounds: as composed, and its finished policies."""

    role: ComposedRole
    policies: tuple[IdentityPolicy, ...]


def prove_boundary(
    roles: Sequence[BoundedRole], boundary: IdentityPolicy, flags: tuple[str, ...] = (), *, steps: int = MOST_STEPS
) -> tuple[Proof, ...]:
    """Return the proofs that *roles* lose nothing within *boundary*, and that it keeps what they must never have."""
    within = [answer for one in roles for answer in _lost(one, boundary, flags, Budget(steps))]
    ceiling = [answer for one in roles for answer in _brought_in(one, roles, boundary, flags)]
    return proof_of(WITHIN, WITHIN_CLAIM, within), proof_of(CEILING, CEILING_CLAIM, ceiling)


def _lost(one: BoundedRole, boundary: IdentityPolicy, flags: tuple[str, ...], budget: Budget) -> Iterator[Answer]:
    name = one.role.spec.role_name
    alone = Policies(identity=one.policies)
    found = compare(alone, Policies(identity=one.policies, permissions_boundary=boundary), within=budget)
    yield from answers_of(
        found,
        lambda one: CounterExample(f"{name} loses {listed(one.actions)}", flags, one.request),
        lambda one: f"whether {name} loses {listed(one.actions)}",
    )


def _brought_in(
    one: BoundedRole, roles: Sequence[BoundedRole], boundary: IdentityPolicy, flags: tuple[str, ...]
) -> Iterator[Answer]:  # fmt: skip
    """Yield for each action that none of *roles* has and this one must not whether the boundary lets it through."""
    granted = frozenset(action for each in roles for action in _granted(each.role))
    bounded = Policies(identity=(_EVERYTHING,), permissions_boundary=boundary)
    for action in sorted({*_forbidden(one.role), *_rights()} - granted - _NEEDS_NO_ALLOW):
        request = Request.known(action, "*", {}, one.role.spec.arn, None)
        problem = f"{one.role.spec.role_name} gets {action} by a policy that is attached to it"
        is_allowed = evaluate(request, bounded).decision == "Allowed"
        yield CounterExample(problem, flags, request) if is_allowed else None


def _granted(role: ComposedRole) -> frozenset[str]:
    return frozenset(action for one in role.statements if one.effect is Effect.ALLOW for action in one.actions)


def _forbidden(role: ComposedRole) -> frozenset[str]:
    return frozenset(action for never in role.persona.never for action in expand(never.forbidden.action))


def _rights() -> frozenset[str]:
    return frozenset(action for pattern in _HANDING_OUT for action in expand(pattern))
