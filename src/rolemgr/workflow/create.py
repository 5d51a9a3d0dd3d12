"""One role in the form that was chosen, and what is left to do before somebody works with it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rolemgr.model.spec import DEFAULT_ACCOUNT
from rolemgr.report.next_steps import next_steps, passed_line
from rolemgr.separation.closure import passed_roles
from rolemgr.workflow.exports import ExportedText, Exports, exported_text
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import EXAMPLE_ACCOUNT, FIRST_REGION, OVERFLOW, RenderedChoice, render_chosen


class CreatedRole(NamedTuple):
    """The role's name, its text with notes, and what is left to do."""

    name: str
    exported: ExportedText
    next_steps: tuple[str, ...]


def create_role(chosen: Mapping[str, Any], exports: Exports, outside: Outside, *, verbose: bool) -> CreatedRole:
    """
    Return the role that *chosen* and their fallbacks describe in the form of *exports*; say what was assumed.

    Raises InputError (or Problems) for bad input, and for a role that the form can't carry.
    """
    notes: list[str] = []
    found = render_chosen(
        chosen, outside._replace(say=notes.append), verbose=verbose, filled_later=exports.filled_later
    )
    made = exported_text(found, exports)
    steps = _next_steps(found, is_open="account" in exports.filled_later)
    few = FewLines(notes, steps) if verbose else _few(notes, steps)
    for text in few.notes:
        outside.say(text)
    return CreatedRole(found.documents.name, made, tuple(few.steps))


class RoleOfMany(NamedTuple):
    """The text of one role of many with its notes, its ARN, and the roles that it passes, by ARN, as what is said."""

    exported: ExportedText
    arn: str
    passed: Mapping[str, str]


def role_of_many(found: RenderedChoice, exports: Exports) -> RoleOfMany:
    """Return *found* in the form of *exports*, and which roles of the catalog its work runs as, with their commands."""
    own = found.role.spec.arn
    passed = {
        one.arn: passed_line(one, own)
        for one in passed_roles(found.catalog, found.role)
        if one.persona and "account" not in exports.filled_later
    }
    return RoleOfMany(exported_text(found, exports), own, passed)


class FewLines(NamedTuple):
    """What is said of a role: notes, a line each, and what is left to do, which is one line."""

    notes: Sequence[str]
    steps: Sequence[str]


def _few(notes: Sequence[str], steps: Sequence[str]) -> FewLines:
    """
    Return *notes* and *steps* in as few lines as a person reads: of a bare command three at most; -v says them apart.

    What was assumed is one note, and so are limits that guardrails can't keep; the size of the role, which asks for
    something, comes with the steps, and so does what else is above two notes of these kinds.
    """
    assumed = [text for text in notes if text in (EXAMPLE_ACCOUNT, FIRST_REGION)]
    limits = [text for text in notes if _NOT_NARROWED.fullmatch(text)]
    sizes = [text for text in notes if text.startswith(OVERFLOW)]
    others = [text for text in notes if text not in (*assumed, *limits, *sizes)]
    first = [_ASSUMED] if len(assumed) > 1 else assumed
    limit = [_together(limits)] if len(limits) > 1 else limits
    if others:
        return FewLines([*first, *others], [*steps, *sizes, *limit])
    return FewLines([*first, *limit], [*steps, *sizes])


def _together(limits: Sequence[str]) -> str:
    found = [match for text in limits if (match := _NOT_NARROWED.fullmatch(text))]
    each = "; ".join(f"{one[1]} can't narrow {_shortened(one[2].split(', '))}" for one in found)
    return f"guardrails: {each}; --strict denies what they can't narrow, `rolemgr preview` lists it"


_ASSUMED = (
    f"account {DEFAULT_ACCOUNT} is AWS's example account, region us-east-1; choose yours with --account and --region"
)
_NOT_NARROWED = re.compile(r"guardrail (\S+) can't narrow (.*); --strict denies \w+")


def _shortened(actions: Sequence[str]) -> str:
    return ", ".join(actions) if len(actions) < 3 else f"{actions[0]} and {len(actions) - 1} more"


def _next_steps(found: RenderedChoice, *, is_open: bool) -> tuple[str, ...]:
    """
    Return as what the role's work runs, and what is left to do before somebody works with it.

    Where the account *is_open*, the user of the result fills it.
    """
    own = found.role.spec.arn
    passed = (passed_line(one, own) for one in passed_roles(found.catalog, found.role) if not one.idle)
    texts = (*passed, *next_steps(found.role))
    return tuple(text.replace(DEFAULT_ACCOUNT, "ACCOUNT") if is_open else text for text in texts)
