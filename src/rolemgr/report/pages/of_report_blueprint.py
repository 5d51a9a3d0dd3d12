"""The report on a blueprint: its preview with the picture, roles beside one another, statements with what gave them."""

from collections.abc import Iterator, Sequence
from typing import Any

from rolemgr.blueprint.compose import PlacedRole
from rolemgr.report.blueprint_preview import PreviewedBlueprint, blueprint_page
from rolemgr.report.origins import statements_data
from rolemgr.report.pages.grid import grid_data
from rolemgr.report.pages.of_build import picture_of
from rolemgr.report.pages.of_report_roles import (
    GRID_TITLES,
    MOST_WHOLE,
    grid_sections,
    left_out_roles,
    open_section,
    role_grids,
    statements_section,
)
from rolemgr.report.pages.page import Page, Section
from rolemgr.report.pages.picture import Picture
from rolemgr.report.role_grids import RoleColumn, open_actions


def blueprint_report(shown: PreviewedBlueprint, whole: str) -> Page:
    """Return the report on *shown*; *whole* is the command that gives it as JSON."""
    page = blueprint_page(shown)
    kinds = _kinds(shown.roles)
    columns = [RoleColumn(name, each[0].role, each[0].documents, shown.found.catalog) for name, each in kinds.items()]
    grids = role_grids(columns)
    parts = [part for key, grid in grids.items() for part in grid_sections(GRID_TITLES[key], grid, whole)]
    left_open = open_actions(one.role for one in columns)
    parts += [open_section(left_open)] if left_open else []
    statements = [
        statements_section(one.role, one.catalog, f"Statements of {one.name}") for one in columns[:MOST_WHOLE]
    ]
    picture = picture_of(shown.found) if shown.whole else None
    data = {
        "report": "blueprint",
        "blueprint": page.data,
        **({"picture": _picture_data(picture)} if picture else {}),
        "roles": [
            {
                "name": one.name,
                "places": [each.place for each in kinds[one.name]],
                "statements": statements_data(one.role, one.catalog),
            }
            for one in columns
        ],
        "left_open": [one._asdict() for one in left_open],
        "matrices": {key: grid_data(grid) for key, grid in grids.items()},
    }
    alike = Section("Roles that are alike but for their account", tuple(_alike(kinds)), folded=True)
    sections = (*_with_matrices(page.sections, parts), *([alike] if alike.entries else []), *statements,
                *left_out_roles(len(columns), whole))  # fmt: skip
    return page._replace(title=f"Report on {shown.name}", sections=sections, data=data)


def _with_matrices(sections: Sequence[Section], parts: Sequence[Section]) -> Iterator[Section]:
    """Yield *sections* with the matrices behind what is about all accounts."""
    first = next((place for place, one in enumerate(sections) if one.title.startswith("Account ")), len(sections))
    yield from sections[:first]
    yield from parts
    yield from sections[first:]


def _kinds(roles: Sequence[PlacedRole]) -> dict[str, list[PlacedRole]]:
    """Return *roles* by the name of their column: those that differ by their account alone have one."""
    alike: dict[object, list[PlacedRole]] = {}
    for one in roles:
        alike.setdefault(one.likeness, []).append(one)
    return {
        f"{each[0].place}{f' and {len(each) - 1:,} alike' if len(each) > 1 else ''}": each for each in alike.values()
    }


def _alike(kinds: dict[str, list[PlacedRole]]) -> Iterator[str]:
    for name, each in kinds.items():
        if len(each) > 1:
            yield f"{name}: {', '.join(one.place for one in each[1:])}"


def _picture_data(picture: Picture) -> dict[str, Any]:
    """Return what the picture shows, for programs."""
    return {
        "groups": [
            {
                "title": group.title,
                "roles": [one._asdict() for one in group.left],
                "has": [one._asdict() for one in group.right],
            }
            for group in picture.groups
        ],
        "flows": [one._asdict() for one in picture.arrows],
    }
