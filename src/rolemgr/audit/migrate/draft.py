"""
What was used and no activity group grants, as a group of one's own: a draft that its author has to look at.

Nothing is drafted that the old role could not do, nor what the persona must never do.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rolemgr.audit.migrate.choose import GroupChoice
from rolemgr.audit.migrate.needs import PASS_ROLE, Need
from rolemgr.audit.migrate.seen import RoleCalls
from rolemgr.audit.migrate.seen_needs import seen_needs
from rolemgr.audit.migrate.trial import TrialVerdict, TriedRequest
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.iam.wildcards import action_glob
from rolemgr.model.inventory import HeldRole
from rolemgr.reference.services import find_action

_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9]+")
_SOURCE: Final = (
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"
)


@dataclass(frozen=True)
class DraftGroup:
    """An activity group *name* of what the role *old* used and no group grants: the *needs* that it is for."""

    name: str
    old: str
    needs: tuple[Need, ...]

    def data(self) -> dict[str, Any]:
        """Return the keys of its file."""
        return {
            "title": f"What {self.old} used",
            "description": f"Drafted by `rolemgr migrate` of calls of {self.old} that no activity group grants.",
            "statements": [*self._statements()],
            "sources": [_SOURCE],
        }

    def _statements(self) -> Iterator[dict[str, Any]]:
        for number, (resources, passed_to, actions) in enumerate(_joined(self.needs), start=1):
            made: dict[str, Any] = {"sid": f"Used{number}", "actions": actions}
            made |= {} if resources == ("*",) else {"resources": list(resources)}
            if passed_to:
                made["conditions"] = {"StringEquals": {"iam:PassedToService": list(passed_to)}}
            yield made

    @property
    def policy(self) -> IdentityPolicy:
        """What it grants, as a policy."""
        statements = [
            {"Effect": "Allow", "Action": one["actions"], "Resource": one.get("resources", "*"),
             **({"Condition": one["conditions"]} if "conditions" in one else {})}
            for one in self._statements()
        ]  # fmt: skip
        return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})


def _joined(needs: Iterable[Need]) -> list[tuple[tuple[str, ...], tuple[str, ...], list[str]]]:
    """Return the actions of *needs* that are needed on the same resources together."""
    resources: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in needs:
        resources.setdefault((one.action, one.passed_to), []).append(one.resource)
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (action, passed_to), found in sorted(resources.items()):
        groups.setdefault((tuple(found), passed_to), []).append(action)
    return [(found, passed_to, actions) for (found, passed_to), actions in groups.items()]


def drafted(old: HeldRole, choice: GroupChoice, tried: Sequence[TriedRequest]) -> DraftGroup | None:
    """Return the group of what was *tried* beside *choice* and is not granted; None where there is nothing to draft."""
    wanted = {one.request: one.seen for one in tried if _is_wanted(one, choice)}
    needs = [one for one in seen_needs(RoleCalls(wanted), old) if one.action != PASS_ROLE or one.passed_to]
    name = f"used-by-{_NOT_IN_IDS.sub('-', old.name.lower()).strip('-')}"[:60].rstrip("-")
    return DraftGroup(name, old.name, tuple(needs)) if needs else None


def _is_wanted(one: TriedRequest, choice: GroupChoice) -> bool:
    is_missing = one.verdict is not TrialVerdict.ALLOWED and not one.answer.denies
    return is_missing and one.before.best and may_be_drafted(one.request.action, choice)


def may_be_drafted(action: str, choice: GroupChoice) -> bool:
    """Tell whether a group of one's own may grant *action* beside the persona: nothing that it must never do."""
    tests = (action_glob(one.forbidden.action) for one in choice.persona.never)
    return find_action(action) is not None and not any(test(action.lower()) for test in tests)
