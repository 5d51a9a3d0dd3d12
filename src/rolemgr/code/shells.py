"""
What cells hold beside Python: IPython's magics, lines for a shell, and whole cells for another program.

Python behind a magic (``%time job.fit()``) is read; commands that call nothing of AWS are passed over by their names
(``data/shells.json``); of all others is said that they are not read.
https://ipython.readthedocs.io/en/stable/interactive/reference.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

_DATA: Final = Path(__file__).parent / "data" / "shells.json"
_LINE: Final = re.compile(
    r"^(?P<indent>\s*)(?P<target>[\w, \[\]\"'.]+=\s*)?(?P<mark>!!?(?!=)|%(?!=)|\?)(?P<rest>.*)$"
    r"|^(?P<help>\s*)[\w.%]+\?{1,2}\s*$"
)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"`$]*\"|\\.")
_COMMENT: Final = re.compile(r"(?<!\S)#.*")
_BETWEEN: Final = re.compile(r"&&|\|\|?|;;?|&(?!\d|>)|\$\(|[()`\n]")
_SET: Final = re.compile(r"[A-Za-z_]\w*\+?=\S*\s*")
_NO_SHELL: Final = "a shell runs it, and shells are not read"
_MODULE: Final = re.compile(r"^-m\s+([\w.]+)")
_AWS_GIT: Final = "codecommit"
_MOST_SHOWN: Final = 60


class NotPython(NamedTuple):
    """What is not Python and not passed over: the *line* in its cell, *what* it is, and *why* it is not read."""

    line: int
    what: str
    why: str


class CellCode(NamedTuple):
    """The Python of a cell, on its lines, and what else is in it."""

    python: str
    others: tuple[NotPython, ...]


@cache
def shell_data() -> Mapping[str, Any]:
    """Return what ``data/shells.json`` says, lists as sets."""
    raw = json.loads(_DATA.read_bytes())
    found: dict[str, Any] = {name: frozenset(one) for name, one in raw.items() if isinstance(one, list)}
    return found | {"magics": {name: frozenset(one) for name, one in raw["magics"].items()}}


def magic_kind(name: str) -> str:
    """Return ``python``, ``shell``, ``harmless``, or "" for a magic that is not known."""
    return next((kind for kind, names in shell_data()["magics"].items() if name in names), "")


def cell_code(code: str) -> CellCode:
    """Return the Python of the cell *code*, in which magics and lines for a shell do nothing."""
    body = code.lstrip("\n\r\t ")
    if body.startswith("%%"):
        return _of_cell_magic(code, code[: len(code) - len(body)].count("\n") + 1)
    return _of_lines(code)


def _of_cell_magic(code: str, number: int) -> CellCode:
    """Return what a cell is whose line *number*, its first, begins with ``%%``."""
    lines = code.split("\n")
    first = lines[number - 1].strip()
    name, _, rest = first.removeprefix("%%").partition(" ")
    kind = magic_kind(name)
    if kind == "python":
        return _of_lines("\n".join(["" if at < number else line for at, line in enumerate(lines)]))
    if kind == "harmless":
        return CellCode("", ())
    text = "\n".join(lines[number:])
    if kind == "shell":
        found = [NotPython(number + line, what, why) for line, what, why in shell_lines(text)]
        if name == "script" and not rest.strip().startswith(("bash", "sh")):
            found = [NotPython(number, first[:_MOST_SHOWN], "another program runs it, and is not read")]
        return CellCode("", tuple(found))
    what = first[:_MOST_SHOWN]
    if name in ("writefile", "file"):
        is_text = not re.search(r"\.(?:py|sh|ipynb|R|js|scala|java)\b|Dockerfile", rest) or not _may_call(text)
        why = "writes code to a file, and who runs it is not known"
        return CellCode("", () if is_text else (NotPython(number, what, why),))
    return CellCode("", (NotPython(number, what, "is not Python, and may call AWS"),))


def _may_call(text: str) -> bool:
    return bool(re.search(r"\baws\b|boto|sagemaker|s3://|s3fs|docker", text))


def _of_lines(code: str) -> CellCode:
    """Return *code* with each line of IPython's own, and what continues it, as a statement that does nothing."""
    found: list[NotPython] = []
    python: list[str] = []
    lines = code.split("\n")
    number = 0
    while number < len(lines):
        match = _LINE.match(lines[number])
        if match is None:
            python.append(lines[number])
            number += 1
            continue
        start = number
        while lines[number].rstrip().endswith("\\") and number + 1 < len(lines):
            number += 1
        number += 1
        text = "\n".join(line.rstrip().removesuffix("\\") for line in lines[start:number])
        first, others = _of_line(_LINE.match(text.replace("\n", " ")) or match)
        found += (NotPython(start + line, what, why) for line, what, why in others)
        python += [first, *[""] * (number - start - 1)]
    return CellCode("\n".join(python), tuple(found))


def _of_line(match: re.Match[str]) -> tuple[str, tuple[NotPython, ...]]:
    """Return the Python of one line of IPython's own, and what else it is."""
    if match["help"] is not None:
        return f"{match['help']}pass", ()
    indent, target, mark, rest = (match[name] or "" for name in ("indent", "target", "mark", "rest"))
    nothing = f"{indent}{target}None" if target else f"{indent}pass"
    if mark == "?":
        return nothing, ()
    if mark != "%":
        return nothing, tuple(shell_lines(rest))
    found = magic(*_split(rest))
    if isinstance(found, str):
        return f"{indent}{target}{found or 'None'}", ()
    return nothing, found


def _split(rest: str) -> tuple[str, str]:
    name, _, text = rest.strip().partition(" ")
    return name, text.strip()


def magic(name: str, text: str) -> str | tuple[NotPython, ...]:
    """Return the Python that the line magic *name* runs, or what else it runs that is not known."""
    kind = magic_kind(name)
    if kind == "python":
        words = re.sub(r"^(?:-\w+(?:\s+\d+)?\s+)+", "", text)
        return words if words != "" else "None"
    if kind == "shell":
        return tuple(shell_lines(text))
    if kind == "harmless":  # `store -r` among them: who uses a name that it sets finds that nothing sets it
        return ()
    what = f"%{name} {text}".strip()[:_MOST_SHOWN]
    return (NotPython(1, what, "runs what is not read"),)


def shell_lines(text: str) -> Iterator[NotPython]:
    """Yield the lines of the shell script *text* that run more than what is known to call nothing of AWS."""
    lines, start, continued = text.split("\n"), 1, ""
    for number, line in enumerate(lines, start=1):
        start = start if continued else number
        if line.rstrip().endswith("\\") and number < len(lines):
            continued += line.rstrip().removesuffix("\\") + " "
            continue
        whole, continued = (continued + line).strip(), ""
        if any(not _is_harmless(one) for one in _commands(whole)):
            yield NotPython(start, f"`{whole[:_MOST_SHOWN]}`", _NO_SHELL)


def _commands(line: str) -> Iterator[str]:
    """Yield the commands in a *line*, without what sets variables for them."""
    plain = _COMMENT.sub("", _QUOTED.sub("Q", line))
    for part in _BETWEEN.split(plain):
        words = part.strip()
        while True:
            first, _, rest = words.partition(" ")
            if first in shell_data()["keywords"] and first not in ("for", "case", "function"):
                words = rest.strip()
            elif found := _SET.match(words):
                words = words[found.end() :]
            elif first in shell_data()["wrappers"]:
                words = re.sub(r"^(?:-\S+\s+|\d+\s+)+", "", rest.strip())
            else:
                break
        if words and first not in ("for", "case", "function"):
            yield words


def _is_harmless(command: str) -> bool:
    first, _, rest = command.partition(" ")
    name = first.rpartition("/")[2]
    if first.startswith(("<", ">", "-")) or name == "":
        return True  # the rest of a redirection
    if re.fullmatch(r"python[\d.]*|Q|\{?sys\.executable\}?|\{\}", name) and (found := _MODULE.match(rest.strip())):
        return found[1] in shell_data()["installers"]
    return name in shell_data()["harmless"] and not (name in ("git", "pip") and _AWS_GIT in rest)
