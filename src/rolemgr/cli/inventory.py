"""The files of an inventory, as the commands take them that judge a whole account or organization."""

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from rolemgr.cli.files import is_folder, note, read_input
from rolemgr.cli.lazy import audit, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.files.folders import walked
from rolemgr.files.source import ANSWER_LIMITS

if TYPE_CHECKING:
    from rolemgr.audit.finding import Judged
    from rolemgr.model.inventory import HeldRole, Inventory


_OURS = ("rolemgr.yaml", "rolemgr-check.yaml")
"""Settings and suppressions, which may stand beside an inventory and are not of it."""


def a_day(text: str | None) -> date | None:
    """Return the day that ``--as-of`` names, None where it is not given; raise InputError for what is not a day."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise InputError(SourceLocation("--as-of"), f"`{text}` is not a day", "such as 2026-11-28") from error


def inventory_of(
    names: Sequence[str], read: Mapping[str, str] = MappingProxyType({})
) -> "tuple[Inventory, list[InputError], int]":
    """
    Return what the files say, what is wrong with those that say nothing or break off, and how many are whole.

    *read* has the text of names that were read already, as an account is that AWS was asked for.

    Raises what is wrong where no file has a role or user.
    """
    inputs, wrong, left = audit.inputs.Inputs(_placed), list[InputError](), list[str]()
    names = names if read else workflow.given_files.expanded(names)
    for name in names if read else _paths(names):
        if name in inputs.placed:
            continue
        try:
            text, shown = (read[name], name) if name in read else read_input(name, audit.read.FILE_LIMITS)
            if workflow.file_kind.is_own_result(text, shown):
                left.append(shown)
                continue
            workflow.file_kind.refuse_in_inventory(text, shown)
            inputs.take(text, shown)
        except InputError as error:
            wrong.append(error)
    if left:
        note(f"left out: {', '.join(left)} (pages, or what rolemgr printed of an inventory; AWS's answers are JSON)")
    inventory, broken = inputs.inventory(), inputs.principals.broken
    if not inventory.principals:
        raise_all(wrong)
        hint = "nothing is judged; give what `aws iam get-account-authorization-details` prints"
        raise InputError(SourceLocation(names[0]), "has no role and no user", hint)
    return inventory, [*wrong, *broken], len(inventory.files) - len(broken)


def inventory_or_blueprint(names: Sequence[str]) -> "tuple[Inventory, list[InputError], int]":
    """Return what `inventory_of` does of the files *names*, or what one file says that is a blueprint."""
    names = workflow.given_files.expanded(names)
    found = workflow.blueprint_inventory.blueprint_inventory(tuple(names), OUTSIDE)
    return (found, [], 1) if found else inventory_of(names)


def _placed(index: str, path: str) -> tuple[str, str]:
    """Return the text of *path*, which the file *index* names, and what messages call it."""
    parts = PurePath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise InputError(SourceLocation(index), "is not below the folder of the index", "name a file beside it")
    return read_input(str(Path(index).parent / parts), ANSWER_LIMITS)


def _paths(names: Sequence[str]) -> list[str]:
    """Return the files *names*, and the JSON and YAML files in folders; indexes come before what they place."""
    found: dict[str, None] = {}
    for name in names:
        if not is_folder(name):
            found[name] = None
            continue
        endings = (".json", *audit.inputs.INDEX_ENDINGS)
        paths = (Path(at, one) for at, _, files in walked(name) for one in files if one not in _OURS)
        inside = sorted(str(path) for path in paths if path.suffix in endings)
        if not inside:
            raise InputError(SourceLocation(name), "has no .json file", "save the answers of AWS there")
        found.update(dict.fromkeys(inside))
    return sorted(found, key=lambda name: not name.endswith(audit.inputs.INDEX_ENDINGS))


def end_with(wrong: Sequence[InputError], whole: int) -> None:
    """Say what is wrong with files, of which *whole* are read whole, and exit with 2; return where nothing is."""
    for error in wrong:
        click.echo(f"error: {error}", err=True)
    if wrong:
        note(f"{whole} of {whole + len(wrong)} files are read whole")
        sys.exit(2)


def judged_named(inventory: "Inventory", name: str, option: str) -> "list[Judged]":
    """Return all of the ARN or name *name* that an audit judges; raise UnknownNameError for none."""
    judged: list[Judged] = [*inventory.principals.values(), *inventory.resources.values()]
    judged += [*inventory.studio, *inventory.endpoints]
    found = [one for one in judged if name in (one.arn, one.name)]
    if not found:
        raise UnknownNameError(SourceLocation(option), "role or user", name, {one.name for one in judged})
    return found


def principals_named(inventory: "Inventory", name: str, option: str) -> "list[HeldRole]":
    """
    Return the principals of the ARN or name *name*, of several accounts perhaps, or of the place of a blueprint.

    Raises UnknownNameError for none.
    """
    arn = inventory.places.get(name, name)
    found = [one for one in inventory.principals.values() if arn in (one.arn, one.name)]
    if not found:
        names = {*inventory.places, *(one.name for one in inventory.principals.values())}
        raise UnknownNameError(SourceLocation(option), "role or user", name, names)
    return found
