"""
Each need asked of the new role: what stays, on less or on conditions, what is lost and why, what nobody can tell.

The evaluator decides, over the role's documents as they are rendered, beside the permissions boundary that stays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final

from rolemgr.audit.contexts import is_settled
from rolemgr.audit.examples import concrete
from rolemgr.audit.migrate.choose import GroupChoice
from rolemgr.audit.migrate.grants import GroupGrant, Offer, covering, examples
from rolemgr.audit.migrate.needs import Need, meet
from rolemgr.audit.rights import Certainty, Rights, RightsAnswer
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.known import known_keys
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.operators import parse_operator
from rolemgr.iam.variables import known_variables_in
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.catalog import EntryId
from rolemgr.model.role import ComposedRole
from rolemgr.reference.services import find_action

_MOST_EXAMPLES: Final = 12
_MOST_PARTS: Final = 3


class Verdict(StrEnum):
    """What becomes of a need: it stays, a part of it does, it is lost, or nobody can tell."""

    KEPT = "kept"
    NARROWED = "narrowed"
    LOST = "lost"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Outcome:
    """
    What becomes of *need*: *on* what the role may do it where that is less, with which *context* it was asked.

    *why* says what is lost, *beyond* whether no activity group is about that service at all. *instead* are personas
    that may have it.
    """

    need: Need
    verdict: Verdict
    groups: tuple[EntryId, ...] = ()
    on: tuple[str, ...] = ()
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    why: str = ""
    beyond: bool = False
    instead: tuple[str, ...] = ()


class Judge:
    """Asks the role of *choice*, with the *rights* that it has, about needs."""

    def __init__(self, choice: GroupChoice, found: Offer, rights: Rights) -> None:
        self._choice, self._offer, self._rights = choice, found, rights
        self._services = found.services()
        self._groups = frozenset(choice.groups)

    def outcomes(self, needs: Sequence[Need]) -> list[Outcome]:
        """Return what becomes of each of *needs*; raise TooComplex where the budget of the rights is spent."""
        return [self._outcome(one) for one in needs]

    def _outcome(self, need: Need) -> Outcome:
        mine = covering(need, self._offer, frozenset(self._offer.groups) - self._groups)
        if not mine.groups:
            return self._uncovered(need)
        grants = [one for one in self._offer.by_action[need.action] if one.group in mine.groups]
        if mine.whole:
            return self._tried(need, grants, [need.resource], Verdict.KEPT)
        return self._tried(need, grants, list(dict.fromkeys(examples(need, grants))), Verdict.NARROWED)

    def _tried(self, need: Need, grants: Sequence[GroupGrant], patterns: Sequence[str], good: Verdict) -> Outcome:
        answers = [(one, self._ask(need, one)) for one in islice(patterns, _MOST_EXAMPLES)]
        allowed = [(one, found) for one, found in answers if found]
        groups = tuple(sorted({one.group for one in grants}))
        if allowed:
            context = _context(allowed[0][1])
            on = tuple(one for one, _ in allowed) if good is Verdict.NARROWED else ()
            parts = tuple(self._denied_parts(need))
            why = f"but not on {', '.join(f'`{one}`' for one in parts[:_MOST_PARTS])}" if parts else ""
            return Outcome(need, Verdict.NARROWED if parts else good, groups, on, context, why)
        if owner := self._foreign_owner(need, patterns):
            return Outcome(need, good, groups, why=f"where the policy of it in account {owner} allows it too")
        if any(found.certainty is Certainty.UNKNOWN for _, found in answers):
            return Outcome(need, Verdict.UNKNOWN, groups, why="whether conditions let it through can't be told")
        return Outcome(need, Verdict.LOST, groups, why=self._denied(need, patterns))

    def _ask(self, need: Need, pattern: str) -> RightsAnswer:
        """Ask on a resource that *pattern* matches; the values of its variables are what `concrete` fills in."""
        holder = self._rights.holder
        resource = concrete(pattern, holder.arn.split(":")[1], holder.account) or pattern
        context: dict[str, str | None] = dict.fromkeys(self._variables(need.action), "example")
        context |= self._demanded(need.action)
        if need.passed_to:
            context["iam:passedtoservice"] = self._service(need)
        return self._rights.ask(need.action, resource, context)

    def _foreign_owner(self, need: Need, patterns: Sequence[str]) -> str | None:
        """Return the account that owns what is needed, where the role's own policies allow it and that is another."""
        holder = self._rights.holder
        for pattern in patterns:
            resource = concrete(pattern, holder.arn.split(":")[1], holder.account) or pattern
            arn = Arn.parse(resource)
            if arn and ACCOUNT_ID.fullmatch(arn.account) and arn.account != holder.account:
                context = Context({}, known_keys(holder.arn, arn.account))
                request = Request(need.action, resource, context, holder.arn)  # as if it were the role's own
                if evaluate(request, self._rights.policies).decision == "Allowed":
                    return arn.account
        return None

    def _variables(self, action: str) -> Iterator[str]:
        """Yield the keys that policy variables of the role stand for where *action* is asked, but for settled ones."""
        statements = self._choice.role.statements if self._choice.role else ()
        for one in statements:
            texts = (*one.resources, *(text for _, block in one.conditions for _, found in block for text in found))
            for text in texts if action in one.actions else ():
                keys = (each.key.lower() for each in known_variables_in(text))
                yield from (key for key in keys if not is_settled(key))

    def _demanded(self, action: str) -> dict[str, str]:
        """Return the condition keys that Denies of the role want in a request for *action*, each with a good value."""
        statements = self._choice.role.statements if self._choice.role else ()
        compared = [
            (key.lower(), parse_operator(operator), values)
            for one in statements if one.effect is Effect.DENY and action in one.actions
            for operator, block in one.conditions for key, values in block
        ]  # fmt: skip
        wanted = [key for key, known, values in compared if known and known.base == "Null" and values == ("true",)]
        found = dict.fromkeys(wanted, "example")
        for key, known, values in compared:
            if known and key in found and values and (known.negated or known.base.startswith("Numeric")):
                found[key] = values[0].replace("*", "example").replace("?", "x")
            elif known and key in found and values and known.base == "Bool":
                found[key] = "false" if values[0] == "true" else "true"
        return found

    def _service(self, need: Need) -> str:
        """Return one of the services that a role is passed to, one that the new role passes it to if there is one."""
        statements = self._choice.role.statements if self._choice.role else ()
        passed = {
            value for one in statements if need.action in one.actions for _, block in one.conditions
            for key, found in block if key == "iam:PassedToService" for value in found
        }  # fmt: skip
        return next((one for one in need.passed_to if one in passed), need.passed_to[0])

    def _denied_parts(self, need: Need) -> Iterator[str]:
        """Yield what of a *need* with wildcards the role denies whatever the request carries."""
        for one in self._choice.role.statements if self._choice.role and has_wildcard(need.resource) else ():
            if one.effect is Effect.DENY and not one.conditions and need.action in one.actions:
                yield from (pattern for pattern in one.resources if meet(pattern, need.resource))

    def _denied(self, need: Need, patterns: Sequence[str]) -> str:
        """Say what of the role denies *need*."""
        holder = self._rights.holder
        for pattern in patterns:
            resource = concrete(pattern, holder.arn.split(":")[1], holder.account) or pattern
            request = Request.known(need.action, resource, {}, holder.arn, None)
            found = evaluate(request, self._rights.policies)
            if found.decision == "ExplicitlyDenied":
                sids = [one.sid for one in found.by]
                return f"denied by {_origins(self._choice.role, sids) or 'a Deny of the role'}"
        return "denied by the permissions boundary, or by conditions of the role that the request can't meet"

    def _uncovered(self, need: Need) -> Outcome:
        service = need.action.partition(":")[0]
        if find_action(need.action) is None:
            return Outcome(need, Verdict.LOST, why="AWS's reference does not know this action", beyond=True)
        if service not in self._services:
            return Outcome(need, Verdict.LOST, why="no activity group is about this service", beyond=True)
        banned = [self._choice.bans[one] for one in self._banned(need)]
        if banned:
            return Outcome(need, Verdict.LOST, tuple(one.group for one in banned), why=banned[0].why)
        others = tuple(name for name in sorted(self._offer.groups) if need.action in self._offer.groups[name])
        if not others:
            return Outcome(need, Verdict.LOST, why="no activity group grants it")
        on = [pattern for one in self._offer.by_action.get(need.action, ()) for pattern in one.share.resources]
        if not on:
            return Outcome(need, Verdict.LOST, others, why=f"{others[0]} grants it where its parameters have values")
        return Outcome(need, Verdict.LOST, others, why=f"{others[0]} grants it on other resources: `{on[0]}`")

    def _banned(self, need: Need) -> Iterator[EntryId]:
        """Yield the groups that could cover *need* and can't be in the role."""
        could = covering(need, self._offer).groups
        missing = {name for name in self._offer.missing if need.action in self._offer.groups[name]}
        without = {one.group for one in self._offer.by_action.get(need.action, ()) if one.group in self._choice.bans}
        yield from sorted((could | missing | (without if could else set())) & self._choice.bans.keys())


def _context(answer: RightsAnswer) -> Mapping[str, tuple[str, ...]]:
    """Return the condition keys that the request carried, with their values."""
    return answer.shown.request.given_context() if answer.shown else {}


def _origins(role: ComposedRole | None, sids: Iterable[str | None]) -> str:
    wanted = set(sids)
    found = {
        f"{origin.kind} {origin.group} ({origin.location})": None
        for one in (role.statements if role else ())
        if one.sid in wanted and one.effect is Effect.DENY
        for origin in one.origins
    }
    return ", ".join(list(found)[:2])


def excess(choice: GroupChoice, needs: Iterable[Need], found: Offer) -> Mapping[EntryId, tuple[str, ...]]:
    """Return the actions that the groups of *choice* allow and nobody needs, by group."""
    wanted = {one.action for one in needs}
    beyond = {name: found.granted(name) - wanted for name in choice.groups}
    return {name: tuple(sorted(actions)) for name, actions in beyond.items() if actions}
