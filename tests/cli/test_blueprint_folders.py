"""A folder that holds a blueprint stands for it, with every command that takes blueprints."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

BLUEPRINT = """\
region: eu-west-1
accounts: {{one: {{id: '111111111111'}}}}
roles: {{one/{}: {{persona: business-analyst}}}}
"""
ROLE = "persona: business-analyst\naccount: '123456789012'\nregion: eu-west-1\n"
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
COMMANDS = [
    ("prove",), ("preview",), ("check",), ("show", "blueprint"), ("who-can", "sagemaker:ListModels"),
    ("can", "one/analyst"), ("plan",), ("drift",), ("apply", "--yes"), ("build", "-o", "out"),
]  # fmt: skip


@pytest.fixture
def folder() -> None:
    """A folder with a blueprint."""
    write("p/blueprint.yaml", BLUEPRINT.format("analyst"))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_folder_stands_for_its_blueprint(words: tuple[str, ...], run: "Run") -> None:
    """As if its file were named; without credentials `plan` says the same of both."""
    by_name = run(*words, "p/blueprint.yaml")
    assert by_name.code != 2
    for name in ("p", "p*"):
        ran = run(*words, name)
        assert (ran.code, ran.stdout) == (by_name.code, by_name.stdout)
        assert ("error:" in ran.stderr) == ("error:" in by_name.stderr)


@pytest.mark.usefixtures("folder")
def test_the_folder_that_we_are_in(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` is a folder as any other, and a blueprint of another name stands for it where it is the only one."""
    monkeypatch.chdir("p")
    write(".draft.yaml", BLUEPRINT.format("draft"))
    Path("blueprint.yaml").rename("ours.yml")
    assert run("preview", ".").stdout == run("preview", "./ours.yml").stdout
    assert run("preview", "--role", ".").stdout == run("preview", "./ours.yml").stdout


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", [one for one in COMMANDS if one[0] != "check"], ids=" ".join)
def test_several_blueprints_are_one_clear_line(words: tuple[str, ...], run: "Run") -> None:
    """None of them is guessed."""
    Path("p/blueprint.yaml").rename("p/a.yaml")
    write("p/b.yaml", BLUEPRINT.format("b"))
    ran = run(*words, "p")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors == ["p: has 2 blueprints, and none of them is blueprint.yaml; name one, such as p/a.yaml"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["prove", "preview", "plan", "apply", "drift"])
def test_role_files_in_the_same_folder_are_not_left_out(command: str, run: "Run") -> None:
    """Nobody knows which are meant; the settings of the folder are not a role."""
    write("p/rolemgr.yaml", "persona: data-scientist\n")
    write("p/roles/a.yaml", ROLE)
    ran = run(command, "p")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors == [
        "p: has a blueprint, p/blueprint.yaml, and role files, such as p/roles/a.yaml; name the one or the others"
    ]


@pytest.mark.usefixtures("folder")
def test_check_judges_blueprints_and_the_rest_of_a_folder(run: "Run") -> None:
    """Nothing in the folder goes unjudged, and each is judged as it is by itself."""
    alone = json.loads(run("check", "p/blueprint.yaml", "--format", "json").stdout)
    assert alone["checked"] > 0
    write("p/admin.json", ADMIN)
    write("p/a.yaml", ROLE)
    write("p/b/.other.yaml", BLUEPRINT.format("other"))
    ran = run("check", "p", "--format", "json")
    found = json.loads(ran.stdout)
    role = json.loads(run("check", "p/a.yaml", "--format", "json").stdout)
    assert found["checked"] == 2 * alone["checked"] + role["checked"] + 1
    assert "p/admin.json" in {one["path"] for one in found["findings"]}
    assert run("check", "p", "--account", "one").errors == [
        "--account: goes with one blueprint, and other files stand beside it; name the blueprint:"
        " `rolemgr check p/b/.other.yaml --account ...`"
    ]


@pytest.mark.usefixtures("folder")
def test_options_pick_of_a_blueprint_that_is_alone_in_its_folder(run: "Run") -> None:
    """As where it is named; a type of policies is refused."""
    ran = run("check", "p", "--account", "one")
    assert (ran.code, ran.stdout) == (0, run("check", "p/blueprint.yaml", "--account", "one").stdout)
    assert run("check", "p", "--account", "two").code == 2
    assert run("check", "p", "--type", "scp").errors == ["--type: goes with policy files, not with a blueprint"]


@pytest.mark.usefixtures("folder")
def test_a_wrong_blueprint_stops_no_other_file(run: "Run") -> None:
    """Its line is said and counts for the exit code; alone it is the only line."""
    write("p/blueprint.yaml", BLUEPRINT.format("analyst").replace("business-analyst", "nobody"))
    alone = run("check", "p")
    assert (alone.code, alone.stdout) == (2, "")
    assert alone.errors[0].startswith("p/blueprint.yaml:3: unknown persona `nobody`")
    write("p/admin.json", ADMIN)
    ran = run("check", "p")
    assert ran.code == 2
    assert "p/admin.json" in ran.stdout
    assert ran.errors == alone.errors


@pytest.mark.usefixtures("folder")
def test_a_catalog_folder_with_a_blueprint(run: "Run") -> None:
    """Both are judged: the entries, and what the blueprint makes."""
    write("p/personas/nobody.yaml", "title: T\ndescription: D.\nactivity_groups: [read-data]\n")
    alone = json.loads(run("check", "p/blueprint.yaml", "--format", "json").stdout)
    Path("p/blueprint.yaml").rename("x.yaml")
    entries = json.loads(run("check", "p", "--format", "json").stdout)
    Path("x.yaml").rename("p/blueprint.yaml")
    assert json.loads(run("check", "p", "--format", "json").stdout)["checked"] == alone["checked"] + entries["checked"]


@pytest.mark.usefixtures("folder")
def test_diff_of_folders_compares_their_blueprints(run: "Run") -> None:
    """Whatever they are called, with the other files; on one side a file will do."""
    write("q/ours.yaml", BLUEPRINT.format("analyst") + "max_session: 2h\n")
    by_name = run("diff", "p/blueprint.yaml", "q/ours.yaml")
    assert by_name.code == 1
    for words in (("p", "q"), ("p/blueprint.yaml", "q"), ("p", "q/ours.yaml")):
        ran = run("diff", *words)
        assert (ran.code, ran.stdout) == (1, by_name.stdout)
    write("q/admin.json", ADMIN)
    ran = run("diff", "p", "q")
    assert "admin.json" in ran.stdout
    assert by_name.stdout.splitlines()[0] in ran.stdout
    write("q/admin.json", "{}")
    assert run("diff", "p", "q", "--type", "scp").errors == ["--type: goes with policy files, not with blueprints"]


@pytest.mark.usefixtures("folder")
def test_diff_of_a_blueprint_on_one_side(run: "Run") -> None:
    """All that it makes is new, or gone; one that is wrong is said, and the rest is compared."""
    write("q/a.json", ADMIN)
    write("p/a.json", ADMIN)
    found = json.loads(run("diff", "q", "p", "--format", "json").stdout)
    assert [one["file"] for one in found["added"]] == ["one/analyst"]
    write("p/blueprint.yaml", BLUEPRINT.format("analyst").replace("business-analyst", "nobody"))
    ran = run("diff", "q", "p")
    assert ran.code == 2
    assert ran.errors[0].startswith("blueprint.yaml is not compared: p/blueprint.yaml:3: unknown persona")


@pytest.mark.usefixtures("folder")
def test_an_inventory_beside_a_blueprint_is_not_left_out(run: "Run") -> None:
    """A blueprint says all by itself; what a build wrote in a folder below is no inventory."""
    assert run("build", "p", "-o", "p/build").code == 0
    assert run("can", "one/analyst", "p").code == 0
    write("p/account.json", {"RoleDetailList": []})
    assert run("can", "one/analyst", "p").errors == [
        "p/blueprint.yaml: is a blueprint, and says all by itself; p/account.json is beside it;"
        " name the one or the other"
    ]


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_can_not_be_searched_is_said(run: "Run") -> None:
    """It may hold role files."""
    Path("p/closed").mkdir(mode=0o000)
    assert run("prove", "p").errors == ["p/closed: can't be searched: Permission denied"]


def test_hostile_folders_end_in_one_line(run: "Run") -> None:
    """Links in circles, pipes, files that are no text: nothing hangs, nothing is guessed."""
    Path("h").mkdir()
    assert run("prove", "h").errors == ["h: holds no role file"]
    Path("h/circle").symlink_to(".")
    Path("h/blueprint.yaml").symlink_to("blueprint.yaml")
    os.mkfifo("h/pipe.yaml")
    Path("h/binary.yaml").write_bytes(b"\xff\x00accounts:")
    for words in (("prove",), ("show", "blueprint"), ("build",)):
        ran = run(*words, "h")
        assert (ran.code, ran.stdout) == (2, "")
        assert 1 <= len(ran.errors) <= 3, ran.stderr
