"""`rolemgr tighten`: a role and what it used, to the smaller role."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from rolemgr.cli.console import output_path
from rolemgr.cli.files import note, require_ending, write_output
from rolemgr.cli.lazy import account, report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.replay import WORTH
from rolemgr.cli.workers import at_work, worker_options
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.write import to_json

if TYPE_CHECKING:
    from rolemgr.files.source import SourceFile
    from rolemgr.report.tighten import TightenedRole
    from rolemgr.workflow.tighten import TightenBy
    from rolemgr.workflow.trails import OpenTrail
    from rolemgr.workflow.workers import WorkerChoice


@click.command("tighten")
@click.argument("role", metavar="ROLE")
@click.argument("trails", metavar="TRAIL...", nargs=-1, required=True)
@click.option(
    "--principal", "principals", multiple=True, metavar="NAME|ARN",
    help="Whose calls count: the role that ROLE names unless given; repeatable.",
)  # fmt: skip
@click.option("--keep", multiple=True, metavar="ACTION", help="An action, or a pattern, to keep; repeatable.")
@click.option(
    "--from", "inventory", multiple=True, metavar="FILE",
    help="The account in which ROLE is the name of a role: what `aws iam get-account-authorization-details` prints, or "
    "a folder or quoted pattern of its pages; repeatable.",
)  # fmt: skip
@click.option(
    "--evidence", multiple=True, metavar="FILE",
    help="What AWS tells of the role's use: what `aws iam get-service-last-accessed-details`, or `aws accessanalyzer "
    "get-finding-v2` or `list-findings-v2`, prints; repeatable.",
)  # fmt: skip
@click.option(
    "--live", is_flag=True,
    help="Read as evidence what analyzers of unused access in the account found of the role; none is made.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["groups", "statements"]),
    help="What the role is cut by: its activity groups and their values, which a role file is unless you say so, or "
    "the statements of its policies.",
)  # fmt: skip
@click.option("--tests", metavar="FILE", help="Write the recorded calls there as policy tests; goes with -o.")
@click.option("--profile", metavar="NAME", help="The AWS profile, for trails in S3 and --live.")
@click.option("--region", metavar="NAME", help="The Region of the bucket, for trails in S3, or of the analyzer.")
@click.option("--endpoint-url", metavar="URL", help="Another endpoint than AWS's own, for trails in S3 and --live.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="The form of the result.",
)  # fmt: skip
@worker_options
@click.option(
    "-o", "--output", callback=output_path, metavar="PATH",
    help="Write the smaller role file there where PATH ends in .yaml, else the smaller policies, as JSON.",
)  # fmt: skip
def tighten_command(
    role: str, trails: Sequence[str], principals: Sequence[str], keep: Sequence[str], inventory: Sequence[str],
    evidence: Sequence[str], live: bool, by: "TightenBy | None", tests: str | None, profile: str | None,
    region: str | None, endpoint_url: str | None, form: str, workers: "WorkerChoice", output: str | None,
) -> None:  # fmt: skip
    """
    Cut a role down to what it used.

    ROLE is a role file, a role as `rolemgr create` or the AWS CLI prints it, policies, or with --from the name of a
    role. TRAIL is what `rolemgr replay` reads. A role file becomes a smaller one: activity groups that were not used
    go, and names, roles and other values are narrowed to what was. Of other roles each Allow keeps the actions and
    resources that were used, under its conditions, and the roles that were passed. Every Deny stays, and so does what a
    trail can't show, such as reads of S3 objects, with the reason; --evidence says what AWS tells of it. That nothing
    is gained is proven, and that all that was used stays allowed is tried. Only trails in S3 and --live touch AWS, and
    only to read: --live needs access-analyzer:ListAnalyzers, ListFindings and GetFinding, and an analyzer of unused
    access, which AWS charges for by the role and the month; rolemgr makes none.

    Exits with 1 where that is not proven, something used is lost, or something of the role or the trail can't be told.

    \b
    Examples:
      rolemgr tighten roles/churn.yaml trail/ -o roles/churn-smaller.yaml
      rolemgr tighten ds-legacy --from account.json trail/ --evidence last-accessed.json
      rolemgr tighten roles/churn.yaml trail/ --live --profile ml-account --region eu-west-1
      rolemgr tighten role.json trail/ -o smaller.json --tests smaller-tests.yaml
      rolemgr migrate account.json ds-legacy --used smaller.json
    """
    is_role = (output or "").lower().endswith((".yaml", ".yml"))
    if not is_role:
        require_ending(output, "JSON", "-o takes the smaller role file (.yaml) or policies (.json)")
    if tests and not output:
        raise InputError(SourceLocation("--tests"), "goes with -o", "the tests ask the file that -o writes")

    def buckets(address: str) -> "Iterator[OpenTrail]":
        access = account.connect.connect(profile, region, endpoint_url)
        for name, opened in account.trail_objects.trail_objects(access.client("s3", access.region), address):
            yield workflow.trails.OpenTrail(name, opened)

    def found_unused(names: Sequence[str]) -> "Iterator[SourceFile]":
        if live:
            way = account.connect.connect(profile, region, endpoint_url)
            yield from workflow.unused_access.findings_of(way, names, OUTSIDE.say)

    files = workflow.given_files.pages_of(inventory)
    asked = workflow.tighten.TightenRequest(role, trails, principals, keep, by, evidence, files)
    with at_work(workers, 0 if "-" in trails else workflow.trails.size_of(trails), WORTH) as local:
        access = (profile, region, endpoint_url)
        reading = workflow.use_shares.reading_by(local, access, is_far=workers.scheduler is not None)
        made = workflow.tighten.tightened(asked, OUTSIDE, sys.stdin.buffer, buckets, reading, found_unused)
    write_output(
        to_json(report.tighten.tighten_data(made)) if form == "json" else report.tighten.tighten_text(made), None
    )
    if output:
        _write(made, output, tests, is_role=is_role)
    if made.lost or made.untold or not made.proof.proven:
        sys.exit(1)


def _write(made: "TightenedRole", output: str, tests: str | None, *, is_role: bool) -> None:
    """Write what the role becomes, and its tests where they are asked for."""
    made_text = workflow.tighten.role_file_text(made, output) if is_role else workflow.tighten.policy_text(made)
    write_output(made_text, output)
    note(f"the smaller {'role file is' if is_role else 'policies are'} {output}")
    if tests:
        cases = workflow.tighten.tests_text(made, output, tests)
        if cases:
            write_output(cases, tests)
            note(f"the tests are {tests}: rolemgr test {tests}")
        else:
            note(f"{tests} is not written: of no recorded call is it certain that the smaller policies allow it")
