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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.arn import Arn, partition_of
from rolemgr.prove.denial_wrappers import LONGEST, Wrapped, action_of, unwrapped
from rolemgr.reference.names import service_principals
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
    PULL = "a container image that Docker pulls"
    ASSUME = "a service's own request to assume a role"
    EXECUTION_ROLE = "get_execution_role() in a notebook"
    ROLE_CHECK = "what the SageMaker Python SDK found missing in a role"
    LAKE_FORMATION = "a permission of AWS Lake Formation"


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
    name: str | None = None
    """What the message calls the resource, where that is no ARN: `role/demo`, or what the service calls its own."""
    encoded: bool = False
    """Whether there is an encoded authorization message, which `aws sts decode-authorization-message` reads."""
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Condition keys that the message, or the event around it, tells of."""
    actions: tuple[str, ...] = ()
    """All actions, where the message names several."""
    grant: str | None = None
    """The Lake Formation permission that is missing, and on what."""
    others: int = 0
    """How many more denied calls stand in the same file."""


DECODE = "aws sts decode-authorization-message --encoded-message TEXT"
"""The command that tells what an encoded authorization message holds."""


def parse_denial(text: str, where: SourceLocation | None = None) -> Denial:
    """
    Return what the message *text* says: alone, in an SDK's exception, in S3's XML or in a CloudTrail event.

    Raises InputError, at *where*, for a text that denies nothing.
    """
    wrapped = unwrapped(text)
    message = wrapped.message
    if len(message) > LONGEST:
        raise InputError(where, f"is longer than {LONGEST:,} characters, and so no message of AWS")
    for form, what, hint in _OTHER:
        if form.search(message) and not _PERFORM.search(message):
            raise InputError(where, f"the message speaks of {what}, not of permissions", hint)
    if not _DENIES.search(message):
        raise InputError(where, "this is no AccessDenied message that rolemgr knows", "give --action and --resource")
    found = next(filter(None, (form(message) for form in _FORMS)), Denial(message))
    return _completed(found, wrapped)


_DENIES = re.compile(
    r"denied|not authorized|unauthorized|forbidden|ciphertext refers to a customer master key|not a role"
    r"|could(?:n't| not) (?:call|assume|access)|unable to (?:assume|perform)|data download failed"
    r"|no s3 objects found|\b403\b|(?:not|n't) have (?:[\w:-]{1,80} )?permission|insufficient lake formation permission"
    r"|fail(?:ed|s) to assume|can(?:not|'t) be assumed|is not assumable"
    r"|check if you have|make sure all images|cannot be used for|insufficient privileges|trust relationship",
    re.IGNORECASE,
)
_OTHER = (
    (re.compile(r"route table has a route to an S3 VPC endpoint", re.IGNORECASE), "the network",
     "see https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html"),
    (re.compile(r"ExpiredToken|security token included in the request is (?:expired|invalid)"
                r"|UnrecognizedClientException|InvalidClientTokenId|SignatureDoesNotMatch"
                r"|Unable to locate credentials", re.IGNORECASE),
     "credentials", "look with `aws sts get-caller-identity`"),
    (re.compile(r"ResourceLimitExceeded|account-level service limit", re.IGNORECASE), "a quota",
     "ask for more in Service Quotas"),
    (re.compile(r"cross-account pass role is not allowed", re.IGNORECASE), "a role of another account",
     "a role is passed within its own account: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"),
    (re.compile(r"roles may not be assumed by root", re.IGNORECASE), "the root user, which can assume no role",
     "sign in as a user or a role"),
    (re.compile(r"no basic auth credentials", re.IGNORECASE), "a login that Docker lacks",
     "log in with `aws ecr get-login-password | docker login`"),
)  # fmt: skip
"""What people take for a denial: the form, what it is of, and what to do."""
_PERFORM = re.compile(r"not authorized to perform:? (?P<action>[\w-]+: ?\w+)", re.IGNORECASE)
_PRINCIPAL = re.compile(r"arn:\S+|anonymous|[\w.-]+\.amazonaws\.com(?:\.cn)?", re.IGNORECASE)
_ARN = r"arn:[^\s\"'<>\\]{1,2048}?"
_END = r"[.,;]?(?=[\s\"'<>\\}]|$)"
_RESOURCE = re.compile(rf"on (?:resource:? )?(?:\"(?P<quoted>[^\"]{{1,2048}})\"|(?P<arn>{_ARN}){_END}|(?P<star>\*))")
_OTHER_NAME = re.compile(r"on resource:? (?P<name>[\w+=,.@:/-]{1,512})", re.IGNORECASE)
_SHORT = re.compile(
    r"on resource:? (?P<kind>role|user|group|policy|instance profile)s? (?P<name>[\w+=,.@:/-]{1,2048})", re.IGNORECASE
)
_TYPES = "|".join(re.escape(kind.value) for kind in PolicyType)
_TYPE = rf"(?:{_TYPES}|sessions policy)"
_EXPLICIT = re.compile(
    rf"with an explicit deny(?: in (?:an?|the) (?P<type>{_TYPE}))?"
    rf"(?: transitively through (?:an?|the) (?P<through>{_TYPE}))?(?:: ?(?P<arn>{_ARN}){_END})?",
    re.IGNORECASE,
)
_IMPLICIT = re.compile(
    rf"(?:because )?(?:no|the) (?P<type>{_TYPE}) allows(?: the \S+ action)?(?:[:,]? ?(?P<arn>{_ARN}){_END})?",
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
    name = None if _resource(rest) else _name(rest)
    resource = _resource(rest) or in_account(name, denial.principal)
    setting = _SETTING.search(rest)
    denial = replace(denial, resource=resource, name=name, setting=setting["setting"] if setting else None)
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


def _name(text: str) -> str | None:
    """Return what *text* calls a resource without an ARN; IAM writes a kind and a name (`role demo`)."""
    if found := _SHORT.search(text):
        name = found["name"].rstrip(".,;:")
        return name if name.startswith("arn:") else f"{found['kind'].lower().replace(' ', '-')}/{name.lstrip('/')}"
    found = _OTHER_NAME.search(text)
    return found["name"].rstrip(".,;:") if found else None


def in_account(name: str | None, caller: str | None) -> str | None:
    """
    Return the ARN of what IAM calls *name* (`role/demo`): it is in the account of *caller*; None for other names.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    arn = Arn.parse(caller or "")
    if not name or name.startswith("arn:"):
        return name or None
    kind, _, rest = name.partition("/")
    if arn is None or not rest or kind not in ("role", "user", "group", "policy", "instance-profile"):
        return None
    return f"arn:{arn.partition}:iam::{arn.account}:{name}"


_S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]+)(?:/(?P<key>[^\s\"'(),]*))?")
_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]*[\w+=@-]")
_DATA = re.compile(
    r"data download failed|failed to download data|permission denied on s3 path|unable to download object"
    r"|could not access model data|no s3 objects found under|model ?data ?url"
    r"|model artifact|not have permissions? (?:\S{1,40} ){0,5}bucket",
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
_IMAGE = re.compile(
    r"(?P<registry>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]{1,32})\.amazonaws\.com(?:\.cn)?/(?P<name>[\w./-]{1,256})?"
)
_PULLS = re.compile(
    r"not have (?P<action>\w{1,64}) permissions? for the image|make sure all images|Access denied for repository",
    re.IGNORECASE,
)


def _image(message: str) -> Denial | None:
    """
    Return what SageMaker says of an image that it could not pull.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    found = _PULLS.search(message)
    if not found:
        return None
    role = _ROLE.search(message)
    principal = role[0] if role else None
    action = spelled(f"ecr:{found['action'] or 'BatchGetImage'}")
    resource = _repository(message, Arn.parse(principal or ""))
    return Denial(message, Kind.IMAGE, principal=principal, action=action, resource=resource)


def _repository(message: str, role: Arn | None) -> str | None:
    """Return the ARN of the repository that *message* names, in the partition of *role*."""
    image, named = _IMAGE.search(message), _REPOSITORY.search(message)
    said = named or image
    if not (image and said and said["name"]):
        return None
    partition = role.partition if role else partition_of(image["region"])
    return f"arn:{partition}:ecr:{image['region']}:{said['registry']}:repository/{said['name'].rstrip('./')}"


_NO_PULL = re.compile(r"\b403\b|denied|forbidden", re.IGNORECASE)


def _registry(message: str) -> Denial | None:
    """Return what Docker says that may not pull an image of Amazon ECR."""
    image = _IMAGE.search(message)
    if not (image and image["name"] and _NO_PULL.search(message)):
        return None
    resource = _repository(_MANIFEST.sub(r"\g<registry>/\g<name>", message), None)
    return Denial(message, Kind.PULL, action="ecr:BatchGetImage", resource=resource)


_MANIFEST = re.compile(
    r"(?P<registry>[0-9]{12}\.dkr\.ecr\.[\w.-]{1,64})/v2/(?P<name>[\w./-]{1,256}?)/(?:manifests|blobs)/\S*"
)

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


def _assume(message: str) -> Denial | None:
    """Return what a service says of a role that it could not assume: the role's trust policy is to be looked at."""
    asks = _ASKS_TO_ASSUME.search(message)
    service = _service_of(message, asks["who"] if asks else None)
    if "WebIdentity" in message or not (_ASSUME.search(message) or (asks and service)):
        return None
    if asks and not service:
        return None  # a person or a role asks
    role = _ROLE.search(message)
    if not service and not _SAGEMAKER.search(message):
        return Denial(message, action="sts:AssumeRole", resource=role[0] if role else None)  # who asks is not said
    arn = Arn.parse(role[0]) if role else None
    suffix = "amazonaws.com.cn" if arn and arn.partition == "aws-cn" else "amazonaws.com"
    principal = f"{service or 'sagemaker'}.{suffix}"
    resource = role[0] if role else None
    return Denial(message, Kind.ASSUME, principal, "sts:AssumeRole", resource, policy_type=PolicyType.TRUST)


def _asked_by_a_service(message: str) -> Denial | None:
    """Return what is said where `CodeBuild is not authorized to perform: sts:AssumeRole on ARN`."""
    return _assume(message) if _ASKS_TO_ASSUME.search(message) else None


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


_ELSEWHERE = re.compile(r"resource does not exist in this Region", re.IGNORECASE)
_KEY = re.compile(r"arn:[a-z-]{3,20}:kms:[a-z0-9-]{1,32}:[0-9]{12}:key/[\w-]{1,128}")
_OF_A_KEY = re.compile(r"\bKMS\b", re.IGNORECASE)


def _key(message: str) -> Denial | None:
    """Return what a service says of a KMS key that the caller, or its execution role, may not use."""
    key, role = _KEY.search(message), _ROLE.search(message)
    if not key or not _OF_A_KEY.search(message):
        return None
    found = _named(message)
    action = found[0] if found and found[0].startswith("kms:") else "kms:Decrypt"
    return Denial(message, principal=role[0] if role else None, action=action, resource=key[0])


_CHECKED = re.compile(r"cannot be used for \W?[\w ]{1,40}\W? workloads", re.IGNORECASE)
_NAMED = re.compile(r"(?<![\w:-])(?P<service>[a-z][a-z0-9-]{1,40}):(?P<name>[A-Za-z]\w{2,63})(?![\w:/-])")
_TO_CALL = re.compile(r"permissions? to call (?P<operation>\w{2,64}) on (?P<service>\w{2,40})", re.IGNORECASE)
_MOST = 100


def _named(message: str) -> tuple[str, ...]:
    """Return the actions that *message* names, as the reference spells them; no more than a hundred."""
    texts = (f"{found['service']}:{found['name']}" for found in _NAMED.finditer(message))
    known = (action.name for text in texts if (action := find_action(text)))
    return tuple(islice(dict.fromkeys(known), _MOST))


def _role_check(message: str) -> Denial | None:
    """
    Return what the SageMaker Python SDK v3 found missing before it sent anything (`RoleValidationError`).

    It asks iam:SimulatePrincipalPolicy, which does not evaluate the conditions of SCPs: the answer may be wrong.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
    """
    if not _CHECKED.search(message):
        return None
    role, actions = _ROLE.search(message), _named(message)
    if not actions:
        return None
    return Denial(message, Kind.ROLE_CHECK, role[0] if role else None, actions[0], actions=actions)


_LAKE = re.compile(
    r"Insufficient Lake Formation permission(?:\(s\)|s)?:? ?(?:Required )?(?P<what>[^().]{1,300})?", re.IGNORECASE
)


def _lake_formation(message: str) -> Denial | None:
    """
    Return what AWS Lake Formation says: its own permissions decide beside IAM's.

    https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-fine-grained.html
    """
    found = _LAKE.search(message)
    if not found:
        return None
    what = " ".join((found["what"] or "").split()) or "not said which"
    return Denial(message, Kind.LAKE_FORMATION, action="lakeformation:GetDataAccess", resource="*", grant=what)


def _by_name(message: str) -> Denial | None:
    """Return what a message says that names an action, or the operation of a service, and no more."""
    role, key = _ROLE.search(message), _TO_CALL.search(message)
    action = action_of(key["operation"], key["service"]) if key else next(iter(_named(message)), None)
    if action == "iam:PassRole":  # the role that is named is passed, and who passes it is not said
        return Denial(message, action=action, resource=role[0] if role else None)
    return Denial(message, principal=role[0] if role else None, action=action) if action else None


_FORMS = (
    _lake_formation,
    _role_check,
    _asked_by_a_service,
    _sentence,
    _image,
    _data,
    _assume,
    _no_execution_role,
    _ciphertext,
    _key,
    _registry,
    _by_name,
)
"""The first that reads a message is right."""


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
        encoded="ncoded authorization" in denial.message,
        explicit=denial.explicit if wrapped.explicit is None else wrapped.explicit,
        known={**_told(action, wrapped.operation), **wrapped.known},
        others=wrapped.others,
    )


def _told(action: str | None, operation: str | None) -> Mapping[str, tuple[str, ...]]:
    """
    Return the condition keys that follow from the operation in which *action* was asked.

    Tags that come with a Create call are authorized as AddTags, and sagemaker:TaggingAction names the call.
    https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html
    """
    if action == "sagemaker:AddTags" and operation and operation != "AddTags":
        return {"sagemaker:TaggingAction": (operation,)}
    return {}


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
        yield f"the encoded part says more: {DECODE}"
        yield "give what it prints to diagnose: it has the resource and the condition keys"
    if denial.kind is Kind.ROLE_CHECK:
        yield "the SDK asked iam:SimulatePrincipalPolicy, which can't judge conditions of SCPs: it may be wrong"
    if denial.others:
        yield f"the file has {denial.others} more denied call{'s' if denial.others > 1 else ''}: the first is diagnosed"
    yield from _same_where_missing(denial)


def _same_where_missing(denial: Denial) -> Iterator[str]:
    """
    Yield what else can be wrong: AWS gives the same answer where the thing does not exist.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Permissions
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
    """
    action = (denial.action or "").lower()
    if action == "sts:assumerole" and denial.policy_type in (None, PolicyType.TRUST):
        if denial.policy_type is None:
            yield "AWS does not say which policy: it may be the role's trust policy, which must allow the caller"
            yield "or the caller's own, which must allow it unless the trust policy names a caller of its own account"
        yield "the role may not exist: AWS answers the same then"
    if action == "s3:getobject":
        yield "the object may not exist: without s3:ListBucket on its bucket, Amazon S3 answers the same then"
    if _CIPHERTEXT.search(denial.message) or (action.startswith("kms:") and _ELSEWHERE.search(denial.message)):
        yield "the key may not exist, or be in another region: AWS KMS answers the same then"
    if denial.kind is Kind.PULL:
        yield "the login may have ended: it is good for 12 hours, and Amazon ECR answers the same then"
    if denial.kind in (Kind.IMAGE, Kind.PULL):
        yield "the image may not exist: AWS answers the same then"
