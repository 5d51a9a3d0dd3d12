"""
Who holds which policies in Terraform's JSON: resources of their own say so, by names, ARNs or references.

In a state each value is there. In a plan a value that AWS gives out is not, and its configuration names what it
refers to; a ``.tf.json`` file has expressions alone.
https://developer.hashicorp.com/terraform/internals/json-format#expression-representation
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policy_attachment
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from rolemgr.check.intrinsic import resolve
from rolemgr.check.reader.found import PieceOfFile, PolicyInFile, Search, UnjudgedPlace
from rolemgr.check.reader.holders import Edge, Member, joined
from rolemgr.check.reader.terraform_locals import as_template
from rolemgr.files.source import DataPath
from rolemgr.iam.arn import Arn

_ROLE, _USER, _GROUP = "aws_iam_role", "aws_iam_user", "aws_iam_group"
_SET: Final = "aws_ssoadmin_permission_set"
_POLICY: Final = "aws_iam_policy"
_HOLDERS: Final = (_ROLE, _USER, _GROUP, _SET)
_INLINE: Final[Mapping[str, tuple[str, str]]] = {
    "aws_iam_role_policy": (_ROLE, "role"),
    "aws_iam_user_policy": (_USER, "user"),
    "aws_iam_group_policy": (_GROUP, "group"),
    "aws_ssoadmin_permission_set_inline_policy": (_SET, "permission_set_arn"),
}
"""What is the inline policy of a holder, and where it says whose."""
_ATTACHES: Final[Mapping[str, tuple[tuple[tuple[str, str], ...], str]]] = {
    "aws_iam_role_policy_attachment": (((_ROLE, "role"),), "policy_arn"),
    "aws_iam_user_policy_attachment": (((_USER, "user"),), "policy_arn"),
    "aws_iam_group_policy_attachment": (((_GROUP, "group"),), "policy_arn"),
    "aws_iam_policy_attachment": (((_ROLE, "roles"), (_USER, "users"), (_GROUP, "groups")), "policy_arn"),
    "aws_iam_role_policy_attachments_exclusive": (((_ROLE, "role_name"),), "policy_arns"),
    "aws_iam_user_policy_attachments_exclusive": (((_USER, "user_name"),), "policy_arns"),
    "aws_iam_group_policy_attachments_exclusive": (((_GROUP, "group_name"),), "policy_arns"),
    "aws_ssoadmin_managed_policy_attachment": (((_SET, "permission_set_arn"),), "managed_policy_arn"),
}
"""What attaches managed policies: the holders of each type, and the policies."""
_MEMBERS: Final = {"aws_iam_group_membership": ("users", "group"), "aws_iam_user_group_membership": ("user", "groups")}
_INDEX: Final = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
_MODULE: Final = re.compile(rf"module\.[\w-]+(?:{_INDEX.pattern})?\.")
_FREE: Final = ("each.", "count.", "path.")
_LATER: Final = "known only after apply"


class TerraformResource(NamedTuple):
    """A resource: the group of its policies, its type, its values and their place, and what they refer to in a plan."""

    group: str
    kind: str
    values: Any
    path: DataPath
    expressions: Mapping[str, Any] | None = None


class _Named(NamedTuple):
    """What a value names: a *literal*, the *address* of a resource, or neither, which nobody knows."""

    path: DataPath
    literal: str | None = None
    address: str | None = None


def held_in(found: Iterable[PieceOfFile], resources: Sequence[TerraformResource], data: Any) -> Search:
    """Yield what was *found*, each policy in the groups of those *resources* that hold it."""
    held = _Holding(resources, data)
    moved = held.moved()
    listed = [_moved(one, moved) for one in found]
    held.judged = {one.policy for one in listed if isinstance(one, PolicyInFile) and one.policy}
    edges, members = list(held.edges()), list(held.members())
    yield from joined(listed, edges, members)
    yield from held.unknown


def _moved(one: PieceOfFile, moved: Mapping[str, str]) -> PieceOfFile:
    """Return *one* in the group of the holder whose inline policy it is; a managed policy by its own name."""
    if isinstance(one, PolicyInFile) and one.group in moved:
        return one._replace(group=moved[one.group], inline=True)
    if isinstance(one, PolicyInFile) and _kind_of(one.group) == _POLICY:
        return one._replace(policy=one.group)
    return one


def _kind_of(address: str) -> str:
    """Return the type in the *address* of a resource, within whatever module."""
    steps = _INDEX.sub("", address).split(".")
    return steps[-2] if len(steps) > 1 else ""


@dataclass
class _Holding:
    """Looks up which resources the values of others name."""

    resources: Sequence[TerraformResource]
    data: Any
    judged: set[str] = field(default_factory=set)
    unknown: list[UnjudgedPlace] = field(default_factory=list)

    def moved(self) -> dict[str, str]:
        """Return the groups of inline policies that belong to those of their holders."""
        found: dict[str, str] = {}
        for one in self.resources:
            if one.kind in _INLINE:
                kind, key = _INLINE[one.kind]
                groups = [group for group in self._holders(one, kind, key) if group]
                if len(groups) == 1:
                    found[one.group] = groups[0]
        roles = [one.group for one in self.resources if one.kind == _ROLE]
        if self._has_locals() and len(roles) == 1:
            found["locals"] = roles[0]
        return found

    def edges(self) -> Iterator[Edge]:
        """Yield who holds which managed policies, and what bounds them."""
        for one in self.resources:
            if one.kind in _ATTACHES:
                holders, key = _ATTACHES[one.kind]
                for kind, of in holders:
                    for group in self._holders(one, kind, of, say=True):
                        yield from self._policies(one, key, group)
            elif one.kind in _HOLDERS:
                yield from self._policies(one, "managed_policy_arns", one.group)
                yield from self._policies(one, "permissions_boundary", one.group, boundary=True)

    def members(self) -> Iterator[Member]:
        """Yield which users are in which groups."""
        for one in self.resources:
            if one.kind in _MEMBERS:
                users, groups = _MEMBERS[one.kind]
                of = list(self._holders(one, _GROUP, groups))
                known = {each.group for each in self.resources if each.kind == _GROUP}
                for user in filter(None, self._holders(one, _USER, users)):
                    for group in of:
                        yield Member(one.path, user, group, in_file=group in known)

    def _holders(self, one: TerraformResource, kind: str, key: str, *, say: bool = False) -> Iterator[str]:
        """Yield the groups of the holders of *kind* that *key* of *one* names; empty where nobody knows which."""
        for named in self._named(one, key):
            found = self._find(named, kind, one)
            if found is None and named.literal is not None:
                yield f"{kind} {named.literal}"
                continue
            if found is None and say:
                self.unknown.append(UnjudgedPlace(named.path, f"whose policy it is ({key}) is {_LATER}"))
            yield found or ""

    def _policies(self, one: TerraformResource, key: str, group: str, *, boundary: bool = False) -> Iterator[Edge]:
        if not group:
            return
        for named in self._named(one, key):
            found = self._find(named, _POLICY, one)
            if found is None and named.literal is not None:
                yield Edge(named.path, group, named.literal, boundary=boundary)
            elif found is None:
                yield Edge(named.path, group, reason=f"{key} is {_LATER}", boundary=boundary)
            elif found in self.judged:
                yield Edge(named.path, group, found, boundary=boundary)
            elif not self._is_local(found):
                reason = f"the text of the attached policy `{found}` can't be read"
                yield Edge(named.path, group, reason=reason, boundary=boundary)

    def _named(self, one: TerraformResource, key: str) -> Iterator[_Named]:
        """Yield what *key* of *one* names: each value that is there, and what the configuration of a plan refers to."""
        values = one.values if isinstance(one.values, dict) else {}
        value, here = values.get(key), (*one.path, key)
        listed = value if isinstance(value, list) else [value]
        for index, each in enumerate(listed):
            place = (*here, index) if isinstance(value, list) else here
            if isinstance(each, str) and each:
                yield self._named_by(each, place, values)
            elif each is not None and each != "":
                yield _Named(place)
        if one.expressions is not None and (value is None or None in listed):
            yield from _referred(one.expressions.get(key), (*one.path, key) if key in values else one.path)

    def _named_by(self, text: str, place: DataPath, values: Mapping[str, Any]) -> _Named:
        """Return what the *text* of a value says: Terraform's expressions are in configurations alone."""
        made = as_template(text)
        match made:
            case {"Fn::GetAtt": [str() as kind, str() as rest]}:
                return _Named(place, address=f"{kind}.{rest.partition('.')[0].partition('[')[0]}")
            case {"Ref": str() as expression}:
                return _Named(place, self._data_source(expression))
        plain = resolve(made)
        return _Named(place, plain if isinstance(plain, str) else None)

    def _data_source(self, expression: str) -> str | None:
        """Return the ARN that the data source of a policy names, where it is written there."""
        steps = expression.split(".")
        if len(steps) != 4 or steps[:2] != ["data", _POLICY] or steps[3] != "arn":
            return None
        found = self.data.get("data")
        for step in steps[1:]:
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, str) and "${" not in found else None

    def _find(self, named: _Named, kind: str, one: TerraformResource) -> str | None:
        """Return the group of the one resource of *kind* that *named* is, if any."""
        if named.address is not None:
            return self._at_address(named.address, kind, one)
        arn = Arn.parse(named.literal or "")
        name = arn.resource if kind == _POLICY and arn and arn.account != "aws" else named.literal
        return self._by_name.get((kind, named.literal or "")) or self._by_name.get((kind, name or ""))

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], str]:
        """The groups of what may be named, by type and name, id or ARN; of a policy also by the end of its ARN."""
        found: dict[tuple[str, str], str] = {}
        for one in self.resources:
            values = one.values if isinstance(one.values, dict) and one.kind in (*_HOLDERS, _POLICY) else {}
            names = [values.get("arn"), *((values.get("name"), values.get("id")) if one.kind != _POLICY else ())]
            if one.kind == _POLICY and isinstance(values.get("name"), str):
                names.append(f"policy{values.get('path') or '/'}{values['name']}")
            for name in names:
                if isinstance(name, str):
                    found.setdefault((one.kind, name), one.group)
        return found

    @cached_property
    def _by_address(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in self.resources:
            if one.kind in (*_HOLDERS, _POLICY):
                found.setdefault(without_indices(one.group), []).append(one.group)
        return found

    def _at_address(self, address: str, kind: str, one: TerraformResource) -> str | None:
        """Return the resource at *address* in the module of *one*: that of its own index where there are several."""
        if not address.startswith(f"{kind}."):
            return None
        module, index = _in_module(one.group)
        same = self._by_address.get(without_indices(module) + address, [])
        own = [each for each in same if _in_module(each) == (module, index)]
        return same[0] if len(same) == 1 else own[0] if len(own) == 1 else None

    def _has_locals(self) -> bool:
        return isinstance(self.data, dict) and isinstance(self.data.get("locals"), dict) and "resource" in self.data

    def _is_local(self, group: str) -> bool:
        """Tell whether the text of a policy is among the locals, which are the one role's."""
        if not self._has_locals() or len([one for one in self.resources if one.kind == _ROLE]) != 1:
            return False
        found = next((one.values for one in self.resources if one.group == group), None)
        text = found.get("policy") if isinstance(found, dict) else None
        return isinstance(text, str) and "local." in text


def attaching(kind: str) -> tuple[str, ...]:
    """Return the arguments of a resource of type *kind* that name managed policies, and whose they are."""
    if kind in _ATTACHES:
        holders, key = _ATTACHES[kind]
        return (key, *(of for _, of in holders))
    return ("managed_policy_arns", "permissions_boundary") if kind in _HOLDERS else ()


def references(expression: Any) -> list[str]:
    """Return what an *expression* of a plan's configuration refers to, in Terraform's words."""
    listed = expression.get("references") if isinstance(expression, dict) else None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def _referred(expression: Any, place: DataPath) -> Iterator[_Named]:
    """Yield what an *expression* of a plan's configuration refers to; of a list nobody knows what is beside it."""
    texts = references(expression)
    if not texts:
        return
    addresses = {address for one in texts if (address := _address(one))}
    sure = all(_address(one) or one.startswith(_FREE) for one in texts)
    if sure and len(addresses) == 1:
        yield _Named(place, address=addresses.pop())
        return
    yield from (_Named(place, address=one) for one in sorted(addresses) if sure)
    yield _Named(place)


def _address(reference: str) -> str | None:
    """Return the address of the resource that a *reference* is into, without an index."""
    steps = _INDEX.sub("", reference).split(".")
    return ".".join(steps[:2]) if len(steps) > 1 and steps[0].startswith("aws_") else None


def _in_module(address: str) -> tuple[str, list[str]]:
    """Return the module that *address* is in, with the dot behind it, and the index of the resource itself."""
    end = 0
    while found := _MODULE.match(address, end):
        end = found.end()
    return address[:end], _INDEX.findall(address, end)


def without_indices(address: str) -> str:
    """Return the *address* of a resource as its configuration has it."""
    return _INDEX.sub("", address)
