"""`rolemgr simulate`: one request against a role or policy files and the layers around them, or a batch."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from rolemgr.cli.access import access_of, access_options
from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.files import is_file, is_stdout
from rolemgr.cli.layers import layer_options
from rolemgr.cli.lazy import workflow
from rolemgr.cli.options import role_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.files.source import open_input
from rolemgr.workflow.account_options import AccessOptions
from rolemgr.workflow.layer_options import given

if TYPE_CHECKING:
    from rolemgr.account.connect import Access
    from rolemgr.workflow.asked_files import AskedPrincipal
    from rolemgr.workflow.batch import BatchAnswers
    from rolemgr.workflow.simulate import Simulated, SimulateQuery

DECISIONS = ("Allowed", "ExplicitlyDenied", "ImplicitlyDenied")


_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+")


@click.command("simulate")
@click.argument("policies", nargs=-1, metavar="[POLICY|ROLE_FILE|FOLDER]...")
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
@click.option("--expect", type=click.Choice(DECISIONS), help="Exit with 1 where the decision is another, or not known.")
@click.option("--requests", metavar="FILE", help="A batch: a JSON object a line, each with its policies; - is stdin.")
@click.option(
    "--live", is_flag=True, help="Ask IAM's policy simulator too (free of charge); exit with 1 unless it agrees."
)
@access_options
@form_option
@output_option
@color_option
def simulate_command(
    policies: Sequence[str], chosen: dict[str, Any], layers: dict[str, Any], requests: str | None, live: bool,
    access: AccessOptions, form: str, output: str | None, color: str, verbose: bool, **asked: Any,
) -> None:  # fmt: skip
    """
    Evaluate one request against a role or policy files.

    The answer says which statement decided, and what the others lacked. Nothing touches AWS. POLICY is an IAM policy
    document, a role as `create` writes it, a role file, a folder, or a quoted pattern; - is stdin. Policies are asked
    together, as those of one principal, and several roles each for itself. Without one, the role that the options
    choose is asked. Where an attached policy whose text is not at hand may turn the answer, it is NotKnown, and the
    exit code 1. A file of another layer is a policy document, or a list of them. What the ARNs of principal and
    resource say, such as aws:PrincipalArn, is in the context already; the ARN of a session does not tell the path of
    its role, and where that decides, the answer is NotKnown too.

    --requests asks many requests: each line is a JSON object with `request` (action and resource, and where they are
    known principal, resourceAccount and context, a key with one value or a list), an `id` that comes back, and the
    policies around it, each a list of documents: identityPolicies, permissionsBoundaries, sessionPolicies,
    vpcEndpointPolicies, serviceControlPolicies and resourceControlPolicies (a list for each level); resourcePolicy is
    one document, of a role its trust policy. The answer is a line of id and decision, or error.

    --live sends request and policies to IAM's policy simulator too: SimulateCustomPolicy on the policies that are
    asked, and SimulatePrincipalPolicy where the role or user is in the account already. A difference is told with both
    reasons. What the simulator does not evaluate (RCPs, session policies, the policies of endpoints, of resources for
    roles, callers other than users and roles) is not known, never agreement. It exits with 1 unless AWS agrees. Of a
    batch each line is sent, and its answer has AWS's under "live".

    \b
    Examples:
      rolemgr simulate --persona data-scientist --action sagemaker:CreateEndpoint \\
                       --resource arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn
      rolemgr simulate policy.json --action s3:GetObject --resource arn:aws:s3:::acme/a.csv \\
                       --context aws:PrincipalTag/Project=churn --expect Allowed
      rolemgr simulate --persona ml-engineer --action s3:GetObject --resource arn:aws:s3:::acme/a.csv \\
                       --resource-account 444455556666 --resource-policy bucket.json --scp scp.json
      rolemgr simulate roles/ --action s3:DeleteObject --resource arn:aws:s3:::acme/a.csv --expect ImplicitlyDenied
      rolemgr simulate --requests requests.jsonl
      printf '%s' '{"id": 1, "request": {"action": "s3:GetObject", "resource": "arn:aws:s3:::acme/a.csv"}, ' \\
                  '"identityPolicies": [{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]}' \\
                  | rolemgr simulate --requests -
      rolemgr simulate --requests requests.jsonl --live --profile ml-account
      rolemgr simulate roles/churn.yaml --action sagemaker:CreateEndpoint --live --profile ml-account
    """
    reached = access_of(access, live=live)
    if requests is not None:
        region = chosen["region"] if reached else None  # of what is asked; offline a line has all of its request
        _refuse_beside_batch(
            {**asked, **given(layers), **chosen, **({"region": None} if reached else {}), "policy": policies}
        )
        sys.exit(_answer_live(requests, output, reached, region) if reached else _answer_all(requests, output))
    each = workflow.asked_files.asked_of(_files(policies, asked["action"]), chosen, OUTSIDE)
    expect = asked.pop("expect")
    options = workflow.simulate.RequestOptions(**asked, certain=expect is not None)
    query = workflow.simulate.SimulateQuery(each[0].policies, each[0].chosen, layers, options)
    beside = _beside(reached, chosen["region"]) if reached else None
    if len(each) > 1:
        _ask_each(query, each, expect, form, output, color, beside, verbose=verbose)
        return
    found = workflow.simulate.simulate(query, OUTSIDE, verbose=verbose)
    found = beside(found) if beside else found
    give(form, found.views.data, found.views.page, output, color)
    if not _is_as_expected(found, expect):
        if expect:
            click.echo(f"expected {expect}", err=True)
        sys.exit(1)
    if _is_unlike_aws(found):
        sys.exit(1)


def _beside(access: AccessOptions, region: str | None) -> "Callable[[Simulated], Simulated]":
    """Return what adds to a decision what AWS says, once there is a way into the account."""
    ways: list[Access] = []

    def with_aws(found: "Simulated") -> "Simulated":
        if not ways:
            ways.append(workflow.simulate_live.way_to_simulator(access, region, OUTSIDE.say))
        return workflow.simulate_live.with_simulator(found, ways[0])

    return with_aws


def _is_unlike_aws(found: "Simulated") -> bool:
    """Tell whether AWS was asked, and does not agree with all of it."""
    return found.live is not None and found.live.verdict != "agrees"


def _ask_each(
    query: "SimulateQuery", each: "Sequence[AskedPrincipal]", expect: str | None, form: str, output: str | None,
    color: str, beside: "Callable[[Simulated], Simulated] | None", *, verbose: bool,
) -> None:  # fmt: skip
    """Ask each of several roles; end with 1 where one decides otherwise than expected, or than AWS."""
    more = {"beside": beside} if beside else {}
    found = workflow.simulate_each.simulate_each(query, each, OUTSIDE, verbose=verbose, **more)
    if found.found:
        give(form, found.views.data, found.views.page, output, color)
    others = [name for name, one in found.found if not _is_as_expected(one, expect)]
    for name in others if expect else ():
        click.echo(f"{name}: expected {expect}", err=True)
    raise_all(found.wrong)
    if others or any(_is_unlike_aws(one) for _, one in found.found):
        sys.exit(1)


def _is_as_expected(found: "Simulated", expect: str | None) -> bool:
    """Tell whether the answer is the one that is expected; without one, whether there is any."""
    outcome = found.explanation.outcome
    return outcome == expect if expect else outcome != "NotKnown"


def _files(names: Sequence[str], action: str | None) -> Sequence[str]:
    """Return the files and folders that *names* mean; raise InputError for an action that stands without --action."""
    for name in names:
        if action is None and _ACTION.fullmatch(name) and not is_file(name):
            raise InputError(SourceLocation("--action"), "is missing", f"did you mean --action {name}?")
    return workflow.given_files.expanded(names)


def _refuse_beside_batch(others: Mapping[str, Any]) -> None:
    """Refuse all that a line of a batch says itself."""
    for key, value in others.items():
        if value not in (None, (), False):
            name = "POLICY" if key == "policy" else f"--{key.replace('_', '-')}"
            raise InputError(SourceLocation("--requests"), f"goes without {name}", "each line has its own request")


def _answer_live(requests: str, output: str | None, access: AccessOptions, region: str | None) -> int:
    """Answer each line of *requests* beside AWS; return the exit code, 1 where AWS does not agree with all of them."""
    way = workflow.simulate_live.way_to_simulator(access, region, OUTSIDE.say)
    batch = workflow.batch_live.LiveBatch(way)
    code = _answer_all(requests, output, batch.answers)
    if batch.error:
        raise batch.error
    return code or int(batch.unlike > 0)


def _answer_all(
    requests: str, output: str | None, answers: "Callable[[BinaryIO], Iterator[BatchAnswers]] | None" = None
) -> int:  # fmt: skip
    """Answer each line of the file *requests*; return the exit code, 2 where one was not understood."""
    import pydantic.main  # noqa: F401 - twelve imports further down, where CPython's stack of frames turns a page, +40 ms

    count = misunderstood = 0
    with _lines(requests) as lines, _output_stream(output) as out:
        for some in (answers or workflow.batch.answers)(lines):
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
