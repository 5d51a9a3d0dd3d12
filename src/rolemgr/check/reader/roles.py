"""
The policies of roles, users and groups as `create` writes them, or as the AWS CLI prints them.

Each of them is a group of its own: a role and a user of one name are two, and so are the roles of one name in
two lists.
"""

from collections.abc import Iterator
from typing import Any, Final

from rolemgr.check.reader.found import PolicyInFile, Search, UnjudgedPlace
from rolemgr.check.reader.holders import Edge, Member, joined
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import asides, attachments, decoded, is_beside, places

_NAMES: Final = ("RoleName", "UserName", "GroupName")
_LISTS: Final = ("ManagedPolicyArns", "AttachedManagedPolicies", "AttachedPolicies")
_HOLDS: Final = ("AssumeRolePolicyDocument", "ManagedPolicies", *_LISTS)


def in_roles(data: dict[str, Any]) -> Search:
    """Yield the policies of the roles, users and groups in *data*, each with those that are attached to it."""
    found = list(_policies(data))
    edges = [*_edges(data), *_unreadable(data)]
    yield from joined(found, edges, list(_members(data)))


def _policies(data: dict[str, Any]) -> Search:
    for place in places(data):
        group = "" if place.arn else _holder(data, place.path)
        raw = at(data, place.path)
        if raw is None:
            yield UnjudgedPlace(place.path, f"`{place.path[-1]}` is missing")
        else:
            kind = None if _is_no_answer(data, place.path, place.type) else place.type
            yield PolicyInFile(raw, place.path, kind, group, place.inline, policy=place.arn or "")
    for aside in asides(data):
        if len(aside.path) > 1:  # a key alone may stand in any file, and be no answer's
            yield UnjudgedPlace(aside.path, f"{aside.place}: {aside.reason}")


def _is_no_answer(data: dict[str, Any], path: DataPath, kind: PolicyType | None) -> bool:
    """
    Tell whether the policy under a single key is a variable of some tool: a resource policy for nobody.

    AWS takes no resource's policy without a Principal, so that it answers with none.
    """
    raw = data[path[0]] if len(path) == 1 and isinstance(path[0], str) else None
    if kind is not PolicyType.RESOURCE or not isinstance(raw, dict):
        return False
    listed = raw.get("Statement")
    statements = listed if isinstance(listed, list) else [listed]
    return not any(isinstance(one, dict) and {"Principal", "NotPrincipal"} & one.keys() for one in statements)


def _edges(data: dict[str, Any]) -> Iterator[Edge]:
    for one in attachments(data):
        if not is_beside(data, one):
            yield Edge(one.path, _holder(data, one.path), one.arn, boundary=one.is_boundary)


def _holder(data: Any, path: DataPath) -> str:
    """Return the group of the role, user or group that *path* of *data* is within; empty where it is within none."""
    group, value = "", data
    here: DataPath = ()
    for step in path:
        if isinstance(value, dict):
            group = _group(value, here) or group
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        here = (*here, step)
    return group


def _group(value: dict[str, Any], here: DataPath) -> str:
    """Return the group of *value* at *here*: its name with what it is, and which of a list."""
    listed = "".join(f"{step}/" for step in here if isinstance(step, int))
    for key in _NAMES:
        if isinstance(value.get(key), str):
            return f"{key} {here[0] if listed else ''}/{listed}{value[key]}"
    return f"{'/'.join(map(str, here))}/" if any(key in value for key in _HOLDS) else ""


def _objects(value: Any, here: DataPath) -> Iterator[tuple[DataPath, dict[str, Any]]]:
    """Yield the roles, users and groups in *value*, each with its place."""
    if isinstance(value, dict):
        if _group(value, here):
            yield here, value
        else:
            for key, one in value.items():
                yield from _objects(one, (*here, key))
    elif isinstance(value, list) and len(here) == 1:
        for index, one in enumerate(value):
            yield from _objects(one, (*here, index))


def _members(data: dict[str, Any]) -> Iterator[Member]:
    """Yield which users are in which groups, as `get-account-authorization-details` has it."""
    objects = list(_objects(data, ()))
    groups = {one["GroupName"]: _group(one, here) for here, one in objects if isinstance(one.get("GroupName"), str)}
    for here, one in objects:
        listed = one.get("GroupList")
        for index, name in enumerate(listed if isinstance(listed, list) else ()):
            of = groups.get(name, "") if isinstance(name, str) else ""
            yield Member((*here, "GroupList", index), _group(one, here), of, in_file=bool(of))


def _unreadable(data: dict[str, Any]) -> Iterator[Edge]:
    """Yield what is attached and is not named by an ARN, so that it is not passed over."""
    for here, one in _objects(data, ()):
        for key in _LISTS:
            value = one.get(key)
            if value is not None and not isinstance(value, list):
                yield Edge((*here, key), _group(one, here), reason=f"{key} is not a list")
            for index, each in enumerate(value if isinstance(value, list) else ()):
                arn = each.get("PolicyArn") if isinstance(each, dict) else each
                if not isinstance(arn, str):
                    yield Edge((*here, key, index), _group(one, here), reason="an attached policy has no ARN")
        boundary = one.get("PermissionsBoundary")
        named = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else boundary
        if boundary is not None and not isinstance(named, str):
            reason = "the permissions boundary has no ARN"
            yield Edge((*here, "PermissionsBoundary"), _group(one, here), reason=reason, boundary=True)


def at(data: Any, path: DataPath) -> Any:
    """Return the value at *path*; a text as the document that it holds, or as it is where it holds none."""
    for step in path:
        known = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
        if step not in known:
            return None
        data = data[step]
    if isinstance(data, str):
        try:
            return decoded(data)
        except (ValueError, RecursionError):
            return data
    return data
