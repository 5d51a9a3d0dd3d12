"""ARNs of managed policies that a role names: those attached to it, and the one that bounds it."""

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from rolemgr.iam.arn import partition_of
from rolemgr.iam.marks import after, before, json_schema
from rolemgr.model.catalog import ONE_OR_MORE

if TYPE_CHECKING:
    from pydantic import ValidationInfo

_LONGEST_PATH = 512
_ARN = (  # few roles have any: compiled where one does
    r"arn:(?P<partition>[a-z-]+):iam::(?P<account>aws|[0-9]{12}):policy"
    r"(?P<path>/(?:[A-Za-z0-9.,+@=_-]+/)*)(?P<name>[A-Za-z0-9_+=,.@-]{1,128})"
)


def _attachable(value: str, info: "ValidationInfo") -> str:
    """
    Return *value*, a managed policy that IAM attaches to the role; raise ValueError where it does not.

    IAM takes AWS's policies and those of the role's own account, in the role's partition. Policies of
    service-linked roles it attaches to no other role (PolicyNotAttachable).
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
    """
    found = re.fullmatch(_ARN, value)
    if not found or len(found["path"]) > _LONGEST_PATH:
        raise ValueError(
            f"`{value}` is not an ARN of a managed policy such as arn:aws:iam::aws:policy/NAME{_meant(value, info)}"
        )
    partition, account = _partition_of_the_role(info), info.data.get("account")
    if partition and found["partition"] != partition:
        raise ValueError(f"`{value}` is in partition {found['partition']}, the role is in {partition}")
    if account and found["account"] not in ("aws", account):
        raise ValueError(
            f"`{value}` is of account {found['account']}; IAM attaches AWS's policies and those of {account}"
        )
    if found["account"] == "aws" and found["path"] == "/aws-service-role/":
        raise ValueError(f"`{value}` is for a service-linked role; IAM attaches it to no other")
    return value


def _meant(value: str, info: "ValidationInfo") -> str:
    """Return the ARNs that a bare name may be meant for: AWS's own policy of it, or the account's."""
    if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,128}", value):
        return ""
    home = f"arn:{_partition_of_the_role(info) or 'aws'}:iam::"
    account = info.data.get("account")
    own = f", or {home}{account}:policy/{value}" if account else ""
    return f"; did you mean {home}aws:policy/{value}{own}?"


def _partition_of_the_role(info: "ValidationInfo") -> str | None:
    """Return the partition by what was read so far, None where that is wrong itself."""
    region = info.data.get("region")
    if region is None or "partition" not in info.data:
        return None
    return info.data["partition"] or partition_of(region)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _once(arns: tuple[str, ...]) -> tuple[str, ...]:
    if twice := next((arn for arn in arns if arns.count(arn) > 1), None):
        raise ValueError(f"managed policy `{twice}` is given twice")
    return arns


PolicyArn: TypeAlias = Annotated[str, after(_attachable)]
"""A managed policy; its field stands behind account, region and partition, which it is compared with."""

PolicyArns: TypeAlias = Annotated[tuple[PolicyArn, ...], before(_listed), after(_once), json_schema(ONE_OR_MORE)]
