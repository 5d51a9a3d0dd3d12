"""Findings for programs: JSON, and GitHub's annotations; and the line that sums them up."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rolemgr.check.finding import Finding, NotJudged, Severity, TypeFromName
from rolemgr.errors import printable


def findings_data(
    findings: Sequence[Finding], checked: int, not_judged: Sequence[NotJudged] = (),
    types: Sequence[TypeFromName] = (), refused: Sequence[NotJudged] = (),
) -> dict[str, Any]:  # fmt: skip
    """
    Return *findings* for ``--format json``, with how many policies were *checked*, and what was not.

    Where names of files suggested *types*, or role files were *refused*, these stand under a key of their own.
    """
    told = {"types_from_names": [one._asdict() for one in types]} if types else {}
    told |= {"refused": [one._asdict() for one in refused]} if refused else {}
    return {
        "findings": [finding.data() for finding in findings],
        "checked": checked,
        "not_judged": [one._asdict() for one in not_judged],
        **told,
    }


def summary(findings: Sequence[Finding], checked: int) -> str:
    """Return one line: how many findings of which severity, in how many policies."""
    policies = f"{checked} policy" if checked == 1 else f"{checked} policies"
    if not findings:
        return f"no finding in {policies}"
    counts = Counter(finding.severity for finding in findings)
    each = ", ".join(f"{counts[severity]} {severity}" for severity in Severity if counts[severity])
    return f"{len(findings)} finding{'s' if len(findings) > 1 else ''} in {policies}: {each}"


_LEVELS = {
    Severity.ERROR: "error",
    Severity.SECURITY_WARNING: "error",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "notice",
}


def annotations(
    findings: Sequence[Finding], names: Mapping[str, str], not_judged: Sequence[NotJudged] = (),
    types: Sequence[TypeFromName] = (), *, refused: Sequence[NotJudged] = (), is_file: Callable[[str], bool] = bool,
) -> str:  # fmt: skip
    """
    Return *findings* as workflow commands that GitHub shows beside the lines; *names* are the rules' by id.

    A path that *is_file* denies, such as stdin or a role that flags chose, begins the sentence instead: GitHub
    would show an annotation of a file that is not there nowhere. What was *refused*, so that nothing is known of
    it, is an error.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    found = "".join(_annotation(finding, names, is_file) for finding in findings)
    told = (NotJudged(one.path, None, str(one)) for one in types)
    notices = [
        *(_notice(one, "type from the name", is_file) for one in told),
        *(_notice(one, "not judged", is_file) for one in not_judged),
        *(_notice(one, "not judged", is_file, "error") for one in refused),
    ]
    return found + "".join(notices)


def _annotation(finding: Finding, names: Mapping[str, str], is_file: Callable[[str], bool]) -> str:
    title = f"{finding.rule} {names.get(finding.rule, '')}".strip()
    place, message = placed(finding.path, finding.line, finding.message, is_file)
    return annotation(_LEVELS[finding.severity], {**place, "title": title}, message)


def _notice(one: NotJudged, title: str, is_file: Callable[[str], bool], level: str = "notice") -> str:
    place, message = placed(one.path, one.line, one.reason, is_file)
    return annotation(level, {**place, "title": title}, message)


def placed(path: str, line: int | None, message: str, is_file: Callable[[str], bool]) -> tuple[dict[str, str], str]:
    """Return where an annotation stands, and its *message*, which names a *path* that is not a file."""
    if is_file(path):
        return {"file": path, "line": str(line or 1)}, message
    return {}, f"{path}{f':{line}' if line else ''}: {message}"


def annotation(level: str, properties: Mapping[str, str], message: str) -> str:
    """Return one workflow command; whatever stands in *properties* and *message*, it stays this one command."""
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level}{' ' if shown else ''}{shown}::{_escaped(message)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return *text*, such as a file's name, without what a terminal would obey: the log of a job is read on one."""
    return _escaped(printable(text)).replace(":", "%3A").replace(",", "%2C")
