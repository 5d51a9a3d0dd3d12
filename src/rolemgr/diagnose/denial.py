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
from collections.abc import Mapping
from dataclasses import replace

from rolemgr.diagnose.denial_message import Denial, object_arn
from rolemgr.diagnose.denial_roles import asked_by_a_service, assume, no_execution_role, role_check
from rolemgr.diagnose.denial_sentence import PERFORM, more_sentences, sentence
from rolemgr.diagnose.denial_services import by_name, ciphertext, lake_formation, of_a_key
from rolemgr.diagnose.denial_storage import of_a_registry, of_an_image, of_data
from rolemgr.diagnose.denial_wrappers import LONGEST, Wrapped, ends_a_line, unwrapped
from rolemgr.errors import InputError, SourceLocation


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
        if form.search(message) and not PERFORM.search(message):
            raise InputError(where, f"the message speaks of {what}, not of permissions", hint)
    if not _DENIES.search(message):
        raise InputError(where, "this is no AccessDenied message that rolemgr knows", "give --action and --resource")
    found = next(filter(None, (form(message) for form in _FORMS)), Denial(message))
    denial = _completed(found, wrapped)
    return replace(denial, may_be_cut=ends_a_line(text, denial.resource))


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

_FORMS = (
    lake_formation,
    role_check,
    asked_by_a_service,
    sentence,
    of_an_image,
    of_data,
    assume,
    no_execution_role,
    ciphertext,
    of_a_key,
    of_a_registry,
    by_name,
)
"""The first that reads a message is right."""


def _completed(denial: Denial, wrapped: Wrapped) -> Denial:
    """Return *denial* with what stands around the message: operation, event fields, an ``s3://`` URI."""
    action = denial.action or wrapped.action
    resource = denial.resource or wrapped.resource
    if resource is None and action and action.startswith("s3:"):
        resource = object_arn(denial.message, action, denial.principal)
    return replace(
        denial,
        action=action,
        principal=denial.principal or wrapped.principal,
        resource=resource,
        operation=wrapped.operation,
        encoded="ncoded authorization" in denial.message,
        explicit=denial.explicit if wrapped.explicit is None else wrapped.explicit,
        known={**_told(action, wrapped.operation), **wrapped.known},
        others=wrapped.others or more_sentences(denial.message),
        statements=wrapped.statements,
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
