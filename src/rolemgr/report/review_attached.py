"""What the managed policies that are attached to a role give it, beside the role's own, in the words of a review."""

from collections.abc import Iterator, Sequence
from typing import Final

from rolemgr.model.role import ComposedRole, ComposedStatement
from rolemgr.report.review_resources import WRITING, short_arn, verbs_of
from rolemgr.report.statements import access_level

_SERVICES: Final = 4
"""How many services of a policy are named."""
_REACHING: Final = {"iam:PassRole": "pass", "sts:AssumeRole": "assume"}


def attached_use(role: ComposedRole, *, writing: bool, whole: bool) -> Iterator[str]:
    """Yield for each attached policy what it lets the role change, or read besides: services, patterns and verbs."""
    for name, statements in _attached(role):
        if statements is None:
            yield f"{name} (attached)  its text is not at hand: it may {'write' if writing else 'read'} anything"
            continue
        by_service: dict[str, dict[str, set[str]]] = {}
        for one in statements:
            for action in one.actions:
                if (access_level(action) in WRITING) is writing and action not in _REACHING:
                    patterns = by_service.setdefault(action.partition(":")[0], {})
                    for resource in one.resources:
                        patterns.setdefault(short_arn(resource), set()).add(action)
        if by_service:
            yield f"{name} (attached)  {_services(by_service, whole=whole)}; less what this role's Denies deny"


def _services(found: dict[str, dict[str, set[str]]], *, whole: bool) -> str:
    order = sorted(found, key=lambda name: (_place(name), -sum(map(len, found[name].values())), name))
    most = len(order) if whole else _SERVICES
    told = [f"{name} {_patterns(found[name], whole=whole)}" for name in order[:most]]
    rest = order[most:]
    return f"{', '.join(told)}{f' and {len(rest)} more services' if rest else ''}"


_FIRST: Final = ("iam", "s3", "secretsmanager", "kms", "sagemaker")
"""What a reviewer wants to see first."""


def _place(service: str) -> int:
    return _FIRST.index(service) if service in _FIRST else len(_FIRST)


def _patterns(found: dict[str, set[str]], *, whole: bool) -> str:
    """Return the widest patterns of a service, with the verbs of all that is allowed there."""
    order = sorted(found, key=lambda text: (text != "*", -len(found[text]), len(text)))
    kept = order[:1] if order[0] == "*" else order if whole else order[:2]
    verbs = verbs_of((action for actions in found.values() for action in actions), whole=whole)
    more = f" and {len(order) - len(kept)} more" if len(order) > len(kept) and order[0] != "*" else ""
    return f"{' '.join(kept)}{more} ({verbs})"


def attached_reach(role: ComposedRole) -> Iterator[str]:
    """Yield which roles an attached policy lets the role pass or assume, and where nobody knows."""
    for name, statements in _attached(role):
        if statements is None:
            yield f"{name}, attached: its text is not at hand, so that it may pass and assume any role"
            continue
        for action, verb in _REACHING.items():
            found = dict.fromkeys(
                short_arn(resource) for one in statements if action in one.actions for resource in one.resources
            )
            if found:
                yield f"{name}, attached, lets it {verb} {' or '.join(found)}"


def not_at_hand(role: ComposedRole) -> tuple[str, ...]:
    """Return the attached policies whose text nobody here has: of what the role can never do they may allow all."""
    return tuple(name for name, statements in _attached(role) if statements is None)


def _attached(role: ComposedRole) -> Iterator[tuple[str, Sequence[ComposedStatement] | None]]:
    """Yield each attached policy by name with what it allows; None where its text is not at hand."""
    if not role.spec.managed_policy:
        return
    from rolemgr.separation.attached import attached_statements  # few roles have them

    known = attached_statements(role)
    for arn in sorted(role.spec.managed_policy):
        yield arn.rpartition("/")[2], known.get(arn)
