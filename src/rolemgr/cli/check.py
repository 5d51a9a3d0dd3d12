"""`rolemgr check`: rules over policy files, or over the chosen role."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from rolemgr.cli.console import SEVERITIES, color_option, findings_form_option, output_option
from rolemgr.cli.files import is_file, is_stdout, note, read_input, write_output
from rolemgr.cli.options import many_roles, one_role, roles_options
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.check.collect import Collected
    from rolemgr.check.config import CheckConfig
    from rolemgr.check.custom import Custom
    from rolemgr.check.document import Document
    from rolemgr.check.finding import Finding, NotJudged, TypeFromName
    from rolemgr.cli.rendering import Chosen
    from rolemgr.files.source import SourceFile
    from rolemgr.report.sarif import RuleText

KINDS = ("identity", "trust", "resource", "scp", "rcp", "boundary", "endpoint")


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@roles_options
@click.option(
    "--type", "kind", type=click.Choice(KINDS), help="The type of the policies; told from each file unless given."
)
@click.option(
    "--fail-on", type=click.Choice([*SEVERITIES, "not-judged"], case_sensitive=False), multiple=True,
    default=("SECURITY_WARNING",), show_default=True,
    help="Exit with 1 for a finding of this severity or worse, or for what is not judged; repeatable.",
)  # fmt: skip
@findings_form_option
@click.option("--rules", multiple=True, metavar="FILE", help="A YAML file of custom policy checks; repeatable.")
@click.option("--config", metavar="FILE", help="Suppressions and types; rolemgr-check.yaml here or above unless given.")
@click.option("--baseline", metavar="FILE", help="Report only what is not in this baseline.")
@click.option("--write-baseline", metavar="FILE", help="Write today's findings as a baseline, and exit with 0.")
@click.option("--explain", metavar="RULE", help="Explain a rule, by its id or name, and check nothing.")
@output_option
@color_option
def check_command(
    paths: Sequence[str], chosen: dict[str, Any], kind: str | None, fail_on: Sequence[str],
    form: str, rules: Sequence[str],
    config: str | None, baseline: str | None, write_baseline: str | None, explain: str | None, output: str | None,
    color: str, verbose: bool,
) -> None:  # fmt: skip
    """
    Check policies: grammar, names, reach, what they give away.

    PATH is a policy, a role as `create` writes it, a CloudFormation template, Terraform's JSON, or a folder
    of such files; - is stdin. Without one, the role that the options choose is checked, or each role of many
    role files. Severities are IAM Access Analyzer's. Nothing touches AWS.

    \b
    Examples:
      rolemgr check policies/ --fail-on WARNING
      rolemgr check scp.json --type scp --format sarif -o check.sarif
      rolemgr check --persona ml-engineer
      rolemgr check --role 'roles/*.yaml' --format github
      rolemgr check policies/ --format markdown >> "$GITHUB_STEP_SUMMARY"
      rolemgr check policies/ --rules checks.yaml
      rolemgr check --explain RM901
    """
    source = _config_source(config)
    files = _rules_files(rules, source)
    customs = _customs(files)
    if explain is not None:
        write_output(_explained(explain, customs), output)
        return
    from rolemgr.check.config import apply

    settings = _config(source, customs)
    found = _findings(paths, chosen, kind, settings, files, verbose)
    today = datetime.now(UTC).date()
    kept, suppressed = apply(found.findings, settings.suppressions, found.names, today)
    if write_baseline is not None:
        _write_baseline(kept, write_baseline)
        return
    if baseline is not None:
        kept = _new_ones(kept, baseline)
    if suppressed:
        note(f"{len(suppressed)} finding{'s' if len(suppressed) > 1 else ''} suppressed by {settings_name(config)}")
    reasons = [*found.accepted, *((finding, suppression.reason) for finding, suppression in suppressed)]
    shown = _report_text(
        form, kept, reasons, len(found.names), customs, found.not_judged, found.types,
        color=_in_color(color, output), width=_width(output),
    )  # fmt: skip
    write_output(shown, output)
    if found.wrong:
        from rolemgr.cli.many import say_rest

        say_rest(len(found.names), found.wrong, "checked")
    if _fails(fail_on, kept, found.not_judged):
        sys.exit(1)


def _fails(fail_on: Sequence[str], findings: "Sequence[Finding]", not_judged: "Sequence[NotJudged]") -> bool:
    """Tell whether a finding is as bad as *fail_on* says, or something is not judged where that is asked for."""
    from rolemgr.check.finding import Severity

    wanted = [Severity(one.upper()) for one in fail_on if one != "not-judged"] or [Severity.SECURITY_WARNING]
    if not_judged and "not-judged" in fail_on:
        return True
    return any(finding.severity.at_least(worst) for finding in findings for worst in wanted)


def findings_in_force(found: "Chosen") -> "list[Finding]":
    """Return what is found in a rendered role, by the checks and suppressions of the nearest ``rolemgr-check.yaml``."""
    from rolemgr.check.config import apply

    source = _config_source(None)
    rules = _rules_files((), source)
    made = _of_role(found, rules)
    suppressions = _config(source, _customs(rules)).suppressions
    return apply(made.findings, suppressions, made.names, datetime.now(UTC).date())[0]


def settings_name(config: str | None) -> str:
    """Return what messages call the configuration."""
    return config or "rolemgr-check.yaml"


def _findings(
    paths: Sequence[str], chosen: Mapping[str, Any], kind: str | None, settings: "CheckConfig",
    rules: tuple[Path, ...], verbose: bool,
) -> "_Found":  # fmt: skip
    """Return what the rules find in the files, or in the chosen role."""
    from rolemgr.check.finding import TypeFromName
    from rolemgr.check.run import check
    from rolemgr.iam.documents import PolicyType

    if paths:
        _refuse_both(chosen)
        collected = _collected(paths, PolicyType(kind) if kind else None, settings)
        if collected.skipped:
            files = "file holds" if collected.skipped == 1 else "files hold"
            note(f"{collected.skipped} {files} no policy")
        if collected.folders:
            note(f"not searched unless named: {', '.join(collected.folders[:5])}{_rest(collected.folders[5:])}")
        found = [
            *collected.unreadable,
            *check(collected.documents),
            *_custom_findings(collected.documents, _customs(rules)),
        ]
        read = [one for one in collected.documents if not one.missing]
        names = [name for name, _ in dict.fromkeys((one.name, one.place) for one in read)]
        types = [TypeFromName(one.name, one.kind) for one in collected.documents if one.suggested]
        return _Found(_sorted(list(found)), names, not_judged=collected.not_judged, types=list(dict.fromkeys(types)))
    if kind:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a role")
    if many_roles(chosen):
        return _of_role_files(chosen, rules, verbose=verbose)
    from rolemgr.cli.rendering import render_chosen

    made = _of_role(render_chosen(one_role(chosen), verbose=verbose), rules)
    for text in made.notes:
        note(text)
    return made._replace(findings=_sorted(made.findings))


def _rest(names: Sequence[str]) -> str:
    return f" and {len(names)} more" if names else ""


class _Found(NamedTuple):
    """Findings, and the file of each policy; what the catalog accepts in a role, with the reasons and notes on it."""

    findings: "list[Finding]"
    names: list[str]
    accepted: "Sequence[tuple[Finding, str]]" = ()
    notes: tuple[str, ...] = ()
    wrong: tuple[InputError, ...] = ()
    """What is wrong with role files, which stops the others from nothing."""
    not_judged: "Sequence[NotJudged]" = ()
    types: "Sequence[TypeFromName]" = ()


def _of_role(found: "Chosen", rules: tuple[Path, ...]) -> _Found:
    """Return what is found in a rendered role, where the user chose it; the catalog's lines are in the messages."""
    from rolemgr.check.attached import missing_from
    from rolemgr.check.role import accepted, at_choice, documents_of
    from rolemgr.check.run import check

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
    findings += [at_choice(one, found.role, found.spec) for one in _custom_findings(documents, _customs(rules))]
    names = [one.name for one in documents if not one.missing]
    return _Found(findings, names, meant, tuple(notes), not_judged=list(missing_from(documents)))


def _of_role_files(chosen: Mapping[str, Any], rules: tuple[Path, ...], *, verbose: bool) -> _Found:
    """Return what is found in the roles of many files, at each file."""
    from rolemgr.cli.many import judge_each, matching_files, say_notes

    made, wrong = judge_each(chosen, matching_files(chosen["role"]), partial(_of_role, rules=rules), verbose=verbose)
    say_notes([one._replace(notes=(*one.notes, *one.result.notes)) for one in made])
    return _Found(
        [_in_file(finding, one.file) for one in made for finding in one.result.findings],
        [one.file for one in made for _ in one.result.names],
        [(_in_file(finding, one.file), reason) for one in made for finding, reason in one.result.accepted],
        wrong=tuple(wrong),
        not_judged=[one._replace(path=file.file) for file in made for one in file.result.not_judged],
    )


def _in_file(finding: "Finding", file: str) -> "Finding":
    """Return *finding* of the role in *file* there: what flags chose for all of them is at no line of it."""
    return finding if finding.line else finding._replace(path=file)


def _custom_findings(documents: "Sequence[Document]", customs: "Sequence[Custom]") -> "list[Finding]":
    if not customs:
        return []
    from rolemgr.check.custom import custom_findings

    return list(custom_findings(documents, customs))


def _rules_files(rules: Sequence[str], config: "SourceFile | None") -> tuple[Path, ...]:
    """Return the files of custom checks: *rules*, and those that the configuration names."""
    from rolemgr.check.config import rules_files

    return (*map(Path, rules), *(rules_files(config) if config else ()))


def _customs(files: tuple[Path, ...]) -> "list[Custom]":
    """Return the custom checks of *files*."""
    if not files:
        return []
    from rolemgr.check.custom import read_checks, refuse_twins
    from rolemgr.files.yaml import read_yaml

    return refuse_twins([custom for path in files for custom in read_checks(read_yaml(path))])


def _refuse_both(chosen: Mapping[str, Any]) -> None:
    given = next((key for key, value in chosen.items() if value not in (None, (), False)), None)
    if given:
        raise InputError(SourceLocation(f"--{given.replace('_', '-')}"), "goes with a role, not with policy files")


def _collected(paths: Sequence[str], kind: Any, settings: "CheckConfig") -> "Collected":
    from rolemgr.check.collect import Piped, collect

    given = [path if path != "-" else Piped(*read_input("-")) for path in paths]
    return collect(given, kind, settings.types)


def _sorted(findings: "list[Finding]") -> "list[Finding]":
    """Return *findings* by file and line, each file's where its first one stood."""
    order: dict[str, int] = {}
    for finding in findings:
        order.setdefault(finding.path, len(order))
    return sorted(findings, key=lambda one: (order[one.path], one.line or 0))


def _config_source(name: str | None) -> "SourceFile | None":
    """Return the configuration file *name*, or the nearest ``rolemgr-check.yaml``, or None."""
    from rolemgr.check.config import CONFIG_FILE

    path = Path(name) if name is not None else _nearest(CONFIG_FILE)
    if path is None:
        return None
    from rolemgr.files.yaml import read_yaml

    return read_yaml(path)


def _config(source: "SourceFile | None", customs: "Sequence[Custom]") -> "CheckConfig":
    from rolemgr.check.config import CheckConfig, read_config

    return read_config(source, [custom.check.id for custom in customs]) if source else CheckConfig()


def _nearest(name: str) -> Path | None:
    here = Path.cwd()
    found = next((folder / name for folder in (here, *here.parents) if (folder / name).is_file()), None)
    return Path(os.path.relpath(found)) if found else None


def _write_baseline(findings: "Sequence[Finding]", path: str) -> None:
    from rolemgr.check.baseline import baseline_data
    from rolemgr.files.write import to_json

    write_output(to_json(baseline_data(findings)), path)
    note(f"{len(findings)} findings written to {path}")


def _new_ones(findings: "list[Finding]", path: str) -> "list[Finding]":
    from rolemgr.check.baseline import new_ones, read_baseline
    from rolemgr.files.json import read_json

    return new_ones(findings, read_baseline(read_json(Path(path))))


def _report_text(
    form: str,
    findings: "list[Finding]",
    suppressed: "list[tuple[Finding, str]]",
    checked: int,
    customs: "Sequence[Custom]",
    not_judged: "Sequence[NotJudged]",
    types: "Sequence[TypeFromName]",
    *,
    color: bool,
    width: int,
) -> str:
    from rolemgr.report.findings import annotations, findings_data, findings_text

    if form == "text":
        return findings_text(findings, checked, not_judged, types, width=width, color=color)
    if form in ("github", "markdown", "html"):
        from rolemgr.check.rules import RULES
        from rolemgr.report.pages.forms import page_text
        from rolemgr.report.pages.of_findings import findings_page

        names = {rule.id: rule.name for rule in RULES.values()} | {one.check.id: one.check.kind for one in customs}
        if form != "github":
            return page_text(findings_page(findings, checked, not_judged, types, names, suppressed), form)
        return annotations(findings, names, not_judged, types, is_file=is_file)
    import json

    data = (
        findings_data(findings, checked, not_judged, types)
        if form == "json"
        else _sarif(findings, suppressed, customs, not_judged, types)
    )
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _sarif(
    findings: "list[Finding]",
    suppressed: "list[tuple[Finding, str]]",
    customs: "Sequence[Custom]",
    not_judged: "Sequence[NotJudged]",
    types: "Sequence[TypeFromName]",
) -> dict[str, Any]:
    from rolemgr import __version__
    from rolemgr.check.rules import RULES
    from rolemgr.report.sarif import RuleText, sarif

    texts = {
        rule.id: RuleText(rule.id, rule.name, rule.title, rule.explanation, rule.source, rule.severity)
        for rule in RULES.values()
    }
    texts |= {one.check.id: _custom_text(one) for one in customs}
    return sarif(findings, suppressed, texts, __version__, not_judged, types, is_file=is_file)


def _custom_text(custom: "Custom") -> "RuleText":
    from rolemgr.check.custom import SOURCE, explained
    from rolemgr.check.finding import Severity
    from rolemgr.report.sarif import RuleText

    check = custom.check
    return RuleText(check.id, check.kind, check.reason, explained(custom), SOURCE, Severity(check.severity))


def _explained(name: str, customs: "Sequence[Custom]") -> str:
    """Return what there is to say of the rule *name*, with an example that it finds and one that it does not."""
    own = next((one for one in customs if one.check.id.lower() == name.lower()), None)
    if own:
        from rolemgr.check.custom import SOURCE, explained

        return f"{own.check.id} ({own.check.severity}), {own.where}\n\n{explained(own)}\n\nSee {SOURCE}\n"
    from rolemgr.check.config import find_rule
    from rolemgr.check.examples import examples_of
    from rolemgr.report.rules import rule_text

    rule = find_rule(name, SourceLocation("--explain"), [one.check.id for one in customs])
    return rule_text(rule, examples_of(rule.id))


def _in_color(color: str, output: str | None) -> bool:
    if color != "auto" or not is_stdout(output):
        return color == "always" and is_stdout(output)
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _width(output: str | None) -> int:
    """Return the columns of the terminal, or 80 where the text goes elsewhere."""
    if not is_stdout(output) or not sys.stdout.isatty():
        return 80
    from shutil import get_terminal_size

    return max(40, min(get_terminal_size((80, 24)).columns, 120))
