"""
The value of every parameter of the chosen groups: what the user gave, else the default, checked by type.

A parameter belongs to all chosen groups that declare it: one ``work_buckets`` for the whole role. So the
declarations must agree, and a value that no group asks for is refused.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from rolemgr.compose.substitute import Placeholder, UnknownPlaceholderError, fill, names_in, pieces_of
from rolemgr.errors import InputError, MissingValueError, SourceLocation, UnknownNameError, raise_all
from rolemgr.iam.arn import PARTITIONS, Arn
from rolemgr.iam.limits import network_problem
from rolemgr.iam.variables import opens_variable
from rolemgr.model.catalog import ActivityGroup, Parameter, ParameterType
from rolemgr.model.source import Sourced
from rolemgr.reference.resources import example_of_type, is_of_type
from rolemgr.reference.services import resource_types

_BUCKET = r"(?!.*\.\.)(?![0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_BY_TAG = (
    r"(?!.*\.\.)(?P<bucket>[a-z0-9][a-z0-9.-]+[.-]\$\{aws:PrincipalTag/"
    r"(?P<key>(?!(?i:aws:))[\w .:/=+@-]{1,128})\}(?:[a-z0-9.-]*[a-z0-9])?)"
)
"""A bucket's name with a tag of the caller's in it, behind a beginning of its own that ends in a dot or hyphen."""
BUCKET_BY_TAG = re.compile(rf"{_BY_TAG}(?:/.*)?", re.DOTALL)
"""The same, and a prefix in such a bucket: `bucket` is its name, `key` that of the tag."""
_PART_BY_TAG = rf"{_BUCKET}/(?:[A-Za-z0-9!_.'()=:@+-]+/)*\$\{{aws:PrincipalTag/(?!(?i:aws:))[\w .:/=+@-]{{1,128}}\}}"
"""A part of a bucket that a tag of the caller names: all of what stands between two slashes."""
_KEY = r"[A-Za-z0-9!_.*'()/ +=@,:-]+"
_FORMS: Mapping[ParameterType, tuple[str, str]] = {
    ParameterType.STRING: (r"[^\x00-\x1f]{1,256}", "text of 1 to 256 characters"),
    ParameterType.NAME_PATTERN: (r"[A-Za-z0-9._/*?-]{1,256}", "a name, with * and ? as wildcards"),
    ParameterType.MODEL_PATTERN: (
        r"[A-Za-z0-9._:*?-]{1,256}",
        "the id of a model or profile, with * and ? as wildcards",
    ),
    ParameterType.ACCOUNT_ID: (r"[0-9]{12}", "an account id of 12 digits"),
    ParameterType.ARN: (r"arn:[^\s:]+:[a-z0-9-]+:[^\s:]*:[^\s:]*:\S+", "an ARN"),
    ParameterType.ROLE_ARN: (
        r"arn:[a-z-]+:iam::[0-9]{12}:role/(?![*?])[A-Za-z0-9_+=,.@/${}:*?-]+",
        "a role's ARN such as arn:aws:iam::111122223333:role/NAME (a wildcard only behind a path or name)",
    ),
    ParameterType.KEY_ARN: (
        r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+",
        "a KMS key's ARN such as arn:aws:kms:us-east-1:111122223333:key/ID (no alias)",
    ),
    ParameterType.BUCKET: (rf"{_BUCKET}|{_BY_TAG}", "a bucket name: 3 to 63 of a-z, 0-9, dot and hyphen"),
    ParameterType.S3_PREFIX: (
        rf"(?:{_BUCKET}|{_BY_TAG}|{_PART_BY_TAG})(?!.*//)/{_KEY}(?<!/)",
        "BUCKET/PREFIX without a slash at the end",
    ),
    ParameterType.SUBNET_ID: (r"subnet-[0-9a-f]{1,32}", "a subnet id such as subnet-0a1b2c3d"),
    ParameterType.SECURITY_GROUP_ID: (r"sg-[0-9a-f]{1,32}", "a security group id such as sg-0a1b2c3d"),
    ParameterType.FILE_SYSTEM_ID: (r"fs-[0-9a-f]{8,40}", "a file system id such as fs-0a1b2c3d"),
    ParameterType.INSTANCE_TYPE: (
        r"system|ml\.[a-z][a-z0-9-]*(?:\*|\.[a-z0-9*?-]+)",
        "an instance type such as ml.m5.xlarge, ml.m5.* or ml.g4dn.*",
    ),
    ParameterType.DURATION: (r"[1-9][0-9]{0,8}[smhd]?", "a duration such as 90m, 24h, 5d or seconds"),
    ParameterType.INTEGER: (r"[0-9]{1,9}", "a whole number"),
    ParameterType.TAG_KEY: (r"(?!(?i:aws:))[\w .:/=+@-]{1,128}", "a tag key"),
    ParameterType.IP_RANGE: (
        r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?|[0-9a-f]*:[0-9a-f:]+(?:/[0-9]{1,3})?",
        "an IP range such as 203.0.113.0/24",
    ),
    ParameterType.VPC_ID: (r"vpc-[0-9a-f]{8,32}", "a VPC's id such as vpc-0a1b2c3d"),
    ParameterType.VPC_ENDPOINT_ID: (r"vpce-[0-9a-f]{8,32}", "a VPC endpoint's id such as vpce-0a1b2c3d"),
}
_IN_BUCKETS = {ParameterType.BUCKET, ParameterType.S3_PREFIX}
_WITH_PARTITION = {ParameterType.ARN, ParameterType.ROLE_ARN, ParameterType.KEY_ARN}


class GivenValues(NamedTuple):
    """The values that the user gave for a parameter, and where each stands."""

    values: tuple[str, ...]
    places: tuple[SourceLocation, ...]
    where: SourceLocation


class Declared(NamedTuple):
    """A parameter as a group declares it, with the line of the declaration for errors."""

    name: str
    parameter: Parameter
    where: SourceLocation


@lru_cache(maxsize=1024)
def declared_parameters(groups: tuple[Sourced[ActivityGroup], ...]) -> Mapping[str, Declared]:
    """
    Return the parameters of *groups* by name.

    Raises InputError where two groups declare the same name differently (the help text may differ).
    """
    found: dict[str, Declared] = {}
    for group in groups:
        for name, parameter in group.value.parameters.items():
            _require_type(group, name, parameter)
            new = Declared(name, parameter, group.at("parameters", name))
            old = found.setdefault(name, new)
            if _kind(old.parameter) != _kind(parameter):
                raise InputError(
                    new.where, f"parameter `{name}` differs from its declaration at {old.where}",
                    "one name has one type and one default in all groups of a role",
                )  # fmt: skip
    return found


@lru_cache(maxsize=8)
def declarations(groups: tuple[Sourced[ActivityGroup], ...]) -> Mapping[str, tuple[Declared, ...]]:
    """Return all declarations of each parameter of *groups*, which need not stand in one role, by name."""
    found: dict[str, tuple[Declared, ...]] = {}
    for group in groups:
        for name, parameter in group.value.parameters.items():
            found[name] = (*found.get(name, ()), Declared(name, parameter, group.at("parameters", name)))
    return found


def _require_type(group: Sourced[ActivityGroup], name: str, parameter: Parameter) -> None:
    """Raise UnknownNameError where *parameter* names a type of resource that the reference does not have."""
    if parameter.of is None:
        return
    service, _, kind = parameter.of.partition(":")
    where = group.at("parameters", name, "of")
    if parameter.type is not ParameterType.ARN:
        raise InputError(where, f"parameter `{name}` is not of type arn, so `of` says nothing about it")
    if kind not in resource_types(service):
        raise UnknownNameError(where, f"resource type of {service}", kind, resource_types(service))


def _kind(parameter: Parameter) -> tuple[object, ...]:
    return parameter.type, parameter.many, parameter.default, parameter.one_of, parameter.of


def resolve(
    declared: Mapping[str, Declared], given: Mapping[str, GivenValues], builtins: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """
    Return the values of all *declared* parameters; *builtins* are the names every placeholder may use.

    Raises InputError (or Problems) for a value of the wrong form, a required one that is missing, one
    that nothing declares, and defaults that refer to each other in a circle.
    """
    unknown = [_unknown(name, given[name].where, declared) for name in given if name not in declared]
    raise_all([*unknown, *_misfits(declared, given, builtins["partition"][0])])
    values = dict(builtins)
    for name in sorted(declared):
        _resolve_one(name, declared, given, values, ())
    return {name: values[name] for name in sorted(declared)}


def regions_of_keys(
    declared: Mapping[str, Declared], values: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """
    Return, for each parameter *declared* to hold KMS keys, the regions of its keys as ``NAME_region``.

    `kms:ViaService` names the service in the region of the key, which need not be the role's.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    keys = [name for name, one in declared.items() if one.parameter.type is ParameterType.KEY_ARN]
    return {
        f"{name}_region": tuple(sorted({arn.region for text in values[name] if (arn := Arn.parse(text))}))
        for name in keys
    }


def _unknown(name: str, where: SourceLocation, declared: Mapping[str, Declared]) -> InputError:
    known = ", ".join(sorted(declared)) or "none"
    return UnknownNameError(where, "parameter", name, declared, otherwise=f"the chosen groups have: {known}")


def _misfits(
    declared: Mapping[str, Declared], given: Mapping[str, GivenValues], partition: str
) -> Iterator[InputError]:
    for name in sorted(declared.keys() & given.keys()):
        parameter, chosen = declared[name].parameter, given[name]
        for value, place in zip(chosen.values, chosen.places, strict=True):
            if problem := unfit(parameter, value, partition):
                yield InputError(place, f"parameter `{name}`: {problem}")
        if not chosen.values and parameter.default != ():
            yield InputError(chosen.where, f"parameter `{name}` has no value", "leave it out for its default")
        if len(chosen.values) > 1 and not parameter.many:
            yield InputError(chosen.places[1], f"parameter `{name}` takes one value")


def unfit(parameter: Parameter, value: str, partition: str) -> str | None:
    """Return what is wrong with *value* for *parameter* in *partition*, or None where it is right."""
    if parameter.one_of and value not in parameter.one_of:
        return f"`{value}` is none of {', '.join(parameter.one_of)}"
    return misfit(parameter.type, value, partition) or _of_another_type(parameter, value)


def _of_another_type(parameter: Parameter, value: str) -> str | None:
    """Return what is wrong where *parameter* says what its ARNs name and *value* names something else."""
    if parameter.of is None or is_of_type(value, *parameter.of.split(":")):
        return None
    return f"`{value}` is not the ARN of {parameter.of}, such as {example_of_type(*parameter.of.split(':'))}"


def misfit(kind: ParameterType, value: str, partition: str) -> str | None:
    """Return what is wrong with *value* as a *kind* in *partition*, or None where it is right."""
    form, words = _FORMS[kind]
    if not re.fullmatch(form, value):
        return f"`{value}` is not {words}{_nearest(kind, value)}"
    if kind is ParameterType.IP_RANGE:
        return network_problem(value)
    arn = Arn.parse(value) if kind in _WITH_PARTITION else None
    if arn and arn.partition in PARTITIONS and arn.partition != partition:
        return f"`{value}` is in partition {arn.partition}, the role in {partition}"
    return None


def form_in_words(kind: ParameterType) -> str:
    """Return what values of *kind* look like, for people."""
    return _FORMS[kind][1]


def has_form(kind: ParameterType, value: str) -> bool:
    """Tell whether *value* looks like a *kind*, right or wrong."""
    return re.fullmatch(_FORMS[kind][0], value) is not None


def _nearest(kind: ParameterType, value: str) -> str:
    """Return what follows where *value* names a bucket otherwise: by its ARN, as S3 URI, of an object, by a tag."""
    if kind in _IN_BUCKETS and opens_variable(value):
        return "; a tag of the caller stands in it once, behind a beginning such as acme-${aws:PrincipalTag/Project}"
    named = re.fullmatch(rf"(?:arn:[a-z-]+:s3:::|s3://)?({_BUCKET})(?:/.*)?", value, re.DOTALL)
    return f"; did you mean {named[1]}?" if kind is ParameterType.BUCKET and named else ""


def _resolve_one(
    name: str,
    declared: Mapping[str, Declared],
    given: Mapping[str, GivenValues],
    values: dict[str, tuple[str, ...]],
    through: tuple[str, ...],
) -> None:
    """Set the value of *name*, and before it those that its default refers to; *through* led here."""
    if name in values:
        return
    if name in given:
        values[name] = tuple(sorted(set(given[name].values)))
        return
    here = declared[name]
    if name in through:
        raise InputError(here.where, f"defaults refer to each other in a circle: {' -> '.join((*through, name))}")
    if here.parameter.default is None:
        raise MissingValueError(
            here.where, f"parameter `{name}` has no value ({here.parameter.help})",
            f"give one with --parameter {name}=VALUE", [("parameter", name)],
        )  # fmt: skip
    for other in _refers_to(here, values):
        if other in declared:
            _resolve_one(other, declared, given, values, (*through, name))
    values[name] = _default(here, values)


def incomplete_defaults(group: Sourced[ActivityGroup], shared: Collection[str]) -> Iterator[InputError]:
    """
    Yield an error for each shared parameter of *group* whose default needs another that the group does not take.

    *shared* are the names of all shared parameters; a placeholder for anything else is judged with the values.
    """
    for number, name in enumerate(group.value.shared_parameters):
        default = group.value.parameters[name].default or ()
        used = (one.name for text in default for one in pieces_of(text) if isinstance(one, Placeholder))
        for other in dict.fromkeys(used):
            if other in shared and other not in group.value.parameters:
                problem = f"the default of shared parameter `{name}` needs `{other}`, which the group does not have"
                yield InputError(group.at("shared_parameters", number), problem, f"add {other} to `shared_parameters`")


def _refers_to(here: Declared, values: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the names that a parameter's default has placeholders for."""
    try:
        return [name for text in here.parameter.default or () for name in names_in(text)]
    except UnknownPlaceholderError as error:
        raise error.at(here.where, values) from error


def _default(here: Declared, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the default of a parameter, its placeholders filled, each value checked like the user's."""
    try:
        filled = tuple(value for text in here.parameter.default or () for value in fill(text, values))
    except UnknownPlaceholderError as error:
        raise error.at(here.where, values) from error
    for value in filled:
        if problem := unfit(here.parameter, value, values["partition"][0]):
            raise InputError(here.where, f"the default of parameter `{here.name}`: {problem}")
    return tuple(sorted(set(filled)))
