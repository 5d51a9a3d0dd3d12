"""The difference between two roles or policies, or two folders of them, as text: a line for each change."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.change.change import AccessChange, Way
from rolemgr.change.moves import Moved
from rolemgr.compare.grants import Changes
from rolemgr.errors import printable
from rolemgr.report.changes import change_line, summed
from rolemgr.report.differences import SideWords, changes_data, command, notes_on_types, statement_name

_UNCHANGED = {
    "Path": "path", "Description": "description", "MaxSessionDuration": "session length",
    "ManagedPolicyArns": "attached policies", "PermissionsBoundary": "boundary",
    "PermissionsBoundaryPolicy": "what the boundary says", "Tags": "tags",
}  # fmt: skip


class RoleDiff(NamedTuple):
    """Two sides that were compared: what was *found*, told as *changes*, and the *kept* values, by name."""

    title: str
    found: Changes
    changes: tuple[AccessChange, ...]
    old: SideWords
    new: SideWords
    kept: tuple[str, ...] = ()
    account: str | None = None
    notes: tuple[str, ...] = ()
    """What there is to know of how they were compared."""

    role: str = ""
    """The name of the role, where both sides are role files of that name."""
    moved: tuple[Moved, ...] = ()
    """The statements that stand in another policy."""
    refused: tuple[tuple[str, str], ...] = ()
    """Nothing: of two files, one that can't be read is an error."""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.found.same

    @property
    def gives_no_more(self) -> bool:
        """Whether the new side is proven to give nothing that the old one does not."""
        return self.found.gives_no_more


class WholeRole(NamedTuple):
    """A role, or what *kind* of thing it is, that only one side has, and what it may do, block by block."""

    title: str
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    kind: str = "role"
    may_give: bool = True
    """Where it is new: whether it may give anything. What only denies does not."""
    opens: str = ""
    """Where it is gone: what that gives, such as what it denied; nothing for what only allowed."""


class FolderDiff(NamedTuple):
    """All roles of two folders: those on both sides, those that are new, those that are gone."""

    old: str
    new: str
    roles: tuple[RoleDiff, ...]
    added: tuple[WholeRole, ...] = ()
    removed: tuple[WholeRole, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    """Files that could not be read, or are of another type than before, each with the reason."""
    passed_over: tuple[str, ...] = ()
    """Files that hold neither a role nor a policy."""
    settings: tuple[str, ...] = ()
    """Of two blueprints, what they say differently that no document has."""
    blueprints: bool = False
    """Whether these are all documents of two blueprints."""

    @property
    def same(self) -> bool:
        """Whether nothing differs, and all of it could be compared."""
        return not (self.added or self.removed or self.refused or self.settings) and all(
            one.found.same for one in self.roles
        )

    @property
    def gives_no_more(self) -> bool:
        """Whether the new side is proven to give nothing that the old one does not."""
        whole = any(one.may_give for one in self.added) or any(one.opens for one in self.removed)
        return not (self.refused or whole) and all(one.found.gives_no_more for one in self.roles)


def role_data(one: RoleDiff) -> dict[str, Any]:
    """
    Return the differences of one pair for ``--format json``, as `changes_data` has them.

    Where there are any, ``moved`` has the statements that stand in another policy: ``{"statement", "a", "b", "same"}``.
    """
    rows = [{"statement": move.statement, "a": move.old, "b": move.new, "same": move.same} for move in one.moved]
    data = changes_data(one.found, one.changes, one.old.name, one.new.name)
    return data | ({"moved": rows} if rows else {})


def diff_text(one: RoleDiff, *, explain: bool) -> str:
    """Return the changes of one pair as text, a line that sums up at the end; *explain* adds the requests."""
    if one.found.same:
        lines = [_no_difference(one), *(f"  = {text}" for text in moved_lines(one.moved)), *_notes(one)]
        return "\n".join(map(printable, lines)) + "\n"
    head = heading(one)
    lines = [head, *difference_lines(one, explain=explain), *_notes(one), _summed([one], explain=explain)]
    return "\n".join(map(printable, lines)) + "\n"


def folder_text(found: FolderDiff, *, explain: bool) -> str:
    """Return the changes of all roles of two folders as text, what is the same in one line."""
    lines: list[str] = []
    for one in found.roles:
        if not one.found.same or one.notes:
            notes = (f"  note: {note}" for note in one.notes)
            lines += [one.title, *notes, *difference_lines(one, explain=explain), ""]
    for whole in found.added:
        lines += [f"{whole.title}: a new {whole.kind}, which has", *whole_lines(whole, "+"), ""]
    for whole in found.removed:
        opened = [f"  + gains  {whole.opens}"] if whole.opens else []
        lines += [f"{whole.title}: the {whole.kind} is gone, which had", *opened, *whole_lines(whole, "-"), ""]
    lines += ["said in the file", *(f"  ~ {text}" for text in found.settings), ""] if found.settings else []
    lines += [f"{file}: not compared: {reason}" for file, reason in found.refused]
    lines += [""] if found.refused else []
    lines.append(_folder_summed(found, explain=explain or found.blueprints))
    return "\n".join(map(printable, lines)) + "\n"


def whole_lines(whole: WholeRole, mark: str = "+") -> Iterator[str]:
    """Yield what a whole role may do, a line for each block and entry."""
    for title, entries in whole.blocks:
        for entry in entries:
            yield f"  {mark} {title}  {entry}"


def _folder_summed(found: FolderDiff, *, explain: bool) -> str:
    if found.same:
        what = "document" if found.blueprints else "role"
        return f"no difference in {len(found.roles)} {what}{'' if len(found.roles) == 1 else 's'}"
    differing = [one for one in found.roles if not one.found.same]
    parts = [f"{len(found.added)} new"] if found.added else []
    parts += [f"{len(found.removed)} gone"] if found.removed else []
    refused = {file for file, _ in found.refused}
    parts += [f"{len(refused)} not compared"] if refused else []
    parts += [f"{len(found.roles) - len(differing)} the same"] if len(found.roles) > len(differing) else []
    parts += [f"{len(found.settings)} said otherwise in the file"] if found.settings else []
    text = ", ".join([f"{len(differing)} changed", *parts] if differing else parts)
    return f"{text}{': ' if differing else ''}{_summed(differing, explain=explain) if differing else ''}"


def heading(one: RoleDiff) -> str:
    """Return the role that is compared, if it has one name, and the two sides, with what they are."""
    role = f"{one.role}: " if one.role else ""
    return f"{role}{one.old.label} -> {one.new.label}"


def _notes(one: RoleDiff) -> Iterator[str]:
    return (f"  note: {text}" for text in notes_on_types(one.found))


def _no_difference(one: RoleDiff) -> str:
    count = sum(part.gained.actions for part in one.found.parts)
    names = " and ".join(part.name for part in one.found.parts)
    return f"no difference: {names} allow the same ({count} actions compared)"


def difference_lines(one: RoleDiff, *, explain: bool) -> Iterator[str]:
    """Yield the changes of one pair, a line each, and what stays the same."""
    for change in one.changes:
        yield f"  {change_line(change, one.account)}"
        yield from _evidence(change, one) if explain else ()
    yield from (f"  = {text}" for text in moved_lines(one.moved))
    same = [part.name for part in one.found.parts if part.same]
    if kept := [*same, *(_UNCHANGED[name] for name in _UNCHANGED if name in one.kept)]:
        yield f"  = unchanged: {', '.join(kept)}"


def moved_lines(moved: Sequence[Moved]) -> Iterator[str]:
    """Yield which statements stand in another policy, a line for each pair of policies."""
    together: dict[tuple[str, str, bool], list[str]] = {}
    for one in moved:
        together.setdefault((one.old, one.new, one.same), []).append(one.statement)
    for (old, new, same), statements in together.items():
        what = "same permissions" if same else "with other actions, resources or conditions"
        yield f"moved from {old} to {new}, {what}: {', '.join(statements)}"


def _evidence(change: AccessChange, one: RoleDiff) -> Iterator[str]:
    """Yield the requests that show *change*, each as a line for a shell, with the statement that gives it."""
    for shown in change.evidence:
        side: dict[Way, SideWords] = {"gained": one.new, "lost": one.old}
        yield f"      {statement_name(shown.difference)}"
        yield f"        {command(shown.difference, side[shown.way])}"


def _summed(roles: Sequence[RoleDiff], *, explain: bool) -> str:
    changes = [change for one in roles for change in one.changes]
    shown = any(one.evidence for one in changes) and not explain
    each = all(one.evidence for one in changes if one.kind in ("gains", "loses"))  # of what is attached none is asked
    words = "Each with a request" if each else "Requests"
    return summed(changes) + (f". {words}: --explain" if shown else "")
