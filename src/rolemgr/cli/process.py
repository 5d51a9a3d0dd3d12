"""What a process of a fraction of a second does without: plugins, a search for garbage, an orderly end."""

import atexit
import gc
import os
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn


def keep_to_ourselves() -> None:
    """
    Run no pydantic plugin that happens to be installed, and collect no garbage in a run of a fraction of a second.

    A plugin sees and may change every value that is parsed, which a tool that renders policies must not
    allow; and looking for one reads the metadata of every installed package.
    """
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    gc.set_threshold(100_000, 20, 20)


def open_streams() -> None:
    """
    Open what was closed of stdin, stdout and stderr, as a daemon's are: onto nothing.

    Else Python has no such stream, and the first file that is opened takes its number.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            found = os.open(os.devnull, os.O_RDWR)
            if found != number:
                os.dup2(found, number)
                os.close(found)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115


_LOADER = "pydantic.plugin._loader"


def skip_plugin_loader() -> None:
    """
    Answer in the place of pydantic's loader of plugins, which has none to load, that there is none.

    Even so its import would load what reads packages' metadata: zip files, e-mail headers, sockets, 11 ms.
    """
    sys.modules.setdefault(_LOADER, _NoPlugins(_LOADER))


class _NoPlugins(ModuleType):
    """The one function that is asked for; for anything else the true module takes its place."""

    @staticmethod
    def get_plugins() -> tuple[()]:
        """Return the plugins: none."""
        return ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks of any module
            raise AttributeError(name)
        sys.modules.pop(_LOADER, None)
        return getattr(import_module(_LOADER), name)


def run_and_end(command: Callable[[], object]) -> NoReturn:
    """Run *command*, all that this process does, and end it with the exit code that it raises."""
    try:
        command()
    except SystemExit as end:
        end_quickly(end)
    raise AssertionError("the command did not end with an exit code")


def end_quickly(end: SystemExit) -> NoReturn:
    """
    End this process as *end* says, and leave it to the system to free what was loaded: object by object it takes 8 ms.

    What waits for the end is called first. Where the output can't be written, Python itself ends the process, and says
    so; a text in *end* is Python's to print, too.
    """
    if not isinstance(end.code, int | None):
        raise end
    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            raise end from None
    os._exit(end.code or 0)
