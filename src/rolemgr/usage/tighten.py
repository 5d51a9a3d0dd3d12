"""
A role and what it used: the same statements with what was used, and what no trail can show.

Nothing is ever added: each new statement has some of the actions and some of the resources of an old one, under the
same conditions, and every Deny stays. What a trail can't show is kept, with the reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from rolemgr.evaluate.partly import MatchingAllow, PartlyKnownLayers
from rolemgr.evaluate.policies import StatementRef
from rolemgr.events.requests import PASS_ROLE
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import has_wildcard, matches_action
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import action_names, expand, find_action
from rolemgr.usage.kept import KeepReasons
from rolemgr.usage.recorded import RecordedUse, Used

Place: TypeAlias = tuple[int, int]
"""A policy and a statement of it, from 0."""
_UNKNOWN: Final = "nobody here knows an action of that name"
_NO_OTHERS: Final = KeepReasons()


class KeptAction(NamedTuple):
    """An action that is kept without evidence of use, in which statement, and why."""

    place: Place
    action: str
    why: str


class UnusedActions(NamedTuple):
    """What goes of a statement: *actions* of it, and *resources* that no used action needs; *whole* where all goes."""

    place: Place
    sid: str | None
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    whole: bool
    others: bool = False
    """Whether what goes is all that does not stay, of more actions than are named."""


@dataclass
class Tightened:
    """The *old* policies and the *new* ones in their places, what goes, what is kept without evidence, what is odd."""

    old: tuple[IdentityPolicy, ...]
    new: tuple[IdentityPolicy, ...]
    unused: tuple[UnusedActions, ...]
    kept: tuple[KeptAction, ...]
    beyond: tuple[Used, ...] = ()
    """What was used, and none of the policies allows: the policy of a resource does, or another policy."""
    use: RecordedUse = field(default_factory=RecordedUse)


def tighten(old: Sequence[IdentityPolicy], use: RecordedUse, reasons: KeepReasons = _NO_OTHERS) -> Tightened:
    """Return *old* with what was used of it, and what stays for other *reasons*."""
    needed, beyond = _needed(old, use)
    kept: list[KeptAction] = []
    unused: list[UnusedActions] = []
    documents = []
    for number, document in enumerate(old):
        statements: list[IdentityStatement] = []
        for place, statement in enumerate(document.statement):
            if statement.effect is Effect.DENY:
                statements.append(statement)
                continue
            more = list(_kept(statement, (number, place), reasons))
            kept += [one for one in more if (one.action.lower(), (number, place)) not in _actions(needed)]
            made = list(_smaller(statement, (number, place), needed, more))
            statements += made
            if gone := _unused(statement, (number, place), made):
                unused.append(gone)
        documents.append(document.model_copy(update={"statement": tuple(_with_unique_sids(statements))}))
    new = tuple(one for one in documents)
    return Tightened(tuple(old), new, tuple(unused), tuple(kept), tuple(beyond), use)


_Needed: TypeAlias = Mapping[tuple[Place, str], Mapping[str, None]]
"""By statement and lower-case action: the resources of the statement that are needed for it."""


def _actions(needed: _Needed) -> frozenset[tuple[str, Place]]:
    return frozenset((action, place) for place, action in needed)


def lost_uses(used: Iterable[Used], old: PartlyKnownLayers, new: PartlyKnownLayers) -> Iterator[Used]:
    """Yield what of *used* the *old* policies allow, or may allow, and the *new* ones do not."""
    yield from lost_between(used, UseDecisions(old), UseDecisions(new))


def lost_between(used: Iterable[Used], old: "UseDecisions", new: "UseDecisions") -> Iterator[Used]:
    """Yield as `lost_uses` does, by decisions that are remembered: the old ones through many trials."""
    for one in used:
        before = old.of(one)
        if any(was and not now for was, now in zip(before, new.of(one), strict=True)):
            yield one


class UseDecisions:
    """Whether *policies* allow what was used, at best and at worst; what they can't tell apart they are asked once."""

    def __init__(self, policies: PartlyKnownLayers) -> None:
        """Take the *policies*; raise nothing before they are asked."""
        self._policies, self._found = policies, dict[object, tuple[bool, bool]]()

    def of(self, one: Used) -> tuple[bool, bool]:
        """Return whether *one* is allowed whatever is good for it, and whatever is not known."""
        folded = one.action.lower()
        sees_all = one.is_open or one.action == PASS_ROLE
        seen = one.resource if sees_all else self._policies.sight(folded, one.resource)
        key = (folded, seen, one.is_open, one.told, one.principal)
        found = self._found.get(key)
        if found is None:
            decided = self._policies.decide(one.request(), one.unknown, is_open=one.is_open)
            found = decided.best.decision == "Allowed", decided.worst.decision == "Allowed"
            self._found[key] = found
        return found


def denied(used: Iterable[Used], policies: PartlyKnownLayers) -> list[Used]:
    """Return what of *used* an Allow of *policies* speaks of, and a Deny of them denies for certain."""
    decisions = UseDecisions(policies)
    return [one for one in used if not decisions.of(one)[0] and one.by(policies)]


def _needed(old: Sequence[IdentityPolicy], use: RecordedUse) -> tuple[_Needed, list[Used]]:
    """
    Return the resources that each action needs in each statement, and what no statement allows.

    Of several statements that allow a request for certain, the narrowest is taken, and one that is needed anyway
    first; those that only may allow it are taken all.
    """
    needed: dict[tuple[Place, str], dict[str, None]] = {}
    beyond = []
    for one in sorted(use.used, key=lambda each: (sum(allow.certain for allow in each.allows), each.action)):
        action = one.action.lower()
        sure = [allow for allow in one.allows if allow.certain]
        if not one.allows:
            beyond.append(one)
        elif not sure:
            for allow in one.allows:
                needed.setdefault((_place(allow.at), action), {}).update(dict.fromkeys(allow.resources))
        elif not any(_has(needed, allow, action) for allow in sure):
            best = min(sure, key=lambda allow: _breadth(allow, old))
            resource = max(best.resources, key=lambda text: (text.count("*") == 0, len(text)))
            needed.setdefault((_place(best.at), action), {})[_narrowed(one, resource)] = None
    return needed, beyond


def _narrowed(one: Used, resource: str) -> str:
    """Return the role that was passed in the place of the *resource* that allows it: a star lets it pass any."""
    is_plain = one.resource.startswith("arn:") and not one.is_open and not has_wildcard(one.resource)
    return one.resource if one.action == PASS_ROLE and is_plain else resource


def _place(at: StatementRef) -> Place:
    return at.policy, at.statement


def _has(needed: _Needed, allow: MatchingAllow, action: str) -> bool:
    return not needed.get((_place(allow.at), action), {}).keys().isdisjoint(allow.resources)


def _breadth(allow: MatchingAllow, old: Sequence[IdentityPolicy]) -> tuple[object, ...]:
    statement = old[allow.at.policy].statement[allow.at.statement]
    longest = max(map(len, allow.resources), default=0)
    return (not statement.condition, "*" in allow.resources, -longest, _place(allow.at))


def _kept(statement: IdentityStatement, place: Place, reasons: KeepReasons) -> Iterator[KeptAction]:
    """Yield the actions of *statement* that stay though no use of them is known."""
    if _is_wide(statement):
        found = [action for pattern in reasons.patterns() for action in expand(pattern)]
        named = [one for one in dict.fromkeys(found) if _speaks_of(statement, one)]
    else:
        named = [action for pattern in statement.action or () for action in expand(pattern)]
        unknown = (pattern for pattern in statement.action or () if not expand(pattern))
        yield from (KeptAction(place, pattern, _UNKNOWN) for pattern in unknown)
    for action in named:
        if _fitting(statement, action) and (why := reasons.why(action)):
            yield KeptAction(place, action, why)


def _is_wide(statement: IdentityStatement) -> bool:
    """Tell whether *statement* is about more actions than anybody names: all of AWS, or all but some."""
    return statement.action is None or "*" in statement.action


def _speaks_of(statement: IdentityStatement, action: str) -> bool:
    if statement.action is not None:
        return any(matches_action(one, action) for one in statement.action)
    return not any(matches_action(one, action) for one in statement.not_action or ())


def _smaller(
    statement: IdentityStatement, place: Place, needed: _Needed, kept: Iterable[KeptAction]
) -> Iterator[IdentityStatement]:
    """Yield *statement* with the actions that are needed, those with the same resources together."""
    listed = statement.resource or statement.not_resource or ("*",)
    groups: dict[tuple[str, ...], list[str]] = {}
    resources = {action: frozenset(found) for (at, action), found in needed.items() if at == place}
    for one in kept:
        resources[one.action.lower()] = frozenset(_fitting(statement, one.action))
    for action in sorted(resources):
        more = sorted(resources[action] - set(listed))
        wanted = (*(text for text in listed if text in resources[action]), *more)
        groups.setdefault(wanted, []).append(_spelled(action))
    everything = statement.not_resource is not None
    for wanted, actions in sorted(groups.items()):
        limits = {} if everything else {"resource": wanted}
        made = {"action": tuple(sorted(set(actions))), "not_action": None, **limits}
        yield statement.model_copy(update=made)


def _fitting(statement: IdentityStatement, action: str) -> tuple[str, ...]:
    """Return the resources of *statement* on which AWS may ask *action*; all of those of a NotResource."""
    listed = statement.resource or statement.not_resource or ("*",)
    known = find_action(action)
    if known is None or statement.not_resource:
        return listed
    return tuple(text for text in listed if text == "*" or types_of(as_pattern(text), known))


def _spelled(folded: str) -> str:
    service, _, name = folded.partition(":")
    return action_names(service).get(name, folded)


def _unused(statement: IdentityStatement, place: Place, made: Sequence[IdentityStatement]) -> UnusedActions | None:
    """Return what of *statement* is in none of those that were *made* of it."""
    if _is_wide(statement):
        return UnusedActions(place, statement.sid, (), (), not made, True)
    stay = {action.lower() for one in made for action in one.action or ()}
    named = [one for pattern in statement.action or () for one in (expand(pattern) or (pattern,))]
    gone = tuple(dict.fromkeys(one for one in named if one.lower() not in stay))
    resources = {text for one in made for text in one.resource or ()}
    passed = any(one.startswith("arn:") and ":role/" in one for one in resources)
    away = tuple(text for text in statement.resource or () if text not in resources and not (passed and text == "*"))
    if made and not gone and not away:
        return None
    return UnusedActions(place, statement.sid, gone, away if made else (), not made)


def _with_unique_sids(statements: Sequence[IdentityStatement]) -> Iterator[IdentityStatement]:
    """Yield *statements*, those that were one before with a number behind their Sid."""
    taken = {one.sid for one in statements if one.sid}
    seen: set[str] = set()
    for one in statements:
        sid, number = one.sid, 2
        while sid and sid in seen:
            sid = f"{one.sid}{number}"
            number += 1
            if sid in taken and sid not in seen:
                continue
        if sid:
            seen.add(sid)
        yield one if sid == one.sid else one.model_copy(update={"sid": sid})
