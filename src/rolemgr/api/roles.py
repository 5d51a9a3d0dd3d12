"""From what a role file says to the role and its documents."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose as composed
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import SourceFile, paths_of
from rolemgr.files.yaml import read_yaml
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render as rendered
from rolemgr.separation.kept import kept_promises

RoleLike: TypeAlias = Mapping[str, Any] | str | os.PathLike[str] | RoleSpec
"""The keys of a role file, the path of one, or a `RoleSpec`."""


def load_catalog(*folders: str | os.PathLike[str]) -> Catalog:
    """
    Return the built-in catalog, and on top of it your *folders*: of two entries of one name the last wins.

    Files are read when they are asked for. Raises InputError for a folder that is not a catalog.
    """
    return Catalog([Path(folder) for folder in folders])


def compose(role: RoleLike, catalog: Catalog | None = None) -> ComposedRole:
    """
    Return the role that *role* describes: the keys of a role file, the path of one, or a `RoleSpec`.

    *catalog* is the built-in one, with the folders that the role names under ``catalog``, unless it is given. The
    result has the statements, each with the lines of the catalog that it comes from, and in ``notes`` what a person
    should know. An account or region that the role does not name is that of the examples in AWS's documentation.

    Raises InputError, or Problems for several, as `rolemgr create` does: for a wrong key or value, for a name that
    nothing defines, and for a role that can do what its persona must never do.
    """
    spec = read_role(role)
    entries = catalog_of(spec, catalog)
    made = composed(entries, spec)
    return replace(made, notes=(*made.notes, *kept_promises(entries, spec, made)))


def render(role: ComposedRole) -> RoleDocuments:
    """
    Return the documents of *role*: its trust policy, the inline policy, and managed ones where that is full.

    ``to_properties()`` of the result is the role in the shape of CloudFormation's ``AWS::IAM::Role``. Raises
    InputError where the role does not fit into IAM's quotas.
    """
    return rendered(role)


def read_role(role: RoleLike) -> Sourced[RoleSpec]:
    """Return what *role* says, with its places; raise InputError or Problems for what is wrong in it."""
    if isinstance(role, RoleSpec):
        role = role.model_dump(exclude_unset=True)  # made by its name it was not read yet
    if isinstance(role, Mapping):
        return parse_model(_without_lines(role), RoleSpec)
    return parse_model(_file(Path(role)), RoleSpec)


def _without_lines(role: Mapping[str, Any]) -> SourceFile:
    """Return *role* as a file of which each value is known to be there, but at no line."""
    data = dict(role)
    return _SourceWithoutLines("role", data, dict.fromkeys(paths_of(data), 0))


class _SourceWithoutLines(SourceFile):
    """What a program gives: it has keys and no lines."""

    def at(self, path: tuple[str | int, ...] = ()) -> SourceLocation:
        """Return its name."""
        return SourceLocation(self.name)


def _file(path: Path) -> SourceFile:
    """Return the role file *path*, its catalog folders from where it lies."""
    file = read_yaml(path)
    if not isinstance(file.data, dict):
        raise InputError(SourceLocation(file.name, 1), "a role file must hold a mapping")
    if "catalog" not in file.data:
        return file
    folders = file.data["catalog"]
    listed = [folders] if isinstance(folders, str) else folders
    if isinstance(listed, list):
        listed = [str(path.parent / one) if isinstance(one, str) and one else one for one in listed]
    return replace(file, data={**file.data, "catalog": listed})


def catalog_of(spec: Sourced[RoleSpec], catalog: Catalog | None) -> Catalog:
    """Return *catalog*, or else that of the folders which *spec* names; raise InputError where both are given."""
    if catalog is None:
        return load_catalog(*spec.value.catalog)
    if spec.value.catalog:
        hint = "give the folders to load_catalog, or leave the argument out"
        raise InputError(spec.at("catalog"), "the role names a catalog, and another is given", hint)
    return catalog
