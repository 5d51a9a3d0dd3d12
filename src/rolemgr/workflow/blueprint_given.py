"""Where a command that takes role files or policies was given a blueprint: which file, and what of it is meant."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.source import BLUEPRINT_LIMITS, LIMITS
from rolemgr.workflow.file_kind import FileKind, file_kind, is_role_among_others
from rolemgr.workflow.given_files import yaml_files
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role_options import BY_KEY, is_directory, is_pattern, matches_of
from rolemgr.workflow.settings import BLUEPRINT_FILE, SETTINGS_FILE

_KEYS: Final = re.compile(r"""(?:^|[{,])[ \t]*["']?(?:accounts|organization)["']?[ \t]*:""", re.MULTILINE)
"""A blueprint has one of these; a text without them, such as most policies, need not be read as YAML."""
_PICKING: Final = ("account", "role")


class GivenBlueprint(NamedTuple):
    """The blueprint in the file *name*, and the accounts and roles of it that are meant; all where none is named."""

    name: str
    accounts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


def given_blueprint(names: Sequence[str], chosen: Mapping[str, Any], outside: Outside) -> GivenBlueprint | None:
    """
    Return the blueprint among the files *names*, or that ``--role`` names where there are none; None without one.

    A folder that has one stands for it. ``--account`` and ``--role`` then pick accounts and roles of it. Raises
    InputError for a blueprint beside other files, for a folder with several or with role files too, and for options
    that say what a role is: the blueprint does.
    """
    roles = _listed(chosen.get("role"))
    files = [one for name in names or (roles if len(roles) == 1 else []) for one in _unfolded(name)]
    found = {name: one for name in files if (one := blueprint_of(name, outside))}
    if not found:
        return None
    first, file = next(iter(found.items()))
    if len(files) > 1:
        raise InputError(SourceLocation(file), "is a blueprint, which goes alone", "give the others in another run")
    if is_directory(first):
        _refuse_role_files(first, file, outside)
    for key, value in chosen.items():
        if value not in (None, (), False) and key not in _PICKING:
            flag = SourceLocation(BY_KEY[key].flag)
            raise InputError(flag, "goes with a role, and a blueprint says what its roles are", "leave one of them out")
    account = chosen.get("account") or ""
    accounts = tuple(text.strip() for text in str(account).split(",") if text.strip())
    return GivenBlueprint(file, accounts, tuple(roles) if names else ())


def _unfolded(name: str) -> Sequence[str]:
    """Return what the pattern *name* means where that is one file or folder, else *name*: many are role files."""
    found = matches_of(name) if is_pattern(name) else ()
    return found if len(found) == 1 else (name,)


def _refuse_role_files(folder: str, file: str, outside: Outside) -> None:
    """Raise InputError where the *folder* of the blueprint *file* has role files too: nobody knows which are meant."""
    for name in yaml_files(folder):
        if Path(name).name != SETTINGS_FILE and _is_role(name, outside):
            problem = f"has a blueprint, {file}, and role files, such as {name}"
            raise InputError(SourceLocation(folder), problem, "name the one or the others")


def _is_role(name: str, outside: Outside) -> bool:
    try:
        return is_role_among_others(*outside.read(name, LIMITS))
    except RolemgrError:
        return False


def is_blueprint(name: str, outside: Outside) -> bool:
    """Tell whether the file *name* is a blueprint; what can't be read is said by whoever reads it as what it may be."""
    if name == "-" or is_pattern(name) or not os.path.isfile(name):  # noqa: PTH113 - never raises
        return False
    try:
        return is_blueprint_text(*outside.read(name, BLUEPRINT_LIMITS))
    except RolemgrError:
        return False


def blueprint_of(name: str, outside: Outside) -> str | None:
    """
    Return the file of the blueprint that *name*, a file or a folder, stands for; None where it stands for none.

    Of a folder it is ``blueprint.yaml``, or the only one of another name; those in folders below are not of it.
    Raises InputError for a folder with several.
    """
    if not is_directory(name):
        return name if is_blueprint(name, outside) else None
    own = os.path.join(name, BLUEPRINT_FILE)  # noqa: PTH118 - Path would drop the ./ that the user wrote
    if is_blueprint(own, outside):
        return own
    found = [one for one in yaml_files(name, below=False) if is_blueprint(one, outside)]
    if len(found) > 1:
        problem = f"has {len(found)} blueprints, and none of them is {BLUEPRINT_FILE}"
        raise InputError(SourceLocation(name), problem, f"name one, such as {found[0]}")
    return found[0] if found else None


def blueprint_in_folder(name: str, outside: Outside) -> str:
    """
    Return the blueprint that the folder *name*, or the pattern for one, has; *name* itself where it means a file.

    Raises InputError for a folder with none or several.
    """
    name = _unfolded(name)[0]
    if not is_directory(name):
        return name
    if found := blueprint_of(name, outside):
        return found
    own = Path(name, BLUEPRINT_FILE)
    if own.is_file():
        return str(own)  # whoever reads it says why it is not one
    raise InputError(SourceLocation(name), "has no blueprint", "name its file")


def is_blueprint_text(text: str, name: str) -> bool:
    """Tell whether *text*, of the file *name*, is a blueprint; raise InputError for what is not YAML."""
    if not _KEYS.search(text):
        return False
    from rolemgr.files.yaml import parse_yaml  # policies in JSON need none

    return file_kind(parse_yaml(text, name, limits=BLUEPRINT_LIMITS).data) is FileKind.BLUEPRINT


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
