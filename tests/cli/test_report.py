"""`rolemgr report`: what it is about is told by content, what can't be shown is said, and nothing is half written."""

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markupsafe import escape
from tests.report.test_html import data_of

from rolemgr.report.pages.of_report_roles import MOST_WHOLE

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ROLE = "persona: sagemaker-feature-store\naccount: '123456789012'\nregion: eu-west-1\nname: churn\n"


def kind(run: "Run", *words: str, stdin: str = "") -> str:
    """Return what the report on *words* is about."""
    ran = run("report", *words, "--format", "json", stdin=stdin)
    assert (ran.code, ran.errors) == (0, [])
    return str(json.loads(ran.stdout)["report"])


def test_what_it_is_about_is_told_by_content(run: "Run") -> None:
    """Whatever the file is called, from stdin too, and without a file by options."""
    Path("a.yml").write_text(ROLE)
    Path("roles").mkdir()
    Path("roles/one.yaml").write_text(ROLE)
    Path("roles/two.yaml").write_text(ROLE.replace("churn", "fraud"))
    Path("role.json").write_text(json.dumps({"persona": "sagemaker-feature-store", "account": "123456789012"}))
    shutil.copy(EXAMPLES / "audit/account.json", "saved")
    assert kind(run, "a.yml") == "role"
    assert kind(run, "roles") == kind(run, "a.yml", "roles/*.yaml") == "roles"
    assert kind(run, "--persona", "sagemaker-feature-store") == "role"
    assert kind(run, "-", stdin=Path("saved").read_text()) == "audit"
    assert kind(run, "-", stdin=ROLE) == kind(run, "role.json") == "role"
    assert kind(run, str(EXAMPLES / "blueprint-single")) == "blueprint"


def test_the_settings_of_a_folder_choose_a_role(run: "Run") -> None:
    """As for every other command; without them it is the catalog."""
    Path("rolemgr.yaml").write_text("persona: sagemaker-feature-store\naccount: '123456789012'\n")
    assert kind(run) == "role"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["policy.json"], "policy.json:1: is not a role file, but policies; `rolemgr check`, `simulate` and `diff` take it"),
        (["a.yaml", "account.json"],
         "account.json: is an inventory, and a.yaml is not; a report is about the one or the other"),
        (["account.json", "--persona", "x"],
         "--persona: goes with a role, and an inventory is given; leave one of them out"),
        (["a.yaml", "--as-of", "2026-01-01"], "--as-of: goes with an inventory; give what `rolemgr audit` takes"),
        (["account.json", "--as-of", "soon"], "--as-of: `soon` is not a day; such as 2026-11-28"),
        (["data-scientist"], "data-scientist: there is no such file; did you mean --persona data-scientist?"),
        (["--bucket", "x"],
         "--bucket: goes with a role, and none is chosen; give --persona NAME or --role FILE"),
        (["a.yaml", "--format", "html", "-o", "x.json"],
         "x.json: is named as JSON, and the result is HTML; give another name, or another --format"),
    ],
)  # fmt: skip
def test_what_it_can_not_be_about_is_said(words: list[str], error: str, run: "Run") -> None:
    """In one line, and no file is written."""
    Path("a.yaml").write_text(ROLE)
    Path("policy.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    shutil.copy(EXAMPLES / "audit/account.json", "account.json")
    before = sorted(Path().iterdir())
    ran = run("report", *words, *(["-o", "r.html"] if "-o" not in words else []))
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [error])
    assert sorted(Path().iterdir()) == before


def test_a_role_file_that_makes_no_role_stops_no_other(run: "Run") -> None:
    """The page has the others; what is wrong is said, and the exit code is 2."""
    Path("roles").mkdir()
    for name in ("one", "two", "three"):
        Path(f"roles/{name}.yaml").write_text(ROLE.replace("churn", name))
    Path("roles/three.yaml").write_text("persona: data-sientist\n")
    ran = run("report", "roles", "-o", "r.json")
    assert ran.code == 2
    assert ran.errors[0].startswith("roles/three.yaml:1: ")
    assert [one["name"] for one in json.loads(Path("r.json").read_text())["roles"]] == ["one", "two"]


def test_roles_of_one_name_keep_their_own_columns(run: "Run") -> None:
    """By their accounts, or by their files."""
    Path("roles").mkdir()
    Path("roles/one.yaml").write_text(ROLE)
    Path("roles/two.yaml").write_text(ROLE.replace("123456789012", "210987654321"))
    ran = run("report", "roles", "--format", "json")
    data = json.loads(ran.stdout)
    assert data["matrices"]["resources"]["columns"] == ["123456789012/churn", "210987654321/churn"]


def test_an_entry_of_a_catalog_that_can_not_be_shown_is_named(run: "Run", user_catalog: "UserCatalog") -> None:
    """A persona that needs a value, whose column would be empty, and a guardrail whose example does not fit."""
    folder = user_catalog(
        {
            "personas/needy.yaml": "title: Needy\ndescription: D.\nactivity_groups: [needs]\n",
            "activity_groups/needs.yaml": (
                "title: Needs\ndescription: D.\nparameters:\n  things: {type: string, help: Things.}\nstatements:\n"
                '  - {sid: Jobs, actions: sagemaker:CreateTrainingJob, resources: "arn:{{ partition }}:sagemaker:'
                '{{ region }}:{{ account }}:training-job/{{ things }}"}\n'
            ),
        }
    )
    ran = run("report", "--catalog", str(folder))
    data = json.loads(data_of(ran.stdout))
    assert ran.code == 0
    assert "things" in data["not_shown"]["persona needy"]
    assert "needy" not in data["matrices"]["capabilities"]["columns"]
    assert "needy" in data["matrices"]["groups"]["columns"]
    page = ran.stdout.partition('id="data"')[0]
    assert "some entries are not shown, below" in page
    assert "persona needy" in page


def test_the_command_that_has_all_chooses_the_same(run: "Run") -> None:
    """With the options of this run: of the roles that a page has no room for the statements are left out."""
    Path("my roles").mkdir()
    for number in range(MOST_WHOLE + 1):
        Path(f"my roles/{number}.yaml").write_text(ROLE.replace("churn", f"r{number}"))
    ran = run("report", "my roles", "--tag", "a=b c")
    command = "rolemgr report --tag 'a=b c' 'my roles' --format json -o report.json"
    page = re.sub("</?span[^>]*>", "", ran.stdout)  # each option is one, which does not break
    assert f"the statements of 1 of {MOST_WHOLE + 1} roles; all of them: <code>{escape(command)}</code>" in page
    assert ran.stdout.count("Statements of r") == MOST_WHOLE
    assert len(json.loads(data_of(ran.stdout))["roles"]) == MOST_WHOLE + 1
