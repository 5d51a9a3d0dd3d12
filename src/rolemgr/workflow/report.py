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
from rolemgr.workflow.choices import catalog_folders, role_source
from rolemgr.workflow.many import matching_files
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.prove import as_given, chosen_somewhere, require_no_role
from rolemgr.workflow.role import RenderedChoice, render_source
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
    one = one_role(chosen) if not files else chosen
    if files or chosen_somewhere(one, outside.environ):
        words = (*as_given({**chosen, "role": None}), *files) if files else as_given(one)
        made, wrong = rendered_roles(chosen, outside, verbose=verbose)
        roles, whole = _reported(made), whole_command(words)
        return Report(role_report(roles[0], whole) if len(roles) == 1 else roles_report(roles, whole), wrong)
    require_no_role(one)
    return _catalog(chosen["catalog"])


def rendered_roles(
    chosen: Mapping[str, Any], outside: Outside, *, verbose: bool
) -> tuple[list[tuple[str, RenderedChoice]], list[InputError]]:
    """
    Return the roles that *chosen* and their fallbacks describe, each with its role file, and what is wrong with others.

    What is said of several is said once. Raises what is wrong where none makes a role.
    """
    files = chosen["role"]
    names = matching_files(files, outside) if files and files != ("-",) else list(files or ())
    choices = [{**chosen, "role": name} for name in names] or [one_role(chosen)]
    wrong: list[InputError] = []
    made: list[tuple[str, RenderedChoice]] = []
    around = outside._replace(say=once(outside.say))
    catalogs: dict[tuple[str, ...], Catalog] = {}
    for one in choices:
        with gathering(wrong):
            source = role_source(one, outside.environ, outside.read)
            made.append((str(one["role"] or ""), render_source(source, catalogs, around.say, verbose=verbose)))
    if not made:
        raise_all(wrong)
    return made, wrong


def told_apart(made: Sequence[tuple[str, RenderedChoice]]) -> list[str]:
    """Return names that tell the roles apart: by the account too where two have one name, then by the file."""
    names = [found.documents.name for _, found in made]
    shown: list[str] = []
    for file, found in made:
        name = found.documents.name
        name = name if names.count(name) == 1 else f"{found.role.spec.account}/{name}"
        shown.append(name if name not in shown else f"{name} ({file})")
    return shown


def _reported(made: Sequence[tuple[str, RenderedChoice]]) -> list[ReportedRole]:
    roles: list[ReportedRole] = []
    for name, (file, found) in zip(told_apart(made), made, strict=True):
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
