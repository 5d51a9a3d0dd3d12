"""An audit in every form: one list of findings, what hostile names do to none of them, the judges of each form."""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from jsonschema import Draft202012Validator
from tests.audit.accounts import ACCOUNT, PARTNER, allow, details, role, synthetic, trust_aws, user
from tests.audit.support import audited
from tests.check.test_reports import SARIF
from tests.report.hostile import HOSTILE
from tests.report.test_html import ATTRIBUTES, TAGS, Read

from rolemgr.audit.run import Audit
from rolemgr.audit.suppressions import AuditSuppression, without_suppressed
from rolemgr.errors import InputError, SourceLocation
from rolemgr.report.audit_csv import COLUMNS, safe_cell
from rolemgr.report.audit_forms import AuditContext, audit_in

CONTEXT = AuditContext(["account.json"], "0.1.0", lambda _: True, "eu-west-1")
FORMS = ("json", "sarif", "github", "html", "markdown", "csv", "asff")


@cache
def whole() -> Audit:
    """Return the audit of an account with every kind of finding, something not judged and a suppression."""
    found = audited(synthetic(1, 20)[0], details([{**role("odd"), "RolePolicyList": ["nonsense"]}]))
    somewhere = SourceLocation("rolemgr-check.yaml", 3)
    excuses = [
        AuditSuppression("SEC-1", somewhere, principal="admin-*"),
        AuditSuppression("gone", somewhere, finding="AU001-0000000000000000"),
    ]
    return without_suppressed(found, excuses)


def text(form: str, found: Audit | None = None) -> str:
    """Return *found*, or the whole audit, in *form*."""
    return audit_in(form, found or whole(), CONTEXT)


def csv_rows(found: Audit | None = None) -> list[dict[str, str]]:
    """Return the rows of the CSV form by their columns."""
    return list(csv.DictReader(io.StringIO(text("csv", found), newline="")))


def imported(found: Audit | None = None) -> list[dict[str, Any]]:
    """Return the findings of the ASFF form."""
    return [one for batch in json.loads(text("asff", found)) for one in batch["Findings"]]


def test_every_form_has_the_same_findings() -> None:
    """By the id that a finding keeps, open and suppressed ones apart."""
    found = whole()
    open_, apart = {one.id for one in found.findings}, {one.id for one, _ in found.suppressed}
    assert len(open_) == len(found.findings)
    assert apart
    data = json.loads(text("json"))
    assert ({one["id"] for one in data["findings"]}, {one["id"] for one in data["suppressed"]}) == (open_, apart)
    page = json.loads(Read(text("html")).inside["script"][0])
    assert {one["id"] for one in page["findings"]} == open_
    by_status: dict[str, set[str]] = {}
    for row in csv_rows():
        by_status.setdefault(row["status"], set()).add(row["id"])
    assert (by_status["open"], by_status["suppressed"]) == (open_ | {""}, apart)  # one is about a suppression
    by_state: dict[str, set[str]] = {}
    for one in imported():
        by_state.setdefault(one["RecordState"], set()).add(one["Id"].removeprefix("rolemgr/"))
    assert by_state == {"ACTIVE": open_ | {f"not-judged/{ACCOUNT}"}, "ARCHIVED": apart}
    results = json.loads(text("sarif"))["runs"][0]["results"]
    ours = [one for one in results if one["ruleId"].startswith("AU")]
    assert {one["partialFingerprints"]["rolemgr/v1"] for one in ours if "suppressions" not in one} == open_
    assert {one["partialFingerprints"]["rolemgr/v1"] for one in ours if "suppressions" in one} == apart
    lines = [line for line in text("github").splitlines() if "title=AU" in line]
    assert len(lines) == len(open_)


def test_what_is_not_judged_is_in_every_form() -> None:
    """Silence would pass for "nothing found"."""
    assert whole().not_judged
    for form in FORMS:
        assert "not judged" in text(form).lower().replace("_", " "), form


def test_each_finding_has_what_a_reader_needs() -> None:
    """AWS's page, the remedy, and a request that shows it unless nobody asks for one."""
    without = {"AU401", "AU402"}  # a day shows these
    for one in json.loads(text("json"))["findings"]:
        assert one["page"].startswith("https://docs.aws.amazon.com/")
        assert one["remedy"]
        shown = one["requests"] or [each for step in one["steps"] for each in step["requests"]]
        assert bool(shown) is (one["rule"] not in without), one["id"]
        assert all(each["ask"].endswith("--expect Allowed") for each in shown)


@cache
def twice() -> tuple[Audit, Audit]:
    """Return the audit of one account, made twice."""
    return audited(synthetic(1, 20)[0]), audited(synthetic(1, 20)[0])


@pytest.mark.parametrize("form", FORMS)
def test_the_same_audit_gives_the_same_bytes(form: str) -> None:
    """No clock, no random id, no order of a set."""
    once, again = twice()
    assert text(form, once) == text(form, again)


def test_ids_stay_when_roles_come_and_lines_move() -> None:
    """An innocent role more changes no id; what is found of two principals has two."""
    few, more = (audited(synthetic(seed, count)[0]) for seed, count in ((1, 5), (2, 25)))
    assert {one.id for one in few.findings} == {one.id for one in more.findings}


def test_an_id_changes_with_what_it_stands_for() -> None:
    """An excuse for one account is none for another, and none for more that is passed."""
    one, two = (
        audited(details([role("door", trust=trust_aws(f"arn:aws:iam::{who}:root"))])).findings[0]
        for who in (PARTNER, "777788889999")
    )
    assert one.id != two.id
    narrow, wide = (
        audited(details([role("who", allow(actions))])).findings[0]
        for actions in (["s3:PutBucketPolicy"], ["s3:PutBucketPolicy", "kms:PutKeyPolicy"])
    )
    assert (narrow.rule.id, wide.rule.id) == ("AU206", "AU206")
    assert narrow.id != wide.id


def test_sarif_is_of_the_standards_shape() -> None:
    """By the same schema as the log of `check`."""
    log = json.loads(text("sarif"))
    assert [error.message for error in Draft202012Validator(SARIF).iter_errors(log)] == []
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert run["invocations"][0]["toolExecutionNotifications"]


def test_asff_is_what_batch_import_findings_takes() -> None:
    """By botocore's model of Security Hub, and by the lengths that AWS's pages name."""
    operation = Session().get_service_model("securityhub").operation_model("BatchImportFindings")
    for batch in json.loads(text("asff")):
        report = ParamValidator().validate(batch, operation.input_shape)
        assert not report.has_errors(), report.generate_report()
        assert len({one["AwsAccountId"] for one in batch["Findings"]}) == 1
        assert 1 <= len(batch["Findings"]) <= 100
        assert len(json.dumps(batch)) < 6_000_000
    for one in imported():
        limits = {"Title": 256, "Description": 1_024, "Id": 512}
        assert all(0 < len(one[key]) <= most for key, most in limits.items())
        assert all(len(key) <= 128 and 0 < len(value) <= 2_048 for key, value in one["ProductFields"].items())
        assert len(one["ProductFields"]) <= 50
        assert len(one["Resources"]) <= 32
        assert len(json.dumps(one)) < 240_000
        assert one["UpdatedAt"] == "2026-11-20T00:00:00Z"
        assert len(one.get("Remediation", {"Recommendation": {"Text": ""}})["Recommendation"]["Text"]) <= 512


@pytest.mark.nightly
def test_asff_has_batches_of_one_account() -> None:
    """A hundred at most, and never of two accounts: AWS takes them of the caller's own."""
    roles = [role(f"r{number:03}", allow("*")) for number in range(230)]
    other = details([role("one", allow("*"), account="222233334444")])
    batches = json.loads(text("asff", audited(details(roles), other)))
    assert [len(one["Findings"]) for one in batches] == [100, 100, 30, 1]
    assert batches[-1]["Findings"][0]["ProductArn"].endswith(":222233334444:product/222233334444/default")


@pytest.mark.parametrize(
    ("region", "word"), [(None, "needs --region"), ("Europe", "is not a Region"), ("cn-north-1", "of the partition")]
)
def test_asff_asks_for_a_region_of_the_principals(region: str | None, word: str) -> None:
    """Security Hub imports into one Region."""
    with pytest.raises(InputError, match=word):
        audit_in("asff", whole(), CONTEXT._replace(region=region))


def test_asff_asks_for_a_day() -> None:
    """An update is taken where its day is later; there is no clock."""
    bare = {key: value for key, value in role("bare", allow("*"), used=None).items() if key != "CreateDate"}
    with pytest.raises(InputError, match="--as-of"):
        text("asff", audited(details([bare])))


LEGAL = ("=cmd", "+1", "-1+2", "@SUM(1)", "=HYPERLINK", "a,b", "+")
"""How names of IAM may begin: letters, digits and any of `+=,.@_-`."""


def _named(names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield an administrator of each name, as IAM would never let one be called."""
    for number, name in enumerate(names):
        yield role(f"r{number}", allow("*")) | {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}


def test_no_cell_of_csv_is_a_formula() -> None:
    """Names of roles and users may begin as formulas do."""
    found = audited(details([*_named((*LEGAL, *HOSTILE))], [user("=u", allow("*"))]))
    raw = text("csv", found)
    assert not any(value.lstrip()[:1] in ("=", "+", "-", "@") for row in csv_rows(found) for value in row.values())
    assert all(len(row) == len(COLUMNS) for row in csv.reader(io.StringIO(raw, newline="")))
    assert raw.count("\r\n") == raw.count("\n") == len(csv_rows(found)) + 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\uff1d", "\u3000="])
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    """Whatever a spreadsheet would pass over before it."""
    assert safe_cell(f"{start}1+1").strip()[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d")


def test_hostile_names_do_nothing_to_a_page_or_a_log() -> None:
    """A role's name is data: it makes no element, no command, no line."""
    found = audited(details([*_named(HOSTILE)]))
    assert len(found.findings) + len(found.not_judged) >= len(HOSTILE)
    read = Read(text("html", found))
    assert {tag for tag, _ in read.tags} <= TAGS
    assert {name for _, attributes in read.tags for name in attributes} <= ATTRIBUTES
    assert len(read.named("script")) == 2
    lines = text("github", found).splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert not any("##[" in line for line in text("csv", found).splitlines())
    assert all(one["Title"].isprintable() and one["Description"].isprintable() for one in imported(found))


@pytest.mark.nightly
def test_ten_thousand_findings_stay_usable() -> None:
    """A page of bounded size that says what it leaves out; the lists have everything."""
    some = audited(details([role(f"r{number:03}", allow("*")) for number in range(400)], [
        user(f"u{number:03}", allow(["s3:GetObject", "secretsmanager:GetSecretValue", "s3:PutBucketPolicy"]))
        for number in range(200)]))  # fmt: skip
    findings = tuple(sorted(some.findings * 10, key=lambda one: one.rule.id))
    found = replace(some, findings=findings)
    assert len(found.findings) == 10_000
    start = time.process_time()
    page = text("html", found)
    assert time.process_time() - start < 30
    assert len(page) < 8_000_000
    assert "the first 200 of 4,000" in page
    data = json.loads(Read(page).inside["script"][0])
    assert data["counts"]["findings"] == len(data["findings"]) + data["left_out"] == 10_000
    assert len(text("markdown", found)) < 65_536
    assert len(csv_rows(found)) == 10_000
    assert len(imported(found)) == 10_000
