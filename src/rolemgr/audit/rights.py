"""
What one principal may do: a request that is allowed, "no", or that it can't be told, and why.

Decided by the evaluator, over the identity policies and the permissions boundary (and a role's trust policy,
where one is to be assumed). SCPs, RCPs and policies of resources are not in the input: an audit says so once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from rolemgr.audit.contexts import Choice, Values, escaped, is_settled, may_choose, satisfied
from rolemgr.compare.budget import Budget
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.known import known_keys
from rolemgr.evaluate.policies import ActionStatements, Layer, Policies
from rolemgr.evaluate.principals import Match, match, read_caller
from rolemgr.evaluate.request import Context, Request, account_in
from rolemgr.evaluate.statement import ReadStatement, takes_resource
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement, TrustPolicy
from rolemgr.iam.wildcards import matches_action, matches_folded_action
from rolemgr.model.inventory import HeldRole

_MOST_ALLOWS: Final = 12
"""How many Allows of one layer are tried, one after the other, for one request."""
_MOST_TRIES: Final = 48
"""How many contexts are tried for one request."""
_MOST_ESCAPES: Final = 4
_ASKED_ABOUT_TIME: Final = "aws:currenttime"


_SESSION_TAGS: Final = "aws:principaltag/"
_TAGS_OF_IAM: Final = ("aws:resourcetag/", "iam:resourcetag/")
Settled: TypeAlias = Mapping[str, str | None]
"""Condition keys, in lower case, with the value that they have; None for a key that is not in the request."""


def _settled(context: Settled) -> dict[str, tuple[str, ...]]:
    return {key: () if value is None else (value,) for key, value in context.items()}


def _is_of_iam(resource: str) -> bool:
    """Tell whether *resource* is a role or user, whose tags the input tells."""
    arn = Arn.parse(resource)
    return arn is not None and arn.service == "iam"


def tags_of(principal: HeldRole) -> Settled:
    """Return the condition keys that the tags of *principal* give a request on it."""
    return {f"{head}{key}".lower(): value for key, value in principal.tags.items() for head in _TAGS_OF_IAM}


_NOTHING: Final = Context()


class Certainty(StrEnum):
    """What is known about a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ShownRequest:
    """A request, and whose policies it was asked of; *trust* is the policy of the role to be assumed, where one is."""

    request: Request
    holder: HeldRole | None = None
    trust_of: str | None = None
    trust: TrustPolicy | None = None


class RightsAnswer(NamedTuple):
    """The *certainty*; where it is allowed, the request that shows it."""

    certainty: Certainty
    shown: ShownRequest | None = None

    def __bool__(self) -> bool:
        return self.certainty is Certainty.ALLOWED


NO: Final = RightsAnswer(Certainty.DENIED)
UNTOLD: Final = RightsAnswer(Certainty.UNKNOWN)


class Rights:
    """The requests of *holder*, at the time *now* (ISO 8601), each paid for from *budget*."""

    def __init__(self, holder: HeldRole, now: str, budget: Budget) -> None:
        self.holder, self._now, self._budget = holder, now, budget
        boundary = holder.boundary.document if holder.boundary else None
        self.untold: dict[str, int] = {}
        """How many requests can't be told, by action."""
        self.cuts: dict[str, str] = {}
        """What was not asked to its end, and why."""
        self.policies = Policies(tuple(one.document for one in holder.policies), boundary)

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """The tags of the principal, by the condition key that has them, in lower case."""
        return {f"aws:principaltag/{key}".lower(): value for key, value in self.holder.tags.items()}

    def speaks(self, action: str) -> bool:
        """Tell whether an Allow of the identity policies speaks of *action* at all."""
        folded = action.lower()  # most principals speak of few actions: what they don't is not kept for each of them
        return any(
            _names(one, folded)
            for document in self.policies.identity
            for one in document.statement
            if one.effect is Effect.ALLOW
        )

    def patterns(self, action: str) -> Iterator[str]:
        """Yield the resources of the Allows that speak of *action*; ``*`` for those that except some."""
        for _, one in self.policies.about(action.lower())[0].statements:
            if one.effect is Effect.ALLOW:
                yield from one.resources if one.resource_element == "Resource" else ("*",)

    def is_uniform(self, action: str) -> bool:
        """Tell whether all that is said about *action* is about every resource alike, whatever tags it has."""
        about = self.policies.about(action.lower())
        everywhere = all(one.everywhere for group in about for _, one in group.statements)
        return everywhere and not any(key.startswith(_TAGS_OF_IAM) for key in _keys(about))

    def _is_on(self, action: str, resource: str) -> bool:
        """Tell whether an Allow on *action* is about *resource*, as far as that can be told without a context."""
        group = self.policies.about(action.lower())[0]
        return any(
            one.everywhere or one.resource_element == "NotResource" or one.resource_variables
            or any(test(resource, _NOTHING) for test in one.resource_tests)
            for _, one in group.statements
            if one.effect is Effect.ALLOW
        )  # fmt: skip

    def ask(
        self, action: str, resource: str, context: Settled | None = None, *, trust: TrustPolicy | None = None,
        trust_of: str | None = None, choice: Choice = Choice.ANY,
    ) -> RightsAnswer:  # fmt: skip
        """
        Return whether the principal may do *action* on *resource*, with *context* as it is.

        *trust* is the policy of the role that is to be assumed. Keys that nobody settles, and that *choice* leaves
        to the caller, are chosen so that the request comes through, if any choice does. Raises TooComplex where the
        budget is spent.
        """
        if trust is None and not (self.speaks(action) and self._is_on(action, resource)):
            return NO
        policies = self.policies if trust is None else self._beside(trust)
        settled = _settled(context or {})
        about = policies.about(action.lower())
        asked = _keys(about)
        settled |= {key: (value,) for key, value in self.tags.items() if key in asked and key not in settled}
        if _is_of_iam(resource):
            settled |= {key: () for key in asked if key.startswith(_TAGS_OF_IAM) and key not in settled}
        if _ASKED_ABOUT_TIME in asked:
            settled.setdefault(_ASKED_ABOUT_TIME, (self._now,))
        trial = _Trial(self.holder.arn, action, resource, settled, policies, about, self._budget, choice)
        trial.has_session_tags = self._has_session_tags
        found = trial.request()
        if found is not None:
            return RightsAnswer(Certainty.ALLOWED, ShownRequest(found, self.holder, trust_of, trust))
        if trial.surely_denied():
            return NO
        self.cannot_tell(action)
        return UNTOLD

    def cannot_tell(self, what: str) -> None:
        """Note once more that nobody can tell *what* for its conditions: an action, or words for what was asked."""
        self.untold[what] = self.untold.get(what, 0) + 1

    def cut_off(self, what: str, reason: str) -> None:
        """Note that *what* was not asked to its end, and the *reason*."""
        self.cuts[what] = reason

    @cached_property
    def _has_session_tags(self) -> bool:
        """Whether the trust policy lets those who assume the role bring tags of their own (sts:TagSession)."""
        trust = self.holder.trust
        actions = (
            (pattern for one in trust.statement if one.effect is Effect.ALLOW for pattern in one.action or ())
            if trust
            else ()
        )
        return any(matches_action(pattern, "sts:TagSession") for pattern in actions)

    def _beside(self, trust: TrustPolicy) -> Policies:
        return Policies(self.policies.identity, self.policies.permissions_boundary, resource=trust)


def _names(statement: IdentityStatement, folded: str) -> bool:
    listed = any(matches_folded_action(pattern, folded) for pattern in statement.action or statement.not_action or ())
    return listed is (statement.not_action is None)


def ask_trust(
    principal: str, role: HeldRole, action: str, context: Settled, budget: Budget, now: str,
    identity: IdentityPolicy | None = None, *, choice: Choice = Choice.ANY,
) -> RightsAnswer:  # fmt: skip
    """
    Return whether the trust policy of *role* lets *principal*, a service or anybody, assume it.

    A principal of another account needs an *identity* policy there too: one that allows it is taken for granted.
    """
    if role.trust is None:
        return UNTOLD
    policies = Policies(() if identity is None else (identity,), resource=role.trust)
    about = policies.about(action.lower())
    settled = _settled(context)
    if _ASKED_ABOUT_TIME in _keys(about):
        settled[_ASKED_ABOUT_TIME] = (now,)
    trial = _Trial(principal, action, role.arn, settled, policies, about, budget, choice)
    found = trial.request()
    if found is None:
        return NO if trial.surely_denied() else UNTOLD
    return RightsAnswer(Certainty.ALLOWED, ShownRequest(found, None, role.arn, role.trust))


def _keys(about: Iterable[ActionStatements]) -> frozenset[str]:
    """Return the condition keys, in lower case, that the statements compare or put into their resources."""
    found: set[str] = set()
    for group in about:
        for _, one in group.statements:
            found.update(condition.folded_key for condition in one.conditions)
            found.update(key.lower() for condition in one.conditions for key in condition.variables)
            if not one.everywhere:
                found.update(key.lower() for key in one.resource_variables)
    return frozenset(found)


class _Trial:
    """The search for a context in which one request is allowed."""

    def __init__(
        self, principal: str, action: str, resource: str, settled: Mapping[str, tuple[str, ...]], policies: Policies,
        about: Iterable[ActionStatements], budget: Budget, choice: Choice,
    ) -> None:  # fmt: skip
        self._principal, self._action, self._resource = principal, action, resource
        known = {one.folded: one.values for one in known_keys(principal, account_in(resource))}
        self._settled, self._given = {**known, **settled}, settled
        self._policies, self._about, self._budget = policies, tuple(about), budget
        self._caller, self._choice = read_caller(principal), choice
        self.has_session_tags = False

    def _is_fixed(self, key: str) -> bool:
        """Tell whether the lower-case *key* has the value that it has; a session may bring tags that its role lacks."""
        if key in self._settled:
            return True
        if self.has_session_tags and key.startswith(_SESSION_TAGS):
            return False
        return is_settled(key) or not may_choose(key, self._choice)

    def request(self) -> Request | None:
        """Return an allowed request, if one is found."""
        tried: list[Values] = []
        for chosen in islice(self._contexts(), _MOST_TRIES):
            for context in (chosen, *self._escapes(chosen)):
                if context in tried or len(tried) >= _MOST_TRIES:
                    continue
                tried.append(context)
                request = self._made(context)
                self._budget.spend(1)
                if evaluate(request, self._policies).decision == "Allowed":
                    return request
        return None

    def _made(self, chosen: Values) -> Request:
        context = {key: list(values) for key, values in {**chosen, **self._given}.items() if values}
        return Request.known(self._action, self._resource, context, self._principal, None)

    def _contexts(self) -> Iterator[Values]:
        """Yield contexts that satisfy one Allow of each layer."""
        found: list[Values] = [{}]
        for group in self._about:
            allows = list(islice(self._allows(group), _MOST_ALLOWS))
            if not allows and group.layer in (Layer.RESOURCE, Layer.TRUST, Layer.IDENTITY):
                continue  # another layer may allow it alone, or the evaluator says no
            found = [
                made
                for chosen in found
                for one in allows
                if (made := satisfied(one, self._settled, chosen, self._is_fixed)) is not None
            ]
            found = found[:_MOST_ALLOWS]
        yield from found

    def _allows(self, group: ActionStatements) -> Iterator[ReadStatement]:
        for _, one in group.statements:
            if one.effect is Effect.ALLOW and self._is_about(one):
                yield one

    def _is_about(self, statement: ReadStatement) -> bool:
        named = statement.principals is None or match(statement.principals, self._caller, bounded=False)
        return bool(named) and (statement.everywhere or takes_resource(statement, self._made({})))

    def _escapes(self, chosen: Values) -> Iterator[Values]:
        """Yield *chosen* changed so that the Denies which match it don't, one after the other."""

        def fixed(key: str) -> bool:
            return key in chosen or self._is_fixed(key)

        current = [chosen]
        for deny in self._denies():
            context = Context({**current[0], **self._settled})
            if not all(condition.holds(context) for condition in deny.conditions):
                continue
            changed = list(islice(escaped(deny, self._settled, current[0], fixed), _MOST_ESCAPES))
            if not changed:
                return
            current = changed
            yield from changed

    def _denies(self) -> Iterator[ReadStatement]:
        for group in self._about:
            yield from (one for _, one in group.statements if one.effect is Effect.DENY and self._is_about(one))

    def surely_denied(self) -> bool:
        """Tell whether no context lets it come through: no Allow is about it, or a Deny has nothing to escape by."""
        if any(self._is_unconditional(deny) for deny in self._denies()):
            return True
        identity = any(self._may_allow(group) for group in self._about if group.layer is Layer.IDENTITY)
        trusted = self._trusted()
        if trusted is Match.NONE or (not identity and trusted in (None, Match.ACCOUNT)):
            return True
        return not all(self._may_allow(group) for group in self._about if group.layer is Layer.PERMISSIONS_BOUNDARY)

    def _trusted(self) -> Match | None:
        """Return how an Allow of the trust policy may let the principal in; None where no role is to be assumed."""
        groups = [group for group in self._about if group.layer is Layer.TRUST]
        if not groups:
            return None
        found = (
            match(one.principals, self._caller, bounded=False)
            for one in self._allows(groups[0])
            if one.principals and not self._fails(one)
        )
        return max(found, default=Match.NONE)

    def _may_allow(self, group: ActionStatements) -> bool:
        """Tell whether a statement of *group* might allow it: no settled key fails one of its conditions."""
        return any(not self._fails(one) for one in self._allows(group))

    def _fails(self, statement: ReadStatement) -> bool:
        context = Context(self._settled)
        return any(
            self._is_fixed(one.folded_key) and not one.holds(context)
            for one in statement.conditions
            if not any(not self._is_fixed(key.lower()) for key in one.variables)
        )

    def _is_unconditional(self, deny: ReadStatement) -> bool:
        context = Context(self._settled)
        return all(
            self._is_fixed(one.folded_key) and one.holds(context) and not one.variables for one in deny.conditions
        )


ANYTHING: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
"""What the policies of another account are taken to allow its own principals."""
