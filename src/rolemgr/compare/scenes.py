"""
Scenes: who asks, and what else is around the policies that are compared.

The identity policies of a principal are asked as they are, by whoever has them. What a resource policy or a
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

from rolemgr.compare.regions import Pattern
from rolemgr.compare.search import Arena
from rolemgr.compare.statements import Said, Side
from rolemgr.compare.values import Limits
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.known import known_keys
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.principals import Caller, Kind, Match, match, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.iam.variables import Piece
from rolemgr.iam.wildcards import arn_steps, literal_steps

_EVERYTHING: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
_NOTHING: Final = IdentityPolicy(version="2012-10-17", statement=())
_STRANGER: Final = "999999999999"
_ELSEWHERE: Final = "000000000000"
_OF_NOBODY: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:principalaccount": ("anonymous",), "aws:principalarn": (), "aws:principalorgid": (),
    "aws:principalorgpaths": (), "aws:principalisawsservice": (), "aws:principalservicename": (),
}  # fmt: skip
"""
What anonymous requests carry: the account, and none of the others, not even that they come from no service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""
_LIFTED: Final = "within the account, to whomever identity policies allow it"
_WITH_POLICIES: Final = frozenset({Kind.USER, Kind.ROLE, Kind.SESSION, Kind.FEDERATED_USER, Kind.ROOT})
"""Whom a Deny of a resource policy stops within their account: the root user needs no policy at all."""
_INSIDE: Final = _WITH_POLICIES - {Kind.ROOT}
"""Those whom a resource policy can let in within their account, whatever their own policies say."""

_ROLES: Final = ("arn:*:iam::{account}:role/{name}", "arn:*:iam::{account}:role/*/{name}")
_ARNS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.ROLE: _ROLES,
    Kind.SESSION: _ROLES,
    Kind.USER: ("arn:*:iam::{account}:user/{name}", "arn:*:iam::{account}:user/*/{name}"),
    Kind.FEDERATED_USER: ("arn:*:sts::{account}:federated-user/{name}",),
    Kind.ROOT: ("arn:*:iam::{account}:root",),
}
"""What `aws:PrincipalArn` can be, by who asks."""


class Scene(NamedTuple):
    """
    Who asks: *principal*, None for whoever has the policies; from which *resource_account*; how strongly an
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
        """Whether the principal stands for itself alone."""
        return self.principal in self.named

    @property
    def caller(self) -> Caller:
        """The principal, read."""
        return read_caller(self.principal)

    def start(self, arena: Arena) -> int:
        """Return the mask of the statements that name the principal, an Allow as strongly as it must."""
        return sum(arena.bit(said) for said in arena.statements if self._named(said))

    def _named(self, said: Said) -> bool:
        if said.principals is None:
            return True
        least = self.strength if said.effect is Effect.ALLOW else Match.ACCOUNT
        return match(said.principals, self.caller, bounded=self.bounded) >= least

    def around(self, policies: Policies) -> Policies:
        """Return *policies* with what is around them in this scene."""
        if self.principal is None:
            return policies
        everything = (_EVERYTHING,) if self.strength is Match.ACCOUNT else ()
        boundary = None if not self.bounded else _NOTHING if self.strength is Match.DIRECT else _EVERYTHING
        session = (_EVERYTHING,) if self.caller.kind is Kind.FEDERATED_USER else ()
        return replace(policies, identity=everything, permissions_boundary=boundary, session=session)

    def lacks(self, key: str) -> bool:
        """Tell whether *key*, lower case, is one of those about an IAM principal, and the principal is none."""
        outside = self.caller.kind in (Kind.SERVICE, Kind.PROVIDER)
        return outside and key.startswith("aws:principal") and key not in self.filled()

    def doubts(self, request: Request) -> Iterator[str]:
        """Yield what *request* says of its principal that AWS would not."""
        for key in request.context:
            if self.lacks(key.lower()):
                yield f"a service or an identity provider has no {key}"

    def request(self, action: str, resource: str, context: object) -> Request:
        """Return the request as it is made in this scene."""
        account = self.resource_account
        return Request.known(action, resource, context, self.principal, account)

    def filled(self) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that follow from the principal as it stands here."""
        return {key: values for key, _, values in known_keys(self.principal, self.resource_account)}

    def certain(self) -> dict[str, tuple[str, ...]]:
        """
        Return those condition keys that are the same for all principals that this one stands for.

        One that is named in full stands for itself, a stranger for those of all accounts that nobody names.
        """
        known = {key: values for key, _, values in known_keys(self.principal, None)}
        if self.caller.kind is Kind.ANONYMOUS:
            return dict(_OF_NOBODY)
        if self.itself:
            return known
        same = {"aws:principalisawsservice", "aws:principaltype"}
        if self.caller.account != _STRANGER:
            same.add("aws:principalaccount")
        return {key: values for key, values in known.items() if key in same}

    def within(self) -> dict[str, Limits]:
        """Return the values that keys can have for the principals that this one stands for."""
        caller = self.caller
        account_of_others = {"aws:principalaccount": Limits(but=_exactly(self.accounts))}
        limits = account_of_others if caller.account == _STRANGER else {}
        return limits | self._arns()

    def _others(self) -> frozenset[Pattern]:
        """Return the ARNs of those whom the policies tell apart from a principal that stands for many."""
        accounts = self.accounts if self.caller.account == _STRANGER else ()
        texts = (f"arn:*:*::{account}:*" for account in accounts)
        return _exactly(self.named) | {Pattern(arn_steps((Piece(text, live=True),))) for text in texts}

    def _arns(self) -> dict[str, Limits]:
        caller = self.caller
        if caller.kind not in _ARNS or "aws:principalarn" in self.certain():
            return {}
        account = "*" if caller.account == _STRANGER else caller.account
        name = caller.name if self.itself else "*"
        texts = dict.fromkeys(text.format(account=account, name=name) for text in _ARNS[caller.kind])
        among = tuple(Pattern(arn_steps((Piece(text, live=True),))) for text in texts)
        return {"aws:principalarn": Limits(among, frozenset() if self.itself else self._others())}


def _exactly(texts: Iterable[str]) -> frozenset[Pattern]:
    return frozenset(Pattern(literal_steps(text)) for text in texts)


def scenes_of(new: Side, old: Side, *, lifted: bool = False) -> tuple[Scene, ...]:
    """
    Return the scenes to compare in: one for identity policies, else one for each kind of principal.

    *lifted* asks whom a Deny of a resource policy stops though identity policies of the same account allow.
    """
    if new.policies.resource is None and old.policies.resource is None:
        return (Scene(),)
    statements = (*new.statements, *old.statements)
    callers = tuple(text for text in dict.fromkeys(_callers(statements)) if _can_ask(text))
    named = frozenset(arn for said in statements if said.principals for arn in said.principals.arns)
    if lifted:
        within = [text for text in callers if read_caller(text).kind in _WITH_POLICIES]
        lifts = (Scene(text, read_caller(text).account, note=_LIFTED, lifted=True) for text in within)
        return tuple(scene._replace(named=named, accounts=_accounts(callers)) for scene in lifts)
    bounds = (False, True) if any(map(_not_principal, statements)) else (False,)
    first = [Scene(text, _ELSEWHERE, bounded=bounded) for text in callers for bounded in bounds]
    inside = [text for text in callers if read_caller(text).kind in _INSIDE]
    scenes = (*first, *(scene for text in inside for scene in _within(text)))
    return tuple(scene._replace(named=named, accounts=_accounts(callers)) for scene in scenes)


def _accounts(callers: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, (read_caller(text).account for text in callers))) - {_STRANGER}


def strangers(scenes: Iterable[Scene]) -> tuple[Scene, ...]:
    """Return those of *scenes* in which somebody asks whom no policy names: from another account, or nobody at all."""
    return tuple(scene for scene in scenes if scene.strength is Match.ACCOUNT and _unnamed(scene.caller))


def _unnamed(caller: Caller) -> bool:
    return caller.kind is Kind.ANONYMOUS or caller.account == _STRANGER


def _within(text: str) -> Iterator[Scene]:
    account = read_caller(text).account
    alone = "within the account, without any identity policy"
    yield Scene(text, account, Match.LIMITED, False, alone)
    yield Scene(text, account, Match.DIRECT, True, f"{alone} and whatever the permissions boundary allows")


def _not_principal(said: Said) -> bool:
    return said.principals is not None and said.principals.element == "NotPrincipal"


def _callers(statements: Iterable[Said]) -> Iterator[str]:
    """Yield one principal for each that the statements can tell apart."""
    listed = [said.principals for said in statements if said.principals]
    taken = frozenset(text for named in listed for text in named.written)
    example, stranger, other = (_free(name, taken) for name in ("example", "stranger", "other"))
    yield f"arn:aws:iam::{_STRANGER}:role/{stranger}"
    yield f"arn:aws:iam::{_STRANGER}:user/{stranger}"
    yield f"arn:aws:sts::{_STRANGER}:federated-user/{stranger}"
    yield f"arn:aws:iam::{_STRANGER}:root"
    yield "anonymous"
    for named in listed:
        for text in sorted(named.arns, key=lambda arn: (arn.endswith(":root"), arn)):
            yield from _part_of(text, example)
        for account in sorted(named.accounts):
            yield from _in_account(account, example)
        yield from sorted(one for one in named.services if one != "*")
        yield from sorted(one for one in named.providers if one != "*")
    for account in _accounts_in_conditions(statements):
        yield from _in_account(account, example)
    yield from (f"{other}.amazonaws.com", f"arn:aws:iam::{_STRANGER}:saml-provider/{stranger}")


def _free(name: str, taken: Iterable[str]) -> str:
    """Return *name*, with a number where it is part of one that is *taken*: it stands for all that are not."""
    names = (name, *(f"{name}{number}" for number in range(len(tuple(taken)) + 1)))
    return next(one for one in names if not any(one in text for text in taken))


def _can_ask(text: str) -> bool:
    """Tell whether the principal *text* of a policy can ask for something, as far as is known here."""
    try:
        read_caller(text)
    except RequestError:
        return False
    return True


def names_unknown(statements: Iterable[Said]) -> str:
    """Return why somebody whom the policies name can't be asked for, such as CloudFront's own users; or nothing."""
    unknown = [text for text in dict.fromkeys(_callers(statements)) if not _can_ask(text)]
    return f"nobody knows what `{unknown[0]}` may ask for" if unknown else ""


def names_strangers(statements: Iterable[Said]) -> str:
    """Return why those whom nobody names can't be asked for: an account that stands for them is named; or nothing."""
    named = {account for said in statements if said.principals for account in _accounts_of(said.principals.arns)}
    both = sorted({_STRANGER, _ELSEWHERE} & named)
    return f"account {both[0]} is named, which stands here for all that are not" if both else ""


def _accounts_of(arns: Iterable[str]) -> Iterator[str]:
    asked = (text for text in arns if not text.startswith("arn:") or _can_ask(text))
    return (read_caller(text).account or "" if text.startswith("arn:") else text for text in asked)


def _in_account(account: str, name: str) -> Iterator[str]:
    yield f"arn:aws:iam::{account}:role/{name}"
    yield f"arn:aws:iam::{account}:user/{name}"
    yield f"arn:aws:sts::{account}:assumed-role/{name}/session"
    yield f"arn:aws:sts::{account}:federated-user/{name}"
    yield f"arn:aws:iam::{account}:root"


def _part_of(text: str, example: str) -> Iterator[str]:
    """Yield the principal *text*, what acts as it, and what it is part of."""
    arn = Arn.parse(text)
    if arn is None:
        return
    if not text.endswith(":root"):
        yield text
    kind, _, name = arn.resource.partition("/")
    last = name.rpartition("/")[2]
    if kind == "role":
        yield f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{last}/session"
    elif kind == "user":
        yield f"arn:{arn.partition}:sts::{arn.account}:federated-user/{last}"
    elif kind == "assumed-role":
        role = name.partition("/")[0]
        yield f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{role}/another"
        yield f"arn:{arn.partition}:iam::{arn.account}:role/{role}"
    yield from _in_account(arn.account, example)


def _accounts_in_conditions(statements: Iterable[Said]) -> Iterator[str]:
    """Yield the accounts that conditions on the principal name."""
    for said in statements:
        for asked in said.conditions:
            if asked.key.startswith("aws:principal"):
                for text in sorted(atom.written for atom in asked.atoms):
                    arn = Arn.parse(text)
                    account = arn.account if arn else text
                    if ACCOUNT_ID.fullmatch(account):
                        yield account
