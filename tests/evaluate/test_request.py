"""Requests: what is taken, made one shape, and refused."""

from collections.abc import Callable
from typing import Any

import pytest

from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.request import Context, Request

RequestMaker = Callable[..., Request]


def test_context_values_become_strings(request_of: RequestMaker) -> None:
    """Booleans, numbers, single values and lists all become tuples of strings."""
    request = request_of(context={"a:Flag": True, "a:Number": 10, "a:Ratio": 1.5, "a:List": ["x", False]})
    assert dict(request.context) == {
        "a:Flag": ("true",),
        "a:Number": ("10",),
        "a:Ratio": ("1.5",),
        "a:List": ("x", "false"),
    }


def test_condition_keys_are_found_in_any_case(request_of: RequestMaker) -> None:
    """A key is found however its case is written, and shown as it was given."""
    context = request_of(context={"aws:PrincipalTag/Project": "churn"}).context
    assert context["AWS:principaltag/PROJECT"] == ("churn",)
    assert list(context) == ["aws:PrincipalTag/Project"]
    assert "aws:PrincipalTag/Team" not in context


def test_a_key_without_values_is_absent(request_of: RequestMaker) -> None:
    """An empty list is no value."""
    assert len(request_of(context={"aws:TagKeys": []}).context) == 0


def test_a_key_given_twice_is_refused(request_of: RequestMaker) -> None:
    """Two spellings of one key cannot both be in a request."""
    with pytest.raises(RequestError, match="`aws:tagkeys` is given twice"):
        request_of(context={"aws:TagKeys": "a", "aws:tagkeys": "b"})


@pytest.mark.parametrize(
    "action", ["", "s3", "s3:", ":GetObject", "s3:Get*", "s3:Get?bject", "s3:Get:Object", "s3 :GetObject", "*"]
)
def test_an_action_is_one_service_and_one_name(request_of: RequestMaker, action: str) -> None:
    """What is no single action of one service cannot be requested."""
    with pytest.raises(RequestError, match="is not an action"):
        request_of(action=action)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"resource": ""}, "the resource is empty"),
        ({"resource": ["*"]}, "`resource` is not text"),
        ({"resourceAccount": "1111"}, "is not an account id"),
        ({"resource_account": "111122223333"}, "unknown request field `resource_account`"),
        ({"context": ["a"]}, "the context is an object"),
        ({"context": []}, "the context is an object"),
        ({"context": ""}, "the context is an object"),
        ({"context": False}, "the context is an object"),
        ({"context": {"a:Key": None}}, "condition key `a:Key` has a value that is not text"),
        ({"context": {"a:Key": {"nested": 1}}}, "condition key `a:Key` has a value that is not text"),
    ],
)
def test_what_is_no_request_is_refused(request_of: RequestMaker, fields: dict[str, Any], message: str) -> None:
    """A field that is misspelt or of the wrong kind is an error that names it."""
    with pytest.raises(RequestError, match=message):
        request_of(**fields)


def test_a_request_is_an_object() -> None:
    """A list is no request."""
    with pytest.raises(RequestError, match="a request is a JSON object"):
        Request.from_json_value([])


@pytest.mark.parametrize(
    ("principal", "account"),
    [
        ("arn:aws:iam::111122223333:role/r", "111122223333"),
        ("arn:aws:sts::111122223333:assumed-role/r/session", "111122223333"),
        ("sagemaker.amazonaws.com", None),
        (None, None),
    ],
)
def test_the_account_of_a_principal_is_in_its_arn(principal: str | None, account: str | None) -> None:
    """A principal without an account in its ARN has none that is known."""
    assert Request("s3:GetObject", "*", principal=principal).principal_account() == account


def test_a_context_shows_its_values() -> None:
    """The context of a failed test can be read."""
    assert repr(Context({"a:Key": ("x",)})) == "Context({'a:Key': ('x',)})"
