"""The role file of a migration, each of its lines with what it is known from."""

import os
from collections.abc import Iterator
from typing import Any, Final

from rolemgr.audit.migrate.limits import FittedLimit
from rolemgr.audit.migrate.migration import Migrated, Migration
from rolemgr.audit.migrate.needs import UseEvidence
from rolemgr.errors import printable
from rolemgr.files.write import to_yaml
from rolemgr.report.evidence import confidence, window

_ORDER: Final = (
    "catalog", "persona", "name", "account", "region", "path", "trust", "boundary", "add", "remove", "parameter",
    "guardrail", "no_default_guardrails", "tag",
)  # fmt: skip
_MOST: Final = 3
_WIDTH: Final = 160


def role_file_data(found: Migration) -> dict[str, Any]:
    """Return the keys of the role file of the new role of *found*, in the order in which people read them."""
    data = found.plan.best.data
    return {key: data[key] for key in _ORDER if key in data}


def role_file_text(found: Migrated, draft: str | None = None) -> str:
    """
    Return the role file of *found* as YAML, with its evidence in comments.

    *draft* is the folder, as the file names it, of a catalog with the group of what no group grants.
    """
    made = found.migration
    data = role_file_data(made)
    if draft and made.draft:
        data = {"catalog": [draft], **data, "add": sorted([*data.get("add", ()), made.draft.name])}
        data = {key: data[key] for key in _ORDER if key in data}
    lines = [*_head(made)]
    for key, value in data.items():
        lines += _section(made, key, value)
    return "".join(f"{line}\n" for line in lines)


def _head(made: Migration) -> Iterator[str]:
    yield f"# {made.plan.old.name} as it is: {made.plan.old.arn} ({made.plan.old.where})"
    if made.use is not None:
        level, why = confidence(made.use)
        yield f"# by {window(made.use)}; confidence {level}: {why}"


def _section(made: Migration, key: str, value: Any) -> Iterator[str]:
    text = to_yaml({key: value}).rstrip("\n").split("\n")
    if key in ("add", "remove"):
        yield text[0]
        for line in text[1:]:
            yield _commented(line, _of_group(made, line.strip().removeprefix("- "), key))
    elif key == "parameter":
        yield text[0]
        for name, values in value.items():
            yield f"  # {_short(_of_parameter(made, name))}"
            yield from (f"  {line}" for line in to_yaml({name: values}).rstrip("\n").split("\n"))
    elif key == "guardrail":
        yield text[0]
        for name, values in value.items():
            yield from (f"  # {_short(one)}" for one in _of_guardrail(made, name))
            yield from (f"  {line}" for line in to_yaml({name: values}).rstrip("\n").split("\n"))
    elif key == "no_default_guardrails":
        dropped = [f"{one.guardrail}: {one.dropped}" for one in _limits(made) if one.dropped]
        yield from (f"# left out: {_short(one)}" for one in dropped)
        yield from text
    else:
        yield from text


def _commented(line: str, why: str) -> str:
    return f"{line}  # {_short(why)}" if why else line


def _short(text: str) -> str:
    """Return *text* as a comment holds it: one line, not too long."""
    shown = " ".join(printable(text).split())
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 4]} ..."


def _of_group(made: Migration, name: str, key: str) -> str:
    """Say why the group *name* is added, or removed."""
    if made.draft and name == made.draft.name:
        return "what was used and no activity group grants"
    needs = [
        outcome.need for outcome in made.outcomes
        if name in outcome.groups and outcome.need.evidence is not UseEvidence.UNTRACED
    ]  # fmt: skip
    if key == "remove":
        ban = made.plan.best.bans.get(name)
        return ban.why if ban else "nothing of it was used" if made.plan.is_used else "nothing of it is needed"
    actions = list(dict.fromkeys(one.action for one in needs))
    more = f" and {len(actions) - _MOST} more" if len(actions) > _MOST else ""
    by = f": {needs[0].by[0]}" if needs and needs[0].by else ""
    return f"{', '.join(actions[:_MOST])}{more}{by}" if actions else "it denies, and keeps the persona's promise"


def _of_parameter(made: Migration, name: str) -> str:
    told = made.plan.inference.found.get(name)
    if name in made.plan.given or told is None:
        return "given"
    first = told.needs[0]
    more = f", and {len(told.needs) - 1} more" if len(told.needs) > 1 else ""
    return f"{first.action} on {first.resource}{f' by {first.by[0]}' if first.by else ''}{more}"


def _limits(made: Migration) -> tuple[FittedLimit, ...]:
    return made.trial.limits if made.trial else ()


def _of_guardrail(made: Migration, name: str) -> Iterator[str]:
    for one in _limits(made):
        if one.guardrail == name and not one.dropped:
            was = f"; it was {', '.join(one.was)}" if one.was else ""
            yield f"{one.parameter} seen in {one.seen:,} requests, first {one.where}{was}"
    denies = [one.place for one in made.denies if name in one.by]
    if denies:
        yield f"the old role denies it: {'; '.join(denies)}"


def beside(folder: str, file: str) -> str:
    """Return *folder* as the role file *file* names it: from where the file lies."""
    return os.path.relpath(folder, os.path.dirname(file) or ".")  # noqa: PTH120 - as the user wrote it
