"""Which of many has what, on a page of any width: in blocks of columns, side by side as far as they fit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.text import Text

_GAP = 1
_LEAST_COLUMNS = 5
"""So many columns a block has on the narrowest terminal, where its lines may then break."""


@dataclass(frozen=True)
class Matrix:
    """
    Which *rows* each column has, the columns by name; *row_head* and *column_head* say what the two are.

    A column is a number, and a mark is that number again: nobody has to look up at the head. What each number stands
    for is told above its block, and a block leaves out the rows that none of its columns has.
    """

    row_head: str
    column_head: str
    columns: Mapping[str, Sequence[str]]
    rows: Sequence[str]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the lines of each block, and last the rows that no column has."""
        digits = len(str(len(self.columns)))
        first = max(map(len, (self.row_head, *self.rows)))
        fitting = max(_LEAST_COLUMNS, (options.max_width - first) // (digits + _GAP))
        numbered = list(enumerate(self.columns, start=1))
        for start in range(0, len(numbered), fitting):
            yield from self._block(numbered[start : start + fitting], first, digits)
        if nobodys := [row for row in self.rows if not any(row in held for held in self.columns.values())]:
            yield Text(f"In no {self.column_head.lower()}:", style="bold")
            yield from (Text(f"  {row}") for row in nobodys)

    def _block(self, block: Sequence[tuple[int, str]], first: int, digits: int) -> Iterator[Text]:
        """Yield what the numbers of *block* stand for, its head, and each row that one of its columns has."""
        yield from (Text(f"{number:>{digits}} {name}") for number, name in block)
        numbers = [str(number) for number, _ in block]
        yield Text()
        yield Text(_line(self.row_head, numbers, first, digits), style="bold")
        for row in self.rows:
            marks = [str(number) if row in self.columns[name] else "" for number, name in block]
            if any(marks):
                yield Text(_line(row, marks, first, digits))
        yield Text()


def _line(head: str, marks: Sequence[str], first: int, digits: int) -> str:
    return head.ljust(first) + "".join(mark.rjust(digits + _GAP) for mark in marks)
