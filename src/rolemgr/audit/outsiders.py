"""Those outside of the inventory whom the policy of a resource, or a trust policy, lets do an action."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from rolemgr.audit.contexts import Choice
from rolemgr.audit.deciding import Deciders, DecidingStatement
from rolemgr.audit.opened import allows_of, is_restricted, outsiders, samples, unless_blocked
from rolemgr.audit.rights import ANYTHING, Certainty, RightsAnswer, Settled, ShownRequest, ask_resource, ask_trust
from rolemgr.audit.setting import PER_PRINCIPAL, AuditedPrincipal, AuditRun
from rolemgr.audit.strangers import OUTSIDE
from rolemgr.audit.trust import outsiders_of_trust
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import Guard, guard_of
from rolemgr.iam.documents import Effect, Principals, ResourceStatement, TrustPolicy
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.inventory import HeldRole
from rolemgr.model.inventory_layers import HeldResource
from rolemgr.reference.resources import in_common, types_of
from rolemgr.reference.services import find_action

_MOST_SAMPLES: Final = 6
_PROBLEM: Final = "it takes more than {:,} requests to tell"


class Outsider(NamedTuple):
    """
    Somebody outside: *who* (``*`` for anybody, an account, an ARN, a service or provider) may use *resource*.

    *certain* says that no condition need be met; *unless* what is not known and could deny it.
    """

    who: str
    resource: str
    certain: bool
    shown: ShownRequest
    by: tuple[DecidingStatement, ...]
    unless: str = ""


class _Named(NamedTuple):
    """Somebody whom a statement names: as *who*, asked for as *principal*."""

    who: str
    principal: str


def speaking_of(setting: AuditRun, action: str) -> Iterator[tuple[HeldResource, ResourceStatement, str]]:
    """Yield the Allows of resources' policies that speak of *action*, each with a resource that it may be about."""
    known = find_action(action)
    service = action.partition(":")[0]
    for held in setting.inventory.resources.values() if known else ():
        if held.policy is None or held.arn.split(":", 3)[2] != service:
            continue
        for statement in allows_of(setting, held):
            if _speaks(statement, action):
                found = (one for one in dict.fromkeys(samples(held, statement)) if known and types_of(one, known))
                for place, sample in enumerate(found):
                    if place == _MOST_SAMPLES:
                        reason = f"it names more than {_MOST_SAMPLES} resources"
                        setting.cannot_tell_at(held, f"all that statement `{statement.sid or ''}` is about", reason)
                        break
                    yield held, statement, sample


def _speaks(statement: ResourceStatement, action: str) -> bool:
    listed = any(matches_action(pattern, action) for pattern in statement.action or statement.not_action or ())
    return listed is (statement.not_action is None)


def outsiders_on(setting: AuditRun, deciders: Deciders, action: str, resource: str | None) -> tuple[Outsider, ...]:
    """Return those outside who may do *action* on *resource*, or on something, as far as the input tells."""
    if guard_of(Request(action, resource or "*")) is Guard.ROLE:
        return tuple(_of_roles(setting, deciders, action, resource))
    found: dict[tuple[str, str], Outsider] = {}
    for held, statement, sample in speaking_of(setting, action):
        asked = sample if resource is None else _within(sample, resource)
        for named in _named(setting, held, statement) if asked else ():
            if (named.who, held.arn) not in found and asked:
                one = _of_resource(setting, deciders, named, held, action, asked)
                found.update({(named.who, held.arn): one} if one else {})
    return tuple(found.values())


def _within(sample: str, resource: str) -> str | None:
    """Return what to ask about: *resource* itself, or what *sample* and it have in common; None for nothing."""
    if "*" not in resource and "?" not in resource:
        return resource if _holder(sample) == _holder(resource) else None
    return in_common(as_pattern(sample), as_pattern(resource))


def _holder(resource: str) -> str:
    return resource.partition("/")[0] if ":s3:::" in resource else resource


def _named(setting: AuditRun, held: HeldResource, statement: ResourceStatement) -> Iterator[_Named]:
    for account, principal in outsiders(setting, held, statement):
        yield _Named(account if principal.endswith("/example") else "*" if account == "*" else principal, principal)
    yield from _services(statement.principal)


def _services(principal: Principals | None) -> Iterator[_Named]:
    """Yield the services and providers of identities that a statement names."""
    if isinstance(principal, Mapping):
        named = (*principal.get("Service", ()), *principal.get("Federated", ()))
        yield from (_Named(one, one) for one in named if one != "*")


def _of_resource(
    setting: AuditRun, deciders: Deciders, named: _Named, held: HeldResource, action: str, resource: str
) -> Outsider | None:
    budget = Budget(PER_PRINCIPAL, setting.budget_of(held.account), _PROBLEM)
    rcps = setting.around.rcps(held.account, action)
    if named.who == "*" and is_restricted(setting, held):
        return None

    def ask(context: Settled, choice: Choice) -> RightsAnswer:
        return ask_resource(
            named.principal, held, action, resource, context, budget, setting.now, choice=choice, rcps=rcps
        )

    identity = (ANYTHING,) if named.principal.startswith("arn:") else ()
    policies = Policies(identity, resource_control=rcps, resource=held.policy)
    unless = unless_blocked(setting, held) if named.who == "*" else ""
    try:
        answers = ask(OUTSIDE, Choice.NONE), ask({}, Choice.ANY)
        return _outsider(setting, deciders, named, held, policies, answers, unless)
    except TooComplex as error:
        setting.cannot_tell_at(held, f"whether {named.who} may do {action}", error)
        return None


def _outsider(
    setting: AuditRun, deciders: Deciders, named: _Named, held: HeldResource | HeldRole, policies: Policies,
    answers: tuple[RightsAnswer, RightsAnswer], unless: str = "",
) -> Outsider | None:  # fmt: skip
    """Return the outsider that is let in by one of *answers*: without a condition that is met, and with any."""
    certain, maybe = answers
    answer = certain if certain.shown else maybe
    if answer.shown:
        by = deciders.of(answer.shown, policies)
        return Outsider(named.who, held.arn, certain.shown is not None, answer.shown, by, unless)
    if answer.certainty is Certainty.UNKNOWN:
        setting.cannot_tell_at(held, f"whether {named.who} is let in", "whether its conditions are met can't be told")
    return None


def _of_roles(setting: AuditRun, deciders: Deciders, action: str, resource: str | None) -> Iterator[Outsider]:
    """Yield those outside whom trust policies let in, of the role *resource* or of all."""
    for subject in setting.subjects.values():
        role = subject.holder
        if role.trust is None or (resource is not None and in_common(role.arn, as_pattern(resource)) is None):
            continue
        seen: set[str] = set()
        for named in _trusted(setting, subject, role.trust):
            if named.who in seen:
                continue
            try:
                found = _of_role(setting, deciders, named, subject, role.trust, action)
            except TooComplex as error:
                setting.cannot_tell(subject, f"whether {named.who} may assume it", error)
                continue
            if found:
                seen.add(named.who)
                yield found


def _trusted(setting: AuditRun, subject: AuditedPrincipal, trust: TrustPolicy) -> tuple[_Named, ...]:
    """Return whom *trust*, of *subject*, lets in from outside, each once; that it can't be told is said."""
    found: dict[_Named, None] = {}
    try:
        for account, principal in outsiders_of_trust(trust, setting.inventory.accounts, subject.holder.arn):
            who = account if principal.endswith("/example") or account == "*" else principal
            found[_Named(who, principal)] = None
    except TooComplex as error:
        setting.cannot_tell(subject, "whom its trust policy lets in by `*`", error)
    for one in trust.statement:
        found |= dict.fromkeys(_services(one.principal) if one.effect is Effect.ALLOW else ())
    return tuple(found)


def _of_role(
    setting: AuditRun, deciders: Deciders, named: _Named, subject: AuditedPrincipal, trust: TrustPolicy, action: str
) -> Outsider | None:
    role, rcps = subject.holder, setting.around.rcps(subject.account, action)
    identity = ANYTHING if ":iam::" in named.principal and "-provider/" not in named.principal else None
    policies = Policies((identity,) if identity else (), resource_control=rcps, resource=trust)

    def ask(context: Settled, choice: Choice) -> RightsAnswer:
        budget = subject.budget
        return ask_trust(
            named.principal, role, action, context, budget, setting.now, identity, choice=choice, rcps=rcps
        )

    return _outsider(setting, deciders, named, role, policies, (ask(OUTSIDE, Choice.NONE), ask({}, Choice.ANY)))
