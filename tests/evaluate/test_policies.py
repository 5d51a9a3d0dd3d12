"""Layers: read once, named in answers, and refused where IAM would not accept them."""

import json
from collections.abc import Callable

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.errors import PolicyError
from rolemgr.evaluate.policies import Layer, Policies, StatementRef, groups_of, read_policy
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy

ALLOW_ALL = {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}
RequestMaker = Callable[..., Request]
PolicyMaker = Callable[..., Policies]


def test_a_document_is_read_once() -> None:
    """The same document gives the same reading, an equal one its own."""
    document = IdentityPolicy.model_validate({"Statement": ALLOW_ALL})
    assert read_policy(document) is read_policy(document)
    assert read_policy(document) is not read_policy(IdentityPolicy.model_validate({"Statement": ALLOW_ALL}))


def test_a_request_within_the_account_is_decided(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """Where the accounts are known to be the same, the decision is as without them."""
    request = request_of(principal="arn:aws:iam::111122223333:role/r", resourceAccount="111122223333")
    assert evaluate(request, identity(ALLOW_ALL)).decision == "Allowed"


def test_a_wrong_policy_is_an_error_before_any_request(identity: PolicyMaker) -> None:
    """What a policy's operators cannot read is found when the policy is read."""
    wrong = ALLOW_ALL | {"Condition": {"NumericEquals": {"s3:max-keys": "ten"}}}
    with pytest.raises(PolicyError, match="statement `All`: `ten` under condition operator `NumericEquals`"):
        groups_of(identity(wrong))


@pytest.mark.parametrize("action", ["s3:GetObject", "kms:Decrypt", "sts:GetCallerIdentity"])
def test_a_wrong_policy_is_an_error_in_every_layer(request_of: RequestMaker, action: str) -> None:
    """Also where the request has nothing to do with it, or needs no permission."""
    wrong = {"Statement": ALLOW_ALL | {"Condition": {"StringEqual": {"aws:username": "ann"}}}}
    identity = IdentityPolicy.model_validate(wrong)
    resource = ResourcePolicy.model_validate({"Statement": wrong["Statement"] | {"Principal": "*"}})
    for policies in (
        Policies(identity=(identity,)),
        Policies(permissions_boundary=identity),
        Policies(session=(identity,)),
        Policies(service_control=((identity,),)),
        Policies(resource_control=((resource,),)),
        Policies(resource=resource),
        Policies(vpc_endpoints=(resource,)),
    ):
        with pytest.raises(PolicyError, match="statement `All`: unknown condition operator `StringEqual`"):
            evaluate(request_of(action=action, principal="arn:aws:iam::111122223333:root"), policies)


def test_only_a_resource_s_own_policy_does_without_a_resource(request_of: RequestMaker) -> None:
    """An RCP stands at no resource; one that was made as a `ResourcePolicy` is refused when it is asked."""
    statement = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    bare = ResourcePolicy.model_validate({"Statement": statement})
    with pytest.raises(PolicyError, match="statement `No` has neither Resource nor NotResource"):
        evaluate(request_of(), Policies(resource_control=((bare,),)))
    with pytest.raises(ValueError, match="exactly one of Resource or NotResource"):
        ResourceControlPolicy.model_validate({"Statement": statement})
    assert evaluate(request_of(), Policies(resource=bare)).decision == "ExplicitlyDenied"


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
