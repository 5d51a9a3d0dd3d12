"""
From the text of a file to the policy documents in it.

Known are policy documents, lists of them, roles as `create` writes them, what the AWS CLI prints of
policies and roles, CloudFormation templates, and Terraform's JSON. Anything else holds no policy.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.check.document import Document, Kind
from rolemgr.check.kinds import kind_of
from rolemgr.check.locate import JsonLines
from rolemgr.check.read import read
from rolemgr.files.source import MAX_DEPTH, DataPath

LineOf = Callable[[DataPath], int | None]


class Found(NamedTuple):
    """A policy in a file: its data, where it stands there, of which kind, and with which others it acts."""

    raw: Any
    path: DataPath
    kind: Kind | None
    group: str = ""
    inline: bool = False
    template: bool = False


class Parsed(NamedTuple):
    """A file's data and the line of each path."""

    data: Any
    line_of: LineOf


def parse(text: str, name: str, *, as_json: bool) -> Parsed:
    """Return *text* as data; raise FileError with the line for what is no JSON (or YAML), or has a key twice."""
    if as_json:
        return _parse_json(text, name)
    from rolemgr.files.yaml import parse_yaml

    source = parse_yaml(text, name, tags=True)
    return Parsed(source.data, lambda path: source.at(path).line)


def _parse_json(text: str, name: str) -> Parsed:
    """Read JSON quickly; only what the quick reader does not like is read again for its line."""
    try:
        data = json.loads(text, object_pairs_hook=_mapping, parse_constant=_refuse)
        _depth(data)
    except (ValueError, RecursionError):
        from rolemgr.files.json import parse_json

        source = parse_json(text, name)
        return Parsed(source.data, lambda path: source.at(path).line)
    lines: list[JsonLines] = []

    def line_of(path: DataPath) -> int | None:
        if not lines:
            lines.append(JsonLines(text))
        return lines[0].line_of(path)

    return Parsed(data, line_of)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _depth(data: Any, depth: int = 0) -> None:
    """Raise ValueError where *data* is nested deeper than files may be."""
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        if isinstance(value, dict | list):
            _depth(value, depth + 1)


def documents(parsed: Parsed, text: str, name: str, kind: Kind | None = None) -> list[Document]:
    """Return the policy documents in *parsed*, of type *kind* where it is given and the file does not tell."""
    found = list(find(parsed.data))
    return [_document(one, parsed, text if len(found) == 1 else None, name, kind) for one in found]


def _document(found: Found, parsed: Parsed, text: str | None, name: str, kind: Kind | None) -> Document:
    def line_of(path: DataPath) -> int | None:
        return parsed.line_of((*found.path, *path))

    document = Document(
        name=name,
        kind=found.kind or kind or kind_of(found.raw, name),
        raw=found.raw,
        line_of=line_of,
        group=found.group,
        text=text if found.path == () else None,
        template=found.template,
        inline=found.inline,
    )
    return read(document)


def find(data: Any) -> Iterator[Found]:
    """Yield the policies in *data*; nothing where it is of no known shape."""
    if isinstance(data, list):
        for index, one in enumerate(data):
            if is_policy(one):
                yield Found(one, (index,), None)
    elif isinstance(data, dict):
        yield from _in_mapping(data)


def _in_mapping(data: dict[str, Any]) -> Iterator[Found]:
    if is_policy(data):
        yield Found(data, (), None)
    elif _is_template(data):
        from rolemgr.check.templates import in_cloudformation

        yield from in_cloudformation(data)
    elif "planned_values" in data or "resource" in data:
        from rolemgr.check.templates import in_terraform

        yield from in_terraform(data)
    else:
        yield from in_role(data, ())


def is_policy(data: Any) -> bool:
    """Tell whether *data* is, or is meant to be, a policy document."""
    if not isinstance(data, dict) or "Resources" in data:
        return False
    return "Statement" in data or (data.get("Version") in ("2012-10-17", "2008-10-17") and len(data) <= 3)


def _is_template(data: dict[str, Any]) -> bool:
    resources = data.get("Resources")
    return isinstance(resources, dict) and any(isinstance(one, dict) and "Type" in one for one in resources.values())


_ANSWERS = ("Role", "RolePolicy", "PolicyVersion", "Policy")
"""The keys under which `aws iam get-role`, `get-role-policy` and `get-policy-version` print what they got."""


def in_role(data: dict[str, Any], path: DataPath) -> Iterator[Found]:
    """Yield the policies of a role in CloudFormation's shape, which `create` writes too, or of the AWS CLI."""
    for key in _ANSWERS:
        if isinstance(data.get(key), dict):
            yield from in_role(data[key], (*path, key))
    group = str(data.get("RoleName") or data.get("PolicyName") or "role")
    yield from _at(data, path, "AssumeRolePolicyDocument", Kind.TRUST, group)
    yield from _at(data, path, "PolicyDocument", None, "")
    yield from _at(data, path, "Document", None, "")
    for key, inline in (("Policies", True), ("ManagedPolicies", False)):
        listed: Sequence[Any] = data[key] if isinstance(data.get(key), list) else ()
        for index, one in enumerate(listed):
            if isinstance(one, dict):
                yield from _at(one, (*path, key, index), "PolicyDocument", Kind.IDENTITY, group, inline=inline)


def _at(
    data: dict[str, Any], path: DataPath, key: str, kind: Kind | None, group: str, *, inline: bool = False
) -> Iterator[Found]:
    if isinstance(data.get(key), dict):
        yield Found(data[key], (*path, key), kind, group, inline)


def is_unreadable(text: str) -> bool:
    """Tell whether *text*, which can't be parsed, looks as if it were to hold a policy."""
    return '"Statement"' in text or "\nStatement:" in text or text.startswith("Statement:") or "PolicyDocument" in text
