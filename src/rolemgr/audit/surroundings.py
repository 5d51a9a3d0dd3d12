"""
What stands around a request: the SCPs of the caller's account, the RCPs and the policy of the resource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias, cast

from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy
from rolemgr.model.inventory import HeldPolicy, Inventory
from rolemgr.model.inventory_layers import HeldResource, Levels
from rolemgr.reference.organizations import rcp_services

ServiceControls: TypeAlias = tuple[tuple[IdentityPolicy, ...], ...]
ResourceControls: TypeAlias = tuple[tuple[ResourcePolicy, ...], ...]
_PACKAGE: Final = "model-package/"


class LayersGiven(NamedTuple):
    """Which layers the input has at all."""

    service_control: bool
    resource_control: bool
    resources: bool


class Surroundings:
    """The layers of an *inventory*, by account and resource."""

    def __init__(self, inventory: Inventory) -> None:
        self._resources, self._organization = inventory.resources, inventory.organization
        self._policies = inventory.customer_policies
        self._controls: dict[str, ResourceControls] = {}

    @cached_property
    def given(self) -> LayersGiven:
        """Which layers the input has."""
        organization = self._organization
        return LayersGiven(
            bool(organization.service_control), bool(organization.resource_control), bool(self._resources)
        )

    def policies_of(self, account: str) -> Mapping[str, HeldPolicy]:
        """Return the managed policies of *account*'s own, by ARN."""
        return {arn: one for arn, one in self._policies.items() if f":{account}:" in arn}

    def scps(self, account: str) -> ServiceControls:
        """
        Return the SCPs over *account*, root first: none for the management account, and none that is not known.

        A level of which the input has no SCP is left out: every node has one, and what it says is not known.
        """
        return cast("ServiceControls", _documents(self._organization.service_control.get(account, ())))

    def rcps(self, account: str, action: str) -> ResourceControls:
        """Return the RCPs over resources of *account*, none for an *action* of a service that they do not reach."""
        if action.partition(":")[0].lower() not in rcp_services():
            return ()
        if account not in self._controls:
            levels = self._organization.resource_control.get(account, ())
            self._controls[account] = cast("ResourceControls", _documents(levels))
        return self._controls[account]

    def at(self, resource: str) -> HeldResource | None:
        """Return whose policy decides about *resource*: its own, its bucket's, its model package group's."""
        if not self._resources:
            return None
        found = self._resources.get(resource)
        return found or self._resources.get(_holder_of(resource) or "")

    def of_account(self, account: str) -> tuple[tuple[str, str], ...]:
        """Return the condition keys, in lower case, that the organization gives every principal of *account*."""
        path, identifier = self._organization.paths.get(account), self._organization.id
        if path is None or identifier is None:
            return ()
        return (
            ("aws:principalorgid", identifier),
            ("aws:principalorgpaths", f"{'/'.join((identifier, *path))}/"),
        )


def _documents(levels: Levels) -> tuple[tuple[IdentityPolicy | ResourcePolicy, ...], ...]:
    return tuple(tuple(one.document for one in level) for level in levels if level)


def _holder_of(resource: str) -> str | None:
    """
    Return the ARN of what has the policy that decides about *resource*, None where that is itself.

    A bucket's policy is about its objects, a model package group's about its packages.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html
    """
    arn = Arn.parse(resource)
    if arn is None:
        return None
    if arn.service == "s3" and not arn.account and "/" in arn.resource:
        return str(arn._replace(resource=arn.resource.partition("/")[0]))
    if arn.service == "sagemaker" and arn.resource.startswith(_PACKAGE):
        group = arn.resource.removeprefix(_PACKAGE).partition("/")[0]
        return str(arn._replace(resource=f"model-package-group/{group}"))
    return None
