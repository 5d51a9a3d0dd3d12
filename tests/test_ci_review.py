"""The review of role files in CI: the script that any CI runs, and the GitHub Action around it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rolemgr.files.yaml import read_yaml

TOP = Path(__file__).resolve().parents[1]
SCRIPT = TOP / "ci" / "review-roles"
ACTION = TOP / "action.yml"
TOOLS = Path(sys.executable).parent
ROLE = 'persona: sagemaker-feature-store\naccount: "123456789012"\nregion: eu-west-1\n'


def git(folder: Path, *arguments: str) -> None:
    """Run git in *folder*, as somebody."""
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one role file, committed on the branch main."""
    folder = tmp_path / "repository"
    (folder / "roles").mkdir(parents=True)
    (folder / "roles" / "store.yaml").write_text(ROLE)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "A role")
    return folder


class Review:
    """One run of the script: its exit code, output, errors and summary."""

    def __init__(self, folder: Path, **chosen: str) -> None:
        summary = folder.parent / "summary.md"
        summary.write_text("")
        done = subprocess.run(
            [SCRIPT], cwd=folder, env=environment() | {"ROLES": "roles/*.yaml", "SUMMARY": str(summary)} | chosen,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.code, self.stdout, self.stderr, self.summary = (
            done.returncode, done.stdout, done.stderr, summary.read_text()
        )  # fmt: skip


def environment() -> dict[str, str]:
    """Return an environment with `rolemgr` on its path and no choice of ours or AWS's in it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ROLEMGR_", "AWS_"))}
    return kept | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}


def test_what_is_unchanged_is_reviewed(repository: Path) -> None:
    """Rendered, checked, proven, compared: exit code 0, an empty summary, and no worktree left behind."""
    review = Review(repository, BASE="main")
    assert (review.code, review.summary) == (0, ""), review.stderr
    assert json.loads((repository / "rendered" / "sagemaker-feature-store.json").read_text())["RoleName"]
    assert "separation" in review.stdout
    assert not (repository / ".git" / "worktrees").exists()


def test_new_access_is_in_the_summary_and_fails_where_that_is_asked(repository: Path) -> None:
    """A bucket more is access more; a bucket less is not."""
    role = repository / "roles" / "store.yaml"
    role.write_text(ROLE + "parameter: {work_buckets: [sagemaker-eu-west-1-123456789012, acme]}\n")
    review = Review(repository, BASE="main")
    assert review.code == 0, review.stderr
    assert "#### roles/store.yaml: access changed" in review.summary
    assert "after.json allows what before.json does not" in review.summary
    assert Review(repository, BASE="main", FAIL_ON_NEW_ACCESS="true").code == 1
    git(repository, "commit", "-qam", "More")
    role.write_text(ROLE)
    less = Review(repository, BASE="main", FAIL_ON_NEW_ACCESS="true")
    assert (less.code, "before.json allows what after.json does not" in less.summary) == (0, True)


def test_roles_that_come_and_go_are_named(repository: Path) -> None:
    """A new role is new access; a removed one is none."""
    (repository / "roles" / "store.yaml").rename(repository / "roles" / "other.yaml")
    review = Review(repository, BASE="main")
    assert review.code == 0
    assert review.summary == "#### roles/other.yaml: a new role\n\n#### roles/store.yaml: the role is removed\n\n"
    assert Review(repository, BASE="main", FAIL_ON_NEW_ACCESS="true").code == 1


def test_a_finding_fails_and_the_rest_is_shown(repository: Path) -> None:
    """One run says everything: the proofs come after findings too."""
    (repository / "roles" / "store.yaml").write_text(ROLE + "trust: [{kind: sagemaker, source: none}]\n")
    review = Review(repository)
    assert review.code == 1
    assert "SECURITY_WARNING" in review.stdout
    assert "separation" in review.stdout


def test_own_checks_are_asked(repository: Path) -> None:
    """RULES names a file of custom policy checks."""
    (repository / "checks.yaml").write_text(
        "checks:\n- {id: no-glue, reason: not ours, access_not_granted: {actions: ['glue:*']}}\n"
    )
    review = Review(repository, RULES="checks.yaml")
    assert (review.code, "no-glue" in review.stdout) == (1, True)


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"ROLES": "nothing/*.yaml"}, "--role: `nothing/*.yaml` matches no file"),
        ({"ROLES": ""}, "ROLES must name the role files"),
        ({"BASE": "--help"}, "fatal:"),
        ({"RULES": "none.yaml"}, "none.yaml"),
        ({"FORMAT": "pdf"}, "'pdf' is not one of"),
    ],
    ids=str,
)
def test_bad_input_stops(repository: Path, chosen: dict[str, str], says: str) -> None:
    """A choice that means nothing is no green run."""
    review = Review(repository, **chosen)
    assert review.code not in (0, 1)
    assert says in review.stderr


def test_names_are_never_run(repository: Path) -> None:
    """Whatever a pull request calls a file or puts in it stays a value."""
    for number, name in enumerate(("$(touch pwned).yaml", "`touch pwned`.yaml", "a b;touch pwned.yaml", "-v.yaml")):
        (repository / "roles" / name).write_text(f"{ROLE}name: r{number}\n")
    review = Review(repository, BASE="main")
    assert review.code == 0, review.stderr
    assert review.summary.count("a new role") == 4
    assert not list(repository.rglob("pwned"))


def test_one_role_file_may_be_named(repository: Path) -> None:
    """A name without wildcards is a pattern too."""
    assert Review(repository, ROLES="roles/store.yaml").code == 0
    assert (repository / "rendered" / "sagemaker-feature-store.json").is_file()


# --- the GitHub Action


def action() -> Mapping[str, Any]:
    """Return the action as data."""
    data: Mapping[str, Any] = read_yaml(ACTION).data
    return data


def test_the_action_is_valid() -> None:
    """GitHub's own schema, as check-jsonschema carries it."""
    command = [str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.github-actions", str(ACTION)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_no_expression_is_part_of_a_command() -> None:
    """Inputs go through the environment: `${{ }}` in a script is how a pull request runs code."""
    for step in action()["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert set(step) <= {"name", "shell", "run", "env", "working-directory"}


def test_the_action_hands_every_input_to_the_script(repository: Path) -> None:
    """Its second step, run as a runner runs it, reviews the roles and writes the job's summary."""
    step = action()["runs"]["steps"][1]
    inputs = {name: one.get("default", "") for name, one in action()["inputs"].items()}
    inputs |= {"roles": "roles/*.yaml", "base": "main"}
    used = {value.strip("${} ").removeprefix("inputs.") for value in step["env"].values() if "inputs." in value}
    assert used | {"working-directory"} == inputs.keys()
    given = {key: _filled(value, inputs) for key, value in step["env"].items()}
    (repository.parent / "rolemgr").mkdir()
    (repository.parent / "rolemgr" / "bin").symlink_to(TOOLS)
    summary = repository.parent / "summary.md"
    (repository / "roles" / "second.yaml").write_text(f"{ROLE}name: second\n")
    runner = {
        "RUNNER_TEMP": str(repository.parent),
        "GITHUB_ACTION_PATH": str(TOP),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607
        cwd=repository, env=environment() | runner | given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert summary.read_text() == "#### roles/second.yaml: a new role\n\n"


def _filled(text: str, inputs: Mapping[str, str]) -> str:
    return inputs[text.strip("${} ").removeprefix("inputs.")] if "${{" in text else text


def test_the_script_is_clean() -> None:
    """Shellcheck knows what we forgot."""
    assert subprocess.run([TOOLS / "shellcheck", SCRIPT], check=False, capture_output=True).returncode == 0
