"""How a typed line becomes the value of an answer, and how that value is shown as the line that would give it."""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from rolemgr.errors import InputError, UnknownNameError
from rolemgr.wizard.answers import Answers, KeyPath


class Form(Enum):
    """What kind of value a question asks for."""

    TEXT = "one value"
    LIST = "values, with commas between them"
    WORDS = "values, with spaces between them"
    PAIRS = "KEY=VALUE, with commas between them"
    YES = "yes or no"
    PICK_GUARDRAILS = "names or numbers, with commas between them"
    PICK_PARAMETERS = "names or numbers, with spaces between them"


NONE = "-"
"""What empties an answer."""


def read(answers: Answers, path: KeyPath, form: Form, text: str, names: Sequence[str]) -> Answers:
    """
    Return *answers* with what *text* says at *path*; numbers stand for *names*, counted from 1.

    Raises InputError where *text* is not of the *form*, or empties what would come back from outside. What
    the value may be is not asked here.
    """
    found = _read(answers, path, form, text, names)
    key = path[0]
    if key in answers.outside and key in answers.choices and key not in found.choices:
        where = answers.outside[key]
        raise InputError(None, f"`{key}` comes from {where}, which no flag can empty", "take it out there")
    return found


def _read(answers: Answers, path: KeyPath, form: Form, text: str, names: Sequence[str]) -> Answers:
    if form is Form.PICK_PARAMETERS:
        return _picked(answers, () if text == NONE else _values(form, text, names), names)
    if text == NONE:
        keeps_its_name = path[0] == "guardrail" and len(path) == 2 and form is Form.LIST
        return answers.put(path, () if keeps_its_name else None)
    return answers.put(path, _value(answers, path, form, text, names))


def _value(answers: Answers, path: KeyPath, form: Form, text: str, names: Sequence[str]) -> Any:
    match form:
        case Form.TEXT:
            return _named(text, names)
        case Form.YES:
            return _switched(path, text)
        case Form.PAIRS:
            return _pairs(text)
        case Form.PICK_GUARDRAILS:
            old = answers.get(path) or {}
            return {name: old.get(name, ()) for name in _values(form, text, names)}
        case _:
            return _values(form, text, names)


def shown(answers: Answers, path: KeyPath, form: Form) -> str:
    """Return the answer at *path* as the line that gives it, empty where there is none."""
    value = answers.get(path)
    match form:
        case Form.YES:
            return "no" if value is None or value is False else "yes"
        case Form.PICK_PARAMETERS:
            return ", ".join(sorted({*answers.picked, *(value or {})}))
        case Form.PAIRS:
            return ", ".join(f"{key}={one}" for key, one in (value or {}).items())
        case Form.WORDS:
            return " ".join(value or ())
        case Form.TEXT:
            return str(value or "")
        case _:
            return ", ".join(value or ())


def _picked(answers: Answers, picks: Sequence[str], names: Sequence[str]) -> Answers:
    """Return *answers* with the parameters *picks* to be asked for, and without values for others."""
    for name in picks:
        if name not in names:
            raise UnknownNameError(None, "parameter", name, names, otherwise="? lists them")
    values = {name: one for name, one in (answers.get(("parameter",)) or {}).items() if name in picks}
    return replace(answers.put(("parameter",), values), picked=frozenset(picks))


def _named(text: str, names: Sequence[str]) -> str:
    """Return the name that *text* is, or whose number it is; raise InputError for a number that none has."""
    if text in names or not names or not (text.isascii() and text.isdigit()) or len(text) > len(str(len(names))) + 1:
        return text
    if not 1 <= int(text) <= len(names):
        raise InputError(None, f"there is no number {text}", f"choose from 1 to {len(names)}")
    return names[int(text) - 1]


def _values(form: Form, text: str, names: Sequence[str]) -> tuple[str, ...]:
    by_space = form is Form.WORDS or bool(names)  # names of the catalog hold no spaces
    parts = text.split() if form is Form.WORDS else (text.replace(",", " ").split() if by_space else text.split(","))
    return tuple(dict.fromkeys(_named(part.strip(), names) for part in parts if part.strip()))


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        key, equals, value = part.partition("=")
        if not key or not equals:
            raise InputError(None, f"`{part}` is not of the form KEY=VALUE")
        if key in found:
            raise InputError(None, f"`{key}` is given twice")
        found[key] = value
    return found


def _switched(path: KeyPath, text: str) -> Any:
    """Return what a yes or a no stands for: a switch is ``true`` or absent, a guardrail has no values or is absent."""
    word = text.lower()
    if word not in ("y", "yes", "n", "no"):
        raise InputError(None, f"`{text}` is neither yes nor no")
    if word in ("n", "no"):
        return None
    return () if path[0] == "guardrail" else True
