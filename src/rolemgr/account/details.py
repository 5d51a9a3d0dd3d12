"""
Everything that IAM tells of an account, page by page: users, groups, roles and policies with their documents.

A page that does not come leaves the rest open: what came before is kept, and is marked as not whole, as AWS marks it.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.failures import ask, aws_errors, member
from rolemgr.errors import AwsError
from rolemgr.iam.arn import Arn

LISTS: Final = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
MOST_PAGES: Final = 1_000
"""AWS puts up to 1,000 things on a page, and an account has some 20,000 at most: more pages are not AWS's."""
_PER_PAGE: Final = 1_000
_LOOK_AT: Final = "look at --endpoint-url, and at proxies in between"


class AccountDetails(NamedTuple):
    """
    The *data* of an account in the shape that the AWS CLI prints, of how many *pages* it came.

    *error* says why it is not whole; the data then says so too, as a page does that others follow.
    """

    data: Mapping[str, Any]
    pages: int
    error: AwsError | None = None


def read_details(access: Access, done: Callable[[int], None] = lambda _: None) -> AccountDetails:
    """
    Return what IAM tells of the account of *access*; *done* is told after each page how many things it had.

    Raises AwsError where it breaks off before any user, group or role came, as an answer about another account does.
    """
    data: dict[str, Any] = {name: [] for name in LISTS}
    pages = 0
    try:
        for page in _pages(access.iam):
            _check_account(page, access)
            for name in LISTS:
                data[name] += [plain(one) for one in page.get(name, ())]
            pages += 1
            done(sum(len(page.get(name, ())) for name in LISTS))
    except AwsError as error:
        if not any(data[name] for name in LISTS[:3]):  # nobody whose rights could be judged
            raise
        return AccountDetails({**data, "IsTruncated": True}, pages, error)
    return AccountDetails({**data, "IsTruncated": False}, pages)


def role_tags(access: Access) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the ARN and the tags of each role of the account; raise AwsError where IAM does not tell all."""
    for page in _pages(access.iam, Filter=["Role"]):
        _check_account(page, access)
        for one in page.get("RoleDetailList", ()):
            tags = {str(tag.get("Key")): str(tag.get("Value")) for tag in one.get("Tags", ())}
            yield str(member(one, "Arn")), tags


def _pages(iam: Any, **asked: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of the answer; raise AwsError where one does not come, comes again, or where they do not end."""
    parameters: dict[str, Any] = {"MaxItems": _PER_PAGE, **asked}
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        with aws_errors():
            page = ask(iam.get_account_authorization_details, **parameters)
        if not any(isinstance(page.get(name), list) for name in LISTS):
            raise AwsError(f"the answer is none of AWS's: it lacks {', '.join(LISTS)}", _LOOK_AT)
        yield page
        if not page.get("IsTruncated"):
            return
        marker = member(page, "Marker")
        if marker in seen:
            raise AwsError("the answer is none of AWS's: one page leads to a page that came before", _LOOK_AT)
        seen.add(marker)
        parameters["Marker"] = marker
    raise AwsError(f"the answer is none of AWS's: it has more than {MOST_PAGES:,} pages", _LOOK_AT)


def _check_account(page: Mapping[str, Any], access: Access) -> None:
    """Raise AwsError where *page* is about the users, groups or roles of another account than the credentials are."""
    for name in LISTS[:3]:
        for one in page.get(name, ()):
            arn = Arn.parse(str(one.get("Arn", "")))
            if arn and arn.account != access.account:
                problem = f"the answer is about account {arn.account}, the credentials are of {access.account}"
                raise AwsError(problem, _LOOK_AT)


def plain(value: Any) -> Any:
    """Return *value*, as botocore hands it out, as JSON has it: times as ISO 8601."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
