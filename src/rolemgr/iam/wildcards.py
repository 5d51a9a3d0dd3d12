r"""
The wildcards of policies, `*` for any characters and `?` for one, as compiled tests.

Four places use them and differ in what a wildcard may span:

- actions and StringLike: anything.
  https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
- Resource and NotResource: a wildcard stays within its segment (the parts between the first five colons),
  but a `*` that ends its segment "can expand to match beyond the colon boundaries", so `*` alone is
  everything and `arn:aws:s3:*` all of S3. The sixth segment is the service's own: there, `*` and `?` span
  `/` and `:` alike. Case matters.
  https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
- ARN operators: "each of the six colon-delimited components of the ARN is checked separately".
  https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN

A pattern without `?` is compared text by text, between its stars. In the others a `*` becomes an atomic group,
`(?>.*?text)`, wherever the earliest match leaves the most room for the rest: a pattern of many stars then takes
linear time and not for ever.

Beside the tests stand the same patterns as steps (`glob_steps` ...), for those who ask what two patterns have
in common and not what one of them matches. For plain text without variables there are `matches`,
`action_glob` or `contains`; nothing else compiles a glob.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rolemgr.iam.variables import Piece, Pieces, Test, split_variables

SEGMENTS = 6


class _Token(NamedTuple):
    """One character of a pattern: which it is, whether a wildcard, and in which segment of an ARN."""

    char: str
    wild: bool
    segment: int


class PatternStep(NamedTuple):
    """
    One step of a pattern: the character *char*, or None for any; *again* says any number of them.

    Any is any at all where it *spans*, and any but a colon where it does not.
    """

    char: str | None
    again: bool = False
    spans: bool = True


Steps: TypeAlias = tuple[PatternStep, ...]


def literal_steps(text: str) -> Steps:
    """Return the steps of *text* without any wildcard."""
    return tuple(map(PatternStep, text))


@lru_cache(maxsize=1 << 14)
def glob_steps(pieces: Pieces) -> Steps:
    """Return the steps of `glob`."""
    return tuple(_step(token, spans=True) for token in _tokens(pieces))


@lru_cache(maxsize=1 << 14)
def resource_steps(pieces: Pieces) -> Steps:
    """Return the steps of `resource_glob`."""
    return _joined([list(_resource_steps(segment)) for segment in _segments(_tokens(pieces))])


@lru_cache(maxsize=1 << 14)
def arn_steps(pieces: Pieces) -> Steps | None:
    """Return the steps of `arn_glob`; None where nothing matches."""
    segments = _segments(_tokens(pieces))
    if len(segments) != SEGMENTS:
        return None
    return _joined([[_step(token, spans=_in_last(token)) for token in segment] for segment in segments])


@lru_cache(maxsize=1 << 14)
def glob(pieces: Pieces) -> Test:
    """Return the test whether a whole text matches, wildcards spanning anything."""
    marked = _marked(pieces)
    if marked is not None:
        return _between_stars(marked)
    text = "".join(piece.text for piece in pieces)
    if all(piece.live for piece in pieces) and "*" not in text:
        return _one_for_one(text)
    return _fullmatch(_spanning(_tokens(pieces), within_segments=False))


def _one_for_one(pattern: str) -> Test:
    """Return the test of a *pattern* without stars."""
    return lambda value: (
        len(value) == len(pattern) and all(wanted in ("?", char) for wanted, char in zip(pattern, value, strict=True))
    )


@lru_cache(maxsize=1 << 14)
def resource_glob(pieces: Pieces) -> Test:
    """Return the test whether a resource matches a Resource or NotResource value."""
    marked = _marked(pieces)
    if marked is not None and not any(map(_stays_inside, marked.split(":", SEGMENTS - 1)[: SEGMENTS - 1])):
        return _between_stars(marked)
    segments = _segments(_tokens(pieces))
    if any(map(_has_inner_star, segments[: SEGMENTS - 1])):
        return _fullmatch(":".join(_resource_segment(segment) for segment in segments))
    return _fullmatch(_spanning(_tokens(pieces), within_segments=True))


def resource_text_glob(text: str) -> Test:
    """Return the test of `resource_glob` for a plain text with wildcards, at once for the commonest."""
    if "?" in text or _STAR in text or any(map(_runs_on, text.split(":", SEGMENTS - 1)[: SEGMENTS - 1])):
        return resource_glob((Piece(text, live=True),))
    return _between_stars(text.replace("*", _STAR))


def _runs_on(segment: str) -> bool:
    return "*" in segment.rstrip("*")


@lru_cache(maxsize=1 << 14)
def arn_glob(pieces: Pieces) -> Test:
    """Return the test whether an ARN matches the value of an ARN operator; other text never does."""
    if sum(text.count(":") for text, _ in pieces) < SEGMENTS - 1:
        return _nothing
    marked = _marked(pieces)
    if marked is not None:
        return _by_segments(marked)
    segments = _segments(_tokens(pieces))
    return _fullmatch(":".join(_within(segment) for segment in segments))


@lru_cache(maxsize=1 << 14)
def action_glob(pattern: str) -> Test:
    """Return the test whether a lower-case action matches *pattern*, in whatever case it is written."""
    return text_glob(pattern.lower())


@lru_cache(maxsize=1 << 14)
def text_glob(pattern: str) -> Test:
    """Return the test whether a whole text matches *pattern*, a plain text with wildcards and no variables."""
    return glob((Piece(pattern, live=True),))


def matches(pattern: str, text: str) -> bool:
    """Tell whether *pattern*, a plain text with wildcards and no variables, matches all of *text*."""
    return text_glob(pattern)(text)


def matches_action(pattern: str, action: str) -> bool:
    """Tell whether the action *pattern* stands for *action*; case does not matter."""
    return action_glob(pattern)(action.lower())


def matches_folded_action(pattern: str, folded_action: str) -> bool:
    """Tell whether the action *pattern* stands for a lower-case action, at once where it starts otherwise."""
    folded = pattern.lower()
    if "?" in folded:
        return text_glob(folded)(folded_action)
    start, star, rest = folded.partition("*")
    if not star:
        return folded == folded_action
    return folded_action.startswith(start) and (not rest or text_glob(folded)(folded_action))


def has_wildcard(text: str) -> bool:
    """Tell whether *text* has a wildcard."""
    return "*" in text or "?" in text


_WILD = re.compile(r"[*?]+")


def widened(text: str) -> str:
    """Return *text* with one star for each run of wildcards that has a star: `role/?*` is as wide for a reader."""
    return _WILD.sub(lambda run: "*" if "*" in run[0] else run[0], text)


def fixed_beginning(text: str) -> str:
    """Return *text* up to its first wildcard: how everything begins that it matches."""
    return text.partition("*")[0].partition("?")[0]


@lru_cache(maxsize=1 << 16)
def contains(outer: str, inner: str) -> bool:
    """
    Tell whether the glob *outer* matches everything that *inner* does.

    A star of *inner* is taken as a character that only a star of *outer* can stand for, and a policy variable
    as one that only a star or the same variable can: so "yes" is certain, and "no" may be too careful.
    """
    wide, narrow = split_variables(outer), split_variables(inner)
    star, start, at, place = -1, 0, 0, 0
    while at < len(narrow):
        if place < len(wide) and wide[place] == "*":
            star, start, place = place, at, place + 1
        elif place < len(wide) and (wide[place] == narrow[at] or (wide[place] == "?" and _is_one(narrow[at]))):
            at, place = at + 1, place + 1
        elif star >= 0:  # let the last star take one character more
            start, at, place = start + 1, start + 1, star + 1
        else:
            return False
    return all(part == "*" for part in wide[place:])


def _is_one(part: str) -> bool:
    """Tell whether *part* stands for one character: a variable may be of any length, a star too."""
    return len(part) == 1 and part != "*"


def _nothing(_value: str) -> bool:
    return False


_STAR = "\0"
"""What stands for a star that is a wildcard, where the stars that are none stay stars."""


def _marked(pieces: Pieces) -> str | None:
    """Return the pattern with its stars marked, or None where that can't be done or is not enough."""
    marked = ""
    for text, live in pieces:
        if _STAR in text or (live and "?" in text):
            return None
        marked += text.replace("*", _STAR) if live else text
    return marked


def _between_stars(marked: str) -> Test:
    """Return the test of a pattern whose stars span anything: its texts come one after the other."""
    first, *middle = marked.split(_STAR)
    if not middle:
        return first.__eq__
    if middle == [""]:
        return lambda value: value.startswith(first)
    *middle, last = middle
    least = len(marked) - len(middle) - 1

    def test(value: str) -> bool:
        if len(value) < least or not value.startswith(first) or not value.endswith(last):
            return False
        at, end = len(first), len(value) - len(last)
        for text in middle:  # the earliest place of each leaves the most room for the rest
            at = value.find(text, at, end)
            if at < 0:
                return False
            at += len(text)
        return True

    return test


def _stays_inside(segment: str) -> bool:
    """Tell whether a star of a marked *segment* has something else behind it, and so does not run on."""
    return _STAR in segment.rstrip(_STAR)


def _by_segments(marked: str) -> Test:
    """Return the test of an ARN operator's pattern: each segment for itself."""
    segments = tuple(map(_between_stars, marked.split(":", SEGMENTS - 1)))

    def test(value: str) -> bool:
        found = value.split(":", SEGMENTS - 1)
        return len(found) == SEGMENTS and all(matches(one) for matches, one in zip(segments, found, strict=True))

    return test


def _fullmatch(source: str) -> Test:
    """Return the test for the regular expression *source*; most are never asked, so it is compiled when it is."""
    pattern: re.Pattern[str] | None = None

    def test(value: str) -> bool:
        nonlocal pattern
        pattern = pattern or re.compile(source, re.DOTALL)
        return pattern.fullmatch(value) is not None

    return test


def _tokens(pieces: Pieces) -> Iterator[_Token]:
    segment = 0
    for text, live in pieces:
        for char in text:
            yield _Token(char, live and char in "*?", segment)
            if char == ":" and segment < SEGMENTS - 1:
                segment += 1


def _segments(tokens: Iterable[_Token]) -> list[list[_Token]]:
    """Return the tokens of each segment, without the colon that ends it."""
    segments: list[list[_Token]] = [[]]
    for token in tokens:
        if token.char == ":" and len(segments) < SEGMENTS:
            segments.append([])
        else:
            segments[-1].append(token)
    return segments


def _step(token: _Token, *, spans: bool) -> PatternStep:
    return PatternStep(None if token.wild else token.char, _is_star(token), spans)


def _in_last(token: _Token) -> bool:
    return token.segment == SEGMENTS - 1


def _resource_steps(segment: list[_Token]) -> Iterator[PatternStep]:
    """Yield the steps of a Resource's segment: a star with nothing but stars behind it runs on."""
    for index, token in enumerate(segment):
        ends = all(map(_is_star, segment[index:]))
        yield _step(token, spans=_in_last(token) or ends)


def _joined(segments: list[list[PatternStep]]) -> Steps:
    first, *others = segments
    return (*first, *(step for segment in others for step in (PatternStep(":"), *segment)))


def _is_star(token: _Token) -> bool:
    return token.wild and token.char == "*"


def _has_inner_star(segment: list[_Token]) -> bool:
    """Return whether a star of *segment* has something else behind it, and so stays inside."""
    stars = [index for index, token in enumerate(segment) if _is_star(token)]
    return any(not all(map(_is_star, segment[index:])) for index in stars)


def _chunks(tokens: Iterable[_Token], one: str | None) -> list[str]:
    """Return the regular expressions between the stars; `?` is *one*, or by its segment where None."""
    chunks = [""]
    for token in tokens:
        if _is_star(token):
            chunks.append("")
        elif token.wild:
            chunks[-1] += one or ("." if token.segment == SEGMENTS - 1 else "[^:]")
        else:
            chunks[-1] += re.escape(token.char)
    return chunks


def _starred(chunks: list[str], one: str, last_star: str) -> str:
    if len(chunks) == 1:
        return chunks[0]
    first, *middle, last = chunks
    return first + "".join(f"(?>{one}*?{chunk})" for chunk in middle if chunk) + last_star + last


def _spanning(tokens: Iterable[_Token], *, within_segments: bool) -> str:
    return _starred(_chunks(tokens, None if within_segments else "."), ".", ".*")


def _within(segment: list[_Token]) -> str:
    """Return the expression for a segment whose wildcards stay inside; the sixth holds all that is left."""
    one = "." if segment and segment[0].segment == SEGMENTS - 1 else "[^:]"
    return _starred(_chunks(segment, one), one, f"{one}*")


def _resource_segment(segment: list[_Token]) -> str:
    """Return the expression for a Resource's segment, whose last star may run on."""
    if not segment or not _is_star(segment[-1]):
        return _within(segment)
    one = "." if segment[0].segment == SEGMENTS - 1 else "[^:]"
    return _starred(_chunks(segment, one), one, ".*")
