"""
VPC endpoints that let anybody's credentials through to anybody's resources.

Which endpoint a request passes, no input tells: an endpoint's policy takes part in no other decision here.
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from typing import Final

from rolemgr.audit.rights import ANYTHING
from rolemgr.audit.setting import AuditRun
from rolemgr.audit.strangers import STRANGER
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.model.inventory_layers import VpcEndpoint
from rolemgr.reference.services import expand, resource_types

_BEFORE: Final = "amazonaws"
"""Ends what stands before the Region in ``com.amazonaws.eu-west-1.kms``, not in ``aws.sagemaker.eu-west-1.studio``."""


def judge_endpoints(setting: AuditRun) -> None:
    """Find endpoints without a policy, and those whose policy lets a stranger's request through to a stranger."""
    for endpoint in setting.inventory.endpoints:
        if endpoint.policy is None:
            setting.find_at("AU604", endpoint, f"{endpoint.service}: it has no policy, which lets everything through")
            continue
        service = _service(endpoint)
        action = next(iter(expand(f"{service}:*")), None) if service else None
        if action is None:
            setting.cannot_tell_at(
                endpoint, f"what the policy for {endpoint.service} lets through", "no action is known"
            )
        elif _lets_through(endpoint.policy, action):
            setting.find_at("AU604", endpoint, f"{endpoint.service}: {action} by one account on another's, say")


def _service(endpoint: VpcEndpoint) -> str | None:
    """Return the prefix of the service's actions; None where its name does not show it."""
    before, _, after = endpoint.service.partition(f".{endpoint.arn.split(':')[3]}.")
    found = after.partition(".")[0] if before.endswith(_BEFORE) else before.rpartition(".")[2]
    return found if resource_types(found) else None


def _lets_through(policy: ResourcePolicy, action: str) -> bool:
    """Tell whether a stranger may do *action* on what nobody names, as far as the *policy* of an endpoint goes."""
    principal = f"arn:aws:iam::{STRANGER}:role/somebody"
    resource = f"arn:aws:{action.partition(':')[0]}:us-east-1:{STRANGER}:zz-rolemgr-audit"
    request = Request.known(action, resource, {}, principal, STRANGER)
    policies = Policies((ANYTHING,), vpc_endpoints=(policy,))
    return evaluate(request, policies).decision == "Allowed"
