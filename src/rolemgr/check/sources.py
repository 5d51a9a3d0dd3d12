"""
From the text of a file to the policy documents in it.

Known are policy documents, lists of them, roles as `create` writes them, what the AWS CLI prints of
policies and roles, CloudFormation templates, and Terraform's JSON. Anything else holds no policy.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from rolemgr.check.attached import attached
from rolemgr.check.branches import Family, families
from rolemgr.check.columns import ColumnOf, columns_of
from rolemgr.check.document import Document
from rolemgr.check.finding import NotJudged
from rolemgr.check.kinds import kind_of
from rolemgr.check.read import read
from rolemgr.check.reader.elsewhere import others
from rolemgr.check.reader.found import VERSIONS, Attached, PolicyInFile, Search, UnjudgedPlace, is_policy
from rolemgr.check.reader.roles import at, in_roles
from rolemgr.check.templating import endings, filled_in_later
from rolemgr.files.json import parse_json
from rolemgr.files.source import ANSWER_LIMITS, DataPath, SourceFile
from rolemgr.iam.arn import is_aws_managed
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import is_document

_NO_SHAPE: Final = "looks like a policy, in a file of no shape that is known"
_VERSIONS: Final = "PolicyVersionList"
_OLD_VERSION: Final = "a version that is not in force, until somebody makes it the default"
_TOKENS: Final = ("NextToken", "nextToken", "NextMarker", "Marker")
_WORDS: Final = ("Statement", "Effect", "Principal", "Policies", "PolicyArn", "AWS::", "arn:aws")
LineOf = Callable[[DataPath], int | None]


class Parsed(NamedTuple):
    """The data of a file, or of the YAML document *number* of several in it, and the line of each path."""

    data: Any
    line_of: LineOf
    number: int = 0
    column_of: ColumnOf = lambda _: None


def parse(text: str, name: str, *, as_json: bool) -> Parsed:
    """Return *text* as data; raise FileError with the line for what is not JSON (or YAML), or has a key twice."""
    source = parse_json(text, name, ANSWER_LIMITS) if as_json else _parse_yaml(text, name)
    return Parsed(source.data, lambda path: source.at(path).line, 0, columns_of(source, text))


def _parse_yaml(text: str, name: str) -> SourceFile:
    from rolemgr.files.yaml import parse_yaml  # JSON, which most policies are, does not pay for it

    return parse_yaml(text, name, tags=True)


def parse_all(text: str, name: str, *, as_json: bool) -> list[Parsed]:
    """Return each document of *text* as data: of YAML there may be several; raise FileError as `parse` does."""
    if as_json:
        return [parse(text, name, as_json=True)]
    from rolemgr.files.yaml import parse_yaml_documents  # as above

    sources = parse_yaml_documents(text, name, tags=True)
    return [
        Parsed(one.data, lambda path, one=one: one.at(path).line, at, columns_of(one, text))  # type: ignore[misc]
        for at, one in enumerate(sources)
    ]


def look_into(
    text: str, name: str, kind: PolicyType | None = None, *, as_json: bool
) -> tuple[list[Document], list[NotJudged]]:
    """Return the policy documents in *text*, and what may be one and can't be judged; raise FileError as `parse`."""
    found: list[Document] = []
    unknown: list[NotJudged] = []
    parts = parse_all(text, name, as_json=as_json)
    for part in parts:
        made, others = search(part, text if len(parts) == 1 else None, name, kind)
        found += made
        unknown += others
    return found, unknown


def documents(parsed: Parsed, text: str, name: str, kind: PolicyType | None = None) -> list[Document]:
    """Return the policy documents in *parsed*, of type *kind* where it is given and the file does not tell."""
    return search(parsed, text, name, kind)[0]


def search(
    parsed: Parsed, text: str | None, name: str, kind: PolicyType | None = None
) -> tuple[list[Document], list[NotJudged]]:
    """Return the policy documents in *parsed*, and what may be one and can't be judged."""
    parsed = parsed._replace(data=filled_in_later(parsed.data, name))
    searched = list(find(parsed.data))
    found = [one for one in searched if isinstance(one, PolicyInFile)]
    made = _documents(found, parsed, text if len({one.path for one in found}) == 1 else None, name, kind)
    unknown = [
        NotJudged(name, parsed.line_of(one.path), one.reason) for one in searched if isinstance(one, UnjudgedPlace)
    ]
    made += [_attached(one, name, parsed) for one in searched if isinstance(one, Attached)]
    for one in made:
        unknown += [NotJudged(name, one.line_of(path), reason) for path, reason in one.unknown]
    unknown += map(_too_large, (one for one in families(made) if one.is_too_large))
    return made, sorted(dict.fromkeys(unknown), key=lambda one: one.line or 0)


def _attached(one: Attached, name: str, parsed: Parsed) -> Document:
    group, line = _in_part(one.group, parsed), parsed.line_of(one.path)
    return attached(
        one.arn, name, group, line, reason=one.reason, boundary=one.boundary, variant=one.variant, ways=one.ways
    )  # fmt: skip


def _documents(
    found: Iterable[PolicyInFile], parsed: Parsed, text: str | None, name: str, kind: PolicyType | None
) -> list[Document]:
    """Return the documents *found*; a policy that many roles hold is read once."""
    made: dict[object, Document] = {}
    documents: list[Document] = []
    for one in found:
        key = (one.path, one.kind, one.variant, id(one.raw))
        if key not in made:
            made[key] = _document(one, parsed, text, name, kind)
        group = _in_part(one.group, parsed)
        documents.append(replace(made[key], group=group, inline=one.inline, held=one.held, copy=one.copy))
    return documents


def _too_large(family: Family) -> NotJudged:
    first = family.groups[0][0]
    count = max(sum(len(one.statements) for one in group) for group in family.groups)
    ways = f" in {len(family.ways)} ways" if len(family.ways) > 1 else ""
    reason = f"{count:,} statements act together{ways}: each is judged, and not what they come to together"
    return NotJudged(first.name, first.line_of(()), reason)


def _in_part(group: str, parsed: Parsed) -> str:
    """Return what *group* is called in a file of several documents: the same name in another is another role."""
    return f"{group} of document {parsed.number + 1}" if group and parsed.number else group


def _document(found: PolicyInFile, parsed: Parsed, text: str | None, name: str, kind: PolicyType | None) -> Document:
    def line_of(path: DataPath) -> int | None:
        return parsed.line_of(found.place(path))

    told = found.kind or kind
    document = Document(
        name=name,
        kind=told or kind_of(found.raw, name),
        suggested=told is None and kind_of(found.raw, name) is not kind_of(found.raw, ""),
        raw=found.raw,
        line_of=line_of,
        column_of=lambda path: parsed.column_of(found.place(path)),
        text=text if found.path == () else None,
        template=found.template or bool(endings(name)),
        attached=found.policy if is_aws_managed(found.policy) else "",
        place=(parsed.number, *found.place(())) if parsed.number else found.place(()),
        variant=found.variant,
        ways=found.ways,
    )
    return read(document)


def find(data: Any) -> Search:
    """Yield the policies in *data*, and what may be one and can't be judged; nothing where it is of no known shape."""
    if isinstance(data, list):
        for index, one in enumerate(data):
            if is_policy(one):
                yield PolicyInFile(one, (index,), None)
            else:
                yield from _elsewhere(one, (index,), set())
    elif isinstance(data, dict):
        yield from _in_mapping(data)
    elif is_document(data):  # what `--query Policy` prints
        yield PolicyInFile(at(data, ()), (), None)


def _in_mapping(data: dict[str, Any]) -> Search:
    from rolemgr.check.reader.cloudformation import in_cloudformation
    from rolemgr.check.reader.terraform import in_terraform, is_terraform

    if is_policy(data) or _is_misspelt(data):
        yield PolicyInFile(data, (), None)
    elif _is_template(data):
        yield from in_cloudformation(data)
    elif is_terraform(data):
        yield from in_terraform(data)
    else:
        known: set[DataPath] = set()
        for one in in_roles(data):
            known.add(one.path)
            yield one
        if key := _goes_on(data, bool(known)):
            yield UnjudgedPlace((key,), "the answer goes on: this is one page of several")
        yield from _elsewhere(data, (), known, arns=not known)  # an answer says where it attaches what


def _goes_on(data: dict[str, Any], holds_policies: bool) -> str | None:
    """Return the key by which an answer of the AWS CLI says that there is more; others have some of them too."""
    if data.get("IsTruncated") is True:
        return "IsTruncated"
    return next((key for key in _TOKENS if holds_policies and isinstance(data.get(key), str)), None)


def _elsewhere(data: Any, path: DataPath, known: set[DataPath], *, arns: bool = True) -> Search:
    """Yield what looks like a policy where no known shape has one: nobody knows what it is for."""
    for one in others(data, path, known, arns=arns):
        if isinstance(one, PolicyInFile):
            yield UnjudgedPlace(one.path, _OLD_VERSION if _VERSIONS in one.path else _NO_SHAPE)
        else:
            yield one


def _is_misspelt(data: dict[str, Any]) -> bool:
    """Tell whether *data* is a policy but for the case of its elements, which AWS does not take."""
    folded = {key.lower(): value for key, value in data.items()}
    return "statement" in folded and folded.get("version") in VERSIONS


def _is_template(data: dict[str, Any]) -> bool:
    resources = data.get("Resources")
    if not isinstance(resources, dict):
        return False
    return any((isinstance(one, dict) and "Type" in one) or key.startswith("Fn::") for key, one in resources.items())


def is_unreadable(text: str) -> bool:
    """Tell whether *text*, which can't be parsed, looks as if it were to hold a policy."""
    text = text.replace("\0", "")
    return '"Statement"' in text or "\nStatement:" in text or text.startswith("Statement:") or "PolicyDocument" in text


def may_be_unreadable(text: str) -> bool:
    """Tell whether *text*, which can't be parsed, has a word that policies, templates and roles have."""
    plain = text.replace("\0", "")
    return any(word in plain for word in _WORDS)
