"""The policies of the organization that a blueprint asks for, at each of its levels: all, unit, account."""

from collections.abc import Iterator
from typing import NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, gathering, raise_all
from rolemgr.files.source import DataPath
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import exemptions
from rolemgr.layers.values import GivenValue
from rolemgr.model.blueprint import Blueprint, BlueprintLayers
from rolemgr.model.layer import LayerDocuments
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

    @property
    def level(self) -> str:
        """The level's name: ``organization``, ``ou-NAME``, ``account-NAME``."""
        return "organization" if not self.path else f"{str(self.path[0])[:-1]}-{self.path[1]}"


def layers_of(blueprint: Sourced[Blueprint], catalog: Catalog) -> tuple[LevelLayers, ...]:
    """Return the policies of every level of *blueprint*; raise InputError (or Problems), with the line."""
    problems: list[InputError] = []
    found: list[LevelLayers] = []
    for path, layers in _levels(blueprint.value):
        for kind in LayerKind:
            if getattr(layers, kind):
                with gathering(problems):
                    found.append(_made(blueprint, catalog, path, layers, kind))
    raise_all(problems)
    return tuple(found)


def levels_of(layers: tuple[LevelLayers, ...], blueprint: Blueprint, account: str) -> Iterator[LevelLayers]:
    """Yield those of *layers* that stand above the *account* of that name, the highest first."""
    unit = blueprint.accounts[account].ou
    above: tuple[DataPath, ...] = ((), ("ous", str(unit)), ("accounts", account))
    for path in above:
        yield from (one for one in layers if one.path == path)


def _levels(blueprint: Blueprint) -> Iterator[tuple[DataPath, BlueprintLayers]]:
    yield (), blueprint.layers
    for name, unit in blueprint.ous.items():
        yield ("ous", name), unit.layers
    for name, account in blueprint.accounts.items():
        yield ("accounts", name), account.layers


def _made(
    blueprint: Sourced[Blueprint], catalog: Catalog, path: DataPath, layers: BlueprintLayers, kind: LayerKind
) -> LevelLayers:
    organization = blueprint.value.organization
    if organization is None:
        where = blueprint.at(*path, "layers", kind)
        raise InputError(where, "policies of an organization need one", "say `organization: {id: o-...}`")
    zones = organization.landing_zone if kind is LayerKind.SCP else ()
    exempt = exemptions(kind, layers.exempt if kind is LayerKind.SCP else (), zones)
    patterns: dict[str, dict[str, tuple[str, ...]]] = getattr(layers, kind)
    given = dict(_given(blueprint, catalog, path, kind, patterns))
    composed = compose_layer(catalog, LayerChoice(kind, tuple(patterns), (), given, exempt))
    name = f"rolemgr-{kind}" if not path else f"rolemgr-{kind}-{path[1]}"
    free = organization.free_scp_slots if kind is LayerKind.SCP else None
    documents = layer_documents(composed, name, free or slots(kind))
    return LevelLayers(path, kind, name, documents, composed.notes)


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
