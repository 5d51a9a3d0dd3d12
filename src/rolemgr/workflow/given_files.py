"""What the names that a command takes mean: a quoted pattern as the shell would have it, a folder its files."""

import os
import re
from collections.abc import Iterator, Sequence
from glob import glob

from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.role_options import is_pattern

_YAML = re.compile(r"[^.].*\.ya?ml")


def expanded(names: Sequence[str]) -> tuple[str, ...]:
    """
    Return the files and folders that *names* mean, each once, in their order: a pattern's are sorted.

    A name that is a file or a folder is not a pattern, whatever characters it has; ``**`` goes through folders.
    Raises InputError for a pattern that nothing matches: it is not an empty list.
    """
    found: dict[str, None] = {}
    for name in names:
        if not is_pattern(name) or os.path.lexists(name):
            found[name] = None
            continue
        matches = matches_of(name)
        if not matches:
            raise InputError(SourceLocation(name), "matches no file", "patterns begin at this folder")
        found |= dict.fromkeys(matches)
    return tuple(found)


def matches_of(pattern: str) -> list[str]:
    """Return the files and folders that *pattern* matches, sorted; ``**`` goes through folders."""
    return sorted(glob(pattern, recursive=True))  # noqa: PTH207 - the pattern may be absolute


def yaml_files(folder: str, *, below: bool = True) -> Iterator[str]:
    """
    Yield the YAML files in *folder*, and those *below* it, in order; hidden ones and links to folders are left out.

    Raises InputError for a folder that can't be searched: what it holds is not known.
    """
    for place, inner, names in os.walk(folder, onerror=_refuse_unsearched):
        inner[:] = sorted(one for one in inner if below and not one.startswith("."))
        yield from (os.path.join(place, one) for one in sorted(names) if _YAML.fullmatch(one))  # noqa: PTH118


def _refuse_unsearched(error: OSError) -> None:
    raise InputError(SourceLocation(os.fsdecode(error.filename)), f"can't be searched: {error.strerror}") from error
