"""Detective controls to look at: a table of what there is, and one as a tree."""

from typing import Any

from rich.table import Table
from rich.tree import Tree

from rolemgr.catalog.load import Catalog
from rolemgr.model.detective_control import DetectiveControl
from rolemgr.reference.config_rules import config_rules
from rolemgr.report.entries import add_branch, entry_data, file_cell, root, table

_CALLS = {
    "taggable": "every Create call that takes tags",
    "guardrails": "what the guardrails guard, and what by-passes them",
    "roles": "calls whose parameters name a role",
}
_NEEDS = {"tag-keys": "tag keys", "guardrails": "guardrails", "roles": "role files, or roles"}


def controls_table(catalog: Catalog) -> Table:
    """Return the controls in *catalog*: id, what each finds, by what, what it needs, file."""
    found = table("Control", "Finds", "By", "Needs", "File")
    for name, file in catalog.found("detective_controls").items():
        one = catalog.detective_control(name).value
        needs = _NEEDS[one.needs] if one.needs else "-"
        found.add_row(name, one.finds, by(one), needs, file_cell(file))
    return found


def by(control: DetectiveControl) -> str:
    """Return what the control works by, in words."""
    rules = len(control.config_rules)
    works = (
        ("calls", control.events and "AWS API Call via CloudTrail" in control.events.detail_types),
        (f"AWS Config ({rules})", rules),
        ("Access Analyzer", control.analyzer),
        ("CloudTrail data events", control.trail),
        ("GuardDuty", control.detector),
    )
    return ", ".join(text for text, there in works if there)


def controls_data(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the controls in *catalog* for ``--format json``."""
    return [
        {
            **entry_data(file),
            "title": one.title,
            "finds": one.finds,
            "by": by(one),
            "needs": one.needs,
            "stops": bool(one.events and one.events.stops),
            "remedies": list(one.remedies),
        }
        for name, file in catalog.found("detective_controls").items()
        for one in [catalog.detective_control(name).value]
    ]


def control_data(catalog: Catalog, name: str) -> dict[str, Any]:
    """Return the control *name* for ``--format json``: its fields as in its file, and where it lies."""
    fields = catalog.detective_control(name).value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {**entry_data(catalog.found("detective_controls")[name]), **fields}


def control_tree(catalog: Catalog, name: str) -> Tree:
    """Return the control *name* as a tree; raise UnknownNameError if there is none."""
    one = catalog.detective_control(name).value
    tree = root(name, one.title, f"Finds {one.finds}.", catalog.found("detective_controls")[name])
    add_branch(tree, "Why", [one.why])
    if one.events:
        calls = one.events.calls or ((_CALLS[one.events.calls_of],) if one.events.calls_of else ())
        add_branch(tree, "Events", [f"{', '.join(one.events.sources)}: {', '.join(one.events.detail_types)}", *calls])
        add_branch(tree, "Stopped by --stop", sorted(one.events.stops))
    add_branch(tree, "Rules of AWS Config", [_rule(use.rule, use.guardrail) for use in one.config_rules])
    add_branch(tree, "Done by --remediate", [remedy.does for remedy in one.remedies.values()])
    add_branch(tree, "Data events", one.trail.types if one.trail else ())
    add_branch(tree, "Can't find", one.cannot)
    add_branch(tree, "Cost", [one.cost])
    add_branch(tree, "Sources", one.sources)
    return tree


def _rule(identifier: str, guardrail: str | None) -> str:
    rule = config_rules()[identifier]
    limit = f" for {guardrail}" if guardrail else ""
    when = "once a day" if rule.periodic else "on each change"
    return f"{identifier}{limit}: {', '.join(rule.resource_types)}, {when}"
