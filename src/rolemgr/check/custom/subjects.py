"""What a custom check judges together: the documents of one type of a role, or one document alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from rolemgr.check.custom.policies import read_policies
from rolemgr.check.document import Document
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import PolicyType


class DocumentsTogether(NamedTuple):
    """
    What is checked together: the documents of one type of a role, or one alone; a text says why they can't be.

    *missing* are those of which nobody knows what they say, and why. *boundary* bounds what they give, or says
    why that is not known.
    """

    kind: PolicyType
    documents: list[Document]
    policies: Policies | str
    missing: tuple[tuple[Document, str], ...] = ()
    boundary: Document | None = None

    @property
    def why_missing(self) -> str:
        """Why nobody knows what some of them say."""
        return "; ".join(reason for _, reason in self.missing)


def subjects_of(group: Sequence[Document]) -> Iterator[DocumentsTogether]:
    """Yield what of *group*, documents that decide together, is checked together."""
    if any(one.held for one in group):
        return  # it acts in the groups of its holders
    if together := [one for one in group if one.kind is PolicyType.IDENTITY]:
        yield _of_role(together, group)
    for one in group:
        if one.kind is not PolicyType.IDENTITY and not one.missing and not one.copy and not one.attached:
            yield DocumentsTogether(one.kind, [one], read_policies([one]))


def _of_role(together: Sequence[Document], group: Sequence[Document]) -> DocumentsTogether:
    """Return the identity policies *together* of a *group* as one subject, what can't be read apart from it."""
    missing = {id(one): reason for one in together if (reason := _unreadable(one))}
    known = [one for one in together if id(one) not in missing]
    boundary = next((one for one in group if one.kind is PolicyType.BOUNDARY), None)
    apart = tuple((one, missing[id(one)]) for one in together if id(one) in missing)
    return DocumentsTogether(PolicyType.IDENTITY, known, read_policies(known, PolicyType.IDENTITY), apart, boundary)


def _unreadable(document: Document) -> str:
    """Return why nobody knows what *document* allows; empty where it can be read."""
    if document.missing:
        return document.missing
    found = read_policies([document])
    return f"the policy can't be read ({found})" if isinstance(found, str) else ""


def within_boundary(subject: DocumentsTogether, policies: Policies) -> Policies | str:
    """Return *policies* within the permissions boundary of the role, or why that is not known."""
    if subject.boundary is None:
        return policies
    read = subject.boundary.missing or read_policies([subject.boundary], PolicyType.IDENTITY)
    return read if isinstance(read, str) else replace(policies, permissions_boundary=read.identity[0])
