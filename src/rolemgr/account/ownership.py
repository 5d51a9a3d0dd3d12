"""
How rolemgr knows its own: the tags that it puts on what it makes.

    role    rolemgr:state = "creating RUN", "complete RUN" or "updating RUN"
    policy  rolemgr:role = the role's name,  rolemgr:run = RUN

RUN is a random word for one run of one command. Where an answer was lost on the way and the role "already
exists" when it is asked for again, it tells whether that role is this run's or somebody else's: only the
first may be used, or taken away again. While the state is not "complete", the role is being worked on by a
run, or was left by one that was killed.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.reference.quirks import quota

STATE_TAG = "rolemgr:state"
ROLE_TAG = "rolemgr:role"
RUN_TAG = "rolemgr:run"
OWN_TAGS = frozenset({STATE_TAG, ROLE_TAG, RUN_TAG})
"""The tag keys that say who made it, and nothing about what it may do."""

Phase: TypeAlias = Literal["creating", "complete", "updating"]

_STATE = re.compile(r"(creating|complete|updating) (\w+)")


class State(NamedTuple):
    """How far rolemgr is with a role: the *phase*, and the *run* that brought it there."""

    phase: Phase
    run: str

    @property
    def tag(self) -> dict[str, str]:
        """The tag in the shape of IAM's API."""
        return {"Key": STATE_TAG, "Value": f"{self.phase} {self.run}"}


def new_run() -> str:
    """Return a name for a run that no other run has."""
    return secrets.token_hex(6)


def state_of(tags: Mapping[str, str]) -> State | None:
    """Return the state of the role with *tags*, or None where rolemgr did not make it."""
    found = _STATE.fullmatch(tags.get(STATE_TAG, ""))
    return State(found[1], found[2]) if found else None  # type: ignore[arg-type] # the pattern names the phases


def policy_tags(role: str, run: str) -> dict[str, str]:
    """Return the tags of a managed policy that *run* makes for *role*."""
    return {ROLE_TAG: role, RUN_TAG: run}


def without_own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the *tags* that are the user's."""
    return {key: value for key, value in tags.items() if key not in OWN_TAGS}


def tag_problem(tags: Mapping[str, str]) -> str | None:
    """Return why a role with the user's *tags* can't be tagged as rolemgr's too, or None where it can."""
    taken = sorted(key for key in tags if key.lower() in OWN_TAGS)
    if taken:
        return f"the tag `{taken[0]}` is rolemgr's own"
    most = quota("tags") - 1
    if len(tags) > most:
        return f"the role has {len(tags)} tags, and one more says that rolemgr made it: IAM takes {quota('tags')}"
    return None


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return *tags* in the shape of IAM's API, by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
