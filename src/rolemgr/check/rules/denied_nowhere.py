"""RM316: Denies whose resources are none that the action is asked on, or leave open what lies in them."""

import re
from collections.abc import Iterator

from rolemgr.check.document import Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_anywhere, is_every_action, is_everything, is_star
from rolemgr.check.patterns import actions_of, fits_type, is_every_one
from rolemgr.check.rule import IDENTITY_LIKE, REFERENCE, Hit, statement_rule
from rolemgr.check.rules.reference_known import LOOKED_THROUGH
from rolemgr.check.rules.types_taken import any_fits
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference import quirks
from rolemgr.reference.services import Action

_BESIDE = frozenset(
    {"acm-pca", "autoscaling", "bedrock", "cloudformation", "cloudtrail", "codebuild", "codecommit", "ec2",
     "elasticmapreduce", "events", "firehose", "fsx", "guardduty", "ram", "rds", "redshift", "scheduler",
     "servicecatalog", "sso", "sts"}
)  # fmt: skip
"""Services of which the reference agrees with the ARNs of AWS's own managed policies, or these can't match."""
_OWN_POLICIES = frozenset({"s3"})
"""Services of which the reference says what a resource's own policy may name."""


@statement_rule(
    "RM316", "denied-nowhere", Severity.SECURITY_WARNING, "a Deny is on resources that its action is never asked on",
    REFERENCE + "reference_policies_actions-resources-contextkeys.html", effect="Deny",
    kinds=IDENTITY_LIKE | {PolicyType.RESOURCE, PolicyType.RCP},
)  # fmt: skip
def denied_nowhere(statement: Statement) -> Iterator[Hit]:
    """
    `Deny s3:DeleteObject` on `arn:aws:s3:::prod` denies nothing: AWS asks for it on the object, not on the bucket. The
    same of `s3:*` there, as far as objects go, of s3:ListBucket on `arn:aws:s3:::prod/*`, of an action that AWS asks
    for on `*` alone, of a folder without a star (`prod/secret/`), and of a secret without the six characters that AWS
    adds to its name. A NotAction or NotResource that leaves out everything denies nothing either.

    Name what the action takes, or both (`arn:aws:s3:::prod` and `arn:aws:s3:::prod/*`). Told of services of which the
    reference is known to be right; of resources' own policies for those of buckets.
    """
    if excepted := _excepts_all(statement):
        yield Hit(f"all but `{excepted[1]}` is nothing: nothing is denied", statement.at(*excepted))
        return
    if "Resource" in statement.opaque or not statement.resources or any(map(is_everything, statement.resources)):
        return
    for pattern in statement.actions:
        actions = [one for one in actions_of(pattern) if _is_told(statement, one)]
        if actions and (problem := _misses(statement, pattern, actions)):
            yield Hit(problem, statement.at("Action", pattern), pattern)


def _excepts_all(statement: Statement) -> tuple[str, str] | None:
    """Return the element and the pattern by which *statement* leaves out all that it could be about, if it does."""
    if every := next(filter(is_every_action, statement.not_actions), None):
        return "NotAction", every
    actions = [one for pattern in statement.actions for one in actions_of(pattern)]
    for resource in statement.not_resources:
        of_all = actions and is_anywhere(resource) and all(_takes_only(resource, one) for one in actions)
        if is_everything(resource) or of_all:
            return "NotResource", resource
    return None


def _takes_only(resource: str, action: Action) -> bool:
    """Tell whether *resource* is every resource of each type that *action* takes."""
    types = [use.name for use in action.resource_types]
    return bool(types) and all(is_every_one(resource, action, (one,)) for one in types)


def _is_told(statement: Statement, action: Action) -> bool:
    if statement.policy.kind in (PolicyType.RESOURCE, PolicyType.RCP) and action.service not in _OWN_POLICIES:
        return False
    return action.service in LOOKED_THROUGH | _BESIDE and "AccessPoint" not in action.name


def _misses(statement: Statement, pattern: str, actions: list[Action]) -> str | None:
    """Return what of *actions*, which *pattern* stands for, the Deny lets through on its resources, if anything."""
    if not any(_is_asked_on(statement, one) for one in actions):
        types = sorted({use.name for one in actions for use in one.resource_types})
        takes = ", ".join(types[:4]) if types else "`*` alone"
        return f"`{pattern}` takes {takes}, and no resource here is one: nothing is denied"
    for outer, inner in quirks.held_in(actions[0].service):
        within = next((one for one in actions if _takes(one, inner)), None)
        if within and _has(statement, outer, within.service) and not _has(statement, inner, within.service):
            example = f" (`{within.name}`)" if has_wildcard(pattern) else ""
            return f"`{pattern}` is denied on the {outer} alone: on what it holds ({inner}) it goes through{example}"
    return _only_markers(statement, pattern, actions) or _without_suffix(statement, pattern, actions)


def _only_markers(statement: Statement, pattern: str, actions: list[Action]) -> str | None:
    """
    Return that only the marker of a folder is denied, where each object of *statement* is a name that ends in a slash.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-folders.html
    """
    objects = [one for one in statement.resources if "/" in one.partition(":::")[2]]
    if objects and all(one.endswith("/") for one in objects) and any(_takes(one, "object") for one in actions):
        return f"`{pattern}` on `{objects[0]}` is about an object of that very name: write `{objects[0]}*`"
    return None


_SECRET = "Secret"  # noqa: S105 - a type of resources
_SUFFIX = re.compile(r"-[A-Za-z0-9?]{6}$|[*}]$")


def _without_suffix(statement: Statement, pattern: str, actions: list[Action]) -> str | None:
    """
    Return that no secret has the ARN of *statement*: each ends in a hyphen and six characters that AWS adds.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html#iam-resources
    """
    secrets = [one for one in statement.resources if ":secret:" in one]
    if not secrets or len(secrets) < len(statement.resources) or any(map(_SUFFIX.search, secrets)):
        return None
    if any(_takes(one, _SECRET) for one in actions):
        return f"`{pattern}` on `{secrets[0]}`: ARNs of secrets end in six characters more, write `{secrets[0]}-??????`"
    return None


def _is_asked_on(statement: Statement, action: Action) -> bool:
    """Tell whether a request for *action* can be about one of the resources of *statement*."""
    if not action.resource_types or action.name in quirks.never_on_arns():
        return any(map(is_star, statement.resources))
    return any_fits(statement.resources, action)


def _takes(action: Action, name: str) -> bool:
    return any(use.name == name for use in action.resource_types)


def _has(statement: Statement, name: str, service: str) -> bool:
    """Tell whether a resource of *statement* can be of the type *name* of *service*."""
    taking = next((one for one in actions_of(f"{service}:*") if _takes(one, name) and _is_told(statement, one)), None)
    return taking is not None and any(fits_type(one, taking, name) for one in statement.resources)
