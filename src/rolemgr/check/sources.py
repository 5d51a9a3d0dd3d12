"""
From the text of a file to the policy documents in it.

Known are policy documents, lists of them, roles as `create` writes them, what the AWS CLI prints of
policies and roles, CloudFormation templates, and Terraform's JSON. Anything else holds no policy.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from rolemgr.check.attached import attached_in
from rolemgr.check.document import Document
from rolemgr.check.finding import NotJudged
from rolemgr.check.kinds import kind_of
from rolemgr.check.read import read
from rolemgr.check.reader.found import Found, Search, Unknown, is_policy
from rolemgr.files.source import ANSWER_LIMITS, DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import asides, decoded, is_document, places

LineOf = Callable[[DataPath], int | None]


class Parsed(NamedTuple):
    """A file's data and the line of each path."""

    data: Any
    line_of: LineOf


def parse(text: str, name: str, *, as_json: bool) -> Parsed:
    """Return *text* as data; raise FileError with the line for what is no JSON (or YAML), or has a key twice."""
    from rolemgr.files.json import parse_json
    from rolemgr.files.yaml import parse_yaml

    source = parse_json(text, name, ANSWER_LIMITS) if as_json else parse_yaml(text, name, tags=True)
    return Parsed(source.data, lambda path: source.at(path).line)


def documents(parsed: Parsed, text: str, name: str, kind: PolicyType | None = None) -> list[Document]:
    """Return the policy documents in *parsed*, of type *kind* where it is given and the file does not tell."""
    return look(parsed, text, name, kind)[0]


def look(
    parsed: Parsed, text: str, name: str, kind: PolicyType | None = None
) -> tuple[list[Document], list[NotJudged]]:
    """Return the policy documents in *parsed*, and what may be one and can't be judged."""
    searched = list(find(parsed.data))
    found = [one for one in searched if isinstance(one, Found)]
    made = [_document(one, parsed, text if len(found) == 1 else None, name, kind) for one in found]
    unknown = [NotJudged(name, parsed.line_of(one.path), one.reason) for one in searched if isinstance(one, Unknown)]
    for one in made:
        unknown += [NotJudged(name, one.line_of(path), reason) for path, reason in one.unknown]
    others = list(attached_in(parsed.data, name, parsed.line_of))
    made += [one for one in others if isinstance(one, Document)]
    unknown += [one for one in others if isinstance(one, NotJudged)]
    return made, list(dict.fromkeys(unknown))


def _document(found: Found, parsed: Parsed, text: str | None, name: str, kind: PolicyType | None) -> Document:
    def line_of(path: DataPath) -> int | None:
        return parsed.line_of(found.place(path))

    document = Document(
        name=name,
        kind=found.kind or kind or kind_of(found.raw, name),
        raw=found.raw,
        line_of=line_of,
        group=found.group,
        text=text if found.path == () else None,
        template=found.template,
        inline=found.inline,
        place=found.place(()),
        variant=found.variant,
    )
    return read(document)


def find(data: Any) -> Search:
    """Yield the policies in *data*, and what may be one and can't be judged; nothing where it is of no known shape."""
    if isinstance(data, list):
        for index, one in enumerate(data):
            if is_policy(one):
                yield Found(one, (index,), None)
    elif isinstance(data, dict):
        yield from _in_mapping(data)
    elif is_document(data):  # what `--query Policy` prints
        yield Found(_at(data, ()), (), None)


def _in_mapping(data: dict[str, Any]) -> Search:
    from rolemgr.check.reader.cloudformation import in_cloudformation
    from rolemgr.check.reader.terraform import in_terraform, is_terraform

    if is_policy(data):
        yield Found(data, (), None)
    elif _is_template(data):
        yield from in_cloudformation(data)
    elif is_terraform(data):
        yield from in_terraform(data)
    else:
        yield from in_role(data, ())


def _is_template(data: dict[str, Any]) -> bool:
    resources = data.get("Resources")
    if not isinstance(resources, dict):
        return False
    return any((isinstance(one, dict) and "Type" in one) or key.startswith("Fn::") for key, one in resources.items())


def in_role(data: dict[str, Any], path: DataPath) -> Search:
    """Yield the policies of a role in CloudFormation's shape, which `create` writes too, or of the AWS CLI."""
    for place in places(data):
        raw = _at(data, place.path)
        if raw is None:
            yield Unknown((*path, *place.path), f"`{place.path[-1]}` is missing")
            continue
        yield Found(raw, (*path, *place.path), place.type, place.owner, place.inline)
    for aside in asides(data):
        if len(aside.path) > 1:  # a key alone may stand in any file, and be no answer's
            yield Unknown((*path, *aside.path), f"{aside.place}: {aside.reason}")


def _at(data: Any, path: DataPath) -> Any:
    """Return the value at *path*; a text as the document that it holds, or as it is where it holds none."""
    for step in path:
        known = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
        if step not in known:
            return None
        data = data[step]
    if isinstance(data, str):
        try:
            return decoded(data)
        except (ValueError, RecursionError):
            return data
    return data


def is_unreadable(text: str) -> bool:
    """Tell whether *text*, which can't be parsed, looks as if it were to hold a policy."""
    return '"Statement"' in text or "\nStatement:" in text or text.startswith("Statement:") or "PolicyDocument" in text
