"""`rolemgr migrate --used TRAIL`, as a user runs it, with the role file, the draft and the tests that come of it."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.audit.migrate.trail_support import OLD, called, training
from tests.conftest import Run
from tests.events.support import NOBODY, bare_session

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
FULL = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
CALLS = (
    called("CreateTrainingJob", training(), eventTime="2026-10-01T08:00:00Z"),
    called("DescribeTrainingJob", {"trainingJobName": "churn-2026-10-01-08-00-00-123"}),
    called("ListBuckets", None, "s3", eventTime="2026-11-20T08:00:00Z"),
)


def role_and_trail(calls: Sequence[object] = CALLS, name: str = "old") -> tuple[str, str]:
    """Write a role as CloudFormation has its properties, and a trail; return their names."""
    data = {"RoleName": name, "AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": [FULL]}
    Path("role.json").write_text(json.dumps(data), "utf-8")
    Path("trail").mkdir(exist_ok=True)
    Path("trail/a.json.gz").write_bytes(gzip.compress(json.dumps({"Records": calls}).encode()))
    return "role.json", "trail"


def test_the_files_that_come_of_it_work_together(run: Run) -> None:
    """The role file with its evidence makes the role, with the draft; the tests hold; the same bytes again."""
    role, trail = role_and_trail()
    words = ("migrate", role, "--used", trail, "--persona", "data-scientist", "-o", "new.yaml", "--draft", "own",
             "--tests", "new-tests.yaml")  # fmt: skip
    ran = run(*words)
    assert ran.code == 1, ran.stderr
    assert "NEW ACCESS, which the old role does not have\n  iam:GetRole" in ran.stdout
    assert f"{OLD} passes it by sagemaker:CreateTrainingJob: 1 call, first trail/a.json.gz:1" in " ".join(
        ran.stdout.split()
    )
    assert "rolemgr replay TRAIL --with new.yaml --principal old" in ran.stdout
    assert "confidence medium: the calls span 50 days" in " ".join(ran.stdout.split())
    text = Path("new.yaml").read_text("utf-8")
    assert "# old as it is: arn:aws:iam::111122223333:role/old (role.json:1)" in text
    assert "account: '111122223333'" in text
    assert "  # types seen in 1 requests, first trail/a.json.gz:1; it was" in text
    assert "  - used-by-old  # what was used and no activity group grants" in text
    made = run("create", "--role", "new.yaml")
    assert made.code == 0, made.stderr
    assert "s3:ListAllMyBuckets" in made.stdout
    assert run("test", "new-tests.yaml").code == 0
    assert run(*words, "--fail-on", "never").code == 0
    assert Path("new.yaml").read_text("utf-8") == text


def test_a_call_that_may_be_of_the_role_is_said(run: Run) -> None:
    """By a session without the ARN of its role, and by nobody that can be told; others' calls are not."""
    identities = [bare_session(OLD), NOBODY, bare_session(f"{OLD}er"), {"type": "AWSService"}]
    others = [
        {**CALLS[1], "eventID": f"another-{number}", "userIdentity": one} for number, one in enumerate(identities)
    ]
    role, trail = role_and_trail([*CALLS, *others])
    found = json.loads(run("migrate", role, "--used", trail, "--persona", "data-scientist", "--format", "json").stdout)
    (told,) = (text for text in map(str, found["not_judged"]) if "calls that may be of the role" in text)
    assert "2 calls" in told
    assert "role old of account 111122223333" in told


def test_json_has_the_evidence(run: Run) -> None:
    """Window and confidence, what would be denied with what to do, what is gone, and the guardrails."""
    role, trail = role_and_trail()
    found = json.loads(run("migrate", role, "--used", trail, "--persona", "data-scientist", "--format", "json").stdout)
    assert found["role"] == OLD
    assert found["evidence"]["calls"] == 3
    assert found["evidence"]["first"] == "2026-10-01T08:00:00Z"
    assert [(one["action"], one["verdict"]) for one in found["not_allowed"]] == [
        ("s3:ListAllMyBuckets", "would be denied"),
    ]
    assert "--draft FOLDER writes used-by-old" in found["not_allowed"][0]["do"]
    assert "sagemaker:CreateDomain" in found["gone"]
    assert {one["guardrail"] for one in found["guardrails"]} == {"instance-types", "max-runtime"}
    page = run("migrate", role, "--used", trail, "--persona", "data-scientist", "--format", "markdown").stdout
    assert "persona: data-scientist" in page
    assert "New access, which the old role does not have" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--used", "trail", "--principal", "nobody"), "trail: has no call of nobody"),
        (("--used", "trail", "--draft", "own"), "--draft: goes with -o"),
        (("--used", "trail", "--tests", "t.yaml"), "--tests: goes with -o"),
        (("--principal", "old"), "--principal: says whose calls of a trail count"),
        (("--used", "nothing/"), "nothing: can't be read"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_wrong_input_is_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and nothing on stdout."""
    role, _ = role_and_trail()
    ran = run("migrate", role, *words)
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_what_of_the_trail_can_not_be_read_counts(run: Run) -> None:
    """An event of nobody's and an unknown operation are said, and the exit code is 1 whatever else."""
    role, trail = role_and_trail([CALLS[1], called("MakeCoffee", {})])
    Path("trail/b.json").write_text('{"Records": [{"x": 1}]}', "utf-8")
    ran = run("migrate", role, "--used", trail, "--persona", "data-scientist")
    assert ran.code == 1
    assert "trail/b.json:1: is not an event of CloudTrail" in ran.stdout
    assert "1 calls of sagemaker:MakeCoffee" in ran.stdout


def test_a_name_in_several_accounts_is_refused(run: Run) -> None:
    """Whose calls they are, --principal says by the ARN."""
    other = OLD.replace("111122223333", "444455556666")
    role, trail = role_and_trail([CALLS[1], called("DescribeTrainingJob", {"trainingJobName": "a"}, role=other)])
    ran = run("migrate", role, "--used", trail)
    assert ran.code == 2
    assert "several principals are called old" in ran.stderr
    chosen = ("--principal", other, "--persona", "data-scientist", "--format", "json")
    found = json.loads(run("migrate", role, "--used", trail, *chosen).stdout)
    assert found["role"] == other
    assert found["new_role"]["account"] == "444455556666"
