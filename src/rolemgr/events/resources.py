"""
The resources of a call, from its parameters (``data/resources.json``, with sources) and from what the event lists.

What is not told of an ARN is open: it is then a pattern, whose stars stand for what nobody knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from rolemgr.events.call import RecordedCall, text_in
from rolemgr.events.facts import facts
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.variables import around_variables
from rolemgr.reference import quirks
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import Action, find_action, resource_types

_GIVEN: Final = frozenset({"Partition", "Region", "Account"})
_MOST: Final = 100
"""Resources of one call that are looked at: a batch call names a hundred at most."""


class AskedResource(NamedTuple):
    """
    A resource that a call is about, in each spelling that AWS may ask under.

    Where *is_open*, each is a pattern: its stars stand for what the event does not tell.
    """

    spellings: tuple[str, ...]
    is_open: bool = False


ANY: Final = AskedResource(("*",), is_open=True)
NONE: Final = AskedResource(("*",))


class _Part(NamedTuple):
    """What fills a variable of an ARN: the *paths* to look at, and what kind of value is there."""

    paths: tuple[tuple[str, ...], ...]
    kind: str


class _TypeRow(NamedTuple):
    """A type of resource: its ARN as text between variables, and what fills these."""

    name: str
    texts: tuple[str, ...]
    variables: tuple[str, ...]
    parts: tuple[_Part, ...]


class _Row(NamedTuple):
    """What is known of the resources of an operation, for one action."""

    action: Action
    types: tuple[_TypeRow, ...]
    whole: tuple[_Part, ...]
    """Parameters that have the ARN of a resource of any type of the action."""


def resources_of(call: RecordedCall, action_name: str) -> tuple[AskedResource, ...]:
    """Return what AWS asks *action_name* on in *call*: a resource at least, open where it is not told."""
    row = _row(call.name, action_name)
    if row is None:
        return (ANY,)
    if not row.action.resource_types:
        return (NONE,)
    whole = list(_whole(call, row))
    if whole:
        return tuple(whole[:_MOST])
    found: dict[str, list[AskedResource]] = {}
    for one in row.types:
        if told := list(_of_type(call, row.action, one)):
            found[one.name] = told
    for asked in _listed(call, row.action):
        for name in types_of(asked.spellings[0], row.action):
            if name not in found:
                found[name] = [asked]
    return tuple(_complete(call, row, found))[:_MOST]


def _complete(call: RecordedCall, row: _Row, found: Mapping[str, Sequence[AskedResource]]) -> Iterator[AskedResource]:
    """Yield what is told, and what the action needs and nobody tells, as a pattern."""
    needed = set(row.action.required_types)
    for one_of in row.action.alternatives:
        needed -= one_of
        if one_of.isdisjoint(found):
            yield ANY
    told = dict(found)
    for name in sorted(needed - told.keys()):
        told[name] = [_open(call, row.action, name)]
    if not told and not row.action.alternatives:
        yield _only(call, row.action)
    for resources in told.values():
        yield from dict.fromkeys(resources)


def _only(call: RecordedCall, action: Action) -> AskedResource:
    """Return the pattern of the one type that *action* has, or of anything where it has several."""
    types = [use.name for use in action.resource_types]
    return _open(call, action, types[0]) if len(types) == 1 else ANY


def _open(call: RecordedCall, action: Action, name: str) -> AskedResource:
    kind = resource_types(action.service).get(name)
    if kind is None:
        return ANY
    texts, variables = _taken_apart(str(kind.arn_format))
    if not set(variables) - _GIVEN:
        return AskedResource((_filled(call, texts, variables, {}),))
    return AskedResource((_filled(call, texts, variables, {}),), is_open=True)


def _of_type(call: RecordedCall, action: Action, row: _TypeRow) -> Iterator[AskedResource]:
    """Yield the resources of the type of *row* that the parameters tell."""
    if call.parameters is None:
        return
    lists = [list(_values(call.parameters, part.paths))[:_MOST] for part in row.parts]
    if not all(lists):
        return
    several = max(map(len, lists), default=1)
    for place in range(several):
        values = [found[place] if place < len(found) else found[0] for found in lists]
        if arn := next((one for one in values if _is_arn(one)), None):
            if types_of(arn, action):
                yield spelled(arn)
            continue
        plain = [_read(part, value) for part, value in zip(row.parts, values, strict=True)]
        if None in plain or any(_is_hidden(one) for one in plain if one):
            continue
        open_variables = [name for name in row.variables if name not in _GIVEN]
        filled = {
            name: _with_path(call, row.name, one) if name.endswith("WithPath") else one
            for name, one in zip(open_variables, (one or "" for one in plain), strict=True)
        }
        arn = _filled(call, row.texts, row.variables, filled)
        is_open = any(name.endswith("WithPath") and one.startswith("*") for name, one in filled.items())
        yield AskedResource((arn,), is_open=True) if is_open else spelled(arn)


def _with_path(call: RecordedCall, kind: str, name: str) -> str:
    """
    Return the *name* of what IAM has, a role or user, with its path, which most calls leave out: a star stands for it.

    What makes it has the path, where it is another than ``/``; and the caller's own ARN has the caller's. No other
    role, or user, of the account has that name, whatever its path.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    if "/" in name:
        return name
    if call.name in facts("resources")["paths"]:
        path = text_in(call.parameters or {}, "path") or "/"
        return f"{path.strip('/')}/{name}".lstrip("/")
    own = Arn.parse(call.principal.arn or "")
    own_kind, _, own_name = (own.resource if own else "").partition("/")
    is_own = own is not None and own.account == call.account and own_kind == kind
    return own_name if is_own and own_name.rpartition("/")[2] == name else f"*{name}"


def _read(part: _Part, value: str) -> str | None:
    """Return what *value* fills a variable with; None where it does not tell that."""
    if part.kind == "=":
        return None
    if part.kind == "/":
        return value.rstrip("/").rpartition("/")[2] or None
    return value.partition("/")[2] or None if part.kind == ":" else value


def _whole(call: RecordedCall, row: _Row) -> Iterator[AskedResource]:
    """Yield the resources that the parameters name by their ARN, whatever type of the action they are of."""
    for part in row.whole:
        for value in _values(call.parameters or {}, part.paths):
            if _is_arn(value) and types_of(value, row.action):
                yield spelled(value)


def _listed(call: RecordedCall, action: Action) -> Iterator[AskedResource]:
    """Yield the resources of *action* that the event itself lists, as those of data events and of AWS KMS do."""
    listed = call.event.get("resources")
    for one in listed[:_MOST] if isinstance(listed, list) else ():
        arn = text_in(one, "ARN") if isinstance(one, dict) else None
        if arn and _is_arn(arn) and not arn.endswith("/") and types_of(arn, action):
            yield spelled(arn)


def spelled(arn: str) -> AskedResource:
    """
    Return *arn* in each spelling that AWS may ask under.

    SageMaker writes names in lower case in ARNs, and AWS's messages show both; CloudWatch Logs asks for a group under
    its name and under ``NAME:*``.
    https://docs.aws.amazon.com/sagemaker/latest/dg/logging-using-cloudtrail.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    service = arn.split(":", 3)[2]
    if service == "sagemaker" and not arn.islower():
        head, _, tail = arn.rpartition(":")
        other = f"{head}:{tail.lower()}"
        return AskedResource((arn, other) if other != arn else (arn,))
    if service == "logs" and ":log-group:" in arn and ":log-stream:" not in arn and not arn.endswith(":*"):
        return AskedResource((arn, f"{arn}:*"))
    return AskedResource((arn,))


def _is_arn(text: str) -> bool:
    return text.startswith("arn:") and Arn.parse(text) is not None and "*" not in text.rpartition(":")[0]


def _is_hidden(text: str) -> bool:
    return "HIDDEN_DUE_TO" in text or (bool(text) and set(text) == {"*"})


def is_hidden(text: str) -> bool:
    """Tell whether *text* is what CloudTrail writes in the place of what may be secret."""
    return _is_hidden(text)


def _filled(call: RecordedCall, texts: Sequence[str], variables: Sequence[str], values: Mapping[str, str]) -> str:
    account = _named_account(call) or call.account or "*"
    given = {"Partition": call.partition, "Region": call.region or "*", "Account": account}
    pieces = [texts[0]]
    for name, text in zip(variables, texts[1:], strict=True):
        pieces += (given.get(name) or values.get(name) or "*", text)
    return "".join(pieces)


def _named_account(call: RecordedCall) -> str | None:
    """Return the account that the parameters say the resource is in, where they do."""
    name = facts("resources")["accounts"].get(call.source)
    found = text_in(call.parameters or {}, name) if name else None
    return found if found and ACCOUNT_ID.fullmatch(found) else None


@lru_cache(maxsize=1 << 12)
def _row(operation: str, action_name: str) -> _Row | None:
    action = find_action(action_name)
    if action is None:
        return None
    service, own = action.service, action.name.partition(":")[2]
    known = facts("resources")["services"].get(service, {})
    row = known.get(operation) or known.get(own) or known.get("*") or {}
    types = tuple(one for one in (_type_row(action, name, parts) for name, parts in row.items()) if one)
    whole = tuple(_part(one) for one in row.get("*", ()) if isinstance(one, str))
    return _Row(action, (*types, *_of_all(action, types)), whole)


def _of_all(action: Action, types: Sequence[_TypeRow]) -> Iterator[_TypeRow]:
    """Yield the types without a variable of which AWS asks *action* beside the others: the catalog of a table."""
    for name in quirks.all_required().get(action.name, ()) if types else ():
        row = _type_row(action, name, ())
        if row and name not in {one.name for one in types}:
            yield row


def _type_row(action: Action, name: str, parts: Sequence[str]) -> _TypeRow | None:
    kind = resource_types(action.service).get(name)
    if kind is None or name not in {use.name for use in action.resource_types}:
        return None
    texts, variables = _taken_apart(str(kind.arn_format))
    open_variables = [one for one in variables if one not in _GIVEN]
    whole = len(parts) == 1 and parts[0].startswith("=")
    if len(open_variables) != len(parts) and not whole:
        return None
    return _TypeRow(name, texts, variables, tuple(map(_part, parts)))


def _part(text: str) -> _Part:
    kind = text[0] if text[0] in "=/:" else ""
    names = text.removeprefix(kind).split("|")
    return _Part(tuple(tuple(trail_name(step) for step in name.split(".")) for name in names), kind)


@cache
def _taken_apart(arn: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts around the variables of *arn*, and the variables."""
    pieces = around_variables(arn)
    return pieces[::2], tuple(one[2:-1] for one in pieces[1::2])


def trail_name(name: str) -> str:
    """Return the *name* of a parameter, as the API spells it, as CloudTrail does: it begins small."""
    return name[:1].lower() + name[1:]


def _values(parameters: Mapping[str, Any], paths: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the texts at the first of *paths* at which there are any."""
    for path in paths:
        found = list(texts_at(parameters, path))
        if found:
            yield from found
            return


def texts_at(data: Any, path: Sequence[str]) -> Iterator[str]:
    """Yield what stands at *path* of *data*, of each element where a list is on the way, as IAM writes it."""
    if isinstance(data, list):
        for one in data:
            yield from texts_at(one, path)
    elif path:
        if isinstance(data, dict):
            yield from texts_at(_member(data, path[0]), path[1:])
    elif isinstance(data, bool):
        yield str(data).lower()
    elif isinstance(data, str | int | float):
        yield str(data)


def _member(data: Mapping[str, Any], name: str) -> Any:
    """Return the member *name* of *data*, in another case where it has none of that: services differ in theirs."""
    found = data.get(name)
    if found is None and data:
        folded = name.lower()
        found = next((value for key, value in data.items() if key.lower() == folded), None)
    return found
