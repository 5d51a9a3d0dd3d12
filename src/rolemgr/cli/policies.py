"""Policy files on the command line: IAM documents, or whole roles as `create` writes them."""

from collections.abc import Sequence
from typing import Any

from rolemgr.cli.files import read_input
from rolemgr.errors import InputError
from rolemgr.files.json import parse_json
from rolemgr.files.source import DataPath, SourceFile
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.policy import IdentityPolicy
from rolemgr.model.source import Sourced, parse_model


def read_identity_policies(names: Sequence[str]) -> list[Sourced[IdentityPolicy]]:
    """
    Return the identity policies in the files *names* (``-`` is stdin), in order.

    A file holds one policy document, or a role with inline ``Policies``; JSON unless it ends in ``.yaml``
    or ``.yml``. Raises InputError with the line for what is neither, or breaks IAM's grammar.
    """
    return [policy for name in names for policy in _policies(_read(name))]


def _read(name: str) -> SourceFile:
    text, shown = read_input(name)
    parse = parse_yaml if name.endswith((".yaml", ".yml")) else parse_json
    return parse(text, shown)


def _policies(source: SourceFile) -> list[Sourced[IdentityPolicy]]:
    if isinstance(source.data, dict) and "Statement" in source.data:
        return [parse_model(source, IdentityPolicy)]
    inline = source.data.get("Policies") if isinstance(source.data, dict) else None
    if not isinstance(inline, list) or not inline:
        hint = "it has neither Statement nor Policies"
        raise InputError(source.at(), "is no policy document and no role", hint)
    return [parse_model(_part(source, ("Policies", i, "PolicyDocument")), IdentityPolicy) for i in range(len(inline))]


def _part(source: SourceFile, path: DataPath) -> SourceFile:
    """Return the value at *path* of *source* as a file of its own, its lines kept."""
    data: Any = source.data
    for step in path:
        if isinstance(data, dict) and step not in data:
            raise InputError(source.at(path), f"`{step}` is missing")
        data = data[step]
    below = {where[len(path) :]: line for where, line in source.lines.items() if where[: len(path)] == path}
    return SourceFile(source.name, data, below)
