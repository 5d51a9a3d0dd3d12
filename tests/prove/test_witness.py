"""Witnesses satisfy the conditions that they are made for, whatever operator those use."""

import pytest

from rolemgr.errors import SourceLocation
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.role import ComposedStatement, FrozenConditions, Origin
from rolemgr.prove.witness import satisfying, witnesses

ORIGIN = Origin(SourceLocation("activity_groups/x.yaml", 1), "x", "X")

CONDITIONS: list[FrozenConditions] = [
    (("StringEquals", (("iam:PassedToService", ("sagemaker.amazonaws.com",)),)),),
    (("StringLike", (("aws:PrincipalTag/team", ("ml-*", "x")),)),),
    (("ArnLike", (("iam:AssociatedResourceArn", ("arn:aws:sagemaker:*:${aws:PrincipalAccount}:*/?",)),)),),
    (("StringNotEquals", (("aws:PrincipalTag/team", ("x",)),)),),
    (("Null", (("aws:PrincipalTag/team", ("false",)),)), ("StringNotEquals", (("aws:PrincipalTag/team", ("x",)),))),
    (("Null", (("aws:PrincipalTag/team", ("true",)),)),),
    (("Bool", (("aws:SecureTransport", ("true",)),)), ("NumericLessThan", (("aws:MultiFactorAuthAge", ("3600",)),))),
    (("NumericGreaterThan", (("aws:MultiFactorAuthAge", ("10",)),)),),
    (("NumericLessThanEqualsIfExists", (("aws:MultiFactorAuthAge", ("10",)),)),),
    (("ForAllValues:StringLike", (("aws:TagKeys", ("a*",)),)), ("Null", (("aws:TagKeys", ("false",)),))),
    (("ForAnyValue:StringEquals", (("aws:TagKeys", ("a", "b")),)),),
]


@pytest.mark.parametrize("conditions", CONDITIONS, ids=str)
def test_a_witness_is_allowed_by_its_statement(conditions: FrozenConditions) -> None:
    """The evaluator allows the request that was made for a statement."""
    resource = "arn:aws:iam::111122223333:role/${aws:PrincipalTag/path}/*"
    statement = ComposedStatement("X", Effect.ALLOW, ("iam:PassRole",), (resource,), conditions, (ORIGIN,))
    document = IdentityPolicy.model_validate(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, "Condition": statement.condition}
            ],
        }
    )
    found = list(witnesses(statement, "iam:PassRole"))
    assert len(found) == 1
    assert evaluate(found[0], Policies(identity=(document,))).decision == "Allowed"


def test_a_witness_is_of_a_type_of_its_action() -> None:
    """`pipeline/*` stands for a pipeline to one action and for an execution to the other."""
    arn = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/*"
    actions = ("sagemaker:DescribePipeline", "sagemaker:StopPipelineExecution")
    statement = ComposedStatement("X", Effect.ALLOW, actions, (arn,), (), (ORIGIN,))
    pipeline, execution = (next(witnesses(statement, action)).resource for action in actions)
    assert pipeline.count("/") == 1
    assert "/execution/" in execution


def test_no_witness_where_nothing_fits() -> None:
    """A resource of another type, or outside of what is asked for, has none."""
    bucket = ComposedStatement("X", Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::bucket",), (), (ORIGIN,))
    assert list(witnesses(bucket, "s3:GetObject")) == []
    objects = ComposedStatement("X", Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::bucket/a/*",), (), (ORIGIN,))
    assert list(witnesses(objects, "s3:GetObject", "arn:aws:s3:::bucket/b/*")) == []


def test_contradicting_null_wins_over_a_value() -> None:
    """A key that must be absent is in no witness."""
    assert satisfying({"StringEqualsIfExists": {"a:b": ("x",)}, "Null": {"a:b": ("true",)}}) == {}
