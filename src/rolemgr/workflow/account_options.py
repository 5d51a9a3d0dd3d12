"""How AWS is reached, and how roles are brought into an account, as the options say it."""

from typing import NamedTuple


class AccessOptions(NamedTuple):
    """How AWS is reached; what is None, the environment and AWS's own configuration say."""

    profile: str | None
    endpoint_url: str | None


class ApplyOptions(NamedTuple):
    """How roles are brought into an account."""

    update: bool = False
    prune: bool = False
    allow_findings: bool = False
    yes: bool = False
    fail_on: str | None = None
    """What a run is not to do: ``any`` change, or one by which more may be allowed (``gained``)."""
