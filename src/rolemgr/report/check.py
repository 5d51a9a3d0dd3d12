"""What `check` found, in each of its forms, and what there is to say of one rule."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rolemgr.check.config import find_rule
from rolemgr.check.finding import ANALYZER, OF_AWS, Finding, NotJudged, Severity, TypeFromName
from rolemgr.check.rules import all_rules
from rolemgr.errors import SourceLocation
from rolemgr.files.write import to_json
from rolemgr.report.asff_findings import AboutFinding, AsffHub, findings_asff
from rolemgr.report.findings import annotations, findings_data
from rolemgr.report.findings_text import FindingsView, findings_text, fix_of
from rolemgr.report.pages.forms import FORMS, page_text
from rolemgr.report.pages.of_findings import findings_page
from rolemgr.report.sarif import RuleText, sarif

if TYPE_CHECKING:
    from rolemgr.check.custom.checks import Custom  # few users have checks of their own


class CheckReport(NamedTuple):
    """
    The findings, those that are excused with the reason, and how many policies were checked.

    Beside them stand the user's own checks, what was not judged, and whose type was told from its name alone.
    """

    findings: Sequence[Finding]
    excused: Sequence[tuple[Finding, str]]
    checked: int
    customs: "Sequence[Custom]" = ()
    not_judged: Sequence[NotJudged] = ()
    types: Sequence[TypeFromName] = ()
    refused: Sequence[NotJudged] = ()
    """Role files that make no role, and so have no findings."""

    def text(self, form: str, version: str, *, is_file: Callable[[str], bool], view: FindingsView) -> str:
        """
        Return this in the *form* (text, json, sarif, github, or one of pages' `FORMS`) that somebody chose.

        *view* says how text looks; its names of rules are filled in.
        """
        findings, not_judged, types = self.findings, self.not_judged, self.types
        names = {rule.id: rule.name for rule in all_rules().values()} | {
            one.check.id: one.check.kind for one in self.customs
        }
        names |= {one.rule: f"({ANALYZER})" for one in findings if one.learn_more}
        if form == "text":
            named = view._replace(names=names)
            return findings_text(
                findings, self.checked, not_judged, types, named, refused=len({one.path for one in self.refused})
            )
        if form in ("github", *FORMS):
            if form in FORMS:
                page = findings_page(
                    findings, self.checked, not_judged, types, names, self.excused, self.refused
                )  # fmt: skip
                return page_text(page, form)
            return annotations(findings, names, not_judged, types, refused=self.refused, is_file=is_file)
        as_json = form == "json"
        data = (
            findings_data(findings, self.checked, not_judged, types, self.refused)
            if as_json
            else _sarif(self, version, is_file)
        )
        return to_json(data, short=False)


def check_asff(found: CheckReport, hub: AsffHub) -> list[dict[str, Any]]:
    """Return what was *found* for Security Hub; what is excused is archived there."""
    about = [AboutFinding(one) for one in found.findings]
    about += [AboutFinding(one, excuse=reason) for one, reason in found.excused]
    return findings_asff(about, [*found.not_judged, *found.refused], _rule_texts(found), hub)


def _sarif(found: CheckReport, version: str, is_file: Callable[[str], bool]) -> dict[str, Any]:
    return sarif(
        found.findings, found.excused, _rule_texts(found), version, found.not_judged, found.types,
        refused=found.refused, is_file=is_file,
    )  # fmt: skip


def _rule_texts(found: CheckReport) -> dict[str, RuleText]:
    """Return the rules by id, those that found something with their examples."""
    from rolemgr.check.examples import examples_of  # YAML, for the rules that found something
    from rolemgr.report.rules import example_markdown

    used = {one.rule for one in (*found.findings, *(one for one, _ in found.excused))}
    texts = {
        rule.id: RuleText(
            rule.id, rule.name, rule.title, rule.explanation, rule.source, rule.severity,
            example_markdown(examples_of(rule.id)) if rule.id in used else "", fix_of(rule.id),
        )
        for rule in all_rules().values()
    }  # fmt: skip
    of_aws = {one.rule: one for one in (*found.findings, *(one for one, _ in found.excused)) if one.learn_more}
    texts |= {name: _aws_text(one) for name, one in of_aws.items()}
    return texts | {one.check.id: _custom_text(one) for one in found.customs}


def _aws_text(finding: Finding) -> RuleText:
    """Return what there is to say of the check of AWS's that *finding* is of."""
    words = finding.rule.removeprefix(OF_AWS).replace("_", " ").lower()
    text = f"{ANALYZER} (ValidatePolicy) found it, and AWS's page says what it is and how to mend it."
    name = f"aws-{words.replace(' ', '-')}"
    return RuleText(finding.rule, name, f"{ANALYZER}: {words}", text, str(finding.learn_more), finding.severity)


def _custom_text(custom: "Custom") -> RuleText:
    from rolemgr.check.custom import checks as custom_checks  # they need the comparison of policies

    check, text = custom.check, custom_checks.explained(custom)
    return RuleText(check.id, check.kind, check.reason, text, custom_checks.SOURCE, Severity(check.severity))


def explained(name: str, customs: "Sequence[Custom]") -> str:
    """
    Return what there is to say of the rule *name*, with an example that it finds and one that it does not.

    Raises UnknownNameError for a rule that neither we nor *customs* have.
    """
    own = next((one for one in customs if one.check.id.lower() == name.lower()), None)
    if own:
        text = _custom_text(own)
        return f"{text.id} ({text.severity}), {own.where}\n\n{text.explanation}\n\nSee {text.source}\n"
    from rolemgr.check.examples import examples_of  # YAML, for one rule that is explained
    from rolemgr.report.rules import rule_text

    rule = find_rule(name, SourceLocation("--explain"), [one.check.id for one in customs])
    return rule_text(rule, examples_of(rule.id), fix_of(rule.id))
