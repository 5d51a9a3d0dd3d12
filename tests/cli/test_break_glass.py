"""`rolemgr break-glass`: its files, what is said, what is refused, and the script that deploys it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Run

from rolemgr.files.yaml import parse_yaml

ASKED = (
    "break-glass", "--account", "111122223333", "--region", "eu-west-1", "--user", "otto", "--user", "mia",
    "--user-account", "444455556666", "--alarm-account", "777788889999",
    "--keeper", "arn:aws:iam::*:role/security/watch",
)  # fmt: skip


def test_text_says_what_each_file_is_for(run: Run) -> None:
    """In the order of deployment, with the account; what can't be seen from here goes to stderr."""
    done = run(*ASKED)
    assert (done.code, done.errors) == (0, [])
    lines = done.stdout.splitlines()
    assert lines[0] == "break-glass  arn:aws:iam::111122223333:role/sagemaker-mlops-emergency"
    assert "with MFA given at most 15m before, for 1h" in done.stdout
    files = [line.split()[1] for line in lines if line[:5].strip().rstrip(".").isdigit()]
    assert files == [
        "users.template.yaml",
        "role.template.yaml",
        "alarm.template.yaml",
        "forward.template.yaml",
        "scp",
        "RUNBOOK.md",
    ]
    assert any("no --trail is given" in note for note in done.notes)
    assert any("render them with --exempt arn:aws:iam::111122223333:role/sagemaker" in note for note in done.notes)


@pytest.mark.parametrize(
    ("form", "files"),
    [
        ((), ["RUNBOOK.md", "alarm.template.yaml", "forward.template.yaml", "role.template.yaml", "scp.template.yaml", "users.template.yaml"]),
        (
            ("--format", "aws-cli"),
            ["RUNBOOK.md", "alarm.template.yaml", "deploy.sh", "forward.template.yaml", "role.template.yaml", "scp.sh", "users.template.yaml"],
        ),
        (
            ("--format", "terraform"),
            ["RUNBOOK.md", "alarm/alarm.template.yaml", "alarm/main.tf.json", "forward/forward.template.yaml", "forward/main.tf.json",
             "role/role.tf.json", "scp/policies.tf.json", "users/main.tf.json", "users/users.template.yaml"],
        ),
        (("--format", "json"), ["break-glass.json"]),
        (("--format", "text"), ["break-glass.txt"]),
    ],
)  # fmt: skip
def test_each_form_goes_into_a_folder(form: tuple[str, ...], files: list[str], run: Run) -> None:
    """CloudFormation unless another is given; the runbook has the commands of the form."""
    assert run(*ASKED, *form, "-o", "out/").code == 0
    assert sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file()) == files
    if "RUNBOOK.md" in files:
        step = {"aws-cli": "`bash deploy.sh forward`", "terraform": "`terraform -chdir=forward apply`"}
        wanted = step.get(form[-1] if form else "", "`aws cloudformation deploy --stack-name break-glass-forward ")
        assert wanted in Path("out/RUNBOOK.md").read_text()


def test_json_is_one_document(run: Run) -> None:
    """The role as `create` has it, a template for each account, the SCPs, the runbook."""
    found = json.loads(run(*ASKED, "--format", "json").stdout)
    assert found.keys() == {"Role", "Templates", "ServiceControlPolicies", "Runbook"}
    assert {name: one["Account"] for name, one in found["Templates"].items()} == {
        "users": "444455556666", "alarm": "777788889999", "forward": "111122223333 and 444455556666",
    }  # fmt: skip
    [trust, _] = found["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["NumericLessThanEquals"] == {"aws:MultiFactorAuthAge": "900"}
    assert found["Role"]["MaxSessionDuration"] == 3600


def test_a_role_file_gives_the_role_and_its_trust_is_of_its_days(run: Run) -> None:
    """In an emergency its users alone take it."""
    Path("role.yaml").write_text(
        "persona: mlops-engineer\nname: night\npath: /ml/\naccount: '111122223333'\nregion: eu-west-1\ntrust: [sagemaker]\n"
    )
    done = run("break-glass", "--role", "role.yaml", *ASKED[5:], "--format", "json")
    assert done.code == 0, done.errors
    found = json.loads(done.stdout)
    assert found["Role"]["RoleName"] == "night"
    [trust] = found["Role"]["AssumeRolePolicyDocument"]["Statement"][:1]
    assert trust["Principal"] == {"AWS": "arn:aws:iam::444455556666:user/break-glass/mia"}
    assert "sagemaker.amazonaws.com" not in json.dumps(found["Role"]["AssumeRolePolicyDocument"])
    assert "*Switch role*, account `111122223333`, role `ml/night`" in found["Runbook"]


def test_any_name_that_iam_takes_is_guarded(run: Run) -> None:
    """A comma parts the values of a parameter, an equals sign does not."""
    found = json.loads(run(*ASKED, "--user", "a,b=c", "--name", "x,y", "--format", "json").stdout)
    text = json.dumps(found["ServiceControlPolicies"])
    assert "user/break-glass/a?b=c" in text
    assert "role/x?y" in text


def test_an_account_without_a_keeper_is_said(run: Run) -> None:
    """There the SCP leaves nobody who mends anything; one user, and one account for both, are said too."""
    asked = ("break-glass", *ASKED[1:7], "--user-account", "444455556666", "--alarm-account", "444455556666")
    done = run(*asked, "--keeper", "arn:aws:iam::444455556666:role/watch")
    assert [note for note in done.notes if note.startswith(("no keeper", "users and alarm", "there is one"))] == [
        "no keeper works in account 111122223333: with the SCP on, nobody changes what is there",
        "users and alarm are both in 444455556666: who administers that account has both in hand",
        "there is one user: two people on call need one each, as CloudTrail tells them apart by their names",
    ]


def test_a_landing_zone_keeps_the_alarm_too(run: Run) -> None:
    """Its roles deploy it, and the SCP lets them."""
    done = run(*ASKED[:-2], "--landing-zone", "stacksets", "--format", "json")
    assert "arn:*:iam::*:role/stacksets-exec-*" in json.dumps(json.loads(done.stdout)["ServiceControlPolicies"])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("break-glass",), "--user: is missing: who takes the role in an emergency"),
        (("break-glass",), "--user-account: is missing"),
        (("break-glass",), "--keeper: is missing: who may change the alarm"),
        ((*ASKED, "--user", "OTTO"), "--user: names a user twice"),
        ((*ASKED, "--user", "a b"), "--user: `a b` is not a user's name"),
        ((*ASKED, "--user-account", "1"), "--user-account: `1` is not an AWS account id"),
        ((*ASKED, "--user-account", "111122223333"), "--user-account: `111122223333` is the account of the role"),
        ((*ASKED, "--alarm-account", "111122223333"), "whoever administers the role's account would silence its alarm"),
        ((*ASKED, "--alarm-region", "Frankfurt"), "--alarm-region: `Frankfurt` is not a region"),
        ((*ASKED, "--alarm-region", "cn-north-1"), "--alarm-region: `cn-north-1` is not in partition aws"),
        ((*ASKED, "--alarm-name", "x*"), "--alarm-name: `x*` is not a letter and"),
        ((*ASKED, "--keeper", "watch"), "--keeper: `watch` is not a role's ARN"),
        ((*ASKED, "--keeper", "arn:aws:iam::*:role/a,b"), "has a comma, which parts values"),
        ((*ASKED, "--keeper", "arn:aws-cn:iam::*:role/watch"), "is in another partition than the role, aws"),
        ((*ASKED, "--landing-zone", "none"), "--landing-zone: unknown landing zone `none`"),
        ((*ASKED, "--keeper", "arn:aws:iam::*:role/sagemaker-mlops-*"), "may be the same"),
        ((*ASKED, "--mfa-age", "2d"), "`172800` s is not from 1 s to 36h"),
        ((*ASKED, "--trust", "sagemaker"), "--trust: does not go with break-glass"),
        ((*ASKED, "--max-session", "2h"), "--max-session: is more than 1h"),
        ((*ASKED, "--expires", "2026-12-24T18:00Z"), "--expires: does not go with break-glass"),
        ((*ASKED, "--format", "terraform"), "--format: `terraform` is several files; give -o FOLDER/"),
        ((*ASKED, "--trail", "x"), "trails: `x` is not an ARN"),
        ((*ASKED, "--free-slots", "0"), "--free-slots: `0` is not 1 to 9"),
    ],
)
def test_wrong_use_is_said(args: tuple[str, ...], said: str, run: Run) -> None:
    """A line that names the option; nothing is rendered."""
    done = run(*args)
    assert (done.code, done.stdout) == (2, "")
    assert any(said in error for error in done.errors), done.errors


FAKE = """\
#!/bin/sh
printf '%s\\n' "$*" >> calls
case "$*" in
  *get-caller-identity*) echo "$ACCOUNT" ;;
  *describe-regions*) printf 'us-east-1\\teu-west-1\\tap-south-1\\n' ;;
  *describe-rule*ap-south-1*) echo ENABLED ;;
  *describe-rule*) echo ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS ;;
  *ApproximateNumberOfMessages*) echo "$WAITING" ;;
  *deploy*ap-south-1*) exit "$FAILS" ;;
esac
"""


def deployed(
    *args: str, account: str = "111122223333", waiting: str = "0", fails: str = "0"
) -> tuple[int, str, list[str]]:
    """Return how the script ends, what it prints, and the calls that it makes of a stand-in for the AWS CLI."""
    Path("bin").mkdir(exist_ok=True)
    Path("bin/aws").write_text(FAKE)
    Path("bin/aws").chmod(0o755)
    Path("calls").write_text("")
    environment = {
        **os.environ,
        "PATH": f"bin:{os.environ['PATH']}",
        "ACCOUNT": account,
        "WAITING": waiting,
        "FAILS": fails,
    }
    command = [shutil.which("bash") or "bash", "out/deploy.sh", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stdout + done.stderr, Path("calls").read_text().splitlines()


def test_the_script_deploys_each_account(run: Run) -> None:
    """In its own account alone, all regions with the home region first; what a region lacks is said and counts."""
    assert run(*ASKED, "--format", "aws-cli", "-o", "out/").code == 0
    lint = subprocess.run(
        [Path(sys.executable).with_name("shellcheck"), "out/deploy.sh", "out/scp.sh"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert lint.stdout == ""
    assert deployed("users")[:2] == (
        2,
        "error: these credentials are of account 111122223333, and this step is for account 444455556666\n",
    )
    code, _, calls = deployed("forward")
    stacks = [call.partition("--region ")[2].split()[0] for call in calls if "cloudformation deploy" in call]
    assert (code, stacks) == (0, ["eu-west-1", "ap-south-1", "us-east-1"])
    assert sum("--enable-termination-protection" in call for call in calls) == 3
    assert deployed("forward", fails="1")[:2] == (1, "error: not in ap-south-1\n")
    assert deployed("alarm", account="777788889999")[0] == 2
    code, _, calls = deployed("alarm", "oncall@example.com", account="777788889999")
    assert (code, sum("Email=oncall@example.com SecondEmail=" in call for call in calls)) == (0, 1)
    code, said, _ = deployed("check")
    assert code == 1
    assert "ap-south-1: rule break-glass-use is ENABLED\n" in said
    assert "eu-west-1: watches, 0 undelivered\n" in said
    assert "error: not in eu-west-1 ap-south-1 us-east-1\n" in deployed("check", waiting="2")[1]
    assert deployed("all")[0] == 2


def test_terraform_passes_the_parameters_of_a_stack_on(run: Run) -> None:
    """A variable for each, of the text that the template has."""
    assert run(*ASKED, "--format", "terraform", "-o", "out/").code == 0
    module = json.loads(Path("out/alarm/main.tf.json").read_text())
    template = parse_yaml(Path("out/alarm/alarm.template.yaml").read_text(), "alarm.template.yaml", tags=True).data
    stack = module["resource"]["aws_cloudformation_stack"]["alarm"]
    assert stack["parameters"].keys() == template["Parameters"].keys() == {"Email", "SecondEmail"}
    assert module["variable"] == {
        "email": {"type": "string", "description": template["Parameters"]["Email"]["Description"]},
        "second_email": {
            "type": "string", "description": template["Parameters"]["SecondEmail"]["Description"], "default": "",
        },
    }  # fmt: skip
    assert (
        "parameters"
        not in json.loads(Path("out/users/main.tf.json").read_text())["resource"]["aws_cloudformation_stack"]["users"]
    )
