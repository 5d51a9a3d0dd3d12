"""Of which actions a trail may show nothing though they are used, and why (``data/untraced.json``, with sources)."""

from functools import lru_cache
from typing import Final

from rolemgr.events.facts import facts
from rolemgr.iam.wildcards import matches_action

_WHY: Final = {
    "never_an_event": "CloudTrail never has it as an event of its own",
    "data_events": "it is a data event, which a trail has only where somebody chose it",
    "left_out_of_trails": "a trail may leave out the events of its service",
    "checked_without_a_call": "AWS checks that the role has it, without a call",
    "once_in_a_while": "it is needed once in a while",
}


def untraced_patterns() -> tuple[str, ...]:
    """Return the patterns of all actions that a trail may not show."""
    return tuple(pattern for kind in _WHY for pattern in facts("untraced")[kind]["actions"])


@lru_cache(maxsize=1 << 12)
def is_told_by_service(action: str) -> bool:
    """
    Tell whether *action*, which no trail shows, was not used where IAM has no access to its service at all.

    So it is for data events, and for nothing that AWS checks without a call, or that is not a call of its own.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html
    """
    kind = next(
        (one for one in _WHY if any(matches_action(each, action) for each in facts("untraced")[one]["actions"])), ""
    )
    told = facts("untraced").get(kind, {}).get("told_by_service_last_accessed")
    return told is not None and not any(matches_action(one, action) for one in told["but"])


@lru_cache(maxsize=1 << 12)
def why_untraced(action: str) -> str | None:
    """Return why a trail without *action* says nothing about its use; None where a trail shows it."""
    for kind, why in _WHY.items():
        if any(matches_action(pattern, action) for pattern in facts("untraced")[kind]["actions"]):
            return why
    return None
