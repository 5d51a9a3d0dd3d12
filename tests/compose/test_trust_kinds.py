"""Trust in accounts, roles, SAML, OIDC and GitHub: who gets in with which request, and who does not."""

from itertools import permutations
from typing import Any

import pytest
from tests.support import PARTITION_REGIONS, composed, rendered

from rolemgr.compose.trust import trust_notes
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import IdentityPolicy

HERE = "arn:aws:iam::111122223333"
ROLE = "arn:aws:iam::444455556666:role/ci/deployer"
ROLE_TRUST = f"role:{ROLE}"
SAML = f"{HERE}:saml-provider/Okta"
OIDC = f"{HERE}:oidc-provider/id.example.com/auth"
GITHUB = f"{HERE}:oidc-provider/token.actions.githubusercontent.com"
SIGN_IN = {"SAML:aud": "https://signin.aws.amazon.com/saml"}
EXAMPLE = {"id.example.com/auth:aud": "app", "id.example.com/auth:sub": "group:ml:ann"}
PROD = {
    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
    "token.actions.githubusercontent.com:sub": "repo:acme/ml:environment:prod",
}
PROJECT = {"aws:TagKeys": ["Project"], "aws:RequestTag/Project": "churn"}
TWO_TAGS = {"aws:TagKeys": ["Project", "Team"], "aws:RequestTag/Project": "churn", "aws:RequestTag/Team": "a"}


def document(*trust: str, **choices: Any) -> dict[str, Any]:
    """Return the trust policy of a compute role that trusts *trust*."""
    role = rendered(persona="sagemaker-compute", trust=list(trust), **choices)
    found: dict[str, Any] = role.documents.trust_policy.to_json_value()
    return found


def allowed(policy: dict[str, Any], principal: str, action: str, context: dict[str, Any]) -> bool:
    """Tell whether a statement for *principal* allows *action*, its conditions judged by the evaluator."""
    statements = [
        {"Effect": "Allow", "Action": one["Action"], "Resource": "*", "Condition": one.get("Condition", {})}
        for one in policy["Statement"]
        if principal in one["Principal"].values()
    ]
    identity = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})
    decided = evaluate(Request(action, "*", context_of(context)), Policies(identity=(identity,)))
    return decided.decision == "Allowed"


def gets_in(policy: dict[str, Any], principal: str, **context: Any) -> bool:
    """
    Tell whether *principal* gets a session: by the action of its kind, and by those for what it brings along.

    AWS sends a token's claims and the external id with the first action alone, as its reference lists them.
    """
    action = "sts:AssumeRole"
    if ":saml-provider/" in principal:
        action += "WithSAML"
    elif ":oidc-provider/" in principal:
        action += "WithWebIdentity"
    tags = {key: value for key, value in context.items() if key.startswith(("aws:TagKeys", "aws:RequestTag"))}
    identity = {key: value for key, value in context.items() if key == "sts:SourceIdentity"}
    return (
        allowed(policy, principal, action, context)
        and (not tags or allowed(policy, principal, "sts:TagSession", tags))
        and (not identity or allowed(policy, principal, "sts:SetSourceIdentity", identity))
    )


@pytest.mark.parametrize("asked", [False, True])
def test_context_is_set_by_sagemaker_for_this_account_alone(asked: bool) -> None:
    """And only where it is asked for: whoever sets the context says which user of Identity Center acts."""
    policy = document("sagemaker?set-context=yes" if asked else "sagemaker", ROLE_TRUST)
    arn = "arn:aws:sagemaker:us-east-1:{}:domain/d-1"
    own = {"aws:SourceAccount": "111122223333", "aws:SourceArn": arn.format("111122223333")}
    other = {"aws:SourceAccount": "444455556666", "aws:SourceArn": arn.format("444455556666")}
    assert allowed(policy, "sagemaker.amazonaws.com", "sts:AssumeRole", own)
    assert allowed(policy, "sagemaker.amazonaws.com", "sts:SetContext", own) is asked
    assert not allowed(policy, "sagemaker.amazonaws.com", "sts:SetContext", other)
    assert not allowed(policy, "sagemaker.amazonaws.com", "sts:SetContext", {})
    assert not allowed(policy, ROLE, "sts:SetContext", own)


@pytest.mark.parametrize(
    ("trust", "context", "expected"),
    [
        ("", {}, True),
        ("?external-id=abc-1", {"sts:ExternalId": "abc-1"}, True),
        ("?external-id=abc-1", {"sts:ExternalId": "abc-2"}, False),
        ("?external-id=abc-1", {}, False),
        ("?org-id=o-a1b2c3d4e5", {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, True),
        ("?org-id=o-a1b2c3d4e5", {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}, False),
        ("?org-id=o-a1b2c3d4e5", {}, False),
        ("?mfa=yes", {"aws:MultiFactorAuthPresent": "true"}, True),
        ("?mfa=yes", {"aws:MultiFactorAuthPresent": "false"}, False),
        ("?mfa=yes", {}, False),
        ("?session-tags=Project", PROJECT, True),
        ("?session-tags=Project", {}, False),
        ("?session-tags=Project", TWO_TAGS, False),
        ("?session-tags=Project,Team", PROJECT, False),
        ("?session-tags=Project,Team", TWO_TAGS, True),
        ("", PROJECT, False),
        ("?source-identity=yes", {"sts:SourceIdentity": "ann"}, True),
        ("?source-identity=yes", {}, True),
        ("", {"sts:SourceIdentity": "ann"}, False),
        ("?external-id=ab&session-tags=Project&source-identity=yes",
         {"sts:ExternalId": "ab", "sts:SourceIdentity": "ann", **PROJECT}, True),
        ("?external-id=ab&session-tags=Project", {"sts:ExternalId": "ab"}, False),
        ("?external-id=ab&session-tags=Project", PROJECT, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("whom", [f"role:{ROLE}", "account:444455556666"])
def test_callers_with_aws_credentials(whom: str, trust: str, context: dict[str, Any], expected: bool) -> None:
    """What is asked for must be there, with exactly the tags asked for; what is not asked for must not."""
    principal = ROLE if whom.startswith("role") else "arn:aws:iam::444455556666:root"
    assert gets_in(document(whom + trust), principal, **context) is expected


@pytest.mark.parametrize(
    ("trust", "principal", "context", "expected"),
    [
        (f"saml:{SAML}", SAML, SIGN_IN, True),
        (f"saml:{SAML}", SAML, {"SAML:aud": "https://elsewhere.example.com/saml"}, False),
        (f"saml:{SAML}", SAML, {}, False),
        (f"saml:{SAML}", SAML, SIGN_IN | PROJECT, False),
        (f"saml:{SAML}?session-tags=Project", SAML, SIGN_IN | PROJECT, True),
        (f"saml:{SAML}?session-tags=Project", SAML, SIGN_IN, False),
        (f"saml:{SAML}?session-tags=Project", SAML, SIGN_IN | TWO_TAGS, False),
        (f"saml:{SAML}?source-identity=yes", SAML, SIGN_IN | {"sts:SourceIdentity": "ann"}, True),
        (f"oidc:{OIDC}?aud=app&sub=group:ml:ann", OIDC, EXAMPLE, True),
        (f"oidc:{OIDC}?sub=group:ml:*", OIDC, EXAMPLE, True),
        (f"oidc:{OIDC}?aud=other&sub=group:ml:*", OIDC, EXAMPLE, False),
        (f"oidc:{OIDC}?sub=group:ml:?ob", OIDC, EXAMPLE, False),
        (f"oidc:{OIDC}?sub=group:ml:an", OIDC, EXAMPLE, False),
        (f"oidc:{OIDC}?sub=group:ml:*&session-tags=Project", OIDC, EXAMPLE, False),
        (f"oidc:{OIDC}?sub=group:ml:*&session-tags=Project", OIDC, EXAMPLE | PROJECT, True),
        ("github:acme/ml?environment=prod", GITHUB, PROD, True),
        ("github:acme/ml?environment=test", GITHUB, PROD, False),
        ("github:acme/ml?ref=main", GITHUB, PROD, False),
        ("github:acme/ml", GITHUB, PROD, True),
        ("github:acme/m", GITHUB, PROD, False),
        ("github:acme@1/ml@2?environment=prod", GITHUB, PROD, False),
        ("github:acme/ml?environment=prod&session-tags=Project", GITHUB, PROD, True),
        ("github:acme/ml?environment=prod&session-tags=Project", GITHUB, PROD | PROJECT, True),
        ("github:acme/ml?environment=prod&session-tags=Project", GITHUB, PROD | TWO_TAGS, False),
    ],
)  # fmt: skip
def test_identities_from_outside(trust: str, principal: str, context: dict[str, Any], expected: bool) -> None:
    """Audience and subject decide, and session tags where the provider can send them."""
    assert gets_in(document(trust), principal, **context) is expected


@pytest.mark.parametrize(
    ("partition", "audience"),
    [("aws", "https://signin.aws.amazon.com/saml"), ("aws-cn", "https://signin.amazonaws.cn/saml"),
     ("aws-us-gov", "https://signin.amazonaws-us-gov.com/saml")],
)  # fmt: skip
def test_each_partition_has_its_own_names(partition: str, audience: str) -> None:
    """ARNs of principals, and where SAML assertions are sent."""
    here = f"arn:{partition}:iam::111122223333"
    policy = document(
        "account:444455556666", f"saml:{here}:saml-provider/A", "github:a/b", region=PARTITION_REGIONS[partition]
    )
    account, saml, github = policy["Statement"]
    assert account["Principal"] == {"AWS": f"arn:{partition}:iam::444455556666:root"}
    assert saml["Condition"] == {"StringEquals": {"SAML:aud": audience}}
    assert github["Principal"] == {"Federated": f"{here}:oidc-provider/token.actions.githubusercontent.com"}


def test_the_order_of_options_does_not_matter() -> None:
    """Kinds have their place, then names; where a kind comes several times its Sids are numbered."""
    trust = ("github:b/b?ref=x", "sagemaker", f"role:{ROLE}?session-tags=B,A", "github:a/a?ref=x")
    one, *others = [document(*order) for order in permutations(trust)]
    assert all(other == one for other in others)
    assert [statement["Sid"] for statement in one["Statement"]] == [
        "SageMaker", "Role", "RoleTags", "GitHub1", "GitHub2",
    ]  # fmt: skip
    assert one["Statement"][2]["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": ["A", "B"]}
    assert document(*trust[:2], f"role:{ROLE}?session-tags=A,B", trust[3]) == one


def test_what_two_subjects_share_is_said_once() -> None:
    """Session tags and source identity are allowed to the provider, not to the subject."""
    shared = "session-tags=Project&source-identity=yes"
    policy = document(f"oidc:{OIDC}?sub=a&{shared}", f"oidc:{OIDC}?sub=b&{shared}")
    assert [one["Sid"] for one in policy["Statement"]] == ["Oidc1", "Oidc1Tags", "Oidc1Identity", "Oidc2"]


@pytest.mark.parametrize(
    ("trust", "notes"),
    [
        ("sagemaker", []),
        ("account:111122223333", []),
        ("account:444455556666", ["account 444455556666 may let others in (confused deputy): give external-id="]),
        ("account:444455556666?external-id=ab", []),
        (f"role:{ROLE}?org-id=o-a1b2c3d4e5", []),
        (f"role:{ROLE}?external-id=ab&session-tags=A", ["callers from account 444455556666 choose the values of A"]),
        (f"role:{ROLE}?external-id=ab&mfa=yes", [f"mfa=yes with `role:{ROLE}` may let nobody in"]),
        (f"role:{HERE}:role/x/SageMaker-Compute", [f"`{HERE}:role/x/SageMaker-Compute` trusts itself"]),
        (f"saml:{SAML}", []),
        (f"oidc:{OIDC}?sub=a&aud=b", []),
        (f"oidc:{OIDC}?sub=a", ["trust in `id.example.com/auth` takes every audience"]),
        ("github:a@1/b@2?environment=x", []),
        ("github:a/b?ref=x", ["`a/b` names no ids: repositories that were made, renamed or moved since 2026-07-15"]),
        ("github:a@1/b@2", ["every branch, tag, environment and pull request of `a@1/b@2` may take the role"]),
        ("github:a@1/b@2?ref=x&session-tags=P", ["GitHub's tokens hold no session tags, so none is asked for"]),
    ],
)
def test_notes(trust: str, notes: list[str]) -> None:
    """What is allowed and yet worth a second thought is said, and nothing else."""
    found = list(trust_notes(composed(persona="sagemaker-compute", trust=trust).spec))
    assert len(found) == len(notes)
    assert all(one.startswith(note) for one, note in zip(found, notes, strict=True)), found


def test_longer_sessions_are_of_no_use_to_roles() -> None:
    """Role chaining ends after an hour; a user of an account is not concerned."""
    spec = composed(persona="sagemaker-compute", trust=f"role:{ROLE}?external-id=ab", max_session="2h").spec
    [note] = trust_notes(spec)
    assert note.startswith(f"`{ROLE}` gets sessions of 1h at most, whatever --max-session says")
    users = composed(persona="sagemaker-compute", trust="account:444455556666?external-id=ab", max_session="2h").spec
    assert list(trust_notes(users)) == []


USER = "arn:aws:iam::444455556666:user/break-glass/otto"
WITH_MFA = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "900"}


@pytest.mark.parametrize(
    ("context", "let_in"),
    [
        (WITH_MFA, True),
        (WITH_MFA | {"aws:MultiFactorAuthAge": "901"}, False),
        ({"aws:MultiFactorAuthPresent": "true"}, False),
        ({"aws:MultiFactorAuthPresent": "false"}, False),
        ({}, False),
    ],
)
def test_a_user_gets_in_with_a_fresh_mfa_alone(context: dict[str, str], let_in: bool) -> None:
    """An access key carries neither key; a sign-in of yesterday is too old."""
    assert gets_in(document(f"user:{USER}?mfa-age=15m"), USER, **context) is let_in
    assert not gets_in(document(f"user:{USER}?mfa-age=15m"), USER.replace("otto", "mia"), **context)


def test_a_source_identity_can_be_asked_for() -> None:
    """Without one nobody gets a session, and the session's name matches the pattern that is searched for."""
    policy = document(f"{ROLE_TRUST}?source-identity=required&session-name=elevated-*")
    named = {"sts:RoleSessionName": "elevated-42"}
    assert gets_in(policy, ROLE, **named, **{"sts:SourceIdentity": "ana"})
    assert not gets_in(policy, ROLE, **named)
    assert not gets_in(policy, ROLE, **{"sts:SourceIdentity": "ana", "sts:RoleSessionName": "ana"})
    assert {one["Sid"] for one in policy["Statement"]} == {"Role", "RoleIdentity"}


def test_a_workflow_of_github_names_its_session() -> None:
    """Its tokens hold no source identity, so the name is what CloudTrail is searched for."""
    policy = document("github:acme/ml?environment=prod&session-name=elevated-*")
    assert gets_in(policy, GITHUB, **PROD, **{"sts:RoleSessionName": "elevated-42"})
    assert not gets_in(policy, GITHUB, **PROD, **{"sts:RoleSessionName": "deploy"})
    assert not gets_in(policy, GITHUB, **{"sts:RoleSessionName": "elevated-42"})


def test_what_to_know_of_a_user() -> None:
    """Who needs no MFA, and that the console sets no source identity, is said."""
    notes = list(
        trust_notes(composed(persona="sagemaker-compute", trust=[f"user:{USER}?source-identity=required"]).spec)
    )
    assert [note.partition("` ")[2].partition(",")[0] for note in notes] == [
        "gets in without MFA", "has to be there before the role", "can't switch to the role in the console",
    ]  # fmt: skip
