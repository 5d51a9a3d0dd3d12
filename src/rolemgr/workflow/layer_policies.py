"""Policies of an organization: what was chosen for SCPs or RCPs, composed, fitted into the quotas, and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail, chosen_guardrails
from rolemgr.errors import InputError, SourceLocation
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import exemptions
from rolemgr.layers.guardrails import GuardrailSetting
from rolemgr.layers.values import GivenValue
from rolemgr.model.layer import ComposedLayer, LayerDocuments
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.organizations import slots
from rolemgr.render.layer_documents import layer_documents
from rolemgr.workflow.choices import catalog_folders, flag_choices
from rolemgr.workflow.outside import Outside

_MOST_NAMED = 6


@dataclass(frozen=True)
class LayerRequest:
    """What was asked for on the command line."""

    kind: str
    patterns: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    landing_zones: tuple[str, ...] = ()
    free_slots: int | None = None
    name: str | None = None
    guardrails: Mapping[str, Any] | None = None
    """The options of guardrails as `flag_choices` takes them; RCPs have none."""
    catalog: tuple[str, ...] = ()


class MadeLayer(NamedTuple):
    """The policies, and what they were composed from."""

    composed: ComposedLayer
    documents: LayerDocuments


def make_layer(request: LayerRequest, outside: Outside) -> MadeLayer:
    """
    Return the policies that *request* asks for; says what they leave open.

    Raises InputError (or Problems) for a wrong choice, and where the policies can't be attached.
    """
    catalog = Catalog(catalog_folders(request.catalog))
    chosen, setting = _guardrails(catalog, request)
    kind = LayerKind(request.kind)
    choice = LayerChoice(
        kind,
        request.patterns,
        chosen,
        _given(request.parameters),
        exemptions(kind, request.exempt, request.landing_zones),
        setting,
    )
    composed = compose_layer(catalog, choice)
    documents = layer_documents(composed, request.name or f"rolemgr-{request.kind}", _free(request))
    for text in (*composed.notes, *_bypassed(composed), *(note for one in chosen for note in one.notes)):
        outside.say(text)
    outside.say(_filling(documents, request))
    return MadeLayer(composed, documents)


def _guardrails(catalog: Catalog, request: LayerRequest) -> tuple[tuple[ChosenGuardrail, ...], GuardrailSetting]:
    if request.guardrails is None:
        return (), GuardrailSetting()
    source = flag_choices(request.guardrails).with_default("persona", "none", SourceLocation("command line"))
    spec = parse_model(source, RoleSpec)
    setting = GuardrailSetting(spec.value.kms_key_names, spec.value.strict)
    return chosen_guardrails(catalog, None, spec), setting


def _given(texts: Sequence[str]) -> dict[str, GivenValue]:
    found: dict[str, GivenValue] = {}
    where = SourceLocation("--parameter")
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name:
            raise InputError(where, f"`{text}` is not of the form KEY=VALUE[,VALUE...]")
        if name in found:
            raise InputError(where, f"`{name}` is given twice")
        found[name] = GivenValue(tuple(one for one in values.split(",") if one), where)
    return found


def _free(request: LayerRequest) -> int:
    most = slots(request.kind)
    if request.free_slots is None:
        return most
    if not 1 <= request.free_slots <= most:
        problem = f"`{request.free_slots}` is not 1 to {most}: AWS's own policy takes one slot"
        raise InputError(SourceLocation("--free-slots"), problem)
    return request.free_slots


def _bypassed(composed: ComposedLayer) -> list[str]:
    """Return a note for each guardrail that actions by-pass."""
    notes = []
    for name, left in composed.bypassed:
        actions = [one.action for one in left]
        more = f" and {len(actions) - _MOST_NAMED} more" if len(actions) > _MOST_NAMED else ""
        shown = f"{', '.join(actions[:_MOST_NAMED])}{more}"
        notes.append(f"{name}: by-passed by {shown}; --strict denies these (`rolemgr show guardrail {name}`)")
    return notes


def _filling(documents: LayerDocuments, request: LayerRequest) -> str:
    sizes = ", ".join(f"{len(one.text):,}" for one in documents.policies)
    word = "policy" if len(documents.policies) == 1 else "policies"
    return f"{len(documents.policies)} {word} of {sizes} characters; {_free(request)} slots are free"
