"""Custom policy checks: what each finds, where it can't tell, and what is wrong with a file of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.check.support import rules

from rolemgr.check.custom.checks import Custom, read_checks, refuse_twins
from rolemgr.check.custom.run import custom_findings
from rolemgr.check.finding import Finding, Severity
from rolemgr.check.sources import documents, parse
from rolemgr.errors import RolemgrError
from rolemgr.files.yaml import parse_yaml, read_yaml
from rolemgr.iam.documents import PolicyType
from rolemgr.reference.providers import shared_providers

EXAMPLES = Path(__file__).parents[2] / "examples" / "checks"


def checks(**asks: Any) -> list[Custom]:
    """Return one check that *asks*."""
    entry = {"id": "ours", "reason": "we say so", **asks}
    return read_checks(parse_yaml(json.dumps({"checks": [entry]}), "checks.yaml"))


def found(policy: Any, custom: list[Custom], kind: PolicyType | None = None) -> list[Finding]:
    """Return what *custom* checks find in *policy*, read from text as a file of type *kind* is."""
    text = json.dumps(policy, indent=1)
    return list(custom_findings(documents(parse(text, "p.json", as_json=True), text, "p.json", kind), custom))


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Any, resources: Any = "*", conditions: Any = None, **others: Any) -> dict[str, Any]:
    """Return an Allow."""
    made = {"Effect": "Allow", "Action": actions, "Resource": resources, **others}
    return {**made, "Condition": conditions} if conditions else made


PASSED = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
HTTPS = {"Bool": {"aws:SecureTransport": "true"}}
ALL_OF_S3 = {"access_not_granted": {"actions": ["s3:*"], "resources": ["*"], "all": True}}
ANY_ROLE = {"access_not_granted": {"actions": ["iam:PassRole"], "resources": ["*"], "all": True}}
NO_DELETE = {"access_not_granted": {"actions": ["s3:Delete*"]}}
NOT_THERE = {"access_not_granted": {"resources": ["arn:aws:s3:::secret/*"]}}
MUST_PASS = {"required_conditions": {"actions": ["iam:PassRole"], "conditions": PASSED}}
MUST_CARRY = {"required_conditions": {"actions": ["iam:PassRole"], "keys": ["iam:PassedToService"]}}
DESCRIBE = {
    "access_granted": {
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::acme/x"],
        "context": {"aws:PrincipalTag/T": "a"},
    }
}
PUBLIC = {"no_public_access": True}
REFERENCE = {"no_new_access": {"policy": policy(allow("s3:Get*", "arn:aws:s3:::acme/*"))}}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "all of S3": (ALL_OF_S3, policy(allow("s3:*")), True),
    "all of S3 in pieces": (ALL_OF_S3, policy(allow("s3:A*"), {"Effect": "Allow", "NotAction": "s3:A*", "Resource": "*"}), True),
    "all of everything": (ALL_OF_S3, policy(allow("*")), True),
    "all of S3 under a condition": (ALL_OF_S3, policy(allow("s3:*", "*", HTTPS)), True),
    "all of S3 on one bucket": (ALL_OF_S3, policy(allow("s3:*", "arn:aws:s3:::acme/*")), False),
    "some of S3": (ALL_OF_S3, policy(allow("s3:Get*")), False),
    "all of S3 but deletion": (ALL_OF_S3, policy(allow("s3:*"), {**allow("s3:DeleteBucket"), "Effect": "Deny"}), False),
    "any role": (ANY_ROLE, policy(allow("iam:PassRole", "*", PASSED)), True),
    "a role": (ANY_ROLE, policy(allow("iam:PassRole", "arn:aws:iam::111122223333:role/r")), False),
    "a deletion": (NO_DELETE, policy(allow("s3:*Object")), True),
    "a deletion that is denied": (NO_DELETE, policy(allow("s3:*Object"), {**allow("s3:Delete*"), "Effect": "Deny"}), False),
    "no deletion": (NO_DELETE, policy(allow("s3:GetObject")), False),
    "a deletion in a bucket policy": (NO_DELETE, policy(allow("s3:DeleteObject", "arn:aws:s3:::acme/*", Principal={"AWS": "111122223333"})), True),
    "a resource that is taboo": (NOT_THERE, policy(allow("s3:GetObject", "arn:aws:s3:::s*")), True),
    "another resource": (NOT_THERE, policy(allow("s3:GetObject", "arn:aws:s3:::acme/*")), False),
    "passed to SageMaker": (MUST_PASS, policy(allow("iam:PassRole", "*", PASSED)), False),
    "passed to anybody": (MUST_PASS, policy(allow("iam:PassRole")), True),
    "passed as a Deny says": (
        MUST_PASS, policy(allow("iam:*"), {**allow("iam:PassRole", "*", {"StringNotEquals": PASSED["StringEquals"]}), "Effect": "Deny"}), False,
    ),
    "passed to nobody in particular": (MUST_CARRY, policy(allow("iam:PassRole", "*", HTTPS)), True),
    "passed to somebody": (MUST_CARRY, policy(allow("iam:PassRole", "*", PASSED)), False),
    "if it is passed to somebody": (
        MUST_CARRY, policy(allow("iam:PassRole", "*", {"StringEqualsIfExists": PASSED["StringEquals"]})), True,
    ),
    "a request that must be allowed": (DESCRIBE, policy(allow("s3:*", "arn:aws:s3:::acme/${aws:PrincipalTag/U, 'x'}")), False),
    "a request that is not allowed": (DESCRIBE, policy(allow("s3:*", "*", {"StringEquals": {"aws:PrincipalTag/T": "b"}})), True),
    "a request under its condition": (DESCRIBE, policy(allow("s3:*", "*", {"StringEquals": {"aws:PrincipalTag/T": "a"}})), False),
    "everyone": (PUBLIC, policy(allow("s3:GetObject", "arn:aws:s3:::acme/*", Principal="*")), True),
    "everyone of ours": (PUBLIC, policy(allow("s3:GetObject", "arn:aws:s3:::acme/*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, Principal="*")), False),
    "everyone may assume": (PUBLIC, policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}), True),
    "within the reference": (REFERENCE, policy(allow("s3:GetObjectAcl", "arn:aws:s3:::acme/raw/*")), False),
    "beyond the reference": (REFERENCE, policy(allow("s3:PutObject", "arn:aws:s3:::acme/raw/*")), True),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_check_finds(name: str) -> None:
    """Each check finds what it is for, at the statement, and nothing else."""
    asks, document, finds = CASES[name]
    findings = found(document, checks(**asks))
    assert bool(findings) is finds
    assert all((one.rule, one.severity, one.line is not None) == ("ours", "SECURITY_WARNING", True) for one in findings)
    assert all(one.message.endswith(": we say so") for one in findings)


def test_a_finding_is_at_the_statement_and_tells_a_request() -> None:
    """Line, Sid, action, and what shows it."""
    document = policy(allow("s3:GetObject"), {"Sid": "Gone", **allow("s3:DeleteObject", "arn:aws:s3:::acme/*", HTTPS)})
    (finding,) = found(document, checks(**NO_DELETE, severity="ERROR"))
    assert (finding.sid, finding.action, finding.line, finding.severity) == (
        "Gone",
        "s3:DeleteObject",
        9,
        Severity.ERROR,
    )
    assert finding.message == (
        "allows `s3:DeleteObject` on `arn:aws:s3:::acme/example` with aws:SecureTransport true: we say so"
    )


def test_the_types_of_policies_can_be_chosen() -> None:
    """A check looks at what it says, else at what it can."""
    bucket = policy(allow("s3:DeleteObject", "arn:aws:s3:::acme/*", Principal="*"))
    assert found(bucket, checks(**NO_DELETE))
    assert not found(bucket, checks(**NO_DELETE, types=["identity"]))
    assert not found(policy(allow("s3:*")), checks(**PUBLIC))


def test_an_scp_that_only_denies_lets_the_rest_through() -> None:
    """A Deny that a new SCP lacks is access that the reference SCP did not let through."""
    kept, gone = ({**allow(action), "Effect": "Deny"} for action in ("s3:Delete*", "iam:CreateUser"))
    asks = checks(no_new_access={"policy": policy(kept, gone)}, types=["scp"])
    forbids = checks(access_not_granted={"actions": ["iam:CreateUser"]}, types=["scp"])
    assert not found(policy(kept, gone), [*asks, *forbids], PolicyType.SCP)
    assert {one.action for one in found(policy(kept), asks, PolicyType.SCP)} == {"iam:CreateUser"}
    assert {one.action for one in found(policy(kept), forbids, PolicyType.SCP)} == {"iam:CreateUser"}
    assert not found(policy(kept, allow("s3:*")), forbids, PolicyType.SCP)


def test_policies_of_one_role_decide_together() -> None:
    """What one policy of a role allows and another denies is not allowed."""
    role = {
        "RoleName": "r",
        "AssumeRolePolicyDocument": policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
        "Policies": [
            {"PolicyName": "a", "PolicyDocument": policy(allow("s3:*Object"))},
            {"PolicyName": "b", "PolicyDocument": policy({**allow("s3:Delete*"), "Effect": "Deny"})},
        ],
    }
    assert not found(role, checks(**NO_DELETE, types=["identity"]))
    role["Policies"] = role["Policies"][:1]  # type: ignore[index]
    assert found(role, checks(**NO_DELETE, types=["identity"]))
    assert [one.rule for one in found(role, checks(**PUBLIC))] == ["ours"]


def test_what_cannot_be_told_is_a_finding() -> None:
    """A policy that can't be read, and an access that nobody knows to be real, are not silence."""
    (unread,) = found(policy({**allow("s3:GetObject"), "Effect": "Permit"}), checks(**NO_DELETE))
    assert "can't tell, as the policy can't be read" in unread.message
    doubtful = policy(allow("s3:DeleteObject", "*", {"StringEquals": {"ec2:InstanceType": "d"}}))
    (finding,) = found(doubtful, checks(**NO_DELETE))
    assert finding.message.startswith("can't tell whether it allows")
    assert "the reference does not list ec2:InstanceType for the action" in finding.message


MISTAKES = [
    ("checks:\n  - id: a\n    reason: b\n    acces_not_granted: {actions: [s3:x]}\n", "checks.yaml:4: ", "did you mean"),
    ("checks:\n  - id: a\n    reason: b\n", "checks.yaml:2: ", "exactly one of"),
    ("checks:\n  - id: a\n    reason: b\n    access_not_granted: {}\n", "checks.yaml:4: ", "nothing to forbid"),
    ("checks:\n  - id: a\n    access_not_granted: {actions: [s3:x]}\n", "checks.yaml:2: ", "reason"),
    ("checks:\n  - id: a\n    reason: b\n    access_not_granted: {actions: [GetObject]}\n", "checks.yaml:4: ", "not an action"),
    ("checks:\n  - id: a\n    reason: b\n    access_not_granted: {resources: [bucket]}\n", "checks.yaml:4: ", "neither an ARN nor"),
    ("checks:\n  - id: a\n    reason: b\n    severity: HIGH\n    no_public_access: true\n", "checks.yaml:4: ", "severity"),
    ("checks:\n  - id: a\n    reason: b\n    types: [identity]\n    no_public_access: true\n", "checks.yaml:2: ", "does not look at"),
    ("checks:\n  - id: a\n    reason: b\n    no_new_access: {policy: gone.json}\n", "checks.yaml:4: ", "there is no file `gone.json`"),
    ("checks: []\n", "checks.yaml:1: ", "checks"),
    ("checks:\n  - id: a b\n    reason: b\n    no_public_access: true\n", "checks.yaml:2: ", "id"),
    ("checks:\n  - {id: a, reason: b, no_public_access: true}\n  - {id: A, reason: b, no_public_access: true}\n", "checks.yaml:", "two checks have the id"),
    ("checks:\n  - id: a\n    reason: b\n    required_conditions: {actions: [iam:PassRole]}\n", "checks.yaml:4: ", "nothing to require"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "says"), MISTAKES, ids=[says for _, _, says in MISTAKES])
def test_a_mistake_is_told_with_its_line(text: str, where: str, says: str) -> None:
    """Misspelt keys, missing parts and wrong values are refused."""
    with pytest.raises(RolemgrError) as error:
        read_checks(parse_yaml(text, "checks.yaml"))
    assert str(error.value).startswith(where)
    assert says in str(error.value)


def test_an_id_is_no_rules_and_no_other_checks() -> None:
    """Suppressions and baselines go by the id."""
    one = checks(**PUBLIC)
    with pytest.raises(RolemgrError, match="also the id of a check"):
        refuse_twins([*one, *one])
    with pytest.raises(RolemgrError, match="id or name of a rule"):
        refuse_twins(read_checks(parse_yaml("checks: [{id: RM607, reason: b, no_public_access: true}]", "c.yaml")))


def test_the_example_finds_what_it_says() -> None:
    """The shipped example, run over its reference policy and over one that breaks each of its checks."""
    custom = refuse_twins(read_checks(read_yaml(EXAMPLES / "ml-policies.yaml")))
    reference = json.loads((EXAMPLES / "reference.json").read_text("utf-8"))
    assert {one.rule for one in found(reference, custom)} <= {"can-describe-jobs"}
    broken = [
        policy(allow(["s3:*", "iam:PassRole", "sts:AssumeRole"])),
        policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
    ]
    rules = {one.rule for document in broken for one in found(document, custom)}
    assert rules == {one.check.id for one in custom}


ENDPOINT = {"types": ["endpoint"], "access_not_granted": {"actions": ["s3:DeleteObject"]}}


def test_the_policy_of_an_endpoint_is_compared() -> None:
    """It is written as a resource policy is, and bounds what goes through."""
    deletes, reads = (policy(allow(action, Principal="*")) for action in ("s3:*", "s3:GetObject"))
    (told,) = found(deletes, checks(**ENDPOINT), PolicyType.ENDPOINT)
    assert (told.action, "can't tell" in told.message) == ("s3:DeleteObject", False)
    assert found(reads, checks(**ENDPOINT), PolicyType.ENDPOINT) == []
    assert found(deletes, checks(access_not_granted={"actions": ["s3:*"]}), PolicyType.ENDPOINT) == []
    template = {"Resources": {"E": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"PolicyDocument": deletes}}}}
    assert [one.action for one in found(template, checks(**ENDPOINT))] == ["s3:DeleteObject"]
    for blind in ({"no_public_access": True}, {**DESCRIBE}):
        with pytest.raises(RolemgrError, match="does not look at policies of type endpoint"):
            checks(types=["endpoint"], **blind)
    reference = {"types": ["endpoint"], "no_new_access": {"policy": reads}}
    assert [one.action for one in found(deletes, checks(**reference), PolicyType.ENDPOINT)][1:] == ["s3:x"]
    assert found(reads, checks(**reference), PolicyType.ENDPOINT) == []
    needed = {
        "types": ["endpoint"],
        "required_conditions": {"actions": ["s3:GetObject"], "keys": ["aws:PrincipalOrgID"]},
    }
    assert len(found(reads, checks(**needed), PolicyType.ENDPOINT)) == 1


OAI = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EXAMPLE"


@pytest.mark.parametrize(
    "principal",
    [{"AWS": OAI}, {"AWS": ["111122223333", OAI]}, {"Service": "example"}, {"Federated": "idp.example.com/path"}, {"Federated": ""}],
)  # fmt: skip
def test_a_principal_of_whom_nothing_is_known_stops_no_check(principal: Any) -> None:
    """The policy names it, so that it is no stranger; what it may beside others nobody can tell."""
    named = {**allow("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/*"), "Principal": principal}
    assert found(policy(named), checks(**PUBLIC)) == []
    assert "RM605" not in rules(policy(named), "resource")
    both = policy(named, {**named, "Principal": "*"})
    assert len(found(both, checks(**PUBLIC))) == 1
    assert "RM605" in rules(both, "resource")
    (told,) = found(policy(named), checks(access_not_granted={"actions": ["s3:PutObject"]}))
    assert "nobody knows what" in told.message


@pytest.mark.parametrize("provider", sorted(shared_providers()))
def test_a_shared_provider_is_public_where_the_rule_says_so(provider: str) -> None:
    """`no_public_access` and RM804 ask one judge; a provider of the account's own is nobody's but the account's."""
    shared = shared_providers()[provider]
    key = shared.condition_keys()[0]
    for test in ({}, {"StringLike": {key: "*"}}, {"StringEquals": {key: "one:acme/x:y"}}, {"Null": {key: "true"}}):
        for name in (provider, f"arn:aws:iam::111122223333:oidc-provider/{provider}"):
            statement = {
                "Effect": "Allow",
                "Principal": {"Federated": name},
                "Action": "sts:AssumeRoleWithWebIdentity",
                **({"Condition": test} if test else {}),
            }
            public = found(policy(statement), checks(**PUBLIC))
            assert bool(public) is ("RM804" in rules(policy(statement), "trust"))
            assert bool(public) or "StringEquals" in test
    own = {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}}
    assert found(policy({**own, "Action": "sts:AssumeRoleWithSAML"}), checks(**PUBLIC)) == []


@pytest.mark.parametrize("kind", ["access_granted", "access_not_granted"])
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sagemaker:CreateLabelingJob", "arn:aws:sagemaker:eu-west-1:123456789012:labelling-job/*"),
        ("s3:GetObject", "arn:aws:s3:eu-west-1::acme-labels/*"),
    ],
)
def test_a_resource_that_none_of_the_actions_is_on_is_refused(kind: str, action: str, resource: str) -> None:
    """A check of it is green for ever; with a wildcard in the type it may be meant."""
    with pytest.raises(RolemgrError, match=f"`{action}` is not known to be on such a resource"):
        checks(**{kind: {"actions": [action], "resources": [resource]}})
    checks(**{kind: {"actions": ["sagemaker:CreateLabelingJob"], "resources": ["arn:aws:sagemaker:*:*:label*/x"]}})
