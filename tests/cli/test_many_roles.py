"""Many role files at once: the same as one by one, all errors together, each file judged for itself."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.terminal import Session

from rolemgr.workflow.parallel import FROM

if TYPE_CHECKING:
    from tests.conftest import Run

ALL = ("--role", "roles/*.yaml", "--catalog", "catalog")


def write_roles(count: int, **more: str) -> list[Path]:
    """Write so many role files of the persona `tester` to ``roles/``; *more* are texts of further files."""
    Path("roles").mkdir(exist_ok=True)
    files = {
        f"r{number:03}": f"persona: tester\nname: team-{number:03}\nbucket: [b-{number}]\n" for number in range(count)
    }
    for name, text in (files | more).items():
        Path("roles", f"{name}.yaml").write_text(text)
    return [Path("roles", f"{name}.yaml") for name in files]


@pytest.mark.sampled
@pytest.mark.parametrize("count", [3, FROM + 20])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_each_file_is_what_it_would_be_alone(count: int, form: str, small_catalog: Path, run: "Run") -> None:
    """In one process and in several: one file a role, called as the role is, with the bytes of `create --role FILE`."""
    roles = write_roles(count)
    ran = run("create", *ALL, "--format", form, "-o", "out")
    assert (ran.code, ran.stdout, ran.errors) == (0, "", [])
    assert sorted(path.name for path in Path("out").iterdir()) == [
        f"team-{number:03}.{form}" for number in range(count)
    ]
    for role in roles[:: max(count // 5, 1)]:
        alone = run("create", "--role", str(role), "--catalog", "catalog", "--format", form)
        assert Path("out", f"team-{role.stem[1:]}.{form}").read_text() == alone.stdout


def test_files_by_name_and_by_pattern(small_catalog: Path, run: "Run") -> None:
    """`--role` is repeatable, a file is taken once, and one whose name looks like a pattern is a file."""
    write_roles(2, **{"x[1]": "persona: tester\nname: bracket\n"})
    ran = run("create", "--role", "roles/x[1].yaml", "--role", "roles/r*.yaml", "--role", "roles/r001.yaml",
              "--catalog", "catalog", "-o", "out")  # fmt: skip
    assert (ran.code, ran.errors) == (0, [])
    assert sorted(path.stem for path in Path("out").iterdir()) == ["bracket", "team-000", "team-001"]
    alone = run("create", "--role", "roles/x[1].yaml", "--catalog", "catalog")
    assert json.loads(alone.stdout)["RoleName"] == "bracket"


def test_flags_hold_for_every_file(small_catalog: Path, run: "Run") -> None:
    """A flag wins over each file, as it does over one."""
    write_roles(2)
    assert run("create", *ALL, "--account", "123456789012", "--bucket", "shared", "-o", "out").code == 0
    for path in Path("out").iterdir():
        assert "arn:aws:s3:::shared" in path.read_text()
        assert "123456789012" in path.read_text()


@pytest.mark.parametrize("count", [2, FROM + 5])
def test_all_errors_of_all_files_are_said_and_the_others_are_written(
    count: int, small_catalog: Path, run: "Run"
) -> None:
    """Each with its file and line, also where the line stands in the catalog; from one process or several."""
    write_roles(
        count,
        a="persona: tester\nacount: 1\nregion: nowhere\n",
        b="persona: tester\nname: b\nbucket: [UPPER]\n",
        c="persona: data-scientist\nadd: [deploy-endpoints]\n",
        d="- no\n",
        e="persona: tester\n  bad: yaml\n",
    )
    ran = run("create", *ALL, "-o", "out")
    assert (ran.code, ran.stdout) == (2, "")
    assert sorted(path.stem for path in Path("out").iterdir()) == [f"team-{number:03}" for number in range(count)]
    assert ran.notes[-1] == f"{count} roles written to out; what is refused follows"
    assert [line.partition(": ")[0] for line in ran.errors] == [
        "roles/a.yaml:2", "roles/a.yaml:3", "roles/b.yaml:3", *["roles/c.yaml"] * 4, "roles/d.yaml:1", "roles/e.yaml:2",
    ]  # fmt: skip
    assert "unknown key `acount`; did you mean account?" in ran.errors[0]
    assert ran.errors[3].startswith("roles/c.yaml: separations/no-deployment.yaml:")


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_a_report_names_the_role_files_that_are_refused(form: str, small_catalog: Path, run: "Run") -> None:
    """A report without them would read as if they had no finding."""
    Path("good.yaml").write_text("persona: tester\ncatalog: [catalog]\n")
    Path("bad.yaml").write_text("name: x\npersona: nobody\ncatalog: [catalog]\n")
    ran = run("check", "--role", "*.yaml", "--role", "good.yaml", "--format", form, "-o", "report")
    assert (ran.code, ran.notes[-1]) == (2, "1 file checked; what is refused follows")
    text = Path("report").read_text()
    if form == "github":
        assert "::error file=bad.yaml,line=2,title=not judged::unknown persona `nobody`" in text
        return
    data = json.loads(text)
    run_ = data["runs"][0]["invocations"][0] if form == "sarif" else data
    told = run_["toolExecutionNotifications"][0]["message"]["text"] if form == "sarif" else run_["refused"][0]["reason"]
    assert "unknown persona `nobody`" in told


def test_what_a_flag_says_wrong_is_said_once(small_catalog: Path, run: "Run") -> None:
    """It is wrong for every file, and one line."""
    write_roles(3)
    ran = run("create", *ALL, "--account", "12", "-o", "out")
    assert ran.errors == ["roles/r000.yaml and 2 more: --account: `12` is not an AWS account id of 12 digits"]
    ran = run("create", *ALL, "--role", "-", "-o", "out")
    assert ran.errors == ["--role: `-` is one role file, from stdin; give it alone"]


def test_two_roles_of_one_name_in_one_account_are_refused(small_catalog: Path, run: "Run") -> None:
    """IAM takes a name once in an account, whatever its case; in two accounts it is two roles, and two folders."""
    write_roles(0, a="persona: tester\nname: churn\n", b="persona: tester\n\nname: Churn\n")
    ran = run("create", *ALL, "-o", "out")
    assert ran.code == 2
    assert ran.errors == [
        "roles/a.yaml:2: account 111122223333 gets a role `Churn` too, by roles/b.yaml; give each a `name` of its own",
        "roles/b.yaml:3: account 111122223333 has a role `Churn` already, by roles/a.yaml; give each a `name` of its own",
    ]
    assert "2 files not checked" in run("check", "roles").stdout
    Path("roles/b.yaml").write_text("persona: tester\nname: churn\naccount: 123456789012\n")
    assert run("create", *ALL, "-o", "out").code == 0
    found = [path.as_posix() for path in sorted(Path("out").rglob("*.json"))]
    assert found == ["out/111122223333/churn.json", "out/123456789012/churn.json"]


@pytest.mark.parametrize(
    ("flags", "says"),
    [(("--role", "roles/*.yml", "-o", "out"), "--role: `roles/*.yml` matches no file"),
     (("--role", "roles/*.yaml"), "several role files give several results; give a folder, -o DIR"),
     (("--role", "roles/*.yaml", "-o", "-"), "several role files give several results; give a folder, -o DIR"),
     (("--role", "roles/*.yaml", "-o", "roles/r000.yaml"), "roles/r000.yaml: is not a folder; several role files give several results"),
     (("--role", "roles/*.yaml", "-o", "roles/r000.yaml/x"), "roles/r000.yaml/x: can't be made: Not a directory"),
     (("--role", "roles/r000.yaml", "--role", "missing.yaml", "-o", "out"), "missing.yaml: can't be read: No such file or directory")],
)  # fmt: skip
def test_bad_input(flags: tuple[str, ...], says: str, small_catalog: Path, run: "Run") -> None:
    """One clear line, exit code 2."""
    write_roles(2)
    ran = run("create", "--catalog", "catalog", *flags)
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [says])
    assert Path("out").exists() == ("missing.yaml" in flags)  # the other role is made all the same


def test_notes_name_the_files_and_are_said_once(small_catalog: Path, run: "Run") -> None:
    """What many files have in common is one line."""
    write_roles(5, x="persona: tester\nname: x\nregion: eu-west-1\n")
    notes = run("create", *ALL, "-o", "out").notes
    assert "roles/r000.yaml and 4 more: region us-east-1; choose another with --region" in notes
    assert len([note for note in notes if "is AWS's example account" in note]) == 1


def test_check_takes_many_role_files(run: "Run") -> None:
    """Each finding stands at its role file, with the catalog's line in the message; the exit code is of them all."""
    Path("roles").mkdir()
    Path("roles/good.yaml").write_text("persona: business-analyst\n")
    Path("roles/bad.yaml").write_text("persona: data-scientist\ntrust: [{kind: sagemaker, source: none}]\n")
    ran = run("check", "--role", "roles/*.yaml", "--format", "json")
    result = json.loads(ran.stdout)
    assert ran.code == 1
    assert {finding["path"] for finding in result["findings"]} == {"roles/bad.yaml"}
    assert result["checked"] == 5
    assert run("check", "--role", "roles/good.yaml", "--role", "roles/good.yaml").code == 0
    one = json.loads(run("check", "--role", "roles/bad.yaml", "--format", "json").stdout)
    assert [found["rule"] for found in one["findings"]] == [found["rule"] for found in result["findings"]]
    annotations = run("check", "--role", "roles/*.yaml", "--format", "github").stdout
    assert "file=roles/bad.yaml" in annotations


def test_check_says_the_catalogs_line(run: "Run") -> None:
    """Whoever reads a finding at a role file learns which line of the catalog it is about; custom checks are asked too."""
    Path("roles").mkdir()
    for name in ("a", "b"):
        Path(f"roles/{name}.yaml").write_text(f"persona: ml-engineer\nname: {name}\n")
    Path("checks.yaml").write_text(
        "checks:\n- {id: no-pipelines, reason: frozen, access_not_granted: {actions: ['sagemaker:CreatePipeline']}}\n"
    )
    ran = run("check", "--role", "roles/*.yaml", "--rules", "checks.yaml", "--format", "json")
    found = json.loads(ran.stdout)["findings"]
    assert [one["path"] for one in found] == ["roles/a.yaml", "roles/b.yaml"]
    assert all("(activity_groups/author-pipelines.yaml:" in one["message"] for one in found)
    assert any(note.startswith("roles/a.yaml and 1 more: RM703 on sagemaker:") for note in ran.notes)


def test_progress_on_a_terminal_only(small_catalog: Path, run: "Run") -> None:
    """A bar on stderr where somebody looks at it, nothing in a log."""
    write_roles(4)
    with Session("create", *ALL, "-o", "out") as session:
        assert session.end() == 0
    assert "4/4" in session.shown
    assert "/4" not in run("create", *ALL, "-o", "out").stderr


def test_an_interrupt_ends_all_processes_and_writes_nothing(small_catalog: Path) -> None:
    """Ctrl-C among many files: one line, the shell's exit code, no traceback of a process of the pool."""
    write_roles(FROM * 8)
    with Session("create", *ALL, "-o", "out", NO_COLOR="1") as session:
        session.until("roles")
        session.interrupt()
        assert session.end() == 130
    assert session.shown.strip().splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in session.shown
    assert not Path("out").exists()


def test_notes_of_proofs_name_their_role_file(run: "Run", tmp_path: Path) -> None:
    """Which of many roles a note is about, nobody could tell otherwise."""
    (tmp_path / "two").mkdir()
    for name in ("a", "b"):
        (tmp_path / "two" / f"{name}.yaml").write_text(
            f"persona: pipeline-scheduler\nname: {name}\nregion: eu-west-1\n", "utf-8"
        )
    ran = run("prove", str(tmp_path / "two"))
    assert ran.code == 0
    assert [any(f"/{name}.yaml: account 111122223333" in note for note in ran.notes) for name in ("a", "b")] == [
        True
    ] * 2
    assert not any(note.startswith("account") for note in ran.notes)


def test_versions_of_a_role_in_several_folders_are_each_checked(small_catalog: Path, run: "Run") -> None:
    """A tree may hold an old one beside the new; two in one folder are a slip, which `create` refuses anyway."""
    for folder in ("old", "new"):
        Path(folder).mkdir()
        Path(folder, "a.yaml").write_text("persona: sagemaker-compute\nname: churn\n")
    ran = run("check", "old", "new")
    assert ran.code == 0
    assert "new/a.yaml and 1 more: each makes role `churn` of account 111122223333" in ran.stderr
    Path("new/b.yaml").write_text("persona: sagemaker-compute\nname: churn\n")
    ran = run("check", "old", "new")
    assert (ran.code, len(ran.errors)) == (2, 2)
    assert run("create", "old", "new", "-o", "out").code == 2
