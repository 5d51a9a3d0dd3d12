"""`create --lock` and `diff --since`: what a release made of role files, and what another one changes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rolemgr import __version__
from rolemgr.model.lock import LockedRole, entry_digest

if TYPE_CHECKING:
    from tests.conftest import Run

ROLE = "persona: sagemaker-compute\naccount: '123456789012'\nregion: eu-west-1\nname: {}\nbucket: [acme]\n"
LOCK = Path("roles/rolemgr.lock")


@pytest.fixture
def locked(run: "Run") -> str:
    """Write a role file and its lock; return its path."""
    Path("roles").mkdir()
    Path("roles/a.yaml").write_text(ROLE.format("a"), "utf-8")
    ran = run("create", "--role", "roles/a.yaml", "--lock", "-o", "a.json")
    assert (ran.code, ran.errors) == (0, [])
    return "roles/a.yaml"


def older(release: str, change: Any, *, digest: bool = True) -> None:
    """Add to the lock what *release* made: the same, *changed*."""
    data = json.loads(LOCK.read_text("utf-8"))
    entry = json.loads(json.dumps(data["roles"]["a.yaml"][__version__]))
    change(entry)
    if digest:
        entry["digest"] = entry_digest(entry)
    data["roles"]["a.yaml"][release] = entry
    LOCK.write_text(json.dumps(data), "utf-8")


def without_invoke(entry: dict[str, Any]) -> None:
    """Take a statement away, and give another one."""
    document = entry["role"]["Policies"][0]["PolicyDocument"]
    document["Statement"] = [one for one in document["Statement"] if one["Sid"] != "S3DataWrite"]
    document["Statement"].append({"Sid": "Old", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"})
    origin = {"kind": "activity group", "entry": "send", "sid": "Old", "file": "activity_groups/send.yaml", "line": 9}
    entry["origins"]["Old"] = [origin]


def test_the_same_release_changes_nothing(run: "Run", locked: str) -> None:
    """By version, and by the newest in the lock; for a file, a folder, and a lock of another name."""
    for words in ((__version__, locked), ("lock", locked), (__version__, "roles")):
        ran = run("diff", "--since", *words)
        assert (ran.code, ran.stdout, ran.errors) == (0, "no difference in 1 role\n", [])
    LOCK.rename("other.lock")
    assert run("create", "--role", locked, "--lock", "x.lock").code == 0
    assert run("diff", "--since", "lock", locked, "--lock", "x.lock").code == 0


def test_a_lock_has_the_same_bytes_each_time(run: "Run", locked: str) -> None:
    """Also over what is there."""
    before = LOCK.read_bytes()
    run("create", "--role", locked, "--lock")
    assert LOCK.read_bytes() == before


def test_what_a_release_changes_is_told_by_the_catalog(run: "Run", locked: str) -> None:
    """The role file is the same, so that no line of it is the cause."""
    older("0.0.9", without_invoke)
    ran = run("diff", "--since", "0.0.9", "roles")
    assert ran.code == 1
    assert "roles/a.yaml\n  + gains  s3:" in ran.stdout
    assert "  by activity group write-work (activity_groups/write-work.yaml:" in ran.stdout
    assert "- loses  sqs:SendMessage on *  by activity group send, gone (activity_groups/send.yaml:9)\n" in ran.stdout
    assert run("diff", "--since", "0.0.9", "roles", "--fail-on", "gained").code == 1
    data = json.loads(run("diff", "--since", "0.0.9", locked, "--format", "json").stdout)
    assert (data["a"], data["b"]) == ("rolemgr 0.0.9", f"rolemgr {__version__}")


def test_a_role_file_that_changed_is_said(run: "Run", locked: str) -> None:
    """Its own changes are among what is told."""
    Path(locked).write_text(ROLE.format("a") + "max_session: 2h\n", "utf-8")
    ran = run("diff", "--since", __version__, locked)
    assert ran.code == 1
    assert (
        "note: the role file is another than the one that was locked: its own changes are among these\n" in ran.stdout
    )
    assert "~ value  MaxSessionDuration 1 h -> 2 h" in ran.stdout


def test_a_lock_keeps_other_roles_and_a_few_releases(run: "Run", locked: str) -> None:
    """Those of role files that are still there; the newest releases by number."""
    for release in ("0.0.1", "0.0.2", "0.0.10", "0.0.9", "0.0.3"):
        older(release, lambda _: None)
    Path("roles/b.yaml").write_text(ROLE.format("b"), "utf-8")
    run("create", "--role", "roles/b.yaml", "--lock")
    roles = json.loads(LOCK.read_text("utf-8"))["roles"]
    assert list(roles) == ["a.yaml", "b.yaml"]
    run("create", "--role", "roles/*.yaml", "--lock", "-o", "out")
    assert list(json.loads(LOCK.read_text("utf-8"))["roles"]["a.yaml"]) == [
        "0.0.2",
        "0.0.3",
        "0.0.9",
        "0.0.10",
        __version__,
    ]
    Path("roles/a.yaml").unlink()
    ran = run("diff", "--since", __version__, "roles")
    assert (ran.code, "roles/a.yaml: the role is gone" in ran.stdout) == (1, True)
    run("create", "--role", "roles/b.yaml", "--lock")
    assert list(json.loads(LOCK.read_text("utf-8"))["roles"]) == ["b.yaml"]


def test_no_link_is_followed_that_nobody_named(run: "Run", locked: str) -> None:
    """Who may put one beside the role files must not choose what is written over."""
    Path("precious").write_text(LOCK.read_text("utf-8"), "utf-8")
    before = Path("precious").read_text("utf-8")
    LOCK.unlink()
    LOCK.symlink_to(Path("precious").resolve())
    Path(locked).write_text(ROLE.format("a") + "max_session: 2h\n", "utf-8")
    ran = run("create", "--role", locked, "--lock", "-o", "a.json")
    assert (ran.code, Path("precious").read_text("utf-8")) == (2, before)
    assert "is a link" in ran.errors[0]


def test_a_role_that_is_wrong_stops_no_other(run: "Run", locked: str) -> None:
    """The lock has those that make a role."""
    Path("roles/b.yaml").write_text("persona: nobody\n", "utf-8")
    ran = run("create", "--role", "roles/*.yaml", "--lock", "-o", "out")
    assert ran.code == 2
    assert Path("out/a.json").exists()


def changed(entry: dict[str, Any], part: str) -> None:
    """Widen a statement, or change another *part* of what is locked."""
    if part == "role":
        entry["role"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"] = "*"
    elif isinstance(entry[part], str):
        entry[part] = entry[part][::-1]
    elif part == "origins":
        entry[part].popitem()
    else:
        entry[part]["max-runtime"] = {"values": {}, "strict": False, "by": "us", "file": "guardrails/max-runtime.yaml"}


@pytest.mark.parametrize("part", sorted(set(LockedRole.model_fields)))
def test_a_lock_that_was_changed_is_refused(run: "Run", locked: str, part: str) -> None:
    """A digest that does not fit, whoever edited it, whatever part of the entry: one that is left out could be any."""
    older("0.0.9", lambda entry: changed(entry, part), digest=False)
    ran = run("diff", "--since", "0.0.9", locked)
    assert (ran.code, ran.stdout) == (2, "")
    [error] = ran.errors
    assert error.startswith("roles/rolemgr.lock:")
    assert "was changed after it was made" in error


BAD = {
    "{": "is not valid JSON",
    "[]": "must be a mapping",
    '{"lock": 2, "roles": {}}': "`lock` is `2`; use one of 1",
    '{"lock": 1, "roles": {"a.yaml": {"0.1.0": {}}}}': "`reference` is missing",
    '{"lock": 1, "roles": {}}': "has no `a.yaml`; `rolemgr create --role roles/a.yaml --lock` adds it",
    '{"lock": 1, "roles": {}, "x": 1}': "unknown key `x`",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_lock_is_a_clear_line(run: "Run", locked: str, text: str) -> None:
    """With its file; `create --lock` does not write over what it can't read."""
    LOCK.write_text(text, "utf-8")
    ran = run("diff", "--since", __version__, locked)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith("roles/rolemgr.lock")
    assert BAD[text] in ran.errors[0]
    if "has no" not in BAD[text]:
        made = run("create", "--role", locked, "--lock")
        assert (made.code, made.stdout, LOCK.read_text("utf-8")) == (2, "", text)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("diff", "--since", "9.9.9", "roles/a.yaml"), f"has nothing of rolemgr `9.9.9`; it has {__version__}"),
        (("diff", "--since", "x", "none.yaml"), "none.yaml: can't be read"),
        (("diff", "--since", "x", "b.yaml"), "rolemgr.lock: is missing; the release to compare with writes it"),
        (("diff", "--since", "x"), "--since: compares role files; name them, or their folder"),
        (("diff", "--since", "x", "a.json"), "a.json: is not a role file"),
        (("diff", "--since", "x", "roles/a.yaml", "--type", "scp"), "--type: goes without --since"),
        (("diff", "a.json", "a.json", "--lock", "x"), "--lock: goes with --since"),
        (("create", "--persona", "tester", "--lock"), "--lock: is about role files; give --role FILE"),
        (("create", "--role", "roles/a.yaml", "--account", "123456789012", "--lock"), "--lock: goes without --account"),
        (("create", "--role", "roles/a.yaml", "--lock", "--apply"), "--lock: goes without --apply"),
    ],
)  # fmt: skip
def test_bad_use_is_exit_code_2(run: "Run", locked: str, words: tuple[str, ...], error: str) -> None:
    """One clear line, nothing on stdout."""
    Path("b.yaml").write_text(ROLE.format("b"), "utf-8")
    ran = run(*words)
    assert (ran.code, ran.stdout) == (2, "")
    assert error in ran.errors[0]


def test_another_account_is_no_flood_of_changes(run: "Run") -> None:
    """Where the role file does not name it, the environment does: that is said instead."""
    Path("a.yaml").write_text("persona: sagemaker-compute\nname: a\n", "utf-8")
    run("create", "--role", "a.yaml", "--lock")
    Path("rolemgr.yaml").write_text("account: '123456789012'\n", "utf-8")
    ran = run("diff", "--since", "lock", "a.yaml")
    assert ran.code == 2
    assert "is for account 111122223333 in us-east-1, and the role is now for account 123456789012" in ran.errors[0]
