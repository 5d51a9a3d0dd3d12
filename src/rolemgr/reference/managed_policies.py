"""
AWS managed policies that people attach to machine-learning roles: what AWS says that they allow.

Some fifty of more than a thousand; the data names the version and the day of each. AWS changes them without
asking, and may publish others of the same name in its other partitions.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.iam.arn import Arn, is_aws_managed
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.reference.services import expand


class ManagedPolicy(NamedTuple):
    """An AWS managed policy as AWS published it: which *version*, and the day that it was *updated*."""

    name: str
    arn: str
    version: str
    updated: str
    document: IdentityPolicy


@cache
def managed_policy(name: str, partition: str) -> ManagedPolicy | None:
    """Return AWS's managed policy *name*, in any case, as of *partition*; None where it is not among the data."""
    found = next((known for known in managed_policy_names() if known.lower() == name.lower()), None)
    return _read(found, partition) if found else None


def policy_at(arn: str) -> ManagedPolicy | None:
    """Return AWS's managed policy *arn* as the data has it; None for one that it has not, or an account's own."""
    parts = Arn.parse(arn)
    known = managed_policy(arn.rpartition("/")[2], parts.partition) if parts and is_aws_managed(arn) else None
    return known if known and known.arn == arn else None


@cache
def managed_policy_names() -> tuple[str, ...]:
    """Return the names of the policies that the data holds, sorted."""
    return tuple(sorted(_table()["policies"]))


@cache
def managed_policy_arns(partition: str) -> tuple[str, ...]:
    """Return the ARNs, in *partition*, of the policies that the data holds, sorted by their names."""
    known = sorted(_table()["policies"].items())
    return tuple(f"arn:{partition}:iam::aws:policy{raw['path']}{name}" for name, raw in known)


@cache
def allowed_actions(arn: str) -> frozenset[str] | None:
    """
    Return the actions that the managed policy *arn* allows anywhere, spelt out by the reference.

    None where that is not known: a policy of the account, one that is not among the data, or a NotAction.
    """
    found = Arn.parse(arn)
    policy = managed_policy(arn.rpartition("/")[2], found.partition) if found and found.account == "aws" else None
    allows = [one for one in policy.document.statement if one.effect is Effect.ALLOW] if policy else []
    if policy is None or any(one.action is None or "*" in one.action for one in allows):
        return None
    return frozenset(action for one in allows for pattern in one.action or () for action in expand(pattern))


@cache
def _table() -> Any:
    return json.loads((Path(__file__).parent / "data" / "managed_policies.json").read_bytes())


def _read(name: str, partition: str) -> ManagedPolicy:
    raw = _table()["policies"][name]
    statements = [{"Effect": "Allow", **one, **_actions(one)} for one in raw["statements"]]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    document = IdentityPolicy.model_validate_json(text.replace('"arn:aws:', f'"arn:{partition}:'))
    arn = f"arn:{partition}:iam::aws:policy{raw['path']}{name}"
    return ManagedPolicy(name, arn, raw["version"], raw["updated"], document)


def _actions(statement: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the element that names the actions, as IAM writes it."""
    elements = (element for element in ("Action", "NotAction") if element in statement)
    return {element: list(_spelt(statement[element])) for element in elements}


def _spelt(by_service: Mapping[str, str]) -> Iterator[str]:
    for service, names in by_service.items():
        yield from (f"{service}:{name}" for name in names.split()) if names else (service,)
