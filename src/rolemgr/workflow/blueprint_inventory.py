"""
A blueprint as an inventory: the principals that it makes under all its layers, for who may do what.

What the blueprint does not make is not known: policies that a role names by an ARN of its own, and the policies of
buckets, keys, repositories and groups that no flow of another account goes to.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.role_layers import FULL_ACCESS, RoleLayers
from rolemgr.blueprint.targets import target_of
from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.inventory import HeldPolicy, HeldRole, Inventory
from rolemgr.model.inventory_layers import ControlKind, ControlPolicy, HeldResource, Levels, Organization, Unjudged
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.separation.attached import attached_documents
from rolemgr.workflow.blueprint import composed_blueprint
from rolemgr.workflow.blueprint_given import blueprint_of
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role_options import is_directory

_KINDS: Final[dict[LayerKind, ControlKind]] = {
    LayerKind.SCP: "SERVICE_CONTROL_POLICY", LayerKind.RCP: "RESOURCE_CONTROL_POLICY",
}  # fmt: skip
_NOT_MADE: Final = "the blueprint does not make it"
_ARNS: Final = {
    "buckets": "arn:{partition}:s3:::{name}",
    "repositories": "arn:{partition}:ecr:{region}:{account}:repository/{name}",
    "registries": "arn:{partition}:sagemaker:{region}:{account}:model-package-group/{name}",
}
"""The ARNs of what a blueprint names, https://docs.aws.amazon.com/service-authorization/latest/reference/."""


def blueprint_inventory(names: tuple[str, ...], outside: Outside) -> Inventory | None:
    """
    Return the inventory that the blueprint among *names*, files or folders, stands for; None where none is one.

    Raises InputError (or Problems) for what is wrong in it, and where other files stand beside it.
    """
    found = {name: one for name in names if (one := blueprint_of(name, outside))}
    if not found:
        return None
    first, file = next(iter(found.items()))
    beside = [name for name in names if name != first] or _answers_in(first)
    if beside:
        problem = f"is a blueprint, and says all by itself; {beside[0]} is beside it"
        raise InputError(SourceLocation(file), problem, "name the one or the other")
    return inventory_of_blueprint(composed_blueprint(file, outside))


def _answers_in(name: str) -> list[str]:
    """Return what stands in the folder *name* as answers of AWS do; what a build wrote there is in folders below."""
    names = sorted(os.listdir(name)) if is_directory(name) else []  # noqa: PTH208 - in the order of names
    return [os.path.join(name, one) for one in names if one.endswith(".json")]  # noqa: PTH118 - as the user wrote it


def inventory_of_blueprint(found: ComposedBlueprint) -> Inventory:
    """Return the roles of *found* with their policies, and all that stands around them."""
    roles = {one.caller_arn: _held(found, one) for one in found.roles}
    resources = {one.arn: one for one in _resources(found)}
    held: tuple[HeldRole | HeldResource, ...] = (*roles.values(), *resources.values())
    return Inventory(
        principals=dict(sorted(roles.items())),
        not_judged=tuple(unknown for one in held for unknown in one.unknown),
        files=(found.source.source.name,),
        organization=_organization(found),
        resources=resources,
        places={one.place: one.caller_arn for one in found.roles},
    )


def _held(found: ComposedBlueprint, placed: PlacedRole) -> HeldRole:
    spec, documents, where = placed.role.spec, placed.documents, found.source.at("roles", placed.place)
    home = f"arn:{spec.partition_name}:iam::{spec.account}:policy{spec.path}"
    known = attached_documents(placed.role)
    boundary = documents.own_boundary
    return HeldRole(
        kind="role", arn=placed.caller_arn, name=spec.role_name, account=spec.account, where=where,
        policies=(
            *(HeldPolicy(one.name, one.document) for one in documents.policies),
            *(HeldPolicy(one.name, one.document, f"{home}{one.name}") for one in documents.managed_policies),
            *(HeldPolicy(arn.rpartition("/")[2], one, arn, "reference") for arn, one in known.items()),
        ),
        boundary=HeldPolicy(boundary.name, boundary.document, f"{home}{boundary.name}") if boundary else None,
        boundary_arn=f"{home}{boundary.name}" if boundary else spec.boundary,
        trust=documents.trust_policy, tags=documents.tags, unknown=tuple(_not_known(placed, where)),
    )  # fmt: skip


def _not_known(placed: PlacedRole, where: SourceLocation) -> Iterator[Unjudged]:
    """Yield the policies that a role names by their ARNs, and whose text nobody here has."""
    known = attached_documents(placed.role)
    for arn in placed.role.spec.managed_policy:
        if arn not in known:
            yield Unjudged(where.file, where.line, f"policy {arn} of {placed.caller_arn}", _NOT_MADE)
    boundary = placed.role.spec.boundary
    if boundary and not placed.documents.own_boundary:
        place = f"permissions boundary {boundary} of {placed.caller_arn}"
        yield Unjudged(where.file, where.line, place, _NOT_MADE)


def _organization(found: ComposedBlueprint) -> Organization:
    """Return the policies above each account; those of an organization that the blueprint does not name are unknown."""
    value, around = found.source.value, RoleLayers(found)
    if value.organization is None:
        return Organization()
    above = {
        kind: {one.id: _levels(found, around, name, kind) for name, one in value.accounts.items()} for kind in LayerKind
    }
    return replace(
        Organization(id=value.organization.id),
        service_control=above[LayerKind.SCP],
        resource_control=above[LayerKind.RCP],
    )


def _levels(found: ComposedBlueprint, around: RoleLayers, account: str, kind: LayerKind) -> Levels:
    where = found.source.at("accounts", account)
    own = tuple(
        tuple(ControlPolicy(one.name, one.name, _KINDS[kind], one.document, where) for one in level)
        for level in around.named_above(account, kind)
    )
    if kind is LayerKind.RCP:
        return own
    every = ControlPolicy("p-FullAWSAccess", "FullAWSAccess", _KINDS[kind], FULL_ACCESS, where)
    return tuple((every, *level) for level in own or ((),))


def _resources(found: ComposedBlueprint) -> Iterator[HeldResource]:
    """Yield what has a policy, with it; of the rest that the blueprint names, that its policy is not known."""
    accounts = found.source.value.accounts
    made = {one.resource for one in found.guards}
    for one in found.guards:
        yield HeldResource(one.resource, accounts[one.account].id, one.flows[0].where, one.document)
    for arn, account, where in dict.fromkeys(_things(found)):
        if arn not in made and not has_wildcard(arn):
            unknown = Unjudged(where.file, where.line, f"policy of {arn}", _NOT_MADE)
            yield HeldResource(arn, account, where, unknown=(unknown,))


def _things(found: ComposedBlueprint) -> Iterator[tuple[str, str, SourceLocation]]:
    """Yield the ARN, the account's id and the line of each bucket, its key, repository and model package group."""
    for section, form in _ARNS.items():
        for place in getattr(found.source.value, section):
            where = found.source.at(section, place)
            values = target_of(found.source, place, where).values
            texts = {name: values[name][0] for name in ("partition", "region", "account")}
            for name in values.get("bucket", values.get("names", ())):
                yield form.format(name=name, **texts), texts["account"], where
            yield from ((key, key.split(":")[4], where) for key in values.get("key", ()))
