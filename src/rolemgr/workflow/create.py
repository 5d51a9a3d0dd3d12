"""One role in the form that was chosen, and what is left to do before somebody works with it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from rolemgr.model.spec import DEFAULT_ACCOUNT
from rolemgr.report.next_steps import next_steps, passed_line
from rolemgr.separation.closure import passed_roles
from rolemgr.workflow.exports import ExportedText, Exports, exported_text
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import RenderedChoice, render_chosen


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
    found = render_chosen(chosen, outside, verbose=verbose, filled_later=exports.filled_later)
    made = exported_text(found, exports)
    return CreatedRole(found.documents.name, made, _next_steps(found, is_open="account" in exports.filled_later))


def _next_steps(found: RenderedChoice, *, is_open: bool) -> tuple[str, ...]:
    """
    Return as what the role's work runs, and what is left to do before somebody works with it.

    Where the account *is_open*, the user of the result fills it.
    """
    own = found.role.spec.arn
    passed = (passed_line(one, own) for one in passed_roles(found.catalog, found.role))
    texts = (*passed, *next_steps(found.role))
    return tuple(text.replace(DEFAULT_ACCOUNT, "ACCOUNT") if is_open else text for text in texts)
