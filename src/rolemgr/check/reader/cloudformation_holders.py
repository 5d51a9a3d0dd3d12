"""
Which resources of a template hold which of its managed policies, as far as the template says so.

A role names its policies, or a policy its roles; either may do so in one branch of a condition only. So what may
be held is told from the template as it is written, and what is held from each way that its conditions come out.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.check.intrinsic import PLACE, is_function, shown
from rolemgr.check.reader.expand import Expander
from rolemgr.files.source import DataPath

MANAGED: Final = "AWS::IAM::ManagedPolicy"
_GROUP: Final = "AWS::IAM::Group"
_ADDITION: Final = "AWS::IAM::UserToGroupAddition"
_NAMED_BY: Final[Mapping[str, str]] = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::SSO::PermissionSet": "Name",
    "AWS::Serverless::Function": "",
    "AWS::Serverless::StateMachine": "",
}
"""What holds policies, and the property that is its name."""
_SAM: Final = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_SAYS: Final[Mapping[str, Mapping[str, str]]] = {
    MANAGED: {"Roles": "AWS::IAM::Role", "Users": "AWS::IAM::User", "Groups": _GROUP},
    "AWS::IAM::Policy": {"Roles": "AWS::IAM::Role", "Users": "AWS::IAM::User", "Groups": _GROUP},
    "AWS::IAM::RolePolicy": {"RoleName": "AWS::IAM::Role"},
    "AWS::IAM::UserPolicy": {"UserName": "AWS::IAM::User"},
    "AWS::IAM::GroupPolicy": {"GroupName": _GROUP},
}
"""Where a policy says whose it is, and what that is."""
POLICIES: Final = frozenset(_SAYS)
"""The types of resources that are a policy, for any holder."""
_NAMING: Final = frozenset({*_NAMED_BY, *_SAYS, _ADDITION})
_LISTS: Final = ("ManagedPolicyArns", "ManagedPolicies", "CustomerManagedPolicyReferences", "Policies")
_BOUNDARY: Final = "PermissionsBoundary"


class CloudFormationResource(NamedTuple):
    """A resource with its logical name, its place, and what loops around it have named."""

    name: str
    body: dict[str, Any]
    path: DataPath
    maker: Expander

    @property
    def kind(self) -> str:
        """Its type."""
        return str(self.body.get("Type"))

    @property
    def properties(self) -> Any:
        """Its properties as they are written."""
        return self.body.get("Properties")


class OutsideHolder(NamedTuple):
    """What a holder names that is not in the template, at *path* of its properties: an *arn*, or why not even that."""

    path: DataPath
    arn: str = ""
    reason: str = ""
    boundary: bool = False


class ActingGroup(NamedTuple):
    """What acts together: the policies of a *holder*, those of one outside of the template, or a resource alone."""

    name: str
    members: list[CloudFormationResource]
    holder: CloudFormationResource | None = None


class _Words(NamedTuple):
    """A resource with its *names*, and whatever it may name."""

    resource: CloudFormationResource
    names: set[str]
    mentioned: set[str]

    @property
    def kind(self) -> str:
        return self.resource.kind


def groups_in(resources: Sequence[CloudFormationResource]) -> Iterator[ActingGroup]:
    """Yield what acts together among *resources*; a policy that a holder may hold is in the groups of both."""
    words = [_Words(one, _names_of(one), _mentioned(one)) for one in resources if one.kind in _NAMING]
    for one in words:
        if one.kind in _NAMED_BY:
            near = (each.resource for each in _near(one, words))
            yield ActingGroup(one.resource.name, [one.resource, *near], one.resource)
    outside: dict[str, list[CloudFormationResource]] = {}
    for resource in resources:
        if resource.kind not in _NAMED_BY and resource.kind != _ADDITION:
            outside.setdefault(_holder_outside(resource) or resource.name, []).append(resource)
    for name, members in outside.items():
        yield ActingGroup(name, members)


def _near(holder: _Words, words: Sequence[_Words]) -> list[_Words]:
    """Return the policies that *holder* may hold, those of the groups that it may be in among them."""
    found = [one for one in words if one is not holder and _may_hold(holder, one)]
    if holder.kind == "AWS::IAM::User":
        added = {name for one in found if one.kind == _ADDITION for name in one.mentioned}
        groups = [one for one in words if one.kind == _GROUP and (one in found or one.names & added)]
        through = [each for group in groups for each in words if _may_hold(group, each)]
        found += [each for each in (*groups, *through) if each not in found]
    return found


def _may_hold(holder: _Words, other: _Words) -> bool:
    """Tell whether *holder* names *other*, or *other* it, in some branch."""
    if other.kind not in _SAYS and other.kind not in (_GROUP, _ADDITION):
        return False
    if other.kind == _GROUP and holder.kind != "AWS::IAM::User":
        return False
    return not (other.names.isdisjoint(holder.mentioned) and holder.names.isdisjoint(other.mentioned))


def _names_of(resource: CloudFormationResource) -> set[str]:
    """Return the logical name of *resource*, and what its name is in AWS where that is written."""
    properties = resource.properties if isinstance(resource.properties, dict) else {}
    key = "ManagedPolicyName" if resource.kind == MANAGED else _NAMED_BY.get(resource.kind, "")
    return {resource.name, *_texts(properties.get(key), resource.maker)}


def _mentioned(resource: CloudFormationResource) -> set[str]:
    """Return whatever *resource* may name: each text where it says what it holds, or whose it is."""
    properties = resource.properties if isinstance(resource.properties, dict) else {}
    if is_function(properties):
        return set(_texts(properties, resource.maker))
    of_policy = tuple(_SAYS.get(resource.kind, ("Users", "GroupName")))
    keys = (*_LISTS, _BOUNDARY, "Groups") if resource.kind in _NAMED_BY else of_policy
    return {one for key in keys for one in _texts(properties.get(key), resource.maker)}


def _texts(value: Any, maker: Expander) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            text = maker.named(one)
            yield from (text, text.partition(".")[0], text.rpartition("/")[2])
            yield from (place.partition(".")[0] for place in PLACE.findall(text))
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, dict) and "Statement" not in one:
            waiting += one.values()


def _holder_outside(policy: CloudFormationResource) -> str | None:
    """Return whose *policy* is where that is one role alone: policies of one such role act together."""
    properties = policy.properties
    for key in _SAYS.get(policy.kind, ()):
        listed = properties.get(key) if isinstance(properties, dict) else None
        alone = listed[0] if isinstance(listed, list) and len(listed) == 1 else listed
        name = alone.get("Ref") if isinstance(alone, dict) else alone
        if isinstance(name, str):
            return f"{key} {name}"
    return None


class ConditionsOutcome(NamedTuple):
    """One way in which a template's conditions come out: each resource's properties, those that are there."""

    properties: Mapping[str, Any]
    kinds: Mapping[str, str]

    def holds(self, holder: str, other: str) -> bool:
        """Tell whether *holder* has the policy *other*, as one of its own or through a group, or is in that group."""
        groups = self.groups(holder)
        return other in groups or any(self._attached(one, other) for one in (holder, *groups))

    def bounds(self, holder: str, other: str) -> bool:
        """Tell whether the policy *other* is the permissions boundary of *holder*."""
        boundary = self._of(holder, _BOUNDARY)
        inner = boundary.get("CustomerManagedPolicyReference") if isinstance(boundary, dict) else None
        return self._is(boundary, other) or (isinstance(inner, dict) and self._is_called(inner.get("Name"), other))

    def outside(self, holder: str) -> Iterator[OutsideHolder]:
        """Yield what *holder* names that is not in the template."""
        for key in self._keys(holder):
            yield from self._listed(holder, key)
        yield from self._references(holder)
        boundary = self._of(holder, _BOUNDARY)
        if boundary is not None and not any(self.bounds(holder, one) for one in self.properties):
            arn = boundary.get("ManagedPolicyArn", boundary) if isinstance(boundary, dict) else boundary
            yield _outside(arn, (_BOUNDARY,), boundary=True)
        yield from self._groups_outside(holder)

    def _keys(self, holder: str) -> tuple[str, ...]:
        """Return the properties in which *holder* names policies by their ARNs."""
        return ("Policies",) if self.kinds[holder] in _SAM else ("ManagedPolicyArns", "ManagedPolicies")

    def _of(self, name: str, key: str) -> Any:
        found = self.properties.get(name)
        return found.get(key) if isinstance(found, dict) else None

    def _attached(self, holder: str, other: str) -> bool:
        for key, kind in _SAYS.get(self.kinds[other], {}).items():
            if kind == self.kinds[holder] and any(self._is(one, holder) for one in _items(self._of(other, key))):
                return True
        if self.kinds[other] != MANAGED:
            return False
        listed = [one for key in self._keys(holder) for one in _items(self._of(holder, key))]
        references = _items(self._of(holder, "CustomerManagedPolicyReferences"))
        called = (one.get("Name") for one in references if isinstance(one, dict))
        return any(self._is(one, other) for one in listed) or any(self._is_called(one, other) for one in called)

    def groups(self, user: str) -> set[str]:
        """Return the groups of the template that *user* is in."""
        if self.kinds[user] != "AWS::IAM::User":
            return set()
        groups = [one for one, kind in self.kinds.items() if kind == _GROUP and one in self.properties]
        named = list(_items(self._of(user, "Groups")))
        for one, kind in self.kinds.items():
            if kind == _ADDITION and any(self._is(each, user) for each in _items(self._of(one, "Users"))):
                named.append(self._of(one, "GroupName"))
        return {group for group in groups if any(self._is(one, group) for one in named)}

    def _is(self, value: Any, name: str) -> bool:
        """Tell whether *value* refers to the resource *name*, or writes its name or ARN."""
        match value:
            case {"Ref": referred} | {"Fn::GetAtt": [referred, *_]} if referred == name:
                return True
            case {"Fn::GetAtt": str() as referred}:
                return referred.partition(".")[0] == name
            case str() if self.kinds[name] == MANAGED:
                return ":iam::aws:" not in value and self._is_called(value.rpartition("/")[2], name)
        return self._is_called(value, name)

    def _is_called(self, value: Any, name: str) -> bool:
        key = "ManagedPolicyName" if self.kinds[name] == MANAGED else _NAMED_BY.get(self.kinds[name], "")
        called = self._of(name, key)
        return called is not None and bool(called == value)

    def _listed(self, holder: str, key: str) -> Iterator[OutsideHolder]:
        value = self._of(holder, key)
        is_sam = key == "Policies"
        if value is not None and not isinstance(value, list) and not is_sam:
            yield _outside(value, (key,))
            return
        for index, one in enumerate(_items(value)):
            if is_sam and not (isinstance(one, dict) and "Fn::GetAtt" in one):
                continue  # told where the documents among them are
            if not any(self._is(one, name) for name, kind in self.kinds.items() if kind == MANAGED):
                yield _outside(one, (key, index))

    def _references(self, holder: str) -> Iterator[OutsideHolder]:
        key = "CustomerManagedPolicyReferences"
        value = self._of(holder, key)
        if value is not None and not isinstance(value, list):
            yield OutsideHolder((key,), reason="which policies a permission set refers to is known only when deployed")
            return
        for index, one in enumerate(value or ()):
            name = one.get("Name") if isinstance(one, dict) else None
            if not any(self._is_called(name, other) for other, kind in self.kinds.items() if kind == MANAGED):
                called = f"the policy `{name}`" if isinstance(name, str) else "a policy"
                yield OutsideHolder(
                    (key, index), reason=f"{called} that the permission set refers to is not in the file"
                )

    def _groups_outside(self, holder: str) -> Iterator[OutsideHolder]:
        value = self._of(holder, "Groups") if self.kinds[holder] == "AWS::IAM::User" else None
        known = [one for one, kind in self.kinds.items() if kind == _GROUP and one in self.properties]
        for index, one in enumerate(_items(value)):
            if not any(self._is(one, group) for group in known):
                yield OutsideHolder(("Groups", index), reason="a group that the user is in is not in the file")


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else () if value is None else (value,)


def _outside(value: Any, path: DataPath, *, boundary: bool = False) -> OutsideHolder:
    if isinstance(value, str):
        return OutsideHolder(path, value, boundary=boundary)
    what = "the permissions boundary" if boundary else "an attached policy"
    reason = f"{what} is {shown(value)}" if is_function(value) else f"{what} has no ARN"
    return OutsideHolder(path, reason=reason, boundary=boundary)
