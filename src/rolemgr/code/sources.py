"""
Python files and notebooks as trees, each with the place that people open: a line, or a cell and the line in it.

Text is parsed and never compiled or run. Cells of another language, and what else is not Python, are said.
https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import ast
import warnings
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from rolemgr.code.shells import cell_code
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.json import parse_json
from rolemgr.files.source import Limits

CODE_LIMITS: Final = Limits(bytes=32 << 20, depth=60, values=1_000_000, is_python=True)
"""Notebooks hold pictures; code beyond `_MOST_CODE` is not parsed."""
_MOST_CODE: Final = 2 << 20
_PYTHON: Final = frozenset({"python", "python2", "python3", "ipython", "ipython2", "ipython3", "pyspark", ""})
"""What notebooks call the language that is read here."""


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
    trees: list[CodeTree] = []
    untold: list[UntoldCode] = []
    for one in _code_of(text, name, untold) if name.endswith(".ipynb") else [(name, text)]:
        shown, code = one
        tree, others = _tree(code, shown, is_cell=shown != name)
        trees += [tree] if isinstance(tree, CodeTree) else []
        untold += [*([] if isinstance(tree, CodeTree) else [tree]), *others]
    return CodeFile(name, tuple(trees), tuple(untold))


def _code_of(text: str, name: str, untold: list[UntoldCode]) -> Iterator[tuple[str, str]]:
    """
    Yield the code cells of a notebook, each with the name that its lines have, counted as Jupyter counts cells.

    Cells of another language go into *untold*.
    """
    data = parse_json(text, name, CODE_LIMITS).data
    if not isinstance(data, dict):
        raise InputError(SourceLocation(name, 1), "is not a notebook", "it is an object with `cells`")
    listed = data.get("cells")
    if listed is None and isinstance(sheets := data.get("worksheets"), list):  # nbformat 3
        listed = [block for one in sheets if isinstance(one, dict) for block in _list(one.get("cells"))]
    if not isinstance(listed, list):
        raise InputError(SourceLocation(name, 1), "is not a notebook", "it has no list `cells`")
    language = _language(data.get("metadata"))
    if language not in _PYTHON:
        untold.append(UntoldCode(SourceLocation(name), "notebook", f"is in {language}, which is not read"))
        return
    for number, block in enumerate(listed, start=1):
        if isinstance(block, dict) and block.get("cell_type") == "code":
            shown = f"{name}:cell {number}"
            if (mine := _cell_language(block)) in _PYTHON:
                yield shown, _text(block.get("source", block.get("input", "")))
            else:
                untold.append(UntoldCode(SourceLocation(shown, 1), "cell", f"is in {mine}, which is not read"))


def _language(metadata: Any) -> str:
    """Return the language of a notebook with this *metadata*, in lower case; "" where it does not say."""
    given = metadata if isinstance(metadata, dict) else {}
    for part, key in (("language_info", "name"), ("kernelspec", "language"), ("kernelspec", "name")):
        found = given.get(part)
        text = found.get(key) if isinstance(found, dict) else None
        if isinstance(text, str) and text:
            lowered = text.lower()
            return lowered if key != "name" or part == "language_info" else _of_kernel(lowered)
    return ""


def _of_kernel(name: str) -> str:
    """Return the language of the kernel of this *name*, which says it for R alone; of others "" is taken."""
    return "r" if name == "ir" or name.endswith(("-r", "_r")) else ""


def _cell_language(block: dict[str, Any]) -> str:
    """Return the language of one cell, of nbformat 3 or as an editor wrote it; "" for the notebook's."""
    metadata = block.get("metadata")
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    found = editor.get("languageId") if isinstance(editor, dict) else block.get("language")
    return found.lower() if isinstance(found, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(source: Any) -> str:
    return source if isinstance(source, str) else "".join(one for one in _list(source) if isinstance(one, str))


def _tree(code: str, name: str, *, is_cell: bool) -> tuple[CodeTree | UntoldCode, list[UntoldCode]]:
    """Return *code* as a tree, and what is not Python in it; a cell that is all Python has no magics."""
    found = _parsed(code, name)
    if not is_cell or isinstance(found, CodeTree):
        return found, []
    made = cell_code(code)
    others = [UntoldCode(SourceLocation(name, one.line), one.what, one.why) for one in made.others]
    return _parsed(made.python, name), others


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
