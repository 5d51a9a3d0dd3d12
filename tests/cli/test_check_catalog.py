"""`rolemgr check our-catalog/`: each entry is judged for itself, and the built-in catalog is the measure."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import write

from rolemgr.catalog.load import builtin_folder

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

GROUP = """\
title: T
description: D.
statements:
  - sid: Tell
    actions: [{action}]
    resources: "arn:aws:sns:eu-west-1:111122223333:t"
"""


def findings(run: "Run", *args: str) -> list[dict[str, Any]]:
    """Return what a check with *args* finds."""
    found: list[dict[str, Any]] = json.loads(run("check", *args, "--format", "json").stdout)["findings"]
    return found


def test_every_wrong_entry_is_found_at_its_line(run: "Run", user_catalog: "UserCatalog") -> None:
    """A misspelt action, key, separation and key of a file; one that is wrong stops no other."""
    user_catalog(
        {
            "activity_groups/tell.yaml": GROUP.format(action="sns:Publsh"),
            "guardrails/isolated.yaml": (
                "title: T\ndescription: D.\nscope: [jobs]\ndeny:\n"
                "  - {sid: A, actions: supported, conditions: {Bool: {sagemaker:NetworkIsolatio: 'false'}}}\n"
            ),
            "separations/quiet.yaml": "title: T\nwhy: W.\nnever: [sns:Publsh]\n",
            "personas/teller.yaml": "title: T\ndescription: D.\nactivity_groups: [tel]\n",
            "scps/mine.yaml": "titl: T\n",
        }
    )
    found = {one["path"]: one for one in reversed(findings(run, "catalog"))}
    assert {path: (one["rule"], one["line"]) for path, one in found.items()} == {
        "catalog/activity_groups/tell.yaml": ("RM003", 5),
        "catalog/guardrails/isolated.yaml": ("RM003", 5),
        "catalog/separations/quiet.yaml": ("RM003", 3),
        "catalog/personas/teller.yaml": ("RM003", 3),
        "catalog/scps/mine.yaml": ("RM003", 1),
    }
    assert "did you mean sns:Publish" in found["catalog/activity_groups/tell.yaml"]["message"]
    assert run("check", "catalog").code == 1


def test_a_persona_that_may_do_what_it_must_never_do_is_found(run: "Run", user_catalog: "UserCatalog") -> None:
    """Separation is asked of the role, as `create` asks it."""
    user_catalog({"personas/p.yaml": "title: T\ndescription: D.\nextends: data-scientist\nadd: [deploy-endpoints]\n"})
    (first, *_) = findings(run, "catalog")
    assert (first["rule"], first["path"]) == ("RM003", "catalog/personas/p.yaml")
    assert "must never" in first["message"]


def test_rules_and_own_checks_judge_the_roles_of_the_entries(run: "Run", user_catalog: "UserCatalog") -> None:
    """A group that no persona has is judged alone, at its own line."""
    user_catalog({"activity_groups/tell.yaml": GROUP.format(action="sns:Publish")})
    assert findings(run, "catalog") == []
    checks = write("c.yaml", "checks:\n  - {id: no-sns, reason: x, access_not_granted: {actions: ['sns:*']}}\n")
    (found,) = findings(run, "catalog", "--rules", checks)
    assert (found["rule"], found["path"], found["line"]) == ("no-sns", "catalog/activity_groups/tell.yaml", 4)


def test_a_catalog_beside_policies_and_what_is_none(run: "Run", user_catalog: "UserCatalog") -> None:
    """Both are judged; a folder of SCPs is no catalog though it is called as one of its folders."""
    user_catalog({"activity_groups/tell.yaml": GROUP.format(action="sns:Publish")})
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjcet", "Resource": "*"}]}
    path, _ = write("p.json", policy), write("org/scps/a.json", policy)
    assert {one["path"] for one in findings(run, "catalog", path)} == {"p.json"}
    assert {one["path"] for one in findings(run, "org")} == {"org/scps/a.json"}
    Path("org/personas").mkdir()
    assert {one["path"] for one in findings(run, "org")} == {"org/scps/a.json"}


def test_our_own_catalog_as_a_user_would_have_it_makes_every_role(run: "Run") -> None:
    """All entries can be made; what rules find are the findings that roles of such groups alone have."""
    for kind in ("personas", "activity_groups", "guardrails", "separations"):
        shutil.copytree(builtin_folder() / kind, Path("ours", kind))
    shutil.copy(builtin_folder() / "parameters.yaml", "ours")
    ran = run("check", "ours", "--format", "json")
    data = json.loads(ran.stdout)
    assert [one for one in data["findings"] if one["rule"] == "RM003"] == []
    assert data["not_judged"] == []
    assert data["checked"] > 100
