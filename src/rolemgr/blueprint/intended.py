"""What the flows of a blueprint say that a role may do with what another account's policy lets it reach."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rolemgr.blueprint.flows import ExpandedFlow
from rolemgr.iam.wildcards import contains


class IntendedAccess(NamedTuple):
    """An action, in lower case, and the patterns of the resources that a flow is about."""

    action: str
    resources: tuple[str, ...]

    def covers(self, action: str, resource: str) -> bool:
        """Tell whether *action* on *resource* is part of it."""
        return action.lower() == self.action and any(contains(pattern, resource) for pattern in self.resources)


def intended_access(flows: Iterable[ExpandedFlow]) -> Iterator[IntendedAccess]:
    """Yield what *flows* are, each request with all resources that it stands for."""
    for flow in flows:
        for one in flow.pattern.value.requests:
            if flow.has(one.needs):
                yield IntendedAccess(one.action.lower(), tuple(flow.reach((one.resource,))))
