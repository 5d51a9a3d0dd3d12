"""What a report is about: whether the files that it was given are role files or an inventory, told by their content."""

import os
from collections.abc import Sequence
from contextlib import suppress

from rolemgr.audit.read import FILE_LIMITS
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.members import items
from rolemgr.files.source import FileError, Limits, SourceFile
from rolemgr.files.yaml import parse_yaml
from rolemgr.workflow.file_kind import FileKind, file_kind, is_role_among_others, refuse_known_kinds
from rolemgr.workflow.given_files import expanded, files_below, yaml_files
from rolemgr.workflow.outside import Outside, Reader
from rolemgr.workflow.role_options import is_directory


def reading_once(read: Reader) -> Reader:
    """Return *read*, which keeps what stands in stdin: that can be read once, and is looked at before it is used."""
    kept: dict[str, tuple[str, str]] = {}

    def reading(name: str, limits: Limits) -> tuple[str, str]:
        if name != "-":
            return read(name, limits)
        return kept.get(name) or kept.setdefault(name, read(name, FILE_LIMITS))

    return reading


def is_inventory(names: Sequence[str], outside: Outside) -> bool:
    """
    Tell whether the files and folders *names* are an inventory; else they are role files.

    Raises InputError for files of another kind, and for an inventory beside role files: a report is about one thing.
    """
    found = {name: _is_inventory(name, outside) for name in expanded(names)}
    if len(set(found.values())) > 1:
        role, inventory = (next(name for name, one in found.items() if one is wanted) for wanted in (False, True))
        problem = f"is an inventory, and {role} is not"
        raise InputError(SourceLocation(inventory), problem, "a report is about the one or the other")
    return any(found.values())


def _is_inventory(name: str, outside: Outside) -> bool:
    """Tell whether *name* is an inventory; what is not there is said by whoever reads role files."""
    if name != "-" and not os.path.lexists(name):
        return False
    if is_directory(name):
        has_roles = any(is_role_among_others(*outside.read(one, FILE_LIMITS)) for one in yaml_files(name))
        return not has_roles and any(True for _ in files_below(name, (".json",)))
    text, shown = outside.read(name, FILE_LIMITS)
    source = _keys(text, shown) if text.lstrip().startswith("{") else parse_yaml(text, shown)
    kind = file_kind(source.data)
    if kind in (None, FileKind.INVENTORY):
        return text.lstrip().startswith(("{", "[")) or kind is FileKind.INVENTORY
    refuse_known_kinds(source, FileKind.ROLE)
    return False


def _keys(text: str, name: str) -> SourceFile:
    """Return the keys of *text*, JSON that may be very large, as a source; what breaks off its reader says."""
    keys: list[str] = []
    with suppress(FileError):
        keys.extend(one.key for one in items(text, name, FILE_LIMITS))
    return SourceFile(name, dict.fromkeys(keys), {})
