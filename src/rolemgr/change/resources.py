"""On which resources a difference holds: the patterns of its statement that the other side does not have, asked."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.grants import Grant
from rolemgr.compare.regions import Pattern, meet
from rolemgr.compare.verdicts import Difference
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.errors import LayerError, RequestError
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityStatement, PolicyDocument
from rolemgr.iam.variables import Piece, as_pattern
from rolemgr.iam.wildcards import contains, glob_steps, matches, matches_folded_action
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action


class Spread(NamedTuple):
    """A resource pattern on which a difference holds (None: only the request is known), and a request that shows it."""

    pattern: str | None
    request: Request | None


def spread(
    gives: Policies, takes: Policies, statement: IdentityStatement | None, one: Difference, action: str, budget: Budget
) -> Iterator[Spread]:  # fmt: skip
    """
    Yield the patterns of *statement* on which *gives* allows *action* and *takes* does not, each with a request.

    A pattern of which no request shows it is left out. The request of the difference is given too, unless one of the
    patterns stands for its resource. Where *budget* is spent it is given alone.
    """
    try:
        found = list(_by_pattern(gives, takes, statement, one, action, budget))
    except TooComplex:
        found = []
    yield from found
    if not any(matches(as_pattern(each.pattern or ""), one.request.resource) for each in found):
        yield Spread(None, of_action(one, action))


def _by_pattern(
    gives: Policies, takes: Policies, statement: IdentityStatement | None, one: Difference, action: str, budget: Budget
) -> Iterator[Spread]:  # fmt: skip
    if one.future or one.scenario.lifted or statement is None:
        return
    for pattern in (*_fresh(statement, takes, action), *_denied_there(statement, takes, action)):
        budget.spend(2)
        request = _on(one, action, pattern)
        if request and allowed(request, one, gives) and not allowed(request, one, takes):
            yield Spread(pattern, request)


def exceptions(gives: Policies, action: str, pattern: str) -> tuple[str, ...]:
    """
    Return the patterns within *pattern* on which *gives* denies *action* whatever the request carries.

    Denies with conditions, and those that say what they are not about, are left out: rather too much is told as given.
    """
    return tuple(text for text in _denied(gives, action) if _meet(as_pattern(pattern), as_pattern(text)))


def _denied(side: Policies, action: str) -> Sequence[str]:
    """Return the patterns on which *side* denies *action* whatever the request carries."""
    folded = action.lower()
    denies = (
        one
        for policy in (*side.identity, *((side.resource,) if side.resource else ()))
        for one in policy.statements()
        if isinstance(one, IdentityStatement) and one.effect is Effect.DENY and not one.condition
    )
    found = (
        one.resource or () for one in denies if any(matches_folded_action(name, folded) for name in one.action or ())
    )
    return list(dict.fromkeys(chain.from_iterable(found)))


def _denied_there(statement: IdentityStatement, other: Policies, action: str) -> Iterator[str]:
    """Yield the patterns within those of *statement* that the *other* side denies, whatever it allows."""
    for text in _denied(other, action):
        if any(wide != text and contains(as_pattern(wide), as_pattern(text)) for wide in statement.resource or ()):
            yield text


def _meet(first: str, second: str) -> bool:
    """Tell whether some resource is of both patterns; not where that takes too long to find out."""
    one, other = (Pattern(glob_steps((Piece(text, live=True),))) for text in (first, second))
    return bool(meet(one, other).answer)


def of_action(one: Difference, action: str) -> Request | None:
    """Return the request of *one* for another *action* of it; None where that can't be one."""
    return one.request if one.request.action == action else _on(one, action, one.request.resource)


def allowed(request: Request, one: Difference, policies: Policies) -> bool:
    """
    Tell whether *policies* allow *request* in the scenario of *one*; where it is about a Deny, whether none denies it.

    What can't be evaluated is not allowed.
    """
    try:
        decision = evaluate(request, one.scenario.around(policies)).decision
    except (RequestError, LayerError):
        return False
    return decision != "ExplicitlyDenied" if one.scenario.lifted else decision == "Allowed"


def statement_of(giving: Grant, part: str, one: Difference) -> IdentityStatement | None:
    """Return the statement of *giving* that gives *one*; None for a trust policy's, which names no resource."""
    documents: Mapping[str, Sequence[PolicyDocument]] = {
        "permissions": giving.identity or (),
        "resource": (giving.resource,) if giving.resource else (),
    }
    found = documents.get(part, ())
    statements = found[one.statement.policy].statements() if one.statement.policy < len(found) else ()
    at = statements[one.statement.statement] if one.statement.statement < len(statements) else None
    return at if isinstance(at, IdentityStatement) else None


def _fresh(statement: IdentityStatement, other: Policies, action: str) -> list[str]:
    """Return the patterns of *statement* that *action* can be on and that no Allow of the *other* side covers."""
    folded = action.lower()
    policies: Sequence[PolicyDocument] = (*other.identity, *((other.resource,) if other.resource else ()))
    conditions: tuple[object, ...] = (None, {}, statement.condition)
    allows = [one for policy in policies for one in policy.statements() if isinstance(one, IdentityStatement)]
    kept = [
        one for one in allows
        if one.effect is Effect.ALLOW and one.condition in conditions
        and any(matches_folded_action(pattern, folded) for pattern in one.action or ())
    ]  # fmt: skip
    known = find_action(action)
    fitting = [one for one in statement.resource or () if known is None or one == "*" or types_of(one, known)]
    return [one for one in fitting if not any(contains(wide, one) for allow in kept for wide in allow.resource or ())]


def _on(one: Difference, action: str, pattern: str) -> Request | None:
    """Return the request of *one* for *action* on a resource of *pattern*; None where there is no such request."""
    asked = one.request
    fits = matches(as_pattern(pattern), asked.resource)
    resource = asked.resource if fits else as_pattern(pattern).replace("*", "example").replace("?", "x")
    account = asked.resource_account if fits else one.scenario.resource_account
    try:
        return Request.known(action, resource, asked.given_context(), asked.principal, account)
    except RequestError:
        return None
