"""Messages of AWS KMS and Lake Formation, and of services that name an action or an operation and no more."""

import re

from rolemgr.diagnose.denial_message import ROLE, Denial, DenialKind, named
from rolemgr.diagnose.denial_wrappers import action_of

CIPHERTEXT = re.compile(r"ciphertext refers to a customer master key", re.IGNORECASE)


def ciphertext(message: str) -> Denial | None:
    """Return what AWS KMS says where the caller may not decrypt, or the key is gone or elsewhere."""
    return Denial(message, action="kms:Decrypt") if CIPHERTEXT.search(message) else None


ELSEWHERE = re.compile(r"resource does not exist in this Region", re.IGNORECASE)
_KEY = re.compile(r"arn:[a-z-]{3,20}:kms:[a-z0-9-]{1,32}:[0-9]{12}:key/[\w-]{1,128}")
_OF_A_KEY = re.compile(r"\bKMS\b", re.IGNORECASE)


def of_a_key(message: str) -> Denial | None:
    """Return what a service says of a KMS key that the caller, or its execution role, may not use."""
    key, role = _KEY.search(message), ROLE.search(message)
    if not key or not _OF_A_KEY.search(message):
        return None
    found = named(message)
    action = found[0] if found and found[0].startswith("kms:") else "kms:Decrypt"
    return Denial(message, principal=role[0] if role else None, action=action, resource=key[0])


_LAKE = re.compile(
    r"Insufficient Lake Formation permission(?:\(s\)|s)?:? ?(?:Required )?(?P<what>[^().]{1,300})?", re.IGNORECASE
)


def lake_formation(message: str) -> Denial | None:
    """
    Return what AWS Lake Formation says: its own permissions decide beside IAM's.

    https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-fine-grained.html
    """
    found = _LAKE.search(message)
    if not found:
        return None
    what = " ".join((found["what"] or "").split()) or "not said which"
    return Denial(message, DenialKind.LAKE_FORMATION, action="lakeformation:GetDataAccess", resource="*", grant=what)


_TO_CALL = re.compile(r"permissions? to call (?P<operation>\w{2,64}) on (?P<service>\w{2,40})", re.IGNORECASE)


def by_name(message: str) -> Denial | None:
    """Return what a message says that names an action, or the operation of a service, and no more."""
    role, key = ROLE.search(message), _TO_CALL.search(message)
    action = action_of(key["operation"], key["service"]) if key else next(iter(named(message)), None)
    if action == "iam:PassRole":  # the role that is named is passed, and who passes it is not said
        return Denial(message, action=action, resource=role[0] if role else None)
    return Denial(message, principal=role[0] if role else None, action=action) if action else None
