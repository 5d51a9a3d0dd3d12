"""Distribution: each action gets just the resources and condition keys that fit it, and nothing is dead."""

from typing import Any

import pytest
import yaml

from rolemgr.compose.distribute import Distributed, distribute
from rolemgr.errors import InputError, Problems
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.source import parse_model

VALUES = {
    "partition": ("aws",),
    "region": ("us-east-1",),
    "account": ("111122223333",),
    "buckets": ("a", "b"),
    "none": (),
}
ARN = "arn:aws:sagemaker:us-east-1:111122223333:"


def distributed(**statement: Any) -> Distributed:
    """Return the shares of one catalog statement."""
    data = {"title": "T", "description": "D", "statements": [{"sid": "S", **statement}]}
    group = parse_model(parse_yaml(yaml.safe_dump(data, sort_keys=False), "g.yaml"), ActivityGroup)
    return distribute(group, "g", 0, VALUES)


def shares(**statement: Any) -> dict[str, Any]:
    """Return resources and conditions by action."""
    return {share.action: (share.resources, dict(share.conditions)) for share in distributed(**statement).shares}


def problems(**statement: Any) -> list[str]:
    """Return what is wrong with a catalog statement, a line each."""
    with pytest.raises((InputError, Problems)) as caught:
        distributed(**statement)
    return str(caught.value).splitlines()


def test_each_action_gets_the_resources_of_its_types() -> None:
    """The bucket for ListBucket, the objects for GetObject, `*` where there is nothing to name."""
    found = shares(
        actions=["s3:ListBucket", "s3:GetObject", "s3:ListAllMyBuckets"],
        resources=["arn:{{ partition }}:s3:::{{ buckets }}", "arn:{{ partition }}:s3:::{{ buckets }}/*"],
    )
    assert found == {
        "s3:ListBucket": (("arn:aws:s3:::a", "arn:aws:s3:::b"), {}),
        "s3:GetObject": (("arn:aws:s3:::a/*", "arn:aws:s3:::b/*"), {}),
        "s3:ListAllMyBuckets": (("*",), {}),
    }


def test_an_allow_keeps_a_key_only_where_aws_sends_it() -> None:
    """Elsewhere the key would make the grant dead; what went without is reported."""
    found = distributed(
        actions=["sagemaker:CreateTrainingJob", "sagemaker:StopTrainingJob"],
        resources=[ARN + "training-job/*"],
        conditions={"StringEquals": {"sagemaker:KeepAlivePeriod": "0", "aws:ResourceTag/team": "ml"}},
    )
    by_action = {share.action: {key for _, block in share.conditions for key, _ in block} for share in found.shares}
    assert by_action == {
        "sagemaker:CreateTrainingJob": {"sagemaker:KeepAlivePeriod", "aws:ResourceTag/team"},
        "sagemaker:StopTrainingJob": {"aws:ResourceTag/team"},
    }
    assert [(one.action, one.key) for one in found.not_narrowed] == [
        ("sagemaker:StopTrainingJob", "sagemaker:KeepAlivePeriod")
    ]


def test_a_deny_drops_the_action_and_never_the_condition() -> None:
    """A Deny that lost its condition would be wider than it was written."""
    found = distributed(
        effect="Deny",
        actions=["sagemaker:CreateTrainingJob", "sagemaker:StopTrainingJob"],
        resources=[ARN + "training-job/*"],
        conditions={"NumericGreaterThan": {"sagemaker:KeepAlivePeriod": "0"}},
    )
    assert [share.action for share in found.shares] == ["sagemaker:CreateTrainingJob"]
    assert all(share.conditions for share in found.shares)


def test_resources_of_one_action_are_split_where_their_types_carry_other_keys() -> None:
    """An alert has no tags, a schedule has: the tag condition goes onto the schedule alone."""
    found = distributed(
        actions=["sagemaker:ListTags"],
        resources=[ARN + "training-job/*"],
        conditions={"StringEquals": {"aws:ResourceTag/team": "ml"}},
    )
    assert len(found.shares) == 1
    split = distributed(
        actions=["s3:GetObject"],
        resources=["arn:aws:s3:::a/*", "arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/*"],
        conditions={"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}},
    )
    assert {(share.resources, bool(share.conditions)) for share in split.shares} == {
        (("arn:aws:s3:::a/*",), False),
        (("arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/*",), True),
    }


def test_nothing_where_a_needed_parameter_is_empty() -> None:
    """`needs`, and resources that all come from empty parameters, leave the statement out."""
    assert distributed(actions=["s3:GetObject"], resources=["arn:aws:s3:::a/*"], needs=["none"]).shares == ()
    assert distributed(actions=["s3:GetObject"], resources=["arn:aws:s3:::{{ none }}/*"]).shares == ()


def test_alternatives_need_one_and_the_others_all() -> None:
    """BatchPutMetrics takes a trial component or a training job; CreateEndpoint needs both of its types."""
    assert shares(actions=["sagemaker:BatchPutMetrics"], resources=[ARN + "experiment-trial-component/*"])
    assert problems(actions=["sagemaker:CreateEndpoint"], resources=[ARN + "endpoint/*"]) == [
        "g.yaml:6: `sagemaker:CreateEndpoint` also needs a resource of type endpoint-config"
    ]


WRONG = [
    ({"actions": ["sagemaker:CreateTraningJob"]}, "g.yaml:6: unknown action `sagemaker:CreateTraningJob`; did you mean sagemaker:CreateTrainingJob"),
    ({"actions": ["sagemakr:CreateTrainingJob"]}, "g.yaml:6: unknown service `sagemakr`; did you mean sagemaker"),
    ({"actions": ["sagemaker:createtrainingjob"]}, "g.yaml:6: `sagemaker:createtrainingjob` is spelt `sagemaker:CreateTrainingJob`"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a"]}, "g.yaml:6: no listed resource fits `s3:GetObject`; it accepts"),
    ({"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}, "g.yaml:8: no action of `S` accepts the resource `*`; leave it out"),
    ({"actions": ["s3:GetObject"], "resources": ["*"]}, "g.yaml:6: no listed resource fits `s3:GetObject`"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::{{ bucket }}/*"]}, "g.yaml:8: unknown placeholder `bucket`; did you mean buckets"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::{{ buckets }/*"]}, "g.yaml:8: unknown placeholder"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*"], "needs": ["bucket"]}, "g.yaml:10: unknown parameter `bucket`"),
    ({"actions": ["iam:PassRole"], "resources": ["arn:aws:iam::111122223333:role/x"], "conditions": {"StringEquals": {"iam:PassedToServices": "x"}}},
     "g.yaml:11: no action of `S` supports the condition key `iam:PassedToServices`; did you mean iam:PassedToService"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*"], "conditions": {"StringEquals": {"aws:ResourceAccount": "{{ none }}"}}},
     "g.yaml:11: condition key `aws:ResourceAccount` has no value; name its parameter under `needs`"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*"], "conditions": {"StringEqual": {"aws:userid": "x"}}},
     "g.yaml:10: unknown condition operator `StringEqual`; did you mean StringEquals"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*"], "conditions": {"Bool": {"aws:SecureTransport": "maybe"}}},
     "g.yaml:11: `maybe` under Bool is neither `true` nor `false`"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/${aws:usrid}/*"]}, "g.yaml:8: unknown policy variable `aws:usrid`; did you mean aws:userid"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/${aws:userid/*"]}, "g.yaml:8: `${aws:userid/*` does not start with a policy variable"),
    ({"actions": ["s3:GetObject"], "resources": ["arn:aws-cn:s3:::a/*"]}, "g.yaml:8: `arn:aws-cn:s3:::a/*` is in partition aws-cn, the role in aws; write arn:{{ partition }}"),
    ({"actions": ["sagemaker:CreateModel"], "resources": [ARN + "model/*"], "conditions": {"ForAllValues:StringEquals": {"sagemaker:VpcSubnets": "subnet-1"}}},
     "g.yaml:11: `ForAllValues:StringEquals` also holds where `sagemaker:VpcSubnets` is absent; add"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_what_the_reference_contradicts_is_an_error_with_its_line(statement: dict[str, Any], message: str) -> None:
    """File, line, what is wrong and the nearest right thing."""
    assert any(line.startswith(message) for line in problems(**statement)), problems(**statement)


def test_all_problems_of_a_statement_come_at_once_in_order() -> None:
    """An author mends a file in one go."""
    found = problems(actions=["s3:GetObject", "s3:ListBucket"], resources=["arn:aws:sns:us-east-1:111122223333:t"])
    assert [line.split(":")[1] for line in found] == ["6", "7", "9"]
