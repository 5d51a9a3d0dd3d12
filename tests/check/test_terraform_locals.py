"""Policies in a module's locals are judged as CloudFormation's are: what is filled in later is not."""

import json
from typing import Any

from rolemgr.check.reader.found import PolicyInFile
from rolemgr.check.run import check
from rolemgr.check.sources import find, look_into


def policy_of(*resources: str) -> Any:
    """Return the one policy that is found in a module whose local has *resources*."""
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": list(resources)}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    found = [
        one
        for one in find({"resource": {"aws_iam_role": {}}, "locals": {"p": policy, "regions": {"a": ["b"]}}})
        if isinstance(one, PolicyInFile)
    ]
    assert [(one.path, one.template) for one in found] == [(("locals", "p"), True)]
    return found[0].raw["Statement"][0]["Resource"]


def test_places_become_pseudo_parameters() -> None:
    """Account, region, partition and suffix are known by their shape."""
    text = "arn:${data.aws_partition.current.partition}:sagemaker:${data.aws_region.current.id}:"
    suffix = "${data.aws_partition.current.dns_suffix}"
    account = "${data.aws_caller_identity.current.account_id}"
    assert policy_of(f"{text}{account}:{suffix}") == [
        {"Fn::Sub": "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:${AWS::URLSuffix}"}
    ]


def test_escapes_are_what_they_stand_for() -> None:
    """A policy variable is one, also beside a place; text without either stays text."""
    assert policy_of("arn:aws:s3:::b/$${aws:username}/%%{x", "arn:aws:s3:::c") == [
        {"Fn::Sub": "arn:aws:s3:::b/${!aws:username}/%{x"},
        "arn:aws:s3:::c",
    ]


def test_other_expressions_are_unknown() -> None:
    """A variable, a local, a function with braces and quotes in it: nobody knows what they come to."""
    texts = ("arn:aws:s3:::${var.bucket}/*", '${[for one in local.x["a"] : "arn:${one}"]}', "${data.aws_region.other}")
    assert policy_of(*texts) == [
        {"Fn::Sub": "arn:aws:s3:::${Terraform}/*"}, {"Ref": '[for one in local.x["a"] : "arn:${one}"]'},
        {"Ref": "data.aws_region.other"},
    ]  # fmt: skip


def test_locals_may_stand_in_a_list() -> None:
    """As blocks of any kind may, where there are several."""
    admin = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    data = {"locals": [{"a": 1}, {"policy": admin}], "resource": {"aws_iam_role": {"r": {"name": "r"}}}}
    found, _ = look_into(json.dumps(data, indent=1), "x.tf.json", as_json=True)
    assert [one.rule for one in check(found)] == ["RM601"]
