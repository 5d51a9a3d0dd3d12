"""
Terraform's ``aws_iam_policy_document`` as the policy that it makes.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from collections.abc import Iterator
from typing import Any, Final

from rolemgr.check.reader.found import PolicyInFile, Search, UnjudgedPlace
from rolemgr.check.reader.terraform_locals import as_template
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType

_OTHER_SOURCES: Final = (
    "source_policy_documents", "override_policy_documents", "source_json", "override_json",
)  # fmt: skip
_TEXTS: Final = {
    "actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource",
}  # fmt: skip
_PRINCIPALS: Final = {"principals": "Principal", "not_principals": "NotPrincipal"}


def in_document(body: Any, path: DataPath, kind: PolicyType | None, group: str) -> Search:
    """Yield the policy that the block *body* at *path* makes, and what of it stands elsewhere."""
    if not isinstance(body, dict):
        yield UnjudgedPlace(path, "a policy document is not a block")
        return
    for name in _OTHER_SOURCES:
        if body.get(name):
            yield UnjudgedPlace((*path, name), f"{name} stand elsewhere, and are merged when it is deployed")
    if body.get("dynamic"):
        yield UnjudgedPlace((*path, "dynamic"), "statements of a dynamic block are not judged")
    origins: dict[DataPath, DataPath] = {path: path}
    statements = []
    for index, (here, one) in enumerate(_blocks(body.get("statement"), (*path, "statement"))):
        made = (*path, "Statement", index)
        origins[made] = here
        statements.append(_statement(one, here, made, origins))
    if statements:
        version = body.get("version", "2012-10-17")
        raw = {"Version": version, "Statement": statements}
        yield PolicyInFile(raw, path, kind, group, template=True, origins=origins)


def _blocks(value: Any, path: DataPath) -> Iterator[tuple[DataPath, Any]]:
    """Yield the blocks that *value* is: one alone, or a list of them."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield (*path, index), one
    elif value is not None:
        yield path, value


def _statement(block: Any, here: DataPath, made: DataPath, origins: dict[DataPath, DataPath]) -> Any:
    if not isinstance(block, dict):
        return block
    raw: dict[str, Any] = {"Effect": _plain(block.get("effect", "Allow"))}
    if block.get("sid"):
        raw["Sid"] = _plain(block["sid"])
    for name, element in _TEXTS.items():
        if name in block:
            raw[element] = _plain(block[name])
            origins[*made, element] = (*here, name)
    for name, element in _PRINCIPALS.items():
        if name in block:
            raw[element] = _principals(block[name], here)
            origins[*made, element] = (*here, name)
    if "condition" in block:
        raw["Condition"] = _conditions(block["condition"], (*here, "condition"), (*made, "Condition"), origins)
        origins[*made, "Condition"] = (*here, "condition")
    if "dynamic" in block:
        raw["Condition"] = {"Ref": "a dynamic block"}
    return raw


def _principals(value: Any, here: DataPath) -> Any:
    found: dict[str, Any] = {}
    for _, one in _blocks(value, here):
        if not isinstance(one, dict):
            return _plain(one)
        kind = str(one.get("type", ""))
        listed = _plain(one.get("identifiers", []))
        if kind == "*":  # the provider writes Principal: "*" for it
            return "*"
        if not isinstance(listed, list):
            return {kind: listed} if not found else {"Ref": "principals"}
        found[kind] = [*found.get(kind, []), *listed]
    return found


def _conditions(value: Any, here: DataPath, made: DataPath, origins: dict[DataPath, DataPath]) -> Any:
    found: dict[str, Any] = {}
    for place, one in _blocks(value, here):
        if not isinstance(one, dict):
            return _plain(one)
        operator, key, values = str(one.get("test", "")), str(one.get("variable", "")), _plain(one.get("values", []))
        block = found.setdefault(operator, {})
        before = block.get(key)
        if isinstance(before, list) and isinstance(values, list):
            values = [*before, *values]
        elif before is not None:
            values = {"Ref": "values"}
        block[key] = values
        origins.setdefault((*made, operator), (*place, "test"))
        origins.setdefault((*made, operator, key), (*place, "values"))
    return found


def _plain(value: Any) -> Any:
    """Return *value* with Terraform's expressions as functions; ``&{...}`` is how IAM's ``${...}`` is written there."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, str):
        return as_template(value)
    made = as_template(value)
    if isinstance(made, str):
        return made.replace("&{", "${")
    if "Fn::Sub" in made:
        return {"Fn::Sub": made["Fn::Sub"].replace("&{", "${!")}
    return made
