"""
Where the policies stand in what describes a role, or in what AWS's CLI prints of roles and policies.

Read are a role as `create` writes it (the properties of CloudFormation's ``AWS::IAM::Role``, and
``ManagedPolicies`` beside them), the answers of ``get-role``, ``list-roles``, ``get-role-policy``,
``get-account-authorization-details`` and their likes, and the table of `rolemgr.iam.answers`. A document may
be an object, JSON text, or the URL-encoded text of IAM's API:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from rolemgr.files.json import strict_json
from rolemgr.files.source import DataPath, FileError, SourceFile
from rolemgr.iam.answers import ITEMS, PolicyInAnswer, held
from rolemgr.iam.documents import PolicyType

ORGANIZATION_TYPES: Final[Mapping[str, PolicyType]] = {
    "SERVICE_CONTROL_POLICY": PolicyType.SCP,
    "RESOURCE_CONTROL_POLICY": PolicyType.RCP,
}
"""The policy types of Organizations that are in IAM's language, by the name of its API."""

_TYPES: Final[Mapping[str, PolicyType]] = {one.value: one for one in PolicyType}
"""The types by what the table calls them; of the kinds managed, session, organization and unknown the type is open."""


class PolicyPlace(NamedTuple):
    """
    Where a policy document stands, and what its surroundings tell of it.

    Documents of one *owner* (a role's, user's or group's name) act together. *type* is None where only the
    document itself can tell; *kind* says more: ``managed``, ``session``, ``organization`` or ``unknown``.
    *arn* is that of a managed policy.
    """

    path: DataPath
    type: PolicyType | None = None
    owner: str = ""
    name: str | None = None
    inline: bool = False
    arn: str | None = None
    kind: str = "unknown"


class Aside(NamedTuple):
    """What stands in the place of a policy and is none that can be judged, with the reason."""

    path: DataPath
    reason: str

    @property
    def place(self) -> str:
        """The path as messages write it."""
        return f"`{'.'.join(map(str, self.path))}`"


class Attachment(NamedTuple):
    """The managed policy *arn*, whose text is elsewhere: attached to *owner*, or its permissions boundary."""

    path: DataPath
    owner: str
    arn: str
    is_boundary: bool = False


class Owner(NamedTuple):
    """A role, user or group with its name, where it stands, and the *groups* of a user."""

    path: DataPath
    type: str
    name: str
    groups: tuple[str, ...] = ()


_OBJECTS: Final = ("Role", "User", "Group", "RolePolicy", "InstanceProfile")
"""The keys under which the AWS CLI prints the one thing that was asked for."""
_LISTS: Final = ("Roles", "RoleDetailList", "UserDetailList", "GroupDetailList", "InstanceProfiles")
_NAMES: Final = {"RoleName": "role", "UserName": "user", "GroupName": "group"}
_OWNERS: Final = {
    "Role": "role", "Roles": "role", "RoleDetailList": "role", "UserDetailList": "user", "GroupDetailList": "group",
}  # fmt: skip
"""The keys whose objects are owners, whether they have a name or not."""
_INLINE: Final = ("Policies", "RolePolicyList", "UserPolicyList", "GroupPolicyList")
_ATTACHED: Final = ("ManagedPolicyArns", "AttachedManagedPolicies", "AttachedPolicies")
_OWN_BOUNDARY: Final = "PermissionsBoundaryPolicy"
"""The key under which `create --with-boundary` writes the boundary that it makes with a role."""
_WITHOUT_POLICY: Final = "GatewayLoadBalancer"
"""Endpoints of this type take no policy: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"""


def places(data: Any) -> Iterator[PolicyPlace]:
    """Yield where policy documents stand in *data*; nothing where it is neither a role nor an answer of AWS."""
    if not isinstance(data, dict):
        return
    named: dict[str, list[Attachment]] = {}
    for attachment in attachments(data):
        named.setdefault(attachment.arn, []).append(attachment)
    for place in _in_object(data, ()):
        yield _joined(place, named.get(place.arn, ())) if place.arn else place
    for one in held(data):
        if not _is_of_owner(one) and (told := _at_table(one)):
            yield told
    yield from _endpoints_without(data)


def asides(data: Any) -> Iterator[Aside]:
    """Yield what stands in *data* where an answer has a policy, and can't be judged as one."""
    for one in held(data) if isinstance(data, dict) else ():
        if not _is_of_owner(one) and _at_table(one) is None:
            yield Aside(one.path, _why_aside(one))


def attachments(data: Any) -> Iterator[Attachment]:
    """Yield the managed policies that *data*, a role or roles, names by their ARNs only."""
    for path, one in _objects_in(data, ()):
        yield from _attached_in(one, path)


def is_beside(data: Any, boundary: Attachment) -> bool:
    """Tell whether the text of a permissions *boundary* that *data* names stands beside its ARN."""
    for step in boundary.path[:-1]:
        data = data[step]
    own = data.get(_OWN_BOUNDARY) if boundary.is_boundary else None
    name = _name(own) if isinstance(own, dict) else None
    return name is not None and boundary.arn.rpartition("/")[2] == name


def owners(data: Any) -> Iterator[Owner]:
    """Yield the roles, users and groups that *data* speaks of, with or without policies."""
    for path, one in _objects_in(data, ()):
        around = next((step for step in reversed(path) if isinstance(step, str)), "")
        kind = next((kind for key, kind in _NAMES.items() if key in one), None) or _OWNERS.get(around)
        if kind:
            groups = one.get("GroupList")
            listed = groups if isinstance(groups, list) else ()
            yield Owner(path, kind, owner_of(one), tuple(name for name in listed if isinstance(name, str)))


def document_at(source: SourceFile, path: DataPath) -> SourceFile:
    """
    Return the policy document at *path* of *source* as a file of its own; text is read as JSON.

    What stands in a text is on the text's line. Raises FileError where nothing is there, or the text is not
    JSON, URL-encoded or not.
    """
    part = source.part(path)
    if not isinstance(part.data, str):
        return part
    try:
        data = decoded(part.data)
    except (ValueError, RecursionError) as error:
        raise FileError(source.at(path), "holds a policy document that is not valid JSON") from error
    return SourceFile(source.name, data, {(): source.at(path).line or 1})


def decoded(text: str) -> Any:
    r"""
    Return the JSON value that *text* is; raise as `strict_json` does.

    It may be URL-encoded as IAM's API has it, or escaped once more (``{\"Version\"``), as API Gateway's has it:
    https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html
    """
    if text.lstrip()[:1] == "%":
        return strict_json(unquote(text))
    try:
        return strict_json(text)
    except ValueError:
        if '\\"' not in text:
            raise
        return strict_json(_unescaped(text))


def _unescaped(text: str) -> str:
    inner = strict_json(f'"{text}"')
    if not isinstance(inner, str):
        raise ValueError("it is not the inside of a text")
    return inner


def owner_of(data: Mapping[str, Any]) -> str:
    """Return the name of the role, user or group that *data* describes, empty where it has none."""
    return next((name for key in _NAMES if isinstance(name := data.get(key), str)), "")


def has_policies(data: Mapping[str, Any]) -> bool:
    """Tell whether *data*, a role, tells of its inline policies, even that it has none; `get-role` does not."""
    return any(key in data for key in (*_INLINE, "ManagedPolicies", "ManagedPolicyArns"))


def is_document(value: Any) -> bool:
    """Tell whether *value* looks like a policy document: an object, or text that starts as one does."""
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1] in ("{", "%"))


def _objects_in(data: Any, path: DataPath) -> Iterator[tuple[DataPath, dict[str, Any]]]:
    """Yield *data* and the objects in it that may be a role, a user or a group, the inner ones first."""
    if not isinstance(data, dict):
        return
    for key in _OBJECTS:
        yield from _objects_in(data.get(key), (*path, key))
    for key in _LISTS:
        for index, one in _objects(data.get(key)):
            yield from _objects_in(one, (*path, key, index))
    yield path, data


def _in_object(data: Mapping[str, Any], path: DataPath) -> Iterator[PolicyPlace]:
    for at, one in _objects_in(data, path):
        yield from _of_one(one, at)


def _of_one(data: Mapping[str, Any], path: DataPath) -> Iterator[PolicyPlace]:
    owner = owner_of(data)
    if is_document(data.get("AssumeRolePolicyDocument")):
        yield PolicyPlace((*path, "AssumeRolePolicyDocument"), PolicyType.TRUST, owner, kind="trust")
    if is_document(data.get("PolicyDocument")) and (owner or path):
        yield PolicyPlace(
            (*path, "PolicyDocument"), PolicyType.IDENTITY, owner, _name(data), owner != "", None, "identity"
        )
    for key in _INLINE:
        yield from _listed(data.get(key), (*path, key), owner, inline=True)
    yield from _listed(data.get("ManagedPolicies"), (*path, "ManagedPolicies"), owner, inline=False)
    if own := data.get(_OWN_BOUNDARY):
        at, name = (*path, _OWN_BOUNDARY, "PolicyDocument"), _name(own) if isinstance(own, dict) else None
        yield PolicyPlace(at, PolicyType.BOUNDARY, owner, name, kind="boundary")


def _is_of_owner(one: PolicyInAnswer) -> bool:
    """Tell whether a role, user or group is named beside the document, so that `_of_one` reads it."""
    return one.path == ("PolicyDocument",) and owner_of(one.around) != ""


def _at_table(one: PolicyInAnswer) -> PolicyPlace | None:
    """Return the policy at a place of the table; None where what stands there is none."""
    kind = one.row.kind
    if kind == "organization":
        kind = _organization_kind(one.around)
    is_there = is_document(one.value) or (ITEMS in one.row.path and one.value not in (None, ""))
    if kind == "none" or not is_there:
        return None
    return PolicyPlace(one.path, _TYPES.get(kind), name=_name(one.around), kind=kind)


def _organization_kind(around: Mapping[str, Any]) -> str:
    told = _organization_type(around)
    return "organization" if told is None else ORGANIZATION_TYPES.get(told, "none")


def _organization_type(around: Mapping[str, Any]) -> str | None:
    summary = around.get("PolicySummary")
    return str(summary["Type"]) if isinstance(summary, dict) and "Type" in summary else None


def _why_aside(one: PolicyInAnswer) -> str:
    """Say why what stands at a place of the table is not judged."""
    if one.row.kind == "none":
        return one.row.reason
    if one.value in (None, ""):
        return "it is empty, there is no policy"
    if one.row.kind == "organization" and is_document(one.value):
        return f"a policy of Organizations of the type {_organization_type(one.around)} is not in IAM's language"
    return "it is not a policy document"


def _endpoints_without(data: Mapping[str, Any]) -> Iterator[PolicyPlace]:
    """Yield the place of each VPC endpoint's policy that is missing, which nobody may pass over."""
    for index, one in _objects(data.get("VpcEndpoints")):
        if not one.get("PolicyDocument") and one.get("VpcEndpointType") != _WITHOUT_POLICY:
            yield PolicyPlace(("VpcEndpoints", index, "PolicyDocument"), PolicyType.ENDPOINT, kind="endpoint")


def _listed(value: Any, path: DataPath, owner: str, *, inline: bool) -> Iterator[PolicyPlace]:
    """
    Yield the documents of a list of policies; of a managed one with versions the default version.

    One that is missing has its place all the same: `document_at` says so. A managed policy without versions, as
    `list-policies` prints it, has none to judge.
    """
    for index, one in enumerate(value if isinstance(value, list) else ()):
        place = PolicyPlace(
            (*path, index, "PolicyDocument"), PolicyType.IDENTITY, owner, inline=inline, kind="identity"
        )
        if not isinstance(one, dict):  # read by nobody, and not passed over either
            yield place
        elif versions := list(_objects(one.get("PolicyVersionList"))):
            yield _version(one, versions, (*path, index, "PolicyVersionList"))
        elif "Arn" not in one and not ("Policy" in one and "PolicyDocument" not in one):
            yield place._replace(name=_name(one))


def _version(policy: Mapping[str, Any], versions: list[tuple[int, dict[str, Any]]], path: DataPath) -> PolicyPlace:
    """Return the place of the version that is in force; of several of which none is said to be, one that is missing."""
    default = [at for at, one in versions if one.get("IsDefaultVersion") is True]
    default = default or [at for at, one in versions if one.get("VersionId", "") == policy.get("DefaultVersionId")]
    default = default or [at for at, _ in versions if len(versions) == 1]
    here = (*path, default[0], "Document") if default else (*path, 0, "IsDefaultVersion")
    arn = policy.get("Arn") if isinstance(policy.get("Arn"), str) else None
    return PolicyPlace(here, PolicyType.IDENTITY, "", _name(policy), arn=arn, kind="managed")


def _joined(place: PolicyPlace, mine: Sequence[Attachment]) -> PolicyPlace:
    """Return *place* of a managed policy with its owner, where it has one; a boundary where it bounds only."""
    holders = {one.path[:-2]: one.owner for one in mine if not one.is_boundary}
    if mine and not holders:
        return place._replace(type=PolicyType.BOUNDARY, kind="boundary")
    return place._replace(owner=next(iter(holders.values()))) if len(holders) == 1 else place


def _attached_in(data: Mapping[str, Any], path: DataPath) -> Iterator[Attachment]:
    owner = owner_of(data)
    for key in _ATTACHED:
        listed = data.get(key)
        for index, value in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(arn := value.get("PolicyArn") if isinstance(value, dict) else value, str):
                yield Attachment((*path, key, index), owner, arn)
    boundary = data.get("PermissionsBoundary")
    arn = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else boundary
    if isinstance(arn, str):
        yield Attachment((*path, "PermissionsBoundary"), owner, arn, is_boundary=True)


def _objects(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects in the list *value* with their places; nothing where it is not a list."""
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, dict):
            yield index, one


def _name(data: Mapping[str, Any]) -> str | None:
    found = data.get("PolicyName") or data.get("ManagedPolicyName")
    return found if isinstance(found, str) else None
