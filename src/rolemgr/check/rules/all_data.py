"""RM612 and RM613: all data of an account, and the record of what is done in it, within reach of one statement."""

from collections.abc import Iterator, Mapping

from rolemgr.check.document import Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_administrator, open_resource, says_not_on_what
from rolemgr.check.rule import IAM, PERMISSIONS, Hit, listed, statement_rule
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.reach import Reach, data, records


@statement_rule(
    "RM612", "reaches-all-data", Severity.WARNING, "data is read, written or deleted without a name",
    IAM + "best-practices.html#grant-least-privilege", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def reaches_all_data(statement: Statement) -> Iterator[Hit]:
    """
    s3:GetObject on `*`, `arn:aws:s3:::*` or `arn:aws:s3:::*/*` reads every bucket of the account, and those of other
    accounts that let it in. The same of writing and deleting objects, tables, databases, volumes, backups, keys.

    Name the buckets and prefixes, the tables, the keys; or say on what by a condition (aws:ResourceTag,
    aws:ResourceAccount). Secrets are RM610's. `*` on everything is reported as RM601 alone.
    """
    yield from _everywhere(statement, data())


@statement_rule(
    "RM613", "stops-the-record", Severity.WARNING, "logs and detectors can be stopped",
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",
    kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def stops_the_record(statement: Statement) -> Iterator[Hit]:
    """
    Stopping or rewriting any trail, switching off GuardDuty, Config, Security Hub, Macie or Inspector, deleting logs:
    who can do that does the rest unseen.

    Leave it to a platform role, and deny it to others by an SCP; or name the resource.
    """
    yield from _everywhere(statement, records())


def _everywhere(statement: Statement, kinds: Mapping[str, Reach]) -> Iterator[Hit]:
    """Yield a hit for each of *kinds* that *statement* allows on every resource, whatever its conditions say."""
    if is_administrator(statement) or not says_not_on_what(statement):
        return
    services = {action.lower().partition(":")[0] for action in statement.actions}
    every = any(map(has_wildcard, services))
    for kind in kinds.values():
        named = filter(statement.named, kind.actions if every or kind.service in services else ())
        found = {one: where for one in named if (where := open_resource(statement, one))}
        if found:
            first, where = next(iter(found.items()))
            message = f"{listed(tuple(found))} on `{where}`: {kind.how}"
            yield Hit(message, statement.at("Action", statement.named(first)), first)
