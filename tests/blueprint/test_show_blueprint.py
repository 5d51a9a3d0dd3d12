"""`rolemgr show blueprint`: each value of a role with its line and the level that it comes from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

TEXT = """\
organization: {id: o-a1b2c3d4e5}
regions: [eu-west-1]
abac: [Project]
guardrail: {max-runtime: 12h, imds-v2: }
ous:
  ml: {guardrail: {max-runtime: 6h}, roles: {serving: {persona: sagemaker-compute, name: serving, abac: []}}}
accounts:
  a: {id: "111111111111", ou: ml, path: /ml/, network: {subnets: [subnet-0a], security_groups: [sg-0a]}}
projects:
  churn: {account: a, bucket: a/acme-churn, max_session: 2h}
roles:
  a/ds: {file: ds.yaml, tag: {Project: churn}}
layers: {scp: [approved-regions]}
"""
ROLE = "persona: data-scientist\nguardrail: {max-runtime: 1h}\nname: churn-ds\n"


@pytest.fixture
def shown(run: "Run") -> Any:
    """Return what `show` says as data."""
    Path("bp.yaml").write_text(TEXT, "utf-8")
    Path("ds.yaml").write_text(ROLE, "utf-8")
    ran = run("show", "blueprint", "bp.yaml", "--format", "json")
    assert (ran.code, ran.errors) == (0, [])
    return json.loads(ran.stdout)


def values(shown: Any, place: str) -> dict[str, tuple[Any, str, str]]:
    """Return the values of the role at *place*, by key."""
    [role] = [one for account in shown["accounts"] for one in account["roles"] if one["place"] == place]
    return {one["key"]: (one["value"], one["from"], one["level"]) for one in role["values"]}


def test_each_value_has_its_line_and_level(shown: Any) -> None:
    """The nearest level that names a key has its value; named values are put together."""
    found = values(shown, "a/ds")
    assert found["guardrail.max-runtime"] == ("1h", "ds.yaml:2", "role file ds.yaml")
    assert found["guardrail.imds-v2"] == (None, "bp.yaml:4", "all roles")
    assert found["persona"] == ("data-scientist", "ds.yaml:1", "role file ds.yaml")
    assert found["tag.Project"] == ("churn", "bp.yaml:12", "the role")
    assert found["path"] == ("/ml/", "bp.yaml:8", "account a")
    assert found["subnet"] == (["subnet-0a"], "bp.yaml:8", "account a")
    assert found["abac"] == (["Project"], "bp.yaml:3", "all roles")
    assert found["region"] == ("eu-west-1", "bp.yaml:2", "all roles")
    assert found["parameter.pass_roles"] == (
        ["arn:aws:iam::111111111111:role/ml/ml-churn-compute"],
        "bp.yaml:10",
        "project churn",
    )
    assert found["parameter.work_buckets"] == (["acme-churn"], "bp.yaml:10", "flows")


def test_roles_of_units_and_projects_say_so(shown: Any) -> None:
    """They stand at no line of their own."""
    assert values(shown, "a/serving")["persona"] == ("sagemaker-compute", "bp.yaml:6", "unit ml")
    assert values(shown, "a/serving")["guardrail.max-runtime"] == ("6h", "bp.yaml:6", "unit ml")
    found = values(shown, "a/churn-compute")
    assert found["persona"] == ("sagemaker-compute", "bp.yaml:10", "project churn")
    assert found["max_session"] == ("2h", "bp.yaml:10", "project churn")


def test_accounts_flows_and_layers_are_there(shown: Any) -> None:
    """With what an account has, a bucket of a project too."""
    [account] = shown["accounts"]
    assert (account["name"], account["id"], account["ou"]) == ("a", "111111111111", "ml")
    assert {"kind": "bucket", "place": "a/acme-churn", "name": "acme-churn"} in account["has"]
    assert [one["text"] for one in shown["flows"]] == [
        "a/churn-compute works in a/acme-churn",
        "a/churn-pipeline works in a/acme-churn",
        "a/ds works in a/acme-churn",
    ]
    assert [(one["level"], one["kind"]) for one in shown["layers"]] == [("organization", "scp")]


def test_the_tree_says_the_same(shown: Any, run: "Run") -> None:
    """For people: one line a value."""
    lines = run("show", "blueprint", "bp.yaml", "-o", "-").stdout.splitlines()
    assert lines[0] == "bp.yaml: organization o-a1b2c3d4e5, eu-west-1"
    assert any("guardrail.max-runtime: 1h  (ds.yaml:2, role file ds.yaml)" in line for line in lines)
    assert any("path: /ml/  (bp.yaml:8, account a)" in line for line in lines)


def test_a_catalog_is_the_blueprints_own(run: "Run") -> None:
    """The option would be ignored."""
    ran = run("show", "blueprint", "bp.yaml", "--catalog", "x")
    assert (ran.code, ran.errors) == (2, ["--catalog: does not go with a blueprint; it says `catalog` itself"])
