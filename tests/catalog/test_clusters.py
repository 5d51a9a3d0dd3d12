"""HyperPod: limits that have something to limit, and ways round a named node that must stay closed."""

import pytest
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.request import Request, context_of

CLUSTER = "arn:aws:sagemaker:us-east-1:111122223333:cluster/a1b2c3d4e5f6"
ME = "arn:aws:sts::111122223333:assumed-role/sagemaker-hyperpod-user/hanna"
TARGET = "ssm:resourceTag/aws:ssmmessages:target-id"
LIMITS = {"cluster-instance-types": ["ml.g5.*"], "cluster-vpc": ["subnet-0a1b2c3d", "sg-0b1c2d3e"]}
COMPLIANT = {
    "sagemaker:InstanceTypes": ["ml.g5.8xlarge"],
    "sagemaker:VpcSubnets": ["subnet-0a1b2c3d"],
    "sagemaker:VpcSecurityGroupIds": ["sg-0b1c2d3e"],
}


@pytest.mark.parametrize(
    ("action", "changed", "decision"),
    [
        ("CreateCluster", {}, "Allowed"),
        ("CreateCluster", {"sagemaker:InstanceTypes": ["ml.g5.8xlarge", "ml.p5.48xlarge"]}, "ExplicitlyDenied"),
        ("CreateCluster", {"sagemaker:VpcSubnets": ["subnet-0ffff000"]}, "ExplicitlyDenied"),
        ("CreateCluster", {"sagemaker:VpcSecurityGroupIds": ["sg-0ffff000"]}, "ExplicitlyDenied"),
        ("UpdateCluster", {"sagemaker:InstanceTypes": ["ml.p5.48xlarge"]}, "ExplicitlyDenied"),
    ],
)
def test_the_guardrails_of_clusters_limit_their_administrator(
    action: str, changed: dict[str, list[str]], decision: str
) -> None:
    """They had nobody to limit before there was an administrator of clusters."""
    policies = rendered(persona="hyperpod-admin", guardrail=LIMITS).policies()
    request = Request(f"sagemaker:{action}", CLUSTER, context_of({**COMPLIANT, **changed}), ME)
    assert evaluate(request, policies).decision == decision


@pytest.mark.parametrize("nodes", [(), ("a1b2c3d4e5f6_login-*",)])
@pytest.mark.parametrize(
    ("resource", "context"),
    [
        ("*", {TARGET: "sagemaker-cluster:a1b2c3d4e5f6_workers-i-0a1b"}),
        ("*", {TARGET: "sagemaker-cluster:zzzzzzzzzzzz_login-i-0a1b"}),
        ("*", {TARGET: "sagemaker-training-job:churn_algo-1"}),
        ("*", {TARGET: "i-0a1b2c3d4e5f6a7b8"}),
        ("*", {}),
        ("arn:aws:ec2:us-east-1:111122223333:instance/i-0a1b2c3d4e5f6a7b8", {}),
        ("arn:aws:ssm:us-east-1:999999999999:document/SSM-SessionManagerRunShell", {}),
    ],
)
def test_no_session_but_on_the_named_nodes(nodes: tuple[str, ...], resource: str, context: dict[str, str]) -> None:
    """Neither another group's nodes, nor a job, nor an instance, nor by settings that another account shares."""
    policies = rendered(persona="hyperpod-user", parameter={"cluster_nodes": nodes} if nodes else {}).policies()
    request = Request("ssm:StartSession", resource, context_of(context), ME)
    assert evaluate(request, policies).decision == "ImplicitlyDenied"
