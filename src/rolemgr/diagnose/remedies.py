"""What would allow a denied request, in words: another request, another guardrail value, an Allow, another role."""

import shlex
from collections.abc import Iterator, Sequence

from rolemgr.diagnose.alternatives import (
    Alternative,
    RoleInCatalog,
    groups_granting,
    groups_with,
    never_at_all,
    parameter_values,
    personas_with,
)
from rolemgr.diagnose.changes import Carried, mended, statement_at
from rolemgr.diagnose.diagnosis import MOST_VALUES, KnownLayers, statement_name
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.explain import Explanation
from rolemgr.evaluate.policies import Layer, Policies, StatementRef
from rolemgr.evaluate.principals import CallerKind, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.persona import Never
from rolemgr.model.trust import AnyTrust, SageMakerTrust
from rolemgr.model.trust_text import as_text
from rolemgr.separation.violations import entry_text


def remedies(found: Explanation, request: Request, policies: Policies, given: KnownLayers) -> Iterator[str]:
    """Yield what would allow the *request*: what it must carry, else a change of each policy that denies it."""
    carried = mended(request, policies)
    yield from map(carried_text, carried or ())
    for at in found.evaluation.by:
        if not (carried and _asks_presence(at, policies)):
            yield from _around_deny(at, carried is not None, given)
    for layer, level in found.evaluation.not_allowed_by:
        if layer is Layer.IDENTITY and given.subject:
            yield from () if carried else _for_role(given.subject, request, policies)
        elif not carried:
            yield from _missing_allow(layer, level, request, given)


def _asks_presence(at: StatementRef, policies: Policies) -> bool:
    """Tell whether the Deny at *at* only asks that a key be there: then no other value of it is to be chosen."""
    statement = statement_at(at, policies)
    return bool(statement and statement.conditions) and all(
        condition.operator == "Null" for condition in (statement.conditions if statement else ())
    )


def carried_text(one: Carried) -> str:
    """Return in words what the request must carry."""
    if one.value is None:
        return f"leave out {one.key}"
    value = " or ".join(one.listed[:MOST_VALUES]) + (" or ..." if one.listed[MOST_VALUES:] else "") or one.value
    had = f"instead of {', '.join(one.had)}" if one.had else "the request as given has none"
    return f"{_verb(one.key)} {one.key} = {value} ({had})"


def _verb(key: str) -> str:
    folded = key.lower()
    if folded.startswith("aws:requesttag/"):
        return "tag what is made, in the same call:"
    if "resourcetag/" in folded:
        return "tag the resource:"
    if folded.startswith("aws:principaltag/"):
        return "tag the role, or its session:"
    return _VERBS.get(folded, "send")


_VERBS = {"aws:requestedregion": "call in the region", "kms:viaservice": "let the service use the key:"}


def _around_deny(at: StatementRef, by_the_request: bool, given: KnownLayers) -> Iterator[str]:
    """Yield how to change the Deny at *at* itself, where the request can't or should not avoid it."""
    origins = given.origins.get(at.sid or "", ()) if at.layer is Layer.IDENTITY else ()
    guardrails = dict.fromkeys(origin.group for origin in origins if origin.kind == "guardrail")
    either = "or " if by_the_request else ""
    for name in guardrails:
        yield f"{either}choose other values for the guardrail: --guardrail {name}=VALUE"
    others = [origin for origin in origins if origin.kind != "guardrail"]
    for origin in () if by_the_request else others:
        yield f"the catalog denies it on purpose ({origin.location}): use another role for it"
    if not origins:
        yield f"{either}except the request from {statement_name(at, given)}"


def _missing_allow(layer: Layer, level: int | None, request: Request, given: KnownLayers) -> Iterator[str]:
    own_trust = layer is Layer.TRUST and given.subject and not any(kind is layer for kind, _, _ in given.sources)
    if own_trust and given.subject and (trusted := _trust_of(request)):
        yield from _trusting(trusted, read_caller(request.principal).kind, given.subject.role.spec.trust)
        return
    where = layer if level is None else f"{layer} of level {level}"
    files = [name for (kind, place, _), name in given.sources.items() if (kind, place) == (layer, level)]
    file = f" ({', '.join(files)})" if files else ""
    principal = lasting(request.principal, request) if layer in (Layer.RESOURCE, Layer.TRUST) else None
    who = f" for {principal}" if principal else ""
    yield f"add to the {where}{file} an Allow of {request.action} on {request.resource}{who}"


def _trusting(trusted: str, kind: CallerKind, already: Sequence[AnyTrust]) -> Iterator[str]:
    """Yield how the role comes to trust *trusted* beside what it trusts *already*, which any ``--trust`` replaces."""
    kept = [as_text(one) for one in already if as_text(one) != trusted]
    options = " ".join(f"--trust {shlex.quote(one)}" for one in (trusted, *kept))
    replaces = " (--trust takes the place of all that it trusts: what stays is repeated)" if kept else ""
    path = "; a session does not tell the path of its role" if kind is CallerKind.SESSION else ""
    yield f"let the role trust them: {options}{replaces}{path}"
    if kind is not CallerKind.SERVICE and any(isinstance(one, SageMakerTrust) for one in already):
        yield "or, to start jobs that run as the role: iam:PassRole on it does, without any trust in the caller"


def lasting(principal: str | None, request: Request | None) -> str | None:
    """
    Return whom a policy is to name for *principal*: of a session its role, which the next session has too.

    What a policy grants to a session by its ARN no boundary of the role limits.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    try:
        caller = read_caller(principal)
    except RequestError:
        return principal
    if caller.kind is not CallerKind.SESSION:
        return principal
    told = request.context.get("aws:PrincipalArn", ()) if request else ()
    if len(told) == 1:
        return told[0]
    return f"arn:{caller.text.split(':')[1]}:iam::{caller.account}:role/{caller.name} (with the role's path)"


def _trust_of(request: Request) -> str | None:
    """
    Return the value of `--trust` that lets who asks *request* assume the role, and nobody else.

    Of services SageMaker has one.
    """
    caller = read_caller(request.principal)
    if caller.kind is CallerKind.SERVICE:
        return "sagemaker" if caller.text.startswith("sagemaker.") else None
    if caller.kind is CallerKind.USER:
        return f"user:{caller.text}"
    if caller.kind in (CallerKind.ROLE, CallerKind.SESSION):
        told = request.context.get("aws:PrincipalArn", ())
        if caller.kind is CallerKind.ROLE or len(told) == 1:
            return f"role:{caller.text if caller.kind is CallerKind.ROLE else told[0]}"
        partition = caller.text.split(":")[1]
        return f"role:arn:{partition}:iam::{caller.account}:role/{caller.name}"
    return f"account:{caller.account}" if caller.account else "oidc:ARN, saml:ARN or github:ORG/REPO"


def _for_role(subject: RoleInCatalog, request: Request, policies: Policies) -> Iterator[str]:
    """Yield the choices under which the role would be allowed it: parameters first, then activity groups."""
    choices = parameter_values(subject, request, policies) or groups_granting(subject, request, policies)
    for number, choice in enumerate(choices):
        yield from _choice_text(choice, subject, request.action, "or " if number else "")
    if not choices:
        yield from _no_choice(subject, request)
    if any(not choice.forbidden for choice in choices):
        return
    granting = {name for name, _ in groups_with(subject.catalog, request.action)}
    personas = [name for name in personas_with(subject.catalog, granting) if name != subject.role.persona.id]
    if personas and (choices or never_at_all(subject.role, request.action)):
        yield f"personas that have such a group: {', '.join(personas)}"


def _choice_text(choice: Alternative, subject: RoleInCatalog, action: str, either: str) -> Iterator[str]:
    if choice.forbidden:
        about = [never for never in choice.forbidden if matches_action(never.forbidden.action, action)]
        never = (*about, *choice.forbidden)[0]
        more = f", and {len(choice.forbidden) - 1} more" if len(choice.forbidden) > 1 else ""
        yield f"not {choice.flag}: {_never(subject, never)}{more}"
        return
    yield f"{either}{choice.flag} (granted by {choice.where})"
    yield from (f"and {carried_text(one)}" for one in choice.carried)


def _never(subject: RoleInCatalog, never: Never) -> str:
    role = subject.role
    return f"`{role.persona.id}` must never be able to do `{entry_text(never, role)}` ({never.where})"


def _no_choice(subject: RoleInCatalog, request: Request) -> Iterator[str]:
    role = subject.role
    granting = list(groups_with(subject.catalog, request.action))
    for never in never_at_all(role, request.action):
        yield f"none: {_never(subject, never)}"
        return
    for name, where in granting:
        yield f"`{name}` ({where}) grants {request.action}, not on this resource or not in this role"
    if not granting:
        yield f"no activity group of the catalog grants {request.action}: write one of your own"
    if request.resource_account not in (None, role.spec.account):
        yield f"the resource is in account {request.resource_account}, the role is for {role.spec.account} (--account)"
