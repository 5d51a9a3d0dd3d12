"""
Statements that stand in another policy than before: the text of a role changes by them, and what it may do does not.

A role outgrows its inline policy, and whole statements move to a managed one. Who reviews the lines wants to know
which of them are nothing new.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

_POLICIES: Final = {"Policies": "inline policy", "ManagedPolicies": "managed policy"}
"""What holds policies in the properties of a role, by key, and what one is called."""


class PlacedStatement(NamedTuple):
    """A statement of a role: the *kind* and name of its policy, the name without the role's, and what it says."""

    kind: str
    name: str
    suffix: str
    text: str

    @property
    def policy(self) -> str:
        """The policy in words."""
        return f"{self.kind} {self.name}"


class Moved(NamedTuple):
    """A statement, by Sid, that stands in another policy; *same* tells whether it says what it said."""

    statement: str
    old: str
    new: str
    same: bool


def placed(role: Any) -> dict[str, PlacedStatement]:
    """Return the statements of *role*, its properties as CloudFormation has them, by Sid; nothing for anything else."""
    return dict(_placed(role)) if isinstance(role, dict) else {}


def _placed(role: Mapping[str, Any]) -> Iterator[tuple[str, PlacedStatement]]:
    prefix = str(role.get("RoleName") or "")
    for key, kind in _POLICIES.items():
        for policy in _dicts(role.get(key)):
            name = str(policy.get("PolicyName") or policy.get("ManagedPolicyName") or "")
            document = policy.get("PolicyDocument")
            for one in _dicts(document.get("Statement")) if isinstance(document, dict) else ():
                if isinstance(sid := one.get("Sid"), str):
                    text = json.dumps(one, sort_keys=True)
                    yield sid, PlacedStatement(kind, name, name.removeprefix(prefix), text)


def _dicts(value: Any) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict)]


def moves(old: Mapping[str, PlacedStatement], new: Mapping[str, PlacedStatement]) -> tuple[Moved, ...]:
    """Return the statements of both sides that stand in another policy, whatever the roles are called."""
    both = ((sid, old[sid], now) for sid, now in new.items() if sid in old)
    return tuple(
        Moved(sid, was.policy, now.policy, was.text == now.text)
        for sid, was, now in both
        if (was.kind, was.suffix) != (now.kind, now.suffix)
    )
