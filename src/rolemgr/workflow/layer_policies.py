"""Policies of an organization: what was chosen for SCPs or RCPs, composed, fitted into the quotas, and judged."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail, chosen_guardrails
from rolemgr.errors import InputError, SourceLocation
from rolemgr.export import organization
from rolemgr.files.write import to_json, to_template, to_yaml
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy
from rolemgr.iam.uses import Use
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import exemptions
from rolemgr.layers.guardrails import GuardrailSetting
from rolemgr.layers.values import GivenValue
from rolemgr.model.layer import ComposedLayer, LayerDocuments
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import LeftOpen
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.model.times import is_over, moment
from rolemgr.reference.organizations import slots
from rolemgr.reference.quirks import quota
from rolemgr.render.layer_documents import layer_documents
from rolemgr.render.layer_merge import PolicyInForce, merged_documents
from rolemgr.workflow.choices import catalog_folders, flag_choices
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import read_documents

_MOST_NAMED = 6


@dataclass(frozen=True)
class LayerRequest:
    """What was asked for on the command line."""

    kind: str
    patterns: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    exempt_until: tuple[str, ...] = ()
    landing_zones: tuple[str, ...] = ()
    free_slots: int | None = None
    name: str | None = None
    guardrails: Mapping[str, Any] | None = None
    """The options of guardrails as `flag_choices` takes them; RCPs have none."""
    catalog: tuple[str, ...] = ()
    merge: tuple[str, ...] = ()
    """Files of policies that are attached already, which ours are put into."""


LAYER_FORMS = {
    "json": "{name}.json",
    "cloudformation": "{name}.yaml",
    "terraform": "{name}/policies.tf.json",
    "aws-cli": "{name}.sh",
    "lza": "organization-config.yaml",
}
"""The forms of an organization's policies, and what each is called in a folder."""


class LayerFile(NamedTuple):
    """A file of the result: its place in a folder (``{name}.json``), the name that fills it, and the text."""

    place: str
    name: str
    text: str


class MadeLayer(NamedTuple):
    """The policies, what they are called together, and what they were composed from."""

    name: str
    composed: ComposedLayer
    documents: LayerDocuments
    catalog: Catalog
    setting: GuardrailSetting


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
        exemptions(kind, request.exempt, request.landing_zones, _until(request.exempt_until)),
        setting,
    )
    composed = compose_layer(catalog, choice)
    name = _name(request)
    documents = _documents(composed, name, request, outside)
    for text in (
        *composed.notes,
        *documents.notes,
        *_bypassed(composed),
        *(note for one in chosen for note in one.notes),
    ):
        outside.say(text)
    for arn, when in _until(request.exempt_until).items():
        if is_over(when, datetime.now(UTC)):
            outside.say(f"--exempt-until: {when} is over, so {arn} is bound like everybody")
    outside.say(_filling(documents, request))
    return MadeLayer(name, composed, documents, catalog, setting)


def _documents(composed: ComposedLayer, name: str, request: LayerRequest, outside: Outside) -> LayerDocuments:
    """Return the policies of *composed*, in those that are attached already as far as *request* names some."""
    there = list(_attached(request, outside))
    if not there:
        return layer_documents(composed, name, _free(request))
    return merged_documents(composed, there, name, _free(request))


def _attached(request: LayerRequest, outside: Outside) -> Iterator[PolicyInForce]:
    """Yield the policies in the files to merge, each under a name of its own; raise InputError for no such policy."""
    is_scp = request.kind == LayerKind.SCP
    kind: type[IdentityPolicy | ResourceControlPolicy] = IdentityPolicy if is_scp else ResourceControlPolicy
    taken: set[str] = set()
    for file in request.merge:
        documents = read_documents(file, kind, outside, Use.SCP if is_scp else None)
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", PurePath(file).stem) if file != "-" else "stdin"
        for number, document in enumerate(documents, start=1):
            name = stem if len(documents) == 1 else f"{stem}-{number}"
            name = next(one for one in (name, *(f"{name}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)
            taken.add(name)
            yield PolicyInForce(name, document)


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


def _until(texts: Sequence[str]) -> dict[str, str]:
    """Return by role the moment at which its exemption ends; a role's name may hold a =, a moment holds none."""
    found: dict[str, str] = {}
    where = SourceLocation("--exempt-until")
    for text in texts:
        arn, equals, when = text.rpartition("=")
        if not equals or not arn:
            raise InputError(where, f"`{text}` is not of the form ARN=TIME", "ARN=2026-12-24T18:00Z")
        if arn in found:
            raise InputError(where, f"`{arn}` is given twice")
        try:
            found[arn] = moment(when)
        except ValueError as error:
            raise InputError(where, str(error)) from error
    return found


def _name(request: LayerRequest) -> str:
    """Return what the policies are called; raise InputError for what a script or a file could read otherwise."""
    name = request.name or f"rolemgr-{request.kind}"
    most = quota("organization_policy_name") - len("-999")
    if not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{most - 1}}}", name):
        raise InputError(SourceLocation("--name"), f"`{name}` is not 1 to {most} letters, digits, hyphens, underscores")
    return name


def _free(request: LayerRequest) -> int:
    most = slots(request.kind)
    if request.free_slots is None:
        return most
    if not 1 <= request.free_slots <= most:
        problem = f"`{request.free_slots}` is not 1 to {most}: AWS's own policy takes one slot"
        raise InputError(SourceLocation("--free-slots"), problem)
    return request.free_slots


def _bypassed(composed: ComposedLayer) -> list[str]:
    """Return a note for each guardrail that actions by-pass, and for each that judges some only with its key."""
    by_pass = (
        f"{name}: by-passed by {_listed(left)}; --strict denies these (`rolemgr show guardrail {name}`)"
        for name, left in composed.bypassed
    )
    absent = (
        f"{name}: judged only where the request carries its key are {_listed(left)} (`rolemgr show guardrail {name}`)"
        for name, left in composed.absent
    )
    return [*by_pass, *absent]


def _listed(left: Sequence[LeftOpen]) -> str:
    actions = list(dict.fromkeys(one.action for one in left))
    more = f" and {len(actions) - _MOST_NAMED} more" if len(actions) > _MOST_NAMED else ""
    return f"{', '.join(actions[:_MOST_NAMED])}{more}"


def _filling(documents: LayerDocuments, request: LayerRequest) -> str:
    sizes = ", ".join(f"{len(one.text):,}" for one in documents.policies)
    word = "policy" if len(documents.policies) == 1 else "policies"
    return f"{len(documents.policies)} {word} of {sizes} characters; {_free(request)} slots are free"


def layer_text(made: MadeLayer, form: str) -> str:
    """Return the policies *made* as one text in *form*, which is any but ``lza``: that is several files."""
    if form == "json":
        return "[\n" + ",\n".join(one.text for one in made.documents.policies) + "\n]\n"
    return _EXPORTS[form](made.documents)


def layer_files(name: str, documents: LayerDocuments, form: str) -> list[LayerFile]:
    """Return the policies *documents*, together called *name*, as files of a folder in *form*."""
    policies = documents.policies
    if form == "json":
        return [LayerFile(LAYER_FORMS[form], one.name, f"{one.text}\n") for one in policies]
    if form == "lza":
        place = organization.lza_folder(documents.kind) + "/{name}.json"
        config = LayerFile(LAYER_FORMS[form], name, to_yaml(organization.lza_config(documents)))
        return [config, *(LayerFile(place, one.name, f"{one.text}\n") for one in policies)]
    return [LayerFile(LAYER_FORMS[form], name, _EXPORTS[form](documents))]


_EXPORTS: Mapping[str, Callable[[LayerDocuments], str]] = {
    "cloudformation": lambda made: to_template(organization.template(made)),
    "terraform": lambda made: to_json(organization.module(made)),
    "aws-cli": organization.script,
}
