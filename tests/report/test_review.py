"""The one page of a review: within a page, nothing left out without a count, and what an approver must see."""

import re
from typing import Any

import pytest
from tests.support import rendered
from tests.test_golden_profiles import SHORT_FORMS

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding, Severity
from rolemgr.report.review import Block, review, review_page

CATALOG = Catalog()
WHERE = {"account": "123456789012", "region": "eu-west-1", "bucket": ["acme-churn"]}
PROFILES = [None, *CATALOG.found("profiles")]


def blocks(persona: str, *findings: Finding, **more: Any) -> dict[str, Block]:
    """Return the blocks of the page on *persona*, by title."""
    role = rendered(CATALOG, persona=persona, **WHERE, **more)
    return {block.title: block for block in review(role.role, role.documents, CATALOG, findings)}


def said(persona: str, title: str, **more: Any) -> str:
    """Return what stands in the block *title*."""
    return "\n".join(blocks(persona, **more)[title].entries)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("persona", CATALOG.found("personas"))
def test_a_review_is_one_page(persona: str, profile: str | None) -> None:
    """At most 60 lines of 80 columns for every persona under every profile, whatever the role is given."""
    given = {"guardrail_profile": [profile], **SHORT_FORMS} if profile else {}
    tags = {f"Key{number}": "value" for number in range(30)}
    role = rendered(CATALOG, persona=persona, **WHERE, **given, tag=tags, break_separation="for a test")
    page = review_page(role.role, role.documents, CATALOG, []).plain.splitlines()
    assert len(page) <= 60
    assert [line for line in page if len(line) > 80] == []


def test_who_may_assume_it_is_told_with_the_conditions() -> None:
    """A trust without a condition says so; whom nobody names is not let in."""
    assert said("data-scientist", "WHO").startswith("sagemaker.amazonaws.com for account 123456789012, from arn:aws:")
    who = said("cicd-deployer" if "cicd-deployer" in CATALOG.found("personas") else "mlops-engineer", "WHO",
               trust=["account:444455556666?external-id=abc&mfa=yes"])  # fmt: skip
    assert "444455556666" in who
    assert "with external id abc" in who
    assert "where aws:MultiFactorAuthPresent is true" in who
    assert who.endswith("nobody else")
    assert "under no condition" in said("data-scientist", "WHO", trust=["sagemaker?source=none"])


def test_what_it_can_do_is_found_out_within_its_limits() -> None:
    """A guardrail limits how a training job is started; that it can be started is still a capability."""
    assert "run training jobs" in blocks("data-scientist")["CAN"].entries
    assert "deploy endpoints" not in blocks("data-scientist")["CAN"].entries
    assert "run training jobs" not in blocks("data-scientist", remove=["run-training-jobs"])["CAN"].entries


def test_what_strict_denies_whole_is_no_capability() -> None:
    """A Deny without a condition takes the capability away."""
    held = blocks("ml-engineer", strict=True, guardrail={"max-runtime": ["12h"]}, no_default_guardrails=True)[
        "CAN"
    ].entries
    assert "run training jobs" in held
    assert "run batch transform" not in held


def test_what_it_can_never_do_stands_with_its_exceptions() -> None:
    """A separation by its title, one with exceptions with them; a persona that promises nothing says so."""
    never = said("data-scientist", "CANNOT")
    assert "No deployment" in never
    assert re.search(r"Only one's own Studio, with \d exceptions: --full", never)


def test_writes_name_what_denies_take_out() -> None:
    """The widest pattern of a bucket, and the prefixes that are write-protected."""
    writes = next(one for one in blocks("data-scientist")["WRITES"].entries if one.startswith("s3"))
    assert writes.startswith("s3  acme-churn/* except feature-store/")
    assert " models/" in writes
    ofjob = next(one for one in blocks("sagemaker-pipeline")["WRITES"].entries if one.startswith("s3"))
    assert "except feature-store/ (no s3:DeleteObject in models/)" in ofjob


def test_reads_are_what_is_not_written_anyway() -> None:
    """Repositories of other accounts are counted, and a bucket that is written is not named twice."""
    reads = blocks("data-scientist")["READS"].entries
    assert any(one.startswith("ecr  repository/* of 17 other accounts") for one in reads)
    assert not any("training-job" in one for one in reads)


def test_a_second_look_begins_with_the_worst() -> None:
    """A broken separation, then findings, then what is merely open."""
    finding = Finding("RM607", Severity.SECURITY_WARNING, "any role can be passed", "x", 1, None)
    small = Finding("RM999", Severity.SUGGESTION, "a matter of taste", "x", 1, None)
    look = blocks("data-scientist", finding, small, break_separation="migration", add=["deploy-endpoints"])[
        "LOOK"
    ].entries
    assert "the separation of persona data-scientist is broken: migration" in look[0]
    assert "RM607 any role can be passed" in look[1]
    assert not any("taste" in one for one in look)
    assert any("--volume-key" in one for one in look)
    assert not any("--volume-key" in one for one in blocks("data-scientist", **SHORT_FORMS)["LOOK"].entries)


def test_settings_are_on_the_page() -> None:
    """Session, tags, attached policies, boundary, keys, network."""
    found = said("data-scientist", "SET", tag={"Project": "churn"}, max_session="2h", **SHORT_FORMS,
                 boundary="arn:aws:iam::123456789012:policy/limits")  # fmt: skip
    for text in (
        "at most 2 h",
        "tag Project=churn",
        "policy/limits",
        "subnet subnet-0a",
        "security group sg-0b",
        "volume key",
    ):
        assert text in found


def test_what_does_not_fit_is_counted() -> None:
    """Nothing is dropped without a word."""
    role = rendered(CATALOG, persona="ml-engineer", **WHERE, tag={f"Key{number}": "v" * 60 for number in range(40)})
    page = review_page(role.role, role.documents, CATALOG, []).plain
    assert page.count(": --full\n") >= 2
    assert re.search(r"and 4\d more: --full", page)


def test_every_second_look_at_least_begins() -> None:
    """What deserves a look is not one of the parts that a full page may leave out; lines of others are free for it."""
    given = {"abac": ["Project"], "tag": {"Project": "churn"}, "guardrail_profile": ["regulated"], **SHORT_FORMS}
    role = rendered(CATALOG, persona="ml-engineer", **WHERE, **given)
    page = review_page(role.role, role.documents, CATALOG, []).plain
    look = next(one for one in review(role.role, role.documents, CATALOG, []) if one.title == "LOOK")
    assert len(look.entries) > look.most
    for entry in look.entries:
        assert entry[:25] in page
    assert len(page.splitlines()) <= 60


def test_what_a_configuration_suppresses_is_counted() -> None:
    """A pull request that excuses itself must not read as "no finding"."""
    role = rendered(CATALOG, persona="data-scientist", **WHERE)
    shown = {one.title: one for one in review(role.role, role.documents, CATALOG, [], 2)}
    assert shown["CHECK"].entries[0].startswith("no finding, 2 suppressed by rolemgr-check.yaml; ")
