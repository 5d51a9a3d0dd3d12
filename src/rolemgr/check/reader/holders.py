"""
Who holds which managed policies: each holder's group gets a copy of those whose text is in the file.

A policy that is attached acts with whatever else its holder has; one that is a boundary only is read as one.
Members of a group have what the group has.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rolemgr.check.reader.found import Attached, PieceOfFile, PolicyInFile, Search
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType


class Edge(NamedTuple):
    """The holder of *group* holds *policy*, by the name that the file has for it; or why that is not known."""

    path: DataPath
    group: str
    policy: str = ""
    reason: str = ""
    boundary: bool = False


class Member(NamedTuple):
    """The user of *group* is in the IAM group *of*; of one that is not in the file nobody knows what it gives."""

    path: DataPath
    group: str
    of: str
    in_file: bool = True


def joined(found: Iterable[PieceOfFile], edges: Sequence[Edge], members: Sequence[Member] = ()) -> Search:
    """Yield what was *found*, with a copy of each policy that is attached in the group of each of its holders."""
    listed = list(found)
    known: dict[str, list[PolicyInFile]] = {}
    for one in listed:
        if isinstance(one, PolicyInFile) and one.policy:
            known.setdefault(one.policy, []).append(one)
    all_edges = [*edges, *_inherited(edges, members)]
    attached = {edge.policy for edge in edges if not edge.boundary}
    bounding = {edge.policy for edge in edges if edge.boundary} - attached
    for one in listed:
        yield _alone(one, attached, bounding) if isinstance(one, PolicyInFile) and one.policy else one
    yield from _of_groups(listed, members)
    for edge in all_edges:
        yield from _copies(edge, known)


def _alone(one: PolicyInFile, attached: set[str], bounding: set[str]) -> PolicyInFile:
    if one.policy in bounding:
        return one._replace(kind=PolicyType.BOUNDARY)
    return one._replace(held=one.policy in attached)


def _copies(edge: Edge, known: dict[str, list[PolicyInFile]]) -> Search:
    if edge.policy not in known:
        yield Attached(edge.path, edge.group, edge.policy, edge.reason, edge.boundary)
    for one in known.get(edge.policy, ()):
        kind = PolicyType.BOUNDARY if edge.boundary else one.kind
        yield one._replace(group=edge.group, kind=kind, copy=True)


def _inherited(edges: Sequence[Edge], members: Sequence[Member]) -> Iterator[Edge]:
    """Yield what users hold through their groups; a boundary is none of a group's."""
    of_group: dict[str, list[Edge]] = {}
    for edge in edges:
        of_group.setdefault(edge.group, []).append(edge)
    for member in members:
        for edge in of_group.get(member.of, ()):
            yield edge._replace(group=member.group)


def _of_groups(found: Sequence[PieceOfFile], members: Sequence[Member]) -> Search:
    """Yield the inline policies that users have through their groups, and say where a group is not in the file."""
    inline: dict[str, list[PolicyInFile]] = {}
    for one in found if members else ():
        if isinstance(one, PolicyInFile) and one.group and not one.policy:
            inline.setdefault(one.group, []).append(one)
    for member in members:
        for one in inline.get(member.of, ()):
            yield one._replace(group=member.group, inline=False, copy=True)
        if not member.in_file:
            yield Attached(member.path, member.group, reason="a group that the user is in is not in the file")
