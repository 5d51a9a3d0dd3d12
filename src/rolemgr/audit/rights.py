"""
What one principal may do: a request that is allowed, "no", or that it can't be told, and why.

Decided by the evaluator, over the identity policies and the permissions boundary, a role's trust policy where one
is to be assumed, and what the input has of SCPs, RCPs and policies of resources. What it does not have of these, an
audit says once.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from rolemgr.audit.contexts import Choice, may_choose
from rolemgr.audit.fillings import fillings
from rolemgr.audit.named import NamedResources, Names, named_resources, names_beside
from rolemgr.audit.surroundings import ResourceControls, Surroundings
from rolemgr.audit.times import moments, time_keys
from rolemgr.audit.trial import OWNER, Trial
from rolemgr.compare.budget import Budget
from rolemgr.evaluate.known import known_keys
from rolemgr.evaluate.policies import ActionStatements, Policies
from rolemgr.evaluate.request import Context, Request, account_in
from rolemgr.iam.arn import REGION, Arn
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement, ResourcePolicy, TrustPolicy
from rolemgr.iam.wildcards import matches_action, matches_folded_action
from rolemgr.model.inventory import HeldRole
from rolemgr.model.inventory_layers import HeldResource
from rolemgr.reference.quirks import only_region

_MOST_REGIONS: Final = 6


_TAGS_OF_IAM: Final = ("aws:resourcetag/", "iam:resourcetag/")
Settled: TypeAlias = Mapping[str, str | None]
"""Condition keys, in lower case, with the value that they have; None for a key that is not in the request."""


def _settled(context: Settled) -> dict[str, tuple[str, ...]]:
    return {key: () if value is None else (value,) for key, value in context.items()}


def _region_of(action: str, arn: str, asked: frozenset[str], settled: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return aws:RequestedRegion of *action*, where that is *asked* and the service has one endpoint in all Regions."""
    region = only_region(action.partition(":")[0]) if arn.startswith("arn:aws:") else None
    return {_REGION: (region,)} if region and _REGION in asked and _REGION not in settled else {}


_REGION: Final = "aws:requestedregion"


def _is_of_iam(resource: str) -> bool:
    """Tell whether *resource* is a role or user, whose tags the input tells."""
    arn = Arn.parse(resource)
    return arn is not None and arn.service == "iam"


def tags_of(principal: HeldRole) -> Settled:
    """Return the condition keys that the tags of *principal* give a request on it."""
    return {f"{head}{key}".lower(): value for key, value in principal.tags.items() for head in _TAGS_OF_IAM}


_NOTHING: Final = Context()
_TAGS: Final = ("aws:principaltag/",)


class Certainty(StrEnum):
    """What is known about a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ShownRequest:
    """
    A request, and whose policies it was asked of.

    *trust* is the policy of the role to be assumed, where one is; *resource* what has the policy that decides about it.
    """

    request: Request
    holder: HeldRole | None = None
    trust_of: str | None = None
    trust: TrustPolicy | None = None
    resource: HeldResource | None = None


class RightsAnswer(NamedTuple):
    """The *certainty*; where it is allowed, the request that shows it."""

    certainty: Certainty
    shown: ShownRequest | None = None

    def __bool__(self) -> bool:
        return self.certainty is Certainty.ALLOWED


NO: Final = RightsAnswer(Certainty.DENIED)
UNTOLD: Final = RightsAnswer(Certainty.UNKNOWN)


class Rights:
    """
    The requests of *holder*, at the time *now* (ISO 8601), each paid for from *budget*.

    *policies* are those of the principal and its account; those of a resource come to them request by request.
    """

    def __init__(
        self, holder: HeldRole, now: str, budget: Budget, around: Surroundings | None = None,
        free: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.holder, self._now, self._budget, self._around = holder, now, budget, around
        self.free = free
        """Keys, or how they begin, in lower case, that have any value that is wanted."""
        boundary = holder.boundary.document if holder.boundary else None
        scps = around.scps(holder.account) if around else ()
        self._of_account = around.of_account(holder.account) if around else ()
        self._beside: dict[tuple[int, str], Policies] = {}
        self.untold: dict[str, int] = {}
        """How many requests can't be told, by action."""
        self.cuts: dict[str, str] = {}
        """What was not asked to its end, and why."""
        self.policies = Policies(tuple(one.document for one in holder.policies), boundary, service_control=scps)

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """The tags of the principal, by the condition key that has them, in lower case."""
        return {f"aws:principaltag/{key}".lower(): value for key, value in self.holder.tags.items()}

    @cached_property
    def names(self) -> Names:
        """Names to ask about; that its policies know each that could be taken is noted."""
        found = names_beside(self.policies)
        if not found.found:
            self.cut_off("what it may do on names that its policies do not know", "each name that is tried is known")
        return found

    def named(self, action: str, resource: str | None = None) -> NamedResources:
        """Return on what, within *resource*, its own layers may allow *action*, with the variables it has."""
        known = {key: value for key, value in self.tags.items() if value}
        known |= {one.folded: one.values[0] for one in known_keys(self.holder.arn, self.holder.account)}
        return named_resources(self.policies.about(action.lower()), known, resource)

    def regions(self, action: str) -> tuple[str | None, ...]:
        """
        Return where to ask about *action* on any name: anywhere, then in the Regions that Allows name.

        Who may in one Region may on what is there: no team has its work in all of them.
        """
        arns = (Arn.parse(one) for one in self.patterns(action))
        named = dict.fromkeys(one.region for one in arns if one and REGION.fullmatch(one.region))
        return (None, *sorted(named)[:_MOST_REGIONS])

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
        trust_of: str | None = None, choice: Choice = Choice.ANY, note: bool = True,
    ) -> RightsAnswer:  # fmt: skip
        """
        Return whether the principal may do *action* on *resource*, with *context* as it is.

        *trust* is the policy of the role that is to be assumed. Keys that nobody settles, and that *choice* leaves
        to the caller, are chosen so that the request comes through, if any choice does. That it can't be told is
        counted, unless *note* says that it is asked once more. Raises TooComplex where the budget is spent.
        """
        held = self._around.at(resource) if self._around else None
        opened = trust or (held.policy if held else None)
        if opened is None and not (self.speaks(action) and self._is_on(action, resource)):
            return NO
        owner = account_in(resource) or (held.account if held else None)
        policies = self._policies(action, opened, owner or self.holder.account)
        settled = _settled(context or {})
        about = policies.about(action.lower())
        asked = _keys(about)
        settled |= {key: (value,) for key, value in self._of_account if key in asked and key not in settled}
        settled |= {key: (value,) for key, value in self.tags.items() if key in asked and key not in settled}
        settled |= _region_of(action, self.holder.arn, asked, settled)
        if _is_of_iam(resource):
            settled |= {key: () for key in asked if key.startswith(_TAGS_OF_IAM) and key not in settled}
        if "aws:userid" in asked and (identifier := self._user_id()):
            settled.setdefault("aws:userid", (identifier,))
        denied = True
        # whose bucket it is, no ARN tells: as one of this account it may be allowed, too
        owners = (None, self.holder.account) if owner is None and OWNER in asked else (owner,)
        times = tuple(moments(about, asked, self._now, choice))
        for asking, own_tags in self._tagged(settled, choice):
            free = self.free or (_TAGS if self._has_session_tags and may_choose(_TAGS[0], choice) else ())
            filled = fillings(about, resource, asking, choice, free)
            for whose, filling, moment in itertools.product(owners, filled, times):
                timed = {**time_keys(moment, asked, is_session=self.holder.kind == "role"), **filling, **asking}
                trial = Trial(self.holder.arn, action, resource, timed, policies, about, self._budget, choice, whose)
                trial.has_session_tags, trial.is_known = self._has_session_tags, self.holder.unique_id is not None
                trial.own_tags, trial.free = own_tags, self.free
                found = trial.request()
                if found is not None:
                    shown = ShownRequest(found, self.holder, trust_of, trust, held if held and held.policy else None)
                    return RightsAnswer(Certainty.ALLOWED, shown)
                denied = denied and trial.surely_denied()
        if denied:
            return NO
        if note:
            self.cannot_tell(action)
        return UNTOLD

    def _tagged(
        self, settled: Mapping[str, tuple[str, ...]], choice: Choice
    ) -> Iterator[tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]]:
        """
        Yield the keys as they are *settled*; then without the tags of a role whose sessions may bring others.

        Keys that are *free* are never settled: with the values that they have they are asked about elsewhere.

        A session tag takes the place of the role's tag of the same key; where it brings none, the role's stays.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
        """
        if self.free:
            free = {key: value for key, value in settled.items() if key.startswith(self.free)}
            others = {key: value for key, value in settled.items() if key not in free}
            yield from ((others, kept) for kept in ([free, {}] if any(free.values()) else [{}]))
            return
        yield settled, {}
        own = {key: value for key, value in settled.items() if key in self.tags}
        if own and self._has_session_tags and all(may_choose(key, choice) for key in own):
            yield {key: value for key, value in settled.items() if key not in own}, own

    def _user_id(self) -> str | None:
        """Return aws:userid: a user's id, or a role's with the name of a session, which whoever assumes it chooses."""
        known = self.holder.unique_id
        return known if known is None or self.holder.kind != "role" else f"{known}:{self.names.example}"

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

    def keys_of(self, shown: ShownRequest) -> frozenset[str]:
        """Return the condition keys, in lower case, that the policies by which *shown* was judged ask."""
        return _keys(self.policies_for(shown).about(shown.request.action.lower()))

    def policies_for(self, shown: ShownRequest) -> Policies:
        """Return the policies by which the request *shown* was judged."""
        request, held = shown.request, shown.resource
        opened = shown.trust or (held.policy if held else None)
        return self._policies(request.action, opened, request.resource_account or self.holder.account)

    def _policies(self, action: str, opened: ResourcePolicy | TrustPolicy | None, account: str) -> Policies:
        """Return the policies with that of the resource, and the RCPs of the *account* that owns it."""
        rcps = self._around.rcps(account, action) if self._around else ()
        if opened is None and not rcps:
            return self.policies
        key = id(opened), account if rcps else ""
        if key not in self._beside:
            mine = self.policies
            made = Policies(
                mine.identity, mine.permissions_boundary, service_control=mine.service_control,
                resource_control=rcps, resource=opened,
            )  # fmt: skip
            if isinstance(opened, TrustPolicy):
                return made  # one of thousands of roles: each is asked about once
            self._beside[key] = made
        return self._beside[key]


def _names(statement: IdentityStatement, folded: str) -> bool:
    listed = any(matches_folded_action(pattern, folded) for pattern in statement.action or statement.not_action or ())
    return listed is (statement.not_action is None)


def ask_trust(
    principal: str, role: HeldRole, action: str, context: Settled, budget: Budget, now: str,
    identity: IdentityPolicy | None = None, *, choice: Choice = Choice.ANY, rcps: ResourceControls = (),
) -> RightsAnswer:  # fmt: skip
    """
    Return whether the trust policy of *role* and the *rcps* let *principal*, a service or anybody, assume it.

    A principal of another account needs an *identity* policy there too: one that allows it is taken for granted.
    """
    if role.trust is None:
        return UNTOLD
    policies = Policies(() if identity is None else (identity,), resource_control=rcps, resource=role.trust)
    found = _ask_outsider(principal, action, role.arn, role.account, policies, context, now, budget, choice)
    if isinstance(found, Request):
        return RightsAnswer(Certainty.ALLOWED, ShownRequest(found, None, role.arn, role.trust))
    return found


def ask_resource(
    principal: str, held: HeldResource, action: str, resource: str, context: Settled, budget: Budget, now: str,
    *, choice: Choice = Choice.ANY, rcps: ResourceControls = (),
) -> RightsAnswer:  # fmt: skip
    """
    Return whether the policy of *held* and the *rcps* let *principal*, of another account or a service, in.

    What its own account must allow is taken for granted. *resource* is what is asked for: *held*, or a part of it.
    """
    if held.unknown:
        return UNTOLD
    identity = (ANYTHING,) if principal.startswith("arn:") else ()
    policies = Policies(identity, resource_control=rcps, resource=held.policy)
    found = _ask_outsider(principal, action, resource, held.account, policies, context, now, budget, choice)
    if isinstance(found, Request):
        return RightsAnswer(Certainty.ALLOWED, ShownRequest(found, resource=held))
    return found


def _ask_outsider(
    principal: str, action: str, resource: str, owner: str, policies: Policies, context: Settled, now: str,
    budget: Budget, choice: Choice,
) -> Request | RightsAnswer:  # fmt: skip
    """Return a request of *principal* that *policies* allow, or that none is, or that it can't be told."""
    about = policies.about(action.lower())
    asked, denied = _keys(about), True
    for moment in moments(about, asked, now, choice):
        settled = {**time_keys(moment, asked, is_session=":role/" in principal), **_settled(context)}
        settled |= _region_of(action, resource, asked, settled)
        trial = Trial(principal, action, resource, settled, policies, about, budget, choice, owner)
        trial.is_outside = True
        if found := trial.request():
            return found
        denied = denied and trial.surely_denied()
    return NO if denied else UNTOLD


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


ANYTHING: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
"""What the policies of another account are taken to allow its own principals."""
