"""The moment from which a role denies everything, apart from what it may do until then: two questions of a diff."""

from dataclasses import replace
from typing import NamedTuple

from rolemgr.change.change import Cause
from rolemgr.change.units import Unit, units_of
from rolemgr.compare.grants import ENDS, Value
from rolemgr.errors import RolemgrError
from rolemgr.workflow.sides import DiffSide, RoleFile

_KEY = "expires"


class Endless(NamedTuple):
    """Both sides as they are before either ends, when that is another moment, and the line that says so."""

    old: DiffSide
    new: DiffSide
    ends: Value
    line: Unit


def endless(old: DiffSide, new: DiffSide) -> Endless | None:
    """
    Return the role files *old* and *new* without their ends; None where these are the same, or of other sides.

    The Deny of an ended role holds for every request from one moment on and for none before, so what differs until
    the first of the two moments is what differs without them; what differs later is the moments themselves.
    """
    if not (old.file and new.file) or old.file.chosen.role.spec.expires == new.file.chosen.role.spec.expires:
        return None
    value = Value(ENDS, *(side.chosen.role.spec.expires for side in (old.file, new.file)))
    try:
        return Endless(
            _without(old, old.file), _without(new, new.file), value, Unit(_cause(old.file, new.file), _none, _none)
        )
    except RolemgrError:  # then all of it is told as access that is lost
        return None


def _without(side: DiffSide, file: RoleFile) -> DiffSide:
    from rolemgr.workflow.remade import grant_of, remaking  # policy files need neither catalog nor templates
    from rolemgr.workflow.role import render_source

    if file.chosen.role.spec.expires is None:
        return side
    data = {key: value for key, value in file.source.data.items() if key != _KEY}
    source = replace(file.source, data=data)
    known = {tuple(file.chosen.role.spec.catalog): file.chosen.catalog}
    chosen = render_source(source, known, _say_nothing, verbose=False, one_of_many=True)
    made = RoleFile(source, chosen, remaking(source, chosen))
    return side._replace(grant=grant_of(chosen.documents), file=made)


def _cause(old: RoleFile, new: RoleFile) -> Cause:
    units = units_of(old.source, new.source, _no_role, _no_role)
    return next((unit.cause for unit in units if unit.cause.field == _KEY), Cause(_KEY, None))


def _none() -> None:
    return None


def _no_role(_: object) -> None:
    return None


def _say_nothing(_: str) -> None:
    pass
