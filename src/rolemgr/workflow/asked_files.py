"""Whose policies are asked: the files and folders that a user names, as policies of one principal or as roles."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.check.kinds import kind_of
from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.source import LIMITS
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.uses import kinds_in
from rolemgr.workflow.file_kind import FileKind, file_kind, is_role_among_others, is_role_text
from rolemgr.workflow.given_files import files_below
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import read_source
from rolemgr.workflow.role_options import is_directory, with_role_files
from rolemgr.workflow.settings import SETTINGS_FILE

_SETTINGS = frozenset({SETTINGS_FILE, "rolemgr-check.yaml"})
_ENDINGS = (".yaml", ".yml", ".json")
_FEW = 3


class AskedPrincipal(NamedTuple):
    """One who is asked: *name* is the file that messages and results call it by, empty where nothing needs one."""

    name: str
    policies: Sequence[str]
    chosen: Mapping[str, Any]


def asked_of(names: Sequence[str], chosen: Mapping[str, Any], outside: Outside) -> list[AskedPrincipal]:
    """
    Return who is asked: the policies of *names* together as one, each role file and rendered role by itself.

    Of a folder the JSON and YAML files in it and below are meant, but hidden ones; those that hold neither, or policies
    of another layer, are said.
    Without *names* it is the role that *chosen* describes. Raises InputError for a folder that holds neither, for a
    role file beside policies, and for what can't be read.
    """
    files = [one for name in names for one in (_in_folder(name, outside) if is_directory(name) else [name])]
    if len(files) == 1 and (files[0] == "-" or files[0].endswith(".json")):
        return [AskedPrincipal("", files, chosen)]  # what it is says whoever reads it
    kinds = {file: _kind(file, outside) for file in dict.fromkeys(files)}
    roles = [file for file, kind in kinds.items() if kind is FileKind.ROLE]
    rendered = [file for file, kind in kinds.items() if kind is FileKind.RENDERED]
    if len(roles) + len(rendered) < len(kinds) and roles:
        raise InputError(SourceLocation(roles[0]), "is a role file, which goes alone", "give policies in another run")
    if len(rendered) > 1 and len(roles) + len(rendered) < len(kinds):
        problem = f"is one of {len(rendered)} roles, and policies of others are beside them"
        raise InputError(SourceLocation(rendered[0]), problem, "give one role with its policies, or roles alone")
    if roles or len(rendered) > 1:
        return [AskedPrincipal(file, *_alone(file, kind, chosen)) for file, kind in kinds.items()]
    return [AskedPrincipal("", tuple(kinds), chosen)]


def _alone(file: str, kind: FileKind | None, chosen: Mapping[str, Any]) -> tuple[Sequence[str], Mapping[str, Any]]:
    if kind is FileKind.RENDERED:
        return (file,), chosen
    return (), with_role_files((file,), chosen) | {"role": file}


def _kind(name: str, outside: Outside) -> FileKind | None:
    """Return whether the file *name* is a role file or a rendered role; None for others, and what is read later."""
    if name == "-" or not os.path.exists(name):  # noqa: PTH110 - never raises
        return None
    try:
        if not name.endswith(".json") and is_role_text(*outside.read(name, LIMITS)):
            return FileKind.ROLE
        found = file_kind(read_source(name, outside.read).data)
    except RolemgrError:
        return None  # whoever reads it as policies says what is wrong
    return found if found is FileKind.RENDERED else None


def _in_folder(folder: str, outside: Outside) -> list[str]:
    """Return the files in *folder* and below that hold a role or identity policies; say which do not."""
    found = {one: _why_not(one, outside) for one in files_below(folder, _ENDINGS)}
    found = {one: why for one, why in found.items() if Path(one).name not in _SETTINGS}
    if passed := [f"{one} ({why})" for one, why in found.items() if why]:
        few = ", ".join(passed[:_FEW]) + (f" and {len(passed) - _FEW} more" if passed[_FEW:] else "")
        outside.say(f"{folder}: passed over {few}")
    asked = [one for one, why in found.items() if not why]
    if not asked:
        raise InputError(SourceLocation(folder), "holds no role file and no policies of a principal", "name the files")
    return asked


def _why_not(name: str, outside: Outside) -> str | None:
    """
    Return why the file *name* of a folder is not asked, None where it is; raise InputError where it can't be read.

    What its content or name makes a policy of another layer is not one of the principal: it would allow what an SCP
    merely lets through.
    """
    if name.endswith((".yaml", ".yml")) and is_role_among_others(*outside.read(name, LIMITS)):
        return None
    source = read_source(name, outside.read)
    kind = file_kind(source.data)
    if kind is FileKind.RENDERED:
        return None
    if kind is not FileKind.POLICY:
        return None if kinds_in(source) else str(kind or "no policy")
    listed = source.data if isinstance(source.data, list) else [source.data]
    types = {kind_of(one, name) for one in listed} - {PolicyType.IDENTITY}
    return f"of type {min(types)}" if types else None
