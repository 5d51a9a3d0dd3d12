"""
`rolemgr simulate --requests`: one JSON object a line in, one a line out, in order.

A line has `id`, `request` and the policies of each layer. What repeats from line to line, the policies,
is recognised by its text: read once, and looked up after that without being parsed again. A line that is
not understood is answered with its error.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any, BinaryIO, Final, NamedTuple, TypeVar

from rolemgr.errors import InputError, RolemgrError, SourceLocation, UnknownNameError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import Guard, guard_of
from rolemgr.files.json import json_problem
from rolemgr.files.source import MAX_BYTES, SourceFile, paths_of
from rolemgr.iam.documents import IdentityPolicy, PolicyDocument, ResourcePolicy, TrustPolicy
from rolemgr.model.source import parse_model

Document = TypeVar("Document", bound=PolicyDocument)

LAYERS: Final = (
    "identityPolicies", "permissionsBoundaries", "sessionPolicies", "serviceControlPolicies",
    "resourceControlPolicies", "resourcePolicy", "vpcEndpointPolicies",
)  # fmt: skip
_CACHED_TEXT: Final = 1 << 16
"""Longer texts of policies are read anew each time, so that what is kept has a bound."""


class Answer(NamedTuple):
    """What is said to one line; *understood* is False for an error."""

    text: str
    understood: bool


def answers(lines: BinaryIO) -> Iterator[Answer]:
    """Yield the answer to each of *lines* that is not blank, reading one at a time."""
    while line := lines.readline(MAX_BYTES + 1):
        if len(line) > MAX_BYTES:
            _skip_line(line, lines)
            yield _error(None, f"the line is longer than {MAX_BYTES:,} bytes")
        elif not line.isspace():
            yield answer(line)


def answer(line: bytes) -> Answer:
    """Return the answer to one line: the decision, or the error that says what is not understood."""
    parts = _Parts(None, None, "")
    try:
        parts = _split(_text(line))
        decision = evaluate(*_asked(parts)).decision
    except (RolemgrError, ValueError, StopIteration, RecursionError) as error:
        return _error(parts.id, _words(error))
    name = encode_basestring_ascii(parts.id) if type(parts.id) is str else json.dumps(parts.id)
    return Answer(f'{{"id": {name}, "decision": "{decision}"}}\n', understood=True)


def asked(line: bytes) -> tuple[Request, Policies]:
    """Return what a line that is understood asks, and of which policies."""
    return _asked(_split(_text(line)))


_NONE: Final = object()
"""The request of a line that has none."""


class _Parts(NamedTuple):
    """A line taken apart: its id, its request, and the text of all other members, a comma before each."""

    id: Any
    request: Any
    rest: str


def _asked(parts: _Parts) -> tuple[Request, Policies]:
    if parts.request is _NONE:
        raise InputError(None, "the line has no request")
    request = Request.from_json_value(parts.request)
    return request, _policies(parts.rest, guard_of(request))


_FIRST = re.compile(r'\s*\{\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_NEXT = re.compile(r'\s*,\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_REST: Final = '{"id": null, "request": null'
"""What the text of the other members makes a whole object of; a second id or request is then seen."""


def _split(line: str) -> _Parts:
    """Return *line* taken apart; once id and request are found, the rest is not looked into."""
    found: dict[str, Any] = {}
    others, end, member = "", 0, _FIRST.match(line)
    while member:
        key = json.loads(member[1]) if "\\" in member[1] else member[1][1:-1]
        value, stop = _DECODER.scan_once(line, member.end())
        if key in ("id", "request") and key not in found:
            found[key] = value
        else:
            others += f",{line[member.start(1) : stop]}"
        end = stop
        member = None if len(found) == 2 else _NEXT.match(line, end)
    if "request" not in found:
        _DECODER.decode(line)  # which says what is no JSON
    return _Parts(found.get("id"), found.get("request", _NONE), others + line[end:])


def _policies(rest: str, guard: Guard | None) -> Policies:
    """Return the policies in the text *rest* of a line's other members."""
    return (_cached_policies if len(rest) <= _CACHED_TEXT else _read_policies)(rest, guard)


def _read_policies(rest: str, guard: Guard | None) -> Policies:
    value = _DECODER.decode(_REST + rest)
    layers = {name: found for name, found in value.items() if name not in ("id", "request") and found is not None}
    for name in layers:
        if name not in LAYERS:
            raise UnknownNameError(None, "key", name, ("id", "request", *LAYERS))
    bounds = _documents(layers, "permissionsBoundaries", IdentityPolicy)
    if len(bounds) > 1:
        raise InputError(SourceLocation("permissionsBoundaries"), "a principal has one permissions boundary")
    return Policies(
        identity=_documents(layers, "identityPolicies", IdentityPolicy),
        permissions_boundary=bounds[0] if bounds else None,
        session=_documents(layers, "sessionPolicies", IdentityPolicy),
        service_control=_levels(layers, "serviceControlPolicies", IdentityPolicy),
        resource_control=_levels(layers, "resourceControlPolicies", ResourcePolicy),
        resource=_resource_policy(layers.get("resourcePolicy"), guard),
        vpc_endpoints=_documents(layers, "vpcEndpointPolicies", ResourcePolicy),
    )


_cached_policies = lru_cache(maxsize=1024)(_read_policies)


def _resource_policy(value: object, guard: Guard | None) -> ResourcePolicy | TrustPolicy | None:
    """Return the resource's policy; a key or a role has one always, and without it lets nobody in."""
    kind: type[ResourcePolicy] | type[TrustPolicy] = TrustPolicy if guard is Guard.ROLE else ResourcePolicy
    if value is not None:
        return _document(value, "resourcePolicy", kind)
    return None if guard is None else kind(statement=())


def _documents(layers: Mapping[str, Any], name: str, kind: type[Document]) -> tuple[Document, ...]:
    return _each(layers.get(name, []), name, lambda value, place: _document(value, place, kind))


def _levels(layers: Mapping[str, Any], name: str, kind: type[Document]) -> tuple[tuple[Document, ...], ...]:
    def level(value: object, place: str) -> tuple[Document, ...]:
        return _each(value, place, lambda one, where: _document(one, where, kind))

    return _each(layers.get(name, []), name, level)


_Read = TypeVar("_Read")


def _each(values: object, place: str, read: Callable[[Any, str], _Read]) -> tuple[_Read, ...]:
    """Return what *read* makes of each of *values*; a single policy document stands for a list of it."""
    if isinstance(values, dict):
        return (read(values, place),)
    if not isinstance(values, list):
        raise InputError(SourceLocation(place), "must be a list")
    return tuple(read(value, f"{place}[{index}]") for index, value in enumerate(values))


class _Value(SourceFile):
    """A value of a line: what is wrong with it is said with its place, as it has no line of its own."""

    def at(self, path: object = ()) -> SourceLocation:
        """Return the place of the whole value."""
        return SourceLocation(self.name)


def _document(value: object, place: str, kind: type[Document]) -> Document:
    """Return *value* as a policy document; equal ones, also of other lines, are one."""
    return _cached_document(_Written(json.dumps(value), value), place, kind)  # type: ignore[return-value]


class _Written(NamedTuple):
    """A document as text, by which it is known, and as the value that it is."""

    text: str
    value: Any

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Written) and self.text == other.text


@lru_cache(maxsize=1024)
def _cached_document(written: _Written, place: str, kind: type[PolicyDocument]) -> PolicyDocument:
    paths = dict.fromkeys(paths_of(written.value), 0)
    return parse_model(_Value(place, written.value, paths), kind).value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; one with a key twice would lose a statement without a word."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise InputError(None, f"repeats the key `{next(key for key in keys if keys.count(key) > 1)}`")
    return found


def _no_constant(name: str) -> Any:
    raise InputError(None, f"`{name}` is no JSON value")


_DECODER: Any = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(None, f"is not UTF-8 (byte {error.start})") from error


def _words(error: Exception) -> str:
    """Return *error* as one line in our words."""
    if isinstance(error, RolemgrError):
        return " | ".join(str(error).splitlines())
    if isinstance(error, RecursionError):
        return "is nested too deep"
    reason = json_problem(error) if isinstance(error, json.JSONDecodeError) else "a value is missing or none"
    return f"is not valid JSON: {reason}"


def _error(name: object, problem: str) -> Answer:
    return Answer(json.dumps({"id": name, "error": problem}) + "\n", understood=False)


def _skip_line(line: bytes, lines: BinaryIO) -> None:
    while line and not line.endswith(b"\n"):
        line = lines.readline(MAX_BYTES)
