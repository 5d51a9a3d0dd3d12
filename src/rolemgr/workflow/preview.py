"""A role for the person who approves it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from rolemgr.report.preview import full_page
from rolemgr.report.review import review_page
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import RenderedChoice, render_chosen

if TYPE_CHECKING:
    from rolemgr.report.pages.page import Page


class Preview(NamedTuple):
    """What gives a role as *data*, as a *page* on a terminal, and *in_form* of a page of its own."""

    data: Callable[[], Any]
    page: Callable[[], Any]
    in_form: Callable[[str], str]


def preview(chosen: Mapping[str, Any], outside: Outside, *, full: bool, verbose: bool) -> Preview:
    """Return the role that *chosen* and their fallbacks describe, its page the *full* one or a short one."""
    return preview_of(render_chosen(chosen, outside, verbose=verbose), full=full)


def preview_of(found: RenderedChoice, *, full: bool) -> Preview:
    """Return a rendered role, its page the *full* one or a short one."""
    return Preview(partial(_data, found), partial(_page, found, full=full), partial(_in_form, found))


def _data(found: RenderedChoice) -> Any:
    from rolemgr.report.review_data import review_data
    from rolemgr.workflow.check_role import findings_in_force

    in_force = findings_in_force(found)
    return review_data(found.role, found.documents, found.catalog, in_force.findings, len(in_force.suppressed))


def _page(found: RenderedChoice, *, full: bool) -> Any:
    from rolemgr.workflow.check_role import findings_in_force

    in_force = findings_in_force(found)
    suppressed = len(in_force.suppressed)
    one = review_page(found.role, found.documents, found.catalog, in_force.findings, suppressed, whole=full)
    return full_page(one, found.role, found.catalog) if full else one


def _in_form(found: RenderedChoice, form: str) -> str:
    """Return the role in a *form* of `rolemgr.report.pages.forms.FORMS`."""
    from rolemgr.report.pages.forms import page_text

    return page_text(page_of(found), form)


def page_of(found: RenderedChoice) -> "Page":
    """Return the page of a rendered role, of which the forms are made."""
    from rolemgr.report.pages.of_role import role_page
    from rolemgr.workflow.check_role import findings_in_force

    in_force = findings_in_force(found)
    return role_page(found.role, found.documents, found.catalog, in_force.findings, len(in_force.suppressed))
