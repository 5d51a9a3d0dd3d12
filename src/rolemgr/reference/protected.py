"""
What AWS itself refuses, whatever the policies say: its own policies, roles, keys and tags.

IAM's evaluation may well allow such a request; the service then rejects it. So this stands beside a decision
and never changes it.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.iam.wildcards import matches, matches_action
from rolemgr.reference import quirks


class Protection(NamedTuple):
    """What AWS lets nobody do, what there is instead, and the AWS page that says so."""

    what: str
    instead: str
    source: str

    def __str__(self) -> str:
        return f"AWS lets nobody {self.what}, whatever the policies say; {self.instead} ({self.source})"


def protected(
    action: str, resource: str, context: Mapping[str, Sequence[str]] | None = None, principal: str | None = None
) -> Protection | None:
    """
    Return why AWS refuses *action* on *resource* to every customer, or None where nothing is known.

    *context* holds the request's condition keys in any case: only they tell an AWS managed key from others. A
    service or its linked role as *principal* is not judged: what belongs to AWS is theirs to change.
    """
    if principal and (not principal.startswith("arn:") and principal not in ("*", "anonymous")):
        return None
    if principal and "/aws-service-role/" in principal:
        return None
    folded = {key.lower(): values for key, values in (context or {}).items()}
    if "aws:calledvia" in folded:
        return None  # AWS tags what it makes for its customers, with their rights
    rule = next((one for one in _rules() if _holds(one, action, resource, folded)), None)
    return Protection(rule["what"], rule["instead"], rule["source"]) if rule else None


def _holds(rule: Mapping[str, Any], action: str, resource: str, context: Mapping[str, Sequence[str]]) -> bool:
    if not any(pattern == "*" or matches_action(pattern, action) for pattern in rule["actions"]):
        return False
    if not matches(rule["resource"], resource):
        return False
    if key := rule.get("context_key"):
        return any(matches(key.lower(), one) for one in context)
    wanted = rule.get("context", {}).items()
    return all(any(matches(glob, value.lower()) for value in context.get(key.lower(), ())) for key, glob in wanted)


@cache
def _rules() -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = json.loads(Path(quirks.__file__).with_name("protected.json").read_bytes())[
        "rules"
    ]
    return found
