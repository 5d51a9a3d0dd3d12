"""
Roles that every account of an organizational unit has alike: one template for all of them, and not a file for each.

Two roles are alike where nothing but the id of their account differs in what their documents say: with it in another
place of the alphabet, lists of resources have another order.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.errors import InputError
from rolemgr.export.aws_cli import script
from rolemgr.export.cloudformation import template
from rolemgr.export.portable import Portable, meaning
from rolemgr.export.stack_set import notes, stack_set
from rolemgr.export.stand_ins import ACCOUNT, Hole
from rolemgr.export.terraform import module
from rolemgr.files.write import to_json, to_template

_ACCOUNT: Final = "<ACCOUNT>"
"""What stands for the account while documents are compared; no document has it, for names have no such signs."""

_LONGEST_NAME: Final = 128
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html"""


class SharedRole(NamedTuple):
    """A role that the accounts of a *unit* have alike: its name in places, and the role of each account."""

    unit: str
    name: str
    placed: tuple[PlacedRole, ...]


class SharedFile(NamedTuple):
    """A file for all accounts of a unit: its path in the folder of a build, and its text."""

    path: str
    text: str


def shared_roles(found: ComposedBlueprint) -> tuple[SharedRole, ...]:
    """Return the roles of *found* that all accounts of a unit, two at least, have alike."""
    by_place = {one.place: one for one in found.roles if not one.is_permission_set}
    accounts = found.source.value.accounts
    units: dict[str, list[str]] = {}
    for account, one in accounts.items():
        if one.ou:
            units.setdefault(one.ou, []).append(account)
    return tuple(one for unit in sorted(units) for one in _of_unit(unit, units[unit], by_place))


def _of_unit(unit: str, accounts: list[str], by_place: dict[str, PlacedRole]) -> Iterator[SharedRole]:
    if len(accounts) < 2:
        return
    first, *_ = sorted(accounts)
    names = sorted(place.partition("/")[2] for place in by_place if place.startswith(f"{first}/"))
    for name in names:
        placed = [by_place.get(f"{account}/{name}") for account in sorted(accounts)]
        there = tuple(one for one in placed if one is not None)
        if len(there) == len(accounts) and _alike(there):
            yield SharedRole(unit, name, there)


def _alike(placed: Sequence[PlacedRole]) -> bool:
    """Tell whether the documents of roles say the same but for the id of their account."""
    each = {one.likeness: one for one in placed}.values()  # those of one class are composed from the same
    first, *others = (_without(one.documents.to_properties(), one.account_id) for one in each)
    return all(one == first or meaning(one) == meaning(first) for one in others)


def _without(value: Any, account: str) -> Any:
    """Return *value* with a mark in the place of the id of *account*, wherever in its texts that stands."""
    if isinstance(value, str):
        return value.replace(account, _ACCOUNT)
    if isinstance(value, dict):
        return {_without(key, account): _without(one, account) for key, one in value.items()}
    return [_without(one, account) for one in value] if isinstance(value, list) else value


def shared_files(one: SharedRole, form: str, unit_id: str | None) -> Iterator[SharedFile]:
    """
    Yield the files of a shared role in *form*: a template and its stack set, a module, or a script.

    JSON has no place for an account's id that is not known, so the template stands for it too. A template that is too
    large for a stack set of its own stands alone.
    """
    made, folder = _portable(one), f"organization/ou-{one.unit}/roles"
    if form == "terraform":
        yield SharedFile(f"{folder}/{one.name}/role.tf.json", to_json(module(made)))
    elif form == "aws-cli":
        yield SharedFile(f"{folder}/{one.name}.sh", script(made))
    else:
        body = to_template(template(made))
        yield SharedFile(f"{folder}/{one.name}.yaml", body)
        whole = _stack_set(one.unit, made, body, unit_id)
        if whole is not None:
            yield SharedFile(f"{folder}/{one.name}-stackset.yaml", whole)


def _stack_set(unit: str, made: Portable, body: str, unit_id: str | None) -> str | None:
    """Return the stack set, its name with the unit's, for each unit has its own; None for a template over its size."""
    try:
        data = stack_set(made, body, (unit_id,) if unit_id else ())
    except InputError:
        return None  # `shared_notes` says so
    properties = data["Resources"]["StackSet"]["Properties"]
    properties["StackSetName"] = f"{properties['StackSetName']}-{unit}"[:_LONGEST_NAME]
    return to_template(data)


def _portable(one: SharedRole) -> Portable:
    placed = one.placed[0]
    return Portable(placed.role, placed.documents, {placed.role.spec.account: Hole(ACCOUNT)})


def shared_notes(one: SharedRole) -> Iterator[str]:
    """Yield what to know before the role is brought into all accounts of its unit."""
    made = _portable(one)
    if _stack_set(one.unit, made, to_template(template(made)), None) is None:
        yield f"ou-{one.unit}/roles/{one.name}.yaml is too large for a stack set of its own: give it by S3"
    yield from notes(made)
