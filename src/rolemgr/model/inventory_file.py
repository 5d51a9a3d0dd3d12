"""
A file that says where policies belong: answers of the AWS CLI mostly do not name the resource that they are of.

It is written by a loop of a shell, a line for each resource. What stands in it are paths, from the file itself.
"""

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from rolemgr.iam.arn import Arn
from rolemgr.iam.base import Model
from rolemgr.model.catalog import Text
from rolemgr.model.policy_tests import Account

_PATH = re.compile(r"o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}(/ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})*(/[0-9]{12})?/?")
"""A path as `organizations list-accounts` prints it."""


def _none_is_empty(value: object) -> object:
    """A key with nothing behind it lists nothing: the loop found no resource."""
    return () if value is None else value


def _arn(value: str) -> str:
    if Arn.parse(value) is None or "*" in value or "?" in value:
        raise ValueError(f"`{value}` is not the ARN of one resource")
    return value


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError(f"`{value}` is not the path of an account, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/")
    return value


class ListedAccount(Model):
    """An account: its *path* in the organization, and the file of its `s3control get-public-access-block`."""

    id: Account
    path: Annotated[Text, AfterValidator(_path)] | None = None
    public_access_block: Text | None = None


class ListedControl(Model):
    """An SCP or RCP by its id, and the file of its `organizations list-targets-for-policy`."""

    policy: Text
    targets: Text


class ListedResource(Model):
    """
    A resource: the files of its policy (or ``none``) and, of a bucket, of its `s3api get-public-access-block`.

    *account* is its owner, where the ARN does not say: of a bucket.
    """

    arn: Annotated[Text, AfterValidator(_arn)]
    account: Account | None = None
    policy: Text | None = None
    public_access_block: Text | None = None


Accounts: TypeAlias = Annotated[tuple[ListedAccount, ...], BeforeValidator(_none_is_empty)]
Controls: TypeAlias = Annotated[tuple[ListedControl, ...], BeforeValidator(_none_is_empty)]
Resources: TypeAlias = Annotated[tuple[ListedResource, ...], BeforeValidator(_none_is_empty)]


class InventoryFile(Model):
    """A whole file: accounts, controls of the organization, and resources; each may be left out."""

    accounts: Accounts = ()
    controls: Controls = ()
    resources: Resources = ()
