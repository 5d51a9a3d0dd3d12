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
from typing import Any, NamedTuple

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
    readable = _Readable(
        (os.path.realpath(folder), *(os.path.realpath(one) for one in ours)),
        tuple(os.path.realpath(one) for one in {*sys.path, sys.prefix, sys.base_prefix} if one),
    )
    judges: Mapping[str, Callable[[tuple[Any, ...]], None]] = {
        "open": readable.opened, "os.listdir": readable.looked_into, "os.scandir": readable.looked_into,
        "os.walk": readable.looked_into, "os.chdir": readable.looked_into, "glob.glob": readable.looked_into,
        OPENED: readable.is_open,
    }  # fmt: skip

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in judges:
            judges[event](args)
        elif event in _REFUSED:
            raise OutsideError(errno.EACCES, f"{event} is not done: this process reads alone", "")

    sys.addaudithook(hook)


class _Readable(NamedTuple):
    """What may be read: all files below *data*, and modules and folders below *code*; each method judges an event."""

    data: tuple[str, ...]
    code: tuple[str, ...]

    def opened(self, args: tuple[Any, ...]) -> None:
        """Judge a file that is about to be opened."""
        path, mode, flags = args
        if isinstance(path, int) or path == os.devnull:
            return
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITES):
            raise OutsideError(errno.EACCES, "is not written: this process reads alone", os.fsdecode(path))
        self.looked_into((path,))
        _require_no_pipe(path)

    def looked_into(self, args: tuple[Any, ...]) -> None:
        """Judge a path."""
        path = args[0]
        if path is not None and not isinstance(path, int):
            self._require(os.path.realpath(os.fsdecode(path)), path)

    def is_open(self, args: tuple[Any, ...]) -> None:
        """Judge a file that is open: a link on the way to it could be changed until now, and no more."""
        path, number = args
        real = _path_of(number)
        if real is None:
            raise OutsideError(errno.EACCES, "is open, and this system does not tell which file it is", str(path))
        self._require(real, path)

    def _require(self, real: str, path: object) -> None:
        is_code = _below(real, self.code) and (real.endswith(_CODE) or os.path.isdir(real))  # noqa: PTH112
        if not (is_code or _below(real, self.data)):
            raise OutsideError(errno.EACCES, "is outside of the folder that the server was started in", str(path))


def _require_no_pipe(path: Any) -> None:
    """Raise OutsideError for a pipe, a device or a socket: the reader could wait for its other end for ever."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - Path takes no bytes
    except (OSError, ValueError):  # it is opened next, which says what is wrong
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OutsideError(errno.EACCES, "is a pipe, a device or a socket", os.fsdecode(path))


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
