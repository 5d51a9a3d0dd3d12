"""
A lock file: what each release of rolemgr made of role files, so that a later one says what it changes.

Each entry has a digest of itself, which finds what was changed by hand or half merged. It is not a signature.
"""

import hashlib
import json
from typing import Any, Literal

from rolemgr.iam.base import Model

LOCK_NAME = "rolemgr.lock"


class LockedOrigin(Model):
    """Where a statement comes from in the catalog."""

    kind: str
    entry: str
    sid: str
    file: str
    line: int | None = None


class LockedGuardrail(Model):
    """A guardrail in force: its values, and what chose it."""

    values: dict[str, tuple[str, ...]]
    strict: bool
    by: str
    file: str
    line: int | None = None


class LockedRole(Model):
    """What one release made of one role file."""

    reference: str
    """The version of the data on AWS's actions that it was made with."""
    file: str
    """The digest of the role file's text."""
    account: str
    region: str
    role: dict[str, Any]
    """The role as `create` writes it."""
    origins: dict[str, tuple[LockedOrigin, ...]]
    """Where each statement comes from, by Sid."""
    guardrails: dict[str, LockedGuardrail]
    digest: str
    """The digest of all the rest."""


class Lock(Model):
    """A lock file: role files by their path from where it lies, and in each the releases by version."""

    lock: Literal[1]
    roles: dict[str, dict[str, LockedRole]]


def digest_of(data: Any) -> str:
    """Return the digest of *data*, whatever the order of its keys; of a text, that of its bytes."""
    text = data if isinstance(data, str) else json.dumps(data, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def entry_digest(entry: dict[str, Any]) -> str:
    """Return the digest that an entry of a lock file must have."""
    return digest_of({key: value for key, value in entry.items() if key != "digest"})
