"""
Policy documents as files name them: a path from where the file lies, or the document itself.

A path may also lead to a role as `create` writes it; its identity policies are then meant.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from rolemgr.errors import InputError
from rolemgr.files.json import read_json
from rolemgr.files.source import DataPath, SourceFile
from rolemgr.files.yaml import read_yaml
from rolemgr.model.policy import IdentityPolicy, PolicyDocument, TrustPolicy
from rolemgr.model.source import Sourced, parse_model

P = TypeVar("P", bound=PolicyDocument)

_OF_A_ROLE = ("Policies", "ManagedPolicies")
"""Where a role as `create` writes it has its identity policies: inline, and managed."""


def part_of(source: SourceFile, path: DataPath) -> SourceFile:
    """Return the value at *path* of *source* as a file of its own, its lines kept."""
    data: Any = source.data
    for step in path:
        data = data[step]
    below = {where[len(path) :]: line for where, line in source.lines.items() if where[: len(path)] == path}
    return SourceFile(source.name, data, below)


def read_beside(source: SourceFile, path: DataPath, name: str) -> SourceFile:
    """
    Return the JSON or YAML file *name*, which *source* names at *path*, relative to where *source* lies.

    Raises InputError, at the line that names it, for a file that is not there.
    """
    place = Path(source.name).parent / name
    if not place.is_file():
        raise InputError(source.at(path), f"there is no file `{name}` beside this one")
    return read_yaml(place) if place.suffix in (".yaml", ".yml") else read_json(place)


def documents_at(source: SourceFile, path: DataPath, model: type[P]) -> tuple[P, ...]:
    """
    Return the policies at *path* of *source*: one there, or those in the file that is named there.

    Such a file holds one document, or a list as `scp` and `rcp` write it; a role that `create` wrote is taken
    for its trust policy where one is wanted. Raises InputError (or Problems).
    """
    found = _source_at(source, path)
    if model is TrustPolicy and isinstance(found.data, dict) and "AssumeRolePolicyDocument" in found.data:
        found = part_of(found, ("AssumeRolePolicyDocument",))
    if not isinstance(found.data, list):
        return (parse_model(found, model).value,)
    if not found.data:
        raise InputError(found.at(), "holds no policy document")
    return tuple(parse_model(part_of(found, (index,)), model).value for index in range(len(found.data)))


def document_at(source: SourceFile, path: DataPath, model: type[P]) -> P:
    """Return the one policy at *path* of *source*; raise InputError (or Problems), also where there are several."""
    found = documents_at(source, path, model)
    if len(found) > 1:
        raise InputError(source.at(path), f"there can be one policy here, not {len(found)}")
    return found[0]


def identity_policies_at(source: SourceFile, path: DataPath) -> tuple[IdentityPolicy, ...]:
    """Return the identity policies at *path* of *source*: one document, or those of a whole role in a file."""
    return tuple(policy.value for policy in _identity(_source_at(source, path)))


def _source_at(source: SourceFile, path: DataPath) -> SourceFile:
    found = part_of(source, path)
    return read_beside(source, path, found.data) if isinstance(found.data, str) else found


def _identity(source: SourceFile) -> Iterator[Sourced[IdentityPolicy]]:
    places = [] if not isinstance(source.data, dict) or "Statement" in source.data else list(_of_role(source.data))
    if not places:
        yield parse_model(source, IdentityPolicy)
    for place in places:
        yield parse_model(part_of(source, place), IdentityPolicy)


def _of_role(data: dict[str, Any]) -> Iterator[DataPath]:
    for key in _OF_A_ROLE:
        listed = data.get(key)
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(one, dict) and "PolicyDocument" in one:
                yield (key, index, "PolicyDocument")
