"""What a request must carry is found by trying: with it, the given policies allow the request."""

from dataclasses import replace
from typing import Any

import pytest

from rolemgr.diagnose.changes import mended
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request, context_of
from rolemgr.iam.documents import IdentityPolicy


def policies(*statements: dict[str, Any]) -> Policies:
    """Return an identity policy of *statements*, each on all of CreateModel unless it says otherwise."""
    whole = [{"Effect": "Deny", "Action": "sagemaker:CreateModel", "Resource": "*", **one} for one in statements]
    return Policies(identity=(IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": whole}),))


def allow(**condition: Any) -> dict[str, Any]:
    """Return an Allow under *condition*."""
    return {"Effect": "Allow", "Condition": {name.replace("__", ":"): block for name, block in condition.items()}}


def deny(**condition: Any) -> dict[str, Any]:
    """Return a Deny under *condition*."""
    return {**allow(**condition), "Effect": "Deny"}


def request(**context: Any) -> Request:
    """Return the request to create a model in *context*."""
    found = context_of({key.replace("__", ":"): value for key, value in context.items()})
    return Request("sagemaker:CreateModel", "arn:aws:sagemaker:us-east-1:111122223333:model/x", found)


MENDED: list[tuple[str, Policies, Request, dict[str, str | None]]] = [
    ("nothing is needed", policies(allow()), request(), {}),
    ("an Allow's value", policies(allow(StringEquals={"aws:RequestTag/P": "a"})), request(), {"aws:RequestTag/P": "a"}),
    ("an Allow's pattern", policies(allow(StringLike={"a:K": "x-*"})), request(), {"a:K": "x-x"}),
    ("an Allow's number", policies(allow(NumericLessThan={"a:K": "10.5"})), request(), {"a:K": "9"}),
    ("an Allow's greater number", policies(allow(NumericGreaterThan={"a:K": 10})), request(), {"a:K": "11"}),
    ("an Allow's network", policies(allow(IpAddress={"aws:SourceIp": "10.0.0.0/8"})), request(), {"aws:SourceIp": "10.0.0.0"}),
    ("presence", policies(allow(Null={"a:K": "false"})), request(), {"a:K": "VALUE"}),
    ("absence", policies(allow(Null={"a:K": "true"})), request(a__K="x"), {"a:K": None}),
    ("a Deny's list", policies(allow(), deny(StringNotEquals={"a:K": ["x", "y"]})), request(), {"a:K": "x"}),
    ("a Deny's list of several", policies(allow(), deny(**{"ForAnyValue:StringNotLike": {"a:K": "ml.m5.*"}})), request(a__K="ml.p3"), {"a:K": "ml.m5.x"}),
    ("a Deny's maximum", policies(allow(), deny(NumericGreaterThan={"a:K": "86400"})), request(a__K="99999"), {"a:K": "86400"}),
    ("a Deny's switch", policies(allow(), deny(Bool={"a:K": "false"})), request(a__K="false"), {"a:K": "true"}),
    ("a Deny's network", policies(allow(), deny(NotIpAddress={"a:K": "10.0.0.0/8"})), request(), {"a:K": "10.0.0.0"}),
    ("a Deny of absence", policies(allow(), deny(Null={"a:K": "true"})), request(), {"a:K": "VALUE"}),
    ("a Deny of absence, the value from another Deny",
     policies(allow(), deny(Null={"a:K": "true"}), deny(StringNotEquals={"a:K": "good"})), request(), {"a:K": "good"}),
    ("a Deny of presence", policies(allow(), deny(Null={"a:K": "false"})), request(a__K="x"), {"a:K": None}),
    ("a Deny and an Allow", policies(allow(StringEquals={"a:K": "x"}), deny(Null={"a:L": "true"})), request(), {"a:K": "x", "a:L": "VALUE"}),
    ("the caller's own value", policies(allow(StringEquals={"aws:RequestTag/P": "${aws:PrincipalTag/P}"})),
     request(**{"aws:PrincipalTag/P": "churn"}), {"aws:RequestTag/P": "churn"}),
    ("a value that both must have", policies(allow(StringEquals={"aws:RequestTag/P": "${aws:PrincipalTag/P}"})), request(),
     {"aws:PrincipalTag/P": "VALUE", "aws:RequestTag/P": "VALUE"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "asked", "wanted"), MENDED, ids=[name for name, *_ in MENDED])
def test_what_is_found_is_enough(name: str, given: Policies, asked: Request, wanted: dict[str, str | None]) -> None:
    """The request that carries it is allowed, and nothing else was changed."""
    found = mended(asked, given)
    assert found is not None
    assert {one.key: one.value for one in found} == wanted
    kept = {key: values for key, values in asked.context.items() if key not in wanted}
    context = Context(kept | {one.key: (one.value,) for one in found if one.value is not None})
    assert evaluate(replace(asked, context=context), given).decision == "Allowed"


@pytest.mark.parametrize(
    "given",
    [
        policies(),
        policies(allow(), deny()),
        policies(allow(StringEquals={"aws:PrincipalAccount": "444455556666"})),
        policies(allow(), deny(StringEquals={"a:K": "x"})),
        policies(allow(NumericLessThan={"a:K": "1"}, NumericGreaterThan={"a:K": "5"})),
        policies({**allow(), "Resource": "arn:aws:s3:::x"}),
    ],
    ids=["no Allow", "a Deny of everything", "another account", "any other value", "contradiction", "another resource"],
)
def test_what_no_key_helps_is_said(given: Policies) -> None:
    """Who asks, and for what, can't be changed; and what can't be found is not made up."""
    assert mended(request(a__K="x"), given) is None
