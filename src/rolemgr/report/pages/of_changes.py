"""What two grants allow differently, as a page: the changes with their causes, and behind them each request."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolemgr.change.change import AccessChange, ChangeKind
from rolemgr.change.fold import value_in_words
from rolemgr.compare.verdicts import Comparison, Difference
from rolemgr.report.changes import folded_table, word_of
from rolemgr.report.diff import FolderDiff, RoleDiff, WholeRole, moved_lines, role_data
from rolemgr.report.differences import SideWords, command, future_action, notes_on_types, statement_name
from rolemgr.report.pages.page import Cell, Code, Fact, Page, Section, Table, Tone, counted, quoted

_COLUMNS = ("Policies", "Statement", "Actions", "Note", "Ask")


def changes_page(one: RoleDiff) -> Page:
    """Return the page on the differences between two files."""
    about = (f"from {quoted(one.old.label)}", f"to {quoted(one.new.label)}", *filter(None, (one.role,)))
    data = role_data(one)
    shown = (Section("What changes", table=_changes(one)), *_behind(one))
    return Page("Difference in access", about, tuple(_facts([one])), tuple(s for s in shown if not s.is_empty), data)


def folder_page(found: FolderDiff, data: Mapping[str, Any]) -> Page:
    """Return the page on the differences between two folders, the changes of each role before all requests."""
    differing = [one for one in found.roles if not one.same]
    refused = Table(("File", "Why"), tuple((Code(file), problem) for file, problem in found.refused))
    sections = (
        Section("Not compared", table=refused, tone=Tone.BAD),
        Section("Notes", tuple(f"{quoted(one.title)}: {note}" for one in found.roles for note in one.notes)),
        *(Section(f"Changes in {quoted(one.title)}", table=_changes(one), folded=True) for one in differing),
        *(_whole(one, f"New {one.kind}", Tone.LOOK if one.may_give else Tone.PLAIN) for one in found.added),
        *(_gone(one) for one in found.removed),
        Section("Said otherwise in the file", found.settings, tone=Tone.LOOK),
        *(_titled(part, one) for one in differing for part in _behind(one)),
        Section("The same", tuple(quoted(one.title) for one in found.roles if one.same), folded=True),
        Section("Neither a role nor a policy", tuple(map(quoted, found.passed_over)), folded=True),
    )
    about = (f"from {quoted(found.old)}", f"to {quoted(found.new)}")
    shown = tuple(one for one in sections if not one.is_empty)
    return Page("Difference in access", about, tuple(_folder_facts(found, differing)), shown, data)


def _titled(section: Section, one: RoleDiff) -> Section:
    return section._replace(title=f"{section.title} in {quoted(one.title)}")


def _whole(one: WholeRole, what: str, tone: Tone) -> Section:
    rows = tuple((title, entry) for title, entries in one.blocks for entry in entries)
    return Section(f"{what} {quoted(one.title)}", table=Table(("It", "What"), rows), folded=True, tone=tone)


def _gone(one: WholeRole) -> Section:
    what = f"{one.kind[:1].upper()}{one.kind[1:]} that is gone"
    if not one.opens:
        return _whole(one, what, Tone.PLAIN)
    return _whole(one._replace(blocks=(("gains", (one.opens,)), *one.blocks)), what, Tone.LOOK)


def _folder_facts(found: FolderDiff, differing: Sequence[RoleDiff]) -> Iterator[Fact]:
    what = "document" if found.blueprints else "role"
    yield from [Fact(f"{counted(len(found.refused), 'file')} not compared", Tone.BAD)] if found.refused else []
    if found.same:
        yield Fact(f"no difference in {counted(len(found.roles), what)}", Tone.GOOD)
        return
    yield from [Fact(f"{counted(len(differing), what)} changed")] if differing else []
    yield from [Fact(f"{counted(len(found.added), f'new {what}')}", Tone.LOOK)] if found.added else []
    opening = any(one.opens for one in found.removed)
    gone = f"{counted(len(found.removed), what)} gone{', which denied what others allow' if opening else ''}"
    yield from [Fact(gone, Tone.LOOK if opening else Tone.PLAIN)] if found.removed else []
    if found.settings:
        yield Fact(f"{counted(len(found.settings), 'thing')} said otherwise in the file, in no document", Tone.LOOK)
    yield from _facts(differing) if differing else []


def _changes(one: RoleDiff) -> Table:
    return Table(("Change", "What", "By"), tuple(folded_table(one.changes, one.account)))


def _behind(one: RoleDiff) -> Iterator[Section]:
    """Yield what stands behind the changes of *one*: each difference with the line that asks it."""
    found = one.found
    gained = {part.name: part.gained for part in found.parts}
    lost = {part.name: part.lost for part in found.parts}
    yield Section("Gained", table=_differences(gained, one.new), tone=Tone.LOOK, folded=True)
    yield Section("Lost", table=_differences(lost, one.old), folded=True)
    unknown = _unknown({"gained": gained, "lost": lost})
    yield Section("Not known", table=unknown, tone=Tone.LOOK, folded=True)
    yield Section("Only in one of the two", found.only_in_one, tone=Tone.LOOK, folded=True)
    yield Section("Values", table=_values(one), folded=True)
    yield Section("Moved to another policy", tuple(moved_lines(one.moved)), folded=True)
    yield Section("No difference", tuple(notes_on_types(found)))


def _facts(roles: Sequence[RoleDiff]) -> Iterator[Fact]:
    """Yield how much of each there is, what nobody can tell among it."""
    if all(one.same for one in roles):
        count = sum(part.gained.actions for one in roles for part in one.found.parts)
        names = " and ".join(dict.fromkeys(part.name for one in roles for part in one.found.parts))
        yield Fact(f"no difference: {names} allow the same ({counted(count, 'action')} compared)", Tone.GOOD)
        return
    parts = [part for one in roles for part in one.found.parts]
    values = sum(change.kind == "value" for one in roles for change in one.changes)
    gained = sum(len(part.gained.differences) for part in parts)
    unknown = sum(len(one.unknowns) for part in parts for one in (part.gained, part.lost))
    unknown += sum(len(one.found.only_in_one) for one in roles)
    changes = [change for one in roles for change in one.changes]
    yield from _ways(changes, "gains", "wider", "gains access", Tone.LOOK)
    yield from _ways(changes, "loses", "narrower", "loses access", Tone.PLAIN)
    if conditions := [f"{word_of(one)} {one.what}" for one in changes if one.kind == "condition"]:
        yield Fact(f"other values: {', '.join(dict.fromkeys(conditions))}", Tone.LOOK)
    if unknown:
        yield Fact(f"can't tell: {counted(unknown, 'place')} where access may be gained or lost", Tone.LOOK)
    yield from [Fact(f"{counted(values, 'value')} changed", Tone.LOOK)] if values else []
    if not gained and all(one.gives_no_more for one in roles):
        yield Fact("proven to give nothing more", Tone.GOOD)


def _ways(changes: Sequence[AccessChange], kind: ChangeKind, effect: str, words: str, tone: Tone) -> Iterator[Fact]:
    """Yield how many changes of a *kind* there are, and the limits that have this *effect*."""
    count = sum(one.kind == kind for one in changes)
    limits = dict.fromkeys(one.what for one in changes if one.kind == "limit" and one.effect in (effect, "other"))
    yield from [Fact(f"{words}: {counted(count, 'change')}", tone)] if count else []
    yield from [Fact(f"limit {effect}: {', '.join(limits)}", tone)] if limits else []


def _differences(parts: Mapping[str, Comparison], side: SideWords) -> Table:
    rows = (_difference(name, one, side) for name, found in parts.items() for one in found.differences)
    return Table(_COLUMNS, tuple(rows))


def _difference(part: str, one: Difference, side: SideWords) -> tuple[Cell, ...]:
    actions: Cell = future_action(one) if one.future else one.actions
    notes = (*filter(None, (one.scenario.note,)), *(f"doubtful: {doubt}" for doubt in one.doubts))
    return part, statement_name(one), actions, notes, Code(command(one, side))


def _unknown(ways: Mapping[str, Mapping[str, Comparison]]) -> Table:
    rows = tuple(
        (part, way, statement_name(one), one.actions, one.reason)
        for way, parts in ways.items()
        for part, found in parts.items()
        for one in found.unknowns
    )
    return Table(("Policies", "May be", "Statement", "Actions", "Why"), rows)


def _values(one: RoleDiff) -> Table:
    rows = tuple(
        (value.name, *(_value(value_in_words(value.name, side)) for side in (value.old, value.new)))
        for value in one.found.values
    )
    return Table(("Value", "Before", "After"), rows)


def _value(value: object) -> Cell:
    if value is None:
        return "nothing"
    return tuple(map(_item, value)) if isinstance(value, list) else _item(value)


def _item(value: object) -> str:
    """Return one value in words: a tag as key and value."""
    if isinstance(value, dict) and value.keys() == {"Key", "Value"}:
        return f"{value['Key']}={value['Value']}"
    return str(value)
