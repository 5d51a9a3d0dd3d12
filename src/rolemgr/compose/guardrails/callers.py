"""Denies that only people can live with: refused where a service takes the role, or nobody knows who is bound."""

from collections.abc import Iterator

from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.compose.guardrails.judges import is_wanted
from rolemgr.errors import InputError
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.guardrail import GuardrailDeny
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import SageMakerTrust


def refused_in_role(
    chosen: ChosenGuardrail, spec: Sourced[RoleSpec], granted: frozenset[str] | None
) -> Iterator[InputError]:  # fmt: skip
    """Yield why the role of *spec*, which is *granted* actions (None: nobody knows which), can't have *chosen*."""
    for deny in wanted_denies(chosen):
        services = ", ".join(_services(spec.value)) if deny.people_only else ""
        if deny.people_only and services:
            problem = f"guardrail `{_named(chosen, deny)}` is for people, and {services} takes this role"
            hint = "trust people instead, with --trust account:ID, role:ARN, saml: or oidc:, or --format permission-set"
            yield InputError(chosen.where, f"{problem}: {deny.people_only.why}", hint)
        for action in sorted(one for one in granted or () if _is_dead(one, deny)):
            problem = f"guardrail `{_named(chosen, deny)}` would block `{action}` for ever: it carries none of its keys"
            yield InputError(chosen.where, problem, "leave out the group that grants it, or the guardrail")


def refused_for_all(chosen: ChosenGuardrail) -> Iterator[InputError]:
    """Yield why *chosen* can't bind every principal of an account, those that services take among them."""
    for deny in wanted_denies(chosen):
        if deny.people_only:
            problem = f"guardrail `{_named(chosen, deny)}` is for people, and this binds the roles of services too"
            yield InputError(chosen.where, f"{problem}: {deny.people_only.why}", deny.people_only.instead)


def wanted_denies(chosen: ChosenGuardrail) -> tuple[GuardrailDeny, ...]:
    """Return the Denies that the values of *chosen* ask for."""
    values = dict(chosen.values)
    return tuple(deny for deny in chosen.guardrail.value.deny if is_wanted(deny, values))


def _named(chosen: ChosenGuardrail, deny: GuardrailDeny) -> str:
    """Return *chosen* with the values that ask for *deny*, as a user writes them."""
    return ",".join((chosen.name, *(f"{name}:{value}" for name, value in deny.only_where.items())))


def _services(spec: RoleSpec) -> Iterator[str]:
    """Yield the services that take the role of *spec*; people alone take that of a permission set."""
    for trust in () if spec.is_permission_set else spec.trust:
        if isinstance(trust, SageMakerTrust):
            yield "SageMaker"
        elif isinstance(trust, ServiceTrust):
            yield trust.value


def _is_dead(action: str, deny: GuardrailDeny) -> bool:
    return any(matches_action(pattern, action) for pattern in deny.not_carried_by)
