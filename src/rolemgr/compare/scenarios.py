"""
Caller scenarios: who asks, and what else is around the policies that are compared.

The identity policies of a principal are asked as they are, by the principal that has them. What a resource policy or a
trust policy gives depends on who asks, and how it names them: so it is asked by every kind of principal that
the policies tell apart, in three ways.

- from another account, with identity policies that allow everything: does it let them in at all;
- from the same account and without identity policies: does it let them in by itself, as it does when it names
  the user or the role and not just the account;
- the same under a permissions boundary that allows nothing, which only a user or a session named as such passes.

Within an account a resource policy has a fourth say: its Denies stop what identity policies allow. Whom a Deny
that is gone stopped is asked apart (*lifted*).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from rolemgr.compare.callers import ELSEWHERE, STRANGER, callers_of, can_ask
from rolemgr.compare.place import ComparedPlace
from rolemgr.compare.regions import Pattern
from rolemgr.compare.search_space import SearchSpace
from rolemgr.compare.statements import CompiledPolicies, CompiledStatement
from rolemgr.compare.values import ValueLimits
from rolemgr.evaluate.known import known_keys
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.principals import Caller, CallerKind, Match, match, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.iam.variables import Piece
from rolemgr.iam.wildcards import arn_steps, literal_steps

_EVERYTHING: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


_NOTHING: Final = IdentityPolicy(version="2012-10-17", statement=())


_OF_NOBODY: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:principalaccount": ("anonymous",), "aws:principalarn": (), "aws:principalorgid": (),
    "aws:principalorgpaths": (), "aws:principalisawsservice": (), "aws:principalservicename": (),
}  # fmt: skip
"""
What anonymous requests carry: the account, and none of the others, not even that they come from no service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""


_LIFTED: Final = "within the account, to principals whose identity policies allow it"


_WITH_POLICIES: Final = frozenset(
    {CallerKind.USER, CallerKind.ROLE, CallerKind.SESSION, CallerKind.FEDERATED_USER, CallerKind.ROOT}
)
"""Whom a Deny of a resource policy stops within their account: the root user needs no policy at all."""


_INSIDE: Final = _WITH_POLICIES - {CallerKind.ROOT}
"""Those whom a resource policy can let in within their account, whatever their own policies say."""


_ROLES: Final = ("arn:*:iam::{account}:role/{name}", "arn:*:iam::{account}:role/*/{name}")


_ARNS: Final[Mapping[CallerKind, tuple[str, ...]]] = {
    CallerKind.ROLE: _ROLES,
    CallerKind.SESSION: _ROLES,
    CallerKind.USER: ("arn:*:iam::{account}:user/{name}", "arn:*:iam::{account}:user/*/{name}"),
    CallerKind.FEDERATED_USER: ("arn:*:sts::{account}:federated-user/{name}",),
    CallerKind.ROOT: ("arn:*:iam::{account}:root",),
}
"""What `aws:PrincipalArn` can be, by who asks."""


_CALLER_ACCOUNT: Final = "kms:calleraccount"
"""
The account of who asks for a key.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
"""


class CallerScenario(NamedTuple):
    """
    Who asks: *principal*, None for the principal that has the policies; from which *resource_account*; how strongly an
    Allow must name them; whether they have a boundary; what *note* a difference found here needs.
    """

    principal: str | None = None
    resource_account: str | None = None
    strength: Match = Match.ACCOUNT
    bounded: bool = False
    note: str = ""
    named: frozenset[str] = frozenset()
    """The ARNs that the policies name in full, which stand for themselves."""
    lifted: bool = False
    """It is asked whom a Deny of a resource policy stops, though identity policies allow."""
    accounts: frozenset[str] = frozenset()
    """The accounts that the policies name."""

    @property
    def itself(self) -> bool:
        """Whether the principal stands for itself alone: its keys then have one value, and not many."""
        return self.principal in self.named

    @property
    def caller(self) -> Caller:
        """The principal, read."""
        return read_caller(self.principal)

    def start(self, space: SearchSpace) -> int:
        """Return the mask of the statements that name the principal, an Allow as strongly as it must."""
        return sum(space.bit(statement) for statement in space.statements if self._named(statement))

    def _named(self, statement: CompiledStatement) -> bool:
        if statement.principals is None:
            return True
        least = self.strength if statement.effect is Effect.ALLOW else Match.ACCOUNT
        return match(statement.principals, self.caller, bounded=self.bounded) >= least

    def around(self, policies: Policies) -> Policies:
        """Return *policies* with what is around them in this scenario."""
        if self.principal is None:
            return policies
        everything = (_EVERYTHING,) if self.strength is Match.ACCOUNT else ()
        boundary = None if not self.bounded else _NOTHING if self.strength is Match.DIRECT else _EVERYTHING
        session = (_EVERYTHING,) if self.caller.kind is CallerKind.FEDERATED_USER else ()
        return replace(policies, identity=everything, permissions_boundary=boundary, session=session)

    def lacks(self, key: str) -> bool:
        """Tell whether *key*, lower case, is one of those about an IAM principal, and the principal is none."""
        outside = self.caller.kind in (CallerKind.SERVICE, CallerKind.PROVIDER)
        return outside and key.startswith("aws:principal") and key not in self.filled()

    def doubts(self, request: Request) -> Iterator[str]:
        """Yield what *request* says of its principal that AWS would not."""
        for key in request.context:
            if self.lacks(key.lower()):
                yield f"a service or an identity provider has no {key}"

    def request(self, action: str, resource: str, context: object) -> Request:
        """Return the request as it is made in this scenario."""
        account = self.resource_account
        return Request.known(action, resource, context, self.principal, account)

    def filled(self) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that follow from the principal as it stands here."""
        nobody = _OF_NOBODY if self.caller.kind is CallerKind.ANONYMOUS else {}
        return {**nobody, **{key: values for key, _, values in known_keys(self.principal, self.resource_account)}}

    def certain(self) -> dict[str, tuple[str, ...]]:
        """
        Return those condition keys that are the same for all principals that this one stands for.

        One that is named in full stands for itself, a stranger for those of all accounts that nobody names.
        """
        known = {key: values for key, _, values in known_keys(self.principal, None)}
        if self.caller.kind is CallerKind.ANONYMOUS:
            return dict(_OF_NOBODY)
        if self.itself:
            return known
        same = {"aws:principalisawsservice", "aws:principaltype"}
        if self.caller.account != STRANGER:
            same.add("aws:principalaccount")
        return {key: values for key, values in known.items() if key in same}

    def within(self) -> dict[str, ValueLimits]:
        """Return the values that keys can have for the principals that this one stands for."""
        caller = self.caller
        others = ValueLimits(but=_exactly(self.accounts))
        if caller.account == STRANGER:
            return {"aws:principalaccount": others, _CALLER_ACCOUNT: others} | self._arns()
        own = {_CALLER_ACCOUNT: ValueLimits(tuple(_exactly((caller.account,))))} if caller.account else {}
        return own | self._arns()

    def _others(self) -> frozenset[Pattern]:
        """Return the ARNs of those whom the policies tell apart from a principal that stands for many."""
        accounts = self.accounts if self.caller.account == STRANGER else ()
        texts = (f"arn:*:*::{account}:*" for account in accounts)
        return _exactly(self.named) | {Pattern(arn_steps((Piece(text, live=True),))) for text in texts}

    def _arns(self) -> dict[str, ValueLimits]:
        caller = self.caller
        if caller.kind not in _ARNS or "aws:principalarn" in self.certain():
            return {}
        account = "*" if caller.account == STRANGER else caller.account
        name = caller.name if self.itself else "*"
        texts = dict.fromkeys(text.format(account=account, name=name) for text in _ARNS[caller.kind])
        among = tuple(Pattern(arn_steps((Piece(text, live=True),))) for text in texts)
        return {"aws:principalarn": ValueLimits(among, frozenset() if self.itself else self._others())}


def _exactly(texts: Iterable[str]) -> frozenset[Pattern]:
    return frozenset(Pattern(literal_steps(text)) for text in texts)


def scenarios_of(
    new: CompiledPolicies, old: CompiledPolicies, *, lifted: bool = False, at: ComparedPlace | None = None
) -> tuple[CallerScenario, ...]:  # fmt: skip
    """
    Return the scenarios to compare in: one for identity policies, else one for each kind of principal.

    *lifted* asks whom a Deny of a resource policy stops though identity policies of the same account allow. Of a
    resource that is known, *at* its place, only its own account is the same, and a role has no anonymous callers.
    """
    if new.policies.resource is None and old.policies.resource is None:
        return (CallerScenario(),)
    statements = (*new.statements, *old.statements)
    asking = callers_of(statements, at.account if at else "")
    callers = tuple(text for text in dict.fromkeys(asking) if can_ask(text) and _may_ask(text, at))
    named = frozenset(arn for statement in statements if statement.principals for arn in statement.principals.arns)
    if lifted:
        within = [text for text in callers if read_caller(text).kind in _WITH_POLICIES and _is_within(text, at)]
        lifts = (CallerScenario(text, read_caller(text).account, note=_LIFTED, lifted=True) for text in within)
        return tuple(scenario._replace(named=named, accounts=_accounts(callers)) for scenario in lifts)
    bounds = (False, True) if any(map(_not_principal, statements)) else (False,)
    home = at.account if at else ELSEWHERE
    outside = [text for text in callers if at is None or at.is_guarded or not _is_within(text, at)]
    first = [CallerScenario(text, home, bounded=bounded) for text in outside for bounded in bounds]
    inside = [text for text in callers if read_caller(text).kind in _INSIDE and _is_within(text, at)]
    scenarios = (*first, *(scenario for text in inside for scenario in _within(text)))
    if at:  # who is of an account says more than a service that nobody names
        scenarios = tuple(sorted(scenarios, key=lambda one: one.caller.account is None))
    return tuple(scenario._replace(named=named, accounts=_accounts(callers)) for scenario in scenarios)


def _may_ask(text: str, at: ComparedPlace | None) -> bool:
    return at is None or not at.is_guarded or read_caller(text).kind is not CallerKind.ANONYMOUS


def _is_within(text: str, at: ComparedPlace | None) -> bool:
    """Tell whether *text* may be of the account of the resource: any may where that is not known."""
    return at is None or read_caller(text).account == at.account


def _accounts(callers: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, (read_caller(text).account for text in callers))) - {STRANGER}


def strangers(scenarios: Iterable[CallerScenario]) -> tuple[CallerScenario, ...]:
    """Return those of *scenarios* whose caller no policy names: one of another account, or an anonymous one."""
    return tuple(scenario for scenario in scenarios if scenario.strength is Match.ACCOUNT and _unnamed(scenario.caller))


def _unnamed(caller: Caller) -> bool:
    return caller.kind is CallerKind.ANONYMOUS or caller.account == STRANGER


def _within(text: str) -> Iterator[CallerScenario]:
    account = read_caller(text).account
    alone = "within the account, without any identity policy"
    yield CallerScenario(text, account, Match.LIMITED, False, alone)
    yield CallerScenario(text, account, Match.DIRECT, True, f"{alone} and whatever the permissions boundary allows")


def _not_principal(statement: CompiledStatement) -> bool:
    return statement.principals is not None and statement.principals.element == "NotPrincipal"
