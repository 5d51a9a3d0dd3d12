"""The roles of an account with the few personas that they can become."""

import shlex
from collections.abc import Iterator
from typing import Final

from rolemgr.audit.migrate.cluster import Clustered, Clusters
from rolemgr.audit.migrate.denies import DenyVerdict
from rolemgr.audit.migrate.trial import TrialVerdict
from rolemgr.errors import printable
from rolemgr.report.migrate import clustered_data
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone, counted

_NAME: Final = 30
_UNJUDGED: Final = 5


def account_data(found: Clusters) -> dict[str, object]:
    """Return *found* for ``--format json``."""
    return {
        "personas": list(found.personas),
        "fewest": found.exact,
        "roles": [clustered_data(one) for one in found.roles],
        "not_judged": [one._asdict() for one in found.not_judged],
    }


def _summary(found: Clusters) -> str:
    few = "no fewer would do" if found.exact else "perhaps fewer would do"
    roles = counted(len(found.roles), "role")
    return f"{roles} of SageMaker onto {counted(len(found.personas), 'persona')} ({few})"


def account_text(found: Clusters, source: str) -> str:
    """Return *found*, of the files *source* as one types them, on one page."""
    return "".join(f"{printable(line).rstrip()}\n" for line in _lines(found, source))


def _lines(found: Clusters, source: str) -> Iterator[str]:
    yield _summary(found)
    for name in found.personas:
        yield ""
        yield name
        for one in found.roles:
            if one.choice.persona.id == name:
                changes = f"adds {len(one.choice.add)}, removes {len(one.choice.remove)}"
                yield f"  {one.plan.old.name[:_NAME].ljust(_NAME)}  loses {len(one.lost):4}  {changes}{_tried(one)}"
    if found.not_judged:
        yield ""
        yield f"Not judged: {counted(len(found.not_judged), 'place')}"
        for aside in found.not_judged[:_UNJUDGED]:
            yield f"  {aside.path}{f':{aside.line}' if aside.line else ''}: {aside.place}: {aside.reason}"
    if found.roles:
        yield ""
        yield f"next: rolemgr migrate {shlex.quote(found.roles[0].plan.old.name)} {source}"


def _tried(one: Clustered) -> str:
    """Say what becomes of what was recorded of a role."""
    made = one.migration
    trial = made.trial if made else None
    if made is None or trial is None:
        return ""
    total, kept = len(trial.tried), len(trial.having(TrialVerdict.ALLOWED))
    stays = f"{kept} of {counted(total, 'recorded request')} stay allowed" if kept < total else f"all {total} stay"
    limits = sum(each.verdict is not DenyVerdict.KEPT for each in made.denies)
    return f"; {stays}{f'; {limits} LOST LIMIT' + ('S' if limits > 1 else '') if limits else ''}"


def account_page(found: Clusters) -> Page:
    """Return the page on *found*."""
    rows = tuple(
        (Code(one.plan.old.name), one.choice.persona.id, len(one.lost), len(one.choice.add), len(one.choice.remove))
        for one in found.roles
    )
    aside = tuple(f"{one.path}: {one.place}: {one.reason}" for one in found.not_judged)
    sections = (
        Section("Roles", table=Table(("Role", "Persona", "Loses", "Adds", "Removes"), rows)),
        Section("Not judged", aside, tone=Tone.BAD),
    )
    shown = tuple(one for one in sections if not one.is_empty)
    return Page("Migration", (), (Fact(_summary(found)),), shown, account_data(found))
