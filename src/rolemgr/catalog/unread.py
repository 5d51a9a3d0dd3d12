"""Files in a user's catalog that nothing reads: in a misspelt folder, a folder below, or with another ending."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from rolemgr.catalog.folders import FOLDERS, SHARED
from rolemgr.files.source import MAX_BYTES, open_input

_ENDINGS = (".yaml", ".yml")
_LIKE_ENTRIES = (*_ENDINGS, ".json", ".txt", ".yamll", ".ymal")
_NEAR = 0.85
"""How alike two names are: `separation` is `separations`, `shared` is not `shares`."""
_FOLDERS: Final[Mapping[str, Path]] = {
    "profile": Path(FOLDERS["profiles"]), "guardrail_profiles": Path(FOLDERS["profiles"]),
    "groups": Path(FOLDERS["activity_groups"]),
} | {kind: Path(folder) for kind, folder in FOLDERS.items()}  # fmt: skip
"""The folders of a catalog by what people call them."""
_READ: Final = frozenset(map(Path, FOLDERS.values()))


class UnreadEntry(NamedTuple):
    """A file of a catalog's folder that is not read, below the folder, and what would be read."""

    path: Path
    hint: str


def unread(folder: Path) -> Iterator[UnreadEntry]:
    """Yield the files in *folder*, a catalog, that look like entries and are not read, sorted."""
    for path in _listed(folder) or ():
        below = path.relative_to(folder)
        if path.is_dir() and (meant := _meant(path.name)):
            yield from _in_folder(folder, below, meant)
        elif _near_shared(path):
            yield UnreadEntry(below, f"shared parameters stand in {SHARED}.yaml")


def _in_folder(folder: Path, below: Path, meant: Path) -> Iterator[UnreadEntry]:
    """Yield what is not read in the folder *below* the catalog's, which is, or may be, *meant* to be one of ours."""
    todo, seen = [(below, meant)], set[tuple[int, int]]()
    for own in (folder, folder / below):
        _is_new(own, seen)
    while todo:
        here, kind = todo.pop()
        found = _listed(folder / here)
        if found is None:
            yield UnreadEntry(here, "it can't be listed, and nothing in it is read")
            continue
        folders = [path.relative_to(folder) for path in found if path.is_dir() and _is_new(path, seen)]
        todo += [(one, _meant(one.name) or kind) for one in reversed(folders)]
        for path in found:
            hint = _hint(path.relative_to(folder), kind) if path.name.lower().endswith(_LIKE_ENTRIES) else None
            if hint and not path.is_dir() and _is_entry(path):
                yield UnreadEntry(path.relative_to(folder), hint)


def _listed(folder: Path) -> list[Path] | None:
    """Return what is in *folder*, sorted; None where it can't be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return None


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Tell whether *folder* is none that was *seen*, and note it: a link may lead round in a circle."""
    found = folder.stat()
    known = (found.st_dev, found.st_ino)
    is_new = known not in seen
    seen.add(known)
    return is_new


def _hint(path: Path, meant: Path) -> str | None:
    """Return what would be read in the place of *path*, or None where it is read."""
    right = meant / f"{path.name.partition('.')[0]}.yaml"
    if path.parent in _READ:
        return None if path.suffix in _ENDINGS else f"the name of an entry ends in .yaml: {right}"
    return f"a catalog has no folder {path.parent}/: {right}"


def _meant(name: str) -> Path | None:
    """Return the folder of a catalog that *name* is, or may be meant to be."""
    near = get_close_matches(name.lower().replace("-", "_").replace(" ", "_"), _FOLDERS, n=1, cutoff=_NEAR)
    return _FOLDERS[near[0]] if near else None


def _near_shared(path: Path) -> bool:
    """Tell whether the file *path* at a catalog's top may be meant to be the one of shared parameters."""
    stem, _, ending = path.name.partition(".")
    read = path.name in (f"{SHARED}.yaml", f"{SHARED}.yml")
    return (
        not read and f".{ending.lower()}" in _LIKE_ENTRIES and bool(get_close_matches(stem.lower(), [SHARED], 1, _NEAR))
    )


def _is_entry(path: Path) -> bool:
    """Tell whether the file *path* has a title, as each entry of a catalog; what can't be read may have one."""
    try:
        with open_input(path) as file:  # a pipe that nobody writes to is not waited for
            return b"title" in file.read(MAX_BYTES)
    except OSError:
        return True
