"""Where a command that takes role files or policies was given a blueprint: which file, and what of it is meant."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.source import LIMITS
from rolemgr.workflow.file_kind import FileKind, file_kind
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role_options import BY_KEY, is_directory, is_pattern
from rolemgr.workflow.settings import BLUEPRINT_FILE

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

    ``--account`` and ``--role`` then pick accounts and roles of it. Raises InputError for a blueprint beside other
    files, and for options that say what a role is: the blueprint does.
    """
    roles = _listed(chosen.get("role"))
    files = list(names) or (roles if len(roles) == 1 else [])
    found = [name for name in files if is_blueprint(name, outside)]
    if not found:
        return None
    if len(files) > 1:
        raise InputError(SourceLocation(found[0]), "is a blueprint, which goes alone", "give the others in another run")
    for key, value in chosen.items():
        if value not in (None, (), False) and key not in _PICKING:
            flag = SourceLocation(BY_KEY[key].flag)
            raise InputError(flag, "goes with a role, and a blueprint says what its roles are", "leave one of them out")
    account = chosen.get("account") or ""
    accounts = tuple(text.strip() for text in str(account).split(",") if text.strip())
    return GivenBlueprint(found[0], accounts, tuple(roles) if names else ())


def is_blueprint(name: str, outside: Outside) -> bool:
    """Tell whether the file *name* is a blueprint; what can't be read is said by whoever reads it as what it may be."""
    if name == "-" or is_pattern(name) or not Path(name).is_file():
        return False
    try:
        return is_blueprint_text(*outside.read(name, LIMITS))
    except RolemgrError:
        return False


def blueprint_in_folder(name: str, outside: Outside) -> str:
    """
    Return the blueprint that the folder *name* has, or *name* itself where it is none.

    It is ``blueprint.yaml``, or the only one of another name. Raises InputError for a folder with none or several.
    """
    if not is_directory(name):
        return name
    own = Path(name, BLUEPRINT_FILE)
    files = sorted(str(one) for one in Path(name).glob("*.y*ml"))
    found = [str(own)] if own.is_file() else [one for one in files if is_blueprint(one, outside)]
    if len(found) == 1:
        return found[0]
    problem = f"has {len(found)} blueprints" if found else "has no blueprint"
    raise InputError(SourceLocation(name), problem, f"name one, such as {found[0]}" if found else "name its file")


def is_blueprint_text(text: str, name: str) -> bool:
    """Tell whether *text*, of the file *name*, is a blueprint; raise InputError for what is not YAML."""
    if not _KEYS.search(text):
        return False
    from rolemgr.files.yaml import parse_yaml  # policies in JSON need none

    return file_kind(parse_yaml(text, name).data) is FileKind.BLUEPRINT


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
