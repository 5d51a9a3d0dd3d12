"""`rolemgr diff` over revisions of a real git repository, and over folders."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

Git: TypeAlias = Callable[..., str]
ROLE = "persona: sagemaker-compute\naccount: '123456789012'\nregion: eu-west-1\nname: {}\nbucket: [{}]\n"
GROUP = """\
title: T
description: D.
statements:
  - {{sid: Q, actions: [{}], resources: "arn:{{{{ partition }}}}:sqs:{{{{ region }}}}:{{{{ account }}}}:q"}}
"""


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Make a repository in the working folder, and return what runs git in it."""
    for name, value in {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)

    program = shutil.which("git") or "git"

    def run_git(*words: str) -> str:
        given = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
        return subprocess.run([program, *given, *words], check=True, capture_output=True, text=True).stdout

    run_git("init", "-q", "-b", "main")
    return run_git


def write(path: str, text: str) -> str:
    """Write a file and the folders around it; return its path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, "utf-8")
    return path


def commit(git: Git) -> None:
    """Commit all there is."""
    git("add", "-A")
    git("commit", "-q", "-m", "x")


def test_a_role_file_of_a_revision(git: Git, run: "Run") -> None:
    """By branch, by parent, by tag, from the top or from here; the lines of each side are named."""
    write("roles/churn.yaml", ROLE.format("churn", "acme"))
    commit(git)
    git("tag", "v1")
    write("roles/churn.yaml", ROLE.format("churn", "acme, acme-extra"))
    for name in ("main", "HEAD", "v1", git("rev-parse", "HEAD").strip()):
        ran = run("diff", f"{name}:roles/churn.yaml", "roles/churn.yaml")
        assert ran.code == 1, ran.stderr
        assert "  by bucket acme-extra (roles/churn.yaml:5)\n" in ran.stdout
        back = run("diff", "roles/churn.yaml", f"{name}:./roles/churn.yaml").stdout
        assert "  by bucket acme-extra, gone (roles/churn.yaml:5)\n" in back
    assert run("diff", "main:roles/churn.yaml", "v1:roles/churn.yaml").code == 0


def test_what_holds_of_both_sides_is_said_once(git: Git, run: "Run") -> None:
    """With both names; what is about one of them has its own."""
    for name, extra in (("churn", ""), ("fraud", "account: '123456789012'\n")):
        write(f"roles/{name}.yaml", f"persona: sagemaker-compute\nname: {name}\n{extra}")
    commit(git)
    write("roles/churn.yaml", "persona: sagemaker-compute\nname: churn\nregion: eu-west-1\n")
    notes = run("diff", "main:roles/", "roles/").notes
    assert [one.partition(": ")[0] for one in notes if "AWS's example account" in one] == [
        "main:roles/churn.yaml and roles/churn.yaml"
    ]
    assert [one.partition(": ")[0] for one in notes if "region us-east-1" in one] == [
        "main:roles/churn.yaml and 2 more"
    ]


def test_the_line_that_asks_goes_through_git(git: Git, run: "Run") -> None:
    """It can be pasted: no file has the old role."""
    write("churn.yaml", ROLE.format("churn", "acme, acme-extra"))
    commit(git)
    write("churn.yaml", ROLE.format("churn", "acme"))
    found = run("diff", "main:churn.yaml", "churn.yaml", "--explain").stdout
    assert "git cat-file blob main:churn.yaml | rolemgr create --role - | rolemgr simulate - --action s3:" in found


def test_a_catalog_is_that_of_the_revision(git: Git, run: "Run") -> None:
    """From where the role file lies there; so are settings; the working tree counts for nothing."""
    write("catalog/activity_groups/mine.yaml", GROUP.format("sqs:SendMessage"))
    write("roles/a.yaml", ROLE.format("a", "acme") + "catalog: ../catalog\nadd: [mine]\n")
    write("top.yaml", ROLE.format("t", "acme") + "catalog: catalog\nadd: [mine]\n")
    write("rolemgr.yaml", "max_session: 2h\n")
    commit(git)
    write("catalog/activity_groups/mine.yaml", GROUP.format("sqs:SendMessage, sqs:ReceiveMessage"))
    write("rolemgr.yaml", "max_session: 3h\n")
    for file in ("roles/a.yaml", "top.yaml"):
        ran = run("diff", f"main:{file}", file)
        gained = [line for line in ran.stdout.splitlines() if "gains" in line]
        assert len(gained) == 1, ran.stdout + ran.stderr
        assert "+ gains  sqs:ReceiveMessage on q  by activity group mine (" in gained[0]
        assert "~ value  MaxSessionDuration 2 h -> 3 h" in ran.stdout
        lost = run("diff", file, f"main:{file}").stdout
        assert "- loses  sqs:ReceiveMessage on q" in lost
    Path("catalog/activity_groups/mine.yaml").unlink()
    assert run("diff", "main:roles/a.yaml", "HEAD:roles/a.yaml").code == 0


def test_a_catalog_that_is_no_part_of_the_revision_is_said(
    git: Git, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """An absolute path and one that leads out are refused; one of the environment is read as it is, and that is a note."""
    write("catalog/activity_groups/mine.yaml", GROUP.format("sqs:SendMessage"))
    write("sub/abs.yaml", ROLE.format("a", "acme") + f"catalog: {Path.cwd()}/catalog\n")
    write("sub/out.yaml", ROLE.format("b", "acme") + "catalog: ../../catalog\n")
    write("sub/in.yaml", ROLE.format("c", "acme") + "catalog: ../catalog\nadd: [mine]\n")
    write("sub/plain.yaml", ROLE.format("d", "acme"))
    commit(git)
    assert (
        "lies outside of the revision; name it relatively"
        in run("diff", "main:sub/abs.yaml", "sub/plain.yaml").errors[0]
    )
    assert (
        "`../../catalog`, which leads out of the repository"
        in run("diff", "main:sub/out.yaml", "sub/plain.yaml").errors[0]
    )
    monkeypatch.chdir("sub")
    assert run("diff", "main:./in.yaml", "in.yaml").code == 0
    assert "leads out of the repository" in run("diff", "main:./out.yaml", "plain.yaml").errors[0]
    monkeypatch.setenv("ROLEMGR_CATALOG", "../catalog")
    ran = run("diff", "main:sub/plain.yaml", "plain.yaml")
    assert (ran.code, ran.errors) == (0, [])
    assert "main:sub/plain.yaml: catalog ../catalog is read as it is now, and not at the revision" in ran.notes


def test_a_tree_that_leads_out_is_not_followed(git: Git, run: "Run") -> None:
    """Git's tools make none, and objects can be written by hand."""
    blob = git("hash-object", "-w", write("x.yaml", "title: x\n")).strip()
    tree = b"".join(b"100644 " + name + b"\0" + bytes.fromhex(blob) for name in (b"escaped.yaml",))
    Path("inner").write_bytes(tree)
    inner = git("hash-object", "-w", "-t", "tree", "--literally", "inner").strip()
    Path("outer").write_bytes(b"40000 ..\0" + bytes.fromhex(inner))
    outer = git("hash-object", "-w", "-t", "tree", "--literally", "outer").strip()
    ran = run("diff", f"{outer}:", ".")
    assert (ran.code, len(ran.errors)) == (2, 1)
    assert "has no role and no policy" in ran.errors[0]  # what begins with a point is never read


def test_folders_are_paired_by_path(git: Git, run: "Run") -> None:
    """Roles of both, new ones with what they may do, those that are gone; what is neither is passed over and said."""
    for name in ("same", "changed", "gone"):
        write(f"roles/sub/{name}.yaml", ROLE.format(name, "acme"))
    write("roles/readme.yaml", "a: 1\n")
    commit(git)
    write("roles/sub/changed.yaml", ROLE.format("changed", "acme, acme-extra"))
    Path("roles/sub/gone.yaml").rename("roles/sub/new.yaml")
    ran = run("diff", "main:roles", "roles")
    assert ran.code == 1
    assert "sub/changed.yaml\n  + gains  s3:" in ran.stdout
    assert "sub/new.yaml: a new role, which has\n  + assumed by  sagemaker.amazonaws.com" in ran.stdout
    assert "sub/gone.yaml: the role is gone, which had\n  - assumed by" in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith("1 changed, 1 new, 1 gone, 1 the same: ")
    assert [one for one in ran.notes if "passed over" in one] == [
        "neither a role nor a policy, and passed over: readme.yaml"
    ]
    data = json.loads(run("diff", "main:roles/", "roles/", "--format", "json").stdout)
    assert [one["file"] for one in data["roles"]] == ["sub/changed.yaml", "sub/same.yaml"]
    assert ([one["file"] for one in data["added"]], data["same"]) == (["sub/new.yaml"], False)
    assert data["added"][0]["may"]["can"]
    text = run("diff", "main:roles", "roles", "--format", "markdown").stdout
    assert text.startswith(
        "## Difference in access\n\nfrom `main:roles` · to `roles`\n\n- 1 role changed\n- ⚠️ 1 new role\n"
    )
    assert run("diff", "main:roles", "HEAD:roles").code == 0


@pytest.mark.parametrize(("code", "text"), [(0, "acme"), (1, "acme, acme-extra")])
def test_only_what_is_gained_may_fail_over_folders(git: Git, run: "Run", code: int, text: str) -> None:
    """Less access is in order, a new role is not."""
    write("roles/a.yaml", ROLE.format("a", "acme"))
    write("roles/gone.yaml", ROLE.format("gone", "acme"))
    commit(git)
    Path("roles/gone.yaml").unlink()
    write("roles/a.yaml", ROLE.format("a", text))
    assert run("diff", "main:roles", "roles", "--fail-on", "gained").code == code
    write("roles/new.yaml", ROLE.format("new", "acme"))
    assert run("diff", "main:roles", "roles", "--fail-on", "gained").code == 1


def test_a_file_that_is_wrong_stops_no_other(git: Git, run: "Run") -> None:
    """The result has the rest, and the exit code is that of bad input."""
    write("roles/a.yaml", ROLE.format("a", "acme"))
    write("roles/b.yaml", ROLE.format("b", "acme"))
    commit(git)
    write("roles/a.yaml", "persona: nobody\n")
    write("roles/b.yaml", ROLE.format("b", "acme-other"))
    ran = run("diff", "main:roles", "roles")
    assert ran.code == 2
    assert "b.yaml\n  + gains" in ran.stdout
    assert "a.yaml: not compared: roles/a.yaml:1: unknown persona `nobody`" in ran.stdout
    assert ran.errors[0].startswith("a.yaml is not compared: roles/a.yaml:1: ")


BAD = {
    "nope:roles": "nope: is not a revision of this repository; `git fetch` it, or name a file",
    "main:nope.yaml": "main:nope.yaml: revision `main` has no `nope.yaml`",
    "main:../x.yaml": "main:../x.yaml: leads out of the repository",
    "main:/etc/passwd": "main:/etc/passwd: leads out of the repository",
    "-x:a.yaml": "-x:a.yaml: is neither a file nor a revision of git; write REVISION:PATH",
    ":a.yaml": ":a.yaml: is neither a file nor a revision of git; write REVISION:PATH",
    "--output=y:a.yaml": "--output=y:a.yaml: is neither a file nor a revision of git; write REVISION:PATH",
    "main:link.yaml": "main:link.yaml: is a link, which is not followed at a revision; name the file itself",
    "C:\\a.yaml": "C:\\a.yaml: can't be read: No such file or directory",
    "a\nb:c.yaml": "a\\nb:c.yaml: is neither a file nor a revision of git; write REVISION:PATH",
    "##[error]:x.yaml": "#?#[error]: is not a revision of this repository; `git fetch` it, or name a file",
    "`x`\x1b[31m:x.yaml": "`x`\\x1b[31m:x.yaml: is neither a file nor a revision of git; write REVISION:PATH",
    "main:": "main:: is a folder, and a.yaml is none; give two files or two folders",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_what_is_no_revision_is_one_clear_line(git: Git, run: "Run", name: str) -> None:
    """Exit code 2; nothing is written, and git takes nothing of it for an option."""
    write("a.yaml", ROLE.format("a", "acme"))
    Path("link.yaml").symlink_to("a.yaml")
    commit(git)
    before = sorted(Path().iterdir())
    ran = run("diff", "--", name, "a.yaml")
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [BAD[name]])
    assert sorted(Path().iterdir()) == before


def test_a_file_whose_name_has_a_colon(git: Git, run: "Run") -> None:
    """It is meant where there is no such revision, and by `./`; a pull request must not put one in its place."""
    write("a.yaml", ROLE.format("a", "acme"))
    commit(git)
    for name in ("main:a.yaml", "no:a.yaml"):
        write(name, ROLE.format("a", "other-bucket"))
    assert "other-bucket" in run("diff", "a.yaml", "no:a.yaml").stdout
    assert "other-bucket" in run("diff", "a.yaml", "./main:a.yaml").stdout
    ran = run("diff", "main:a.yaml", "a.yaml")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors == ["main:a.yaml: is both a file and a path of a revision; the file is ./main:a.yaml; rename it"]


def test_without_a_repository_it_says_so(run: "Run", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And without git, too."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write("a.yaml", ROLE.format("a", "acme"))
    ran = run("diff", "main:a.yaml", "a.yaml")
    assert ran.code == 2
    assert ran.errors[0].startswith("git says: fatal: not a git repository")
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = run("diff", "main:a.yaml", "a.yaml")
    assert (ran.code, ran.errors) == (2, ["git is not installed, and a revision is read by it; give files"])


def test_git_runs_nothing_of_the_repository(git: Git, run: "Run") -> None:
    """No filter, textconv, fsmonitor or hook that the checkout's configuration names."""
    write("a.yaml", ROLE.format("a", "acme"))
    write(".gitattributes", "*.yaml filter=f diff=d\n")
    commit(git)
    script = write("run.sh", "#!/bin/sh\ntouch ran\ncat\n")
    Path(script).chmod(0o755)
    here = str(Path(script).resolve())
    for key in (
        "filter.f.smudge",
        "filter.f.clean",
        "diff.d.textconv",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
    ):
        git("config", key, here)
    assert run("diff", "main:a.yaml", "main:a.yaml").code == 0
    assert not Path("ran").exists()


def test_git_dir_is_honoured(git: Git, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """As git itself does."""
    write("a.yaml", ROLE.format("a", "acme"))
    commit(git)
    Path(".git").rename("elsewhere")
    monkeypatch.setenv("GIT_DIR", str(Path("elsewhere").resolve()))
    assert run("diff", "main:a.yaml", "a.yaml").code == 0


def test_in_a_folder_below_the_top_the_near_name_is_told(git: Git, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of a revision begin at the top, as git's do."""
    write("roles/a.yaml", ROLE.format("a", "acme"))
    commit(git)
    monkeypatch.chdir("roles")
    assert run("diff", "main:./a.yaml", "a.yaml").code == 0
    assert "did you mean main:./a.yaml?" in run("diff", "main:a.yaml", "a.yaml").errors[0]
