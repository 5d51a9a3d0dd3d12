"""Findings on a terminal, in the form that ruff has: a line that editors and grep know, and the source below it."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from rolemgr.check.finding import Finding, NotJudged, Severity, TypeFromName
from rolemgr.errors import printable
from rolemgr.report.findings import summary

SourceLine: TypeAlias = Callable[[str, int], str | None]
"""Returns a line, from 1, of the file of a path; None where it can't be shown."""

_STYLES = {
    Severity.ERROR: "1;31",
    Severity.SECURITY_WARNING: "1;35",
    Severity.WARNING: "33",
    Severity.SUGGESTION: "36",
}


class FindingsView(NamedTuple):
    """How findings are shown: the *names* of rules by id, lines of their files, columns, colour."""

    names: Mapping[str, str] = {}
    line: SourceLine = lambda _path, _line: None
    width: int = 80
    color: bool = False


_PLAIN = FindingsView()


def findings_text(
    findings: Sequence[Finding], checked: int, not_judged: Sequence[NotJudged] = (),
    types: Sequence[TypeFromName] = (), view: FindingsView = _PLAIN, *, refused: int = 0,
) -> str:  # fmt: skip
    """
    Return *findings* as text, each as ``path:line:column: rule name SEVERITY message``, and a line that sums up.

    Below each stands its line in the file, with a caret, and what mends it where that is known. Between findings and
    sum stand the files whose *types* their names suggested, and what was not judged. The sum says too of how many files
    nothing is known, as they were *refused*.
    """
    lines = [line for finding in findings for line in _finding(finding, view)]
    lines += [f"{_path(told.path)}: {told}" for told in types]
    for one in not_judged:
        lines.append(f"{_path(one.path)}{f':{one.line}' if one.line else ''}: not judged: {printable(one.reason)}")
    places = f"; {len(not_judged)} place{'s' if len(not_judged) > 1 else ''} not judged" if not_judged else ""
    beside = f"; {refused} file{'s' if refused > 1 else ''} not checked: see the error" if refused else ""
    return "\n".join([*lines, summary(findings, checked) + places + beside]) + "\n"


def _finding(finding: Finding, view: FindingsView) -> list[str]:
    place = "".join(f":{one}" for one in (finding.line, finding.line and finding.column) if one)
    where = _styled(f"{_path(finding.path)}{place}:", "1", color=view.color)
    severity = _styled(finding.severity, _STYLES[finding.severity], color=view.color)
    name = view.names.get(finding.rule, "")
    sid = f" (statement {printable(finding.sid)})" if finding.sid else ""
    head = f"{where} {finding.rule} {name} {severity} {printable(finding.message)}{sid}".replace("  ", " ")
    fix = [f"    fix: {text}"] if (text := fix_of(finding.rule)) else []
    page = [f"    AWS: {printable(finding.learn_more)}"] if finding.learn_more else []
    return [head, *_source(finding, view), *fix, *page]


def _source(finding: Finding, view: FindingsView) -> list[str]:
    """Return the line that *finding* is about, as much as has room, and a caret below its column."""
    text = view.line(finding.path, finding.line) if finding.line and finding.column else None
    if text is None or not finding.line or not finding.column or finding.column > len(text):
        return []
    number = f"{finding.line:>4} | "
    room = max(20, view.width - len(number))
    start = max(0, min(finding.column - 1 - room // 3, len(text) - room))
    seen = _harmless(text[start : start + room]).rstrip()
    caret = " " * (finding.column - 1 - start)
    return [f"{number}{seen}", f"     | {caret}{_styled('^', '1;31', color=view.color)}"]


def _harmless(text: str) -> str:
    """Return *text*, which may come from anyone, in as many columns, without what a terminal or CI would obey."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain.replace("##[", "#?[")


def _path(path: str) -> str:
    """Return *path* as the beginning of a line, where GitHub would take `::` for a command."""
    shown = printable(path)
    return f"./{shown}" if shown.startswith("::") else shown


def _styled(text: str, code: str, *, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def fix_of(rule: str) -> str | None:
    """Return what mends the findings of the *rule* of this id, where one sentence says it."""
    return _fixes().get(rule)


@cache
def _fixes() -> Mapping[str, str]:
    """Return what mends the findings of a rule, by its id, where one sentence says it."""
    found: Mapping[str, str] = json.loads(Path(__file__).with_name("fixes.json").read_bytes())
    return found
