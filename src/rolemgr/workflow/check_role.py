"""Rules, and the user's own checks, over a rendered role."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rolemgr.check.attached import missing_from
from rolemgr.check.aws import asked_of
from rolemgr.check.finding import Finding
from rolemgr.check.role import accepted, at_choice, documents_of
from rolemgr.check.run import check
from rolemgr.workflow.found import CheckFindings, by_place, custom_findings_in, excused, read_checks
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import RenderedChoice, render_chosen


def check_role(
    chosen: Mapping[str, Any], rules: tuple[Path, ...], outside: Outside, *, verbose: bool, live: bool = False
) -> CheckFindings:
    """Return what is found in the role that *chosen* describes; say what was assumed and what the catalog accepts."""
    made = found_in_role(render_chosen(chosen, outside, verbose=verbose), rules, live=live)
    for text in made.notes:
        outside.say(text)
    return made._replace(findings=by_place(made.findings))


def findings_in_force(found: RenderedChoice) -> CheckFindings:
    """Return what is found in a rendered role, by the checks and suppressions of the nearest ``rolemgr-check.yaml``."""
    checks = read_checks(None, ())
    made = found_in_role(found, checks.files)
    return excused(made, checks.config())


def found_in_role(found: RenderedChoice, rules: tuple[Path, ...], *, live: bool = False) -> CheckFindings:
    """
    Return what is found in a rendered role, where the user chose it; the catalog's lines are in the messages.

    Of one that is judged *live* too, what AWS is to be asked about; that goes to no other process.
    """
    groups = {name: found.catalog.activity_group(name) for name in found.role.groups}
    documents = documents_of(found.documents)
    findings: list[Finding] = []
    meant: list[tuple[Finding, str]] = []
    notes: list[str] = []
    for finding in check(documents):
        shown = at_choice(finding, found.role, found.spec)
        if reason := accepted(finding, found.role, groups):
            notes.append(f"{finding.rule} on {finding.action} is accepted by {reason.where}: {reason.text}")
            meant.append((shown, reason.text))
        else:
            findings.append(shown)
    findings += [at_choice(one, found.role, found.spec) for one in custom_findings_in(documents, rules)]
    names = [one.name for one in documents if not one.missing]
    here = partial(at_choice, role=found.role, spec=found.spec)
    asked = [one.then(here) for one in asked_of(documents)] if live else []
    return CheckFindings(findings, names, meant, tuple(notes), not_judged=list(missing_from(documents)), asked=asked)
