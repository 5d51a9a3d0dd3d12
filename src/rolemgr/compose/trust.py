"""
Who may take the role: the statements of its trust policy, without a confused deputy.

https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
"""

from rolemgr.model.policy import Conditions
from rolemgr.model.role import ComposedTrust
from rolemgr.model.spec import RoleSpec, SageMakerTrust


def compose_trust(spec: RoleSpec) -> tuple[ComposedTrust, ...]:
    """Return one trust statement for each kind of trust that *spec* names."""
    return tuple(_sagemaker(spec, trust) for trust in spec.trust)


def _sagemaker(spec: RoleSpec, trust: SageMakerTrust) -> ComposedTrust:
    """
    Trust SageMaker on behalf of the role's own account and region.

    The source ARN ends in ``:*``: for inference and Studio that is the literal value SageMaker sends, and
    a role that serves both jobs and endpoints can't name anything narrower.
    """
    identity = ("sts:SetSourceIdentity",) if trust.source_identity else ()
    return ComposedTrust(
        "SageMaker",
        {"Service": ("sagemaker.amazonaws.com",)},
        ("sts:AssumeRole", *identity),
        _source_conditions(spec, trust.source),
    )


def _source_conditions(spec: RoleSpec, source: str) -> Conditions:
    arn = f"arn:{spec.partition_name}:sagemaker:{spec.region}:{spec.account}:*"
    conditions: dict[str, dict[str, tuple[str, ...]]] = {}
    if source in ("both", "account"):
        conditions["StringEquals"] = {"aws:SourceAccount": (spec.account,)}
    if source in ("both", "arn"):
        conditions["ArnLike"] = {"aws:SourceArn": (arn,)}
    return conditions
