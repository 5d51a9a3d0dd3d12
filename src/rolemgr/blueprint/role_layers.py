"""What stands around a request in a blueprint: layers above the caller, the policy of the target, the context."""

from functools import cache, cached_property

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedGuard, PlacedRole
from rolemgr.blueprint.flows import ExpandedFlow
from rolemgr.blueprint.levels import levels_of
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import IdentityPolicy, PolicyDocument, ResourcePolicy, TrustPolicy
from rolemgr.model.flow import FlowRequest
from rolemgr.model.layer import LayerDocument
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.separation.attached import attached_documents

FULL_ACCESS = IdentityPolicy.model_validate(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "FullAWSAccess", "Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)
"""
The SCP that AWS attaches at every level.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""


class RoleLayers:
    """The policies around each role of a blueprint, as `evaluate` takes them; each is put together once."""

    def __init__(self, blueprint: ComposedBlueprint) -> None:
        """Take the documents of *blueprint*."""
        self._blueprint = blueprint
        self._scps = cache(self._scps_above)
        self._rcps = cache(self._rcps_above)

    @cached_property
    def roles(self) -> dict[str, PlacedRole]:
        """The roles by place."""
        return {one.place: one for one in self._blueprint.roles}

    @cached_property
    def _by_arn(self) -> dict[str, PlacedRole]:
        return {one.arn: one for one in self._blueprint.roles}

    def document_at(self, resource: str) -> ResourcePolicy | TrustPolicy | None:
        """Return the policy that decides at *resource*: of a role of the blueprint its trust; None without one."""
        role = self._by_arn.get(resource)
        placed = self.policy_of(resource)
        return role.documents.trust_policy if role else placed.document if placed else None

    @cached_property
    def _by_resource(self) -> dict[str, PlacedGuard]:
        return {one.resource: one for one in self._blueprint.guards}

    def policy_of(self, resource: str) -> PlacedGuard | None:
        """Return the policy that the blueprint makes for *resource*, or for what it is a part of; None without one."""
        arn = Arn.parse(resource)
        if arn is None:
            return None
        whole = arn._replace(resource=arn.resource.split("/")[0]) if arn.service == "s3" else arn
        if arn.resource.startswith("model-package/"):
            whole = arn._replace(resource=f"model-package-group/{arn.resource.split('/')[1]}")
        return self._by_resource.get(str(whole))

    def owner(self, flow: ExpandedFlow, request: Request) -> str:
        """Return the name of the account whose layers bind what *request* of *flow* is for."""
        return self._by_id.get(request.resource_account or "", flow.target.account)

    @cached_property
    def _by_id(self) -> dict[str, str]:
        return {one.id: name for name, one in self._blueprint.source.value.accounts.items()}

    def around(
        self, role: PlacedRole, target_account: str, resource: ResourcePolicy | TrustPolicy | None,
        identity: tuple[IdentityPolicy, ...] | None = None,
    ) -> Policies:  # fmt: skip
        """
        Return all that decides about requests of *role* for something in the account called *target_account*.

        *resource* is the policy of what is asked for; *identity* stands in the place of the role's own policies.
        """
        documents = role.documents
        own = (
            *(one.document for one in (*documents.policies, *documents.managed_policies)),
            *attached_documents(role.role).values(),
        )
        return Policies(
            identity=own if identity is None else identity,
            permissions_boundary=documents.own_boundary.document if documents.own_boundary else None,
            service_control=self._scps(role.account),
            resource_control=self._rcps(target_account),
            resource=resource,
        )

    def endpoints(self, role: PlacedRole, action: str) -> tuple[ResourcePolicy, ...]:
        """Return the policies of the VPC endpoints in the account of *role* that requests of *action* may pass."""
        service = action.partition(":")[0].lower()
        return tuple(
            one.document
            for one in self._blueprint.endpoints
            if one.account == role.account and one.service.partition(".")[0] == service
        )

    def _scps_above(self, account: str) -> tuple[tuple[IdentityPolicy, ...], ...]:
        """Return the SCPs above *account* level by level, each with the one that AWS attaches everywhere."""
        return tuple(
            (FULL_ACCESS, *(one for one in level if isinstance(one, IdentityPolicy)))
            for level in self._above(account, LayerKind.SCP)
        )

    def _rcps_above(self, account: str) -> tuple[tuple[ResourcePolicy, ...], ...]:
        return tuple(
            tuple(one for one in level if isinstance(one, ResourcePolicy))
            for level in self._above(account, LayerKind.RCP)
        )

    def _above(self, account: str, kind: LayerKind) -> tuple[tuple[PolicyDocument, ...], ...]:
        """Return the policies of *kind* level by level, the highest first."""
        return tuple(tuple(policy.document for policy in level) for level in self.named_above(account, kind))

    def named_above(self, account: str, kind: LayerKind) -> tuple[tuple[LayerDocument, ...], ...]:
        """Return the policies of *kind* above the *account* of that name, with their names, the highest level first."""
        found = levels_of(self._blueprint.layers, self._blueprint.source.value, account)
        return tuple(one.documents.policies for one in found if one.kind is kind)

    def request(self, flow: ExpandedFlow, one: FlowRequest, resource: str, principal: PlacedRole) -> Request:
        """
        Return the request *one* of *flow* for *resource*, made by *principal*.

        Its context is what AWS sends for certain, and under tag keys the role's tag on what is asked for.
        """
        spec = principal.role.spec
        context = {key: flow.filled(texts) for key, texts in one.context.items()}
        context |= {"aws:RequestedRegion": [flow.values["region"][0]], "aws:SecureTransport": ["true"]}
        organization = self._blueprint.source.value.organization
        if organization:
            context |= {"aws:PrincipalOrgID": [organization.id], "aws:ResourceOrgID": [organization.id]}
        session = dict(flow.session)
        for key in spec.abac:
            value = session.get(key, spec.tag.get(key))
            if value is not None:
                place = "RequestTag" if one.new else "ResourceTag"
                context |= {f"aws:PrincipalTag/{key}": [value], f"aws:{place}/{key}": [value]}
        if one.new and spec.abac:
            context["aws:TagKeys"] = list(spec.abac)
        owner = flow.owner(resource) if resource != "*" else None
        return Request.known(one.action, resource, context, principal.caller_arn, owner)
