"""
The user's own checks as calls of AWS's custom policy checks, which AWS charges for.

Three of ours are named after AWS's and mean what those mean. What AWS's do not take is said: SCPs and RCPs, more than a
hundred actions, several reference policies, resources of a type that AWS does not look at.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.check.aws import AskedDocument
from rolemgr.check.custom.checks import Custom
from rolemgr.check.custom.policies import are_alike
from rolemgr.check.finding import NotJudged
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import matches

OF_KIND: Final[Mapping[str, str]] = {
    "no_new_access": "CheckNoNewAccess",
    "access_not_granted": "CheckAccessNotGranted",
    "no_public_access": "CheckNoPublicAccess",
}
"""AWS's operation for each kind of check that it has."""
_MOST: Final = 100
"""How many actions, or resources, a call takes (API_Access)."""


class PaidCall(NamedTuple):
    """A call of AWS's *operation* with *parameters*, as JSON: what is the same is asked, and paid for, once."""

    operation: str
    parameters: str


class PaidQuestion(NamedTuple):
    """What AWS is asked: the *custom* check, about a document, by a *call* with *parameters*."""

    custom: Custom
    asked: AskedDocument
    call: PaidCall
    parameters: Mapping[str, Any]


class PaidPlan(NamedTuple):
    """The *questions*, what is *not_judged* by AWS, and the ids of checks that AWS has none *like*."""

    questions: Sequence[PaidQuestion]
    not_judged: Sequence[NotJudged]
    unlike: Sequence[str]

    @property
    def calls(self) -> int:
        """How many calls are paid for."""
        return len({one.call for one in self.questions})


def paid_plan(documents: Iterable[AskedDocument], customs: Sequence[Custom]) -> PaidPlan:
    """Return what AWS is to be asked about *documents* for the checks *customs*."""
    questions: list[PaidQuestion] = []
    not_judged: list[NotJudged] = []
    alike = [one for one in customs if one.check.kind in OF_KIND]
    for asked in documents:
        for custom in alike:
            if asked.document.kind not in custom.kinds:
                continue
            found = _question(custom, asked)
            if isinstance(found, str):
                where = asked.document
                text = f"AWS was not asked about {custom.check.id}: {found}"
                not_judged.append(NotJudged(where.name, where.line_of(()), text))
            else:
                questions.append(found)
    return PaidPlan(questions, not_judged, [one.check.id for one in customs if one not in alike])


def _question(custom: Custom, asked: AskedDocument) -> PaidQuestion | str:
    """Return what AWS is asked, or why it can't be."""
    if not asked.text:
        return asked.unknown.reason
    kind = _TYPES.get(asked.document.kind)
    if kind is None:
        return f"{OF_KIND[custom.check.kind]} takes no {asked.document.kind.value.upper()}"
    made = _MAKE[custom.check.kind](custom, asked, kind)
    if isinstance(made, str):
        return made
    call = PaidCall(OF_KIND[custom.check.kind], json.dumps(made, sort_keys=True))
    return PaidQuestion(custom, asked, call, made)


_TYPES: Final = {
    PolicyType.IDENTITY: "IDENTITY_POLICY",
    PolicyType.BOUNDARY: "IDENTITY_POLICY",
    PolicyType.TRUST: "RESOURCE_POLICY",
    PolicyType.RESOURCE: "RESOURCE_POLICY",
    PolicyType.ENDPOINT: "RESOURCE_POLICY",
}
"""As what AWS takes each type of policy; it takes no others."""


def _no_new_access(custom: Custom, asked: AskedDocument, kind: str) -> dict[str, Any] | str:
    """Return the parameters of CheckNoNewAccess, which takes one policy as the reference."""
    old = [one for one in custom.reference if are_alike(one.kind, asked.document.kind) and not one.copy]
    if len(old) != 1:
        return f"the reference has {len(old)} policies of this type, and AWS takes one"
    text = AskedDocument(old[0]).text
    if not text:
        return "the reference is not whole before it is deployed"
    return {"newPolicyDocument": asked.text, "existingPolicyDocument": text, "policyType": kind}


def _access_not_granted(custom: Custom, asked: AskedDocument, kind: str) -> dict[str, Any] | str:
    """Return the parameters of CheckAccessNotGranted: at least one of the actions on at least one of the resources."""
    wanted = custom.check.access_not_granted
    if wanted is None or wanted.all:
        return "AWS has no check for `all`: it fails where any of the actions is granted"
    if len(wanted.actions) > _MOST or len(wanted.resources) > _MOST:
        return f"AWS takes {_MOST} actions and {_MOST} resources at most"
    access = {"actions": list(wanted.actions), "resources": list(wanted.resources)}
    given = {name: values for name, values in access.items() if values and values != ["*"]}
    return {"policyDocument": asked.text, "policyType": kind, "access": [given or {"actions": ["*"]}]}


def _no_public_access(_: Custom, asked: AskedDocument, __: str) -> dict[str, Any] | str:
    """Return the parameters of CheckNoPublicAccess, which is told the type of the resource."""
    found = _resource_type(asked)
    return {"policyDocument": asked.text, "resourceType": found} if found else _NO_TYPE


_NO_TYPE: Final = "the policy does not name resources of one type that CheckNoPublicAccess takes"
_MAKE: Final = {
    "no_new_access": _no_new_access,
    "access_not_granted": _access_not_granted,
    "no_public_access": _no_public_access,
}


def _resource_type(asked: AskedDocument) -> str | None:
    """Return the type of the resources that a policy names; None where it is several, or not told."""
    if asked.document.kind is PolicyType.TRUST:
        return "AWS::IAM::AssumeRolePolicyDocument"
    types = {_type_of(one) for one in asked.resources}
    return types.pop() if len(types) == 1 else None


def _type_of(arn: str) -> str | None:
    return next((name for name, patterns in _public().items() if any(matches(one, arn) for one in patterns)), None)


@cache
def _public() -> Mapping[str, Sequence[str]]:
    rows: Mapping[str, Sequence[str]] = json.loads(Path(__file__).with_name("public_types.json").read_bytes())["types"]
    return rows
