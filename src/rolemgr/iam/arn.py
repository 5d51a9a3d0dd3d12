"""Amazon Resource Names: split into their six parts, and the partitions they live in."""

import re
from typing import NamedTuple, Self


class Arn(NamedTuple):
    """
    ``arn:partition:service:region:account:resource``, each part as written (wildcards stay).

    Only the first five colons separate: the resource may hold more, also inside a policy variable.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the parts of *text*, or None where it is not an ARN of six parts."""
        parts = text.split(":", 5)
        return cls(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None

    def __str__(self) -> str:
        return ":".join(("arn", *self))


class Partition(NamedTuple):
    """A group of regions with its own ARNs, endpoints and identities; roles can't cross it."""

    name: str
    dns_suffix: str
    region_prefixes: tuple[str, ...]


PARTITIONS = {
    partition.name: partition
    for partition in (
        Partition("aws", "amazonaws.com", ()),
        Partition("aws-cn", "amazonaws.com.cn", ("cn-",)),
        Partition("aws-us-gov", "amazonaws.com", ("us-gov-",)),
    )
}
"""
The partitions that rolemgr renders for, by name.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""

REGION = re.compile(r"[a-z]{2}(?:-[a-z]+){1,2}-[0-9]{1,2}")
ACCOUNT_ID = re.compile(r"[0-9]{12}")


def partition_of(region: str) -> str:
    """Return the name of the partition that *region* belongs to, by its prefix."""
    for partition in PARTITIONS.values():
        if region.startswith(partition.region_prefixes or ("\0",)):
            return partition.name
    return "aws"


def is_aws_managed(arn: str) -> bool:
    """Tell whether the policy *arn* is AWS's own, the same in every account."""
    parts = Arn.parse(arn)
    return parts is not None and parts.account == "aws"


def split_object(arn: str) -> tuple[str, str | None] | None:
    """
    Return the ARN of an S3 bucket, and the key of the object in it that *arn* names: None for the bucket itself.

    None for what is neither. The slash between them is the first one outside of a policy variable, as a bucket's
    name holds none.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    found = Arn.parse(arn)
    if found is None or found.service != "s3" or found.region or found.account:
        return None
    bucket, slash, key = _FIRST_SLASH.match(found.resource).groups()  # type: ignore[union-attr]  # it matches any text
    return str(found._replace(resource=bucket)), key if slash else None


_FIRST_SLASH = re.compile(r"((?:\$\{[^}]*\}|[^/])*)(/?)(.*)", re.DOTALL)
"""A bucket's name, whose policy variables may hold slashes, the slash behind it, and the rest."""
