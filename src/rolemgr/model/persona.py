"""A persona after inheritance, with the place of everything in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.model.catalog import EntryId, Forbidden


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
