"""The options that make the role beside another one: the account, data and limits that its work is to have too."""

from collections.abc import Iterator, Mapping
from typing import Final

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.model.spec import DEFAULT_ACCOUNT, RoleSpec

_LISTS: Final = ("bucket", "data_key", "volume_key", "subnet", "security_group", "guardrail_profile", "abac", "catalog")
_SWITCHES: Final = ("no_default_guardrails", "strict")
_FIRST_REGION: Final = "us-east-1"


def options_beside(catalog: Catalog, persona: str, spec: RoleSpec) -> tuple[str, ...]:
    """Return the words of a command line by which *persona* gets what *spec* chose, as far as it has a use for it."""
    groups = (catalog.activity_group(name) for name in resolve_persona(catalog, persona).groups)
    declared = {name for group in groups for name in group.value.parameters}
    values = {name: texts for name, texts in spec.parameter.items() if name in declared}
    return (*_home(spec), *_lists(spec), *_pairs("parameter", values), *_limits(spec))


def _home(spec: RoleSpec) -> Iterator[str]:
    """Yield where the role is; what is nobody's choice is left out, as it is assumed the same way again."""
    chosen = spec.account != DEFAULT_ACCOUNT
    if chosen:
        yield from ("--account", spec.account)
    if chosen or spec.region != _FIRST_REGION:
        yield from ("--region", spec.region)
    if spec.partition:
        yield from ("--partition", spec.partition)
    if spec.path != "/":  # settings that give this role its path would give it to the other, which is passed without
        yield from ("--path", "/")


def _lists(spec: RoleSpec) -> Iterator[str]:
    for key in _LISTS:
        for value in getattr(spec, key):
            yield from (f"--{key.replace('_', '-')}", value)
    if spec.boundary:
        yield from ("--boundary", spec.boundary)


def _limits(spec: RoleSpec) -> Iterator[str]:
    yield from _pairs("guardrail", spec.guardrail)
    yield from (f"--{key.replace('_', '-')}" for key in _SWITCHES if getattr(spec, key))
    for key, value in spec.tag.items():
        yield from ("--tag", f"{key}={value}")


def _pairs(flag: str, found: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for name, values in found.items():
        yield from (f"--{flag}", f"{name}={','.join(values)}" if values else name)
