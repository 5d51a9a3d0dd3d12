"""
`rolemgr simulate --requests`: one JSON object a line in, one a line out, in order.

A line has `id`, `request` and the policies of each layer. What repeats from line to line, the policies, is
recognised by its text: read once, and looked up after that without being parsed again. What does not is read
the quick way (`rolemgr.evaluate.plain`), and where that does not do, as any policy file is. A line that is not
understood is answered with its error.
"""

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from json.encoder import encode_basestring_ascii
from typing import Any, BinaryIO, Final, NamedTuple, TypeVar

from rolemgr.errors import InputError, RolemgrError, SourceLocation, UnknownNameError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.plain import (
    ELSEWHERE,
    IDENTITY,
    RESOURCE,
    TRUST,
    NotPlainError,
    PlainDocument,
    PlainGroup,
    PlainPolicies,
    Shape,
    read_plain,
    read_plain_control,
)
from rolemgr.evaluate.policies import Layer, Layers, Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import Guard, guard_of
from rolemgr.evaluate.session_roles import decision_of
from rolemgr.files.json import json_problem, parse_json, read_opening, unmeasured_json
from rolemgr.files.source import MAX_BYTES, DataPath, FileError, SourceFile, paths_of
from rolemgr.iam.documents import IdentityPolicy, PolicyDocument, ResourceControlPolicy, ResourcePolicy, TrustPolicy
from rolemgr.iam.kept import Kept
from rolemgr.model.source import parse_model
from rolemgr.workflow.spread import in_order, is_worth_it, skip_line

Document = TypeVar("Document", bound=PolicyDocument)

LAYERS: Final = (
    "identityPolicies", "permissionsBoundaries", "sessionPolicies", "serviceControlPolicies",
    "resourceControlPolicies", "resourcePolicy", "vpcEndpointPolicies",
)  # fmt: skip
EXAMPLE: Final = (
    '{"id": 1, "request": {"action": "s3:GetObject", "resource": "arn:aws:s3:::acme/a.csv"}, "identityPolicies": [...]}'
)
_SEEN: Final[set[int]] = set()
_MANY: Final = 1 << 16
_KEPT: Final[Kept[Layers]] = Kept(1 << 21)
"""The policies of the last lines by their text, about these characters of it; read they take some ten times as much."""


class BatchAnswer(NamedTuple):
    """What is said to one line; *understood* is False for an error."""

    text: str
    understood: bool


class BatchAnswers(NamedTuple):
    """What is said to so many *lines*, some of which are *misunderstood*: the *text* of all of them, in order."""

    text: str
    lines: int
    misunderstood: int


def answers(lines: BinaryIO) -> Iterator[BatchAnswers]:
    """Yield the answers to *lines* that are not blank: one at a time, or many of a large file, on every core."""
    if is_worth_it(lines):
        yield from (BatchAnswers(*found) for found in in_order(answer_chunk, lines))
        return
    before = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    try:
        yield from (BatchAnswers(one.text, 1, not one.understood) for one in _answers(lines))
    finally:
        gc.set_threshold(*before)


_RARELY: Final = (200_000, 20, 20)
"""How seldom cycles of garbage are looked for: a line leaves hardly any, and looking takes a third of the time."""


def answer_chunk(chunk: bytes) -> tuple[str, int, int]:
    """Return the answers to the lines of *chunk* as `BatchAnswers` has them, in a form that is quickly sent."""
    gc.set_threshold(*_RARELY)  # of a process that does nothing else
    found = list(_answers(BytesIO(chunk)))
    return "".join([one.text for one in found]), len(found), sum(not one.understood for one in found)


def _answers(lines: BinaryIO) -> Iterator[BatchAnswer]:
    for _, found in offline_answers(lines):
        yield found


def offline_answers(lines: BinaryIO) -> Iterator[tuple[bytes, BatchAnswer]]:
    """Yield each of *lines* that is not blank, with the answer to it."""
    while line := lines.readline(MAX_BYTES + 1):
        if len(line) > MAX_BYTES:
            skip_line(line, lines)
            yield line, _error(None, f"the line is longer than {MAX_BYTES:,} bytes")
        elif not line.isspace():
            yield line, answer(line)


def answer(line: bytes, read: Callable[[str, Guard | None], Layers] | None = None) -> BatchAnswer:
    """
    Return the answer to one line: the decision, or the error that says what is not understood.

    *read* makes policies of the text of a line's other members: `remembered` unless it is given.
    """
    parts = _Parts(None, None, "")
    try:
        parts = _split(_text(line))
        request = _request(parts)
        decision = _decision(request, (read or remembered)(parts.rest, guard_of(request)))
    except (RolemgrError, ValueError, RecursionError) as error:
        return _error(parts.id, _words(error))
    name = encode_basestring_ascii(parts.id) if type(parts.id) is str else json.dumps(parts.id)
    return BatchAnswer(f'{{"id": {name}, "decision": "{decision}"}}\n', understood=True)


def _decision(request: Request, policies: Layers) -> str:
    if ":assumed-role/" not in (request.principal or ""):  # no session: the quick path
        return evaluate(request, policies).decision
    return decision_of(request, policies) or "NotKnown"


def asked(line: bytes) -> tuple[Request, Policies]:
    """Return what a line that is understood asks, and of which policies: read as any policy file is."""
    parts = _split(_text(line))
    request = _request(parts)
    return request, carefully(parts.rest, guard_of(request))


_NONE: Final = object()
"""The request of a line that has none."""


class _Parts(NamedTuple):
    """A line taken apart: its id, its request, and the text of all other members, a comma before each."""

    id: Any
    request: Any
    rest: str


_HEAD: Final = ("id", "request")
_REST: Final = '{"id": null, "request": null'
"""What the text of the other members makes a whole object of; a second id or request is then seen."""


def _split(line: str) -> _Parts:
    """Return *line* taken apart; once id and request are found, the rest is not looked into."""
    try:
        members, rest = read_opening(line, _HEAD)
    except ValueError:
        parse_json(line, "the line")  # which has words for it
        raise
    if "request" not in members:
        parse_json(line, "the line")
    return _Parts(members.get("id"), members.get("request", _NONE), rest)


def _request(parts: _Parts) -> Request:
    if parts.request is _NONE:
        raise InputError(None, "the line has no request", f"write {EXAMPLE}")
    return Request.from_json_value(parts.request)


def remembered(rest: str, guard: Guard | None) -> Layers:
    """Return the policies in the text *rest* of a line's other members; what comes a second time is kept."""
    found = _KEPT.get((rest, guard))
    if found is None:
        found = read_policies(rest, guard)
        if hash(rest) in _SEEN:
            _KEPT.put((rest, guard), found, len(rest))
        elif len(_SEEN) < _MANY:
            _SEEN.add(hash(rest))
        else:
            _SEEN.clear()
    return found


def read_policies(rest: str, guard: Guard | None) -> Layers:
    """Return the policies in the text *rest*, read quickly where that does."""
    try:
        return _quickly(unmeasured_json(_REST + rest), guard)
    except (NotPlainError, ValueError, RecursionError):
        return carefully(rest, guard)


def _quickly(members: Mapping[str, Any], guard: Guard | None) -> PlainPolicies:
    """Return the policies among a line's *members*; raise NotPlainError for what takes a closer look."""
    layers = {name: found for name, found in members.items() if found is not None}
    if not layers.keys() <= _KNOWN:
        raise NotPlainError
    groups = [PlainGroup(Layer.IDENTITY, None, _plain(layers.get("identityPolicies", ()), IDENTITY))]
    policy = layers.get("resourcePolicy")
    if guard is not None or policy is not None:
        layer, shape = (Layer.TRUST, TRUST) if guard is Guard.ROLE else (Layer.RESOURCE, RESOURCE)
        groups.append(PlainGroup(layer, None, () if policy is None else (read_plain(policy, shape),)))
    bounds = _plain(layers.get("permissionsBoundaries", ()), IDENTITY)
    if len(bounds) > 1:
        raise NotPlainError
    sessions = _plain(layers.get("sessionPolicies", ()), IDENTITY)
    endpoints = _plain(layers.get("vpcEndpointPolicies", ()), ELSEWHERE)
    alone = ((Layer.PERMISSIONS_BOUNDARY, bounds), (Layer.SESSION, sessions))
    groups += [PlainGroup(layer, None, documents) for layer, documents in alone if documents]
    for level, one in enumerate(_many(layers.get("serviceControlPolicies", ()))):
        groups.append(PlainGroup(Layer.SERVICE_CONTROL, level, _plain(one, IDENTITY)))
    for level, one in enumerate(_many(layers.get("resourceControlPolicies", ()))):
        controls = tuple([read_plain_control(control) for control in _many(one)])
        groups.append(PlainGroup(Layer.RESOURCE_CONTROL, level, controls))
    if endpoints:
        groups.append(PlainGroup(Layer.VPC_ENDPOINT, None, endpoints))
    return PlainPolicies(tuple(groups), bool(bounds), bool(sessions), guard is not None or policy is not None)


_KNOWN: Final = frozenset(LAYERS)


def _many(values: Any) -> Any:
    """Return *values*, or the single policy document that stands for a list of it."""
    if type(values) is list or values == ():
        return values
    if type(values) is not dict:
        raise NotPlainError
    return (values,)


def _plain(values: Any, shape: Shape) -> tuple[PlainDocument, ...]:
    return tuple([read_plain(value, shape) for value in _many(values)])


def carefully(rest: str, guard: Guard | None) -> Policies:
    """Return the policies in the text *rest*, each a document; raise InputError for what is not understood."""
    value = parse_json(_REST + rest, "the line").data
    layers = {name: found for name, found in value.items() if name not in _HEAD and found is not None}
    for name in layers:
        if name not in LAYERS:
            if meant := _MEANT.get(name.lower()):
                raise InputError(None, f"unknown key `{name}`", f"these are `{meant}` here")
            raise UnknownNameError(None, "key", name, ("id", "request", *LAYERS), otherwise=_KEYS)
    bounds = _documents(layers, "permissionsBoundaries", IdentityPolicy)
    if len(bounds) > 1:
        raise InputError(SourceLocation("permissionsBoundaries"), "a principal has one permissions boundary")
    return Policies(
        identity=_documents(layers, "identityPolicies", IdentityPolicy),
        permissions_boundary=bounds[0] if bounds else None,
        session=_documents(layers, "sessionPolicies", IdentityPolicy),
        service_control=_levels(layers, "serviceControlPolicies", IdentityPolicy),
        resource_control=_levels(layers, "resourceControlPolicies", ResourceControlPolicy),
        resource=_resource_policy(layers.get("resourcePolicy"), guard),
        vpc_endpoints=_documents(layers, "vpcEndpointPolicies", ResourcePolicy),
    )


_MEANT: Final = {
    "policies": "identityPolicies", "policy": "identityPolicies", "identity": "identityPolicies",
    "boundary": "permissionsBoundaries", "permissionsboundary": "permissionsBoundaries",
    "scp": "serviceControlPolicies", "scps": "serviceControlPolicies",
    "rcp": "resourceControlPolicies", "rcps": "resourceControlPolicies",
    "trust": "resourcePolicy", "trustpolicy": "resourcePolicy", "session": "sessionPolicies",
    "vpcendpoint": "vpcEndpointPolicies",
}  # fmt: skip
"""What other names of a layer are called here, in lower case."""
_KEYS: Final = f"a line has id, request and {', '.join(LAYERS)}"


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


class _Places(Mapping[DataPath, int]):
    """The paths of a value, all on the one line that it is of, looked up when something is wrong with it."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __getitem__(self, path: DataPath) -> int:
        value = self._value
        for step in path:
            inside = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
            if step not in inside:
                raise KeyError(path)
            value = value[step]
        return 1

    def __iter__(self) -> Iterator[DataPath]:
        return paths_of(self._value)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _document(value: object, place: str, kind: type[Document]) -> Document:
    """Return *value* as a policy document; its errors name its *place*."""
    return parse_model(_Value(place, value, _Places(value)), kind).value


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(None, f"is not UTF-8 (byte {error.start})") from error


def _words(error: Exception) -> str:
    """Return *error* as one line in our words."""
    if isinstance(error, FileError):  # a line of a batch has no lines
        return str(InputError(None, error.problem, error.hint))
    if isinstance(error, RolemgrError):
        return " | ".join(str(error).splitlines())
    if isinstance(error, RecursionError):
        return "is nested too deep"
    return f"is not valid JSON: {json_problem(error)}" if isinstance(error, json.JSONDecodeError) else str(error)


def _error(name: object, problem: str) -> BatchAnswer:
    return BatchAnswer(json.dumps({"id": name, "error": problem}) + "\n", understood=False)
