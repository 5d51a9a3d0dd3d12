"""Suppressions and baselines of an audit: what they set apart, what they leave, what is said of those of no use."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from tests.audit.accounts import ACCOUNT, PARTNER, allow, details, role, role_arn, trust_aws
from tests.audit.support import audited
from tests.conftest import Run

from rolemgr.audit.finding import OF_AUDIT
from rolemgr.audit.run import Audit
from rolemgr.audit.suppressions import read_suppressions, without_suppressed
from rolemgr.check.baseline import baseline_data
from rolemgr.errors import InputError
from rolemgr.files.yaml import parse_yaml

ROLES = details([role("ci-deploy", allow("*")), role("ci-build", allow("sagemaker:*")), role("reader", allow("s3:*"))])


def excused(text: str, found: Audit | None = None) -> Audit:
    """Return *found*, or the audit of `ROLES`, as the configuration *text* excuses it."""
    return without_suppressed(found or audited(ROLES), read_suppressions(parse_yaml(text, "rolemgr-check.yaml")))


def entry(what: str) -> str:
    """Return a configuration of one suppression."""
    return f"suppress_in_audit:\n  - {{{what}, reason: SEC-1}}\n"


def names(found: Audit) -> tuple[set[str], set[str]]:
    """Return who has findings that are open, and who has some that are suppressed."""
    return {one.principal.name for one in found.findings}, {one.principal.name for one, _ in found.suppressed}


@pytest.mark.parametrize(
    ("what", "open_"),
    [
        ("principal: 'ci-*'", {"reader"}),
        ("principal: ci-?uild", {"ci-deploy", "reader"}),
        (f"principal: 'arn:aws:iam::{ACCOUNT}:role/ci-*'", {"reader"}),
        ("rule: AU001", {"ci-build", "reader"}),
        ("rule: administrator", {"ci-build", "reader"}),
        ("rule: AU001, principal: reader", {"ci-deploy", "ci-build", "reader"}),
        ("principal: 'arn:aws:iam::999999999999:role/*'", {"ci-deploy", "ci-build", "reader"}),
        ("principal: CI-*", {"ci-deploy", "ci-build", "reader"}),
    ],
)
def test_an_entry_excuses_what_it_names_and_no_more(what: str, open_: set[str]) -> None:
    """By name or ARN, by rule, or by both; names are IAM's, and case matters."""
    found = excused(entry(what))
    assert names(found)[0] == open_
    assert len(found.findings) + len(found.suppressed) == len(audited(ROLES).findings)
    assert all(reason == "SEC-1" for _, reason in found.suppressed)
    assert [one.rule for one in found.on_suppressions] == ([] if found.suppressed else ["RM001"])


def test_one_finding_is_excused_by_its_id() -> None:
    """And another of the same role is not."""
    account = details([role("door", allow("s3:Get*"), trust=trust_aws(f"arn:aws:iam::{PARTNER}:root"))])
    found = audited(account)
    trust = next(one for one in found.findings if one.rule.id == "AU102")
    left = excused(entry(f"finding: {trust.id}"), found)
    assert [one.rule.id for one in left.findings] == ["AU005"]
    assert [one.id for one, _ in left.suppressed] == [trust.id]


@pytest.mark.parametrize(("day", "count"), [("2026-11-19", 0), ("2026-11-20", 1), ("2026-11-21", 1)])
def test_an_expired_entry_counts_no_more(day: str, count: int) -> None:
    """Up to the end of its day, by the day of the audit; afterwards the finding is back, and that is said."""
    found = excused(entry(f"rule: AU001, expires: {day}"))
    assert len(found.suppressed) == count
    assert [one.rule for one in found.on_suppressions] == ([] if count else ["RM002"])
    assert ("ci-deploy" in names(found)[0]) is not bool(count)


def test_an_entry_with_an_end_does_not_count_without_a_day() -> None:
    """Nobody can tell whether it has expired: the finding is open, and it is said what to give."""
    bare = {key: value for key, value in role("ci", allow("*"), used=None).items() if key != "CreateDate"}
    found = excused(entry("rule: AU001, expires: 2099-01-01"), audited(details([bare])))
    assert (found.as_of, len(found.findings), found.suppressed) == (None, 1, ())
    assert "give --as-of" in found.on_suppressions[0].message
    day = audited(details([bare]), as_of=date(2026, 1, 1))
    assert len(excused(entry("rule: AU001, expires: 2099-01-01"), day).suppressed) == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (entry("rule: AU999"), "unknown rule of audit `AU999`"),
        (entry("rule: RM607"), "unknown rule of audit `RM607`"),
        ("suppress_in_audit:\n  - {reason: SEC-1}\n", "excuses every finding"),
        (entry("finding: AU001-1, rule: AU001"), "has its rule and its principal"),
        (entry("principal: null"), "nothing is written here"),
        ("suppress_in_audit:\n  - {rule: AU001}\n", "reason"),
        (entry("rule: AU001, expires: soon"), "is not a day"),
        (entry("role: ci"), "role"),
    ],
)
def test_a_wrong_entry_is_one_line(text: str, word: str) -> None:
    """With file and line: a typing error must excuse nothing, and not pass for "nothing to excuse"."""
    with pytest.raises(InputError, match=word) as caught:
        excused(text)
    assert "rolemgr-check.yaml" in str(caught.value)


def test_a_wider_finding_is_beyond_the_baseline() -> None:
    """What a baseline has is set apart by id, so that a role which passes more is new."""
    narrow, wide = (
        audited(details([role("who", allow(actions))]))
        for actions in (["s3:PutBucketPolicy"], ["s3:PutBucketPolicy", "kms:PutKeyPolicy"])
    )
    data = baseline_data(narrow.findings, OF_AUDIT)
    assert data["findings"][0].keys() == {"rule", "principal", "finding", "count"}
    assert data["findings"][0]["finding"] != wide.findings[0].id


@pytest.fixture
def at(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Work in a folder with an account."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "account.json").write_text(ROLES, encoding="utf-8")
    return tmp_path


def test_a_baseline_hides_what_it_holds_and_no_more(run: Run, at: Path) -> None:
    """It is written, read, and a new role is found beside it."""
    ran = run("audit", "account.json", "--write-baseline", "base.json")
    assert (ran.code, ran.stdout) == (0, "")
    again = run("audit", "account.json", "--baseline", "base.json", "--fail-on", "SUGGESTION")
    assert again.code == 0
    assert "in the baseline" in again.stdout
    data = json.loads(run("audit", "account.json", "--baseline", "base.json", "--format", "json").stdout)
    assert (data["findings"], data["counts"]["in_baseline"]) == ([], len(data["in_baseline"]))
    new = details([role("new", allow("sts:AssumeRole", role_arn("*"))), *json.loads(ROLES)["RoleDetailList"]])
    (at / "account.json").write_text(new, encoding="utf-8")
    assert "1  AU203" in run("audit", "account.json", "--baseline", "base.json").stdout


def test_a_baseline_of_check_is_refused(run: Run, at: Path) -> None:
    """It would hide nothing, and nobody would know why."""
    entry_of_check = {"rule": "RM101", "path": "a", "sid": "", "action": "", "key": "", "count": 1}
    (at / "base.json").write_text(json.dumps({"version": 1, "findings": [entry_of_check]}), encoding="utf-8")
    ran = run("audit", "account.json", "--baseline", "base.json")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--write-baseline" in ran.errors[0]


def test_the_configuration_of_check_is_audits_too(run: Run, at: Path) -> None:
    """Found in the folder or named; what it excuses is counted on the page and listed in JSON."""
    (at / "rolemgr-check.yaml").write_text(
        entry("principal: 'ci-*'") + "  - {finding: AU001-0, reason: gone}\n", encoding="utf-8"
    )
    page = run("audit", "account.json").stdout
    assert re.search(r"Set apart: \d+ findings \(\d+ suppressed\)", page)
    assert "rolemgr-check.yaml:3: RM001" in page
    data = json.loads(run("audit", "account.json", "--format", "json").stdout)
    assert {one["reason"] for one in data["suppressed"]} == {"SEC-1"}
    assert data["counts"]["suppressed"] == len(data["suppressed"]) > 1
    assert run("audit", "account.json", "--fail-on", "SECURITY_WARNING").code == 0
    assert "suppressed: AU001-" in run("audit", "account.json", "--of", "ci-deploy").stdout
    assert run("check", "account.json").errors == []  # `check` passes over what is for audits
