"""
What the old role denies: kept by the new role, by itself or by guardrails that are taken from a Deny, or lost.

Whether a Deny is kept is compared by meaning: it is where the new role allows nothing more without it than with it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from rolemgr.audit.migrate.choose import GroupChoice, composed
from rolemgr.audit.migrate.limits import as_given, denying_guardrails, in_force, keys_of
from rolemgr.audit.migrate.seen import SeenAt, TrailRequest
from rolemgr.audit.migrate.trial import TrialVerdict, tried
from rolemgr.audit.migrate.tryout import new_holder
from rolemgr.catalog.load import Catalog
from rolemgr.compare.compare import compare
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import InputError, Problems
from rolemgr.evaluate.errors import LayerError
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.model.inventory import HeldRole

_MOST_DENIES: Final = 60
"""How many Denies are compared one by one; a role has few, and what is beyond is said not to be known."""


class DenyVerdict(StrEnum):
    """What becomes of a Deny of the old role."""

    KEPT = "kept"
    LOST = "lost"
    UNKNOWN = "not known"


class OldDeny(NamedTuple):
    """
    A Deny of the old role: where it stands (*place*), the *keys* that it looks at, and what becomes of it.

    *by* are the guardrails that were taken from it. *action* on *resource* is a request that it denied and that the
    new role may make; *why* says what can't be told.
    """

    place: str
    keys: tuple[str, ...]
    verdict: DenyVerdict
    by: tuple[str, ...] = ()
    action: str = ""
    resource: str = ""
    why: str = ""


@dataclass(frozen=True)
class KeptDenies:
    """A *choice* with guardrails for the Denies of the old role, and what becomes of each of these (*denies*)."""

    choice: GroupChoice
    denies: tuple[OldDeny, ...]


class _Deny(NamedTuple):
    place: str
    statement: IdentityStatement


def with_old_denies(
    catalog: Catalog, old: HeldRole, choice: GroupChoice, requests: Mapping[TrailRequest, SeenAt] | None = None
) -> KeptDenies:  # fmt: skip
    """
    Return *choice* with guardrails for what *old* denies, where the catalog has them, and what becomes of each Deny.

    A guardrail that would stop one of the *requests*, which were let through, is not added.
    """
    denies = list(_denies(old))
    if not denies:
        return KeptDenies(choice, ())
    before = [_judged(old, choice, one) for one in denies[:_MOST_DENIES]]
    open_ones = [one for one, found in zip(denies, before, strict=False) if found.verdict is not DenyVerdict.KEPT]
    wanted = _proposed(catalog, open_ones)
    made = _with(catalog, old, choice, wanted, requests or {}) if wanted else choice
    if made is choice:
        return KeptDenies(choice, (*before, *_rest(denies)))
    added = frozenset(made.data.get("guardrail", {})) & frozenset(wanted)
    after = [
        found if found.verdict is DenyVerdict.KEPT else _judged(old, made, one, _of(catalog, one, added))
        for one, found in zip(denies, before, strict=False)
    ]
    return KeptDenies(made, (*after, *_rest(denies)))


def _denies(old: HeldRole) -> Iterator[_Deny]:
    for held in old.policies:
        for number, one in enumerate(held.document.statement, start=1):
            if one.effect is Effect.DENY:
                yield _Deny(f"{held.name}, {one.sid or f'statement {number}'}", one)


def _rest(denies: Sequence[_Deny]) -> Iterator[OldDeny]:
    why = f"it is beyond the first {_MOST_DENIES} Denies"
    yield from (OldDeny(one.place, _keys(one.statement), DenyVerdict.UNKNOWN, why=why) for one in denies[_MOST_DENIES:])


def _keys(statement: IdentityStatement) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for block in statement.condition.values() for key in block))


def _judged(old: HeldRole, choice: GroupChoice, deny: _Deny, by: tuple[str, ...] = ()) -> OldDeny:
    """Return whether the role of *choice* keeps to *deny*, as which of its requests tell."""
    new = new_holder(old, choice)
    mine = tuple(one.document for one in new.policies)
    boundary = old.boundary.document if old.boundary else None
    limit = IdentityPolicy(version="2012-10-17", statement=(deny.statement,))
    keys = _keys(deny.statement)
    try:
        found = compare(Policies(mine, boundary), Policies((*mine, limit), boundary))
    except (TooComplex, LayerError, InputError) as error:
        return OldDeny(deny.place, keys, DenyVerdict.UNKNOWN, by, why=str(error).splitlines()[0])
    if found.differences:
        request = found.differences[0].request
        return OldDeny(deny.place, keys, DenyVerdict.LOST, by, request.action, request.resource)
    if found.unknowns:
        return OldDeny(deny.place, keys, DenyVerdict.UNKNOWN, by, why=found.unknowns[0].reason)
    return OldDeny(deny.place, keys, DenyVerdict.KEPT, by)


def _proposed(catalog: Catalog, denies: Iterable[_Deny]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the guardrails that look at the keys of *denies*, with the values that these compare them with."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for deny in denies:
        told = {key.lower(): values for block in deny.statement.condition.values() for key, values in block.items()}
        for name in sorted(catalog.found("guardrails")) if told else ():
            values = _values(catalog, name, told)
            if values is not None:
                mine = found.setdefault(name, {})
                mine |= {key: tuple(dict.fromkeys((*mine.get(key, ()), *each))) for key, each in values.items()}
    return found


def _values(catalog: Catalog, name: str, told: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]] | None:
    """Return the values for the guardrail *name* of a Deny with the keys *told*; None where it is about other keys."""
    guardrail = catalog.guardrail(name).value
    if not _keys_in(catalog, name) & told.keys():
        return None
    found: dict[str, tuple[str, ...]] = {}
    for parameter, kind in guardrail.parameters.items():
        values = [one for key in keys_of(guardrail, parameter) for one in told.get(key, ())]
        if values:
            found[parameter] = tuple(dict.fromkeys(values)) if kind.many else (values[0],)
    return found


def _of(catalog: Catalog, deny: _Deny, added: Iterable[str]) -> tuple[str, ...]:
    """Return those of the *added* guardrails that look at keys of *deny*."""
    mine = {key.lower() for key in _keys(deny.statement)}
    return tuple(name for name in sorted(added) if mine & _keys_in(catalog, name))


def _keys_in(catalog: Catalog, name: str) -> set[str]:
    """Return the condition keys, in lower case, that the guardrail *name* looks at."""
    return {
        key.lower() for deny in catalog.guardrail(name).value.deny for each in deny.conditions.values() for key in each
    }


def _with(
    catalog: Catalog, old: HeldRole, choice: GroupChoice, wanted: Mapping[str, Mapping[str, tuple[str, ...]]],
    requests: Mapping[TrailRequest, SeenAt],
) -> GroupChoice:  # fmt: skip
    """Return *choice* with those of the *wanted* guardrails that fit, and that stop none of *requests*."""
    before = {one.request: one.verdict for one in tried(requests, old, new_holder(old, choice))}
    made = choice
    for name, values in wanted.items():
        better = _one_more(catalog, made, name, values)
        if better is None:
            continue
        again = (one for one in tried(requests, old, new_holder(old, better)) if one.seen.went_through)
        worse = (one for one in again if before[one.request] is TrialVerdict.ALLOWED is not one.verdict)
        stops = any(name in denying_guardrails(better.role, one) for one in worse)
        made = made if stops else better
    return made


def _one_more(
    catalog: Catalog, choice: GroupChoice, name: str, values: Mapping[str, tuple[str, ...]]
) -> GroupChoice | None:  # fmt: skip
    """Return *choice* with the guardrail *name* and its *values*; None where it has it already, or can't have it."""
    has = next((one for one in in_force(choice) if one.name == name), None)
    given = choice.data.get("guardrail", {})
    if name in given or (has and not values):
        return None
    texts = as_given(catalog, name, {**(has.values if has else {}), **values})
    try:
        made = composed(catalog, replace(choice, data={**choice.data, "guardrail": {**given, name: texts or True}}))
    except (TooComplex, InputError, Problems):
        return None
    return made if isinstance(made, GroupChoice) else None
