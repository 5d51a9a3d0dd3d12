"""Why a difference is there: the line of a role file without which it is not, else the catalog's line that gives it."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rolemgr.change.change import Cause, Way
from rolemgr.change.resources import allowed
from rolemgr.change.units import Unit
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.verdicts import Difference
from rolemgr.evaluate.policies import Policies, StatementRef
from rolemgr.evaluate.request import Request

if TYPE_CHECKING:
    from rolemgr.model.role import ComposedStatement, GuardrailInForce, Origin  # plain policies load no model of roles


class Explained(Protocol):
    """A role whose statements and guardrails say where they come from: composed now, or by an earlier release."""

    @property
    def statements(self) -> "Sequence[ComposedStatement]":
        """Its statements, each with its origins."""

    @property
    def guardrails(self) -> "Sequence[GuardrailInForce]":
        """Its guardrails, each with its values."""


class Direction(NamedTuple):
    """A difference's part and way, the side that allows it and the other one, and the units in which they differ."""

    part: str
    way: Way
    gives: Policies
    takes: Policies
    giving_role: Explained | None
    other_role: Explained | None
    units: Sequence[Unit]
    budget: Budget
    by_catalog: bool = True
    """Whether the catalogs of the two sides may differ, so that an entry of theirs can be the cause."""


def causes_of(asked: Direction, one: Difference, request: Request) -> tuple[Cause, ...]:
    """
    Return what makes *request* allowed on one side alone: units of the role files, else catalog entries.

    None where a request is not shown by the evaluator, or where no role file is known.
    """
    try:
        asked.budget.spend(2 + 2 * len(asked.units))
    except TooComplex:  # a cause that nobody looked for is left out, as one that nobody finds
        return ()
    if not allowed(request, one, asked.gives) or allowed(request, one, asked.takes):
        return ()
    told = tuple(unit.cause for unit in asked.units if _without(unit, asked, one, request))
    told = told or tuple(unit.cause for unit in asked.units if _alone(unit, asked, one, request))
    return told or (_of_catalog(asked, one, request) if asked.by_catalog else ())


def _without(unit: Unit, asked: Direction, one: Difference, request: Request) -> bool:
    """Tell whether the new role is as the old one about *request* where *unit* is undone."""
    decision = decision_of(unit.without, asked.part, one, request)
    return decision is (asked.way == "lost")


def _alone(unit: Unit, asked: Direction, one: Difference, request: Request) -> bool:
    """Tell whether the old role is as the new one about *request* where *unit* is changed."""
    decision = decision_of(unit.alone, asked.part, one, request)
    return decision is (asked.way == "gained")


def decision_of(
    parts: Mapping[str, Policies] | None, part: str, one: Difference, request: Request
) -> bool | None:  # fmt: skip
    """Return whether the role with *parts* allows *request*; None where no such role can be made."""
    return None if parts is None or part not in parts else allowed(request, one, parts[part])


def _of_catalog(asked: Direction, one: Difference, request: Request) -> tuple[Cause, ...]:
    """Return the catalog entries of the Deny that one side has, else of the Allow that the other has."""
    is_new = asked.way == "gained"
    denies = one.before.by if one.before.decision == "ExplicitlyDenied" and not one.scenario.lifted else ()
    if one.scenario.lifted:
        denies = (one.statement,)
    if denies:
        found = origins_at(asked.other_role, denies, request)
        return tuple(_entry(origin, has_new=not is_new) for origin in found)
    found = origins_at(asked.giving_role, (one.statement,), request)
    return tuple(_entry(origin, has_new=is_new) for origin in found)


def _entry(origin: "Origin", *, has_new: bool) -> Cause:
    """Return the catalog entry of *origin* as a cause: the new side has it, or the old one had."""
    return Cause(origin.kind, origin.location, *((None, origin.group) if has_new else (origin.group, None)))


def origins_at(role: Explained | None, places: Sequence[StatementRef], request: Request) -> "list[Origin]":
    """Return the catalog statements of *role* behind those at *places*, as far as they cover *request*."""
    return origins_of({place.sid for place in places}, role, request)


def origins_of(sids: Collection[str | None], role: Explained | None, request: Request) -> "list[Origin]":
    """Return the catalog statements of *role* behind those of *sids*, as far as they cover *request*."""
    found = (
        origin
        for statement in (role.statements if role else ())
        if statement.sid in sids
        for origin in statement.origins_of(request.action, request.resource)
    )
    return list(dict.fromkeys(found))


def denying_guardrails(role: Explained | None, one: Difference) -> tuple[str, ...]:
    """Return the guardrails of *role* that alone deny the request of *one*; none where something else does too."""
    if role is None or one.before.decision != "ExplicitlyDenied" or one.scenario.lifted:
        return ()
    names: list[str] = []
    for piece in one.parts:
        origins = origins_at(role, piece.before.by, piece.request)
        if not origins or any(origin.kind != "guardrail" for origin in origins):
            return ()
        names += [origin.group for origin in origins]
    return tuple(dict.fromkeys(names))


def allowed_but_for_guardrails(asked: Direction, one: Difference) -> bool:
    """Tell whether the side that does not allow *one* would, without its guardrails."""
    statements = asked.other_role.statements if asked.other_role else ()
    sids = {
        each.sid for each in statements if each.origins and all(origin.kind == "guardrail" for origin in each.origins)
    }
    freed = tuple(
        policy.model_copy(update={"statement": tuple(each for each in policy.statement if each.sid not in sids)})
        for policy in asked.takes.identity
    )
    return all(allowed(piece.request, piece, Policies(identity=freed)) for piece in one.parts)
