"""Limits on what activity groups grant: the tags and guardrails of a role, laid over its Allows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rolemgr.compose.distribute import Share
from rolemgr.compose.guardrails.callers import refused_in_role
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.compose.guardrails.denies import Compiled, GuardrailContext, compile_guardrail
from rolemgr.errors import InputError, gathering, raise_all
from rolemgr.iam.documents import Effect
from rolemgr.model.role import GuardrailInForce, LeftOpen
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec


class Limited(NamedTuple):
    """The shares of a role with its limits, and what is to be said of them."""

    shares: Sequence[Share]
    guardrails: tuple[GuardrailInForce, ...] = ()
    not_by_tag: tuple[LeftOpen, ...] = ()
    notes: tuple[str, ...] = ()


def with_limits(
    shares: Sequence[Share], guardrails: Sequence[ChosenGuardrail], spec: Sourced[RoleSpec]
) -> Limited:  # fmt: skip
    """
    Return the *shares* of a role held to its tag keys, and the Denies of its *guardrails*.

    Raises InputError (or Problems) for a guardrail that the reference contradicts, and where ``--strict``
    would leave an activity group nothing.
    """
    granted = _granted(shares, spec.value)
    compiled = _compiled(guardrails, GuardrailContext(granted, spec.value.kms_key_names, spec.value.strict))
    # Only now: what is wrong with a guardrail is found above.
    raise_all([problem for one in guardrails for problem in refused_in_role(one, spec, granted)])
    if spec.value.strict:
        raise_all(list(_emptied(shares, compiled, spec)))
    denies = [share for one in compiled for share in one.shares]
    in_force = tuple(one.in_force for one in compiled)
    if not spec.value.abac:
        return Limited((*shares, *denies), in_force)
    from rolemgr.compose.abac.scope import with_tags  # most roles have no tag keys

    scoped = with_tags(shares, spec.value.abac, spec.value, spec.at("abac"))
    return Limited((*scoped.shares, *denies), in_force, scoped.left_open, scoped.notes)


def _granted(shares: Sequence[Share], spec: RoleSpec) -> frozenset[str] | None:
    """
    Return the actions that guardrails have to judge: those granted, also by attached policies.

    None, for all of them, where nobody here knows what an attached policy allows.
    """
    own = frozenset(share.action for share in shares if share.effect is Effect.ALLOW)
    if not spec.managed_policy:
        return own
    from rolemgr.reference.managed_policies import allowed_actions  # few roles have attached policies

    attached = [allowed_actions(arn) for arn in spec.managed_policy]
    known = [actions for actions in attached if actions is not None]
    return own.union(*known) if len(known) == len(attached) else None


def _compiled(guardrails: Sequence[ChosenGuardrail], setting: GuardrailContext) -> list[Compiled]:
    compiled: list[Compiled] = []
    problems: list[InputError] = []
    for chosen in guardrails:
        with gathering(problems):
            compiled.append(compile_guardrail(chosen, setting))
    raise_all(problems)
    return compiled


def _emptied(
    shares: Sequence[Share], compiled: Sequence[Compiled], spec: Sourced[RoleSpec]
) -> Iterator[InputError]:  # fmt: skip
    """Yield an error for each activity group of which ``--strict`` would leave nothing that is not denied."""
    denied = {one.action: found.in_force.name for found in compiled for one in found.in_force.bypassed_by}
    granted: dict[str, set[str]] = {}
    for share in shares:
        if share.effect is Effect.ALLOW:
            granted.setdefault(share.origin.group, set()).add(share.action)
    for group, actions in granted.items():
        if actions <= denied.keys():
            names = ", ".join(sorted({denied[action] for action in actions}))
            problem = f"--strict would deny all of `{group}`: guardrail {names} can't narrow it"
            yield InputError(spec.at("strict"), problem, f"leave the group out with --remove {group}, or --strict")
