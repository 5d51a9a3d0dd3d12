"""
What AWS's services send when they take a role, and for which of their things: each with the page that shows it.

Only what a page shows of a role's trust policy is here. A source key that a service does not send makes the role
impossible to take, so one that no page shows is never asked for.
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.iam.arn import REGION
from rolemgr.reference import quirks

_ENDING = ".amazonaws.com"


class SessionTag(NamedTuple):
    """A tag that a service brings of itself: the condition key, and the form of its value, with ``{name}``."""

    key: str
    value: str


class TrustedService(NamedTuple):
    """A service that takes roles."""

    name: str
    actions: tuple[str, ...]
    """What its trust policy allows: sts:AssumeRole, and what it brings into the session."""
    sends: frozenset[str]
    """``account`` for aws:SourceAccount, ``arn`` for aws:SourceArn."""
    asks: frozenset[str]
    """Those of *sends* that the example on its page asks for."""
    resources: Mapping[str, str]
    """The ARNs of aws:SourceArn by the word in them, with ``{name}`` and the role's place to fill in."""
    usual: tuple[str, ...]
    """The kinds of *resources* that the service's own page shows."""
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]]
    """What its page asks for besides."""
    tags: Mapping[str, SessionTag]
    """What the session tags tell, by the option that asks for it."""
    tags_note: str | None
    source: str
    roles: Mapping[str, "TrustedService"]
    """The roles for other work of the service whose pages show another trust policy, by a word for each."""

    @property
    def has_names(self) -> bool:
        """Whether its aws:SourceArn names the thing that it acts for, and not the account alone."""
        return any("{name}" in form for form in self.resources.values())

    @property
    def principal(self) -> str:
        """The service as a principal."""
        return f"{self.name}{_ENDING}"


@cache
def trusted_services() -> Mapping[str, TrustedService]:
    """Return the services whose pages were read, by name."""
    table = json.loads(Path(quirks.__file__).with_name("service_trust.json").read_bytes())
    return {name: _service(name, one) for name, one in table.items()}


def _service(name: str, one: Mapping[str, Any]) -> TrustedService:
    shared = {key: value for key, value in one.items() if key != "roles"}
    return TrustedService(
        name,
        tuple(one["actions"]),
        frozenset(one["sends"]),
        frozenset(one.get("asks", one["sends"])),
        {kind: found["arn"] for kind, found in one.get("resources", {}).items()},
        tuple(one.get("usual", ())),
        {operator: {key: tuple(values) for key, values in block.items()}
         for operator, block in one.get("conditions", {}).items()},
        {option: SessionTag(found["key"], found["value"]) for option, found in one.get("tags", {}).items()},
        one.get("tags_note"),
        one["source"],
        {role: _service(name, {**shared, **other}) for role, other in one.get("roles", {}).items()},
    )  # fmt: skip


def service_of_principal(principal: str) -> TrustedService | None:
    """
    Return the service whose *principal* it is, or None where no page of it was read.

    A region may stand in it (``states.eu-west-1.amazonaws.com``).
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
    """
    name, _, last = principal.removesuffix(_ENDING).rpartition(".")
    return trusted_services().get(name if REGION.fullmatch(last) else principal.removesuffix(_ENDING))
