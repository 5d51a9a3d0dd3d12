"""
What IAM Access Analyzer finds in a policy: ValidatePolicy, page by page.

AWS charges for analyzers of unused and internal access and for custom policy checks, and not for this call.
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/what-is-access-analyzer.html#what-is-access-analyzer-pricing
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.account.analyzer_pages import analyzer_pages
from rolemgr.account.connect import Access
from rolemgr.account.failures import member
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import matches

REFERENCE: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
"""AWS's page of all of these findings."""
ABOUT_THE_POLICY: Final = "ValidationException"
"""The error code by which AWS refuses one policy, and not whoever asks."""
_SERVICE: Final = "accessanalyzer"
_MOST_TEXT: Final = 2_000
_LINK: Final = re.compile(r"https://docs\.(aws\.amazon\.com|amazonaws\.cn)/[A-Za-z0-9/_.#%-]{1,400}")
_CODE: Final = re.compile(r"[A-Z0-9_]{1,120}")


class AwsPolicyFinding(NamedTuple):
    """
    One finding of AWS: its type, issue *code* and *message*, a *link* to AWS's page, and where it stands.

    *path* leads to it from the top of the policy. *line* and *column*, from 1, are of the text that AWS was given.
    It stands at so many *more* places.
    """

    type: str
    code: str
    message: str
    link: str
    path: tuple[str | int, ...] = ()
    line: int | None = None
    column: int | None = None
    more: int = 0


def validated(way: Access, kind: PolicyType, text: str, resources: Sequence[str]) -> tuple[AwsPolicyFinding, ...]:
    """
    Return what AWS finds in the policy *text* of a *kind*, which names *resources*; raise AwsError.

    An error of the code `ABOUT_THE_POLICY` is about this policy alone.
    """
    asked: dict[str, Any] = {"policyDocument": text, **_types(kind, resources)}
    call = way.client(_SERVICE, way.region).validate_policy
    return tuple(one for page in analyzer_pages(call, **asked) for one in _in_page(page))


def _in_page(page: Mapping[str, Any]) -> Iterator[AwsPolicyFinding]:
    for one in member(page, "findings"):
        places = member(one, "locations")
        path, line, column = _place(places[0]) if places else ((), None, None)
        code, link = str(member(one, "issueCode")), str(member(one, "learnMoreLink"))
        message = " ".join(str(member(one, "findingDetails")).split())[:_MOST_TEXT]
        yield AwsPolicyFinding(
            str(member(one, "findingType")), code if _CODE.fullmatch(code) else "UNNAMED", message,
            link if _LINK.fullmatch(link) else REFERENCE, path, line, column, max(0, len(places) - 1),
        )  # fmt: skip


def _place(location: Mapping[str, Any]) -> tuple[tuple[str | int, ...], int | None, int | None]:
    """Return the path and the beginning of a *location*; AWS counts lines from 1 and columns from 0."""
    start = member(location, "span", "start")
    return tuple(_steps(member(location, "path"))), member(start, "line"), member(start, "column") + 1


def _steps(path: Iterable[Mapping[str, Any]]) -> Iterator[str | int]:
    """Yield the steps of AWS's *path*: a place in a list, or a key, whether its value is meant or the key itself."""
    for one in path:
        step = one.get("index", one.get("value", one.get("key")))
        if step is None:  # a part of a text
            return
        yield step


def _types(kind: PolicyType, resources: Sequence[str]) -> Mapping[str, str]:
    """Return as what AWS is to take a policy: by its *kind*, and a resource's by the *resources* that it names."""
    types: Mapping[str, str] = _table()["policies"][kind.value]
    if kind is not PolicyType.RESOURCE or not resources:
        return types
    of = {_resource_type(one) for one in resources}
    found = of.pop() if len(of) == 1 else None
    return {**types, "validatePolicyResourceType": found} if found else types


def _resource_type(arn: str) -> str | None:
    rows: Mapping[str, Sequence[str]] = _table()["resources"]
    return next((name for name, patterns in rows.items() if any(matches(each, arn) for each in patterns)), None)


@cache
def _table() -> Any:
    return json.loads(Path(__file__).with_name("policy_types.json").read_bytes())
