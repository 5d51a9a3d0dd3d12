"""
Atoms: the smallest questions that a statement asks of one text, comparable across statements.

An atom is one value of a condition, or one pattern of Resource. Two atoms are equal where every text gets the
same answer from both, in whichever policy they stand: `StringLike` without a wildcard is `StringEquals`.

An atom with a policy variable asks about two things at once. It is *opaque*: taken as a question of its own,
the same wherever the same text stands, that may be answered either way wherever its *pattern*, the atom with
a star for each variable, matches. That is more than what requests can do, so that nothing is proven wrongly;
the caller of a search must look for a real request (`rolemgr.compare.witness`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Final, Literal, TypeAlias

from rolemgr.compare.regions import Pattern
from rolemgr.evaluate.request import Context
from rolemgr.iam.values import READERS
from rolemgr.iam.variables import Piece, Pieces, Template, Test, Variable, misplaced, parse, resolve
from rolemgr.iam.wildcards import (
    SEGMENTS,
    arn_glob,
    arn_steps,
    glob,
    glob_steps,
    literal_steps,
    resource_glob,
    resource_steps,
)

Family: TypeAlias = Literal["text", "number", "date", "bool", "binary", "address"]
"""Atoms of one family are told apart by one kind of value."""

AtomKind: TypeAlias = Literal["equals", "folded", "like", "arn", "resource"]
Filled: TypeAlias = Mapping[str, tuple[str, ...]]
"""Values of condition keys (lower case) that are settled, for the policy variables."""

_FAMILIES: Final[Mapping[str, Family]] = {
    "String": "text", "Arn": "text", "Numeric": "number", "Date": "date", "Bool": "bool", "Binary": "binary",
    "IpAddress": "address", "NotIpAddress": "address",
}  # fmt: skip
_STAR: Final = Piece("*", live=True)


@dataclass(frozen=True)
class Atom:
    """
    A question about one text: its *family*, and *what* it asks, which decides alone whether two are equal.

    *test* is the evaluator's answer for a text, None for an opaque atom. *pattern* says of the family text
    which texts match, or for an opaque one may match.
    """

    family: Family
    what: object
    test: Test | None = field(compare=False)
    pattern: Pattern | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)
    """How the policy that was read first writes it."""

    @cached_property
    def _hash(self) -> int:
        return hash((self.family, self.what))

    @cached_property
    def order(self) -> str:
        """What atoms are sorted by, so that the same policies always give the same witness."""
        return repr(self.what)

    def __hash__(self) -> int:
        """Return the hash, made once: statements are asked for their atoms very often."""
        return self._hash

    @property
    def opaque(self) -> bool:
        """Whether the answer depends on a policy variable."""
        return self.test is None


def family_of(base: str) -> Family:
    """Return the family of the base operator *base*."""
    return next(family for start, family in _FAMILIES.items() if base.startswith(start))


def condition_atom(base: str, text: str, variables: bool, filled: Filled) -> Atom:
    """Return the atom of the value *text* under the base operator *base*, with the variables that are *filled*."""
    family = family_of(base)
    if family == "text":
        return replace(_text_atom(_kind(base), text, variables, filled), text=text)
    matcher = READERS[base](text, variables)
    settled = Context()
    return Atom(family, _what(base, text), lambda value: matcher(value, settled))


def resource_atom(text: str, variables: bool, filled: Filled) -> Atom:
    """Return the atom of the pattern *text* of a Resource or NotResource; a misplaced variable matches nothing."""
    if misplaced(parse(text, variables=variables)):
        return replace(_settled("resource", None), text=text)
    return replace(_text_atom("resource", text, variables, filled), text=text)


def _kind(base: str) -> AtomKind:
    if base.startswith("Arn"):
        return "arn"
    return "folded" if base.endswith("IgnoreCase") else "like" if base.endswith("Like") else "equals"


def _what(base: str, text: str) -> object:
    """Return what a value that is not a text asks; negated and plain operators ask the same."""
    plain = base.replace("NotEquals", "Equals").removeprefix("Not")
    return plain, text.lower() if plain == "Bool" else text


def _text_atom(kind: AtomKind, text: str, variables: bool, filled: Filled) -> Atom:
    template = parse(text, variables=variables)
    open_keys = [part.key for part in template if isinstance(part, Variable) and part.key not in filled]
    if open_keys:
        return _opaque(kind, template)
    return _settled(kind, resolve(template, Context(dict(filled))))


@lru_cache(maxsize=1 << 14)
def _settled(kind: AtomKind, pieces: Pieces | None) -> Atom:
    if pieces is None:  # a variable without a value: nothing matches
        return Atom("text", "nothing", lambda _: False, Pattern(None))
    if kind == "folded" and not "".join(piece.text for piece in pieces).isascii():
        return Atom("text", (kind, pieces), None, Pattern(glob_steps((_STAR,))))
    pattern = _pattern(kind, pieces)
    return Atom("text", (pattern.steps, pattern.folds), _test(kind, pieces), pattern)


def _test(kind: AtomKind, pieces: Pieces) -> Test:
    """Return the test that the evaluator makes of *pieces*."""
    if kind in ("like", "arn", "resource"):
        return {"like": glob, "arn": arn_glob, "resource": resource_glob}[kind](pieces)
    wanted = "".join(piece.text for piece in pieces)
    if kind == "equals":
        return lambda value: value == wanted
    folded = wanted.lower()
    return lambda value: value.lower() == folded


def _pattern(kind: AtomKind, pieces: Pieces) -> Pattern:
    text = "".join(piece.text for piece in pieces)
    if kind in ("equals", "folded"):
        return Pattern(literal_steps(text.lower() if kind == "folded" else text), folds=kind == "folded")
    steps = {"like": glob_steps, "arn": arn_steps, "resource": resource_steps}[kind]
    return Pattern(steps(pieces))


@lru_cache(maxsize=1 << 12)
def _opaque(kind: AtomKind, template: Template) -> Atom:
    same = tuple(part._replace(spelling=part.key) if isinstance(part, Variable) else part for part in template)
    return Atom("text", ("opaque", kind, same), None, _relaxed(kind, template))


def _relaxed(kind: AtomKind, template: Template) -> Pattern:
    """
    Return a pattern that matches whatever the variables of *template* may bring in.

    A value with a colon shifts the segments behind it, so unless the variables stand in the last segment the
    wildcards are taken to span colons.
    """
    live = kind in ("like", "arn", "resource")
    pieces = tuple(
        _STAR if isinstance(part, Variable) else part if live else Piece(part.text, live=False) for part in template
    )
    if kind == "folded":
        return Pattern(glob_steps((_STAR,)))
    before = next(index for index, part in enumerate(template) if isinstance(part, Variable))
    fixed = "".join(piece.text for piece in pieces[:before])
    if kind in ("arn", "resource") and fixed.count(":") >= SEGMENTS - 1:
        return Pattern(resource_steps(pieces) if kind == "resource" else arn_steps(pieces))
    return Pattern(glob_steps(pieces))
