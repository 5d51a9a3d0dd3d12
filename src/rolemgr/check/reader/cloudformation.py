"""
The policies in a CloudFormation template, each way that its conditions can come out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.check.intrinsic import is_function, shown
from rolemgr.check.reader.conditions import Ways, ways
from rolemgr.check.reader.expand import LOOP, Expander, Template, TooLargeError, choices_in
from rolemgr.check.reader.found import Found, Search, Unknown, is_policy, others
from rolemgr.check.reader.properties import document, policies_at, properties_of
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import ORGANIZATION_TYPES

_TRANSFORMS = ("AWS::Serverless-", "AWS::LanguageExtensions", "AWS::SecretsManager-", "AWS::CodeDeploy")
"""AWS's macros that leave policies as they stand, or that are read here."""
_SAM = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_NO_POLICY = ("AWS::WAFv2::", "AWS::CloudFormation::")
_TEXTS = ("TemplateBody",)
_MANY = 1_000_000


class _Resource(NamedTuple):
    """A resource with its logical name, its place, and what loops around it have named."""

    name: str
    body: dict[str, Any]
    path: DataPath
    maker: Expander

    @property
    def kind(self) -> str:
        return str(self.body.get("Type"))


def in_cloudformation(template: dict[str, Any]) -> Search:
    """Yield the policies in the resources of a CloudFormation template, and what of it can't be judged."""
    yield from _macros(template)
    mappings = template.get("Mappings")
    whole = Template(
        frozenset(map(str, template["Resources"])), mappings if isinstance(mappings, dict) else {}
    )  # fmt: skip
    try:
        resources = list(_resources(template["Resources"], Expander(whole), ("Resources",)))
        known = [one for one in resources if isinstance(one, _Resource)]
        yield from (one for one in resources if isinstance(one, Unknown))
        for name, group in _groups(known).items():
            yield from _in_group(name, group, template.get("Conditions"))
    except TooLargeError:
        yield Unknown(("Resources",), "the template comes to more values than are read")


def _macros(template: dict[str, Any]) -> Search:
    listed = template.get("Transform")
    for one in listed if isinstance(listed, list) else [listed]:
        name = one.get("Name") if isinstance(one, dict) else one
        if name is not None and not str(name).startswith(_TRANSFORMS):
            yield Unknown(("Transform",), f"the macro `{name}` may change every policy when it is deployed")


def _resources(listed: dict[str, Any], maker: Expander, path: DataPath) -> "Iterator[_Resource | Unknown]":
    for name, body in listed.items():
        here = (*path, name)
        if name.startswith(LOOP):
            yield from _looped(body, maker, here)
        elif is_function({name: body}):
            yield Unknown(here, f"resources are {shown({name: body})}")
        elif isinstance(body, dict):
            yield _Resource(name, body, here, maker)


def _looped(loop: Any, maker: Expander, here: DataPath) -> "Iterator[_Resource | Unknown]":
    """Yield the resources of a loop: of each turn, or as they are written where nobody knows the turns."""
    turns = maker.turns(loop)
    if turns is None:
        body = loop[2] if isinstance(loop, list) and len(loop) == 3 and isinstance(loop[2], dict) else {}
        yield Unknown(here, "what the loop goes over is known only when deployed: it is judged as it is written")
        yield from _resources(body, maker, (*here, 2))
        return
    for inner, name, body, step in turns:
        if name.startswith(LOOP):
            yield from _looped(body, inner, (*here, 2, step))
        elif isinstance(body, dict):
            yield _Resource(name, body, (*here, 2, step), inner)


def _groups(resources: Iterable[_Resource]) -> dict[str, list[_Resource]]:
    """Return the resources whose policies act together: a role, and the policies that are attached to it alone."""
    listed = list(resources)
    holders = _holders(listed)
    groups: dict[str, list[_Resource]] = {}
    for one in listed:
        held_by = _attached_to(one.body.get("Properties")) or holders.get(one.name)
        groups.setdefault(held_by or one.name, []).append(one)
    return groups


def _holders(resources: Sequence[_Resource]) -> dict[str, str]:
    """Return for each managed policy that one role or permission set of the template alone refers to, which that is."""
    named = [one for one in resources if one.body.get("Type") == "AWS::IAM::ManagedPolicy"]
    holders: dict[object, set[str]] = {}
    for holder in resources:
        for reference in _references(holder.body.get("Properties")):
            holders.setdefault(reference, set()).add(holder.name)
    found = {one.name: set[str]().union(*(holders.get(each, ()) for each in _ways_to(one))) for one in named}
    return {policy: next(iter(names)) for policy, names in found.items() if len(names) == 1}


def _references(properties: Any) -> Iterator[tuple[str, str]]:
    """Yield how a role attaches policies of the template, and a permission set the policies of a name."""
    if not isinstance(properties, dict):
        return
    attached, references = properties.get("ManagedPolicyArns"), properties.get("CustomerManagedPolicyReferences")
    for one in attached if isinstance(attached, list) else ():
        if isinstance(one, dict) and len(one) == 1 and isinstance(one.get("Ref"), str):
            yield "Ref", one["Ref"]
    for one in references if isinstance(references, list) else ():
        if isinstance(one, dict) and one.get("Name") is not None:
            yield "Name", repr(one["Name"])  # a function too, where both write the same


def _ways_to(policy: _Resource) -> Iterator[tuple[str, str]]:
    """Yield how others may refer to *policy*."""
    yield "Ref", policy.name
    own = policy.body.get("Properties")
    if isinstance(own, dict) and own.get("ManagedPolicyName") is not None:
        yield "Name", repr(own["ManagedPolicyName"])


def _attached_to(properties: Any) -> str | None:
    match properties:
        case {"Roles": [{"Ref": str() as role}]}:
            return role
        case {"RoleName": {"Ref": str() as role}}:
            return role
        case _:
            return None


def _in_group(name: str, group: list[_Resource], conditions: Any) -> Search:
    asked = [choice for one in group for choice in choices_in(one.body.get("Properties"))]
    found = ways(asked, conditions)
    if found.left_out:
        yield _left_out(group[0], found)
    told: set[Unknown] = set()
    for variant, truths in enumerate(found.truths):
        for resource in group:
            for one in _in_resource(resource, truths, name):
                if isinstance(one, Found):
                    yield one._replace(variant=variant, ways=found.truths, group=name)
                elif one not in told:
                    told.add(one)
                    yield one


def _left_out(resource: _Resource, found: Ways) -> Unknown:
    judged = f"{len(found.truths)} of the ways in which its conditions can come out are judged"
    others = f"{found.left_out:,}" if found.left_out < _MANY else "the others"  # of 2 to the power of thousands
    return Unknown(resource.path, f"{judged}, {others} are not")


def _in_resource(resource: _Resource, truths: Any, group: str) -> Search:
    maker = Expander(resource.maker.template, truths, resource.maker.names)
    here = (*resource.path, "Properties")
    properties = maker.plain(resource.body.get("Properties"), here)
    if is_function(properties):
        yield Unknown(here, f"properties are {shown(properties)}")
    elif isinstance(properties, dict):
        for one in _in_properties(resource.kind, properties, group):
            yield _in_place(one, maker, here)


def _in_place(one: Found | Unknown, maker: Expander, here: DataPath) -> Found | Unknown:
    if isinstance(one, Found):
        return one._replace(origins=maker.origins)
    path, rest = one.path, ()
    while path and path not in maker.origins:
        path, rest = path[:-1], (path[-1], *rest)  # type: ignore[assignment]
    return one._replace(path=(*maker.origins.get(path, here), *rest))


def _in_properties(kind: str, properties: dict[str, Any], group: str) -> Search:
    """Yield what the *properties* of a resource of type *kind* hold: at the known places, and anywhere else."""
    known: set[DataPath] = set()
    for one in _at_known(kind, properties, group):
        known.add(one.path)
        yield one
    if kind.startswith(_NO_POLICY):
        for name in _TEXTS:
            if "Policy" in str(properties.get(name, "")):
                yield Unknown((name,), "a template within the template is not read")
        return
    for one in others(properties, (), known, template=True):
        yield one._replace(group=group) if isinstance(one, Found) else one


def _at_known(kind: str, properties: dict[str, Any], group: str) -> Search:
    if kind == "AWS::Organizations::Policy":
        told = ORGANIZATION_TYPES.get(str(properties.get("Type")))
        if told:
            yield from policies_at(properties, "Content", told, group)
        return
    for path, policy_type in properties_of("cloudformation", kind).items():
        if kind in _SAM and path == "Policies":
            for one in _of_sam(properties.get(path), (path,)):
                yield one._replace(group=group, inline=True) if isinstance(one, Found) else one
        else:
            yield from policies_at(properties, path, policy_type, group)


def _of_sam(value: Any, here: DataPath) -> Search:
    """
    Yield the policies of a SAM resource: documents, beside names, ARNs and SAM's own templates.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
    """
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _of_sam(one, (*here, index))
    elif is_policy(value) or is_function(value):
        yield from document(value, here, PolicyType.IDENTITY)
    elif isinstance(value, dict):
        for name in value:
            yield Unknown((*here, name), f"SAM makes a policy of its template `{name}` when it is deployed")
    elif isinstance(value, str):
        yield Unknown(here, f"the text of the attached policy `{value}` is not in the file")
