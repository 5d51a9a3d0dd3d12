"""
The policies in Terraform's JSON: a plan or a state (`terraform show -json`), a state file, a ``.tf.json`` file.

https://developer.hashicorp.com/terraform/internals/json-format
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from rolemgr.check.reader.elsewhere import others
from rolemgr.check.reader.found import PolicyInFile, Search, UnjudgedPlace
from rolemgr.check.reader.hcl import NotPlainExpressionError, encoded
from rolemgr.check.reader.permissions import permissions
from rolemgr.check.reader.properties import at, document, policies_at, properties_of
from rolemgr.check.reader.terraform_blocks import blocks, labelled
from rolemgr.check.reader.terraform_documents import in_document
from rolemgr.check.reader.terraform_holders import TerraformResource, attaching, held_in, references, without_indices
from rolemgr.check.reader.terraform_locals import as_template, in_locals
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import ORGANIZATION_TYPES

_DOCUMENT: Final = re.compile(r"\$\{\s*data\.aws_iam_policy_document\.([\w-]+)(?:\[[^\]]*\])?\.(?:minified_)?json\s*\}")
_LOCAL: Final = re.compile(r"\blocal\.([\w-]+)")
_EXPRESSION: Final = re.compile(r"\$\{|%\{")
_STACKS: Final = ("aws_cloudformation_stack", "aws_cloudformation_stack_set")
_WITH_HOLDERS: Final = "aws_"
"""Resources of the provider of which is known what they attach."""
_NO_PLACE: Final = "looks like a policy, where Terraform has none"


def is_terraform(data: dict[str, Any]) -> bool:
    """Tell whether *data* is Terraform's."""
    if "planned_values" in data or ("values" in data and "terraform_version" in data) or _is_state(data):
        return True
    if [*labelled(data.get("resource"), ()), *_modules(data)]:
        return True
    return any(kind == "aws_iam_policy_document" for kind, *_ in blocks(data, "data"))


def in_terraform(data: dict[str, Any]) -> Search:
    """Yield the policies in *data*, each with those that act with it, and what of it can't be judged."""
    resources = list(_resources(data))
    yield from held_in(_policies(data, resources), resources, data)


def _resources(data: dict[str, Any]) -> Iterator[TerraformResource]:
    if _is_state(data):
        yield from _of_state(data["resources"])
    elif key := _planned_in(data):
        yield from _of_module(data[key].get("root_module"), (key, "root_module"), _configured_in(data))
    else:
        yield from _of_configuration(data)


def _planned_in(data: dict[str, Any]) -> str | None:
    return next((key for key in ("planned_values", "values") if isinstance(data.get(key), dict)), None)


def _policies(data: dict[str, Any], resources: list[TerraformResource]) -> Search:
    if _is_state(data) or _planned_in(data):
        later = _known_later(data)
        for one in resources:
            yield from _final(one.kind, one.group, one.values, one.path)
            yield from _after_apply(one, later)
            yield from _granted(one, one.values, _later_arguments(one, later))
        yield from _left_out(data)
        return
    yield from _in_configuration(data)


def _left_out(data: dict[str, Any]) -> Search:
    """Yield what a plan or a state says that it has not."""
    if data.get("deferred_changes"):
        yield UnjudgedPlace(("deferred_changes",), "changes that Terraform defers are not planned yet")
    if data.get("errored") is True:
        yield UnjudgedPlace(("errored",), "the plan failed: what is left of it is not there")
    for index, one in _listed(data, "resources") if _is_state(data) else ():
        instances = one.get("instances") if isinstance(one, dict) else None
        listed = instances if isinstance(instances, list) else ()
        if any(isinstance(each, dict) and "attributes_flat" in each for each in listed):
            yield UnjudgedPlace(("resources", index), "a state of Terraform 0.11, whose values are flat, is not read")


def _is_state(data: dict[str, Any]) -> bool:
    return isinstance(data.get("resources"), list) and "lineage" in data and "version" in data


def _of_state(resources: list[Any]) -> Iterator[TerraformResource]:
    for index, one in enumerate(resources):
        instances = one.get("instances") if isinstance(one, dict) and one.get("mode") != "data" else None
        for place, instance in enumerate(instances if isinstance(instances, list) else ()):
            if isinstance(instance, dict):
                here = ("resources", index, "instances", place, "attributes")
                group = f"{one.get('module', '')}.{one.get('type')}.{one.get('name')}[{place}]"
                yield TerraformResource(group, str(one.get("type")), instance.get("attributes"), here)


def _known_later(data: dict[str, Any]) -> dict[str, Any]:
    """
    Return, by the address of a resource, which of its values a plan does not know yet.

    https://developer.hashicorp.com/terraform/internals/json-format#change-representation
    """
    later = {}
    listed = data.get("resource_changes")
    for one in listed if isinstance(listed, list) else ():
        change = one.get("change") if isinstance(one, dict) else None
        if isinstance(change, dict) and isinstance(one.get("address"), str):
            later[one["address"]] = change.get("after_unknown")
    return later


def _of_module(module: Any, path: DataPath, configured: dict[str, Any]) -> Iterator[TerraformResource]:
    waiting: list[tuple[Any, DataPath]] = [(module, path)]
    while waiting:
        one, here = waiting.pop(0)
        if isinstance(one, dict):
            waiting += [(inner, (*here, "child_modules", at)) for at, inner in _listed(one, "child_modules")]
            for index, resource in _listed(one, "resources"):
                if isinstance(resource, dict) and resource.get("mode") != "data":
                    address = str(resource.get("address"))
                    place = (*here, "resources", index, "values")
                    expressions = configured.get(without_indices(address))
                    yield TerraformResource(
                        address, str(resource.get("type")), resource.get("values"), place, expressions
                    )


def _configured_in(data: dict[str, Any]) -> dict[str, Any]:
    """Return the expressions of each resource of a plan's configuration, by its address without indices."""
    configuration = data.get("configuration")
    root = configuration.get("root_module") if isinstance(configuration, dict) else None
    found: dict[str, Any] = {}
    waiting: list[tuple[Any, str]] = [(root, "")]
    while waiting:
        module, before = waiting.pop()
        for _, one in _listed(module, "resources") if isinstance(module, dict) else ():
            expressions = one.get("expressions") if isinstance(one, dict) else None
            if isinstance(expressions, dict):
                found[f"{before}{one.get('address')}"] = expressions
        calls = module.get("module_calls") if isinstance(module, dict) else None
        for name, call in calls.items() if isinstance(calls, dict) else ():
            waiting.append((call.get("module") if isinstance(call, dict) else None, f"{before}module.{name}."))
    return found


def _after_apply(one: TerraformResource, later: dict[str, Any]) -> Search:
    keys = [key for key in attaching(one.kind) if not references((one.expressions or {}).get(key))]
    for place in (*_places(one.kind, one.values), *keys):
        if _is_later(one, later, place):
            yield UnjudgedPlace(one.path, f"{place} of {one.group} is known only after apply")


def _later_arguments(one: TerraformResource, later: dict[str, Any]) -> frozenset[str]:
    """Return which arguments of *one* are given and not known yet."""
    unknown = later.get(one.group)
    names = one.expressions or {} if unknown is True else unknown if isinstance(unknown, dict) else ()
    return frozenset(name for name in names if _is_later(one, later, name))


def _granted(one: TerraformResource, values: Any, later: frozenset[str] = frozenset()) -> Search:
    """Yield what *one* grants without a policy, at its place in the file."""
    for found in permissions("terraform", one.kind, values, later):
        whole = found._replace(path=(*one.path, *found.path))
        if isinstance(whole, PolicyInFile) and isinstance(found, PolicyInFile) and found.origins is not None:
            origins = {(*one.path, *made): (*one.path, *path) for made, path in found.origins.items()}
            whole = whole._replace(origins=origins, group=one.group)
        yield whole


def _is_later(one: TerraformResource, later: dict[str, Any], place: str) -> bool:
    """Tell whether *place* is given and not known yet; an argument that is not given is AWS's own default."""
    if "/" not in place and one.expressions is not None and place not in one.expressions:
        return False
    unknown = later.get(one.group)
    values = [value for _, found in at(unknown, place) for value in (found if isinstance(found, list) else [found])]
    return unknown is True or True in values


def _of_configuration(data: dict[str, Any]) -> Iterator[TerraformResource]:
    for kind, name, body, path in blocks(data, "resource"):
        yield TerraformResource(f"{kind}.{name}", kind, body, path)


def _listed(module: dict[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    found = module.get(key)
    yield from enumerate(found if isinstance(found, list) else ())


def _places(kind: str, values: Any) -> dict[str, PolicyType]:
    if kind == "aws_organizations_policy":
        told = values.get("type", "SERVICE_CONTROL_POLICY") if isinstance(values, dict) else None
        policy_type = ORGANIZATION_TYPES.get(str(told))
        return {"content": policy_type} if policy_type else {}
    return dict(properties_of("terraform", kind))


def _final(kind: str, group: str, values: Any, path: DataPath) -> Search:
    """Yield the policies of a resource whose values are those that AWS gets: nothing in them is an expression."""
    known: set[DataPath] = set()
    for place, policy_type in _places(kind, values).items():
        for one in policies_at(values, place, policy_type, group):
            known.add((*path, *one.path))
            whole = one._replace(path=(*path, *one.path))
            yield whole._replace(template=False) if isinstance(whole, PolicyInFile) else whole
    yield from _elsewhere(kind, values, path, known, group)


def _elsewhere(kind: str, values: Any, path: DataPath, known: set[DataPath], group: str) -> Search:
    if kind in _STACKS and isinstance(values, dict) and values.get("template_url"):
        yield UnjudgedPlace((*path, "template_url"), "the template of a stack is not read here")
    for one in others(values, path, known, arns=not kind.startswith(_WITH_HOLDERS)):
        yield one._replace(group=group) if isinstance(one, PolicyInFile) else one


def _in_configuration(data: dict[str, Any]) -> Search:
    """Yield the policies of a ``.tf.json`` file: resources, the documents that they refer to, and locals."""
    locals_ = {name: value for name, value, _ in labelled(data.get("locals"), ())}
    documents = dict(_documents(data))
    used: set[str] = set()
    yield from in_locals(data)
    for kind, name, body, path in blocks(data, "resource"):
        yield from _configured(f"{kind}.{name}", body, path, documents, used, locals_)
    yield from _beside(data)
    for name, (body, here) in documents.items():
        if name not in used:
            yield from in_document(body, here, None, "")


def _documents(data: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, DataPath]]]:
    for kind, name, body, here in blocks(data, "data"):
        if kind == "aws_iam_policy_document":
            yield name, (body, here)


def _modules(data: dict[str, Any]) -> Iterator[tuple[str, DataPath]]:
    for name, body, here in labelled(data.get("module"), ("module",)):
        alone = body[0] if isinstance(body, list) and body else body
        if isinstance(alone, dict) and "source" in alone:
            yield name, here


def _beside(data: dict[str, Any]) -> Search:
    """Yield what a ``.tf.json`` file has besides resources: calls of modules, and what looks like a policy."""
    for name, here in _modules(data):
        yield UnjudgedPlace(here, f"the module `{name}` is not read here; `terraform show -json` of a plan is read")
    for key in data.keys() - {"resource", "data", "locals", "module"}:
        for one in others(data[key], (key,), set()):
            yield UnjudgedPlace(one.path, _NO_PLACE) if isinstance(one, PolicyInFile) else one


def _configured(
    group: str, body: Any, path: DataPath, documents: dict[str, Any], used: set[str], local: dict[str, Any]
) -> Search:
    known: set[DataPath] = set()
    kind = group.partition(".")[0]
    for place, policy_type in _places(kind, body[0] if isinstance(body, list) and body else body).items():
        for inner, value in at(body, place):
            here = (*path, *inner)
            known.add(here)
            for one in _value(value, here, policy_type, documents, used, local):
                inline = place.startswith("inline_policy")
                yield one._replace(group=group, inline=inline) if isinstance(one, PolicyInFile) else one
    yield from _dynamic(kind, body, path)
    yield from _granted(TerraformResource(group, kind, body, path), as_template(body))
    yield from _elsewhere(kind, body, path, known, group)


def _dynamic(kind: str, body: Any, path: DataPath) -> Search:
    """Yield the blocks that an expression makes, of which nobody knows how many there will be."""
    for here, value in at(body, "dynamic"):
        blocks = value if isinstance(value, list) else [value]
        if kind == "aws_iam_role" and any(isinstance(one, dict) and "inline_policy" in one for one in blocks):
            yield UnjudgedPlace((*path, *here), "inline policies of a dynamic block are not judged")


def _value(
    value: Any, here: DataPath, kind: PolicyType, documents: dict[str, Any], used: set[str], local: dict[str, Any]
) -> Search:
    """Yield the policy that the *value* of an argument is: JSON text, jsonencode, a document, or an expression."""
    if not isinstance(value, str):
        yield from document(as_template(value), here, kind)
        return
    referred = _DOCUMENT.fullmatch(value.strip())
    if referred and referred[1] in documents:
        used.add(referred[1])
        body, place = documents[referred[1]]
        yield from in_document(body, place, kind, "")
    elif value.lstrip()[:2] in ("${", "%{"):
        yield from _expression(value.strip(), here, kind, local)
    else:
        for one in document(value, here, kind):
            if isinstance(one, PolicyInFile):
                yield one._replace(raw=as_template(one.raw))
            else:
                yield _because(one, value) if isinstance(one, UnjudgedPlace) else one


def _because(one: UnjudgedPlace, value: str) -> UnjudgedPlace:
    return one._replace(reason="a policy is text with expressions in it") if _EXPRESSION.search(value) else one


def _expression(text: str, here: DataPath, kind: PolicyType, local: dict[str, Any]) -> Search:
    inner = text[2:-1].strip() if text.startswith("${") and text.endswith("}") else ""
    names = _LOCAL.findall(inner)
    if names and all("Statement" in local[name] for name in names if isinstance(local.get(name), dict)) and any(
        isinstance(local.get(name), dict) for name in names
    ):  # fmt: skip
        return  # judged where it stands, among the locals
    try:
        value = encoded(inner)
    except NotPlainExpressionError:
        shown = text if len(text) < 60 else text[:57] + "..."
        yield UnjudgedPlace(here, f"a policy is the expression `{shown}`; `terraform show -json` of a plan is read")
        return
    yield from document(value, here, kind)
