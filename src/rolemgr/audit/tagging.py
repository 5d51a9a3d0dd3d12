"""
Tags that a principal gives itself, or whom it is about, before it asks for what they open.

A policy may turn on the tags of who asks (aws:PrincipalTag), or of the role or user that is asked for
(aws:ResourceTag, iam:ResourceTag). Whoever may set them decides what such a condition says. First it is asked with
tags of any value; what a request that comes through had is then set, and all is asked again as it stands then.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from rolemgr.audit.contexts import TAG_KEYS
from rolemgr.audit.rights import ShownRequest, tags_of
from rolemgr.audit.setting import AuditedPrincipal
from rolemgr.model.inventory import HeldRole

_ACTIONS: Final = ("iam:TagUser", "iam:TagRole", "iam:UntagUser", "iam:UntagRole")
_OF_PRINCIPAL: Final = TAG_KEYS[0]


class Tagged(NamedTuple):
    """A *holder* with other tags, in words *how* it got them, and the requests *shown* by which it did."""

    holder: HeldRole
    how: str
    shown: tuple[ShownRequest, ...]


def with_any_tags(subject: AuditedPrincipal) -> AuditedPrincipal | None:
    """Return *subject* with tags of whatever value is wanted, also of what it asks for; None where it sets none."""
    if subject.rights.free or not any(map(subject.rights.speaks, _ACTIONS)):
        return None
    return subject.working_as(subject.holder, TAG_KEYS)


def tagged(
    subject: AuditedPrincipal, holder: HeldRole, asked: Iterable[tuple[AuditedPrincipal, ShownRequest]]
) -> Tagged | None:
    """
    Return *holder* with the tags that the requests *asked*, each with who asks, take for granted of it.

    None where *subject* may not set one of them. Raises TooComplex.
    """
    wanted = _wanted(holder, asked)
    kept = {key: value for key, value in holder.tags.items() if key.lower() not in wanted}
    shown = tuple(_set(subject, holder, key, value) for key, value in wanted.items())
    if None in shown:
        return None
    made = replace(holder, tags={**kept, **{key: value for key, value in wanted.items() if value is not None}})
    return Tagged(made, _told(subject, holder, wanted), tuple(one for one in shown if one))


def _told(subject: AuditedPrincipal, holder: HeldRole, wanted: Mapping[str, str | None]) -> str:
    whom = "itself" if holder.arn == subject.holder.arn else holder.name
    kind = "User" if holder.kind == "user" else "Role"
    given = ", ".join(f"{key}={value}" for key, value in wanted.items() if value is not None)
    taken = ", ".join(key for key, value in wanted.items() if value is None)
    told = [f"tags {whom} {given} (iam:Tag{kind})"] if given else []
    return ", ".join([*told, *([f"takes the tag {taken} off {whom} (iam:Untag{kind})"] if taken else [])])


def _wanted(holder: HeldRole, asked: Iterable[tuple[AuditedPrincipal, ShownRequest]]) -> dict[str, str | None]:
    """Return the tags by their keys, in lower case, that *holder* must have, or (None) not have."""
    own = {key.lower(): value for key, value in holder.tags.items()}
    found: dict[str, str | None] = {}
    for who, shown in asked:
        request = shown.request
        for key in sorted(who.rights.keys_of(shown)):
            arn = request.principal if key.startswith(_OF_PRINCIPAL) else request.resource
            if shown.holder and key.startswith(TAG_KEYS) and arn == holder.arn:
                found.setdefault(key.partition("/")[2], next(iter(request.context.folded.get(key, ())), None))
    return {key: value for key, value in found.items() if own.get(key) != value}


def _set(subject: AuditedPrincipal, holder: HeldRole, key: str, value: str | None) -> ShownRequest | None:
    """Return the request by which *subject* gives *holder* the tag, or takes it off; None where it may not."""
    kind = "User" if holder.kind == "user" else "Role"
    context = {**tags_of(holder), "aws:tagkeys": key}
    if value is None:
        return subject.rights.ask(f"iam:Untag{kind}", holder.arn, context).shown
    return subject.rights.ask(f"iam:Tag{kind}", holder.arn, {**context, f"aws:requesttag/{key}": value}).shown
