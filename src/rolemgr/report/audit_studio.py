"""Who works in Studio as which role, for people and for programs."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rolemgr.audit.studio_roles import Worker

_WIDTH: Final = 80
_ROLES: Final = 6


def worker_data(one: Worker) -> dict[str, Any]:
    """Return who works as which role, for programs."""
    member = one.member
    return {
        "kind": member.kind, "arn": member.arn, "role": member.role, "space_role": member.space_role,
        "inherits": member.inherits, "nearest": one.nearest, "exceeds_by": one.exceeds,
        "path": member.where.file, "line": member.where.line,
    }  # fmt: skip


def studio_lines(workers: Sequence[Worker]) -> Iterator[str]:
    """Yield who works as which role in Studio, a line a role, those of most profiles first."""
    by_role: dict[str, list[Worker]] = {}
    for one in workers:
        by_role.setdefault(one.member.role or "a role that is not known", []).append(one)
    if by_role:
        yield ""
        yield "Studio, by the role that works there"
    for role, found in sorted(by_role.items(), key=lambda item: (-len(item[1]), item[0]))[:_ROLES]:
        counts = [(kind, sum(one.member.kind == kind for one in found)) for kind in ("domain", "user profile", "space")]
        who = ", ".join(_counted(count, kind) for kind, count in counts if count)
        near = f"; nearest persona {found[0].nearest}" if found[0].nearest else ""
        by = f", which it exceeds by {_counted(found[0].exceeds, 'action')}" if found[0].exceeds else ""
        yield from textwrap.wrap(
            f"  {role.rpartition('/')[2]}: {who}{near}{by}", _WIDTH, subsequent_indent="    ", break_long_words=False
        )
    if len(by_role) > _ROLES:
        yield f"  {len(by_role) - _ROLES} more roles: --format json"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
