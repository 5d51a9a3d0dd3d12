"""A blueprint for the person who approves it: what it makes in each account, who gets in, what crosses accounts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from rich.text import Text

from rolemgr.blueprint.access import AccountAccess
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedPolicy, PlacedRole
from rolemgr.blueprint.levels import LevelLayers
from rolemgr.check.finding import Finding
from rolemgr.report.pages.of_build import picture_of
from rolemgr.report.pages.of_findings import findings_section, place_of, worst_tone
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone, counted
from rolemgr.report.preview import sizes
from rolemgr.report.review_trust import runs, who
from rolemgr.separation.violations import sentence

_NOTES: Final = "Notes"
"""The column that the text leaves out unless it is asked for."""


class PreviewedBlueprint(NamedTuple):
    """What is shown of the blueprint in the file *name*: some accounts with their roles, or all, and all findings."""

    name: str
    found: ComposedBlueprint
    accounts: tuple[AccountAccess, ...]
    roles: tuple[PlacedRole, ...]
    findings: Sequence[Finding]
    suppressed: int
    whole: bool


def blueprint_page(shown: PreviewedBlueprint) -> Page:
    """Return the page on a blueprint: the summary first, then what crosses accounts, then account by account."""
    picture = Section("Accounts, roles and flows", picture=picture_of(shown.found)) if shown.whole else Section("")
    sections = (
        picture,
        _flows(shown),
        _organization(shown),
        *(_account(shown, one) for one in shown.accounts),
        _accepted(shown),
        findings_section(shown.findings, {}),
    )
    kept = tuple(one for one in sections if not one.is_empty)
    return Page(
        f"Blueprint {shown.name}", tuple(_about(shown)), tuple(_facts(shown)), kept, blueprint_preview_data(shown)
    )


def _about(shown: PreviewedBlueprint) -> Iterator[str]:
    value = shown.found.source.value
    yield f"organization {value.organization.id}" if value.organization else "no organization"
    yield ", ".join(value.regions)


def _facts(shown: PreviewedBlueprint) -> Iterator[Fact]:
    roles, accounts = counted(len(shown.roles), "role"), counted(len(shown.accounts), "account")
    yield Fact(f"{roles} in {accounts}; {_policies_in_words(len(_policies(shown)))} of what these share")
    flows = _flows_of(shown)
    yield Fact(f"{counted(len(flows), 'flow')}, {sum(one.crosses for one in flows)} of them from account to account")
    if shown.found.layers and shown.whole:
        count = sum(len(one.documents.policies) for one in shown.found.layers)
        yield Fact(f"{_policies_in_words(count)} of the organization, which nothing here applies")
    if (accepted := shown.found.source.value.accepted_sinks) and shown.whole:
        yield Fact(f"{counted(len(accepted), 'way')} out of a stolen session accepted, below", Tone.LOOK)
    suppressed = f", {shown.suppressed} suppressed" if shown.suppressed else ""
    yield Fact(f"check: {counted(len(shown.findings), 'finding')}{suppressed}", worst_tone(shown.findings))
    yield Fact(f"`rolemgr prove {shown.name}` shows whether the documents do what the blueprint says")


def _policies_in_words(count: int) -> str:
    return f"{count:,} {'policy' if count == 1 else 'policies'}"


def _policies(shown: PreviewedBlueprint) -> list[PlacedPolicy]:
    names = {one.name for one in shown.accounts}
    return [one for one in shown.found.policies if one.account in names]


def _flows_of(shown: PreviewedBlueprint) -> list[Any]:
    names = {one.name for one in shown.accounts}
    return [
        one for one in shown.found.flows
        if one.role.partition("/")[0] in names or one.target.place.partition("/")[0] in names
    ]  # fmt: skip


def _flows(shown: PreviewedBlueprint) -> Section:
    rows = tuple(
        (one.text, "from account to account" if one.crosses else "in one account", place_of(*one.where))
        for one in _flows_of(shown)
    )
    return Section("Flows", table=Table(("Flow", "Where", "Place in the file"), rows))


def _organization(shown: PreviewedBlueprint) -> Section:
    rows = tuple(
        (f"{one.kind.upper()}s of {one.level}", tuple(_sized(one)), tuple(one.notes))
        for one in shown.found.layers
        if shown.whole
    )
    return Section("Policies of the organization", table=Table(("Level", "Policies", _NOTES), rows))


def _sized(level: LevelLayers) -> Iterator[str]:
    yield from (f"{one.name}, {len(one.text):,} characters" for one in level.documents.policies)


def _account(shown: PreviewedBlueprint, one: AccountAccess) -> Section:
    rows = tuple(_role_row(shown, role) for role in shown.roles if role.account == one.name)
    reached = ", ".join(f"{each.key} {each.value} ({each.where}, {each.level})" for each in one.by)
    entries = [f"reached by {reached or 'the credentials of the environment, which must be of this account'}"]
    entries += [
        f"the policy of {policy.resource} is for {counted(len(policy.flows), 'flow')}"
        for policy in _policies(shown) if policy.account == one.name
    ]  # fmt: skip
    table = Table(("Role", "Who may assume it", "As what its work runs", "Never", "Size"), rows)
    return Section(f"Account {one.name} {one.id}", tuple(entries), table=table)


def _role_row(shown: PreviewedBlueprint, placed: PlacedRole) -> tuple[Any, ...]:
    role = placed.role
    inline = tuple(f"{name} {size:,} of {limit:,}" for name, size, limit in sizes(placed.documents))
    named = (placed.place, role.persona.title, Code(role.spec.arn))
    return (
        named,
        tuple(who(role)),
        tuple(runs(role, placed.documents, shown.found.catalog, whole=False)),
        (_never(placed),),
        inline,
    )


def _never(placed: PlacedRole) -> str:
    """Return the separations that hold for the role, and how much else its persona never does."""
    names = list(dict.fromkeys(one.separation for one in placed.role.persona.never if one.separation))
    own = sum(not one.separation for one in placed.role.persona.never)
    return ", ".join(names) + (f", and {own} more of its own" if own else "")


def _accepted(shown: PreviewedBlueprint) -> Section:
    rows = tuple(
        (name, one.reason, ", ".join(one.roles) or "all roles", str(one.until or "for good"))
        for name, one in shown.found.source.value.accepted_sinks.items() if shown.whole
    )  # fmt: skip
    return Section(
        "Accepted ways out of a stolen session", table=Table(("Way", "Why", "Roles", "Until"), rows), tone=Tone.LOOK
    )


def blueprint_preview_data(shown: PreviewedBlueprint) -> dict[str, Any]:
    """Return what the preview of a blueprint shows, for ``--format json``."""
    return {
        "file": shown.name,
        "accounts": [_account_data(shown, one) for one in shown.accounts],
        "flows": [
            {"text": one.text, "crosses_accounts": one.crosses, "from": str(one.where)} for one in _flows_of(shown)
        ],
        "organization": [
            {"level": one.level, "kind": str(one.kind), "policies": [each.name for each in one.documents.policies]}
            for one in shown.found.layers if shown.whole
        ],
        "accepted_sinks": {
            name: one.model_dump(mode="json") for name, one in shown.found.source.value.accepted_sinks.items()
        } if shown.whole else {},
        "findings": [one._asdict() for one in shown.findings],
        "suppressed": shown.suppressed,
    }  # fmt: skip


def _account_data(shown: PreviewedBlueprint, one: AccountAccess) -> dict[str, Any]:
    return {
        "name": one.name,
        "account": one.id,
        "reached_by": {each.key: each.value for each in one.by},
        "roles": [_role_data(shown, role) for role in shown.roles if role.account == one.name],
        "policies": [
            {"resource": policy.resource, "flows": [flow.text for flow in policy.flows]}
            for policy in _policies(shown) if policy.account == one.name
        ],
    }  # fmt: skip


def _role_data(shown: PreviewedBlueprint, placed: PlacedRole) -> dict[str, Any]:
    role = placed.role
    return {
        "place": placed.place,
        "arn": role.spec.arn,
        "persona": role.spec.persona,
        "who": list(who(role)),
        "runs_as": list(runs(role, placed.documents, shown.found.catalog, whole=True)),
        "never": list(dict.fromkeys(one.separation or sentence(one, role) for one in role.persona.never)),
        "sizes": {name: {"characters": size, "quota": limit} for name, size, limit in sizes(placed.documents)},
        "flows": [flow.text for flow in placed.flows],
        "notes": list(placed.notes),
    }


def text_page(page: Page, *, full: bool) -> Text:
    """Return *page* as text for a terminal: its summary, then each section; only the *full* one has notes."""
    text = Text(no_wrap=False)
    text.append(f"{page.title}\n", "bold")
    for line in (*page.about, *(fact.text for fact in page.summary)):
        text.append(f"{line}\n")
    for section in (one for one in page.sections if one.entries or one.table):
        text.append(f"\n{section.title}\n", "bold")
        for line in _section_lines(section, full=full):
            text.append(f"  {line}\n")
    text.append("\n--role PLACE: the page of a role. --full: notes. --format markdown, html: to share.")
    return text


def _section_lines(section: Section, *, full: bool) -> Iterator[str]:
    """Yield the entries of *section* and its rows: short ones a line each, those with lists a line for each cell."""
    yield from section.entries
    if section.table is None:
        return
    for row in section.table.rows:
        filled = [
            (name, "; ".join(cell) if isinstance(cell, tuple) else str(cell))
            for name, cell in zip(section.table.columns, row, strict=True)
            if cell and (full or name != _NOTES)
        ]
        if any(isinstance(cell, tuple) for cell in row[1:]):
            yield filled[0][1]
            yield from (f"    {name[:1].lower()}{name[1:]}: {text}" for name, text in filled[1:])
        else:
            yield "  ".join(text for _, text in filled)
