"""
What AWS's policy simulator decides: SimulateCustomPolicy on policies, SimulatePrincipalPolicy on what is attached.

Both are of IAM, which AWS offers at no additional charge, and make no request to any other service.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.failures import as_aws_error, aws_errors, code_of, listed, member
from rolemgr.errors import AwsError
from rolemgr.evaluate.decision import Decision
from rolemgr.evaluate.policies import Layer

_DECISIONS: Final[Mapping[str, Decision]] = {
    "allowed": "Allowed", "explicitDeny": "ExplicitlyDenied", "implicitDeny": "ImplicitlyDenied",
}  # fmt: skip
_OF_INPUT: Final = re.compile(r"PolicyInputList\.([0-9]{1,4})")
_LOOK_AT: Final = "look at --endpoint-url, and at proxies in between"
_NO_SUCH: Final = "NoSuchEntity"
_MOST_TEXT: Final = 200
MOST_LEVELS: Final = 7
"""How many levels of SCPs SimulateCustomPolicy takes (botocore's model)."""


class ContextEntry(NamedTuple):
    """A condition key with its *values*, and its *type* in AWS's words."""

    key: str
    values: tuple[str, ...]
    type: str


class SimulatedCall(NamedTuple):
    """The request that AWS is asked about; *caller* is the ARN of a role or user, where there is one."""

    action: str
    resource: str
    context: Sequence[ContextEntry]
    caller: str | None = None
    resource_policy: str | None = None
    """The policy of the resource, for callers that are users."""
    resource_account: str | None = None


class SimulatedPolicies(NamedTuple):
    """The texts of policies: of the caller, its permissions boundary, and SCPs by level."""

    identity: Sequence[str]
    boundary: str | None = None
    levels: Sequence[Sequence[str]] = ()


class MatchedStatement(NamedTuple):
    """A statement that AWS says decided: the *source* in its words, and which *policy* and *line* of ours, from 0."""

    source: str
    policy: int | None = None
    line: int | None = None


class AwsDecision(NamedTuple):
    """
    What AWS decides, and by which statements; *missing* are condition keys that it had no value of.

    *by_organization* and *by_boundary* say whether SCPs and the permissions boundary allow, where AWS says it.
    """

    decision: Decision
    by: tuple[MatchedStatement, ...] = ()
    missing: tuple[str, ...] = ()
    by_organization: bool | None = None
    by_boundary: bool | None = None


def simulated(way: Access, call: SimulatedCall, policies: SimulatedPolicies) -> AwsDecision:
    """Return what AWS decides on *call* under *policies* alone; raise AwsError."""
    asked: dict[str, Any] = {"PolicyInputList": list(policies.identity), **_common(call)}
    if policies.boundary is not None:
        asked["PermissionsBoundaryPolicyInputList"] = [policies.boundary]
    if policies.levels:
        asked["OrderedOrganizationPolicyInputList"] = [
            {"ServiceControlPolicyInputList": list(one)} for one in policies.levels
        ]
    if call.caller:
        asked["CallerArn"] = call.caller
    with aws_errors():
        return _decision(list(listed(way.iam.simulate_custom_policy, "EvaluationResults", **asked)), call)


def simulated_principal(way: Access, call: SimulatedCall, principal: str) -> AwsDecision | None:
    """Return what AWS decides on *call* by what is attached to *principal*; None where that is not there."""
    from botocore.exceptions import BotoCoreError, ClientError

    asked = {"PolicySourceArn": principal, **_common(call)}
    try:
        found = list(listed(way.iam.simulate_principal_policy, "EvaluationResults", **asked))
    except (BotoCoreError, ClientError) as error:
        if code_of(error) == _NO_SUCH:
            return None
        raise as_aws_error(error) from error
    return _decision(found, call)


def _common(call: SimulatedCall) -> dict[str, Any]:
    """Return what both calls take."""
    asked: dict[str, Any] = {"ActionNames": [call.action]}
    if call.resource != "*":
        asked["ResourceArns"] = [call.resource]
    if call.context:
        asked["ContextEntries"] = [
            {"ContextKeyName": one.key, "ContextKeyValues": list(one.values), "ContextKeyType": one.type}
            for one in call.context
        ]
    if call.resource_policy is not None:
        asked["ResourcePolicy"] = call.resource_policy
        if call.resource_account:
            asked["ResourceOwner"] = f"arn:aws:iam::{call.resource_account}:root"
    return asked


def _decision(results: Sequence[Mapping[str, Any]], call: SimulatedCall) -> AwsDecision:
    """Return the one decision that *results* are; on the resource where AWS gives one for it."""
    found = [one for one in results if str(member(one, "EvalActionName")).lower() == call.action.lower()]
    if len(found) != 1:
        raise AwsError(f"the answer is none of AWS's: it has {len(found)} results for {call.action}", _LOOK_AT)
    whole = found[0]
    part: Mapping[str, Any] = next(
        (one for one in whole.get("ResourceSpecificResults", ()) if _is_of(one, call.resource)), {}
    )
    word = part.get("EvalResourceDecision") or member(whole, "EvalDecision")
    if word not in _DECISIONS:
        raise AwsError(f"the answer is none of AWS's: `{str(word)[:_MOST_TEXT]}` is not a decision", _LOOK_AT)
    matched = part.get("MatchedStatements", whole.get("MatchedStatements", ()))
    missing = {*whole.get("MissingContextValues", ()), *part.get("MissingContextValues", ())}
    return AwsDecision(
        _DECISIONS[word], tuple(map(_matched, matched)), tuple(sorted(map(str, missing))),
        whole.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations"),
        (part if "PermissionsBoundaryDecisionDetail" in part else whole)
        .get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary"),
    )  # fmt: skip


def _is_of(result: Mapping[str, Any], resource: str) -> bool:
    return bool(member(result, "EvalResourceName") == resource)


def _matched(one: Mapping[str, Any]) -> MatchedStatement:
    """Return where a statement of AWS's stands; its end is on the line that ends it."""
    source = str(one.get("SourcePolicyId", ""))[:_MOST_TEXT]
    place = _OF_INPUT.fullmatch(source)
    line = one.get("EndPosition", {}).get("Line")
    return MatchedStatement(source, int(place[1]) - 1 if place else None, line - 1 if isinstance(line, int) else None)


def key_type(kind: str, *, multivalued: bool) -> str:
    """Return AWS's word for the type of a condition key of a *kind* of the reference."""
    word: str = _table()["key_types"].get(kind, "string")
    return f"{word}List" if multivalued else word


def fills_in(key: str) -> bool:
    """Tell whether the simulator gives the condition *key* its value itself."""
    return key.lower() in {one.lower() for one in _table()["filled_in"]}


def not_asked(layers: Sequence[Layer]) -> Iterator[str]:
    """Yield why the simulator has no say on each of *layers* that it does not evaluate."""
    rows: Mapping[str, Mapping[str, str]] = _table()["not_asked"]
    yield from (rows[one.value]["why"] for one in layers if one.value in rows)


@cache
def _table() -> Any:
    return json.loads(Path(__file__).with_name("simulator.json").read_bytes())
