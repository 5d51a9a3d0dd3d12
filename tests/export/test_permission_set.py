"""A permission set has the role's policies, and nothing that Identity Center makes itself."""

import json
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.export.support import ACCOUNT, CATALOG, NASTY, atoms, chosen, direct, exported, parsed
from tests.nightly import some

from rolemgr.errors import InputError
from rolemgr.export.formats import Options
from rolemgr.export.permission_set import duration

INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
PERSONAS = sorted(CATALOG.found("personas"))


def resources(options: Options | None = None, **choices: Any) -> dict[str, Any]:
    """Return the resources of the permission set that *choices* compose to."""
    found: dict[str, Any] = parsed(exported("permission-set", options, **choices).text)["Resources"]
    return found


@pytest.mark.parametrize("persona", PERSONAS)
def test_policies_are_the_role_s(persona: str) -> None:
    """Inline and customer managed policies say what the role's policies say, every Deny inline."""
    made = resources(persona=persona, account=ACCOUNT, region="eu-west-1")
    wanted = direct(persona=persona, account=ACCOUNT, region="eu-west-1")
    inline = made["PermissionSet"]["Properties"]["InlinePolicy"]
    managed = [one["Properties"]["PolicyDocument"] for name, one in made.items() if name != "PermissionSet"]
    whole = [policy["PolicyDocument"] for kind in ("Policies", "ManagedPolicies") for policy in wanted.get(kind, [])]
    assert atoms([inline, *managed]) == atoms(whole)
    assert atoms(managed, "Deny") == set()
    assert "Fn::" not in json.dumps(made["PermissionSet"]["Properties"]["InlinePolicy"])


@pytest.mark.parametrize("instance", [None, INSTANCE])
def test_the_linter_finds_nothing(instance: str | None) -> None:
    """The schema of AWS::SSO::PermissionSet, as the linter has it, for every persona in one template."""
    options = Options(sso_instance=instance)
    whole: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}
    for persona in some(PERSONAS, 12):
        made = parsed(exported("permission-set", options, persona=persona, account=ACCOUNT, max_session="90m").text)
        for section in ("Parameters", "Conditions"):
            whole.setdefault(section, {}).update(made.get(section, {}))
        prefix = persona.title().replace("-", "")
        whole["Resources"] |= {f"{prefix}{name}": one for name, one in made["Resources"].items()}
    whole = {name: section for name, section in whole.items() if section}
    found = lint(json.dumps(whole), config=ManualArgs(regions=["us-east-1"], ignore_checks=["I"]))
    assert [str(match) for match in found] == []


def test_what_a_role_has_beside_its_policies() -> None:
    """Session, tags, boundary, attached policies and variables of the session, in Identity Center's words."""
    made = resources(
        Options(sso_instance=INSTANCE), persona="data-scientist", account=ACCOUNT, max_session="90m",
        tag={"Project": "churn"}, abac=["Project"], boundary=f"arn:aws:iam::{ACCOUNT}:policy/ml/limits",
        managed_policy=["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess", f"arn:aws:iam::{ACCOUNT}:policy/extra"],
        name="churn", description="A 'description'",
    )["PermissionSet"]["Properties"]  # fmt: skip
    references = made["CustomerManagedPolicyReferences"]
    assert (made["Name"], made["Description"], made["SessionDuration"]) == ("churn", "A 'description'", "PT1H30M")
    assert made["InstanceArn"] == INSTANCE
    assert made["Tags"] == [{"Key": "Project", "Value": "churn"}]
    assert made["PermissionsBoundary"] == {"CustomerManagedPolicyReference": {"Name": "limits", "Path": "/ml/"}}
    assert made["ManagedPolicies"] == ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]
    assert references[0] == {"Name": "extra", "Path": "/"}
    assert "${aws:PrincipalTag/Project}" in json.dumps(made["InlinePolicy"])


def test_one_template_makes_the_policies_and_the_set() -> None:
    """What is not inline is made in the account first, by the same template and the names that the set refers to."""
    made = parsed(exported("permission-set", persona="ml-engineer", account=ACCOUNT).text)
    policies = [one for one in made["Resources"].values() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    named = [one["Properties"]["ManagedPolicyName"] for one in policies]
    referred = made["Resources"]["PermissionSet"]["Properties"]["CustomerManagedPolicyReferences"]
    assert (
        [one["Name"] for one in referred]
        == named
        == ["sagemaker-ml-engineer-sagemaker", "sagemaker-ml-engineer-sagemaker-2"]
    )
    assert made["Parameters"]["Part"]["AllowedValues"] == ["Policies", "PermissionSet"]
    assert {one["Condition"] for one in policies} == {"IsPolicies"}
    assert made["Resources"]["PermissionSet"]["Condition"] == "IsPermissionSet"


def test_a_set_without_an_inline_policy_refers_to_all_of_its_policies() -> None:
    """The Denies too are in the account before, under the names that the set refers to."""
    made = parsed(exported("permission-set", persona="data-scientist", account=ACCOUNT, inline="no").text)
    assert "InlinePolicy" not in made["Resources"]["PermissionSet"]["Properties"]
    policies = {one["Properties"]["ManagedPolicyName"]: one["Properties"]["PolicyDocument"]
                for one in made["Resources"].values() if one["Type"] == "AWS::IAM::ManagedPolicy"}  # fmt: skip
    referred = made["Resources"]["PermissionSet"]["Properties"]["CustomerManagedPolicyReferences"]
    assert [one["Name"] for one in referred] == list(policies)
    inline = direct(persona="data-scientist", account=ACCOUNT)
    whole = [policy["PolicyDocument"] for kind in ("Policies", "ManagedPolicies") for policy in inline[kind]]
    assert atoms(policies.values()) == atoms(whole)
    assert atoms([policies["sagemaker-data-scientist-denies"]], "Allow") == set()


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"account": None}, "none is chosen; give --account"),
        ({"trust": [{"kind": "sagemaker"}]}, "has no trust policy"),
        ({"pass_role": ["self"]}, "can't pass itself"),
        ({"name": "x" * 33}, "32 characters at most"),
        ({"description": "x" * 701}, "at most 700 characters"),
    ],
    ids=["no account", "trust", "self", "name", "description"],
)
def test_what_identity_center_does_not_take_is_refused(choices: dict[str, Any], says: str) -> None:
    """One clear line each, before anything is written."""
    given = {"persona": "data-scientist", "account": ACCOUNT, **choices}
    with pytest.raises(InputError, match=says):
        exported("permission-set", **{name: value for name, value in given.items() if value is not None})


def test_an_instance_that_is_none_is_refused() -> None:
    """Its ARN has one form."""
    with pytest.raises(InputError, match="is not an ARN of an instance"):
        exported("permission-set", Options(sso_instance="ssoins-1"), persona="data-scientist", account=ACCOUNT)


def test_a_policy_that_names_the_role_itself_is_told() -> None:
    """Identity Center's role has another name."""
    notes = exported("permission-set", persona="mlops-engineer", account=ACCOUNT).notes
    role = f"arn:aws:iam::{ACCOUNT}:role/sagemaker-mlops-engineer"
    assert [note for note in notes if f"names {role}, which is not the role" in note]


def test_abac_tells_where_the_tag_comes_from() -> None:
    """Not from the permission set's own tags."""
    notes = exported(
        "permission-set", persona="data-scientist", account=ACCOUNT, abac=["Project"], tag={"Project": "x"}
    ).notes
    assert [note for note in notes if "attributes for access control" in note]


@pytest.mark.parametrize(("seconds", "text"), [(3600, "PT1H"), (5400, "PT1H30M"), (3661, "PT1H1M1S"), (43200, "PT12H")])
def test_duration_is_iso_8601(seconds: int, text: str) -> None:
    """As CloudFormation's schema has it."""
    assert duration(seconds) == text


def test_description_is_carried_as_it_is() -> None:
    """Quotes, line breaks and Latin-1."""
    made = resources(persona="sagemaker-compute", account=ACCOUNT, description=NASTY)
    assert made["PermissionSet"]["Properties"]["Description"] == NASTY
    assert chosen(persona="sagemaker-compute", description=NASTY).documents.description == NASTY
