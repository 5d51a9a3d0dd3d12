"""Identity providers: which keys AWS fills for them, which stay in the session, and whose tokens a trust lets in."""

from typing import Any

import pytest
from tests.check.support import findings, policy, rules

from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.providers import claim_of, in_session, shared_providers

GITHUB = "token.actions.githubusercontent.com"
COGNITO = "cognito-identity.amazonaws.com"


def trust(provider: str, condition: dict[str, Any]) -> dict[str, Any]:
    """Return a trust policy for tokens of *provider* under *condition*."""
    principal = (
        provider
        if provider in (COGNITO, "accounts.google.com")
        else f"arn:aws:iam::111122223333:oidc-provider/{provider}"
    )
    return policy(
        {"Effect": "Allow", "Principal": {"Federated": principal}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    )  # fmt: skip


@pytest.mark.parametrize(
    "value",
    ["repo:acme/churn:ref:refs/heads/main", "repo:acme/*", "repo:acme@12/churn@34:*", "repository_owner:acme:*",
     "environment:prod:repository_owner_id:12:*", "repository_owner:acme"],
)  # fmt: skip
def test_a_subject_of_one_organization_tells_it_apart(value: str) -> None:
    """Whatever is open behind it, the organization's name ends in the text that is fixed."""
    assert rules(trust(GITHUB, {"StringLike": {f"{GITHUB}:sub": value}}), "trust") == set()


@pytest.mark.parametrize(
    "value",
    ["*", "repo:*", "repo:acme*", "repo:acme*/churn:*", "repo:?cme/churn:*", "repo:/x", "environment:prod",
     "ref:refs/heads/main", "repository_owner:acme*", "repo:${aws:PrincipalTag/Org}/churn:*"],
)  # fmt: skip
def test_a_subject_that_another_organization_can_have_is_found(value: str) -> None:
    """`repo:acme*` is acme-evil too, and an environment is called `prod` by everybody."""
    assert "RM804" in rules(trust(GITHUB, {"StringLike": {f"{GITHUB}:sub": value}}), "trust")


@pytest.mark.parametrize(
    ("provider", "condition", "found"),
    [
        (GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, True),
        (GITHUB, {"Null": {f"{GITHUB}:sub": "false"}}, True),
        (GITHUB, {"StringLikeIfExists": {f"{GITHUB}:sub": "repo:acme/*"}}, True),
        (GITHUB, {"StringNotLike": {f"{GITHUB}:sub": "repo:evil/*"}}, True),
        (GITHUB, {"StringLike": {f"{GITHUB}:repository_owner_id": "12*"}}, True),
        (GITHUB, {"StringEquals": {f"{GITHUB}:repository_owner_id": "1234"}}, False),
        (GITHUB, {"StringLike": {f"{GITHUB}:repository": "acme/*"}}, False),
        (COGNITO, {"StringLike": {f"{COGNITO}:aud": "us-east-1:*"}}, True),
        (COGNITO, {"ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}}, True),
        (COGNITO, {"StringEquals": {f"{COGNITO}:aud": "us-east-1:1234"}}, False),
        ("accounts.google.com", {"StringLike": {"accounts.google.com:email": "*@example.com"}}, True),
        ("accounts.google.com", {"StringEquals": {"accounts.google.com:aud": "app"}}, False),
        ("app.terraform.io", {"StringLike": {"app.terraform.io:sub": "organization:ac*:project:*"}}, True),
        ("app.terraform.io", {"StringLike": {"app.terraform.io:sub": "organization:acme:*"}}, False),
        ("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:acme*:ref_type:*"}}, True),
        ("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:acme/churn:*"}}, False),
        ("idp.example.com", {"StringLike": {"idp.example.com:sub": "*"}}, False),
        ("oidc.circleci.com/org/12", {"StringLike": {"oidc.circleci.com/org/12:sub": "org/12/*"}}, False),
    ],
)  # fmt: skip
def test_what_tells_the_customers_of_a_provider_apart(provider: str, condition: dict[str, Any], found: bool) -> None:
    """A claim of the provider that must be there, fixed up to the customer; a provider of one customer needs none."""
    assert ("RM804" in rules(trust(provider, condition), "trust")) is found


@pytest.mark.parametrize(("value", "found"), [("repo:${var.org}/${var.repo}:*", False), ("${local.subject}", False),
                                               ("repo:*/${var.repo}:*", True)])  # fmt: skip
def test_what_another_tool_fills_in_is_not_known_to_be_wide(value: str, found: bool) -> None:
    """Terraform's expressions stand for a name; a star before them is wide whatever they are."""
    assert ("RM804" in rules(trust(GITHUB, {"StringLike": {f"{GITHUB}:sub": value}}), "trust")) is found


@pytest.mark.parametrize(
    ("subject", "found"),
    [("system:serviceaccount:ml:train", False), ("system:serviceaccount:ml:*", False), ("system:serviceaccount:ml*", True),
     ("system:serviceaccount:*:train", True), ("*", True), (None, True)],
)  # fmt: skip
def test_a_cluster_names_the_namespace(subject: str | None, found: bool) -> None:
    """Every workload of the cluster has a token of its provider."""
    cluster = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"
    condition = {"StringEquals": {f"{cluster}:aud": "sts.amazonaws.com"}}
    also = {"StringLike": {f"{cluster}:sub": subject}} if subject else {}
    assert rules(trust(cluster, {**condition, **also}), "trust") == ({"RM806"} if found else set())


def test_every_wide_value_is_named_where_it_stands() -> None:
    """Of several values the one that lets others in."""
    made = trust(GITHUB, {"StringLike": {f"{GITHUB}:sub": ["repo:acme/churn:*", "repo:acme*"]}})
    (one,) = findings(made, "trust")
    assert one.message.startswith("`repo:acme*` fits others too")


def test_keys_that_stay_in_the_session_work_in_every_policy() -> None:
    """IAM's guide prints the first; the attributes of the assertion are for the trust policy alone."""
    here = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme/${saml:namequalifier}/${saml:sub}/*",
    }
    assert rules(policy({**here, "Condition": {"StringEquals": {"saml:sub_type": "persistent"}}})) == set()
    assert rules(policy({**here, "Condition": {"StringEquals": {"www.amazon.com:user_id": "a"}}})) == set()
    assert "RM305" in rules(
        policy({**here, "Condition": {"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}}})
    )
    assert "RM305" in rules(policy({**here, "Condition": {"StringEquals": {f"{GITHUB}:repository": "acme/churn"}}}))


@pytest.mark.parametrize(
    ("key", "multivalued", "session"),
    [
        (f"{COGNITO}:amr", True, True),
        ("accounts.google.com:amr", True, True),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub", False, True),
        ("idp.example.com:email", False, False),
        (f"{GITHUB}:repository", False, False),
        ("SAML:sub_type", False, True),
        ("saml:edupersonaffiliation", True, False),
    ],
)
def test_the_keys_of_providers_are_known(key: str, multivalued: bool, session: bool) -> None:
    """Of any provider the claims that AWS STS takes, of some more."""
    found = find_key(key)
    assert found is not None
    assert (found.multivalued, in_session(key)) == (multivalued, session)


@pytest.mark.parametrize(
    "key", ["aws:ResourceTag/team:name", "aws:PrincipalTag/a.b:c", "sagemaker:InstanceTypes", "sub"]
)
def test_a_tag_key_with_a_colon_is_of_no_provider(key: str) -> None:
    """A provider's key begins with a host."""
    assert claim_of(key) is None


@pytest.mark.parametrize("operator", ["StringEquals", "ForAnyValue:StringEquals"])
def test_where_the_pages_of_aws_differ_neither_reading_is_wrong(operator: str) -> None:
    """The guide has saml:mail as a list, the reference as one value."""
    made = policy({
        "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/acme"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}, operator: {"saml:mail": "a@b"}}
        if operator != "StringEquals"
        else {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml", "saml:mail": "a@b"}},
    })  # fmt: skip
    assert rules(made, "trust") == set()


def test_the_default_policy_of_a_topic_has_no_error() -> None:
    """SNS writes it: an action that is listed nowhere and a key that only its guide has are warnings."""
    made = policy({
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": "arn:aws:sns:us-east-1:111122223333:churn",
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                   "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish", "SNS:Receive"],
        "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}},
    })  # fmt: skip
    assert {(one.rule, str(one.severity)) for one in findings(made, "resource")} == {
        ("RM209", "WARNING"),
        ("RM210", "WARNING"),
    }


def test_shared_providers_say_what_tells_customers_apart() -> None:
    """Each has claims, and a form of subject is a beginning, a name and what ends it."""
    for shared in shared_providers().values():
        assert shared.condition_keys()
        assert all(form.count("*") == 1 and form[-1] in ":/" for form in shared.tenants)


@pytest.mark.parametrize(("action", "found"), [("AssumeRoleWithSAML", True), ("*", True), ("TagSession", False)])
def test_what_lets_nobody_in_needs_no_audience(action: str, found: bool) -> None:
    """Tags and source identities are set by whoever gets in by another statement."""
    provider = "arn:aws:iam::111122223333:saml-provider/acme"
    made = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": f"sts:{action}"}
    assert ("RM805" in rules(policy(made), "trust")) is found
