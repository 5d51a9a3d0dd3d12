"""How a policy in an account, or in the organization, differs from the one that a file makes, by what they mean."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from rolemgr.account.resource_plan import same_statements
from rolemgr.compare.compare import compare
from rolemgr.compare.documents import comparable
from rolemgr.compare.verdicts import Comparison, Difference
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import PolicyDocument


class DocumentDrift(NamedTuple):
    """What one side allows and the other does not: *way* is toward the account; *unknown* where that can't be told."""

    way: Literal["gained", "lost"]
    what: str
    request: Request | None = None
    unknown: bool = False


def document_drift(title: str, there: PolicyDocument, wanted: PolicyDocument) -> Iterator[DocumentDrift]:
    """Yield what the document *there*, which messages call *title*, allows beyond the *wanted* one, and the reverse."""
    if same_statements(there, wanted):
        return
    try:
        live, file = comparable((there,), (wanted,)), comparable((wanted,), (there,))
        yield from _one_way(title, "gained", compare(live, file))
        yield from _one_way(title, "lost", compare(file, live))
    except (PolicyError, LayerError) as error:
        yield DocumentDrift("gained", f"can't tell what {title} allows: {error}", unknown=True)


def _one_way(title: str, way: Literal["gained", "lost"], found: Comparison) -> Iterator[DocumentDrift]:
    for one in found.differences:
        yield DocumentDrift(way, _in_words(title, way, one), one.request)
    for unknown in found.unknowns:
        more = "more" if way == "gained" else "less"
        yield DocumentDrift(way, f"can't tell whether {title} allows {more}: {unknown.reason}", unknown=True)


def _in_words(title: str, way: str, one: Difference) -> str:
    request = one.request
    whom = f" to {request.principal}" if request.principal else ""
    asked = f"{request.action} on {request.resource}{whom}"
    statement = f"statement `{one.statement.sid}` of " if one.statement.sid else ""
    more = f" (and {len(one.actions) - 1} more actions)" if len(one.actions) > 1 else ""
    if one.scenario.lifted:
        if way == "gained":
            return f"{title} no longer denies {asked}{more}, as {statement}the file does"
        return f"{statement}{title} denies {asked}{more}, which the file does not"
    if way == "gained":
        otherwise = "denies" if one.before.decision == "ExplicitlyDenied" else "does not allow"
        return f"{statement}{title} allows {asked}{more}, which the file {otherwise}"
    return f"{title} does not allow {asked}{more}, which {statement}the file does"
