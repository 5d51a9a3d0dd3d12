"""
What one principal can do: its actions with the statements that allow them, what limits it, and whom it becomes.

An action counts where evaluation allows it on something, over the policies, the boundary and the SCPs that the
input has. What policies of resources let it do besides is apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from rolemgr.audit.deciding import Deciders, DecidingStatement
from rolemgr.audit.finding import ChainStep
from rolemgr.audit.gains import Gains
from rolemgr.audit.nearest import Granted, actions_of_statement
from rolemgr.audit.opened import allows_of, requests_of, say_sessions
from rolemgr.audit.paths import Walker, services_of
from rolemgr.audit.rights import Rights, ShownRequest
from rolemgr.audit.setting import MOST_REQUESTS, AuditedPrincipal, AuditRun
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.policies import Layer, StatementRef
from rolemgr.evaluate.principals import Match, blocks_of, match, read_caller, read_principals
from rolemgr.iam.documents import Effect, IdentityStatement
from rolemgr.model.inventory import HeldPolicy, HeldRole, Inventory, Unjudged
from rolemgr.reference.services import find_action

_NO_WAY_OUT: Final = "whether it becomes another principal"
_NO_WAY_UP: Final = "whether it can give itself every right"


class AllowedActions(NamedTuple):
    """The *actions* that the statement *by* allows on something, that nothing takes away wholly."""

    by: DecidingStatement
    statement: IdentityStatement
    actions: tuple[str, ...]


class ByResource(NamedTuple):
    """An *action* that the policy of a *resource* allows, and the principal's own policies do not."""

    action: str
    resource: str
    shown: ShownRequest
    by: tuple[DecidingStatement, ...]


@dataclass(frozen=True)
class Can:
    """
    What *holder* can do; *untold* is of how many actions nobody can tell, *limits* are the Denies that it meets.

    *gives* are the steps by which it gives itself more, itself or as somebody whom it becomes, none where it can't;
    the last says in `whom` what it has then.
    """

    holder: HeldRole
    allowed: tuple[AllowedActions, ...]
    actions: frozenset[str]
    by_resources: tuple[ByResource, ...]
    limits: tuple[DecidingStatement, ...]
    becomes: tuple[ChainStep, ...]
    gives: tuple[ChainStep, ...]
    untold: int
    not_judged: tuple[Unjudged, ...]
    unless: str = ""
    """What may deny it and is unknown here, of *holder* or of the principals that it becomes on the way: a boundary."""

    @property
    def is_bound(self) -> bool:
        """Whether it has a permissions boundary whose text is not known: what it may do, that may take away."""
        return self.holder.boundary_arn is not None and self.holder.boundary is None

    def levels(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """Return the actions by service and access level; one of two levels stands at both."""
        found: dict[str, dict[str, set[str]]] = {}
        for action in sorted(self.actions):
            known = find_action(action)
            for level in sorted(known.access_levels) if known else ():
                found.setdefault(known.service if known else "", {}).setdefault(level, set()).add(action)
        return {
            service: {level: frozenset(actions) for level, actions in levels.items()}
            for service, levels in found.items()
        }


def can(inventory: Inventory, holder: HeldRole, service: str | None = None) -> Can:
    """Return what *holder*, a principal of *inventory* that is not service-linked, can do, in *service* or at all."""
    setting = AuditRun(inventory, inventory.newest, 0)
    subject, deciders = setting.subjects[holder.arn], Deciders(inventory)
    actions, untold = _granted(setting, subject)
    chosen = frozenset(one for one in actions if service is None or one.startswith(f"{service}:"))
    by_resources = tuple(_by_resources(setting, subject, deciders, service))
    becomes = tuple(_becomes(setting, subject))
    gives = _gives(setting, subject, becomes)
    return Can(
        holder, tuple(_allowed(holder, deciders, chosen)), chosen, by_resources,
        tuple(_limits(setting, holder, deciders, service)), becomes, gives, untold,
        (*holder.unknown, *(one for one in setting.all_untold() if holder.arn in one.place)),
        setting.unless_of(subject, gives),
    )  # fmt: skip


def _granted(setting: AuditRun, subject: AuditedPrincipal) -> tuple[frozenset[str], int]:
    """Return the actions that *subject* may do on something, and how many can't be told; of one there is more time."""
    rights = Rights(subject.holder, setting.now, Budget(MOST_REQUESTS), setting.around)
    try:
        found, untold = Granted().actions(subject.holder, rights)
    except TooComplex as error:
        setting.cannot_tell(subject, "which actions are allowed on something", error)
        return frozenset(), 0
    for what, reason in rights.cuts.items():
        subject.rights.cut_off(what, reason)
    return found, untold


def _statements(
    holder: HeldRole, deciders: Deciders, policies: tuple[HeldPolicy, ...], layer: Layer
) -> Iterator[tuple[DecidingStatement, IdentityStatement]]:
    for index, policy in enumerate(policies):
        for place, statement in enumerate(policy.document.statement):
            yield deciders.held(holder, policy, StatementRef(layer, index, place, statement.sid)), statement


def _allowed(holder: HeldRole, deciders: Deciders, actions: frozenset[str]) -> Iterator[AllowedActions]:
    """Yield the Allows of the identity policies, each with those of *actions* that it speaks of."""
    for by, statement in _statements(holder, deciders, holder.policies, Layer.IDENTITY):
        found = actions & frozenset(actions_of_statement(statement)) if statement.effect is Effect.ALLOW else None
        if found:
            yield AllowedActions(by, statement, tuple(sorted(found)))


def _limits(
    setting: AuditRun, holder: HeldRole, deciders: Deciders, service: str | None
) -> Iterator[DecidingStatement]:
    """Yield the Denies, of all layers of the principal, that speak of an action that its policies allow."""
    allows = (one for policy in holder.policies for one in policy.document.statement if one.effect is Effect.ALLOW)
    spoken = {action for one in allows for action in actions_of_statement(one)}
    actions = {one for one in spoken if service is None or one.startswith(f"{service}:")}
    boundary = (holder.boundary,) if holder.boundary else ()
    found = [*_statements(holder, deciders, holder.policies, Layer.IDENTITY)]
    found += _statements(holder, deciders, boundary, Layer.PERMISSIONS_BOUNDARY)
    found += _controls(setting, holder.account)
    for one, statement in found:
        if statement.effect is Effect.DENY and not actions.isdisjoint(actions_of_statement(statement)):
            yield one


def _controls(setting: AuditRun, account: str) -> Iterator[tuple[DecidingStatement, IdentityStatement]]:
    for level in setting.inventory.organization.service_control.get(account, ()):
        for control in level:
            for place, statement in enumerate(control.document.statement):
                name = f"SCP {control.name}"
                yield DecidingStatement(Layer.SERVICE_CONTROL, name, place, statement, control.where), statement


def _by_resources(
    setting: AuditRun, subject: AuditedPrincipal, deciders: Deciders, service: str | None
) -> Iterator[ByResource]:
    """Yield what the policies of resources, which name the principal itself or everybody, let it do."""
    caller = read_caller(subject.holder.arn)
    for held in setting.inventory.resources.values():
        for statement in allows_of(setting, held):
            if not statement.principal:
                continue
            say_sessions(setting, subject, held, statement.principal)
            named = read_principals("Principal", blocks_of(statement.principal), denies=False)
            if match(named, caller, bounded=False) <= Match.ACCOUNT:
                continue
            for action, resource in requests_of(held, statement):
                if service is None or action.startswith(f"{service}:"):
                    yield from _let(subject, deciders, action, resource)


def _let(subject: AuditedPrincipal, deciders: Deciders, action: str, resource: str) -> Iterator[ByResource]:
    try:
        answer = subject.rights.ask(action, resource)
    except TooComplex:
        subject.rights.cannot_tell(f"{action} on {resource}")
        return
    if answer.shown:
        by = deciders.of(answer.shown, subject.rights.policies_for(answer.shown))
        if all(one.layer is not Layer.IDENTITY for one in by):
            yield ByResource(action, resource, answer.shown, by)


def _becomes(setting: AuditRun, subject: AuditedPrincipal) -> Iterator[ChainStep]:
    """Yield the principals that it becomes in one step; that the work has a bound is said."""
    walker = Walker(setting, subject, unnamed=True)
    for target in setting.subjects.values():
        if target is subject:
            continue
        try:
            setting.pairs_of(subject).spend(1)
            services = services_of(setting, target) if walker.passes or walker.acts else ()
            step = walker.step_to(target, services)
        except TooComplex as error:
            setting.cannot_tell(subject, _NO_WAY_OUT, error)
            return
        if step:
            yield step


def _gives(setting: AuditRun, subject: AuditedPrincipal, becomes: tuple[ChainStep, ...]) -> tuple[ChainStep, ...]:
    """Return how *subject* gives itself more: everything before less, itself before others whom it *becomes*."""
    try:
        for bounded in (False, True):
            if way := Gains(Walker(setting, subject, unnamed=True)).own_way(bounded=bounded):
                return (way.step,)
            for step in becomes:
                if way := Gains(Walker(setting, setting.subjects[step.whom], unnamed=True)).own_way(bounded=bounded):
                    return (step, way.step)
    except TooComplex as error:
        setting.cannot_tell(subject, _NO_WAY_UP, error)
    return ()
