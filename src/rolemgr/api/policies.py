"""What rules find in policies, and what two of them allow differently."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from rolemgr.api.documents import PolicyLike, policy_of
from rolemgr.api.roles import catalog_of
from rolemgr.catalog.load import Catalog
from rolemgr.check.attached import missing_from
from rolemgr.check.collect import collect
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding, NotJudged
from rolemgr.check.role import accepted, at_origin, documents_of
from rolemgr.check.run import check as found_in
from rolemgr.check.sources import Parsed, search
from rolemgr.compare.grants import Changes, Grant, changes
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import PolicyType, ResourcePolicy, TrustPolicy
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import Sourced
from rolemgr.render.documents import render

Checkable: TypeAlias = ComposedRole | RoleDocuments | Mapping[str, Any] | str | os.PathLike[str]
"""A role, its documents, the data of a file (a policy, a role, a template), or the path of a file or folder."""

Comparable: TypeAlias = ComposedRole | RoleDocuments | TrustPolicy | ResourcePolicy | PolicyLike | Sequence[PolicyLike]
"""A role, its documents, a trust or resource policy, an identity policy, or several of them."""

_VALUES = (
    "Path",
    "Description",
    "MaxSessionDuration",
    "ManagedPolicyArns",
    "PermissionsBoundary",
    "PermissionsBoundaryPolicy",
    "Tags",
)
"""What a role has besides its policies, and its name, which is not compared."""


class Accepted(NamedTuple):
    """A finding in a role that its catalog means to be there, and the reason that the catalog gives."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Checked:
    """
    What was found, what the catalog accepts, and what was not judged.

    A file without a finding is only clean where *not_judged* is empty too.
    """

    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...] = ()
    accepted: tuple[Accepted, ...] = ()


def check(subject: Checkable, *, kind: PolicyType | str | None = None, catalog: Catalog | None = None) -> Checked:
    """
    Return what the built-in rules find in *subject*.

    That is a role (with the *catalog* that it was composed from, which may accept findings), its documents, the data
    of a file (a policy, a role, a CloudFormation template, a Terraform plan), or the path of a file or folder.
    *kind* is the type of policies that don't tell it: ``identity``, ``trust``, ``resource``, ``scp`` and so on.
    Suppressions, custom checks and ``rolemgr-check.yaml`` are the command's.

    Raises InputError for what can't be read, holds no policy, or for a *kind* that is none.
    """
    told = _kind(kind) if kind else None
    if isinstance(subject, ComposedRole | RoleDocuments):
        if told:
            raise InputError(None, "`kind` goes with policies, not with a role")
        return _in_role(subject, catalog) if isinstance(subject, ComposedRole) else _in(documents_of(subject))
    if catalog:
        raise InputError(None, "`catalog` goes with a composed role")
    return _in_data(subject, told) if isinstance(subject, Mapping) else _in_files(os.fspath(subject), told)


def _kind(kind: PolicyType | str) -> PolicyType:
    try:
        return PolicyType(kind)
    except ValueError:
        raise InputError(None, f"`{kind}` is not a type of policies", f"use one of {', '.join(PolicyType)}") from None


def _in(documents: list[Document]) -> Checked:
    return Checked(tuple(found_in(documents)), tuple(missing_from(documents)))


def _in_role(role: ComposedRole, catalog: Catalog | None) -> Checked:
    """Return what is found in *role*, at the lines of the catalog, what the catalog accepts apart."""
    entries = catalog_of(Sourced(role.spec, SourceFile("role", {}, {})), catalog)
    groups = {name: entries.activity_group(name) for name in role.groups}
    made = _in(documents_of(render(role)))
    reasons = [(at_origin(one, role), accepted(one, role, groups)) for one in made.findings]
    return Checked(
        tuple(shown for shown, reason in reasons if reason is None),
        made.not_judged,
        tuple(Accepted(shown, reason.text) for shown, reason in reasons if reason),
    )


def _in_data(data: Mapping[str, Any], kind: PolicyType | None) -> Checked:
    documents, unknown = search(Parsed(dict(data), lambda _: None), None, "data", kind)
    if not documents and not unknown:
        raise InputError(SourceLocation("data"), "holds no policy")
    made = _in(documents)
    return Checked(made.findings, (*unknown, *(one for one in made.not_judged if one not in unknown)))


def _in_files(path: str, kind: PolicyType | None) -> Checked:
    collected = collect([path], kind)
    return Checked((*collected.unreadable, *found_in(collected.documents)), tuple(collected.not_judged))


def compare(old: Comparable, new: Comparable) -> Changes:
    """
    Return what *new* allows that *old* does not, and the reverse, by meaning.

    Both are roles or their documents, identity policies, trust policies, or resource policies. Each part of the
    result has ``gained`` and ``lost``: differences, each with a request that shows it, and unknowns, which are what
    could be neither proven nor shown. ``same`` and ``gives_no_more`` are true where that is proven.

    Raises InputError for a policy that IAM would not accept, and for two things that have no part in common.
    """
    found = changes(_grant(old), _grant(new))
    if not found.parts:
        raise InputError(None, "the two have no policies of the same type")
    return found


def _grant(one: Comparable) -> Grant:
    if isinstance(one, ComposedRole):
        return _grant(render(one))
    if isinstance(one, RoleDocuments):
        policies = tuple(policy.document for policy in (*one.policies, *one.managed_policies))
        return Grant(policies, one.trust_policy, values=dict(_values(one)), alone=not one.attached)
    if isinstance(one, TrustPolicy):
        return Grant(trust=one)
    if isinstance(one, ResourcePolicy):
        return Grant(resource=one)
    listed = [one] if not isinstance(one, Sequence) else one
    return Grant(tuple(policy_of(policy, number) for number, policy in enumerate(listed)))


def _values(role: RoleDocuments) -> Iterator[tuple[str, Any]]:
    properties = role.to_properties()
    yield from ((name, properties[name]) for name in _VALUES if properties.get(name))
