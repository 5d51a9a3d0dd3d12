"""What a shell may complete a value to: names of the catalog and of AWS, and the values of guardrails."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from rolemgr.catalog.folders import EntryKind
from rolemgr.catalog.load import Catalog
from rolemgr.check.rules import all_rules
from rolemgr.errors import RolemgrError
from rolemgr.model.catalog import ParameterType
from rolemgr.reference.names import instance_types, regions
from rolemgr.reference.services import action_names, services
from rolemgr.workflow.choices import catalog_folders

_MOST = 400
"""More than that nobody reads, and a shell asks before it shows them."""


def candidates(kind: str, start: str, folders: Sequence[str]) -> list[str]:
    """
    Return the values of a *kind* that begin with *start*, over the catalog with *folders*; none for what is not known.

    A catalog that can't be read completes to nothing: the command itself says what is wrong with it.
    """
    with suppress(RolemgrError, OSError, ValueError):
        found = _KINDS[kind](Catalog(catalog_folders(folders)), start)
        return [one for one in found if one.lower().startswith(start.lower())][:_MOST]
    return []


def _entries(*kinds: EntryKind) -> Callable[[Catalog, str], Iterable[str]]:
    def found(catalog: Catalog, _start: str) -> Iterable[str]:
        return (name for kind in kinds for name in catalog.found(kind))

    return found


def _guardrails(catalog: Catalog, start: str) -> Iterable[str]:
    """Return guardrails, or behind ``NAME=`` their values, each behind those that are given already."""
    name, equals, text = start.partition("=")
    if not equals:
        return catalog.found("guardrails")
    parameters = catalog.guardrail(name).value.parameters
    before, comma, last = text.rpartition(",")
    head = f"{name}={before}{comma}"
    chosen, colon, _ = last.partition(":")
    if colon and chosen in parameters:
        return (f"{head}{chosen}:{value}" for value in _values(parameters[chosen].type, parameters[chosen].one_of))
    first = [f"{head}{value}" for one in parameters.values() for value in _values(one.type, one.one_of)]
    return [*(f"{head}{one}:" for one in parameters if len(parameters) > 1), *first]


def _values(kind: ParameterType, one_of: Sequence[str]) -> Iterable[str]:
    if one_of:
        return one_of
    if kind is ParameterType.INSTANCE_TYPE:
        return sorted(instance_types())
    return ("1h", "6h", "12h", "24h", "5d") if kind is ParameterType.DURATION else ()


def _parameters(catalog: Catalog, _start: str) -> Iterable[str]:
    groups = (catalog.activity_group(name).value for name in catalog.found("activity_groups"))
    return sorted({f"{name}=" for group in groups for name in group.parameters})


def _rules(_catalog: Catalog, start: str) -> Iterable[str]:
    """Return ids and names of rules, each behind those that are given already with commas."""
    before, comma, _ = start.rpartition(",")
    return [f"{before}{comma}{one}" for rule in all_rules().values() for one in (rule.id, rule.name)]


def _actions(_catalog: Catalog, start: str) -> Iterable[str]:
    service, colon, _ = start.partition(":")
    return action_names(service.lower()).values() if colon else (f"{one}:" for one in services())


def _fixed(values: Sequence[str], _catalog: Catalog, _start: str) -> Iterable[str]:
    return values


_KINDS: Mapping[str, Callable[[Catalog, str], Iterable[str]]] = {
    "personas": _entries("personas"),
    "activity-groups": _entries("activity_groups"),
    "separations": _entries("separations"),
    "profiles": _entries("profiles"),
    "scps": _entries("scps"),
    "rcps": _entries("rcps"),
    "resource-policies": _entries("resource_policies"),
    "shared": _entries("resource_policies", "shares"),
    "detective-controls": _entries("detective_controls"),
    "guardrail-names": _entries("guardrails"),
    "guardrails": _guardrails,
    "scp-patterns": lambda catalog, start: [*_entries("scps")(catalog, start), *_guardrails(catalog, start)],
    "rcp-patterns": _entries("rcps"),
    "parameters": _parameters,
    "rules": _rules,
    "actions": _actions,
    "regions": lambda _catalog, _start: sorted(regions()),
    "instance-types": lambda _catalog, _start: sorted(instance_types()),
    "pass-role": partial(_fixed, ("self",)),
    "kms-key-names": partial(_fixed, ("both", "arn", "legacy")),
    "partitions": partial(_fixed, ("aws", "aws-cn", "aws-us-gov")),
    "trust": partial(_fixed, ("sagemaker", "service:", "account:", "user:", "role:", "saml:", "oidc:", "github:")),
}
