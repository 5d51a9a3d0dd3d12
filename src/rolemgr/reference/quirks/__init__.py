"""
What the Service Authorization Reference lacks or gets wrong, as data with sources (the JSON files here).

Each function reads one table, once. Distribution reads what decides about resources and keys: must be
``*``, alternatives, renamed, global and unlisted keys. Three tables stand ready for what comes next and
are held true by tests only: which keys a request must carry, and which instance types have local NVMe
storage (guardrails); dependent actions and optional types that are needed (policy checks).
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _table(name: str) -> Any:
    return json.loads(Path(__file__).with_name(f"{name}.json").read_bytes())


@cache
def must_be_star() -> frozenset[str]:
    """
    Return the actions whose Resource must be ``*`` although the reference lists a type for them.

    Among them are the ec2 actions of SageMaker's jobs in a VPC: SageMaker checks that the execution role
    has them unrestricted, and refuses the job otherwise.
    """
    table = _table("resource_types")
    return frozenset(entry["action"] for entry in (*table["must_be_star"], *table["star_for_jobs_in_vpc"]))


@cache
def may_be_star() -> frozenset[str]:
    """Return the actions that need ``*`` for some of their requests, and a narrower resource for others."""
    return frozenset(entry["action"] for entry in _table("resource_types")["star_when"])


@cache
def alternatives(action: str) -> tuple[frozenset[str], ...]:
    """Return the sets of resource types of *action* of which one is enough though all are "required"."""
    entries = _table("resource_types")["alternatives"]
    return tuple(frozenset(entry["one_of"]) for entry in entries if entry["action"] == action)


@cache
def renamed_keys() -> Mapping[str, str]:
    """Return deprecated condition keys that live on beside their successor: old -> new, in lower case."""
    entries = _table("condition_keys")["deprecated"].items()
    return {old.lower(): entry["successor"].lower() for old, entry in entries if entry.get("same_actions_as_successor")}


@cache
def global_keys() -> frozenset[str]:
    """Return AWS's global condition keys that any request may carry, in lower case (not the tag keys)."""
    table = _table("condition_keys")
    plain = {key.lower() for key in table["global"]}
    listed = {key.lower() for key, entry in table["templates"].items() if entry["listed_by_reference"]}
    return frozenset((plain | {key.lower() for key in table["templates"]}) - listed)


@cache
def global_key_names() -> frozenset[str]:
    """Return AWS's global condition keys as spelt; for hints."""
    return frozenset(_table("condition_keys")["global"])


@cache
def unlisted_keys() -> frozenset[str]:
    """Return keys that SageMaker fills although the reference lists them on no action, in lower case."""
    return frozenset(key.lower() for key in _table("condition_keys")["unlisted"])


@cache
def acting_actions() -> frozenset[str]:
    """Return the actions that let their caller work as a role without passing or assuming it."""
    return frozenset(entry["action"] for entry in _table("acting")["acts_as"])


def quota(name: str) -> int:
    """Return the value of the quota *name* of ``quotas.json``, in the unit that stands there."""
    return int(_table("quotas")[name]["value"])
