"""Where an option's value comes from: flag, role file, environment, ``rolemgr.yaml``, default."""

from pathlib import Path

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import SourceFile

SETTINGS_FILE = "rolemgr.yaml"
BLUEPRINT_FILE = "blueprint.yaml"
"""The blueprint that commands take where none is named."""


def find_settings(start: Path) -> SourceFile | None:
    """
    Return the nearest ``rolemgr.yaml`` in *start* or a folder above it, or None.

    Raises InputError where that file does not hold a mapping.
    """
    for folder in (start, *start.parents):
        path = folder / SETTINGS_FILE
        if path.is_file():
            from rolemgr.files.yaml import read_yaml

            return _mapping(read_yaml(path, SETTINGS_FILE if folder == start else str(path)))
    return None


def _mapping(source: SourceFile) -> SourceFile:
    if not isinstance(source.data, dict):
        raise InputError(SourceLocation(source.name, 1), "must hold a mapping of option names to values")
    return source


def settings_in(text: str, name: str) -> SourceFile:
    """Return the settings in *text*, which messages call *name*; raise as `find_settings` does."""
    from rolemgr.files.yaml import parse_yaml

    return _mapping(parse_yaml(text, name))
