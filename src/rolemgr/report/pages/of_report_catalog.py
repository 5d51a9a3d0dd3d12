"""The report on a catalog: personas side by side, what they promise, and every statement that roles are made from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compliance.limits import rendered_guardrail
from rolemgr.errors import RolemgrError
from rolemgr.iam.documents import Effect
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import ComposedRole
from rolemgr.report.detective_controls import controls_data
from rolemgr.report.entries import compact, groups_data
from rolemgr.report.guardrails import guardrails_data, profiles_data
from rolemgr.report.layer_patterns import patterns_data
from rolemgr.report.pages.grid import Grid, GridMark, grid_data, made_grid
from rolemgr.report.pages.of_findings import place_of
from rolemgr.report.pages.of_report_roles import grid_sections, open_section
from rolemgr.report.pages.of_role import actions_cell, conditions_cell
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone, counted
from rolemgr.report.personas import personas_data
from rolemgr.report.resource_patterns import resource_patterns_data
from rolemgr.report.review_resources import WRITING
from rolemgr.report.role_grids import GUARDRAIL_MARKS, OpenAction, RoleColumn, capability_grid, resource_grid
from rolemgr.report.separations import separations_data
from rolemgr.report.statements import by_access_level

_PROMISED: Final = (GridMark("✓", "promised, and proven by `rolemgr prove`", Tone.GOOD),)
_HELD: Final = (GridMark("✓", "part of the persona"),)
_TITLES: Final[Mapping[str, str]] = {
    "capabilities": "Personas by capability",
    "separations": "Personas by separation: what each can never do",
    "guardrails": "Guardrails by action",
    "resources": "Personas by resource, with default names",
    "groups": "Personas by activity group",
}


class ReportedCatalog(NamedTuple):
    """A *catalog*, its *personas* as rendered by default, and those that need to be told something, with what."""

    catalog: Catalog
    personas: Sequence[RoleColumn]
    not_made: Mapping[str, str]


def catalog_report(shown: ReportedCatalog, whole: str) -> Page:
    """Return the report on the catalog of *shown*; *whole* is the command that gives it as JSON."""
    catalog = shown.catalog
    limits, unshown = _limits(catalog)
    grids = {
        "capabilities": capability_grid(shown.personas),
        "separations": _promises(catalog),
        "guardrails": limits,
        "resources": resource_grid(shown.personas),
        "groups": _groups(catalog),
    }
    statements, left_open = list(_statements(catalog)), list(_left_open(catalog))
    not_shown = {**{f"persona {name}": why for name, why in shown.not_made.items()}, **unshown}
    data = {
        "report": "catalog", **_entries(catalog), "statements": statements, "not_shown": not_shown,
        "left_open": [one._asdict() for one in left_open],
        "matrices": {key: grid_data(grid) for key, grid in grids.items()},
    }  # fmt: skip
    sections = (
        Section("Personas", table=_personas(shown)),
        *(part for key, grid in grids.items() for part in grid_sections(_TITLES[key], grid, whole)),
        open_section(left_open),
        Section("Not shown", tuple(f"{name}: {why}" for name, why in not_shown.items()), tone=Tone.LOOK),
        *_listed(data),
        Section(
            f"Statements of activity groups ({len(statements):,})", table=_statements_table(statements), folded=True
        ),
    )
    kept = tuple(one for one in sections if not one.is_empty)
    facts = [*_facts(data), *([Fact("some entries are not shown, below", Tone.LOOK)] if not_shown else [])]
    return Page("Report on the catalog", tuple(_about(data)), tuple(facts), kept, data)


def _entries(catalog: Catalog) -> dict[str, Any]:
    """Return what the catalog lists, by kind."""
    return {
        "personas": personas_data(catalog),
        "activity_groups": groups_data(catalog),
        "guardrails": guardrails_data(catalog),
        "profiles": profiles_data(catalog),
        "separations": separations_data(catalog),
        "scps": patterns_data(LayerKind.SCP, catalog),
        "rcps": patterns_data(LayerKind.RCP, catalog),
        "resource_policies": resource_patterns_data(catalog),
        "detective_controls": controls_data(catalog),
    }


_KINDS: Final[Mapping[str, str]] = {
    "separations": "Separations", "guardrails": "Guardrails", "profiles": "Guardrail profiles", "scps": "SCPs",
    "rcps": "RCPs", "resource_policies": "Policies of resources", "detective_controls": "Detective controls",
    "activity_groups": "Activity groups",
}  # fmt: skip


def _about(data: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        f"{len(data[key]):,} {title if title[1:2].isupper() else title.lower()}" for key, title in _KINDS.items()
    )
    own = sum(not one["builtin"] for key in ("personas", *_KINDS) for one in data[key])
    yield f"{counted(own, 'entry').replace('entrys', 'entries')} of your own" if own else "all of them built-in"


def _facts(data: Mapping[str, Any]) -> Iterator[Fact]:
    personas = data["personas"]
    promising = [one for one in personas if one["separations"]]
    yield Fact(f"{counted(len(personas), 'persona')}: jobs, each as rights that are composed from activity groups")
    tone = Tone.GOOD if len(promising) == len(personas) else Tone.LOOK
    yield Fact(f"{len(promising):,} of {len(personas):,} personas promise what they can never do", tone)
    default = [one for one in data["profiles"] if one["default_of"]]
    guarded = {name for one in default for name in one["default_of"]}
    yield Fact(f"{len(guarded):,} of {len(personas):,} personas have guardrails by default; the others take any")
    yield Fact("`rolemgr prove` shows for every action that the promises hold and that no guardrail is dodged")


def _personas(shown: ReportedCatalog) -> Table:
    made = {one.name: one.role for one in shown.personas}
    rows = []
    for one in personas_data(shown.catalog):
        role = made.get(one["id"])
        actions = (
            {name for each in role.statements if each.effect == "Allow" for name in each.actions} if role else set()
        )
        levels = by_access_level(actions)
        writes = sum(len(levels.get(level, ())) for level in ("Permissions management", "Tagging", "Write"))
        counts = (len(actions), writes) if role else ("not made", "")
        rows.append(((one["id"], one["title"]), one["for_whom"] or "", len(one["activity_groups"]),
                     len(one["separations"]), *counts, Code(one["file"])))  # fmt: skip
    columns = ("Persona", "For", "Activity groups", "Separations", "Actions", "That change something", "File")
    return Table(columns, tuple(rows))


def _actions(role: ComposedRole) -> tuple[int, int]:
    """Return how many actions *role* is allowed, and how many of them change something."""
    levels = by_access_level({name for one in role.statements if one.effect is Effect.ALLOW for name in one.actions})
    return sum(map(len, levels.values())), sum(len(levels.get(level, ())) for level in WRITING)


def _promises(catalog: Catalog) -> Grid:
    """Return which persona promises which separation."""
    titles = {name: f"{name}: {catalog.separation(name).value.title}" for name in catalog.found("separations")}
    filled: dict[str, dict[str, str]] = {title: {} for title in titles.values()}
    names = list(catalog.found("personas"))
    for name in names:
        for never in resolve_persona(catalog, name).never:
            if never.separation:
                filled[titles[never.separation]][name] = _PROMISED[0].text
    return made_grid("Separation", names, filled, _PROMISED)


def _groups(catalog: Catalog) -> Grid:
    names = list(catalog.found("personas"))
    held = {name: resolve_persona(catalog, name).groups for name in names}
    filled = {
        group: {name: _HELD[0].text for name in names if group in held[name]}
        for group in catalog.found("activity_groups")
    }
    return made_grid("Activity group", names, filled, _HELD)


def _limits(catalog: Catalog) -> tuple[Grid, dict[str, str]]:
    """Return which guardrail judges which action, with example values, and why some can't be shown so."""
    filled: dict[str, dict[str, str]] = {}
    wrong: dict[str, str] = {}
    names = list(catalog.found("guardrails"))
    open_, _, narrowed, _ = (one.text for one in GUARDRAIL_MARKS)
    for name in names:
        try:
            documents = rendered_guardrail(catalog, name).documents
        except RolemgrError as error:
            wrong[f"guardrail {name}"] = str(error)
            continue
        actions = {action for one in documents for each in one.statements() for action in each.action or ()}
        marks = dict.fromkeys(actions, narrowed)
        marks |= {one.action: open_ for one in catalog.guardrail(name).value.bypassed_by}
        for action, mark in marks.items():
            filled.setdefault(action, {})[name] = mark
    return made_grid("Action", names, dict(sorted(filled.items())), GUARDRAIL_MARKS), wrong


def _left_open(catalog: Catalog) -> Iterator[OpenAction]:
    for name in catalog.found("guardrails"):
        yield from (OpenAction(name, one.action, one.why) for one in catalog.guardrail(name).value.bypassed_by)


def _statements(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """Yield each statement of each activity group, with its place."""
    for name in catalog.found("activity_groups"):
        group = catalog.activity_group(name)
        for number, one in enumerate(group.value.statements):
            where = group.at("statements", number)
            yield {
                "group": name, "sid": one.sid, "effect": one.effect.value, "actions": list(one.actions),
                "resources": [compact(text) for text in one.resources],
                "conditions": {
                    operator: {compact(key): [compact(text) for text in values] for key, values in block.items()}
                    for operator, block in one.conditions.items()
                },
                "file": where.file, "line": where.line,
            }  # fmt: skip


def _statements_table(statements: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        ((one["group"], one["sid"]), one["effect"], actions_cell(one["actions"]), tuple(map(Code, one["resources"])),
         conditions_cell(one["conditions"]), place_of(one["file"], one["line"]))
        for one in statements
    )  # fmt: skip
    return Table(("Group and statement", "Effect", "Actions", "Resources", "Conditions", "From"), rows)


def _listed(data: Mapping[str, Any]) -> Iterator[Section]:
    """Yield the entries of each kind with their files, folded."""
    for key, title in _KINDS.items():
        rows = tuple((Code(one["id"]), one["title"], Code(one["file"])) for one in data[key])
        yield Section(f"{title} ({len(rows):,})", table=Table(("Entry", "Title", "File"), rows), folded=True)
