"""Drift of a role after each kind of tampering over HTTP: found, named, and nothing else; then brought back."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.account.small import BOUNDARY, EXTRA, NAME, bring, prepare
from tests.account.tampering import DRIFT, NO_DRIFT, OWN, ROLE, TRUST, new_inline, statement
from tests.servers import iam_client, served
from tests.support import ALL_LIMITS, rendered

from rolemgr.account.drift import RoleDrift, find_drift
from rolemgr.account.meaning import ComparedPolicy, in_words, permissions
from rolemgr.account.read import read_role
from rolemgr.catalog.load import Catalog
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.role import NamedPolicy, RoleDocuments
from rolemgr.report.drift import RULES

PERSONAS = sorted(Catalog().found("personas"))
LIMITS = {key: value for key, value in ALL_LIMITS.items() if key not in ("abac", "tag")}


@pytest.fixture(autouse=True)
def neighbours(iam: Any) -> None:
    """Put into the account what the role names, and others."""
    prepare(iam)


def drift(iam: Any, documents: RoleDocuments = ROLE) -> RoleDrift:
    """Return the drift of the role in the account."""
    role = read_role(iam, documents.name)
    assert role is not None
    return find_drift(role, documents, {})


def kinds(found: RoleDrift) -> list[str]:
    """Return the kinds of what was found."""
    return [one.kind for one in found.drifts]


@pytest.mark.parametrize("name", DRIFT)
def test_tampering_is_found_and_brought_back(iam: Any, name: str) -> None:
    """The one drift, by name; `apply --update --prune` mends it."""
    case = DRIFT[name]
    bring(iam, ROLE)
    assert drift(iam).drifts == ()
    case.tamper(iam)
    found = drift(iam)
    assert sorted(kinds(found)) == sorted([case.kind, *case.also]), [one.what for one in found.drifts]
    what = next(one.what for one in found.drifts if one.kind == case.kind)
    assert [word for word in case.says if word not in what] == [], what
    assert bring(iam, ROLE, update=True, prune=True).action == "update"
    assert drift(iam).drifts == ()


@pytest.mark.parametrize("name", NO_DRIFT)
def test_the_same_in_other_words_is_no_drift(iam: Any, name: str) -> None:
    """And `apply` says that it is there already."""
    bring(iam, ROLE)
    NO_DRIFT[name](iam)
    assert drift(iam).drifts == ()
    assert bring(iam, ROLE).action == "unchanged"


def test_gained_access_is_a_security_warning_and_lost_access_is_not() -> None:
    """Severities are Access Analyzer's, and each case of these tests has a rule."""
    severe = {name for name, rule in RULES.items() if rule.severity in ("ERROR", "SECURITY_WARNING")}
    assert severe == {
        "role-missing", "access-gained", "access-unknown", "trust-gained", "trust-unknown", "boundary-missing",
        "boundary-changed", "policy-unknown", "principal-tag", "resource-missing", "resource-policy-missing",
        "resource-policy-gained", "resource-policy-unknown", "organization-policy-missing",
        "organization-policy-gained", "organization-policy-unknown",
    }  # fmt: skip
    assert {case.kind for case in DRIFT.values()} <= RULES.keys()
    assert len({rule.id for rule in RULES.values()}) == len(RULES)


def test_a_tag_that_a_policy_asks_for_is_more_than_a_label(iam: Any) -> None:
    """With ABAC the tag decides what the role may do."""
    by_tag = statement("Allow", "s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/Project}/*", "ByTag")
    policy = ROLE.policies[0].document.model_validate({"Version": "2012-10-17", "Statement": by_tag})
    role = replace(ROLE, policies=(ROLE.policies[0]._replace(document=policy),))
    bring(iam, role)
    iam.tag_role(RoleName=NAME, Tags=[{"Key": "Project", "Value": "other"}])
    assert kinds(drift(iam, role)) == ["principal-tag"]


def test_another_path_is_drift(iam: Any) -> None:
    """IAM can't change it, and a name is unique whatever the path."""
    bring(iam, ROLE)
    moved = replace(ROLE, path="/other/")
    assert kinds(drift(iam, moved)) == ["path"]


def test_a_boundary_that_the_file_does_not_have_is_drift(iam: Any) -> None:
    """It takes access away."""
    free = replace(ROLE, boundary=None)
    bring(iam, free)
    iam.put_role_permissions_boundary(RoleName=NAME, PermissionsBoundary=BOUNDARY)
    assert kinds(drift(iam, free)) == ["boundary-added"]


def test_of_a_boundary_only_the_arn_is_compared_and_that_is_said(iam: Any) -> None:
    """What its text should be is not in the role file."""
    bring(iam, ROLE)
    assert drift(iam).notes == (f"of the permissions boundary {BOUNDARY} its ARN is compared, and not what it says",)


def test_a_policy_that_the_file_attaches_and_that_is_missing(iam: Any) -> None:
    """Told by what it allowed where its text is known, by its ARN where it is not."""
    role = replace(ROLE, attached=(EXTRA,))
    bring(iam, role)
    iam.detach_role_policy(RoleName=NAME, PolicyArn=EXTRA)
    live = read_role(iam, NAME)
    assert live is not None
    [unknown] = find_drift(live, role, {EXTRA: None}).drifts
    assert (unknown.kind, unknown.wanted) == ("policy-detached", EXTRA)
    document = ROLE.policies[0].document.model_validate(
        {"Version": "2012-10-17", "Statement": statement("Allow", "s3:*", "*")}
    )
    [known] = find_drift(live, role, {EXTRA: document}).drifts
    assert (known.kind, f"attached policy {EXTRA}" in known.what) == ("access-lost", True)


def test_an_attached_policy_that_allows_nothing_more_is_named(iam: Any) -> None:
    """Whoever may change it can make it allow more."""
    bring(iam, ROLE)
    text = json.dumps({"Version": "2012-10-17", "Statement": statement("Allow", "s3:GetObject", "arn:aws:s3:::acme/*")})
    arn = iam.create_policy(PolicyName="small", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    [found] = drift(iam).drifts
    assert (found.kind, found.found) == ("policy-attached", arn)


def test_a_role_that_somebody_else_made_the_same_is_no_drift(iam: Any) -> None:
    """By CloudFormation, say: other policy names, no tag of ours. That is a note."""
    iam.create_role(
        RoleName=NAME, Path="/ml/", Description="Trains", PermissionsBoundary=BOUNDARY,
        AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "Project", "Value": "churn"}],
    )  # fmt: skip
    new_inline("a", *ROLE.policies[0].document.to_json_value()["Statement"])(iam)
    text = ROLE.managed_policies[0].document.to_json()
    arn = iam.create_policy(PolicyName="theirs", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    found = drift(iam)
    assert found.drifts == ()
    assert found.notes[0] == f"{found.arn} was not made by rolemgr"
    assert f"attached policy {arn} is not named in the file" in found.notes


def test_a_policy_that_can_t_be_evaluated_is_told_as_such(iam: Any) -> None:
    """An operator that we do not know: neither the same nor shown to differ, and so drift."""
    bring(iam, ROLE)
    live = read_role(iam, NAME)
    assert live is not None
    odd = {**statement("Allow", "s3:GetObject", "*", "Odd"), "Condition": {"StringNearly": {"aws:username": "a"}}}
    policy = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": odd})
    [found] = find_drift(replace(live, policies=(*live.policies, NamedPolicy("odd", policy))), ROLE, {}).drifts
    assert found.kind == "access-unknown"
    assert "statement `Odd`" in found.what
    assert "StringNearly" in found.what


def test_each_deny_that_is_gone_is_named(iam: Any) -> None:
    """One request may be denied by several, and one Deny stand behind another."""
    documents = rendered(persona="data-scientist", bucket=["acme"]).documents
    bring(iam, documents)
    policy = documents.policies[0]
    gone = [one for one in policy.document.statement if one.sid and one.sid.startswith("InstanceTypes")]
    assert len(gone) == 2
    kept = [one.to_json_value() for one in policy.document.statement if one not in gone]
    text = json.dumps({"Version": "2012-10-17", "Statement": kept})
    iam.put_role_policy(RoleName=documents.name, PolicyName=policy.name, PolicyDocument=text)
    found = drift(iam, documents).drifts
    named = {place.statement for one in found if one.meant for place in one.meant.denied_by}
    assert named == {one.sid for one in gone}
    assert {one.kind for one in found} == {"access-gained"}


def test_a_broad_statement_is_told_by_its_pattern_and_by_what_is_worst() -> None:
    """`s3:*` on everything reads as that, and first come actions that change who may do what, or delete."""
    wanted = ComparedPolicy("inline policy x", IdentityPolicy.model_validate(ONE_READ))
    hotfix = IdentityPolicy.model_validate(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    )
    found = next(permissions((wanted, ComparedPolicy("inline policy hotfix", hotfix)), (wanted,)))
    assert found.patterns == ("s3:*",)
    assert "s3:PutBucketPolicy" in found.actions
    assert not {"s3:AllowVendedLogDeliveryForResource", "s3:PauseReplication"} & set(found.actions)


ONE_READ = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"},
}


def test_a_trust_policy_of_all_actions_is_told(iam: Any) -> None:
    """IAM refuses it, but whatever is read is told."""
    bring(iam, ROLE)
    live = read_role(iam, NAME)
    assert live is not None
    everything = TrustPolicy.model_validate(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}
    )
    [found] = find_drift(replace(live, trust_policy=everything), ROLE, {}).drifts
    assert found.kind == "trust-gained"


def test_policies_of_aws_are_judged_by_their_text_where_it_is_known() -> None:
    """AdministratorAccess by what it allows, one that the reference has not by its ARN."""
    with served("AdministratorAccess", "ReadOnlyAccess") as address:
        iam = iam_client(address)
        prepare(iam)
        bring(iam, ROLE)
        iam.attach_role_policy(RoleName=NAME, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        found = drift(iam)
        assert kinds(found) == ["access-gained"]
        assert "attached policy arn:aws:iam::aws:policy/AdministratorAccess allows what" in found.drifts[0].what
        assert any("is judged by AWS's text of" in note for note in found.notes)
        iam.detach_role_policy(RoleName=NAME, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        iam.attach_role_policy(RoleName=NAME, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        [unknown] = drift(iam).drifts
        assert (unknown.kind, unknown.found) == ("policy-unknown", "arn:aws:iam::aws:policy/ReadOnlyAccess")
        assert "what it allows is not known here" in unknown.what
        bring(iam, ROLE, update=True, prune=True)
        assert drift(iam).drifts == ()
        iam.close()


@pytest.mark.sampled(20)
@pytest.mark.parametrize("limits", ["bare", "regulated"])
@pytest.mark.parametrize("persona", PERSONAS)
def test_a_persona_that_was_just_applied_has_no_drift(iam: Any, persona: str, limits: str) -> None:
    """Over HTTP and back, whatever IAM does to the text."""
    more = {"persona": persona, "bucket": ["acme"]} if limits == "bare" else {**LIMITS, "persona": persona}
    documents = rendered(**more).documents
    bring(iam, documents)
    assert drift(iam, documents).drifts == ()
    assert OWN not in str(read_role(iam, documents.name))


def test_a_deny_of_what_the_role_does_not_allow_is_missed() -> None:
    """A policy of the resource, or one attached later, may allow it: the Deny counts whoever allows."""
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    never = {"Sid": "Never", "Effect": "Deny", "Action": "sagemaker:CreateEndpoint", "Resource": "*"}
    with_it, without = (
        (
            ComparedPolicy(
                "inline policy churn", IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": made})
            ),
        )
        for made in ([read, never], [read])
    )
    (gone,) = permissions(without, with_it)
    assert (gone.way, in_words(gone).partition(" (")[0]) == ("gained", "no longer denied: sagemaker:CreateEndpoint")
    assert in_words(gone).endswith(
        "beside a policy that allows it), which statement `Never` of inline policy churn in the file denies"
    )
    (fresh,) = permissions(with_it, without)
    assert (fresh.way, in_words(fresh).partition(" (")[0]) == ("lost", "newly denied: sagemaker:CreateEndpoint")
    assert list(permissions(with_it, with_it)) == []
