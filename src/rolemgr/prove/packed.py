"""
Packing loses nothing: the documents decide every request as the statements did before they were packed.

Nor does joining before it add anything: each pair of action and resource that stands in a statement, and that none
of its catalog statements has, is one that AWS never asks for.

Asked are all actions, of the reference or by name, that a statement on either side may be about; of the others no
statement speaks. Where both sides say the same of an action, resource by resource and condition by condition, they
decide alike; elsewhere it is asked on every class of resources and in every assignment of every statement's keys.
Few roles are so large that they are packed, so the same statements are packed once more as tightly as packing goes,
and once into managed policies alone, as `--inline no` has them. Every Deny is inline, so that a lost attachment
loses access and never a limit; without an inline policy the Denies are in policies of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import chain, product

from rolemgr.errors import InputError
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.iam.wildcards import contains, has_wildcard
from rolemgr.model.role import ComposedStatement, NamedPolicy, RoleDocuments
from rolemgr.prove.domains import KeyAssignment
from rolemgr.prove.proof import Answer, CounterExample, Proof, RoleToProve, all_told, places, proof_of
from rolemgr.prove.search import Inquiry, inquiry
from rolemgr.reference.inert import is_inert
from rolemgr.reference.services import action_names, services
from rolemgr.render.packing import pack, pack_managed
from rolemgr.render.statements import permissions_policy
from rolemgr.separation.violations import RenderedRole

NAME = "packing"
CLAIM = "documents decide as the statements that were packed into them, and no Deny stands beside a managed Allow"
_ROOM = 120
"""Characters that a tight policy has over its largest statement, so that several still fit."""


def packing_lossless(subject: RoleToProve) -> Proof:
    """Return the proof that the documents of *subject*, and a tighter packing of it, say what its statements say."""
    whole = _with_documents(subject, (permissions_policy(subject.rendered.role.statements),))
    packings = (*((subject,) if subject.documents != whole.documents else ()), _tight(whole), _managed(whole))
    compared = (answer for packed in packings for answer in _compared(whole, packed))
    return proof_of(NAME, CLAIM, chain(_added(subject), compared))


def _added(subject: RoleToProve) -> Iterator[Answer]:
    """Yield for each pair of action and resource that joining added to a statement what AWS could ask it for."""
    for statement in subject.rendered.role.statements:
        had = {pair for one in statement.unfolded() for pair in product(one.actions, one.resources)}
        for action, resource in product(statement.actions, statement.resources):
            if (action, resource) not in had:
                problem = f"`{statement.sid}` adds {action} on {resource}, which none of its catalog statements has"
                lines = places(statement.origins)
                yield None if is_inert(action, resource) else CounterExample(problem, subject.flags, None, lines)


def _with_documents(subject: RoleToProve, documents: Sequence[IdentityPolicy], *, inline: int = 1) -> RoleToProve:
    """Return *subject* with *documents*, the first *inline* of them inline."""
    named = tuple(NamedPolicy(str(number), document) for number, document in enumerate(documents))
    changed: RoleDocuments = replace(
        subject.rendered.documents, policies=named[:inline], managed_policies=named[inline:]
    )  # fmt: skip
    return replace(subject, rendered=RenderedRole(subject.rendered.role, changed))


def _tight(whole: RoleToProve) -> RoleToProve:
    """Return *whole* packed into policies with room for little more than their largest statement."""
    statements = whole.rendered.role.statements
    sized = [(one, read.size()) for one, read in zip(statements, whole.statements, strict=True)]
    denies = [size for one, size in sized if one.effect is Effect.DENY]
    sizes = [size for one, size in sized if one.effect is Effect.ALLOW]
    try:
        parts = pack(sized, _size, inline=sum(denies) + len(denies), managed=max(sizes, default=0) // 2 + _ROOM)
    except InputError:  # one action on one resource is larger than half of the largest statement
        parts = pack(sized, _size, inline=sum(denies) + len(denies), managed=max(sizes, default=0) + _ROOM)
    return _with_documents(whole, [permissions_policy(part) for _, part in parts])


def _managed(whole: RoleToProve) -> RoleToProve:
    """Return *whole* in managed policies alone, with room for little more than their largest statement."""
    statements = whole.rendered.role.statements
    sized = [(one, read.size()) for one, read in zip(statements, whole.statements, strict=True)]
    packed = pack_managed(sized, _size, max((size for _, size in sized), default=0) + _ROOM)
    return _with_documents(whole, [permissions_policy(part) for _, part in packed], inline=0)


def _size(statement: ComposedStatement) -> int:
    return permissions_policy((statement,)).statement[0].size()


def _compared(whole: RoleToProve, packed: RoleToProve) -> Iterator[Answer]:
    """Yield for each request that was asked of both what differs, if anything does."""
    yield from _moved(whole, packed)
    for action in _actions(whole, packed):
        what = f"packing keeps the decisions on {action}"
        judged = ((NAME, answer) for answer in differences(inquiry(whole, action), inquiry(packed, action)))
        yield from (answer for _, answer in all_told(whole, {NAME: what}, judged))


def differences(asked: Inquiry, other: Inquiry) -> Iterator[CounterExample | None]:
    """
    Yield what the two sides decide otherwise, and None for each request that was asked; raise TooComplex.

    Sides that say the same of the action decide every request alike, and are not asked.
    """
    if _meaning(asked) == _meaning(other):
        yield None
        return
    for resource in dict.fromkeys((*asked.resources(), *other.resources())):
        yield from _differences(asked, other, resource, _assignments(asked, other))


def _meaning(asked: Inquiry) -> frozenset[tuple[Effect, str, str]]:
    """
    Return each effect, resource and conditions that the statements of *asked* have, but what AWS never asks for.

    A request is allowed where some Allow matches it and no Deny does, and a statement matches where one of its
    resources does and all of its conditions: which resources stand together decides nothing.
    """
    return frozenset(
        (one.effect, text, str(one.condition))
        for one in (isolated.statement for isolated in asked.statements)
        for text in one.resource or (f"all but {one.not_resource}",)
        if not is_inert(asked.action, text)
    )


def _differences(
    asked: Inquiry, other: Inquiry, resource: str, assignments: Sequence[KeyAssignment]
) -> Iterator[CounterExample | None]:
    """Yield what each assignment shows, up to the first in which the two do not decide alike."""
    for assignment in assignments:
        before, after = asked.decision(resource, assignment), other.decision(resource, assignment)
        if before != after:
            problem = f"packing changes the decision on {asked.action} from {before} to {after}"
            yield CounterExample(problem, asked.subject.flags, asked.request(resource, assignment))
            return
        yield None


def _assignments(*sides: Inquiry) -> list[KeyAssignment]:
    """Return the assignments of the keys of each statement of either side, each once."""
    found: dict[object, KeyAssignment] = {}
    for asked in sides:
        for keys in {isolated.keys for isolated in asked.statements}:
            for assignment in asked.assignments(keys):
                found[tuple(sorted((key, value) for key, value in assignment.items() if value))] = assignment
    return list(found.values())


def _moved(whole: RoleToProve, packed: RoleToProve) -> Iterator[CounterExample]:
    """Yield the Denies that are not where they belong, as they were: inline, or in policies without Allows."""
    documents = packed.rendered.documents
    own = [policy.document for policy in documents.managed_policies if not _allows(policy.document)]
    where = [policy.document for policy in documents.policies] or own
    kept = {(one.action, one.resource, str(one.condition)) for document in where
            for one in document.statement if one.effect is Effect.DENY}  # fmt: skip
    for one in whole.statements:
        if one.effect is Effect.DENY and (one.action, one.resource, str(one.condition)) not in kept:
            yield CounterExample(f"the Deny `{one.sid}` is not inline, nor in a policy of the Denies", whole.flags)


def _allows(document: IdentityPolicy) -> bool:
    return any(one.effect is Effect.ALLOW for one in document.statement)


def _actions(*sides: RoleToProve) -> list[str]:
    """Return the actions of the reference, and others by name, that a statement of either side may be about."""
    patterns = {pattern for side in sides for one in side.statements for pattern in one.action or ()}
    exact = {pattern for pattern in patterns if not has_wildcard(pattern)}
    globs = {pattern.lower() for pattern in patterns - exact}
    if any(one.not_action for side in sides for one in side.statements):
        globs.add("*")
    return sorted(exact.union(*map(_within, globs)))


@lru_cache(maxsize=256)
def _within(glob: str) -> frozenset[str]:
    """Return the actions of the reference that *glob*, in lower case, stands for."""
    return frozenset(name for name in _reference() if contains(glob, name.lower()))


@cache
def _reference() -> tuple[str, ...]:
    return tuple(name for service in services() for name in action_names(service).values())
