"""
Other choices for a role under which it could make a request: values of its parameters, and activity groups.

Each is tried: the role is composed with it and asked again. What the persona must never be able to do is
said, and not proposed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compare.errors import TooComplex
from rolemgr.compose.choices import builtins
from rolemgr.compose.parameters import misfit
from rolemgr.compose.role import compose
from rolemgr.compose.substitute import names_in, pieces_of
from rolemgr.diagnose.changes import Carried, mended
from rolemgr.errors import RolemgrError, SourceLocation
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.catalog import ActivityGroup, GroupStatement, Parameter, ParameterType
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.services import find_action
from rolemgr.render.documents import render
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import violations

_MOST = 3


class Alternative(NamedTuple):
    """
    A choice under which the role may make the request, as a flag, with the catalog line that then grants it.

    *carried* is what the request must have as well. *forbidden* are entries of the persona's `never` that
    refuse the choice.
    """

    flag: str
    where: SourceLocation
    carried: tuple[Carried, ...]
    forbidden: tuple[Never, ...]


class RoleInCatalog(NamedTuple):
    """The role that is asked, and the catalog that it comes from."""

    catalog: Catalog
    role: ComposedRole


def parameter_values(subject: RoleInCatalog, request: Request, policies: Policies) -> list[Alternative]:
    """Return values of the role's parameters that would make one of its own groups allow *request*, the least first."""
    found: list[Alternative] = []
    writes: dict[str, int] = {}
    for group in subject.role.groups:
        entry = subject.catalog.activity_group(group)
        for index, statement in _about(entry.value, request.action):
            for name, value in _fitting(entry.value, statement, subject.role, request.resource):
                choice, flag = _parameter_choice(subject.role, entry.value.parameters[name], name, value)
                one = _tried(subject, choice, flag, entry.at("statements", index), request, policies)
                if one and one.flag not in [other.flag for other in found]:
                    found.append(one)
                    writes[one.flag] = _writes(entry.value, name)
    return sorted(found, key=lambda one: (bool(one.forbidden), writes[one.flag]))[:_MOST]


def _writes(group: ActivityGroup, parameter: str) -> int:
    """Return how many actions *group* allows on what *parameter* names, beyond reading it: fewer is less."""
    statements = [one for one in group.statements if any(parameter in names_in(text) for text in one.resources)]
    actions = [find_action(action) for one in statements if one.effect is Effect.ALLOW for action in one.actions]
    return sum(not (action and action.access_levels <= {"Read", "List"}) for action in actions)


def groups_granting(subject: RoleInCatalog, request: Request, policies: Policies) -> list[Alternative]:
    """Return activity groups of the catalog that the role lacks and that would allow it *request*, narrowest first."""
    found: list[tuple[int, Alternative]] = []
    for name, where in groups_with(subject.catalog, request.action):
        if name not in subject.role.groups:
            spec = subject.role.spec
            choice = {"add": [*spec.add, name], "remove": [one for one in spec.remove if one != name]}
            if one := _tried(subject, choice, f"--add {name}", where, request, policies):
                group = subject.catalog.activity_group(name).value
                found.append((sum(len(each.actions) for each in group.statements), one))
    best = sorted(found, key=lambda pair: (len(pair[1].forbidden), pair[0]))
    return [one for _, one in best[:_MOST]]


def groups_with(catalog: Catalog, action: str) -> Iterator[tuple[str, SourceLocation]]:
    """Yield the activity groups of *catalog* that allow *action* on anything, with the line that does."""
    for name in catalog.found("activity_groups"):
        group = catalog.activity_group(name)
        for index, _ in _about(group.value, action):
            yield name, group.at("statements", index)
            break


def personas_with(catalog: Catalog, groups: set[str]) -> tuple[str, ...]:
    """Return the personas of *catalog* that have one of *groups*."""
    personas = catalog.found("personas")
    return tuple(name for name in personas if groups & set(resolve_persona(catalog, name).groups))


def never_at_all(role: ComposedRole, action: str) -> tuple[Never, ...]:
    """Return the entries by which the persona of *role* must never do *action*, whatever the resource and context."""
    return tuple(never for never in role.persona.never if _flatly(never, action))


def _flatly(never: Never, action: str) -> bool:
    forbidden = never.forbidden
    free = forbidden.resource == "*" and not (forbidden.context or forbidden.except_on or forbidden.except_with)
    return free and matches_action(forbidden.action, action)


def _about(group: ActivityGroup, action: str) -> Iterator[tuple[int, GroupStatement]]:
    folded = action.lower()
    for index, statement in enumerate(group.statements):
        if statement.effect is Effect.ALLOW and folded in (one.lower() for one in statement.actions):
            yield index, statement


def _tried(
    subject: RoleInCatalog,
    choice: Mapping[str, Any],
    flag: str,
    where: SourceLocation,
    request: Request,
    policies: Policies,
) -> Alternative | None:
    """Return *choice* as an alternative where the role that has it may make *request*, else None."""
    try:
        role = compose(subject.catalog, _spec(subject.role.spec, choice))
        documents = render(role)
    except RolemgrError:
        return None  # a group that goes with none of the role's, or that needs a value which nobody gave
    identity = tuple(policy.document for policy in (*documents.policies, *documents.managed_policies))
    carried = mended(request, with_identity(policies, identity))
    if carried is None:
        return None
    try:
        broken = violations(role, closure_of(subject.catalog, role).known)
    except TooComplex:
        return None  # whether the persona must never do it nobody can tell, so it is not proposed
    return Alternative(flag, where, carried, _distinct(one.never for one in broken))


def _distinct(entries: Iterable[Never]) -> tuple[Never, ...]:
    return tuple({never.where: never for never in entries}.values())


def with_identity(policies: Policies, identity: tuple[IdentityPolicy, ...]) -> Policies:
    """Return *policies* with the identity policies *identity* in place of its own."""
    return replace(policies, identity=identity)


def _spec(spec: RoleSpec, choice: Mapping[str, Any]) -> Sourced[RoleSpec]:
    data = {**spec.model_dump(exclude_unset=True), **choice}
    return Sourced(RoleSpec.model_validate(data), SourceFile("the role with another choice", data, {}))


def _parameter_choice(role: ComposedRole, parameter: Parameter, name: str, value: str) -> tuple[dict[str, Any], str]:
    """Return the choice that adds *value* to the parameter *name*, and the flag that says it."""
    values = [*(role.parameters.get(name, ()) if parameter.many else ()), value]
    return {"parameter": {**role.spec.parameter, name: values}}, f"--parameter {name}={','.join(values)}"


def _fitting(
    group: ActivityGroup, statement: GroupStatement, role: ComposedRole, resource: str
) -> Iterator[tuple[str, str]]:
    """Yield the parameters of *statement*'s resources, each with the value that makes one match *resource*."""
    for template in statement.resources:
        found = re.fullmatch(_pattern(template, group, role), resource)
        for name, value in (found.groupdict() if found else {}).items():
            parameter = group.parameters.get(name)
            new = value not in role.parameters.get(name, ())
            if parameter and new and misfit(parameter.type, value, role.spec.partition_name) is None:
                yield name, value


def _pattern(template: str, group: ActivityGroup, role: ComposedRole) -> str:
    """Return the expression of the resources that *template* stands for, a named group for each parameter."""
    known, pieces, seen = builtins(role.spec), [], set[str]()
    for piece in pieces_of(template):
        if isinstance(piece, str):
            pieces.append(_open_wherever(piece))
        elif piece.name in known:
            pieces.append("|".join(map(re.escape, known[piece.name])).join(("(?:", ")")))
        elif piece.name in group.parameters and piece.name not in seen:
            seen.add(piece.name)
            pieces.append(f"(?P<{piece.name}>{_form(group.parameters[piece.name].type)})")
        else:
            pieces.append(".*")
    return "".join(pieces)


def _open_wherever(text: str) -> str:
    """Return the expression of *text* in which wildcards and policy variables may be anything."""
    return ".*".join(map(re.escape, as_pattern(text).replace("?", "*").split("*")))


def _form(kind: ParameterType) -> str:
    if kind is ParameterType.S3_PREFIX:
        return "[^/]+/[^/]+"
    return ".+" if kind in (ParameterType.ARN, ParameterType.ROLE_ARN, ParameterType.KEY_ARN) else "[^/:]+"
