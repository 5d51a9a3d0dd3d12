"""Which files of the user a run has read, for ``-v``: told by the event of each file that is opened."""

import os
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import rolemgr
from rolemgr.cli.files import note
from rolemgr.cli.lazy import catalog
from rolemgr.files.source import OPENED

_MOST_NAMED = 20


class _ReadFiles:
    """The files in the order in which they were first read; None while nobody asks."""

    found: dict[str, None] | None = None
    is_listening = False


_READ = _ReadFiles()


def _note_files() -> None:
    """Begin to note the files that are read, from an empty list on."""
    _READ.found = {}
    if not _READ.is_listening:
        _READ.is_listening = True
        sys.addaudithook(_heard)  # Python takes none away; it looks at one name for each event


def _files_read() -> list[str]:
    """Return the files of the user that were read since `_note_files`, and note no more."""
    found, _READ.found = _READ.found or {}, None
    if not found:
        return []
    own = catalog.load.builtin_folder()
    of_a_wheel = (
        Path(rolemgr.__file__).parent,
        *(own / kind for kind in (*catalog.folders.FOLDERS.values(), "parameters.yaml")),
    )
    places = tuple(os.path.realpath(one) for one in of_a_wheel)
    return [one for one in found if not _is_below(os.path.realpath(one), places)]


def _is_below(path: str, places: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one + os.sep) for one in places)


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if event == OPENED and _READ.found is not None:
        _READ.found[os.fsdecode(args[0])] = None


def say_sources(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    """Say, where ``-v`` asks for it, which files a run has read and what came from the environment, at its end."""
    if value and not ctx.resilient_parsing:
        _note_files()
        ctx.call_on_close(lambda: _say_them(ctx))
    return value


def _say_them(ctx: click.Context) -> None:
    for param in ctx.command.params:
        if param.name and ctx.get_parameter_source(param.name) is ParameterSource.ENVIRONMENT:
            note(f"{param.opts[-1]}: from {param.envvar}")
    if found := _files_read():
        more = f" and {len(found) - _MOST_NAMED:,} more" if found[_MOST_NAMED:] else ""
        note(f"read {', '.join(found[:_MOST_NAMED])}{more}")
    else:
        note("no file was read")
