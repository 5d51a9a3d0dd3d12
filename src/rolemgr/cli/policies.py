"""Policy files on the command line: IAM documents, lists of them, or whole roles as `create` writes them."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from rolemgr.cli.files import note, read_input
from rolemgr.errors import InputError
from rolemgr.files.json import parse_json
from rolemgr.files.source import DataPath, SourceFile
from rolemgr.model.policy import IdentityPolicy, PolicyDocument, TrustPolicy
from rolemgr.model.source import Sourced, parse_model

Document = TypeVar("Document", bound=PolicyDocument)


def read_identity_policies(names: Sequence[str]) -> list[Sourced[IdentityPolicy]]:
    """
    Return the identity policies in the files *names* (``-`` is stdin), in order.

    A file holds one policy document, or a role with inline ``Policies``, ``ManagedPolicies`` or both; JSON
    unless it ends in ``.yaml`` or ``.yml``, stdin JSON where it starts as JSON does. Says on stderr which
    parts of a role are not judged. Raises InputError with the line for what is neither, or breaks IAM's
    grammar.
    """
    return [policy for name in names for policy in policies_of(read_source(name))]


def read_documents(name: str, kind: type[Document]) -> list[Document]:
    """
    Return the policy documents in the file *name*: one, or a list of them as `scp` and `rcp` write it.

    A role that `create` wrote is taken for its trust policy where one is wanted. Raises InputError with the
    line for anything else, and for a list without a document.
    """
    return documents_of(read_source(name), kind)


def documents_of(source: SourceFile, kind: type[Document]) -> list[Document]:
    """Return the policy documents in *source*, as `read_documents` does."""
    if kind is TrustPolicy and isinstance(source.data, dict) and "AssumeRolePolicyDocument" in source.data:
        source = part_of(source, ("AssumeRolePolicyDocument",))
    if not isinstance(source.data, list):
        return [parse_model(source, kind).value]
    if not source.data:
        raise InputError(source.at(), "holds no policy document")
    return [parse_model(part_of(source, (index,)), kind).value for index in range(len(source.data))]


def read_source(name: str) -> SourceFile:
    """Return the file *name* as data: YAML where it is called so, or stdin does not start as JSON does."""
    text, shown = read_input(name)
    is_json = text.lstrip()[:1] in ("{", "[") if name == "-" else not name.endswith((".yaml", ".yml"))
    if is_json:
        return parse_json(text, shown)
    from rolemgr.files.yaml import parse_yaml  # only a YAML file pays for it

    return parse_yaml(text, shown)


def policies_of(source: SourceFile) -> list[Sourced[IdentityPolicy]]:
    """Return the identity policies in *source*, as `read_identity_policies` does."""
    if isinstance(source.data, dict) and "Statement" in source.data:
        return [parse_model(source, IdentityPolicy)]
    documents = [parse_model(part_of(source, path), IdentityPolicy) for path in _documents_of_role(source.data)]
    if not documents:
        hint = "it has neither Statement nor Policies nor ManagedPolicies"
        raise InputError(source.at(), "is no policy document and no role", hint)
    _say_what_is_not_judged(source)
    return documents


def _documents_of_role(data: Any) -> Iterator[DataPath]:
    """Yield where the policy documents of a role stand: the inline ones, then the managed ones."""
    for key in ("Policies", "ManagedPolicies") if isinstance(data, dict) else ():
        found = data.get(key)
        yield from ((key, index, "PolicyDocument") for index in range(len(found) if isinstance(found, list) else 0))


def _say_what_is_not_judged(source: SourceFile) -> None:
    """Note what else decides on the role's requests, and stands elsewhere."""
    for key in ("ManagedPolicyArns", "PermissionsBoundary"):
        if source.data.get(key):
            note(f"{source.at((key,))}: {key} is not judged; the file has its ARNs only")


def part_of(source: SourceFile, path: DataPath) -> SourceFile:
    """Return the value at *path* of *source* as a file of its own, its lines kept."""
    data: Any = source.data
    for step in path:
        if isinstance(step, str) and (not isinstance(data, dict) or step not in data):
            raise InputError(source.at(path), f"`{step}` is missing")
        data = data[step]
    below = {where[len(path) :]: line for where, line in source.lines.items() if where[: len(path)] == path}
    return SourceFile(source.name, data, below)
