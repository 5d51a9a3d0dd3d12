"""What two grants allow differently, as a page: what is gained, lost and not known, each with a line that asks."""

from collections.abc import Iterator, Mapping

from rolemgr.compare.grants import Changes
from rolemgr.compare.verdicts import Comparison, Difference
from rolemgr.report.differences import changes_data, command, future_action, notes_on_types, statement_name
from rolemgr.report.pages.page import Cell, Code, Fact, Page, Section, Table, Tone, counted, quoted

_COLUMNS = ("Policies", "Statement", "Actions", "Note", "Ask")


def changes_page(found: Changes, old: str, new: str, ask: Mapping[str, str]) -> Page:
    """
    Return the page on the differences between the files *old* and *new*.

    *ask* has the words that make `simulate` ask the identity policies, by file.
    """
    gained = {part.name: part.gained for part in found.parts}
    lost = {part.name: part.lost for part in found.parts}
    sections = (
        Section("Gained", table=_differences(gained, new, ask[new]), tone=Tone.LOOK),
        Section("Lost", table=_differences(lost, old, ask[old])),
        Section("Not known", table=_unknown({"gained": gained, "lost": lost}), tone=Tone.LOOK),
        Section("Only in one of the two", found.only_in_one, tone=Tone.LOOK),
        Section("Values", table=_values(found)),
        Section("No difference", tuple(notes_on_types(found, old, new))),
    )
    shown = tuple(one for one in sections if not one.is_empty)
    about = (f"from {quoted(old)}", f"to {quoted(new)}")
    return Page("Difference in access", about, tuple(_facts(found)), shown, changes_data(found, old, new))


def _facts(found: Changes) -> Iterator[Fact]:
    """Yield how much of each there is, what nobody can tell among it."""
    if found.same:
        count = sum(part.gained.actions for part in found.parts)
        names = " and ".join(part.name for part in found.parts)
        yield Fact(f"no difference: {names} allow the same ({counted(count, 'action')} compared)", Tone.GOOD)
        return
    gained = sum(len(part.gained.differences) for part in found.parts)
    lost = sum(len(part.lost.differences) for part in found.parts)
    unknown = sum(len(one.unknowns) for part in found.parts for one in (part.gained, part.lost))
    yield from [Fact(f"gains access: {counted(gained, 'difference')}", Tone.LOOK)] if gained else []
    yield from [Fact(f"loses access: {counted(lost, 'difference')}")] if lost else []
    if more := unknown + len(found.only_in_one):
        yield Fact(f"can't tell: {counted(more, 'place')} where access may be gained or lost", Tone.LOOK)
    yield from [Fact(f"{counted(len(found.values), 'value')} changed", Tone.LOOK)] if found.values else []
    if not gained and found.gives_no_more:
        yield Fact("proven to give nothing more", Tone.GOOD)


def _differences(parts: Mapping[str, Comparison], file: str, ask: str) -> Table:
    rows = (_difference(name, one, file, ask) for name, found in parts.items() for one in found.differences)
    return Table(_COLUMNS, tuple(rows))


def _difference(part: str, one: Difference, file: str, ask: str) -> tuple[Cell, ...]:
    actions: Cell = future_action(one) if one.future else one.actions
    notes = (*filter(None, (one.scenario.note,)), *(f"doubtful: {doubt}" for doubt in one.doubts))
    return part, statement_name(one), actions, notes, Code(command(one, file, ask))


def _unknown(ways: Mapping[str, Mapping[str, Comparison]]) -> Table:
    rows = tuple(
        (part, way, statement_name(one), one.actions, one.reason)
        for way, parts in ways.items()
        for part, found in parts.items()
        for one in found.unknowns
    )
    return Table(("Policies", "May be", "Statement", "Actions", "Why"), rows)


def _values(found: Changes) -> Table:
    rows = tuple((one.name, _value(one.old), _value(one.new)) for one in found.values)
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
