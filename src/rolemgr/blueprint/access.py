"""
As who each account of a blueprint is reached: a profile, and the role that its credentials assume.

One way, as for the values of roles: for all accounts, for a unit, for an account; the nearest place that names a key
has its value. A key that is named without a value ends what is said farther away.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from rolemgr.blueprint.inherit import levels_of_role
from rolemgr.blueprint.targets import places_of
from rolemgr.errors import InputError, SourceLocation, gathering, raise_all
from rolemgr.files.source import DataPath
from rolemgr.iam.arn import Arn
from rolemgr.model.blueprint import Blueprint, BlueprintAccount, BlueprintAssume
from rolemgr.model.source import Sourced

KEYS: Final = ("profile", "assume")


class SaidAccess(NamedTuple):
    """A value that says as who an account is reached, its place, and the level that says it."""

    key: str
    value: str
    where: SourceLocation
    level: str


class AccountAccess(NamedTuple):
    """The account called *name*, where that is said, and as who it is reached: None is what AWS's tools would find."""

    name: str
    id: str
    partition: str
    region: str
    where: SourceLocation
    profile: str | None = None
    role: str | None = None
    """The ARN of the role that is assumed."""
    external_id: str | None = None
    by: tuple[SaidAccess, ...] = ()


def accesses(blueprint: Sourced[Blueprint]) -> tuple[AccountAccess, ...]:
    """Return as who each account is reached; raise InputError (or Problems) for a role that leads elsewhere."""
    problems: list[InputError] = []
    found: list[AccountAccess] = []
    for name in blueprint.value.accounts:
        with gathering(problems):
            found.append(access_of(blueprint, name))
    raise_all(problems)
    return tuple(found)


def access_of(blueprint: Sourced[Blueprint], name: str) -> AccountAccess:
    """Return as who the account called *name* is reached; raises as `accesses` does."""
    account = blueprint.value.accounts[name]
    places = places_of(blueprint, name)
    partition, region = places["partition"][0], places["region"][0]
    at = {key: path for path in _levels(blueprint.value, name) for key in KEYS if _says(blueprint, path, key)}
    values = {key: getattr(_level(blueprint.value, path), key) for key, path in at.items()}
    assume: BlueprintAssume | None = values.get("assume")
    role = None
    if assume:
        role = _role(assume, account.id, partition, blueprint.at(*at["assume"], "assume"), name)
    by = tuple(
        SaidAccess(key, _text(values[key]), blueprint.at(*at[key], key), _called(at[key]))
        for key in KEYS
        if values.get(key) is not None
    )
    where = blueprint.at("accounts", name, "id")
    external = assume.external_id if assume else None
    return AccountAccess(name, account.id, partition, region, where, values.get("profile"), role, external, by)


def _levels(blueprint: Blueprint, account: str) -> Iterator[DataPath]:
    yield from (level.path for level in levels_of_role(blueprint, account, "") if level.path[:1] != ("roles",))


def _level(blueprint: Blueprint, path: DataPath) -> Blueprint | BlueprintAccount:
    found: Blueprint | BlueprintAccount = blueprint
    if path:
        found = getattr(blueprint, str(path[0]))[path[1]]
    return found


def _says(blueprint: Sourced[Blueprint], path: DataPath, key: str) -> bool:
    return key in _level(blueprint.value, path).model_fields_set


def _called(path: DataPath) -> str:
    return f"{'unit' if path[0] == 'ous' else 'account'} {path[1]}" if path else "all accounts"


def _text(value: str | BlueprintAssume) -> str:
    if isinstance(value, str):
        return value
    return value.role + (f", external id {value.external_id}" if value.external_id else "")


def _role(assume: BlueprintAssume, account: str, partition: str, where: SourceLocation, name: str) -> str:
    """Return the ARN of the role to assume for *account*; raise InputError for one of another account or partition."""
    found = Arn.parse(assume.role)
    if found is None:
        return f"arn:{partition}:iam::{account}:role/{assume.role}"
    if (found.account, found.partition) != (account, partition):
        problem = f"`{assume.role}` is of account {found.account} in {found.partition}, and `{name}` is {account}"
        raise InputError(where, f"{problem} in {partition}", "name the role alone for one in each account")
    return assume.role


def organization_access(blueprint: Sourced[Blueprint]) -> AccountAccess | None:
    """Return as who the policies of the organization are read; None without one. Its account is not said."""
    one = blueprint.value.organization
    if one is None:
        return None
    first = next(iter(blueprint.value.accounts))
    partition = places_of(blueprint, first)["partition"][0]
    where = blueprint.at("organization", "id")
    if one.assume and not re.match("arn:", one.assume.role):
        at = blueprint.at("organization", "assume")
        raise InputError(at, f"`{one.assume.role}` is not an ARN", "no account is said here: write the role's ARN")
    role, external = (one.assume.role, one.assume.external_id) if one.assume else (None, None)
    return AccountAccess("organization", "", partition, blueprint.value.regions[0], where, one.profile, role, external)
