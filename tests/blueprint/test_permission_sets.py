"""Roles that trust Identity Center's provider are permission sets, with their assignments and attributes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rolemgr.files.yaml import parse_yaml

if TYPE_CHECKING:
    from tests.conftest import Run

TEXT = """\
regions: [eu-west-1]
accounts: {ml: {id: "123456789012"}, data: {id: "111122223333"}}
abac: [Project]
buckets: {data/curated: acme-curated}
projects:
  churn: {account: ml, bucket: ml/acme-churn}
roles:
  ml/people:
    persona: data-scientist
    name: people
    trust: ["saml:arn:aws:iam::123456789012:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE?session-tags=Project"]
identity_center:
  instance: arn:aws:sso:::instance/ssoins-1234567890abcdef
  attributes: {Project: "${path:enterprise.department}"}
  assignments: {ml/people: ["group:12345678-1234-1234-1234-123456789012"]}
"""


def resources(path: str) -> Any:
    """Return the resources of the template at *path* in the build."""
    return parse_yaml(Path("out", path).read_text("utf-8"), path, tags=True).data["Resources"]


def test_a_permission_set_is_assigned(run: "Run") -> None:
    """To whom the blueprint says, for the account; there is no role of its name beside it."""
    Path("bp.yaml").write_text(TEXT, "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    assert (ran.code, ran.errors) == (0, [])
    found = resources("ml/permission-sets/people.yaml")
    assert found["PermissionSet"]["Properties"]["InstanceArn"] == "arn:aws:sso:::instance/ssoins-1234567890abcdef"
    made = found["Assignment1"]["Properties"]
    assert (made["PrincipalType"], made["PrincipalId"]) == ("GROUP", "12345678-1234-1234-1234-123456789012")
    assert (made["TargetType"], made["TargetId"]) == ("AWS_ACCOUNT", "123456789012")
    assert sorted(path.name for path in Path("out/ml/roles").iterdir()) == ["churn-compute.json", "churn-pipeline.json"]
    attributes = resources("organization/identity-center/attributes.yaml")["Attributes"]["Properties"]
    assert attributes["AccessControlAttributes"] == [
        {"Key": "Project", "Value": {"Source": ["${path:enterprise.department}"]}}
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("attributes: {Project", "attributes: {Projekt",
         "12: sessions of `ml/people` bring the tag Project, and nothing says where that comes from; say `attributes:"
         " {Project: ...}`"),
        ("ml/people: [", "ml/peple: [", "15: unknown role `ml/peple`; did you mean ml/people?"),
        ("ml/people: [", "ml/churn-compute: [",
         "15: `ml/churn-compute` does not trust Identity Center's provider alone; say `trust:"
         " [saml:arn:aws:iam::ACCOUNT:saml-provider/AWSSSO_..._DO_NOT_DELETE]`"),
        ("group:1", "grp:1",
         "15: in `identity_center.assignments.ml/people[0]`: `grp:12345678-1234-1234-1234-123456789012` is not group:ID or"
         " user:ID, with an id of Identity Center's directory"),
        ("identity_center:", "flows: [ml/people reads data/curated]\nidentity_center:",
         "12: `ml/people` is a permission set, and no policy of another account can name its role; let a role of jobs do"
         " it"),
        ("identity_center:", "flows: [ml/people assumes ml/churn-compute]\nidentity_center:",
         "12: `ml/people` is a permission set, and no trust policy can name its role; let a role of jobs do it"),
        ("identity_center:", "layers: {scp: [no-sharing], exempt: [ml/people]}\nidentity_center:",
         "12: `ml/people` is a permission set, and its role has a name that Identity Center chooses; say who is exempt"
         " by ARN, as arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_NAME_*"),
    ],
    ids=["attribute", "place", "trust", "who", "flow", "chain", "exempt"],
)  # fmt: skip
def test_what_cannot_be_a_permission_set_is_said(old: str, new: str, message: str, run: "Run") -> None:
    """With its line, and nothing is built."""
    Path("bp.yaml").write_text(TEXT.replace(old, new), "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    assert (ran.code, ran.errors, Path("out").exists()) == (2, [f"bp.yaml:{message}"], False)
