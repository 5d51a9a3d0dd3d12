"""Bad input: exit code 2, one clear line for each problem, nothing on stdout, nothing written."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import Field

from rolemgr.files.source import MAX_BYTES
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.base import Model

if TYPE_CHECKING:
    from tests.conftest import Ran, Run


class Case(Model):
    """One mistake: what to change in the small catalog, what to write, what to run, what must be said."""

    name: str
    args: tuple[str, ...]
    says: tuple[str, ...] = Field(min_length=1)
    edits: Mapping[str, tuple[str, str]] = Field(default_factory=dict)
    files: Mapping[str, str] = Field(default_factory=dict)
    env: Mapping[str, str] = Field(default_factory=dict)
    catalog: bool = True


CASES = tuple(map(Case.model_validate, read_yaml(Path(__file__).with_name("bad_input.yaml")).data))


def check_refused(ran: "Ran", *says: str) -> None:
    """Assert that *ran* ended with exit code 2 and one line of stderr for each of *says*, which it begins with."""
    found = ran.errors
    assert (ran.code, ran.stdout, len(found)) == (2, "", len(says)), ran.stderr
    for line, beginning in zip(found, says, strict=True):
        assert line.startswith(beginning)


def contents(folder: Path) -> dict[Path, bytes]:
    """Return all files below *folder* with what they hold."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_said_in_one_line(
    case: Case, small_catalog: Path, run: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each mistake names its file and line or its flag, what is wrong and, where there is one, what is right."""
    for name, (old, new) in case.edits.items():
        text = Path(name).read_text()
        assert old in text
        Path(name).write_text(text.replace(old, new, 1))
    for name, text in case.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    for name, value in case.env.items():
        monkeypatch.setenv(name, value)
    before = contents(tmp_path)
    args = [*case.args, *(["--catalog", str(small_catalog)] if case.catalog else [])]
    check_refused(
        run(*args, *(["-o", "out.json"] if case.args[0] == "create" and "-o" not in args else [])), *case.says
    )
    assert contents(tmp_path) == before


def test_names_of_cases_are_unique() -> None:
    """No case hides another."""
    assert len({case.name for case in CASES}) == len(CASES)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (BOMB.encode(), ":5: stands for more than 100,000 values"),
        (b"# " + b"x" * 10 * MAX_BYTES, ": is larger than 1,048,576 bytes"),
        (b"persona: caf\xe9\n", ":1: is not UTF-8 (byte 12)"),
        ("persona: tester\n".encode("utf-16"), ":1: is not UTF-8 (byte 0)"),
        (b"persona: " + b"[" * 5000, ":1: is nested more than 40 levels deep"),
        (b"persona: tester\nname: a\x00b\n", ": is not valid YAML: "),
    ],
    ids=["a YAML bomb", "10 MB", "Latin-1", "UTF-16", "5000 levels", "a null character"],
)
@pytest.mark.parametrize("place", ["role file", "stdin", "settings", "persona", "activity group", "policy"])
def test_hostile_files_are_refused_wherever_they_come_from(
    raw: bytes, problem: str, place: str, small_catalog: Path, run: "Run"
) -> None:
    """What would stall us or can't be read is refused before anything is built, by name."""
    create = ("create", "--catalog", str(small_catalog), "--persona", "tester")
    name, args = {
        "role file": ("role.yaml", ("create", "--role", "role.yaml")),
        "stdin": ("<stdin>", ("create", "--role", "-")),
        "settings": ("rolemgr.yaml", create),
        "persona": ("catalog/personas/tester.yaml", create),
        "activity group": ("catalog/activity_groups/run-jobs.yaml", create),
        "policy": ("policy.yaml", ("simulate", "policy.yaml", "--action", "s3:GetObject")),
    }[place]
    if place != "stdin":
        Path(name).write_bytes(raw)
    check_refused(run(*args, stdin=raw if place == "stdin" else b""), name + problem)


def test_a_file_that_may_not_be_read(small_catalog: Path, run: "Run") -> None:
    """Missing permission is said in the system's words."""
    group = small_catalog / "activity_groups/run-jobs.yaml"
    group.chmod(0)
    if os.access(group, os.R_OK):
        pytest.skip("this user may read everything")
    check_refused(
        run("create", "--persona", "tester", "--catalog", str(small_catalog)),
        "catalog/activity_groups/run-jobs.yaml: can't be read: Permission denied",
    )


def test_a_failed_run_leaves_the_old_output(small_catalog: Path, run: "Run") -> None:
    """A file that an earlier run wrote stays as it was."""
    Path("out.json").write_text("old")
    check_refused(run("create", "--persona", "testr", "--catalog", str(small_catalog), "-o", "out.json"), "--persona: ")
    assert Path("out.json").read_text() == "old"


@pytest.mark.parametrize(
    "option", ["--parameter=job_names=\udcff", "--description=\udcff", "--name=\udcff", "--persona=\udcff"]
)
def test_bytes_that_are_no_text_are_refused(option: str, small_catalog: Path, run: "Run") -> None:
    """An argument in another encoding, which the system hands over as lone surrogates, is one clean error."""
    ran = run("create", "--persona", "tester", "--catalog", str(small_catalog), option)
    check_refused(ran, f"`{option[:-1]}\\udcff` is not UTF-8")


def test_a_variable_that_is_no_text_is_refused(
    small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one from the environment."""
    monkeypatch.setenv("ROLEMGR_NAME", "\udcff")
    ran = run("create", "--persona", "tester", "--catalog", str(small_catalog))
    check_refused(ran, "ROLEMGR_NAME: `\\udcff` is not UTF-8")


def test_lone_surrogates_in_json_are_no_traceback(run: "Run") -> None:
    """A policy may escape half a character, which no terminal can show."""
    statement = r'{"Sid": "\ud800", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}'
    Path("policy.json").write_text(f'{{"Version": "2012-10-17", "Statement": {statement}}}')
    check_refused(
        run("simulate", "policy.json", "--action", "s3:GetObject"),
        r'policy.json:1: is not valid JSON: "\ud800" has half of a surrogate pair',
    )
