"""
What AWS says when it denies a request, read into one value: who asked for what, and which policy said no.

Most services answer `User: ARN is not authorized to perform: ACTION on resource: ARN` and a reason; some
leave out the resource, the reason or both. Amazon S3 says `Access Denied` alone to callers of other
organizations, AWS KMS has messages of its own, and SageMaker wraps what its jobs met in a failure reason.
Pure: text in, a `Denial` out.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.arn import Arn
from rolemgr.prove.denial_wrappers import Wrapped, unwrapped
from rolemgr.reference.services import find_action


class PolicyType(StrEnum):
    """A kind of policy, in the words of AWS's messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    SESSION = "session policy"
    VPC_ENDPOINT = "VPC endpoint policy"
    TRUST = "role trust policy"


class Kind(StrEnum):
    """What the message is about."""

    REQUEST = "a request"
    DATA = "data that a job or model reads, as its execution role"
    IMAGE = "a container image that a job or model pulls, as its execution role"
    ASSUME = "SageMaker's own request to assume a role"
    EXECUTION_ROLE = "get_execution_role() in a notebook"


@dataclass(frozen=True)
class Denial:
    """
    What a message says; None where it does not say.

    *operation* is the API operation, where the message names that and no action. *explicit* tells a Deny from
    a missing Allow. *through* is the policy that made a VPC endpoint's policy deny. *setting* is a setting of
    S3 Block Public Access.
    """

    message: str
    kind: Kind = Kind.REQUEST
    principal: str | None = None
    action: str | None = None
    resource: str | None = None
    operation: str | None = None
    explicit: bool | None = None
    policy_type: PolicyType | None = None
    policy_arn: str | None = None
    through: PolicyType | None = None
    setting: str | None = None
    encoded: bool = False
    """Whether there is an encoded authorization message, which `aws sts decode-authorization-message` reads."""


def parse_denial(text: str, where: SourceLocation | None = None) -> Denial:
    """
    Return what the message *text* says: alone, in an SDK's exception, in S3's XML or in a CloudTrail event.

    Raises InputError, at *where*, for a text that denies nothing.
    """
    wrapped = unwrapped(text)
    message = wrapped.message
    if len(message) > _LONGEST:
        raise InputError(where, f"is longer than {_LONGEST:,} characters, and so no message of AWS")
    if _NETWORK.search(message):
        hint = "see https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html"
        raise InputError(where, "the message speaks of the network, not of permissions", hint)
    if not _DENIES.search(message):
        raise InputError(where, "this is no AccessDenied message that rolemgr knows", "give --action and --resource")
    found = next(filter(None, (form(message) for form in _FORMS)), Denial(message))
    return _completed(found, wrapped)


_LONGEST = 65_536
_DENIES = re.compile(
    r"denied|not authorized|unauthorized|forbidden|ciphertext refers to a customer master key|not a role"
    r"|could(?:n't| not) (?:call|assume|access)|unable to (?:assume|perform)|data download failed"
    r"|no s3 objects found|\b403\b",
    re.IGNORECASE,
)
_NETWORK = re.compile(r"route table has a route to an S3 VPC endpoint", re.IGNORECASE)
_PERFORM = re.compile(r"not authorized to perform:? (?P<action>[\w-]+: ?\w+)", re.IGNORECASE)
_PRINCIPAL = re.compile(r"arn:\S+|anonymous|[\w.-]+\.amazonaws\.com(?:\.cn)?", re.IGNORECASE)
_RESOURCE = re.compile(r"on resource:? (?:\"(?P<quoted>[^\"]{1,2048})\"|(?P<arn>arn:\S+?)[.,;]?(?=\s|$)|(?P<star>\*))")
_TYPES = "|".join(re.escape(kind.value) for kind in PolicyType)
_TYPE = rf"(?:{_TYPES}|sessions policy)"
_EXPLICIT = re.compile(
    rf"with an explicit deny(?: in (?:an?|the) (?P<type>{_TYPE}))?"
    rf"(?: transitively through (?:an?|the) (?P<through>{_TYPE}))?(?:: ?(?P<arn>arn:\S+?)[.,;]?(?=\s|$))?",
    re.IGNORECASE,
)
_IMPLICIT = re.compile(
    rf"because (?:no|the) (?P<type>{_TYPE}) allows the \S+ action(?:[:,]? ?(?P<arn>arn:\S+?)[.,;]?(?=\s|$))?",
    re.IGNORECASE,
)
_RESOURCE_SIDE = re.compile(r"no resource-based policies allow access", re.IGNORECASE)
_SETTING = re.compile(r"prevented by the (?P<setting>\w+) setting in S3 Block Public Access", re.IGNORECASE)


def _sentence(message: str) -> Denial | None:
    """Return what the sentence `X is not authorized to perform: Y on resource: Z because ...` says."""
    found = _PERFORM.search(message)
    if not found:
        return None
    action = spelled(found["action"].replace(" ", ""))
    principal = _principal(message[: found.start()])
    return _reasoned(Denial(message, principal=principal, action=action), message[found.end() :])


def _principal(before: str) -> str | None:
    """Return who stands last in what is said *before* the action."""
    words = before.rsplit(None, 2)[-2:]
    name = words[0] if words[-1:] in (["is"], ["are"]) else "".join(words[-1:])
    return name if _PRINCIPAL.fullmatch(name) else None


def spelled(action: str) -> str:
    """Return *action* as the reference spells it (`SNS:Publish` is `sns:Publish`); as it is where unknown."""
    service, _, name = action.partition(":")
    known = find_action(f"{service.lower()}:{name}")
    return known.name if known else action


def _reasoned(denial: Denial, rest: str) -> Denial:
    """Return *denial* with the resource and the reason that stand in the *rest* of the sentence."""
    resource = _resource(rest)
    setting = _SETTING.search(rest)
    denial = replace(denial, resource=resource, setting=setting["setting"] if setting else None)
    if found := _EXPLICIT.search(rest):
        through = _policy_type(found["through"])
        return replace(
            denial, explicit=True, policy_type=_policy_type(found["type"]), policy_arn=found["arn"], through=through
        )
    if found := _IMPLICIT.search(rest):
        return replace(denial, explicit=False, policy_type=_policy_type(found["type"]), policy_arn=found["arn"])
    return replace(denial, policy_type=PolicyType.RESOURCE) if _RESOURCE_SIDE.search(rest) else denial


def _policy_type(text: str | None) -> PolicyType | None:
    folded = (text or "").lower().replace("sessions", "session")
    return next((kind for kind in PolicyType if kind.value.lower() == folded), None)


def _resource(text: str) -> str | None:
    """Return the resource that *text* names as an ARN or a star; a name alone (`role basic-role`) says too little."""
    found = _RESOURCE.search(text)
    return (found["quoted"] or found["arn"] or found["star"]) if found else None


_S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]+)(?:/(?P<key>[^\s\"'(),]*))?")
_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]*[\w+=@-]")
_DATA = re.compile(
    r"data download failed|failed to download data|unable to download object|could not access model data"
    r"|no s3 objects found under",
    re.IGNORECASE,
)
_LISTS = re.compile(r"ListObjects|No S3 objects found", re.IGNORECASE)


def _data(message: str) -> Denial | None:
    """
    Return what a failure reason of SageMaker says of the data that it could not read.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    if not _DATA.search(message):
        return None
    role = _ROLE.search(message)
    action = "s3:ListBucket" if _LISTS.search(message) else "s3:GetObject"
    principal = role[0] if role else None
    resource = _object_arn(message, action, principal)
    return replace(Denial(message, Kind.DATA), principal=principal, action=action, resource=resource)


def _object_arn(message: str, action: str | None, beside: str | None) -> str | None:
    """Return the ARN of the object, or for ListBucket the bucket, that *message* has as an ``s3://`` URI."""
    found = _S3_URI.search(message)
    if not found:
        return None
    arn = Arn.parse(beside or "")
    bucket = f"arn:{arn.partition if arn else 'aws'}:s3:::{found['bucket'].rstrip('.')}"
    key = (found["key"] or "").rstrip(".:;")
    return bucket if action == "s3:ListBucket" or not key else f"{bucket}/{key}"


_REPOSITORY = re.compile(r"Access denied for repository: (?P<name>[\w./-]+) in registry ID: (?P<registry>[0-9]{12})")
_IMAGE = re.compile(r"[0-9]{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/")


def _image(message: str) -> Denial | None:
    """
    Return what SageMaker says of an image that it could not pull.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    found = _REPOSITORY.search(message)
    if not found:
        return None
    image, role = _IMAGE.search(message), _ROLE.search(message)
    arn = Arn.parse(role[0]) if role else None
    partition = arn.partition if arn else "aws"
    resource = (
        f"arn:{partition}:ecr:{image['region']}:{found['registry']}:repository/{found['name']}" if image else None
    )
    principal = role[0] if role else None
    return Denial(message, Kind.IMAGE, principal=principal, action="ecr:BatchGetImage", resource=resource)


_ASSUME = re.compile(
    r"could not assume role|SageMaker (?:was|is) unable to (?:assume the role|perform: ?sts:AssumeRole)", re.IGNORECASE
)


def _assume(message: str) -> Denial | None:
    """Return what SageMaker says of a role that it could not assume: the role's trust policy is to be looked at."""
    if not _ASSUME.search(message) or "WebIdentity" in message:
        return None
    role = _ROLE.search(message)
    arn = Arn.parse(role[0]) if role else None
    principal = f"sagemaker.amazonaws.com{'.cn' if arn and arn.partition == 'aws-cn' else ''}"
    resource = role[0] if role else None
    return Denial(message, Kind.ASSUME, principal, "sts:AssumeRole", resource, policy_type=PolicyType.TRUST)


_NO_ROLE = re.compile(
    r"Couldn't call '(?P<call>get_role|describe_\w+)' to get (?:the )?Role ARN"
    r"|The current AWS identity is not a role: (?P<identity>arn:[^\s,]+)",
    re.IGNORECASE,
)
_DESCRIBES = {"describe_notebook_instance": "sagemaker:DescribeNotebookInstance", "get_role": "iam:GetRole"}


def _no_execution_role(message: str) -> Denial | None:
    """
    Return what the SageMaker Python SDK says where it can't find the notebook's execution role.

    Source: sagemaker-python-sdk, src/sagemaker/session.py, get_caller_identity_arn and get_execution_role.
    """
    found = _NO_ROLE.search(message)
    if not found:
        return None
    return Denial(
        message, Kind.EXECUTION_ROLE, found["identity"], _DESCRIBES.get((found["call"] or "").lower())
    )  # fmt: skip


_CIPHERTEXT = re.compile(r"ciphertext refers to a customer master key", re.IGNORECASE)


def _ciphertext(message: str) -> Denial | None:
    """Return what AWS KMS says where the caller may not decrypt, or the key is gone or elsewhere."""
    return Denial(message, action="kms:Decrypt") if _CIPHERTEXT.search(message) else None


_FORMS = (_sentence, _image, _data, _assume, _no_execution_role, _ciphertext)


def _completed(denial: Denial, wrapped: Wrapped) -> Denial:
    """Return *denial* with what stands around the message: operation, event fields, an ``s3://`` URI."""
    action = denial.action or wrapped.action
    resource = denial.resource or wrapped.resource
    if resource is None and action and action.startswith("s3:"):
        resource = _object_arn(denial.message, action, denial.principal)
    return replace(
        denial,
        action=action,
        principal=denial.principal or wrapped.principal,
        resource=resource,
        operation=wrapped.operation,
        encoded="ncoded authorization failure message" in denial.message,
    )


def facts(denial: Denial) -> Iterator[str]:
    """Yield what *denial* says beyond action and resource, in words."""
    if denial.policy_type:
        how = {True: "explicitly denies it", False: "does not allow it", None: "does not allow it, or denies it"}
        arn = f" ({denial.policy_arn})" if denial.policy_arn else ""
        article = "an" if denial.policy_type is PolicyType.IDENTITY else "a"
        yield f"AWS says that {article} {denial.policy_type}{arn} {how[denial.explicit]}"
    elif denial.explicit:
        yield "AWS says that it is an explicit deny, not in which policy"
    if denial.through:
        yield f"AWS says that the VPC endpoint's policy denies it because of a {denial.through}"
    if denial.setting:
        yield f"AWS says that the setting {denial.setting} of S3 Block Public Access prevents it"
    if denial.encoded:
        yield "the encoded part says more: aws sts decode-authorization-message --encoded-message TEXT"
