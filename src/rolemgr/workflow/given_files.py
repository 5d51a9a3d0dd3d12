"""Patterns among the names of files that a command takes: quoted, they mean what the shell would have made of them."""

import os
from collections.abc import Sequence
from glob import glob

from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.role_options import is_pattern


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
        matches = sorted(glob(name, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        if not matches:
            raise InputError(SourceLocation(name), "matches no file", "patterns begin at this folder")
        found |= dict.fromkeys(matches)
    return tuple(found)
