"""
The one page that an admin approves a role from: who, runs as, can, cannot, writes, reads, limits, look.

What it can do comes from evaluation, what it can never do from the persona's separations, which `create` proves.
Each block has few lines; what does not fit is counted, and `preview --full` has it all.
"""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final, NamedTuple

from rich.text import Text

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding, Severity
from rolemgr.model.catalog import ParameterType
from rolemgr.model.role import ComposedRole, GuardrailInForce, RoleDocuments
from rolemgr.model.times import duration
from rolemgr.reference.services import find_action
from rolemgr.report.preview import sizes, warnings
from rolemgr.report.review_attached import attached_use, not_at_hand
from rolemgr.report.review_can import can, cannot
from rolemgr.report.review_lines import INDENT, ROOM, beside
from rolemgr.report.review_resources import WRITING, account_of, granted, short_arn, some_of, touched
from rolemgr.report.review_trust import runs, who
from rolemgr.report.statements import access_level
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import sentence


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
    page.append(f"{documents.name}  from persona: {role.persona.title}\n", "bold")
    page.append(f"{role.spec.arn}  {role.spec.region}\n")
    for block in _with_room(review(role, documents, catalog, findings, suppressed)):
        for number, line in enumerate(_lines(block)):
            page.append(f"\n{'' if number else block.title:<{INDENT}}", "bold")
            page.append(line, "yellow" if block.title == "LOOK" else "")
        if block.title in _LAST_OF_ITS_PART:
            page.append("\n")
    page.append("\n--full: statements, where each comes from. --format markdown, html: to share.")
    return page


_LAST_OF_ITS_PART: Final = frozenset({"RUNS", "CANNOT", "SET"})


_ALL: Final = 1000
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
    look = tuple(_second_look(role, documents, findings, whole=whole))
    blocks = (
        Block("WHO", tuple(who(role)), _ALL),
        Block("RUNS", tuple(runs(role, documents, catalog, whole=whole)), _ALL),
        Block("CAN", tuple(can(role, documents, catalog)), 5, running=True),
        Block("CANNOT", tuple(cannot(role, catalog, whole=whole)), 7),
        Block("WRITES", tuple(_touched(role, writing=True, whole=whole)), 7),
        Block("READS", tuple(_touched(role, writing=False, whole=whole)), 4),
        Block("LIMITS", tuple(_limits(role, catalog, whole=whole)), 4, running=True),
        Block("BESIDE", tuple(_attached(role)), _ALL, running=True),
        Block("SET", tuple(_settings(role)), 2, running=True),
        Block("LOOK", look, max(5, len(look))),
        Block("SIZE", tuple(_size(role, documents)), 2, running=True),
        Block("CHECK", (_check(role, catalog, findings, suppressed),), _ALL),
    )
    return tuple(block for block in blocks if block.entries)


def _touched(role: ComposedRole, *, writing: bool, whole: bool) -> Iterator[str]:
    """Yield what the role writes or reads: by attached policies first, which nobody chose by group or parameter."""
    yield from attached_use(role, writing=writing, whole=whole)
    yield from touched(role, writing=writing, whole=whole)


_ROOM: Final = 53
"""How many lines the blocks have: a page without its head, its foot and what is blank."""
_IN_NEED: Final = ("CAN", "WRITES", "LOOK", "CANNOT", "READS", "LIMITS", "SET", "SIZE")
"""Which blocks get lines that are left first; they give lines up, where all are too many, from the last on."""


_LEAST: Final = {"READS": 3, "LIMITS": 2, "SIZE": 2}
"""How many lines a block keeps, where it is one entry a line and that says something."""
_CUT: Final = frozenset({"WRITES", "READS"})
"""Blocks whose last entry may be cut off: better than none."""


def _with_room(blocks: Sequence[Block]) -> list[Block]:
    """Return *blocks* with the lines that some leave empty given to those that leave entries out, in that order."""
    roomy = {block.title: block for block in blocks}
    spare = _ROOM - sum(len(_lines(block)) for block in blocks)
    for title in (one for one in (_IN_NEED if spare >= 0 else reversed(_IN_NEED)) if one in roomy):
        before = len(_lines(roomy[title]))
        roomy[title] = roomy[title]._replace(
            most=max(len(roomy[title].entries) if title == "LOOK" else _LEAST.get(title, 1), before + spare)
        )
        spare -= len(_lines(roomy[title])) - before
    return list(roomy.values())


def _lines(block: Block) -> list[str]:
    """Return *block* as lines; where they are too many, the last says how many entries are left out."""
    if block.running:
        return beside(block.entries, block.most)
    if block.title == "LOOK" and len(block.entries) <= block.most:
        return _each(block.entries, block.most)
    wrapped = [wrap(entry, ROOM, subsequent_indent="  ", break_on_hyphens=False) for entry in block.entries]
    if sum(map(len, wrapped)) <= block.most:
        return [line for more in wrapped for line in more]
    lines: list[str] = []
    for number, more in enumerate(wrapped):
        if len(lines) + len(more) > block.most - 1:
            part = more[: block.most - 1 - len(lines)] if block.title in _CUT else []
            left = _left(block, number, is_cut=bool(part))
            return [*lines[: block.most - 1], *part, f"  ... {left}" if part else left]
        lines += more
    return lines


def _left(block: Block, number: int, *, is_cut: bool) -> str:
    """Return how many entries of *block* from *number* on are left out, and of resources which services these are."""
    rest = block.entries[number + is_cut :]
    if block.title not in _CUT:
        return f"and {len(rest)} more: --full"
    names = [f"the rest of {block.entries[number].partition('  ')[0]}"] if is_cut else []
    names += [one.partition("  ")[0] for one in rest if "  " in one]
    for most in range(len(names), -1, -1):
        more = f"{len(names) - most} more" if len(names) > most else ""
        text = f"and {' and '.join(filter(None, (', '.join(names[:most]), more)))}: --full"
        if len(text) <= ROOM - 6:  # what stands before it where an entry is cut
            break
    return text


def _each(entries: Sequence[str], most: int) -> list[str]:
    """Return every one of *entries*, the first ones whole and then, where *most* lines want it, how they begin."""
    lines: list[str] = []
    spare = most - len(entries)
    for entry in entries:
        more = wrap(entry, ROOM, subsequent_indent="   ", break_on_hyphens=False)
        if len(more) - 1 > spare:
            more = [f"{wrap(entry, ROOM - 4, break_on_hyphens=False)[0]} ..."]
        spare -= len(more) - 1
        lines += more
    return lines


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
    yield f"sessions of at most {duration(spec.max_session)}"
    if spec.inline == "no":
        yield "no inline policy"
    yield from (f"tag {key}={value}" for key, value in sorted(spec.tags.items()))
    for what in ("bucket", "data_key", "volume_key", "subnet", "security_group"):
        yield from (f"{what.replace('_', ' ')} {short_arn(value)}" for value in getattr(spec, what))


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
                f"{duration(int(value))}{_FOR_EACH.get(guardrail.name, '')}" if is_time else _plain(value)
                for value in values
            )
        )
    return "; ".join(filter(None, shown))


_FOR_EACH: Final = {"max-runtime": " a job"}
"""What a duration is for, by guardrail."""
_MEANING: Final = {"system": "system (Studio itself, Canvas)"}
"""Instance types that are none, by what `guardrails/studio-instance-types.yaml` says runs on them."""


def _plain(value: str) -> str:
    return _MEANING.get(value) or short_arn(value)


def _second_look(
    role: ComposedRole, documents: RoleDocuments, findings: Sequence[Finding], *, whole: bool
) -> Iterator[str]:  # fmt: skip
    """Yield what is worth a second look, the worst first, numbered."""
    notes = [text for text in warnings(role, documents) if not text.startswith(_TOLD_ALREADY)]
    found = [
        *_broken(role),
        *_worst(findings),
        *sorted(notes, key=lambda text: not text.startswith(_OUTSIDE)),
        *_unset(role),
        *_wide(role, whole=whole),
    ]
    yield from (f"{number}  {text}" for number, text in enumerate(dict.fromkeys(found), 1))


_OUTSIDE: Final = "trust in "
"""How a note on a principal of another account begins: those come first."""
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
        yield f"names are not limited for: {', '.join(sorted(declared))}: --parameter NAME=PATTERN"
    anywhere = {action for action, resource in granted(role) if resource == "*" and access_level(action) in WRITING}
    if anywhere:
        yield f"in the whole account, as AWS has no resource for them: {some_of(sorted(anywhere), whole=whole)}"


def _unset(role: ComposedRole) -> Iterator[str]:
    """Yield the limits that a team usually wants and this role does not have."""
    actions = filter(None, map(find_action, {action for action, _ in granted(role)}))
    keys = {key for action in actions for key in action.condition_keys}
    if "sagemaker:volumekmskey" in keys and not role.spec.volume_key:
        yield "disks without a KMS key of yours are possible: --volume-key"
    if "sagemaker:vpcsubnets" in keys and not role.spec.subnet:
        yield "data can leave to the internet, as work may run outside of your VPC: --subnet, --security-group"


def _size(role: ComposedRole, documents: RoleDocuments) -> Iterator[str]:
    """Yield the characters of each document and its quota, of managed policies together, then the statements."""
    found: dict[tuple[str, int], list[str]] = {}
    for name, size, limit in sizes(documents):
        found.setdefault((name.split()[0], limit), []).append(f"{size:,}")
    yield from (f"{name} {', '.join(each)} of {limit:,}" for (name, limit), each in found.items())
    yield f"{len(role.statements)} statements"


def _check(role: ComposedRole, catalog: Catalog, findings: Sequence[Finding], suppressed: int) -> str:
    rules: dict[str, list[str]] = {}
    for one in findings:
        rules.setdefault(one.severity, []).append(one.rule)
    told = (f"{len(each)} {name} ({', '.join(dict.fromkeys(each))})" for name, each in rules.items())
    found = ", ".join(told) or "no finding"
    found += f", {suppressed} suppressed by rolemgr-check.yaml" if suppressed else ""
    reached = closure_of(catalog, role)
    kept = _kept(role, [short_arn(one.spec.arn) for one in reached.known])
    if role.spec.break_separation:
        return f"{found}; what the persona must never do is not kept"
    unknown = ", ".join(not_at_hand(role))
    return f"{found}; {f'but for what {unknown} may allow, ' if unknown else ''}{kept}"


def _kept(role: ComposedRole, names: Sequence[str]) -> str:
    """Return for how many entries of `never` it is proven, and for whom: for the roles *names* less, where told so."""
    count = len(role.persona.never)
    if not count:
        return "the persona forbids nothing: it has no `never`"
    beside_it = count - sum(one.forbidden.directly for one in role.persona.never)
    which = "" if beside_it == count else f"all of them but {count - beside_it}, which are for this role itself, "
    reached = f"{names[0]}, which it reaches" if len(names) == 1 else f"the {len(names)} roles that it reaches"
    others = f" and {which}for {reached}" if names else ""
    many = "s" if count > 1 else ""
    denied = f"{count} forbidden request{many} (`never`) stay{'' if many else 's'} denied for this role{others}"
    return f"{denied}; what deserves a second look (LOOK) is not covered"
