"""
Findings as SARIF 2.1.0, which code scanning reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from rolemgr.check.finding import Finding, NotJudged, Severity, TypeFromName

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {
    Severity.ERROR: "error",
    Severity.SECURITY_WARNING: "error",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "note",
}
_SECURITY = {Severity.SECURITY_WARNING: "8.0"}
"""What code scanning ranks security findings by."""


_MOST_TEXT: Final = 1_024
"""
How long GitHub lets a description be; help may be longer.

https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""
_FROM: Final = "%SRCROOT%"
"""What relative paths begin at: the folder that the command ran in, which is the repository's top in CI."""


class RuleText(NamedTuple):
    """What SARIF says of a rule; *fix* is what mends its findings, *example* is Markdown that help ends with."""

    id: str
    name: str
    title: str
    explanation: str
    source: str
    severity: Severity
    example: str = ""
    fix: str | None = None


class SarifResult(NamedTuple):
    """One result: what SARIF says of a finding, of `check` or `audit`; *subject* is whom it is about."""

    rule: str
    severity: Severity
    message: str
    path: str
    line: int | None
    fingerprint: str
    properties: Mapping[str, Any]
    subject: str | None = None
    column: int | None = None


def sarif(
    findings: Sequence[Finding],
    suppressed: Sequence[tuple[Finding, str]],
    rules: Mapping[str, RuleText],
    version: str,
    not_judged: Sequence[NotJudged] = (),
    types: Sequence[TypeFromName] = (),
    *,
    refused: Sequence[NotJudged] = (),
    is_file: Callable[[str], bool] = bool,
) -> dict[str, Any]:
    """
    Return *findings*, and those *suppressed* with their reasons, as one SARIF log; *rules* by id.

    What was *not_judged*, and the files whose *types* their names suggested, are notifications. Roles that were
    *refused* are errors of the run, which then did not succeed: without results it would pass for "nothing found".

    A path that *is_file* denies, such as a role that flags chose, is a place by its name only.
    """
    excused = [(as_result(finding), reason) for finding, reason in suppressed]
    notes = [SarifNote("note", one.path, None, str(one)) for one in types]
    notes += [SarifNote("warning", one.path, one.line, f"not judged: {one.reason}") for one in not_judged]
    notes += [SarifNote("error", one.path, one.line, f"not judged: {one.reason}") for one in refused]
    return sarif_log(list(map(as_result, findings)), excused, rules, version, notes, is_file=is_file)


class SarifNote(NamedTuple):
    """What SARIF says of a place that has no result; the *level* ``error`` is for what makes the run fail."""

    level: str
    path: str
    line: int | None
    text: str


_FAILED: Final = "error"


def sarif_log(
    findings: Sequence[SarifResult], suppressed: Sequence[tuple[SarifResult, str]], rules: Mapping[str, RuleText],
    version: str, notes: Sequence[SarifNote], *, is_file: Callable[[str], bool],
) -> dict[str, Any]:  # fmt: skip
    """Return one log of *findings*, and of those *suppressed* with their reasons; *rules* by id."""
    used = sorted({one.rule for one in findings} | {one.rule for one, _ in suppressed})
    places = {identifier: place for place, identifier in enumerate(used)}
    results = [_result(finding, places, is_file) for finding in findings]
    for finding, reason in suppressed:
        suppression = {"kind": "external", "justification": reason}
        results.append({**_result(finding, places, is_file), "suppressions": [suppression]})
    driver = {
        "name": "rolemgr",
        **_home(),
        "semanticVersion": version,
        "rules": [_rule(rules[identifier]) for identifier in used],
    }
    run: dict[str, Any] = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    paths = {one.path for one in findings} | {one.path for one, _ in suppressed} | {one.path for one in notes}
    if any(_is_relative(path, is_file) for path in paths):
        text = "The folder that rolemgr ran in, which relative paths begin at."
        run["originalUriBaseIds"] = {_FROM: {"description": {"text": text}}}
    if notes:
        told = [_notification(one, is_file) for one in notes]
        succeeded = not any(one.level == _FAILED for one in notes)
        run["invocations"] = [{"executionSuccessful": succeeded, "toolExecutionNotifications": told}]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _home() -> dict[str, str]:
    """
    Return the address of the project's pages, where the metadata of the installed package has one.

    https://packaging.python.org/en/latest/specifications/well-known-project-urls/
    """
    from importlib.metadata import PackageNotFoundError, metadata  # 10 ms, for this form alone

    try:
        rows = metadata("rolemgr").get_all("Project-URL") or []
    except PackageNotFoundError:
        return {}
    urls = {label.strip().lower(): url.strip() for label, _, url in (row.partition(",") for row in rows)}
    found = next((urls[name] for name in ("documentation", "homepage", "source", "repository") if name in urls), None)
    return {"informationUri": found} if found and found.startswith("https://") else {}


def as_result(finding: Finding) -> SarifResult:
    """Return what SARIF says of a *finding* of `check`."""
    about = {"sid": finding.sid, "action": finding.action, "key": finding.key}
    properties = {"severity": finding.severity.value, **{name: value for name, value in about.items() if value}}
    fingerprint = sha256("\0".join(finding.identity()).encode()).hexdigest()
    return SarifResult(
        finding.rule, finding.severity, finding.message, finding.path, finding.line, fingerprint, properties,
        column=finding.column,
    )  # fmt: skip


def _notification(note: SarifNote, is_file: Callable[[str], bool]) -> dict[str, Any]:
    location = _location(note.path, note.line, is_file)
    return {"level": note.level, "message": {"text": note.text}, "locations": [location]}


def _is_relative(path: str, is_file: Callable[[str], bool]) -> bool:
    return is_file(path) and not PurePath(path).is_absolute()


def _location(path: str, line: int | None, is_file: Callable[[str], bool], column: int | None = None) -> dict[str, Any]:
    if not is_file(path):
        return {"logicalLocations": [{"fullyQualifiedName": path}]}
    where = PurePath(path)
    uri = where.as_uri() if where.is_absolute() else quote(where.as_posix(), errors="surrogateescape")
    begins = {} if where.is_absolute() else {"uriBaseId": _FROM}
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, **begins}}
    if line:
        place["region"] = {"startLine": line, **({"startColumn": column} if column else {})}
    return {"physicalLocation": place}


def _rule(rule: RuleText) -> dict[str, Any]:
    properties: dict[str, Any] = {"tags": ["security", "iam"]}
    if rule.severity in _SECURITY:
        properties["security-severity"] = _SECURITY[rule.severity]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": _cut(rule.title)},
        "fullDescription": {"text": _cut(rule.explanation)},
        "help": _help(rule),
        "helpUri": rule.source,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": properties,
    }


def _help(rule: RuleText) -> dict[str, str]:
    """Return what a viewer shows of *rule* below a result, which GitHub asks for: plain, and as Markdown."""
    mend = f"\n\nTo mend it: {rule.fix}." if rule.fix else ""
    example = f"\n\n{rule.example}" if rule.example else ""
    shown = f"{rule.explanation}{mend}\n\n[Source]({rule.source}){example}"
    return {"text": f"{rule.explanation}{mend}\n\nSee {rule.source}", "markdown": shown}


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 4]} ..."


def _result(finding: SarifResult, places: Mapping[str, int], is_file: Callable[[str], bool]) -> dict[str, Any]:
    location = _location(finding.path, finding.line, is_file, finding.column)
    if finding.subject:
        named = {"fullyQualifiedName": finding.subject}
        location = {**location, "logicalLocations": [named, *location.get("logicalLocations", ())]}
    return {
        "ruleId": finding.rule,
        "ruleIndex": places[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        # not primaryLocationLineHash: GitHub's upload action computes that one and warns of each other value
        "partialFingerprints": {"rolemgr/v1": finding.fingerprint},
        "properties": finding.properties,
    }
