"""As which role a role's work runs, and what comes after it: said by create, preview, plan and apply."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

ACCOUNT = "444455556666"
HOME = f"arn:aws:iam::{ACCOUNT}:role/"
WHERE = ("--account", ACCOUNT, "--region", "eu-west-1")


@pytest.mark.parametrize(
    ("options", "starts"),
    [
        (("--persona", "data-scientist"), [
            f"its work in sagemaker.amazonaws.com runs as {HOME}sagemaker-compute;",
            "give it to a user profile of Studio",
            "the inline policy is full: ",
        ]),
        (("--persona", "data-scientist", "--pass-role", f"{HOME}ml/jobs"), [
            f"its work in sagemaker.amazonaws.com runs as {HOME}ml/jobs",
            "give it to a user profile of Studio",
            "the inline policy is full: ",
        ]),
        (("--persona", "sagemaker-compute"), ["name it as the role of jobs, models or pipelines;"]),
        (("--persona", "sagemaker-compute", "--trust", f"role:{HOME}ci"), []),
    ],
)  # fmt: skip
def test_create_says_what_comes_next(options: tuple[str, ...], starts: list[str], run: Run) -> None:
    """A role that SageMaker takes is given to a profile, or named by whoever starts work; each other is assumed."""
    ran = run("create", *options, *WHERE)
    assert ran.code == 0
    assert [said.startswith(start) for said, start in zip(ran.next_steps, starts, strict=True)] == [True] * len(starts)


def test_a_role_of_the_catalog_is_said_with_its_command(run: Run) -> None:
    """Another role of the user's choice is not ours to make."""
    assert "rolemgr create --persona sagemaker-compute" in run("create", "--persona", "data-scientist", *WHERE).stderr
    chosen = run("create", "--persona", "data-scientist", "--pass-role", f"{HOME}x", *WHERE)
    assert "--persona" not in chosen.stderr


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (f"{HOME}ml/*", f"a role that matches {HOME}ml/*"),
        ("self", "this role itself"),
        ("arn:aws:iam::999988887777:role/jobs",
         "arn:aws:iam::999988887777:role/jobs, which is of another account: AWS passes roles within one account alone"),
    ],
)  # fmt: skip
def test_what_is_passed_is_said_as_what_it_is(passed: str, said: str, run: Run) -> None:
    """A pattern, the role itself, and what AWS never passes."""
    ran = run("create", "--persona", "data-scientist", "--pass-role", passed, *WHERE)
    assert ran.next_steps[0] == f"its work in sagemaker.amazonaws.com runs as {said}"


def test_an_open_account_is_no_example(run: Run) -> None:
    """A template is for whatever account takes it in."""
    ran = run("create", "--persona", "data-scientist", "--format", "cloudformation")
    assert all("111122223333" not in said for said in ran.next_steps)
    assert "arn:aws:iam::ACCOUNT:role/sagemaker-compute" in ran.next_steps[0]


def test_preview_lists_the_roles_that_are_passed(run: Run) -> None:
    """For people and for programs; a role that passes none has no such block."""
    ran = run("preview", "--persona", "mlops-engineer", *WHERE, "--format", "json")
    passed: list[dict[str, Any]] = json.loads(ran.stdout)["Passes"]
    assert {one["arn"]: one["persona"] for one in passed} == {
        f"{HOME}sagemaker-compute": "sagemaker-compute",
        f"{HOME}sagemaker-mlops-engineer": None,  # it starts its own pipelines
    }
    assert {service for one in passed for service in one["services"]} == {"sagemaker.amazonaws.com"}
    assert "Roles that it passes" in run("preview", "--persona", "mlops-engineer", "--full", *WHERE).stdout
    assert "Roles that it passes" not in run("preview", "--persona", "sagemaker-compute", "--full", *WHERE).stdout


ROLES = {
    "a": "persona: data-scientist\nbucket: [acme-data]\nguardrail: {instance-types: ['ml.m5.*']}\n",
    "b": "persona: ml-engineer\nsubnet: [subnet-0a1b2c3d]\nsecurity_group: [sg-0a1b2c3d]\n",
}


def test_the_command_works_as_it_is_pasted_and_has_what_the_role_has(run: Run) -> None:
    """Account, Region, data and limits; of many roles too, but for one that is made with them."""
    Path("roles").mkdir()
    for name, text in ROLES.items():
        Path(f"roles/{name}.yaml").write_text(f"{text}account: '{ACCOUNT}'\nregion: eu-west-1\n")
    notes = "\n".join(run("create", "roles", "-o", "out").notes)
    commands = re.findall(r"`rolemgr (create [^`]*)` renders that role", notes)
    assert len(commands) == 4
    for command in commands:
        ran = run(*shlex.split(command))
        assert ran.code == 0, command
        assert f":{ACCOUNT}:" in ran.stdout
    of_a = next(one for one in commands if "acme-data" in one)
    assert of_a.startswith("create --persona sagemaker-compute --account")
    assert "--guardrail 'instance-types=ml.m5.*'" in of_a
    assert "acme-data" in run(*shlex.split(of_a)).stdout
    assert "--subnet subnet-0a1b2c3d --security-group sg-0a1b2c3d" in notes
    Path("roles/c.yaml").write_text(f"persona: sagemaker-compute\naccount: '{ACCOUNT}'\nregion: eu-west-1\n")
    assert "--persona sagemaker-compute" not in run("create", "roles", "-o", "out").stderr


def test_the_role_beside_has_the_name_that_is_passed_whatever_path_the_settings_give(run: Run) -> None:
    """The command is typed where the same settings hold: it renders the role that the first one passes."""
    Path("rolemgr.yaml").write_text(f"account: '{ACCOUNT}'\nregion: eu-west-1\npath: /ml/\n")
    steps = run("create", "--persona", "mlops-engineer").next_steps
    (command,) = re.findall(r"`rolemgr (create [^`]*)` renders that role", "\n".join(steps))
    beside = run(*shlex.split(command))
    assert f"--pass-role {HOME}sagemaker-compute" in "\n".join(beside.next_steps)


def test_a_role_whose_trust_lets_no_service_in_works_as_others_alone(run: Run) -> None:
    """It may pass itself, to nobody: `create` does not call that work, and `preview` says what it is."""
    args = ("--persona", "mlops-engineer", *WHERE, "--trust", f"saml:arn:aws:iam::{ACCOUNT}:saml-provider/Okta")
    assert not [step for step in run("create", *args).next_steps if "this role itself" in step]
    assert "runs as this role itself" in "\n".join(run("create", *args[:-2]).next_steps)
    assert (
        "it may pass itself to sagemaker.amazonaws.com, which has no effect" in run("preview", "--full", *args).stdout
    )
    idle = {one["arn"]: one["idle"] for one in json.loads(run("preview", *args, "--format", "json").stdout)["Passes"]}
    assert idle == {f"{HOME}sagemaker-compute": False, f"{HOME}sagemaker-mlops-engineer": True}
