"""Drift of a blueprint in each of its forms."""

from collections.abc import Callable, Iterator

from rolemgr.check.finding import Finding, NotJudged
from rolemgr.errors import AwsError, InputError, RolemgrError
from rolemgr.files.write import to_json
from rolemgr.report.asff_findings import AboutFinding, AsffHub, findings_asff
from rolemgr.report.blueprint_drift import BlueprintDrift, blueprint_drift_data, blueprint_drift_text, layer_finding
from rolemgr.report.drift import drift_findings, rule_texts
from rolemgr.report.drift_forms import about_roles
from rolemgr.report.findings import annotations
from rolemgr.report.pages.forms import FORMS, page_text
from rolemgr.report.pages.of_blueprint import drift_page
from rolemgr.report.plan import refused_places
from rolemgr.report.sarif import sarif


def blueprint_drift_report(
    form: str, drift: BlueprintDrift, version: str, is_file: Callable[[str], bool]
) -> str:  # fmt: skip
    """Return *drift* in the *form* that somebody chose."""
    if form == "text":
        return blueprint_drift_text(drift)
    if form == "json":
        return to_json(blueprint_drift_data(drift))
    if form in FORMS:
        return page_text(drift_page(drift), form)
    texts, found = rule_texts(), blueprint_findings(drift)
    refused = list(_not_judged(drift, is_file))
    if form == "github":
        return annotations(found, {text.id: text.name for text in texts.values()}, refused=refused, is_file=is_file)
    return to_json(sarif(found, [], texts, version, refused=refused, is_file=is_file))


def blueprint_drift_asff(drift: BlueprintDrift, hub: AsffHub, is_file: Callable[[str], bool]) -> str:
    """Return *drift* for Security Hub: roles by their ARNs, all else by the blueprint."""
    about = [*(one for each in drift.accounts for one in about_roles(each.roles))]
    about += [AboutFinding(layer_finding(one)) for one in drift.layer_drifts]
    return to_json(findings_asff(about, list(_not_judged(drift, is_file)), rule_texts(), hub))


def blueprint_findings(drift: BlueprintDrift) -> list[Finding]:
    """Return all that differs as findings at the lines of the blueprint."""
    roles = [finding for one in drift.accounts for finding in drift_findings(one.roles)]
    return [*roles, *map(layer_finding, drift.layer_drifts)]


def _not_judged(drift: BlueprintDrift, is_file: Callable[[str], bool]) -> Iterator[NotJudged]:
    for one in drift.accounts:
        if one.error:
            yield _place(drift, f"account {one.access.name}", one.error)
        yield from refused_places(one.refused, is_file)
        yield from (_place(drift, f"the {each.target.title}", each.error) for each in one.unread)
    for level in drift.levels or ():
        if level.error:
            yield _place(drift, f"{level.kind.upper()}s of {level.level}", level.error)


def _place(drift: BlueprintDrift, about: str, error: RolemgrError) -> NotJudged:
    """Return the place that the *error* names, else the blueprint."""
    if isinstance(error, AwsError | InputError) and error.where:
        plain = InputError(None, error.problem, error.hint)
        return NotJudged(error.where.file, error.where.line, f"{about}: {plain}")
    return NotJudged(drift.file, None, f"{about}: {error}")
