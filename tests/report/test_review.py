"""The one page of a review: within a page, nothing left out without a count, and what an approver must see."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.support import rendered
from tests.test_golden_profiles import SHORT_FORMS

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding, Severity
from rolemgr.model.role import LeftOpen
from rolemgr.reference.managed_policies import managed_policy
from rolemgr.report.pages.of_role import role_page
from rolemgr.report.pages.page import Tone
from rolemgr.report.review import review, review_page
from rolemgr.report.review_lines import Block, lines_of

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


@pytest.mark.sampled(33)
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
    assert said("data-scientist", "WHO").startswith("sagemaker.amazonaws.com, for account 123456789012, from arn:aws:")
    who = said("cicd-deployer" if "cicd-deployer" in CATALOG.found("personas") else "mlops-engineer", "WHO",
               trust=["account:444455556666?external-id=abc&mfa=yes"])  # fmt: skip
    assert "444455556666" in who
    assert "with external id abc" in who
    assert "with MFA" in who
    assert who.endswith("no other principal")
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
    assert "deployment" in re.split(r" · |\n", never)
    assert not re.search(r"\b[Nn]o (?!scope)", never)
    spaces = "shared spaces but those of a team that is named, except for the user's own profile"
    assert f"{spaces}; except the user's own; and 4 more: --full" in never
    assert "exceptions)" not in never


def test_writes_name_what_denies_take_out() -> None:
    """The widest pattern of a bucket, and the prefixes that are write-protected."""
    writes = next(one for one in blocks("data-scientist")["WRITES"].entries if one.startswith("s3"))
    assert writes.startswith("s3  acme-churn/* (put, delete, abort) except feature-store/")
    assert " models/" in writes
    ofjob = next(one for one in blocks("sagemaker-pipeline")["WRITES"].entries if one.startswith("s3"))
    assert "except feature-store/ (no s3:DeleteObject in models/)" in ofjob


def test_reads_are_what_is_not_written_anyway() -> None:
    """Repositories are told with their owner, and a bucket that is written is not named twice."""
    reads = blocks("data-scientist")["READS"].entries
    assert any(one.startswith("ecr  repository/* of AWS's 17 image accounts") for one in reads)
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
    given = {
        "tag": {"Project": "churn"}, "max_session": "2h", **SHORT_FORMS,
        "boundary": "arn:aws:iam::123456789012:policy/limits",
    }  # fmt: skip
    assert said("data-scientist", "BESIDE", **given) == "permissions boundary policy/limits"
    found = said("data-scientist", "SET", **given)
    for text in (
        "at most 2 h",
        "tag Project=churn",
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
    assert len(look.entries) > 5
    for entry in look.entries:
        assert entry[:25] in page
    assert len(page.splitlines()) <= 60


def test_what_a_configuration_suppresses_is_counted() -> None:
    """A pull request that excuses itself must not read as "no finding"."""
    role = rendered(CATALOG, persona="data-scientist", **WHERE)
    shown = {one.title: one for one in review(role.role, role.documents, CATALOG, [], 2)}
    assert shown["CHECK"].entries[0] == "no finding, 2 suppressed by rolemgr-check.yaml"


def test_nobody_who_gets_in_is_left_out() -> None:
    """However many principals: each with its condition, people before services."""
    accounts = [f"account:{number}" for number in range(111122223330, 111122223340)]
    role = rendered(CATALOG, persona="mlops-engineer", **WHERE, trust=["sagemaker", "github:acme/deploy", *accounts])
    page = review_page(role.role, role.documents, CATALOG, []).plain
    for account in accounts:
        assert f"any role or user of account {account.removeprefix('account:')}" in page
    assert "tokens of token.actions.githubusercontent.com" in page
    who = said("mlops-engineer", "WHO", trust=["sagemaker", "account:111122223333"]).splitlines()
    assert who[0].startswith("any role or user of account 111122223333 whose administrators allow it, under no")
    assert who[1].startswith("sagemaker.amazonaws.com")


def test_an_end_stands_with_who_gets_in() -> None:
    """From then on nobody may do anything, which is no setting."""
    assert "until 2026-12-24T18:00:00Z: then every request" in said("ml-engineer", "WHO", expires="2026-12-24T18:00Z")


def test_deletion_and_named_resources_are_told() -> None:
    """Verbs stand behind patterns; those of the user's names come first, and beside one another."""
    given = {"parameter": {"endpoint_names": ["fraud-*", "scoring-*"]}}
    writes = said("mlops-engineer", "WRITES", **given)
    assert re.search(
        r"^sagemaker  endpoint/fraud-\*, endpoint/scoring-\*[^(]*\(create, update, delete, tag\)", writes, re.M
    )
    assert "user-profile/<DomainId>/<UserProfileName> (open)" in said("data-scientist", "WRITES")
    assert "deploy, update, delete endpoints" in said("mlops-engineer", "CAN")


def test_reading_of_objects_is_told_from_listing() -> None:
    """Objects are read where they can't be written, too."""
    reads = said("data-scientist", "READS")
    assert "s3  objects of acme-churn/*, list acme-churn" in reads


def test_an_exception_that_the_persona_takes_back_is_none() -> None:
    """A separation allows the service-linked role, and the persona forbids it: then the title stands alone."""
    entries = said("data-scientist", "CANNOT").replace(" · ", "\n").splitlines()
    assert "change of permissions" in entries
    assert not any("CreateServiceLinkedRole" in one for one in entries)
    kept = said("mlops-engineer", "CANNOT")
    assert "change of permissions, except the service-linked roles of SageMaker, its autoscaling and HyperPod" in kept


def test_work_of_another_role_may_do_what_this_one_may_not() -> None:
    """Told by the judge of separations: the compute role writes reports, so its jobs may."""
    never = said("data-scientist", "CANNOT")
    assert "pipeline code (role/sagemaker-compute may)" in never
    assert (
        "session of another role: AssumeRole, new profile or notebook (its jobs run as the roles of RUNS)"
        in " ".join(never.split())
    )
    writes = next(one for one in blocks("data-scientist")["WRITES"].entries if one.startswith("s3"))
    assert "monitoring/ pipelines/ (roles it passes may in some: RUNS)" in writes
    assert "RUNS" not in said("sagemaker-compute", "CANNOT")  # it passes no role


def test_runs_names_all_roles_that_may_be_passed() -> None:
    """Who may pass two roles to a service may have any work there run as either."""
    runs = said("mlops-engineer", "RUNS")
    assert "run only as this role itself or role/sagemaker-compute\n" in runs
    assert "in whole: preview --persona sagemaker-compute" in runs


def test_check_says_for_whom_it_is_proven() -> None:
    """Entries for the role alone are not said to hold for others."""
    never = CATALOG.persona("data-scientist").value  # as it is written, without those that it takes over
    assert never.never
    check = said("data-scientist", "CHECK").splitlines()
    assert check[0] == "no finding"
    assert re.fullmatch(
        r"this role: all \d+ forbidden requests denied; the role it passes, if as its persona makes it: "
        r"the \d+ that are about them, too",
        check[1],
    )
    assert "what the account has under this name is not known here" in said("data-scientist", "RUNS")
    assert "not known here" not in said("sagemaker-compute", "RUNS")


def test_conditions_of_trust_read_as_what_they_ask() -> None:
    """MFA and its age, a session's name, what has to be brought; what lets nobody in is left out."""
    user = "user:arn:aws:iam::444455556666:user/break-glass/otto?mfa-age=15m"
    broker = (
        "role:arn:aws:iam::444455556666:role/b?source-identity=required&session-name=elevated-*&session-tags=Project"
    )
    assert said("mlops-emergency", "WHO", trust=[user, broker]).splitlines() == [
        "arn:aws:iam::444455556666:user/break-glass/otto, with MFA, given at most 15 min before",
        "arn:aws:iam::444455556666:role/b, with aws:RequestTag/Project, with sts:SourceIdentity,"
        " in a session named elevated-*",
        "no other principal",
    ]


def test_conditions_on_what_is_written_are_said() -> None:
    """To what is the user's own, or to anything else; tags that are given at creation hold nothing."""
    writes = said("data-scientist", "WRITES")
    assert "app/<DomainId>/*/*/* (create, delete, tag; own only)" in writes
    assert "space/<DomainId>/* (create, update, delete, start, tag; own only)" in writes
    assert "hyper-parameter-tuning-job/* (create, stop, tag), " in writes
    assert "cloudwatch  * (put; under conditions)" in said("sagemaker-compute", "WRITES")


def test_a_guardrail_without_effect_is_no_limit() -> None:
    """Of the compute role no instance type is limited, as it starts nothing; what --strict denies whole is an effect."""
    idle = said("sagemaker-compute", "LIMITS", guardrail_profile=["cost"])
    assert idle == "no effect in this role: instance-types, max-runtime, studio-instance-types"
    assert "no effect" not in said("data-scientist", "LIMITS")
    role = rendered(CATALOG, persona="data-scientist", **WHERE)
    by_pass = (LeftOpen("sagemaker:CreateApp", "no key"),)
    (denying, *_) = (one._replace(actions=(), bypassed_by=by_pass, strict=True) for one in role.role.guardrails)
    shown = review(replace(role.role, guardrails=(denying,)), role.documents, CATALOG, [])
    assert "no effect" not in "\n".join(next(one.entries for one in shown if one.title == "LIMITS"))


def test_each_value_is_forbidden() -> None:
    """A parameter of two values makes two resources."""
    bucket = "acme-churn/model-monitor"
    assert f"S3: put anything of objects on {bucket}/baselining/* or {bucket}/monitoring/*" in said(
        "business-analyst", "CANNOT"
    )


@pytest.mark.parametrize("persona", CATALOG.found("personas"))
def test_no_block_is_without_an_entry(persona: str) -> None:
    """However much there is to say, what is read is told in part at least."""
    role = rendered(CATALOG, persona=persona, **WHERE)
    page = review_page(role.role, role.documents, CATALOG, []).plain
    assert not re.search(r"^[A-Z]+ +and \d+ more: --full$", page, re.MULTILINE)


def test_what_a_passed_role_adds_is_named() -> None:
    """The prefixes, capabilities and actions that this role has not; told for each role that may be passed."""
    runs = said("ml-engineer", "RUNS").splitlines()
    pipeline = next(one for one in runs if one.startswith("role/sagemaker-pipeline may also: "))
    assert "write models/, monitoring/, model-monitor/.../ of acme-churn (put, delete)" in pipeline
    assert "run batch transform" not in pipeline  # within its limits the ML engineer does that too
    compute = next(one for one in said("mlops-engineer", "RUNS").splitlines() if "may also" in one)
    assert (
        "track runs in MLflow; pull container images; write all of acme-churn except feature-store/ models/" in compute
    )
    role = rendered(CATALOG, persona="ml-engineer", **{**WHERE, "bucket": ["acme-churn", "acme-extra"]})
    both = next(one for one in review(role.role, role.documents, CATALOG, []) if one.title == "RUNS")
    assert "write feature-store/ of both buckets (put)" in "\n".join(both.entries)


def test_a_slash_in_a_variable_parts_no_bucket_from_its_keys() -> None:
    """A bucket by a tag is written as a whole, with what is done to its objects."""
    by_tag = {**WHERE, "bucket": ["acme-${aws:PrincipalTag/Project}"], "tag": {"Project": "churn"}}
    role = rendered(CATALOG, persona="data-scientist", **by_tag)
    runs = next(one for one in review(role.role, role.documents, CATALOG, []) if one.title == "RUNS")
    assert "model-monitor/.../ of acme-<PrincipalTag/Project> (put, delete)" in "\n".join(runs.entries)


def test_attached_policies_are_told_with_what_they_give() -> None:
    """By text where it is at hand; else nobody knows, and it counts as anything."""
    reading = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    own = "arn:aws:iam::123456789012:policy/acme-own"
    full = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    given = blocks("ml-engineer", managed_policy=[reading, own])
    assert given["READS"].entries[0].startswith("AmazonS3ReadOnlyAccess (attached)  s3 * (describe, get, list")
    assert "; its Denies narrow s3:GetBucketLocation, s3:GetObject" in given["READS"].entries[0]
    assert given["CAN"].entries[0] == "read objects, by AmazonS3ReadOnlyAccess"
    assert "acme-own, attached and unknown, may let it pass and assume any role" in given["RUNS"].entries
    assert not any("AmazonS3ReadOnlyAccess" in one for one in (*given["WRITES"].entries, *given["RUNS"].entries))
    assert given["CHECK"].entries[1].startswith("NOT PROVEN: acme-own is unknown; without it, this role: all 55 ")
    assert " only " not in given["RUNS"].entries[0]
    role = rendered(CATALOG, persona="ml-engineer", **WHERE, managed_policy=[own])
    page = review_page(role.role, role.documents, CATALOG, []).plain
    warning = "UNKNOWN  acme-own is attached and its text not at hand: it may allow anything"
    assert page.splitlines()[2] == warning
    whole = {one.title: one.entries for one in review(role.role, role.documents, CATALOG, [], whole=True)}
    facts = [(one.text, one.tone) for one in role_page(role.role, role.documents, CATALOG, []).summary]
    assert (warning, Tone.BAD) in facts
    assert {tone for text, tone in facts if text.startswith("NOT PROVEN")} == {Tone.BAD}
    for title, word in (("READS", "read"), ("WRITES", "write")):
        assert f"acme-own (attached)  its text is not at hand: it may {word} anything" in whole[title]
    broken = blocks("ml-engineer", managed_policy=[full], break_separation="a test")
    assert broken["CANNOT"].entries[0].startswith("broken for a reason")
    assert broken["CHECK"].entries[1].startswith("NOT KEPT: what the persona must never do")
    assert any(one.startswith("AmazonSageMakerFullAccess, attached, lets it pass ") for one in broken["RUNS"].entries)
    assert broken["WRITES"].entries[0].startswith("AmazonSageMakerFullAccess (attached)  iam ")


def test_patterns_are_words() -> None:
    """No pattern of actions is left on the page; the data have them beside the words."""
    never = said("sagemaker-compute", "CANNOT")
    assert "IAM: anything" in never
    assert "create jobs of any kind, URLs of any kind, apps, clusters, anything of inference, models" in never
    assert not re.search(r"[a-z]:[A-Z]\w*\*", never)
    role = rendered(CATALOG, persona="sagemaker-compute", **WHERE)
    whole = {one.title: one for one in review(role.role, role.documents, CATALOG, [], whole=True)}["CANNOT"].entries
    assert "SageMaker: create jobs of any kind (sagemaker:Create*Job*)" in whole


def test_findings_are_counted_with_their_rules() -> None:
    """Of every severity, suggestions too."""
    found = [Finding(rule, severity, "m", "f", 1) for rule, severity in (
        ("RM410", Severity.SUGGESTION), ("RM603", Severity.SUGGESTION), ("RM410", Severity.SUGGESTION), ("RM106", Severity.WARNING),
    )]  # fmt: skip
    check = blocks("data-scientist", *found)["CHECK"].entries[0]
    assert check == "3 SUGGESTION (RM410, RM603), 1 WARNING (RM106)"


def test_the_riskiest_writes_come_first() -> None:
    """What can be deleted before what is opened or the user's own; what is left out is told by its kind."""
    line = next(one for one in blocks("ml-engineer")["WRITES"].entries if one.startswith("sagemaker  "))
    assert line.index("(create, delete, tag)") < line.index("model-package/*/* (create)")
    assert re.search(r" and \d+ more: [a-z, -]*app", line)
    role = rendered(CATALOG, persona="ml-engineer", **WHERE)
    page = review_page(role.role, role.documents, CATALOG, []).plain
    assert re.search(r"\.\.\. and the rest of sagemaker \(any of \d+ kinds\), ", page)


@pytest.mark.parametrize("name", ["AdministratorAccess", "SageMakerStudioBedrockKnowledgeBaseServiceRolePolicy"])
def test_a_page_with_an_attached_policy_is_one_page(name: str) -> None:
    """However long its name, and however much it gives."""
    (arn,) = (one.arn for one in (managed_policy(name, "aws"),) if one)
    role = rendered(CATALOG, persona="ml-engineer", **WHERE, managed_policy=[arn], break_separation="for a test")
    page = review_page(role.role, role.documents, CATALOG, []).plain.splitlines()
    assert len(page) <= 60
    assert [line for line in page if len(line) > 80] == []
    assert any(f"{name} (attached)" in line for line in page)


def test_beside_attached_policies_denies_are_told_from_what_is_not_granted() -> None:
    """What a Deny holds, it holds whatever is attached; what is merely not granted, any policy may allow."""
    own = "arn:aws:iam::123456789012:policy/acme-own"
    never = said("sagemaker-compute", "CANNOT", managed_policy=[own])
    held, _, open_ends = never.partition("only not granted; acme-own may allow them:\n")
    assert held.startswith("this role's Denies hold these, whatever is attached:\nwriting under the models prefix\n")
    assert "deployment" in open_ends
    assert "deployment" not in held
    known = said(
        "sagemaker-compute", "CANNOT", managed_policy=["arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"]
    )
    assert "only not granted, nor by AWS's text of today of what is attached:" in known


def test_denies_that_narrow_an_attached_policy_are_told() -> None:
    """The net result where all of an action is denied, else which actions are denied in part."""
    full = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    writes = said("data-scientist", "WRITES", managed_policy=[full], break_separation="a test")
    assert re.search(r"AmazonS3FullAccess \(attached\)  s3 \* .*; its Denies narrow s3:AbortMultipartUpload", writes)


def test_no_second_look_is_cut() -> None:
    """Each stands whole on the page, however many there are."""
    given = {"guardrail_profile": ["regulated"], **SHORT_FORMS}
    trust = ["account:444455556666", "sagemaker"]
    role = rendered(CATALOG, persona="ml-engineer", **WHERE, **given, trust=trust, break_separation="for a test")
    page = "".join(review_page(role.role, role.documents, CATALOG, []).plain.split())
    look = next(one for one in review(role.role, role.documents, CATALOG, []) if one.title == "LOOK")
    for entry in look.entries:
        assert "".join(entry.split()) in page


def test_passing_itself_without_trust_has_no_effect() -> None:
    """SageMaker runs nothing as a role whose trust does not name it."""
    trust = ["github:acme@4711/deploy@815?environment=production"]
    runs = said("mlops-engineer", "RUNS", trust=trust)
    assert "it may pass itself too, which has no effect: its trust does not name SageMaker" in runs
    assert "this role itself" not in runs
    assert "pass role/sagemaker-compute to SageMaker" in said("mlops-engineer", "CAN", trust=trust)
    assert "no effect" not in said("mlops-engineer", "RUNS")


def test_who_gets_in_by_saml_and_by_mfa() -> None:
    """The provider decides about people; a role's session has no MFA, so that users are meant; chains are short."""
    who = said("ml-engineer", "WHO", trust=["saml:arn:aws:iam::123456789012:saml-provider/okta"])
    assert "; who of them: the identity provider decides" in who
    trust = ["account:444455556666?mfa=yes"]
    who = said("ml-engineer", "WHO", trust=trust)
    assert "any user (a role's session carries no MFA) of account 444455556666 whose administrators allow it" in who
    assert "sessions of at most 8 h (1 h by another role)" in said("ml-engineer", "SET", trust=trust, max_session="8h")
    assert said("ml-engineer", "SET", max_session="8h").startswith("sessions of at most 8 h\n")


def test_what_reaches_anything_is_named_where_it_is_folded() -> None:
    """A service that is left out says of which kinds it reaches all; one that reaches all comes first."""
    entries = (
        "s3  objects of acme-churn/*, list acme-churn",
        "athena  workgroup/primary (get)",
        "ecr  repository/* of AWS's 17 image accounts",
        "glue  catalog, database/*, table/*/*",
        "logs  * (get)",
    )
    assert lines_of(Block("READS", entries, 3)) == [
        "s3  objects of acme-churn/*, list acme-churn",
        "athena  workgroup/primary (get)",
        "and glue (any database, table), logs (anything), ecr: --full",
    ]
    assert len(lines_of(Block("READS", entries, 5))) == len(entries)


def test_a_limit_on_every_call_says_so() -> None:
    """And not the one on sessions alone."""
    people = {"trust": ["account:444455556666"]}
    every = {"guardrail": {"caller-network": ["203.0.113.0/24", "actions:all"]}, **people}
    assert "caller-network all calls; 203.0.113.0/24" in said("business-analyst", "LIMITS", **every)
    some = {"guardrail": {"caller-network": ["203.0.113.0/24"]}, **people}
    assert "caller-network sessions; 203.0.113.0/24" in said("business-analyst", "LIMITS", **some)


@pytest.mark.parametrize("persona", CATALOG.found("personas"))
def test_a_whole_page_leaves_nothing_to_ask_for(persona: str) -> None:
    """No list ends in how many more there are: --full is what shows them."""
    role = rendered(CATALOG, persona=persona, **WHERE)
    text = review_page(role.role, role.documents, CATALOG, (), whole=True).plain
    assert "--full" not in text
    assert not re.search(r"\band \d+ more\b", text)
    assert len(text) >= len(review_page(role.role, role.documents, CATALOG, ()).plain) - len(
        "--full: statements, where each comes from. "
    )


def test_two_limits_of_the_same_values_do_not_read_alike() -> None:
    """One lets a job through that names no instance type."""
    for name, more in (("instance-types", ""), ("named-instance-types", " (a job that names no type goes through)")):
        chosen = {"guardrail": {name: ["ml.m5.large"]}, "no_default_guardrails": True}
        assert f"{name} ml.m5.large{more}" in said("ml-engineer", "LIMITS", **chosen).split("\n")
