"""Where what a stolen session holds can go: the rows of `sinks.json`, each with AWS's page."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias

Keys: TypeAlias = Mapping[str, tuple[str, ...]]
Target: TypeAlias = Literal["outside", "own", "role"]
_FILE: Final = Path(__file__).with_name("sinks.json")


class SessionSink(NamedTuple):
    """
    One way out: what it does, the actions, whose resources they are asked on, and which pattern closes it.

    *contexts* are alternatives; a key without values is absent.
    """

    name: str
    what: str
    target: Target
    actions: tuple[str, ...]
    closes: str
    resource: str | None = None
    contexts: tuple[Keys, ...] = ({},)

    def filled(self, values: Mapping[str, str]) -> Iterator[Keys]:
        """Yield the contexts with placeholders filled, by lower-case condition key."""
        for context in self.contexts:
            yield {key.lower(): tuple(text.format(**values) for text in texts) for key, texts in context.items()}


@cache
def sinks() -> tuple[SessionSink, ...]:
    """Return every sink, in the order of the file."""
    return tuple(_read(row) for row in _rows()["sinks"])


@cache
def network() -> Keys:
    """Return the condition keys of a request from anywhere, in lower case: outside of every network that is known."""
    return {key.lower(): tuple(texts) for key, texts in _rows()["network"].items()}


def strange_address(ranges: Iterable[str]) -> str:
    """Return an IP address that is in none of *ranges*; the first that there is, where they hold all of them."""
    addresses: list[str] = _rows()["addresses"]
    known = [found for text in ranges if (found := _range(text))]
    strange = (one for one in addresses if not any(ip_address(one) in network for network in known))
    return next(strange, addresses[0])


def _range(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:  # a variable, or what IAM refuses: no address is in it
        return None


@cache
def _rows() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_bytes())
    return found


def _read(row: Mapping[str, Any]) -> SessionSink:
    contexts = tuple({key: tuple(texts) for key, texts in one.items()} for one in row.get("contexts", [{}]))
    return SessionSink(
        row["name"], row["what"], row["target"], tuple(row["actions"]), row["closes"], row.get("resource"), contexts
    )
