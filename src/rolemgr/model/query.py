"""What `rolemgr query` answers: what AWS's reference and the catalog say of an action, a key, a type, a guardrail."""

from typing import Literal, NamedTuple, TypeAlias

from rolemgr.errors import SourceLocation


class KeyUse(NamedTuple):
    """A condition key that a request may carry: its type, None where no data has it, and the guardrails that ask it."""

    name: str
    type: str | None
    multivalued: bool | None
    guardrails: tuple[str, ...] = ()


class TypeUse(NamedTuple):
    """A resource type that an action takes; *required* where every request names one."""

    name: str
    required: bool
    arn_format: str | None
    keys: tuple[str, ...]


class Needed(NamedTuple):
    """A further *action* that a caller needs, *when*, and the service that gets the role which it passes."""

    action: str
    when: str
    passed_to: str | None


class JudgedBy(NamedTuple):
    """A Deny of a guardrail that judges an action by *keys*; it stands at *where*, *chosen* by these values alone."""

    guardrail: str
    sid: str
    keys: tuple[str, ...]
    where: SourceLocation
    chosen: tuple[str, ...] = ()


class Bypass(NamedTuple):
    """A guardrail that an action bypasses, and why."""

    guardrail: str
    why: str
    where: SourceLocation


class InGroup(NamedTuple):
    """A statement of an activity group that names an action; only with a value for the parameters *needs*."""

    group: str
    effect: str
    sid: str
    needs: tuple[str, ...]
    where: SourceLocation


class Held(NamedTuple):
    """A statement of a persona's role that speaks of an action: on what, under which conditions, and from where."""

    effect: str
    sid: str
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Operator, key and values."""
    origins: tuple[SourceLocation, ...]


May: TypeAlias = Literal["yes", "no", "unknown"]


class PersonaMay(NamedTuple):
    """
    Whether a persona's role, as the catalog has it without further choices, may do an action.

    *with_choices* are the groups that give it once a parameter has a value, or the role passes itself.
    """

    persona: str
    may: May
    statements: tuple[Held, ...] = ()
    with_choices: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    """What the persona must never do of it, in words."""
    reason: str | None = None
    """Why it can't be told."""


class ActionAnswer(NamedTuple):
    """What there is to say of an action."""

    name: str
    access_levels: tuple[str, ...]
    types: tuple[TypeUse, ...]
    alternatives: tuple[tuple[str, ...], ...]
    keys: tuple[KeyUse, ...]
    dependents: tuple[Needed, ...]
    judged_by: tuple[JudgedBy, ...]
    bypasses: tuple[Bypass, ...]
    groups: tuple[InGroup, ...]
    personas: tuple[PersonaMay, ...]


class KeyAnswer(NamedTuple):
    """What there is to say of a condition key; *always* where every request may carry it."""

    name: str
    type: str | None
    multivalued: bool | None
    present: str | None
    always: bool
    successor: str | None
    old_name: str | None
    values: tuple[str, ...]
    notes: tuple[str, ...]
    actions: tuple[str, ...]
    judged_by: tuple[tuple[str, JudgedBy], ...]
    """For each Deny that asks it, the access of what it judges in words, and the Deny."""
    groups: tuple[InGroup, ...]


class ActionOnType(NamedTuple):
    """An action that takes a resource type, and the groups that allow it."""

    name: str
    level: str
    required: bool
    groups: tuple[str, ...]


class TypeAnswer(NamedTuple):
    """What there is to say of a resource type."""

    name: str
    arn_format: str
    keys: tuple[str, ...]
    actions: tuple[ActionOnType, ...]


class DenyOf(NamedTuple):
    """A Deny of a guardrail: the keys that it asks, and the actions that it judges; *chosen* by these values alone."""

    sid: str
    why: str | None
    needs: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    actions: tuple[str, ...]
    where: SourceLocation
    chosen: tuple[str, ...] = ()


class Judging(NamedTuple):
    """The actions that a Deny of a guardrail judges, and those that carry its keys and that the scope leaves out."""

    actions: tuple[str, ...]
    left_out: tuple[str, ...]


class GuardrailAnswer(NamedTuple):
    """What there is to say of a guardrail."""

    name: str
    title: str
    scope: tuple[str, ...]
    where: SourceLocation
    denies: tuple[DenyOf, ...]
    bypassed_by: tuple[tuple[str, str], ...]
    profiles: tuple[str, ...]
    personas: tuple[str, ...]
    """Those whose default profile has it."""


class WhoMay(NamedTuple):
    """For each action that a pattern stands for and that a group names: who may do it."""

    pattern: str
    actions: tuple[tuple[str, tuple[PersonaMay, ...]], ...]
    without_group: tuple[str, ...]
    """Actions of the pattern that no activity group has."""
