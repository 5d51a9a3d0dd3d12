"""Requests that a role can make within its layers: found by the same search that proofs about a role use."""

from collections.abc import Mapping
from dataclasses import replace

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.role import NamedPolicy
from rolemgr.prove.proof import RoleToProve
from rolemgr.prove.search import inquiry
from rolemgr.separation.violations import RenderedRole


def within_layers(blueprint: ComposedBlueprint, around: RoleLayers, placed: PlacedRole) -> RoleToProve:
    """Return the role at *placed* with the Denies of its boundary and of the SCPs above it among its own."""
    policies = around.around(placed, placed.account, None)
    denying = [document for level in policies.service_control for document in level]
    if policies.permissions_boundary:
        denying.append(policies.permissions_boundary)
    more = tuple(NamedPolicy(f"above-{number}", _denies(one)) for number, one in enumerate(denying))
    documents = replace(placed.documents, policies=(*placed.documents.policies, *more))
    return RoleToProve(blueprint.catalog, RenderedRole(placed.role, documents), (placed.place,))


def _denies(document: IdentityPolicy) -> IdentityPolicy:
    kept = tuple(one for one in document.statement if one.effect is Effect.DENY)
    return document.model_copy(update={"statement": kept})


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
