"""The policies of the organization that a blueprint asks for, against those that are attached: read, never changed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from rolemgr.account.connect import Access, AssumedRole, connect
from rolemgr.account.document_drift import document_drift
from rolemgr.account.drift import DriftKind
from rolemgr.account.organization import attached_policies, check_organization, root_id
from rolemgr.account.resource_plan import same_statements
from rolemgr.blueprint.access import AccountAccess, organization_access
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.blueprint.levels import LevelLayers
from rolemgr.errors import AwsError, InputError, RolemgrError, SourceLocation
from rolemgr.iam.documents import Effect, IdentityStatement, StatementElement
from rolemgr.model.layer import LayerDocument, OrganizationPolicy
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.report.blueprint_drift import LayerDrift, LevelDrift
from rolemgr.workflow.account_options import AccessOptions


class AttachedDocument(NamedTuple):
    """A policy that is attached: its name, what it says, and whether AWS wrote it."""

    name: str
    document: OrganizationPolicy
    of_aws: bool


def organization_drift(found: ComposedBlueprint, options: AccessOptions) -> tuple[LevelDrift, ...]:
    """Return how the organization differs from *found* at each level; what can't be read is in it, with the reason."""
    organization = found.source.value.organization
    if organization is None or not found.layers:
        return ()
    try:
        access = organization_access(found.source)
        assert access  # noqa: S101 - there is an organization
        way = _way(access, options)
        check_organization(way, organization.id)
    except AwsError as error:
        return tuple(_unknown(found, one, error) for one in found.layers)
    return tuple(_level(found, one, way) for one in found.layers)


def _way(access: AccountAccess, options: AccessOptions) -> Access:
    assume = AssumedRole(access.role, access.external_id) if access.role else None
    return connect(options.profile or access.profile, access.region, options.endpoint_url, assume)


def _where(found: ComposedBlueprint, level: LevelLayers) -> SourceLocation:
    return found.source.at(*level.path, "layers", level.kind)


def _unknown(found: ComposedBlueprint, level: LevelLayers, error: RolemgrError) -> LevelDrift:
    return LevelDrift(level.level, str(level.kind), _where(found, level), error=error)


def _level(found: ComposedBlueprint, level: LevelLayers, way: Access) -> LevelDrift:
    """Return how the policies of one *level* differ from those attached at it."""
    try:
        there = _read(found, level, way)
    except RolemgrError as error:
        return _unknown(found, level, error)
    where, taken = _where(found, level), set[str]()
    drifts: list[LayerDrift] = [*_closed(level, there, where)]
    for wanted in level.documents.policies:
        counterpart = _counterpart(wanted, there)
        taken |= {counterpart.name} if counterpart else set()
        drifts += _differences(level, wanted, counterpart, where)
    notes = tuple(
        f"{one.name} is attached there and not in the file" for one in there if not one.of_aws and one.name not in taken
    )
    return LevelDrift(level.level, str(level.kind), where, tuple(drifts), notes)


def _closed(
    level: LevelLayers, there: Sequence[AttachedDocument], where: SourceLocation
) -> Iterator[LayerDrift]:  # fmt: skip
    """
    Yield what is lost where no SCP at the level allows all: the blueprint counts on FullAWSAccess at each of them.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    statements = (each for one in there for each in one.document.statements())
    if level.kind is LayerKind.SCP and not any(_allows_all(one) for one in statements):
        what = f"no SCP at {level.level} allows all, as FullAWSAccess does: what none there allows is denied below it"
        yield LayerDrift("organization-policy-lost", what, where)


def _allows_all(one: StatementElement) -> bool:
    if not isinstance(one, IdentityStatement) or one.effect is not Effect.ALLOW or one.condition:
        return False
    return "*" in (one.action or ()) and "*" in (one.resource or ())


def _read(found: ComposedBlueprint, level: LevelLayers, way: Access) -> list[AttachedDocument]:
    """Return what is attached at *level*; raise AwsError or InputError where that can't be read."""
    model = type(level.documents.policies[0].document)
    read: list[AttachedDocument] = []
    for one in attached_policies(way, _target(found, level, way), str(level.kind)):
        try:
            read.append(AttachedDocument(one.name, model.model_validate_json(one.text), one.of_aws))
        except ValidationError as error:
            problem = f"the {level.kind.upper()} {one.name} is not a policy that rolemgr understands"
            raise AwsError(f"{problem}: {error.errors()[0]['msg']}") from error
    return read


def _target(found: ComposedBlueprint, level: LevelLayers, way: Access) -> str:
    """Return the id that Organizations has for *level*; raise InputError for a unit whose id the file does not say."""
    if not level.path:
        return root_id(way)
    section, name = level.path
    value = found.source.value
    if section == "accounts":
        return value.accounts[str(name)].id
    if (known := value.ous[str(name)].id) is None:
        where = found.source.at(*level.path)
        raise InputError(where, f"the unit `{name}` has no `id`, so nobody knows which of AWS's it is", "say its `id`")
    return known


def _counterpart(wanted: LayerDocument, there: Sequence[AttachedDocument]) -> AttachedDocument | None:
    """Return the policy of the same name, else one that says the same."""
    by_name = [one for one in there if one.name == wanted.name]
    same = [one for one in there if same_statements(one.document, wanted.document)]
    return next(iter((*by_name, *same)), None)


def _differences(
    level: LevelLayers, wanted: LayerDocument, there: AttachedDocument | None, where: SourceLocation
) -> Iterator[LayerDrift]:
    title = f"the {level.kind.upper()} {wanted.name} of {level.level}"
    if there is None:
        yield LayerDrift("organization-policy-missing", f"{title} is not attached", where)
        return
    for one in document_drift(title, there.document, wanted.document):
        kind: DriftKind = "organization-policy-gained" if one.way == "gained" else "organization-policy-lost"
        yield LayerDrift("organization-policy-unknown" if one.unknown else kind, one.what, where, one.request)
