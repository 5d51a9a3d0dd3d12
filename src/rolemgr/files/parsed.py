"""
What `rolemgr.files.yaml` made of texts when the package was built, so that a run need not parse them again.

The YAML stays the one truth. What was made of a text is found by the hash of the text that lies there now, so a file
that was changed is read as YAML, and so is every file where the reader was changed. Whoever can write the record can
write the files that it lies with and the modules that read them: it lets nobody do more.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from rolemgr.files.source import DataPath, SourceFile, paths_of

RECORD: Final = "parsed.jsonl"
"""The name of the record in the folder of the files that it speaks of."""


def record_of(sources: Iterable[tuple[str, SourceFile]]) -> str:
    """Return the record of texts, each with what was made of it: a line each, after one for the reader."""
    return keyed(_reader(), ((text, _entry(source)) for text, source in sources))


def entries_of(record: str) -> Mapping[str, str]:
    """Return the entries of *record* by the hash of their text: none where another reader made them."""
    return by_key(_reader(), record)


def recorded(entries: Mapping[str, str], text: str, name: str) -> SourceFile | None:
    """
    Return what *entries* have of *text*, as a file that messages call *name*, or None.

    None says that *text* is to be parsed: nothing is recorded of it, or what is can't be read.
    """
    try:
        data, lines = entry_of(entries, text)
    except (ValueError, TypeError):  # nothing, or a damaged record: the YAML says it
        return None
    return SourceFile(name, data, _Lines(data, lines))


class _Lines(Mapping[DataPath, int]):
    """The lines of *data* by path, in a *tree* of its shape: few of them are ever asked for."""

    def __init__(self, data: Any, tree: Any) -> None:
        self._data, self._tree = data, tree

    def __getitem__(self, path: DataPath) -> int:
        tree = self._tree
        try:
            for step in path:
                tree = tree[1][_counted(step)]
        except (LookupError, TypeError):
            raise KeyError(path) from None
        line: int | None = tree[0] if isinstance(tree, list) else tree
        if line is None:
            raise KeyError(path)
        return line

    def __iter__(self) -> Iterator[DataPath]:
        return (path for path in paths_of(self._data) if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _counted(step: str | int) -> str | int:
    """Return *step*; raise LookupError for one that counts from the end of a list, as no path does."""
    if isinstance(step, int) and step < 0:
        raise LookupError(step)
    return step


def text_key(text: str) -> str:
    """Return what a record has in the place of *text*."""
    return sha256(text.encode()).hexdigest()


def keyed(reader: str, entries: Iterable[tuple[str, str]]) -> str:
    """Return a record of texts, each with its entry of one line: a line each, after one for the *reader*."""
    lines = {f"{text_key(text)} {entry}\n" for text, entry in entries}
    return "".join((f"{reader}\n", *sorted(lines)))


def by_key(reader: str, record: str) -> Mapping[str, str]:
    """Return the entries of *record* by the `text_key` of their text: none where another *reader* made them."""
    made_by, _, lines = record.partition("\n")
    return dict(map(_halves, lines.splitlines())) if made_by == reader else {}


def entry_of(entries: Mapping[str, str], text: str, made: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """
    Return what *entries* have of *text*, each object in it as it is *made*; None for nothing and what can't be read.

    None says that the text is to be read itself.
    """
    try:
        entry = entries.get(text_key(text))
        return entry and json.loads(entry, object_hook=made)
    except (ValueError, TypeError, LookupError, RecursionError):  # a damaged record
        return None


def reader_of(modules: Iterable[Path]) -> str:
    """Return the hash of the *modules* that decide what is made of a text; raise OSError where they are not files."""
    return sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()


def _entry(source: SourceFile) -> str:
    return json.dumps([source.data, _tree(source.lines, source.data, ())], separators=(",", ":"))


def _tree(lines: Mapping[DataPath, int], data: Any, path: DataPath) -> Any:
    """Return the line of the value *data* at *path*, null inside an alias, with those of the values in it."""
    below: Any
    if isinstance(data, dict):
        below = {key: _tree(lines, value, (*path, key)) for key, value in data.items()}
    elif isinstance(data, list):
        below = [_tree(lines, value, (*path, step)) for step, value in enumerate(data)]
    else:
        return lines.get(path)
    return [lines.get(path), below]


def _halves(line: str) -> tuple[str, str]:
    key, _, entry = line.partition(" ")
    return key, entry


@cache
def _reader() -> str:
    return reader_of(Path(__file__).with_name(name) for name in ("parsed.py", "source.py", "yaml.py"))
