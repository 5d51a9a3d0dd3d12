"""Layers: read once, named in answers, and refused where they are not evaluated."""

import json
from collections.abc import Callable

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.explain import explain
from rolemgr.evaluate.policies import Layer, Policies, StatementRef, groups_of, read_policy
from rolemgr.evaluate.request import Request
from rolemgr.model.policy import IdentityPolicy, ResourcePolicy, TrustPolicy

ALLOW_ALL = {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}
RESOURCE_POLICY = ResourcePolicy.model_validate({"Statement": ALLOW_ALL | {"Principal": "*"}})
TRUST_POLICY = TrustPolicy.model_validate(
    {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}}
)

RequestMaker = Callable[..., Request]
PolicyMaker = Callable[..., Policies]


def test_a_document_is_read_once() -> None:
    """The same document gives the same reading, an equal one its own."""
    document = IdentityPolicy.model_validate({"Statement": ALLOW_ALL})
    assert read_policy(document) is read_policy(document)
    assert read_policy(document) is not read_policy(IdentityPolicy.model_validate({"Statement": ALLOW_ALL}))


def test_a_resource_policy_is_refused() -> None:
    """A resource policy could allow or deny on its own, so it is not left out without a word."""
    with pytest.raises(LayerError, match="resource policies"):
        Policies(resource=RESOURCE_POLICY)


def test_a_trust_policy_is_refused() -> None:
    """A role trust policy is refused, as a layer and as a document."""
    with pytest.raises(LayerError, match="trust policies"):
        Policies(resource=TRUST_POLICY)
    with pytest.raises(LayerError, match="trust policies"):
        read_policy(TRUST_POLICY)


def test_a_vpc_endpoint_policy_is_refused() -> None:
    """An endpoint policy narrows what passes it, so it is not left out without a word."""
    with pytest.raises(LayerError, match="VPC endpoint policies"):
        Policies(vpc_endpoints=(RESOURCE_POLICY,))


def test_a_request_across_accounts_is_refused(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """Where the accounts are known to differ, identity policies alone decide nothing."""
    request = request_of(principal="arn:aws:iam::111122223333:role/r", resourceAccount="999900001111")
    with pytest.raises(LayerError, match="`111122223333` asks for a resource of `999900001111`"):
        evaluate(request, identity(ALLOW_ALL))


def test_a_request_within_the_account_is_decided(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """Where the accounts are known to be the same, the decision is as without them."""
    request = request_of(principal="arn:aws:iam::111122223333:role/r", resourceAccount="111122223333")
    assert evaluate(request, identity(ALLOW_ALL)).decision == "Allowed"


@pytest.mark.parametrize("principal", ["arn:aws:iam::111122223333:root", "sagemaker.amazonaws.com", "*"])
def test_other_principals_are_refused(identity: PolicyMaker, request_of: RequestMaker, principal: str) -> None:
    """Root needs no policy, and services and everyone have none of their own."""
    with pytest.raises(LayerError, match="are not evaluated yet"):
        explain(request_of(principal=principal), identity(ALLOW_ALL))


def test_a_wrong_policy_is_an_error_before_any_request(identity: PolicyMaker) -> None:
    """What a policy's operators cannot read is found when the policy is read."""
    wrong = ALLOW_ALL | {"Condition": {"NumericEquals": {"s3:max-keys": "ten"}}}
    with pytest.raises(PolicyError, match="statement `All`: `ten` under condition operator `NumericEquals`"):
        groups_of(identity(wrong))


def test_a_statement_is_named_by_its_place() -> None:
    """A reference reads as layer, level, policy and statement."""
    assert str(StatementRef(Layer.IDENTITY, 0, 2, "Train")) == "identity policy (policy 0): `Train`"
    assert str(StatementRef(Layer.SERVICE_CONTROL, 1, 0, level=2)) == (
        "service control policy (level 2, policy 1): statement 0"
    )


def test_aws_managed_policies_are_all_readable(request_of: RequestMaker) -> None:
    """Every managed policy of AWS is read and decides a request."""
    managed = json.loads(aws_managed_policies_data)
    documents = [IdentityPolicy.model_validate(policy["Document"]) for policy in managed.values()]
    request = request_of(action="sagemaker:CreateTrainingJob", resource="*")
    decisions = {evaluate(request, Policies(identity=(document,))).decision for document in documents}
    assert len(documents) > 1500
    assert decisions == {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}
