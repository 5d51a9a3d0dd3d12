"""The layers around a role: policies of an organization, a boundary, the policy of a resource."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import chosen_guardrails
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import SourceFile, paths_of
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import exemptions
from rolemgr.layers.guardrails import GuardrailSetting
from rolemgr.layers.resource_policy import ComposedResourcePolicy, compose_resource_policy
from rolemgr.layers.resource_values import resource_values
from rolemgr.layers.values import GivenValue
from rolemgr.model.layer import LayerDocuments
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import ComposedRole, OwnBoundary
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.organizations import slots
from rolemgr.render.boundary import own_boundary
from rolemgr.render.layer_documents import layer_documents

Parameters: TypeAlias = Mapping[str, str | Sequence[str]]
"""Values of parameters by name; one text stands for a list of one."""


def scp(
    *patterns: str, guardrails: Mapping[str, Any] | None = None, parameters: Parameters | None = None,
    exempt: Sequence[str] = (), landing_zones: Sequence[str] = (), free_slots: int | None = None,
    name: str = "rolemgr-scp", catalog: Catalog | None = None,
) -> LayerDocuments:  # fmt: skip
    """
    Return SCPs from *patterns* of the catalog and from *guardrails* (name -> values, as in a role file).

    *parameters* are values of the patterns' parameters (``pattern.parameter`` for one alone), *exempt* the ARNs of
    roles that are not bound, *landing_zones* the names of those whose own roles go on working. ``policies`` of the
    result are the documents with the minified texts that are attached, ``notes`` what they leave open. Raises
    InputError (or Problems) for a wrong choice, and where more than *free_slots* policies would be needed.
    """
    entries = catalog or Catalog()
    data = {"persona": "none", "guardrail": dict(guardrails or {})}
    spec = parse_model(SourceFile("guardrails", data, dict.fromkeys(paths_of(data), 0)), RoleSpec)
    choice = LayerChoice(
        LayerKind.SCP, patterns, chosen_guardrails(entries, None, spec), _given(parameters),
        exemptions(LayerKind.SCP, exempt, landing_zones), GuardrailSetting(),
    )  # fmt: skip
    return _documents(entries, choice, name, free_slots)


def rcp(
    *patterns: str, parameters: Parameters | None = None, exempt: Sequence[str] = (), free_slots: int | None = None,
    name: str = "rolemgr-rcp", catalog: Catalog | None = None,
) -> LayerDocuments:  # fmt: skip
    """Return RCPs from *patterns* of the catalog, as `scp` does; an RCP's exemption names its account."""
    choice = LayerChoice(LayerKind.RCP, patterns, (), _given(parameters), exemptions(LayerKind.RCP, exempt, ()))
    return _documents(catalog or Catalog(), choice, name, free_slots)


def _documents(catalog: Catalog, choice: LayerChoice, name: str, free_slots: int | None) -> LayerDocuments:
    composed = compose_layer(catalog, choice)
    made = layer_documents(composed, name, slots(choice.kind) if free_slots is None else free_slots)
    return replace(made, notes=composed.notes)


def _given(parameters: Parameters | None) -> dict[str, GivenValue]:
    return {
        name: GivenValue((values,) if isinstance(values, str) else tuple(values), SourceLocation("parameters"))
        for name, values in (parameters or {}).items()
    }


def boundary(role: ComposedRole) -> OwnBoundary:
    """
    Return the permissions boundary of *role*: its name, its document, and in words what its quota left out.

    Within it the role may do all that it may do without. Raises InputError for a role that no boundary fits.
    """
    return own_boundary(role)


def resource_policy(
    kind: str, resource: str | None = None, parameters: Parameters | None = None, catalog: Catalog | None = None
) -> ComposedResourcePolicy:
    """
    Return the policy of *resource*, an ARN, for what *parameters* name: ``readers``, ``writers``, ``organization`` ...

    *kind* is one of `rolemgr list resource-policies` that is not shared through RAM. ``document`` of the result is the
    policy, ``notes`` what it leaves open. Raises InputError (or Problems) for a wrong value, and where nobody would be
    let in.
    """
    where = SourceLocation("kind")
    entries = catalog or Catalog()
    if kind in entries.found("shares") and kind not in entries.found("resource_policies"):
        raise InputError(
            where, f"`{kind}` has no policy of its owner's", "it is shared: `rolemgr resource-policy` has it"
        )
    pattern = entries.resource_pattern(kind, where)
    values = resource_values(kind, pattern, resource, _given(parameters))
    return compose_resource_policy(kind, pattern, values)
