"""One request against a role or policy files and the layers around them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.evaluate.explain import Explanation, explain
from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies
from rolemgr.evaluate.policies import Layer, Policies, groups_of
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.statement import takes_resource
from rolemgr.iam.arn import ACCOUNT_ID
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.reference.organizations import beyond_rcps
from rolemgr.reference.protected import protected
from rolemgr.reference.quirks import only_region
from rolemgr.reference.requests import questioned
from rolemgr.report.decision import decision_data, decision_page
from rolemgr.workflow.layer_options import given
from rolemgr.workflow.layers import context_of, policies_around, say_doubtful_names
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import read_identity_policies, without_boundary
from rolemgr.workflow.role_options import given_flag
from rolemgr.workflow.views import Views

if TYPE_CHECKING:
    from rolemgr.account.decision_comparison import AwsComparison
    from rolemgr.model.role import Origin


class RequestOptions(NamedTuple):
    """The request as its options say it; where the answer must be *certain*, no name may be doubtful."""

    action: str | None
    resource: str | None
    resource_account: str | None
    principal: str | None
    context: Sequence[str]
    unknown_ok: Sequence[str]
    certain: bool

    @property
    def known_action(self) -> str:
        """The action; raises InputError where there is none."""
        if self.action is None:
            hint = "such as s3:GetObject; or give a batch, --requests"
            raise InputError(SourceLocation("--action"), "is missing", hint)
        return self.action

    @property
    def resource_or_any(self) -> str:
        """The resource, or what stands for none."""
        return self.resource or "*"


class SimulateQuery(NamedTuple):
    """Whose *policies* are asked (files, or the *chosen* role), the *layers* around them, and for which request."""

    policies: Sequence[str]
    chosen: Mapping[str, Any]
    layers: Mapping[str, Any]
    options: RequestOptions


class Simulated(NamedTuple):
    """
    A request, its decision and why, and the catalog lines that each Sid comes from.

    *around* are the policies that decided, and *live* is what AWS says, where it was asked.
    """

    request: Request
    explanation: Explanation
    origins: "Mapping[str, tuple[Origin, ...]]"
    around: Policies
    live: "AwsComparison | None" = None

    @property
    def views(self) -> Views:
        """The decision for programs and for people."""
        return Views(self._data, self._page)

    def _data(self) -> dict[str, Any]:
        data = decision_data(self.explanation, self.origins)
        if self.live is None:
            return data
        from rolemgr.report.decision_live import live_data  # only --live pays for it

        return {**data, "aws": live_data(self.live, self.origins)}

    def _page(self) -> Any:
        page = decision_page(self.request, self.explanation, self.origins)
        if self.live is not None:
            from rolemgr.report.decision_live import add_live  # only --live pays for it

            add_live(page, self.live, self.origins)
        return page


class _Identity(NamedTuple):
    """The identity policies to ask, the origins of their Sids where they are ours, and the role's ARN."""

    policies: tuple[IdentityPolicy, ...] = ()
    origins: "Mapping[str, tuple[Origin, ...]]" = MappingProxyType({})
    arn: str | None = None
    boundary: IdentityPolicy | None = None
    """The permissions boundary that is made with the role."""
    missing: MissingPolicies = NONE_MISSING
    """What the role has besides, and nobody here has the text of."""


def simulate(asking: SimulateQuery, outside: Outside, *, verbose: bool) -> Simulated:
    """
    Return the decision on a request; say what is doubtful, and what was taken for granted.

    Raises InputError for options and files that make no request, role or policy.
    """
    doubts = _doubts(asking.options)
    for text in doubts:
        outside.say(text)
    identity = _identity(asking, outside, verbose=verbose)
    request = _request(asking.options, identity.arn)
    around = policies_around(identity.policies, asking.layers, request, outside)
    if around.permissions_boundary is None:
        around = replace(around, permissions_boundary=identity.boundary)
    beside = [
        *_refused_by_aws(request),
        *_elsewhere(request),
        *_unreached(request, asking.layers),
        *_other_resource(request, around),
    ]
    for text in beside:
        outside.say(text)
    found = _without_dates(explain(request, around, identity.missing))
    notes = (*found.notes, *doubts, *beside, *_trust_not_asked(request, identity.arn, around))
    return Simulated(request, found._replace(notes=notes), identity.origins, around)


_TIMES: Final = frozenset({"aws:currenttime", "aws:epochtime"})
"""Keys that AWS sends with every request: where nobody gives them, the time is not known, and never absent."""


def _without_dates(found: Explanation) -> Explanation:
    """
    Return *found* with what it is to say of a time that nobody gave, and without statements that lack nothing else.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-currenttime
    """
    if not _TIMES.intersection(map(str.lower, found.missing)):
        return found
    by_time = [one for one in found.near_misses if all((why.key or "").lower() in _TIMES for why in one.reasons)]
    notes = tuple(
        f"the time is not given, and AWS sends it with every request: {one.effect.value} {one.at} holds where "
        f"{why.operator} {why.key} is {', '.join(why.wanted)}; --context {why.key}={why.wanted[0]} asks it"
        for one in by_time
        for why in one.reasons
    )
    kept = tuple(one for one in found.near_misses if one not in by_time)
    missing = tuple(key for key in found.missing if key.lower() not in _TIMES) if by_time else found.missing
    return found._replace(near_misses=kept, missing=missing, notes=(*found.notes, *notes))


def _trust_not_asked(request: Request, own_arn: str | None, around: Policies) -> Iterator[str]:
    """Yield that the role's own trust policy, which decides who may assume it, was not asked."""
    if around.resource is None and request.folded_action.startswith("sts:assumerole") and request.resource == own_arn:
        yield (
            "the trust policy of the role was not asked, which decides who may assume it: give the role that "
            "`rolemgr create` writes with --resource-policy, and who assumes it with --principal"
        )


def _doubts(asked: RequestOptions) -> tuple[str, ...]:
    """
    Return what to say of each name of the request that AWS is not known to have; refuse a resource that can't be one.

    A misspelt name is denied like any other, which looks like an answer. It is an error only where an answer
    is expected, as in a test that would pass for the wrong reason: AWS adds names before the reference has
    them, and `--unknown-ok` says that one is such.
    """
    action, resource = asked.known_action, asked.resource_or_any
    if resource != "*" and not resource.startswith("arn:"):
        raise InputError(
            SourceLocation("--resource"), f"`{resource}` is not an ARN", "an action without a resource has *"
        )
    found = questioned(action, resource, context_of(asked.context), asked.principal)
    problems = [
        InputError(SourceLocation(f"--{one.part}"), one.doubt.problem, one.doubt.hint)
        for one in found
        if one.doubt.name not in asked.unknown_ok
    ]
    if asked.certain:
        raise_all(problems)
    return tuple(map(str, problems))


def _refused_by_aws(request: Request) -> list[str]:
    """Return that AWS itself refuses *request*, which no decision on policies shows."""
    found = protected(request.action, request.resource, request.context, request.principal)
    return [str(found)] if found else []


def _elsewhere(request: Request) -> Iterator[str]:
    """Yield that the service of the request has one endpoint, and that its Region is another than the one given."""
    service, asked = request.action.partition(":")[0], request.context.folded.get("aws:requestedregion", ())
    region = only_region(service)
    if region and asked and region not in asked and not asked[0].startswith(("cn-", "us-gov-")):
        yield f"AWS never asks this: each request to {service} carries aws:RequestedRegion {region}"


def _unreached(request: Request, layers: Mapping[str, Any]) -> Iterator[str]:
    """Yield that RCPs do not reach the service of the request."""
    if layers["rcp"] and (text := beyond_rcps(request.action)):
        yield f"--rcp: {text}"


def _other_resource(request: Request, around: Policies) -> Iterator[str]:
    """Yield that the resource's policy says nothing of the resource: that of another neither allows nor denies."""
    statements = [one for group in groups_of(around) if group.layer is Layer.RESOURCE for _, one in group.statements()]
    if statements and request.resource != "*" and not any(takes_resource(one, request) for one in statements):
        yield f"--resource-policy: no statement is about {request.resource}: is it the policy of another resource?"


def _request(asked: RequestOptions, own_arn: str | None) -> Request:
    principal, account = asked.principal or own_arn, asked.resource_account
    if account is not None and not ACCOUNT_ID.fullmatch(account):
        raise InputError(SourceLocation("--resource-account"), f"`{account}` is not an account id of 12 digits")
    return Request.known(asked.known_action, asked.resource_or_any, context_of(asked.context), principal, account)


def _identity(asking: SimulateQuery, outside: Outside, *, verbose: bool) -> _Identity:
    """Return the policies of the caller: those in files, those of a chosen role, or none."""
    flag = given_flag(asking.chosen)
    if asking.policies:
        if flag:
            raise InputError(SourceLocation(flag), "goes with a role, not with policy files")
        found = read_identity_policies(asking.policies, outside)
        for policy in found.policies:
            say_doubtful_names(policy.source.name, policy.value, outside.say)
        for number, arn in enumerate(found.attached, start=len(found.policies)):
            outside.say(f"identity policy {number} is {arn}")
        return _Identity(found.documents, missing=without_boundary(found.missing, asking.layers))
    if asking.options.principal and given(asking.layers) and not flag:
        return _Identity()  # a service, say, asks by what the resource's policy says
    return _chosen_role(asking, outside, verbose=verbose)


def _chosen_role(asking: SimulateQuery, outside: Outside, *, verbose: bool) -> _Identity:
    from rolemgr.workflow.role import (
        attached_to,
        missing_of,
        render_asked,
    )  # only a role needs a catalog

    found = render_asked(asking.chosen, outside, verbose=verbose)
    attached = attached_to(found.role)
    own_boundary = found.documents.own_boundary
    own = tuple(policy.document for policy in (*found.documents.policies, *found.documents.managed_policies))
    for number, arn in enumerate(attached, start=len(own)):
        outside.say(f"identity policy {number} is {arn}")
    request = asking.options.known_action, asking.options.resource_or_any
    origins = {statement.sid: statement.origins_of(*request) for statement in found.role.statements}
    bounding = own_boundary.document if own_boundary else None
    missing = without_boundary(missing_of(found), asking.layers)
    return _Identity((*own, *attached.values()), origins, found.role.spec.arn, bounding, missing)
