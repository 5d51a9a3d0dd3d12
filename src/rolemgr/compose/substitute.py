"""
Fill ``{{ name }}`` placeholders: names only, no expressions, one pass.

One pass means that a value is never read for placeholders again, so no value can pull in another. A name
with several values makes one string of each, which is how a list of buckets becomes a list of ARNs.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from typing import NamedTuple, TypeAlias

from rolemgr.errors import SourceLocation, UnknownNameError

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")

Values: TypeAlias = Mapping[str, tuple[str, ...]]


class UnknownPlaceholderError(LookupError):
    """A string has a placeholder that stands for nothing, or braces that hold no placeholder."""

    def at(self, where: SourceLocation | None, known: Iterable[str], kind: str = "placeholder") -> UnknownNameError:
        """Return the error at *where*; *known* are the names that it may be, *kind* what they are."""
        text = str(self)
        if variable := re.fullmatch(r"\{\{\s*([\w-]+:[^{}|]*?)\s*\}\}", text):
            return UnknownNameError(where, kind, text, (), otherwise=f"a variable of AWS's is ${{{variable[1]}}}")
        if "{{" in text or "}}" in text:
            return UnknownNameError(where, kind, text, (), otherwise=_NAME_ALONE)
        return UnknownNameError(where, kind, text, known)


_NAME_ALONE = "it is a name alone, such as {{ work_buckets }}: no filter, dot, quote or capital letter"


@lru_cache(maxsize=4096)
def names_in(text: str) -> tuple[str, ...]:
    """
    Return the names of the placeholders of *text*, in order, each once.

    Raises UnknownPlaceholderError for stray ``{{`` or ``}}``.
    """
    stray = _PLACEHOLDER.sub("", text)
    if "{{" in stray or "}}" in stray:
        wrong = re.search(r"\{\{[^{}]*\}\}", stray)
        raise UnknownPlaceholderError(wrong[0] if wrong else text)
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


class Placeholder(NamedTuple):
    """The place of a value in a text, by its *name*."""

    name: str


def pieces_of(text: str) -> tuple[str | Placeholder, ...]:
    """Return *text* cut at its placeholders: text and placeholders, in order; empty texts are left out."""
    cut = _PLACEHOLDER.split(text)
    return tuple(Placeholder(one) if index % 2 else one for index, one in enumerate(cut) if one or index % 2)


def fill(text: str, values: Values) -> tuple[str, ...]:
    """
    Return *text* with its placeholders filled, one string for each combination of their *values*.

    Raises UnknownPlaceholderError for a name that is not in *values*, and for stray ``{{`` or ``}}``.
    """
    names = names_in(text)
    if not names:
        return (text,)
    for name in names:
        if name not in values:
            raise UnknownPlaceholderError(name)
    return tuple(_filled(text, dict(zip(names, choice, strict=True))) for choice in _choices(names, values))


def _choices(names: tuple[str, ...], values: Values) -> Iterable[tuple[str, ...]]:
    return product(*(values[name] for name in names))


def _filled(text: str, choice: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: choice[found[1]], text)


def in_words(text: str, values: Values) -> str:
    """Return *text* for a reader, each placeholder as its *values* joined by "or"; "?" for one without a value."""
    return fill(text, {name: (" or ".join(values.get(name, ("?",))),) for name in names_in(text)})[0]
