"""An elevated role: a role of every day with raised ceilings, taken by approval, until a moment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.files.source import LayeredSource
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import AnyTrust, GitHubTrust, OidcTrust, RoleTrust, SamlTrust
from rolemgr.model.trust_text import as_text
from rolemgr.report.diff import RoleDiff
from rolemgr.report.differences import SideWords
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.diff_pair import pair
from rolemgr.workflow.layer_policies import LayerRequest, MadeLayer, make_layer
from rolemgr.workflow.many import Made, each_alone, without_twins
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.remade import grant_of, remaking
from rolemgr.workflow.role import RenderedChoice, render_source
from rolemgr.workflow.sides import DiffSide, RoleFile

SESSION_NAME: Final = "elevated-*"
"""What the sessions of an elevated role are called, where nothing else is chosen: CloudTrail is searched for it."""
_RAISE: Final = SourceLocation("--raise")
_OF_BASE: Final = ("trust", "name", "expires")
"""Options that are the elevated role's own; all others choose the role of every day."""
_NOT_APPROVED: Final[Mapping[str, str]] = {
    "sagemaker": "SageMaker asks nobody",
    "service": "an AWS service asks nobody",
    "account": "an account's administrators let in whom they like",
    "user": "a user asks nobody; `rolemgr break-glass` is for users",
}
"""Kinds of trust that nobody approves, and why."""


@dataclass(frozen=True)
class ElevatedRequest:
    """What was asked for: the choices of the role of every day, what is *raised* in them, and the SCPs that let go."""

    chosen: Mapping[str, Any]
    raised: tuple[str, ...]
    permission_set: bool = False
    """Whether a tool assigns a permission set, so that Identity Center writes the trust policy."""
    scps: tuple[str, ...] = ()
    scp_parameters: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    landing_zones: tuple[str, ...] = ()
    free_slots: int | None = None


class MadeElevated(NamedTuple):
    """The elevated role, the difference to the role of every day, and the SCPs that let it go until its end."""

    role: RenderedChoice
    source: LayeredSource
    base: RenderedChoice
    difference: RoleDiff
    exempt: str
    """The ARN, or pattern, of the role that SCPs let go."""
    scp: MadeLayer | None
    permission_set: bool

    @property
    def until(self) -> str:
        """The moment at which it ends, in UTC."""
        return str(self.role.spec.value.expires)


def make_elevated(
    request: ElevatedRequest, outside: Outside, *, verbose: bool, scp_apart: bool = False
) -> MadeElevated:  # fmt: skip
    """
    Return the elevated role that *request* asks for; say what approval nothing here can see.

    With *scp_apart* the SCPs are somebody else's to make. Raises InputError (or Problems) for bad input, for trust
    that nobody approves, and where nothing is raised.
    """
    raised = _raised(request.raised)
    own = {key: request.chosen.get(key) for key in _OF_BASE}
    source = role_source({**request.chosen, **dict.fromkeys(_OF_BASE)}, outside.environ, outside.read)
    catalogs: dict[tuple[str, ...], Catalog] = {}
    later = ("trust",) if request.permission_set else ()
    base = render_source(source, catalogs, lambda _: None, verbose=False, filled_later=later)
    raise_all([*_unknown(raised, base), *_unapproved(own, request)])
    elevated = _elevated(source, base, raised, own, request)
    role = render_source(elevated, catalogs, outside.say, verbose=verbose, filled_later=later)
    difference = _difference(source, elevated, catalogs, later)
    raise_all([*_not_raised(raised, difference)])
    exempt = _exempt(role, permission_set=request.permission_set)
    scp = None if scp_apart else _scp(request, exempt, role, outside)
    for text in (*_also_less(difference), *_notes(request, role, exempt)):
        outside.say(text)
    return MadeElevated(role, elevated, base, difference, exempt, scp, request.permission_set)


def _raised(texts: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if not texts:
        raise InputError(_RAISE, "is missing: which ceiling is higher", "such as --raise max-runtime=72h")
    for text in texts:
        name, equals, values = text.partition("=")
        if not name or not equals or not values:
            raise InputError(_RAISE, f"`{text}` is not of the form NAME=VALUE[,VALUE...]")
        if name in found:
            raise InputError(_RAISE, f"`{name}` is given twice")
        found[name] = values.split(",")
    return found


def _unknown(raised: Mapping[str, object], base: RenderedChoice) -> Iterator[InputError]:
    """Yield the guardrails that the role of every day does not have, so that there is nothing to raise."""
    there = [one.name for one in base.role.guardrails]
    for name in raised:
        if name not in there:
            has = f"it has {', '.join(there) or 'none'}"
            yield UnknownNameError(_RAISE, "guardrail of the role", name, there, otherwise=has)


def _unapproved(own: Mapping[str, Any], request: ElevatedRequest) -> Iterator[InputError]:
    """Yield what an elevated role needs and was not given: an end, and somebody who approves."""
    if not own["expires"]:
        yield InputError(SourceLocation("--expires"), "is missing: when it ends", "such as --expires 2026-12-24T18:00Z")
    where = SourceLocation("--trust")
    if request.permission_set and own["trust"]:
        problem = "does not go with a permission set: Identity Center writes the trust policy of its role"
        yield InputError(where, problem, "leave it out; who is assigned is approved in the tool that assigns it")
    if not request.permission_set and not own["trust"]:
        hint = "such as github:ORG/REPO?environment=NAME, or --format permission-set for a tool that assigns it"
        yield InputError(where, "is missing: by whose approval it is taken", hint)


def _elevated(
    source: LayeredSource, base: RenderedChoice, raised: Mapping[str, list[str]], own: Mapping[str, Any],
    request: ElevatedRequest,
) -> LayeredSource:  # fmt: skip
    """Return the choices of *source* with the ceilings *raised*, a name, an end and a trust of its *own*."""
    guardrail = {**(source.data.get("guardrail") or {}), **raised}
    name = own["name"] or f"{base.role.spec.role_name}-elevated"
    made = source.with_value("guardrail", guardrail, _RAISE).with_value("name", name, SourceLocation("--name"))
    made = made.with_value("expires", own["expires"], SourceLocation("--expires"))
    if request.permission_set:
        return _without(made, "trust")
    where = SourceLocation("--trust")
    given = parse_model(made.with_value("trust", list(own["trust"]), where), RoleSpec).value.trust
    raise_all([*_unattended(given)])
    return made.with_value("trust", [as_text(_found_again(one)) for one in given], where)


def _without(source: LayeredSource, key: str) -> LayeredSource:
    return replace(source, data={name: value for name, value in source.data.items() if name != key})


def _unattended(trusts: tuple[AnyTrust, ...]) -> Iterator[InputError]:
    """Yield the trusts by which nobody approves anything."""
    where = SourceLocation("--trust")
    for one in trusts:
        if one.kind in _NOT_APPROVED:
            hint = "use github:ORG/REPO?environment=NAME, or the role of a tool that grants access by approval"
            yield InputError(where, f"`{as_text(one)}` is approved by nobody: {_NOT_APPROVED[one.kind]}", hint)
        elif isinstance(one, GitHubTrust) and not one.environment:
            problem = f"`{as_text(one)}` names no environment, whose required reviewers approve a run"
            yield InputError(where, problem, f"github:{one.value}?environment=NAME")


def _found_again(one: AnyTrust) -> AnyTrust:
    """
    Return *one* with what its sessions are found by: a source identity, where its provider can set one, and a name.

    A SAML provider, and a tool that takes the role, can set a source identity; of other tokens only their issuer knows.
    """
    if isinstance(one, SamlTrust | RoleTrust):
        return one.model_copy(update={"source_identity": "required"})
    if isinstance(one, GitHubTrust | OidcTrust) and not one.session_name:
        return one.model_copy(update={"session_name": SESSION_NAME})
    return one


def _difference(
    base: LayeredSource, elevated: LayeredSource, catalogs: dict[tuple[str, ...], Catalog], later: Sequence[str]
) -> RoleDiff:  # fmt: skip
    """Return what the ceilings make of what may be done: both sides with one name and trust, and without an end."""
    sides = []
    trust = elevated.data.get("trust") or base.data.get("trust")  # of people, whom alone some guardrails can bind
    for title, source in (("every day", base), ("elevated", elevated)):
        same = _without(_without(source, "expires"), "trust")
        same = same.with_value("trust", trust, SourceLocation("--trust")) if trust else same
        same = same.with_value("name", elevated.data["name"], SourceLocation("--name"))
        chosen = render_source(same, catalogs, lambda _: None, verbose=False, filled_later=later)
        file = RoleFile(same, chosen, remaking(same, chosen))
        sides.append(DiffSide(SideWords(title, "", ""), grant_of(chosen.documents), file=file))
    return pair(sides[0], sides[1], "every day -> elevated")


def _not_raised(raised: Mapping[str, object], difference: RoleDiff) -> Iterator[InputError]:
    """Yield the ceilings that are not higher; of what can't be told, the difference says so."""
    if difference.same:
        yield InputError(_RAISE, f"raises nothing: {', '.join(raised)} as every day")
    for one in difference.changes:
        if one.effect == "narrower" or one.kind == "loses":
            what = one.what or ", ".join(one.actions[:3])
            yield InputError(_RAISE, f"`{what}` becomes narrower than every day", "leave it out, or give a higher one")


def _also_less(difference: RoleDiff) -> Iterator[str]:
    """Yield the ceilings that are another, and not only higher; and what the comparison can't tell."""
    for one in difference.changes:
        if one.effect == "other":
            yield f"--raise {one.what}: some of what may be done every day may not; name the values of every day too"
        elif one.kind == "unknown":
            yield f"can't tell what becomes of {', '.join(one.actions) or one.what}: {one.reason}"


def _exempt(role: RenderedChoice, *, permission_set: bool) -> str:
    """
    Return the ARN of the role; of a permission set the pattern of the roles that Identity Center makes of it.

    Their names end in 16 characters of its own choice, and nobody else makes roles below their path.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    spec = role.spec.value
    if not permission_set:
        return spec.arn
    place = f"arn:{spec.partition_name}:iam::{spec.account}:role/aws-reserved/sso.amazonaws.com"
    return f"{place}/*AWSReservedSSO_{spec.role_name}_{'?' * 16}"


def make_each_elevated(
    request: ElevatedRequest, files: Sequence[str], outside: Outside, *, verbose: bool
) -> tuple[list[Made[MadeElevated]], list[InputError]]:
    """
    Return the elevated role of each of *files*, and what is wrong with those that have none.

    The SCPs let all of them go: of two SCPs that each let one go, either would stop the other's role. Raises
    InputError for options that are about one role.
    """
    if request.chosen["name"]:
        problem = "names one role, and each of several role files has its own"
        raise InputError(SourceLocation("--name"), problem, "leave it out: they are called after their roles")
    around = outside._replace(say=once(outside.say))

    def one(name: str) -> MadeElevated:
        asked = replace(request, chosen={**request.chosen, "role": name})
        return make_elevated(asked, around, verbose=verbose, scp_apart=True)

    found, wrong = each_alone(files, one)
    specs = [(name, each, each.role.spec.value) for name, each in found]
    made = [Made(name, spec.role_name, SourceLocation(name), spec.account, each, ()) for name, each, spec in specs]
    apart, twins = without_twins(made)
    roles = [(one.result.exempt, one.result.role) for one in apart]
    scp = _scp_for(request, roles, "elevated-scp", around) if roles else None
    return [one.with_result(one.result._replace(scp=scp)) for one in apart], [*wrong, *twins]


def _scp(request: ElevatedRequest, exempt: str, role: RenderedChoice, outside: Outside) -> MadeLayer | None:
    """Return the SCPs that were asked for, which let the role go until it ends; None where none was."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", role.spec.value.role_name)
    return _scp_for(request, [(exempt, role)], f"{name}-scp", outside)


def _scp_for(
    request: ElevatedRequest, roles: Sequence[tuple[str, RenderedChoice]], name: str, outside: Outside
) -> MadeLayer | None:
    """Return the SCPs that were asked for, which let *roles*, each by an ARN or pattern, go until they end."""
    if not request.scps:
        _refuse_scp_options(request)
        return None
    until = tuple(f"{exempt}={role.spec.value.expires}" for exempt, role in roles)
    catalog = tuple(dict.fromkeys(one for _, role in roles for one in role.spec.value.catalog))
    asked = LayerRequest(
        "scp", request.scps, request.scp_parameters, request.exempt, until, request.landing_zones,
        request.free_slots, name, catalog=catalog,
    )  # fmt: skip
    return make_layer(asked, outside)


def _refuse_scp_options(request: ElevatedRequest) -> None:
    given = {
        "--scp-parameter": request.scp_parameters,
        "--exempt": request.exempt,
        "--landing-zone": request.landing_zones,
        "--free-slots": request.free_slots,
    }
    for flag, value in given.items():
        if value not in ((), None):
            raise InputError(SourceLocation(flag), "goes with --scp PATTERN: no SCP is asked for")


def _notes(request: ElevatedRequest, role: RenderedChoice, exempt: str) -> Iterator[str]:
    spec = role.spec.value
    for one in spec.trust if not request.permission_set else ():
        if isinstance(one, GitHubTrust):
            yield (
                f"who reviews the environment {one.environment} of {one.value} is set in GitHub: nothing here can see "
                "that it has required reviewers"
            )
        elif isinstance(one, RoleTrust):
            yield f"who may approve is set in the tool that works as {one.value}: nothing here can see it"
        elif isinstance(one, SamlTrust | OidcTrust):
            yield f"who may sign in to the role is set at {one.value}: nothing here can see that it takes an approval"
    if request.permission_set:
        yield "who may approve is set in the tool that assigns the permission set; an assignment by hand takes none"
    if not request.scps:
        yield f"SCPs that hold the ceilings let it go with --exempt-until '{exempt}={spec.expires}'"
    yield f"at {spec.expires} it ends, open sessions too; delete it then, as it can still be taken"
