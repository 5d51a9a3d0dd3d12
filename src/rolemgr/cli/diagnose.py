"""`rolemgr diagnose`: an AccessDenied message, or a request, against the layers that may have denied it."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.files import note, read_input
from rolemgr.cli.layers import context_of, layer_options, policies_around
from rolemgr.cli.options import role_options
from rolemgr.errors import InputError, SourceLocation, UnknownNameError

if TYPE_CHECKING:
    from rolemgr.diagnose.alternatives import Subject
    from rolemgr.diagnose.denial_message import Denial
    from rolemgr.diagnose.diagnosis import SourceOf
    from rolemgr.evaluate.policies import Policies
    from rolemgr.evaluate.request import Request
    from rolemgr.iam.arn import Arn
    from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy, TrustPolicy
    from rolemgr.model.role import ComposedStatement


class _Subject(NamedTuple):
    """Whose identity policies are asked: a role with all that is known of it, or a caller with some policy files."""

    identity: "tuple[IdentityPolicy, ...]"
    role: "Subject | None" = None
    arn: str | None = None
    statements: "Mapping[str, ComposedStatement]" = MappingProxyType({})
    trust: "TrustPolicy | None" = None
    keys: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    """ARNs of its policies whose text is not here."""


@click.command("diagnose")
@click.argument("message", required=False)
@role_options
@layer_options
@click.option("--policy", multiple=True, metavar="FILE", help="A policy file to ask, not a role; repeatable.")
@click.option("--action", metavar="SERVICE:NAME", help="The action that was denied; the message's unless given.")
@click.option("--resource", metavar="ARN", help="Its resource; the message's unless given.")
@click.option("--principal", metavar="ARN", help="Who asked; the message's or the role itself unless given.")
@click.option(
    "--context",
    multiple=True,
    metavar="KEY=VALUE",
    help="A condition key's value; repeat it for several; KEY= where it had none.",
)
@click.option("--resource-account", metavar="ID", help="The account of the resource.")
@click.option("--key", multiple=True, metavar="ARN", help="A KMS key that the data is encrypted with; repeatable.")
@click.option("--key-policy", metavar="FILE", help="The policy of that key.")
@form_option
@output_option
@color_option
def diagnose_command(
    message: str | None, chosen: dict[str, Any], layers: dict[str, Any], policy: Sequence[str], key: tuple[str, ...],
    key_policy: str | None, form: str, output: str | None, color: str, verbose: bool, **asked: Any,
) -> None:  # fmt: skip
    """
    Say which layer denies a request, and what would allow it.

    MESSAGE is what AWS said: the text, a file that holds it, or - for stdin; or give --action and --resource.
    The role that the options choose is asked, or the policies of --policy, within the layers that are given.
    Exits with 1 where they deny it. Nothing touches AWS.

    \b
    Examples:
      rolemgr diagnose "$(cat error.txt)" --persona data-scientist
      rolemgr diagnose --action s3:GetObject --resource arn:aws:s3:::acme/a.csv \\
                       --persona sagemaker-compute --resource-policy bucket.json
    """
    from rolemgr.diagnose.denied_requests import diagnose
    from rolemgr.diagnose.diagnosis import Given
    from rolemgr.iam.documents import TrustPolicy
    from rolemgr.report.diagnosis import diagnosis_data, diagnosis_page

    denial = _denial(message)
    _require_request(asked, denial)
    subject = _policies_of(policy, chosen) if policy else _role_of(chosen, layers, denial, verbose)
    request = _request(asked, denial, subject)
    around = _around(subject, layers, request)
    given = Given(
        policies=around,
        subject=subject.role,
        statements=subject.statements,
        sources=_sources(layers, policy, around),
        trust=around.resource if isinstance(around.resource, TrustPolicy) else subject.trust,
        keys=key or subject.keys,
        key_policy=_key_policy(key_policy),
        beyond=subject.beyond,
        absent=frozenset(key.lower() for key, values in _context(asked["context"]).items() if not values),
        silent="the message does not" if denial else "the options do not",
        any_resource=not asked["resource"] and request.resource == "*" and (denial is None or denial.resource != "*"),
    )
    found = diagnose(request, given, denial)
    give(form, lambda: diagnosis_data(found, denial), lambda: diagnosis_page(found), output, color)
    if found.decision != "Allowed":
        sys.exit(1)


def _denial(message: str | None) -> "Denial | None":
    """Return what the message says, as the text itself, a file or stdin."""
    from rolemgr.diagnose.denial import parse_denial

    if message is None:
        return None
    if message == "-" or _is_file(message):
        text, name = read_input(message)
        return parse_denial(text, SourceLocation(name))
    return parse_denial(message, SourceLocation("MESSAGE"))


def _is_file(text: str) -> bool:
    try:
        path = Path(text)
        return path.is_file() or path.is_fifo()  # <(command) is a pipe
    except (OSError, ValueError):  # a message is longer than any name, or holds what no name may
        return False


def _require_request(asked: Mapping[str, Any], denial: "Denial | None") -> None:
    """Raise InputError where neither message nor options say what was denied."""
    from rolemgr.diagnose.denial_message import DECODE, DenialKind

    if denial is None and asked["action"] is None:
        raise InputError(None, "there is nothing to diagnose", "give AWS's message, - for stdin, or --action")
    if denial and asked["action"] is None and denial.action is None and denial.kind is not DenialKind.EXECUTION_ROLE:
        called = f" beyond the operation {denial.operation}" if denial.operation else ""
        hint = f"give --action, or decode the message: {DECODE}" if denial.encoded else "give --action"
        raise InputError(SourceLocation("MESSAGE"), f"does not say which action was denied{called}", hint)


def _request(asked: Mapping[str, Any], denial: "Denial | None", subject: _Subject) -> "Request":
    """Return the request that was denied; raise InputError for a resource or a principal that is none."""
    from rolemgr.evaluate.request import Request

    action = asked["action"] or (denial.action if denial else None) or "sagemaker:DescribeDomain"
    assumes = action.startswith("sts:AssumeRole")
    resource = asked["resource"] or _resource(denial, subject) or (subject.arn if assumes else None) or "*"
    if resource != "*" and not resource.startswith("arn:"):
        raise InputError(
            SourceLocation("--resource"), f"`{resource}` is not an ARN", "an action without a resource has *"
        )
    _note_doubts(action, resource, denial)
    principal = asked["principal"] or _principal(denial)
    if principal is None and assumes and "With" not in action and resource == subject.arn:
        raise InputError(None, "nothing says who wants to assume the role", "give --principal")
    principal = principal or (_provider(subject) if "With" in action else subject.arn)
    context = _with_told(_context(asked["context"]), denial, principal, subject)
    return Request.known(action, resource, context, principal, asked["resource_account"])


def _resource(denial: "Denial | None", subject: _Subject) -> str | None:
    """Return the ARN of the resource in the message; what IAM calls `role NAME` is in the caller's account."""
    from rolemgr.diagnose.denial_sentence import in_account

    return (denial.resource or in_account(denial.name, subject.arn)) if denial else None


def _with_told(
    context: dict[str, list[str]], denial: "Denial | None", principal: str | None, subject: _Subject
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


def _note_doubts(action: str, resource: str, denial: "Denial | None") -> None:
    """Note an action that the reference does not have, and one that takes a resource and has none."""
    from rolemgr.diagnose.denial_message import DenialKind
    from rolemgr.diagnose.diagnosis import needs_resource
    from rolemgr.reference.services import action_names, find_action

    known = find_action(action)
    if known is None and ":" in action:
        names = action_names(action.partition(":")[0].lower()).values()
        note(str(UnknownNameError(SourceLocation("--action"), "action", action, names)))
    fixed = denial is not None and denial.kind is DenialKind.EXECUTION_ROLE
    if known and needs_resource(known.name) and resource == "*" and not fixed:
        called = f"the message calls the resource of {known.name} `{denial.name}`" if denial and denial.name else ""
        problem = called or f"nothing says on which resource {known.name} was denied"
        note(f"{problem}: give --resource{' with its ARN' if called else ''}")


def _context(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the context of ``KEY=VALUE`` texts, in which a key without a value is absent: it has no values."""
    return {key: [value for value in values if value] for key, values in context_of(texts).items()}


def _principal(denial: "Denial | None") -> str | None:
    """Return who asked, as far as a policy can speak of it."""
    from rolemgr.evaluate.errors import RequestError
    from rolemgr.evaluate.principals import read_caller

    try:
        return read_caller(denial.principal).text or None if denial else None
    except RequestError:  # a message may have the account or the name struck out
        return None


def _around(subject: _Subject, layers: Mapping[str, Any], request: "Request") -> "Policies":
    """Return the policies of all layers that are given; the chosen role's own trust policy need not be."""
    own = subject.trust and request.action.startswith("sts:AssumeRole") and not layers["resource_policy"]
    return policies_around(
        subject.identity, layers, replace(request, action="sts:GetCallerIdentity") if own else request
    )


def _policies_of(names: Sequence[str], chosen: Mapping[str, Any]) -> _Subject:
    """Return the policies in the files *names*; raise InputError where a role is chosen as well."""
    from rolemgr.cli.policies import read_identity_policies

    for key, value in chosen.items():
        if value not in (None, (), False):
            raise InputError(SourceLocation(f"--{key.replace('_', '-')}"), "goes with a role, not with --policy")
    return _Subject(tuple(policy.value for policy in read_identity_policies(names)))


def _role_of(chosen: Mapping[str, Any], layers: Mapping[str, Any], denial: "Denial | None", verbose: bool) -> _Subject:
    """Return the role that the options choose, where they leave it open in the message's account and region."""
    from rolemgr.cli.rendering import attached_to, render_chosen
    from rolemgr.diagnose.alternatives import Subject

    found = render_chosen(_placed(chosen, denial), verbose=verbose)
    documents, attached = found.documents, attached_to(found.role)
    boundary = () if layers["boundary_policy"] else filter(None, (documents.boundary,))
    return _Subject(
        identity=(
            *(policy.document for policy in (*documents.policies, *documents.managed_policies)),
            *attached.values(),
        ),
        role=Subject(found.catalog, found.role),
        arn=found.role.spec.arn,
        statements={statement.sid: statement for statement in found.role.statements},
        trust=documents.trust_policy,
        keys=found.role.parameters.get("data_keys", ()),
        beyond=(*(arn for arn in documents.attached if arn not in attached), *boundary),
    )


def _placed(chosen: Mapping[str, Any], denial: "Denial | None") -> Mapping[str, Any]:
    """Return *chosen* with the account, region and name in the message, where nobody chose them."""
    from rolemgr.cli.options import role_source
    from rolemgr.iam.arn import ACCOUNT_ID, REGION, Arn

    if denial is None or chosen["role"] == "-":  # stdin can be read once only
        return chosen
    known = role_source(chosen, os.environ).data
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


def _role_in(denial: "Denial", known: Mapping[str, Any]) -> "Arn | None":
    """Return who in the message is the chosen role: who asks, or whom somebody else wants to assume."""
    from rolemgr.iam.arn import Arn
    from rolemgr.model.spec import default_role_name

    principal, resource = Arn.parse(denial.principal or ""), Arn.parse(denial.resource or "")
    if not (resource and (denial.action or "").startswith("sts:AssumeRole")):
        return principal
    name = known.get("name") or default_role_name(str(known.get("persona")))
    asks = principal and f"/{name}/" in f"{principal.resource}/"
    return principal if asks else resource


def _sources(layers: Mapping[str, Any], names: Sequence[str], around: "Policies") -> "SourceOf":
    """Return the file of each policy of the layers that are given, by layer, level and place."""
    from rolemgr.evaluate.policies import Layer

    found: dict[tuple[Layer, int | None, int], str] = {}
    files = {**layers, "policy": tuple(names)}
    for key, layer, level, count in _counts(around):
        given = files[key] if isinstance(files[key], tuple) else tuple(filter(None, (files[key],)))
        if len(given) == 1:
            given *= count
        found.update({(Layer(layer), level, place): name for place, name in enumerate(given) if len(given) <= count})
    return found


def _counts(around: "Policies") -> Iterator[tuple[str, str, int | None, int]]:
    """Yield for each option that gives policies their layer, its level, and how many there are."""
    yield "policy", "identity policy", None, len(around.identity)
    yield "boundary_policy", "permissions boundary", None, 1
    yield "session_policy", "session policy", None, len(around.session)
    yield "scp", "service control policy", 0, sum(map(len, around.service_control))
    yield "rcp", "resource control policy", 0, sum(map(len, around.resource_control))
    yield "resource_policy", "resource policy", None, 1
    yield "resource_policy", "role trust policy", None, 1
    yield "vpc_endpoint_policy", "VPC endpoint policy", None, len(around.vpc_endpoints)


def _key_policy(name: str | None) -> "ResourcePolicy | None":
    """Return the policy of the key in the file *name*; raise InputError where it holds several."""
    from rolemgr.cli.policies import read_documents
    from rolemgr.iam.documents import ResourcePolicy

    found = read_documents(name, ResourcePolicy) if name else []
    if len(found) > 1:
        raise InputError(SourceLocation("--key-policy"), f"there can be one, not {len(found)}")
    return found[0] if found else None
