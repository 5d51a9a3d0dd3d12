"""The kinds of trust: both ways of writing them, their limits, and which do not go together."""

from typing import Any

import pytest

from rolemgr.errors import InputError, Problems
from rolemgr.files.write import to_yaml
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import AnyTrust, GitHubTrust, carries_session_tags
from rolemgr.model.trust_text import as_text

HERE = "arn:aws:iam::111122223333"
SAML = f"{HERE}:saml-provider/Okta"
OIDC = f"{HERE}:oidc-provider/id.example.com/auth"
ROLE = "arn:aws:iam::444455556666:role/ci/deployer"


def trusts(*written: Any, **fields: Any) -> tuple[AnyTrust, ...]:
    """Return the trust of a role file that holds *written*."""
    data = {"persona": "data-scientist", **fields, "trust": list(written)}
    return parse_model(parse_yaml(to_yaml(data), "role.yaml"), RoleSpec).value.trust


def refusal(*written: Any, **fields: Any) -> str:
    """Return what is said of a role file that holds *written*."""
    with pytest.raises((InputError, Problems)) as caught:
        trusts(*written, **fields)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("account:444455556666", {"kind": "account", "value": "444455556666"}),
        (
            "account:444455556666?external-id=a+b%3A1&source-identity=no",
            {"kind": "account", "value": "444455556666", "external_id": "a+b:1"},
        ),
        (
            f"role:{ROLE}?external-id=abc&org-id=o-a1b2c3d4e5&mfa=yes&source-identity=yes&session-tags=Project,Cost",
            {"kind": "role", "value": ROLE, "external_id": "abc", "org_id": "o-a1b2c3d4e5", "mfa": True,
             "source_identity": True, "session_tags": ["Cost", "Project"]},
        ),
        (f"saml:{SAML}?session-tags=Project", {"kind": "saml", "value": SAML, "session_tags": "Project"}),
        (
            f"oidc:{OIDC}?aud=app&sub=group:ml:*&source-identity=yes",
            {"kind": "oidc", "value": OIDC, "aud": "app", "sub": "group:ml:*", "source_identity": True},
        ),
        (
            "github:acme/ml?environment=prod%3Ablue",
            {"kind": "github", "value": "acme/ml", "environment": "prod:blue"},
        ),
        ("github:acme@12/ml@34?ref=main", {"kind": "github", "value": "acme@12/ml@34", "ref": "refs/heads/main"}),
    ],
)  # fmt: skip
def test_text_and_mapping_are_the_same_trust(text: str, mapping: dict[str, Any]) -> None:
    """The words of a role file are those of ``--trust``, with underscores; a plus is a plus, %3A a colon."""
    assert trusts(text) == trusts(mapping)


def test_an_unquoted_account_id_is_a_number_to_yaml_alone() -> None:
    """As for the role's own account."""
    assert trusts({"kind": "account", "value": 444455556666}) == trusts("account:444455556666")


@pytest.mark.parametrize(
    ("written", "sub"),
    [
        ({"environment": "prod"}, "repo:acme/ml:environment:prod"),
        ({"environment": "prod:blue"}, "repo:acme/ml:environment:prod%3Ablue"),
        ({"ref": "main"}, "repo:acme/ml:ref:refs/heads/main"),
        ({"ref": "release/*"}, "repo:acme/ml:ref:refs/heads/release/*"),
        ({"ref": "refs/tags/v*"}, "repo:acme/ml:ref:refs/tags/v*"),
        ({}, "repo:acme/ml:*"),
    ],
)
def test_the_subject_is_written_as_github_writes_it(written: dict[str, str], sub: str) -> None:
    """https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims."""
    [trust] = trusts({"kind": "github", "value": "acme/ml", **written})
    assert isinstance(trust, GitHubTrust)
    assert trust.sub == sub


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("account:12", "`12` is not an AWS account id of 12 digits"),
        ("account", "account needs to be told whom: account:ID"),
        (f"account:444455556666?external-id={'x' * 1225}", "`" + "x" * 1225 + "` is not an external id"),
        ("account:444455556666?external-id=x", "`x` is not an external id: 2 to 1224"),
        ("account:444455556666?org-id=r-abcd", "`r-abcd` is not an organization id such as o-a1b2c3d4e5"),
        ("role:arn:aws:iam::444455556666:role/*", "`arn:aws:iam::444455556666:role/*` is not an ARN of one role"),
        ("role:arn:aws:sts::444455556666:assumed-role/a/b", "`arn:aws:sts::444455556666:assumed-role/a/b` is not an ARN"),
        ("role:arn:aws:iam::444455556666:user/ann", "`arn:aws:iam::444455556666:user/ann` is not an ARN of one role"),
        ("role:arn:aws-cn:iam::444455556666:role/a", "`arn:aws-cn:iam::444455556666:role/a` is in partition aws-cn"),
        ("saml:arn:aws:iam::444455556666:saml-provider/Okta",
         "`arn:aws:iam::444455556666:saml-provider/Okta` is of account 444455556666; IAM takes providers of"),
        (f"saml:{OIDC}", f"`{OIDC}` is not an ARN of a provider such as arn:aws:iam::111122223333:saml-provider/NAME"),
        (f"oidc:{SAML}?sub=x", f"`{SAML}` is not an ARN of a provider"),
        (f"oidc:{OIDC}", "oidc needs `sub`: without it every identity of the provider gets in"),
        (f"oidc:{OIDC}?sub=", "`` is not a claim"),
        (f"oidc:{OIDC}?sub=*", "`*` lets in whom you did not name"),
        (f"oidc:{OIDC}?sub=**?", "`**?` lets in whom you did not name"),
        (f"oidc:{OIDC}?sub=*:prod", "`*:prod` lets in whom you did not name"),
        (f"oidc:{OIDC}?sub=repo:*", "`repo:*` lets in whom you did not name; a wildcard stands behind a whole name"),
        (f"oidc:{OIDC}?sub=repo:acme*/ml:*", "`repo:acme*/ml:*` lets in whom you did not name"),
        (f"oidc:{OIDC}?sub=repo:${{aws:username}}", "`repo:${aws:username}` is not a claim"),
        (f"oidc:{OIDC}?sub=a&aud=*", "`*` has a wildcard; IAM compares it letter by letter"),
        ("github:acme", "`acme` is not a repository ORG/REPO of GitHub"),
        ("github:acme/*", "`acme/*` is not a repository ORG/REPO of GitHub; name each one"),
        ("github:acme@1/ml", "`acme@1/ml` has one id of two"),
        ("github:acme/ml?environment=prod*", "`prod*` has a wildcard"),
        ("github:acme/ml?ref=*", "`*` is neither a branch"),
        ("github:acme/ml?ref=refs/pull/1/merge", "`refs/pull/1/merge` is neither a branch"),
        ("github:acme/ml?ref=main&environment=prod", "`sub` of a job holds its environment or its ref, never both"),
        (f"saml:{SAML}?session-tags=", "`` is not a tag key"),
        (f"saml:{SAML}?session-tags=aws:x", "`aws:x` is not a tag key"),
        (f"saml:{SAML}?session-tags=a,A", "session tags differ by more than upper and lower case"),
        (f"saml:{SAML}?session-tags={','.join(f'k{n}' for n in range(51))}", "a session has at most 50 tags, not 51"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_the_reason(text: str, says: str) -> None:
    """One line that says what IAM, STS or the provider would make of it."""
    assert refusal(text).startswith(f"role.yaml:3: in `trust[0]`: {says}")


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("saml", "external_id"), ("oidc", "external_id"), ("github", "external_id"), ("sagemaker", "external_id"),
        ("saml", "org_id"), ("github", "org_id"), ("saml", "mfa"), ("oidc", "mfa"), ("github", "mfa"),
        ("account", "source"), ("role", "source"), ("saml", "source"), ("oidc", "source"), ("github", "source"),
        ("sagemaker", "session_tags"), ("sagemaker", "value"), ("github", "source_identity"),
        ("account", "set_context"), ("role", "set_context"), ("saml", "set_context"), ("oidc", "set_context"),
        ("github", "set_context"),
        ("github", "sub"), ("github", "aud"), ("role", "sub"), ("saml", "aud"),
        ("oidc", "environment"), ("oidc", "ref"), ("account", "environment"),
    ],
)  # fmt: skip
def test_a_key_of_another_kind_is_refused_with_the_reason(kind: str, key: str) -> None:
    """Its own line, the kinds that take it, and why this one does not."""
    said = refusal({"kind": kind, key: "x"}).splitlines()
    [line] = [line for line in said if f"`{key}` is not for {kind}, only for" in line]
    assert line.startswith(f"role.yaml:4: in `trust[0].{key}`: ")
    assert len(line.rpartition(": ")[2]) > 15


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (["sagemaker", "sagemaker?source=arn"], "trust of one kind is given twice"),
        ([f"role:{ROLE}?mfa=yes", f"role:{ROLE}"], f"`role:{ROLE}` lets in `role:{ROLE}` too"),
        (["account:444455556666", "account:444455556666?mfa=yes"], "`account:444455556666` lets in"),
        ([f"role:{ROLE}?external-id=abc", "account:444455556666"],
         f"`account:444455556666` lets in `role:{ROLE}` too: the weaker of the two would decide"),
        (["github:a/b?ref=main", "github:a/b"], "`github:repo:a/b:*` lets in `github:repo:a/b:ref:refs/heads/main` too"),
        ([f"oidc:{HERE}:oidc-provider/token.actions.githubusercontent.com?sub=repo:a/*", "github:a/b"],
         "`oidc:repo:a/*` lets in `github:repo:a/b:*` too"),
        ([f"oidc:{OIDC}?sub=a", f"oidc:{OIDC}?sub=b&session-tags=Project"],
         "`oidc:a` and `oidc:b` are of one provider and differ in session tags or source identity"),
    ],
)  # fmt: skip
def test_the_weaker_of_two_must_not_decide(written: list[str], says: str) -> None:
    """Statements of a trust policy are alternatives: conditions on one are worth nothing beside a wider one."""
    assert refusal(*written).startswith(f"role.yaml:2: {says}")


@pytest.mark.parametrize(
    "written",
    [
        ["sagemaker", "account:444455556666", f"saml:{SAML}", "github:a/b"],
        [f"role:{ROLE}", f"role:{ROLE}2"],
        ["account:444455556666", "role:arn:aws:iam::444455556667:role/x"],
        ["github:a/b", "github:a/c"],
        ["github:a/b?environment=x", "github:a/b?environment=y", "github:a/b?ref=main"],
        [f"oidc:{OIDC}?sub=a", f"oidc:{OIDC}?sub=b"],
    ],
)
def test_several_go_together(written: list[str]) -> None:
    """Of several kinds, and of one kind for several callers."""
    assert len(trusts(*written)) == len(written)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("sagemaker", set()),
        ("account:444455556666?session-tags=Project,Team", {"Project", "Team"}),
        (f"role:{ROLE}?session-tags=Project", {"Project"}),
        (f"role:{ROLE}", set()),
        (f"saml:{SAML}?session-tags=Project", {"Project"}),
        (f"oidc:{OIDC}?sub=a&session-tags=Project", {"Project"}),
        ("github:a/b?session-tags=Project", set()),
    ],
)
def test_which_trust_surely_brings_tags(text: str, keys: set[str]) -> None:
    """ABAC builds on it; GitHub's tokens hold no tags, so nothing is sure there."""
    [trust] = trusts(text)
    assert carries_session_tags(trust) == keys


@pytest.mark.parametrize(
    "text",
    ["sagemaker", "sagemaker?source=none&source-identity=yes", "sagemaker?set-context=yes", "account:123456789012",
     "account:123456789012?external-id=a:b/c=d%2Be&mfa=yes&org-id=o-a1b2c3d4e5&session-tags=A,B%20c",
     "role:arn:aws:iam::123456789012:role/ml/x?source-identity=true", "github:acme/ml?environment=prod%20a%26b%23c",
     "github:acme/ml?ref=main", "saml:arn:aws:iam::111122223333:saml-provider/x",
     "oidc:arn:aws:iam::111122223333:oidc-provider/h/p?aud=a%25b&sub=repo:x/%2A"],
)  # fmt: skip
def test_trust_as_text_reads_back_the_same(text: str) -> None:
    """The short form that the wizard writes stands for the same trust, whatever characters are in it."""
    (trust,) = trusts(text)
    assert trusts(as_text(trust)) == (trust,)
