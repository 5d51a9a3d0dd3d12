"""A real pseudo-terminal for tests: the command runs on it, lines are typed when it prompts, and the screen is read."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Self

COMMAND = (sys.executable, "-m", "rolemgr.cli.main")
PROMPT = "> "
_PATIENCE = 600


def _at_its_terminal() -> None:
    """Give the new process its terminal, and Ctrl-C, which a job in the background has told to be ignored."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Session:
    """
    A `rolemgr` command on a terminal of its own.

    Stdout is the terminal too, or the file *stdout*; *shown* is what has appeared so far.
    """

    def __init__(self, *args: str, stdout: Path | None = None, columns: int = 100, **variables: str) -> None:
        self._reader, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        environment = os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8"} | variables
        file: IO[bytes] | None = stdout.open("wb") if stdout else None
        self._process = subprocess.Popen(
            [*COMMAND, *args], stdin=terminal, stdout=file or terminal, stderr=terminal, env=environment,
            start_new_session=True, preexec_fn=_at_its_terminal,
        )  # fmt: skip
        os.close(terminal)
        if file:
            file.close()
        self.shown = ""
        self._held, self._decoder = "", getincrementaldecoder("utf-8")("replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._reader)

    def type(self, *lines: str) -> Self:
        """Type *lines*, each when the command prompts for it."""
        for line in lines:
            self.until_prompt()
            self.press(line.encode() + b"\n")
        return self

    def press(self, keys: bytes) -> None:
        """Press *keys* without waiting."""
        os.write(self._reader, keys)

    def interrupt(self) -> None:
        """Press Ctrl-C until the command ends: one press may come between a prompt and the wait for a key."""
        self.press(b"\x03")
        while self._process.poll() is None:
            if not select.select([self._reader], [], [], 2)[0]:
                self.press(b"\x03")
            elif text := self._more():
                self.shown += text

    def until_prompt(self) -> str:
        """Return what appears until the next prompt."""
        before = len(self.shown)
        while not self.shown[before:].endswith(PROMPT):
            self._wait()
        return self.shown[before:]

    def until(self, text: str) -> None:
        """Wait until *text* has appeared."""
        while text not in self.shown:
            self._wait()

    def _wait(self) -> None:
        text = self._more()
        assert text, f"ended before its time:\n{self.shown}"
        self.shown += text

    def end(self) -> int:
        """Return the exit code, once everything that appears has been read."""
        while text := self._more():
            self.shown += text
        return self._process.wait(_PATIENCE)

    def _more(self) -> str:
        """Return what appears next; empty at the end. What is read may end inside of a character or a line break."""
        text = self._held
        while text in ("", "\r"):
            ready, _, _ = select.select([self._reader], [], [], _PATIENCE)
            assert ready, f"nothing appears any more:\n{self.shown}"
            try:
                text += self._decoder.decode(os.read(self._reader, 65_536))
            except OSError:  # the other side has closed the terminal
                self._held = ""
                return text
        self._held = "\r" if text.endswith("\r") else ""
        return text.removesuffix("\r").replace("\r\n", "\n")


def played(
    *args: str, lines: Iterable[str], stdout: Path | None = None, columns: int = 400, **variables: str
) -> tuple[int, str]:
    """Return the exit code of a session in which *lines* were typed, and all that was shown; few lines are folded."""
    with Session(*args, stdout=stdout, columns=columns, **variables) as session:
        session.type(*lines)
        return session.end(), session.shown
