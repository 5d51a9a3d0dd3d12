"""A stack set's template, and the template within it."""

import json
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.export.support import ACCOUNT, CATALOG, direct, exported, meaning, parsed, resolved
from tests.support import ALL_LIMITS

from rolemgr.errors import InputError
from rolemgr.export.formats import Options


def stack_set(options: Options | None = None, **choices: Any) -> dict[str, Any]:
    """Return the properties of the stack set of the role that *choices* compose to."""
    found: dict[str, Any] = parsed(exported("stackset", options, **choices).text)["Resources"]["StackSet"]["Properties"]
    return found


@pytest.mark.sampled(8)
@pytest.mark.parametrize("persona", sorted(CATALOG.found("personas")))
def test_template_within_is_the_role_of_each_account(persona: str) -> None:
    """It fits in a stack set, and is the CloudFormation export to the byte."""
    made = stack_set(persona=persona)
    assert made["TemplateBody"] == exported("cloudformation", persona=persona).text
    assert len(made["TemplateBody"].encode()) <= 51_200
    found = resolved(parsed(made["TemplateBody"]), ACCOUNT, "eu-west-1")
    assert meaning(found) == meaning(direct(persona=persona, account=ACCOUNT, region="eu-west-1"))


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("choices", "options"),
    [
        ({"persona": "ml-engineer"}, Options(units=("ou-a1b2-c3d4e5f6", "r-a1b2"))),
        ({"persona": "sagemaker-compute", "region": "eu-west-1", "name": "1_x"}, Options()),
        ({"persona": "sagemaker-compute", "bucket": ["acme"], "subnet": ["subnet-1"]}, Options(parameterize=True)),
    ],
    ids=["units", "region", "parameters"],
)
def test_the_linter_finds_nothing(choices: dict[str, Any], options: Options) -> None:
    """The schema of AWS::CloudFormation::StackSet, as the linter has it."""
    text = exported("stackset", options, **choices).text
    assert [str(match) for match in lint(text, config=ManualArgs(regions=["eu-west-1"], ignore_checks=["I"]))] == []


def test_goes_into_one_region_by_organizational_unit() -> None:
    """IAM is global; the units are a parameter that has the chosen ones as default."""
    text = exported("stackset", Options(units=("ou-a1b2-c3d4e5f6", "r-a1b2")), persona="sagemaker-compute").text
    made = parsed(text)
    properties = made["Resources"]["StackSet"]["Properties"]
    assert made["Parameters"]["OrganizationalUnits"]["Default"] == "ou-a1b2-c3d4e5f6,r-a1b2"
    assert properties["StackInstancesGroup"] == [
        {"DeploymentTargets": {"OrganizationalUnitIds": {"Ref": "OrganizationalUnits"}}, "Regions": [REGION]}
    ]
    assert properties["PermissionModel"] == "SERVICE_MANAGED"
    assert properties["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    assert properties["Capabilities"] == ["CAPABILITY_NAMED_IAM"]


REGION = {"Ref": "AWS::Region"}


def test_parameters_are_handed_on() -> None:
    """What the inner template asks for is asked of whoever makes the stack set."""
    made = parsed(exported("stackset", Options(parameterize=True), persona="sagemaker-compute", bucket=["acme"]).text)
    properties = made["Resources"]["StackSet"]["Properties"]
    inner = parsed(properties["TemplateBody"])["Parameters"]
    assert inner["Bucket"] == made["Parameters"]["Bucket"]
    assert properties["Parameters"] == [{"ParameterKey": "Bucket", "ParameterValue": {"Ref": "Bucket"}}]


def test_a_fixed_account_is_refused() -> None:
    """A stack set goes into any number of accounts."""
    with pytest.raises(InputError, match="none can be fixed"):
        exported("stackset", persona="sagemaker-compute", account=ACCOUNT)


def test_a_template_that_does_not_fit_is_refused_and_fits_with_a_region() -> None:
    """The largest role is too large with the accounts of all regions, and is not in one."""
    limits = {**ALL_LIMITS, "abac": [], "kms_key_names": "arn"}
    with pytest.raises(InputError, match=r"a stack set takes 51,200; fix the region with --region"):
        exported("stackset", **ALL_LIMITS)
    assert len(stack_set(**limits, region="us-east-1")["TemplateBody"].encode()) <= 51_200


def test_no_organizational_unit_is_refused() -> None:
    """An account id or a name is none."""
    with pytest.raises(InputError, match="`123456789012` is neither an organizational unit"):
        exported("stackset", Options(units=("123456789012",)), persona="sagemaker-compute")


def test_roles_that_each_account_needs_are_named() -> None:
    """A role that passes another is of no use where that one is not."""
    notes = exported("stackset", persona="data-scientist").notes
    assert [note for note in notes if "each account needs sagemaker-compute too" in note]
    assert json.dumps(exported("stackset", persona="sagemaker-compute").notes).count("each account needs") == 0
