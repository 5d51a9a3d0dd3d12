"""An administrator in a place that no rule looks at: it is judged, or said to be not judged; silence is the fault."""

import json
from typing import Any

import pytest

from rolemgr.check.run import check
from rolemgr.check.sources import look_into

ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"}
SAFE = {"Version": "2012-10-17", "Statement": [READ]}
INCLUDE = {"Name": "AWS::Include", "Parameters": {"Location": "s3://amzn-s3-demo-bucket/x.yaml"}}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def judged(data: Any) -> tuple[list[str], list[tuple[int | None, str]]]:
    """Return the rules that find something in *data*, and the lines and reasons of what is not judged."""
    found, unknown = look_into(json.dumps(data, indent=1), "x.json", as_json=True)
    return [one.rule for one in check(found)], [(one.line, one.reason) for one in unknown]


def managed(document: Any) -> dict[str, Any]:
    """Return a managed policy of a template."""
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}


def said(resources: dict[str, Any], **more: Any) -> list[str]:
    """Return why parts of a template with *resources*, beside a harmless policy, are not judged; each has a line."""
    rules, unknown = judged({"Resources": {"Safe": managed(SAFE), **resources}, **more})
    assert not rules
    assert all(line for line, _ in unknown)
    return [reason for _, reason in unknown]


@pytest.mark.parametrize(
    "resources",
    [
        {"R": {"Type": "AWS::IAM::Role", "Properties": {"Fn::Transform": INCLUDE}}},
        {"R": {"Fn::Transform": INCLUDE}},
        {"R": managed({"Version": "2012-10-17", "Fn::Transform": INCLUDE})},
        {"R": managed({**SAFE, "Fn::Transform": INCLUDE})},
        {"R": managed({"Version": "2012-10-17", "Statement": [{**READ, "Fn::Transform": INCLUDE}]})},
        {"R": managed({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Fn::Transform": INCLUDE}]})},
    ],
    ids=json.dumps,
)
def test_what_a_macro_puts_in_is_said(resources: dict[str, Any]) -> None:
    """Wherever it stands; and what it may add is not called missing."""
    assert [reason for reason in said(resources) if "macro" in reason or "Fn::Transform" in reason]


def test_a_macro_over_the_template_is_said() -> None:
    """`Fn::Transform` at the top is as good as `Transform`."""
    assert said({}, **{"Fn::Transform": INCLUDE}) == ["the macro may change every policy when it is deployed"]


def test_a_macro_in_a_policy_file_is_an_error() -> None:
    """Only CloudFormation runs macros."""
    assert judged({**SAFE, "Fn::Transform": INCLUDE})[0] == ["RM101"]


@pytest.mark.parametrize(
    ("resource", "word"),
    [
        ({"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./child.yaml"}}, "./child.yaml"),
        ({"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateURL": {"Ref": "U"}}}, "the template"),
        ({"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": "a"}}, "a template within"),
        ({"Type": "AWS::Serverless::Application", "Properties": {"Location": "./app.yaml"}}, "./app.yaml"),
        ({"Type": "AWS::Serverless::Connector", "Properties": {"Permissions": ["Write"]}}, "connector"),
        ({"Type": "AWS::Serverless::Function", "Properties": {}, "Connectors": {"C": {}}}, "connectors"),
        ({"Type": "Our::Own::Role::MODULE", "Properties": {}}, "module"),
        (
            {
                "Type": "AWS::Serverless::Api",
                "Properties": {"Auth": {"ResourcePolicy": {"AwsAccountWhitelist": ["111122223333"]}}},
            },
            "AwsAccountWhitelist",
        ),
        ({"Type": "Custom::Role", "Properties": {"Statements": ADMIN["Statement"]}}, "statements"),
        ({"Type": "Custom::Role", "Properties": {"Rule": ADMIN["Statement"][0]}}, "statements"),
        ({"Type": "Custom::Role", "Properties": {"Arns": [ADMINISTRATOR]}}, "AdministratorAccess"),
        (
            {"Type": "Custom::AWS", "Properties": {"Create": json.dumps({"PolicyDocument": json.dumps(ADMIN)})}},
            "text in which a policy",
        ),
        (
            {"Type": "Custom::Stack", "Properties": {"Body": "Resources:\n  R:\n    Type: AWS::IAM::Role\n"}},
            "a template within",
        ),
    ],
    ids=json.dumps,
)
def test_what_is_made_elsewhere_is_said(resource: dict[str, Any], word: str) -> None:
    """Nested stacks, modules, connectors, custom resources: beside a policy that is fine, none is passed over."""
    assert any(word in reason for reason in said({"R": resource}))


def test_sams_globals_are_read() -> None:
    """What they give each function counts."""
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [anyone]}
    function = {"F": {"Type": "AWS::Serverless::Function", "Properties": {}}}
    rules, _ = judged({"Globals": {"Function": {"AssumeRolePolicyDocument": trust}}, "Resources": function})
    assert "RM605" in rules
    open_api = {"Auth": {"ResourcePolicy": {"CustomStatements": [{**anyone, "Action": "execute-api:Invoke"}]}}}
    assert said({}, Globals={"Api": open_api}) == ["looks like statements, without the policy around them"]


@pytest.mark.parametrize("element", ["Action", "Resource"])
def test_a_dynamic_reference_is_known_when_deployed(element: str) -> None:
    """`{{resolve:ssm:x}}` may come to `*`: it is neither a name that AWS does not know nor an ARN that is wrong."""
    statement = {**READ, element: "{{resolve:ssm:x}}"}
    expected = [f"{element} is `{{{{resolve:ssm:x}}}}`, known only when deployed"]
    assert said({"R": managed({"Version": "2012-10-17", "Statement": [statement]})}) == expected


def test_a_dynamic_reference_within_an_arn_is_one_name() -> None:
    """The shape of the ARN is known, as with Fn::Sub."""
    statement = {**READ, "Resource": "arn:aws:s3:::{{resolve:ssm:name}}/*"}
    assert not said({"R": managed({"Version": "2012-10-17", "Statement": [statement]})})


WIDE = {"A": {"Type": "String", "Default": "*"}, "B": {"Type": "String", "AllowedValues": ["x", "y*"]}}


@pytest.mark.parametrize(
    "resource",
    [
        {"Fn::Sub": "${X}${Y}"},
        {"Fn::Join": ["", [{"Ref": "X"}, {"Ref": "Y"}]]},
        {"Fn::Join": ["/", [{"Ref": "X"}, "*"]]},
        {"Fn::Sub": "arn:aws:iam::111122223333:role/${A}"},
        {"Fn::Sub": ["arn:aws:iam::111122223333:role/${B}", {"C": "x"}]},
        {"Fn::Join": ["", ["arn:aws:iam::111122223333:role/", {"Ref": "A"}]]},
    ],
    ids=json.dumps,
)
def test_text_that_may_come_to_a_star_is_said(resource: Any) -> None:
    """Places without a letter between them, and parameters that the template itself makes wide."""
    statement = {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": resource}
    policy = managed({"Version": "2012-10-17", "Statement": [statement]})
    _, unknown = judged({"Resources": {"R": policy}, "Parameters": WIDE})
    assert [reason for _, reason in unknown if reason.startswith("Resource is ")]


@pytest.mark.parametrize(
    "resource",
    [
        {"Fn::Sub": "${Bucket.Arn}/*"},
        {"Fn::Sub": "arn:aws:s3:::${Name}/*"},
        {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]},
        {"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "Name"}, "/*"]]},
    ],
    ids=json.dumps,
)
def test_text_of_a_shape_is_judged(resource: Any) -> None:
    """The usual ways to name one bucket have nothing that is not judged."""
    assert not said({"R": managed({"Version": "2012-10-17", "Statement": [{**READ, "Resource": resource}]})})
