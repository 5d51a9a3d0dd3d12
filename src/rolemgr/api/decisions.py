"""AWS's decision on one request, offline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from rolemgr.api.documents import PolicyLike, policy_of
from rolemgr.evaluate.explain import Explanation, explain
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import Guard, guard_of
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.reference.managed_policies import managed_policy
from rolemgr.reference.protected import protected
from rolemgr.reference.requests import questioned
from rolemgr.render.documents import render

Asked: TypeAlias = ComposedRole | RoleDocuments | Sequence[PolicyLike]
"""A role, its documents, or identity policies."""


@dataclass(frozen=True)
class Decision:
    """
    AWS's decision on a request, and how sure it is.

    *decision* is ``Allowed``, ``ExplicitlyDenied`` or ``ImplicitlyDenied`` by the policies that are known;
    *explanation* names the statements that made it and what the others lack. *not_judged* are the policies of the
    role of which nobody here knows the text, and *refused_by_aws* says why AWS refuses the request whatever policies
    say. *notes* are doubts about names in the request, and what was taken for granted.
    """

    decision: str
    request: Request
    explanation: Explanation
    not_judged: tuple[str, ...] = ()
    refused_by_aws: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool | None:
        """Whether AWS allows the request; None where a policy that is not known may decide."""
        if self.decision == "ExplicitlyDenied" or self.refused_by_aws:
            return False
        return None if self.not_judged else self.decision == "Allowed"


def evaluate(
    role: Asked, action: str, resource: str = "*", *, context: Mapping[str, Any] | None = None,
    principal: str | None = None, resource_account: str | None = None, around: Policies | None = None,
) -> Decision:  # fmt: skip
    """
    Return AWS's decision on one request of *role*: a role, its documents, or a list of identity policies.

    The *principal* is the role itself where it is a `ComposedRole`, unless another is given. *context* are condition
    keys with a value or a list of them; what the ARNs of principal and resource say is there already. *around* are
    the other layers: a permissions boundary, service control policies, the policy of the resource.

    Raises InputError for a request that can't be one, for a policy that IAM would not accept, and for what only AWS
    could evaluate. A name that AWS is not known to have is denied like any other, and said in ``notes``.
    """
    own_arn = role.spec.arn if isinstance(role, ComposedRole) else None
    request = Request.known(action, resource, context or {}, principal or own_arn, resource_account)
    layers = around or Policies()
    role = render(role) if isinstance(role, ComposedRole) else role
    if isinstance(role, RoleDocuments) and role.own_boundary and layers.permissions_boundary is None:
        layers = replace(layers, permissions_boundary=role.own_boundary.document)
    own, not_judged = _policies(role, bounded=layers.permissions_boundary is not None)
    policies = replace(layers, identity=(*own, *layers.identity))
    found = explain(request, policies)
    refused = protected(request.action, request.resource, request.context, request.principal)
    return Decision(
        found.evaluation.decision, request, found, tuple(not_judged), str(refused) if refused else None,
        (*found.notes, *_notes(request, policies)),
    )  # fmt: skip


def _policies(role: RoleDocuments | Sequence[PolicyLike], *, bounded: bool) -> tuple[list[IdentityPolicy], list[str]]:
    """Return the identity policies of *role* that are known, and the ARNs of those that are not."""
    if not isinstance(role, RoleDocuments):
        return [policy_of(one, number) for number, one in enumerate(role)], []
    own = [policy.document for policy in (*role.policies, *role.managed_policies)]
    attached = {arn: _document(arn) for arn in role.attached}
    unknown = [arn for arn, document in attached.items() if document is None]
    boundary = [role.boundary] if role.boundary and not bounded else []
    return [*own, *filter(None, attached.values())], [*unknown, *boundary]


def _document(arn: str) -> IdentityPolicy | None:
    """Return the text of AWS's managed policy *arn*; None where it is not among the data, or the account's own."""
    parts = arn.split(":")
    found = managed_policy(arn.rpartition("/")[2], parts[1]) if parts[4] == "aws" else None
    return found.document if found and found.arn == arn else None


def _notes(request: Request, policies: Policies) -> Iterator[str]:
    for one in questioned(request.action, request.resource, request.context, request.principal):
        yield f"{one.part}: {one.doubt.problem}" + (f"; {one.doubt.hint}" if one.doubt.hint else "")
    guard = guard_of(request)
    if guard and policies.resource is None:
        what = "key" if guard is Guard.KEY else "role trust"
        yield f"the {what} policy is taken to leave access to IAM policies; give it as `resource` of `around`"
    if any(policies.service_control) and not _allows_anything(policies):
        yield f"{Layer.SERVICE_CONTROL}: no policy allows anything; AWS attaches FullAWSAccess beside those that deny"


def _allows_anything(policies: Policies) -> bool:
    return any(one.effect == "Allow" for level in policies.service_control for scp in level for one in scp.statement)
