"""The review of role files in CI: the script that any CI runs, and the GitHub Action around it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import rolemgr
from rolemgr.catalog.folders import FOLDERS
from rolemgr.files.yaml import read_yaml

TOP = Path(__file__).resolve().parents[1]
SCRIPT = TOP / "ci" / "review-roles"
ACTION = TOP / "action.yml"
TOOLS = Path(sys.executable).parent
SOURCES = Path(rolemgr.__file__).parents[1]
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
    """
    One run of the script: its exit code, output, errors and summary.

    The commands that ANSWERED names are not run and say yes: those that no test of the script looks at, which are the
    proofs where nothing else is chosen, as they take half of its time.
    """

    def __init__(self, folder: Path, **chosen: str) -> None:
        summary = folder.parent / "summary.md"
        summary.write_text("")
        given = {"ROLES": "roles/*.yaml", "SUMMARY": str(summary), "ANSWERED": "prove"}
        done = subprocess.run(
            [SCRIPT], cwd=folder, env=environment(folder.parent) | given | chosen, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.code, self.stdout, self.stderr, self.summary = (
            done.returncode, done.stdout, done.stderr, summary.read_text()
        )  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    """Return an environment with `rolemgr` on its path, in *folder*, and no choice of ours or AWS's in it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ROLEMGR_", "AWS_"))}
    return kept | {"PATH": f"{installed(folder / 'rolemgr')}{os.pathsep}{os.environ['PATH']}"}


def installed(folder: Path) -> Path:
    """Return the folder with a program `rolemgr` of these sources, as pip would make it in a virtual environment."""
    program = folder / "bin" / "rolemgr"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f"#!{sys.executable}\nimport os\nimport sys\n"
        "if sys.argv[1] in os.environ.get('ANSWERED', '').split():\n    sys.exit()\n"
        f"sys.path.insert(0, {str(SOURCES)!r})\n"
        "from rolemgr.cli.main import main\nmain()\n"
    )
    program.chmod(0o755)
    return program.parent


def test_what_is_unchanged_is_reviewed(repository: Path) -> None:
    """Rendered, checked, proven, compared: exit code 0, an empty summary, and no worktree left behind."""
    review = Review(repository, ANSWERED="", BASE="main")
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
    base = (repository / ".git/refs/heads/main").read_text("utf-8").strip()
    header = re.search(r"^from `([^`]*)` .*· to `([^`]*)`.*\n\n- ⚠️ gains access: ", review.summary, re.MULTILINE)
    assert header is not None
    assert header[1].startswith(f"{base}:./roles/store.yaml")
    assert header[2].startswith("roles/store.yaml")
    assert re.search(
        r"^\| `\+` gains \| .* on `acme/feature-store/\*` \| by parameter `work_buckets` .*`roles/store.yaml:\d+`",
        review.summary,
        re.M,
    )
    assert Review(repository, BASE="main", FAIL_ON_NEW_ACCESS="true").code == 1
    git(repository, "commit", "-qam", "More")
    role.write_text(ROLE)
    less = Review(repository, BASE="main", FAIL_ON_NEW_ACCESS="true")
    assert (less.code, "loses access: " in less.summary) == (0, True)


def test_roles_that_come_and_go_are_named(repository: Path) -> None:
    """A new role is new access; a removed one is none."""
    (repository / "roles" / "store.yaml").rename(repository / "roles" / "other.yaml")
    review = Review(repository, ANSWERED="check prove diff", BASE="main")
    assert review.code == 0
    assert review.summary == "#### roles/other.yaml: a new role\n\n#### roles/store.yaml: the role is removed\n\n"
    failed = Review(repository, ANSWERED="check prove diff", BASE="main", FAIL_ON_NEW_ACCESS="true")
    why = "error: roles/other.yaml: gives access that main does not (FAIL_ON_NEW_ACCESS)"
    assert (failed.code, failed.stderr.splitlines()[-1]) == (1, why)


def test_a_finding_fails_and_the_rest_is_shown(repository: Path) -> None:
    """One run says everything: the proofs come after findings too."""
    (repository / "roles" / "store.yaml").write_text(ROLE + "trust: [{kind: sagemaker, source: none}]\n")
    review = Review(repository, ANSWERED="")
    assert review.code == 1
    assert "SECURITY_WARNING" in review.stdout
    assert "separation" in review.stdout
    assert review.stderr.splitlines()[-1] == "error: findings of SECURITY_WARNING or worse"


def test_a_role_is_proven_with_those_that_it_passes(repository: Path) -> None:
    """Alone, what the passed role may do would not be known, and the review would fail for ever."""
    (repository / "roles" / "jobs.yaml").write_text(ROLE.replace("feature-store", "compute") + "name: churn-jobs\n")
    passes = "pass_role: arn:aws:iam::123456789012:role/churn-jobs\n"
    (repository / "roles" / "store.yaml").write_text(ROLE.replace("sagemaker-feature-store", "data-scientist") + passes)
    review = Review(repository, ANSWERED="")
    assert review.code == 0, review.stdout


def test_own_checks_are_asked(repository: Path) -> None:
    """RULES names a file of custom policy checks."""
    (repository / "checks.yaml").write_text(
        "checks:\n- {id: no-glue, reason: not ours, access_not_granted: {actions: ['glue:*']}}\n"
    )
    review = Review(repository, ANSWERED="create prove diff", RULES="checks.yaml")
    assert (review.code, "no-glue" in review.stdout) == (1, True)


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"ROLES": "nothing/*.yaml"}, "--role: `nothing/*.yaml` matches no file"),
        ({"ROLES": ""}, "ROLES must name the role files"),
        ({"BASE": "--help"}, "--help: is not in this clone; fetch the base with its history"),
        ({"BASE": "0" * 40}, "is not in this clone; fetch the base with its history"),
        ({"FAIL_ON_NEW_ACCESS": "True"}, "True: FAIL_ON_NEW_ACCESS is true or false"),
        ({"RULES": "none.yaml"}, "none.yaml"),
        ({"FORMAT": "pdf"}, "'pdf' is not one of"),
    ],
    ids=str,
)
def test_bad_input_stops(repository: Path, chosen: dict[str, str], says: str) -> None:
    """A choice that means nothing is no green run."""
    review = Review(repository, **chosen)
    assert review.code == 2
    assert says in review.stderr


def test_names_are_never_run(repository: Path) -> None:
    """Whatever a pull request calls a file or puts in it stays a value."""
    for number, name in enumerate(("$(touch pwned).yaml", "`touch pwned`.yaml", "a b;touch pwned.yaml", "-v.yaml")):
        (repository / "roles" / name).write_text(f"{ROLE}name: r{number}\n")
    review = Review(repository, ROLES="roles/[!s]*.yaml", BASE="main")
    assert review.code == 0, review.stderr
    assert review.summary.count("a new role") == 4
    assert not list(repository.rglob("pwned"))


MODULES = ("rolemgr/__init__.py", "rolemgr/cli/main.py", "click.py", "sitecustomize.py", "usercustomize.py", "yaml.py",
           "json.py", "encodings/__init__.py", "lib/python3/site-packages/x.pth", "pip.py", "venv.py")  # fmt: skip


def hostile(repository: Path) -> Path:
    """Put into *repository* what a pull request would like to be run; return the file that all of it writes."""
    mark = repository.parent / "pwned"
    for name in MODULES:
        for folder in (repository, repository / ".venv", repository / "roles"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"import pathlib; pathlib.Path({str(mark)!r}).write_text('')\n")
    program = f"#!/bin/sh\ntouch {mark}\n"
    for name in (
        "git",
        "rolemgr",
        "python3",
        "bin/rolemgr",
        ".venv/bin/rolemgr",
        ".venv/bin/git",
        "hooks/post-checkout",
    ):
        if not (repository / name).is_dir():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_text(program)
            (repository / name).chmod(0o755)
    (repository / ".gitattributes").write_text("*.yaml filter=evil diff=evil\n")
    return mark


@pytest.mark.parametrize("where", ["", ".venv/bin", "bin"])
def test_nothing_of_the_checkout_is_run(repository: Path, where: str) -> None:
    """Neither its modules nor its programs, hooks and filters, not even where PATH and PYTHONPATH lead there."""
    mark = hostile(repository)
    git(repository, "add", "-fA")
    git(repository, "commit", "-qm", "Hostile")
    found = f"{repository / where}{os.pathsep}.{os.pathsep}{environment(repository.parent)['PATH']}"
    for name in ("core.hooksPath", "core.fsmonitor"):
        git(repository, "config", name, str(repository / "hooks" / ("" if "Path" in name else "post-checkout")))
    review = Review(repository, ANSWERED="prove" if where else "", BASE="main", PATH=found, PYTHONPATH=str(repository), PYTHONSTARTUP="click.py",
                    PYTHONHOME="")  # fmt: skip
    assert (review.code, mark.exists()) == (0, False), review.stderr


def test_links_lead_nowhere_else(repository: Path) -> None:
    """A role file or the output that is a link out of the checkout is refused; within the checkout it is a file."""
    outside = repository.parent / "outside"
    outside.mkdir()
    (outside / "role.yaml").write_text(ROLE)
    link = repository / "roles" / "link.yaml"
    link.symlink_to(outside / "role.yaml")
    review = Review(repository)
    assert (review.code, "roles/link.yaml: leads out of the checkout" in review.stderr) == (2, True)
    link.unlink()
    link.symlink_to("nowhere")
    assert "roles/link.yaml: a link that leads nowhere" in Review(repository).stderr
    link.unlink()
    (repository / "rendered").symlink_to(outside)
    assert (Review(repository).code, [one.name for one in outside.iterdir()]) == (2, ["role.yaml"])
    (repository / "rendered").unlink()
    (repository / "rendered").mkdir()
    target = outside / "taken.json"
    target.write_text("mine")
    (repository / "rendered" / "sagemaker-feature-store.json").symlink_to(target)
    review = Review(repository)
    assert (review.code, target.read_text()) == (2, "mine")
    assert "is a link, and below its folder -o follows none" in review.stderr


def test_all_steps_see_the_same_files(repository: Path) -> None:
    """Links to files and folders, hidden files and odd names: what is rendered is what is checked and proven."""
    (repository / "more").mkdir()
    for number, name in enumerate(("more/a.yaml", "roles/.hidden.yaml", "roles/[x].yaml", "roles/-.yaml")):
        (repository / name).write_text(f"{ROLE}name: r{number}\n")
    (repository / "roles" / "more").symlink_to("../more")
    review = Review(repository, ANSWERED="", ROLES="roles/**/*.yaml", FORMAT="json")
    assert review.code == 0, review.stderr
    rendered = {path.stem for path in (repository / "rendered").iterdir()}
    assert f"{len(rendered)} roles: proven" in review.stdout
    assert {"r2", "r3", "sagemaker-feature-store"} <= rendered


def test_a_pull_request_can_not_excuse_itself(repository: Path) -> None:
    """Suppressions and custom checks are those of the base; settings and catalogs that change are said."""
    rule = "- {id: no-glue, reason: not ours, access_not_granted: {actions: ['glue:*']}}\n"
    (repository / "checks.yaml").write_text(f"checks:\n{rule}")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Checks")
    (repository / "checks.yaml").write_text(f"checks:\n{rule.replace('glue:', 'braket:')}")
    (repository / "rolemgr-check.yaml").write_text("suppress: [{rule: no-glue, reason: it is mine}]\n")
    (repository / "rolemgr.yaml").write_text("tag: {Team: ml}\n")
    (repository / "ours" / "personas").mkdir(parents=True)
    (repository / "ours" / "personas" / "::error::x.yaml").write_text("title: x\n")
    review = Review(repository, ANSWERED="create prove diff", BASE="main", RULES="checks.yaml", CHECK_FORMAT="github")
    assert (review.code, "no-glue" in review.stdout) == (1, True), review.stderr
    for file in ("checks.yaml", "rolemgr-check.yaml", "rolemgr.yaml", "ours/personas/??error??x.yaml"):
        assert f"#### changes what judges it: {file}\n" in review.summary
        assert f"::warning title=changes what judges it::{file}: " in review.stdout


def test_every_kind_of_a_catalogs_entries_is_said(repository: Path) -> None:
    """As the catalog finds them: each folder, both endings, and a folder that is a link to another."""
    for folder in FOLDERS.values():
        for ending in ("yaml", "yml"):
            path = repository / "ours" / folder / f"x.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("title: x\n")
    (repository / "theirs").mkdir()
    for folder in {folder.partition("/")[0] for folder in FOLDERS.values()}:
        (repository / "theirs" / folder).symlink_to("../roles")
    summary = Review(repository, ANSWERED="create check prove diff", BASE="main").summary
    for folder in FOLDERS.values():
        for file in (f"ours/{folder}/x.yaml", f"ours/{folder}/x.yml"):
            assert f"#### changes what judges it: {file}\n" in summary
        assert f"#### changes what judges it: theirs/{folder.partition('/')[0]}\n" in summary


def test_github_obeys_findings_alone(repository: Path) -> None:
    """Workflow commands are off while anything else is printed, and what can't be guessed turns them on again."""
    (repository / "roles" / "store.yaml").write_text(ROLE + "trust: [{kind: sagemaker, source: none}]\n")
    (repository / "roles" / "::error::x\n::error::y.yaml").write_text(ROLE + "name: y\n")
    review = Review(repository, BASE="main", CHECK_FORMAT="github")
    on, tokens = True, set()
    for line in review.stdout.splitlines():
        if line.startswith("::stop-commands::"):
            on, token = False, line.rpartition("::")[2]
            tokens.add(token)
        elif not on and line == f"::{token}::":
            on = True
        elif on:
            assert line.startswith(("::warning ", "::error ", "::notice ")), line
            assert "file=" in line
    assert (on, len(tokens), len(token)) == (True, 1, 32)
    assert not [line for line in review.summary.splitlines() if line.startswith("::")]


def test_no_command_within_a_line_is_obeyed(repository: Path) -> None:
    """
    The runner obeys `##[...]` anywhere in a line, and reads both streams at once: names stand in neither while it does.

    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    """
    role = ROLE.replace("sagemaker-feature-store", "mlops-engineer")
    (repository / "roles" / "##[stop-commands]x.yaml").write_text(role)
    (repository / "roles" / "store.yaml").write_text(role + "name: other\n")
    review = Review(repository, BASE="main", CHECK_FORMAT="github")
    assert review.stderr == ""
    on = True
    for line in review.stdout.splitlines():
        on = line != f"::stop-commands::{line[17:]}" and (on or re.fullmatch("::[0-9a-f]{32}::", line) is not None)
        assert not on or "##[" not in line or line.startswith(("::warning ", "::error ", "::notice "))
    assert (on, "#[stop-commands]x" in review.stdout) == (True, True)


@pytest.mark.parametrize(
    "link", [("roles/git.yaml", "../.git/config"), ("rendered", ".git"), ("rendered", ".git/hooks")]
)
def test_gits_own_folder_is_not_read_or_written(repository: Path, link: tuple[str, str]) -> None:
    """A link into it is as one that leads out: its configuration may hold a token."""
    (repository / link[0]).symlink_to(link[1])
    review = Review(repository, BASE="main")
    assert (review.code, f"{link[0]}: leads out of the checkout" in review.stderr) == (2, True)
    assert not list((repository / ".git").rglob("*.json"))


def test_custom_checks_by_a_whole_path_are_those_of_the_base(repository: Path) -> None:
    """As with `${{ github.workspace }}/checks.yaml`; where the pull request deletes the file too."""
    checks = repository / "checks.yaml"
    checks.write_text("checks: [{id: no-glue, reason: not ours, access_not_granted: {actions: ['glue:*']}}]\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Checks")
    checks.write_text(checks.read_text().replace("glue:", "braket:"))
    assert "no-glue" in Review(repository, ANSWERED="create prove diff", BASE="main", RULES=str(checks)).stdout
    checks.unlink()
    assert "no-glue" in Review(repository, ANSWERED="create prove diff", BASE="main", RULES=str(checks)).stdout


def test_submodules_and_what_links_lead_to_are_said(repository: Path) -> None:
    """`.gitmodules` hides no submodule; a catalog that is a link may lie in any folder, settings in any file."""
    (repository / "ours").mkdir()
    (repository / "ours" / "personas").symlink_to("../data")
    (repository / "rolemgr.yaml").symlink_to("settings.txt")
    (repository / "data").mkdir()
    (repository / "settings.txt").write_text("tag: {Team: ml}\n")
    (repository / "data" / "one.yaml").write_text("title: x\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Links")
    git(repository, "checkout", "-qb", "change")
    (repository / "data" / "one.yaml").write_text("title: y\n")
    (repository / "settings.txt").write_text("tag: {Team: mine}\n")
    module = repository / "vendor"
    module.mkdir()
    git(module, "init", "-q")
    git(module, "commit", "-qm", "Empty", "--allow-empty")
    git(repository, "add", "vendor")
    (repository / ".gitmodules").write_text('[submodule "v"]\n path = vendor\n url = ./v\n ignore = all\n')
    git(repository, "commit", "-qam", "Changes")
    review = Review(repository, ANSWERED="create check prove diff", BASE="main")
    assert review.code == 0, review.stderr
    for file in ("data/one.yaml", "settings.txt", "vendor"):
        assert f"#### changes what judges it: {file}\n" in review.summary


def test_a_broken_separation_is_in_the_summary(repository: Path) -> None:
    """A new role that may do what its persona must never do is more than a new role."""
    wide = ROLE.replace("sagemaker-feature-store", "data-scientist")
    (repository / "roles" / "wide.yaml").write_text(f"{wide}add: [deploy-endpoints]\nbreak_separation: we want it\n")
    review = Review(repository, ANSWERED="check prove diff", BASE="main")
    assert "#### a role may do what its persona must never do\n" in review.summary


def test_shared_parameters_that_change_are_said(repository: Path) -> None:
    """They are in force for every group that takes them."""
    (repository / "ours").mkdir()
    for ending in ("yaml", "yml"):
        (repository / "ours" / f"parameters.{ending}").write_text("parameters: {}\n")
    summary = Review(repository, ANSWERED="create check prove diff", BASE="main").summary
    for ending in ("yaml", "yml"):
        assert f"#### changes what judges it: ours/parameters.{ending}\n" in summary


def test_one_role_file_may_be_named(repository: Path) -> None:
    """A name without wildcards is a pattern too."""
    assert Review(repository, ANSWERED="check prove diff", ROLES="roles/store.yaml").code == 0
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


def test_everything_that_the_action_installs_has_a_hash() -> None:
    """The lock file holds what pyproject.toml asks for, each version with hashes, and pip is told to insist."""
    install = action()["runs"]["steps"][0]["run"]
    assert "--require-hashes --only-binary :all:" in install
    assert "--no-deps --no-index --no-build-isolation" in install
    assert install.count("python") == install.count("-I ")
    locked = (TOP / "ci" / "requirements.txt").read_text().replace("\\\n", " ").splitlines()[1:]
    assert all(re.fullmatch(r"[\w.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", line) for line in locked)
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    versions = dict(line.split()[0].split("==") for line in locked)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(versions[requirement.name])


def test_the_action_hands_every_input_to_the_script(repository: Path) -> None:
    """Its second step, run as a runner runs it, reviews the roles and writes the job's summary."""
    step = action()["runs"]["steps"][1]
    inputs = {name: one.get("default", "") for name, one in action()["inputs"].items()}
    inputs |= {"roles": "roles/*.yaml", "base": "main"}
    used = {value.strip("${} ").removeprefix("inputs.") for value in step["env"].values() if "inputs." in value}
    assert used | {"working-directory"} == inputs.keys()
    given = {key: _filled(value, inputs) for key, value in step["env"].items()}
    summary = repository.parent / "summary.md"
    (repository / "roles" / "second.yaml").write_text(f"{ROLE}name: second\n")
    runner = {
        "RUNNER_TEMP": str(repository.parent),
        "GITHUB_ACTION_PATH": str(TOP),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607
        cwd=repository, env=environment(repository.parent) | runner | given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert summary.read_text() == "#### roles/second.yaml: a new role\n\n"


def _filled(text: str, inputs: Mapping[str, str]) -> str:
    return inputs[text.strip("${} ").removeprefix("inputs.")] if "${{" in text else text


def test_the_script_is_clean() -> None:
    """Shellcheck knows what we forgot."""
    assert subprocess.run([TOOLS / "shellcheck", SCRIPT], check=False, capture_output=True).returncode == 0
