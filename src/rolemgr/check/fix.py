"""
What ``check --fix`` mends: the case of operators, what is named twice, the order of actions; nothing that decides.

A file is changed in the text of these values alone. Before anybody writes it, the new text is read again, must say
what the old one said (with the operators spelt as IAM has them: the old spelling is refused by AWS), and the
comparison of policies must prove that it allows and denies the same.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from rolemgr.check.custom.policies import read_policies
from rolemgr.check.document import Document
from rolemgr.check.read import read
from rolemgr.compare.compare import compare
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import InputError
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies
from rolemgr.files.json import parse_json
from rolemgr.files.source import ANSWER_LIMITS, DataPath
from rolemgr.files.spans import Span, Spans, json_spans, yaml_spans
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.documents import Effect
from rolemgr.iam.operators import CONDITION_OPERATORS, QUALIFIERS, parse_operator

_SETS = ("Action", "NotAction", "Resource", "NotResource")
_SORTED = ("Action", "NotAction")


class OperatorEdit(NamedTuple):
    """The operator at *path* is written *new*."""

    path: DataPath
    new: str


class ListEdit(NamedTuple):
    """The list at *path* keeps the items *kept*, by their old index, in that order."""

    path: DataPath
    kept: tuple[int, ...]
    removed: int
    is_sorted: bool


Edit: TypeAlias = OperatorEdit | ListEdit


class Fixed(NamedTuple):
    """The new *text* of a file, and what was done to it in words."""

    text: str
    done: tuple[str, ...]


class NotFixed(NamedTuple):
    """Why a file stays as it is though there is something to mend."""

    reason: str


def fixed(text: str, documents: Sequence[Document], *, as_json: bool) -> Fixed | NotFixed | None:
    """
    Return the file *text*, which holds *documents*, with what is mechanical mended; None where nothing is.

    `NotFixed` says why nobody can tell that it would decide the same, or where the text can't be changed safely.
    """
    edits = [edit for one in _whole(documents) for edit in _edits(one)]
    if not edits:
        return None
    if any(one.template or one.unknown for one in documents):
        return NotFixed("a template fills some of it in, so that nobody can tell what it decides")
    try:
        spans = json_spans(text) if as_json else yaml_spans(text)
    except (ValueError, IndexError, AttributeError):
        return NotFixed("its text can't be taken apart")
    if reason := _out_of_reach(edits, spans, as_json=as_json):
        return NotFixed(reason)
    new = _applied(spans, edits)
    if reason := _differs(text, new, documents, as_json=as_json):
        return NotFixed(reason)
    return Fixed(new, tuple(_told(edits)))


def _whole(documents: Sequence[Document]) -> Iterator[Document]:
    """Yield each policy of the file once: one that many roles hold is copied."""
    seen: set[DataPath] = set()
    for one in documents:
        if one.place not in seen and not (one.missing or one.attached):
            seen.add(one.place)
            yield one


def _edits(document: Document) -> Iterator[Edit]:
    statements = document.raw.get("Statement") if isinstance(document.raw, dict) else None
    here = (*document.place, "Statement")
    if isinstance(statements, list):
        if edit := _without_twins(statements, here):
            yield edit
            statements = [one if index in edit.kept else None for index, one in enumerate(statements)]
        for index, one in enumerate(statements):
            yield from _in_statement(one, (*here, index))
    else:
        yield from _in_statement(statements, here)


def _without_twins(statements: Sequence[Any], path: DataPath) -> ListEdit | None:
    """Return the edit that removes statements which say the same as one before, and have its Sid or none."""
    kept: list[int] = []
    seen: dict[Any, set[object]] = {}
    for index, one in enumerate(statements):
        if not isinstance(one, dict):
            return None
        sids = seen.setdefault(canonical({key: value for key, value in one.items() if key != "Sid"}), set())
        sid = canonical(one.get("Sid"))
        if sids and (one.get("Sid") is None or sid in sids):
            continue
        kept.append(index)
        sids.add(sid)
    removed = len(statements) - len(kept)
    return ListEdit(path, tuple(kept), removed, is_sorted=False) if removed else None


def _in_statement(statement: Any, path: DataPath) -> Iterator[Edit]:
    if not isinstance(statement, dict):
        return
    for element in _SETS:
        yield from _in_list(statement.get(element), (*path, element), sort=element in _SORTED)
    for element in ("Principal", "NotPrincipal"):
        block = statement.get(element)
        for kind, values in block.items() if isinstance(block, dict) else ():
            yield from _in_list(values, (*path, element, kind))
    conditions = statement.get("Condition")
    if not isinstance(conditions, dict):
        return
    for operator, block in conditions.items():
        place = (*path, "Condition", operator)
        if (new := _operator(operator, conditions)) != operator:
            yield OperatorEdit(place, new)
        for key, values in block.items() if isinstance(block, dict) else ():
            yield from _in_list(values, (*place, key))


def _in_list(values: Any, path: DataPath, *, sort: bool = False) -> Iterator[ListEdit]:
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        return
    first = {value: index for index, value in reversed(list(enumerate(values)))}
    kept = sorted(first.values())
    wanted = sorted(kept, key=lambda index: (values[index].lower(), values[index])) if sort else kept
    if tuple(wanted) != tuple(range(len(values))):
        yield ListEdit(path, tuple(wanted), len(values) - len(kept), is_sorted=wanted != kept)


def spelt_operator(name: str) -> str | None:
    """Return *name* in the case that IAM has it in, or None where it is right, or wrong in more than its case."""
    if parse_operator(name):
        return None
    before, colon, rest = name.rpartition(":")
    ends = rest.lower().endswith("ifexists")
    base = next((one for one in CONDITION_OPERATORS if one.lower() == (rest[:-8] if ends else rest).lower()), None)
    qualifier = next((one for one in QUALIFIERS if one.lower() == before.lower()), None)
    if base is None or (colon and qualifier is None):
        return None
    found = (f"{qualifier}:" if qualifier else "") + base + ("IfExists" if ends else "")
    return found if parse_operator(found) else None


def _out_of_reach(edits: Sequence[Edit], spans: Spans, *, as_json: bool) -> str | None:
    """Return why the text of an edit can't be changed alone: a policy in a string, an alias, a comment in a list."""
    for edit in edits:
        span = (spans.keys if isinstance(edit, OperatorEdit) else spans.values).get(edit.path)
        if span is None or (isinstance(edit, ListEdit) and (*edit.path, 0) not in spans.values):
            return "what is to be mended stands in a string, or behind an alias"
        if isinstance(edit, OperatorEdit):
            if _operator_in(spans.of(span), str(edit.path[-1])) is None:
                return "an operator is written with escapes"
        elif not as_json and any(mark in _with_last_comment(spans, span) for mark in ("#", "&", "!")):
            return "a list that is to be mended has comments, anchors or tags"
        elif not as_json and not isinstance(edit.path[-1], int) and edit.path[-1] == "Statement":
            return "a statement that says what another one says is removed from JSON alone"
    return None


def _with_last_comment(spans: Spans, span: Span) -> str:
    """Return the text of a list; in block style with the rest of its last line, where its last item's comment is."""
    text = spans.of(span)
    if not text.startswith("-"):
        return text
    line = spans.text.find("\n", span.end)
    return text + spans.text[span.end : line if line >= 0 else None]


def _operator_in(text: str, operator: str) -> int | None:
    at = text.find(operator)
    return at if at >= 0 else None


def _applied(spans: Spans, edits: Sequence[Edit]) -> str:
    """Return the text with all *edits*, none of which stands in another one's place."""
    changes: list[tuple[Span, str]] = []
    for edit in edits:
        if isinstance(edit, OperatorEdit):
            span = spans.keys[edit.path]
            changes.append((span, spans.of(span).replace(str(edit.path[-1]), edit.new, 1)))
        else:
            changes += _of_list(spans, edit)
    parts, at = [], 0
    for span, new in sorted(changes, key=lambda change: change[0].start):
        parts += [spans.text[at : span.start], new]
        at = span.end
    return "".join((*parts, spans.text[at:]))


def _of_list(spans: Spans, edit: ListEdit) -> Iterator[tuple[Span, str]]:
    """Yield the changes of a list: each place gets the text of its new item, and what is left over goes."""
    places = [spans.values[(*edit.path, index)] for index in range(len(edit.kept) + edit.removed)]
    if not edit.is_sorted:
        kept = set(edit.kept)
        for index in range(1, len(places)):
            if index not in kept:
                yield Span(places[index - 1].end, places[index].end), ""
        return
    for place, index in zip(places, edit.kept, strict=False):
        if place != places[index]:
            yield place, spans.of(places[index])
    if edit.removed:
        yield Span(places[len(edit.kept) - 1].end, places[-1].end), ""


def _differs(text: str, new: str, documents: Sequence[Document], *, as_json: bool) -> str | None:
    """Return why nobody knows that *new* says and decides what *text* does; None where that is proven."""
    try:
        before, after = _data(text, as_json=as_json), _data(new, as_json=as_json)
    except InputError as error:
        return f"it could not be read again: {error.problem}"
    for one in _whole(documents):
        old, now = _with_operators(_at(before, one.place)), _at(after, one.place)
        if _policy_meaning(old) != _policy_meaning(now):
            return "it would say something else"
        if reason := _decides_otherwise(one, old, now):
            return reason
    places = frozenset(one.place for one in documents)
    if _without(before, places) != _without(after, places):
        return "something else in the file would change"
    return None


def _data(text: str, *, as_json: bool) -> Any:
    return parse_json(text, "file", ANSWER_LIMITS).data if as_json else parse_yaml(text, "file", tags=True).data


def _renamed(statement: Any) -> Any:
    """Return *statement* with its operators in IAM's case, as an edit has them."""
    conditions = statement.get("Condition") if isinstance(statement, dict) else None
    if not isinstance(conditions, dict):
        return statement
    return {**statement, "Condition": {_operator(name, conditions): block for name, block in conditions.items()}}


def _operator(name: str, conditions: Mapping[str, Any]) -> str:
    """Return the *name* of an operator among *conditions* in IAM's case, unless that is there already."""
    new = spelt_operator(name)
    return new if new and new not in conditions else name


def _with_operators(policy: Any) -> Any:
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if not isinstance(statements, list):
        return {**policy, "Statement": _renamed(statements)} if isinstance(policy, dict) else policy
    return {**policy, "Statement": list(map(_renamed, statements))}


def canonical(data: Any) -> Any:
    """Return *data* of a policy so that two of the same words are equal: the order and number of list items aside."""
    if isinstance(data, dict):
        return frozenset((key, canonical(value)) for key, value in data.items())
    if isinstance(data, list):
        return frozenset(("list", canonical(value)) for value in data)
    return (type(data).__name__, data)


def _policy_meaning(policy: Any) -> object:
    """Return what *policy* says, and the Sids that it says it under."""
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if not isinstance(statements, list) or not all(isinstance(one, dict) for one in statements):
        return canonical(policy)
    plain = [{key: value for key, value in one.items() if key != "Sid"} for one in statements]
    sids = frozenset(str(one["Sid"]) for one in statements if "Sid" in one)
    return canonical({**policy, "Statement": plain}), sids


def _at(data: Any, path: DataPath) -> Any:
    for step in path:
        data = data[step]
    return data


def _without(data: Any, places: Collection[DataPath], path: DataPath = ()) -> Any:
    """Return *data* with nothing in the *places* of policies."""
    if path in places:
        return None
    if isinstance(data, dict):
        return [(key, _without(value, places, (*path, key))) for key, value in data.items()]
    if isinstance(data, list):
        return [_without(value, places, (*path, index)) for index, value in enumerate(data)]
    return data


def _decides_otherwise(document: Document, old: Any, new: Any) -> str | None:
    """Return why it is not proven that the policies *old* and *new* decide the same; None where it is."""
    first, second = _policies(document, old), _policies(document, new)
    if isinstance(first, str):
        return f"IAM would refuse it, so that nobody can tell what it decides: {first}"
    if isinstance(second, str):
        return f"IAM would refuse what it came to: {second}"
    pairs = [(first, second)]
    if first.resource is None:  # what is denied is compared as if it were what is allowed
        pairs.append((_denied(first), _denied(second)))
    try:
        for one, other in pairs:
            for found in (compare(one, other), compare(other, one)):
                if found.differences or found.unknowns:
                    return "it can't be proven that it would decide the same"
    except (PolicyError, LayerError, TooComplex) as error:
        return f"it can't be proven that it would decide the same: {error}"
    return None


def _policies(document: Document, raw: Any) -> Policies | str:
    again = Document(document.name, document.kind, raw, lambda _: None)
    return read_policies([read(again)])


def _denied(policies: Policies) -> Policies:
    """Return policies that allow what the Denies of *policies* deny."""
    return Policies(
        identity=tuple(
            replace(
                one,
                statement=tuple(replace(it, effect=Effect.ALLOW) for it in one.statement if it.effect is Effect.DENY),
            )
            for one in policies.identity
        )
    )


def _told(edits: Sequence[Edit]) -> Iterator[str]:
    renamed = sum(isinstance(edit, OperatorEdit) for edit in edits)
    lists = [edit for edit in edits if isinstance(edit, ListEdit)]
    statements = sum(edit.removed for edit in lists if edit.path[-1] == "Statement")
    values = sum(edit.removed for edit in lists if edit.path[-1] != "Statement")
    ordered = sum(edit.is_sorted for edit in lists)
    for count, one, many in (
        (renamed, "operator spelt as IAM has it", "operators spelt as IAM has them"),
        (statements, "statement that was there twice removed", "statements that were there twice removed"),
        (values, "value that was named twice removed", "values that were named twice removed"),
        (ordered, "list of actions sorted", "lists of actions sorted"),
    ):
        if count:
            yield f"{count} {one if count == 1 else many}"
