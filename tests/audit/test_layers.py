"""An audit with what stands around the principals: SCPs, RCPs, policies of resources, Studio."""

import json
from typing import Any

import pytest
from tests.audit.accounts import (
    ACCOUNT,
    FULL_ACCESS,
    PARTNER,
    allow,
    deny,
    details,
    document,
    role,
    role_arn,
    trust_aws,
)
from tests.audit.layers import (
    MANAGEMENT,
    ORGANIZATION,
    ROOT,
    UNIT,
    answer,
    bucket,
    domain,
    inventory_of,
    organization,
    placed,
    profile,
)
from tests.audit.support import personas

from rolemgr.audit.run import Audit, audit
from rolemgr.audit.setting import AuditRun
from rolemgr.evaluate.decision import evaluate
from rolemgr.model.inventory import Inventory

HERE = f"arn:aws:iam::{ACCOUNT}:root"
READ = "s3:GetObject"


def audited(inventory: Inventory) -> Audit:
    """Return the audit with the built-in personas."""
    return audit(inventory, personas)


def found(result: Audit) -> set[tuple[str, str]]:
    """Return each finding's id with the name of what it is about."""
    return {(one.rule.id, one.principal.name) for one in result.findings}


def reasons(inventory: Inventory) -> list[str]:
    """Return what is not judged, as text."""
    return [f"{one.place}: {one.reason}" for one in inventory.not_judged]


def to(principal: Any, *actions: str, on: str, **condition: Any) -> dict[str, Any]:
    """Return an Allow of a resource's policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": on}
    return statement | ({"Condition": condition} if condition else {})


@pytest.mark.parametrize("node", [ROOT, UNIT, ACCOUNT])
def test_an_scp_that_denies_kills_a_path_on_every_level(node: str) -> None:
    """A way to an administrator and an administrator: neither is one any more; a twin without the SCP is."""
    roles = [
        role("climber", allow("iam:PutRolePolicy", role_arn("climber"))),
        role("admin", allow("*")),
        role("reader", allow("secretsmanager:GetSecretValue")),
    ]
    free = found(audited(inventory_of(details(roles), organization())))
    bound = {"p-iamlockdn": ([deny(["iam:*", "secretsmanager:*"])], [node])}
    held = found(audited(inventory_of(details(roles), organization(bound))))
    assert {("AU001", "admin"), ("AU002", "climber"), ("AU006", "reader")} <= free
    assert not held & {("AU001", "admin"), ("AU002", "climber"), ("AU006", "reader")}


def test_an_scp_that_allows_little_is_a_ceiling() -> None:
    """An OU whose only SCP is an allow-list: what it does not list nobody may do."""
    roles = [role("admin", allow("*")), role("reader", allow(READ))]
    files = organization({"p-allowlist": ([allow("s3:*")], [UNIT])})
    files["p-FullAWSAccess.targets.json"] = files["p-FullAWSAccess.targets.json"].replace(UNIT, "ou-ab12-99999999")
    result = found(audited(inventory_of(details(roles), files)))
    assert ("AU001", "admin") not in result
    assert ("AU005", "reader") in result


def test_scps_do_not_bind_the_management_account() -> None:
    """The same SCP at the root, and a role of the management account."""
    roles = [role("admin", allow("*"), account=MANAGEMENT)]
    bound = {"p-everything": ([deny("*")], [ROOT])}
    assert ("AU001", "admin") in found(audited(inventory_of(details(roles), organization(bound))))


def test_an_scp_that_exempts_one_role_exempts_that_one() -> None:
    """Break glass: the condition on aws:PrincipalArn is settled by who asks."""
    exempt: dict[str, Any] = {"ArnNotLike": {"aws:PrincipalArn": [role_arn("breakglass")]}}
    bound = {"p-lockdown0": ([deny("iam:*", **exempt)], [ROOT])}
    roles = [role("admin", allow("*")), role("breakglass", allow("*"))]
    result = found(audited(inventory_of(details(roles), organization(bound))))
    assert ("AU001", "breakglass") in result
    assert ("AU001", "admin") not in result


def test_an_rcp_closes_a_bucket_and_a_role_to_the_outside() -> None:
    """The organization's perimeter; without it both are findings. SageMaker has no RCPs."""
    anyone = to("*", READ, on="arn:aws:s3:::open/*")
    perimeter = {"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sts:*"], "Resource": "*",
                 "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}}  # fmt: skip
    roles = [role("partner", allow(READ, "arn:aws:s3:::x"), trust=trust_aws(f"arn:aws:iam::{PARTNER}:root"))]
    group = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package-group/churn"
    shared = placed(group, answer("sagemaker", "GetModelPackageGroupPolicy", {"ResourcePolicy": json.dumps(
        document(to({"AWS": f"arn:aws:iam::{PARTNER}:root"}, "sagemaker:DescribeModelPackageGroup", on=group)))}))  # fmt: skip
    before = found(audited(inventory_of(details(roles), organization(), bucket("open", anyone, block=False), shared)))
    rcp = {"p-perimeter": ([perimeter], [ROOT])}
    after = found(
        audited(inventory_of(details(roles), organization(None, rcp), bucket("open", anyone, block=False), shared))
    )
    assert {("AU601", "open"), ("AU102", "partner"), ("AU602", "churn")} <= before
    assert not after & {("AU601", "open"), ("AU102", "partner")}
    assert ("AU602", "churn") in after


FAULTS = [
    ("AU601", [to("*", READ, on="arn:aws:s3:::b/*")]),
    ("AU601", [to({"AWS": "*"}, "s3:ListBucket", on="arn:aws:s3:::b")]),
    ("AU601", [to("*", READ, on="arn:aws:s3:::b/*", StringNotLike={"aws:PrincipalAccount": ["9*", "8*", "7*", "5*"]})]),
    (
        "AU601",
        [
            to(
                "*",
                READ,
                on="arn:aws:s3:::b/*",
                ArnNotLike={"aws:PrincipalArn": ["arn:aws:iam::*:role/*", "arn:aws:iam::*:user/*"]},
            )
        ],
    ),
    ("AU602", [to({"AWS": PARTNER}, "s3:*", on="arn:aws:s3:::b/*")]),
    ("AU602", [to({"AWS": f"arn:aws:iam::{PARTNER}:role/etl"}, READ, on="arn:aws:s3:::b/*")]),
    ("AU603", [to("*", READ, on="arn:aws:s3:::b/*", StringEquals={"aws:PrincipalOrgID": "o-zzzzzzzzzz"})]),
    ("AU603", [to({"AWS": PARTNER}, READ, on="arn:aws:s3:::b/*", IpAddress={"aws:SourceIp": "203.0.113.0/24"})]),
]
INNOCENT = [
    [to({"AWS": HERE}, "s3:*", on="arn:aws:s3:::b/*")],
    [to({"Service": "logging.s3.amazonaws.com"}, "s3:PutObject", on="arn:aws:s3:::b/*")],
    [to("*", READ, on="arn:aws:s3:::b/*"), deny(READ) | {"Principal": "*"}],
    [to("*", READ, on="arn:aws:s3:::b/*", StringEquals={"aws:PrincipalAccount": ACCOUNT})],
    [deny("s3:*") | {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
]


@pytest.mark.parametrize(("identifier", "statements"), FAULTS)
def test_what_a_bucket_policy_opens(identifier: str, statements: list[Any]) -> None:
    """Each kind twice, shown by a request that the policies allow."""
    result = audited(
        inventory_of(details([role("r", allow(READ, "arn:aws:s3:::x"))]), bucket("b", *statements, block=False))
    )
    assert [one.rule.id for one in result.findings if one.principal.name == "b"] == [identifier]
    for shown in next(one for one in result.findings if one.principal.name == "b").requests:
        assert shown.resource is not None
        assert shown.resource.policy is not None
        assert shown.request.resource_account == ACCOUNT


@pytest.mark.parametrize("statements", INNOCENT)
def test_what_a_bucket_policy_does_not_open(statements: list[Any]) -> None:
    """The innocent twins."""
    result = audited(inventory_of(details([role("r", allow(READ, "arn:aws:s3:::x"))]), bucket("b", *statements)))
    assert [one.rule.id for one in result.findings if one.principal.name == "b"] == []


def test_block_public_access_closes_what_is_public() -> None:
    """On the bucket, on the account; unknown is said with the finding."""
    anyone = to("*", READ, on="arn:aws:s3:::b/*")
    account = details([role("r", allow(READ, "arn:aws:s3:::x"))])
    on = answer(
        "s3control", "GetPublicAccessBlock", {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}}
    )
    whole = {"block.json": on, "whole.yaml": f"accounts:\n- {{id: '{ACCOUNT}', public_access_block: block.json}}\n"}
    assert ("AU601", "b") not in found(audited(inventory_of(account, bucket("b", anyone, block=True))))
    assert ("AU601", "b") not in found(audited(inventory_of(account, bucket("b", anyone, block=False), whole)))
    unknown = audited(inventory_of(account, bucket("b", anyone)))
    assert "Block Public Access" in next(one.unless for one in unknown.findings if one.rule.id == "AU601")


def test_a_key_that_names_nobody_is_closed_to_identity_policies() -> None:
    """A key policy must let IAM decide; one that names the account does, one that names a role does not."""
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    rights = allow("kms:Decrypt", key)
    for principal, may in ((HERE, True), (role_arn("other"), False), (role_arn("reader"), True)):
        text = answer("kms", "GetKeyPolicy", {"Policy": json.dumps(document(to({"AWS": principal}, "kms:*", on="*")))})
        inventory = inventory_of(details([role("reader", rights), role("other")]), placed(key, text))
        subject = AuditRun(inventory, None, 90).subjects[role_arn("reader")]
        answered = subject.rights.ask("kms:Decrypt", key)
        assert bool(answered) is may, principal
        if answered.shown:
            assert evaluate(answered.shown.request, subject.rights.policies_for(answered.shown)).decision == "Allowed"


def test_who_works_in_studio_as_what() -> None:
    """The domain's role is an administrator's, one profile has a persona's full access, one is narrow."""
    roles = [
        role("default", allow("*")), role("full", attached=[FULL_ACCESS]),
        role("wide", allow(["sagemaker:CreateTrainingJob", "ec2:RunInstances"])),
        role("opener", allow("sagemaker:CreatePresignedDomainUrl", "*")),
    ]  # fmt: skip
    studio = {
        "d.json": domain(role_arn("default")), "ann.json": profile("ann"), "bob.json": profile("bob", role_arn("full")),
        "eve.json": profile("eve", role_arn("wide")), "zoe.json": profile("zoe", role_arn("gone")),
    }  # fmt: skip
    result = audited(inventory_of(details(roles), studio))
    studio_findings = {one for one in found(result) if one[0] > "AU7"}
    assert studio_findings == {("AU701", "d-1"), ("AU701", "bob"), ("AU702", "eve")}
    assert ("AU301", "opener") in found(result)
    assert any("gone" in one.place for one in result.not_judged)
    assert {(one.member.name, one.member.role) for one in result.studio if one.member.kind == "user profile"} == {
        ("ann", role_arn("default")), ("bob", role_arn("full")), ("eve", role_arn("wide")), ("zoe", role_arn("gone")),
    }  # fmt: skip
    assert "ann-secret" not in repr(result)


def test_opening_the_own_profile_is_no_step_to_another() -> None:
    """Who may open only a profile that works as a narrow role becomes no administrator."""
    own = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:user-profile/d-1/bob"
    roles = [role("default", allow("*")), role("narrow", allow(READ, "arn:aws:s3:::x/*")),
             role("opener", allow("sagemaker:CreatePresignedDomainUrl", own))]  # fmt: skip
    studio = {
        "d.json": domain(role_arn("default")),
        "ann.json": profile("ann"),
        "bob.json": profile("bob", role_arn("narrow")),
    }
    assert ("AU301", "opener") not in found(audited(inventory_of(details(roles), studio)))


def test_a_domain_of_identity_center_is_opened_by_nobody() -> None:
    """CreatePresignedDomainUrl can only be called where people sign in by IAM."""
    roles = [role("default", allow("*")), role("opener", allow("sagemaker:CreatePresignedDomainUrl", "*"))]
    studio = {"d.json": domain(role_arn("default")), "ann.json": profile("ann")}
    assert ("AU301", "opener") in found(audited(inventory_of(details(roles), studio)))
    sso = {**studio, "d.json": json.dumps({**json.loads(studio["d.json"]), "AuthMode": "SSO"})}
    assert ("AU301", "opener") not in found(audited(inventory_of(details(roles), sso)))


def test_what_is_given_is_not_said_to_be_missing() -> None:
    """The page says once which layers the input does not have."""
    account = details([role("r", allow(READ, "arn:aws:s3:::x"))])
    assert audited(inventory_of(account)).not_in_the_input.startswith("SCPs, RCPs and policies of resources")
    assert audited(inventory_of(account, organization())).not_in_the_input.startswith("RCPs and policies of resources")
    one = audited(inventory_of(account, organization(), bucket("b"))).not_in_the_input
    assert one.startswith("RCPs are not in this input")
    assert one.endswith("the policy of one resource is in the input: those of others may deny, or allow more")


def test_endpoints_that_let_everything_through() -> None:
    """Without a policy, with AWS's default; twins that demand the organization are left alone."""
    ours = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    everything = json.dumps(document(to("*", "*", on="*")))
    narrow = json.dumps(document(to("*", "*", on="*", **ours)))
    service = "com.amazonaws.eu-west-1.sagemaker.api"
    listed = [
        {"OwnerId": ACCOUNT, "VpcEndpointId": "vpce-1", "ServiceName": service},
        {
            "OwnerId": ACCOUNT,
            "VpcEndpointId": "vpce-2",
            "ServiceName": "com.amazonaws.eu-west-1.s3",
            "PolicyDocument": everything,
        },
        {"OwnerId": ACCOUNT, "VpcEndpointId": "vpce-3", "ServiceName": service, "PolicyDocument": narrow},
        {
            "OwnerId": ACCOUNT,
            "VpcEndpointId": "vpce-4",
            "ServiceName": "com.amazonaws.eu-west-1.unheardof",
            "PolicyDocument": narrow,
        },
        {"OwnerId": ACCOUNT, "VpcEndpointId": "vpce-5", "ServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1"},
        {
            "OwnerId": ACCOUNT,
            "VpcEndpointId": "vpce-6",
            "ServiceName": service,
            "VpcEndpointType": "GatewayLoadBalancer",
        },
    ]
    files = {"e.json": answer("ec2", "DescribeVpcEndpoints", {"VpcEndpoints": listed})}
    result = audited(inventory_of(details([role("r", allow(READ, "arn:aws:s3:::x"))]), files))
    assert {one for one in found(result) if one[0] == "AU604"} == {("AU604", "vpce-1"), ("AU604", "vpce-2")}
    assert any("vpce-4" in one.place for one in result.not_judged)


OPEN_ENDPOINTS: list[list[dict[str, Any]]] = [
    [to("*", "s3:GetObject", on="*")],
    [to("*", "*", on="arn:aws:s3:::*")],
    [to("*", "*", on="*"), deny("s3:AbortMultipartUpload") | {"Principal": "*"}],
    [
        to("*", "*", on="*"),
        deny("s3:*", StringEquals={"aws:PrincipalAccount": "999999999999"}) | {"Principal": "*"},
    ],
]
CLOSED_ENDPOINTS: list[list[dict[str, Any]]] = [
    [to("*", "s3:*", on="arn:aws:s3:::b/*")],
    [to("*", "s3:ListAllMyBuckets", on="*")],
    [to("*", "*", on="*"), deny("*") | {"Principal": "*"}],
]


@pytest.mark.parametrize("statements", [*OPEN_ENDPOINTS, *CLOSED_ENDPOINTS])
def test_an_endpoint_that_lets_one_action_through(statements: list[dict[str, Any]]) -> None:
    """Any action is a way out, by anybody; a named bucket, or no resource at all, is none."""
    one = {"OwnerId": ACCOUNT, "VpcEndpointId": "vpce-1", "ServiceName": "com.amazonaws.eu-west-1.s3"}
    listed = [{**one, "PolicyDocument": json.dumps(document(*statements))}]
    files = {"e.json": answer("ec2", "DescribeVpcEndpoints", {"VpcEndpoints": listed})}
    result = audited(inventory_of(details([role("r", allow(READ, "arn:aws:s3:::x"))]), files))
    assert (("AU604", "vpce-1") in found(result)) is (statements in OPEN_ENDPOINTS)
