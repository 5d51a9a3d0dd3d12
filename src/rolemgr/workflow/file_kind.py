"""
What kind of file a file of the user is, told by its content, for all commands alike.

A command that takes several kinds asks here, and nowhere else, which one it was given.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import SourceFile


class FileKind(StrEnum):
    """A kind of file, and what it is called in a sentence."""

    BLUEPRINT = "a blueprint"
    ROLE = "a role file"
    TESTS = "policy tests"
    INVENTORY = "an inventory"
    POLICY = "policies"


_BLUEPRINT: Final = frozenset({"accounts", "organization", "ous", "projects", "roles", "flows", "accepted_sinks"})
_INVENTORY: Final = frozenset({"controls", "resources"})
_ROLE: Final = frozenset({"persona", "add", "trust"})
_TESTS: Final = frozenset({"cases", "calls"})
EXPECTED: Final[Mapping[FileKind, str]] = {
    FileKind.BLUEPRINT: "`accounts` and `roles`",
    FileKind.ROLE: "`persona`",
    FileKind.TESTS: "`cases` or `calls`",
    FileKind.INVENTORY: "`accounts` as a list",
    FileKind.POLICY: "`Statement`",
}
"""What a file of each kind has, in words."""


def file_kind(data: Any) -> FileKind | None:
    """
    Return what kind of file *data* are of, None where that can't be told: a template, an answer of the AWS CLI.

    A file of tests may name a persona too, and a blueprint holds roles: what only one kind has is asked first.
    """
    if isinstance(data, list):
        return FileKind.POLICY if any(isinstance(one, dict) and "Statement" in one for one in data) else None
    if not isinstance(data, dict):
        return None
    if "Statement" in data:
        return FileKind.POLICY
    if isinstance(data.get("accounts"), list):
        return FileKind.INVENTORY
    named = (
        (FileKind.TESTS, _TESTS), (FileKind.BLUEPRINT, _BLUEPRINT), (FileKind.ROLE, _ROLE),
        (FileKind.INVENTORY, _INVENTORY),
    )  # fmt: skip
    return next((kind for kind, keys in named if not keys.isdisjoint(data)), None)


def require_kind(source: SourceFile, wanted: Sequence[FileKind]) -> FileKind:
    """Return which of the *wanted* kinds *source* is; raise InputError, with what was expected, where it is none."""
    found = file_kind(source.data)
    if found in wanted and found is not None:
        return found
    is_another = f", but {found}" if found else ""
    has = "one has" if len(wanted) == 1 else "these have"
    expected = ", or ".join(EXPECTED[kind] for kind in wanted)
    where = SourceLocation(source.name, source.at().line or 1)
    raise InputError(where, f"is not {' or '.join(wanted)}{is_another}", f"{has} {expected}")
