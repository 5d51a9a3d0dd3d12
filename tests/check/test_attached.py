"""Attached policies whose text is known count as written in the role; of others nobody can tell."""

import json
from typing import Any

import pytest

from rolemgr.check.attached import attached, missing_from
from rolemgr.check.collect import from_text
from rolemgr.check.custom.checks import read_checks
from rolemgr.check.custom.run import custom_findings
from rolemgr.check.run import check
from rolemgr.check.sources import parse, search
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import PolicyType

JOB = {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"}
PASS = {
    "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/compute",
    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
}  # fmt: skip
PASS_ANY = {**PASS, "Resource": "*"}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
OURS = "arn:aws:iam::111122223333:policy/ours"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


def document(*statements: Any) -> Any:
    """Return a policy of *statements*."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def found(data: Any) -> list[tuple[str, int | None]]:
    """Return the rules that find something in *data*, each with its line."""
    return [(one.rule, one.line) for one in check(from_text(json.dumps(data, indent=1), "r.json", as_json=True))]


def rules(data: Any) -> set[str]:
    """Return the rules that find something in *data*."""
    return {rule for rule, _ in found(data)}


def not_judged(data: Any) -> list[str]:
    """Return the reasons why something in *data* is not judged."""
    text = json.dumps(data)
    return [one.reason for one in search(parse(text, "r.json", as_json=True), text, "r.json")[1]]


def custom(data: Any, **check_: Any) -> list[str]:
    """Return what one custom check says of *data*."""
    source = SourceFile("c.yaml", {"checks": [{"id": "c", "reason": "why", **check_}]}, {})
    documents = from_text(json.dumps(data), "r.json", as_json=True)
    return [one.message for one in custom_findings(documents, read_checks(source))]


def role(*arns: Any, template: bool, statement: Any = JOB, **more: Any) -> Any:
    """Return a role of *statement* with *arns* attached."""
    made = {
        "RoleName": "r",
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": list(arns),
        "Policies": [{"PolicyName": "a", "PolicyDocument": document(statement)}],
        **more,
    }
    return {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": made}}} if template else made


@pytest.mark.parametrize("template", [True, False])
def test_known_policies_count(template: bool) -> None:
    """An administrator is one by attachment too, and PassRole that AWS's policy allows is not missed."""
    assert "RM601" in rules(role("arn:aws:iam::aws:policy/AdministratorAccess", template=template))
    full = rules(role("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", template=template))
    assert {"RM603", "RM607", "RM704"} <= full
    assert "RM609" not in full
    assert "RM609" in rules(role("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", template=template))


@pytest.mark.parametrize("template", [True, False])
def test_of_an_unknown_policy_nobody_can_tell(template: bool) -> None:
    """What the role lacks may be in it: not judged, with the reason, and no finding."""
    data = role(OURS, template=template)
    assert "RM609" not in rules(data)
    assert any(OURS in one for one in not_judged(data))
    assert "RM609" in rules(role(template=template))
    assert not_judged(role(template=template)) == []


def test_an_unknown_policy_has_its_place() -> None:
    """Its text is elsewhere: that is said, at its line."""
    (found,) = missing_from([attached(OURS, "r.json", "r", 3)])
    assert (found.path, found.line) == ("r.json", 3)
    assert list(missing_from([attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "r.json", "r", 3)])) == []


@pytest.mark.parametrize("template", [True, False])
def test_custom_checks_can_not_tell_of_unknown_policies(template: bool) -> None:
    """What is not granted by what is known may be granted by the rest, unless a Deny holds whatever it says."""
    wanted = {"access_not_granted": {"actions": ["s3:DeleteBucket"]}}
    (said,) = custom(role(OURS, template=template), **wanted)
    assert "can't tell" in said
    assert OURS in said
    assert custom(role(template=template), **wanted) == []
    assert custom(role("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", template=template), **wanted) == []
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    assert custom(role(OURS, template=template, statement=deny), **wanted) == []


@pytest.mark.parametrize("template", [True, False])
def test_access_that_is_wanted_may_be_in_what_nobody_knows(template: bool) -> None:
    """Not granted by what is known is can't tell; granted by it is granted; a Deny is a Deny."""
    wanted = {"access_granted": {"actions": ["sagemaker:CreateTrainingJob"], "resources": ["*"]}}
    other = {"access_granted": {"actions": ["s3:ListAllMyBuckets"], "resources": ["*"]}}
    assert custom(role(OURS, template=template), **wanted) == []
    (said,) = custom(role(OURS, template=template), **other)
    assert "can't tell whether it allows" in said
    (said,) = custom(role(template=template), **other)
    assert "does not allow" in said
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    (said,) = custom(role(OURS, template=template, statement=deny), **other)
    assert "does not allow" in said


@pytest.mark.parametrize("template", [True, False])
def test_a_boundary_limits_what_is_granted(template: bool) -> None:
    """A known one takes away, of an unknown one nobody can tell; it gives nothing itself."""
    wanted = {"access_granted": {"actions": ["sagemaker:CreateTrainingJob"], "resources": ["*"]}}
    aws = "arn:aws:iam::aws:policy/"
    boundary = {"PermissionsBoundary": aws + "AmazonS3ReadOnlyAccess"}
    assert "does not allow" in custom(role(template=template, **boundary), **wanted)[0]
    (said,) = custom(role(template=template, PermissionsBoundary=OURS), **wanted)
    assert "can't tell whether it allows" in said
    wide = role(template=template, PermissionsBoundary=aws + "AdministratorAccess")
    assert custom(wide, **wanted) == []
    assert "RM601" not in rules(wide)
    assert any("boundary" in one for one in not_judged(role(template=template, PermissionsBoundary=OURS)))


def details(**lists: Any) -> Any:
    """Return what `get-account-authorization-details` prints."""
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], **lists}


def managed(name: str, *statements: Any) -> Any:
    """Return a managed policy as the details print it."""
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document(*statements)}
    return {
        "PolicyName": name, "Arn": f"arn:aws:iam::111122223333:policy/{name}", "PolicyVersionList": [version],
    }  # fmt: skip


def holder(kind: str, name: str, *attached_: str, inline: Any = None, **more: Any) -> Any:
    """Return a role, user or group as the details print it."""
    listed = [{"PolicyName": one, "PolicyArn": f"arn:aws:iam::111122223333:policy/{one}"} for one in attached_]
    trust = {"AssumeRolePolicyDocument": TRUST} if kind == "Role" else {}
    own = [{"PolicyName": "own", "PolicyDocument": document(inline)}] if inline else []
    return {f"{kind}Name": name, f"{kind}PolicyList": own, "AttachedManagedPolicies": listed, **trust, **more}


def test_a_policy_of_the_same_account_counts() -> None:
    """Jobs in one managed policy, the role to pass in another one or inline: judged over the role."""
    policies = [managed("jobs", JOB), managed("pass", PASS_ANY)]
    both = details(RoleDetailList=[holder("Role", "r", "jobs", "pass")], Policies=policies)
    assert "RM704" in rules(both)
    assert "RM609" not in rules(both)
    apart = details(RoleDetailList=[holder("Role", "r", "jobs"), holder("Role", "s", "pass")], Policies=policies)
    assert "RM704" not in rules(apart)
    assert "RM609" in rules(apart)
    assert not_judged(both) == []


def test_a_policy_of_many_roles_is_told_once() -> None:
    """What is wrong in its text is one finding, however many hold it."""
    data = details(RoleDetailList=[holder("Role", f"r{n}", "all") for n in range(5)], Policies=[managed("all", ALL)])
    assert [rule for rule, _ in found(data)] == ["RM601"]


def test_a_role_and_a_user_of_one_name_are_two() -> None:
    """What the one may do the other may not."""
    lists = {
        "RoleDetailList": [holder("Role", "ci", inline=JOB)],
        "UserDetailList": [holder("User", "ci", inline=PASS_ANY)],
    }
    assert "RM704" not in rules(details(**lists))
    assert "RM609" in rules(details(**lists))
    lists["RoleDetailList"] = [holder("Role", "ci", inline=JOB) | {"RolePolicyList": [
        {"PolicyName": "a", "PolicyDocument": document(JOB)}, {"PolicyName": "b", "PolicyDocument": document(PASS_ANY)},
    ]}]  # fmt: skip
    assert "RM704" in rules(details(**lists))


def test_a_user_has_what_its_groups_have() -> None:
    """Inline and attached; of a group that is not there nobody can tell."""
    user = holder("User", "u", inline=JOB, GroupList=["g"])
    groups = [holder("Group", "g", "pass")]
    policies = [managed("pass", PASS_ANY)]
    assert "RM704" in rules(details(UserDetailList=[user], GroupDetailList=groups, Policies=policies))
    inline = [holder("Group", "g", inline=PASS_ANY)]
    assert "RM704" in rules(details(UserDetailList=[user], GroupDetailList=inline))
    outside = {**user, "GroupList": []}
    assert "RM704" not in rules(details(UserDetailList=[outside], GroupDetailList=inline))
    gone = details(UserDetailList=[user])
    assert "RM609" not in rules(gone)
    assert any("group" in one for one in not_judged(gone))


def test_a_policy_that_only_bounds_is_no_administrator() -> None:
    """A boundary of everything is common; the same policy attached is one."""
    boundary = {"PermissionsBoundary": {
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/all",
    }}  # fmt: skip
    policies = [managed("all", ALL)]
    bound = holder("Role", "r", inline=PASS, **boundary)
    assert "RM601" not in rules(details(RoleDetailList=[bound], Policies=policies))
    assert "RM601" in rules(details(RoleDetailList=[bound, holder("Role", "s", "all")], Policies=policies))


@pytest.mark.parametrize(
    "wrong",
    [
        {"AttachedManagedPolicies": [{"PolicyName": "x"}]},
        {"ManagedPolicyArns": {"PolicyArn": OURS}},
        {"ManagedPolicyArns": OURS},
        {"PermissionsBoundary": {"Arn": OURS}},
    ],
    ids=json.dumps,
)
def test_an_attachment_that_can_not_be_read_is_said(wrong: Any) -> None:
    """It is there, whatever it is."""
    data = {**role(template=False), **wrong}
    assert not_judged(data)


def test_a_role_without_a_name_is_one_role() -> None:
    """Its policies act together all the same."""
    both = {"AssumeRolePolicyDocument": TRUST, "Policies": [
        {"PolicyName": "a", "PolicyDocument": document(JOB)}, {"PolicyName": "b", "PolicyDocument": document(PASS_ANY)},
    ]}  # fmt: skip
    assert "RM704" in rules(both)


def test_a_document_of_unknown_text_says_nothing() -> None:
    """It has no statement, and is of the type that it is attached as."""
    assert attached(OURS, "r.json", "r").kind is PolicyType.IDENTITY
    assert attached(OURS, "r.json", "r", boundary=True).kind is PolicyType.BOUNDARY
    assert attached(OURS, "r.json", "r").statements == ()


def test_tags_and_what_goes_by_them_are_judged_over_the_role() -> None:
    """Access by tags in one policy, the moving of tags in another one; a Deny in a third one closes it."""
    use = {
        "Effect": "Allow", "Action": "sagemaker:DeleteModel", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/Project": "a"}},
    }  # fmt: skip
    move = {"Effect": "Allow", "Action": "sagemaker:AddTags", "Resource": "*"}
    policies = [managed("use", use), managed("move", move), managed("deny", {**move, "Effect": "Deny"})]
    assert "RM906" in rules(details(RoleDetailList=[holder("Role", "r", "use", "move")], Policies=policies))
    apart = [holder("Role", "r", "use"), holder("Role", "s", "move")]
    assert "RM906" not in rules(details(RoleDetailList=apart, Policies=policies))
    closed = [holder("Role", "r", "use", "move", "deny")]
    assert "RM906" not in rules(details(RoleDetailList=closed, Policies=policies))


def test_what_can_not_be_read_hides_nothing_beside_it() -> None:
    """Of two policies of a role the one is judged, of the other one nobody can tell: two findings, each at its own."""
    known = {"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}
    filled = {**known, "Action": {"Ref": "Actions"}}
    listed = [
        {"PolicyName": "a", "PolicyDocument": document(known)},
        {"PolicyName": "b", "PolicyDocument": document(filled)},
    ]
    data = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"Policies": listed}}}}
    wanted = {"access_not_granted": {"actions": ["s3:DeleteBucket"]}}
    assert [one.startswith("can't tell") for one in custom(data, **wanted)] == [False, True]
    listed.pop()
    assert [one.startswith("can't tell") for one in custom(data, **wanted)] == [False]


def test_a_reference_that_nobody_knows_is_no_reference(tmp_path: Any) -> None:
    """What a role attaches belongs to what was approved, so that nothing can be compared with it."""
    path = tmp_path / "reference.json"
    for arn, message in ((OURS, "can't tell"), ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "allows beyond")):
        path.write_text(json.dumps(role(arn, template=False)), "utf-8")
        source = SourceFile(str(tmp_path / "c.yaml"), {"checks": [
            {"id": "c", "reason": "why", "no_new_access": {"policy": "reference.json"}},
        ]}, {})  # fmt: skip
        found_ = custom_findings(from_text(json.dumps(document(ALL)), "p.json", as_json=True), read_checks(source))
        assert {message in one.message for one in found_} == {True}
