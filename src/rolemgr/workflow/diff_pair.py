"""Two sides of a comparison, told as the changes from one to the other."""

from rolemgr.change.fold import MOST_ASKED, ChangeSides, changes_in
from rolemgr.change.moves import moves
from rolemgr.change.units import Unit, units_of
from rolemgr.compare.budget import Budget
from rolemgr.compare.grants import Changes, changes
from rolemgr.errors import InputError, Problems, RolemgrError, SourceLocation
from rolemgr.report.diff import RoleDiff
from rolemgr.workflow.ends import endless
from rolemgr.workflow.sides import DiffSide


def pair(old: DiffSide, new: DiffSide, title: str) -> RoleDiff:
    """Return what changes from *old* to *new*; raise InputError for two sides of different types."""
    before = endless(old, new)
    old, new = (before.old, before.new) if before else (old, new)
    found = changes(old.grant, new.grant) if old.types & new.types else None
    if not found or not found.parts:
        types = f"{new.name} has {_type_text(new)}, {old.name} has {_type_text(old)}; see --type"
        raise InputError(SourceLocation(new.name), f"is of another type than {old.name}", types)
    units: tuple[Unit, ...] = ()
    if before:
        found = found._replace(values=(*found.values, before.ends))
    if old.file and new.file and not found.same:
        units = units_of(old.file.source, new.file.source, old.file.remake, new.file.remake)
    units += (before.line,) if before else ()
    same_catalog = old.file and new.file and old.file.chosen.catalog is new.file.chosen.catalog
    told = changes_in(found, ChangeSides(old.counterpart, new.counterpart, units, Budget(MOST_ASKED), not same_catalog))
    account = new.file.chosen.role.spec.account if new.file else None
    return RoleDiff(
        title, found, told, old.words, new.words, _kept(old, new, found), account, role=_one_name(old, new),
        moved=moves(old.placed, new.placed),
    )  # fmt: skip


def _one_name(old: DiffSide, new: DiffSide) -> str:
    """Return the name of the role, where both sides are role files of one name; else nothing."""
    names = {side.file.chosen.role.spec.role_name if side.file else "" for side in (old, new)}
    return names.pop() if len(names) == 1 else ""


def _kept(old: DiffSide, new: DiffSide, found: Changes) -> tuple[str, ...]:
    """Return the values that both sides have and that do not differ."""
    changed = {one.name for one in found.values}
    return tuple(name for name in old.grant.values if name in new.grant.values and name not in changed)


def _type_text(side: DiffSide) -> str:
    return " and ".join(f"{name} policies" for name in sorted(side.types))


def texts_of(error: RolemgrError) -> list[str]:
    """Return what *error* says, problem by problem."""
    return [str(one) for one in error.problems] if isinstance(error, Problems) else [str(error)]
