"""What one principal can do, for people on a page and for programs in full."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from rolemgr.audit.can import AllowedActions, Can
from rolemgr.audit.finding import ChainStep
from rolemgr.errors import printable
from rolemgr.report.audit import hidden, shown_data
from rolemgr.report.capabilities import CAPABILITIES, WITHIN
from rolemgr.report.who_can import conditions_data, not_judged_lines, several, statement_data

_WIDTH: Final = 80
_SERVICES: Final = 12
_STATEMENTS: Final = 12
_BECOMES: Final = 8
_LEVELS: Final = ("List", "Read", "Write", "Permissions management", "Tagging")
_HEADS: Final = ("List", "Read", "Write", "Permissions", "Tagging")


def can_data(found: Can, files: Sequence[str], absent: str) -> dict[str, Any]:
    """Return *found* for ``--format json``: each action stands with every statement that allows it."""
    who = found.holder
    return {
        "principal": who.arn, "kind": who.kind, "account": who.account, "path": who.where.file, "line": who.where.line,
        "actions": len(found.actions), "cannot_tell": found.untold,
        "boundary": who.boundary_arn,
        "capabilities": dict(_capabilities(found)),
        "services": {
            service: {level: len(actions) for level, actions in levels.items()}
            for service, levels in found.levels().items()
        },
        "allowed": [_allowed_data(one) for one in found.allowed],
        "by_resources": [
            {"action": one.action, "resource": one.resource, "by": [statement_data(each) for each in one.by],
             **shown_data(one.shown, files)}
            for one in found.by_resources
        ],
        "limits": [{**statement_data(one), "conditions": conditions_data((one,))} for one in found.limits],
        "becomes": [_step_data(one, files) for one in found.becomes],
        "gives_itself": {
            "what": found.gives[-1].whom, "steps": [_step_data(one, files) for one in found.gives],
            "unless": found.unless,
        } if found.gives else None,
        "not_judged": [one._asdict() for one in found.not_judged],
        "not_in_the_input": absent,
    }  # fmt: skip


def _step_data(one: ChainStep, files: Sequence[str]) -> dict[str, Any]:
    return {"principal": one.whom, "how": one.how, "requests": [shown_data(each, files) for each in one.requests]}


def _allowed_data(one: AllowedActions) -> dict[str, Any]:
    resources = {"resources": list(one.statement.resource)} if one.statement.resource else {}
    excepted = {"not_resources": list(one.statement.not_resource)} if one.statement.not_resource else {}
    return {
        "actions": list(one.actions), **resources, **excepted, "conditions": conditions_data((one.by,)),
        "by": statement_data(one.by),
    }  # fmt: skip


def _capabilities(found: Can) -> Iterator[tuple[str, bool | None]]:
    """
    Yield what people compare roles by, and whether an action shows it; what is about one resource is left out.

    None where no action shows it, and something that the principal has could not be read: it may allow anything; and
    where an action shows it, and the boundary could not be read: it may deny anything.
    """
    for name, shows in CAPABILITIES.items():
        if name not in WITHIN:
            may = any(action in found.actions for action in shows)
            known = False if not found.holder.unknown else None
            yield name, (None if found.is_bound else True) if may else known


def can_text(found: Can, service: str | None, absent: str) -> str:
    """Return *found* as a page, of one *service* or of all."""
    lines = [*_head(found, service), "", *_summary(found, service), *_table(found), *_statements(found)]
    lines += [*_by_resources(found), *_becoming(found), ""]
    lines += not_judged_lines(found.not_judged)
    lines += textwrap.wrap(absent, _WIDTH)
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _head(found: Can, service: str | None) -> Iterator[str]:
    who = found.holder
    yield f"{who.name}  {who.kind} of {who.account}    {who.where}"
    of = f" of {service}" if service else ""
    untold = f"; of {found.untold:,} it can't be told" if found.untold else ""
    services = several(len(found.levels()), "service")
    yield f"{several(len(found.actions), 'action')}{of or f' of {services}'} allowed on something{untold}"
    if found.is_bound:
        yield from _wrapped(f"unless its boundary denies them: {who.boundary_arn} is not in the input", 0)
    if found.gives:
        what = found.gives[-1].whom
        more = f"what group {what.rpartition('/')[2]} may" if what.startswith("arn:") else what
        names = [one.whom.rpartition("/")[2] for one in found.gives[:-1]]
        chain = f"-> {' -> '.join(names)}: " if names else ""
        perhaps, unless = ("perhaps ", f"; {found.unless}") if found.unless else ("", "")
        how = "; then ".join(one.how for one in found.gives)
        yield from _wrapped(f"can {perhaps}give itself {more}: {chain}{how}{unless}", 0)


def _summary(found: Can, service: str | None) -> Iterator[str]:
    told = dict(_capabilities(found))
    if service is None:
        yield from _block("CAN", [name for name, may in told.items() if may])
        if found.holder.unknown:
            yield from _block("UNKNOWN", [name for name, may in told.items() if may is None])
        else:
            yield from _block("CANNOT", [name for name, may in told.items() if not may])
    if found.holder.boundary_arn:
        yield from _block("BOUNDARY", [found.holder.boundary_arn])
    if found.limits:
        denies = list(dict.fromkeys(str(one) for one in found.limits))
        more = [f"{len(denies) - 4} more: --format json"] if len(denies) > 4 else []
        yield from _block("DENIES", [*denies[:4], *more])


def _block(title: str, words: Sequence[str]) -> Iterable[str]:
    return textwrap.wrap(
        " · ".join(words) or "nothing of what personas are compared by", _WIDTH,
        initial_indent=title.ljust(10), subsequent_indent=" " * 10, break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _table(found: Can) -> Iterator[str]:
    counted = {service: [len(levels.get(level, ())) for level in _LEVELS] for service, levels in found.levels().items()}
    if not counted:
        return
    order = sorted(counted, key=lambda service: (service != "sagemaker", -sum(counted[service]), service))
    width = max(7, *(len(service) for service in order[:_SERVICES]))
    yield ""
    yield f"{'service'.ljust(width)}  {'  '.join(head.rjust(7) for head in _HEADS)}"
    for service in order[:_SERVICES]:
        counts = zip(_HEADS, counted[service], strict=True)
        row = ((f"{count:,}" if count else "-").rjust(max(7, len(head))) for head, count in counts)
        yield f"{service.ljust(width)}  {'  '.join(row)}"
    if len(order) > _SERVICES:
        yield f"{several(len(order) - _SERVICES, 'more service')}: --format json, or --service NAME"


def _statements(found: Can) -> Iterator[str]:
    if found.allowed:
        yield ""
        yield "Allowed by"
    for one in found.allowed[:_STATEMENTS]:
        first = ", ".join(one.actions[:2])
        more = f" and {len(one.actions) - 2:,} more" if len(one.actions) > 2 else ""
        yield from _wrapped(f"{one.by}", 2)
        yield from _wrapped(f"{first}{more} on {_resources(one)}{_conditions(one)}", 6)
    if len(found.allowed) > _STATEMENTS:
        yield f"  {several(len(found.allowed) - _STATEMENTS, 'more statement')}: --format json"


def _resources(one: AllowedActions) -> str:
    listed = one.statement.resource or one.statement.not_resource or ()
    head = "" if one.statement.resource else "everything but "
    more = f" and {len(listed) - 2} more" if len(listed) > 2 else ""
    return head + ", ".join("anything" if not text.strip("*") else text for text in listed[:2]) + more


def _conditions(one: AllowedActions) -> str:
    told = [
        f"{operator} {key} {', '.join(hidden(key, value) for value in values)}"
        for operator, block in one.statement.condition.items()
        for key, values in block.items()
    ]
    return f", if {' and '.join(told)}" if told else ""


def _by_resources(found: Can) -> Iterator[str]:
    if found.by_resources:
        yield ""
        yield "Allowed by policies of resources alone"
    for one in found.by_resources[:_STATEMENTS]:
        yield from _wrapped(f"{one.action} on {one.resource}, by {'; '.join(map(str, one.by))}", 2)
    if len(found.by_resources) > _STATEMENTS:
        yield f"  {len(found.by_resources) - _STATEMENTS} more: --format json"


def _becoming(found: Can) -> Iterator[str]:
    if found.becomes:
        yield ""
        yield f"Becomes {several(len(found.becomes), 'other principal')} in one step"
    for one in found.becomes[:_BECOMES]:
        yield from _wrapped(f"{one.whom.rpartition('/')[2]}: {one.how}", 2)
    if len(found.becomes) > _BECOMES:
        yield f"  {len(found.becomes) - _BECOMES} more: --format json"


def _wrapped(text: str, indent: int) -> Iterable[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
