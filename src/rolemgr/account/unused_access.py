"""
What IAM Access Analyzer found unused: the findings of analyzers of unused access that are there, and none is made.

AWS charges for such an analyzer by the role and the month, and not for reading what it found.
https://docs.aws.amazon.com/IAM/latest/UserGuide/what-is-access-analyzer.html#what-is-access-analyzer-pricing
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from rolemgr.account.analyzer_pages import analyzer_pages
from rolemgr.account.connect import Access
from rolemgr.account.details import plain
from rolemgr.account.failures import member
from rolemgr.errors import InputError, SourceLocation

_TYPES: Final = ("ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS")
_WANTED: Final = ("UnusedIAMRole", "UnusedPermission")
_ACTIVE: Final = "ACTIVE"
AGE: Final = "unusedAccessAge"
"""Under this key a finding has the days that its analyzer was given."""


class AnalyzerFindings(NamedTuple):
    """The *findings* of the analyzer *name* about the principals that were asked about, as the AWS CLI prints each."""

    name: str
    findings: tuple[Mapping[str, Any], ...]


def unused_access(way: Access, is_meant: Callable[[str], bool]) -> tuple[AnalyzerFindings, ...]:
    """
    Return what the analyzers of unused access in the Region of *way* found about the ARNs that *is_meant* tells.

    Raises InputError where there is no such analyzer, and AwsError where AWS refuses, or does not tell all.
    """
    client = way.client("accessanalyzer", way.region)
    found = [
        one for kind in _TYPES for one in _listed(client.list_analyzers, "analyzers", type=kind)
        if member(one, "status") == _ACTIVE
    ]  # fmt: skip
    if not found:
        problem = f"account {way.account} has no analyzer of unused access in {way.region}"
        hint = "give the --region of one; rolemgr makes none, as AWS charges for it by the role and the month"
        raise InputError(SourceLocation("--live"), problem, hint)
    return tuple(AnalyzerFindings(str(member(one, "name")), tuple(_of(client, one, is_meant))) for one in found)


def _of(client: Any, analyzer: Mapping[str, Any], is_meant: Callable[[str], bool]) -> Iterator[Mapping[str, Any]]:
    arn = member(analyzer, "arn")
    age = analyzer.get("configuration", {}).get("unusedAccess", {}).get("unusedAccessAge")
    wanted = {"status": {"eq": [_ACTIVE]}, "findingType": {"eq": list(_WANTED)}}
    for one in _listed(client.list_findings_v2, "findings", analyzerArn=arn, filter=wanted):
        if one.get("findingType") in _WANTED and is_meant(str(one.get("resource", ""))):
            pages = list(analyzer_pages(client.get_finding_v2, analyzerArn=arn, id=member(one, "id")))
            details = [plain(each) for page in pages for each in member(page, "findingDetails")]
            whole = {key: value for key, value in pages[0].items() if key not in ("ResponseMetadata", "nextToken")}
            yield {**plain(whole), "findingDetails": details, **({AGE: age} if age else {})}


def _listed(call: Callable[..., Any], key: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
    for page in analyzer_pages(call, **asked):
        yield from member(page, key)
