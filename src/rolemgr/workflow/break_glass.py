"""A break-glass role with all around it: who may take it, the alarm on it, and the SCP that keeps the alarm alive."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rolemgr.detective.break_glass.names import BreakGlass
from rolemgr.detective.break_glass.sinks import Sink, sinks
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.files.source import LayeredSource
from rolemgr.iam.arn import ACCOUNT_ID, REGION, is_aws_managed, partition_of
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.layers.exemptions import exemptions
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.source import parse_model
from rolemgr.model.spec import DEFAULT_ACCOUNT, RoleSpec
from rolemgr.model.times import seconds
from rolemgr.reference.organizations import landing_zones
from rolemgr.workflow.choices import names_a_role, role_source
from rolemgr.workflow.layer_policies import LayerRequest, MadeLayer, make_layer
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import RenderedChoice, attached_to, render_source

PERSONA: Final = "mlops-emergency"
"""Who takes the role unless somebody else is chosen."""
_SESSION: Final = 3600
_PATTERN: Final = "protect-break-glass"
_EVERYTHING: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@dataclass(frozen=True)
class BreakGlassRequest:
    """What was asked for: the choices of the role, and where its users, its alarm and its keepers are."""

    chosen: Mapping[str, Any]
    users: tuple[str, ...]
    user_account: str | None
    alarm_account: str | None
    alarm_region: str | None = None
    keepers: tuple[str, ...] = ()
    landing_zones: tuple[str, ...] = ()
    trails: tuple[str, ...] = ()
    alarm_key: str | None = None
    mfa_age: str = "15m"
    alarm_name: str = "break-glass"
    free_slots: int | None = None


class MadeBreakGlass(NamedTuple):
    """The role, its alarm, and the SCP that guards both."""

    alarm: BreakGlass
    role: RenderedChoice
    scp: MadeLayer
    mfa_age: int


def make_break_glass(request: BreakGlassRequest, outside: Outside, *, verbose: bool) -> MadeBreakGlass:
    """
    Return the break-glass role that *request* asks for; say what can't be closed.

    Raises InputError (or Problems) for bad input, and for a role that could silence its own alarm.
    """
    raise_all([*_wrong(request)])
    keepers = _keepers(request)
    role = render_source(_with_users(request, outside), {}, outside.say, verbose=verbose)
    alarm = _alarm(request, role, keepers)
    scp = _scp(request, alarm, role, outside)
    for text in (*_guarded(alarm, role, scp), *_notes(request, alarm)):
        outside.say(text)
    return MadeBreakGlass(alarm, role, scp, seconds(request.mfa_age))


def _wrong(request: BreakGlassRequest) -> Iterator[InputError]:
    """Yield what is missing, and what is not what it should be."""
    yield from _wrong_users(request.users)
    yield from _wrong_accounts(request)
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,31}", request.alarm_name):
        problem = f"`{request.alarm_name}` is not a letter and up to 31 lower-case letters, digits and hyphens"
        yield InputError(SourceLocation("--alarm-name"), problem)
    if request.alarm_region and not REGION.fullmatch(request.alarm_region):
        problem = f"`{request.alarm_region}` is not a region such as eu-west-1"
        yield InputError(SourceLocation("--alarm-region"), problem)
    if not request.keepers and not request.landing_zones:
        hint = "give --keeper ARN, a role of the security team, or --landing-zone"
        yield InputError(SourceLocation("--keeper"), "is missing: who may change the alarm", hint)
    if request.chosen.get("trust"):
        problem = "does not go with break-glass: its users alone take the role"
        yield InputError(SourceLocation("--trust"), problem, "give --user NAME")


def _wrong_users(users: tuple[str, ...]) -> Iterator[InputError]:
    where = SourceLocation("--user")
    if not users:
        yield InputError(where, "is missing: who takes the role in an emergency", "give --user NAME")
    for name in users:
        if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", name):
            yield InputError(where, f"`{name}` is not a user's name: 1 to 64 letters, digits and _+=,.@-")
    if len({name.lower() for name in users}) < len(users):
        yield InputError(where, "names a user twice; IAM's names differ by more than case")


def _wrong_accounts(request: BreakGlassRequest) -> Iterator[InputError]:
    for flag, account in (("--user-account", request.user_account), ("--alarm-account", request.alarm_account)):
        if not account:
            yield InputError(SourceLocation(flag), "is missing", f"give {flag} ID: another account than the role's")
        elif not ACCOUNT_ID.fullmatch(account):
            yield InputError(SourceLocation(flag), f"`{account}` is not an AWS account id of 12 digits")


def _keepers(request: BreakGlassRequest) -> tuple[str, ...]:
    """Return the patterns of those who look after the alarm: held to the same form as who is exempt of an SCP."""
    try:
        return exemptions(LayerKind.SCP, request.keepers, request.landing_zones).arns
    except InputError as error:
        flag = "--landing-zone" if set(request.landing_zones) - landing_zones().keys() else "--keeper"
        raise InputError(SourceLocation(flag), error.problem, error.hint) from error


def _with_users(request: BreakGlassRequest, outside: Outside) -> LayeredSource:
    """
    Return the choices of the role, with trust in its users, and the emergency persona where none is chosen.

    The trust of a role file is for its days; here its users alone take the role. Raises InputError (or Problems) for
    choices that can't be for emergencies.
    """
    chosen = dict(request.chosen)
    if not names_a_role(chosen, outside.environ):
        chosen["persona"] = PERSONA
    source = role_source(chosen, outside.environ, outside.read)
    where = SourceLocation("--user")
    spec = parse_model(source.with_value("trust", ["sagemaker"], where), RoleSpec).value
    raise_all([*_unfit(spec, request)])
    arns = _user_arns(request, spec.partition_name)
    return source.with_value("trust", [f"user:{arn}?mfa=yes&mfa-age={request.mfa_age}" for arn in arns], where)


def _user_arns(request: BreakGlassRequest, partition: str) -> tuple[str, ...]:
    path = f"arn:{partition}:iam::{request.user_account}:user/{request.alarm_name}"
    return tuple(f"{path}/{name}" for name in request.users)


def _unfit(spec: RoleSpec, request: BreakGlassRequest) -> Iterator[InputError]:
    """Yield why the role can't be for emergencies: too long, over by then, or beside its own alarm."""
    if spec.max_session > _SESSION:
        yield InputError(SourceLocation("--max-session"), "is more than 1h: after that, take the role anew with MFA")
    region = request.alarm_region or spec.region
    if partition_of(region) != spec.partition_name:
        problem = f"`{region}` is not in partition {spec.partition_name}, where the role is"
        yield InputError(SourceLocation("--alarm-region"), problem)
    if spec.expires:
        problem = "does not go with break-glass: the night on which it is needed has no date"
        yield InputError(SourceLocation("--expires"), problem, "see `rolemgr elevated` for access that ends")
    for pattern in request.keepers:
        if "," in pattern:
            problem = f"`{pattern}` has a comma, which parts values in an SCP's parameters: name another role"
            yield InputError(SourceLocation("--keeper"), problem)
        if pattern.split(":")[1] not in ("*", spec.partition_name):
            problem = f"`{pattern}` is in another partition than the role, {spec.partition_name}: it would keep nothing"
            yield InputError(SourceLocation("--keeper"), problem)
    for flag, account, why in (
        ("--user-account", request.user_account, "whoever administers the role's account would be its users too"),
        ("--alarm-account", request.alarm_account, "whoever administers the role's account would silence its alarm"),
    ):
        if account == spec.account:
            hint = "give another account" if spec.account != DEFAULT_ACCOUNT else "give --account ID, the role's"
            yield InputError(SourceLocation(flag), f"`{account}` is the account of the role: {why}", hint)


def _alarm(request: BreakGlassRequest, role: RenderedChoice, keepers: tuple[str, ...]) -> BreakGlass:
    spec, documents = role.spec.value, role.documents
    own = f"arn:{spec.partition_name}:iam::{spec.account}:policy{spec.path}"
    managed = (f"{own}{one.name}" for one in documents.managed_policies)
    boundary = (spec.boundary_arn,) if spec.boundary_arn and not is_aws_managed(spec.boundary_arn) else ()
    attached = (arn for arn in documents.attached if not is_aws_managed(arn))
    return BreakGlass(
        role=spec.arn,
        users=_user_arns(request, spec.partition_name),
        account=spec.account,
        user_account=str(request.user_account),
        alarm_account=str(request.alarm_account),
        alarm_region=request.alarm_region or spec.region,
        partition=spec.partition_name,
        keepers=keepers,
        policies=tuple(dict.fromkeys((*managed, *boundary, *attached))),
        name=request.alarm_name,
    )


def _scp(request: BreakGlassRequest, alarm: BreakGlass, role: RenderedChoice, outside: Outside) -> MadeLayer:
    """
    Return the SCP for the accounts of role, users and alarm, by `protect-break-glass`.

    A comma in a name, which would part two values, becomes a question mark: one more name is guarded.
    """
    values = {**alarm.protected(), "trails": request.trails, "keys": (request.alarm_key,) if request.alarm_key else ()}
    listed = {name: ",".join(text.replace(",", "?") for text in texts) for name, texts in values.items() if texts}
    given = tuple(f"{name}={text}" for name, text in listed.items())
    catalog = tuple(role.spec.value.catalog)
    asked = LayerRequest(
        "scp", (_PATTERN,), given, name=f"{alarm.name}-scp", free_slots=request.free_slots, catalog=catalog
    )
    return make_layer(asked, outside)


def _guarded(alarm: BreakGlass, role: RenderedChoice, scp: MadeLayer) -> Iterator[str]:
    """
    Yield what only the SCP keeps from the role, by evaluation.

    Raises InputError where the role can silence its alarm, or widen itself, with the SCP on.
    """
    attached = attached_to(role.role)
    own = (*role.documents.policies, *role.documents.managed_policies)
    identity = tuple(_widest(one) for one in (*(policy.document for policy in own), *attached.values()))
    boundary = role.documents.own_boundary.document if role.documents.own_boundary else None
    for arn in role.documents.attached:
        if arn not in attached:
            yield f"what {arn} allows is not known here, so that only the SCP is sure to keep the role from its alarm"
    alone = Policies(identity=identity, permissions_boundary=boundary)
    documents = tuple(IdentityPolicy.model_validate(one.document.to_json_value()) for one in scp.documents.policies)
    under = Policies(identity=identity, permissions_boundary=boundary, service_control=((_EVERYTHING, *documents),))
    found = [one for one in sinks(alarm, role.spec.value.region) if _allowed(alarm, one, alone)]
    if open_ := [one for one in found if _allowed(alarm, one, under)]:
        one = open_[0]
        problem = f"the role may do `{one.action}` on {one.resource}: it would silence or widen itself ({one.part})"
        hint = "choose a persona without it, or give --trail or --alarm-key"
        raise InputError(SourceLocation("break-glass"), problem, hint)
    for part in dict.fromkeys(one.part for one in found):
        actions = ", ".join(one.action for one in found if one.part == part)
        yield f"the SCP alone keeps the role from {part}: its own policies allow {actions}"


def _widest(policy: IdentityPolicy) -> IdentityPolicy:
    """Return *policy* as if every condition of its Allows held: what a request will carry is not known here."""
    value = policy.to_json_value()
    for statement in value["Statement"]:
        if statement["Effect"] == "Allow":
            statement.pop("Condition", None)
    return IdentityPolicy.model_validate(value)


def _allowed(alarm: BreakGlass, sink: Sink, policies: Policies) -> bool:
    """Tell whether the role may; what is in another account as if it were in the role's own, which is the wider."""
    asked = {
        "principal": alarm.role,
        "action": sink.action,
        "resource": sink.resource,
        "resourceAccount": alarm.account,
    }
    return evaluate(Request.from_json_value(asked), policies).decision == "Allowed"


def _notes(request: BreakGlassRequest, alarm: BreakGlass) -> Iterator[str]:
    yield f"your other SCPs have to let it work: render them with --exempt {alarm.role}"
    if not request.trails:
        yield "no --trail is given: who stops the trail that logs management events stops the alarm; guard it in an SCP"
    if not request.alarm_key:
        yield (
            "the key of the topic is guarded by its own policy; once it is there, --alarm-key ARN (output Key of the "
            "alarm's stack) has the SCP guard it too"
        )
    for account in dict.fromkeys((*alarm.watched, alarm.alarm_account)):
        if not any(pattern.split(":")[4] in ("*", account) for pattern in alarm.keepers):
            yield f"no keeper works in account {account}: with the SCP on, nobody changes what is there"
    if request.alarm_account == request.user_account:
        yield f"users and alarm are both in {alarm.alarm_account}: who administers that account has both in hand"
    if len(request.users) == 1:
        yield "there is one user: two people on call need one each, as CloudTrail tells them apart by their names"
