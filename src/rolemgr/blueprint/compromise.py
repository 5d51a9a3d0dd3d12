"""
What a stolen session reaches: of each role and each sink the layer that closes it, or the request that goes through.

Asked with all layers on, by the search that proofs about a role use; what it finds is asked of the evaluator again,
with the policy of the target. A Deny closes a sink where a request goes through without it and none goes through with
it. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from rolemgr.blueprint.alike import alike
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.placed import STAND_IN, without_account
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.sinks import SessionSink, sinks
from rolemgr.blueprint.stolen import OwnThings, SinkQuestion, StolenSession
from rolemgr.blueprint.witness import denies_above, within_layers
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityPolicy, ResourcePolicy, TrustPolicy
from rolemgr.prove.domains import KeyAssignment
from rolemgr.prove.proof import RoleToProve
from rolemgr.prove.search import Inquiry, IsolatedStatement, Limit, inquiry

_EVERYBODY: Final = {"Effect": "Allow", "Principal": "*"}
_OPEN: Final = ResourcePolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{**_EVERYBODY, "Action": "*", "Resource": "*"}]}
)
"""The policy of what the thief owns."""
_POSITIVE: Final = frozenset({"ArnEquals", "ArnLike", "Bool", "StringEquals", "StringLike"})
_OPEN_ROLE: Final = TrustPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{**_EVERYBODY, "Action": "sts:*"}]}
)


class NamedDeny(NamedTuple):
    """A Deny by where it stands: ``role``, ``boundary NAME``, ``scp NAME``, ``rcp NAME``, and its Sid."""

    layer: str
    sid: str

    def __str__(self) -> str:
        return f"{self.layer} `{self.sid}`"


@dataclass(frozen=True)
class SinkAnswer:
    """What of one sink a role's stolen session reaches."""

    place: str
    sink: SessionSink
    asked: int = 0
    open: tuple[Request, ...] = ()
    closed_by: tuple[str, ...] = ()
    """The layers that close what is closed."""
    alone: frozenset[NamedDeny] = frozenset()
    """The Denies without which it is open."""
    untold: tuple[str, ...] = ()


class RolesAnswered(NamedTuple):
    """Roles that are alike, and what the stolen session of the first of them reaches; the others reach the like."""

    roles: tuple[PlacedRole, ...]
    answers: tuple[SinkAnswer, ...]

    def of(self, placed: PlacedRole) -> Iterator[SinkAnswer]:
        """Yield the answers for the role at *placed*, one of these."""
        first = self.roles[0]
        yield from (one if placed is first else _of_another(placed, first, one) for one in self.answers)


@dataclass(frozen=True, eq=False)
class Compromise:
    """All that stolen sessions of a blueprint's roles reach, and all Denies that stand in their way."""

    answered: tuple[RolesAnswered, ...]
    denies: frozenset[NamedDeny]

    @property
    def answers(self) -> Iterator[SinkAnswer]:
        """The answers of each role by itself, group by group."""
        yield from (answer for group in self.answered for placed in group.roles for answer in group.of(placed))

    @property
    def idle(self) -> tuple[NamedDeny, ...]:
        """The Denies that close no sink alone: for stolen sessions they are superfluous."""
        used = {deny for group in self.answered for one in group.answers for deny in one.alone}
        return tuple(sorted(self.denies - used))


def compromise(blueprint: ComposedBlueprint, around: RoleLayers) -> Compromise:
    """Return what a stolen session of each role of *blueprint* reaches."""
    own = OwnThings(blueprint)
    denies = {*_of_layers(blueprint)}
    answered: list[RolesAnswered] = []
    for group in alike(blueprint).groups:
        asked = _Session(blueprint, around, group[0], own)
        denies |= asked.denies
        answered.append(RolesAnswered(group, tuple(asked.answer(sink) for sink in sinks())))
    return Compromise(tuple(answered), frozenset(denies))


def _of_another(placed: PlacedRole, first: PlacedRole, answer: SinkAnswer) -> SinkAnswer:
    """Return *answer*, which was found for *first*, for the role at *placed*, which differs by its account alone."""

    def moved(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(_moved(text, first.account_id, placed.account_id) for text in texts)

    requests = (
        Request.known(
            one.action, moved((one.resource,))[0], {key: moved(values) for key, values in one.context.items()},
            placed.caller_arn, moved((one.resource_account,))[0] if one.resource_account else None,
        )
        for one in answer.open
    )  # fmt: skip
    by = tuple(text.replace(f"role {first.place} ", f"role {placed.place} ") for text in answer.closed_by)
    alone = frozenset(
        one._replace(layer=f"role {placed.place}") if one.layer == f"role {first.place}" else one
        for one in answer.alone
    )
    return replace(
        answer, place=placed.place, open=tuple(requests), untold=moved(answer.untold), closed_by=moved(by), alone=alone
    )


def _moved(text: str, account: str, other: str) -> str:
    return without_account(text, account).replace(STAND_IN, other)


def _of_layers(blueprint: ComposedBlueprint) -> Iterator[NamedDeny]:
    """Yield every Deny of the organization's policies."""
    for level in blueprint.layers:
        for policy in level.documents.policies:
            for one in policy.document.statements():
                if one.effect is Effect.DENY:
                    yield NamedDeny(f"{level.kind} {policy.name}", str(one.sid))


@dataclass(eq=False)
class _Session:
    """A stolen session, and what stands around it: for targets of each account, and for those outside."""

    blueprint: ComposedBlueprint
    around: RoleLayers
    placed: PlacedRole
    own: OwnThings
    _subjects: dict[str | None, RoleToProve] = field(default_factory=dict)
    _names: dict[int, NamedDeny] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stolen = StolenSession(self.blueprint, self.placed, self.own)

    @property
    def denies(self) -> set[NamedDeny]:
        """The Denies of the role, of its boundary and of the SCPs above it."""
        self.subject(None)
        return set(self._names.values())

    def subject(self, target: str | None) -> RoleToProve:
        """Return the role within its layers, and within the RCPs above the account called *target*."""
        if target not in self._subjects:
            found = within_layers(self.blueprint, self.around, self.placed, target)
            layers = {one.name for one in denies_above(self.around, self.placed, target)}
            for policy in (*found.rendered.documents.policies, *found.rendered.documents.managed_policies):
                where = policy.name if policy.name in layers else f"role {self.placed.place}"
                for one in policy.document.statement:
                    if one.effect is Effect.DENY:
                        self._names[id(one)] = NamedDeny(where, str(one.sid))
            self._subjects[target] = found
        return self._subjects[target]

    def answer(self, sink: SessionSink) -> SinkAnswer:
        """Return what of *sink* the session reaches."""
        found = SinkAnswer(self.placed.place, sink)
        for action in sink.actions:
            try:
                for one in self._of_action(sink, action):
                    found = _with(found, one)
            except TooComplex as error:
                found = replace(found, untold=(*found.untold, f"{action}: {error}"))
        return found

    def _of_action(self, sink: SessionSink, action: str) -> Iterator["_Step"]:
        asked = inquiry(self.subject(None), action)
        if not asked.of(Effect.ALLOW):
            yield _Step(None, ("role: no statement allows it",))
            return
        for question in self.stolen.questions(sink, asked):
            yield self._judged(question)

    def _judged(self, question: SinkQuestion) -> "_Step":
        asked = inquiry(self.subject(question.target), question.action)
        limits = _boundary_limits(self.placed, question)
        found = asked.allowed(question.resource, question.keys, limits=limits)
        if found:
            keys = self._keys_of_policy(question)
            by_policy = asked.allowed(question.resource, keys, limits=limits) if keys != question.keys else None
            return self._through(question, by_policy or found)
        free = asked.allowed(question.resource, question.keys, denies=(), limits=limits)
        if free is None:
            bounded = limits and asked.allowed(question.resource, question.keys, denies=())
            return _Step(None, ("boundary: no statement allows it" if bounded else "role: no statement allows it",))
        return self._closed(asked, question, free, limits)

    def _through(self, question: SinkQuestion, found: Request) -> "_Step":
        """Return that all layers of the role allow the request: the policy of the target has the last word."""
        request = self._request(question, found)
        decided = self._decision(question, request)
        if decided.decision == "Allowed":
            return _Step(request)
        if decided.decision == "ImplicitlyDenied" and self._is_unknown(question):
            return _Step(None, untold=f"{question.action}: the policy of {question.resource} is not the blueprint's")
        layers = {str(layer) for layer, _ in decided.not_allowed_by} | {str(one.layer) for one in decided.by}
        return _Step(None, tuple(f"{layer} of {question.resource}" for layer in sorted(layers)))

    def _keys_of_policy(self, question: SinkQuestion) -> KeyAssignment:
        """Return what is known of the request, with the first values that the target's policy asks of other keys."""
        placed = self.around.policy_of(question.resource) if question.target else None
        found = dict(question.keys)
        for statement in placed.document.statement if placed else ():
            for operator, block in statement.condition.items() if statement.effect is Effect.ALLOW else ():
                for key, values in block.items() if operator in _POSITIVE else ():
                    found.setdefault(key.lower(), values[:1])
        return found

    def _is_unknown(self, question: SinkQuestion) -> bool:
        """Tell whether another account's resource has a policy that nobody here knows: it may let the role in."""
        elsewhere = question.target not in (None, self.placed.account)
        return elsewhere and question.sink.target != "role" and self.around.policy_of(question.resource) is None

    def _request(self, question: SinkQuestion, found: Request) -> Request:
        return Request.known(found.action, found.resource, dict(found.context), self.placed.caller_arn, question.owner)

    def _decision(self, question: SinkQuestion, request: Request) -> Evaluation:
        return evaluate(request, self._policies(question))

    def _policies(self, question: SinkQuestion) -> Policies:
        """Return all layers; what is outside lets everybody in, and no RCP of the organization stands above it."""
        assuming = question.action == "sts:AssumeRole"
        if question.target is None:
            found = self.around.around(self.placed, self.placed.account, _OPEN_ROLE if assuming else _OPEN)
            return replace(found, resource_control=())
        placed = self.around.policy_of(question.resource)
        policy = _OPEN_ROLE if assuming else placed.document if placed else None
        return self.around.around(self.placed, question.target, policy)

    def _closed(self, asked: Inquiry, question: SinkQuestion, free: Request, limits: tuple[Limit, ...]) -> "_Step":
        """Return which Denies close the sink: those without which it is open, else those that deny an example."""
        denies = asked.of(Effect.DENY)
        alone = [
            one for one in denies if self._opens(asked, question, limits, tuple(d for d in denies if d is not one))
        ]
        assignment = {key.lower(): values for key, values in free.context.items()}
        together = [one for one in denies if one.matches(asked.action, question.resource, assignment)]
        named = [self._names[id(one.statement)] for one in alone or together]
        return _Step(None, tuple(dict.fromkeys(map(str, named))), frozenset(named) if alone else frozenset())

    def _opens(
        self, asked: Inquiry, question: SinkQuestion, limits: tuple[Limit, ...], left: tuple[IsolatedStatement, ...]
    ) -> bool:
        """Tell whether a request goes through the Denies that are *left* and the policy of the target."""
        found = asked.allowed(question.resource, question.keys, denies=left, limits=limits)
        if found is None:
            return False
        decided = self._decision(question, self._request(question, found))
        return decided.decision != "ImplicitlyDenied"


class _Step(NamedTuple):
    """The answer to one question: the request that goes through, or what closes it."""

    open: Request | None
    closed_by: tuple[str, ...] = ()
    alone: frozenset[NamedDeny] = frozenset()
    untold: str = ""


def _with(found: SinkAnswer, step: _Step) -> SinkAnswer:
    return replace(
        found,
        asked=found.asked + 1,
        open=(*found.open, step.open) if step.open else found.open,
        closed_by=tuple(dict.fromkeys((*found.closed_by, *step.closed_by))),
        alone=found.alone | step.alone,
        untold=tuple(dict.fromkeys((*found.untold, *filter(None, (step.untold,))))),
    )


def _boundary_limits(placed: PlacedRole, question: SinkQuestion) -> tuple[Limit, ...]:
    """
    Return that the boundary of the role allows the request, as what a search must keep.

    Where an Allow of a boundary has conditions, they are those of the role's own Allows (`rolemgr.layers.boundary`), so
    that the search has their keys.
    """
    boundary = placed.documents.own_boundary
    if boundary is None:
        return ()
    allows = tuple(one for one in boundary.document.statement if one.effect is Effect.ALLOW)
    document = IdentityPolicy(version="2012-10-17", statement=allows)
    policies = Policies(identity=(document,))

    def keeps(assignment: KeyAssignment) -> bool:
        context = Context({key: values for key, values in assignment.items() if values})
        return evaluate(Request(question.action, question.resource, context), policies).decision == "Allowed"

    return (Limit(frozenset().union(*(one.condition_keys() for one in allows)), keeps),)
