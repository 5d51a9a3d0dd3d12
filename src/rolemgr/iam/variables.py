"""
Policy variables: `${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves.

Only documents of version 2012-10-17 have them; in older ones the same text is literal. A variable whose
key is absent, or has several values, has no value: nothing equals it and nothing is like it. So a positive
operator does not match it, a *negated* one does, and a Resource or NotResource that holds it matches no
resource. What a variable brings in is literal: its `*` and `?` are not wildcards.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value

The reference's ARN formats have their placeholders in the same form, `${Account}`: `replaced` reads both.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol, TypeAlias


class Values(Protocol):
    """The condition keys of a request: their values by lower-case key."""

    @property
    def folded(self) -> Mapping[str, tuple[str, ...]]:
        """The values of each key that is present, by its name in lower case."""


class Piece(NamedTuple):
    """A part of a pattern; where it is *live*, its `*` and `?` are wildcards."""

    text: str
    live: bool


class Variable(NamedTuple):
    """A place that the request fills: a condition key, lower case, and what stands there without it."""

    key: str
    default: str | None
    spelling: str


Template: TypeAlias = tuple[Piece | Variable, ...]
Pieces: TypeAlias = tuple[Piece, ...]
Test: TypeAlias = Callable[[str], bool]
Matcher: TypeAlias = Callable[[str, Values], bool]
"""Whether a value of the request matches, given the request's context for the variables."""

_VARIABLE: Final = re.compile(r"\$\{(?:([*?$])|([^{}',]+)(?:,\s*'([^']*)'\s*)?)\}")
_ENCLOSED: Final = re.compile(_VARIABLE.pattern + r"|\$\{([^}]*)\}")
"""A variable, or what is enclosed as one and is none that IAM takes."""


_KEY: Final = re.compile(r"[a-z0-9][\w./-]*:(?!:)")
"""How the name of a condition key starts, in lower case; that of an identity provider has dots and slashes."""
_BEFORE_RESOURCE: Final = 5
"""The colons of an ARN in front of its resource part."""
_BRACES: Final = re.compile(r"(\$\{[^}]*\})")
_CHARACTERS: Final = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)


class _NoValues:
    folded: Mapping[str, tuple[str, ...]] = {}


_NO_VALUES: Final = _NoValues()


def parse(text: str, *, variables: bool) -> Template:
    """
    Return *text* as a template, without any variable unless the document's version has *variables*.

    Raises ValueError for `${` that starts no variable.
    """
    return tuple(_parts(text)) if variables and opens_variable(text) else (Piece(text, live=True),)


def _parts(text: str) -> Iterator[Piece | Variable]:
    done = 0
    while (start := text.find("${", done)) >= 0:
        found = _VARIABLE.match(text, start)
        if not found or not (found[1] or found[2].strip()):
            raise ValueError(f"`{text[start:]}` does not start with a policy variable")
        if done < start:
            yield Piece(text[done:start], live=True)
        yield _part(found)
        done = found.end()
    if done < len(text) or not text:
        yield Piece(text[done:], live=True)


def _part(found: re.Match[str]) -> Piece | Variable:
    if found[1]:
        return Piece(found[1], live=False)
    key = found[2].strip()
    return Variable(key.lower(), found[3], key)


def misplaced(template: Template) -> tuple[str, ...]:
    """
    Return the variables of a Resource's *template* that stand where AWS takes none, as written.

    They replace parts of "the resource portion of the ARN", which "appears after the fifth colon", and so do
    `${*}`, `${?}` and `${$}`, which "can be used in any string where you can use regular policy variables".
    An ARN operator's value may have variables anywhere.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
    """
    found, colons = [], 0
    for part in template:
        if colons >= _BEFORE_RESOURCE:
            break
        if isinstance(part, Variable):
            found.append(part.spelling)
        elif part.live:
            colons += part.text.count(":")
        else:
            found.append(part.text)
    return tuple(found)


def is_constant(template: Template) -> bool:
    """Tell whether *template* is the same for every request."""
    return all(isinstance(part, Piece) for part in template)


def keys(template: Template) -> tuple[str, ...]:
    """Return the condition keys, as written, that *template* cannot do without."""
    return tuple(part.spelling for part in template if isinstance(part, Variable) and part.default is None)


def resolve(template: Template, context: Values) -> Pieces | None:
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
    if len(template) == 1 and isinstance(template[0], Piece):
        test = build((template[0],))
        return lambda value, _context: test(value)
    if is_constant(template):
        test = build(resolve(template, _NO_VALUES) or ())
        return lambda value, _context: test(value)

    def matches(value: str, context: Values) -> bool:
        pieces = resolve(template, context)
        return pieces is not None and build(pieces)(value)

    return matches


def variables_in(text: str) -> Iterator[Variable]:
    """
    Yield the policy variables of *text*, also those with a default.

    Raises ValueError for `${` that starts no variable.
    """
    yield from (part for part in parse(text, variables=True) if isinstance(part, Variable))


def known_variables_in(text: str) -> Iterator[Variable]:
    """Yield the policy variables of *text*; one that IAM would refuse is passed over (a rule of its own names it)."""
    for found in _VARIABLE.finditer(text):
        part = _part(found)
        if isinstance(part, Variable) and part.key:
            yield part


def split_variables(text: str) -> tuple[str, ...]:
    """Return *text* as its characters, each policy variable in one piece with its braces."""
    return tuple(text) if not opens_variable(text) else tuple(found[0] for found in _CHARACTERS.finditer(text))


def around_variables(text: str) -> tuple[str, ...]:
    """Return *text* cut at its policy variables: text, variable with its braces, text ..., so an odd number."""
    return tuple(_BRACES.split(text)) if opens_variable(text) else (text,)


def early_variable(resource: str) -> str | None:
    """
    Return the policy variable, with its braces, that stands before the fifth colon of an ARN; None without one.

    IAM takes a variable only behind it; what other tools fill in (`${var.account}`) names no condition key.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
    """
    if not resource.startswith("arn:"):
        return None
    colons = 0
    for piece in around_variables(resource):
        if piece.startswith("${"):
            if colons < _BEFORE_RESOURCE and any(key_variables_in(piece)):
                return piece
        else:
            colons += piece.count(":")
    return None


def opens_variable(text: str) -> bool:
    """Tell whether *text* has the sign with which a policy variable starts, whatever follows it."""
    return "${" in text


def has_variable(text: str) -> bool:
    """Tell whether *text* encloses anything as a policy variable, whatever that is."""
    return opens_variable(text) and _ENCLOSED.search(text) is not None


def key_variables_in(text: str) -> Iterator[Variable]:
    """
    Yield the policy variables of *text* that name a condition key: `prefix:name`.

    What other tools fill in (`${var.account}`, `${AccountId}`, `${AWS::Region}`) is not of that form.
    """
    return (one for one in known_variables_in(text) if _KEY.match(one.key))


def replaced(text: str, fill: Callable[[Variable], str] | str, *, escapes: Mapping[str, str] | None = None) -> str:
    """
    Return *text* with *fill* for each variable, also for one that IAM would refuse.

    `${*}`, `${?}` and `${$}` become what *escapes* says, by default themselves as they are in a text that is
    compared. In a text that is a pattern use `as_pattern`.
    """
    if not opens_variable(text):
        return text

    def part(found: re.Match[str]) -> str:
        if found[1]:
            return (escapes or {}).get(found[1], found[1])
        key = (found[2] if found[2] is not None else found[4]).strip()
        return fill if isinstance(fill, str) else fill(Variable(key.lower(), found[3], key))

    return _ENCLOSED.sub(part, text)


_ONE: Final = {"*": "?", "?": "?"}
"""A star or question mark that stands for itself, as the narrowest wildcard that has it."""


def as_pattern(text: str, fill: Callable[[Variable], str] | str = "*") -> str:
    """
    Return *text* as a pattern without variables: each is *fill*, by default a star as it may be anything.

    What it matches holds all that *text* can match, and more: for whom "may match" is the careful answer.
    """
    return replaced(text, fill, escapes=_ONE)
