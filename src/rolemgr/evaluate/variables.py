"""
Policy variables: `${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves.

Only documents of version 2012-10-17 have them; in older ones the same text is literal. A variable whose
key is absent, or has several values, has no value: nothing equals it and nothing is like it. So a positive
operator does not match it, a *negated* one does, and a Resource or NotResource that holds it matches no
resource. What a variable brings in is literal: its `*` and `?` are no wildcards.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from rolemgr.evaluate.request import Context


class Piece(NamedTuple):
    """A part of a pattern; where it is *live*, its `*` and `?` are wildcards."""

    text: str
    live: bool


class Variable(NamedTuple):
    """A place that the request fills: a condition key, lower case, and what stands there without it."""

    key: str
    default: str | None
    written: str


Template: TypeAlias = tuple[Piece | Variable, ...]
Pieces: TypeAlias = tuple[Piece, ...]
Test: TypeAlias = Callable[[str], bool]
Matcher: TypeAlias = Callable[[str, Context], bool]
"""Whether a value of the request matches, given the request's context for the variables."""

_START = re.compile(r"\$\{")
_VARIABLE = re.compile(r"\$\{(?:([*?$])|([^{}',]+)(?:,\s*'([^']*)'\s*)?)\}")
_NO_CONTEXT = Context()


def parse(text: str, *, variables: bool) -> Template:
    """
    Return *text* as a template, without any variable unless the document's version has *variables*.

    Raises ValueError for `${` that starts no variable.
    """
    return tuple(_parts(text)) if variables else (Piece(text, live=True),)


def _parts(text: str) -> Iterator[Piece | Variable]:
    done = 0
    while start := _START.search(text, done):
        found = _VARIABLE.match(text, start.start())
        if not found or not (found[1] or found[2].strip()):
            raise ValueError(f"`{text[start.start() :]}` does not start with a policy variable")
        if done < start.start():
            yield Piece(text[done : start.start()], live=True)
        if found[1]:
            yield Piece(found[1], live=False)
        else:
            key = found[2].strip()
            yield Variable(key.lower(), found[3], key)
        done = found.end()
    if done < len(text) or not text:
        yield Piece(text[done:], live=True)


def keys(template: Template) -> tuple[str, ...]:
    """Return the condition keys, as written, that *template* cannot do without."""
    return tuple(part.written for part in template if isinstance(part, Variable) and part.default is None)


def resolve(template: Template, context: Context) -> Pieces | None:
    """Return *template* with the values of *context*, or None where a variable has no value."""
    pieces = []
    for part in template:
        if isinstance(part, Piece):
            pieces.append(part)
            continue
        values = context.folded.get(part.key, ())
        value = values[0] if len(values) == 1 else part.default
        if value is None:
            return None
        pieces.append(Piece(value, live=False))
    return tuple(pieces)


def bind(template: Template, build: Callable[[Pieces], Test]) -> Matcher:
    """Return the matcher that *build* makes of *template*: at once without a variable, else per request."""
    if all(isinstance(part, Piece) for part in template):
        test = build(resolve(template, _NO_CONTEXT) or ())
        return lambda value, _context: test(value)

    def matches(value: str, context: Context) -> bool:
        pieces = resolve(template, context)
        return pieces is not None and build(pieces)(value)

    return matches
