"""
Public access: what a resource's policy allows to callers that it knows nothing of.

A statement is not public where it asks for a fixed account, organization, network, resource or session: so a
stranger is asked for who is not among those that the policy names, by a value without wildcards, an ARN pattern
with the account in it, or a network that is not very broad. Every other key may be anything.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from rolemgr.compare.action_groups import Focus
from rolemgr.compare.atoms import Atom, condition_atom
from rolemgr.compare.budget import MOST_STEPS
from rolemgr.compare.compare import compare
from rolemgr.compare.regions import Pattern
from rolemgr.compare.statements import CompiledCondition, CompiledPolicies
from rolemgr.compare.values import ValueLimits
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.breadth import are_narrow, narrow, networks
from rolemgr.iam.operators import Operator
from rolemgr.iam.variables import around_variables, known_variables_in
from rolemgr.iam.wildcards import SEGMENTS, Steps

_IDENTIFYING: Final = frozenset(
    {
        "aws:sourceip", "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid",
        "aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount",
        "aws:vpceorgid", "aws:vpceorgpaths", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn",
        "aws:principalaccount", "aws:userid", "aws:federatedprovider", "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount", "kms:calleraccount", "s3express:accesspoint", "sns:endpoint",
    }
)  # fmt: skip
"""The keys whose fixed values say who asks, or from where, in lower case."""

_UNIQUE_ID: Final = re.compile(r"A[A-Z0-9]{15,}")
"""A unique id such as `AROA...`, behind which a session's name may be anything."""
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{10,32}/")
"""An organization's id, behind which a path may be anything: no two organizations share one."""


_OF_THE_RESOURCE: Final = {
    "aws:resourceaccount": "123456789012",
    "aws:resourceorgid": "o-exampleorgid",
    "aws:resourceorgpaths": "o-exampleorgid/r-ab12/",
}
"""Keys that are the same in every request for one resource, in lower case, and a value that stands for it."""
_ONLY_SERVICES: Final = "aws:principalisawsservice"
"""AWS's services work for anyone who calls them: a policy that only demands a service lets everybody in."""


def open_to_strangers(policies: Policies, *, steps: int = MOST_STEPS) -> Comparison:
    """
    Return what the *resource* policy of *policies* lets somebody do whom it does not name.

    What takes more than *steps* to tell is unknown.
    """
    resource = policies.resource
    if resource is None:
        return Comparison((), (), 0)
    made = resource.to_json_value()
    made["Statement"] = [_for_one_resource(one, made["Version"]) for one in made["Statement"]]
    without_names = Policies(resource=type(resource).model_validate(made))
    nothing = type(resource).model_validate({"Version": "2012-10-17", "Statement": []})
    focus = Focus(strangers=True, within=stranger_limits(without_names))
    return compare(without_names, Policies(resource=nothing), focus, steps=steps)


def _for_one_resource(statement: dict[str, Any], version: str) -> dict[str, Any]:
    """Return *statement* with the values that are fixed for its resource; an Allow without a demand for any service."""
    block: dict[str, dict[str, Any]] = {}
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            listed = values if isinstance(values, list) else [values]
            if statement["Effect"] == "Allow" and key.lower() == _ONLY_SERVICES and _demands(operator, listed):
                continue
            filled = [_filled(one) if version == "2012-10-17" else one for one in listed]
            block.setdefault(operator, {})[key] = filled
    made = {key: value for key, value in statement.items() if key != "Condition"}
    if statement["Effect"] == "Allow" and _is_anyones(statement.get("Principal")):
        made["Principal"] = "*"
    return {**made, "Condition": block} if block else made


def _is_anyones(principal: Any) -> bool:
    """Tell whether *principal* is anyone that any identity provider vouches for."""
    federated = principal.get("Federated") if isinstance(principal, dict) else None
    return "*" in (federated if isinstance(federated, list) else [federated])


def _demands(operator: str, values: Sequence[str]) -> bool:
    return operator in ("Bool", "StringEquals") and all(str(one).lower() == "true" for one in values)


def _filled(value: str) -> str:
    return "".join(_stand_in(piece) if piece[:2] == "${" else piece for piece in around_variables(value))


def _stand_in(piece: str) -> str:
    found = next(known_variables_in(piece), None)
    return _OF_THE_RESOURCE.get(found.key, piece) if found else piece


def stranger_limits(policies: Policies) -> Mapping[str, ValueLimits]:
    """Return what the keys that identify can be in a request of somebody whom *policies* do not name."""
    found: dict[str, list[CompiledCondition]] = {}
    for statement in CompiledPolicies(policies).statements:
        for condition in statement.conditions:
            if condition.key in _IDENTIFYING:
                found.setdefault(condition.key, []).append(condition)
    return {
        key: ValueLimits(but=frozenset(_fixed(listed)), outside=frozenset(_networks(listed)))
        for key, listed in found.items()
    }


def _fixed(conditions: Iterable[CompiledCondition]) -> Iterator[Pattern]:
    atoms = ((one.key, atom) for one in conditions for atom in one.atoms)
    return (atom.pattern for key, atom in atoms if atom.pattern and not atom.opaque and _names_one(key, atom))


def _names_one(key: str, atom: Atom) -> bool:
    """Tell whether the value of a condition names one account, network ... and not any."""
    steps = (atom.pattern.steps if atom.pattern else None) or ()
    if _names_account(atom.text, steps):
        return True
    if key == "aws:federatedprovider":
        return False  # a provider that does not belong to an account, such as Cognito, vouches for anyone
    fixed = re.split(r"[*?]", atom.text)[0]
    if key == "aws:userid" and _UNIQUE_ID.match(fixed):
        return True
    if key.endswith("orgpaths") and _ORGANIZATION.match(fixed):
        return True
    return all(step.char for step in steps)


def _names_account(text: str, steps: Steps) -> bool:
    """Tell whether the ARN *text* has an account that no wildcard before it can move into a later segment."""
    arn = Arn.parse(text)
    if arn is None or not ACCOUNT_ID.fullmatch(arn.account):
        return False
    colons = accumulate(int(step.char == ":") for step in steps)
    return not any(
        step.char is None and step.spans and seen < SEGMENTS - 1 for step, seen in zip(steps, colons, strict=True)
    )


def _networks(conditions: Iterable[CompiledCondition]) -> Iterator[str]:
    """Yield the networks that are not very broad, unless all of them together are."""
    atoms = (
        atom for one in conditions for atom in one.atoms if atom.family == "address" and isinstance(atom.what, tuple)
    )
    yield from sorted(map(str, narrow(networks(str(atom.what[1]) for atom in atoms if isinstance(atom.what, tuple)))))


def fixes_who(operator: Operator, key: str, values: Sequence[str]) -> bool:
    """
    Tell whether a condition of an Allow says by fixed values who asks or from where, so that it is not public.

    It must fail without its key, name what is meant, and name nothing wide beside it.
    """
    folded = key.lower()
    if folded not in _IDENTIFYING or operator.base == "Null" or operator.negated or operator.true_where_absent():
        return False
    if operator.base == "IpAddress":
        return bool(networks(values)) and are_narrow(values)
    filled = [_filled(value) for value in values]
    if any(":" in one.key for value in filled for one in known_variables_in(value)):
        return False  # a variable is whatever the caller has
    try:
        atoms = [condition_atom(operator.base, value, True, {}) for value in filled]
    except ValueError:
        return True  # IAM refuses the value, and a rule of its own says so
    return all(atom.pattern is not None and (atom.opaque or _names_one(folded, atom)) for atom in atoms)
