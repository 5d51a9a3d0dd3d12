"""`rolemgr replay`: recorded calls against policies before they are attached."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from rolemgr.cli.console import form_option, output_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.lazy import account, report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.workers import at_work, worker_options
from rolemgr.files.write import to_json

if TYPE_CHECKING:
    from rolemgr.workflow.trails import OpenTrail
    from rolemgr.workflow.workers import WorkerChoice

WORTH = 16 << 20
"""From so many bytes of trails on, which are read in five seconds, a second process pays."""
FAIL_ON = ("denied", "not-known", "newly-allowed", "not-judged", "never")


@click.command("replay")
@click.argument("trails", metavar="TRAIL...", nargs=-1, required=True)
@click.option(
    "--with", "files", multiple=True, required=True, metavar="[KIND=]FILE",
    help="Policies to replay with: SCPs, RCPs, a boundary, a policy, a role or a blueprint; repeatable. KIND (scp, "
    "rcp, boundary, policy, role, blueprint) says what is in FILE where that can't be told.",
)  # fmt: skip
@click.option(
    "--principal", "principals", multiple=True, metavar="NAME|ARN",
    help="Whose calls to replay: a role or user, or a pattern; repeatable.",
)  # fmt: skip
@click.option(
    "--context", multiple=True, metavar="KEY=VALUE",
    help="A condition key that all calls have, such as aws:PrincipalOrgID; repeat it for several values.",
)  # fmt: skip
@click.option(
    "--fail-on", type=click.Choice(FAIL_ON), multiple=True, default=("denied",), show_default=True,
    help="Exit with 1 where calls that went through would be denied, and so on; repeatable.",
)  # fmt: skip
@click.option("--profile", metavar="NAME", help="The AWS profile, for trails in S3.")
@click.option("--region", metavar="NAME", help="The Region of the bucket, for trails in S3.")
@click.option("--endpoint-url", metavar="URL", help="Another endpoint than AWS's own, for trails in S3.")
@form_option
@worker_options
@output_option
def replay_command(
    trails: Sequence[str], files: Sequence[str], principals: Sequence[str], context: Sequence[str],
    fail_on: Sequence[str], profile: str | None, region: str | None, endpoint_url: str | None, form: str,
    workers: "WorkerChoice", output: str | None,
) -> None:  # fmt: skip
    """
    Say which recorded calls policies would deny.

    TRAIL is a file, a folder or s3://BUCKET/PREFIX of CloudTrail: its files as they are (.json.gz), of one account or
    an organization, answers of `aws cloudtrail lookup-events`, results of Athena (CSV), exports of CloudWatch Logs,
    JSON lines; - is stdin. Each call is asked as AWS would: with its resources, its condition keys, the role that it
    passes. What an event does not tell is not known, and never taken for no. Policies that are not given are taken to
    allow. Only trails in S3 touch AWS, and only to read.

    \b
    Examples:
      rolemgr replay trail/ --with scp.json
      rolemgr replay events.json.gz --with roles/churn.yaml --principal ds-legacy
      rolemgr replay s3://acme-trail/AWSLogs/ --with blueprint.yaml --fail-on denied --fail-on not-known
    """
    require_ending(output, "JSON" if form == "json" else "text", "give --format json, or another name")

    def buckets(address: str) -> "Iterator[OpenTrail]":
        access = account.connect.connect(profile, region, endpoint_url)
        for name, opened in account.trail_objects.trail_objects(access.client("s3", access.region), address):
            yield workflow.trails.OpenTrail(name, opened)

    asked = workflow.replay.ReplayRequest(trails, files, principals, context)
    with at_work(workers, 0 if "-" in trails else workflow.trails.size_of(trails), WORTH) as local:
        access = (profile, region, endpoint_url)
        replaying = workflow.replay_shares.by(local, access, is_far=workers.scheduler is not None)
        found = workflow.replay.replayed(asked, OUTSIDE, sys.stdin.buffer, buckets, replaying)
    write_output(
        to_json(report.replay.replay_data(found)) if form == "json" else report.replay.replay_text(found), output
    )
    if report.replay.fails(found, fail_on):
        sys.exit(1)
