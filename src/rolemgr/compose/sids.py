"""Sids: of what has a purpose by service, purpose and access, of the rest its author's; each once in a role."""

from collections.abc import Iterator, Sequence
from itertools import chain, count

from rolemgr.compose.distribute import ANY, Share
from rolemgr.iam.documents import Effect
from rolemgr.model.role import FrozenConditions
from rolemgr.reference.service_words import service_word

SID_LENGTH = 64
NO_RESOURCE_LEVEL = "NoResourceLevelPermissions"
"""IAM's own term for actions that know no resource but ``*``."""


def own_sid(share: Share) -> str:
    """
    Return the Sid of a share without a purpose: its author's.

    Where the author's statement comes apart, by services or by the condition keys that fit, what sets this part
    apart stands behind it.
    """
    services = {action.partition(":")[0] for action in share.origin.actions}
    apart = len(services) > 1 and not (share.resources == ANY and share.effect is Effect.DENY)
    service = service_word(share.action.partition(":")[0]) if apart else ""
    return f"{share.origin.sid}{service}{ending(share)}"


def ending(share: Share) -> str:
    """Return the condition keys that *share* has beside its author's, and those of its author's that it has not."""
    if share.authored is None or share.authored == share.conditions:
        return ""
    here, there = set(_keys(share.conditions)), set(_keys(share.authored))
    more, less = sorted(here - there), sorted(there - here)
    return "".join(word + "And".join(keys) for word, keys in (("By", more), ("Without", less)) if keys)


def _keys(conditions: FrozenConditions) -> Iterator[str]:
    """Yield a word for each condition key: ``aws:RequestTag/Project`` is RequestTag, whatever the tag."""
    for _, block in conditions:
        for key, _ in block:
            name = key.partition("/")[0].rpartition(":")[2]
            yield "".join(filter(str.isalnum, name[:1].upper() + name[1:]))


def unique(wish: str, shares: Sequence[Share], taken: set[str]) -> str:
    """
    Return *wish* in IAM's length, and add it to *taken*.

    Where it is taken, the author's Sid of the first of *shares* stands behind it, or a number.
    """
    authors = (share.origin.sid for share in shares[:1])
    endings = chain(("",), authors, map(str, count(2)))
    sid = next(sid for end in endings if (sid := wish[: SID_LENGTH - len(end)] + end[:SID_LENGTH]) not in taken)
    taken.add(sid)
    return sid
