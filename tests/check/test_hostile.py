"""Templates made to hang or break the reader: each ends, and what is not judged is said."""

import json
import random
from typing import Any

import pytest
from tests.nightly import examples

from rolemgr.check.branches import families
from rolemgr.check.run import check
from rolemgr.check.sources import look_into
from rolemgr.errors import InputError

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [READ]}


def managed(document: Any = POLICY, **more: Any) -> dict[str, Any]:
    """Return a managed policy of a template."""
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document, **more}}


def reasons(data: Any) -> list[str]:
    """Return why parts of *data* are not judged, having judged the others."""
    found, unknown = look_into(json.dumps(data), "x.json", as_json=True)
    list(check(found))
    return [one.reason for one in unknown]


def nested_loops(depth: int) -> dict[str, Any]:
    """Return loops within loops, each of ten turns."""
    inner: dict[str, Any] = {"P": managed()}
    for level in range(depth):
        inner = {f"Fn::ForEach::L{level}": [f"X{level}", list("0123456789"), inner]}
    return inner


WIDE = ["X", [f"a{number}" for number in range(30_000)], {f"P{number}": 1 for number in range(30_000)}]


@pytest.mark.parametrize(
    "resources",
    [nested_loops(8), {"Fn::ForEach::L": WIDE}, {"P": managed({"Statement": {"Fn::ForEach::L": WIDE}})}],
    ids=["nested", "wide", "in a statement"],
)
def test_loops_end(resources: Any) -> None:
    """What they come to is counted before it is made."""
    assert reasons({"Resources": resources}) == ["the template comes to more values than are read"]


def test_thousands_of_resources_end() -> None:
    """Who refers to which policy is looked up, and not asked of each pair."""
    count = examples(200, 1_000)
    many = {f"M{number}": managed(ManagedPolicyName=f"n{number}") for number in range(count)}
    roles = {f"R{number}": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": f"M{number}"}]}}
             for number in range(count)}  # fmt: skip
    assert reasons({"Resources": {**many, **roles}}) == []


@pytest.mark.nightly
def test_what_acts_together_has_a_budget() -> None:
    """Thousands of policies of one role, or statements of one policy: each is judged, their pairs are not."""
    named = [f"M{number}" for number in range(2_100)]
    role = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": name} for name in named]}}
    (reason,) = reasons({"Resources": {"R": role, **{name: managed() for name in named}}})
    assert reason == "2,100 statements act together: each is judged, and not what they come to together"
    pairs = [
        {**READ, "Effect": ("Allow", "Deny")[number % 2], "Resource": f"arn:aws:s3:::b{number}/*"}
        for number in range(2_100)
    ]
    (reason,) = reasons({"Version": "2012-10-17", "Statement": pairs})
    assert "act together" in reason
    found, _ = look_into(
        json.dumps({**POLICY, "Statement": [*pairs, {**READ, "Action": "s3:GetObjcet"}]}), "x", as_json=True
    )
    assert "RM202" in {one.rule for one in check(found)}
    assert not families(found[:1])[0].ways


@pytest.mark.nightly
@pytest.mark.parametrize("count", [40, 16_000])
def test_thousands_of_choices_end(count: int) -> None:
    """A few of their ways are judged, and the reason does not write out a number of thousands of digits."""
    actions = [{"Fn::If": [f"C{number}", "s3:GetObject", "s3:PutObject"]} for number in range(count)]
    told = reasons({"Resources": {"P": managed({"Statement": {**READ, "Action": actions}})}})
    assert any(" of the ways in which its conditions can come out are judged, " in one for one in told)
    assert all(len(one) < 200 for one in told)


def test_a_chain_of_conditions_ends() -> None:
    """One that is said in terms of thousands of others."""
    chain = {f"C{number}": {"Fn::Not": [{"Condition": f"C{number + 1}"}]} for number in range(5_000)}
    choice = {"Fn::If": ["C0", READ, {"Ref": "AWS::NoValue"}]}
    assert reasons({"Conditions": chain, "Resources": {"P": managed({"Statement": choice})}}) == []


TEMPLATE = {
    "Transform": ["AWS::LanguageExtensions"],
    "Conditions": {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Equals": ["a", {"Ref": "P"}]}},
    "Mappings": {"M": {"a": {"b": "c"}}},
    "Resources": {
        "R": {"Type": "AWS::IAM::Role", "Condition": "A", "Properties": {
            "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "ManagedPolicyArns": [{"Ref": "M"}, "arn:aws:iam::aws:policy/AdministratorAccess"],
            "Policies": [{"Fn::If": ["A", {"PolicyName": "p", "PolicyDocument": POLICY}, {"Ref": "AWS::NoValue"}]}]}},
        "M": managed({"Statement": [{**READ, "Resource": {"Fn::Sub": ["${a}${M}", {"a": {"Fn::FindInMap": ["M", "a", "b"]}}]}}]}),
        "Fn::ForEach::L": ["X", ["a", {"Ref": "Y"}], {"B${X}": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Fn::Join": ["", ["{", "}"]]}}}}],
        "S": {"Type": "AWS::SSO::PermissionSet", "Properties": {"CustomerManagedPolicyReferences": [{"Name": "n"}], "InlinePolicy": POLICY}},
        "F": {"Type": "AWS::Serverless::Function", "Properties": {"Policies": [{"S3ReadPolicy": {}}, POLICY, "x"]}},
        "O": {"Type": "AWS::Organizations::Policy", "Properties": {"Type": "SERVICE_CONTROL_POLICY", "Content": POLICY}},
    },
}  # fmt: skip
TERRAFORM = {
    "locals": {"p": POLICY},
    "data": {"aws_iam_policy_document": {"d": [{"statement": [{"sid": "a", "actions": ["*"], "principals": [{"type": "AWS", "identifiers": ["*"]}],
             "condition": [{"test": "StringEquals", "variable": "aws:x", "values": ["y"]}], "dynamic": {}}], "source_policy_documents": ["x"]}]}},
    "resource": {
        "aws_iam_role": {"r": [{"assume_role_policy": "${data.aws_iam_policy_document.d.json}", "inline_policy": [{"name": "n", "policy": json.dumps(POLICY)}],
                                "dynamic": [{"inline_policy": {}}], "managed_policy_arns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}]},
        "aws_iam_policy": {"p": {"policy": "${jsonencode(local.p)}"}},
        "aws_organizations_policy": {"o": {"type": "SERVICE_CONTROL_POLICY", "content": json.dumps(POLICY)}},
    },
}  # fmt: skip
PLAN = {
    "terraform_version": "1", "planned_values": {"root_module": {
        "resources": [{"mode": "managed", "address": "a", "type": "aws_iam_policy", "values": {"policy": json.dumps(POLICY)}}],
        "child_modules": [{"resources": []}]}},
    "resource_changes": [{"address": "a", "change": {"after_unknown": {"policy": True}}}],
}  # fmt: skip
STATE = {
    "version": 4, "lineage": "l", "resources": [
        {"mode": "managed", "type": "aws_iam_policy", "name": "p", "instances": [{"attributes": {"policy": json.dumps(POLICY)}}]}],
}  # fmt: skip
ROLE = {
    "RoleName": "r", "AssumeRolePolicyDocument": POLICY, "Policies": [{"PolicyName": "p", "PolicyDocument": POLICY}],
    "ManagedPolicies": [{"ManagedPolicyName": "m", "PolicyDocument": POLICY}], "ManagedPolicyArns": ["arn:aws:iam::aws:policy/X"],
    "PermissionsBoundary": {"PermissionsBoundaryArn": "x"},
}  # fmt: skip
SHAPES: list[Any] = [None, 0, -1.5, True, "", "x", "{", "*", [], [[]], {}, {"": None}, {"Ref": 1}, {"Ref": {}}, {"Fn::If": []},
                     {"Fn::If": [{}, [], 1]}, {"Fn::Sub": [1, 2]}, {"Fn::Join": {}}, {"Fn::Select": ["9", {}]}, {"Fn::ForEach::Z": [{}, 1]}]  # fmt: skip


def places_in(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each value below the top."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in inner for found in ((*path, key), *places_in(value, (*path, key)))]


@pytest.mark.parametrize(
    "data", [TEMPLATE, TERRAFORM, PLAN, STATE, ROLE], ids=["template", "tf", "plan", "state", "role"]
)
def test_no_shape_breaks_the_reader(data: Any) -> None:
    """Any value may be of any type: a Type that is an object, a list that is text."""
    chosen = random.Random(7)  # noqa: S311 - the same shapes each time
    for path in places_in(data):
        for shape in chosen.sample(SHAPES, 6):
            broken = json.loads(json.dumps(data))
            around = broken
            for step in path[:-1]:
                around = around[step]
            around[path[-1]] = shape
            try:
                found, _ = look_into(json.dumps(broken), "x.json", as_json=True)
            except InputError:
                continue
            list(check(found))
