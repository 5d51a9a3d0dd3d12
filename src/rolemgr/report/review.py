"""
The one page that an admin approves a role from: who, runs as, can, cannot, writes, reads, limits, look.

What it can do comes from evaluation, what it can never do from the persona's separations, which `create` proves.
Each block has few lines; what does not fit is counted, and `preview --full` has it all.
"""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from rich.text import Text

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding
from rolemgr.model.catalog import ParameterType
from rolemgr.model.role import ComposedRole, GuardrailInForce, RoleDocuments
from rolemgr.model.times import duration
from rolemgr.report.preview import sizes
from rolemgr.report.review_attached import attached_use, unknown_warning
from rolemgr.report.review_can import can, cannot
from rolemgr.report.review_check import checked
from rolemgr.report.review_lines import INDENT, WIDTH, Block, lines_of, with_room
from rolemgr.report.review_look import second_look
from rolemgr.report.review_passed import written_by_passed
from rolemgr.report.review_resources import account_of, short_arn, some_of, touched
from rolemgr.report.review_trust import runs, who


def review_page(
    role: ComposedRole,
    documents: RoleDocuments,
    catalog: Catalog,
    findings: Sequence[Finding],
    suppressed: int = 0,
    *,
    whole: bool = False,
) -> Text:
    """
    Return the page for *role*, with what `check` found in it: at most 60 lines of 80 columns.

    A *whole* one leaves nothing out, and is as long as that takes.
    """
    page = Text(no_wrap=True, overflow="ignore")
    page.append(f"{documents.name}  from persona: {role.persona.title}\n", "bold")
    page.append(f"{role.spec.arn}  {role.spec.region}\n")
    warned = [line for text in unknown_warning(role) for line in wrap(text, WIDTH, break_on_hyphens=False)]
    for line in warned:
        page.append(f"{line}\n", "bold yellow")
    blocks = review(role, documents, catalog, findings, suppressed, whole=whole)
    for block in (one._replace(most=_ALL) for one in blocks) if whole else with_room(blocks, len(warned)):
        for number, line in enumerate(lines_of(block)):
            page.append(f"\n{'' if number else block.title:<{INDENT}}", "bold")
            page.append(line, "yellow" if block.title == "LOOK" else "")
        if block.title in _LAST_OF_ITS_PART:
            page.append("\n")
    more = "" if whole else "--full: statements, where each comes from. "
    page.append(f"\n{more}--format markdown, html: to share.")
    return page


_LAST_OF_ITS_PART: Final = frozenset({"RUNS", "CANNOT", "SET"})


_ALL: Final = 100_000
"""As many lines as a block needs: nobody who gets in is left out, and no policy that is attached."""


def review(
    role: ComposedRole,
    documents: RoleDocuments,
    catalog: Catalog,
    findings: Sequence[Finding],
    suppressed: int = 0,
    *,
    whole: bool = False,
) -> tuple[Block, ...]:
    """Return the blocks of the page, in their order; *whole* ones say everything and are as long as that takes."""
    look = tuple(second_look(role, documents, findings, whole=whole))
    blocks = (
        Block("WHO", tuple(who(role)), _ALL),
        Block("RUNS", tuple(runs(role, documents, catalog, whole=whole)), 8),
        Block("CAN", tuple(can(role, documents, catalog)), 5, running=True),
        Block("CANNOT", tuple(cannot(role, catalog, whole=whole)), 7),
        Block("WRITES", tuple(_touched(role, catalog, writing=True, whole=whole)), 7),
        Block("READS", tuple(_touched(role, catalog, writing=False, whole=whole)), 4),
        Block("LIMITS", tuple(_limits(role, catalog, whole=whole)), _ALL, running=True),
        Block("BESIDE", tuple(_attached(role)), _ALL, running=True),
        Block("SET", tuple(_settings(role)), 2, running=True),
        Block("LOOK", look, _ALL),
        Block("SIZE", tuple(_size(role, documents)), 2, running=True),
        Block("CHECK", tuple(checked(role, catalog, findings, suppressed)), _ALL, running=True),
    )
    return tuple(block for block in blocks if block.entries)


def _touched(role: ComposedRole, catalog: Catalog, *, writing: bool, whole: bool) -> Iterator[str]:
    """Yield what the role writes or reads: by attached policies first, which nobody chose by group or parameter."""
    yield from attached_use(role, writing=writing, whole=whole)
    others = written_by_passed(role, catalog, whole=whole) if writing else ""
    yield from touched(role, writing=writing, whole=whole, by_others=others)


def _limits(role: ComposedRole, catalog: Catalog, *, whole: bool) -> Iterator[str]:
    """Yield each limit with its values, then those that take none, then what no limit reaches."""
    yield from (f"tag {key} only what carries the caller's own value" for key in role.spec.abac)
    idle = [one.name for one in role.guardrails if not (one.actions or (one.strict and one.bypassed_by))]
    values = {one.name: _values(one, catalog) for one in role.guardrails if one.name not in idle}
    yield from (f"{name} {found}" for name, found in values.items() if found)
    if alone := [name for name, found in values.items() if not found]:
        yield f"in force: {', '.join(alone)}"
    if idle:
        yield f"no effect in this role: {', '.join(idle)}"
    open_ends = {one.name: [left.action for left in one.bypassed_by] for one in role.guardrails if not one.strict}
    left = [f"{name} on {some_of(actions, whole=whole)}" for name, actions in open_ends.items() if actions]
    if role.not_by_tag:
        left.append(f"tag on {some_of([one.action for one in role.not_by_tag], whole=whole)}")
    if left:
        yield f"no limit: {'; '.join(left)}"


def _settings(role: ComposedRole) -> Iterator[str]:
    """Yield what the role has besides its statements: session, tags, keys and network."""
    spec = role.spec
    yield f"sessions of at most {duration(spec.max_session)}{_chained(role)}"
    if spec.inline == "no":
        yield "no inline policy"
    yield from (f"tag {key}={value}" for key, value in sorted(spec.tags.items()))
    for what in ("bucket", "data_key", "volume_key", "subnet", "security_group"):
        yield from (f"{what.replace('_', ' ')} {short_arn(value)}" for value in getattr(spec, what))


_CHAINED: Final = 3600


def _chained(role: ComposedRole) -> str:
    """
    Return for whom a session is shorter: for a role that takes another role (role chaining).

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    callers = any(one.kind in ("account", "role") for one in role.spec.trust)
    return " (1 h by another role)" if callers and role.spec.max_session > _CHAINED else ""


def _attached(role: ComposedRole) -> Iterator[str]:
    """Yield the policies beside the role's own, which give or limit more than this page says."""
    yield from (f"permissions boundary {_policy(arn)}" for arn in filter(None, (role.spec.boundary,)))
    yield from (f"managed policy {_policy(arn)}" for arn in sorted(role.spec.managed_policy))


def _policy(arn: str) -> str:
    return f"{'aws:' if account_of(arn) == 'aws' else ''}{short_arn(arn)}"


def _values(guardrail: GuardrailInForce, catalog: Catalog) -> str:
    """Return the values of *guardrail*; a duration with its unit."""
    declared = catalog.guardrail(guardrail.name).value.parameters
    shown = []
    for name, values in guardrail.values.items():
        is_time = name in declared and declared[name].type is ParameterType.DURATION
        shown.append(
            " ".join(
                f"{duration(int(value))}{_FOR_EACH.get(guardrail.name, '')}"
                if is_time
                else _plain(guardrail.name, value)
                for value in values
            )
        )
    return "; ".join(filter(None, shown)) + _ELSE_FREE.get(guardrail.name, "")


_FOR_EACH: Final = {"max-runtime": " a job"}
"""What a duration is for, by guardrail."""
_ELSE_FREE: Final = {"named-instance-types": " (a job that names no type goes through)"}
"""What guardrails let through beside their values, where another guardrail with the same values does not."""
_MEANING: Final = {
    ("studio-instance-types", "system"): "system (Studio itself, Canvas)",
    ("caller-network", "all"): "all calls",
}
"""Values that are one word, by guardrail, in the words of its file."""


def _plain(guardrail: str, value: str) -> str:
    return _MEANING.get((guardrail, value)) or short_arn(value)


def _size(role: ComposedRole, documents: RoleDocuments) -> Iterator[str]:
    """Yield the characters of each document and its quota, of managed policies together, then the statements."""
    found: dict[tuple[str, int], list[str]] = {}
    for name, size, limit in sizes(documents):
        found.setdefault((name.split()[0], limit), []).append(f"{size:,}")
    yield from (f"{name} {', '.join(each)} of {limit:,}" for (name, limit), each in found.items())
    yield f"{len(role.statements)} statements"
