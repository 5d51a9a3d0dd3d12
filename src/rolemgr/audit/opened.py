"""Resources that their policies open to somebody outside: anybody, another account, others on conditions."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from rolemgr.audit.contexts import Choice
from rolemgr.audit.examples import concrete
from rolemgr.audit.named import example_beside
from rolemgr.audit.rights import Certainty, RightsAnswer, ask_resource
from rolemgr.audit.setting import PER_PRINCIPAL, AuditedPrincipal, AuditRun
from rolemgr.audit.strangers import OUTSIDE, account_of, asked_at_will, compared_with, strangers_to
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, Principals, ResourceStatement
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.inventory_layers import HeldResource
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import expand, find_action

_MOST_ACTIONS: Final = 4
"""How many actions of a statement, each of another type of resource, are tried."""
_MOST_RESOURCES: Final = 6
_MOST_STATEMENTS: Final = 200
"""A bucket's policy, 20,480 bytes, holds no more; it bounds the work on a file that AWS never wrote."""
_PROBLEM: Final = "it takes more than {:,} requests to tell"


class _OutsideRequest(NamedTuple):
    """Whom a statement names: *principal* of *account*, ``*`` for anybody, with an action and a resource of it."""

    account: str
    principal: str
    action: str
    resource: str


def allows_of(setting: AuditRun, held: HeldResource) -> Iterator[ResourceStatement]:
    """Yield the Allows of the policy of *held*; that there are more than AWS takes is said."""
    allows = (one for one in (held.policy.statement if held.policy else ()) if one.effect is Effect.ALLOW)
    for place, statement in enumerate(allows):
        if place == _MOST_STATEMENTS:
            reason = f"it has more than {_MOST_STATEMENTS} Allows, and no more are judged"
            setting.cannot_tell_at(held, "the whole policy", reason)
            return
        yield statement


def judge_resources(setting: AuditRun) -> None:
    """Find what is open to somebody outside; what can't be told is said."""
    for held in setting.inventory.resources.values():
        if held.policy is None:
            continue
        try:
            _judged(setting, held)
        except TooComplex as error:
            setting.cannot_tell_at(held, "to whom the policy opens it", error)


def _judged(setting: AuditRun, held: HeldResource) -> None:
    budget = Budget(PER_PRINCIPAL, setting.budget_of(held.account), _PROBLEM)
    found: dict[tuple[str, str], list[tuple[str, RightsAnswer]]] = {}
    for asked in dict.fromkeys(_outside_requests(setting, held)):
        identifier, answer = _opened(setting, held, asked, budget)
        if identifier:
            found.setdefault((identifier, asked.account), []).append((asked.action, answer))
    public = any(identifier == "AU601" for identifier, _ in found)
    if public and is_restricted(setting, held):
        return  # S3 then lets nobody in but the account itself and services
    open_to_all = {action for (identifier, _), told in found.items() for action, _ in told if identifier == "AU601"}
    for (identifier, account), told in found.items():
        fresh = [(action, answer) for action, answer in told if identifier == "AU601" or action not in open_to_all]
        if fresh:
            _find(setting, held, identifier, account, fresh, public=public)


def _find(
    setting: AuditRun,
    held: HeldResource,
    identifier: str,
    account: str,
    told: list[tuple[str, RightsAnswer]],
    *,
    public: bool,
) -> None:
    names = ", ".join(sorted({action for action, _ in told})[:3])
    whom = "any principal of any account" if account == "*" else f"account {account}"
    own = setting.inventory.organization
    if account in own.paths:
        whom += f", of the same organization {own.id}" if own.id else ", of the same organization"
    elif account != "*":
        whom += ", which is not in the input"
    how = ", on conditions" if identifier == "AU603" and account not in own.paths else ""
    shown = tuple(answer.shown for _, answer in told if answer.shown)
    unless = unless_blocked(setting, held) if public else ""
    about = account, *sorted({action for action, _ in told})
    setting.find_at(identifier, held, f"{whom}{how}: {names}", shown[:3], unless, about)


def unless_blocked(setting: AuditRun, held: HeldResource) -> str:
    """Return what is not known and could stop the public: S3 Block Public Access of the bucket or the account."""
    if _service(held) != "s3" or (held.block and held.account in setting.inventory.account_blocks):
        return ""
    return "Block Public Access of the bucket and the account, which is not all in the input, may stop it"


def is_restricted(setting: AuditRun, held: HeldResource) -> bool:
    """
    Tell whether a public policy lets nobody in from another account: RestrictPublicBuckets.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    blocks = (held.block, setting.inventory.account_blocks.get(held.account))
    return _service(held) == "s3" and any(one.restrict_public_buckets for one in blocks if one)


def _opened(setting: AuditRun, held: HeldResource, asked: _OutsideRequest, budget: Budget) -> tuple[str, RightsAnswer]:
    """Return the kind of finding that *asked* makes, empty where it makes none, and the answer behind it."""
    rcps = setting.around.rcps(held.account, asked.action)
    given = held, asked.action, asked.resource
    answer = ask_resource(asked.principal, *given, OUTSIDE, budget, setting.now, choice=Choice.NONE, rcps=rcps)
    if not answer.shown and asked.account == "*" and held.policy:
        answer = asked_at_will(
            held.policy,
            lambda context, choice: ask_resource(
                asked.principal, *given, context, budget, setting.now, choice=choice, rcps=rcps
            ),
        )
    if answer.shown:
        inside = asked.account in setting.inventory.organization.paths
        return ("AU601" if asked.account == "*" else "AU603" if inside else "AU602"), answer
    answer = ask_resource(asked.principal, *given, {}, budget, setting.now, rcps=rcps)
    if answer.certainty is Certainty.UNKNOWN:
        setting.cannot_tell_at(held, f"whether {asked.action} by account {asked.account}", "conditions can't be told")
        return "", answer
    return ("AU603" if answer.shown else ""), answer


def _outside_requests(setting: AuditRun, held: HeldResource) -> Iterator[_OutsideRequest]:
    for statement in allows_of(setting, held):
        pairs = list(requests_of(held, statement))
        named = tuple(dict.fromkeys(outsiders(setting, held, statement)))
        if named and not pairs:
            setting.cannot_tell_at(
                held, f"what statement `{statement.sid or 'without a Sid'}` opens", "no action of it is known"
            )
        yield from (_OutsideRequest(account, who, *pair) for account, who in named for pair in pairs)


def outsiders(setting: AuditRun, held: HeldResource, statement: ResourceStatement) -> Iterator[tuple[str, str]]:
    """Yield the accounts that *statement* names and the input does not have, each with a principal of it."""
    partition = held.arn.split(":", 2)[1]
    inside = (*setting.inventory.accounts, held.account)
    principal = statement.principal
    if isinstance(principal, Mapping) and principal.get("CanonicalUser"):
        setting.cannot_tell_at(held, "whom a canonical user id names", "only S3 knows which account it is")
    for value in principal.get("AWS", ()) if isinstance(principal, Mapping) else (principal or "",):
        account = "*" if value == "*" else account_of(value)
        if account is None and value:
            setting.cannot_tell_at(held, f"whom the id `{value}` names", "only AWS knows: somebody who is gone, mostly")
        elif account == "*":
            yield from _anybody(setting, held, inside)
        elif account and account not in inside:
            arn = Arn.parse(value)
            named = arn is not None and arn.resource != "root"
            yield account, value if named else f"arn:{partition}:iam::{account}:role/example"


def _anybody(setting: AuditRun, held: HeldResource, inside: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield principals that stand for anybody, and of the accounts that conditions of the policy of *held* name."""
    partition = held.arn.split(":", 2)[1]
    try:
        yield from (("*", one) for one in strangers_to(held.policy, partition)) if held.policy else ()
        yield from compared_with(held.policy, inside, partition) if held.policy else ()
    except TooComplex as error:
        setting.cannot_tell_at(held, "whom its policy lets in by `*`", error)


def say_sessions(setting: AuditRun, subject: AuditedPrincipal, held: HeldResource, principals: Principals) -> None:
    """Say that the policy of *held* lets sessions of *subject* in by name: who takes that name, nobody can tell."""
    named = principals.get("AWS", ()) if isinstance(principals, Mapping) else ()
    for arn in filter(None, map(Arn.parse, named)):
        role = arn.resource.removeprefix("assumed-role/").partition("/")[0]
        if arn.service == "sts" and (arn.account, role) == (subject.account, subject.holder.name):
            reason = f"its policy lets in `{arn}`: a session of the role, under that name"
            setting.cannot_tell(subject, f"what {held.arn} allows a session", reason)


def requests_of(held: HeldResource, statement: ResourceStatement) -> Iterator[tuple[str, str]]:
    """Yield actions of *statement*, one for each type of resource that it names, each with such a resource."""
    resources = list(dict.fromkeys(samples(held, statement)))[:_MOST_RESOURCES]
    for resource in resources:
        for action in _actions(held, statement, resource):
            yield action, resource


def _actions(held: HeldResource, statement: ResourceStatement, resource: str) -> list[str]:
    found: list[str] = []
    for action in _listed(held, statement):
        known = find_action(action)
        if known is not None and (types_of(resource, known) or not known.resource_types):
            found.append(known.name)
        if len(found) == _MOST_ACTIONS:
            break
    return found


def _listed(held: HeldResource, statement: ResourceStatement) -> Iterator[str]:
    """Yield the actions of the service of *held* that *statement* allows."""
    service = _service(held)
    if statement.not_action:
        excepted = statement.not_action
        yield from (one for one in expand(f"{service}:*") if not any(matches_action(each, one) for each in excepted))
    for pattern in statement.action or ():
        yield from expand(f"{service}:*" if not pattern.strip("*") else pattern)


def samples(held: HeldResource, statement: ResourceStatement) -> Iterator[str]:
    """Yield resources that *statement*, of the policy of *held*, may be about."""
    partition, name = held.arn.split(":", 2)[1], example_beside(held.policy)
    inside = [held.arn, f"{held.arn}/{name}"] if _service(held) == "s3" else [held.arn]
    if statement.is_about_its_own_resource() or statement.not_resource:
        yield from inside
    for pattern in statement.resource or ():
        made = None if not pattern.strip("*") else concrete(pattern, partition, held.account, name)
        if made is None:
            yield from inside
        else:
            yield made


def _service(held: HeldResource) -> str:
    return held.arn.split(":", 3)[2]
