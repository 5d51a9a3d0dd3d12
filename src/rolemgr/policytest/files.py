"""
Policy documents as files name them: a path from where the file lies, or the document itself.

A path may also lead to a role as `create` writes it; its identity policies are then meant.
"""

from pathlib import Path
from typing import TypeVar

from rolemgr.errors import InputError
from rolemgr.evaluate.missing import MissingPolicies
from rolemgr.files.json import read_json
from rolemgr.files.source import ANSWER_LIMITS, DataPath, SourceFile
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.documents import IdentityPolicy, PolicyDocument
from rolemgr.iam.uses import Elsewhere, Use, documents_in, elsewhere
from rolemgr.model.source import parse_model
from rolemgr.reference.managed_policies import policy_at

P = TypeVar("P", bound=PolicyDocument)


def read_beside(source: SourceFile, path: DataPath, name: str) -> SourceFile:
    """
    Return the JSON or YAML file *name*, which *source* names at *path*, relative to where *source* lies.

    Raises InputError, at the line that names it, for a file that is not there.
    """
    place = Path(source.name).parent / name
    if not place.is_file():
        raise InputError(source.at(path), f"there is no file `{name}` beside this one")
    return read_yaml(place) if place.suffix in (".yaml", ".yml") else read_json(place, limits=ANSWER_LIMITS)


def documents_at(source: SourceFile, path: DataPath, model: type[P], use: Use | None = None) -> tuple[P, ...]:
    """
    Return the policies at *path* of *source*: one there, or those in the file that is named there.

    Such a file holds one document, or a list as `scp` and `rcp` write it; a role that `create` wrote is taken
    for its trust policy where one is wanted; *use* says more than *model* what for. Raises InputError (or Problems).
    """
    parts = documents_in(_source_at(source, path), model, use)
    return tuple(parse_model(part, model).value for part in parts)


def document_at(source: SourceFile, path: DataPath, model: type[P], use: Use | None = None) -> P:
    """Return the one policy at *path* of *source*; raise InputError (or Problems), also where there are several."""
    found = documents_at(source, path, model, use)
    if len(found) > 1:
        raise InputError(source.at(path), f"there can be one policy here, not {len(found)}")
    return found[0]


def identity_policies_at(source: SourceFile, path: DataPath) -> tuple[IdentityPolicy, ...]:
    """
    Return the identity policies at *path* of *source*: one document, or those of a whole role in a file.

    With a role's own come those of AWS that it attaches, where the reference has their text.
    """
    attached = (policy_at(one.name) for one in elsewhere_at(source, path) if not one.is_boundary)
    return (*documents_at(source, path, IdentityPolicy), *(policy.document for policy in attached if policy))


def missing_at(source: SourceFile, path: DataPath) -> tuple[MissingPolicies, tuple[str, ...]]:
    """Return what decides on the requests of the role at *path* too and has no text, and its places in words."""
    found = [one for one in elsewhere_at(source, path) if one.is_boundary or policy_at(one.name) is None]
    identity = tuple(dict.fromkeys(one.name for one in found if not one.is_boundary))
    boundaries = tuple(dict.fromkeys(one.name for one in found if one.is_boundary))
    file = _source_at(source, path)
    places = dict.fromkeys((one.path, one.text) for one in found)
    return MissingPolicies(identity, boundaries), tuple(f"{file.at(at)}: {text}" for at, text in places)


def elsewhere_at(source: SourceFile, path: DataPath) -> tuple[Elsewhere, ...]:
    """Return the policies of the role at *path* of *source* whose text is not in the file."""
    found = _source_at(source, path)
    return tuple(elsewhere(found)) if isinstance(found.data, dict) and "Statement" not in found.data else ()


def _source_at(source: SourceFile, path: DataPath) -> SourceFile:
    found = source.part(path)
    return read_beside(source, path, found.data) if isinstance(found.data, str) else found
