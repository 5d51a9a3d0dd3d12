"""Names that end in the time at which something began: what they have in common stands before it."""

import re
from typing import Final

from rolemgr.iam.arn import Arn
from rolemgr.iam.wildcards import has_wildcard

SHORTEST_PREFIX: Final = 3
"""A shorter beginning of a name says nothing of what is named."""
_TIME: Final = re.compile(r"[-_]?\d{4}-?\d\d-?\d\d.*|[-_]\d{9,}.*")
"""How a name goes on where a time begins: 2026-11-28-10-15-00-123, 20261128, or seconds since 1970."""


def name_without_time(name: str) -> str:
    """Return *name*, of something that was used, up to the time in it, as a pattern."""
    if has_wildcard(name):
        return name
    found = _TIME.search(name)
    return f"{name[: found.start()]}*" if found and found.start() >= SHORTEST_PREFIX else name


def resource_without_time(resource: str) -> str:
    """Return the ARN *resource* with the name at its end up to the time in it; anything else as it is."""
    arn = Arn.parse(resource)
    if arn is None:
        return resource
    kind, slash, name = arn.resource.partition("/")
    return str(arn._replace(resource=f"{kind}{slash}{name_without_time(name)}"))
