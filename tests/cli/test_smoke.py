"""`smoke`: commands that show that a role works, which botocore's models know and a shell takes as they are meant."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.validate import ParamValidator
from tests.fake_aws import model
from tests.nightly import some
from tools.harmless_calls import ALSO, table

from rolemgr.catalog.load import Catalog
from rolemgr.report.smoke import SmokeCall, SmokeTest, smoke_text
from rolemgr.workflow import smoke

if TYPE_CHECKING:
    from tests.conftest import Run

SHELLCHECK = shutil.which("shellcheck") or ""
PRINTED: list[str] = []
"""The script of that role, made once."""
PERSONAS = sorted(Catalog([]).found("personas"))
ROLE = "arn:aws:iam::111122223333:role/sagemaker-ml-engineer"
SERVICES = {"s3api": "s3", "logs": "logs"}
AWS = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
[ "$1" = --no-paginate ] && shift
case "$1 $2" in
  "sts assume-role") printf 'KEY\\tSECRET\\tTOKEN\\n'; exit 0 ;;
  "sts get-caller-identity") [ "$AWS_ACCESS_KEY_ID" = KEY ] && printf '%s\\n' "$WHO"; exit 0 ;;
esac
eval "answer=\\${ANSWER_$(printf '%s' "$2" | tr a-z- A-Z_):-}"
case $2 in
  create-* | update-* | delete-* | start-* | stop-*) answer=${answer:-AccessDeniedException} ;;
esac
[ -z "$answer" ] || { echo "An error occurred ($answer) when calling the operation" >&2; exit 254; }
"""


def parsed(command: Sequence[str]) -> tuple[Any, dict[str, str]]:
    """Return the operation that an AWS CLI *command* (without ``aws``) calls, and its parameters by the model's names."""
    service, name, *options = command
    known = model(SERVICES.get(service, service))
    [operation] = [one for one in known.operation_names if xform_name(one, "-") == name]
    found = known.operation_model(operation)
    members = {f"--{xform_name(one, '-')}": one for one in (found.input_shape.members if found.input_shape else ())}
    given = dict(option.split("=", 1) for option in options)
    return found, {members[option]: value for option, value in given.items()}


def require_valid(command: Sequence[str]) -> None:
    """Raise AssertionError for a command that botocore would not send."""
    operation, given = parsed(command)
    shape = operation.input_shape
    if shape is None:
        assert not given
        return
    by_itself = {
        name: "t" * 32 for name in shape.required_members if shape.members[name].metadata.get("idempotencyToken")
    }
    assert ParamValidator().validate({**by_itself, **given}, shape).generate_report() == ""


def test_each_row_is_a_command_of_the_model() -> None:
    """Its operation, its options and all that it must have; what reads only reads by its name."""
    for row in smoke._table().values():
        require_valid([*row["command"], *(f"{option}=value-of-it" for option in row["parameters"])])
        operation, _ = parsed(row["command"])
        assert bool(re.match("List|Describe|GetBucketLocation", operation.name)) is row["reads"]


def test_the_table_is_what_the_tool_makes() -> None:
    """`python tools/harmless_calls.py` renews it."""
    ours = {name: row for name, row in smoke._table().items() if name.startswith("sagemaker:") or name in ALSO}
    assert ours == table({"sagemaker"})


@pytest.mark.sampled
@pytest.mark.parametrize("persona", some(PERSONAS, 10))
def test_what_is_printed_is_sound(run: "Run", persona: str) -> None:
    """Each command is one of the model, each request decided as expected by `simulate`, and none but reads on what is there."""
    data = json.loads(run("smoke", "--persona", persona, "--format", "json").stdout)
    assert data["calls"]
    for one in data["calls"]:
        assert one["command"][0] == "aws"
        require_valid(one["command"][1:])
        operation, given = parsed(one["command"][1:])
        if not smoke._table()[one["action"]]["reads"]:
            assert "not" in "".join(given.values()), operation.name
    shown = {one["shows"] for one in data["calls"] if one["expect"] == "allowed"}
    named = shown | {one["shows"] for one in data["not_shown"]}
    assert named >= set(Catalog([]).persona(persona).value.activity_groups or ())
    for one in data["calls"][::9]:
        asked = ("--action", one["action"], "--resource", one["resource"], "--context", "aws:RequestedRegion=us-east-1")
        decision = json.loads(run("simulate", "--persona", persona, *asked, "--format", "json").stdout)["decision"]
        assert (decision == "Allowed") is (one["expect"] == "allowed"), one


@pytest.fixture
def script(run: "Run", tmp_path: Path) -> Path:
    """Write the script of a role that an account assumes."""
    if not PRINTED:
        PRINTED.append(
            run("smoke", "--persona", "ml-engineer", "--trust", "account:444455556666?external-id=acme-7").stdout
        )
    path = tmp_path / "smoke.sh"
    path.write_text(PRINTED[0], "utf-8")
    return path


def ran(script: Path, **answers: str) -> tuple["subprocess.CompletedProcess[str]", list[str]]:
    """Run *script* with an `aws` that writes down what it is called with, and *answers* errors by operation."""
    aws = script.with_name("aws")
    aws.write_text(AWS, "utf-8")
    aws.chmod(0o755)
    calls = script.with_name("calls")
    calls.write_text("", "utf-8")
    who = "arn:aws:sts::111122223333:assumed-role/sagemaker-ml-engineer/rolemgr-smoke"
    given = {"WHO": who, "CALLS": str(calls), "PATH": f"{aws.parent}{os.pathsep}{os.environ['PATH']}"}
    environment = {**given, **{name if name == "WHO" else f"ANSWER_{name}": one for name, one in answers.items()}}
    done = subprocess.run(["/bin/sh", str(script)], env=environment, capture_output=True, text=True, check=False)
    return done, calls.read_text("utf-8").splitlines()


def test_the_script_runs_as_the_role_and_finds_all_as_expected(script: Path) -> None:
    """The role is assumed first, with the external id that its trust asks for; nothing but the calls is made."""
    done, calls = ran(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert calls[0].startswith(f"sts assume-role --role-arn={ROLE} --role-session-name=rolemgr-smoke")
    assert "--external-id=acme-7" in calls[0]
    assert calls[1].startswith("sts get-caller-identity")
    assert all(one.startswith("--no-paginate ") for one in calls[2:])
    assert "ok      run-training-jobs: aws sagemaker list-training-jobs is allowed" in done.stdout
    assert "ok      no-approval: aws sagemaker update-model-package is denied" in done.stdout
    assert "WRONG" not in done.stdout


@pytest.mark.parametrize(
    ("answers", "code", "line"),
    [
        ({"LIST_TRAINING_JOBS": "AccessDeniedException"}, 1, "WRONG   run-training-jobs: aws sagemaker list-training-jobs is denied"),
        ({"DESCRIBE_LOG_STREAMS": "ResourceNotFoundException"}, 0, "ok      read-logs: aws logs describe-log-streams is allowed, and finds nothing"),
        ({"DELETE_ROLE": "NoSuchEntity"}, 1, "WRONG   no-iam: aws iam delete-role is allowed, and finds nothing"),
        ({"DELETE_ROLE": "ThrottlingException"}, 2, "?       no-iam: aws iam delete-role: "),
        ({"LIST_MODELS": "ThrottlingException"}, 2, "?       create-models: aws sagemaker list-models: "),
    ],
    ids=["denied", "not-there", "let-through", "throttled-twin", "throttled"],
)  # fmt: skip
def test_the_script_says_what_is_not_as_expected(
    script: Path, answers: Mapping[str, str], code: int, line: str
) -> None:
    """A call that is denied, a twin that is let through, and what can't be told."""
    done, _ = ran(script, **answers)
    assert done.returncode == code
    assert line in done.stdout


def test_the_script_makes_no_call_as_somebody_else(script: Path) -> None:
    """An administrator's delete would be carried out."""
    done, calls = ran(script, WHO="arn:aws:iam::111122223333:user/admin")
    assert done.returncode == 2
    assert len(calls) == 2
    assert "not of role sagemaker-ml-engineer in account 111122223333" in done.stderr


@pytest.mark.skipif(not SHELLCHECK, reason="shellcheck is not there")
@pytest.mark.parametrize(
    "trust", ["sagemaker", "account:444455556666?mfa=yes", "role:arn:aws:iam::444455556666:role/ci"]
)
def test_shellcheck_has_nothing_to_say(run: "Run", trust: str, tmp_path: Path) -> None:
    """Whoever may assume the role."""
    path = tmp_path / "smoke.sh"
    run("smoke", "--persona", "ml-engineer", "--trust", trust, "-o", str(path))
    done = subprocess.run([SHELLCHECK, str(path)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)
    assert ("MFA_CODE" in path.read_text("utf-8")) is ("mfa" in trust)
    assert ("aws sts assume-role" in path.read_text("utf-8")) is (trust != "sagemaker")


def test_hostile_names_stay_words(tmp_path: Path) -> None:
    """Nothing in a name is run, and each reaches the AWS CLI as it is, or, in a comment, on its line."""
    evil = "$(touch owned)`touch owned`'; touch owned #\n\\"
    command = ("sagemaker", "list-models", f"--name={evil}")
    calls = (SmokeCall("allowed", evil, evil, evil, command),)
    found = SmokeTest(
        evil, "arn", evil, evil, ("sts", "assume-role", f"--role-arn={evil}"), False, calls, ((evil, evil),), (evil,)
    )
    path = tmp_path / "smoke.sh"
    path.write_text(smoke_text(found), "utf-8")
    done, called = ran(path, WHO=f"arn:aws:sts::{evil}:assumed-role/{evil}/x")
    assert not list(tmp_path.rglob("owned"))
    assert not Path("owned").exists()
    assert done.returncode == 0, done.stderr
    assert "\n".join(called).count(evil) == 2
    lines = [one for one in smoke_text(found).splitlines() if one.startswith("allowed ")]
    assert shlex.split(smoke_text(found).partition("\nallowed ")[2].partition("\n\n#")[0])[0] == evil
    assert len(lines) == 1


@pytest.mark.parametrize("value", ["file:///etc/passwd", "fileb://x", "https://x", "-x", "@x", "{a", "[a", "", "a\nb"])
def test_what_the_aws_cli_reads_otherwise_is_no_value(value: str) -> None:
    """It would send a file in its place, or take it for JSON or for an option."""
    assert not smoke._is_plain(value)
    assert smoke._is_plain("models/a.tar.gz")


def test_what_is_not_known_of_a_role_is_said(run: "Run") -> None:
    """A policy whose text is not at hand may allow or deny any of it."""
    arn = "arn:aws:iam::111122223333:policy/own"
    data = json.loads(
        run("smoke", "--persona", "sagemaker-compute", "--managed-policy", arn, "--format", "json").stdout
    )
    assert f"what {arn} allows or denies is not known here" in data["notes"]
