"""
The policies in a CloudFormation template, each way that its conditions can come out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rolemgr.check.intrinsic import is_function, shown
from rolemgr.check.reader.cloudformation_holders import (
    POLICIES,
    ActingGroup,
    CloudFormationResource,
    ConditionsOutcome,
    groups_in,
)
from rolemgr.check.reader.conditions import Ways, ways
from rolemgr.check.reader.elsewhere import TRANSFORM, others
from rolemgr.check.reader.expand import LOOP, Expander, Template, TooLargeError, choices_in, wide_parameters
from rolemgr.check.reader.found import Attached, PieceOfFile, PolicyInFile, Search, UnjudgedPlace, is_policy
from rolemgr.check.reader.made_elsewhere import TEMPLATE_BODY, made_elsewhere
from rolemgr.check.reader.permissions import permissions
from rolemgr.check.reader.properties import document, policies_at, properties_of
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import ORGANIZATION_TYPES
from rolemgr.reference.managed_policies import managed_policy

_TRANSFORMS = ("AWS::Serverless-", "AWS::LanguageExtensions", "AWS::SecretsManager-", "AWS::CodeDeploy")
"""AWS's macros that leave policies as they stand, or that are read here."""
_SAM = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_NO_POLICY = ("AWS::WAFv2::",)
_OF_AWS = ("AWS::", "Alexa::")
_GLOBALS = "Globals"
_MANY = 1_000_000


def in_cloudformation(template: dict[str, Any]) -> Search:
    """Yield the policies in the resources of a CloudFormation template, and what of it can't be judged."""
    yield from _macros(template)
    yield from _globals(template.get("Globals"))
    mappings = template.get("Mappings")
    names = frozenset(map(str, template["Resources"]))
    whole = Template(
        names, mappings if isinstance(mappings, dict) else {}, wide=wide_parameters(template.get("Parameters"))
    )
    try:
        resources = list(_resources(template["Resources"], Expander(whole), ("Resources",)))
        known = [one for one in resources if isinstance(one, CloudFormationResource)]
        yield from (one for one in resources if isinstance(one, UnjudgedPlace))
        yield from _in_groups(known, template.get("Conditions"))
    except TooLargeError:
        yield UnjudgedPlace(("Resources",), "the template comes to more values than are read")


def _globals(sections: Any) -> Search:
    """
    Yield what the Globals of SAM hold for all resources of a type: a trust policy, a function URL, an API's policy.

    Policies of functions can't stand there. A permissions boundary can, and is not read: it gives nothing.
    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    yield from others(sections, (_GLOBALS,), set(), template=True)
    for name, given in sections.items() if isinstance(sections, dict) else ():
        kind, here = f"AWS::Serverless::{name}", (_GLOBALS, name)
        for one in permissions("cloudformation", kind, given):
            whole = one._replace(path=(*here, *one.path))
            if isinstance(whole, PolicyInFile) and isinstance(one, PolicyInFile):
                whole = whole._replace(
                    origins={(*here, *made): (*here, *path) for made, path in (one.origins or {}).items()}
                )
            yield whole
        for unknown in made_elsewhere(kind, {}, given):
            yield unknown._replace(path=(*here, *unknown.path[1:]))


def _macros(template: dict[str, Any]) -> Search:
    listed = template.get("Transform")
    for one in listed if isinstance(listed, list) else [listed]:
        name = one.get("Name") if isinstance(one, dict) else one
        if name is not None and not str(name).startswith(_TRANSFORMS):
            yield UnjudgedPlace(("Transform",), f"the macro `{name}` may change every policy when it is deployed")
    if TRANSFORM in template:
        yield UnjudgedPlace((TRANSFORM,), "the macro may change every policy when it is deployed")


def _resources(
    listed: dict[str, Any], maker: Expander, path: DataPath
) -> "Iterator[CloudFormationResource | UnjudgedPlace]":
    for name, body in listed.items():
        here = (*path, name)
        if name.startswith(LOOP):
            yield from _looped(body, maker, here)
        elif is_function({name: body}):
            yield UnjudgedPlace(here, f"resources are {shown({name: body})}")
        elif isinstance(body, dict):
            yield from _resource(name, body, here, maker)


def _resource(
    name: str, body: dict[str, Any], here: DataPath, maker: Expander
) -> "Iterator[CloudFormationResource | UnjudgedPlace]":
    if TRANSFORM in body:
        yield UnjudgedPlace((*here, TRANSFORM), "what a macro puts into the resource is known only when deployed")
    yield CloudFormationResource(name, body, here, maker)


def _looped(loop: Any, maker: Expander, here: DataPath) -> "Iterator[CloudFormationResource | UnjudgedPlace]":
    """Yield the resources of a loop: of each turn, or as they are written where nobody knows the turns."""
    turns = maker.turns(loop)
    if turns is None:
        body = loop[2] if isinstance(loop, list) and len(loop) == 3 and isinstance(loop[2], dict) else {}
        yield UnjudgedPlace(here, "what the loop goes over is known only when deployed: it is judged as it is written")
        yield from _resources(body, maker, (*here, 2))
        return
    for inner, name, body, step in turns:
        if name.startswith(LOOP):
            yield from _looped(body, inner, (*here, 2, step))
        elif isinstance(body, dict):
            yield from _resource(name, body, (*here, 2, step), inner)


def _in_groups(resources: list[CloudFormationResource], conditions: Any) -> Search:
    """Yield what each group holds; a policy that is held in one of the ways acts with its holders, and not alone."""
    held: dict[str, bool] = {}
    alone: list[ActingGroup] = []
    for group in groups_in(resources):
        if group.holder is None:
            alone.append(group)
            continue
        yield from _in_group(group, conditions, held)
    for group in alone:
        yield from _in_group(group, conditions, held)


def _as_held(one: PolicyInFile, name: str, held: Mapping[str, bool]) -> PolicyInFile:
    """Return *one* of the policy *name* by itself as what it is for its holders."""
    if name not in held or one.kind is not PolicyType.IDENTITY:
        return one
    return one._replace(held=True, group=f"{name} held") if held[name] else one._replace(kind=PolicyType.BOUNDARY)


def _in_group(group: ActingGroup, conditions: Any, held: dict[str, bool]) -> Search:
    """Yield what *group* holds, each way that the conditions come out; note in *held* which policies are attached."""
    asked = [choice for one in group.members for choice in _conditions_of(one)]
    found = ways(asked, conditions)
    if found.left_out:
        yield _left_out(group.members[0], found)
    told: set[UnjudgedPlace] = set()
    for variant, truths in enumerate(found.truths):
        for one in _in_way(group, truths, held):
            if isinstance(one, UnjudgedPlace):
                if one not in told:
                    told.add(one)
                    yield one
            else:
                yield one._replace(variant=variant, ways=found.truths, group=one.group or group.name)


def _conditions_of(resource: CloudFormationResource) -> Iterator[str]:
    yield from choices_in(resource.properties)
    condition = resource.body.get("Condition")
    if isinstance(condition, str):
        yield condition


def _in_way(group: ActingGroup, truths: Mapping[str, bool], held: dict[str, bool]) -> Search:
    """Yield what *group* holds where the conditions come out as *truths* say."""
    there = [one for one in group.members if truths.get(str(one.body.get("Condition")), True)]
    makers = {one.name: Expander(one.maker.template, truths, one.maker.names) for one in there}
    made = {one.name: makers[one.name].plain(one.properties, (*one.path, "Properties")) for one in there}
    way = ConditionsOutcome(made, {one.name: one.kind for one in group.members})
    holder = group.holder
    if holder is not None and holder.name not in made:
        return
    for resource in there:
        inner = _in_resource(resource, made[resource.name], makers[resource.name], group.name)
        if holder is None:
            yield from (_as_held(one, resource.name, held) if isinstance(one, PolicyInFile) else one for one in inner)
        elif resource is holder:
            yield from inner
        elif way.holds(holder.name, resource.name):
            held[resource.name] = held.get(resource.name, False) or resource.kind in POLICIES
            yield from (one._replace(copy=True, inline=False) for one in inner if isinstance(one, PolicyInFile))
        elif way.bounds(holder.name, resource.name):
            held.setdefault(resource.name, False)
            yield from (
                one._replace(copy=True, kind=PolicyType.BOUNDARY) for one in inner if isinstance(one, PolicyInFile)
            )
    for resource in there if holder is not None else ():
        if resource is holder or resource.name in way.groups(holder.name):  # type: ignore[union-attr]
            for one in way.outside(resource.name):
                place = _place(one.path, makers[resource.name], (*resource.path, "Properties"))
                yield Attached(place, group.name, one.arn, one.reason, one.boundary and resource is holder)


def _left_out(resource: CloudFormationResource, found: Ways) -> UnjudgedPlace:
    judged = f"{len(found.truths)} of the ways in which its conditions can come out are judged"
    others = f"{found.left_out:,}" if found.left_out < _MANY else "the others"  # of 2 to the power of thousands
    return UnjudgedPlace(resource.path, f"{judged}, {others} are not")


def _in_resource(resource: CloudFormationResource, properties: Any, maker: Expander, group: str) -> Search:
    here = (*resource.path, "Properties")
    for unknown in made_elsewhere(resource.kind, resource.body, properties):
        yield unknown._replace(path=(*resource.path, *unknown.path))
    if is_function(properties):
        yield UnjudgedPlace(here, f"properties are {shown(properties)}")
    elif isinstance(properties, dict):
        for one in _in_properties(resource.kind, properties, group):
            yield _in_place(one, maker, here)


def _in_place(one: PieceOfFile, maker: Expander, here: DataPath) -> PieceOfFile:
    if isinstance(one, PolicyInFile) and one.origins is not None:
        return one._replace(origins={made: _place(path, maker, here) for made, path in one.origins.items()})
    if isinstance(one, PolicyInFile):
        return one._replace(origins=maker.origins)
    return one._replace(path=_place(one.path, maker, here))


def _place(path: DataPath, maker: Expander, here: DataPath) -> DataPath:
    """Return where in the file *path* of the properties that *maker* made of those at *here* stands."""
    rest: DataPath = ()
    while path and path not in maker.origins:
        path, rest = path[:-1], (path[-1], *rest)
    return (*maker.origins.get(path, here), *rest)


def _in_properties(kind: str, properties: dict[str, Any], group: str) -> Search:
    """Yield what the *properties* of a resource of type *kind* hold: at the known places, and anywhere else."""
    known: set[DataPath] = {(TEMPLATE_BODY,)}
    yield from permissions("cloudformation", kind, properties)
    for one in _at_known(kind, properties, group):
        known.add(one.path)
        yield one
    if kind.startswith(_NO_POLICY):
        return
    for one in others(properties, (), known, template=True, arns=not kind.startswith(_OF_AWS)):
        yield one._replace(group=group) if isinstance(one, PolicyInFile) else one


def _at_known(kind: str, properties: dict[str, Any], group: str) -> Search:
    if kind == "AWS::Organizations::Policy":
        told = ORGANIZATION_TYPES.get(str(properties.get("Type")))
        if told:
            yield from policies_at(properties, "Content", told, group)
        return
    for path, policy_type in properties_of("cloudformation", kind).items():
        if kind in _SAM and path == "Policies":
            for one in _of_sam(properties.get(path), (path,)):
                yield one._replace(group=group, inline=True) if isinstance(one, PolicyInFile) else one
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
    elif is_policy(value):
        yield from document(value, here, PolicyType.IDENTITY)
    elif is_function(value):
        if "Fn::GetAtt" not in value:  # what it refers to is looked for among the resources
            yield Attached(here, "", reason=f"a policy is {shown(value)}")
    elif isinstance(value, dict):
        for name in value:
            yield Attached((*here, name), "", reason=f"SAM makes a policy of its template `{name}` when it is deployed")
    elif isinstance(value, str):
        known = None if ":" in value else managed_policy(value, "aws")
        yield Attached(here, "", known.arn if known else value)
