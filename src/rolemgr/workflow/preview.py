"""A role for the person who approves it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rolemgr.report.preview import full_page, preview_data
from rolemgr.report.review import review_page
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import Chosen, render_chosen
from rolemgr.workflow.views import Views


def preview(chosen: Mapping[str, Any], outside: Outside, *, full: bool, verbose: bool) -> Views:
    """Return the role that *chosen* and their fallbacks describe, its page the *full* one or a short one."""
    found = render_chosen(chosen, outside, verbose=verbose)
    return Views(partial(preview_data, found.role, found.documents, found.catalog), partial(_page, found, full=full))


def _page(found: Chosen, *, full: bool) -> Any:
    from rolemgr.workflow.check_role import findings_in_force  # data has no findings

    one = review_page(found.role, found.documents, found.catalog, findings_in_force(found))
    return full_page(one, found.role, found.catalog) if full else one
