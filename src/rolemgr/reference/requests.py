"""
What is doubtful about a request: its action, its resource, its condition keys and their values, its principal.

A request with a misspelt name is denied like any other, or allowed by a `*`: either looks like an answer.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.values import read_bool, read_date, read_number
from rolemgr.iam.wildcards import matches, matches_action
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import ConditionKey, find_key, known_values
from rolemgr.reference.names import (
    Doubt,
    action_doubt,
    arn_doubts,
    bucket_doubt,
    instance_type_doubt,
    key_doubt,
    region_doubt,
    service_principal_doubt,
)
from rolemgr.reference.providers import is_provider_key
from rolemgr.reference.resources import arn_forms, types_of
from rolemgr.reference.services import Action, expand, find_action
from rolemgr.reference.support import known_key

Context: TypeAlias = Mapping[str, Sequence[str]]
_MOST_SHOWN = 4


class Questioned(NamedTuple):
    """A doubt about one *part* of a request: ``action``, ``resource``, ``principal``, or ``context`` with its *key*."""

    part: str
    doubt: Doubt
    key: str | None = None


def questioned(action: str, resource: str, context: Context, principal: str | None) -> Iterator[Questioned]:
    """
    Yield every doubt about a request.

    None of them says that AWS has no such name, but that no data here knows it.
    """
    yield from (Questioned("action", doubt) for doubt in filter(None, [action_doubt(action)]))
    yield from (Questioned("resource", doubt) for doubt in resource_doubts(action, resource))
    yield from (Questioned("principal", doubt) for doubt in principal_doubts(principal))
    for key, values in context.items():
        yield from (Questioned("context", doubt, key) for doubt in key_doubts(key, values, action))


def principal_doubts(principal: str | None) -> Iterator[Doubt]:
    """Yield what is doubtful about who asks: an ARN, a service, ``*`` or nobody."""
    if principal is None or principal in ("*", "anonymous"):
        return
    if principal.startswith("arn:"):
        yield from arn_doubts(principal)
    elif "." in principal:  # anything else can't be a principal, and the request says so itself
        yield from filter(None, [service_principal_doubt(principal)])


def resource_doubts(action: str, resource: str) -> Iterator[Doubt]:
    """Yield what is doubtful about the *resource* of a request for *action*: its parts, and whether it fits."""
    if resource != "*":
        yield from arn_doubts(resource) if resource.startswith("arn:") else [_no_arn(resource)]
        yield from filter(None, [_bucket_in(resource)])
    if known := find_action(action):
        yield from filter(None, [_misfit(known, resource)])


def _no_arn(resource: str) -> Doubt:
    return Doubt(resource, f"`{resource}` is not an ARN", "an action without a resource has *", form=True)


def _misfit(action: Action, resource: str) -> Doubt | None:
    """Return that AWS never asks for *action* on *resource*, with the form that it has; None where it may."""
    if resource == "*":
        if action.required_types and action.name not in quirks.may_be_star():
            problem = f"AWS asks for {action.name} on a resource, never on *"
            return Doubt("*", problem, arn_forms(action))
        return None
    if _in_another_form(action, resource):
        return None
    if not action.resource_types:
        if action.name in quirks.must_be_star() - quirks.never_on_arns():
            return None  # on * for SageMaker's jobs alone
        return Doubt(resource, f"{action.name} has no resource types: its resource is *, not `{resource}`")
    if Arn.parse(resource) is None or types_of(resource, action):
        return None
    return Doubt(resource, f"`{resource}` is not a resource of {action.name}", arn_forms(action))


def _in_another_form(action: Action, resource: str) -> bool:
    """Tell whether the service asks for *action* under an ARN that the reference does not list."""
    return any(
        matches(one["resource"], resource) and any(matches_action(pattern, action.name) for pattern in one["actions"])
        for one in _quirk("request_arns")["more"]
    )


def _bucket_in(resource: str) -> Doubt | None:
    """Return that S3 lets no bucket be called as in *resource*, or None."""
    arn = Arn.parse(resource)
    if arn is None or arn.service != "s3" or arn.region or arn.account:
        return None
    return bucket_doubt(arn.resource.partition("/")[0])


def key_doubts(key: str, values: Sequence[str], action: str | None = None) -> Iterator[Doubt]:
    """Yield what is doubtful about a condition key of a request for *action*, and about its values."""
    if doubt := key_doubt(key):
        yield doubt
        return
    known = find_action(action) if action else None
    if known and not _may_carry(known, key):
        yield Doubt(key, f"AWS does not send `{key}` with {known.name}", _senders(known.service, key))
    yield from filter(None, [_several(key, values, action or "")])
    for value in values:
        yield from value_doubts(key, value)


def _several(key: str, values: Sequence[str], action: str) -> Doubt | None:
    """Return that a request has one value of *key*, or None where it may have several of *values*."""
    found = find_key(key)
    if found is None or found.multivalued or len(values) < 2 or key.lower() in quirks.several_values(action):
        return None
    problem = f"a request has one value of {found.name}, not {len(values)}"
    return Doubt(key, problem, "only some keys, such as aws:TagKeys, have several")


def _may_carry(action: Action, key: str) -> bool:
    """
    Tell whether a request for *action* can carry *key*, or nothing is known of that.

    What an identity provider said of the user stays in the session.
    """
    stays = is_provider_key(key) or key.lower().startswith("saml:")
    return stays or find_key(key) is None or known_key(action, key)


def _senders(service: str, key: str) -> str | None:
    """Return which actions the key comes with, where they are of the asked action's or of the key's own service."""
    owner = key.partition(":")[0].lower()
    names = [name for one in dict.fromkeys((service, owner)) for name in expand(f"{one}:*") if _sends(name, key)]
    if not names:
        return None
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"it comes with {', '.join(names[:_MOST_SHOWN])}{more}"


def _sends(name: str, key: str) -> bool:
    action = find_action(name)
    return action is not None and known_key(action, key)


def _account_doubt(value: str) -> Doubt | None:
    if ACCOUNT_ID.fullmatch(value):
        return None
    return Doubt(value, f"`{value}` is not an account id of 12 digits", form=True)


def _caller_account_doubt(value: str) -> Doubt | None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalaccount"""
    return None if value == "anonymous" else _account_doubt(value)


_VALUES: Mapping[str, Callable[[str], Doubt | None]] = {
    "sagemaker:instancetypes": instance_type_doubt,
    "aws:requestedregion": region_doubt,
    "iam:passedtoservice": service_principal_doubt,
    "iam:awsservicename": service_principal_doubt,
    "kms:viaservice": service_principal_doubt,
    "aws:calledvia": service_principal_doubt,
    "aws:calledviafirst": service_principal_doubt,
    "aws:calledvialast": service_principal_doubt,
    "aws:principalservicename": service_principal_doubt,
    "aws:principalaccount": _caller_account_doubt,
    "aws:resourceaccount": _account_doubt,
    "aws:sourceaccount": _account_doubt,
    "kms:calleraccount": _account_doubt,
    "s3:resourceaccount": _account_doubt,
}
"""Keys whose values are names of their own, in lower case."""

_READERS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "Numeric": (read_number, "a number"),
    "Bool": (read_bool, "true or false"),
    "Date": (read_date, "a date"),
}


def value_doubts(key: str, value: str) -> Iterator[Doubt]:
    """Yield what is doubtful about a *value* that a request is to have for the condition key *key* (any case)."""
    found = find_key(key)
    if found is None:
        return
    folded = found.name.lower()
    if named := _VALUES.get(folded):
        yield from filter(None, [named(value)])
    elif (known := known_values(folded)) and value not in known:
        yield Doubt(value, f"`{value}` is not a value of {found.name}", f"AWS sends {', '.join(known)}")
    elif found.type == "ARN":
        yield from arn_doubts(value)
    elif reader := _READERS.get(found.type):
        yield from filter(None, [_unreadable(found, value, *reader) or _out_of_range(found, value)])


def _unreadable(key: ConditionKey, value: str, read: Callable[[str], object], words: str) -> Doubt | None:
    try:
        read(value)
    except ValueError:
        return Doubt(value, f"`{value}` is not a value of {key.name}", f"AWS sends {words}", form=True)
    return None


def _out_of_range(key: ConditionKey, value: str) -> Doubt | None:
    """Return that AWS takes no request with *value*, so that none is ever judged; None where it may."""
    limits = _ranges().get(key.name)
    if limits is None or limits["least"] <= read_number(value) <= limits["most"]:
        return None
    return Doubt(value, f"AWS takes {limits['least']:,} to {limits['most']:,} for {key.name}, not `{value}`")


@cache
def _ranges() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = _quirk("ranges")["numbers"]
    return found


@cache
def _quirk(name: str) -> Any:
    return json.loads(Path(quirks.__file__).with_name(f"{name}.json").read_bytes())
