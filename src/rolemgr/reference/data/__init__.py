"""Facts per region that the Service Authorization Reference does not hold, from the SageMaker Python SDK."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _table(name: str) -> Any:
    return json.loads(Path(__file__).with_name(f"{name}.json").read_bytes())


@cache
def image_accounts(region: str) -> tuple[str, ...]:
    """
    Return the AWS-owned accounts whose ECR repositories hold SageMaker's containers in *region*, sorted.

    Empty for a region that the data does not know.
    """
    return tuple(sorted(_table("image_accounts")["accounts"].get(region, ())))


def image_account(region: str, repository: str) -> str | None:
    """Return the AWS-owned account that holds the container *repository* in *region*; None where none is known to."""
    table = _table("image_accounts")
    held = table["accounts"].get(region, {})
    return next((account for account, name in sorted(held.items()) if repository in table["repositories"][name]), None)


def image_regions() -> tuple[str, ...]:
    """Return the regions that the data knows, sorted."""
    return tuple(sorted(_table("image_accounts")["accounts"]))


def jumpstart_buckets(region: str) -> tuple[str, ...]:
    """Return AWS's bucket of JumpStart's public content in *region*; none where JumpStart is not."""
    content = _table("jumpstart")["buckets"].get(region, {}).get("content")
    return (content,) if content else ()
