"""
A process that reads one folder and nothing else: it opens no other file, writes none, starts nothing, calls nobody.

Python's own audit events enforce it, whatever code asks for the file: a path of a role file, a link, a folder of a
catalog. https://docs.python.org/3/library/audit_events.html
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import OPENED

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED = frozenset(
    {
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.startfile",
        "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "os.remove", "os.rename", "os.rmdir",
        "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "shutil.rmtree", "shutil.move",
        "shutil.copyfile", "os.putenv", "os.kill", "ctypes.dlopen",
    }
)  # fmt: skip


class OutsideError(PermissionError):
    """A file outside of the folder, or an act that a reader never needs."""


def confine(folder: Path, ours: tuple[Path, ...]) -> None:
    """Keep this process, from now on and for good, to reading *folder* and the program's own files in *ours*."""
    sys.dont_write_bytecode = True
    root = os.path.realpath(folder)
    data = tuple(os.path.realpath(one) for one in ours)
    code = tuple(os.path.realpath(one) for one in {*sys.path, sys.prefix, sys.base_prefix} if one)

    def opened(args: tuple[Any, ...]) -> None:
        path, mode, flags = args
        if isinstance(path, int) or path == os.devnull:
            return
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITES):
            raise OutsideError(errno.EACCES, "is not written: this process reads alone", os.fsdecode(path))
        looked_into((path,))
        _require_no_pipe(path)

    def looked_into(args: tuple[Any, ...]) -> None:
        path = args[0]
        if path is not None and not isinstance(path, int):
            require_ours(os.path.realpath(os.fsdecode(path)), path)

    def is_open(args: tuple[Any, ...]) -> None:
        path, number = args  # what is open can't be changed any more, as a link on the way to it could until now
        require_ours(_path_of(number), path)

    def require_ours(real: str | None, path: object) -> None:
        if real is None:
            raise OutsideError(errno.EACCES, "is open, and this system does not tell which file it is", str(path))
        if not (_below(real, (root, *data)) or (_below(real, code) and (real.endswith(_CODE) or os.path.isdir(real)))):  # noqa: PTH112
            raise OutsideError(errno.EACCES, "is outside of the folder that the server was started in", str(path))

    judges: Mapping[str, Callable[[tuple[Any, ...]], None]] = {
        "open": opened, "os.listdir": looked_into, "os.scandir": looked_into, "os.walk": looked_into,
        "os.chdir": looked_into, "glob.glob": looked_into, OPENED: is_open,
    }  # fmt: skip

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in judges:
            judges[event](args)
        elif event in _REFUSED:
            raise OutsideError(errno.EACCES, f"{event} is not done: this process reads alone", "")

    sys.addaudithook(hook)


def _require_no_pipe(path: Any) -> None:
    """Raise OutsideError for a pipe, a device or a socket: whoever holds its other end could keep the reader for ever."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - Path takes no bytes
    except (OSError, ValueError):  # it is opened next, which says what is wrong
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OutsideError(errno.EACCES, "is no regular file", os.fsdecode(path))


def _path_of(number: int) -> str | None:
    """Return the path of the open file *number* as the system has it; None where it does not tell."""
    if get_path := getattr(fcntl, "F_GETPATH", None):  # macOS
        return os.fsdecode(fcntl.fcntl(number, get_path, bytes(1024)).split(b"\0")[0])
    try:
        return os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
    except OSError:
        return None


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one.rstrip(os.sep) + os.sep) for one in folders)


def require_inside(name: str) -> str:
    """
    Return the path *name* as it is; raise InputError for stdin and for what leads out of the current folder.

    It says so in one line before anything is opened; `confine` holds it whatever is asked.
    """
    where = SourceLocation("path")
    if name in ("", "-") or "\0" in name:
        raise InputError(where, f"`{name}` is not a file of the folder that the server was started in")
    here = os.path.realpath(".")
    if not _below(os.path.realpath(name), (here,)):
        raise InputError(where, f"`{name}` is outside of the folder that the server was started in", "copy it there")
    return name
