"""
Two requests that show what a limit does: one that it denies, and one like it that it leaves alone.

They are looked for among the values that its conditions speak of, the nearest others, and keys that are left out; each
is decided by the evaluator. A request with a name or value that AWS is not known to have is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Final, NamedTuple

from rolemgr.compliance.examples import table
from rolemgr.compliance.limits import RenderedLimit
from rolemgr.compliance.trials import PRINCIPAL, TriedValues, concrete, contexts, values_of_keys
from rolemgr.evaluate.decision import Decision, evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement, ResourceControlPolicy
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.reference.requests import questioned
from rolemgr.reference.resources import example_of_type, sample
from rolemgr.reference.services import Action, expand, find_action, normal_key

ALLOW_ALL: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
"""What the principal of a limit's witnesses may do: all that the limit leaves alone."""
_MOST_REQUESTS: Final = 1_500
_MOST_ACTIONS: Final = 12
_OTHER_ACTIONS: Final = ("sagemaker:ListModels", "s3:ListAllMyBuckets")
"""What is asked where a limit denies all that it speaks of."""


class WitnessedRequest(NamedTuple):
    """A request with what was decided, and the Sids that decided it."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    principal: str
    decision: Decision
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Witnesses:
    """A request that is *denied* and one that is *allowed*; None for one that was not found."""

    denied: WitnessedRequest | None
    allowed: WitnessedRequest | None

    @property
    def found(self) -> bool:
        """Whether both are there."""
        return self.denied is not None and self.allowed is not None


def witnesses(limit: RenderedLimit) -> Witnesses:
    """Return the witnesses of *limit*: both of one action where there are such, else of the first that is denied."""
    policies = _policies(limit)
    best = Witnesses(None, None)
    for action in _actions(limit):
        found = _of_action(limit, policies, action)
        if found.found:
            return found
        best = best if best.denied else found
    other = (_decided(policies, one, "*", {}, _role()) for one in _OTHER_ACTIONS)
    return Witnesses(best.denied, next((one for one in other if one and one.decision == "Allowed"), None))


def _role() -> str:
    return f"arn:aws:iam::{table()['account']}:role/example"


def _policies(limit: RenderedLimit) -> Policies:
    """Return a principal that may do everything, under *limit* alone."""
    if limit.layer is LayerKind.RCP:
        rcps = tuple(one for one in limit.documents if isinstance(one, ResourceControlPolicy))
        return Policies(identity=(ALLOW_ALL,), resource_control=(rcps,))
    scps = tuple(one for one in limit.documents if isinstance(one, IdentityPolicy))
    return Policies(identity=(ALLOW_ALL,), service_control=((*scps, ALLOW_ALL),))


def _denies(limit: RenderedLimit) -> list[IdentityStatement]:
    found = [one for document in limit.documents for one in document.statements()]
    return [one for one in found if isinstance(one, IdentityStatement) and one.effect is Effect.DENY]


def _actions(limit: RenderedLimit) -> Iterator[Action]:
    """Yield actions that the Denies speak of, a few of each."""
    seen: set[str] = set()
    for statement in _denies(limit):
        patterns = ["sagemaker:*" if not one.strip("*") else one for one in statement.action or _OTHER_ACTIONS]
        names = dict.fromkeys(name for one in patterns for name in expand(one) if _speaks(statement, name))
        known = [one for name in names if name not in seen and (one := find_action(name))]
        keys = {normal_key(key) for key in statement.condition_keys()}
        for action in sorted(known, key=lambda one: -len(keys & keys_of(one)))[:_MOST_ACTIONS]:
            seen.add(action.name)
            yield action


def keys_of(action: Action) -> frozenset[str]:
    """Return the condition keys that *action* and its resources carry."""
    return action.condition_keys.union(*(use.condition_keys for use in action.resource_types))


def _speaks(statement: IdentityStatement, action: str) -> bool:
    if statement.not_action is not None:
        return not any(matches_action(one, action) for one in statement.not_action)
    return any(matches_action(one, action) for one in statement.action or ())


def _of_action(limit: RenderedLimit, policies: Policies, action: Action) -> Witnesses:
    """Return what is found of one *action*, within a number of requests."""
    about = [one for one in _denies(limit) if _speaks(one, action.name)]
    values = values_of_keys(about)
    denied: WitnessedRequest | None = None
    allowed: WitnessedRequest | None = None
    asked = product(_resources(about, action), _principals(values), contexts(values))
    for resource, principal, context in islice(asked, _MOST_REQUESTS):
        found = _decided(policies, action.name, resource, context, principal)
        if found and found.decision == "ExplicitlyDenied":
            denied = denied or found
        elif found and found.decision == "Allowed":
            allowed = allowed or found
        if denied and allowed:
            break
    return Witnesses(denied, allowed)


def _resources(statements: Sequence[IdentityStatement], action: Action) -> tuple[str, ...]:
    """Return resources of *action* that *statements* name, and one that nobody names."""
    named = (
        found
        for one in statements
        for resource in (*(one.resource or ()), *(one.not_resource or ()))
        if resource != "*" and (found := sample(concrete(resource), action))
    )
    kinds = sorted(action.required_types) or [use.name for use in action.resource_types]
    account, region = table()["account"], table()["region"]
    others = (example_of_type(action.service, kind, account, region=region) for kind in kinds[:1])
    return tuple(dict.fromkeys((*named, *others))) or ("*",)


def _principals(values: Mapping[str, TriedValues]) -> tuple[str, ...]:
    """Return who asks: a role, and whom the conditions name."""
    named = (one for one in values.get(PRINCIPAL, ()) if one and Arn.parse(one))
    return tuple(dict.fromkeys((_role(), *named, f"arn:aws:iam::{table()['account']}:root")))


def _decided(
    policies: Policies, action: str, resource: str, context: Mapping[str, tuple[str, ...]], principal: str
) -> WitnessedRequest | None:
    """Return the request with its decision, None where AWS is not known to have such a request."""
    request = Request.known(action, resource, dict(context), principal, None)
    if any(questioned(action, resource, request.context, principal)):
        return None
    found = evaluate(request, policies)
    sids = tuple(str(one.sid) for one in found.by if one.sid) if found.decision == "ExplicitlyDenied" else ()
    return WitnessedRequest(action, resource, context, principal, found.decision, sids)
