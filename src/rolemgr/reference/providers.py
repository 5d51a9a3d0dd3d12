"""
What AWS says of identity providers: their condition keys, which of them stay in the session, which are shared.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.iam.wildcards import matches
from rolemgr.reference import quirks


class Claim(NamedTuple):
    """A claim that AWS STS makes a condition key of, whichever OIDC provider issued the token."""

    type: str
    multivalued: bool
    in_session: bool
    """Whether requests carry it after the role was assumed; else it is for trust policies alone."""


class SharedProvider(NamedTuple):
    """
    A provider whose issuer is the same for all its customers.

    A condition on any of *claims* (of the provider, or a key of its own where it has a colon) can tell the
    customers apart. *tenants* says how its subjects name one: a beginning, a star for the name, and what ends
    the name; empty where that is not documented.
    """

    provider: str
    claims: tuple[str, ...]
    tenants: tuple[str, ...]

    def condition_keys(self) -> tuple[str, ...]:
        """Return the condition keys of the claims, as spelt."""
        return tuple(claim if ":" in claim else f"{self.provider}:{claim}" for claim in self.claims)


def is_provider_key(key: str) -> bool:
    """Tell whether *key* belongs to an OIDC provider (``idp.example.com:sub``): a host, a path perhaps, a claim."""
    host, colon, _ = key.partition(":")
    return bool(colon) and ("." in host or "/" in host)


@cache
def claims() -> Mapping[str, Claim]:
    """Return the claims that AWS STS takes from any provider, by name."""
    entries = _table()["claims"].items()
    return {name: Claim(one["type"], one["multivalued"], one["in_session"]) for name, one in entries}


def claim_of(key: str) -> Claim | None:
    """Return the claim that *key* is of an OIDC provider's, or None where AWS lists none of that name for all."""
    return claims().get(key.rpartition(":")[2].lower()) if is_provider_key(key) else None


def is_known_claim(key: str) -> bool:
    """Tell whether *key* is a claim that AWS takes from any OIDC provider's tokens, or a shared provider's own."""
    return claim_of(key) is not None or key.lower() in _of_shared_providers()


@cache
def _of_shared_providers() -> frozenset[str]:
    return frozenset(key.lower() for one in shared_providers().values() for key in one.condition_keys())


def in_session(key: str) -> bool:
    """Tell whether requests of a federated session can carry *key*, of an OIDC or SAML provider."""
    claim = claim_of(key)
    return (claim is not None and claim.in_session) or key.lower() in _in_session()


def may_be_list(key: str) -> bool:
    """Tell whether AWS's pages differ on *key* having several values, so that neither reading is wrong."""
    return key.lower() in _may_be_lists()


@cache
def shared_providers() -> Mapping[str, SharedProvider]:
    """Return the providers that all their customers share, by host and path."""
    found = (SharedProvider(e["provider"], tuple(e["claims"]), tuple(e.get("tenants", ()))) for e in _table()["shared"])
    return {one.provider: one for one in found}


def cluster_provider(provider: str) -> SharedProvider | None:
    """Return *provider* where it is a Kubernetes cluster's, which all workloads there share; else None."""
    for entry in _table()["clusters"]:
        if matches(entry["provider"], provider):
            return SharedProvider(provider, tuple(entry["claims"]), tuple(entry["tenants"]))
    return None


@cache
def _in_session() -> frozenset[str]:
    return frozenset(key.lower() for entry in _table()["in_session"] for key in entry["keys"])


@cache
def _may_be_lists() -> frozenset[str]:
    return frozenset(key for entry in _table()["may_be_lists"] for key in entry["keys"])


@cache
def _table() -> Any:
    return json.loads((Path(quirks.__file__).parent / "identity_providers.json").read_bytes())
