"""
Two requests that show what a guardrail does in a role: one that its statements deny, and one that the role is allowed.

The role's own policies decide both. What is denied is allowed without the guardrail, where there is such a request:
where its Allows, or another guardrail, keep to the same limit there is none, and one that it denies too is shown.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from rolemgr.compliance.trials import TriedValues, contexts, values_of_keys
from rolemgr.compliance.witnesses import WitnessedRequest, Witnesses, keys_of
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.role import ComposedStatement
from rolemgr.prove.witness import witnesses as requests_of
from rolemgr.reference.requests import questioned
from rolemgr.reference.services import find_action, normal_key
from rolemgr.separation.violations import RenderedRole

_MOST_RESOURCES: Final = 2
_ALL: Final = 1_000
"""More statements than a role has: what no Allow of it matches."""
_MOST_REQUESTS: Final = 200
"""Of an action on a resource: conditions that need more are not found, and said to be."""


def denies_of(rendered: RenderedRole, guardrail: str) -> tuple[ComposedStatement, ...]:
    """Return the Denies that *guardrail* gave the role, alone or together with others."""
    return tuple(
        one
        for one in rendered.role.unfolded
        if one.effect is Effect.DENY
        and any(origin.kind == "guardrail" and origin.group == guardrail for origin in one.origins)
    )


def guardrail_witnesses(rendered: RenderedRole, denies: Sequence[ComposedStatement]) -> Witnesses:
    """Return the witnesses of the guardrail that gave *denies*, both of one action; else of what is nearest to both."""
    asked = _AskedRole(rendered, frozenset(one.sid for one in denies))
    best = Witnesses(None, None)
    for allow, action in _pairs(rendered, denies):
        for request in islice(requests_of(allow, action), _MOST_RESOURCES):
            found, denied_too = asked.around(request)
            if found.found:
                return found
            best = best if best.found else Witnesses(found.denied or denied_too, found.allowed)
    return best


def _pairs(rendered: RenderedRole, denies: Sequence[ComposedStatement]) -> list[tuple[ComposedStatement, str]]:
    """Return what the role allows and *denies* speak of, those actions first that carry most of their keys."""
    keys = {normal_key(key) for one in denies for _, block in one.conditions for key, _ in block}
    pairs = [
        (allow, name)
        for allow in rendered.role.unfolded if allow.effect is Effect.ALLOW
        for name in allow.actions if any(_speaks(one.actions, name) for one in denies)
    ]  # fmt: skip
    carried = {name: len(keys & keys_of(action)) for _, name in pairs if (action := find_action(name))}
    return sorted(pairs, key=lambda pair: -carried.get(pair[1], 0))


def _speaks(patterns: Sequence[str] | None, action: str) -> bool:
    return any(matches_action(one, action) for one in patterns or ())


class _TriedRequest(NamedTuple):
    """A request that is tried."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    principal: str

    @property
    def request(self) -> Request:
        return Request.known(self.action, self.resource, dict(self.context), self.principal, None)

    def witness(self, found: Evaluation) -> WitnessedRequest | None:
        """Return it with what was *found*; None where AWS is not known to have such a request."""
        if any(questioned(self.action, self.resource, self.request.context, self.principal)):
            return None
        is_denied = found.decision == "ExplicitlyDenied"
        by = tuple(str(one.sid) for one in found.by if one.sid) if is_denied else ()
        return WitnessedRequest(self.action, self.resource, self.context, self.principal, found.decision, by)


class _AskedRole:
    """A role with and without the statements of a guardrail."""

    def __init__(self, rendered: RenderedRole, sids: frozenset[str]) -> None:
        self._principal, self._sids = rendered.role.spec.arn, sids
        self._policies = rendered.policies()
        self._without = Policies(identity=tuple(_without(one, sids) for one in self._policies.identity))

    def around(self, base: Request) -> tuple[Witnesses, WitnessedRequest | None]:
        """
        Return the witnesses that are found near *base*, which an Allow of the role matches.

        The second is a request that the guardrail denies, and something else would too.
        """
        values = _first({key.lower(): one[0] for key, one in base.context.items()}, self._values(base.action))
        left = {key: one for key, one in base.context.items() if key.lower() not in values}
        values = self._settled(base, left, values)
        denied, denied_too, allowed = None, None, None
        for context in islice(contexts(values), _MOST_REQUESTS):
            tried = _TriedRequest(base.action, base.resource, {**left, **context}, self._principal)
            decided = evaluate(tried.request, self._policies)
            if decided.decision == "ExplicitlyDenied" and not denied:
                if evaluate(tried.request, self._without).decision == "Allowed":
                    denied = tried.witness(decided)
                elif self._sids.intersection(str(one.sid) for one in decided.by):
                    denied_too = denied_too or tried.witness(decided)
            elif decided.decision == "Allowed":
                allowed = allowed or tried.witness(decided)
            if denied and allowed:
                break
        return Witnesses(denied, allowed), denied_too

    def _settled(
        self, base: Request, left: Mapping[str, tuple[str, ...]], values: dict[str, TriedValues]
    ) -> dict[str, TriedValues]:  # fmt: skip
        """Return *values* with those first that fewest statements object to, together with what is *left* of *base*."""

        def objections(chosen: Mapping[str, str | None]) -> int:
            context = {**left, **{key: (one,) for key, one in chosen.items() if one is not None}}
            tried = _TriedRequest(base.action, base.resource, context, self._principal)
            found = evaluate(tried.request, self._policies)
            return (
                len(found.by) if found.decision == "ExplicitlyDenied" else -1 if found.decision == "Allowed" else _ALL
            )

        best = {key: tried[0] for key, tried in values.items()}
        for key, tried in values.items():
            if objections(best) < 0:
                break
            best[key] = min(tried, key=lambda one: objections({**best, key: one}))
        return {key: tuple(dict.fromkeys((best[key], *tried))) for key, tried in values.items()}

    def _values(self, action: str) -> dict[str, TriedValues]:
        """Return values for the keys of all that the role says of *action*, those of its Allows first."""
        statements: list[IdentityStatement] = [
            one for policy in self._policies.identity for one in policy.statement if _speaks(one.action, action)
        ]
        return values_of_keys(sorted(statements, key=lambda one: one.effect is Effect.DENY))


def _without(policy: IdentityPolicy, sids: frozenset[str]) -> IdentityPolicy:
    """Return *policy* without the Denies of *sids*."""
    kept = tuple(one for one in policy.statement if one.effect is Effect.ALLOW or one.sid not in sids)
    return IdentityPolicy(version=policy.version, statement=kept)


def _first(known: Mapping[str, str], values: Mapping[str, TriedValues]) -> dict[str, TriedValues]:
    """Return *values* with those that the statement's own request has before all others."""
    return {
        key: tuple(dict.fromkeys((*((known[key],) if key in known else ()), *tried)))
        for key, tried in values.items()
    }  # fmt: skip
