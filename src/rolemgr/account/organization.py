"""
The policies that an organization has attached at its levels: read alone, never changed.

Only the management account, and an account that it delegates to, may ask.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html
https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribePolicy.html
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.failures import ask, aws_errors, member
from rolemgr.errors import AwsError

FILTERS: Final = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
_PAGES: Final = 100
"""A target has some ten policies, and an organization one root: more pages are not AWS's."""


class AttachedPolicy(NamedTuple):
    """A policy of the organization that is attached at a level: its *name*, its text, and whether AWS wrote it."""

    name: str
    text: str
    of_aws: bool


def check_organization(way: Access, wanted: str) -> None:
    """Raise AwsError where the credentials of *way* are of another organization than *wanted*, or may not ask."""
    with aws_errors("organizations"):
        found = member(ask(_client(way).describe_organization), "Organization", "Id")
    if found != wanted:
        raise AwsError(f"the credentials ({way.caller}) are of organization {found}, the file is of {wanted}")


def root_id(way: Access) -> str:
    """Return the id of the organization's root; raise AwsError."""
    roots = [str(member(one, "Id")) for one in _paged(way, "list_roots", "Roots")]
    if len(roots) != 1:
        raise AwsError(f"the organization has {len(roots)} roots, and AWS gives it one")
    return roots[0]


def attached_policies(way: Access, target: str, kind: str) -> tuple[AttachedPolicy, ...]:
    """Return the policies of a *kind* (scp, rcp) attached at the *target* itself; raise AwsError."""
    listed = list(_paged(way, "list_policies_for_target", "Policies", TargetId=target, Filter=FILTERS[kind]))
    return tuple(_described(way, str(member(one, "Id"))) for one in listed)


def _described(way: Access, policy: str) -> AttachedPolicy:
    with aws_errors("organizations"):
        found = member(ask(_client(way).describe_policy, PolicyId=policy), "Policy")
    summary = member(found, "PolicySummary")
    return AttachedPolicy(
        str(member(summary, "Name")), str(member(found, "Content")), bool(summary.get("AwsManaged", False))
    )


def _paged(way: Access, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
    for _ in range(_PAGES):
        with aws_errors("organizations"):
            page = ask(getattr(_client(way), operation), **parameters)
        yield from member(page, key)
        if not page.get("NextToken"):
            return
        parameters["NextToken"] = page["NextToken"]
    raise AwsError(f"the answer to {operation} is none of AWS's: it has more than {_PAGES} pages")


def _client(way: Access) -> Any:
    return way.client("organizations", way.region)
