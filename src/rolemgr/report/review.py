"""
The one page that an admin approves a role from: who, runs as, can, cannot, writes, reads, limits, look.

What it can do comes from evaluation, what it can never do from the persona's separations, which `create` proves.
Each block has few lines; what does not fit is counted, and `preview --full` has it all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Final, NamedTuple

from rich.text import Text

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding, Severity
from rolemgr.iam.documents import Effect
from rolemgr.model.catalog import ParameterType
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedRole, ComposedTrust, GuardrailInForce, NamedPolicy, RoleDocuments
from rolemgr.reference.services import find_action
from rolemgr.report.capabilities import capabilities_of
from rolemgr.report.preview import sizes, warnings
from rolemgr.report.review_resources import WRITING, account_of, granted, short_arn, some_of, touched
from rolemgr.report.statements import access_level
from rolemgr.separation.closure import closure_of, passed_roles
from rolemgr.separation.violations import RenderedRole, sentence

WIDTH: Final = 80
_INDENT: Final = 8
_BETWEEN: Final = " · "


class Block(NamedTuple):
    """A part of the page: its *title*, what stands in it, and how many lines it may have."""

    title: str
    entries: tuple[str, ...]
    most: int
    running: bool = False
    """Whether the entries stand beside one another, as words do, and not each on a line."""


def review_page(
    role: ComposedRole, documents: RoleDocuments, catalog: Catalog, findings: Sequence[Finding], suppressed: int = 0
) -> Text:
    """Return the page for *role*, with what `check` found in it: at most 60 lines of 80 columns."""
    page = Text(no_wrap=True, overflow="ignore")
    page.append(f"{documents.name}  {role.persona.title}\n", "bold")
    page.append(f"{role.spec.arn}  {role.spec.region}\n")
    for block in _with_room(review(role, documents, catalog, findings, suppressed)):
        for number, line in enumerate(_lines(block)):
            page.append(f"\n{'' if number else block.title:<{_INDENT}}", "bold")
            page.append(line, "yellow" if block.title == "LOOK" else "")
        if block.title in _LAST_OF_ITS_PART:
            page.append("\n")
    page.append("\n--full: statements, where each comes from. --format markdown, html: to share.")
    return page


_LAST_OF_ITS_PART: Final = frozenset({"RUNS", "CANNOT", "READS", "SET", "LOOK"})


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
    blocks = (
        Block("WHO", tuple(_who(role.trust)), 4),
        Block("RUNS", tuple(_runs(role, catalog)), 3),
        Block("CAN", tuple(_can(role, documents)), 5, running=True),
        Block("CANNOT", tuple(_cannot(role, catalog, whole=whole)), 7),
        Block("WRITES", tuple(touched(role, writing=True, whole=whole)), 7),
        Block("READS", tuple(touched(role, writing=False, whole=whole)), 5),
        Block("LIMITS", tuple(_limits(role, catalog, whole=whole)), 6, running=True),
        Block("SET", tuple(_settings(role)), 3, running=True),
        Block("LOOK", tuple(_second_look(role, documents, findings, whole=whole)), 5),
        Block("SIZE", tuple(_size(role, documents)), 3, running=True),
        Block("CHECK", (_check(role, catalog, findings, suppressed),), 2),
    )
    return tuple(block for block in blocks if block.entries)


_ROOM: Final = 51
"""How many lines the blocks have: a page without its head, its foot and what is blank."""
_IN_NEED: Final = ("LOOK", "LIMITS", "CANNOT", "CAN", "WRITES", "READS", "SET", "RUNS", "WHO")


def _with_room(blocks: Sequence[Block]) -> list[Block]:
    """Return *blocks* with the lines that some leave empty given to those that leave entries out, in that order."""
    roomy = {block.title: block for block in blocks}
    spare = _ROOM - sum(len(_lines(block)) for block in blocks)
    for title in (one for one in _IN_NEED if one in roomy):
        before = len(_lines(roomy[title]))
        roomy[title] = roomy[title]._replace(most=before + spare)
        spare -= len(_lines(roomy[title])) - before
    return list(roomy.values())


def _lines(block: Block) -> list[str]:
    """Return *block* as lines; where they are too many, the last says how many entries are left out."""
    if block.running:
        return _beside(block.entries, block.most)
    if block.title == "LOOK" and len(block.entries) <= block.most:
        return _each(block.entries, block.most)
    lines: list[str] = []
    for number, entry in enumerate(block.entries):
        more = wrap(entry, WIDTH - _INDENT, subsequent_indent="  ", break_on_hyphens=False)
        is_last = number == len(block.entries) - 1
        if len(lines) + len(more) > block.most - (not is_last):
            return [*lines[: block.most - 1], f"and {len(block.entries) - number} more: --full"]
        lines += more
    return lines


def _each(entries: Sequence[str], most: int) -> list[str]:
    """Return every one of *entries*, the first ones whole and then, where *most* lines want it, how they begin."""
    lines: list[str] = []
    spare = most - len(entries)
    for entry in entries:
        more = wrap(entry, WIDTH - _INDENT, subsequent_indent="   ", break_on_hyphens=False)
        if len(more) - 1 > spare:
            more = [f"{wrap(entry, WIDTH - _INDENT - 4, break_on_hyphens=False)[0]} ..."]
        spare -= len(more) - 1
        lines += more
    return lines


def _beside(entries: Sequence[str], most: int) -> list[str]:
    """Return *entries* one behind the other, as many as *most* lines hold."""
    lines: list[str] = []
    for number, entry in enumerate(entries):
        longer = f"{lines[-1]}{_BETWEEN}{entry}" if lines else entry
        more = [longer] if len(longer) <= WIDTH - _INDENT else wrap(entry, WIDTH - _INDENT, break_on_hyphens=False)
        kept = lines[:-1] if len(longer) <= WIDTH - _INDENT else lines
        if len(kept) + len(more) > most - (number < len(entries) - 1 and len(longer) > WIDTH - _INDENT):
            return [*lines[: most - 1], f"and {len(entries) - number} more: --full"]
        lines = [*kept, *more]
    return lines


_HOW: Final[Mapping[str, str]] = {
    "aws:SourceAccount": "for account {}",
    "aws:SourceArn": "from {}",
    "sts:ExternalId": "with external id {}",
    "aws:PrincipalOrgID": "of organization {}",
    "aws:PrincipalArn": "as {}",
}
"""How a condition of a trust policy reads; another is shown as key and value."""


def _who(trust: Sequence[ComposedTrust]) -> Iterator[str]:
    """Yield who may assume the role, and how; whom nothing here names, nobody lets in."""
    for one in trust:
        names = " or ".join(name for found in one.principal.values() for name in found)
        held = [
            _HOW.get(key, f"where {key} is {{}}").format(" or ".join(values))
            for block in one.conditions.values()
            for key, values in block.items()
        ]
        yield f"{names} {', '.join(held) if held else 'under no condition'}"
    yield "nobody else"


def _runs(role: ComposedRole, catalog: Catalog) -> Iterator[str]:
    for one in passed_roles(catalog, role):
        name = "this role itself" if one.arn == role.spec.arn else short_arn(one.arn)
        yield f"work in {' and '.join(one.services) or 'any service'} runs as {name}"


def _can(role: ComposedRole, documents: RoleDocuments) -> Iterator[str]:
    """Yield what the role can do within its limits: guardrails say how a thing is done, not whether."""
    free = replace(
        documents,
        policies=_without_limits(role, documents.policies),
        managed_policies=_without_limits(role, documents.managed_policies),
    )
    held = capabilities_of(RenderedRole(role, free), role.parameters.get("models", ()))
    yield from (name for name, able in held.items() if able)


def _without_limits(role: ComposedRole, policies: tuple[NamedPolicy, ...]) -> tuple[NamedPolicy, ...]:
    """Return *policies* without the Denies of guardrails that hold under a condition."""
    limits = {
        one.sid for one in role.statements
        if one.effect is Effect.DENY and one.conditions and all(origin.kind == "guardrail" for origin in one.origins)
    }  # fmt: skip
    return tuple(
        policy._replace(
            document=policy.document.model_copy(
                update={"statement": tuple(one for one in policy.document.statement if one.sid not in limits)}
            )
        )
        for policy in policies
    )


def _cannot(role: ComposedRole, catalog: Catalog, *, whole: bool) -> Iterator[str]:
    """Yield what the persona can never do: titles of separations, then what has exceptions and other entries."""
    never = role.persona.never
    if not never:
        yield f"persona {role.persona.id} promises nothing: it has no `never`"
        return
    names = dict.fromkeys(one.separation for one in never if one.separation)
    of_each = {
        catalog.separation(name).value.title: _exceptions([one for one in never if one.separation == name])
        for name in names
    }
    titles = [title for title, found in of_each.items() if not found]
    yield from titles if whole else _beside(titles, len(of_each))
    yield from (f"{title}, {'; '.join(found) if whole else _few(found)}" for title, found in of_each.items() if found)
    yield from (sentence(one, role) for one in never if not one.separation)


def _few(exceptions: Sequence[str]) -> str:
    """Return *exceptions* where two lines hold them, else how many they are."""
    text = "; ".join(exceptions)
    return text if len(text) <= WIDTH else f"with {len(exceptions)} exceptions: --full"


def _exceptions(never: Iterable[Never]) -> list[str]:
    return list(dict.fromkeys(filter(None, (one.forbidden.excepted().removeprefix(", ") for one in never))))


def _limits(role: ComposedRole, catalog: Catalog, *, whole: bool) -> Iterator[str]:
    """Yield what the limits leave open first, then each with its values, then those that take none."""
    open_ends = {one.name: [left.action for left in one.bypassed_by] for one in role.guardrails if not one.strict}
    if any(open_ends.values()):
        names = ", ".join(name for name, actions in open_ends.items() if actions)
        left = sorted({one for actions in open_ends.values() for one in actions})
        yield f"not narrowed {some_of(left, whole=whole)} by {names}"
    if role.not_by_tag:
        yield f"not narrowed by tag {some_of([one.action for one in role.not_by_tag], whole=whole)}"
    yield from (f"tag {key} only what carries the caller's own value" for key in role.spec.abac)
    values = {one.name: _values(one, catalog) for one in role.guardrails}
    yield from (f"{name} {found}" for name, found in values.items() if found)
    if alone := [name for name, found in values.items() if not found]:
        yield f"in force: {', '.join(alone)}"


def _settings(role: ComposedRole) -> Iterator[str]:
    """Yield what the role has besides its statements: session, tags, what is attached, keys and network."""
    spec = role.spec
    yield from (f"ends {moment}" for moment in filter(None, (spec.expires,)))
    yield f"sessions of at most {_hours(str(spec.max_session))}"
    if spec.inline == "no":
        yield "no inline policy"
    yield from (f"permissions boundary {_policy(arn)}" for arn in filter(None, (spec.boundary,)))
    yield from (f"managed policy {_policy(arn)}" for arn in sorted(spec.managed_policy))
    yield from (f"tag {key}={value}" for key, value in sorted(spec.tags.items()))
    for what in ("bucket", "data_key", "volume_key", "subnet", "security_group"):
        yield from (f"{what.replace('_', ' ')} {short_arn(value)}" for value in getattr(spec, what))


def _policy(arn: str) -> str:
    return f"{'aws:' if account_of(arn) == 'aws' else ''}{short_arn(arn)}"


def _values(guardrail: GuardrailInForce, catalog: Catalog) -> str:
    """Return the values of *guardrail*; a duration in hours, where it is whole hours."""
    declared = catalog.guardrail(guardrail.name).value.parameters
    shown = []
    for name, values in guardrail.values.items():
        is_time = name in declared and declared[name].type is ParameterType.DURATION
        shown.append(" ".join(_hours(value) if is_time else short_arn(value) for value in values))
    return "; ".join(filter(None, shown))


def _hours(seconds: str) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{seconds} s" if rest else f"{hours} h"


def _second_look(
    role: ComposedRole, documents: RoleDocuments, findings: Sequence[Finding], *, whole: bool
) -> Iterator[str]:  # fmt: skip
    """Yield what is worth a second look, the worst first, numbered."""
    notes = [text for text in warnings(role, documents) if not text.startswith(_TOLD_ALREADY)]
    found = [*_broken(role), *_worst(findings), *notes, *_unset(role), *_wide(role, whole=whole)]
    yield from (f"{number}  {text}" for number, text in enumerate(dict.fromkeys(found), 1))


_TOLD_ALREADY: Final = "guardrail "
"""How a note on what a guardrail can't narrow begins: LIMITS has it."""


def _broken(role: ComposedRole) -> Iterator[str]:
    if role.spec.break_separation:
        yield f"the separation of persona {role.persona.id} is broken: {role.spec.break_separation}"
    for one in role.persona.excused:
        yield f"let off {sentence(one.never, role)}: {one.reason}"


def _worst(findings: Sequence[Finding]) -> Iterator[str]:
    yield from (f"{one.rule} {one.message}" for one in findings if one.severity.at_least(Severity.SECURITY_WARNING))


def _wide(role: ComposedRole, *, whole: bool) -> Iterator[str]:
    """Yield the names and resources that nobody limited, and that a parameter or AWS would let limit."""
    declared = {name for name, values in role.parameters.items() if values == ("*",)}
    if declared:
        yield f"any name will do; --parameter can limit {', '.join(sorted(declared))}"
    anywhere = {action for action, resource in granted(role) if resource == "*" and access_level(action) in WRITING}
    if anywhere:
        yield f"in the whole account, as AWS has no resource for them: {some_of(sorted(anywhere), whole=whole)}"


def _unset(role: ComposedRole) -> Iterator[str]:
    """Yield the limits that a team usually wants and this role does not have."""
    actions = filter(None, map(find_action, {action for action, _ in granted(role)}))
    keys = {key for action in actions for key in action.condition_keys}
    if "sagemaker:volumekmskey" in keys and not role.spec.volume_key:
        yield "disks may be left to AWS's own keys: --volume-key"
    if "sagemaker:vpcsubnets" in keys and not role.spec.subnet:
        yield "work may run outside of your network: --subnet, --security-group"


def _size(role: ComposedRole, documents: RoleDocuments) -> Iterator[str]:
    yield from (f"{name.split()[0]} {size:,} of {limit:,}" for name, size, limit in sizes(documents))
    yield f"{len(role.statements)} statements"


def _check(role: ComposedRole, catalog: Catalog, findings: Sequence[Finding], suppressed: int) -> str:
    counts: Mapping[str, int] = {}
    for one in findings:
        counts = {**counts, one.severity: counts.get(one.severity, 0) + 1}
    found = ", ".join(f"{count} {name}" for name, count in counts.items()) or "no finding"
    found += f", {suppressed} suppressed by rolemgr-check.yaml" if suppressed else ""
    reached = closure_of(catalog, role)
    others = f" and for {len(reached.known)} that it reaches" if reached.known else ""
    kept = f"all {len(role.persona.never)} entries of `never` hold for this role{others}"
    return f"{found}; {kept}" if not role.spec.break_separation else found
