"""What guardrail and profile files hold: limits on how an action may be called, as their authors write them."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from rolemgr.iam.documents import Conditions
from rolemgr.iam.marks import after, before, json_schema, not_empty, tag, told_apart_by
from rolemgr.iam.plain import Noted, called
from rolemgr.model.catalog import (
    ONE_OR_MORE,
    Accepted,
    EntryId,
    ParameterName,
    ParameterType,
    Sid,
    Strings,
    Text,
    exact,
    listed,
)
from rolemgr.model.controls import Controls


class Scope(StrEnum):
    """What a guardrail judges; docs/write-a-guardrail.md lists the actions of each."""

    JOBS = "jobs"
    MODELS = "models"
    ENDPOINTS = "endpoints"
    STUDIO = "studio"
    DOMAIN = "domain"
    NOTEBOOKS = "notebooks"
    CLUSTERS = "clusters"
    REGISTRY = "registry"
    FEATURES = "features"
    SEARCH = "search"
    SESSIONS = "sessions"
    BEDROCK = "bedrock"
    TAGS = "tags"


ShortForm: TypeAlias = Literal["subnet", "security_group", "data_key", "volume_key"]
"""The keys of a role file that hold network and encryption limits."""


class GuardrailParameter(Noted):
    """A value that the user of the guardrail gives; without a *default* it must come, by hand or *from*."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = called(from_="from")

    type: ParameterType
    many: bool = False
    default: Strings | None = None
    always: Strings = ()
    """Values that it has whatever else is given: without them the guardrail would stop what must go on."""
    from_: ShortForm | None = None
    """The short form that gives it where the guardrail is chosen without values."""
    one_of: Strings = ()
    """The only values that AWS knows, where they are few."""
    at_least: int | None = None
    """The least that AWS takes of a number; of a duration, in seconds."""
    at_most: int | None = None
    """The most that AWS takes."""
    named: bool = False
    """Given as ``parameter:value`` alone, for its values look like those of another parameter."""
    example: Text | None = None
    """A value that a role of every group can work with, where one of its type could not: proofs are made with it."""
    help: Text


_Listed: TypeAlias = Annotated[
    tuple[Annotated[str, after(exact)], ...],
    not_empty(),
    before(listed),
    json_schema(ONE_OR_MORE),
]


ALL_ACTIONS: Final = "all"
"""What a Deny says in the place of its actions that is about every action of every service."""
EVERY_ACTION: Final = "*"
"""What such a Deny becomes."""


def _word_or_listed(value: Any) -> str:
    """Tell which of the forms *value* is meant to be, so that an error speaks of that one alone."""
    return "word" if isinstance(value, str) and ":" not in value else "listed"


class PeopleOnly(Noted):
    """That no role which an AWS service takes can have a Deny: *why*, and what binds people *instead* in an SCP."""

    why: Text
    instead: Text


class GuardrailDeny(Noted):
    """
    A Deny of the guardrail: how the actions may not be called.

    *actions* are ``supported`` (all of the scope that support the condition keys) for conditions that can't
    hold where their key is absent. A condition that can lists its actions: those whose requests must carry
    the key. ``all`` stands for every action of every service, whatever the scope: its keys come with any request.
    """

    sid: Sid
    actions: Annotated[
        Annotated[Literal["supported", "all"], tag("word")] | Annotated[_Listed, tag("listed")],
        told_apart_by(_word_or_listed),
        json_schema({"anyOf": [{"enum": ["supported", "all"]}, *ONE_OR_MORE["anyOf"]]}),
    ]
    conditions: Annotated[Conditions, not_empty()]
    needs: Strings = ()
    """Parameters that must have a value; without one the Deny is left out."""
    any_of: Strings = ()
    """Parameters of which one value is enough: what is asked of one that has none is left out."""
    only_below: dict[ParameterName, int] = field(default_factory=dict)
    """The Deny is left out where the parameter's value is this or more."""
    only_where: dict[ParameterName, Text] = field(default_factory=dict)
    """The Deny is left out unless the parameter has this value."""
    people_only: PeopleOnly | None = None
    not_carried_by: Strings = ()
    """Actions, or patterns of them, whose requests carry none of the keys: a role with one can't have the Deny."""
    why: Text | None = None


class ByPass(Noted):
    """An action that bypasses a guardrail, as AWS sends no key with it that could be judged."""

    action: Annotated[str, after(exact)]
    why: Text


class Guardrail(Noted):
    """
    A limit on how actions of a *scope* may be called, as Deny statements, chosen by the user.

    What it can't narrow and what by-passes it is part of it: a limit that is not there must not be believed in.
    """

    title: Text
    description: Text
    scope: Annotated[tuple[Scope, ...], not_empty()]
    parameters: dict[ParameterName, GuardrailParameter] = field(default_factory=dict)
    deny: Annotated[tuple[GuardrailDeny, ...], not_empty()]
    bypassed_by: tuple[ByPass, ...] = ()
    accepts: tuple[Accepted, ...] = ()
    """Findings of ``rolemgr check`` on its Denies that stand on purpose, by rule and action."""
    controls: Controls = field(default_factory=dict)
    """The controls that it serves, by framework, each with the level of evidence."""
    unknown_ok: Strings = ()
    """Values that are right though no data here knows them: what AWS has added since it was written."""
    sources: Strings = ()

    def __post_init__(self) -> None:
        sids = [statement.sid for statement in self.deny]
        for sid in sids:
            if sids.count(sid) > 1:
                raise ValueError(f"two statements have the sid `{sid}`")


def _as_texts(value: Any) -> Any:
    """
    Read a guardrail's value as the texts that the command line would hold.

    ``true`` or nothing for a guardrail without parameters; a mapping for one with several.
    """
    if value is False:
        raise ValueError("`false` does not take a guardrail away: leave it out, or its profile")
    if value is None or value is True:
        return ()
    if isinstance(value, dict):
        return [f"{name}:{one}" for name, found in value.items() for one in listed(found)]
    return listed(value)


GuardrailValues: TypeAlias = Annotated[
    tuple[Text, ...],
    before(_as_texts),
    json_schema({"anyOf": [*ONE_OR_MORE["anyOf"], {"type": ["integer", "boolean", "null", "object"]}]}),
]
"""The values given for a guardrail; for one with several parameters each is ``parameter:value``."""

ChosenGuardrails: TypeAlias = dict[EntryId, GuardrailValues]


class GuardrailProfile(Noted):
    """
    A ready set of guardrails and their values; one without values takes them from the short forms.

    It has the guardrails of the profiles that it *includes* too; of two values its own one holds.
    """

    title: Text
    description: Text
    includes: tuple[EntryId, ...] = ()
    guardrails: ChosenGuardrails = field(default_factory=dict)
    unknown_ok: Strings = ()
    """Values that are right though no data here knows them, such as an instance type of next week."""
    sources: Strings = ()

    def __post_init__(self) -> None:
        if not (self.includes or self.guardrails):
            raise ValueError("a profile has `guardrails`, `includes`, or both")
