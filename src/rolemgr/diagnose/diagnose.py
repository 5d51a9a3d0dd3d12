"""
Why a request is denied, and the least change that would allow it.

Each request behind a denial is evaluated against the layers that are given. What denies it is named with its
place, and what would allow it was tried. Where the given layers allow it, what else can deny is listed: it
takes one Deny, or one missing Allow, in any of them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.diagnose.alternatives import (
    Alternative,
    Subject,
    groups_granting,
    groups_with,
    never_at_all,
    parameter_values,
    personas_with,
)
from rolemgr.diagnose.changes import Carried, mended, nearest, statement_at, with_carried
from rolemgr.diagnose.open_layers import FLAGS
from rolemgr.diagnose.unknown import Hanging, certain, hanging
from rolemgr.evaluate.decision import Decision
from rolemgr.evaluate.explain import Explanation, explain
from rolemgr.evaluate.policies import Layer, Policies, StatementRef
from rolemgr.evaluate.principals import CallerKind, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, ResourcePolicy, TrustPolicy
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.reference.protected import protected
from rolemgr.reference.quirks import may_be_star
from rolemgr.reference.services import find_action
from rolemgr.separation.violations import entry_text

SourceOf = Mapping[tuple[Layer, int | None, int], str]
"""The file of each policy that has one: by layer, level and place."""

Answer: TypeAlias = Decision | Literal["NotKnown", "RefusedByAWS"]
"""A decision, that it hangs on condition keys which nobody told, or that AWS refuses it whatever policies say."""

_NEAREST = 3


@dataclass(frozen=True, eq=False)
class Given:
    """
    What a diagnosis is made from: the layers, and where there is one the role with its catalog.

    *trust* is the role's own trust policy, *keys* the KMS keys that its data is encrypted with, *key_policy*
    their policy. *beyond* names policies of the role whose text nobody has.
    """

    policies: Policies
    subject: Subject | None = None
    statements: Mapping[str, ComposedStatement] = field(default_factory=dict)
    """The role's statements by Sid."""
    origins: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    """By Sid the catalog lines that cover the request; `judge` sets them, request by request."""
    sources: SourceOf = field(default_factory=dict)
    trust: TrustPolicy | None = None
    keys: tuple[str, ...] = ()
    key_policy: ResourcePolicy | None = None
    beyond: tuple[str, ...] = ()
    named: Layer | None = None
    """The layer that AWS names: it comes first."""
    absent: frozenset[str] = frozenset()
    """Condition keys, in lower case, that the request is known not to have had."""
    silent: str = "the message does not"
    """Who does not tell a condition key."""
    any_resource: bool = False
    """Whether nobody told the resource: a request on `*` then stands for one on a resource that is not known."""

    def hanging(self, request: Request, policies: Policies | None = None) -> tuple[Hanging, ...]:
        """Return the statements of *policies*, or of the layers, that hang on what nobody told of *request*."""
        unknown = self.any_resource and request.resource == "*" and needs_resource(request.action)
        return hanging(request, policies or self.policies, self.absent, any_resource=unknown)


def needs_resource(action: str) -> bool:
    """Tell whether *action* is always on a resource of its own, so that `*` says that it is not known."""
    known = find_action(action)
    return bool(known and known.resource_types and known.name not in may_be_star())


class Denier(NamedTuple):
    """What denies: the Deny *at* its place, or where None a layer (and level) without an Allow that matches."""

    layer: Layer
    level: int | None
    at: StatementRef | None
    origins: tuple[Origin, ...]
    source: str | None


class Place(NamedTuple):
    """
    One place to look at: a request with its decision, what denies it, why, and what would allow it.

    Without a *decision* nobody gave what decides there, and *because* says what must hold.
    """

    title: str
    request: Request | None
    decision: Answer | None
    denied_by: tuple[Denier, ...] = ()
    because: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    """What would tell more, where the decision is not known."""


class Diagnosis(NamedTuple):
    """The places of a denial; what AWS has *stated*, what was *assumed*, and what else can deny."""

    places: tuple[Place, ...]
    stated: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    not_given: tuple[str, ...] = ()

    @property
    def decision(self) -> Answer:
        """The worst decision of its places: AWS denies a call where one of its requests is denied."""
        found = {place.decision for place in self.places}
        if "RefusedByAWS" in found:
            return "RefusedByAWS"
        if "ExplicitlyDenied" in found:
            return "ExplicitlyDenied"
        if "ImplicitlyDenied" in found:
            return "ImplicitlyDenied"
        return "NotKnown" if "NotKnown" in found else "Allowed"


def judge(title: str, request: Request, policies: Policies, given: Given) -> Place:
    """Return what *policies* say of *request*, who denies it, why, and what would allow it, if anything does."""
    if refusal := protected(request.action, request.resource, request.context, request.principal):
        return Place(title, request, "RefusedByAWS", because=(str(refusal),))
    origins = {sid: one.origins_of(request.action, request.resource) for sid, one in given.statements.items()}
    given = replace(given, origins=origins)
    request, open_side = _one_sided(request, policies)
    found = _named_first(explain(request, policies), given.named)
    hangs = given.hanging(request, policies)
    if hangs and not certain(request, policies, hangs):
        place = _not_known(title, found, hangs, request, policies, given)
        return place._replace(because=(*place.because, *open_side, *found.notes))
    decision = found.evaluation.decision
    if decision == "Allowed":
        because = tuple(f"allowed by {_named(at, given)}" for at in found.evaluation.by)
        return Place(title, request, decision, because=(*because, *open_side, *found.notes))
    deniers = tuple(_deniers(found, given))
    because = (*_because(found, request, policies, given), *open_side, *found.notes)
    return Place(title, request, decision, deniers, because, tuple(_changes(found, request, policies, given)))


def _named_first(found: Explanation, layer: Layer | None) -> Explanation:
    """Return *found* with what the *layer* says that AWS names before what others say."""
    by = tuple(sorted(found.evaluation.by, key=lambda at: at.layer is not layer))
    lacking = tuple(sorted(found.evaluation.not_allowed_by, key=lambda one: one[0] is not layer))
    return found._replace(evaluation=found.evaluation._replace(by=by, not_allowed_by=lacking))


def _not_known(
    title: str, found: Explanation, hangs: tuple[Hanging, ...], request: Request, policies: Policies, given: Given
) -> Place:
    """Return the place of a request whose decision hangs on keys that nobody told."""
    allowed = found.evaluation.decision == "Allowed"
    carried = mended(request, policies)
    because = [_hanging_text(one, given) for one in _that_matter(found, hangs, given.named)[:_SHOWN]]
    if carried:
        asked = replace(request, context=with_carried(request.context, list(carried)))
        by = ", ".join(dict.fromkeys(_named(at, given) for at in explain(asked, policies).evaluation.by))
        sent = " and ".join(f"{one.key} = {one.value}" for one in carried if one.value is not None)
        because.append(f"if it did{f', with {sent}' if sent else ''}: allowed by {by}")
    elif allowed:
        because.append(f"else allowed by {', '.join(_named(at, given) for at in found.evaluation.by)}")
    nowhere = any(one.on_resource for one in hangs)  # what would allow `*` is no answer
    change = () if allowed or nowhere else tuple(_changes(found, request, policies, given))
    deniers = () if allowed else tuple(_deniers(found, given))
    return Place(title, request, "NotKnown", deniers, tuple(because), change, (_ask(carried, hangs, found),))


def _that_matter(found: Explanation, hangs: tuple[Hanging, ...], named: Layer | None = None) -> list[Hanging]:
    """Return those of *hangs* that can turn the decision: of the *named* layer, then what denies as it is asked."""
    lacking, by = set(found.evaluation.not_allowed_by), found.evaluation.by
    matter = [
        one
        for one in hangs
        if one.effect is Effect.DENY or (one.at.layer, one.at.level) in lacking or (one.at in by and not lacking)
    ]
    return sorted(matter, key=lambda one: (one.at.layer is not named, not (one.holds and one.effect is Effect.DENY)))


def _hanging_text(one: Hanging, given: Given) -> str:
    if one.on_resource:
        verb = "allows it only" if one.effect is Effect.ALLOW else "denies it"
        keys = f", and the condition keys are as it wants: {', '.join(one.keys)}" if one.keys else ""
        return f"{_named(one.at, given)} {verb} where the resource is one of its own{keys}; {given.silent} tell it"
    name, keys = _named(one.at, given), " and ".join(one.keys)
    tests = " and ".join(f"{test.operator} {test.key} is {', '.join(test.values[:_SHOWN])}" for test in one.conditions)
    told = f"{given.silent} tell {keys}"
    if one.effect is Effect.ALLOW:
        verb = "allows it" if one.holds else "allows it only"
        return f"{name} {verb} where {tests or f'its resource fits {keys}'}; {told}"
    if one.conditions and all(test.operator == "Null" and test.values == ("true",) for test in one.conditions):
        return f"denied by {name} unless the call carried {keys}, which {given.silent} tell"
    return f"denied by {name} where {tests or f'its resource fits {keys}'}; {told}"


def _ask(carried: tuple[Carried, ...] | None, hangs: tuple[Hanging, ...], found: Explanation) -> str:
    """Return how to ask again, with the keys that the decision hangs on."""
    values = {one.key.lower(): one.value for one in carried or ()}
    keys = {key.lower(): key for one in _that_matter(found, hangs) for key in one.keys}
    resource = ["--resource ARN"] if any(one.on_resource for one in hangs) else []
    options = resource + [_option(key, values.get(folded) or "VALUE") for folded, key in keys.items()]
    none = " (KEY= where it had none)" if any(option.startswith("--context") for option in options) else ""
    return f"ask again with {' '.join(options)}{none}, or give the CloudTrail event"


def _option(key: str, value: str) -> str:
    return "--resource-account ID" if key.lower() == "aws:resourceaccount" else f"--context {key}={value}"


def _one_sided(request: Request, policies: Policies) -> tuple[Request, tuple[str, ...]]:
    """Return *request* as the caller's side sees it, and what to say of the other, where its policy is not given."""
    account, there = request.principal_account(), request.resource_account
    if policies.resource is not None or account is None or there in (None, account):
        return request, ()
    other_side = (
        f"the resource is in account {there}: its policy must allow {request.action} too ({FLAGS[Layer.RESOURCE]})"
    )
    return replace(request, resource_account=None), (other_side,)


def _deniers(found: Explanation, given: Given) -> Iterator[Denier]:
    for at in found.evaluation.by:
        origins = given.origins.get(at.sid or "", ()) if at.layer is Layer.IDENTITY else ()
        yield Denier(at.layer, at.level, at, origins, _source(at, given))
    for layer, level in found.evaluation.not_allowed_by:
        yield Denier(layer, level, None, (), None)


def _source(at: StatementRef, given: Given) -> str | None:
    return given.sources.get((at.layer, at.level, at.policy))


def _named(at: StatementRef, given: Given) -> str:
    """Return the statement *at* with its file, or the catalog lines that it comes from."""
    places = [str(origin.location) for origin in given.origins.get(at.sid or "", ())]
    where = _source(at, given) or (", ".join(places) if at.layer is Layer.IDENTITY else None)
    name = f"`{at.sid}`" if at.sid else f"statement {at.statement}"
    return f"{at.layer} {name}" + (f" ({where})" if where else "")


def _because(found: Explanation, request: Request, policies: Policies, given: Given) -> Iterator[str]:
    for at in found.evaluation.by:
        yield f"{_named(at, given)} denies it{''.join(_conditions(at, request, policies))}"
    for layer, level in found.evaluation.not_allowed_by:
        misses = [miss for miss in found.near_misses if (miss.at.layer, miss.at.level) == (layer, level)]
        near = nearest(misses, Effect.ALLOW)
        where = layer if level is None else f"{layer} of level {level}"
        yield f"no {where} allows {request.action} on {request.resource}" + (", these come near" if near else "")
        for miss in near[:_NEAREST]:
            yield f"{_named(miss.at, given)}: {'; '.join(map(str, miss.reasons))}"


def _conditions(at: StatementRef, request: Request, policies: Policies) -> Iterator[str]:
    """Yield the conditions under which the Deny at *at* matched."""
    statement = statement_at(at, policies)
    for number, condition in enumerate(statement.conditions if statement else ()):
        has = ", ".join(condition.found(request.context)) or "nothing"
        wanted = ", ".join(condition.values)
        yield f"{' and ' if number else ' as '}{condition.operator} {condition.key} is {wanted} (the request has {has})"


def _changes(found: Explanation, request: Request, policies: Policies, given: Given) -> Iterator[str]:
    carried = mended(request, policies)
    yield from map(carried_text, carried or ())
    for at in found.evaluation.by:
        if not (carried and _asks_presence(at, policies)):
            yield from _around_deny(at, carried is not None, given)
    for layer, level in found.evaluation.not_allowed_by:
        if layer is Layer.IDENTITY and given.subject:
            yield from () if carried else _for_role(given.subject, request, policies)
        elif not carried:
            yield _missing_allow(layer, level, request, given)


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
    value = " or ".join(one.listed[:_SHOWN]) + (" or ..." if one.listed[_SHOWN:] else "") or one.value
    had = f"instead of {', '.join(one.had)}" if one.had else "the request as given has none"
    return f"{_verb(one.key)} {one.key} = {value} ({had})"


_SHOWN = 6


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


def _around_deny(at: StatementRef, by_the_request: bool, given: Given) -> Iterator[str]:
    """Yield how to change the Deny at *at* itself, where the request can't or should not get past it."""
    origins = given.origins.get(at.sid or "", ()) if at.layer is Layer.IDENTITY else ()
    guardrails = dict.fromkeys(origin.group for origin in origins if origin.kind == "guardrail")
    either = "or " if by_the_request else ""
    for name in guardrails:
        yield f"{either}choose other values for the guardrail: --guardrail {name}=VALUE"
    others = [origin for origin in origins if origin.kind != "guardrail"]
    for origin in () if by_the_request else others:
        yield f"the catalog denies it on purpose ({origin.location}): use another role for it"
    if not origins:
        yield f"{either}except the request from {_named(at, given)}"


def _missing_allow(layer: Layer, level: int | None, request: Request, given: Given) -> str:
    own_trust = layer is Layer.TRUST and given.subject and not any(kind is layer for kind, _, _ in given.sources)
    if own_trust and (trusted := _trust_of(request)):
        return f"let the role trust them: --trust {trusted}"
    where = layer if level is None else f"{layer} of level {level}"
    files = [name for (kind, place, _), name in given.sources.items() if (kind, place) == (layer, level)]
    file = f" ({', '.join(files)})" if files else ""
    who = f" for {request.principal}" if layer in (Layer.RESOURCE, Layer.TRUST) and request.principal else ""
    return f"add to the {where}{file} an Allow of {request.action} on {request.resource}{who}"


def _trust_of(request: Request) -> str | None:
    """Return the value of `--trust` that lets who asks *request* assume the role; of services SageMaker has one."""
    caller = read_caller(request.principal)
    if caller.kind is CallerKind.SERVICE:
        return "sagemaker" if caller.text.startswith("sagemaker.") else None
    if caller.kind in (CallerKind.ROLE, CallerKind.SESSION):
        partition = caller.text.split(":")[1]
        return f"role:arn:{partition}:iam::{caller.account}:role/{caller.name}"
    return f"account:{caller.account}" if caller.account else "oidc:ARN, saml:ARN or github:ORG/REPO"


def _for_role(subject: Subject, request: Request, policies: Policies) -> Iterator[str]:
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


def _choice_text(choice: Alternative, subject: Subject, action: str, either: str) -> Iterator[str]:
    if choice.forbidden:
        about = [never for never in choice.forbidden if matches_action(never.forbidden.action, action)]
        never = (*about, *choice.forbidden)[0]
        more = f", and {len(choice.forbidden) - 1} more" if len(choice.forbidden) > 1 else ""
        yield f"not {choice.flag}: {_never(subject, never)}{more}"
        return
    yield f"{either}{choice.flag} (granted by {choice.where})"
    yield from (f"and {carried_text(one)}" for one in choice.carried)


def _never(subject: Subject, never: Never) -> str:
    role = subject.role
    return f"`{role.persona.id}` must never be able to do `{entry_text(never, role)}` ({never.where})"


def _no_choice(subject: Subject, request: Request) -> Iterator[str]:
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
