"""A blueprint, or one role of it, for the person who approves it."""

from functools import partial

from rolemgr.blueprint.access import accesses
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.report.blueprint_preview import PreviewedBlueprint, blueprint_page, blueprint_preview_data, text_page
from rolemgr.report.pages.forms import page_text
from rolemgr.workflow.blueprint_accounts import Picked, choice_of, roles_picked
from rolemgr.workflow.blueprint_check import check_blueprint
from rolemgr.workflow.found import excused, read_checks
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.preview import Preview, preview_of


def preview_blueprint(
    name: str, found: ComposedBlueprint, pick: Picked, outside: Outside, *, full: bool
) -> Preview:  # fmt: skip
    """Return what *pick* means of *found*: the page of a role where that is one, else a page on all of it."""
    roles = roles_picked(found, pick)
    if pick.roles is not None and len(roles) == 1:
        return preview_of(choice_of(found, roles[0]), full=full)
    shown = previewed(name, found, pick, outside)
    return Preview(
        partial(blueprint_preview_data, shown),
        lambda: text_page(blueprint_page(shown), full=full),
        lambda form: page_text(blueprint_page(shown), form),
    )


def previewed(name: str, found: ComposedBlueprint, pick: Picked, outside: Outside) -> PreviewedBlueprint:
    """Return what of *found*, the blueprint in the file *name*, *pick* means, with what `check` finds in it."""
    roles = roles_picked(found, pick)
    checks = read_checks(None, ())
    made = excused(check_blueprint(found, pick, checks.files, outside), checks.config())
    accounts = tuple(
        one for one in accesses(found.source)
        if (pick.accounts is None or one.name in pick.accounts)
        and (pick.roles is None or any(role.account == one.name for role in roles))
    )  # fmt: skip
    return PreviewedBlueprint(name, found, accounts, roles, made.findings, len(made.suppressed), pick.is_all)
