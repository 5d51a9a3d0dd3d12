"""What limits, as the documents that it becomes with example values: guardrails, and patterns of SCPs and RCPs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rolemgr.catalog.load import Catalog
from rolemgr.compliance.examples import example_guardrail, example_values, table
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import Exemptions
from rolemgr.layers.guardrails import GuardrailSetting, guardrail_denies
from rolemgr.model.layer import ComposedLayer, LayerPart, OrganizationPolicy
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.render.layer_documents import layer_documents

_MOST_DOCUMENTS: Final = 99


@dataclass(frozen=True)
class RenderedLimit:
    """A guardrail or pattern as policies of an organization, of one *layer*, and the Sids of its Denies."""

    kind: str
    name: str
    layer: LayerKind
    documents: tuple[OrganizationPolicy, ...]

    @property
    def sids(self) -> tuple[str, ...]:
        """The Sids of its statements."""
        return tuple(str(one.sid) for document in self.documents for one in document.statements())


def rendered_guardrail(catalog: Catalog, name: str) -> RenderedLimit:
    """Return the guardrail *name* with example values, over every action that supports its keys."""
    found = guardrail_denies(example_guardrail(catalog, name), GuardrailSetting(), ())
    part = LayerPart(found.name, found.title, found.denies)
    return rendered_part("guardrail", LayerKind.SCP, part)


def rendered_pattern(catalog: Catalog, kind: LayerKind, name: str) -> RenderedLimit:
    """Return the pattern *name* of a *kind* with example values."""
    pattern = catalog.layer_pattern(kind, name).value
    exempt = Exemptions((table()["exempt"],)) if pattern.always else Exemptions()
    layer = compose_layer(catalog, LayerChoice(kind, (name,), given=example_values(name, pattern), exemptions=exempt))
    return rendered_part(kind.value, kind, next(one for one in layer.parts if one.name == name))


def rendered_part(kind: str, layer: LayerKind, part: LayerPart) -> RenderedLimit:
    """Return *part*, of a *kind* of entry, alone as policies of a *layer*."""
    made = layer_documents(ComposedLayer(layer, (part,), ()), part.name, _MOST_DOCUMENTS)
    return RenderedLimit(kind, part.name, layer, tuple(one.document for one in made.policies))


def pattern_names(catalog: Catalog) -> Iterator[tuple[LayerKind, str]]:
    """Yield the patterns of *catalog* that can be rendered, each with its kind."""
    for kind in LayerKind:
        for name in catalog.found("scps" if kind is LayerKind.SCP else "rcps"):
            if not catalog.layer_pattern(kind, name).value.refused:
                yield kind, name
