"""A grid: what of the rows goes with which column, as short marks; on a page as far as there is room, as data whole."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

MOST_ROWS: Final = 300
"""How many rows of a grid a page has."""
MOST_COLUMNS: Final = 60
"""How many columns of a grid a page has."""


class GridMark(NamedTuple):
    """A mark of a grid, what it means, and the tone of that, as `rolemgr.report.pages.page.Tone` has them."""

    text: str
    meaning: str
    tone: str = ""


class GridRow(NamedTuple):
    """The *head* of a row, and what stands under each column: marks beside one another, a number, or nothing."""

    head: str
    texts: tuple[str, ...]


class Grid(NamedTuple):
    """Rows under narrow columns; *corner* says what the rows are."""

    corner: str
    columns: tuple[str, ...]
    rows: tuple[GridRow, ...]
    marks: tuple[GridMark, ...] = ()

    @property
    def legend(self) -> tuple[str, ...]:
        """What each mark means that stands in it, in a sentence each."""
        used = {mark for row in self.rows for cell in row.texts for mark in cell.split()}
        return tuple(f"`{one.text}` {one.meaning}" for one in self.marks if one.text in used)

    def tone(self, cell: str) -> str:
        """Return how *cell* is meant: as the first of the marks that it has."""
        marks = cell.split()
        return next((one.tone for one in self.marks if one.text in marks), "")

    def within(self, rows: int = MOST_ROWS, columns: int = MOST_COLUMNS) -> "Grid":
        """Return this with so many *rows* and *columns* at most: the first."""
        shown = tuple(GridRow(one.head, one.texts[:columns]) for one in self.rows[:rows])
        return self._replace(columns=self.columns[:columns], rows=shown)

    def left_out(self, whole: str, rows: int = MOST_ROWS, columns: int = MOST_COLUMNS) -> Iterator[str]:
        """Yield what `within` leaves out, and the command, *whole*, that has it."""
        for parts, most, what in ((self.rows, rows, "rows"), (self.columns, columns, "columns")):
            if len(parts) > most:
                yield f"the first {most:,} of {len(parts):,} {what}; all of them: `{whole}`"


def grid_data(grid: Grid) -> dict[str, Any]:
    """Return *grid* for programs: each row with what stands in it, by column."""
    return {
        "columns": list(grid.columns),
        "rows": [
            {"row": one.head, "cells": {name: cell for name, cell in zip(grid.columns, one.texts, strict=True) if cell}}
            for one in grid.rows
        ],
        "marks": {one.text: one.meaning for one in grid.marks},
    }


def made_grid(
    corner: str, columns: Sequence[str], filled: dict[str, dict[str, str]], marks: Sequence[GridMark] = ()
) -> Grid:
    """Return the grid of *filled*, by row and column; what is not there is empty."""
    rows = tuple(GridRow(head, tuple(row.get(name, "") for name in columns)) for head, row in filled.items())
    return Grid(corner, tuple(columns), rows, tuple(marks))
