"""
What a managed policy gives when it is attached, or takes when it is detached: each of its Allows as a change.

Its text is AWS's, where the reference has it; of another policy all that it allows changes, whatever that is. The
comparison of the role's own policies knows nothing of these, so that no request stands behind such a change.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

from rolemgr.change.change import AccessChange, Cause
from rolemgr.change.weight import weight_of
from rolemgr.iam.documents import Effect, IdentityStatement
from rolemgr.reference.managed_policies import ManagedPolicy, policy_at

_Kind: TypeAlias = Literal["gains", "loses"]
NOT_AT_HAND: Final = "text not at hand"
"""Why nobody can tell what a policy of the account allows."""
_LESS: Final = {
    "gains": "less what the role has already or denies",
    "loses": "less what the role has without it",
}
"""What an Allow of the policy changes nothing about, by the kind of change."""


def of_attached(arn: str, kind: _Kind, causes: tuple[Cause, ...]) -> Iterator[AccessChange]:
    """Yield what the role gains or loses by the managed policy *arn*, for *causes* or by the attachment itself."""
    by = causes or (Cause("managed_policy", None, *((None, arn) if kind == "gains" else (arn, None))),)
    policy = policy_at(arn)
    if policy is None:
        yield AccessChange(kind, "permissions", causes=by, reason=NOT_AT_HAND)
        return
    together: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for one in policy.document.statement:
        if one.effect is Effect.ALLOW:
            key = (one.resource or ("*",), tuple(_notes(one, policy, kind)))
            together.setdefault(key, []).extend(one.action or ("*",))
    for (resources, notes), actions in together.items():
        yield AccessChange(kind, "permissions", "", _worst_first(actions), resources, causes=by, notes=notes)


def _worst_first(actions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(actions), key=lambda name: weight_of((name,))))


def _notes(one: IdentityStatement, policy: ManagedPolicy, kind: _Kind) -> Iterator[str]:
    """Yield what narrows the Allow *one*, and by which text it is told."""
    yield from _but("action", one.not_action)
    yield from _but("resource", one.not_resource)
    if one.condition:
        keys = dict.fromkeys(key for block in one.condition.values() for key in block)
        yield f"under conditions on {', '.join(keys)}"
    if any(each.effect is Effect.DENY for each in policy.document.statement):
        yield "less what the policy itself denies"
    yield _LESS[kind]
    elsewhere = "" if policy.arn.startswith("arn:aws:") else ", as in partition aws"
    yield f"by AWS's text {policy.version} of {policy.updated}{elsewhere}"


def _but(what: str, excepted: Sequence[str] | None) -> Iterator[str]:
    if excepted:
        yield f"every {what} but {', '.join(excepted)}"
