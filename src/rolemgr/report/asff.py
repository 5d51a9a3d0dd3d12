"""
An audit in the AWS Security Finding Format, for `BatchImportFindings` of Security Hub CSPM.

A finding keeps its Id from audit to audit, and its UpdatedAt is the day of the audit: Security Hub takes an update
only where that is later. AWS takes 100 findings in a call, of the account that calls.
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
https://docs.aws.amazon.com/securityhub/latest/partnerguide/guidelines-batchimportfindings.html
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from rolemgr.audit.finding import AuditFinding, Judged
from rolemgr.audit.run import Audit
from rolemgr.check.finding import Severity
from rolemgr.errors import InputError, SourceLocation, printable
from rolemgr.iam.arn import REGION, Arn, partition_of
from rolemgr.model.inventory import HeldRole
from rolemgr.report.audit import simulate_line

BATCH: Final = 100
"""How many findings one call takes."""
LABELS: Final = {
    Severity.ERROR: "HIGH", Severity.SECURITY_WARNING: "HIGH", Severity.WARNING: "MEDIUM", Severity.SUGGESTION: "LOW",
}  # fmt: skip
_TYPE: Final = "Software and Configuration Checks/AWS Security Best Practices"
"""https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html#Types"""
TITLE, TEXT, REMEDY, VALUE = 256, 1_024, 512, 2_048
"""How long AWS lets a title, a description, a recommendation and a product field be."""
_MOST_REQUESTS: Final = 10
"""How many requests a finding shows: with all of them a batch stays below the 6 MB of a call."""
_MOST_RESOURCES: Final = 32
_ACCOUNT: Final = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):")


class AsffPlace(NamedTuple):
    """Where Security Hub imports, as of which *time*, and made by which *version*."""

    partition: str
    region: str
    time: str
    version: str


def asff(found: Audit, region: str | None, version: str) -> list[dict[str, Any]]:
    """
    Return *found* as the inputs of BatchImportFindings, each of one account, for Security Hub in *region*.

    What is suppressed is archived there. What a baseline has is left as it is there.

    Raises InputError without a *region*, for one of another partition than the principals, and where neither the
    input nor --as-of names a day.
    """
    where = _where(found, region, version)
    made = [(one, _finding(one, found, where)) for one in found.findings]
    made += [(one, _archived(_finding(one, found, where), reason)) for one, reason in found.suppressed]
    by_account: dict[str, list[dict[str, Any]]] = {account: [] for account in found.accounts}
    for one, data in made:
        by_account.setdefault(one.principal.account, []).append(data)
    for account, findings in by_account.items():
        findings.extend(_not_judged(found, account, where))
    return [
        {"Findings": batch} for account in sorted(by_account) for batch in batches(by_account[account])
    ]  # fmt: skip


def _where(found: Audit, region: str | None, version: str) -> AsffPlace:
    if region is None:
        raise InputError(SourceLocation("--format"), "asff needs --region", "the Region whose Security Hub imports it")
    if not REGION.fullmatch(region):
        raise InputError(SourceLocation("--region"), f"`{region}` is not a Region", "such as eu-west-1")
    if found.as_of is None:
        raise InputError(SourceLocation("--format"), "asff needs a day, and the input names none", "give --as-of")
    partition = partition_of(region)
    others = sorted({arn.split(":")[1] for arn in _arns(found)} - {partition})
    if others:
        problem = f"{region} is of the partition {partition}, and the principals are of {others[0]}"
        raise InputError(SourceLocation("--region"), problem, "name a Region of theirs")
    return AsffPlace(partition, region, f"{found.as_of.isoformat()}T00:00:00Z", version)


def _arns(found: Audit) -> Iterator[str]:
    """Yield ARNs of principals of the audit, as many as it tells."""
    yield from (one.principal.arn for one in (*found.findings, *found.in_baseline))
    yield from (one.principal.arn for one, _ in found.suppressed)
    yield from (one.role.arn for one in found.nearest)


def batches(findings: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield *findings* by as many as one call takes."""
    rest = iter(findings)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _finding(one: AuditFinding, found: Audit, where: AsffPlace) -> dict[str, Any]:
    rule, who = one.rule, one.principal
    message = f"{one.message} ({one.unless})" if one.unless else one.message
    made = common_fields(f"rolemgr/{one.id}", rule.id, who.account, where, LABELS[one.severity])
    made["FindingProviderFields"]["Severity"]["Original"] = one.severity.value
    return {
        **made,
        "Title": cut(f"{who.name} {rule.title}", TITLE),
        "Description": cut(f"{who.arn}: {message}", TEXT),
        "Remediation": {"Recommendation": {"Text": cut(rule.remedy, REMEDY), "Url": rule.page}},
        "ProductFields": dict(_fields(one, found)),
        "Resources": list(islice(_resources(one, where), _MOST_RESOURCES)),
    }


def common_fields(identifier: str, generator: str, account: str, where: AsffPlace, label: str) -> dict[str, Any]:
    """Return what every finding has, in *account* and of the severity *label*."""
    product = f"arn:{where.partition}:securityhub:{where.region}:{account}:product/{account}/default"
    return {
        "SchemaVersion": "2018-10-08", "Id": identifier, "ProductArn": product, "GeneratorId": f"rolemgr/{generator}",
        "AwsAccountId": account, "CreatedAt": where.time, "UpdatedAt": where.time, "RecordState": "ACTIVE",
        "FindingProviderFields": {"Severity": {"Label": label, "Original": label}, "Types": [_TYPE]},
    }  # fmt: skip


def _fields(one: AuditFinding, found: Audit) -> Iterator[tuple[str, str]]:
    """Yield the fields of our own: the kind, its name, and the lines that show it; whole lines or none."""
    yield "rolemgr/rule", f"{one.rule.id} {one.rule.name}"
    shown = [simulate_line(asked, found.files) for asked in one.all_requests]
    for number, line in enumerate(shown[:_MOST_REQUESTS], start=1):
        if len(line) <= VALUE and line.isprintable():
            yield f"rolemgr/request/{number}", line
    whole = shlex.join(["rolemgr", "audit", *found.files, "--of", one.principal.arn])
    yield "rolemgr/all-requests", cut(whole, VALUE)


def _resources(one: AuditFinding, where: AsffPlace) -> Iterator[dict[str, Any]]:
    """Yield the principal with its name, and those that a chain leads through."""
    who = one.principal
    yield {**_principal(who.arn, where), "Details": _details(who), "ResourceRole": "Actor"}
    seen = {who.arn}
    for step in one.steps:
        if step.whom not in seen and Arn.parse(step.whom):
            seen.add(step.whom)
            yield {**_principal(step.whom, where), "ResourceRole": "Target"}


_TYPES: Final = {"role": "AwsIamRole", "user": "AwsIamUser"}


def _principal(arn: str, where: AsffPlace) -> dict[str, Any]:
    parts = Arn.parse(arn)
    kind = parts.resource.partition("/")[0] if parts and parts.service == "iam" else ""
    return {"Type": _TYPES.get(kind, "Other"), "Id": arn, "Partition": where.partition}


def _details(who: Judged) -> dict[str, Any]:
    """Return what Security Hub shows of *who*: its name, by the kind that it is."""
    if not isinstance(who, HeldRole):
        return {"Other": {"Name": who.name}}
    if who.kind == "user":
        return {"AwsIamUser": {"UserName": who.name}}
    return {"AwsIamRole": {"RoleName": who.name}} if who.kind == "role" else {"Other": {"Name": who.name}}


def _archived(finding: dict[str, Any], reason: str) -> dict[str, Any]:
    fields = {**finding["ProductFields"], "rolemgr/suppressed": cut(reason, VALUE)}
    return {**finding, "RecordState": "ARCHIVED", "ProductFields": fields}


def _not_judged(found: Audit, account: str, where: AsffPlace) -> Iterator[dict[str, Any]]:
    """Yield one finding for all that is not judged of *account*: silence would pass for "nothing found"."""
    places = [one for one in found.not_judged if _ACCOUNT.findall(one.place)[:1] in ([], [account])]
    if not places:
        return
    first = "; ".join(f"{one.place}: {one.reason}" for one in places[:5])
    count = f"{len(places):,} place{'' if len(places) == 1 else 's'}"
    yield {
        **common_fields(f"rolemgr/not-judged/{account}", "not-judged", account, where, "INFORMATIONAL"),
        "Title": f"rolemgr audit: {count} not judged",
        "Description": cut(f"These may hold findings. {first}", TEXT),
        "ProductFields": {"rolemgr/version": where.version},
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{account}", "Partition": where.partition}],
    }


def cut(text: str, most: int) -> str:
    """Return *text*, printable, in at most *most* characters."""
    shown = printable(text)
    return shown if len(shown) <= most else f"{shown[: most - 4]} ..."
