"""
The sentence `User: ARN is not authorized to perform: ACTION on resource: ARN` of AWS, and the reason behind it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import re
from dataclasses import replace

from rolemgr.diagnose.denial_message import Denial, DenyingPolicy, spelled
from rolemgr.iam.arn import Arn

PERFORM = re.compile(r"not authorized to perform:? (?P<action>[\w-]+: ?\w+)", re.IGNORECASE)
_PRINCIPAL = re.compile(r"arn:\S+|anonymous|[\w.-]+\.amazonaws\.com(?:\.cn)?", re.IGNORECASE)
_ARN = r"arn:[^\s\"'<>\\]{1,2048}?"
_END = r"[.,;]?(?=[\s\"'<>\\}]|$)"
_RESOURCE = re.compile(rf"on (?:resource:? )?(?:\"(?P<quoted>[^\"]{{1,2048}})\"|(?P<arn>{_ARN}){_END}|(?P<star>\*))")
_OTHER_NAME = re.compile(r"on resource:? (?P<name>[\w+=,.@:/-]{1,512})", re.IGNORECASE)
_SHORT = re.compile(
    r"on resource:? (?P<kind>role|user|group|policy|instance profile)s? (?P<name>[\w+=,.@:/-]{1,2048})", re.IGNORECASE
)
_TYPES = "|".join(re.escape(kind.value) for kind in DenyingPolicy)
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


def sentence(message: str) -> Denial | None:
    """Return what the sentence `X is not authorized to perform: Y on resource: Z because ...` says."""
    found = PERFORM.search(message)
    if not found:
        return None
    action = spelled(found["action"].replace(" ", ""))
    principal = _principal(message[: found.start()])
    return _reasoned(Denial(message, principal=principal, action=action), message[found.end() :])


def more_sentences(message: str) -> int:
    """Return how many sentences of *message* deny another action, or on another resource, than the first."""
    starts = list(PERFORM.finditer(message))
    ends = [*(one.start() for one in starts[1:]), len(message)]
    told = {
        (spelled(one["action"].replace(" ", "")), _resource(message[one.end() : end]))
        for one, end in zip(starts, ends, strict=False)
    }
    return max(len(told) - 1, 0)


def _principal(before: str) -> str | None:
    """Return who stands last in what is said *before* the action."""
    words = before.rsplit(None, 2)[-2:]
    name = words[0] if words[-1:] in (["is"], ["are"]) else "".join(words[-1:])
    return name if _PRINCIPAL.fullmatch(name) else None


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
    return replace(denial, policy_type=DenyingPolicy.RESOURCE) if _RESOURCE_SIDE.search(rest) else denial


def _policy_type(text: str | None) -> DenyingPolicy | None:
    folded = (text or "").lower().replace("sessions", "session")
    return next((kind for kind in DenyingPolicy if kind.value.lower() == folded), None)


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
