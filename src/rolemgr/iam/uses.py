"""
What a policy is wanted for, and the policies of a file that are meant for that use.

A file that holds policies of another kind is refused: a resource control policy grants nothing, and one role's
policies say nothing of another role.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from rolemgr.files.source import DataPath, FileError, SourceFile
from rolemgr.iam.documents import (
    IdentityPolicy,
    PolicyDocument,
    ResourceControlPolicy,
    ResourcePolicy,
    TrustPolicy,
)
from rolemgr.iam.role_document import (
    Aside,
    PolicyPlace,
    asides,
    attachments,
    document_at,
    is_beside,
    is_document,
    owners,
    places,
)


class Use(StrEnum):
    """What a policy is wanted for; the value is what messages call such a policy."""

    IDENTITY = "identity policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SCP = "service control policy"
    RCP = "resource control policy"
    RESOURCE = "resource policy"
    TRUST = "trust policy"
    ENDPOINT = "VPC endpoint policy"


class _PolicyKind(StrEnum):
    """A kind of `rolemgr.iam.answers`."""

    IDENTITY = "identity"
    MANAGED = "managed"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RCP = "rcp"
    ORGANIZATION = "organization"
    RESOURCE = "resource"
    TRUST = "trust"
    ENDPOINT = "endpoint"
    UNKNOWN = "unknown"


_FITS: Final = {
    Use.IDENTITY: {_PolicyKind.IDENTITY, _PolicyKind.MANAGED, _PolicyKind.UNKNOWN},
    Use.BOUNDARY: {_PolicyKind.BOUNDARY, _PolicyKind.MANAGED, _PolicyKind.UNKNOWN},
    Use.SESSION: {_PolicyKind.SESSION, _PolicyKind.MANAGED, _PolicyKind.UNKNOWN},
    Use.SCP: {_PolicyKind.SCP, _PolicyKind.ORGANIZATION},
    Use.RCP: {_PolicyKind.RCP, _PolicyKind.ORGANIZATION},
    Use.RESOURCE: {_PolicyKind.RESOURCE, _PolicyKind.UNKNOWN},
    Use.TRUST: {_PolicyKind.TRUST, _PolicyKind.UNKNOWN},
    Use.ENDPOINT: {_PolicyKind.ENDPOINT},
}
"""The kinds of policies in answers that each use takes; a document that stands alone is taken for any."""

_TITLES: Final = {
    _PolicyKind.IDENTITY: ("an inline policy", "it belongs to the identity policies"),
    _PolicyKind.MANAGED: ("a managed policy", "it belongs to the identity policies, or to --boundary-policy"),
    _PolicyKind.BOUNDARY: ("a permissions boundary", "--boundary-policy takes it"),
    _PolicyKind.SESSION: ("a session policy", "--session-policy takes it"),
    _PolicyKind.SCP: ("a service control policy", "--scp takes it"),
    _PolicyKind.RCP: ("a resource control policy", "--rcp takes it"),
    _PolicyKind.ORGANIZATION: ("a policy of Organizations", "--scp or --rcp takes it"),
    _PolicyKind.RESOURCE: ("a resource policy", "--resource-policy takes it"),
    _PolicyKind.TRUST: ("a trust policy", "--resource-policy takes it where sts:AssumeRole is asked"),
    _PolicyKind.ENDPOINT: ("a VPC endpoint policy", "--vpc-endpoint-policy takes it"),
    _PolicyKind.UNKNOWN: ("a policy of an open kind", "give its document alone"),
}
_MODELS: Final[dict[type[PolicyDocument], Use]] = {
    IdentityPolicy: Use.IDENTITY,
    TrustPolicy: Use.TRUST,
    ResourcePolicy: Use.RESOURCE,
    ResourceControlPolicy: Use.RCP,
}
_HINT: Final = "read are policies, lists of them, roles as `create` writes them, and what the AWS CLI prints of both"
_ONE_ROLE: Final = (
    "ask for one, such as with the AWS CLI's --query \"{RoleDetailList: RoleDetailList[?RoleName=='NAME'], "
    'Policies: Policies}"'
)
_MOST_NAMED: Final = 5


def documents_in(source: SourceFile, model: type[PolicyDocument], use: Use | None = None) -> list[SourceFile]:
    """
    Return the policy documents in *source* that *use*, or else *model*, is for, each as a file of its own.

    *source* is one document, a list of them as `scp` and `rcp` write it, or what `places` reads. Raises
    FileError where it is none of these, holds no document of that kind, or those of several roles.
    """
    source = unquoted(source)
    if isinstance(source.data, list) and source.data:
        return [source.part((index,)) for index in range(len(source.data))]
    if not isinstance(source.data, dict) or "Statement" in source.data:
        return [_one(source)]
    found = list(places(source.data))
    if not found and "Version" in source.data:
        return [source]
    wanted = use or _MODELS[model]
    return [document_at(source, place.path) for place in _meant(source, found, wanted)]


def unquoted(source: SourceFile) -> SourceFile:
    """Return *source*, or the document in the text that it is, as ``--query Policy`` prints it; raise FileError."""
    if not isinstance(source.data, str) or not is_document(source.data):
        return source
    inner = document_at(SourceFile(source.name, {"": source.data}, {("",): 1}), ("",))
    return SourceFile(source.name, inner.data, {(): 1})


def kinds_in(source: SourceFile) -> set[str]:
    """Return the kinds of the policies in *source*, where it is what `places` reads."""
    if not isinstance(source.data, dict) or "Statement" in source.data:
        return set()
    return {place.kind for place in places(source.data)}


def unjudged(source: SourceFile) -> Iterator[Aside]:
    """Yield what an answer holds beside its policies that is not judged; `documents_in` refuses it alone."""
    if isinstance(source.data, dict) and "Statement" not in source.data:
        yield from asides(source.data)


class Elsewhere(NamedTuple):
    """What decides too and has its text elsewhere: where it is named, by which *name* or ARN, and what to say of it."""

    path: DataPath
    name: str
    text: str
    is_boundary: bool = False


def beyond(source: SourceFile) -> Iterator[tuple[DataPath, str]]:
    """Yield what bounds or adds to the role or user in *source*, and is not among its documents, in words."""
    yield from ((one.path, one.text) for one in elsewhere(source))


def elsewhere(source: SourceFile) -> Iterator[Elsewhere]:
    """Yield the policies and groups of the role or user in *source* that are not among its documents."""
    yield from _attached_elsewhere(source)
    there = {one.name for one in owners(source.data) if one.type == "group"}
    for one in owners(source.data):
        for group in (name for name in one.groups if name not in there):
            text = f"the group `{group}` is not in the file: its policies are not judged"
            yield Elsewhere((*one.path, "GroupList"), f"group {group}", text)


def _attached_elsewhere(source: SourceFile) -> Iterator[Elsewhere]:
    texts = {place.arn for place in places(source.data) if place.arn}
    for one in attachments(source.data):
        if one.is_boundary and (one.arn in texts or is_beside(source.data, one)):
            text = f"the permissions boundary {one.arn} is not judged; give its policy with --boundary-policy"
            yield Elsewhere(one.path, one.arn, text, is_boundary=True)
        elif one.arn not in texts:
            key = next(step for step in reversed(one.path) if isinstance(step, str))
            path = (*one.path[: one.path.index(key)], key)
            yield Elsewhere(path, one.arn, f"{key} is not judged; the file has its ARNs only", one.is_boundary)


def _meant(source: SourceFile, found: Sequence[PolicyPlace], use: Use) -> list[PolicyPlace]:
    """Return the places that *use* is for; raise FileError where there are none, or they are of several owners."""
    fitting = [place for place in found if place.kind in _FITS[use]]
    if fitting and use in (Use.IDENTITY, Use.TRUST, Use.BOUNDARY):
        _refuse_several(source)
    meant = _acting(source, fitting, use)
    if not meant:
        raise _nothing(source, found, use)
    _refuse_together(source, meant, use)
    return meant


def _refuse_together(source: SourceFile, meant: Sequence[PolicyPlace], use: Use) -> None:
    """Refuse policies of one answer that do not act together: those of several endpoints, or of no known role."""
    if use is Use.ENDPOINT and len(meant) > 1:
        problem = f"holds the policies of {len(meant)} VPC endpoints, and a request passes one"
        raise FileError(source.at(), problem, "ask for one, such as with --vpc-endpoint-ids")
    loose = [place for place in meant if place.kind == _PolicyKind.MANAGED]
    if len(loose) > 1 and not any(owners(source.data)):
        problem = f"holds {len(loose)} managed policies, and does not say to whom they are attached"
        raise FileError(source.at(), problem, "give those that are meant, one by one")


def _refuse_several(source: SourceFile) -> None:
    """Raise FileError where *source* has more than one role, user or group, but for a user and its groups."""
    found = list(owners(source.data))
    users = [one for one in found if one.type == "user"]
    its = set(users[0].groups) if len(users) == 1 else set()
    several = [one for one in found if not (one.type == "group" and one.name in its)]
    if len(several) > 1:
        more = f" and {len(several) - _MOST_NAMED:,} more" if len(several) > _MOST_NAMED else ""
        named = ", ".join(f"{one.type} `{one.name}`" for one in several[:_MOST_NAMED])
        problem = f"holds the policies of {named}{more}, which do not act together"
        hint = _ONE_ROLE if "RoleDetailList" in source.data else "give them one by one"
        raise FileError(source.at(several[1].path), problem, hint)


def _acting(source: SourceFile, fitting: list[PolicyPlace], use: Use) -> list[PolicyPlace]:
    """Return those that count: a managed policy does for who has it attached, where the file says whom it is about."""
    if not any(owners(source.data)):
        return fitting
    bounding = use is Use.BOUNDARY
    named = {one.arn for one in attachments(source.data) if one.is_boundary is bounding and use is not Use.SESSION}
    return [place for place in fitting if place.arn is None or place.arn in named]


def _nothing(source: SourceFile, found: Sequence[PolicyPlace], use: Use) -> FileError:
    """Return why *source* has nothing for *use*: what it holds instead, or that it holds nothing."""
    if not found:
        reason = next(unjudged(source), None)
        if reason:
            return FileError(source.at(reason.path), f"{reason.place} is not judged: {reason.reason}")
        return FileError(source.at(), "is not a policy document or a role", _HINT)
    kinds = list(dict.fromkeys(_PolicyKind(place.kind) for place in found))
    if any(kind in _FITS[use] for kind in kinds):
        hint = "a managed policy counts for the role that has it attached, or as its boundary"
        return FileError(source.at(), f"holds managed policies, but no {use} of the role in it", hint)
    if kinds[1:]:
        instead = f"{', '.join(_TITLES[kind][0] for kind in kinds[:-1])} and {_TITLES[kinds[-1]][0]}"
        return FileError(source.at(), f"holds no {use}, but {instead}", "give the document that is meant alone")
    instead, hint = _TITLES[kinds[0]]
    return FileError(source.at(), f"holds no {use}, but {instead}", hint)


def _one(source: SourceFile) -> SourceFile:
    if source.data == []:
        raise FileError(source.at(), "holds no policy document")
    return source
