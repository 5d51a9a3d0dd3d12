"""
Where the policies stand in what describes a role, or in what AWS's CLI prints of roles and policies.

Read are a role as `create` writes it (the properties of CloudFormation's ``AWS::IAM::Role``, and
``ManagedPolicies`` beside them), and the answers of ``get-role``, ``list-roles``, ``get-role-policy``,
``get-policy-version``, ``get-bucket-policy``, ``get-key-policy``, ``get-repository-policy``,
``get-resource-policy``, ``describe-policy`` (Organizations), ``describe-vpc-endpoints``,
``get-account-authorization-details`` and their likes. A document may be an object, JSON text, or the
URL-encoded text of IAM's API: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from rolemgr.files.json import strict_json
from rolemgr.files.source import DataPath, FileError, SourceFile
from rolemgr.iam.documents import (
    IdentityPolicy,
    PolicyDocument,
    PolicyType,
    ResourceControlPolicy,
    ResourcePolicy,
    TrustPolicy,
)

ORGANIZATION_TYPES: Final[Mapping[str, PolicyType]] = {
    "SERVICE_CONTROL_POLICY": PolicyType.SCP,
    "RESOURCE_CONTROL_POLICY": PolicyType.RCP,
}
"""The policy types of Organizations that are in IAM's language, by the name of its API."""


class PolicyPlace(NamedTuple):
    """
    Where a policy document stands, and what its surroundings tell of it.

    Documents of one *owner* (a role's, user's or group's name) act together. *type* is None where only the
    document itself can tell. *arn* is that of a managed policy.
    """

    path: DataPath
    type: PolicyType | None = None
    owner: str = ""
    name: str | None = None
    inline: bool = False
    arn: str | None = None


class Attachment(NamedTuple):
    """The managed policy *arn*, whose text is elsewhere: attached to *owner*, or its permissions boundary."""

    path: DataPath
    owner: str
    arn: str
    is_boundary: bool = False


_OBJECTS: Final = ("Role", "User", "Group", "RolePolicy", "PolicyVersion", "Attributes")
"""The keys under which the AWS CLI prints the one thing that was asked for."""
_LISTS: Final = ("Roles", "RoleDetailList", "UserDetailList", "GroupDetailList", "VpcEndpoints")
_NAMES: Final = ("RoleName", "UserName", "GroupName")
_INLINE: Final = ("Policies", "RolePolicyList", "UserPolicyList", "GroupPolicyList")
_ALONE: Final[Mapping[str, PolicyType | None]] = {
    "PolicyDocument": None,
    "Document": None,
    "Content": None,
    "InlinePolicy": PolicyType.IDENTITY,
    "Policy": PolicyType.RESOURCE,
    "ResourcePolicy": PolicyType.RESOURCE,
    "policyText": PolicyType.RESOURCE,
    "KeyPolicy": PolicyType.RESOURCE,
}
"""The keys whose value is one document."""


def places(data: Any) -> Iterator[PolicyPlace]:
    """Yield where policy documents stand in *data*; nothing where it is neither a role nor an answer of AWS."""
    if isinstance(data, dict):
        yield from _in_object(data, ())


def attachments(data: Any) -> Iterator[Attachment]:
    """Yield the managed policies that *data*, a role or roles, names by their ARNs only."""
    if isinstance(data, dict):
        yield from _attached_in(data, ())


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
    """Return the JSON value that *text* is, also URL-encoded as IAM's API has it; raise as `strict_json` does."""
    return strict_json(unquote(text) if text.lstrip()[:1] == "%" else text)


def owner_of(data: Mapping[str, Any]) -> str:
    """Return the name of the role, user or group that *data* describes, empty where it has none."""
    return next((name for key in _NAMES if isinstance(name := data.get(key), str)), "")


def _in_object(data: Mapping[str, Any], path: DataPath) -> Iterator[PolicyPlace]:
    for key in _OBJECTS:
        if isinstance(inner := data.get(key), dict):
            yield from _in_object(inner, (*path, key))
    for key in _LISTS:
        for index, one in _objects(data.get(key)):
            yield from _in_object(one, (*path, key, index))
    owner = owner_of(data)
    if _is_document(data.get("AssumeRolePolicyDocument")):
        yield PolicyPlace((*path, "AssumeRolePolicyDocument"), PolicyType.TRUST, owner)
    yield from _alone(data, path, owner)
    for key in _INLINE:
        yield from _listed(data.get(key), (*path, key), owner, inline=True)
    yield from _listed(data.get("ManagedPolicies"), (*path, "ManagedPolicies"), owner, inline=False)


def _alone(data: Mapping[str, Any], path: DataPath, owner: str) -> Iterator[PolicyPlace]:
    """Yield the documents that stand under a key of their own; one of Organizations says its type beside it."""
    for key, kind in _ALONE.items():
        value = data.get(key)
        if key == "Policy" and isinstance(value, dict) and "Statement" not in value:
            summary = value.get("PolicySummary")
            told = ORGANIZATION_TYPES.get(str(summary.get("Type"))) if isinstance(summary, dict) else None
            yield from (one._replace(type=told or one.type) for one in _in_object(value, (*path, key)))
        elif _is_document(value):
            inline = owner != "" and key == "PolicyDocument"
            yield PolicyPlace((*path, key), PolicyType.IDENTITY if inline else kind, owner, _name(data), inline)


def _listed(value: Any, path: DataPath, owner: str, *, inline: bool) -> Iterator[PolicyPlace]:
    """
    Yield the documents of a list of policies; of a managed one with versions the default version.

    One that is missing has its place all the same: `document_at` says so. A managed policy without versions, as
    `list-policies` prints it, has none to judge.
    """
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(one, dict):  # read by nobody, and not passed over either
            yield PolicyPlace((*path, index, "PolicyDocument"), PolicyType.IDENTITY, owner, inline=inline)
            continue
        versions = list(_objects(one.get("PolicyVersionList")))
        arn = one.get("Arn") if isinstance(one.get("Arn"), str) else None
        default = [(at, each) for at, each in versions if each.get("IsDefaultVersion")] or versions[:1]
        for at, _ in default:
            place = (*path, index, "PolicyVersionList", at, "Document")
            yield PolicyPlace(place, PolicyType.IDENTITY, "", _name(one), arn=arn)
        if not versions and "Arn" not in one:
            yield PolicyPlace((*path, index, "PolicyDocument"), PolicyType.IDENTITY, owner, _name(one), inline)


def _attached_in(data: Mapping[str, Any], path: DataPath) -> Iterator[Attachment]:
    for key in _OBJECTS:
        if isinstance(inner := data.get(key), dict):
            yield from _attached_in(inner, (*path, key))
    for key in _LISTS:
        for index, one in _objects(data.get(key)):
            yield from _attached_in(one, (*path, key, index))
    owner = owner_of(data)
    for key in ("ManagedPolicyArns", "AttachedManagedPolicies", "AttachedPolicies"):
        listed = data.get(key)
        for index, value in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(arn := value.get("PolicyArn") if isinstance(value, dict) else value, str):
                yield Attachment((*path, key, index), owner, arn)
    boundary = data.get("PermissionsBoundary")
    arn = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else boundary
    if isinstance(arn, str):
        yield Attachment((*path, "PermissionsBoundary"), owner, arn, is_boundary=True)


def _objects(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects in the list *value* with their places; nothing where it is no list."""
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, dict):
            yield index, one


def _is_document(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1] in ("{", "%"))


def _name(data: Mapping[str, Any]) -> str | None:
    found = data.get("PolicyName") or data.get("ManagedPolicyName")
    return found if isinstance(found, str) else None


_MEANT: Final[Mapping[type[PolicyDocument], frozenset[PolicyType | None]]] = {
    IdentityPolicy: frozenset({PolicyType.IDENTITY, PolicyType.SCP, PolicyType.BOUNDARY, None}),
    TrustPolicy: frozenset({PolicyType.TRUST, None}),
    ResourcePolicy: frozenset({PolicyType.RESOURCE, PolicyType.RCP, None}),
    ResourceControlPolicy: frozenset({PolicyType.RESOURCE, PolicyType.RCP, None}),
}


def documents_in(source: SourceFile, model: type[PolicyDocument]) -> list[SourceFile]:
    """
    Return the policy documents in *source* that *model* is for, each as a file of its own.

    *source* is one document, a list of them as `scp` and `rcp` write it, or what `places` reads. Raises
    FileError where it is none of these, or holds no document of that kind.
    """
    if isinstance(source.data, list) and source.data:
        return [source.part((index,)) for index in range(len(source.data))]
    if not isinstance(source.data, dict) or "Statement" in source.data:
        return [_one(source)]
    found = list(places(source.data))
    meant = [place for place in found if place.type in _MEANT[model]]
    if not found and "Version" in source.data:
        return [source]
    if not meant:
        problem = f"holds no {_CALLED[model]}" if found else "is not a policy document or a role"
        hint = "read are policies, lists of them, roles as `create` writes them, and what the AWS CLI prints of both"
        raise FileError(source.at(), problem, hint)
    return [document_at(source, place.path) for place in meant]


_CALLED: Final[Mapping[type[PolicyDocument], str]] = {
    IdentityPolicy: "identity policy",
    TrustPolicy: "trust policy",
    ResourcePolicy: "resource policy",
    ResourceControlPolicy: "resource control policy",
}


def _one(source: SourceFile) -> SourceFile:
    if source.data == []:
        raise FileError(source.at(), "holds no policy document")
    return source
