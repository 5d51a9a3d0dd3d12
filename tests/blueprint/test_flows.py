"""Flows: what each verb brings to both sides, in one account and across; what it needs, and what it leaves alone."""

from collections.abc import Iterable
from typing import Any

import pytest
from tests.blueprint.faulty import catalog, of_text, proof

from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.blueprint.intended import intended_access

HEAD = """\
organization: {id: o-a1b2c3d4e5}
regions: [eu-west-1]
accounts: {data: {id: "111111111111"}, work: {id: "222222222222"}}
keys: {data/key: 1234abcd-12ab-34cd-56ef-1234567890ab, work/key: 1234abcd-12ab-34cd-56ef-1234567890ac}
buckets:
  data/plain: acme-plain
  data/locked: {name: acme-locked, key: data/key}
  work/own: {name: acme-own, key: work/key}
repositories: {data/images: [train, serve], work/images: run}
registries: {data/models: [churn, fraud], work/models: own}
endpoints: {work/churn: churn}
feature_groups:
  data/features: {names: [customers, orders], key: data/key, store: data/locked, prefix: features/*}
  data/open: visits
  work/features: own
roles:
  work/job: {persona: sagemaker-compute, name: ml-job}
  work/other: {persona: sagemaker-compute, name: ml-other}
  data/reader: {persona: sagemaker-compute, name: ml-reader}
  work/deployer: {persona: mlops-engineer, name: ml-deployer, pass_role: [work/job]}
  work/pipeline: {persona: sagemaker-pipeline, name: ml-pipeline, pass_role: [work/job], parameter: {pipeline_roles: work/pipeline}}
flows:
"""
BUCKET, KEY = "arn:aws:s3:::acme-locked", "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GROUP = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn"
FEATURES = "arn:aws:sagemaker:eu-west-1:111111111111:feature-group/customers"
READ_FEATURES = {
    "sagemaker:BatchGetRecord", "sagemaker:DescribeFeatureGroup", "sagemaker:DescribeFeatureMetadata", "sagemaker:GetRecord",
}  # fmt: skip
REPOSITORY = "arn:aws:ecr:eu-west-1:111111111111:repository/train"


def of_each(resources: Iterable[str], actions: set[str]) -> dict[str, set[str]]:
    """Return *actions* for each of *resources*."""
    return {one: set(actions) for one in resources}


CASES: dict[str, tuple[list[str], dict[str, set[str]]]] = {
    "reads, with a key": (["work/job reads data/locked in raw/*"], {
        BUCKET: {"s3:GetObject", "s3:ListBucket"}, KEY: {"kms:Decrypt"}}),
    "reads, without a key": (["work/job reads data/plain"], {"arn:aws:s3:::acme-plain": {"s3:GetObject", "s3:ListBucket"}}),
    "writes, with a key": (["work/job writes data/locked in out/*"], {
        BUCKET: {"s3:AbortMultipartUpload", "s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        KEY: {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}}),
    "reads and writes": (["work/job reads data/locked in raw/*", "work/job writes data/locked in out/*"], {
        BUCKET: {"s3:AbortMultipartUpload", "s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        KEY: {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}}),
    "works in, with a key": (["work/job works in data/locked"], {
        BUCKET: {"s3:AbortMultipartUpload", "s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        KEY: {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}}),
    "two roles on one bucket": (["work/job reads data/plain", "work/other reads data/plain"], {
        "arn:aws:s3:::acme-plain": {"s3:GetObject", "s3:ListBucket"}}),
    "reads features, with a key and an offline store": (["work/job reads features of data/features"], {
        BUCKET: {"s3:GetObject", "s3:ListBucket"}, KEY: {"kms:Decrypt"}, **of_each(
            (FEATURES, FEATURES.replace("customers", "orders")), READ_FEATURES)}),
    "reads features": (["work/job reads features of data/open", "work/other reads features of work/features"], {
        FEATURES.replace("customers", "visits"): READ_FEATURES}),
    "takes roles": (["work/job assumes data/reader", "work/other assumes work/job"], {}),
    "pulls two repositories": (["work/job pulls data/images"], of_each(
        (REPOSITORY, REPOSITORY.replace("train", "serve")),
        {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"})),
    "deploys from two groups": (["work/deployer deploys from data/models"], of_each((GROUP, GROUP.replace("churn", "fraud")), {
        "sagemaker:CreateModel", "sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListModelPackages"})),
    "registers": (["work/pipeline registers in data/models"], of_each(
        (GROUP, GROUP.replace("churn", "fraud")), {"sagemaker:CreateModelPackage"})),
    "in one account nobody needs a policy": (
        ["work/job reads work/own", "work/job writes work/own in out/*", "work/job pulls work/images",
         "work/deployer deploys from work/models", "work/pipeline registers in work/models", "work/job calls work/churn",
         "work/job works in work/own"], {}),
}  # fmt: skip
"""The flows, and what the policies that come of them allow; but for the Denies, and for a key's own account."""


def blueprint(flows: Iterable[str]) -> ComposedBlueprint:
    """Return the documents of a blueprint of two accounts with *flows*."""
    return of_text(HEAD + "".join(f"  - {one}\n" for one in flows))


def allowed(statements: Iterable[dict[str, Any]]) -> set[str]:
    """Return the actions that *statements* allow to roles."""
    found = (one["Action"] for one in statements if one["Effect"] == "Allow" and one["Sid"] != "OwnAccount")
    return {action for actions in found for action in ([actions] if isinstance(actions, str) else actions)}


@pytest.mark.parametrize("name", CASES)
def test_a_flow_opens_both_sides_and_nothing_else(name: str) -> None:
    """What the target's policies allow is listed; each flow is allowed, needs each statement, and lets in no more."""
    flows, wanted = CASES[name]
    found = blueprint(flows)
    assert {one.resource: allowed(one.document.to_json_value()["Statement"]) for one in found.guards} == wanted
    for claim in ("flows", "flows-need-each-statement", "nothing-beyond", "nobody-else"):
        assert proof(claim, found).counter_examples == (), claim
    assert proof("flows", found).checked


def test_every_verb_is_among_the_cases() -> None:
    """A new file in `flows/` needs a case, in one account and, where it can be, across."""
    texts = [text for flows, _ in CASES.values() for text in flows]
    for name in catalog().found("flows"):
        pattern = catalog().flow(name).value
        asked = [text for text in texts if f" {pattern.verb} " in text]
        assert any(text.split()[-1].startswith("work/") or " work/" in text[5:] for text in asked), name
        assert pattern.same_account or any(" data/" in text for text in asked), name


def test_several_flows_on_one_target_name_each_role_once() -> None:
    """Two readers are one statement; a writer is not named among the readers of the key."""
    found = blueprint(
        ["work/job writes data/locked in out/*", "work/job reads data/locked", "work/other reads data/locked"]
    )
    key = next(one for one in found.policies if one.resource == KEY).document.to_json_value()["Statement"]
    named = {one["Sid"]: one["Principal"]["AWS"] for one in key}
    assert named["ReadThroughServices"] == "arn:aws:iam::222222222222:role/ml-other"
    assert named["WriteThroughServices"] == "arn:aws:iam::222222222222:role/ml-job"


@pytest.mark.parametrize("bucket", ["data/far", "work/far"])
def test_a_key_may_be_of_an_account_of_its_own(bucket: str) -> None:
    """Its policy is that account's, and names a role of the bucket's account too; who has the key needs none."""
    text = HEAD.replace("work: {id", 'keys: {id: "333333333333"}, work: {id', 1)
    text = text.replace("keys: {data/key", "keys: {keys/far: 1234abcd-12ab-34cd-56ef-1234567890ad, data/key", 1)
    text = text.replace("repositories:", f"  {bucket}: {{name: acme-far, key: keys/far}}\nrepositories:", 1)
    text = text.replace("  data/reader:", "  keys/own: {persona: sagemaker-compute, name: ml-own}\n  data/reader:", 1)
    found = of_text(f"{text}  - work/job reads {bucket}\n  - data/reader reads {bucket}\n  - keys/own reads {bucket}\n")
    key = next(one for one in found.policies if one.kind == "key")
    named = [one["Principal"]["AWS"] for one in key.document.to_json_value()["Statement"]]
    arns = ["arn:aws:iam::111111111111:role/ml-reader", "arn:aws:iam::222222222222:role/ml-job"]
    assert (key.account, named) == ("keys", ["arn:aws:iam::333333333333:root", arns])
    assert [one.account for one in found.policies if one.kind == "bucket"] == [bucket.partition("/")[0]]
    for claim in ("flows", "flows-need-each-statement", "nothing-beyond", "nobody-else"):
        assert proof(claim, found).counter_examples == (), claim


def test_prefixes_stand_on_both_sides() -> None:
    """Of several prefixes each is one resource, in the role and in the bucket's policy, and no other is there."""
    found = blueprint(["work/job reads data/locked in raw/*, clean/2026/*"])
    wanted = {f"{BUCKET}/clean/2026/*", f"{BUCKET}/raw/*"}
    bucket = next(one for one in found.policies if one.resource == BUCKET).document.to_json_value()["Statement"]
    assert set(next(one for one in bucket if one["Sid"] == "ReadObjects")["Resource"]) == wanted
    role = next(one for one in found.roles if one.place == "work/job").documents
    listed = [text for policy in role.policies for one in policy.document.statement for text in one.resource or ()]
    assert {text for text in listed if "acme-locked/" in text} == wanted


def test_what_a_flow_is_has_all_resources_of_it() -> None:
    """Of an example the pattern: every version of a group, every object of a prefix."""
    flow = blueprint(["work/deployer deploys from data/models", "work/job reads data/locked in raw/*"]).flows
    found = list(intended_access(flow))
    version = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/7"
    assert any(one.covers("sagemaker:describemodelpackage", version) for one in found)
    assert any(one.covers("s3:GetObject", f"{BUCKET}/raw/deep/x") for one in found)
    assert not any(one.covers("s3:GetObject", f"{BUCKET}/clean/x") for one in found)
    assert not any(one.covers("sagemaker:UpdateModelPackage", version) for one in found)


def test_the_same_file_gives_the_same_documents() -> None:
    """In another order of roles, flows and names every document is the same."""
    flows = [
        "work/job writes data/locked in out/*, raw/*",
        "work/other reads data/locked",
        "work/job pulls data/images",
    ]
    one = blueprint(flows)
    swapped = HEAD.replace("[train, serve]", "[serve, train]")
    lines = swapped.splitlines(keepends=True)
    start = lines.index("roles:\n") + 1
    lines[start : start + 4] = reversed(lines[start : start + 4])
    other = of_text("".join(lines) + "".join(f"  - {text}\n" for text in reversed(flows)))
    assert {place.place: place.documents for place in one.roles} == {
        place.place: place.documents for place in other.roles
    }
    assert [(place.resource, place.document) for place in one.policies] == [
        (place.resource, place.document) for place in other.policies
    ]
