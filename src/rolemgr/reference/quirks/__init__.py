"""
What the Service Authorization Reference lacks or gets wrong, as data with sources (the JSON files here).

Each function reads one table, once. Distribution reads what decides about resources and keys: must be
``*``, alternatives, renamed, global and unlisted keys. Guardrails read scopes, which keys a request must
carry, and which instance types have local NVMe storage. Two tables stand ready for policy checks and are
held true by tests only: dependent actions, and optional types that are needed.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


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
def never_on_arns() -> frozenset[str]:
    """Return the actions that AWS asks for on ``*`` for every caller, although the reference lists a type."""
    return frozenset(entry["action"] for entry in _table("resource_types")["must_be_star"])


@cache
def may_be_star() -> frozenset[str]:
    """Return the actions that need ``*`` for some of their requests, and a narrower resource for others."""
    return frozenset(entry["action"] for entry in _table("resource_types")["star_when"])


@cache
def alternatives(action: str) -> tuple[frozenset[str], ...]:
    """Return the sets of resource types of *action* of which one is enough though all are "required"."""
    table = _table("resource_types")
    one_of = [frozenset(entry["one_of"]) for entry in table["alternatives"] if entry["action"] == action]
    beside = [entry for entry in table["unresourced_exceptions"] if entry["action"] == action]
    return (*one_of, *(frozenset((*entry["types"], *entry["beside"])) for entry in beside))


@cache
def all_required() -> Mapping[str, tuple[str, ...]]:
    """Return, by action, the resource types of which AWS asks it on each: an object and all that it is in."""
    return {entry["action"]: tuple(entry["types"]) for entry in _table("resource_types")["all_required"]}


@cache
def names_in_arns(service: str) -> frozenset[str]:
    """Return the names by which ARNs call *service*: a service that AWS renamed has two."""
    known = (entry["names"] for entry in _table("request_arns")["one_service"] if service in entry["names"])
    return frozenset((service, *next(known, ())))


def unlisted_types(action: str) -> tuple[str, ...]:
    """Return the resource types that AWS asks *action* on now and then, though its reference does not list them."""
    return _unlisted_types().get(action, ())


@cache
def _unlisted_types() -> Mapping[str, tuple[str, ...]]:
    table = _table("resource_types")
    known = {row["action"]: tuple(row["types"]) for row in table["unresourced_exceptions"]}
    return known | {row["action"]: (row["type"],) for row in table["unlisted_types"]}


@cache
def held_in(service: str) -> tuple[tuple[str, str], ...]:
    """Return the resource types of *service* whose resources hold others with ARNs of their own: outer, then inner."""
    rows = _table("resource_types")["held_in"]
    return tuple((row["outer"], row["inner"]) for row in rows if row["service"] == service)


@cache
def unlisted_forms(service: str) -> Mapping[str, str]:
    """Return the ARN formats of resource types that AWS's guides have for *service* and its reference does not."""
    rows = _table("resource_types")["unlisted_types"]
    return {row["type"]: row["form"] for row in rows if row["action"].startswith(f"{service}:")}


class NoGuardrail(NamedTuple):
    """Why no policy can be a limit that people ask for, and what does it instead."""

    reason: str
    instead: str


def no_guardrail(name: str) -> NoGuardrail | None:
    """Return why *name* can't be a guardrail; None for one that nobody has looked into."""
    found = _table("no_guardrails").get(name)
    return NoGuardrail(found["reason"], found["instead"]) if found else None


@cache
def renamed_keys() -> Mapping[str, str]:
    """Return deprecated condition keys that live on beside their successor: old -> new, in lower case."""
    entries = _table("condition_keys")["deprecated"].items()
    return {old.lower(): entry["successor"].lower() for old, entry in entries if entry.get("same_actions_as_successor")}


@cache
def old_key_names() -> Mapping[str, str]:
    """Return the deprecated name of each renamed condition key as spelt: new -> old."""
    entries = _table("condition_keys")["deprecated"].items()
    return {entry["successor"]: old for old, entry in entries if entry.get("same_actions_as_successor")}


@cache
def never_had_old_names() -> frozenset[str]:
    """Return the actions that are newer than the renaming of their condition keys: AWS fills the new name alone."""
    return frozenset(action for entry in _table("condition_keys")["never_had_old_name"] for action in entry["actions"])


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
def unlisted_keys_with_actions() -> frozenset[str]:
    """Return those keys of which AWS's guides say which requests carry them, in lower case."""
    entries = _table("condition_keys")["unlisted"].items()
    return frozenset(key.lower() for key, entry in entries if "actions" in entry)


@cache
def unlisted_keys_of(action: str) -> frozenset[str]:
    """Return those keys that a request for *action* may carry: those of no certain action, and its own."""
    entries = _table("condition_keys")["unlisted"].items()
    return frozenset(key.lower() for key, entry in entries if action in entry.get("actions", (action,)))


@cache
def several_values(action: str) -> frozenset[str]:
    """Return the keys, in lower case, of which a request for *action* may carry several values: a field for each."""
    return frozenset(key.lower() for key in _several_values().get(action.lower(), ()))


@cache
def _several_values() -> Mapping[str, Mapping[str, Sequence[str]]]:
    found: Mapping[str, Mapping[str, Sequence[str]]] = _table("several_values")["actions"]
    return {action.lower(): keys for action, keys in found.items()}


@cache
def acting_actions() -> frozenset[str]:
    """Return the actions that let their caller work as a role without passing or assuming it."""
    return frozenset(entry["action"] for entry in _table("acting")["acts_as"])


@cache
def unlisted_actions() -> Mapping[str, str]:
    """Return actions that AWS itself writes into policies and lists nowhere, in lower case, and what is known."""
    return {entry["action"].lower(): entry["note"] for entry in _table("actions")["unlisted"]}


@cache
def newer_actions() -> Mapping[str, str]:
    """Return the operations that an SDK has and the reference does not, as actions (as spelt), and what is known."""
    entries = _table("actions")["newer"]
    return {action: f"{entry['note']} ({entry['source']})" for entry in entries for action in entry["actions"]}


@cache
def operations_under_other_names() -> Mapping[str, str]:
    """Return the operations (``model:Operation``) that AWS asks for under another action, and that action."""
    return {entry["operation"]: entry["action"] for entry in _table("actions")["other_action"]}


@cache
def operations_without_action() -> Mapping[str, tuple[str, ...]]:
    """Return the operations, in lower case, that no action is called like, and what AWS asks for instead."""
    return {entry["operation"].lower(): tuple(entry["asked_for"]) for entry in _table("actions")["no_action"]}


@cache
def not_in_the_reference() -> Mapping[str, str]:
    """Return the actions that exist although the reference lists none of that name, in lower case, and why."""
    return {**unlisted_actions(), **{action.lower(): note for action, note in newer_actions().items()}}


@cache
def scope_actions(scope: str) -> tuple[str, ...]:
    """Return the actions that a guardrail of *scope* judges, sorted."""
    return tuple(_table("scopes")[scope]["actions"])


def scope_meaning(scope: str) -> str:
    """Return in a few words what the actions of *scope* are about."""
    found: str = _table("scopes")[scope]["meaning"]
    return found


@cache
def scope_names(*, of_one_kind: bool = False) -> tuple[str, ...]:
    """Return the names of all scopes, sorted, or of those whose actions are *of one kind*: a scope of tags is not."""
    return tuple(name for name, one in sorted(_table("scopes").items()) if not (of_one_kind and "of_every_kind" in one))


class EventParameters(NamedTuple):
    """Where CloudTrail has a condition key's value in a call's parameters: the *paths*, as the API spells them."""

    paths: tuple[str, ...]
    unclear: tuple[str, ...] = ()
    """Where any of these has a value AWS does not say whether it counts: the key is then not known."""


@cache
def event_parameters(operation: str) -> Mapping[str, EventParameters]:
    """Return by condition key where its values stand in the parameters of a call of SageMaker's *operation*."""
    table = _table("event_parameters")
    unclear = {one["key"]: tuple(one["paths"]) for one in table["unclear"] if one["operation"] == operation}
    return {
        key: EventParameters(tuple(paths[operation]), unclear.get(key, ()))
        for key, paths in table["keys"].items()
        if operation in paths
    }


class BypassSetting(NamedTuple):
    """Where a call that by-passes a guardrail has the setting that IAM is not told of."""

    at: str
    """The objects that must have it, as a path; empty for the request itself."""
    value: str
    """Where in each of them it stands; empty where what stands at *at* is the setting, and may be absent."""


@cache
def bypass_parameters(operation: str) -> Mapping[str, tuple[BypassSetting, ...]]:
    """Return by condition key where a call of *operation* shows the value of a key that it does not carry."""
    keys = _table("bypass_parameters")["keys"]
    return {key: tuple(BypassSetting(**one) for one in by[operation]) for key, by in keys.items() if operation in by}


@cache
def shown_at(operation: str, key: str) -> tuple[str, ...]:
    """Return the paths at which a call of *operation* shows what the key *key* says; none where it is not told."""
    found = event_parameters(operation).get(key)
    return found.paths if found else tuple(_table("bypass_parameters")["more"].get(key, {}).get(operation, ()))


@cache
def untold(operation: str, key: str) -> str:
    """Return why the parameters of a call of *operation* do not tell what *key* says."""
    for one in _table("event_parameters")["untold"]:
        if one["key"] == key and not {"*", operation}.isdisjoint(one["operations"]):
            return str(one["why"])
    return "its parameters do not show it"


@cache
def role_parameters() -> Mapping[str, tuple[str, ...]]:
    """Return by SageMaker's operations where their parameters name a role, as paths that the API spells."""
    return {operation: tuple(paths) for operation, paths in _table("role_parameters")["calls"].items()}


class MustCarry(NamedTuple):
    """When the absence of a condition key may be denied: each field that is set must be met by the Deny."""

    only_if: Mapping[str, Mapping[str, str]]
    """Conditions that the Deny must have too: the store that the key encrypts is asked for."""
    only_below: int | None
    """Only where the cap is below this: above it AWS's default is within the cap."""
    not_with_local_nvme: bool
    """Not for instance types with local NVMe storage, which refuse the key."""
    only_with: str | None
    """Only where this other key is there: a serverless variant has no volume."""


@cache
def must_carry(action: str, key: str) -> MustCarry | None:
    """Return when a request for *action* must carry *key* (any case), or None where its absence does no harm."""
    return _must_carry().get((action, key.lower()))


@cache
def _must_carry() -> Mapping[tuple[str, str], MustCarry]:
    return {
        (action, entry["key"].lower()): MustCarry(
            entry.get("only_if", {}),
            entry.get("unless_cap_at_least"),
            "unless_instance_types" in entry,
            entry.get("only_with_key"),
        )
        for entry in _table("condition_keys")["must_carry"]
        for action in entry["actions"]
    }


@cache
def absence_reason(action: str, key: str) -> str | None:
    """Return why the absence of *key* (any case) is never denied for *action*, or None where nothing is said."""
    for entry in _table("condition_keys")["never_deny_absence"]:
        if action in entry["actions"] and entry["key"].lower() == key.lower():
            return str(entry["reason"])
    return None


@cache
def local_nvme_types() -> tuple[str, ...]:
    """Return the patterns of the instance types with local NVMe storage, sorted."""
    return tuple(sorted(entry["pattern"] for entry in _table("instance_types")["local_nvme"]))


def quota(name: str) -> int:
    """Return the value of the quota *name* of ``quotas.json``, in the unit that stands there."""
    return int(_table("quotas")[name]["value"])


@cache
def keys_that(group: str) -> frozenset[str]:
    """Return the keys, in lower case, of a *group* of ``no_limits.json``: ``how_or_when``, ``of_the_holder`` ..."""
    return frozenset(map(str.lower, _table("no_limits")[group]["keys"]))


@cache
def usual_values(key: str) -> tuple[str, ...]:
    """Return the values that the lower-case *key*, which every request has, has in nearly all of them."""
    entries = {name.lower(): entry["values"] for name, entry in _table("no_limits")["usual"].items()}
    return tuple(entries.get(key, ()))


@cache
def for_actions_that_carry() -> frozenset[str]:
    """Return the keys, in lower case, that AWS's own examples test with IfExists, for those actions that have them."""
    return frozenset(map(str.lower, _table("no_limits")["for_actions_that_carry"]))


@cache
def absent_where_none() -> frozenset[str]:
    """Return the keys, in lower case, that a request lacks where the resource has no such thing."""
    return frozenset(map(str.lower, _table("no_limits")["absent_where_none"]))


@cache
def only_region(service: str) -> str | None:
    """Return the Region in which each request to *service* is made, in the partition aws; None where it has many."""
    found = (region for region, one in _table("global_services").items() if service in one["services"])
    return next(found, None)
