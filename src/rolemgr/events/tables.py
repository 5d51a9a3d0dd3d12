"""
Events in a table of comma-separated values: results of Athena, or of CloudWatch Logs Insights (``@message``).

Athena's table for CloudTrail has the parameters as JSON and the identity as a structure, which it prints as
``{type=AssumedRole, arn=..., ...}``. A column that the query leaves out tells nothing: an event without `errorcode` may
have been denied.
https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from rolemgr.files.inflate import BrokenFileError
from rolemgr.files.json import strict_json

_FIELDS: Final = {
    name.lower(): name
    for name in (
        "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
        "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
        "requestID", "eventID", "resources", "eventType", "readOnly", "recipientAccountId", "sharedEventID",
        "vpcEndpointId", "vpcEndpointAccountId", "tlsDetails", "managementEvent", "eventCategory",
    )
}  # fmt: skip
"""The fields of an event by the names of Athena's columns, which are in lower case."""
_NEEDED: Final = frozenset({"eventname", "eventsource"})
_JSON: Final = frozenset({"requestParameters", "responseElements", "additionalEventData"})
_STRUCTURES: Final = frozenset({"userIdentity", "resources", "tlsDetails"})
_MEMBERS: Final = {
    name.lower(): name
    for name in (
        "type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName", "onBehalfOf",
        "sessionContext", "attributes", "mfaAuthenticated", "creationDate", "sessionIssuer", "ec2RoleDelivery",
        "webIdFederationData",
        "sourceIdentity", "federatedProvider", "tlsVersion", "cipherSuite", "clientProvidedHostHeader",
        "identityStoreArn", "userId", "credentialId", "inScopeOf", "issuerType", "credentialsIssuedTo",
        "identityProvider",
    )
}  # fmt: skip
"""What structures have, by the names of Athena's columns."""
_RESOURCE: Final = {"arn": "ARN", "accountid": "accountId", "type": "type"}


class TableRow(NamedTuple):
    """An event that a row has, or what is wrong with it; *untold* are the fields that the table does not have."""

    line: int
    value: Mapping[str, Any] | None
    problem: str | None = None
    untold: frozenset[str] = frozenset()


def begins_table(content: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Tell whether *content* begins as a table of events does, and return it, whole."""
    try:
        first = next(content, b"")
    except BrokenFileError as error:
        return False, _raising(error)
    heading = first.partition(b"\n")[0].decode("utf-8-sig", "replace").lower()
    names = {name.strip().strip('"') for name in heading.split(",")}
    return "@message" in names or names >= _NEEDED, chain((first,), content)


def _raising(error: BrokenFileError) -> Iterator[bytes]:
    raise error
    yield b""


def table_rows(content: Iterator[bytes]) -> Iterator[TableRow]:
    """Yield the events of the table *content*, one for each row below the first."""
    reader = csv.reader(_lines(content), strict=True)
    try:
        heading = [name.strip().lower() for name in next(reader)]
        untold = frozenset(name for folded, name in _FIELDS.items() if folded not in heading)
        for row in reader:
            yield _row(reader.line_num, heading, row, untold)
    except (csv.Error, BrokenFileError, UnicodeDecodeError) as error:
        problem = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        yield TableRow(reader.line_num or 1, None, f"{problem}: what follows in this file is not read")


def _lines(content: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in content:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST:
            raise BrokenFileError("has a line that is longer than any event")
        yield from (line.decode("utf-8-sig") + "\n" for line in lines)
    if rest:
        yield rest.decode("utf-8-sig")


_LONGEST: Final = 8 << 20


def _row(line: int, heading: Sequence[str], row: Sequence[str], untold: frozenset[str]) -> TableRow:
    if len(row) != len(heading):
        return TableRow(line, None, f"has {len(row)} columns, not {len(heading)}")
    columns = dict(zip(heading, row, strict=True))
    if message := columns.get("@message"):
        return TableRow(line, {"@message": message})
    event: dict[str, Any] = {}
    for folded, text in columns.items():
        if (name := _FIELDS.get(folded)) and text:
            try:
                event[name] = _value(name, text)
            except (ValueError, RecursionError):
                return TableRow(line, None, f"{name} can't be read")
    if "eventName" not in event:
        return TableRow(line, None, "has no eventname")
    return TableRow(line, event, None, untold)


def _value(name: str, text: str) -> Any:
    if name in _JSON:
        return strict_json(text)
    if name not in _STRUCTURES or text in ("null", "{}", "[]"):
        return text if name not in _STRUCTURES else None
    if text.startswith(('{"', '[{"')):
        return strict_json(text)
    return _structure(text, _RESOURCE if name == "resources" else _MEMBERS)


_MEMBER: Final = re.compile(r"[{}]|(?:(?<=^)|, )([a-z0-9]+)=")


def _structure(text: str, names: Mapping[str, str]) -> Any:
    """
    Return the structure that Athena prints as ``{name=value, ...}``; *names* has CloudTrail's spelling of each name.

    A value may hold commas and equals signs, so that a name is one that CloudTrail has. Raises ValueError for any
    other text.
    """
    if text.startswith("["):
        return [_structure(one, names) for one in _parts(text[1:-1])]
    if not (text.startswith("{") and text.endswith("}")):
        return None if text == "null" else text
    inner = text[1:-1]
    starts = _starts(inner, names)
    if not starts or starts[0].start() != 0:
        raise ValueError("no structure")
    found: dict[str, Any] = {}
    for one, following in zip(starts, [*starts[1:], None], strict=True):
        value = inner[one.end() : following.start() if following else len(inner)]
        read = _structure(value, names) if value.startswith(("{", "[")) else None if value == "null" else value
        if read is not None:
            found[names[one[1]]] = read
    return found


def _starts(inner: str, names: Mapping[str, str]) -> list[re.Match[str]]:
    """Return where the members of the structure with the text *inner* begin, not those of structures in it."""
    found, depth = [], 0
    for one in _MEMBER.finditer(inner):
        if one[1] is None:
            depth += 1 if one[0] == "{" else -1
        elif depth == 0 and one[1] in names:
            found.append(one)
    return found


def _parts(text: str) -> Iterator[str]:
    depth = start = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()
