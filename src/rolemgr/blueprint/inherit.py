"""
What holds for a role of a blueprint, each value with the line that it comes from.

One way: for all roles, for an organizational unit, for an account, for the role; the nearest place that names a key
has its value. Keys that hold several named values (``guardrail``, ``tag``) are put together name by name.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from rolemgr.blueprint.draft import Draft, merge
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.source import DataPath, PlacedSource, SourceFile
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSettings, RoleSpec

ALL: Final = "all roles"
_ROLES: Final = "_roles"
"""How the names of parameters end that hold roles."""


class Level(NamedTuple):
    """Where something is said of roles: the path in the blueprint, and what people call it."""

    path: DataPath
    name: str


def role_source(blueprint: Sourced[Blueprint], place: str) -> PlacedSource:
    """
    Return what is said of the role at *place*, ``ACCOUNT/NAME``, as the data of a role file.

    Raises InputError for a passed role that the blueprint does not have, and for a role that names an account itself.
    """
    found = _merged(blueprint, place).source()
    if "pass_role" in found.data:
        found.data["pass_role"] = _arns_of(blueprint, place, ("pass_role",), found.data["pass_role"])
    values = found.data.get("parameter")
    if isinstance(values, dict):
        roles = [name for name in values if str(name).endswith(_ROLES)]
        arns = {name: _arns_of(blueprint, place, ("parameter", name), values[name]) for name in roles}
        found.data["parameter"] = {**values, **arns}
    return found


def role_spec(blueprint: Sourced[Blueprint], place: str) -> Sourced[RoleSpec]:
    """Return the role at *place*; raises as `role_source` does, and for values that do not fit."""
    return parse_model(role_source(blueprint, place), RoleSpec)


def role_arn(blueprint: Sourced[Blueprint], place: str) -> str:
    """Return the ARN that the role at *place* will have; raises as `role_spec` does."""
    draft = _merged(blueprint, place)
    draft.data.pop("pass_role", None)  # it may pass itself
    return parse_model(draft.source(), RoleSpec).value.arn


def said_of(blueprint: Sourced[Blueprint], place: str) -> PlacedSource:
    """Return what is said of the role at *place* as it is written, at all levels; raises as `role_source` does."""
    return _merged(blueprint, place).source()


def _merged(blueprint: Sourced[Blueprint], place: str) -> Draft:
    account = place.partition("/")[0]
    draft = Draft(blueprint.source.name)
    draft.begin(blueprint.at("roles", place))
    for level in reversed(list(levels_of_role(blueprint.value, account, place))):
        data = _data_at(blueprint.source, level.path)
        own = level.path[:1] == ("roles",)
        kept = {key: value for key, value in data.items() if own or key in RoleSettings.model_fields}
        merge(draft, (), kept, blueprint.source, level.path, level.name)
    if "account" in draft.data:
        where = blueprint.at("roles", place, "account")
        raise InputError(where, "a role of a blueprint is in the account of its place", "leave `account` out")
    if draft.label(("catalog",)) not in (None, ALL):
        raise InputError(
            draft.source().at(("catalog",)), "a blueprint has one catalog for all roles", "say `catalog` at its top"
        )
    number, home = blueprint.value.accounts[account].id, ("accounts", account, "id")
    draft.take(("account",), number, blueprint.source, home, f"account {account}")
    if "region" not in draft.data:
        draft.take(
            ("region",), blueprint.value.regions[0], blueprint.source, ("regions", 0), _level_of_regions(blueprint)
        )
    return draft


def _level_of_regions(blueprint: Sourced[Blueprint]) -> str:
    return ALL if "regions" in blueprint.source.data else "by default"


def _data_at(source: SourceFile, path: DataPath) -> dict[str, Any]:
    data: Any = source.data
    for step in path:
        data = data[step]
    return data if isinstance(data, dict) else {}


def levels_of_role(blueprint: Blueprint, account: str, place: str) -> Iterator[Level]:
    """Yield where what holds for the role at *place*, in the *account* of that name, stands, the nearest last."""
    yield Level((), ALL)
    unit = blueprint.accounts[account].ou
    if unit in blueprint.ous:
        yield Level(("ous", str(unit)), f"unit {unit}")
    yield Level(("accounts", account), f"account {account}")
    yield Level(("roles", place), "the role")


def _arns_of(blueprint: Sourced[Blueprint], place: str, at: DataPath, given: Any) -> Any:
    """Return the ARNs of the roles that *given* names by their places; anything else as it is."""
    if not isinstance(given, str | list):
        return given
    names = [given] if isinstance(given, str) else given
    return [_arn_of(blueprint, blueprint.at("roles", place, *at), name) for name in names]


def _arn_of(blueprint: Sourced[Blueprint], where: SourceLocation, text: Any) -> Any:
    """Return the ARN of the role that *text* names by its place; anything else as it is."""
    if not isinstance(text, str) or ":" in text or "/" not in text:
        return text
    if text not in blueprint.value.roles:
        raise UnknownNameError(where, "role", text, blueprint.value.roles)
    return role_arn(blueprint, text)
