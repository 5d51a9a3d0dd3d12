"""The findings of custom checks: a request that shows what is wrong, or what can't be told, in words."""

from collections.abc import Iterator

from rolemgr.check.custom.checks import Custom
from rolemgr.check.custom.subjects import DocumentsTogether
from rolemgr.check.finding import Finding, Severity
from rolemgr.check.rule import listed
from rolemgr.compare.verdicts import Comparison, Difference, Unknown
from rolemgr.evaluate.policies import StatementRef
from rolemgr.files.source import DataPath


def findings_of(subject: DocumentsTogether, custom: Custom, found: Comparison, verb: str) -> Iterator[Finding]:
    """Yield a finding for each difference, and for what can't be told; *verb* says what the policy does wrong."""
    for one in found.differences:
        text = f"{verb} {request_text(one)}{_more(one)}{_note(one)}"
        if one.doubts:
            text = f"can't tell whether it {text}, for {'; '.join(one.doubts)}"
        at = None if one.scenario.lifted else one.statement
        yield finding(subject, custom, at, text, one.request.action)
    for unknown in found.unknowns:
        text = f"can't tell what it {verb} of {actions_text(unknown)}: {unknown.reason}"
        yield finding(subject, custom, unknown.statement, text)


def finding(
    subject: DocumentsTogether,
    custom: Custom,
    at: StatementRef | tuple[int, int] | None,
    text: str,
    action: str | None = None,
) -> Finding:
    """Return the finding at a statement, or at the first document as a whole."""
    policy, place = (at.policy, at.statement) if isinstance(at, StatementRef) else at or (0, None)
    if policy == len(subject.documents):  # it is what AWS attaches beside an SCP
        policy, place = 0, None
    listed_ones = subject.documents or [one for one, _ in subject.missing]
    document = listed_ones[policy]
    statement = document.statements[place] if place is not None and place < len(document.statements) else None
    path: DataPath = statement.path if statement else ()
    sid = statement.sid if statement else None
    check = custom.check
    return Finding(
        check.id,
        Severity(check.severity),
        f"{text}: {check.reason}",
        document.name,
        document.line_of(path),
        sid,
        action,
        column=document.column_of(path),
    )


def request_text(one: Difference) -> str:
    """Return the request that shows it, in words."""
    request = one.request
    context = ", ".join(
        f"{key} {' and '.join(values)}" for key, values in request.context.items() if _is_telling(one, key)
    )
    action = f"actions that AWS may add, such as `{request.action}`," if one.future else f"`{request.action}`"
    who = f" by {request.principal}" if request.principal else ""
    return f"{action} on `{request.resource}`{who}" + (f" with {context}" if context else "")


def _is_telling(one: Difference, key: str) -> bool:
    """Tell whether *key* says more than the caller and the resource's account."""
    own = one.scenario.filled()
    return key.lower() not in own and key.lower() != "aws:resourceaccount"


def _more(one: Difference) -> str:
    others = len(one.actions) - 1
    return f" and {others} more action{'s' if others > 1 else ''}" if others and not one.future else ""


def _note(one: Difference) -> str:
    return f", {one.scenario.note}" if one.scenario.note else ""


def actions_text(unknown: Unknown) -> str:
    """Return the actions of which something can't be told, in words."""
    return listed(unknown.actions) if unknown.actions else "its actions"


def decision_text(difference: Difference) -> str:
    """Return how the policy decides the request that it should allow, in AWS's words."""
    return "explicitly denied" if difference.before.decision == "ExplicitlyDenied" else "implicitly denied"
