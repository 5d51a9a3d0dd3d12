"""The values of a resource policy: what its resource's ARN tells, and what the user gave, each held to its form."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from rolemgr.errors import InputError, MissingValueError, SourceLocation, UnknownNameError, raise_all
from rolemgr.iam.arn import PARTITIONS, REGION, Arn, partition_of
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.layers.resource_names import wrong_names
from rolemgr.layers.values import GivenValue
from rolemgr.model.resource_pattern import ResourceParameter, ResourcePattern, ResourceValueType
from rolemgr.model.share_pattern import SharePattern
from rolemgr.model.source import Sourced
from rolemgr.reference.data import image_accounts, jumpstart_buckets
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action

Pattern: TypeAlias = Sourced[ResourcePattern] | Sourced[SharePattern]

_FORMS: Final[Mapping[ResourceValueType, tuple[str, str]]] = {
    ResourceValueType.ROLE: (
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/(?:[A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}",
        "a role's ARN such as arn:aws:iam::111122223333:role/training; a principal has no wildcard",
    ),
    ResourceValueType.ACCOUNT_ID: (r"[0-9]{12}", "an account id of 12 digits"),
    ResourceValueType.ORGANIZATION_ID: (r"o-[a-z0-9]{10,32}", "an organization's id such as o-a1b2c3d4e5"),
    ResourceValueType.REGION: (REGION.pattern, "a region such as eu-west-1"),
    ResourceValueType.PREFIX: (r"(?:[A-Za-z0-9!_.'()=:@+ -]+/)*\*", "a prefix such as curated/*"),
    ResourceValueType.ENDPOINT_SERVICE: (r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", "a service such as s3 or sagemaker.api"),
    ResourceValueType.ENDPOINT_ID: (r"vpce-[0-9a-f]{8,32}", "an endpoint's id such as vpce-0a1b2c3d"),
    ResourceValueType.SOURCE: (
        r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_/:.*+=@-]+",
        "the ARN of what sends, with its account, such as arn:aws:cloudwatch:eu-west-1:111122223333:alarm:ml-*",
    ),
}
_RESOURCE = SourceLocation("--resource")


def resource_values(
    kind: str, pattern: Pattern, resource: str | None, given: Mapping[str, GivenValue]
) -> dict[str, tuple[str, ...]]:
    """
    Return the values of all placeholders of *pattern*, which the user calls *kind*.

    Raises InputError (or Problems) for an ARN of another kind of resource, and for a value of the wrong form, that is
    missing, or that the pattern has not.
    """
    raise_all([*wrong_names(pattern)])
    about = _of_the_resource(kind, pattern.value, resource)
    raise_all([*_wrong(kind, pattern, given)])
    found = {name: _texts(one, given.get(name)) for name, one in pattern.value.parameters.items()}
    where = about or _of_the_region(found)
    return {**where, **found, **_of_region(where)}


def _texts(declared: ResourceParameter, given: GivenValue | None) -> tuple[str, ...]:
    return tuple(sorted(set(given.texts if given else declared.default)))


def _of_the_resource(
    kind: str, pattern: ResourcePattern | SharePattern, resource: str | None
) -> dict[str, tuple[str, ...]]:
    """Return what the ARN *resource* tells: itself, its name, and where it is."""
    if pattern.judged_by is None:
        if resource is not None:
            raise InputError(_RESOURCE, f"the policy of `{kind}` names no resource of its own", "leave it out")
        return {}
    action = find_action(pattern.judged_by)
    arn = Arn.parse(resource) if resource else None
    if resource is None:
        raise MissingValueError(_RESOURCE, f"`{kind}` needs the ARN of the resource", "give --resource ARN", [])
    if arn is None or action is None or has_wildcard(resource) or not types_of(resource, action):
        raise InputError(_RESOURCE, f"`{resource}` is not the ARN of {pattern.title.lower().removeprefix('an ')}")
    name = arn.resource.partition("/")[2] or arn.resource
    texts = {
        "resource": resource,
        "partition": arn.partition,
        "region": arn.region,
        "account": arn.account,
        "name": name,
    }
    return {key: (text,) for key, text in texts.items() if text}


def _of_the_region(values: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    region = values["region"][0]
    return {"region": (region,), "partition": (partition_of(region),)}


def _of_region(where: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return what differs by partition and region: the suffix of names, and what AWS itself owns there."""
    suffix = PARTITIONS[where["partition"][0]].dns_suffix
    region = where["region"][0] if "region" in where else None
    own = (
        {"aws_image_accounts": image_accounts(region), "jumpstart_buckets": jumpstart_buckets(region)} if region else {}
    )
    return {"dns_suffix": (suffix,), **own}


def _wrong(kind: str, pattern: Pattern, given: Mapping[str, GivenValue]) -> Iterator[InputError]:
    known = pattern.value.parameters
    for name, one in given.items():
        if name not in known:
            listed = ", ".join(known)
            yield UnknownNameError(one.where, "parameter", name, known, otherwise=f"`{kind}` has: {listed}")
            continue
        yield from (InputError(one.where, f"{name}: {problem}") for problem in _misfits(known[name], one))
    for name, declared in known.items():
        if declared.required and name not in given:
            hint = f"give --parameter {name}=VALUE"
            problem = f"`{kind}` needs {name}: {declared.help}"
            yield MissingValueError(pattern.at("parameters", name), problem, hint, [("parameter", name)])


def _misfits(declared: ResourceParameter, given: GivenValue) -> Iterator[str]:
    if not given.texts:
        yield "has no value"
    if len(given.texts) > 1 and not declared.many:
        yield "takes one value"
    form, words = _FORMS[declared.type]
    yield from (f"`{text}` is not {words}" for text in given.texts if not re.fullmatch(form, text))
