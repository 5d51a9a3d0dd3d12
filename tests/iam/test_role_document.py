"""Roles and the AWS CLI's answers: each document is found, of its type, with its owner; nothing is passed over."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from rolemgr.files.json import parse_json
from rolemgr.files.source import FileError
from rolemgr.iam.documents import IdentityPolicy, PolicyType, ResourcePolicy, TrustPolicy
from rolemgr.iam.role_document import Attachment, attachments, document_at, places
from rolemgr.iam.uses import documents_in

POLICY = {"Version": "2012-10-17", "Statement": []}
TEXT = json.dumps(POLICY)
IDENTITY, TRUST, RESOURCE, SCP = PolicyType.IDENTITY, PolicyType.TRUST, PolicyType.RESOURCE, PolicyType.SCP
ROLE = {
    "RoleName": "r", "AssumeRolePolicyDocument": POLICY,
    "Policies": [{"PolicyName": "a", "PolicyDocument": POLICY}],
    "ManagedPolicies": [{"ManagedPolicyName": "b", "PolicyDocument": POLICY}],
    "ManagedPolicyArns": ["arn:aws:iam::aws:policy/X"], "PermissionsBoundary": "arn:aws:iam::111122223333:policy/B",
}  # fmt: skip
DETAILS = {
    "RoleDetailList": [{
        "RoleName": "r", "AssumeRolePolicyDocument": quote(TEXT),
        "RolePolicyList": [{"PolicyName": "a", "PolicyDocument": quote(TEXT)}],
        "AttachedManagedPolicies": [{"PolicyName": "m", "PolicyArn": "arn:aws:iam::111122223333:policy/m"}],
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/B"},
    }],
    "UserDetailList": [{"UserName": "u", "UserPolicyList": [{"PolicyName": "c", "PolicyDocument": POLICY}]}],
    "Policies": [{
        "PolicyName": "m", "Arn": "arn:aws:iam::111122223333:policy/m", "DefaultVersionId": "v2",
        "PolicyVersionList": [
            {"Document": POLICY, "VersionId": "v1", "IsDefaultVersion": False},
            {"Document": POLICY, "VersionId": "v2", "IsDefaultVersion": True},
        ],
    }],
}  # fmt: skip
ANSWERS: list[tuple[str, Any, list[tuple[str, PolicyType | None, str]]]] = [
    ("create", ROLE, [
        ("AssumeRolePolicyDocument", TRUST, "r"), ("Policies/0/PolicyDocument", IDENTITY, "r"),
        ("ManagedPolicies/0/PolicyDocument", IDENTITY, "r"),
    ]),
    ("get-role", {"Role": {"RoleName": "r", "AssumeRolePolicyDocument": POLICY}}, [
        ("Role/AssumeRolePolicyDocument", TRUST, "r"),
    ]),
    ("get-role-policy", {"RoleName": "r", "PolicyName": "a", "PolicyDocument": POLICY}, [("PolicyDocument", IDENTITY, "r")]),
    ("get-policy-version", {"PolicyVersion": {"Document": POLICY, "VersionId": "v1"}}, [("PolicyVersion/Document", None, "")]),
    ("get-bucket-policy", {"Policy": TEXT}, [("Policy", RESOURCE, "")]),
    ("get-key-policy", {"Policy": TEXT, "PolicyName": "default"}, [("Policy", RESOURCE, "")]),
    ("get-repository-policy", {"repositoryName": "x", "policyText": TEXT}, [("policyText", RESOURCE, "")]),
    ("describe-policy", {"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}, "Content": TEXT}}, [
        ("Policy/Content", SCP, ""),
    ]),
    ("get-account-authorization-details", DETAILS, [
        ("RoleDetailList/0/AssumeRolePolicyDocument", TRUST, "r"),
        ("RoleDetailList/0/RolePolicyList/0/PolicyDocument", IDENTITY, "r"),
        ("UserDetailList/0/UserPolicyList/0/PolicyDocument", IDENTITY, "u"),
        ("Policies/0/PolicyVersionList/1/Document", IDENTITY, "r"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "expected"), ANSWERS, ids=[answer[0] for answer in ANSWERS])
def test_each_document_is_found(name: str, data: Any, expected: list[tuple[str, PolicyType | None, str]]) -> None:
    """Where it stands, of which type, whose it is; and it can be read there."""
    source = parse_json(json.dumps(data, indent=1), "f.json")
    found = list(places(source.data))
    assert [("/".join(map(str, place.path)), place.type, place.owner) for place in found] == expected
    assert [document_at(source, place.path).data for place in found] == [POLICY] * len(expected)


def test_what_is_only_named_is_told() -> None:
    """Attached policies and boundaries whose text is elsewhere."""
    assert list(attachments(ROLE)) == [
        Attachment(("ManagedPolicyArns", 0), "r", "arn:aws:iam::aws:policy/X"),
        Attachment(("PermissionsBoundary",), "r", "arn:aws:iam::111122223333:policy/B", is_boundary=True),
    ]
    assert [(one.arn, one.is_boundary) for one in attachments(DETAILS)] == [
        ("arn:aws:iam::111122223333:policy/m", False),
        ("arn:aws:iam::aws:policy/B", True),
    ]


def test_documents_are_those_of_the_wanted_type() -> None:
    """A role gives its identity policies or its trust policy; a resource policy it has none."""
    source = parse_json(json.dumps(ROLE, indent=1), "role.json")
    assert [part.at().line for part in documents_in(source, IdentityPolicy)] == [10, 19]
    assert len(documents_in(source, TrustPolicy)) == 1
    with pytest.raises(FileError, match=r"role.json:1: holds no resource policy"):
        documents_in(source, ResourcePolicy)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"Policies": ["x"]}', "f.json:1: `PolicyDocument` is missing"),
        ('{"Policies": [{"PolicyName": "x"}]}', "f.json:1: `PolicyDocument` is missing"),
        ('{"RoleName": "r",\n "Policies": [{"PolicyDocument": "{nothing"}]}', "f.json:2: holds a policy document that is not valid JSON"),
        ('{"Policy": "{\\"Statement\\": [], \\"Statement\\": []}"}', "f.json:1: holds a policy document that is not valid JSON"),
        ("[]", "f.json:1: holds no policy document"),
        ('{"a": 1}', "f.json:1: is not a policy document or a role"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_said(text: str, says: str) -> None:
    """A policy that is listed and can't be read is never passed over."""
    with pytest.raises(FileError) as caught:
        documents_in(parse_json(text, "f.json"), ResourcePolicy if 'Policy"' in text else IdentityPolicy)
    assert str(caught.value).startswith(says)
