"""Files of an inventory: what each says, what can't be placed or read, and what a real server prints."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.audit.accounts import ACCOUNT, allow, deny, details, role, trust_service
from tests.audit.layers import (
    MANAGEMENT,
    ROOT,
    answer,
    bucket,
    control,
    inventory_of,
    organization,
    placed,
    profile,
    targets,
)
from tests.audit.test_layers import reasons, to
from tests.conftest import Run
from tests.servers import SECRET, reset, served

from rolemgr.audit.inputs import Inputs
from rolemgr.errors import RolemgrError
from rolemgr.model.inventory import Inventory

ONE = details([role("one", allow("s3:GetObject", "arn:aws:s3:::x/*"))])
ANYONE = to("*", "s3:GetObject", on="arn:aws:s3:::b/*")
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [to({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", on="*")]}
)


def test_what_an_answer_needs_is_in_the_index_or_said() -> None:
    """A bucket's policy does not say whose it is; a secret's, an endpoint's, a queue's does."""
    lone = {"policy.json": answer("s3", "GetBucketPolicy", {"Policy": json.dumps({"Statement": [ANYONE]})})}
    assert any("name the file in an index" in one for one in reasons(inventory_of(ONE, lone)))
    secret = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db-AbCdEf"
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
    named = {
        "s.json": answer(
            "secretsmanager", "GetResourcePolicy", {"ARN": secret, "Name": "db", "ResourcePolicy": POLICY}
        ),
        "q.json": answer("sqs", "GetQueueAttributes", {"Attributes": {"QueueArn": queue, "Policy": POLICY}}),
    }
    assert set(inventory_of(ONE, named).resources) == {secret, queue}
    silent = {"s.json": answer("secretsmanager", "GetResourcePolicy", {"ARN": secret, "Name": "db"})}
    assert any("has no policy" in one for one in reasons(inventory_of(ONE, silent)))


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation: none", True),
        ("\naws: [ERROR]: An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation: x", True),
        ("An error occurred (AccessDenied) when calling the GetBucketPolicy operation: Access Denied", False),
        ("An error occurred (NoSuchBucketPolicy) when calling the GetObject operation: x", False),
        ("", False),
        ("{", False),
        ("[]", False),
        ('{"Policy": "{"}', False),
        ('{"Policy": 7}', False),
        ('{"Other": "x"}', False),
        ('{"Policy": "{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": [{\\"Effect\\": \\"Allow\\"}]}"}', False),
        (POLICY, True),
    ],
)
def test_what_a_placed_file_says(text: str, known: bool) -> None:
    """A policy, that there is none, or that nobody can tell: which is said, once."""
    found = inventory_of(ONE, {**bucket("b"), "b.json": text})
    assert (found.resources["arn:aws:s3:::b"].unknown == ()) is known
    assert any("arn:aws:s3:::b" in one.place for one in found.not_judged) is not known


def test_a_file_that_is_not_there_or_not_below_the_index_is_said(run: Run, tmp_path: Path) -> None:
    """A path that leads out of the folder is not followed."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "secret.json").write_text(POLICY, encoding="utf-8")
    (tmp_path / "inventory" / "account.json").write_text(ONE, encoding="utf-8")
    lines = [f"- {{arn: '{KEY}', policy: {path}}}\n" for path in ("../secret.json",)]
    other = KEY.replace("1234abcd", "9999abcd")
    index = "resources:\n" + "".join(lines) + f"- {{arn: '{other}', policy: gone.json}}\n"
    (tmp_path / "inventory" / "index.yaml").write_text(index, encoding="utf-8")
    ran = run("audit", str(tmp_path / "inventory"), "--format", "json")
    told = [one["reason"] for one in json.loads(ran.stdout)["not_judged"]]
    assert any("not below the folder" in one for one in told)
    assert any("gone.json" in one and "No such file" in one for one in told)


def test_the_same_bucket_with_another_policy_is_said() -> None:
    """The first counts; the same policy twice is nothing to say."""
    first, again = bucket("b", ANYONE), bucket("b", ANYONE)
    index = first["b.yaml"]
    twice = {**first, "again.json": again["b.json"], "c.yaml": index.replace("b.json", "again.json")}
    assert not any("came before" in one for one in reasons(inventory_of(ONE, twice)))
    other = {**twice, "again.json": bucket("b", deny("s3:*") | {"Principal": "*"})["b.json"]}
    assert any("came before with another policy" in one for one in reasons(inventory_of(ONE, other)))


@pytest.mark.parametrize(
    ("index", "problem"),
    [
        ("resources:\n- {arn: acme}\n", "is not the ARN of one resource"),
        ("resources:\n- {arn: 'arn:aws:s3:::*'}\n", "is not the ARN of one resource"),
        ("accounts:\n- {id: 12}\n", "12 digits"),
        ("accounts:\n- {id: '111122223333', path: here}\n", "is not the path of an account"),
        ("resorces: []\n", "did you mean resources?"),
        ("- 1\n", "must be a mapping"),
    ],
)
def test_an_index_that_is_wrong_is_an_error(index: str, problem: str) -> None:
    """With what it should be."""
    with pytest.raises(RolemgrError, match=problem.replace("?", r"\?")):
        inventory_of(ONE, {"index.yaml": index})


def test_a_bucket_without_an_account_is_said() -> None:
    """Its ARN has none; a loop that found no bucket leaves an empty list."""
    files = {"index.yaml": "resources:\n- {arn: 'arn:aws:s3:::b', policy: none}\ncontrols:\n"}
    assert any("give `account`" in one for one in reasons(inventory_of(ONE, files)))


def test_an_answer_about_another_resource_is_said() -> None:
    """A loop that wrote the wrong file: the answer names its repository."""
    arn = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/train"
    told = {"registryId": ACCOUNT, "repositoryName": "serve", "policyText": POLICY}
    wrong = inventory_of(ONE, placed(arn, answer("ecr", "GetRepositoryPolicy", told)))
    assert any("the answer is about repository serve" in one for one in reasons(wrong))
    right = answer("ecr", "GetRepositoryPolicy", {**told, "repositoryName": "train"})
    assert inventory_of(ONE, placed(arn, right)).resources[arn].policy is not None


def organization_without(*names: str, **changed: str) -> Inventory:
    """Return an inventory with an organization's files but some, and others changed."""
    files = {**organization({"p-lockdown0": ([deny("iam:*")], [ROOT])}), **changed}
    return inventory_of(ONE, {name: text for name, text in files.items() if name not in names})


def test_what_is_missing_of_an_organization_is_said() -> None:
    """The management account, the account's path, a policy's text, its targets, a level, another page."""
    assert any("names the management account" in one for one in reasons(organization_without("organization.json")))
    assert any("its path is not in the input" in one for one in reasons(organization_without("accounts.json")))
    assert any("its text is not in the input" in one for one in reasons(organization_without("p-lockdown0.json")))
    assert any("its targets" not in one and "the targets of p-lockdown0" in one for one in reasons(
        organization_without("p-lockdown0.targets.json")))  # fmt: skip
    full = {"p-FullAWSAccess.targets.json": targets(ROOT)}
    assert any("every node has one" in one for one in reasons(organization_without(**full)))
    paged = json.dumps({**json.loads(targets(ROOT)), "NextToken": "more"})
    assert any("more pages" in one for one in reasons(organization_without(**{"p-lockdown0.targets.json": paged})))


def test_policies_that_decide_about_no_request_are_left_aside() -> None:
    """Tags and backups say nothing about requests; an SCP that can't be read is said."""
    tags = control("p-tags00000", "SERVICE").replace("SERVICE_CONTROL_POLICY", "TAG_POLICY")
    broken = control("p-broken000", "SERVICE", {"Effect": "Maybe"})
    named = control("p-rcp000000", "RESOURCE", deny("s3:*") | {"Principal": {"AWS": MANAGEMENT}})
    found = reasons(inventory_of(ONE, {"t.json": tags, "b.json": broken, "r.json": named}))
    assert not any("p-tags00000" in one for one in found)
    assert any(one.startswith("SCP p-broken000") for one in found)
    assert any(one.startswith("RCP p-rcp000000") for one in found)


def test_a_profile_without_its_domain_and_a_listed_one_are_said() -> None:
    """Whose role is the domain's, and the domain is not in the input; one that is listed and not described."""
    listed = answer("sagemaker", "ListUserProfiles", {"UserProfiles": [{"DomainId": "d-1", "UserProfileName": "eve"}]})
    found = reasons(inventory_of(ONE, {"ann.json": profile("ann"), "list.json": listed}))
    assert any("domain d-1, which decides it" in one for one in found)
    assert any("eve" in one and "not described" in one for one in found)


def test_an_answer_that_nobody_knows_is_an_error() -> None:
    """As it was before there were others."""
    inputs = Inputs(lambda _index, _path: ("", ""))
    with pytest.raises(RolemgrError, match="has no RoleDetailList"):
        inputs.take('{"Widgets": []}', "w.json")
    with pytest.raises(RolemgrError, match="not valid JSON"):
        inputs.take('{"Policy": {"PolicySummary": ', "w.json")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a moto server and return its address."""
    with served() as address:
        reset(address)
        yield address


def printed(client: Any, operation: str, **arguments: str) -> str:
    """Return what the AWS CLI prints of an operation with ``2>&1``: its answer, or botocore's words for the error."""
    try:
        found = getattr(client, operation)(**arguments)
    except ClientError as error:
        return f"\n{error}\n"
    return json.dumps({key: value for key, value in found.items() if key != "ResponseMetadata"}, default=str, indent=4)


def test_what_a_server_prints_is_read(server: str, run: Run, tmp_path: Path) -> None:
    """Buckets, a key, a repository and an organization of a real server, as the guide saves them."""

    def client(name: str) -> Any:
        return boto3.client(name, endpoint_url=server, region_name="us-east-1", **SECRET)

    s3, kms, ecr, organizations, iam = map(client, ("s3", "kms", "ecr", "organizations", "iam"))
    for name in ("open", "closed"):
        s3.create_bucket(Bucket=name)
    policy = {"Version": "2012-10-17", "Statement": [to("*", "s3:GetObject", on="arn:aws:s3:::open/*")]}
    s3.put_bucket_policy(Bucket="open", Policy=json.dumps(policy))
    key = kms.create_key()["KeyMetadata"]
    repository = ecr.create_repository(repositoryName="train")["repository"]
    made = organizations.create_organization(FeatureSet="ALL")["Organization"]
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=json.dumps(trust_service("ec2")))
    full = {"PolicyId": "p-FullAWSAccess"}
    saved = {
        "account.json": printed(iam, "get_account_authorization_details"),
        "organization.json": printed(organizations, "describe_organization"),
        "p.json": printed(organizations, "describe_policy", **full),
        "p.targets.json": printed(organizations, "list_targets_for_policy", **full),
        "open.json": printed(s3, "get_bucket_policy", Bucket="open"),
        "closed.json": printed(s3, "get_bucket_policy", Bucket="closed"),
        "open.block.json": printed(s3, "get_public_access_block", Bucket="open"),
        "key.json": printed(kms, "get_key_policy", KeyId=key["KeyId"], PolicyName="default"),
        "train.json": printed(ecr, "get_repository_policy", repositoryName="train"),
    }
    account = made["MasterAccountId"]
    saved["index.yaml"] = "\n".join([
        "controls:", "- {policy: p-FullAWSAccess, targets: p.targets.json}", "resources:",
        f"- {{arn: 'arn:aws:s3:::open', account: '{account}', policy: open.json, public_access_block: open.block.json}}",
        f"- {{arn: 'arn:aws:s3:::closed', account: '{account}', policy: closed.json}}",
        f"- {{arn: '{key['Arn']}', policy: key.json}}", f"- {{arn: '{repository['repositoryArn']}', policy: train.json}}", "",
    ])  # fmt: skip
    for name, text in saved.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    ran = run("audit", str(tmp_path), "--format", "json")
    data = json.loads(ran.stdout)
    assert data["counts"]["resources"] == 4
    assert {one["principal"] for one in data["findings"] if one["rule"] == "AU601"} == {"arn:aws:s3:::open"}
    assert not [one for one in data["not_judged"] if "arn:aws" in one["place"] and "last use" not in one["place"]]
    asked = json.loads(run("who-can", "s3:GetObject", "arn:aws:s3:::open/x", str(tmp_path), "--format", "json").stdout)
    assert [one["who"] for one in asked["answers"][0]["outside"]] == ["*"]
