"""
The values of a role's parameters, from the resources that it needs.

An activity group writes a resource with placeholders (``arn:aws:s3:::{{ data_buckets }}/*``); a needed resource that
has that form says which values they have. What is needed on any resource says nothing, and the parameter keeps its
default. Names of jobs end in the time at which they began, so that they are kept up to it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from rolemgr.audit.migrate.needs import PASS_ROLE, Need
from rolemgr.catalog.load import Catalog
from rolemgr.compose.choices import builtins
from rolemgr.compose.parameters import unfit
from rolemgr.compose.substitute import Placeholder, pieces_of
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.timed_names import SHORTEST_PREFIX, name_without_time
from rolemgr.iam.wildcards import contains, has_wildcard
from rolemgr.model.catalog import GroupStatement, Parameter, ParameterType
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.data import image_regions, jumpstart_buckets
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action

_MOST_VALUES: Final = 50
"""More values of one parameter nobody reads; the role would not fit into IAM's quotas either."""
_MOST_NAMES: Final = 10
_ARNS: Final = (ParameterType.ARN, ParameterType.ROLE_ARN, ParameterType.KEY_ARN)
_NAMED_BY_WRITING: Final = (ParameterType.BUCKET, ParameterType.S3_PREFIX)
"""Types of which several parameters have one form: what is read must not become what is expressions."""


class Inferred(NamedTuple):
    """The values of a parameter, and the needs that tell them."""

    values: tuple[str, ...]
    needs: tuple[Need, ...]


class Inference(NamedTuple):
    """What is inferred, by parameter; of others that needs speak of, why not."""

    found: Mapping[str, Inferred]
    not_told: Mapping[str, str]


def infer(
    catalog: Catalog, spec: RoleSpec, needs: Sequence[Need], old: str | None,
    named: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Inference:  # fmt: skip
    """
    Return the values of parameters that *needs* tell; *old* is the ARN of the role that is replaced.

    *named* has resources of which a call says that they are values of a parameter, an S3 prefix, by its name.
    """
    own = builtins(spec)
    by_action: dict[str, list[Need]] = {}
    for one in needs:
        by_action.setdefault(one.action, []).append(one)
    told: dict[str, dict[str, list[Need]]] = {}
    parameters: dict[str, Parameter] = {}
    wide: dict[str, Need] = {}
    filled = _written_parameters(catalog)
    for statement, declared in _statements(catalog):
        parameters |= declared
        for need in _needs_of(statement, by_action):
            if need.resource == "*" and _has_resources(need.action):
                wide.update({name: need for text in statement.resources for name in open_names(text, own)})
            for name, value in _told(statement, need, own, declared, filled):
                told.setdefault(name, {}).setdefault(value, []).append(need)
    for name, value, need in _named(named, needs):
        told.setdefault(name, {}).setdefault(value, []).append(need)
    return _inference(told, parameters, wide, spec, old)


def _named(named: Mapping[str, Collection[str]], needs: Iterable[Need]) -> Iterator[tuple[str, str, Need]]:
    """Yield the parameters *named* with the prefixes that *needs* write to."""
    for need in needs:
        prefix = need.resource.partition(":::")[2].removesuffix("/*")
        for name, resources in named.items():
            if need.resource in resources and prefix and not has_wildcard(prefix) and _writes(need.action):
                yield name, prefix, need


def _statements(catalog: Catalog) -> Iterator[tuple[GroupStatement, Mapping[str, Parameter]]]:
    for name in sorted(catalog.found("activity_groups")):
        group = catalog.activity_group(name).value
        yield from ((one, group.parameters) for one in group.statements if one.effect is Effect.ALLOW)


def _written_parameters(catalog: Catalog) -> frozenset[str]:
    """Return the parameters by which some group writes: to list such a bucket does not tell that it is one of them."""
    return frozenset(
        name
        for statement, _ in _statements(catalog)
        if any(_writes(action) for action in statement.actions)
        for text in statement.resources
        for name in _open(text)
    )


def _needs_of(statement: GroupStatement, by_action: Mapping[str, Sequence[Need]]) -> Iterator[Need]:
    services = {value for block in statement.conditions.values() for value in block.get("iam:PassedToService", ())}
    for action in statement.actions:
        for need in by_action.get(action, ()):
            passed = need.action != PASS_ROLE or not need.passed_to or not services
            if passed or services.intersection(need.passed_to):
                yield need


def _told(
    statement: GroupStatement, need: Need, own: Mapping[str, tuple[str, ...]], declared: Mapping[str, Parameter],
    filled: Collection[str],
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """Yield the parameters with the values that *need* has in the places of *statement*; *filled* are written to."""
    for text in statement.resources:
        names = open_names(text, own)
        if not names or need.resource == "*":
            continue
        found = resource_form(text, tuple(sorted((key, own[key]) for key in own))).fullmatch(need.resource)
        found = found if found and _is_of_one_type(text, own, need) else None
        for name in names if found else ():
            if name in declared and _may_tell(declared[name], need, is_written=name in filled):
                value = str(found[name])  # type: ignore[index]  # there is one where there are names
                yield name, _here(value, own) if declared[name].type in _ARNS else value


def _is_of_one_type(text: str, own: Mapping[str, tuple[str, ...]], need: Need) -> bool:
    """
    Tell whether *need* is about a resource of a type that *text* is of: the name of a schedule holds no alert's.

    ``monitoring-schedule/{{ schedule_names }}`` has the form of ``monitoring-schedule/churn/alert/drift`` too.
    """
    action = find_action(need.action)
    if action is None or not action.resource_types:
        return True
    pieces = (one if isinstance(one, str) else own.get(one.name, ("x",))[0] for one in pieces_of(text))
    filled, theirs = "".join(pieces), types_of(need.resource, action)
    is_whole = not filled.startswith("arn:")  # the parameter is all of the ARN
    return is_whole or not theirs or not set(types_of(filled, action)).isdisjoint(theirs)


def _may_tell(parameter: Parameter, need: Need, *, is_written: bool) -> bool:
    """Tell whether *need* says something of *parameter*: of a bucket that is expressions only what writes."""
    if parameter.type not in _NAMED_BY_WRITING:
        return True
    return parameter.type is ParameterType.BUCKET and _writes(need.action) is is_written


def _here(value: str, own: Mapping[str, tuple[str, ...]]) -> str:
    """Return the ARN *value* of the role's own partition and account where it is of any."""
    arn = Arn.parse(value)
    if arn is None:
        return value
    partition = own["partition"][0] if arn.partition == "*" else arn.partition
    return str(arn._replace(partition=partition, account=own["account"][0] if arn.account == "*" else arn.account))


@lru_cache(maxsize=4_096)
def _has_resources(action: str) -> bool:
    known = find_action(action)
    return known is not None and bool(known.resource_types)


@lru_cache(maxsize=4_096)
def _writes(action: str) -> bool:
    known = find_action(action)
    return known is not None and not known.access_levels <= {"Read", "List"}


@lru_cache(maxsize=4_096)
def _open(text: str) -> tuple[str, ...]:
    return tuple(one.name for one in pieces_of(text) if isinstance(one, Placeholder))


def open_names(text: str, own: Collection[str]) -> tuple[str, ...]:
    """Return the parameters that *text* has placeholders for: all names but its *own*."""
    return tuple(name for name in dict.fromkeys(_open(text)) if name not in own)


@lru_cache(maxsize=4_096)
def resource_form(text: str, own: tuple[tuple[str, tuple[str, ...]], ...]) -> re.Pattern[str]:
    """Return the expression for a needed resource of the form *text*; each parameter of it is a group of its name."""
    known = dict(own)
    pieces = pieces_of(text)
    expressions = []
    for number, piece in enumerate(pieces):
        if not isinstance(piece, Placeholder):
            expressions.append(re.escape(piece).replace(r"\*", ".*"))
        elif piece.name in known:
            expressions.append(f"(?:{'|'.join(map(re.escape, (*known[piece.name], '*')))}|)")
        elif f"(?P<{piece.name}>" in "".join(expressions):
            expressions.append(f"(?P={piece.name})")
        else:
            expressions.append(f"(?P<{piece.name}>{'.+' if number == len(pieces) - 1 else '[^/]+'})")
    return re.compile("".join(expressions))


def _inference(
    told: Mapping[str, Mapping[str, list[Need]]], parameters: Mapping[str, Parameter], wide: Mapping[str, Need],
    spec: RoleSpec, old: str | None,
) -> Inference:  # fmt: skip
    found: dict[str, Inferred] = {}
    not_told: dict[str, str] = {}
    for name in sorted(told.keys() | wide.keys()):
        parameter, values = parameters.get(name), told.get(name, {})
        if parameter is None:
            continue
        good = {one: by for one, by in values.items() if one != old and not _problem(parameter, one, spec)}
        kept = reduced(parameter, good) if good else ()
        if kept and kept != ("*",) and len(kept) <= _MOST_VALUES:
            found[name] = Inferred(kept, tuple(dict.fromkeys(need for by in good.values() for need in by)))
        else:
            not_told[name] = _why(values, good, wide.get(name), old)
    return Inference(found, not_told)


@cache
def _of_aws() -> frozenset[str]:
    """Return the buckets of JumpStart, which activity groups name themselves."""
    return frozenset(bucket for region in image_regions() for bucket in jumpstart_buckets(region))


def _problem(parameter: Parameter, value: str, spec: RoleSpec) -> bool:
    if parameter.type is ParameterType.BUCKET and value in _of_aws():
        return True
    return bool(unfit(parameter, value, spec.partition_name))


def _why(values: Mapping[str, object], good: Mapping[str, object], wide: Need | None, old: str | None) -> str:
    if len(good) > _MOST_VALUES:
        return f"{len(good)} values are needed, which have no beginning in common"
    if old in values and len(values) == 1:
        return "the old role passes itself"
    shown = [value for value in values if value not in good and value != old and value not in _of_aws()][:2]
    if shown:
        return f"`{'`, `'.join(shown)}` is too wide, or not of its form"
    return f"{wide.action} is needed on any resource" if wide else "it is needed on any"


def reduced(parameter: Parameter, values: Iterable[str]) -> tuple[str, ...]:
    """Return *values* without those that others hold; many names become the beginning that they have in common."""
    found = sorted(set(values))
    if parameter.type is not ParameterType.NAME_PATTERN:
        return tuple(found)
    found = sorted({name_without_time(one) for one in found})
    found = [one for one in found if not any(other != one and contains(other, one) for other in found)]
    if len(found) <= _MOST_NAMES:
        return tuple(found)
    beginning = common_beginning(found)
    return (f"{beginning}*",) if len(beginning) >= SHORTEST_PREFIX else ("*",)


def common_beginning(names: Sequence[str]) -> str:
    """Return how the first and the last of sorted *names*, and so all of them, begin."""
    first, last = names[0], names[-1]
    alike = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:alike]
