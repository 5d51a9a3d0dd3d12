"""
The decision on one request: an explicit deny anywhere wins, else every layer must allow.

Identity policies grant; permissions boundary, session policies and each level of SCPs must allow as well;
RCPs only deny. Within a layer or level, one Allow of any of its policies is enough.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.evaluate.errors import LayerError
from rolemgr.evaluate.policies import Group, Layer, Policies, StatementRef, groups_of
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.statement import applies
from rolemgr.model.arn import Arn
from rolemgr.model.policy import Effect

_EVALUATED_PRINCIPALS = {("iam", "user"), ("iam", "role"), ("sts", "assumed-role"), ("sts", "federated-user")}

Decision: TypeAlias = Literal["Allowed", "ExplicitlyDenied", "ImplicitlyDenied"]


class Evaluation(NamedTuple):
    """
    The decision, and what made it.

    *by* are the Deny statements of an explicit deny, or the Allow statements of an allowed request;
    *not_allowed_by* are the layers (with their level) whose missing Allow makes an implicit deny.
    """

    decision: Decision
    by: tuple[StatementRef, ...] = ()
    not_allowed_by: tuple[tuple[Layer, int | None], ...] = ()


def evaluate(request: Request, policies: Policies) -> Evaluation:
    """
    Return AWS's decision on *request* under *policies*, by the quick path.

    Raises PolicyError for a policy that IAM would not accept, and LayerError for a request that needs what
    is not evaluated yet: one from another account than the resource's, or by neither user nor role.
    """
    _refuse_other_principals(request)
    _refuse_cross_account(request)
    denied: list[StatementRef] = []
    allowed: list[StatementRef] = []
    lacking: list[tuple[Layer, int | None]] = []
    for group in groups_of(policies):
        before = len(allowed)
        for effect, ref in _matching(group, request):
            (denied if effect is Effect.DENY else allowed).append(ref)
        if group.must_allow and len(allowed) == before:
            lacking.append((group.layer, group.level))
    return _decided(denied, allowed, lacking)


def _matching(group: Group, request: Request) -> Iterator[tuple[Effect, StatementRef]]:
    """Yield the statements of *group* that match; an Allow of a group that only denies says nothing."""
    for index, policy in enumerate(group.policies):
        for place, statement in policy.about(request.folded_action):
            if (group.must_allow or statement.effect is Effect.DENY) and applies(statement, request):
                yield statement.effect, group.ref(index, place, statement)


def _decided(
    denied: list[StatementRef], allowed: list[StatementRef], lacking: list[tuple[Layer, int | None]]
) -> Evaluation:
    if denied:
        return Evaluation("ExplicitlyDenied", by=tuple(denied))
    if lacking:
        return Evaluation("ImplicitlyDenied", not_allowed_by=tuple(lacking))
    return Evaluation("Allowed", by=tuple(allowed))


def _refuse_other_principals(request: Request) -> None:
    """
    Raise LayerError for a principal that is known and no user, role or session: root, a service, everyone.

    Root needs no Allow, and the others have no identity policies.
    """
    if request.principal is None:
        return
    arn = Arn.parse(request.principal)
    kind = arn.resource.partition("/")[0] if arn else None
    if arn is None or (arn.service, kind) not in _EVALUATED_PRINCIPALS:
        raise LayerError(None, f"requests by the principal `{request.principal}` are not evaluated yet")


def _refuse_cross_account(request: Request) -> None:
    """
    Raise LayerError where principal and resource are known to be in different accounts.

    Such a request needs an Allow on both sides, and the resource's side is not evaluated yet.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    account = request.principal_account()
    if account and request.resource_account and account != request.resource_account:
        accounts = f"`{account}` asks for a resource of `{request.resource_account}`"
        raise LayerError(None, f"requests across accounts are not evaluated yet: {accounts}")
