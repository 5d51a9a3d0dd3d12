"""`rolemgr simulate`: one request against a role or policy files and the layers around them, or a batch."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.files import is_stdout, note
from rolemgr.cli.layers import context_of, given, layer_options, note_names, policies_around
from rolemgr.cli.options import role_options
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.files.source import open_input
from rolemgr.iam.arn import ACCOUNT_ID

if TYPE_CHECKING:
    from rolemgr.evaluate.policies import Policies
    from rolemgr.evaluate.request import Request
    from rolemgr.iam.documents import IdentityPolicy
    from rolemgr.model.role import Origin

DECISIONS = ("Allowed", "ExplicitlyDenied", "ImplicitlyDenied")


@click.command("simulate")
@click.argument("policies", nargs=-1, metavar="[POLICY]...")
@role_options
@layer_options
@click.option("--action", metavar="SERVICE:NAME", help="The action that is asked for.")
@click.option("--resource", metavar="ARN", help="The resource; * for an action that has none, and unless given.")
@click.option(
    "--resource-account", metavar="ID", help="The account that the resource is in, where its ARN does not say."
)
@click.option(
    "--principal", metavar="ARN", help="Who asks: an ARN, a service, * for anyone; unless given the chosen role."
)
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="A condition key's value; repeat it for several.")
@click.option(
    "--unknown-ok",
    multiple=True,
    metavar="NAME",
    help="A name that AWS has and the reference lacks; repeatable.",
)
@click.option("--expect", type=click.Choice(DECISIONS), help="Exit with 1 where the decision is another.")
@click.option("--requests", metavar="FILE", help="A batch: a JSON object a line, each with its policies; - is stdin.")
@form_option
@output_option
@color_option
def simulate_command(
    policies: Sequence[str], chosen: dict[str, Any], layers: dict[str, Any], requests: str | None, form: str,
    output: str | None, color: str, verbose: bool, **asked: Any,
) -> None:  # fmt: skip
    """
    Evaluate one request against a role or policy files.

    The answer says which statement decided, and what the others lacked. Nothing touches AWS. POLICY is an
    IAM policy document, or a role as `create` writes it; - is stdin. Without one, the role that the options
    choose is asked. A file of another layer is a policy document, or a list of them. What the ARNs of
    principal and resource say, such as aws:PrincipalArn, is in the context already.

    \b
    Examples:
      rolemgr simulate --persona data-scientist --action sagemaker:CreateEndpoint \\
                       --resource arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn
      rolemgr simulate policy.json --action s3:GetObject --resource arn:aws:s3:::acme/a.csv \\
                       --context aws:PrincipalTag/Project=churn --expect Allowed
      rolemgr simulate --persona ml-engineer --action s3:GetObject --resource arn:aws:s3:::acme/a.csv \\
                       --resource-account 444455556666 --resource-policy bucket.json --scp scp.json
      rolemgr simulate --requests requests.jsonl
    """
    if requests is not None:
        _refuse_beside_batch({**asked, **given(layers), **chosen, "policy": policies})
        sys.exit(_answer_all(requests, output))
    if asked["action"] is None:
        raise InputError(SourceLocation("--action"), "is missing", "such as s3:GetObject; or give a batch, --requests")
    resource = asked["resource"] or "*"
    _note_doubts(asked, resource)
    identity, origins, own_arn = _identity(policies, chosen, layers, asked, verbose)
    request = _request(asked, resource, own_arn)
    around, beside = policies_around(identity, layers, request), _refused_by_aws(request)
    _note_unreached(request, layers)
    _note_other_resource(request, around)
    for text in beside:
        note(text)
    _answer_one(request, around, origins, beside, form, output, color, asked["expect"])


def _answer_one(
    request: "Request", around: Any, origins: "Mapping[str, tuple[Origin, ...]]", beside: Sequence[str], form: str,
    output: str | None, color: str, expect: str | None,
) -> None:  # fmt: skip
    from rolemgr.evaluate.explain import explain
    from rolemgr.report.decision import decision_data, decision_page

    found = explain(request, around)
    found = found._replace(notes=(*found.notes, *beside))
    give(form, lambda: decision_data(found, origins), lambda: decision_page(request, found, origins), output, color)
    if expect and found.evaluation.decision != expect:
        click.echo(f"expected {expect}", err=True)
        sys.exit(1)


def _refuse_beside_batch(others: Mapping[str, Any]) -> None:
    """Refuse all that a line of a batch says itself."""
    for key, value in others.items():
        if value not in (None, (), False):
            name = "POLICY" if key == "policy" else f"--{key.replace('_', '-')}"
            raise InputError(SourceLocation("--requests"), f"goes without {name}", "each line has its own request")


def _answer_all(requests: str, output: str | None) -> int:
    """Answer each line of the file *requests*; return the exit code, 2 where one was not understood."""
    import pydantic.main  # noqa: F401 - twelve imports further down, where CPython's stack of frames turns a page, +40 ms

    from rolemgr.cli.batch import answers

    count = misunderstood = 0
    with _lines(requests) as lines, _output_stream(output) as out:
        for some in answers(lines):
            out.write(some.text)
            if requests == "-":
                out.flush()  # a program that writes one line may wait for its answer
            count += some.lines
            misunderstood += some.misunderstood
        if not count:
            raise InputError(SourceLocation("<stdin>" if requests == "-" else requests), "holds no request")
    if misunderstood:
        click.echo(f"error: {misunderstood:,} of {count:,} lines are not understood", err=True)
    return 2 if misunderstood else 0


@contextmanager
def _lines(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open_input(Path(name))  # closed below; only what opening raises is a problem with the name
    except (OSError, ValueError) as error:
        raise InputError(SourceLocation(name), f"can't be read: {getattr(error, 'strerror', None) or error}") from error
    with file:
        yield file


@contextmanager
def _output_stream(output: str | None) -> Iterator[TextIO]:
    """Yield what answers are written to: stdout, or a file that is put in its place when it is whole."""
    if is_stdout(output):
        yield sys.stdout
        sys.stdout.flush()
        return
    path = Path(os.path.realpath(str(output)))  # a link stays a link
    whole = path.is_file() or not path.exists()  # a device or a pipe can't be replaced and is written to
    target = path.with_name(f".rolemgr-{os.urandom(8).hex()}.tmp") if whole else path
    try:
        with target.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        target.replace(path)
    except OSError as error:
        raise InputError(SourceLocation(str(output)), f"can't be written: {error.strerror or error}") from error
    finally:
        if whole:
            target.unlink(missing_ok=True)


def _note_doubts(asked: Mapping[str, Any], resource: str) -> None:
    """
    Refuse a resource that can't be one; note each name of the request that AWS is not known to have.

    A misspelt name is denied like any other, which looks like an answer. It is an error only where an answer
    is expected, as in a test that would pass for the wrong reason: AWS adds names before the reference has
    them, and `--unknown-ok` says that one is such.
    """
    from rolemgr.reference.requests import questioned

    if resource != "*" and not resource.startswith("arn:"):
        raise InputError(
            SourceLocation("--resource"), f"`{resource}` is not an ARN", "an action without a resource has *"
        )
    found = questioned(asked["action"], resource, context_of(asked["context"]), asked["principal"])
    problems = [
        InputError(SourceLocation(f"--{one.part}"), one.doubt.problem, one.doubt.hint)
        for one in found
        if one.doubt.name not in asked["unknown_ok"]
    ]
    if asked["expect"]:
        raise_all(problems)
    for problem in problems:
        note(str(problem))


def _refused_by_aws(request: "Request") -> list[str]:
    """Return that AWS itself refuses *request*, which no decision on policies shows."""
    from rolemgr.reference.protected import protected

    found = protected(request.action, request.resource, request.context, request.principal)
    return [str(found)] if found else []


def _note_unreached(request: "Request", layers: Mapping[str, Any]) -> None:
    from rolemgr.reference.organizations import beyond_rcps

    if layers["rcp"] and (text := beyond_rcps(request.action)):
        note(f"--rcp: {text}")


def _note_other_resource(request: "Request", around: "Policies") -> None:
    """Note that the resource's policy says nothing of the resource: that of another neither allows nor denies."""
    from rolemgr.evaluate.policies import Layer, groups_of
    from rolemgr.evaluate.statement import takes_resource

    statements = [one for group in groups_of(around) if group.layer is Layer.RESOURCE for _, one in group.statements()]
    if statements and request.resource != "*" and not any(takes_resource(one, request) for one in statements):
        note(f"--resource-policy: no statement is about {request.resource}: is it the policy of another resource?")


def _request(asked: Mapping[str, Any], resource: str, own_arn: str | None) -> "Request":
    from rolemgr.evaluate.request import Request

    principal, account = asked["principal"] or own_arn, asked["resource_account"]
    if account is not None and not ACCOUNT_ID.fullmatch(account):
        raise InputError(SourceLocation("--resource-account"), f"`{account}` is not an account id of 12 digits")
    return Request.known(asked["action"], resource, context_of(asked["context"]), principal, account)


def _identity(
    names: Sequence[str], chosen: Mapping[str, Any], layers: Mapping[str, Any], asked: Mapping[str, Any], verbose: bool
) -> "tuple[tuple[IdentityPolicy, ...], dict[str, tuple[Origin, ...]], str | None]":
    """Return the identity policies to ask, the origins of their Sids where they are ours, and the role's ARN."""
    options = [key for key, value in chosen.items() if value not in (None, (), False)]
    if names:
        if options:
            where = SourceLocation(f"--{options[0].replace('_', '-')}")
            raise InputError(where, "goes with a role, not with policy files")
        from rolemgr.cli.policies import read_identity_policies

        found = read_identity_policies(names)
        for policy in found:
            note_names(policy.source.name, policy.value)
        return tuple(policy.value for policy in found), {}, None
    if asked["principal"] and given(layers) and not options:
        return (), {}, None  # a service, say, asks by what the resource's policy says
    return _chosen_role(chosen, layers, asked, verbose)


def _chosen_role(
    chosen: Mapping[str, Any], layers: Mapping[str, Any], asked: Mapping[str, Any], verbose: bool
) -> "tuple[tuple[IdentityPolicy, ...], dict[str, tuple[Origin, ...]], str | None]":
    from rolemgr.cli.rendering import attached_to, render_chosen

    found = render_chosen(chosen, verbose=verbose)
    attached = attached_to(found.role)
    boundary = () if layers["boundary_policy"] else filter(None, (found.documents.boundary,))
    for arn in (*(one for one in found.documents.attached if one not in attached), *boundary):
        note(f"the decision is made without {arn}: what it allows is not judged")
    own = tuple(policy.document for policy in (*found.documents.policies, *found.documents.managed_policies))
    for number, arn in enumerate(attached, start=len(own)):
        note(f"identity policy {number} is {arn}")
    request = asked["action"], asked["resource"] or "*"
    origins = {statement.sid: statement.origins_of(*request) for statement in found.role.statements}
    return (*own, *attached.values()), origins, found.role.spec.arn
