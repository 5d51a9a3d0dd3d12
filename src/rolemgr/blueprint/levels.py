"""The policies of the organization that a blueprint asks for, at each of its levels: all, unit, account."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from rolemgr.blueprint.inherit import role_arn
from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, gathering, raise_all
from rolemgr.files.source import DataPath
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import Exemptions, exemptions
from rolemgr.layers.values import GivenValue
from rolemgr.model.blueprint import Blueprint, BlueprintLayers, BlueprintOrganization
from rolemgr.model.layer import LayerDocuments, LayerPart
from rolemgr.model.layer_pattern import LayerKind, LayerParameter, LayerValueType
from rolemgr.model.source import Sourced
from rolemgr.reference.organizations import slots
from rolemgr.render.layer_documents import layer_documents


class LevelLayers(NamedTuple):
    """The policies of one kind at one level: its *path* in the blueprint (nothing for all), and what is open."""

    path: DataPath
    kind: LayerKind
    name: str
    """What its policies are called together."""
    documents: LayerDocuments
    notes: tuple[str, ...]
    parts: tuple[LayerPart, ...] = ()
    """The patterns that they are made of, each with its Denies."""

    @property
    def level(self) -> str:
        """The level's name: ``organization``, ``ou-NAME``, ``account-NAME``."""
        return "organization" if not self.path else f"{str(self.path[0])[:-1]}-{self.path[1]}"


def layers_of(blueprint: Sourced[Blueprint], catalog: Catalog) -> tuple[LevelLayers, ...]:
    """Return the policies of every level of *blueprint*; raise InputError (or Problems), with the line."""
    problems: list[InputError] = []
    found: list[LevelLayers] = []
    for path, layers in blueprint.value.layers_at():
        for kind in LayerKind:
            if getattr(layers, kind):
                with _at_place(blueprint.at(*path, "layers", kind), problems):
                    found.append(_made(blueprint, catalog, path, layers, kind))
        if layers.exempt and not layers.scp:
            where = blueprint.at(*path, "layers", "exempt")
            problems.append(InputError(where, "nothing is exempt of RCPs", "`exempt` goes with SCPs of the same level"))
    raise_all(problems)
    return tuple(found)


def levels_of(layers: tuple[LevelLayers, ...], blueprint: Blueprint, account: str) -> Iterator[LevelLayers]:
    """Yield those of *layers* that stand above the *account* of that name, the highest first."""
    unit = blueprint.accounts[account].ou
    above: tuple[DataPath, ...] = ((), ("ous", str(unit)), ("accounts", account))
    for path in above:
        yield from (one for one in layers if one.path == path)


def _made(
    blueprint: Sourced[Blueprint], catalog: Catalog, path: DataPath, layers: BlueprintLayers, kind: LayerKind
) -> LevelLayers:
    organization = blueprint.value.organization
    if organization is None:
        where = blueprint.at(*path, "layers", kind)
        raise InputError(where, "policies of an organization need one", "say `organization: {id: o-...}`")
    zones = organization.landing_zone if kind is LayerKind.SCP else ()
    exempt = _exemptions(blueprint, path, layers, zones) if kind is LayerKind.SCP else exemptions(kind, (), ())
    patterns: dict[str, dict[str, tuple[str, ...]]] = getattr(layers, kind)
    given = dict(_given(blueprint, catalog, path, kind, patterns))
    composed = compose_layer(catalog, LayerChoice(kind, tuple(patterns), (), given, exempt))
    name = f"rolemgr-{kind}" if not path else f"rolemgr-{kind}-{path[1]}"
    free = _free(blueprint, organization) if kind is LayerKind.SCP else slots(kind)
    documents = layer_documents(composed, name, free)
    return LevelLayers(path, kind, name, documents, composed.notes, composed.parts)


def _free(blueprint: Sourced[Blueprint], organization: BlueprintOrganization) -> int:
    most, given = slots(LayerKind.SCP), organization.free_scp_slots
    if given is not None and not 1 <= given <= most:
        where = blueprint.at("organization", "free_scp_slots")
        raise InputError(where, f"`{given}` is not 1 to {most}: AWS's own policy takes one slot")
    return most if given is None else given


def _exemptions(
    blueprint: Sourced[Blueprint], path: DataPath, layers: BlueprintLayers, zones: Sequence[str]
) -> Exemptions:
    """Return the roles that the SCPs of a level leave out, with why and until when; raise InputError with the line."""
    arns = [_exempt_arn(blueprint, one.role, (*path, "layers", "exempt", n)) for n, one in enumerate(layers.exempt)]
    problems: list[InputError] = []
    for number, arn in enumerate(arns):
        with _at_place(blueprint.at(*path, "layers", "exempt", number), problems):
            exemptions(LayerKind.SCP, (arn,), ())
    for number, zone in enumerate(zones):
        with _at_place(blueprint.at("organization", "landing_zone", number), problems):
            exemptions(LayerKind.SCP, (), (zone,))
    raise_all(problems)
    named = tuple(zip(arns, layers.exempt, strict=True))
    until = {arn: one.until for arn, one in named if one.until}
    with _at_place(blueprint.at(*path, "layers", "exempt"), problems):
        found = exemptions(LayerKind.SCP, [arn for arn in arns if arn not in until], zones, until)
    raise_all(problems)
    notes = (f"exempt {arn}: {one.reason}" for arn, one in named if one.reason)
    return found._replace(notes=(*found.notes, *notes))


def _exempt_arn(blueprint: Sourced[Blueprint], text: str, path: DataPath) -> str:
    """Return the ARN of the role that *text* names by its place, or is."""
    if ":" in text:
        return text
    if text not in blueprint.value.roles:
        hint = "or the ARN of a role such as arn:aws:iam::*:role/platform/break-glass"
        raise UnknownNameError(blueprint.at(*path), "role", text, blueprint.value.roles, otherwise=hint)
    return role_arn(blueprint, text)


@contextmanager
def _at_place(where: SourceLocation, problems: list[InputError]) -> Iterator[None]:
    """Add what is wrong inside to *problems*; what would be said of an option is said of the place *where*."""
    found: list[InputError] = []
    with gathering(found):
        yield
    for one in found:
        of_file = one.where is not None and one.where.line is not None
        problems.append(one if of_file else InputError(where, one.problem, one.hint))


def _given(
    blueprint: Sourced[Blueprint], catalog: Catalog, path: DataPath, kind: LayerKind,
    patterns: dict[str, dict[str, tuple[str, ...]]],
) -> Iterator[tuple[str, GivenValue]]:  # fmt: skip
    """Yield the values of parameters: those that stand at the pattern, else what the blueprint says of itself."""
    for name, values in patterns.items():
        at = (*path, "layers", kind, name)
        for parameter, declared in catalog.layer_pattern(kind, name, blueprint.at(*at)).value.parameters.items():
            texts = values.get(parameter, _known(blueprint.value, parameter, declared))
            if texts:
                yield f"{name}.{parameter}", GivenValue(texts, blueprint.at(*at, parameter))
        for parameter in values:
            if parameter not in catalog.layer_pattern(kind, name).value.parameters:
                yield f"{name}.{parameter}", GivenValue(values[parameter], blueprint.at(*at, parameter))


def _known(blueprint: Blueprint, name: str, declared: LayerParameter) -> tuple[str, ...]:
    """Return what the blueprint says elsewhere of the parameter: the organization, and the regions in use."""
    if declared.type is LayerValueType.ORGANIZATION_ID and blueprint.organization:
        return (blueprint.organization.id,)
    if declared.type is LayerValueType.REGION and name == "regions":
        return tuple(blueprint.regions)
    return ()
