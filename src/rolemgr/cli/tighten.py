"""`rolemgr tighten`: a role and what it used, to the smaller role."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from rolemgr.cli.console import output_path
from rolemgr.cli.files import note, require_ending, write_output
from rolemgr.cli.lazy import account, report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.write import to_json

if TYPE_CHECKING:
    from rolemgr.workflow.trails import OpenTrail


@click.command("tighten")
@click.argument("role", metavar="ROLE")
@click.argument("trails", metavar="TRAIL...", nargs=-1, required=True)
@click.option(
    "--principal", "principals", multiple=True, metavar="NAME|ARN",
    help="Whose calls count: the role that ROLE names unless given; repeatable.",
)  # fmt: skip
@click.option("--keep", multiple=True, metavar="ACTION", help="An action, or a pattern, to keep; repeatable.")
@click.option("--tests", metavar="FILE", help="Write the recorded calls there as policy tests; goes with -o.")
@click.option("--profile", metavar="NAME", help="The AWS profile, for trails in S3.")
@click.option("--region", metavar="NAME", help="The Region of the bucket, for trails in S3.")
@click.option("--endpoint-url", metavar="URL", help="Another endpoint than AWS's own, for trails in S3.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="The form of the result.",
)  # fmt: skip
@click.option("-o", "--output", callback=output_path, metavar="PATH", help="Write the smaller policies there, as JSON.")
def tighten_command(
    role: str, trails: Sequence[str], principals: Sequence[str], keep: Sequence[str], tests: str | None,
    profile: str | None, region: str | None, endpoint_url: str | None, form: str, output: str | None,
) -> None:  # fmt: skip
    """
    Cut a role down to what it used.

    ROLE is a role file, a role as `rolemgr create` or the AWS CLI prints it, or policies. TRAIL is what `rolemgr
    replay` reads. Each Allow keeps the actions and resources that were used, under its conditions, and the roles that
    were passed; every Deny stays, and so does what a trail can't show, such as reads of S3 objects, with the reason.
    That nothing is gained is proven, and that all that was used stays allowed is tried. Only trails in S3 touch AWS,
    and only to read.

    Exits with 1 where that is not proven, or something used is lost.

    \b
    Examples:
      rolemgr tighten roles/churn.yaml trail/
      rolemgr tighten role.json trail/ -o smaller.json --tests smaller-tests.yaml
      rolemgr migrate account.json ds-legacy --used smaller.json
    """
    require_ending(output, "JSON", "-o takes the smaller policies; the result goes to stdout")
    if tests and not output:
        raise InputError(SourceLocation("--tests"), "goes with -o", "the tests ask the file that -o writes")

    def buckets(address: str) -> "Iterator[OpenTrail]":
        access = account.connect.connect(profile, region, endpoint_url)
        for name, opened in account.trail_objects.trail_objects(access.client("s3", access.region), address):
            yield workflow.trails.OpenTrail(name, opened)

    asked = workflow.tighten.TightenRequest(role, trails, principals, keep)
    made = workflow.tighten.tightened(asked, OUTSIDE, sys.stdin.buffer, buckets, lambda _: None)
    if form == "json":
        text = to_json(report.tighten.tighten_data(made.found, made.proof, len(made.lost)))
    else:
        text = report.tighten.tighten_text(made.found, made.proof, len(made.lost))
    write_output(text, None)
    if output:
        write_output(workflow.tighten.policy_text(made), output)
        note(f"the smaller policies are {output}")
    if tests and output:
        write_output(workflow.tighten.tests_text(made, output), tests)
        note(f"the tests are {tests}: rolemgr test {tests}")
    if made.lost or not made.proof.proven:
        sys.exit(1)
