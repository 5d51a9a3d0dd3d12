"""
Rewrite the generated parts of README.md and docs/: `python tools/docs.py`; `--check` only compares.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`. What personas can do is asked
of the evaluator, not read off the catalog.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.explanation_pages import (
    cannot_judge,
    cannot_limit,
    cannot_separate,
    decisions,
    evidence,
    evidence_counts,
    role_manager_activities,
    stand_in_figures,
    stand_in_findings,
)
from tools.live_checks import live_checks, live_setup, live_teardown
from tools.reference_pages import (
    CATALOG,
    COPIES,
    SINCE,
    copied,
    groups_reference,
    guardrails_reference,
    personas_reference,
    profiles_reference,
    rules_reference,
    separations_reference,
    since_text,
)

from rolemgr.audit.finding import rules as audit_rules
from rolemgr.audit.measure.measure import AccessMeasure, data_reach, measure, reference_measure
from rolemgr.audit.measure.permissions import BREADTHS, CONDITIONED, WEIGHTS
from rolemgr.audit.migrate.places import places
from rolemgr.audit.migrate.places import table as places_table
from rolemgr.catalog.personas import resolve_persona
from rolemgr.check.rules import all_rules
from rolemgr.cli.main import COMMANDS, GROUPS
from rolemgr.cli.main import main as rolemgr
from rolemgr.cli.schema import SCHEMAS
from rolemgr.compliance.controls import Compliance
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.compose.parameters import form_in_words
from rolemgr.compose.role import compose
from rolemgr.detective.limits import UsedGuardrail, sight
from rolemgr.files.source import SourceFile
from rolemgr.files.yaml import read_yaml
from rolemgr.model.catalog import Parameter, ParameterType
from rolemgr.model.controls import FRAMEWORKS
from rolemgr.model.layer_pattern import LayerKind, LayerParameter
from rolemgr.model.resource_pattern import ResourceParameter, ResourcePattern
from rolemgr.model.role import NamedPolicy
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.catalog import example_of
from rolemgr.reference.config_rules import config_rules
from rolemgr.reference.managed_policies import managed_policy
from rolemgr.reference.quirks import scope_actions, scope_meaning, scope_names
from rolemgr.reference.role_manager import role_manager_output, role_manager_personas
from rolemgr.reference.service_trust import TrustedService, trusted_services
from rolemgr.render.documents import render
from rolemgr.report.capabilities import CAPABILITIES, capabilities_of
from rolemgr.report.compare import HEADS, figures
from rolemgr.report.detective_controls import by
from rolemgr.report.drift import RULES as DRIFT_RULES
from rolemgr.report.statements import by_access_level
from rolemgr.separation.violations import RenderedRole
from rolemgr.workflow.compliance import compliance_of
from rolemgr.workflow.schemas import schema_of

TOP = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "docs/commands.md",
    "docs/create-a-role.md",
    "docs/personas.md",
    "docs/guardrails.md",
    "docs/separations.md",
    "docs/catalog.md",
    "docs/compare.md",
    "docs/compliance.md",
    "docs/detective.md",
    "docs/drift.md",
    "docs/rules.md",
    "docs/audit.md",
    "docs/layers.md",
    "docs/live-checks.md",
    "docs/migrate.md",
    "docs/code.md",
    "docs/resource-policies.md",
    "docs/blueprint.md",
    "docs/role-manager.md",
    "docs/evidence.md",
    "docs/what-iam-cant-do.md",
    "docs/write-an-activity-group.md",
    "docs/write-a-guardrail.md",
)
_COLUMNS = 100
PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rendered(persona: str, **more: object) -> RenderedRole:
    """Return *persona* as `rolemgr create` renders it without further options, but for *more*."""
    role = compose(CATALOG, parse_model(SourceFile("docs", {"persona": persona, **more}, {}), RoleSpec))
    return RenderedRole(role, render(role))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def scopes() -> str:
    """Return the scopes of guardrails, with all actions of each."""
    rows = ([f"`{one}`", scope_meaning(one), _short_names(scope_actions(one))] for one in scope_names())
    return table(["scope", "what", "its actions (of `sagemaker` where no service is named)"], rows)


def _short_names(actions: Iterable[str]) -> str:
    return ", ".join(action.removeprefix("sagemaker:") for action in actions)


def commands() -> str:
    """Return the commands, one line each."""
    others = ((name, text) for name, (_, text) in COMMANDS.items() if name not in ("help", "version"))
    return table(["command", "does"], ([f"`{name}`", text] for name, text in others))


def command_help() -> str:
    """Return the help of each command, as a terminal of 100 columns shows it."""
    top = click.Context(rolemgr, info_name="rolemgr", terminal_width=_COLUMNS, max_content_width=_COLUMNS)
    parts = [f"## {title}\n\n{''.join(_help(top, name) for name in names)}" for title, names in GROUPS.items()]
    return "\n" + "".join(parts)


def _help(top: click.Context, name: str) -> str:
    command = rolemgr.get_command(top, name)
    if command is None:
        raise KeyError(name)
    with command.make_context(name, ["--help"], parent=top, resilient_parsing=True) as inner:
        text = command.get_help(inner)
    return f"### rolemgr {name}\n\n```text\n{text.rstrip()}\n```\n\n"


def capabilities() -> str:
    """Return by capability the personas that have it, from evaluation: a list, which any number of them fits."""
    models = ["sagemaker-us-east-1-111122223333/models"]
    found = {
        name: capabilities_of(rendered(name, no_default_guardrails=True), models) for name in CATALOG.found("personas")
    }
    rows = ([one, _names(name for name, can in found.items() if can[one])] for one in CAPABILITIES)
    return table(["can", "personas"], rows)


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def personas() -> str:
    """Return whom each persona is for, a line each."""
    return table(
        ["persona", "for"],
        ([f"`{name}`", CATALOG.persona(name).value.for_whom or "-"] for name in CATALOG.found("personas")),
    )


def sizes() -> str:
    """Return what each persona comes to: statements, actions, writes, characters."""
    return table(
        ["persona", "groups", "statements", "actions", "that write", "inline characters", "managed policies"],
        (_size(name) for name in CATALOG.found("personas")),
    )


def _size(name: str) -> list[str]:
    made = rendered(name)
    actions = {action for one in made.role.statements if one.effect == "Allow" for action in one.actions}
    levels = by_access_level(actions)
    writes = sum(len(levels.get(level, [])) for level in ("Permissions management", "Tagging", "Write"))
    inline = sum(policy.document.size() for policy in made.documents.policies)
    counts = (len(made.role.groups), len(made.role.statements), len(actions), writes, inline)
    return [name, *(f"{count:,}" for count in counts), str(len(made.documents.managed_policies))]


def matrix() -> str:
    """Return by activity group the personas that have it: a list, which any number of them fits."""
    groups_of = {name: resolve_persona(CATALOG, name).groups for name in CATALOG.found("personas")}
    rows = (
        [f"`{group}`", _names(name for name, groups in groups_of.items() if group in groups)]
        for group in CATALOG.found("activity_groups")
    )
    return table(["activity group", "personas"], rows)


def shared_parameters() -> str:
    """Return the parameters that several groups share, one line each."""
    rows = (
        [f"`{name}`", str(one.parameter.type), _default(one.parameter), one.parameter.help, str(_takers(name))]
        for name, one in sorted(CATALOG.shared_parameters.items())
    )
    return table(["parameter", "type", "default", "for", "groups"], rows)


def parameter_types() -> str:
    """Return the types of the parameters of groups and guardrails: what each accepts, with an example."""
    rows = ([f"`{one}`", form_in_words(one).partition(" such as ")[0], f"`{example_of(one)}`"] for one in ParameterType)
    return table(["type", "a value is", "example"], rows)


def _default(parameter: Parameter) -> str:
    """Return the default of *parameter* as code, or that there is none."""
    if parameter.default is None:
        return "required"
    return ", ".join(f"`{one}`" for one in parameter.default) or "none"


def _takers(parameter: str) -> int:
    groups = (CATALOG.activity_group(name).value for name in CATALOG.found("activity_groups"))
    return sum(parameter in group.shared_parameters for group in groups)


def service_trust() -> str:
    """Return the services that a role can trust by name: what is asked of each, and the page that shows it."""
    rows = [
        _trusted(form, role)
        for one in trusted_services().values()
        for role, form in [("", one), *one.roles.items()]
    ]  # fmt: skip
    return table(["trust", "asked for", "options", "AWS's page"], rows)


def _trusted(one: TrustedService, role: str) -> list[str]:
    forms = [f"`{one.resources[kind].format(name='*', partition='P', region='R', account='A')}`" for kind in one.usual]
    asked = ["`aws:SourceAccount`"] if "account" in one.asks else []
    asked += [f"`aws:SourceArn` {' or '.join(forms)}"] if "arn" in one.asks else []
    asked += [f"`{key}` {' or '.join(values)}" for block in one.conditions.values() for key, values in block.items()]
    options = ["`source=both`"] if one.sends and not one.asks else []
    options += [f"`role=` {', '.join(one.roles)}"] if one.roles else []
    options += ["`name=`"] if one.has_names else []
    options += [f"`resource=` {', '.join(one.resources)}"] if len(one.resources) > 1 else []
    options += [f"`{option.replace('_', '-')}=`" for option in one.tags]
    page = one.source.rpartition("/")[2].removesuffix(".html")
    return [
        f"`service:{one.name}{'?role=' if role else ''}{role}`",
        ", ".join(asked) or "nothing",
        ", ".join(options) or "-",
        f"[{page}]({one.source})",
    ]


def rule_table() -> str:
    """Return the rules of `check`, one line each."""
    rows = (
        [f"[{rule.id}](#{rule.id.lower()}-{rule.name})", rule.severity, rule.title] for rule in all_rules().values()
    )
    return table(["rule", "severity", "finds"], rows)


def drift_rules() -> str:
    """Return the kinds of drift, one line each."""
    rows = ([one.id, one.severity, one.title, one.explanation] for one in DRIFT_RULES.values())
    return table(["rule", "severity", "differs", "which means"], rows)


def migration_places() -> str:
    """Return the places that hold the ARN of a role, one line each."""
    rows = (
        [
            f"{one.service}: {one.what}",
            one.update or "no",
            (one.how + (f" ([AWS]({one.source}))" if one.source else "")),
        ]
        for one in places()
    )
    return table(["place", "changed in place by", "to know"], rows)


def migration_calls() -> str:
    """Return the calls that name a role for one run, by service."""
    return "".join(f"- {one['service']}: {', '.join(one['operations'])}\n" for one in places_table()["calls"])


def audit_findings() -> str:
    """Return the kinds of findings of `audit`, one line each."""
    rows = ([one.id, one.severity, one.title, one.remedy] for one in audit_rules().values())
    return table(["finding", "severity", "who has it", "what to do"], rows)


def managed() -> str:
    """Return what each rule finds in AWS's managed policies, and why that is right."""
    entries = read_yaml(TOP / "tests" / "check" / "managed_policies.yaml").data
    rows = (
        [f"{rule} {all_rules()[rule].name}", f"{entry['findings']:,}", str(entry["policies"]), entry["because"]]
        for rule, entry in entries.items()
    )
    return table(["rule", "findings", "in policies", "because"], rows)


def layer_patterns(kind: LayerKind) -> str:
    """Return the patterns of *kind*: what each is, its parameters, and what it leaves open."""
    names = CATALOG.found("scps" if kind is LayerKind.SCP else "rcps")
    found = {name: CATALOG.layer_pattern(kind, name).value for name in names}
    rows = (
        [f"`{name}`", one.title, "; ".join(_layer_parameter(key, each) for key, each in one.parameters.items()) or "-"]
        for name, one in found.items()
        if not one.refused
    )
    return table(["pattern", "what it denies", "parameters"], rows)


def _layer_parameter(name: str, one: LayerParameter) -> str:
    default = "" if one.default is None else f" (default {', '.join(one.default) or 'none'})"
    return f"`{name}`: {one.help.replace('|', '/')}{default}"


def resource_policies() -> str:
    """Return the kinds of resources whose policies are rendered: what each lets do, and its parameters."""
    rows = (
        [
            f"`{name}`",
            one.description,
            "; ".join(_resource_parameter(key, each) for key, each in one.parameters.items()),
        ]
        for name, one in _resource_patterns().items()
    )
    return table(["kind", "who may do what", "parameters"], rows)


def shares() -> str:
    """Return what RAM shares of each kind of resource, by which permission, and the parameters."""
    found = {name: CATALOG.share_pattern(name).value for name in CATALOG.found("shares")}
    rows = (
        [
            f"`{name}`",
            ", ".join(f"`{share.permission}`" for share in one.shares),
            "; ".join(_resource_parameter(key, each) for key, each in one.parameters.items()),
        ]
        for name, one in found.items()
    )
    return table(["kind", "permissions of RAM", "parameters"], rows)


def _resource_patterns() -> dict[str, ResourcePattern]:
    return {name: CATALOG.resource_pattern(name).value for name in CATALOG.found("resource_policies")}


def _resource_parameter(name: str, one: ResourceParameter) -> str:
    more = ", required" if one.required else ""
    return f"`{name}`{more}: {one.help.replace('|', '/')}"


def detective_controls() -> str:
    """Return the detective controls: what each finds, by what, what it needs, and what it costs."""
    found = {name: CATALOG.detective_control(name).value for name in CATALOG.found("detective_controls")}
    rows = (
        [f"`{name}`", one.finds, by(one), one.needs.replace("-", " ") if one.needs else "-", one.cost]
        for name, one in found.items()
    )
    return table(["control", "finds", "by", "needs", "cost"], rows)


def detective_cannot() -> str:
    """Return what each control can't find."""
    names = CATALOG.found("detective_controls")
    return "".join(f"- `{name}`: {text}\n" for name in names for text in CATALOG.detective_control(name).value.cannot)


def detective_coverage() -> str:
    """Return by guardrail which calls outside of it are found, and how: recomputed from the reference."""
    rules = CATALOG.detective_control("config-guardrails").value.config_rules
    rows = []
    for name in CATALOG.found("guardrails"):
        seen = sight(UsedGuardrail(_with_some_value(name)))
        titles = [config_rules()[use.rule].title.removeprefix("sagemaker-") for use in rules if use.guardrail == name]
        rows.append(
            [
                f"`{name}`",
                str(len(seen.judged)),
                ", ".join(sorted(seen.shown)) or "-",
                ", ".join(sorted(seen.told)) or "-",
                ", ".join(titles) or "-",
            ]
        )
    head = [
        "guardrail",
        "calls judged",
        "by-passing calls that show the setting",
        "told each time",
        "rules of AWS Config",
    ]
    return table(head, rows)


_SOME_VALUES = {
    "duration": "86400",
    "ip-range": "203.0.113.0/24",
    "integer": "5",
    "key-arn": "arn:aws:kms:us-east-1:111122223333:key/1",
    "arn": "arn:aws:sagemaker:us-east-1:111122223333:model/x",
}


def _with_some_value(name: str) -> ChosenGuardrail:
    """Return the guardrail *name* with values of some kind: which calls it judges does not depend on them."""
    guardrail = CATALOG.guardrail(name)
    values = tuple(
        (parameter, one.default or (_SOME_VALUES.get(one.type, "x"),))
        for parameter, one in sorted(guardrail.value.parameters.items())
    )
    return ChosenGuardrail(name, guardrail, values, guardrail.at(), "docs")


def resource_sentences(part: str) -> str:
    """Return the sentences of each kind under *part*, ``differs`` or ``left_open``."""
    return "".join(f"- `{name}`: {text}\n" for name, one in _resource_patterns().items() for text in getattr(one, part))


def flows() -> str:
    """Return the verbs of flows, one line each: of what, what the role gets, and whose policy names it."""
    rows = []
    for name in CATALOG.found("flows"):
        flow = CATALOG.flow(name).value
        policies = ", ".join(sorted({one.kind for one in flow.policies})) or "-"
        actions = ", ".join(f"`{one}`" for one in dict.fromkeys(request.action for request in flow.requests))
        rows.append([f"`{flow.verb}`", flow.target, " ".join(flow.description.split()), actions, policies])
    return table(["verb", "thing", "what the role does", "proven by", "policy over there"], sorted(rows))


def compare_data() -> str:
    """Return what `compare` takes for reach of data."""
    rows = ([one.name, ", ".join(f"`{action}`" for action in one.actions)] for one in data_reach())
    return table(["reach", "actions"], rows)


def compare_weights() -> str:
    """Return the weights of the score."""
    rows = [["access level", ", ".join(f"{level} {weight:g}" for level, weight in WEIGHTS.items())]]
    rows += [["breadth of resource", ", ".join(f"{breadth} {weight:g}" for breadth, weight in BREADTHS.items())]]
    rows += [["a condition that narrows", f"{CONDITIONED:g}, else 1"]]
    return table(["weight", "values"], rows)


_BESIDE = (
    "AmazonSageMakerReadOnly",
    "AmazonSageMakerCanvasFullAccess",
    "SageMakerStudioUserIAMPermissiveExecutionPolicy",
)


def compare_personas() -> str:
    """Return the figures of each persona, of Role Manager's, and of policies of AWS's."""
    found = [_persona_measure(name) for name in CATALOG.found("personas")]
    found += [_role_manager_measure(name) for name in role_manager_personas()]
    known = filter(None, (managed_policy(name, "aws") for name in _BESIDE))
    found += [measure(one.name, [NamedPolicy(one.name, one.document)]) for one in known]
    reference = reference_measure()
    rows = ([f"`{one.name}`", *figures(one, reference)] for one in (*found, reference))
    return table(["policies", *HEADS], rows)


def _persona_measure(name: str) -> AccessMeasure:
    made = rendered(name).documents
    return measure(name, [NamedPolicy(one.name, one.document) for one in (*made.policies, *made.managed_policies)])


def _role_manager_measure(name: str) -> AccessMeasure:
    known = [NamedPolicy(one.name, one.document) for one in role_manager_output(name) if one.document]
    return measure(f"role-manager:{name}", known)


def compare_unpublished() -> str:
    """Return the activities of Role Manager whose statements AWS does not publish."""
    found = {one.name: one for name in role_manager_personas() for one in role_manager_output(name)}
    rows = ([one.name, one.unpublished, f"[AWS]({one.source})"] for one in found.values() if not one.document)
    return table(["activity", "why it is not counted", "source"], rows)


@cache
def compliance() -> Compliance:
    """Return what the built-in catalog serves."""
    return compliance_of((), ())


def compliance_evidence() -> str:
    """Return how many rows each framework has of each level of evidence."""
    found = compliance()
    names = [(FRAMEWORKS[name], found.counts(name)) for name in found.frameworks]
    rows = [[name, *(str(counts[level]) for level in counts)] for name, counts in (*names, ("all", found.counts()))]
    return table(["framework", *map(str, found.counts())], rows)


def compliance_controls() -> str:
    """Return for each control the entries that serve it, with the level of evidence."""
    parts = []
    for framework, of_framework in groupby(compliance().rows, key=lambda row: row.framework):
        rows = [
            [control, ", ".join(f"{row.entry.name} ({row.control.evidence})" for row in of_control)]
            for control, of_control in groupby(of_framework, key=lambda row: row.control.id)
        ]
        parts.append(f"### {FRAMEWORKS[framework]}\n\n{table(['control', 'served by'], rows)}")
    return "\n".join(parts)


def compliance_packs() -> str:
    """Return the rules of conformance packs, and what of ours fails them."""
    personas = len(CATALOG.found("personas"))
    rows = (
        [
            f"[{one.rule.rule}]({one.rule.source})",
            one.rule.finds,
            "every persona" if len(one.failing) == personas else ", ".join(one.failing) or "none",
            f"`{one.rule.remedy}`" if one.rule.remedy else "-",
        ]
        for one in compliance().pack_rules
    )
    return table(["rule", "finds", "fails", "mended by"], rows)


PARTS: dict[str, Callable[[], str]] = {
    "resource-policies": resource_policies,
    "shares": shares,
    "resource-differences": lambda: resource_sentences("differs"),
    "resource-left-open": lambda: resource_sentences("left_open"),
    "detective-controls": detective_controls,
    "detective-cannot": detective_cannot,
    "detective-coverage": detective_coverage,
    "scps": lambda: layer_patterns(LayerKind.SCP),
    "rcps": lambda: layer_patterns(LayerKind.RCP),
    "commands": commands,
    "compare-data": compare_data,
    "compare-weights": compare_weights,
    "compare-personas": compare_personas,
    "compare-unpublished": compare_unpublished,
    "compliance-evidence": compliance_evidence,
    "compliance-controls": compliance_controls,
    "compliance-packs": compliance_packs,
    "command-help": command_help,
    "flows": flows,
    "capabilities": capabilities,
    "personas": personas,
    "sizes": sizes,
    "matrix": matrix,
    "groups": groups_reference,
    "guardrails-reference": guardrails_reference,
    "personas-reference": personas_reference,
    "profiles-reference": profiles_reference,
    "separations-reference": separations_reference,
    "scopes": scopes,
    "shared-parameters": shared_parameters,
    "parameter-types": parameter_types,
    "rule-table": rule_table,
    "service-trust": service_trust,
    "drift-rules": drift_rules,
    "audit-findings": audit_findings,
    "migration-places": migration_places,
    "migration-calls": migration_calls,
    "rules": rules_reference,
    "managed": managed,
    "cannot-judge": cannot_judge,
    "cannot-limit": cannot_limit,
    "cannot-separate": cannot_separate,
    "decisions": decisions,
    "evidence": evidence,
    "live-checks": live_checks,
    "live-setup": live_setup,
    "live-teardown": live_teardown,
    "evidence-counts": evidence_counts,
    "role-manager-activities": role_manager_activities,
    "stand-in-figures": stand_in_figures,
    "stand-in-findings": stand_in_findings,
}


def current() -> dict[Path, str]:
    """Return every file with generated content as it should be now."""
    pages = {TOP / page: PART.sub(_fill, (TOP / page).read_text()) for page in PAGES}
    schemas = {
        TOP / "schemas" / f"{name}.schema.json": json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"
        for name in SCHEMAS
    }
    copies = {TOP / page: copied(page, TOP) for page in COPIES}
    return pages | copies | schemas | {SINCE: since_text()}


def _fill(part: re.Match[str]) -> str:
    return part[1] + PARTS[part[2]]() + part[3]


def main() -> None:
    """Rewrite what is stale; with --check, name it and exit with 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    stale = {path: text for path, text in current().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        print(f"stale: {path.relative_to(TOP)}")
        if not check:
            path.write_text(text)
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
