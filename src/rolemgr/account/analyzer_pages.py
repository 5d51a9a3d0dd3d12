"""
The pages of an answer of IAM Access Analyzer.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/Welcome.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rolemgr.account.failures import ask, aws_errors
from rolemgr.errors import AwsError

_NAMESPACE: Final = "access-analyzer"
_MOST_PAGES: Final = 1_000
_LOOK_AT: Final = "look at --endpoint-url, and at proxies in between"


def analyzer_pages(call: Callable[..., Any], **asked: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of what *call* answers; raise AwsError where one does not come, or where they do not end."""
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        with aws_errors(_NAMESPACE):
            page = ask(call, **asked)
        yield page
        token = page.get("nextToken")
        if not token:
            return
        if token in seen:
            raise AwsError("the answer is none of AWS's: one page leads to a page that came before", _LOOK_AT)
        seen.add(token)
        asked["nextToken"] = token
    raise AwsError(f"the answer is none of AWS's: it has more than {_MOST_PAGES:,} pages", _LOOK_AT)
