"""
The catalog: the built-in folders and any number of the user's, one entry a file, read when it is asked for.

An entry's id is its file's stem. Where several folders have the same id the last folder wins, so that a
team can replace a built-in entry by its own; `Found.overrides` says so. Beside the folders of entries lies
``parameters.yaml``, with the parameters that activity groups share (`rolemgr.catalog.shared`).
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rolemgr.catalog import recorded
from rolemgr.catalog.folders import FOLDERS, SHARED, EntryKind
from rolemgr.catalog.shared import Shared, merged, taken, unused, with_shared
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.files import parsed
from rolemgr.files.folders import listed
from rolemgr.files.source import SourceFile, read_text
from rolemgr.iam.plain import Readable
from rolemgr.model.catalog import ActivityGroup, Persona, Separation, SharedParameters
from rolemgr.model.source import Sourced, parse_model

if TYPE_CHECKING:
    from rolemgr.model.detective_control import DetectiveControl
    from rolemgr.model.flow import FlowPattern
    from rolemgr.model.guardrail import Guardrail, GuardrailProfile
    from rolemgr.model.layer_pattern import LayerKind, LayerPattern
    from rolemgr.model.resource_pattern import ResourcePattern
    from rolemgr.model.share_pattern import SharePattern

M = TypeVar("M", bound=Readable)


_SHIPPED = Path(__file__).resolve().parents[1] / "_catalog"
"""The catalog inside an installed package."""


@cache
def builtin_folder() -> Path:
    """Return the folder of the built-in catalog: inside the package, or the top of a checkout."""
    return _SHIPPED if _SHIPPED.is_dir() else _SHIPPED.parents[2]


class Found(NamedTuple):
    """An entry's file: where it lies, what messages call it, and whether it is one of ours."""

    id: str
    path: Path
    shown: str
    builtin: bool
    overrides: str | None = None


class Catalog:
    """All entries by kind and id; files are listed at first use and read one by one."""

    def __init__(self, folders: Sequence[Path] = (), names: Mapping[Path, str] | None = None) -> None:
        """
        Take the built-in catalog and on top of it *folders*, in order; raise InputError for no catalog.

        *names* are what messages call folders that are copies of others.
        """
        self._folders = tuple(folders)
        self._names = dict(names or {})
        self._read: dict[Path, Sourced[Readable]] = {}
        self._groups: dict[str, Sourced[ActivityGroup]] = {}
        self._naming: dict[str, tuple[str, ...]] = {}
        for folder in self._folders:
            _require_catalog(folder, self._names.get(folder))

    @property
    def is_builtin(self) -> bool:
        """Whether it is the built-in catalog alone, which stays the same while a process runs."""
        return not self._folders

    def persona(self, name: str, where: SourceLocation | None = None) -> Sourced[Persona]:
        """Return the persona *name*; raise UnknownNameError at *where* if there is none."""
        return self._entry("personas", name, Persona, where)

    def separation(self, name: str, where: SourceLocation | None = None) -> Sourced[Separation]:
        """Return the separation *name*; raise UnknownNameError at *where* if there is none."""
        return self._entry("separations", name, Separation, where)

    def activity_group(self, name: str, where: SourceLocation | None = None) -> Sourced[ActivityGroup]:
        """
        Return the activity group *name*, the shared parameters that it takes among its own.

        Raises UnknownNameError at *where* if there is none, and InputError for a wrong `shared_parameters`.
        """
        if name not in self._groups:
            group = self._entry("activity_groups", name, ActivityGroup, where)
            self._groups[name] = with_shared(group, self.shared_parameters) if group.value.shared_parameters else group
        return self._groups[name]

    def groups_naming(self, name: str) -> tuple[str, ...]:
        """
        Return the activity groups that may declare the parameter *name*, sorted: to read the others takes far longer.

        Those are the user's, which may spell it as YAML lets one, and ours whose text has it.
        """
        if name not in self._naming:
            groups = self.found("activity_groups").values()
            self._naming[name] = tuple(
                one.id for one in groups if not one.builtin or name in read_text(one.path, one.shown)
            )
        return self._naming[name]

    def guardrail(self, name: str, where: SourceLocation | None = None) -> "Sourced[Guardrail]":
        """Return the guardrail *name*; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.guardrail import Guardrail  # roles without guardrails need no model of them

        return self._entry("guardrails", name, Guardrail, where)

    def profile(self, name: str, where: SourceLocation | None = None) -> "Sourced[GuardrailProfile]":
        """Return the guardrail profile *name*; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.guardrail import GuardrailProfile

        return self._entry("profiles", name, GuardrailProfile, where)

    def layer_pattern(
        self, kind: "LayerKind", name: str, where: SourceLocation | None = None
    ) -> "Sourced[LayerPattern]":  # fmt: skip
        """Return the pattern *name* of SCPs or RCPs; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.layer_pattern import LayerPattern

        return self._entry("scps" if kind == "scp" else "rcps", name, LayerPattern, where)

    def resource_pattern(self, name: str, where: SourceLocation | None = None) -> "Sourced[ResourcePattern]":
        """Return the policy of the kind of resource *name*; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.resource_pattern import ResourcePattern

        return self._entry("resource_policies", name, ResourcePattern, where)

    def flow(self, name: str, where: SourceLocation | None = None) -> "Sourced[FlowPattern]":
        """Return the flow *name*; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.flow import FlowPattern

        return self._entry("flows", name, FlowPattern, where)

    def share_pattern(self, name: str, where: SourceLocation | None = None) -> "Sourced[SharePattern]":
        """Return how the kind of resource *name* is shared; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.share_pattern import SharePattern

        return self._entry("shares", name, SharePattern, where)

    def detective_control(self, name: str, where: SourceLocation | None = None) -> "Sourced[DetectiveControl]":
        """Return the detective control *name*; raise UnknownNameError at *where* if there is none."""
        from rolemgr.model.detective_control import DetectiveControl

        return self._entry("detective_controls", name, DetectiveControl, where)

    @cached_property
    def unread(self) -> tuple[tuple[str, str], ...]:
        """The files in the user's folders that look like entries and are not read, each with what would be."""
        users = [one for one in self._all_folders() if not one.builtin]
        if not users:
            return ()
        from rolemgr.catalog.unread import unread  # the built-in catalog has none

        return tuple((one.name_of(one.path / found.path), found.hint) for one in users for found in unread(one.path))

    @cached_property
    def shared_parameters(self) -> Shared:
        """
        Return the parameters that groups may take by name; raise InputError for one that none can mean.

        That is a name which a user's folder adds and no group of the user's takes: misspelt, most likely, and
        then the parameter that was to change would stay as it is.
        """
        found = merged(self.shared_files)
        known = self.shared_files[0].value.parameters
        if added := [name for name in found if name not in known]:
            users = [one.id for one in self.found("activity_groups").values() if not one.builtin]
            used = taken(self._entry("activity_groups", name, ActivityGroup, None) for name in users)
            raise_all([unused(name, found) for name in added if name not in used])
        return found

    @cached_property
    def shared_files(self) -> tuple[Sourced[SharedParameters], ...]:
        """Return the file of shared parameters of each folder that has one, ours first."""
        files = filter(None, (_shared_file(one) for one in self._all_folders()))
        return tuple(_read(one, SharedParameters) for one in files)

    def found(self, kind: EntryKind) -> Mapping[str, Found]:
        """Return the files of *kind* by id, sorted."""
        return self._found[kind]

    @cached_property
    def _found(self) -> Mapping[EntryKind, Mapping[str, Found]]:
        return {kind: self._list(kind) for kind in FOLDERS}

    def _list(self, kind: EntryKind) -> Mapping[str, Found]:
        entries: dict[str, Found] = {}
        for folder in self._all_folders():
            for found in _entries(folder, kind):
                old = entries.get(found.id)
                overrides = old.shown if old else None
                entries[found.id] = Found(found.id, found.path, found.shown, folder.builtin, overrides)
        return dict(sorted(entries.items()))

    def _all_folders(self) -> "list[_Folder]":
        """Return our folder and the user's, in order."""
        users = (_Folder(folder, self._names.get(folder, str(folder))) for folder in self._folders)
        return [_Folder(builtin_folder(), "", builtin=True), *users]

    def _known(self, kind: EntryKind) -> list[str]:
        """Return the names of *kind*; who asks for a resource's policy may ask for a share too."""
        both: tuple[EntryKind, ...] = ("resource_policies", "shares") if kind == "resource_policies" else (kind,)
        return sorted(name for one in both for name in self._found[one])

    def _entry(self, kind: EntryKind, name: str, model: type[M], where: SourceLocation | None) -> Sourced[M]:
        found = self.found(kind).get(name)
        if found is None:
            word = _ONE_OF.get(kind, kind.removesuffix("s").replace("_", " "))
            see = f"see `rolemgr list {kind.replace('_', '-')}`"
            raise UnknownNameError(where, word, name, self._known(kind), otherwise=see)
        if found.path not in self._read:
            self._read[found.path] = _read(found, model)
        return self._read[found.path]  # type: ignore[return-value]  # the kind decides the model


_ONE_OF: Mapping[EntryKind, str] = {"resource_policies": "resource policy"}
"""What one entry of a kind is called, where that is not the kind without its last letter."""


def _read(found: Found, model: type[M]) -> Sourced[M]:
    """Return what the file that was *found* says: of a built-in one that is unchanged, what was recorded of it."""
    text = read_text(found.path, found.shown)
    return _builtin(text, found.shown, model) if found.builtin else _parse(text, found.shown, model)


@lru_cache(maxsize=1_024)
def _builtin(text: str, name: str, model: type[Any]) -> Sourced[Any]:
    """Return what *text* of a built-in file says: whoever loads many catalogs in one process reads it once."""
    source = parsed.recorded(_parsed(), text, name)
    value = recorded.recorded(_models(), text, model) if source else None
    return Sourced(value, source) if source and value else _parse(source or text, name, model)


def _parse(text: str | SourceFile, name: str, model: type[M]) -> Sourced[M]:
    from rolemgr.files.yaml import parse_yaml  # the built-in catalog of an installed package does not pay for it

    return parse_model(parse_yaml(text, name) if isinstance(text, str) else text, model)


@cache
def _parsed() -> Mapping[str, str]:
    """Return what the build recorded of the catalog's YAML: in a checkout, or where it is damaged, nothing."""
    try:
        return parsed.entries_of((_SHIPPED / parsed.RECORD).read_text("utf-8"))
    except (OSError, ValueError):  # the YAML says all of it
        return {}


@cache
def _models() -> Mapping[str, str]:
    """Return what the build recorded of the catalog's models: in a checkout, or where it is damaged, nothing."""
    try:
        return recorded.entries_of((_SHIPPED / recorded.RECORD).read_text("utf-8"))
    except (OSError, ValueError):  # the files say all of it
        return {}


class _Folder(NamedTuple):
    """A folder of the catalog: its path, what messages call it, and whether it is ours."""

    path: Path
    name: str
    builtin: bool = False

    def name_of(self, path: Path) -> str:
        """Return what messages call *path* in it: a built-in file from the catalog's top, else as the user wrote it."""
        below = path.relative_to(self.path)
        return below.as_posix() if self.builtin else str(Path(self.name) / below)


def _require_catalog(folder: Path, name: str | None) -> None:
    here = _Folder(folder, name or str(folder))
    if not any((folder / kind).is_dir() for kind in FOLDERS.values()) and not _shared_file(here):
        names = " or ".join((*(f"{kind}/" for kind in FOLDERS.values()), f"{SHARED}.yaml"))
        raise InputError(SourceLocation(here.name), f"is not a catalog folder: it has no {names}")


def _shared_file(folder: _Folder) -> Found | None:
    """Return the file in *folder* that declares shared parameters; raise InputError where there are two."""
    files = [path for end in (".yaml", ".yml") if os.path.lexists(path := folder.path / f"{SHARED}{end}")]
    if len(files) > 1:
        where = SourceLocation(folder.name_of(files[1]))
        raise InputError(where, f"shared parameters are declared in two files, here and in {files[0].name}")
    return Found(SHARED, files[0], folder.name_of(files[0]), folder.builtin) if files else None


def _entries(folder: _Folder, kind: EntryKind) -> list[Found]:
    """Return the entries of *kind* in *folder*; raise InputError where two files give the same id."""
    files: dict[str, Path] = {}
    here = folder.path / FOLDERS[kind]
    shown = folder.name_of(here)
    for path in listed(here):
        if path.suffix not in (".yaml", ".yml"):
            continue
        if path.stem in files:
            where = SourceLocation(folder.name_of(path))
            raise InputError(where, f"`{path.stem}` is defined twice, here and in {files[path.stem].name}")
        files[path.stem] = path
    between = "/" if folder.builtin else os.sep
    return [Found(stem, path, f"{shown}{between}{path.name}", folder.builtin) for stem, path in files.items()]
