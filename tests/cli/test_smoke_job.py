"""The training job that `smoke` prints: what it asks for, that it runs only on purpose, and that it is cleaned up."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.validate import ParamValidator
from tests.fake_aws import model

from rolemgr.reference.data import image_account
from rolemgr.workflow import smoke_job

if TYPE_CHECKING:
    from tests.conftest import Run

SHELLCHECK = shutil.which("shellcheck") or ""
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LIMITED = (
    "--persona", "data-scientist", "--trust", "account:111122223333", "--guardrail-profile", "isolated",
    "--subnet", "subnet-0123456789abcdef0", "--security-group", "sg-0123456789abcdef0", "--data-key", KEY,
    "--volume-key", KEY, "--guardrail", f"volume-kms-key={KEY}", "--guardrail", f"output-kms-key={KEY}",
    "--guardrail", "inter-container-encryption", "--guardrail", "instance-types=ml.c5.*,ml.m5.xlarge",
)  # fmt: skip
TAGGED = (
    "--persona", "data-scientist", "--abac", "Project", "--tag", "Project=churn",
    "--trust", "account:111122223333?session-tags=Project", "--parameter", "job_names=churn-*",
)  # fmt: skip
AWS = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
[ "$1" = --no-paginate ] && shift
case "$1 $2" in
  "sts assume-role") printf 'KEY\\tSECRET\\tTOKEN\\n'; exit 0 ;;
  "sts get-caller-identity") echo "arn:aws:sts::111122223333:assumed-role/sagemaker-data-scientist/x"; exit 0 ;;
  "sagemaker describe-training-job") printf '%s\\tNone\\n' "$STATUS"; exit 0 ;;
  "sagemaker create-training-job")
    case $3 in *-twin*) answer=$TWIN ;; *) answer=$JOB ;; esac
    [ -z "$answer" ] || { echo "An error occurred ($answer)" >&2; exit 254; } ;;
  "sagemaker delete-training-job") ;;
  *" create-"* | *" update-"* | *" delete-"* | *" start-"*) echo "(AccessDenied)" >&2; exit 254 ;;
esac
exit 0
"""


def printed(run: "Run", path: Path, *chosen: str) -> Path:
    """Write the script of the *chosen* role."""
    script = path / "smoke.sh"
    run("smoke", *chosen, "-o", str(script))
    return script


def ran(
    script: Path, *words: str, job: str = "", twin: str = "AccessDeniedException", status: str = "Completed",
    **more: str,
) -> tuple["subprocess.CompletedProcess[str]", list[str]]:  # fmt: skip
    """Run *script* with an `aws` that writes down what it is called with."""
    aws, calls = script.with_name("aws"), script.with_name("calls")
    aws.write_text(AWS, "utf-8")
    aws.chmod(0o755)
    calls.write_text("", "utf-8")
    environment = {
        "PATH": f"{aws.parent}{os.pathsep}{os.environ['PATH']}", "CALLS": str(calls), "JOB": job, "TWIN": twin,
        "STATUS": status, **more,
    }  # fmt: skip
    done = subprocess.run(
        ["/bin/sh", str(script), *words], env=environment, capture_output=True, text=True, check=False
    )
    return done, calls.read_text("utf-8").splitlines()


def sent(calls: list[str]) -> list[Mapping[str, Any]]:
    """Return the requests for training jobs among *calls*."""
    begin = "sagemaker create-training-job --cli-input-json="
    return [json.loads(one.removeprefix(begin)) for one in calls if one.startswith(begin)]


def test_nobody_runs_it_by_accident(run: "Run", tmp_path: Path) -> None:
    """Without the word no job is made, and the script says how; it says first what it costs."""
    script = printed(run, tmp_path, *LIMITED)
    done, calls = ran(script, SMOKE_OBJECT="s3://b/k")
    assert done.returncode == 0, done.stdout
    assert "SMOKE_OBJECT=s3://BUCKET/KEY sh smoke.sh training-job" in done.stdout
    assert not [one for one in calls if "training-job " in one and "list-" not in one]
    text = script.read_text("utf-8")
    assert "IT COSTS MONEY. AWS charges for one ml.m5.xlarge for 300 seconds at most" in text
    assert text.index("COSTS MONEY") < text.index("create-training-job")


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (("training-job",), ""), (("training-job",), "s3://b"), (("training-job",), "https://b/k"),
        (("training-job",), 's3://b/k","x":"'), (("training-job",), "s3://b/$(touch owned)"), (("job",), "s3://b/k"),
        (("--help",), "s3://b/k"),
    ],
)  # fmt: skip
def test_what_it_does_not_take_calls_nothing(run: "Run", tmp_path: Path, words: tuple[str, ...], target: str) -> None:
    """Another word, no object, or what is not the URI of one: nothing is called at all."""
    script = printed(run, tmp_path, "--persona", "data-scientist", "--trust", "account:111122223333")
    done, calls = ran(script, *words, SMOKE_OBJECT=target)
    assert done.returncode == 2
    assert calls == []
    assert done.stderr.strip()
    assert not list(tmp_path.rglob("owned"))


def test_it_asks_for_what_the_role_s_limits_ask(run: "Run", tmp_path: Path) -> None:
    """By botocore's model; the smallest instance type that is allowed; the twin lacks one limit and nothing else."""
    done, calls = ran(printed(run, tmp_path, *LIMITED), "training-job", SMOKE_OBJECT="s3://acme-data/a/b.csv")
    assert done.returncode == 0, (done.stdout, done.stderr)
    twin, job = sent(calls)
    shape = model("sagemaker").operation_model("CreateTrainingJob").input_shape
    for one in (twin, job):
        assert ParamValidator().validate(one, shape).generate_report() == ""
    assert job["VpcConfig"] == {"SecurityGroupIds": ["sg-0123456789abcdef0"], "Subnets": ["subnet-0123456789abcdef0"]}
    assert job["EnableNetworkIsolation"] is job["EnableInterContainerTrafficEncryption"] is True
    assert job["OutputDataConfig"]["KmsKeyId"] == job["ResourceConfig"]["VolumeKmsKeyId"] == KEY
    assert job["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 300}
    assert job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] == "s3://acme-data/a/b.csv"
    image = job["AlgorithmSpecification"]["TrainingImage"]
    assert image.startswith("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:")
    names = twin["TrainingJobName"], job["TrainingJobName"]
    assert names[0] == f"{names[1]}-twin"
    assert set(job) - set(twin) == {"VpcConfig"}
    assert {**twin, "VpcConfig": job["VpcConfig"], "TrainingJobName": names[1]} == job


def test_it_is_waited_for_and_cleaned_up(run: "Run", tmp_path: Path) -> None:
    """The twin comes first; what the job writes is deleted, and the job."""
    done, calls = ran(printed(run, tmp_path, *TAGGED), "training-job", SMOKE_OBJECT="s3://acme-data/a")
    twin, job = sent(calls)
    name = job["TrainingJobName"]
    assert name.startswith("churn-rolemgr-smoke-2")
    assert len(name) + len("-twin") <= 63
    assert job["Tags"] == [{"Key": "Project", "Value": "churn"}]
    assert "Tags" not in twin
    after = [one.split(" --query")[0] for one in calls[calls.index(next(o for o in calls if name + '"' in o)) + 1 :]]
    assert after == [
        f"sagemaker wait training-job-completed-or-stopped --training-job-name={name}",
        f"sagemaker describe-training-job --training-job-name={name}",
        f"s3 rm --recursive --only-show-errors {job['OutputDataConfig']['S3OutputPath']}/{name}/",
        f"sagemaker delete-training-job --training-job-name={name}",
    ]
    assert "ok      training-job: its twin without Tags is denied" in done.stdout
    assert f"ok      training-job: {name} read s3://acme-data/a and wrote" in done.stdout


@pytest.mark.parametrize(
    ("given", "code", "line"),
    [
        ({"job": "AccessDeniedException"}, 1, "WRONG   training-job: it is denied"),
        ({"job": "ResourceLimitExceeded"}, 2, "?       training-job: An error occurred (ResourceLimitExceeded)"),
        ({"status": "Failed"}, 1, "WRONG   training-job: "),
        ({"twin": ""}, 1, "WRONG   training-job: its twin without VpcConfig is allowed"),
        ({"twin": "ThrottlingException"}, 2, "?       training-job: its twin without VpcConfig"),
    ],
    ids=["denied", "quota", "failed", "twin-let-through", "twin-throttled"],
)
def test_what_is_not_as_expected_is_told(
    run: "Run", tmp_path: Path, given: dict[str, str], code: int, line: str
) -> None:
    """A twin that a wrong policy lets through is stopped."""
    done, calls = ran(printed(run, tmp_path, *LIMITED), "training-job", SMOKE_OBJECT="s3://b/k", **given)
    assert done.returncode == code, done.stdout
    assert line in done.stdout
    stopped = [one for one in calls if one.startswith("sagemaker stop-training-job")]
    assert [one.endswith("-twin") for one in stopped] == ([True] if given == {"twin": ""} else [])


def test_programs_have_it_with_its_costs(run: "Run") -> None:
    """Where the role asks for no limit, its twin passes a role that is not there; its requests are decided as expected."""
    data = json.loads(run("smoke", "--persona", "data-scientist", "--format", "json").stdout)["training_job"]
    assert data["costs"].startswith("one ml.m5.large for 300 seconds at most")
    assert data["denied"]["without"] is None
    for request, decision in ((data["request"], "Allowed"), (data["denied"]["request"], "ImplicitlyDenied")):
        asked = run(
            "simulate", "--persona", "data-scientist", "--action", "iam:PassRole", "--resource", request["RoleArn"],
            "--context", "iam:PassedToService=sagemaker.amazonaws.com", "--format", "json",
        )  # fmt: skip
        assert json.loads(asked.stdout)["decision"] == decision


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        (("--persona", "sagemaker-compute"), "it starts none"),
        (("--persona", "data-scientist", "--parameter", "job_names=one"), "no name of a job is certain to be allowed"),
        (("--persona", "data-scientist", "--guardrail", "instance-types=ml.zz9.*"), "no training job is certain"),
        (("--persona", "data-scientist", "--pass-role", "arn:aws:iam::111122223333:role/ml-*"), "no execution role"),
        (("--persona", "data-scientist", "--region", "ap-east-2"), "no image of AWS is known in ap-east-2"),
        (("--persona", "data-scientist", "--managed-policy", "arn:aws:iam::111122223333:policy/own"), "is not known"),
    ],
)  # fmt: skip
def test_where_none_is_certain_the_reason_is_told(run: "Run", chosen: tuple[str, ...], reason: str) -> None:
    """And a script without a job refuses the word."""
    data = json.loads(run("smoke", *chosen, "--format", "json").stdout)
    assert data["training_job"] is None
    [why] = [one["reason"] for one in data["not_shown"] if one["shows"] == "training-job"]
    assert reason in why


def test_a_script_without_a_job_refuses_the_word(run: "Run", tmp_path: Path) -> None:
    """It does not run the rest, as if the job had been."""
    done, calls = ran(printed(run, tmp_path, "--persona", "sagemaker-compute"), "training-job")
    assert (done.returncode, calls) == (2, [])
    assert "there is no training job in it" in done.stderr


@pytest.mark.skipif(not SHELLCHECK, reason="shellcheck is not there")
@pytest.mark.parametrize("chosen", [LIMITED, TAGGED], ids=["limited", "tagged"])
def test_shellcheck_has_nothing_to_say(run: "Run", tmp_path: Path, chosen: tuple[str, ...]) -> None:
    """With all limits in it."""
    script = printed(run, tmp_path, *chosen)
    done = subprocess.run([SHELLCHECK, str(script)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_table_is_of_the_model_and_of_the_sdk() -> None:
    """Every instance type for training, once; an image that most Regions have."""
    table = smoke_job._table()
    names = table["instance_types"]["names"]
    assert sorted(names) == sorted(model("sagemaker").shape_for("TrainingInstanceType").enum)
    assert names[0] == "ml.t3.medium"
    assert names.index("ml.m5.xlarge") < names.index("ml.m5.2xlarge") < names.index("ml.g4dn.xlarge")
    held = [image_account(region, table["image"]["repository"]) for region in ("us-east-1", "eu-west-1", "cn-north-1")]
    assert held == ["683313688378", "141502667606", "450853457545"]
