"""What stays though no use of it is recorded, and why: what a trail does not show, and what somebody wants to keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from rolemgr.events.untraced import why_untraced
from rolemgr.iam.wildcards import matches_action

BY_THE_USER = "--keep says so"


@dataclass(frozen=True)
class KeepReasons:
    """Why actions stay without evidence of their use: *keep* are patterns of actions that the user names."""

    keep: Sequence[str] = ()

    def why(self, action: str) -> str | None:
        """Return why *action* stays though no trail shows its use; None where a trail would show it."""
        if any(matches_action(one, action) for one in self.keep):
            return BY_THE_USER
        return why_untraced(action)
