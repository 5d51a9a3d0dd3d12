"""An account as it is now, as the text of a file that can be audited, and audited again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple, TypeAlias

from rolemgr.account.connect import connect
from rolemgr.account.details import read_details
from rolemgr.errors import AwsError
from rolemgr.files.write import to_json
from rolemgr.workflow.account_options import AccessOptions

Counting: TypeAlias = Callable[[], AbstractContextManager[Callable[[int], None]]]
"""Shows how far the reading is: gives what is to be told how many things came more."""


class LiveAccount(NamedTuple):
    """What IAM tells of *account* as the *text* of a file called *name*; *error* says why it is not whole."""

    account: str
    name: str
    text: str
    error: AwsError | None = None


def read_live(access: AccessOptions, name: str | None, counting: Counting) -> LiveAccount:
    """
    Return the account of the credentials that *access* finds, as a file of the *name* that it is saved under.

    Raises AwsError where AWS refuses, or can't be reached, before anything was read.
    """
    way = connect(access.profile, None, access.endpoint_url)
    with counting() as done:
        found = read_details(way, done)
    return LiveAccount(way.account, name or f"account-{way.account}.json", to_json(found.data), found.error)
