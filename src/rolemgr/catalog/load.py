"""
The catalog: the built-in folders and any number of the user's, one entry a file, read when it is asked for.

An entry's id is its file's stem. Where several folders have the same id the last folder wins, so that a
team can replace a built-in entry by its own; `Catalog.overridden` says so.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar

from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.base import Model
from rolemgr.model.catalog import ActivityGroup, Persona, Separation
from rolemgr.model.source import Sourced, parse_model

if TYPE_CHECKING:
    from rolemgr.model.guardrail import Guardrail, GuardrailProfile

Kind: TypeAlias = Literal["personas", "separations", "activity_groups", "guardrails", "profiles"]
FOLDERS: Mapping[Kind, str] = {
    "personas": "personas",
    "separations": "separations",
    "activity_groups": "activity_groups",
    "guardrails": "guardrails",
    "profiles": "guardrails/profiles",
}
"""Where in a catalog the entries of each kind lie."""

M = TypeVar("M", bound=Model)


@cache
def builtin_folder() -> Path:
    """Return the folder of the built-in catalog: inside the package, or the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_catalog"
    return shipped if shipped.is_dir() else package.parents[1]


class Found(NamedTuple):
    """An entry's file: where it lies, what messages call it, and whether it is one of ours."""

    id: str
    path: Path
    shown: str
    builtin: bool
    overrides: str | None = None


class Catalog:
    """All entries by kind and id; files are listed at first use and read one by one."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Take the built-in catalog and on top of it *folders*, in order; raise InputError for no catalog."""
        self._folders = tuple(folders)
        self._read: dict[Path, Sourced[Model]] = {}
        for folder in self._folders:
            _require_catalog(folder)

    def persona(self, name: str, where: SourceLocation | None = None) -> Sourced[Persona]:
        """Return the persona *name*; raise UnknownNameError at *where* if there is none."""
        return self._entry("personas", name, Persona, where)

    def separation(self, name: str, where: SourceLocation | None = None) -> Sourced[Separation]:
        """Return the separation *name*; raise UnknownNameError at *where* if there is none."""
        return self._entry("separations", name, Separation, where)

    def activity_group(self, name: str, where: SourceLocation | None = None) -> Sourced[ActivityGroup]:
        """Return the activity group *name*; raise UnknownNameError at *where* if there is none."""
        return self._entry("activity_groups", name, ActivityGroup, where)

    def guardrail(self, name: str, where: SourceLocation | None = None) -> "Sourced[Guardrail]":
        """Return the guardrail *name*; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.guardrail import Guardrail  # roles without guardrails need no model of them

        return self._entry("guardrails", name, Guardrail, where)

    def profile(self, name: str, where: SourceLocation | None = None) -> "Sourced[GuardrailProfile]":
        """Return the guardrail profile *name*; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.guardrail import GuardrailProfile

        return self._entry("profiles", name, GuardrailProfile, where)

    def found(self, kind: Kind) -> Mapping[str, Found]:
        """Return the files of *kind* by id, sorted."""
        return self._found[kind]

    @cached_property
    def _found(self) -> Mapping[Kind, Mapping[str, Found]]:
        return {kind: self._list(kind) for kind in FOLDERS}

    def _list(self, kind: Kind) -> Mapping[str, Found]:
        entries: dict[str, Found] = {}
        for folder, builtin in [(builtin_folder(), True), *((folder, False) for folder in self._folders)]:
            for found in _entries(folder, kind, builtin):
                old = entries.get(found.id)
                overrides = old.shown if old else None
                entries[found.id] = Found(found.id, found.path, found.shown, builtin, overrides)
        return dict(sorted(entries.items()))

    def _entry(self, kind: Kind, name: str, model: type[M], where: SourceLocation | None) -> Sourced[M]:
        found = self.found(kind).get(name)
        if found is None:
            word = kind.removesuffix("s").replace("_", " ")
            see = f"see `rolemgr list {kind.replace('_', '-')}`"
            raise UnknownNameError(where, word, name, self.found(kind), otherwise=see)
        if found.path not in self._read:
            self._read[found.path] = parse_model(read_yaml(found.path, found.shown), model)
        return self._read[found.path]  # type: ignore[return-value]  # the kind decides the model


def _require_catalog(folder: Path) -> None:
    if not any((folder / name).is_dir() for name in FOLDERS.values()):
        names = " or ".join(f"{name}/" for name in FOLDERS.values())
        raise InputError(SourceLocation(str(folder)), f"is no catalog folder: it has no {names}")


def _entries(folder: Path, kind: Kind, builtin: bool) -> list[Found]:
    """Return the entries of *kind* in *folder*; raise InputError where two files give the same id."""
    files: dict[str, Path] = {}
    for path in sorted((folder / FOLDERS[kind]).glob("*.y*ml")):
        if path.suffix not in (".yaml", ".yml"):
            continue
        if path.stem in files:
            where = SourceLocation(_shown(path, folder, builtin))
            raise InputError(where, f"`{path.stem}` is defined twice, here and in {files[path.stem].name}")
        files[path.stem] = path
    return [Found(stem, path, _shown(path, folder, builtin), builtin) for stem, path in files.items()]


def _shown(path: Path, folder: Path, builtin: bool) -> str:
    """Return what messages call *path*: a built-in file from the catalog's top, else as the user wrote it."""
    return path.relative_to(folder).as_posix() if builtin else str(path)
