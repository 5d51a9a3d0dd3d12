"""A persona after inheritance, with the place of everything in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.iam.marks import after
from rolemgr.iam.plain import Plain
from rolemgr.model.catalog import EntryId, Forbidden
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.trust import AnyTrust, SageMakerTrust
from rolemgr.model.trust_text import Trusts


class Never(NamedTuple):
    """What a persona must never be able to do, where that is written, and of which *separation* it is."""

    forbidden: Forbidden
    where: SourceLocation
    separation: EntryId | None = None


class Excused(NamedTuple):
    """A `never` entry that a custom persona is let off, with the reason that its file gives."""

    never: Never
    reason: str
    where: SourceLocation


@dataclass(frozen=True)
class ResolvedPersona:
    """A persona after inheritance; *lineage* names it and the personas it extends, itself first."""

    id: EntryId
    title: str
    description: str
    lineage: tuple[EntryId, ...]
    groups: Mapping[EntryId, SourceLocation]
    pass_self: Mapping[EntryId, SourceLocation]
    never: tuple[Never, ...]
    excused: tuple[Excused, ...] = ()
    guardrail_profile: EntryId | None = None
    profile_place: SourceLocation | None = None
    trust: tuple[AnyTrust, ...] = ()
    """Which AWS services take the role where the user names nobody; none says SageMaker."""
    trust_place: SourceLocation | None = None


def _of_services(trusts: tuple[AnyTrust, ...]) -> tuple[AnyTrust, ...]:
    if any(not isinstance(one, SageMakerTrust | ServiceTrust) for one in trusts):
        raise ValueError("a persona names AWS's services alone (sagemaker, service:NAME); whom of people, roles and"
                         " accounts a role trusts, its user says")  # fmt: skip
    return trusts


class PersonaTrust(Plain):
    """The trust in a persona's file, read where there is any: all else in the file is another model's."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "ignore"}

    trust: Annotated[Trusts, after(_of_services)]
