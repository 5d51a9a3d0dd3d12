"""One page on a role, several or a catalog, for those who approve it and those who review it."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, RolemgrError, gathering, raise_all
from rolemgr.files.source import SourceFile
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render
from rolemgr.report.pages.of_report_catalog import ReportedCatalog, catalog_report
from rolemgr.report.pages.of_report_roles import ReportedRole, role_report, roles_report
from rolemgr.report.pages.page import Page
from rolemgr.report.role_grids import RoleColumn
from rolemgr.workflow.check_role import findings_in_force
from rolemgr.workflow.choices import catalog_folders
from rolemgr.workflow.many import matching_files
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.prove import as_given, chosen_somewhere, require_no_role
from rolemgr.workflow.role import RenderedChoice, render_chosen
from rolemgr.workflow.role_options import one_role

_EXAMPLE: Mapping[str, Any] = {"account": "111122223333", "region": "us-east-1"}


class Report(NamedTuple):
    """A report as a *page*, whose data are its JSON form, and what is *wrong* with parts that it is without."""

    page: Page
    wrong: Sequence[InputError] = ()


def whole_command(words: Sequence[str]) -> str:
    """Return the command that gives the report on *words* as JSON."""
    return shlex.join(["rolemgr", "report", *words, "--format", "json", "-o", "report.json"])


def roles_or_catalog_reported(chosen: Mapping[str, Any], outside: Outside, *, verbose: bool) -> Report:
    """
    Return the report on the roles that *chosen* and their fallbacks describe, or on the catalog where none is chosen.

    A role file that makes no role stops no other. Raises what is wrong where none makes one, and InputError for
    options of a role where none is chosen.
    """
    files = chosen["role"]
    if files:
        names = matching_files(files, outside) if files != ("-",) else list(files)
        words = (*as_given({**chosen, "role": None}), *files)
        return _roles([{**chosen, "role": name} for name in names], words, outside, verbose=verbose)
    one = one_role(chosen)
    if chosen_somewhere(one, outside.environ):
        return _roles([one], as_given(one), outside, verbose=verbose)
    require_no_role(one)
    return _catalog(chosen["catalog"])


def _roles(
    choices: Sequence[Mapping[str, Any]], words: Sequence[str], outside: Outside, *, verbose: bool
) -> Report:  # fmt: skip
    wrong: list[InputError] = []
    made: list[tuple[str, RenderedChoice]] = []
    around = outside._replace(say=once(outside.say))
    for chosen in choices:
        with gathering(wrong):
            made.append((str(chosen["role"] or ""), render_chosen(chosen, around, verbose=verbose)))
    if not made:
        raise_all(wrong)
    roles = _reported(made)
    whole = whole_command(words)
    page = role_report(roles[0], whole) if len(roles) == 1 else roles_report(roles, whole)
    return Report(page, wrong)


def _reported(made: Sequence[tuple[str, RenderedChoice]]) -> list[ReportedRole]:
    """Return the roles under names that tell them apart: by the account too where two have one name."""
    names = [found.documents.name for _, found in made]
    roles: list[ReportedRole] = []
    for file, found in made:
        name = found.documents.name
        name = name if names.count(name) == 1 else f"{found.role.spec.account}/{name}"
        name = name if not any(one.column.name == name for one in roles) else f"{name} ({file})"
        in_force = findings_in_force(found)
        column = RoleColumn(name, found.role, found.documents, found.catalog)
        roles.append(ReportedRole(column, file, in_force.findings, len(in_force.suppressed)))
    return roles


def _catalog(folders: Sequence[str]) -> Report:
    """Return the report on the catalog in force, with those of *folders*."""
    catalog = Catalog(catalog_folders(folders))
    made: list[RoleColumn] = []
    not_made: dict[str, str] = {}
    for name in catalog.found("personas"):
        try:
            spec = parse_model(SourceFile("example", {**_EXAMPLE, "persona": name}, {}), RoleSpec)
            role = compose(catalog, spec)
            made.append(RoleColumn(name, role, render(role), catalog))
        except RolemgrError as error:
            not_made[name] = str(error)
    whole = whole_command([word for folder in folders for word in ("--catalog", folder)])
    return Report(catalog_report(ReportedCatalog(catalog, made, not_made), whole))
