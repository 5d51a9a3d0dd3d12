"""
What the user chose for a role, each choice with its place.

A flag wins over the role file, that over the environment (``ROLEMGR_*``), that over ``rolemgr.yaml``.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import InputError, SourceLocation, UnknownNameError, require_text
from rolemgr.files.source import LIMITS, LayeredSource, SourceFile, paths_of
from rolemgr.workflow.file_kind import refuse_other_kinds
from rolemgr.workflow.outside import Reader
from rolemgr.workflow.replaced import PlacedChoice, replaced_limits
from rolemgr.workflow.role_options import BY_KEY, ROLE_OPTIONS, RoleOption
from rolemgr.workflow.settings import SETTINGS_FILE, find_settings


class Tree(NamedTuple):
    """Where role files lie: their settings (``rolemgr.yaml``), and how a path that one of them names is joined."""

    settings: Callable[[], SourceFile | None]
    beside: Callable[[str, str], str]


def _settings_here() -> SourceFile | None:
    return find_settings(Path.cwd())


def _beside_file(name: str, path: str) -> str:
    return str(Path(name).parent / path)


WORKING_TREE: Final = Tree(_settings_here, _beside_file)
"""The files as they are."""


def role_source(
    flags: Mapping[str, Any], environ: Mapping[str, str], read: Reader, tree: Tree = WORKING_TREE
) -> LayeredSource:
    """
    Return what the user chose for one role, each key with the place that it was taken from.

    *read* gives the text of the role file, which lies in *tree*.

    Raises InputError for a flag, variable, settings or role file that can't be read.
    """
    from_flags, variables = _from_flags(flags), _from_environment(environ)
    settings = _from_settings(tree.settings(), tree)
    given = settings | variables | from_flags
    file = _role_file(given.pop("role", None), read)
    in_file = _from_file(file)
    taken = {key: found for key, found in given.items() if key in from_flags or key not in in_file}
    ended = _ended(from_flags, in_file, {*variables, *settings})
    source = _layered(file, taken, environ, tree, ended)
    return replace(source, replaced=tuple(replaced_limits([from_flags, in_file, variables, settings])))


NONE: Final = "none"
"""What ends, as an option or in a role file, a value that stands farther away."""
_ENDED_BY_WORD: Final = frozenset({"account", "boundary", "expires", "max_session", "partition", "path", "region"})
"""The options of one value for which `none` can't be meant as that value."""


def _ended(
    flags: Mapping[str, PlacedChoice], in_file: Mapping[str, PlacedChoice], farther: Collection[str]
) -> frozenset[str]:  # fmt: skip
    """
    Return the keys that have no value in the end, whatever the environment and ``rolemgr.yaml`` say of them.

    An option and a role file end one by ``none``, a role file also by a key without a value, where *farther* places
    have one: elsewhere a key without a value is a slip.
    """
    given = {**in_file, **flags}
    words = {key for key, one in given.items() if key in _ENDED_BY_WORD and one.value == NONE}
    empty = {key for key, one in in_file.items() if one.value is None and key in farther and key not in flags}
    return frozenset(words | empty)


def names_a_role(flags: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Tell whether flag, variable or settings name a persona or a role file."""
    return not {"persona", "role"}.isdisjoint(_from_outside(environ) | _from_flags(flags))


def choices_without_a_role(
    flags: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[LayeredSource, dict[str, SourceLocation]]:
    """Return what is chosen though no persona is, and where the keys stand that the environment or settings set."""
    from_flags, outside = _from_flags(flags), _from_outside(environ)
    return _source(None, outside | from_flags, environ, WORKING_TREE), {
        key: choice.where for key, choice in outside.items()
    }


def flag_choices(flags: Mapping[str, Any]) -> LayeredSource:
    """Return what *flags* alone choose."""
    return _source(None, _from_flags(flags), {}, WORKING_TREE)


def _from_file(file: SourceFile | None) -> dict[str, PlacedChoice]:
    return {key: PlacedChoice(value, file.at((key,))) for key, value in file.data.items()} if file else {}


def _from_outside(environ: Mapping[str, str], tree: Tree = WORKING_TREE) -> dict[str, PlacedChoice]:
    """Return what the environment sets, and ``rolemgr.yaml`` where the environment does not."""
    return _from_settings(tree.settings(), tree) | _from_environment(environ)


def _from_flags(flags: Mapping[str, Any]) -> dict[str, PlacedChoice]:
    chosen = {key: value for key, value in flags.items() if value not in (None, (), False)}
    return {key: _choice(BY_KEY[key], value, SourceLocation(BY_KEY[key].flag)) for key, value in chosen.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, PlacedChoice]:
    """Return the options set by ``ROLEMGR_*``; a repeatable one is a list separated by white space."""
    chosen: dict[str, PlacedChoice] = {}
    for option in ROLE_OPTIONS:
        if text := environ.get(option.variable):
            require_text(text, SourceLocation(option.variable))
            value: Any = tuple(text.split()) if option.many or option.pairs else text
            chosen[option.key] = _choice(option, value, SourceLocation(option.variable))
    return chosen


def _from_settings(settings: SourceFile | None, tree: Tree = WORKING_TREE) -> dict[str, PlacedChoice]:
    """Return the options set in ``rolemgr.yaml``; raise UnknownNameError for a key that is not an option."""
    if settings is None:
        return {}
    for key in settings.data:
        if key not in BY_KEY:
            raise UnknownNameError(settings.at((key,)), "setting", key, BY_KEY)
    data = {**settings.data, **_beside(settings, tree)}
    return {key: PlacedChoice(value, settings.at((key,))) for key, value in data.items()}


def with_settings_beside(source: SourceFile) -> SourceFile:
    """
    Return the role file *source* with what the nearest ``rolemgr.yaml``, in its folder or above, says beside it.

    Folders of catalogs are named from where the role file lies. Raises as `role_source` does for settings.
    """
    folder = Path(source.name).parent
    settings = find_settings(folder.resolve())
    if settings and settings.name == SETTINGS_FILE:
        settings = replace(settings, name=str(folder / SETTINGS_FILE))
    taken = {key: one for key, one in _from_settings(settings).items() if key not in source.data and key != "role"}
    if "catalog" in taken and isinstance(folders := taken["catalog"].value, list):
        found = [os.path.relpath(one, folder) if isinstance(one, str) and one else one for one in folders]
        taken["catalog"] = taken["catalog"]._replace(value=found)
    ended = _ended({}, _from_file(source), _from_settings(settings))
    own = {key: value for key, value in source.data.items() if key not in ended}
    data = {**own, **{key: one.value for key, one in taken.items()}}
    lines = {**source.lines, **{path: 0 for key, one in taken.items() for path in paths_of(one.value, (key,))}}
    return LayeredSource(source.name, data, lines, {key: one.where for key, one in taken.items()}, source)


def catalog_folders(flags: Sequence[str]) -> list[Path]:
    """Return the catalog folders of a command that takes no role: its own, else those of ``rolemgr.yaml``."""
    choice = _from_settings(_settings_here()).get("catalog")
    if flags or not choice:
        return [Path(folder) for folder in flags]
    if not isinstance(choice.value, list) or not all(isinstance(folder, str) and folder for folder in choice.value):
        raise InputError(choice.where, "`catalog` must be a list of folders")
    return [Path(folder) for folder in choice.value]


def _choice(option: RoleOption, value: Any, where: SourceLocation) -> PlacedChoice:
    return PlacedChoice(dict(_pairs(option, value, where)) if option.pairs else value, where)


def _pairs(option: RoleOption, texts: tuple[str, ...], where: SourceLocation) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not (equals or option.metavar.startswith("NAME[")):
            raise InputError(where, f"`{text}` is not of the form {option.metavar}")
        if key in seen:
            raise InputError(where, f"`{key}` is given twice")
        seen.add(key)
        yield key, _several(value) if "," in option.metavar else value


def _several(value: str) -> list[str]:
    return value.split(",") if value else []


def _role_file(choice: PlacedChoice | None, read: Reader) -> SourceFile | None:
    if choice is None:
        return None
    source = _read_role(str(choice.value), read)
    if not isinstance(source.data, dict):
        raise InputError(SourceLocation(source.name, 1), "a role file must hold a mapping")
    refuse_other_kinds(source)
    return source


def _read_role(name: str, read: Reader) -> SourceFile:
    from rolemgr.files.yaml import parse_yaml  # only a role file pays for it

    return parse_yaml(*read(name, LIMITS))


def _layered(
    file: SourceFile | None, taken: dict[str, PlacedChoice], environ: Mapping[str, str], tree: Tree,
    ended: frozenset[str],
) -> LayeredSource:  # fmt: skip
    if "persona" not in taken and not file:
        raise InputError(
            None, "no persona is chosen", "give --persona NAME or --role FILE; see `rolemgr list personas`"
        )
    return _source(file, taken, environ, tree, ended)


def _source(
    file: SourceFile | None, taken: dict[str, PlacedChoice], environ: Mapping[str, str], tree: Tree,
    ended: Collection[str] = (),
) -> LayeredSource:  # fmt: skip
    data = {key: value for key, value in file.data.items() if key not in ended} if file else {}
    taken = {key: choice for key, choice in taken.items() if key not in ended}
    if "region" not in data and "region" not in taken:
        taken = taken | _region_of(environ)
    data |= {key: choice.value for key, choice in taken.items()}
    if file and "catalog" not in taken:
        data |= _beside(file, tree)
    lines = dict(file.lines) if file else {}
    lines |= {path: 0 for key, choice in taken.items() for path in paths_of(choice.value, (key,))}
    places = {key: choice.where for key, choice in taken.items()}
    return LayeredSource(file.name if file else "command line", data, lines, places, file)


def _region_of(environ: Mapping[str, str]) -> dict[str, PlacedChoice]:
    """Return the region that AWS's own variables name, if any."""
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if region := environ.get(variable):
            return {"region": PlacedChoice(region, SourceLocation(variable))}
    return {}


def _beside(file: SourceFile, tree: Tree) -> dict[str, Any]:
    """Return the paths that *file* names, relative ones from where it lies in *tree*."""
    found: dict[str, Any] = {}
    folders = file.data.get("catalog")
    if isinstance(folders, str):
        folders = [folders]
    if isinstance(folders, list):
        found["catalog"] = [tree.beside(file.name, one) if isinstance(one, str) and one else one for one in folders]
    if isinstance(role := file.data.get("role"), str):
        found["role"] = tree.beside(file.name, role)
    return found
