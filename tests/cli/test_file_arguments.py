"""Files are arguments: role files, policies, tests and inventories by name, folder and quoted pattern."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

ROLE = "persona: business-analyst\nname: {}\naccount: '123456789012'\nregion: eu-west-1\n"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TESTS = """\
policies: [../p/read.json]
cases:
  - name: reads
    request: {action: s3:GetObject, resource: "arn:aws:s3:::acme/a.csv"}
    expect: Allowed
"""
BLUEPRINT = "accounts: {a: {id: '111111111111'}}\nroles: {}\n"


@pytest.fixture
def files() -> None:
    """One of each kind."""
    write("r/a.yaml", ROLE.format("a"))
    write("r/b.yaml", ROLE.format("b"))
    write("p/read.json", POLICY)
    write("t/read.yaml", TESTS)
    write("b/x.yaml", BLUEPRINT)
    write("made.json", {"RoleName": "r", "AssumeRolePolicyDocument": {}})


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("words", [("r",), ("r/a.yaml", "r/b.yaml"), ("r/*.yaml",), ("r/**",)], ids=str)
def test_check_takes_role_files(words: tuple[str, ...], run: "Run") -> None:
    """By name, folder and pattern; as `--role` does."""
    ran = run("check", *words, "--format", "json", "--region", "eu-central-1")
    assert ran.stdout == run("check", "--role", "r/*.yaml", "--format", "json", "--region", "eu-central-1").stdout
    assert json.loads(ran.stdout)["checked"] > 1


@pytest.mark.usefixtures("files")
def test_role_files_among_policies_are_judged(run: "Run") -> None:
    """They were counted among what holds no policy; settings of the folder and what has a tag of others still are."""
    write("p/admin.json", ADMIN)
    write("rolemgr.yaml", "persona: data-scientist\n")
    write("r/not-ours.yaml", "trust: all\nother: 1\n")
    write("r/stack.yaml", "# persona\nResources: {B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref N}}}\n")
    ran = run("check", ".", "--format", "json")
    checked = [
        json.loads(run("check", *paths, "--format", "json").stdout)["checked"] for paths in (["r"], ["p", "made.json"])
    ]
    assert min(checked) > 1
    assert json.loads(ran.stdout)["checked"] == sum(checked)
    assert "p/admin.json" in {one["path"] for one in json.loads(ran.stdout)["findings"]}
    assert any("hold no policy" in note for note in ran.notes)
    assert run("check", "p", "r", "--region", "eu-west-1").errors == [
        "--region: goes with a role, not with policy files"
    ]


@pytest.mark.usefixtures("files")
def test_a_blueprint_among_other_files_is_said(run: "Run") -> None:
    """It goes alone where it is named; in a folder it is judged with the rest (test_blueprint_folders)."""
    assert run("check", "b/x.yaml", "p/read.json").errors == [
        "b/x.yaml: is a blueprint, which goes alone; give the others in another run"
    ]


@pytest.mark.usefixtures("files")
def test_a_wrong_role_file_stops_no_other(run: "Run") -> None:
    """Its line is said, the rest is judged, and the exit code is 2."""
    write("p/admin.json", ADMIN)
    write("r/c.yaml", "persona: data-scientits\n")
    ran = run("check", ".")
    assert ran.code == 2
    assert "p/admin.json" in ran.stdout
    assert any(one.startswith("r/c.yaml:1: unknown persona") for one in ran.errors), ran.stderr


@pytest.mark.usefixtures("files")
def test_a_role_file_that_names_a_policy_is_a_role_file(run: "Run") -> None:
    """An ARN in it is not an attachment of a role that nobody knows: it stops nothing, and is judged with the role."""
    write("r/c.yaml", ROLE.format("c") + "managed_policy: ['arn:aws:iam::123456789012:policy/own']\n")
    ran = run("check", "r", "--format", "json")
    assert ran.code == 0
    assert {one["path"] for one in json.loads(ran.stdout)["not_judged"]} == {"r/c.yaml"}
    assert ran.stdout == run("check", "--role", "r", "--format", "json").stdout


@pytest.mark.usefixtures("files")
def test_a_role_file_on_stdin(run: "Run") -> None:
    """As policies on stdin; the options of a role go with it."""
    text = Path("r/a.yaml").read_text()
    ran = run("check", "-", "--format", "json", "--region", "eu-central-1", stdin=text)
    assert ran.stdout == run("check", "--role", "-", "--format", "json", "--region", "eu-central-1", stdin=text).stdout
    assert run("check", "-", "p", stdin=text).errors == [
        "<stdin>: is a role file, which goes alone; give the others in another run"
    ]


@pytest.mark.usefixtures("files")
def test_fix_leaves_role_files_as_they_are(run: "Run") -> None:
    """Nothing of them is mechanical; they are judged all the same."""
    before = Path("r/a.yaml").read_text()
    assert run("check", "r", "--fix").code == 0
    assert Path("r/a.yaml").read_text() == before


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "words",
    [("check", "no/*.json"), ("test", "no/*.yaml"), ("audit", "no/*"), ("can", "x", "no/*"), ("migrate", "no*.json"),
     ("who-can", "s3:GetObject", "no/*"), ("simulate", "no/*", "--action", "s3:GetObject")],
    ids=str,
)  # fmt: skip
def test_a_pattern_that_matches_nothing_is_said(words: tuple[str, ...], run: "Run") -> None:
    """It is not an empty list, and not a file of that name."""
    ran = run(*words)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].endswith(": matches no file; patterns begin at this folder")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "whole"),
    [(("check", "p/*.json"), ("check", "p/read.json")), (("test", "t/*"), ("test", "t/read.yaml")),
     (("simulate", "p/*", "--action", "s3:GetObject"), ("simulate", "p/read.json", "--action", "s3:GetObject")),
     (("migrate", "p/r*.json", "--persona", "sagemaker-glue"), ("migrate", "p/read.json", "--persona", "sagemaker-glue"))],
    ids=str,
)  # fmt: skip
def test_a_quoted_pattern_is_what_the_shell_makes_of_it(
    words: tuple[str, ...], whole: tuple[str, ...], run: "Run"
) -> None:
    """A file that has such characters in its name is meant itself."""
    one, other = run(*words), run(*whole)
    assert (one.code, one.stdout.replace("p/r*.json", "p/read.json"), other.stderr) == (
        other.code, other.stdout, other.stderr,
    )  # fmt: skip


def test_a_name_with_brackets_is_a_file(run: "Run") -> None:
    """No pattern, as long as there is such a file or folder."""
    write("a[1]/p[2].json", POLICY)
    assert run("check", "a[1]/p[2].json").code == run("check", "a[1]").code == 0


@pytest.mark.parametrize("is_folder", [False, True], ids=["file", "folder"])
def test_a_file_called_as_a_pattern_hides_no_other(is_folder: bool, run: "Run") -> None:
    """A pull request that adds one would switch off what CI checks; the others are meant too."""
    write("p/admin.json", ADMIN)
    write("r/a.yaml", ROLE.format("a"))
    write("r/b.yaml", ROLE.format("b"))
    write("p/*.json/x.json" if is_folder else "p/*.json", POLICY)
    write("r/*.yaml/x.yaml" if is_folder else "r/*.yaml", ROLE.format("c"))
    assert run("check", "p/*.json").code == 1
    assert run("create", "--role", "r/*.yaml", "-o", "out").code == 0
    assert {one.name for one in Path("out").iterdir()} >= {"a.json", "b.json"}
    assert run("diagnose", "p/*.json", "--action", "iam:CreateUser", "--resource", "*").stdout.startswith("Allowed")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "says"),
    [(("test", "r/a.yaml"), "r/a.yaml:1: is not policy tests, but a role file"),
     (("test", "made.json"), "made.json:1: is not policy tests, but a rendered role"),
     (("audit", "r/a.yaml"), "r/a.yaml:1: is not an inventory, but a role file"),
     (("can", "x", "t/read.yaml"), "t/read.yaml:1: is not an inventory, but policy tests"),
     (("who-can", "s3:GetObject", "r"), "r/a.yaml:1: is not an inventory, but a role file"),
     (("migrate", "r/a.yaml"), "r/a.yaml:1: is a role file already"),
     (("diff", "t/read.yaml", "r/a.yaml"), "t/read.yaml:1: is neither policies nor a rendered role, but policy tests"),
     (("simulate", "t/read.yaml", "--action", "s3:GetObject"), "t/read.yaml:1: is neither policies nor"),
     (("simulate", "t", "--action", "s3:GetObject"), "t: holds no role file and no policies of a principal"),
     (("diagnose", "t/read.yaml", "--action", "s3:GetObject"), "t/read.yaml:1: is neither policies nor"),
     (("create", "made.json"), "made.json:1: is not a role file, but a rendered role"),
     (("plan", "made.json"), "made.json:1: is not a role file, but a rendered role"),
     (("build", "r"), "r: has no blueprint"),
     (("build", "r/a.yaml"), "r/a.yaml:1: is not a blueprint, but a role file"),
     (("diff", "r/aa.yaml", "r/a.yaml"), "r/aa.yaml: can't be read"),
     (("diff", "rr/", "r/"), "r/: is a folder, and rr/ is none"),
     (("diff", "v1", "v2"), "v1: there is no such file or folder; revisions have paths, such as `rolemgr diff v1:"),
     (("check", "r", "--role", "r/a.yaml"), "--role: goes without role files"),
     (("check", "r", "--persona", "ml-engineer"), "--persona: goes without role files"),
     (("check", "t/read.yaml"), "t/read.yaml: holds no policy")],
    ids=str,
)  # fmt: skip
def test_another_kind_is_refused_with_what_it_is(words: tuple[str, ...], says: str, run: "Run") -> None:
    """By its content, in a line that says what was expected; not by the keys that it lacks."""
    ran = run(*words)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith(says), ran.stderr


@pytest.mark.usefixtures("files")
def test_build_takes_the_folder_of_a_blueprint(run: "Run") -> None:
    """Its `blueprint.yaml`, or its only one."""
    assert run("build", "b", "-o", "one").stderr == run("build", "b/x.yaml", "-o", "one2").stderr.replace("one2", "one")
    write("b/y.yaml", BLUEPRINT)
    assert run("build", "b").errors == [
        "b: has 2 blueprints, and none of them is blueprint.yaml; name one, such as b/x.yaml"
    ]
    write("b/blueprint.yaml", BLUEPRINT)
    assert run("build", "b").code == run("build", "b/blueprint.yaml").code
