"""Findings of `check` and `drift` for Security Hub: the shape by botocore's model, ids that stay, nothing left out."""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from tests.check.test_reports import ONE, TEXTS, THREE, TWO
from tests.report.hostile import HOSTILE

from rolemgr.check.finding import NotJudged
from rolemgr.report.asff_findings import AboutFinding, findings_asff, hub_of

if TYPE_CHECKING:
    from tests.conftest import Run

HUB = hub_of("123456789012:eu-west-1", date(2026, 11, 28), "0.1.0")
ROLE = "arn:aws:iam::111122223333:role/ml/churn"
ASFF = ("--format", "asff", "--hub", "123456789012:eu-west-1", "--as-of", "2026-11-28")


@cache
def shape() -> Any:
    """Return the shape of the input of BatchImportFindings, from botocore's model."""
    return Session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape


def checked(batches: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the findings of *batches*, once botocore's model and the lengths that AWS names are kept."""
    for batch in batches:
        report = ParamValidator().validate(batch, shape())
        assert not report.has_errors(), report.generate_report()
        assert 1 <= len(batch["Findings"]) <= 100
    found: list[dict[str, Any]] = [one for batch in batches for one in batch["Findings"]]
    for one in found:
        limits = {"Title": 256, "Description": 1_024, "Id": 512}
        assert all(0 < len(one[key]) <= most and one[key].isprintable() for key, most in limits.items())
        assert all(0 < len(value) <= 2_048 for value in one["ProductFields"].values())
        assert len(one.get("Remediation", {"Recommendation": {"Text": ""}})["Recommendation"]["Text"]) <= 512
        assert one["UpdatedAt"] == "2026-11-28T00:00:00Z"
    return found


def imported(*about: AboutFinding, not_judged: Sequence[NotJudged] = ()) -> list[dict[str, Any]]:
    """Return what Security Hub imports of *about*."""
    return checked(findings_asff(about, not_judged, TEXTS, HUB))


def test_findings_are_about_files_and_roles() -> None:
    """All of the account that imports them, whoever's the roles are; what is excused is archived, with the reason."""
    of_file, of_role, excused = imported(
        AboutFinding(ONE), AboutFinding(TWO, ROLE), AboutFinding(THREE, excuse="SEC-1")
    )
    assert of_file["Resources"] == [
        {"Type": "Other", "Id": "a dir/p.json", "Partition": "aws", "Region": "eu-west-1"}
    ]  # fmt: skip
    assert of_role["Resources"] == [
        {"Type": "AwsIamRole", "Id": ROLE, "Partition": "aws", "Details": {"AwsIamRole": {"RoleName": "churn"}}}
    ]
    assert {one["AwsAccountId"] for one in (of_file, of_role, excused)} == {"123456789012"}
    assert [one["RecordState"] for one in (of_file, of_role, excused)] == ["ACTIVE", "ACTIVE", "ARCHIVED"]
    assert excused["ProductFields"]["rolemgr/suppressed"] == "SEC-1"
    labels = [one["FindingProviderFields"]["Severity"] for one in (of_file, of_role, excused)]
    assert [(one["Label"], one["Original"]) for one in labels] == [
        ("HIGH", "ERROR"), ("HIGH", "SECURITY_WARNING"), ("LOW", "SUGGESTION"),
    ]  # fmt: skip


def test_ids_stay_when_lines_and_wordings_change() -> None:
    """And tell apart what is about another role, and what is alike in all that makes an id."""
    [first], [moved], [other] = (
        imported(AboutFinding(ONE)), imported(AboutFinding(ONE._replace(line=99, message="anew"))),
        imported(AboutFinding(ONE, ROLE)),
    )  # fmt: skip
    assert first["Id"] == moved["Id"]
    assert first["Id"] != other["Id"]
    twins = imported(AboutFinding(ONE), AboutFinding(ONE._replace(line=7)))
    assert [one["Id"] for one in twins] == [first["Id"], f"{first['Id']}-2"]


def test_a_call_takes_a_hundred_and_what_is_not_judged_is_one() -> None:
    """Silence would pass for "nothing found"; without anything there is no call."""
    many = [AboutFinding(ONE._replace(path=f"p{number}.json")) for number in range(250)]
    batches = findings_asff(many, [NotJudged("x.json", 1, "is not UTF-8")], TEXTS, HUB)
    assert [len(one["Findings"]) for one in batches] == [100, 100, 51]
    last = checked(batches)[-1]
    assert last["Title"] == "rolemgr: 1 place not judged"
    assert "x.json: is not UTF-8" in last["Description"]
    assert findings_asff([], [], TEXTS, HUB) == []


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 10_000])
def test_hostile_texts_stay_within_what_aws_takes(text: str) -> None:
    """Whatever a file is called, and whatever a policy says."""
    name = text.replace("\x00", "") or "p"
    (found,) = imported(
        AboutFinding(ONE._replace(path=name, message=text, sid=text or None, key=text or None), excuse=text or "x")
    )
    assert found["RecordState"] == "ARCHIVED"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--format", "asff"), "--format: asff needs --hub; the account and Region that import it"),
        (("--format", "asff", "--hub", "123456789012:eu-west-1"),
         "--format: asff needs --as-of; Security Hub takes an update by its day"),
        (("--hub", "123456789012:eu-west-1"), "--hub: goes with --format asff; leave it out, or give both"),
        (("--format", "asff", "--hub", "eu-west-1", "--as-of", "2026-11-28"),
         "--hub: `eu-west-1` is not ACCOUNT:REGION; such as 123456789012:eu-west-1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["check", "drift"])
def test_what_is_missing_is_said_before_any_work(
    command: str, words: tuple[str, ...], error: str, run: "Run"
) -> None:  # fmt: skip
    """In one line; no clock stands in for the day."""
    ran = run(command, "role.yaml", *words)
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [error])


def test_check_gives_what_it_finds(run: "Run") -> None:
    """The same findings as in JSON, with those that the configuration excuses, and what can't be read."""
    policy = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    Path("p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": policy}))
    Path("broken.json").write_bytes(b"\xff")
    ran = run("check", ".", *ASFF, "-o", "findings.asff")
    assert ran.code == 1
    found = checked(json.loads(Path("findings.asff").read_text()))
    rules = [one["rule"] for one in json.loads(run("check", ".", "--format", "json").stdout)["findings"]]
    assert sorted(one["GeneratorId"] for one in found) == sorted(
        [*(f"rolemgr/{one}" for one in rules), "rolemgr/not-judged"]
    )
