"""A difference in each of its forms."""

from collections.abc import Callable
from typing import Any

from rolemgr.errors import printable
from rolemgr.files.write import to_json
from rolemgr.report.diff import FolderDiff, RoleDiff, WholeRole, diff_text, folder_text, role_data
from rolemgr.report.differences import changes_annotations
from rolemgr.report.findings import annotation
from rolemgr.report.pages.forms import FORMS, page_text


def diff_report(found: RoleDiff | FolderDiff, form: str, is_file: Callable[[str], bool], *, explain: bool) -> str:
    """Return *found* in the *form* that somebody chose; *explain* adds the requests to the text."""
    if form in FORMS:
        from rolemgr.report.pages.of_changes import changes_page, folder_page

        page = folder_page(found, diff_data(found)) if isinstance(found, FolderDiff) else changes_page(found)
        return page_text(page, form)
    if form == "json":
        return to_json(diff_data(found))
    if form == "github":
        return _annotations(found, is_file)
    return folder_text(found, explain=explain) if isinstance(found, FolderDiff) else diff_text(found, explain=explain)


def diff_data(found: RoleDiff | FolderDiff) -> dict[str, Any]:
    """
    Return *found* for ``--format json``: of two files as `role_data` says, of two folders one such for each.

    Of folders: ``{"a", "b", "same", "roles": [{"file", ...}], "added": [{"file", "kind", "may": {...}, "may_give"}],
    "removed": [...], "refused": [{"file", "problem"}], "passed_over": [...]}``; *may_give* tells whether access may be
    gained by it.
    """
    if isinstance(found, RoleDiff):
        return role_data(found)
    return {
        "a": found.old,
        "b": found.new,
        "same": found.same,
        "roles": [{"file": one.title, **diff_data(one), "notes": list(one.notes)} for one in found.roles],
        "added": [_whole_data(one, may_give=one.may_give) for one in found.added],
        "removed": [_whole_data(one, may_give=bool(one.opens)) for one in found.removed],
        "refused": [{"file": file, "problem": problem} for file, problem in found.refused],
        "passed_over": list(found.passed_over),
    } | ({"settings": list(found.settings)} if found.blueprints else {})


def _whole_data(one: WholeRole, *, may_give: bool) -> dict[str, Any]:
    may = {title: list(entries) for title, entries in one.blocks}
    return {"file": one.title, "kind": one.kind, "may": may, "may_give": may_give}


def _annotations(found: RoleDiff | FolderDiff, is_file: Callable[[str], bool]) -> str:
    """Return GitHub's annotations: access gained, a new role and what can't be told are errors."""
    if isinstance(found, RoleDiff):
        return changes_annotations(found.changes, found.new.name, found.account, is_file=is_file)
    texts = [_annotations(one, is_file) for one in found.roles]
    texts += [_of_whole(one, f"a new {one.kind}", may_give=one.may_give) for one in found.added]
    gone = ((one, f": gains {one.opens}" if one.opens else "") for one in found.removed)
    texts += [_of_whole(one, f"the {one.kind} is gone{gives}", may_give=bool(gives)) for one, gives in gone]
    texts += [annotation("warning", {}, printable(f"said in the file: {text}")) for text in found.settings]
    texts += [annotation("error", {}, printable(f"{file}: not compared: {problem}")) for file, problem in found.refused]
    return "".join(texts)


def _of_whole(one: WholeRole, text: str, *, may_give: bool) -> str:
    return annotation("error" if may_give else "warning", {}, printable(f"{one.title}: {text}"))
