"""A role for the person who approves it, as a page: the blocks of the review, whole, and what stands behind them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding
from rolemgr.iam.documents import Conditions
from rolemgr.model.role import ComposedRole, ComposedStatement, GuardrailInForce, LeftOpen, NamedPolicy, RoleDocuments
from rolemgr.report.pages.of_findings import findings_section, place_of, worst_tone
from rolemgr.report.pages.page import Bar, Fact, Page, Section, Table, Tone, counted
from rolemgr.report.preview import sizes
from rolemgr.report.review import review
from rolemgr.report.review_attached import unknown_warning
from rolemgr.report.review_data import review_data
from rolemgr.report.review_lines import Block
from rolemgr.report.statements import by_access_level
from rolemgr.separation.violations import sentence

_TITLES: Final[Mapping[str, str]] = {
    "LOOK": "Worth a second look",
    "WHO": "Who may assume it",
    "RUNS": "As what its work runs",
    "CAN": "What it can do",
    "CANNOT": "What it can never do",
    "WRITES": "What it writes",
    "READS": "What it reads besides",
    "LIMITS": "Limits",
    "BESIDE": "Attached",
    "SET": "Settings",
}
"""The blocks of the review in the order of this page, and what they are called where there is room for a title."""

_NONE: Final = "none of the capabilities that evaluation asks about; what it writes and reads is below"


def role_page(
    role: ComposedRole, documents: RoleDocuments, catalog: Catalog, findings: Sequence[Finding], suppressed: int = 0
) -> Page:
    """Return the page on *role*, with what `check` found in it."""
    blocks = {one.title: one for one in review(role, documents, catalog, findings, suppressed, whole=True)}
    sections = (
        *(
            _block(blocks.get(name, Block(name, (_NONE,), 1)), title)
            for name, title in _TITLES.items()
            if name in blocks or name == "CAN"
        ),
        Section("Sizes", bars=tuple(Bar(name, size, limit, "characters") for name, size, limit in sizes(documents))),
        findings_section(findings, {}),
        *_behind(role, documents, catalog),
    )
    return Page(
        f"{documents.name}: {role.persona.title}",
        (role.spec.arn, role.spec.region),
        (*(Fact(text, Tone.BAD) for text in unknown_warning(role)), *_facts(blocks, findings)),
        tuple(one for one in sections if not one.is_empty),
        review_data(role, documents, catalog, findings, suppressed),
    )


def _block(block: Block, title: str) -> Section:
    is_look = block.title == "LOOK"
    entries = tuple(one.partition("  ")[2] for one in block.entries) if is_look else block.entries
    return Section(title, entries, running=block.running, tone=Tone.LOOK if is_look else Tone.PLAIN)


def _facts(blocks: Mapping[str, Block], findings: Sequence[Finding]) -> Iterator[Fact]:
    found, *proven = blocks["CHECK"].entries
    yield Fact(found, worst_tone(findings))
    yield from (Fact(one, _tone(one)) for one in proven)
    if "LOOK" in blocks:
        yield Fact(f"{counted(len(blocks['LOOK'].entries), 'thing')} worth a second look", Tone.LOOK)
    yield Fact(", ".join(blocks["SIZE"].entries))


def _tone(proven: str) -> Tone:
    """Return how a sentence on what is *proven* is meant: what is not proven, or not kept, never looks green."""
    if proven.startswith("NOT "):
        return Tone.BAD
    return Tone.GOOD if proven.startswith("this role: ") else Tone.PLAIN


def _behind(role: ComposedRole, documents: RoleDocuments, catalog: Catalog) -> Iterator[Section]:
    """Yield what the review is made from: statements, limits, promises, activity groups, documents."""
    yield Section("Statements", table=_statements(role.statements), folded=True)
    yield Section("Guardrails", table=_guardrails(role.guardrails), folded=True)
    yield Section("Never, by the persona", table=_never(role), folded=True)
    yield Section("Activity groups", table=_groups(role, catalog), folded=True)
    yield Section("Parameters", table=Table(("Parameter", "Values"), tuple(role.parameters.items())), folded=True)
    yield Section("Trust policy", code=documents.trust_policy.to_json(), folded=True)
    yield from (_policy(one, "Inline policy") for one in documents.policies)
    yield from (_policy(one, "Managed policy") for one in documents.managed_policies)
    if own := documents.own_boundary:
        yield _policy(NamedPolicy(own.name, own.document), "Permissions boundary")


def _policy(policy: NamedPolicy, what: str) -> Section:
    return Section(f"{what} {policy.name}", code=policy.document.to_json(), folded=True)


def _statements(statements: Sequence[ComposedStatement]) -> Table:
    rows = tuple(
        (one.effect.value, one.sid, actions_cell(one.actions), one.resources, conditions_cell(one.condition),
         tuple(place_of(*origin.location) for origin in one.origins))
        for one in statements
    )  # fmt: skip
    return Table(("Effect", "Statement", "Actions", "Resources", "Conditions", "From"), rows)


def actions_cell(actions: Sequence[str]) -> tuple[str, ...]:
    """Return *actions* as lines, one for each access level."""
    return tuple(f"{level}: {' '.join(names)}" for level, names in by_access_level(actions).items())


def conditions_cell(conditions: Conditions) -> tuple[str, ...]:
    """Return *conditions* as lines, one for each operator and key."""
    return tuple(
        f"{operator} {key} = {' or '.join(values)}"
        for operator, block in conditions.items()
        for key, values in block.items()
    )


def _guardrails(guardrails: Sequence[GuardrailInForce]) -> Table:
    rows = tuple(
        (one.name, one.title, tuple(f"{name} = {', '.join(values)}" for name, values in one.values.items()),
         one.actions, _left_open(one), (one.by, place_of(*one.where)))
        for one in guardrails
    )  # fmt: skip
    return Table(("Guardrail", "Title", "Values", "Narrows", "Leaves open", "Chosen by"), rows)


def _left_open(guardrail: GuardrailInForce) -> tuple[str, ...]:
    by_reason: dict[str, list[str]] = {}
    left: Sequence[LeftOpen] = () if guardrail.strict else guardrail.bypassed_by
    for one in (*left, *guardrail.not_where_absent):
        by_reason.setdefault(one.why, []).append(one.action)
    return tuple(f"{' '.join(actions)}: {why}" for why, actions in by_reason.items())


def _never(role: ComposedRole) -> Table:
    rows = tuple((one.separation or "its own", sentence(one, role), place_of(*one.where)) for one in role.persona.never)
    return Table(("Separation", "Never", "From"), rows)


def _groups(role: ComposedRole, catalog: Catalog) -> Table:
    return Table(
        ("Activity group", "Title"), tuple((name, catalog.activity_group(name).value.title) for name in role.groups)
    )
