"""Break-glass roles with all around them: who may take them, the alarm on them, and the SCP that keeps it alive."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from rolemgr.detective.break_glass.events import change_pattern, use_pattern
from rolemgr.detective.break_glass.names import BreakGlass
from rolemgr.detective.break_glass.sinks import AlarmSink, sinks
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
from rolemgr.reference.quirks import quota
from rolemgr.workflow.choices import names_a_role, role_source
from rolemgr.workflow.layer_policies import LayerRequest, MadeLayer, make_layer
from rolemgr.workflow.many import each_alone
from rolemgr.workflow.outside import Outside, once
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
    """
    What was asked for: the choices of the role, and where its users, its alarm and its keepers are.

    Each of *role_files*, where there are several, gives a role of its own; all have the same users and one alarm.
    """

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
    role_files: tuple[str, ...] = ()


class MadeBreakGlass(NamedTuple):
    """The roles, their alarm, and the SCP that guards both."""

    alarm: BreakGlass
    roles: tuple[RenderedChoice, ...]
    scp: MadeLayer
    mfa_age: int


def make_break_glass(request: BreakGlassRequest, outside: Outside, *, verbose: bool) -> MadeBreakGlass:
    """
    Return the break-glass roles that *request* asks for; say what can't be closed.

    Raises InputError (or Problems) for bad input, for a role that could silence the alarm, and for roles of which one
    can't be made: a kit without it would leave it unwatched.
    """
    raise_all([*_wrong(request)])
    keepers = _keepers(request)
    around = outside._replace(say=once(outside.say)) if request.role_files else outside
    roles = _roles(request, around, verbose=verbose)
    raise_all([*_apart(request, roles)])
    alarm = _alarm(request, roles, keepers)
    raise_all([*_too_long(alarm)])
    scp = _scp(request, alarm, roles, around)
    for text in (*(note for role in roles for note in _guarded(alarm, role, scp)), *_notes(request, alarm)):
        around.say(text)
    return MadeBreakGlass(alarm, roles, scp, seconds(request.mfa_age))


def _roles(request: BreakGlassRequest, outside: Outside, *, verbose: bool) -> tuple[RenderedChoice, ...]:
    """Return the role, or that of each role file; raise what is wrong with any of them."""

    def made(chosen: Mapping[str, Any]) -> RenderedChoice:
        asked = replace(request, chosen=chosen)
        return render_source(_with_users(asked, outside), {}, outside.say, verbose=verbose)

    if not request.role_files:
        return (made(request.chosen),)
    found, wrong = each_alone(request.role_files, lambda name: made({**request.chosen, "role": name}))
    raise_all(wrong)
    return tuple(one for _, one in found)


def _apart(request: BreakGlassRequest, roles: Sequence[RenderedChoice]) -> Iterator[InputError]:
    """Yield why *roles* can't have one alarm: two are one, or nobody says where it is."""
    specs = [one.spec.value for one in roles]
    seen: dict[tuple[str, str], str] = {}
    for file, spec in zip(request.role_files, specs, strict=False):
        first = seen.setdefault((spec.account, spec.role_name.lower()), file)
        if first != file:
            problem = f"account {spec.account} has a role `{spec.role_name}` already, by {first}"
            yield InputError(SourceLocation(file), problem, "give each a `name` of its own")
    regions = sorted({spec.region for spec in specs})
    if len(regions) > 1 and not request.alarm_region:
        problem = f"is missing: the roles are in {' and '.join(regions)}"
        yield InputError(SourceLocation("--alarm-region"), problem, "give --alarm-region NAME, where people are told")
    if len({spec.partition_name for spec in specs}) > 1:
        partitions = " and ".join(sorted({spec.partition_name for spec in specs}))
        problem = f"the roles are in partitions {partitions}, and no event goes from one to another"
        yield InputError(SourceLocation("break-glass"), problem, "make one kit for each")


def _too_long(alarm: BreakGlass) -> Iterator[InputError]:
    """Yield the rules whose pattern EventBridge would refuse: then nobody would be told of anything."""
    most = quota("event_pattern_at_most")
    for rule, size in _sizes(alarm):
        if size > most:
            problem = f"rule {rule} would have a pattern of {size:,} characters, and EventBridge takes {most:,}"
            hint = "make several kits of fewer roles, each with its --alarm-name"
            yield InputError(SourceLocation("break-glass"), problem, hint)


def _sizes(alarm: BreakGlass) -> Iterator[tuple[str, int]]:
    """Yield the rules of the watched accounts, each with the size of its pattern as CloudFormation sends it."""
    yield alarm.use_rule, len(json.dumps(use_pattern(alarm), separators=(",", ":")))
    yield alarm.change_rule, len(json.dumps(change_pattern(alarm), separators=(",", ":")))


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
    if request.role_files and request.chosen.get("name"):
        problem = "names one role, and each of several role files has its own"
        yield InputError(SourceLocation("--name"), problem, "leave it out")
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


def _alarm(request: BreakGlassRequest, roles: Sequence[RenderedChoice], keepers: tuple[str, ...]) -> BreakGlass:
    spec = roles[0].spec.value
    return BreakGlass(
        roles=tuple(one.spec.value.arn for one in roles),
        users=_user_arns(request, spec.partition_name),
        user_account=str(request.user_account),
        alarm_account=str(request.alarm_account),
        alarm_region=request.alarm_region or spec.region,
        partition=spec.partition_name,
        keepers=keepers,
        policies=tuple(dict.fromkeys(arn for one in roles for arn in _policies_of(one))),
        name=request.alarm_name,
    )


def _policies_of(role: RenderedChoice) -> Iterator[str]:
    """Yield the ARNs of the managed policies of the account that *role* has: its own, its boundary, others."""
    spec, documents = role.spec.value, role.documents
    own = f"arn:{spec.partition_name}:iam::{spec.account}:policy{spec.path}"
    yield from (f"{own}{one.name}" for one in documents.managed_policies)
    if spec.boundary_arn and not is_aws_managed(spec.boundary_arn):
        yield spec.boundary_arn
    yield from (arn for arn in documents.attached if not is_aws_managed(arn))


def _scp(
    request: BreakGlassRequest, alarm: BreakGlass, roles: Sequence[RenderedChoice], outside: Outside
) -> MadeLayer:  # fmt: skip
    """
    Return the SCP for the accounts of roles, users and alarm, by `protect-break-glass`.

    A comma in a name, which would part two values, becomes a question mark: one more name is guarded.
    """
    values = {**alarm.protected(), "trails": request.trails, "keys": (request.alarm_key,) if request.alarm_key else ()}
    listed = {name: ",".join(text.replace(",", "?") for text in texts) for name, texts in values.items() if texts}
    given = tuple(f"{name}={text}" for name, text in listed.items())
    catalog = tuple(dict.fromkeys(folder for one in roles for folder in one.spec.value.catalog))
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
    spec = role.spec.value
    found = [one for one in sinks(alarm, spec.region) if _allowed(spec, one, alone)]
    which = f"the role {spec.role_name}" if len(alarm.roles) > 1 else "the role"
    if open_ := [one for one in found if _allowed(spec, one, under)]:
        one = open_[0]
        problem = f"{which} may do `{one.action}` on {one.resource}: it would silence or widen itself ({one.part})"
        hint = "choose a persona without it, or give --trail or --alarm-key"
        raise InputError(SourceLocation("break-glass"), problem, hint)
    for part in dict.fromkeys(one.part for one in found):
        actions = ", ".join(one.action for one in found if one.part == part)
        yield f"the SCP alone keeps {which} from {part}: its own policies allow {actions}"


def _listed(accounts: Sequence[str]) -> str:
    return " and ".join(accounts)


def _widest(policy: IdentityPolicy) -> IdentityPolicy:
    """Return *policy* as if every condition of its Allows held: what a request will carry is not known here."""
    value = policy.to_json_value()
    for statement in value["Statement"]:
        if statement["Effect"] == "Allow":
            statement.pop("Condition", None)
    return IdentityPolicy.model_validate(value)


def _allowed(spec: RoleSpec, sink: AlarmSink, policies: Policies) -> bool:
    """Tell whether the role may; what is in another account as if it were in the role's own, which is the wider."""
    asked = {
        "principal": spec.arn,
        "action": sink.action,
        "resource": sink.resource,
        "resourceAccount": spec.account,
    }
    return evaluate(Request.from_json_value(asked), policies).decision == "Allowed"


def _notes(request: BreakGlassRequest, alarm: BreakGlass) -> Iterator[str]:
    exempt = " ".join(f"--exempt {one}" for one in alarm.roles)
    yield f"your other SCPs have to let {'it' if len(alarm.roles) == 1 else 'them'} work: render them with {exempt}"
    for rule, size in _sizes(alarm):
        if size > quota("event_pattern"):
            yield (
                f"rule {rule} has a pattern of {size:,} characters, and EventBridge takes {quota('event_pattern'):,} "
                f'unless you have its quota "Event pattern size" raised in every region of {_listed(alarm.watched)}: '
                "do that before `forward`, or make several kits"
            )
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
