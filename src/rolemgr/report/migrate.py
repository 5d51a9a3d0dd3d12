"""A migration for people, on one page, and for programs; the role file that comes out of it."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from rolemgr.audit.migrate.choose import GroupChoice
from rolemgr.audit.migrate.cluster import Clustered
from rolemgr.audit.migrate.judge import Outcome, Verdict
from rolemgr.audit.migrate.migration import Migrated, Migration, lost
from rolemgr.audit.migrate.needs import UseEvidence, services_of
from rolemgr.audit.migrate.trusting import other_trust
from rolemgr.errors import SourceLocation, printable
from rolemgr.report.migrate_steps import places_to_change, steps
from rolemgr.report.migrate_use import (
    beyond_lines,
    deny_data,
    deny_lines,
    deny_text,
    draft_lines,
    gone_lines,
    kept_lines,
    limit_lines,
    rows_of,
    trial_lines,
    use_data,
    use_text,
)

_WIDTH: Final = 80
_REASONS: Final = 10
_SHOWN: Final = 4
_PERSONAS: Final = 4
_PLACES: Final = 10
_DEFAULTS: Final = 8


def migration_data(found: Migrated, file: str) -> dict[str, Any]:
    """Return *found* for ``--format json``; *file* is what the steps call the role file."""
    made = found.migration
    plan, best = made.plan, made.plan.best
    return {
        "role": plan.old.arn,
        "where": str(plan.old.where),
        "used_is_known": plan.is_used,
        "new_role": dict(best.data),
        "groups": list(best.groups),
        "cover": {"weight": best.cover.weight, "exact": best.cover.exact, "at_most_times_the_least": best.cover.bound},
        "counts": {one.value.replace(" ", "_"): len(made.having(one)) for one in Verdict},
        "needs": [_outcome_data(one) for one in made.outcomes],
        "gained": sorted(made.gained),
        **use_data(made),
        "excess": {name: list(actions) for name, actions in made.excess.items()},
        "parameters": [
            {"name": name, "values": values, "by": _sources(made, name)}
            for name, values in best.data.get("parameter", {}).items()
        ],
        "not_told": [{"parameter": name, "why": why, "flag": f"--parameter {name}="} for name, why in _not_told(made)],
        "unused_parameters": list(made.plan.unused),
        "personas": [_choice_data(one, made) for one in plan.choices],
        "regions": list(plan.regions),
        "trusts_not_carried_over": list(other_trust(made.plan.old, made.plan.best)),
        "steps": [{"step": one.name, "commands": list(one.commands), "notes": list(one.notes)}
                  for one in steps(made, file, found.mentions)],
        "places": [
            {**one.place._asdict(), "in_place": one.place.update is not None, "commands": list(one.commands)}
            for one in places_to_change(made)
        ],
        "named_by": [{"principal": one.holder.arn, "place": one.place, "what": one.what} for one in found.mentions],
        "not_judged": [*untold(found)],
    }  # fmt: skip


def _outcome_data(one: Outcome) -> dict[str, Any]:
    return {
        "action": one.need.action, "resource": one.need.resource, "certainty": one.need.evidence.value,
        "allowed_today": one.need.today, "by": list(one.need.by), "result": one.verdict.value,
        "groups": list(one.groups), "on": list(one.on),
        "context": {key: list(values) for key, values in sorted(one.context.items())},
        "why": one.why, "beyond_the_catalog": one.beyond, "personas_that_may": list(one.instead),
    }  # fmt: skip


def _choice_data(one: GroupChoice, found: Migration) -> dict[str, Any]:
    return {
        "persona": one.persona.id, "loses": sorted(lost(one, found.plan.needs)), "add": list(one.add),
        "remove": list(one.remove), "weight": one.cover.weight, "problem": one.problem,
        "left_out": {name: ban.why for name, ban in sorted(one.bans.items())},
    }  # fmt: skip


def _sources(found: Migration, name: str) -> list[str]:
    told = found.plan.inference.found.get(name)
    return [f"{one.action} on {one.resource}" for one in told.needs[:_SHOWN]] if told else ["given"]


def _not_told(found: Migration) -> Iterator[tuple[str, str]]:
    """Yield the parameters of the role that its needs speak of and tell no value of, each with the reason."""
    role = found.plan.best.role
    dropped = found.plan.best.dropped
    for name in role.parameters if role else ():
        if name in dropped:
            yield name, dropped[name]
        elif name in found.plan.inference.not_told and name not in found.plan.best.data.get("parameter", {}):
            yield name, found.plan.inference.not_told[name]


def untold(found: Migrated) -> Iterator[str]:
    """Yield what nobody can tell of the old role and of the files."""
    yield from found.migration.plan.untold
    yield from found.unknown
    yield from (f"{SourceLocation(one.path, one.line)}: {one.place}: {one.reason}" for one in found.not_judged)


def migration_text(found: Migrated, file: str, output: str | None) -> str:
    """Return *found* on one page; *file* is what the steps call the role file, *output* where it was written, if so."""
    return "".join(f"{printable(line).rstrip()}\n" for line in _lines(found, file, output))


def _lines(found: Migrated, file: str, output: str | None) -> Iterator[str]:
    made = found.migration
    best, old = made.plan.best, made.plan.old
    yield f"{old.name} -> {best.data['name']}    {old.where}"
    yield ""
    yield from titled("ROLE", role_text(best))
    yield from titled("COVER", cover_text(best))
    yield from titled("REGION", region_text(made))
    if made.use is not None:
        yield from titled("USED", use_text(made))
    yield from titled("NEEDS", needs_text(made))
    yield from titled("RESULT", counts_text(made))
    if made.denies:
        yield from titled("LIMITS", deny_text(made))
    if other := list(other_trust(made.plan.old, made.plan.best)):
        yield from titled("TRUST", f"not carried over: {'; '.join(other)} (give trust: in the role file)")
    if made.excess:
        yield from titled("EXCESS", excess_text(made))
    yield from part("LOST LIMITS: Denies of the old role that the new one does not have", deny_lines(made))
    yield from part("NEW ACCESS, which the old role does not have", beyond_lines(made))
    yield from part("Would be denied, or can't be told", trial_lines(made))
    yield from part("A group of one's own", draft_lines(made))
    yield from part("Lost", _lost_lines(made))
    yield from part("Gone: never used", gone_lines(made))
    yield from part("No trail shows it", kept_lines(made))
    yield from part("Parameters", parameter_lines(made))
    yield from part("Guardrails", limit_lines(made))
    yield from part("At their defaults: nothing tells them", _default_lines(made))
    yield from part("Given, and no group of the role has it", made.plan.unused)
    yield from part("Personas", _persona_lines(made))
    yield from part("Not judged", untold(found))
    yield from _step_lines(found, file)
    yield ""
    if not output:
        yield f"next: the same with -o {file}, which writes the role file; all of it: --format json"


def titled(name: str, text: str) -> Iterator[str]:
    """Yield *text* behind its *name*, wrapped."""
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent=f"{name:<8}", subsequent_indent=" " * 8, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def part(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield *lines* below their *title*, wrapped; nothing where there are none."""
    listed = list(lines)
    if listed:
        yield ""
        yield title
    for one in listed:
        yield from textwrap.wrap(
            one, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip


def role_text(choice: GroupChoice) -> str:
    """Say which persona the role is of, and what is added and removed."""
    added = f"; adds {', '.join(choice.add)}" if choice.add else ""
    removed = f"; removes {', '.join(choice.remove)}" if choice.remove else ""
    return f"persona {choice.persona.id}{added}{removed}"


def cover_text(choice: GroupChoice) -> str:
    """Say how small the set of groups is."""
    count = f"{len(choice.cover.chosen)} groups cover it, {len(choice.groups)} in the role"
    if choice.cover.exact:
        return f"{count}; no set of groups weighs less ({choice.cover.weight})"
    return f"{count}; it weighs {choice.cover.weight}, at most {choice.cover.bound:.1f} times the least"


def needs_text(found: Migration) -> str:
    """Say how much the old role needs, and how that is known."""
    needs = found.plan.needs
    actions = len({one.action for one in needs})
    text = f"{len(needs):,} pairs of an action and resources, {actions:,} actions, {len(services_of(needs))} services"
    if not found.plan.is_used:
        return f"{text}: all that it may do, as nobody says what it used (--used)"
    silent = sum(one.evidence is UseEvidence.UNTRACED for one in needs)
    text += f"; {silent:,} that no trail shows" if silent else ""
    perhaps = sum(one.evidence is UseEvidence.PERHAPS for one in needs)
    text += f"; of {perhaps:,} nobody tells whether they were used" if perhaps else ""
    new = sum(not one.today for one in needs)
    return f"{text}; {new:,} the old role may not do today" if new else text


def counts_text(found: Migration) -> str:
    """Say how many needs are kept, narrowed, lost, or not known."""
    return ", ".join(f"{len(traced(found.having(one))):,} {one.value}" for one in Verdict)


def traced(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return *outcomes* without those of what no trail shows: they are told by themselves."""
    return [one for one in outcomes if one.need.evidence is not UseEvidence.UNTRACED]


def region_text(found: Migration) -> str:
    """Say which Region the new role is for, and how that is known."""
    plan = found.plan
    if not plan.regions:
        return f"{plan.region}: no resource names one (--region)"
    others = [one for one in plan.regions if one != plan.region]
    return f"{plan.region}; resources name {', '.join(others)} too, where it may do nothing" if others else plan.region


def excess_text(found: Migration) -> str:
    """Say how many actions come beside what is needed, by which groups, and how many are new."""
    total = len({action for actions in found.excess.values() for action in actions})
    most = sorted(found.excess.items(), key=lambda one: (-len(one[1]), one[0]))
    by = ", ".join(f"{name} {len(actions)}" for name, actions in most[:_SHOWN])
    text = f"{total} actions come with the groups, and nobody needs them: {by}{' ...' if len(most) > _SHOWN else ''}"
    if not found.gained:
        return text
    return f"{text}. NEW ACCESS has {len(found.gained)} actions that the old role may not do where the new one may"


def lost_by_reason(found: Migration) -> list[tuple[str, list[Outcome]]]:
    """Return what is lost by the reason, the reason that most have first; what is beyond the catalog last."""
    by_reason: dict[str, list[Outcome]] = {}
    for one in traced(found.having(Verdict.LOST)):
        by_reason.setdefault(one.why, []).append(one)
    return sorted(by_reason.items(), key=lambda one: (one[1][0].beyond, -len(one[1]), one[0]))


def lost_text(why: str, found: Sequence[Outcome]) -> str:
    """Say what is lost for one reason."""
    actions = list(dict.fromkeys(one.need.action for one in found))
    if found[0].beyond:
        services = Counter(one.partition(":")[0] for one in actions)
        named = ", ".join(f"{name} {count}" for name, count in services.most_common(_SHOWN))
        return f"{len(actions)} actions beyond the catalog: {named}{' ...' if len(services) > _SHOWN else ''}"
    shown = ", ".join(f"{one.need.action} ({one.need.by[0]})" for one in found[:1])
    shown += "".join(f", {action}" for action in actions[1:_SHOWN]) + (" ..." if len(actions) > _SHOWN else "")
    others = sorted(set(found[0].instead).intersection(*(one.instead for one in found)))
    may = f"; {', '.join(others[:_SHOWN])} may" if others else ""
    return f"{len(actions)}: {why}{may}: {shown}"


def _lost_lines(found: Migration) -> Iterator[str]:
    reasons = lost_by_reason(found)
    yield from (lost_text(why, outcomes) for why, outcomes in reasons[:_REASONS])
    if len(reasons) > _REASONS:
        yield f"{len(reasons) - _REASONS} more reasons: --format json"


def parameter_lines(found: Migration) -> Iterator[str]:
    """Yield the parameters of the role, each with a need that tells it."""
    for name, values in found.plan.best.data.get("parameter", {}).items():
        shown = ", ".join(values[:_SHOWN]) + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")
        yield f"{name}: {shown}    from {_sources(found, name)[0]}"


def _default_lines(found: Migration) -> Iterator[str]:
    """Yield the parameters that keep their defaults: those first of which too much may be given away."""
    listed = sorted(_not_told(found), key=lambda one: (not one[0].endswith(("roles", "buckets")), one[0]))
    yield from (f"--parameter {name}=: {why}" for name, why in listed[:_DEFAULTS])
    if len(listed) > _DEFAULTS:
        yield f"{len(listed) - _DEFAULTS} more: --format json"


def _persona_lines(found: Migration) -> Iterator[str]:
    for one in found.plan.choices[:_PERSONAS]:
        yield persona_text(one, found)


def persona_text(one: GroupChoice, found: Migration) -> str:
    """Say what a role beside a persona would lose and change."""
    if one.problem:
        return f"{one.persona.id}: no role: {one.problem}"
    missed = len(lost(one, found.plan.needs))
    return f"{one.persona.id}: loses {missed} actions, {len(one.add)} groups added, {len(one.remove)} removed"


def _step_lines(found: Migrated, file: str) -> Iterator[str]:
    for number, one in enumerate(steps(found.migration, file, found.mentions), start=1):
        yield ""
        yield f"{number}. {one.name}"
        yield from (f"   {line}" for line in one.commands)
        for text in one.notes:
            yield from textwrap.wrap(f"- {text}", _WIDTH, initial_indent="   ", subsequent_indent="     ",
                                     break_long_words=False, break_on_hyphens=False)  # fmt: skip
        yield from _place_lines(found.migration) if one.name == "switch" else ()


def _place_lines(found: Migration) -> Iterator[str]:
    listed = places_to_change(found)
    for one in listed[:_PLACES]:
        place = one.place
        how = "" if place.update else "not in place: "
        yield f"   {place.service} {place.what}{f': {how}{place.how}' if how or place.how else ''}"
        yield from (f"     {line}" for line in one.commands)
    yield f"   {len(listed) - _PLACES} more kinds of places: --format json or markdown"


def clustered_data(one: Clustered) -> dict[str, Any]:
    """Return one role of an account with its persona, for programs."""
    return {
        "role": one.plan.old.arn, "persona": one.choice.persona.id, "add": list(one.choice.add),
        "remove": list(one.choice.remove), "loses": sorted(one.lost), "best_alone": one.plan.best.persona.id,
        **({"not_allowed": [each.data() for each in rows_of(one.migration)], "denies": deny_data(one.migration)}
           if one.migration else {}),
    }  # fmt: skip
