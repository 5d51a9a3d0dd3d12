"""Findings for people and programs: text, JSON, and GitHub's annotations."""

import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from rolemgr.check.finding import Finding, NotJudged, Severity, TypeFromName
from rolemgr.errors import printable

_STYLES = {
    Severity.ERROR: "1;31",
    Severity.SECURITY_WARNING: "1;35",
    Severity.WARNING: "33",
    Severity.SUGGESTION: "36",
}
_WIDEST = len("SECURITY_WARNING")


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
        "findings": [finding._asdict() for finding in findings],
        "checked": checked,
        "not_judged": [one._asdict() for one in not_judged],
        **told,
    }


def findings_text(
    findings: Sequence[Finding], checked: int, not_judged: Sequence[NotJudged] = (),
    types: Sequence[TypeFromName] = (), *, width: int = 80, color: bool = False,
) -> str:  # fmt: skip
    """
    Return *findings* as text of at most *width* columns, by file, and a line that sums up.

    Between them stand the files whose *types* their names suggested, and what was not judged.
    """
    lines: list[str] = []
    for path, found in groupby(findings, key=lambda finding: finding.path):
        lines.append(_styled(printable(path), "1", color=color))
        for finding in found:
            lines += _finding(finding, width, color=color)
        lines.append("")
    lines += [f"{printable(told.path)}: {told}" for told in types]
    for one in not_judged:
        lines.append(f"{printable(one.path)}{f':{one.line}' if one.line else ''}: not judged: {printable(one.reason)}")
    places = f"; {len(not_judged)} place{'s' if len(not_judged) > 1 else ''} not judged" if not_judged else ""
    return "\n".join([*lines, summary(findings, checked) + places]) + "\n"


def summary(findings: Sequence[Finding], checked: int) -> str:
    """Return one line: how many findings of which severity, in how many policies."""
    policies = f"{checked} policy" if checked == 1 else f"{checked} policies"
    if not findings:
        return f"no finding in {policies}"
    counts = Counter(finding.severity for finding in findings)
    each = ", ".join(f"{counts[severity]} {severity}" for severity in Severity if counts[severity])
    return f"{len(findings)} finding{'s' if len(findings) > 1 else ''} in {policies}: {each}"


def _finding(finding: Finding, width: int, *, color: bool) -> list[str]:
    """Return the lines of one finding: where, how bad, which rule; below it the sentence."""
    line = str(finding.line or "-")
    sid = f"  {printable(finding.sid)}" if finding.sid else ""
    severity = _styled(finding.severity.ljust(_WIDEST), _STYLES[finding.severity], color=color)
    head = f"{line:>5}  {severity}  {finding.rule}{sid}"
    body = textwrap.wrap(
        printable(finding.message), width - 7, initial_indent="", break_long_words=False, break_on_hyphens=False
    )
    return [head, *(" " * 7 + one for one in body)]


def _styled(text: str, code: str, *, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


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
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
