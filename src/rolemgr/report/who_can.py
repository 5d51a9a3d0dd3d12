"""Who may do an action, for people and for programs: principals, deciding statements, conditions, chains."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rolemgr.audit.deciding import DecidingStatement, conditions_of
from rolemgr.audit.not_looked_for import OF_PRINCIPALS, OF_RESOURCES, sentence
from rolemgr.audit.outsiders import Outsider
from rolemgr.audit.through import Through
from rolemgr.audit.who_can import PrincipalGrant, WhoCan
from rolemgr.errors import printable
from rolemgr.model.inventory import Unjudged
from rolemgr.report.audit import hidden, shown_data

_WIDTH: Final = 80
_MOST_SHOWN: Final = 20
_MOST_GRANTS: Final = 4
_UNJUDGED: Final = 5


def who_can_data(
    found: Sequence[WhoCan], files: Sequence[str], not_judged: Sequence[Unjudged], absent: str
) -> dict[str, Any]:
    """Return *found*, an answer for each action, for ``--format json``; *absent* says which layers the input lacks."""
    return {
        "answers": [_answer_data(one, files) for one in found],
        "not_judged": [one._asdict() for one in not_judged],
        "not_in_the_input": absent,
        "not_looked_for": [*OF_RESOURCES, *OF_PRINCIPALS],
        "files": list(files),
    }


def _answer_data(found: WhoCan, files: Sequence[str]) -> dict[str, Any]:
    return {
        "action": found.action,
        "resource": found.resource,
        "can": [_holder_data(grants, files) for grants in found.of(certain=True).values()],
        "can_with_conditions": [_holder_data(grants, files) for grants in found.of(certain=False).values()],
        "through_others": [_through_data(one, files) for one in found.through],
        "by_changing_policies": [_through_data(one, files) for one in found.changing],
        "outside": [_outsider_data(one, files) for one in found.outside],
        "cannot_tell": [one._asdict() for one in found.untold],
    }


def _holder_data(grants: Sequence[PrincipalGrant], files: Sequence[str]) -> dict[str, Any]:
    who = grants[0].holder
    return {
        "principal": who.arn, "kind": who.kind, "account": who.account, "path": who.where.file, "line": who.where.line,
        "unless": grants[0].unless or None,
        "on": [
            {"resource": one.pattern, "certain": one.certain, **_deciding_data(one.by), **shown_data(one.shown, files)}
            for one in grants
        ],
    }  # fmt: skip


def _deciding_data(by: tuple[DecidingStatement, ...]) -> dict[str, Any]:
    return {"by": [statement_data(one) for one in by], "conditions": conditions_data(by)}


def statement_data(one: DecidingStatement) -> dict[str, Any]:
    """Return where a deciding statement stands."""
    where = one.where
    return {
        "layer": one.layer.value, "policy": one.policy, "sid": one.statement.sid, "statement": one.place,
        "path": where.file if where else None, "line": where.line if where else None,
    }  # fmt: skip


def conditions_data(by: tuple[DecidingStatement, ...]) -> list[dict[str, Any]]:
    """Return the conditions of deciding statements; the value of an external id is left out."""
    return [
        {"operator": operator, "key": key, "values": [hidden(key, value) for value in values]}
        for operator, key, values in conditions_of(by)
    ]


def _through_data(one: Through, files: Sequence[str]) -> dict[str, Any]:
    return {
        "principal": one.holder.arn, "kind": one.holder.kind, "account": one.holder.account,
        "unless": one.unless or None,
        "steps": [
            {"who": step.who, "becomes": step.whom, "how": step.how,
             "requests": [shown_data(each, files) for each in step.requests]}
            for step in one.steps
        ],
    }  # fmt: skip


def _outsider_data(one: Outsider, files: Sequence[str]) -> dict[str, Any]:
    return {
        "who": one.who, "resource": one.resource, "certain": one.certain, "unless": one.unless or None,
        **_deciding_data(one.by), **shown_data(one.shown, files),
    }  # fmt: skip


def who_can_text(found: Sequence[WhoCan], service_linked: int, not_judged: Sequence[Unjudged], absent: str) -> str:
    """Return *found* as a page; *service_linked* roles are not asked about."""
    lines: list[str] = []
    for one in found:
        lines += [*_page(one), ""]
    told = {each for one in found for each in one.untold}
    lines += not_judged_lines([one for one in not_judged if one not in told])
    if service_linked:
        lines.append(f"{several(service_linked, 'service-linked role')} of AWS's own not asked about")
    lines += textwrap.wrap(absent, _WIDTH)
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _page(found: WhoCan) -> Iterator[str]:
    yield f"{found.action} on {found.resource or 'something'}"
    sure, maybe = found.of(certain=True), found.of(certain=False)
    if not found.is_anybody:
        yield "  nobody, as far as the input tells"
        told = sentence(*OF_RESOURCES, *OF_PRINCIPALS)
        yield from textwrap.wrap(told, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    yield from _holders("can", sure)
    yield from _holders("can, where conditions are met", maybe)
    yield from _chains("through somebody who can", found.through)
    yield from _chains("by changing policies", found.changing)
    yield from _outsiders(found.outside)
    yield from _untold(found.untold)


def _holders(title: str, found: Mapping[str, Sequence[PrincipalGrant]]) -> Iterator[str]:
    if found:
        yield ""
        yield f"{len(found):>5}  {title}"
    for grants in list(found.values())[:_MOST_SHOWN]:
        who = grants[0].holder
        kind = "" if who.kind == "role" else f" ({who.kind})"
        unless = f"  unless {grants[0].unless}" if grants[0].unless else ""
        yield f"  {who.name}{kind} of {who.account}{unless}"
        for one in grants[:_MOST_GRANTS]:
            yield from _wrapped(f"on {one.pattern}{_if(one)}", 6)
            yield from _wrapped(f"by {'; '.join(map(str, one.by))}" if one.by else "by no statement", 8)
        if len(grants) > _MOST_GRANTS:
            yield f"      and {several(len(grants) - _MOST_GRANTS, 'more resource')}: --format json"
    if len(found) > _MOST_SHOWN:
        yield f"  {len(found) - _MOST_SHOWN} more: --format json"


def _if(one: PrincipalGrant | Outsider) -> str:
    """Return the conditions that must be met: of the deciding statements, or of the request that is shown."""
    if one.certain:
        return ""
    told = [
        f"{operator} {key} {', '.join(hidden(key, value) for value in values)}"
        for operator, key, values in conditions_of(one.by)
    ]
    context = one.shown.request.given_context().items()
    told = told or [f"{key} is {', '.join(hidden(key, value) for value in values)}" for key, values in context]
    return f", if {' and '.join(told)}" if told else ", if the request lacks what a Deny asks for"


def _chains(title: str, found: Sequence[Through]) -> Iterator[str]:
    if found:
        yield ""
        yield f"{len(found):>5}  {title}"
    for one in found[:_MOST_SHOWN]:
        names = [one.holder.name, *(step.whom.rpartition("/")[2] for step in one.steps if step.whom.startswith("arn:"))]
        unless = f", unless {one.unless}" if one.unless else ""
        yield from _wrapped(f"{' -> '.join(names)}: {'; then '.join(step.how for step in one.steps)}{unless}", 2)
    if len(found) > _MOST_SHOWN:
        yield f"  {len(found) - _MOST_SHOWN} more: --format json"


def _outsiders(found: Sequence[Outsider]) -> Iterator[str]:
    if found:
        yield ""
        yield f"{len(found):>5}  from outside, by the policy of a resource"
    for one in found[:_MOST_SHOWN]:
        who = "anybody in any account" if one.who == "*" else f"account {one.who}" if one.who.isdigit() else one.who
        unless = f" ({one.unless})" if one.unless else ""
        yield from _wrapped(f"{who} on {one.resource}{_if(one)}{unless}", 2)
        yield from _wrapped(f"by {'; '.join(map(str, one.by))}", 8)
    if len(found) > _MOST_SHOWN:
        yield f"  {len(found) - _MOST_SHOWN} more: --format json"


def _untold(found: Sequence[Unjudged]) -> Iterator[str]:
    if found:
        yield ""
        yield f"{len(found):>5}  can't be told"
    for one in found[:_UNJUDGED]:
        yield from _wrapped(f"{one.path}{f':{one.line}' if one.line else ''}: {one.place}: {one.reason}", 2)
    if len(found) > _UNJUDGED:
        yield f"  {len(found) - _UNJUDGED} more: --format json"


def not_judged_lines(aside: Sequence[Unjudged]) -> Iterator[str]:
    """Yield the first few places that are not judged, and how many there are."""
    if aside:
        yield f"Not judged: {several(len(aside), 'place')}"
    for one in aside[:_UNJUDGED]:
        yield from _wrapped(f"{one.path}{f':{one.line}' if one.line else ''}: {one.place}: {one.reason}", 2)
    if len(aside) > _UNJUDGED:
        yield f"  {len(aside) - _UNJUDGED} more: --format json"


def several(count: int, what: str) -> str:
    """Return *count* with *what*, in the plural where there are several."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _wrapped(text: str, indent: int) -> Iterable[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
