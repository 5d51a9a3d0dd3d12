"""Saved answers of AWS become an inventory; what can't be read is said with its place."""

import json
from urllib.parse import quote

import pytest
from tests.audit.accounts import ACCOUNT, ADMINISTRATOR, allow, details, document, group, policy, role, user
from tests.audit.support import audited, found, inventory

from rolemgr.files.source import FileError

WIDE = allow("*")


def test_documents_may_be_objects_texts_or_encoded() -> None:
    """All three forms of one policy are the same policy."""
    text = json.dumps(document(WIDE))
    items = [role(name, WIDE) for name in ("object", "text", "encoded", "trust")]
    items[1]["RolePolicyList"][0]["PolicyDocument"] = text
    items[2] = role("encoded", WIDE, encoded=True)
    items[3]["AssumeRolePolicyDocument"] = quote(json.dumps(items[3]["AssumeRolePolicyDocument"]))
    assert found(audited(details(items))) == {("AU001", name) for name in ("object", "text", "encoded", "trust")}


def test_pages_are_one_account() -> None:
    """A role's policy may stand on a later page; the version in force counts, not an older one that allows all."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/later"
    first = json.dumps({"RoleDetailList": [role("early", attached=[arn])], "IsTruncated": True, "Marker": "x"})
    second = json.dumps(
        {"Policies": [policy("later", allow("s3:GetObject", "arn:aws:s3:::acme/*"))], "IsTruncated": False}
    )
    read = inventory(first, second)
    assert [one.name for one in read.principals[f"arn:aws:iam::{ACCOUNT}:role/early"].policies] == ["later"]
    assert read.not_judged == ()


def test_a_page_that_is_missing_is_said() -> None:
    """And that an attached policy stands nowhere."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/later"
    first = json.dumps({"RoleDetailList": [role("early", attached=[arn])], "NextToken": "x"})
    reasons = [one.reason for one in inventory(first).not_judged]
    assert any("more pages" in one for one in reasons)
    assert any("it is not in the input" in one for one in reasons)


def test_the_accounts_text_of_awss_policy_wins() -> None:
    """AWS changes its policies; what the input says is what is in force there."""
    narrowed = policy("AdministratorAccess", allow("s3:ListBucket", "arn:aws:s3:::acme"))
    narrowed["Arn"] = ADMINISTRATOR
    assert found(audited(details([role("who", attached=[ADMINISTRATOR])], policies=[narrowed]))) == set()
    assert found(audited(details([role("who", attached=[ADMINISTRATOR])]))) == {("AU001", "who")}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"RolePolicyList": [{"PolicyName": "own", "PolicyDocument": "{nonsense"}]}, "inline policy `own`"),
        (
            {"RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {"Statement": [{"Effect": "Maybe"}]}}]},
            "inline policy `own`",
        ),
        ({"RolePolicyList": [{"PolicyName": "own"}]}, "inline policy `own`"),
        ({"RolePolicyList": ["own"]}, "inline policy `number 1`"),
        ({"RolePolicyList": {"own": {}}}, "the inline policies"),
        ({"AttachedManagedPolicies": [{"PolicyName": "x"}]}, "an attached policy"),
        ({"AttachedManagedPolicies": "x"}, "the attached policies"),
        ({"AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/NobodyKnowsThis"}]}, "NobodyKnowsThis"),
        ({"AssumeRolePolicyDocument": None}, "the trust policy"),
        ({"AssumeRolePolicyDocument": {"Statement": 5}}, "the trust policy"),
        ({"PermissionsBoundary": {}}, "the permissions boundary"),
        (
            {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/gone"}},
            "permissions boundary",
        ),
        ({"Tags": [{"Key": "x"}]}, "a tag"),
        ({"Tags": {"x": "y"}}, "the tags"),
        ({"GroupList": "admins"}, "the groups"),
        ({"GroupList": [5]}, "a group"),
        ({"CreateDate": "soon"}, "the day on which it was made"),
        ({"RoleLastUsed": "never"}, "the last use"),
        ({"RoleLastUsed": {"LastUsedDate": "yesterday"}}, "the last use"),
    ],
)
def test_what_cannot_be_read_is_said(change: dict[str, object], place: str) -> None:
    """With the line of the role; the rest of it is judged."""
    read = inventory(details([role("fine"), {**role("odd", WIDE), **change}]))
    said = [one for one in read.not_judged if place in one.place]
    assert said, read.not_judged
    assert "role/odd" in said[0].place
    assert (said[0].line or 0) > 20
    assert len(read.principals) == 2


def test_a_group_that_is_missing_is_said() -> None:
    """Its users may be able to do more than is seen."""
    read = inventory(details(users=[user("alice", groups=["gone"])]))
    assert "group `gone`" in read.not_judged[0].place


def test_items_without_an_arn_are_said() -> None:
    """Nobody knows whose they are."""
    read = inventory(
        json.dumps({"RoleDetailList": [role("fine"), {"RoleName": "odd"}, 5, {"Arn": "arn:aws:s3:::b"}], "Extra": 1})
    )
    assert [one.place for one in read.not_judged] == [
        "RoleDetailList[1]",
        "RoleDetailList[2]",
        "RoleDetailList[3]",
        "`Extra`",
    ]


def test_a_file_that_breaks_off_is_kept_up_to_there() -> None:
    """The roles before are judged, and that the rest is missing is said."""
    whole = details([role("first", WIDE), role("second")])
    read = inventory(whole[: whole.index("second")])
    assert [one.name for one in read.principals.values()] == ["first"]
    assert read.not_judged[-1].place == "the rest of the file"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Roles": []}', "nonsense", '{"RoleDetailList": '])
def test_another_file_is_refused(text: str) -> None:
    """Nothing to audit is an error, never a green run."""
    with pytest.raises(FileError):
        inventory(text)


def test_a_role_that_comes_twice_counts_once() -> None:
    """The same page given twice, say."""
    read = inventory(details([role("twice", WIDE)]), details([role("twice")]))
    assert len(read.principals) == 1
    assert "it came before" in read.not_judged[0].reason


def test_a_group_that_comes_twice_counts_once() -> None:
    """The first counts, as of roles; that there is another is said."""
    read = inventory(details(users=[user("a", groups=["g"])], groups=[group("g", WIDE)]), details(groups=[group("g")]))
    assert [one.group for each in read.principals.values() for one in each.policies] == ["g"]
    assert "it came before" in read.not_judged[0].reason


def test_a_policy_of_two_texts_is_said() -> None:
    """Files of different days; the same text twice is nothing to say."""
    first, same = (details([role("who")], policies=[policy("p", allow("s3:GetObject"))]) for _ in range(2))
    assert inventory(first, same.replace("role/who", "role/other")).not_judged == ()
    other = details([role("other")], policies=[policy("p", WIDE)])
    assert "another text" in inventory(first, other).not_judged[0].reason


def test_two_versions_in_force_are_none() -> None:
    """Nobody knows which one AWS takes."""
    both = policy("p", allow("s3:GetObject"))
    both["PolicyVersionList"][0]["IsDefaultVersion"] = True
    read = inventory(details([role("who", attached=[both["Arn"]])], policies=[both]))
    assert "which version is in force" in read.not_judged[0].reason


def test_a_missing_page_is_said_where_nobody_tells_whose_it_is() -> None:
    """A page may have AWS's own policies alone."""
    of_aws = {**policy("p", WIDE), "Arn": ADMINISTRATOR}
    page = json.dumps({"Policies": [of_aws], "IsTruncated": True, "Marker": "x"})
    assert any("more pages" in one.reason for one in inventory(details([role("who")]), page).not_judged)


def test_an_arn_of_another_kind_is_said() -> None:
    """A user among the roles would be judged as a role."""
    read = inventory(json.dumps({"RoleDetailList": [role("fine"), user("odd")], "Policies": [role("odd")]}))
    assert [one.place for one in read.not_judged] == ["RoleDetailList[1]", "Policies[0]"]
