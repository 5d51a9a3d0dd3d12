"""What the names that a command takes mean: a quoted pattern as the shell would have it, a folder its files."""

import os
from collections.abc import Iterator, Sequence

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.folders import walked
from rolemgr.workflow.role_options import is_pattern, matches_of


def expanded(names: Sequence[str]) -> tuple[str, ...]:
    """
    Return the files and folders that *names* mean, each once, in their order: a pattern's are sorted.

    A name that is a file or a folder is not a pattern, whatever characters it has, unless it matches others as well;
    ``**`` goes through folders.
    Raises InputError for a pattern that nothing matches: it is not an empty list.
    """
    found: dict[str, None] = {}
    for name in names:
        if not is_pattern(name):
            found[name] = None
            continue
        matches = matches_of(name)
        if not matches:
            raise InputError(SourceLocation(name), "matches no file", "patterns begin at this folder")
        found |= dict.fromkeys(matches)
    return tuple(found)


def yaml_files(folder: str, *, below: bool = True) -> Iterator[str]:
    """Yield the YAML files in *folder*, and those *below* it, as `files_below` does."""
    return files_below(folder, (".yaml", ".yml"), below=below)


def files_below(folder: str, endings: tuple[str, ...], *, below: bool = True) -> Iterator[str]:
    """
    Yield the files of these *endings* in *folder*, and those *below* it, in order.

    Hidden ones and links to folders are left out. Raises InputError for a folder that can't be searched: nobody knows
    what it holds.
    """
    for place, inner, names in walked(folder):
        inner[:] = sorted(one for one in inner if below and not one.startswith("."))
        yield from (os.path.join(place, one) for one in sorted(names) if _is_shown(one, endings))  # noqa: PTH118


def _is_shown(name: str, endings: tuple[str, ...]) -> bool:
    return name.endswith(endings) and not name.startswith(".")


def pages_of(names: Sequence[str]) -> tuple[str, ...]:
    """
    Return the files of AWS's answers that *names* mean: of a folder the .json files in it and below.

    Raises InputError for a pattern without a match, and for a folder without such a file.
    """
    found: list[str] = []
    for name in expanded(names):
        pages = list(files_below(name, (".json",))) if os.path.isdir(name) else [name]  # noqa: PTH112 - as above
        if not pages:
            raise InputError(SourceLocation(name), "has no .json file", "save the answers of AWS there")
        found += pages
    return tuple(found)
