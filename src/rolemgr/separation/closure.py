"""
The closure of a role: every role that it can pass to a service, assume, or whose work it can start or steer.

A role's ARN is known where a persona of the catalog has it by default (``role/sagemaker-compute``); that
persona is then composed for the same account, region and values. A pattern reaches every known role that it
matches. What else a role reaches is returned in words: what those roles can do nobody here knows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.choices import short_forms
from rolemgr.compose.role import compose
from rolemgr.compose.tagged_buckets import buckets_by_tag
from rolemgr.files.source import SourceFile
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.operators import parse_operator
from rolemgr.iam.variables import as_pattern
from rolemgr.model.role import ComposedRole, ComposedStatement, PassedRole
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec, default_role_name
from rolemgr.reference.resources import common
from rolemgr.separation.beside import options_beside


class Closure(NamedTuple):
    """The known roles that a role reaches; and what it reaches that nobody knows: ARN patterns, or words."""

    known: tuple[ComposedRole, ...]
    unknown: tuple[str, ...]


def closure_of(catalog: Catalog, role: ComposedRole, beside: Iterable[ComposedRole] = ()) -> Closure:
    """
    Return every role that *role* reaches, directly or through another, itself left out.

    A role *beside*, which somebody wrote down, is what its ARN means; else that is the persona that has it by default.
    """
    known: dict[str, ComposedRole] = {}
    unknown: set[str] = set()
    given = {one.spec.arn: one for one in beside}
    personas = _default_arns(catalog, role.spec.partition_name, role.spec.account)
    todo = [role]
    while todo:
        here = todo.pop()
        unknown.update(here.acts_as_unknown)
        for pattern in _reached_by(here):
            if pattern in (role.spec.arn, here.spec.arn):
                continue
            matched = [arn for arn in {**personas, **given} if common(pattern, arn) is not None]
            if matched != [pattern]:
                unknown.add(pattern)
            for arn in matched:
                if arn != role.spec.arn and arn not in known:
                    known[arn] = given.get(arn) or _compose_beside(catalog, personas[arn], role)
                    todo.append(known[arn])
    return Closure(tuple(known[arn] for arn in sorted(known)), tuple(sorted(unknown)))


@lru_cache(maxsize=64)
def _reached_by(role: ComposedRole) -> tuple[str, ...]:
    """Return what `reached` yields, sorted and each once: many roles reach the same one."""
    return tuple(sorted(set(reached(role))))


def reached(role: ComposedRole) -> Iterator[str]:
    """Yield the ARNs of the roles that *role* passes, assumes or acts as; policy variables become stars."""
    yield from role.acts_as
    for statement in role.unfolded:
        if statement.effect is Effect.ALLOW and _REACHING.intersection(statement.actions):
            yield from (as_pattern(resource) for resource in statement.resources if _may_be_role(resource))


def passed_roles(catalog: Catalog, role: ComposedRole) -> tuple[PassedRole, ...]:
    """Return the roles that *role* passes, by ARN: as them runs what a service does for it."""
    known = _default_arns(catalog, role.spec.partition_name, role.spec.account)
    personas = {arn: name for arn, name in known.items() if arn != role.spec.arn}
    found: dict[str, set[str]] = {}
    for statement in role.unfolded:
        if statement.effect is Effect.ALLOW and _PASSING in statement.actions:
            for resource in filter(_may_be_role, statement.resources):
                found.setdefault(resource, set()).update(_services(statement))
    return tuple(
        PassedRole(
            arn, services, name, options_beside(catalog, name, role.spec) if name else (),
            idle=arn == role.spec.arn and not _has_effect(role, services),
        )
        for arn, services, name in ((arn, tuple(sorted(found[arn])), personas.get(arn)) for arn in sorted(found))
    )  # fmt: skip


def _has_effect(role: ComposedRole, services: Sequence[str]) -> bool:
    """
    Tell whether passing *role* itself to *services* has an effect: a service assumes it only where its trust names it.

    Where no service is known, any may be meant.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    trusted = {name for one in role.trust for name in one.principal.get("Service", ())}
    return bool(trusted) if not services else not trusted.isdisjoint(services)


def _services(statement: ComposedStatement) -> Iterator[str]:
    """Yield the services that a statement passes roles to."""
    for operator, block in statement.conditions:
        known = parse_operator(operator)
        if known is not None and not known.negated and known.base != "Null":
            yield from (value for key, values in block if key == "iam:PassedToService" for value in values)


_PASSING = "iam:PassRole"
_REACHING = {_PASSING, "sts:AssumeRole"}


def _may_be_role(resource: str) -> bool:
    arn = Arn.parse(resource)
    return resource == "*" or (arn is not None and arn.service == "iam" and arn.resource.startswith("role/"))


@lru_cache(maxsize=64)
def _default_arns(catalog: Catalog, partition: str, account: str) -> Mapping[str, str]:
    """Return the persona of each role that the catalog knows in *account*, by the role's ARN."""
    home = f"arn:{partition}:iam::{account}:role/"
    return {home + default_role_name(name): name for name in catalog.found("personas")}


def _compose_beside(catalog: Catalog, persona: str, role: ComposedRole) -> ComposedRole:
    """Return *persona* composed with the values of *role* that it has a use for."""
    names = _declared_by(catalog, persona) & _chosen(role)
    wanted = {name: role.parameters[name] for name in names if name in role.parameters}
    asked = buckets_by_tag(wanted).values()
    tags = {key: role.spec.tag.get(key) or _SOME_VALUE for key in asked}
    home = (role.spec.account, role.spec.region, role.spec.partition_name)
    return _composed(catalog, persona, home, tuple(sorted(wanted.items())), tuple(sorted(tags.items())))


@lru_cache(maxsize=256)
def _declared_by(catalog: Catalog, persona: str) -> frozenset[str]:
    """Return the parameters that the groups of *persona* have."""
    groups = (catalog.activity_group(name) for name in resolve_persona(catalog, persona).groups)
    return frozenset(name for group in groups for name in group.value.parameters)


@lru_cache(maxsize=256)
def _composed(
    catalog: Catalog, persona: str, home: tuple[str, str, str],
    parameters: tuple[tuple[str, tuple[str, ...]], ...], tags: tuple[tuple[str, str], ...],
) -> ComposedRole:  # fmt: skip
    """Return *persona* in its *home* (account, Region, partition); many roles reach the same one."""
    account, region, partition = home
    data = {
        "account": account, "region": region, "partition": partition, "persona": persona,
        "parameter": dict(parameters), "no_default_guardrails": True, "tag": dict(tags),
    }  # fmt: skip
    # what the values are made of was read before
    return compose(catalog, Sourced(RoleSpec.model_construct(**data), SourceFile("the closure of the role", data, {})))


_SOME_VALUE = "value"
"""The tag that names the bucket of a role beside; which value it has decides nothing here."""


def _chosen(role: ComposedRole) -> set[str]:
    """Return the parameters that the user gave, other than the roles to pass: those differ by persona."""
    given = set(role.spec.parameter) | short_forms(role.spec)
    return {name for name in given if not name.endswith("_roles")}


def unknown_notes(closure: Closure) -> Iterable[str]:
    """Return a sentence for each place that the closure ends at."""
    return (f"it reaches {what}, and nothing is proven beyond that" for what in closure.unknown)
