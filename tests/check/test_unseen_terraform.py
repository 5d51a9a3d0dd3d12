"""An administrator in Terraform's JSON, in a place that no rule looks at: it is judged, or said to be not judged."""

import json
from typing import Any

import pytest
from tests.check.test_unseen import ADMIN, ADMINISTRATOR, SAFE, judged

LATER = "is known only after apply"


def resource(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the resource `x` of a plan."""
    return {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "values": values}


def plan(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a plan with *resources*, beside a harmless policy."""
    safe = {
        **resource("aws_iam_policy", {"name": "safe", "policy": json.dumps(SAFE)}),
        "address": "aws_iam_policy.safe",
    }
    return {"terraform_version": "1.9.0", "planned_values": {"root_module": {"resources": [safe, *resources]}}, **more}


def unknown(data: Any) -> list[str]:
    """Return why parts of *data* are not judged; each has a line."""
    _, told = judged(data)
    assert all(line for line, _ in told)
    return [reason for _, reason in told]


def changed(kind: str, later: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the changes of a plan that does not know *later* of the resource `x`."""
    return [{"address": f"{kind}.x", "change": {"after_unknown": later}}]


@pytest.mark.parametrize(
    ("kind", "values", "later", "reason"),
    [
        ("aws_iam_role_policy_attachment", {"role": "r"}, "policy_arn", LATER),
        ("aws_iam_role_policy_attachment", {"policy_arn": ADMINISTRATOR}, "role", LATER),
        ("aws_iam_policy_attachment", {"policy_arn": ADMINISTRATOR, "name": "n"}, "users", LATER),
        ("aws_iam_user", {"name": "n"}, "permissions_boundary", LATER),
        ("aws_cloudformation_stack", {"template_url": "https://example.com/t"}, "id", "the template of a stack"),
        ("aws_cloudformation_stack_set", {"template_body": "Resources: {R: {Type: 'AWS::IAM::Role'}}"}, "id", "a template"),
        ("awscc_iam_role", {"managed_policy_arns": [ADMINISTRATOR]}, "id", "whether it is attached"),
    ],
)  # fmt: skip
def test_what_a_plan_does_not_tell_is_said(kind: str, values: dict[str, Any], later: str, reason: str) -> None:
    """Whose policy, which policy, and templates that another service deploys."""
    data = plan(resource(kind, values), resource_changes=changed(kind, {later: True}))
    assert [one for one in unknown(data) if reason in one]


def test_what_nobody_gave_is_not_said() -> None:
    """The provider computes these of each new role: they are not arguments of the configuration."""
    later = {"managed_policy_arns": True, "arn": True, "inline_policy": True}
    role = resource("aws_iam_role", {"name": "x", "assume_role_policy": None})
    body = {"address": "aws_iam_role.x", "type": "aws_iam_role", "name": "x", "expressions": {"name": {}}}
    configuration = {"root_module": {"resources": [body]}}
    changes = changed("aws_iam_role", later)
    assert not unknown(plan(role, resource_changes=changes, configuration=configuration))


def test_a_policy_that_is_given_and_not_known_is_said() -> None:
    """The same argument, where the configuration has it."""
    key = resource("aws_kms_key", {})
    body = {"address": "aws_kms_key.x", "type": "aws_kms_key", "name": "x", "expressions": {"policy": {}}}
    data = plan(key, resource_changes=changed("aws_kms_key", {"policy": True}))
    given = {**data, "configuration": {"root_module": {"resources": [body]}}}
    left_out = {**data, "configuration": {"root_module": {"resources": [{**body, "expressions": {}}]}}}
    assert unknown(given) == [f"policy of aws_kms_key.x {LATER}"]
    assert not unknown(left_out)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"deferred_changes": [{"reason": "provider_config_unknown"}]}, "changes that Terraform defers"),
        ({"errored": True}, "the plan failed"),
    ],
)
def test_what_a_plan_leaves_out_is_said(more: dict[str, Any], reason: str) -> None:
    """A plan that is not whole."""
    assert [one for one in unknown(plan(**more)) if reason in one]


def test_a_flat_state_is_said() -> None:
    """Values as Terraform 0.11 wrote them."""
    flat = {"type": "aws_iam_policy", "name": "p", "instances": [{"attributes_flat": {"policy": json.dumps(ADMIN)}}]}
    assert unknown({"version": 4, "lineage": "x", "resources": [{"mode": "managed", **flat}]})


POLICY = {"policy": "${data.aws_iam_policy_document.d.json}"}
DOCUMENT = {"statement": {"actions": ["*"], "resources": ["*"]}}


@pytest.mark.parametrize(
    ("resources", "data"),
    [
        ([{"aws_iam_policy": [{"p": POLICY}]}], [{"aws_iam_policy_document": {"d": DOCUMENT}}]),
        ({"aws_iam_policy": [{"p": [POLICY]}]}, {"aws_iam_policy_document": [{"d": [DOCUMENT]}]}),
        ([{"aws_s3_bucket": {"b": {}}}, {"aws_iam_policy": {"p": POLICY}}], {"aws_iam_policy_document": {"d": DOCUMENT}}),
    ],
)  # fmt: skip
def test_blocks_may_stand_in_lists(resources: Any, data: Any) -> None:
    """JSON's syntax for Terraform allows a list of objects at each level of labels."""
    assert judged({"resource": resources, "data": data})[0] == ["RM601"]


@pytest.mark.parametrize("call", [{"source": "./m"}, [{"source": "./m", "policy": json.dumps(ADMIN)}]], ids=json.dumps)
def test_a_module_that_is_called_is_said(call: Any) -> None:
    """Its resources are not in the file, whether or not others are."""
    reason = "the module `m` is not read here; `terraform show -json` of a plan is read"
    assert unknown({"module": {"m": call}}) == [reason]
    assert reason in unknown({"module": {"m": call}, "resource": {"aws_s3_bucket": {"b": {}}}})


def test_a_policy_outside_of_resources_is_said() -> None:
    """Such as the default of a variable, which a module of its own may use."""
    data = {"variable": {"p": {"default": json.dumps(ADMIN)}}, "resource": {"aws_s3_bucket": {"b": {}}}}
    assert unknown(data) == ["looks like a policy, where Terraform has none"]
