"""What was denied, by a message of AWS or by options, asked of the layers that may have denied it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from rolemgr.diagnose.alternatives import RoleInCatalog
from rolemgr.diagnose.denial import parse_denial
from rolemgr.diagnose.denial_message import DECODE, Denial, DenialKind
from rolemgr.diagnose.denial_sentence import in_account
from rolemgr.diagnose.denied_requests import diagnose
from rolemgr.diagnose.diagnosis import Diagnosis, KnownLayers, SourceOf, needs_resource
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.evaluate.principals import read_caller
from rolemgr.evaluate.request import Request
from rolemgr.files.source import LIMITS
from rolemgr.iam.arn import ACCOUNT_ID, REGION, Arn
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy, TrustPolicy
from rolemgr.model.role import ComposedStatement
from rolemgr.model.spec import default_role_name
from rolemgr.reference.services import action_names, find_action
from rolemgr.report.diagnosis import diagnosis_data, diagnosis_page
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.layers import context_of, policies_around
from rolemgr.workflow.outside import Outside, Reader, Say
from rolemgr.workflow.policy_files import read_documents, read_identity_policies, without_boundary
from rolemgr.workflow.role_options import given_flag
from rolemgr.workflow.views import Views


class DeniedRequestOptions(NamedTuple):
    """The request as the options say it, beside the message."""

    action: str | None
    resource: str | None
    principal: str | None
    context: Sequence[str]
    resource_account: str | None


class DiagnoseQuery(NamedTuple):
    """What AWS said, who is asked (*policies* in files, or the *chosen* role), in which *layers*, for which keys."""

    message: str | None
    policies: Sequence[str]
    chosen: Mapping[str, Any]
    layers: Mapping[str, Any]
    options: DeniedRequestOptions
    keys: tuple[str, ...] = ()
    key_policy: str | None = None


class _Subject(NamedTuple):
    """Whose identity policies are asked: a role with all that is known of it, or a caller with some policy files."""

    identity: tuple[IdentityPolicy, ...]
    role: RoleInCatalog | None = None
    arn: str | None = None
    statements: Mapping[str, ComposedStatement] = MappingProxyType({})
    trust: TrustPolicy | None = None
    keys: tuple[str, ...] = ()
    missing: MissingPolicies = NONE_MISSING
    """Its policies whose text is not here."""
    boundary: IdentityPolicy | None = None
    """The permissions boundary that is made with the role."""


class Diagnosed(NamedTuple):
    """Which layer denies a request and what would allow it, and what AWS's message said."""

    diagnosis: Diagnosis
    denial: Denial | None

    @property
    def views(self) -> Views:
        """The diagnosis for programs and for people."""
        return Views(partial(diagnosis_data, self.diagnosis, self.denial), partial(diagnosis_page, self.diagnosis))


def diagnosed(asking: DiagnoseQuery, outside: Outside, *, verbose: bool) -> Diagnosed:
    """
    Return which layer denies the request and what would allow it, and what the message said.

    Says what is doubtful or taken for granted. Raises InputError where nothing says what was denied, and for
    what can't be read.
    """
    denial = _denial(asking.message, outside.read)
    _require_request(asking.options, denial)
    if asking.policies:
        subject = _policies_of(asking.policies, asking.chosen, outside)
    else:
        subject = _role_of(asking, denial, outside, verbose=verbose)
    request = _request(asking.options, denial, subject, outside.say)
    around = _around(subject, asking.layers, request, outside)
    given = _given(asking, denial, subject, request, around, outside)
    return Diagnosed(diagnose(request, given, denial), denial)


def _given(
    asking: DiagnoseQuery,
    denial: Denial | None,
    subject: _Subject,
    request: Request,
    around: Policies,
    outside: Outside,
) -> KnownLayers:
    """Return all that is known around *request*."""
    options = asking.options
    named = options.resource or (denial is not None and denial.resource == "*")
    return KnownLayers(
        policies=around,
        subject=subject.role,
        statements=subject.statements,
        sources=_sources(asking.layers, asking.policies, around),
        trust=around.resource if isinstance(around.resource, TrustPolicy) else subject.trust,
        keys=asking.keys or subject.keys,
        key_policy=_key_policy(asking.key_policy, outside),
        missing=without_boundary(subject.missing, asking.layers),
        absent=frozenset(key.lower() for key, values in _context(options.context).items() if not values),
        silent="the message does not" if denial else "the options do not",
        any_resource=not named and request.resource == "*",
    )


def _denial(message: str | None, read: Reader) -> Denial | None:
    """Return what the message says, as the text itself, a file or stdin."""
    if message is None:
        return None
    if message == "-" or _is_file(message):
        text, name = read(message, LIMITS)
        return parse_denial(text, SourceLocation(name))
    return parse_denial(message, SourceLocation("MESSAGE"))


def _is_file(text: str) -> bool:
    try:
        path = Path(text)
        return path.is_file() or path.is_fifo()  # <(command) is a pipe
    except (OSError, ValueError):  # a message is longer than any name, or holds what no name may
        return False


def _require_request(asked: DeniedRequestOptions, denial: Denial | None) -> None:
    """Raise InputError where neither message nor options say what was denied."""
    if denial is None and asked.action is None:
        raise InputError(None, "there is nothing to diagnose", "give AWS's message, - for stdin, or --action")
    if denial and asked.action is None and denial.action is None and denial.kind is not DenialKind.EXECUTION_ROLE:
        called = f" beyond the operation {denial.operation}" if denial.operation else ""
        hint = f"give --action, or decode the message: {DECODE}" if denial.encoded else "give --action"
        raise InputError(SourceLocation("MESSAGE"), f"does not say which action was denied{called}", hint)


def _request(asked: DeniedRequestOptions, denial: Denial | None, subject: _Subject, say: Say) -> Request:
    """Return the request that was denied; raise InputError for a resource or a principal that is none."""
    action = asked.action or (denial.action if denial else None) or "sagemaker:DescribeDomain"
    assumes = action.startswith("sts:AssumeRole")
    resource = asked.resource or _resource(denial, subject) or (subject.arn if assumes else None) or "*"
    if resource != "*" and not resource.startswith("arn:"):
        raise InputError(
            SourceLocation("--resource"), f"`{resource}` is not an ARN", "an action without a resource has *"
        )
    _say_doubts(action, resource, denial, say)
    principal = asked.principal or _principal(denial)
    if principal is None and assumes and "With" not in action and resource == subject.arn:
        raise InputError(None, "nothing says who wants to assume the role", "give --principal")
    principal = principal or (_provider(subject) if "With" in action else subject.arn)
    context = _with_told(_context(asked.context), denial, principal, subject)
    return Request.known(action, resource, context, principal, asked.resource_account)


def _resource(denial: Denial | None, subject: _Subject) -> str | None:
    """Return the ARN of the resource in the message; what IAM calls `role NAME` is in the caller's account."""
    return (denial.resource or in_account(denial.name, subject.arn)) if denial else None


def _with_told(
    context: dict[str, list[str]], denial: Denial | None, principal: str | None, subject: _Subject
) -> dict[str, list[str]]:
    """Return *context* with what the message tells; a session of the chosen role has its ARN as aws:PrincipalArn."""
    told = {key: list(values) for key, values in (denial.known.items() if denial else ())}
    name = (subject.arn or "").rpartition("/")[2]
    if name and f":assumed-role/{name}/" in (principal or ""):
        told.setdefault("aws:PrincipalArn", [subject.arn or ""])
    given = {key.lower() for key in context}
    return {**context, **{key: values for key, values in told.items() if key.lower() not in given}}


def _provider(subject: _Subject) -> str | None:
    """Return the identity provider in the role's trust policy, for a caller with a web identity or a SAML assertion."""
    trusted = [one.principal for one in subject.trust.statement] if subject.trust else []
    providers = [name for one in trusted if isinstance(one, Mapping) for name in one.get("Federated", ())]
    if not providers:
        raise InputError(None, "nothing says which identity provider vouched for the caller", "give --principal")
    return providers[0]


def _say_doubts(action: str, resource: str, denial: Denial | None, say: Say) -> None:
    """Say which action the reference does not have, and which one takes a resource and has none."""
    known = find_action(action)
    if known is None and ":" in action:
        names = action_names(action.partition(":")[0].lower()).values()
        say(str(UnknownNameError(SourceLocation("--action"), "action", action, names)))
    fixed = denial is not None and denial.kind is DenialKind.EXECUTION_ROLE
    if known and needs_resource(known.name) and resource == "*" and not fixed:
        called = f"the message calls the resource of {known.name} `{denial.name}`" if denial and denial.name else ""
        problem = called or f"nothing says on which resource {known.name} was denied"
        say(f"{problem}: give --resource{' with its ARN' if called else ''}")


def _context(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the context of ``KEY=VALUE`` texts, in which a key without a value is absent: it has no values."""
    return {key: [value for value in values if value] for key, values in context_of(texts).items()}


def _principal(denial: Denial | None) -> str | None:
    """Return who asked, as far as a policy can speak of it."""
    try:
        return read_caller(denial.principal).text or None if denial else None
    except RequestError:  # a message may have the account or the name struck out
        return None


def _around(subject: _Subject, layers: Mapping[str, Any], request: Request, outside: Outside) -> Policies:
    """Return the policies of all layers that are given; the chosen role's own trust policy need not be."""
    own = subject.trust and request.action.startswith("sts:AssumeRole") and not layers["resource_policy"]
    asked = replace(request, action="sts:GetCallerIdentity") if own else request
    around = policies_around(subject.identity, layers, asked, outside)
    return around if around.permissions_boundary else replace(around, permissions_boundary=subject.boundary)


def _policies_of(names: Sequence[str], chosen: Mapping[str, Any], outside: Outside) -> _Subject:
    """Return the policies in the files *names*; raise InputError where a role is chosen as well."""
    if flag := given_flag(chosen):
        raise InputError(SourceLocation(flag), "goes with a role, not with --policy")
    found = read_identity_policies(names, outside)
    return _Subject(found.documents, missing=found.missing)


def _role_of(asking: DiagnoseQuery, denial: Denial | None, outside: Outside, *, verbose: bool) -> _Subject:
    """Return the role that the options choose, where they leave it open in the message's account and region."""
    from rolemgr.workflow.role import (
        attached_to,
        missing_of,
        render_asked,
    )  # only a role needs a catalog

    found = render_asked(_placed(asking.chosen, denial, outside), outside, verbose=verbose)
    documents, attached = found.documents, attached_to(found.role)
    return _Subject(
        identity=(
            *(policy.document for policy in (*documents.policies, *documents.managed_policies)),
            *attached.values(),
        ),
        role=RoleInCatalog(found.catalog, found.role),
        arn=found.role.spec.arn,
        statements={statement.sid: statement for statement in found.role.statements},
        trust=documents.trust_policy,
        keys=found.role.parameters.get("data_keys", ()),
        missing=missing_of(found),
        boundary=documents.own_boundary.document if documents.own_boundary else None,
    )


def _placed(chosen: Mapping[str, Any], denial: Denial | None, outside: Outside) -> Mapping[str, Any]:
    """Return *chosen* with the account, region and name in the message, where nobody chose them."""
    if denial is None or chosen["role"] == "-":  # stdin can be read once only
        return chosen
    known = role_source(chosen, outside.environ, outside.read).data
    resource = Arn.parse(denial.resource or "")
    role = _role_in(denial, known)
    placed = dict(chosen)
    if role and "account" not in known and ACCOUNT_ID.fullmatch(role.account):
        placed["account"] = role.account
    if resource and "region" not in known and REGION.fullmatch(resource.region):
        placed["region"] = resource.region
    if role and "name" not in known and role.resource.startswith(("assumed-role/", "role/")):
        parts = role.resource.split("/")
        placed["name"] = parts[1] if parts[0] == "assumed-role" else parts[-1]
    return placed


def _role_in(denial: Denial, known: Mapping[str, Any]) -> Arn | None:
    """Return who in the message is the chosen role: who asks, or whom somebody else wants to assume."""
    principal, resource = Arn.parse(denial.principal or ""), Arn.parse(denial.resource or "")
    if not (resource and (denial.action or "").startswith("sts:AssumeRole")):
        return principal
    name = known.get("name") or default_role_name(str(known.get("persona")))
    asks = principal and f"/{name}/" in f"{principal.resource}/"
    return principal if asks else resource


def _sources(layers: Mapping[str, Any], names: Sequence[str], around: Policies) -> SourceOf:
    """Return the file of each policy of the layers that are given, by layer, level and place."""
    found: dict[tuple[Layer, int | None, int], str] = {}
    files = {**layers, "policy": tuple(names)}
    for key, layer, level, count in _counts(around):
        given = files[key] if isinstance(files[key], tuple) else tuple(filter(None, (files[key],)))
        if len(given) == 1:
            given *= count
        found.update({(Layer(layer), level, place): name for place, name in enumerate(given) if len(given) <= count})
    return found


def _counts(around: Policies) -> Iterator[tuple[str, str, int | None, int]]:
    """Yield for each option that gives policies their layer, its level, and how many there are."""
    yield "policy", "identity policy", None, len(around.identity)
    yield "boundary_policy", "permissions boundary", None, 1
    yield "session_policy", "session policy", None, len(around.session)
    yield "scp", "service control policy", 0, sum(map(len, around.service_control))
    yield "rcp", "resource control policy", 0, sum(map(len, around.resource_control))
    yield "resource_policy", "resource policy", None, 1
    yield "resource_policy", "role trust policy", None, 1
    yield "vpc_endpoint_policy", "VPC endpoint policy", None, len(around.vpc_endpoints)


def _key_policy(name: str | None, outside: Outside) -> ResourcePolicy | None:
    """Return the policy of the key in the file *name*; raise InputError where it holds several."""
    found = read_documents(name, ResourcePolicy, outside) if name else []
    if len(found) > 1:
        raise InputError(SourceLocation("--key-policy"), f"there can be one, not {len(found)}")
    return found[0] if found else None
