"""
VPC endpoints that let anybody's credentials through to anybody's resources.

Which endpoint a request passes, no input tells: an endpoint's policy takes part in no other decision here.
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

import itertools
from collections.abc import Sequence
from typing import Final

from rolemgr.audit.examples import strangers
from rolemgr.audit.named import example_beside
from rolemgr.audit.rights import ANYTHING
from rolemgr.audit.setting import PER_PRINCIPAL, AuditRun
from rolemgr.audit.strangers import STRANGER, account_of, strangers_to
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.model.inventory_layers import VpcEndpoint
from rolemgr.reference.services import expand, find_action, resource_types

_BEFORE: Final = "amazonaws"
"""Ends what stands before the Region in ``com.amazonaws.eu-west-1.kms``, not in ``aws.sagemaker.eu-west-1.studio``."""


def judge_endpoints(setting: AuditRun) -> None:
    """Find endpoints without a policy, and those whose policy lets a stranger's request through to a stranger."""
    for endpoint in setting.inventory.endpoints:
        if endpoint.policy is None:
            setting.find_at("AU604", endpoint, f"{endpoint.service}: it has no policy, which lets everything through")
            continue
        service = _service(endpoint)
        actions = expand(f"{service}:*") if service else ()
        if not actions:
            setting.cannot_tell_at(
                endpoint, f"what the policy for {endpoint.service} lets through", "no action is known"
            )
            continue
        try:
            through = _let_through(setting, endpoint, endpoint.policy, actions)
        except TooComplex as error:
            setting.cannot_tell_at(endpoint, f"what the policy for {endpoint.service} lets through", error)
            continue
        if through:
            setting.find_at("AU604", endpoint, f"{endpoint.service}: {through} by one account on another's, say")


def _service(endpoint: VpcEndpoint) -> str | None:
    """Return the prefix of the service's actions; None where its name does not show it."""
    before, _, after = endpoint.service.partition(f".{endpoint.arn.split(':')[3]}.")
    found = after.partition(".")[0] if before.endswith(_BEFORE) else before.rpartition(".")[2]
    return found if resource_types(found) else None


def _let_through(
    setting: AuditRun, endpoint: VpcEndpoint, policy: ResourcePolicy, actions: Sequence[str]
) -> str | None:  # fmt: skip
    """
    Return the first of *actions* that a stranger may do on what nobody names, as far as an endpoint's *policy* goes.

    Any one action is a way through, so that all are asked about; raises TooComplex where that takes too many requests.
    """
    budget = Budget(PER_PRINCIPAL, setting.budget_of(endpoint.account), _PROBLEM)
    partition, name = endpoint.arn.split(":", 2)[1], example_beside(policy)
    policies = Policies((ANYTHING,), vpc_endpoints=(policy,))
    on_resources = [one for one in actions if (known := find_action(one)) and known.resource_types]
    for principal, action in itertools.product(strangers_to(policy, partition), on_resources or actions):
        account = account_of(principal) or STRANGER
        for resource in strangers(action, partition, account, name=name):
            budget.spend(1)
            request = Request.known(action, resource, {}, principal, account)
            if evaluate(request, policies).decision == "Allowed":
                return action
    return None


_PROBLEM: Final = "it takes more than {:,} requests to tell"
