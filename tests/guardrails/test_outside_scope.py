"""A guardrail says what its scope leaves open: actions that carry its keys, on the things that it judges."""

import json
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_check_catalog import findings

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.judges import left_out
from rolemgr.model.guardrail import Scope
from rolemgr.reference import quirks
from rolemgr.reference.services import action_names, find_action

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

CATALOG = Catalog()
COST = """\
title: T
description: D.
scope: [{scope}]
parameters: {{centers: {{type: string, many: true, help: H}}}}
deny:
  - sid: WrongCenter
    actions: supported
    conditions:
      StringNotEquals: {{"aws:RequestTag/CostCenter": "{{{{ centers }}}}"}}
      "Null": {{"aws:RequestTag/CostCenter": "false"}}
{more}"""
CHOSEN = ("--persona", "ml-engineer", "--catalog", "catalog", "--guardrail", "cost=c-1", "--no-default-guardrails")


def _simulated(run: "Run", action: str, resource: str, *more: str) -> str:
    """Return the decision on *action* with a wrong tag."""
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:{resource}"
    asked = ("--action", f"sagemaker:{action}", "--resource", arn, "--context", "aws:RequestTag/CostCenter=no")
    decision: str = json.loads(run("simulate", *CHOSEN, *more, *asked, "--format", "json").stdout)["decision"]
    return decision


@pytest.mark.parametrize("name", CATALOG.found("guardrails"))
def test_no_scope_of_ours_leaves_out_what_carries_its_keys(name: str) -> None:
    """What makes or changes the same things and carries the keys is judged, or named as what bypasses it."""
    guardrail = CATALOG.guardrail(name).value
    assert [found for deny in guardrail.deny for found in left_out(guardrail, deny)] == []


def test_the_scope_of_tags_has_all_that_tags() -> None:
    """By the reference: each action of SageMaker whose request can carry tags or their keys."""
    keys = {"aws:requesttag/", "aws:tagkeys"}
    known = (action for name in action_names("sagemaker").values() if (action := find_action(name)))
    assert list(quirks.scope_actions("tags")) == sorted(one.name for one in known if keys & one.condition_keys)
    assert set(quirks.scope_names()) == {str(one) for one in Scope}


def test_an_endpoint_is_of_the_endpoints(run: "Run", user_catalog: "UserCatalog") -> None:
    """A wrong tag is denied on it as on its configuration; a tag that is put on later is left open, and said."""
    user_catalog({"guardrails/cost.yaml": COST.format(scope="models, endpoints", more="")})
    assert _simulated(run, "CreateEndpoint", "endpoint/a") == "ExplicitlyDenied"
    assert _simulated(run, "AddTags", "pipeline/a") == "Allowed"
    assert _simulated(run, "AddTags", "pipeline/a", "--strict") == "ExplicitlyDenied"
    made = run("create", *CHOSEN)
    assert "guardrail cost does not narrow sagemaker:AddTags" in made.stderr
    (only,) = findings(run, "catalog")
    assert (only["rule"], only["line"], only["action"]) == ("RM005", 7, "sagemaker:AddTags")


@pytest.mark.parametrize(
    ("scope", "more"),
    [("tags", ""), ("models", "bypassed_by: [{action: 'sagemaker:AddTags', why: tags are put on by a job alone}]\n")],
)
def test_a_wider_scope_or_a_reason_answers_it(run: "Run", user_catalog: "UserCatalog", scope: str, more: str) -> None:
    """The scope of tags denies a wrong tag at any time; what the author names is a decision."""
    user_catalog({"guardrails/cost.yaml": COST.format(scope=scope, more=more)})
    assert findings(run, "catalog") == []
    assert "does not narrow" not in run("create", *CHOSEN).stderr
    denied = _simulated(run, "AddTags", "pipeline/a")
    assert denied == ("ExplicitlyDenied" if scope == "tags" else "Allowed")


def test_a_key_of_any_request_is_no_sign_of_kinship(run: "Run", user_catalog: "UserCatalog") -> None:
    """Each action carries the Region: what the Deny is about is the author's choice."""
    text = COST.format(scope="jobs", more="").replace("aws:RequestTag/CostCenter", "aws:RequestedRegion")
    user_catalog({"guardrails/cost.yaml": text})
    assert findings(run, "catalog") == []


def test_a_guardrail_on_tags_that_may_be_left_out_is_proven(run: "Run", user_catalog: "UserCatalog") -> None:
    """It denies a wrong tag; that there is one it does not promise."""
    user_catalog({"guardrails/cost.yaml": COST.format(scope="models", more="")})
    proven = run("prove", *CHOSEN)
    assert proven.code == 0, proven.stdout


def test_show_names_the_actions_of_each_scope_and_deny(run: "Run", user_catalog: "UserCatalog") -> None:
    """The author sees what is judged, and what is left out."""
    user_catalog({"guardrails/cost.yaml": COST.format(scope="models", more="")})
    asked = ("show", "guardrail", "cost", "--catalog", "catalog")
    shown = json.loads(run(*asked, "--format", "json").stdout)
    assert shown["scope_actions"] == {"models": ["sagemaker:CreateModel"]}
    assert shown["judged_actions"] == {"WrongCenter": ["sagemaker:CreateModel"]}
    assert shown["left_out"] == {"WrongCenter": ["sagemaker:AddTags"]}
    text = " ".join(run(*asked).stdout.replace("│", " ").split())
    assert "models what a model is made of before anything runs it" in text
    assert "outside of the scope, and not judged: sagemaker:AddTags" in text
