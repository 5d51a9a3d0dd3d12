"""
Python files and notebooks as trees, each with the place that people open: a line, or a cell and the line in it.

Text is parsed and never compiled or run. A cell that is not Python is said where it could call AWS.
https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.json import parse_json
from rolemgr.files.source import Limits

CODE_LIMITS: Final = Limits(bytes=32 << 20, depth=60, values=1_000_000)
"""Notebooks hold pictures; code beyond `_MOST_CODE` is not parsed."""
_MOST_CODE: Final = 2 << 20
_MAGIC: Final = re.compile(r"^(\s*)(?:[\w, ]+=\s*)?([%!?].*|[\w.]+\?{1,2}\s*)$")
_SAME_LANGUAGE: Final = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "memit", "local"})
_CALLS_AWS: Final = re.compile(r"\baws\s+[a-z][\w-]*\s|boto3|sagemaker")
_INSTALLS: Final = re.compile(
    r"\b(?:pip3?|conda|mamba|uv)\s+(?:install|uninstall|show|list)\b|^!\s*(?:curl|wget|ls|cat|rm)\b"
)
_NOT_PYTHON: Final = "is not Python, and it may call AWS"


class UntoldCode(NamedTuple):
    """What of the code can't be told: *where*, *what* it is, and *why* not."""

    where: SourceLocation
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.why}"


class CodeTree(NamedTuple):
    """The *statements* of a file or of one cell, whose lines are those of the file *name*."""

    name: str
    statements: tuple[ast.stmt, ...]


class CodeFile(NamedTuple):
    """A file as trees, one a cell; what can't be read of it is *untold*."""

    name: str
    trees: tuple[CodeTree, ...]
    untold: tuple[UntoldCode, ...] = ()


def read_code(text: str, name: str) -> CodeFile:
    """
    Return the Python file, or the notebook, *text* that messages call *name*.

    Raises InputError for a notebook that is not one. What is not valid Python is in what is untold.
    """
    blocks = list(_code_of(text, name)) if name.endswith(".ipynb") else [(name, text)]
    trees: list[CodeTree] = []
    untold: list[UntoldCode] = []
    for shown, code in blocks:
        tree = _tree(code, shown)
        if isinstance(tree, CodeTree):
            trees.append(tree)
        else:
            untold.append(tree)
        untold += [] if shown == name else _shell(code, shown)
    return CodeFile(name, tuple(trees), tuple(untold))


def _code_of(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the code cells of a notebook, each with the name that its lines have, counted as Jupyter counts cells."""
    data = parse_json(text, name, CODE_LIMITS).data
    if not isinstance(data, dict):
        raise InputError(SourceLocation(name, 1), "is not a notebook", "it is an object with `cells`")
    listed = data.get("cells")
    if listed is None and isinstance(sheets := data.get("worksheets"), list):  # nbformat 3
        listed = [block for one in sheets if isinstance(one, dict) for block in _list(one.get("cells"))]
    if not isinstance(listed, list):
        raise InputError(SourceLocation(name, 1), "is not a notebook", "it has no list `cells`")
    for number, block in enumerate(listed, start=1):
        if isinstance(block, dict) and block.get("cell_type") == "code":
            yield f"{name}:cell {number}", _text(block.get("source", block.get("input", "")))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(source: Any) -> str:
    return source if isinstance(source, str) else "".join(one for one in _list(source) if isinstance(one, str))


def _tree(code: str, name: str) -> CodeTree | UntoldCode:
    first = code.lstrip().partition("\n")[0]
    if ":cell " in name and first.startswith("%%"):
        magic = first[2:].split()[:1]
        if not magic or magic[0] not in _SAME_LANGUAGE:
            where = SourceLocation(name, 1)
            calls = _CALLS_AWS.search(code)
            return UntoldCode(where, first[:40], _NOT_PYTHON) if calls else CodeTree(name, ())
        code = code.replace(first, "", 1)
    found = _parsed(code, name)
    if isinstance(found, UntoldCode) and ":cell " in name:
        found = _parsed(_without_magics(code), name)
    return found


def _parsed(code: str, name: str) -> CodeTree | UntoldCode:
    """Return *code* as a tree; what Python's parser refuses, or what is too large or too deep for it, is untold."""
    where = SourceLocation(name, 1)
    if len(code) > _MOST_CODE:
        return UntoldCode(where, "code", f"is longer than {_MOST_CODE:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a wrong escape in somebody's text is not for our stderr
            return CodeTree(name, tuple(ast.parse(code, name).body))
    except SyntaxError as error:
        return UntoldCode(SourceLocation(name, error.lineno or 1), "syntax error", str(error.msg))
    except (ValueError, RecursionError, MemoryError) as error:
        return UntoldCode(where, "code", f"can't be parsed: {str(error) or 'it is nested too deep'}")


def _without_magics(code: str) -> str:
    """Return *code* with each line of IPython's own, and what continues it, as a statement that does nothing."""
    lines, continues = [], False
    for line in code.split("\n"):
        found = _MAGIC.match(line)
        lines.append("" if continues else f"{found[1]}pass" if found else line)
        continues = (continues or bool(found)) and line.rstrip().endswith("\\")
    return "\n".join(lines)


def _shell(code: str, name: str) -> Iterator[UntoldCode]:
    """Yield the lines of a cell that hand a command for AWS to a shell."""
    for number, line in enumerate(code.split("\n"), start=1):
        text = line.strip()
        if text.startswith(("!", "%sx", "%system")) and _CALLS_AWS.search(text) and not _INSTALLS.search(text):
            yield UntoldCode(SourceLocation(name, number), f"`{text[:60]}`", "a shell runs it, and shells are not read")
