"""
Findings of `check` and `drift` in the AWS Security Finding Format, all for one account's Security Hub.

What they are about are files, and roles of any account: who imports them is who ran the command, such as CI.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from rolemgr.check.finding import Finding, NotJudged
from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.arn import ACCOUNT_ID, REGION, partition_of
from rolemgr.report.asff import LABELS, REMEDY, TEXT, TITLE, VALUE, AsffPlace, batches, common_fields, cut
from rolemgr.report.sarif import RuleText

_MOST_ID = 512


class AsffHub(NamedTuple):
    """The account whose Security Hub imports, and the place and time of that."""

    account: str
    place: AsffPlace


class AboutFinding(NamedTuple):
    """A finding, the ARN of the role that it is about where it is about one, and why it is excused, if it is."""

    finding: Finding
    role: str | None = None
    excuse: str | None = None


def hub_of(text: str, day: date, version: str) -> AsffHub:
    """Return the hub that *text*, ACCOUNT:REGION, names, as of *day*; raise InputError for another text."""
    account, _, region = text.partition(":")
    if not ACCOUNT_ID.fullmatch(account) or not REGION.fullmatch(region):
        raise InputError(SourceLocation("--hub"), f"`{text}` is not ACCOUNT:REGION", "such as 123456789012:eu-west-1")
    return AsffHub(account, AsffPlace(partition_of(region), region, f"{day.isoformat()}T00:00:00Z", version))


def findings_asff(
    found: Iterable[AboutFinding], not_judged: Sequence[NotJudged], texts: Mapping[str, RuleText], hub: AsffHub
) -> list[dict[str, Any]]:
    """Return *found*, and one finding for all that is *not_judged*, as inputs of BatchImportFindings for *hub*."""
    made = [*_findings(found, texts, hub), *_not_judged(not_judged, hub)]
    return [{"Findings": batch} for batch in batches(made)]


def _findings(found: Iterable[AboutFinding], texts: Mapping[str, RuleText], hub: AsffHub) -> Iterator[dict[str, Any]]:
    """Yield each finding under an Id that stays when lines move; those alike in all that makes it are numbered."""
    seen: Counter[str] = Counter()
    for one in found:
        finding, rule = one.finding, texts[one.finding.rule]
        key = sha256("\0".join((*finding.identity(), one.role or "")).encode()).hexdigest()
        seen[key] += 1
        number = f"-{seen[key]}" if seen[key] > 1 else ""
        made = common_fields(
            f"rolemgr/{finding.rule}-{key[:32]}{number}", rule.id, hub.account, hub.place, LABELS[finding.severity]
        )
        made["FindingProviderFields"]["Severity"]["Original"] = finding.severity.value
        remedy = cut(" ".join(rule.explanation.split()), REMEDY)
        excused = {"rolemgr/suppressed": cut(one.excuse, VALUE)} if one.excuse is not None else {}
        yield {
            **made,
            "RecordState": "ACTIVE" if one.excuse is None else "ARCHIVED",
            "Title": cut(f"{rule.id} {rule.title}", TITLE),
            "Description": cut(f"{_place(finding)}: {finding.message}", TEXT),
            "Remediation": {"Recommendation": {"Text": remedy, "Url": rule.source}},
            "ProductFields": {"rolemgr/rule": f"{rule.id} {rule.name}", **dict(_fields(finding)), **excused},
            "Resources": [_resource(one, hub)],
        }


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line else finding.path


def _fields(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield where the finding stands and what it speaks of."""
    told = {"place": _place(finding), "sid": finding.sid, "action": finding.action, "key": finding.key}
    yield from ((f"rolemgr/{name}", cut(value, VALUE)) for name, value in told.items() if value)


def _resource(one: AboutFinding, hub: AsffHub) -> dict[str, Any]:
    """Return the role, which is of no Region, or the file."""
    if one.role:
        name = one.role.rpartition("/")[2]
        partition = one.role.split(":")[1]
        return {
            "Type": "AwsIamRole", "Id": one.role, "Partition": partition, "Details": {"AwsIamRole": {"RoleName": name}},
        }  # fmt: skip
    return {
        "Type": "Other", "Id": cut(one.finding.path, _MOST_ID), "Partition": hub.place.partition,
        "Region": hub.place.region,
    }  # fmt: skip


def _not_judged(places: Sequence[NotJudged], hub: AsffHub) -> Iterator[dict[str, Any]]:
    if places:
        first = "; ".join(f"{one.path}: {one.reason}" for one in places[:5])
        count = f"{len(places):,} place{'' if len(places) == 1 else 's'}"
        identifier = f"rolemgr/not-judged/files/{hub.account}"
        yield {
            **common_fields(identifier, "not-judged", hub.account, hub.place, "INFORMATIONAL"),
            "Title": f"rolemgr: {count} not judged",
            "Description": cut(f"These may hold findings. {first}", TEXT),
            "ProductFields": {"rolemgr/version": hub.place.version},
            "Resources": [
                {"Type": "AwsAccount", "Id": f"AWS::::Account:{hub.account}", "Partition": hub.place.partition}
            ],
        }
