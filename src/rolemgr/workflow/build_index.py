"""The pages that stand at the top of a build: what is in it, and what to do with it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Final

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedEndpoint, PlacedPolicy, PlacedRole
from rolemgr.blueprint.placed import RoleClass
from rolemgr.report.pages.forms import page_text
from rolemgr.report.pages.of_build import Built, build_page
from rolemgr.workflow.permission_sets import permission_set_notes, permission_sets
from rolemgr.workflow.shared_roles import SharedRole, shared_notes

INDEX: Final = {"html": "index.html", "markdown": "index.md"}
"""What the page is called in each form."""
_MOST_NAMED: Final = 3


def index_files(
    found: ComposedBlueprint, form: str, shared: Sequence[SharedRole], files: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each page on a build of *found* in *form* with those *files*."""
    alike = [(one.unit, one.name, [placed.account for placed in one.placed]) for one in shared]
    notes = tuple(_notes(found, shared))
    name = PurePath(found.source.source.name).name
    page = build_page(Built(found, name, form, files, alike, notes, tuple(_no_cloudformation(found))))
    for kind, path in INDEX.items():
        yield path, page_text(page, kind)


def _notes(found: ComposedBlueprint, shared: Sequence[SharedRole]) -> Iterator[tuple[str, str]]:
    """Yield what the documents leave open and of what, each once: what holds for many names the first of them."""
    by_text: dict[str, dict[str, None]] = {}
    name = found.source.source.name
    folder = re.compile(rf"(?<![\w./-]){re.escape(name.removesuffix(PurePath(name).name))}(?=\S+:\d)")
    about = (
        *((f"{one.level} {one.kind}", note) for one in found.layers for note in one.notes),
        *((one.kind, note) for one in found.policies for note in _open(one)),
        *((f"VPC endpoint {one.place}", note) for one in found.endpoints for note in _open(one)),
        *((one.kind, note) for one in found.shares for note in one.shares.notes),
        *((f"unit {one.unit}", note) for one in shared for note in shared_notes(one)),
        *_of_classes(found.roles, lambda one: one.notes),
        *_of_classes(permission_sets(found), permission_set_notes),
    )
    for of, text in about:
        by_text.setdefault(folder.sub("", text), {})[of] = None
    for text, ones in by_text.items():
        names = list(ones)
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        yield ", ".join(names[:_MOST_NAMED]) + more, text


def _of_classes(roles: Iterable[PlacedRole], notes: Callable[[PlacedRole], Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Yield the place of each role and the *notes* on it: those on the first of its class."""
    found: dict[RoleClass, tuple[str, ...]] = {}
    for one in roles:
        if one.likeness not in found:
            found[one.likeness] = tuple(notes(one))
        yield from ((one.place, note) for note in found[one.likeness])


def _open(one: PlacedPolicy | PlacedEndpoint) -> Iterator[str]:
    """Yield what the policy of a resource leaves open; where AWS's examples differ is for who writes such policies."""
    return (note for note in one.composed.notes if note not in one.composed.pattern.differs)


def _no_cloudformation(found: ComposedBlueprint) -> Iterator[str]:
    """Yield what CloudFormation can't give a policy to, and what to do instead, once for each kind."""
    there: dict[str, list[str]] = {}
    for one in found.policies:
        if one.composed.pattern.cloudformation is None:
            there.setdefault(one.kind, []).append(one.resource)
    for kind, resources in there.items():
        instead = next(one.composed.pattern.instead for one in found.policies if one.kind == kind)
        names = ", ".join(resources[:_MOST_NAMED]) + (" and more" if len(resources) > _MOST_NAMED else "")
        yield f"{kind}: {names}: {instead}" if instead else f"{kind}: {names}"
