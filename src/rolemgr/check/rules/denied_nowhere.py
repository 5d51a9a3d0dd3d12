"""RM316: Denies whose resources are none that the action is asked on, or leave open what lies in them."""

from collections.abc import Iterator

from rolemgr.check.document import Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_everything, is_star
from rolemgr.check.patterns import actions_of, fits_type
from rolemgr.check.rule import IDENTITY_LIKE, REFERENCE, Hit, statement_rule
from rolemgr.check.rules.reference_known import LOOKED_THROUGH
from rolemgr.check.rules.types_taken import any_fits
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference import quirks
from rolemgr.reference.services import Action

_BESIDE = frozenset({"bedrock", "cloudformation", "cloudtrail", "codebuild", "ec2", "events", "guardduty", "rds"})
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
    same of `s3:*` there, as far as objects go, of s3:ListBucket on `arn:aws:s3:::prod/*`, and of an action that AWS
    asks for on `*` alone.

    Name what the action takes, or both (`arn:aws:s3:::prod` and `arn:aws:s3:::prod/*`). Told of services of which the
    reference is known to be right; of resources' own policies for those of buckets.
    """
    if "Resource" in statement.opaque or not statement.resources or any(map(is_everything, statement.resources)):
        return
    for pattern in statement.actions:
        actions = [one for one in actions_of(pattern) if _is_told(statement, one)]
        if actions and (problem := _misses(statement, pattern, actions)):
            yield Hit(problem, statement.at("Action", pattern), pattern)


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
