"""`rolemgr migrate --code`: roles for code, role files, a preflight, and exit codes."""

import json
from pathlib import Path

import pytest
from tests.conftest import Run

TRAIN = """import sys
from sagemaker.estimator import Estimator

role = "arn:aws:iam::111122223333:role/churn-compute"
est = Estimator("763104351884.dkr.ecr.us-east-1.amazonaws.com/x:1", role, 1, "ml.p4d.24xlarge",
                base_job_name="churn", output_path="s3://acme-work/out")
est.fit({"train": "s3://acme-data/raw/"}, wait=False)
est.deploy(1, "ml.m5.large", endpoint_name="churn")
"""
ROLE = """persona: data-scientist
name: churn
parameter: {pass_roles: ["arn:aws:iam::111122223333:role/churn-compute"]}
guardrail: {instance-types: ["ml.m5.*", ml.g4dn.xlarge]}
"""


@pytest.fixture(autouse=True)
def elsewhere(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder with code and a role."""
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(TRAIN, encoding="utf-8")
    Path("churn.yaml").write_text(ROLE, encoding="utf-8")


def test_who_runs_it_and_what_it_starts_get_a_role_each(run: Run) -> None:
    """The caller starts the job and passes the role; the job's role reads and writes its data. Both files render."""
    ran = run("migrate", "--code", "train.py", "--format", "json", "-o", "roles/")
    assert ran.code == 0, ran.stderr
    caller, job = json.loads(ran.stdout)["roles"]
    assert (caller["by"], job["by"], job["passed_role"]) == (
        "caller",
        "job",
        "arn:aws:iam::111122223333:role/churn-compute",
    )
    assert {"run-training-jobs", "deploy-endpoints"} <= set(caller["groups"])
    assert caller["new_role"]["parameter"]["job_names"] == ["churn*"]
    assert caller["new_role"]["parameter"]["pass_roles"] == [job["passed_role"]]
    actions = {(one["action"], one["resource"]) for one in job["requests"]}
    assert ("s3:GetObject", "arn:aws:s3:::acme-data/raw/*") in actions
    assert ("s3:PutObject", "arn:aws:s3:::acme-work/out*") in actions
    assert not any(one["action"].startswith("s3:") for one in caller["requests"])
    for path in Path("roles").iterdir():
        assert run("check", "--role", str(path), "--fail-on", "error").code == 0


def test_the_preflight_names_the_line_and_the_reason(run: Run) -> None:
    """An instance type outside the guardrail, and a group that would grant what the role lacks."""
    ran = run("migrate", "--code", "train.py", "--role", "churn.yaml")
    assert ran.code == 1
    text = " ".join(ran.stdout.split())
    reason = "ml.p4d.24xlarge is outside guardrail instance-types (ml.g4dn.xlarge, ml.m5.*)"
    assert f"train.py:7: CreateTrainingJob: {reason}" in text
    assert "train.py:8: CreateEndpoint: not granted; group deploy-endpoints would" in text


def test_a_resource_that_the_code_does_not_tell_is_not_denied(run: Run) -> None:
    """A bucket that only the command line names may be one of the role's; one that is named and not its own is denied."""
    Path("train.py").write_text(
        "import boto3, sys\nboto3.client('s3').get_object(Bucket=sys.argv[1], Key=sys.argv[2])\n"
        "boto3.client('s3').get_object(Bucket='elsewhere', Key=sys.argv[2])\n", encoding="utf-8"
    )  # fmt: skip
    text = " ".join(run("migrate", "--code", "train.py", "--role", "churn.yaml").stdout.split())
    assert "train.py:2: GetObject: not known: granted on some of arn:aws:s3:::*/*" in text
    assert "train.py:3: GetObject: not granted on arn:aws:s3:::elsewhere/*" in text


def test_a_value_that_the_role_looks_at_and_the_code_does_not_tell_is_not_known(run: Run) -> None:
    """It is neither allowed nor denied, and counts where --fail-on says so."""
    Path("train.py").write_text(
        TRAIN.partition("est.deploy")[0].replace('"ml.p4d.24xlarge"', "sys.argv[1]"), encoding="utf-8"
    )
    words = ("migrate", "--code", "train.py", "--role", "churn.yaml", "--fail-on")
    ran = run(*words, "denied")
    assert (ran.code, run(*words, "not-known").code, run(*words, "never").code) == (0, 1, 0)
    assert "CreateTrainingJob: not known: the role looks at sagemaker:InstanceTypes" in " ".join(ran.stdout.split())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--code", "nothing"), "has no code"),
        (("--code", "empty.py"), "calls nothing of AWS"),
        (("--code", "train.py", "--used", "x.json"), "code says it itself"),
        (("--role", "churn.yaml", "x.json"), "goes with --code"),
        ((), "is missing"),
        (("--code", "bad.ipynb"), "bad.ipynb:1"),
    ],
)
def test_bad_input_is_one_line(run: Run, words: tuple[str, ...], says: str) -> None:
    """With exit code 2."""
    Path("nothing").mkdir()
    Path("empty.py").write_text("print(1)\n", encoding="utf-8")
    Path("bad.ipynb").write_text("{", encoding="utf-8")
    ran = run("migrate", *words)
    assert (ran.code, ran.stdout) == (2, "")
    assert says in ran.stderr


STOP = 'import boto3\nboto3.client("sagemaker").stop_training_job(TrainingJobName="churn-1")\n'


@pytest.mark.parametrize(
    ("account", "region", "words"),
    [
        ("444455556666", "eu-west-1", ()),
        ("444455556666", "us-gov-west-1", ()),
        ("444455556666", "eu-west-1", ("--region", "eu-west-1")),
    ],
)
def test_code_is_asked_in_the_account_and_region_of_the_role(
    run: Run, account: str, region: str, words: tuple[str, ...]
) -> None:
    """Where its resources are: elsewhere each call would be denied that the role allows."""
    Path("stop.py").write_text(STOP, encoding="utf-8")
    Path("role.yaml").write_text(f'persona: data-scientist\naccount: "{account}"\nregion: {region}\n', encoding="utf-8")
    ran = run("migrate", "--code", "stop.py", "--role", "role.yaml", *words, "--format", "json")
    assert ran.code == 0, ran.stdout
    (answer,) = json.loads(ran.stdout)["preflight"]["requests"]
    assert f":sagemaker:{region}:{account}:training-job/churn-1" in answer["resource"]
    assert answer["resource"].startswith(f"arn:{'aws-us-gov' if 'gov' in region else 'aws'}:")


def test_another_account_than_the_role_s_is_refused(run: Run) -> None:
    """It would be asked about resources that it never reaches; a policy without a Region is said to be asked in one."""
    Path("stop.py").write_text(STOP, encoding="utf-8")
    ran = run("migrate", "--code", "stop.py", "--role", "churn.yaml", "--account", "444455556666")
    assert (ran.code, ran.stderr.startswith("error: --account: 444455556666 is another account")) == (2, True)
    every = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}]}
    role = {"RoleName": "r", "Policies": [{"PolicyName": "p", "PolicyDocument": every}]}
    Path("r.json").write_text(json.dumps(role), encoding="utf-8")
    ran = run("migrate", "--code", "stop.py", "--role", "r.json")
    assert "r.json does not say its Region, and us-east-1 is taken: give --region" in ran.stderr
