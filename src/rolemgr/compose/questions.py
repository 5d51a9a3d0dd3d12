"""
Values of the right form that are hardly meant: instance types and regions that nobody knows, 12 seconds.

A limit on a misspelt instance type denies every job, one of 12 seconds too. The user may know of something
that AWS added since the data was written, so the user's own values are noted; those of a catalog are refused,
unless its file excuses them under `unknown_ok`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from rolemgr.compose.parameters import Declared, GivenValues
from rolemgr.compose.substitute import names_in
from rolemgr.errors import InputError
from rolemgr.iam.documents import Conditions
from rolemgr.iam.operators import base_operator
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.catalog import ActivityGroup, Parameter, ParameterType, SharedParameters
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.names import (
    Doubt,
    arn_doubts,
    bucket_doubt,
    instance_type_doubt,
    managed_policy_doubt,
    region_doubt,
)
from rolemgr.reference.requests import value_doubts

_CatalogFile: TypeAlias = Sourced[ActivityGroup] | Sourced[Guardrail] | Sourced[SharedParameters]

_SHORTEST_UNASKED = 900
"""A bare number below this is taken for a slip: hours (12, 24, 168) or minutes (30) without their letter."""


def doubts_on(kind: ParameterType, value: str) -> Iterator[Doubt]:
    """Yield what is doubtful about *value*, which has the form of a *kind*."""
    if kind in _ARNS:
        yield from arn_doubts(value)
    elif ask := _ASKED.get(kind):
        yield from filter(None, [ask(value)])


def _bare_duration(value: str) -> Doubt | None:
    if not value.isdigit() or int(value) >= _SHORTEST_UNASKED:
        return None
    return Doubt(
        value, f"`{value}` means {value} seconds", f"write {value}h for hours, or {value}s if seconds are meant"
    )


def _bucket_of(value: str) -> Doubt | None:
    return bucket_doubt(value.partition("/")[0])


_ARNS = frozenset({ParameterType.ARN, ParameterType.ROLE_ARN, ParameterType.KEY_ARN})
_ASKED: Mapping[ParameterType, Callable[[str], Doubt | None]] = {
    ParameterType.INSTANCE_TYPE: instance_type_doubt,
    ParameterType.DURATION: _bare_duration,
    ParameterType.BUCKET: _bucket_of,
    ParameterType.S3_PREFIX: _bucket_of,
}


def notes_on_values(
    spec: Sourced[RoleSpec],
    groups: Iterable[Sourced[ActivityGroup]],
    declared: Mapping[str, Declared],
    given: Mapping[str, GivenValues],
) -> Iterator[str]:
    """
    Yield a note, with its place, for each name and value of the role that the user hardly means.

    Roles are passed to services of their own account alone.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    region, passed = spec.value.region, _passed(groups)
    yield from (f"{spec.at('region')}: {doubt}" for doubt in filter(None, [region_doubt(region)]))
    for name in sorted(declared.keys() & given.keys()):
        kind = declared[name].parameter.type
        for value, place in zip(given[name].values, given[name].places, strict=True):
            yield from (f"{place}: {doubt}" for doubt in doubts_on(kind, value))
            if kind is ParameterType.KEY_ARN and value.split(":")[3] != region:
                yield f"{place}: {value} is a key of another region than {region}"
            if name in passed and value.split(":")[4] != spec.value.account:
                yield f"{place}: {value} is a role of another account: a role is passed within its account alone"
    for number, arn in enumerate(spec.value.managed_policy):
        doubts = filter(None, [managed_policy_doubt(arn)])
        yield from (f"{spec.at('managed_policy', number)}: {doubt}" for doubt in doubts)
    if spec.value.boundary and (doubt := managed_policy_doubt(spec.value.boundary)):
        yield f"{spec.at('boundary')}: {doubt}"


def _passed(groups: Iterable[Sourced[ActivityGroup]]) -> frozenset[str]:
    """Return the parameters of *groups* that stand for roles to be passed."""
    statements = (statement for group in groups for statement in group.value.statements)
    passing = (statement for statement in statements if "iam:PassRole" in statement.actions)
    return frozenset(name for statement in passing for text in statement.resources for name in names_in(text))


@lru_cache(maxsize=1024)
def wrong_values_of_group(group: Sourced[ActivityGroup]) -> tuple[InputError, ...]:
    """Return an error for each value in *group*, in a condition or a default, that AWS is not known to have."""
    excused = group.value.unknown_ok
    in_conditions = (
        error
        for index, statement in enumerate(group.value.statements)
        for error in _in_conditions(group, ("statements", index, "conditions"), statement.conditions, excused)
    )
    own = {name: one for name, one in group.value.parameters.items() if name not in group.value.shared_parameters}
    return (*in_conditions, *_in_parameters(group, _defaults(own), excused))


@lru_cache(maxsize=64)
def wrong_values_of_shared(file: Sourced[SharedParameters]) -> tuple[InputError, ...]:
    """Return an error for each default in *file* that AWS is not known to have."""
    return tuple(_in_parameters(file, _defaults(file.value.parameters), file.value.unknown_ok))


def _defaults(parameters: Mapping[str, Parameter]) -> dict[str, tuple[ParameterType, tuple[str, ...]]]:
    return {name: (one.type, one.default or ()) for name, one in parameters.items()}


def wrong_values_of_guardrail(guardrail: Sourced[Guardrail]) -> Iterator[InputError]:
    """Yield an error for each value in *guardrail*, in a condition or its own, that AWS is not known to have."""
    excused = guardrail.value.unknown_ok
    for index, statement in enumerate(guardrail.value.deny):
        yield from _in_conditions(guardrail, ("deny", index, "conditions"), statement.conditions, excused)
    parameters = guardrail.value.parameters.items()
    own = {name: (one.type, (*(one.default or ()), *one.always)) for name, one in parameters}
    yield from _in_parameters(guardrail, own, excused)


def _in_parameters(
    file: _CatalogFile, parameters: Mapping[str, tuple[ParameterType, tuple[str, ...]]], excused: tuple[str, ...]
) -> Iterator[InputError]:
    for name, (kind, values) in parameters.items():
        literal = (value for value in values if "{" not in value)
        for doubt in (doubt for value in literal for doubt in doubts_on(kind, value)):
            if doubt.name not in excused:
                yield InputError(file.at("parameters", name), doubt.problem, doubt.hint)


def _in_conditions(
    file: _CatalogFile, path: tuple[str | int, ...], conditions: Conditions, excused: tuple[str, ...]
) -> Iterator[InputError]:
    for operator, block in conditions.items():
        if base_operator(operator) == "Null":
            continue  # it asks whether the key is there, whatever its values are
        for key, values in block.items():
            literal = (value for value in values if not has_wildcard(value) and "{" not in value)
            for doubt in (doubt for value in literal for doubt in value_doubts(key, value)):
                if doubt.name not in excused and not doubt.form:  # what its operator can't read is said of it there
                    yield InputError(file.at(*path, operator, key), doubt.problem, doubt.hint)
