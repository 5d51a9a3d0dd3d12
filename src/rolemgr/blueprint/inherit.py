"""
What holds for a role of a blueprint, each value with the line that it comes from.

One way: for all roles, for an organizational unit, for an account, for the role; the nearest place that names a key
has its value. Keys that hold several named values (``guardrail``, ``tag``) are put together name by name.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.source import DataPath, SourceFile
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSettings, RoleSpec

_ROLES: Final = "_roles"
"""How the names of parameters end that hold roles."""
_NAMED_VALUES: Final = ("guardrail", "tag", "parameter")


class _Merged:
    """Values that are put together, and the line of each."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.lines: dict[DataPath, int] = {(): 1}

    def take(self, key: str, value: Any, lines: Mapping[DataPath, int], at: DataPath) -> None:
        """Take *value*, which stands *at* a path of a file with *lines*, for *key*."""
        both = key in _NAMED_VALUES and isinstance(value, dict) and isinstance(self.data.get(key), dict)
        self.data[key] = {**self.data[key], **value} if both else value
        for path, line in lines.items():
            if path[: len(at)] == at:
                self.lines[(key, *path[len(at) :])] = line

    def add(self, key: str, value: Any, line: int) -> None:
        """Add *value*, which no line holds, for *key*; *line* is where the role begins."""
        self.data[key], self.lines[(key,)] = value, line


def role_source(blueprint: Sourced[Blueprint], place: str) -> SourceFile:
    """
    Return what is said of the role at *place*, ``ACCOUNT/NAME``, as the data of a role file.

    Raises InputError for an account, a unit or a passed role that the blueprint does not have, and for a role that
    names an account itself.
    """
    merged = _merged(blueprint, place)
    if "pass_role" in merged.data:
        merged.data["pass_role"] = _arns_of(blueprint, place, ("pass_role",), merged.data["pass_role"])
    values = merged.data.get("parameter")
    if isinstance(values, dict):
        roles = [name for name in values if str(name).endswith(_ROLES)]
        arns = {name: _arns_of(blueprint, place, ("parameter", name), values[name]) for name in roles}
        merged.data["parameter"] = {**values, **arns}
    return SourceFile(blueprint.source.name, merged.data, merged.lines)


def role_spec(blueprint: Sourced[Blueprint], place: str) -> Sourced[RoleSpec]:
    """Return the role at *place*; raises as `role_source` does, and for values that do not fit."""
    return parse_model(role_source(blueprint, place), RoleSpec)


def role_arn(blueprint: Sourced[Blueprint], place: str) -> str:
    """Return the ARN that the role at *place* will have; raises as `role_spec` does."""
    merged = _merged(blueprint, place)
    data = {key: value for key, value in merged.data.items() if key != "pass_role"}  # it may pass itself
    return parse_model(SourceFile(blueprint.source.name, data, merged.lines), RoleSpec).value.arn


def _merged(blueprint: Sourced[Blueprint], place: str) -> _Merged:
    account = _account_of(blueprint, place)
    merged = _Merged()
    for path in _levels(blueprint.value, account, place):
        data = blueprint.source.part(path).data
        own = path[:1] == ("roles",)
        for key, value in data.items():
            if own or key in RoleSettings.model_fields:
                merged.take(key, value, blueprint.source.lines, (*path, key))
    if "account" in merged.data:
        where = blueprint.at("roles", place, "account")
        raise InputError(where, "a role of a blueprint is in the account of its place", "leave `account` out")
    line = blueprint.source.lines.get(("roles", place), 1)
    merged.add("account", blueprint.value.accounts[account].id, line)
    if "region" not in merged.data:
        merged.add("region", blueprint.value.regions[0], line)
    return merged


def _account_of(blueprint: Sourced[Blueprint], place: str) -> str:
    account = place.partition("/")[0]
    known, units = blueprint.value.accounts, blueprint.value.ous
    if account not in known:
        raise UnknownNameError(blueprint.at("roles", place), "account", account, known)
    unit = known[account].ou
    if unit and units and unit not in units:
        raise UnknownNameError(blueprint.at("accounts", account, "ou"), "organizational unit", unit, units)
    return account


def _levels(blueprint: Blueprint, account: str, place: str) -> Iterator[DataPath]:
    """Yield where what holds for a role stands, the nearest last."""
    yield ()
    unit = blueprint.accounts[account].ou
    if unit in blueprint.ous:
        yield ("ous", str(unit))
    yield ("accounts", account)
    yield ("roles", place)


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
