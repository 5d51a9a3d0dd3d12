"""Messages about roles: one that a service could not assume, and what SageMaker's SDK says of an execution role."""

import re

from rolemgr.diagnose.denial_message import ROLE, Denial, DenialKind, DenyingPolicy, named
from rolemgr.iam.arn import Arn
from rolemgr.reference.names import service_principals

_ASSUME = re.compile(
    r"could not assume role|SageMaker (?:was|is) unable to (?:assume the role|perform: ?sts:AssumeRole)"
    r"|trust relationship policy allows the action \W?sts:AssumeRole|have a trust relationship"
    r"|(?:fail(?:ed|s)|unable) to assume (?:the )?(?:provided )?role|can(?:not|'t) be assumed|is not assumable",
    re.IGNORECASE,
)
_ASKS_TO_ASSUME = re.compile(
    r"(?<![\w/:.@=-])(?P<who>[\w-]{2,64}) is not authorized to perform: ?sts:AssumeRole on ", re.IGNORECASE
)
_SAGEMAKER = re.compile(r"(?<![\w/.-])SageMaker(?![\w/.-])|(?i:could not assume role|check if you have a trust)")
_SERVICE = re.compile(r"\b(?P<service>[a-z][a-z0-9.-]{1,60})\.amazonaws\.com(?:\.cn)?(?![\w/])")


def assume(message: str) -> Denial | None:
    """Return what a service says of a role that it could not assume: the role's trust policy is to be looked at."""
    asks = _ASKS_TO_ASSUME.search(message)
    service = _service_of(message, asks["who"] if asks else None)
    if "WebIdentity" in message or not (_ASSUME.search(message) or (asks and service)):
        return None
    if asks and not service:
        return None  # a person or a role asks
    role = ROLE.search(message)
    if not service and not _SAGEMAKER.search(message):
        return Denial(message, action="sts:AssumeRole", resource=role[0] if role else None)  # who asks is not said
    arn = Arn.parse(role[0]) if role else None
    suffix = "amazonaws.com.cn" if arn and arn.partition == "aws-cn" else "amazonaws.com"
    principal = f"{service or 'sagemaker'}.{suffix}"
    resource = role[0] if role else None
    return Denial(message, DenialKind.ASSUME, principal, "sts:AssumeRole", resource, policy_type=DenyingPolicy.TRUST)


def asked_by_a_service(message: str) -> Denial | None:
    """Return what is said where `CodeBuild is not authorized to perform: sts:AssumeRole on ARN`."""
    return assume(message) if _ASKS_TO_ASSUME.search(message) else None


def _service_of(message: str, who: str | None) -> str | None:
    """Return the service whose principal *message* names, or that *who* asks is, as AWS spells its principal."""
    found = _SERVICE.search(message)
    named = found["service"] if found else (who or "").lower()
    return named if named in service_principals() else None


_NO_ROLE = re.compile(
    r"Couldn't call '(?P<call>get_role|describe_\w+)' to get (?:the )?Role ARN"
    r"|The current AWS identity is not a role: (?P<identity>arn:[^\s,]+)",
    re.IGNORECASE,
)
_DESCRIBES = {"describe_notebook_instance": "sagemaker:DescribeNotebookInstance", "get_role": "iam:GetRole"}


def no_execution_role(message: str) -> Denial | None:
    """
    Return what the SageMaker Python SDK says where it can't find the notebook's execution role.

    Source: sagemaker-python-sdk, src/sagemaker/session.py, get_caller_identity_arn and get_execution_role.
    """
    found = _NO_ROLE.search(message)
    if not found:
        return None
    return Denial(
        message, DenialKind.EXECUTION_ROLE, found["identity"], _DESCRIBES.get((found["call"] or "").lower())
    )  # fmt: skip


_CHECKED = re.compile(r"cannot be used for \W?[\w ]{1,40}\W? workloads", re.IGNORECASE)


def role_check(message: str) -> Denial | None:
    """
    Return what the SageMaker Python SDK v3 found missing before it sent anything (`RoleValidationError`).

    It asks iam:SimulatePrincipalPolicy, which does not evaluate the conditions of SCPs: the answer may be wrong.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
    """
    if not _CHECKED.search(message):
        return None
    role, actions = ROLE.search(message), named(message)
    if not actions:
        return None
    return Denial(message, DenialKind.ROLE_CHECK, role[0] if role else None, actions[0], actions=actions)
