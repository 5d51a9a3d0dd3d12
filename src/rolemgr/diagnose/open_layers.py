"""What a request still meets when the layers that are given allow it: those that are not."""

from collections.abc import Iterator

from rolemgr.diagnose.denial_message import Denial
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.evaluate.principals import read_caller
from rolemgr.evaluate.request import Request

FLAGS = {
    Layer.PERMISSIONS_BOUNDARY: "--boundary-policy",
    Layer.SERVICE_CONTROL: "--scp",
    Layer.RESOURCE_CONTROL: "--rcp",
    Layer.RESOURCE: "--resource-policy",
    Layer.TRUST: "--resource-policy",
    Layer.SESSION: "--session-policy",
    Layer.VPC_ENDPOINT: "--vpc-endpoint-policy",
}
"""The option by which each layer is given."""

_FIELDS = {
    Layer.IDENTITY: "identity",
    Layer.PERMISSIONS_BOUNDARY: "permissions_boundary",
    Layer.SERVICE_CONTROL: "service_control",
    Layer.RESOURCE_CONTROL: "resource_control",
    Layer.RESOURCE: "resource",
    Layer.TRUST: "resource",
    Layer.SESSION: "session",
    Layer.VPC_ENDPOINT: "vpc_endpoints",
}


def named_layer(denial: Denial | None) -> Layer | None:
    """Return the layer that AWS names in its message."""
    named = denial.policy_type.value.replace("-based", "") if denial and denial.policy_type else None
    return next((layer for layer in Layer if layer.value == named), None)


def is_given(layer: Layer, policies: Policies) -> bool:
    """Tell whether *policies* have anything of *layer*: one that is not given can still deny."""
    return bool(getattr(policies, _FIELDS[layer]))


_WITH_RESOURCE_POLICY = frozenset({
    "s3", "kms", "ecr", "sns", "sqs", "secretsmanager", "lambda", "logs", "glue", "sagemaker", "events", "dynamodb",
})  # fmt: skip
"""
Services that ML work calls and whose resources can have a policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""


def open_layers(request: Request, policies: Policies, beyond: tuple[str, ...], denial: Denial | None) -> Iterator[str]:
    """
    Yield what can deny *request* besides *policies*, the layer that AWS names first.

    *beyond* are ARNs of the principal's own policies whose text nobody has.
    """
    named = denial.policy_type.value if denial and denial.policy_type else ""
    lines = list(_open(request, policies, beyond))
    lines.sort(key=lambda line: not (named and line.startswith(named.replace("-based", ""))))
    yield from lines


def _open(request: Request, policies: Policies, beyond: tuple[str, ...]) -> Iterator[str]:
    service = request.action.partition(":")[0].lower()
    yield from (f"{arn}: its text is not here" for arn in beyond)
    if policies.resource is None and service in _WITH_RESOURCE_POLICY:
        yield f"{Layer.RESOURCE} (--resource-policy): {_of_resource(request)}"
    if policies.resource is None and service == "sts":
        yield f"{Layer.TRUST} (--resource-policy): it must name the caller"
    if request.principal is not None and read_caller(request.principal).account is None:
        return  # a service, or someone whom a provider vouches for, has no policies of its own
    if policies.permissions_boundary is None:
        yield f"{Layer.PERMISSIONS_BOUNDARY} (--boundary-policy): where the role has one, it must allow it"
    if not policies.service_control:
        yield f"{Layer.SERVICE_CONTROL} (--scp): in an organization, each level must allow it"
    if not policies.resource_control:
        yield f"{Layer.RESOURCE_CONTROL} (--rcp): none may deny it"
    if not policies.session:
        yield f"{Layer.SESSION} (--session-policy): where the session was given one, it must allow it"
    if not policies.vpc_endpoints:
        yield f"{Layer.VPC_ENDPOINT} (--vpc-endpoint-policy): where the request passes one, it must allow it"


def _of_resource(request: Request) -> str:
    """Return what the resource's policy must do for *request*."""
    if request.action.lower().startswith("kms:"):
        return "a key's policy must allow the role, or leave it to the account's IAM policies"
    account = request.principal_account()
    if request.resource_account and account and request.resource_account != account:
        return f"the resource is in account {request.resource_account}: its policy must allow it"
    if request.resource_account and account:
        return "in the same account it need not allow it, and may not deny it"
    return "it may not deny it, and must allow it where the resource is in another account"
