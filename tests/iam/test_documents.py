"""Policy documents: every spelling that IAM accepts becomes one shape, and what IAM refuses is refused."""

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolemgr.errors import InputError, Problems
from rolemgr.files.json import parse_json
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    IdentityStatement,
    PolicyDocument,
    ResourcePolicy,
    TrustPolicy,
    size_of,
)
from rolemgr.model.source import parse_model

WORD = st.text(min_size=1, max_size=8)
VALUES = st.lists(WORD, min_size=1, max_size=3)
CONDITIONS = st.dictionaries(WORD, st.dictionaries(WORD, VALUES, min_size=1, max_size=2), min_size=1, max_size=2)
STATEMENT = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": VALUES, "Resource": VALUES},
    optional={"Sid": WORD, "Condition": CONDITIONS},
)


def one(**fields: Any) -> dict[str, Any]:
    """Return a policy document of one statement, with the given fields in place of the usual ones."""
    usual = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    statement = {key: value for key, value in (usual | fields).items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [statement]}


def refusal(model: type[PolicyDocument], document: Any) -> list[str]:
    """Return the messages with which *document* is refused as a *model*."""
    source = parse_json(json.dumps(document, indent=1), "p.json")
    with pytest.raises((InputError, Problems)) as caught:
        parse_model(source, model)
    return str(caught.value).splitlines()


def test_a_scalar_stands_for_a_list_of_one() -> None:
    """One action, resource, statement or condition value may come without its list."""
    scalar = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
                      "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}},
    }  # fmt: skip
    listed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"],
                       "Condition": {"StringLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/*"]}}}],
    }  # fmt: skip
    assert IdentityPolicy.model_validate(scalar) == IdentityPolicy.model_validate(listed)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (True, ("true",)),
        (False, ("false",)),
        (86400, ("86400",)),
        (1.5, ("1.5",)),
        ([True, 2, "x"], ("true", "2", "x")),
        ([], ()),
    ],
)
def test_condition_values_are_text(value: Any, texts: tuple[str, ...]) -> None:
    """JSON booleans and numbers mean to IAM what their text means."""
    document = IdentityPolicy.model_validate(one(Condition={"Bool": {"aws:SecureTransport": value}}))
    assert document.statement[0].condition == {"Bool": {"aws:SecureTransport": texts}}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"Action": None}, "Action or NotAction"),
        ({"NotAction": "s3:*"}, "Action or NotAction"),
        ({"Resource": None}, "Resource or NotResource"),
        ({"NotResource": "*"}, "Resource or NotResource"),
    ],
)
def test_an_identity_statement_has_one_of_each_pair(fields: dict[str, Any], names: str) -> None:
    """Neither both nor none of Action and NotAction, of Resource and NotResource."""
    assert refusal(IdentityPolicy, one(**fields)) == [
        f"p.json:4: in `Statement[0]`: a statement has exactly one of {names}"
    ]


@pytest.mark.parametrize("fields", [{}, {"Principal": "*", "NotPrincipal": {"AWS": "*"}}])
def test_trust_and_resource_statements_have_one_principal_element(fields: dict[str, Any]) -> None:
    """A statement about someone else's access says whose, once."""
    names = "a statement has exactly one of Principal or NotPrincipal"
    assert refusal(ResourcePolicy, one(**fields)) == [f"p.json:4: in `Statement[0]`: {names}"]
    assert refusal(TrustPolicy, one(Resource=None, **fields)) == [f"p.json:4: in `Statement[0]`: {names}"]


def test_each_kind_of_policy_refuses_the_elements_of_the_others() -> None:
    """An identity policy names no principal, a trust policy no resource."""
    assert refusal(IdentityPolicy, one(Principal="*"))[0].startswith("p.json:8: unknown key `Statement[0].Principal`")
    assert refusal(TrustPolicy, one(Principal="*"))[0].startswith("p.json:7: unknown key `Statement[0].Resource`")
    both = one(Principal={"AWS": ["111122223333"], "Service": "sagemaker.amazonaws.com"})
    assert ResourcePolicy.model_validate(both).statement[0].principal == {
        "AWS": ("111122223333",), "Service": ("sagemaker.amazonaws.com",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("document", "messages"),
    [
        ({"Version": "2012-10-17"}, ["p.json:1: `Statement` is missing"]),
        ([], ["p.json:1: the file must be a mapping"]),
        (one(Effect="allow"), ["p.json:5: `Statement[0].Effect` is `allow`; use one of Allow or Deny"]),
        (one(Action=[]), ["p.json:6: `Statement[0].Action` is empty"]),
        (one(Action=[3]), ["p.json:7: `Statement[0].Action[0]` must be text"]),
        (one(Resource={}), ["p.json:7: `Statement[0].Resource` must be text"]),
        (one(Condition=[]), ["p.json:8: `Statement[0].Condition` must be a mapping"]),
        (one(Conditions={}), ["p.json:8: unknown key `Statement[0].Conditions`; did you mean Condition?"]),
        (one() | {"Version": "2012-10-18"},
         ["p.json:2: `Version` is `2012-10-18`; use one of 2012-10-17 or 2008-10-17"]),
        (one(Effect="A", Action=[]),
         ["p.json:5: `Statement[0].Effect` is `A`; use one of Allow or Deny",
          "p.json:6: `Statement[0].Action` is empty"]),
    ],
)  # fmt: skip
def test_what_breaks_the_grammar_is_said_with_its_line(document: Any, messages: list[str]) -> None:
    """Each problem is one line, in the words of the policy's author, in the order of the file."""
    assert refusal(IdentityPolicy, document) == messages


@pytest.mark.parametrize(
    "made",
    [
        lambda: IdentityStatement(effect="Deny", action=("s3:*",), resource=("*",)),  # type: ignore[arg-type]
        lambda: IdentityStatement(effect=Effect.DENY, action="s3:*", resource=("*",)),  # type: ignore[arg-type]
        lambda: IdentityStatement(effect=Effect.DENY, action=("s3:*",), resource=["*"]),  # type: ignore[arg-type]
        lambda: IdentityPolicy(version="2012-10-17", statement=[]),  # type: ignore[arg-type]
        lambda: IdentityPolicy(version="2012-10-17", statement=({},)),  # type: ignore[arg-type]
    ],
)
def test_a_policy_made_by_name_has_its_types(made: Callable[[], object]) -> None:
    """What a Deny must not be made of is refused where it is made: nothing would match it."""
    with pytest.raises(TypeError, match="model_validate"):
        made()


def test_a_policy_is_frozen() -> None:
    """Nobody changes a document that others read."""
    document = IdentityPolicy.model_validate(one())
    with pytest.raises(FrozenInstanceError, match="version"):
        document.version = "2008-10-17"  # type: ignore[misc]  # that is the point


@given(st.lists(STATEMENT, max_size=3), st.none() | WORD)
def test_writing_and_reading_again_changes_nothing(statements: list[Any], name: str | None) -> None:
    """A document survives the way to JSON and back, as text and as values."""
    document = {"Version": "2012-10-17", "Statement": statements} | ({"Id": name} if name else {})
    policy = IdentityPolicy.model_validate(document)
    assert IdentityPolicy.model_validate(policy.to_json_value()) == policy
    assert IdentityPolicy.model_validate_json(policy.to_json()) == policy
    assert size_of(policy.to_json_value()) == policy.size()
    assert policy.to_json() == IdentityPolicy.model_validate_json(policy.to_json()).to_json()


def test_elements_come_in_the_order_of_the_grammar() -> None:
    """Version first, then statements with Sid, Effect, who, what, on what, when; one value without a list."""
    document = ResourcePolicy.model_validate(
        one(Condition={"Bool": {"aws:SecureTransport": ["true"]}}, Principal={"AWS": ["1", "2"]}, Sid="S")
    )
    assert document.to_json_value() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "S",
                "Effect": "Allow",
                "Principal": {"AWS": ["1", "2"]},
                "Action": ["s3:GetObject"],
                "Resource": ["*"],
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
        ],
    }
    statement = document.to_json_value()["Statement"][0]
    assert list(statement) == ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]


def test_a_policy_without_a_version_is_of_the_old_one() -> None:
    """IAM reads a missing Version as 2008-10-17, which knows no policy variables."""
    document = one()
    del document["Version"]
    assert IdentityPolicy.model_validate(document).version == "2008-10-17"


def test_size_counts_what_iam_counts() -> None:
    """White space between elements is free; every character inside values counts once, whatever its bytes."""
    document = IdentityPolicy.model_validate(one(Sid="é€😀"))
    statement = '{"Sid":"é€😀","Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}'
    text = f'{{"Version":"2012-10-17","Statement":[{statement}]}}'
    assert document.size() == len(text)
    assert IdentityPolicy.model_validate_json(json.dumps(one(Sid="é€😀"), indent=8)).size() == len(text)


@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        ({"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/Project}/*"}, {"aws:principaltag/project"}),
        ({"NotResource": "arn:aws:s3:::b/${aws:userid, 'none'}/*"}, {"aws:userid"}),
        (
            {"Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/A": ["x", "${aws:PrincipalTag/A}"]}}},
            {"aws:requesttag/a", "aws:principaltag/a"},
        ),
        ({"Resource": "arn:aws:s3:::${*}", "Condition": {"Null": {"S3:Prefix": "true"}}}, {"s3:prefix"}),
    ],
)
def test_a_statement_names_the_keys_that_decide_it(statement: dict[str, Any], keys: set[str]) -> None:
    """Compared, or read by a policy variable: in Resource, NotResource and values, also with a default."""
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", **statement}]}
    (found,) = IdentityPolicy.model_validate(document).statements()
    assert found.condition_keys() == keys


def test_a_trust_statement_has_keys_without_a_resource() -> None:
    """Its variables stand in values alone."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
                 "Condition": {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}}  # fmt: skip
    (found,) = TrustPolicy.model_validate({"Statement": [statement]}).statements()
    assert found.condition_keys() == {"sts:rolesessionname", "aws:username"}
