"""Requests that a role can make within its layers: found by the same search that proofs about a role use."""

from collections.abc import Mapping
from dataclasses import replace

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    IdentityStatement,
    PolicyDocument,
    StatementElement,
    TrustPolicy,
)
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import NamedPolicy
from rolemgr.prove.proof import RoleToProve
from rolemgr.prove.search import inquiry
from rolemgr.separation.attached import attached_documents
from rolemgr.separation.violations import RenderedRole


def within_layers(
    blueprint: ComposedBlueprint, around: RoleLayers, placed: PlacedRole, target: str | None = None
) -> RoleToProve:
    """
    Return the role at *placed* with the Denies of its boundary and of the SCPs above it among its own.

    Those of the RCPs above the account called *target* are there too, where it is given.
    """
    attached = (NamedPolicy(arn, one) for arn, one in attached_documents(placed.role).items())
    managed = (*placed.documents.managed_policies, *attached)
    above = denies_above(around, placed, target)
    documents = replace(placed.documents, policies=(*placed.documents.policies, *above), managed_policies=managed)
    return RoleToProve(blueprint.catalog, RenderedRole(placed.role, documents), (placed.place,))


def denies_above(around: RoleLayers, placed: PlacedRole, target: str | None) -> tuple[NamedPolicy, ...]:
    """Return the Denies that stand above the role at *placed*, as policies of their layers' names."""
    boundary, found = placed.documents.own_boundary, []
    if boundary:
        found.append(NamedPolicy(f"boundary {boundary.name}", _denies(boundary.document)))
    for level in around.named_above(placed.account, LayerKind.SCP):
        found += [NamedPolicy(f"scp {one.name}", _denies(one.document)) for one in level]
    for level in around.named_above(target, LayerKind.RCP) if target else ():
        found += [NamedPolicy(f"rcp {one.name}", _denies(without_principals(one.document))) for one in level]
    return tuple(found)


def _denies(document: PolicyDocument) -> IdentityPolicy:
    """Return the Denies of *document*, an identity policy, a boundary or an SCP."""
    kept = (one for one in document.statements() if isinstance(one, IdentityStatement) and one.effect is Effect.DENY)
    return IdentityPolicy(version="2012-10-17", statement=tuple(kept))


def without_principals(document: PolicyDocument, resource: str = "*") -> IdentityPolicy:
    """Return *document* as a search takes it; what names no resource is about *resource*."""
    return IdentityPolicy(
        version="2012-10-17",
        statement=tuple(_without_principal(one, resource) for one in document.statements()),
    )


def _without_principal(statement: StatementElement, resource: str) -> IdentityStatement:
    kept = statement.model_dump(exclude={"principal", "not_principal"})
    if kept.get("resource") is None and kept.get("not_resource") is None:
        kept["resource"] = (resource,)
    return IdentityStatement.model_validate(kept)


def caller_keys(blueprint: ComposedBlueprint, placed: PlacedRole) -> dict[str, tuple[str, ...]]:
    """Return the condition keys, in lower case, that each request of *placed* has: of its ARN, account and tags."""
    spec, organization = placed.role.spec, blueprint.source.value.organization
    known: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (placed.caller_arn,),
        "aws:principalaccount": (spec.account,),
    }
    known |= {"aws:principalisawsservice": ("false",), "aws:securetransport": ("true",)}
    known |= {f"aws:principaltag/{key.lower()}": (value,) for key, value in spec.tag.items()}
    return {**known, "aws:principalorgid": (organization.id,) if organization else ()}


def trust_request(
    blueprint: ComposedBlueprint, placed: PlacedRole, action: str, keys: Mapping[str, tuple[str, ...]]
) -> Request | None:
    """
    Return a request for *action* on the role at *placed* that some statement of its trust policy may allow.

    Whom the statements name is left aside. Raises TooComplex as `complying` does.
    """
    arn = placed.role.spec.arn
    allows = [one for one in placed.documents.trust_policy.statement if one.effect is Effect.ALLOW]
    document = without_principals(TrustPolicy(version="2012-10-17", statement=tuple(allows)), arn)
    documents = replace(placed.documents, policies=(NamedPolicy("trust", document),), managed_policies=())
    subject = RoleToProve(blueprint.catalog, RenderedRole(placed.role, documents), (placed.place,))
    return inquiry(subject, action).allowed(arn, keys)


def complying(subject: RoleToProve, request: Request) -> Request | None:
    """
    Return *request* with the condition keys that the Denies around *subject* ask it to carry; None where none will do.

    Raises TooComplex where it takes too many steps to tell.
    """
    fixed = {key.lower(): values for key, values in request.context.items()}
    found = inquiry(subject, request.action).allowed(request.resource, fixed)
    if found is None:
        return None
    context: Mapping[str, tuple[str, ...]] = {**found.context, **request.context}
    merged = {key.lower(): (key, values) for key, values in context.items()}
    return replace(request, context=Context(dict(merged.values())))
