"""Whose policies `simulate` and `diagnose` ask: files and folders, told apart by what is in them."""

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

ROLE = "persona: {}\nname: {}\naccount: '123456789012'\nregion: eu-west-1\n"
OBJECT = "arn:aws:s3:::acme/a.csv"
ASK = ("--action", "s3:GetObject", "--resource", OBJECT)
DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/a/me is not authorized to perform: s3:GetObject on resource:"
    f' "{OBJECT}" because no identity-based policy allows the s3:GetObject action'
)


def policy(effect: str, action: str) -> dict[str, object]:
    """Return a policy of one statement, on everything."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}


@pytest.fixture(autouse=True)
def files() -> None:
    """Two role files, and two policies of one principal beside what is not its."""
    write("r/a.yaml", ROLE.format("business-analyst", "a"))
    write("r/below/b.yaml", ROLE.format("sagemaker-feature-store", "b"))
    write("p/read.json", policy("Allow", "s3:Get*"))
    write("p/write.json", policy("Allow", "s3:Put*"))
    write("p/scp.json", policy("Allow", "*"))
    write("p/bucket.json", {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})  # fmt: skip
    write("p/notes.yaml", "a: 1\n")
    write("p/.draft.json", policy("Deny", "*"))
    write("event.txt", DENIED)


# --- simulate


def test_policies_of_a_folder_are_asked_together(run: "Run") -> None:
    """As by their names; what is of another layer allows nothing here, and is said."""
    ran = run("simulate", "p", *ASK)
    assert (ran.code, ran.stdout) == (0, run("simulate", "p/read.json", "p/write.json", *ASK).stdout)
    assert ran.notes == [
        "p: passed over p/bucket.json (of type resource), p/notes.yaml (no policy), p/scp.json (of type scp)"
    ]
    assert run("simulate", "p", "--action", "sqs:SendMessage").stdout.startswith("ImplicitlyDenied")


def test_each_role_of_a_folder_is_asked_for_itself(run: "Run") -> None:
    """What one may do the other may not; the expectation is of each."""
    ran = run("simulate", "r", *ASK, "--format", "json")
    found = json.loads(ran.stdout)["roles"]
    assert [one["file"] for one in found] == ["r/a.yaml", "r/below/b.yaml"]
    for one in found:
        alone = json.loads(run("simulate", one["file"], *ASK, "--format", "json").stdout)
        assert one == {"file": one["file"], **alone}
    text = run("simulate", "r", *ASK)
    assert text.stdout.index("r/a.yaml\nImplicitlyDenied") < text.stdout.index("\n\nr/below/b.yaml\nImplicitlyDenied")
    assert run("simulate", "r", *ASK, "--expect", "ImplicitlyDenied").code == 0
    ran = run("simulate", "r/a.yaml", "r/below", *ASK, "--expect", "Allowed")
    assert (ran.code, ran.stderr) == (1, "r/a.yaml: expected Allowed\nr/below/b.yaml: expected Allowed\n")


def test_rendered_roles_are_not_one_principal(run: "Run") -> None:
    """Their policies together would allow what none of them may."""
    assert run("create", "r", "-o", "out").code == 0
    found = json.loads(run("simulate", "out", *ASK, "--format", "json").stdout)["roles"]
    assert [one["file"] for one in found] == ["out/a.json", "out/b.json"]
    assert json.loads(run("simulate", "out/*.json", *ASK, "--format", "json").stdout)["roles"] == found
    assert run("simulate", "out", "p/read.json", *ASK).errors[0].startswith("out/a.json: is one of 2 roles, and")
    assert run("simulate", "out/a.json", "p/read.json", *ASK).stdout.startswith("Allowed")


def test_a_role_that_can_not_be_made_stops_no_other(run: "Run") -> None:
    """The others are asked, and it is an error."""
    write("r/c.yaml", ROLE.format("nobody", "c"))
    ran = run("simulate", "r", *ASK, "--format", "json")
    assert ran.code == 2
    assert len(json.loads(ran.stdout)["roles"]) == 2
    assert [one[:35] for one in ran.errors] == ["r/c.yaml:1: unknown persona `nobody`"[:35]]


@pytest.mark.parametrize(
    ("words", "says"),
    [(("empty",), "empty: holds no role file and no policies of a principal; name the files"),
     (("r", "p"), "r/a.yaml: is a role file, which goes alone; give policies in another run"),
     (("r", "--persona", "x"), "--persona: goes without role files; each of these is a role"),
     (("p", "--persona", "data-scientist"), "--persona: goes with a role, not with policy files"),
     (("no/*",), "no/*: matches no file; patterns begin at this folder")],
    ids=str,
)  # fmt: skip
def test_what_can_not_be_asked_is_one_line(words: tuple[str, ...], says: str, run: "Run") -> None:
    """Nothing is guessed."""
    Path("empty").mkdir()
    ran = run("simulate", *words, *ASK)
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [says])


def test_a_broken_file_of_a_folder_is_not_passed_over(run: "Run") -> None:
    """It may deny: without it nobody knows the decision."""
    write("p/z.json", '{"Statement": [')
    ran = run("simulate", "p", *ASK)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith("p/z.json:1: is not valid JSON")
    Path("p/z.json").write_bytes(b"\xff\xfe\x00")
    assert run("simulate", "p", *ASK).code == 2


def test_links_in_circles_end(run: "Run") -> None:
    """A link to a folder is not followed."""
    Path("p/again").symlink_to("..")
    assert run("simulate", "p", *ASK).code == 0


# --- diagnose


@pytest.mark.parametrize(
    ("words", "same"),
    [(("event.txt", "r/a.yaml"), ("event.txt", "--role", "r/a.yaml")),
     (("r/a.yaml", "event.txt"), ("event.txt", "--role", "r/a.yaml")),
     ((DENIED, "r/a.yaml"), ("event.txt", "--role", "r/a.yaml")),
     (("event.txt", "r/below"), ("event.txt", "--role", "r/below/b.yaml")),
     (("p/read.json", "event.txt", "p/write.json"), ("event.txt", "--policy", "p/read.json", "--policy", "p/write.json")),
     (("event.txt", "p/[rw]*.json"), ("event.txt", "--policy", "p/read.json", "--policy", "p/write.json")),
     (("event.txt", "p"), ("event.txt", "--policy", "p/read.json", "--policy", "p/write.json")),
     (("r/a.yaml", *ASK), ("--role", "r/a.yaml", *ASK))],
    ids=lambda words: " ".join(words)[:40],
)  # fmt: skip
def test_who_is_asked_may_stand_without_an_option(words: tuple[str, ...], same: tuple[str, ...], run: "Run") -> None:
    """In any order with the message."""
    ran, other = run("diagnose", *words), run("diagnose", *same)
    assert (ran.code, ran.stdout) == (other.code, other.stdout)
    assert ran.code in (0, 1)


def test_stdin_and_pipes_are_read_once(run: "Run") -> None:
    """Either may be the message or the role."""
    by_file = run("diagnose", "event.txt", "r/a.yaml").stdout
    assert run("diagnose", "-", "r/a.yaml", stdin=DENIED).stdout == by_file
    made = run("create", "r/a.yaml").stdout
    assert (
        run("diagnose", "event.txt", "-", stdin=made).stdout
        == run("diagnose", "event.txt", "--policy", "-", stdin=made).stdout
    )
    assert run("diagnose", "event.txt", "-", stdin=Path("r/a.yaml").read_text()).stdout == by_file
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text(DENIED))
    writer.start()
    assert run("diagnose", "pipe", "r/a.yaml").stdout == by_file
    writer.join()


@pytest.mark.parametrize(
    ("words", "says"),
    [(("event.txt", "r"), "r/below/b.yaml: is one of 2 roles, and one is asked; name one"),
     (("event.txt", DENIED), "there are two messages, `event.txt` and `User: arn:aws:sts::12345678901..."),
     (("event.txt", "r/no.yaml"), "r/no.yaml: there is no such file"),
     (("event.txt", "r/a.yaml", "p/read.json"), "r/a.yaml: is a role file, which goes alone"),
     (("event.txt", "r/a.yaml", "--role", "r/a.yaml"), "--role: goes without role files"),
     (("event.txt", "p/read.json", "--persona", "x"), "--persona: goes with a role, not with --policy"),
     (("event.txt", "bp.yaml"), "bp.yaml:1: is neither policies nor a rendered role, but a blueprint"),
     (("event.txt", "broken.json"), "broken.json:1: is not valid JSON"),
     (("r/a.yaml",), "there is nothing to diagnose")],
    ids=lambda words: " ".join(words)[:40],
)  # fmt: skip
def test_what_can_not_be_diagnosed_is_one_line(words: tuple[str, ...], says: str, run: "Run") -> None:
    """With the file that is meant."""
    write("bp.yaml", "accounts: {a: {id: '111111111111'}}\nroles: {}\n")
    write("broken.json", '{"Statement": [')
    ran = run("diagnose", *words)
    assert (ran.code, ran.stdout) == (2, "")
    assert len(ran.errors) == 1
    assert ran.errors[0].startswith(says)


def test_an_event_that_holds_a_policy_is_a_message(run: "Run") -> None:
    """A call that puts a policy has one in its parameters: the top of the file decides."""
    event = {"eventName": "PutBucketPolicy", "eventSource": "s3.amazonaws.com", "errorCode": "AccessDenied",
             "errorMessage": DENIED, "requestParameters": {"policy": policy("Allow", "*")}}  # fmt: skip
    write("event.json", event)
    assert (
        run("diagnose", "event.json", "r/a.yaml").stdout == run("diagnose", "event.json", "--role", "r/a.yaml").stdout
    )


def test_a_date_that_nobody_gave_is_no_absent_key(run: "Run") -> None:
    """AWS sends the time with every request: what hangs on it is a note, with the option, and no near miss."""
    Path("role.yaml").write_text("persona: sagemaker-compute\nexpires: 2026-12-24T18:00Z\n")
    asked = ("simulate", "role.yaml", "--action", "iam:CreateUser", "--resource", "arn:aws:iam::111122223333:user/x")
    found = json.loads(run(*asked, "--format", "json").stdout)
    assert not [one for one in found["nearMisses"] if one["sid"] == "Expired"]
    assert any("--context aws:CurrentTime=2026-12-24T18:00:00Z asks it" in note for note in found["notes"])
    later = run(*asked, "--context", "aws:CurrentTime=2026-12-25T00:00:00Z", "--format", "json")
    assert json.loads(later.stdout)["decision"] == "ExplicitlyDenied"
    assert "the time is not given" not in later.stdout


def test_the_trust_of_a_role_file_that_was_not_asked_is_said(run: "Run") -> None:
    """In the answer, for programs too."""
    Path("role.yaml").write_text("persona: sagemaker-compute\n")
    arn = "arn:aws:iam::111122223333:role/sagemaker-compute"
    found = json.loads(
        run("simulate", "role.yaml", "--action", "sts:AssumeRole", "--resource", arn, "--format", "json").stdout
    )
    assert any("trust policy of the role was not asked" in note for note in found["notes"])


@pytest.mark.parametrize("words", [["who-can", "s3:GetObject", "role.yaml"], ["can", "role.yaml"]])
def test_a_role_file_where_an_account_is_asked_names_what_asks_it(words: list[str], run: "Run") -> None:
    """It is in no account yet."""
    Path("role.yaml").write_text("persona: sagemaker-compute\n")
    ran = run(*words)
    assert (ran.code, len(ran.errors)) == (2, 1)
    assert "`rolemgr simulate role.yaml --action ...` asks it" in ran.errors[0]
