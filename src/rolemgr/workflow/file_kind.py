"""
What kind of file a file of the user is, told by its content, for all commands alike.

A command that takes several kinds asks here, and nowhere else, which one it was given.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.source import ANSWER_LIMITS, SourceFile
from rolemgr.workflow.role_options import BY_KEY
from rolemgr.workflow.settings import SETTINGS_FILE


class FileKind(StrEnum):
    """A kind of file, and what it is called in a sentence."""

    BLUEPRINT = "a blueprint"
    ROLE = "a role file"
    TESTS = "policy tests"
    INVENTORY = "an inventory"
    POLICY = "policies"
    RENDERED = "a rendered role"


_BLUEPRINT: Final = frozenset({"accounts", "organization", "ous", "projects", "roles", "flows", "accepted_sinks"})
_INVENTORY: Final = frozenset({"controls", "resources"})
_ROLE: Final = frozenset({"persona", "add", "trust"})
_TESTS: Final = frozenset({"cases", "calls"})
_RENDERED: Final = frozenset({"AssumeRolePolicyDocument"})
EXPECTED: Final[Mapping[FileKind, str]] = {
    FileKind.BLUEPRINT: "`accounts` and `roles`",
    FileKind.ROLE: "`persona`",
    FileKind.TESTS: "`cases` or `calls`",
    FileKind.INVENTORY: "`accounts` as a list",
    FileKind.POLICY: "`Statement`",
    FileKind.RENDERED: "`AssumeRolePolicyDocument`",
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
        (FileKind.INVENTORY, _INVENTORY), (FileKind.RENDERED, _RENDERED),
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


_TAKES_IT: Final[Mapping[FileKind, str]] = {
    FileKind.BLUEPRINT: "`rolemgr build`, `prove`, `preview`, `plan` and `apply` take it",
    FileKind.ROLE: "`rolemgr create`, `preview`, `check` and `simulate` take it",
    FileKind.TESTS: "`rolemgr test` takes it",
    FileKind.INVENTORY: "`rolemgr audit` takes it",
    FileKind.POLICY: "`rolemgr check`, `simulate` and `diff` take it",
    FileKind.RENDERED: "`rolemgr check`, `simulate` and `diff` take it",
}


def refuse_other_kinds(source: SourceFile) -> None:
    """Raise InputError where *source*, which is to be a role file, is of another kind; say which command takes it."""
    refuse_known_kinds(source, FileKind.ROLE)


def refuse_known_kinds(source: SourceFile, wanted: FileKind) -> None:
    """Raise InputError where *source*, which is to be *wanted*, is of another kind; say which command takes that."""
    found = file_kind(source.data)
    if found and found is not wanted:
        where = SourceLocation(source.name, source.at().line or 1)
        raise InputError(where, f"is not {wanted}, but {found}", _TAKES_IT[found])


def refuse_in_inventory(text: str, name: str) -> None:
    """Raise InputError where *text* is YAML of another kind than an index of an inventory, or is not YAML."""
    if name.endswith((".yaml", ".yml")):
        from rolemgr.files.yaml import parse_yaml  # the answers of AWS are JSON

        source = parse_yaml(text, name)
        if file_kind(source.data) is FileKind.ROLE:
            where = SourceLocation(source.name, source.at().line or 1)
            hint = f"`rolemgr preview {name}` says what the role can do, `rolemgr simulate {name} --action ...` asks it"
            raise InputError(where, f"is not {FileKind.INVENTORY}, but {FileKind.ROLE}", hint)
        refuse_known_kinds(source, FileKind.INVENTORY)


_PAGES: Final = (".txt", ".md", ".markdown", ".html", ".htm", ".csv")
_OF_A_RESULT: Final = frozenset({"files", "not_in_the_input", "not_looked_for"})


def is_own_result(text: str, name: str) -> bool:
    """
    Tell whether *text*, of the file *name* among those of an inventory, is what a command of ours printed of one.

    That is a page, which does not begin as JSON does, or the JSON of `audit`, `can` or `who-can`.
    """
    if name.lower().endswith(_PAGES):
        return not text.lstrip().startswith(("{", "["))
    if not all(f'"{key}"' in text for key in _OF_A_RESULT):
        return False
    from rolemgr.files.json import parse_json  # nearly no file of an inventory has these words

    try:
        data = parse_json(text, name, limits=ANSWER_LIMITS).data
    except RolemgrError:
        return False
    return isinstance(data, dict) and data.keys() >= _OF_A_RESULT


def refuse_unjudged_kinds(source: SourceFile) -> None:
    """Raise InputError where *source*, which is to be policies or a role, is of another kind; say what takes it."""
    found = file_kind(source.data)
    if found is not None and found in (FileKind.TESTS, FileKind.INVENTORY, FileKind.BLUEPRINT):
        where = SourceLocation(source.name, source.at().line or 1)
        raise InputError(where, f"is neither policies nor a rendered role, but {found}", _TAKES_IT[found])


_TOP_LEVEL_KEY: Final = re.compile(r"""^["']?(\w+)["']?\s*:""", re.MULTILINE)


def is_role_text(text: str, name: str) -> bool:
    """
    Tell whether *text*, of the YAML file *name*, is of a role; raise InputError for what is not YAML.

    Most role files are told by the keys at the beginning of their lines, without being parsed twice.
    """
    keys = dict.fromkeys(_TOP_LEVEL_KEY.findall(text))
    if not _ROLE.isdisjoint(keys) and file_kind(keys) is FileKind.ROLE:
        return True
    if is_meant_as_role(keys, name):
        return True
    from rolemgr.files.yaml import parse_yaml  # only what is not told by its keys pays for it

    return file_kind(parse_yaml(text, name).data) is FileKind.ROLE


def is_role_among_others(text: str, name: str) -> bool:
    """
    Tell whether *text*, of a file among any others, is of a role: it has a persona, or nothing but options of roles.

    A key such as `trust` alone, in somebody else's YAML, does not make one.
    """
    keys = set(_TOP_LEVEL_KEY.findall(text))
    if not _ROLE.isdisjoint(keys):
        return file_kind(dict.fromkeys(keys)) is FileKind.ROLE and ("persona" in keys or keys <= BY_KEY.keys())
    if is_meant_as_role(keys, name):
        return True
    try:
        return "persona" in text and is_role_text(text, name)
    except RolemgrError:
        return False  # it was read already, and has tags or documents that no role file has


_ANYBODYS: Final = frozenset({
    "account", "bucket", "catalog", "description", "expires", "inline", "name", "parameter", "partition", "path",
    "region", "remove", "role", "strict", "subnet", "tag",
})  # fmt: skip
"""Keys of role files that other YAML has too."""
_ALIKE: Final = 0.8


def is_meant_as_role(keys: Collection[str], name: str) -> bool:
    """
    Tell whether a YAML file *name* with *keys* is meant as a role file, though the key that tells it is not there.

    That key is misspelt, or left to ``rolemgr.yaml``; all others are options of roles. To pass it over in silence would
    leave a role unjudged; read as a role it is refused with the nearest right key.
    """
    others = set(keys) - set(get_close_matches("persona", keys, n=3, cutoff=_ALIKE))
    if Path(name).name == SETTINGS_FILE or not others or not others <= BY_KEY.keys():
        return False
    misspelt = len(others) < len(keys)
    return bool(others - {"name", "description"}) if misspelt else len(others) > 1 and not others <= _ANYBODYS
