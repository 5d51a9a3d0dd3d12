"""The shares of one resource on their way: as AWS Resource Access Manager takes them."""

from typing import NamedTuple


class ResourceShare(NamedTuple):
    """A share as RAM takes it."""

    name: str
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    permission: str
    """The ARN of RAM's managed permission."""
    is_open: bool
    """Whether accounts outside the organization may be among the principals."""


class ComposedShares(NamedTuple):
    """The shares of one resource, and what is to be said of them."""

    kind: str
    title: str
    shares: tuple[ResourceShare, ...]
    notes: tuple[str, ...]
    name: str
    region: str
