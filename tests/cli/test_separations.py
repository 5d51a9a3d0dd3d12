"""What personas must never be able to do, as `list`, `show` and `preview` tell it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolemgr.catalog.load import Catalog
from rolemgr.files.yaml import read_yaml

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

OURS = """\
title: No queues
why: Queues are another team's.
never:
  - sqs:CreateQueue
  - action: sqs:SendMessage
    resource: "arn:{{ partition }}:sqs:*:{{ account }}:*"
    except: to the queue of this project
    except_on: "arn:{{ partition }}:sqs:*:{{ account }}:project"
"""
CHILD = """\
title: Child
description: Inherits what its base must never do.
extends: tester
add: run-batch-transform
never: [iam:CreateUser]
"""


def _with_separation(catalog: Path) -> None:
    (catalog / "separations").mkdir()
    (catalog / "separations/no-queues.yaml").write_text(OURS, "utf-8")
    persona = catalog / "personas/tester.yaml"
    persona.write_text(persona.read_text("utf-8") + "never: [no-queues, sns:DeleteTopic]\n", "utf-8")
    (catalog / "personas/child.yaml").write_text(CHILD, "utf-8")


def test_list_has_every_separation_and_whom_it_holds_for(small_catalog: Path, run: "Run") -> None:
    """Personas that inherit a separation are named with those that write it."""
    _with_separation(small_catalog)
    ours = {
        entry["id"]: entry for entry in result(run("list", "separations", "--catalog", "catalog", "--format", "json"))
    }
    assert list(ours) == sorted(Catalog((Path("catalog"),)).found("separations"))
    assert ours["no-queues"] == {
        "id": "no-queues", "file": "catalog/separations/no-queues.yaml", "builtin": False,
        "title": "No queues", "personas": ["child", "tester"],
    }  # fmt: skip
    assert "data-scientist" in ours["no-deployment"]["personas"]
    assert "mlops-engineer" not in ours["no-deployment"]["personas"]
    row = next(
        line for line in run("list", "separations", "--catalog", "catalog").stdout.splitlines() if "no-queues" in line
    )
    assert row.split() == ["no-queues", "No", "queues", "child,", "tester", "catalog/separations/no-queues.yaml"]


def test_show_separation_is_sentences_for_people_and_the_file_for_programs(small_catalog: Path, run: "Run") -> None:
    """Each entry ends in its exceptions and its line; JSON has the file's own fields."""
    _with_separation(small_catalog)
    shown = _flat(run("show", "separation", "no-queues", "--catalog", "catalog").stdout)
    assert "Queues are another team's." in shown
    assert "sqs:CreateQueue catalog/separations/no-queues.yaml:4" in shown
    assert "except to the queue of this project catalog/separations/no-queues.yaml:5" in shown
    data = result(run("show", "separation", "no-queues", "--catalog", "catalog", "--format", "json"))
    file = read_yaml(small_catalog / "separations/no-queues.yaml").data
    assert data["never"][0] == {"action": file["never"][0]}
    assert data["never"][1] == file["never"][1] | {"except_on": [file["never"][1]["except_on"]]}
    assert (data["title"], data["why"], data["personas"]) == (file["title"], file["why"], ["child", "tester"])


def test_an_unknown_separation_is_named_with_the_nearest(run: "Run") -> None:
    """Misspelt, and spelt like nothing there is."""
    ran = run("show", "separation", "no-deploymnt")
    assert (ran.code, ran.errors) == (2, ["unknown separation `no-deploymnt`; did you mean no-deployment?"])
    ran = run("show", "separation", "zzzz")
    assert (ran.code, ran.errors) == (2, ["unknown separation `zzzz`; see `rolemgr list separations`"])


def test_persona_json_has_what_it_inherits_and_what_it_does_indirectly(small_catalog: Path, run: "Run") -> None:
    """The fields of the file beside what they come to: `never` of a base and of separations, and indirect ways."""
    _with_separation(small_catalog)
    data = result(run("show", "persona", "child", "--catalog", "catalog", "--format", "json"))
    assert data["never"] == [{"action": "iam:CreateUser"}]
    never = data["resolved"]["Never"]
    assert [(one["Action"], one.get("Separation")) for one in never] == [
        ("sqs:CreateQueue", "no-queues"), ("sqs:SendMessage", "no-queues"),
        ("sns:DeleteTopic", None), ("iam:CreateUser", None),
    ]  # fmt: skip
    assert never[1]["Says"].endswith("except to the queue of this project")
    assert [one["Where"] for one in never[:2]] == [f"catalog/separations/no-queues.yaml:{line}" for line in (4, 5)]
    assert {one["Through"] for one in data["resolved"]["Indirect"]} == {"run-batch-transform"}
    listed = result(run("list", "personas", "--catalog", "catalog", "--format", "json"))
    assert next(one for one in listed if one["id"] == "child")["separations"] == ["no-queues"]


def test_preview_names_the_separations_that_shape_the_role(small_catalog: Path, run: "Run") -> None:
    """By name, with the reason, and the values of the role in place of the placeholders."""
    _with_separation(small_catalog)
    role = (
        "preview",
        "--persona",
        "child",
        "--catalog",
        "catalog",
        "--account",
        "123456789012",
        "--region",
        "eu-west-1",
    )
    shown = _flat(run(*role, "--full").stdout)
    assert "no-queues No queues: Queues are another team's." in shown
    assert "sqs:SendMessage on arn:aws:sqs:*:123456789012:*, except to the queue of this project" in shown
    data = result(run(*role, "--format", "json"))
    assert data["Separations"] == ["no-queues"]
    assert [one["Says"] for one in data["Never"]] == [
        "sqs:CreateQueue",
        "sqs:SendMessage on arn:aws:sqs:*:123456789012:*, except to the queue of this project",
        "sns:DeleteTopic",
        "iam:CreateUser",
    ]
    assert {one["Through"] for one in data["Indirect"]} == {"run-batch-transform"}


def test_exceptions_without_words_have_the_values_of_the_role(small_catalog: Path, run: "Run") -> None:
    """A reviewer reads ARNs of the role's account, never a placeholder."""
    _with_separation(small_catalog)
    file = small_catalog / "separations/no-queues.yaml"
    file.write_text(OURS.replace("    except: to the queue of this project\n", ""), "utf-8")
    role = (
        "preview",
        "--persona",
        "child",
        "--catalog",
        "catalog",
        "--account",
        "123456789012",
        "--region",
        "eu-west-1",
    )
    data = result(run(*role, "--format", "json"))
    assert data["Never"][1]["Says"].endswith(", except on arn:aws:sqs:*:123456789012:project")


def test_what_a_persona_is_let_off_is_in_the_json(run: "Run") -> None:
    """With the reason that the persona's file gives."""
    excused = result(run("show", "persona", "mlops-emergency", "--format", "json"))["resolved"]["LetOff"]
    preview = result(run("preview", "--persona", "mlops-emergency", "--format", "json"))
    assert excused == preview["LetOff"]
    assert all(one["Reason"] and one["Where"].startswith("personas/mlops-emergency.yaml:") for one in excused)
    assert excused


def result(ran: "Ran") -> Any:
    """Return the JSON document on stdout of a command that went well."""
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


def _flat(text: str) -> str:
    """Return *text* without the lines of its trees and the breaks that a terminal's width makes."""
    return " ".join("".join(" " if letter in "│├└─" else letter for letter in text).split())
