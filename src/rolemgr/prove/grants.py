"""
No dead grant: each action is allowed on each resource that an Allow grants it on, with everything in force.

The witness is a request that complies with the Allow's own conditions, the guardrails and the tags. Where
there is none, the Denies that take it away are named with both lines of the catalog. What `--strict` denies
because it by-passes a guardrail was asked to be dead.
"""

from collections.abc import Iterator
from functools import partial

from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect
from rolemgr.prove.proof import CounterExample, Judged, Proof, RoleToProve, all_told, places, proofs_of, told
from rolemgr.prove.resource_classes import of_pattern
from rolemgr.prove.search import Inquiry, IsolatedStatement, inquiry
from rolemgr.reference.inert import live_resources

NAME = "no dead grant"
CLAIM = "each granted action is allowed on each of its resources by some request"


def no_dead_grant(subject: RoleToProve) -> Proof:
    """Return the proof that every grant of *subject* has a witness."""
    return proofs_of({NAME: CLAIM}, _judgements(subject))[0]


def _judgements(subject: RoleToProve) -> Iterator[Judged]:
    strict = closed(subject)
    for action in subject.granted:
        if action not in strict:
            yield from all_told(subject, {NAME: f"each grant of {action} is alive"}, _of_action(subject, action))


def _of_action(subject: RoleToProve, action: str) -> Iterator[Judged]:
    asked = inquiry(subject, action)
    for allow in asked.of(Effect.ALLOW):
        for pattern in asked_on(allow, action):
            what = f"`{allow.statement.sid}` grants {action} on {pattern} to any request"
            yield NAME, told(subject, what, partial(_if_dead, asked, allow, pattern))


def asked_on(allow: IsolatedStatement, action: str) -> tuple[str, ...]:
    """Return the resources of *allow* that are of a type of *action*; where none is, all, as each is a dead grant."""
    listed = allow.statement.resource or ()
    return live_resources(action, listed) or listed


def _if_dead(asked: Inquiry, allow: IsolatedStatement, pattern: str) -> CounterExample | None:
    return None if _alive(asked, allow, pattern) else _dead(asked, allow, pattern)


def closed(subject: RoleToProve) -> frozenset[str]:
    """Return the actions that ``--strict`` denies as a whole."""
    chosen = subject.rendered.role.guardrails
    return frozenset(bypass.action for one in chosen if one.strict for bypass in one.bypassed_by)


def _alive(asked: Inquiry, allow: IsolatedStatement, pattern: str) -> bool:
    found = (asked.allowed(resource, {}, by=allow) for resource in of_pattern(asked.budget, pattern, asked.action))
    return any(request is not None and asked.subject.allowed(request) for request in found)


def _dead(asked: Inquiry, allow: IsolatedStatement, pattern: str) -> CounterExample:
    """Return what kills the grant: the Denies that match a request that the Allow alone would let through."""
    subject = asked.subject
    own = subject.origins(allow.statement.sid)
    request = next(_matched(asked, allow, pattern), None)
    if request is None:
        problem = f"no request at all matches `{allow.statement.sid}` for {asked.action} on {pattern}"
        return CounterExample(problem, subject.flags, None, places(own))
    by = subject.decide(request, subject.policies).by
    killers = [origin for at in by for origin in subject.origins(at.sid)]
    sids = ", ".join(f"`{at.sid}`" for at in by)
    problem = f"`{allow.statement.sid}` grants {asked.action} on {pattern} in vain: {sids} denies every such request"
    granting = tuple(origin for origin in own if asked.action in origin.actions) or own
    return CounterExample(problem, subject.flags, request, places((*granting, *killers)))


def _matched(asked: Inquiry, allow: IsolatedStatement, pattern: str) -> Iterator[Request]:
    for resource in of_pattern(asked.budget, pattern, asked.action):
        if found := asked.allowed(resource, {}, by=allow, denies=()):
            yield found
