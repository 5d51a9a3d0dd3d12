"""Actions of which the reference is known to be right."""

from collections.abc import Iterator

from rolemgr.check.document import Statement
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.services import Action, find_action

LOOKED_THROUGH = frozenset(
    {"athena", "dynamodb", "ecr", "iam", "kms", "lambda", "logs", "s3", "sagemaker", "secretsmanager", "sns", "sqs",
     "states"}
)  # fmt: skip
"""
Services whose entries in the reference agree with AWS's own managed policies.

Of others the reference leaves types and keys out (AWS-owned documents of ssm, targets of load balancers), so
that what it does not list proves nothing.
"""


def looked_through(name: str) -> bool:
    """Tell whether the reference is known to be right of the action or pattern *name*."""
    return name.partition(":")[0].lower() in LOOKED_THROUGH and "AccessPoint" not in name


def exact_actions(statement: Statement) -> Iterator[tuple[str, Action]]:
    """Yield the actions of services looked through that *statement* names, as written and as in the reference."""
    for name in statement.actions:
        if not has_wildcard(name) and looked_through(name) and (action := find_action(name)):
            yield name, action
