"""What lies in a folder that somebody names; a folder that may not be listed is refused: nobody knows what it holds."""

import os
from collections.abc import Iterator
from pathlib import Path

from rolemgr.errors import InputError, SourceLocation


def walked(folder: str | Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """
    Yield each folder from *folder* down, with the folders and the files in it, as `os.walk` does.

    Raises InputError for one that can't be listed, where `os.walk` passes it over.
    """
    return os.walk(os.fspath(folder), onerror=_refuse)


def listed(folder: Path) -> list[Path]:
    """Return what is in *folder*, sorted, nothing where there is no such; raise InputError where it can't be listed."""
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        _refuse(error)
        raise


def _refuse(error: OSError) -> None:
    raise InputError(SourceLocation(os.fsdecode(error.filename)), f"can't be searched: {error.strerror}") from error
