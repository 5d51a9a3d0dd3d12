"""What catalog files hold: personas and activity groups, as their authors write them."""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias

from rolemgr.iam.documents import Conditions, Effect
from rolemgr.iam.marks import after, before, json_schema, not_empty, tag, text, told_apart_by
from rolemgr.iam.plain import Noted, called
from rolemgr.iam.wildcards import contains
from rolemgr.model.controls import Controls

_ENTRY_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_PARAMETER_NAME = r"^[a-z][a-z0-9_]*$"
_SID = r"^[A-Z][A-Za-z0-9]{0,63}$"
_PURPOSE = r"^[A-Z][A-Za-z0-9]{0,31}$"
_LINE = r"^[^\r\n]{1,60}$"
_RESOURCE_TYPE = r"^[a-z0-9-]+:[A-Za-z0-9-]+$"
CHECK_ID = r"^[A-Za-z][A-Za-z0-9_-]*$"
FORMS = {
    _ENTRY_ID: "lower-case words joined by hyphens, such as run-training-jobs",
    _PARAMETER_NAME: "lower-case letters, digits and underscores, such as data_buckets",
    CHECK_ID: "a letter, then letters, digits, hyphens and underscores, such as no-public-bucket",
    _SID: "1 to 64 letters and digits, a capital first, such as TrainingJobs",
    _RESOURCE_TYPE: "a service and a type of its resources, such as ecr:repository",
    _LINE: "one line of at most 60 characters, such as People who train models",
    _PURPOSE: "1 to 32 letters and digits, a capital first, such as Jobs",
}
"""What each pattern of the catalog's names means, in words: for messages."""

EntryId: TypeAlias = Annotated[str, text(pattern=_ENTRY_ID)]
"""The name of a catalog entry: its file's stem, in kebab case."""

ParameterName: TypeAlias = Annotated[str, text(pattern=_PARAMETER_NAME)]
Sid: TypeAlias = Annotated[str, text(pattern=_SID)]
Purpose: TypeAlias = Annotated[str, text(pattern=_PURPOSE)]
Text: TypeAlias = Annotated[str, text(min_length=1, strip_whitespace=True)]
Line: TypeAlias = Annotated[str, text(pattern=_LINE, strip_whitespace=True)]
ResourceTypeName: TypeAlias = Annotated[str, text(pattern=_RESOURCE_TYPE)]


def listed(value: Any) -> Any:
    """Return *value* as a list: a single one may stand for a list of one, as in IAM, and a number for its digits."""
    listed = value if isinstance(value, list | tuple) else (value,)
    return [str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in listed]


ONE_OR_MORE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
"""What an editor accepts where a single value may stand for a list of one."""

Strings: TypeAlias = Annotated[tuple[Text, ...], before(listed), json_schema(ONE_OR_MORE)]


class ParameterType(StrEnum):
    """What kind of value a parameter takes: docs/write-an-activity-group.md has what each accepts, and an example."""

    STRING = "string"
    NAME_PATTERN = "name-pattern"
    MODEL_PATTERN = "model-pattern"
    ACCOUNT_ID = "account-id"
    ARN = "arn"
    ROLE_ARN = "role-arn"
    KEY_ARN = "key-arn"
    BUCKET = "bucket"
    S3_PREFIX = "s3-prefix"
    SUBNET_ID = "subnet-id"
    SECURITY_GROUP_ID = "security-group-id"
    FILE_SYSTEM_ID = "file-system-id"
    INSTANCE_TYPE = "instance-type"
    DURATION = "duration"
    INTEGER = "integer"
    TAG_KEY = "tag-key"
    IP_RANGE = "ip-range"
    VPC_ID = "vpc-id"
    VPC_ENDPOINT_ID = "vpc-endpoint-id"


class Parameter(Noted):
    """A value that the user of an activity group may choose; without a *default* the user must."""

    type: ParameterType
    many: bool = False
    default: Strings | None = None
    one_of: Strings = ()
    """The only values that AWS knows, where they are few."""
    of: ResourceTypeName | None = None
    """The type of resource that an ARN names, as the reference calls it: ``ecr:repository``."""
    help: Text


def exact(action: str) -> str:
    """Return *action*; raise ValueError for a wildcard, which would grow whenever AWS adds an action."""
    if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", action):
        raise ValueError(f"`{action}` is not an action of the form service:Name without wildcards")
    return action


class PurposeByAccess(Noted):
    """What the reads and the writes of a statement are for, where that is not the same."""

    read: Purpose
    write: Purpose


class GroupStatement(Noted):
    """
    Actions, the resources they act on, and the conditions that make them safe, as three plain lists.

    `rolemgr.compose.distribute` gives each action just the resources and condition keys that it accepts.
    """

    sid: Sid
    effect: Effect = Effect.ALLOW
    actions: Annotated[
        tuple[Annotated[str, after(exact)], ...],
        not_empty(),
        before(listed),
        json_schema(ONE_OR_MORE),
    ]
    resources: Strings = ()
    conditions: Conditions = field(default_factory=dict)
    needs: Strings = ()
    """Parameters that must have a value; without one the statement is left out."""
    purpose: Purpose | PurposeByAccess | None = None
    """
    What it is for, in a word: `rolemgr.compose.join` joins what has one purpose, and makes the Sid from it.

    Without one the statement stands by itself, under its own Sid.
    """
    why: Text | None = None


_EntryIds: TypeAlias = Annotated[tuple[EntryId, ...], before(listed), json_schema(ONE_OR_MORE)]


class IndirectWay(Noted):
    """An action that a group lets its holder bring about without holding it, which IAM can't separate."""

    action: Text
    how: Text


class Accepted(Noted):
    """A finding of ``rolemgr check`` on *action* of a group that its author means to be there, and why."""

    rule: Text
    action: Text
    why: Text


class ActivityGroup(Noted):
    """A named bundle of permissions for one step of the machine-learning workflow."""

    title: Text
    description: Text
    aws_activity: Strings = ()
    """The activities of AWS's own Role Manager that this group covers, wholly or in part."""
    shared_parameters: Annotated[tuple[ParameterName, ...], before(listed), json_schema(ONE_OR_MORE)] = ()
    """Parameters that several groups have, by name: ``parameters.yaml`` at the top of the catalog declares them."""
    parameters: dict[ParameterName, Parameter] = field(default_factory=dict)
    """This group's own, and once it comes from the catalog (`rolemgr.catalog.shared`) those that it shares too."""
    statements: Annotated[tuple[GroupStatement, ...], not_empty()]
    indirect: tuple[IndirectWay, ...] = ()
    acts_as: Strings = ()
    """ARNs of roles whose work the group can start or steer without passing them (a pipeline's role)."""
    accepts: tuple[Accepted, ...] = ()
    """Findings of ``rolemgr check`` that stand on purpose."""
    never_with: _EntryIds = ()
    """Groups that must not stand in the same role, whatever the persona: registering and approving models."""
    unknown_ok: Strings = ()
    """Values that are right though no data here knows them: what AWS has added since it was written."""
    sources: Strings = ()

    def __post_init__(self) -> None:
        sids = [statement.sid for statement in self.statements]
        for sid in sids:
            if sids.count(sid) > 1:
                raise ValueError(f"two statements have the sid `{sid}`")


class SharedParameters(Noted):
    """What ``parameters.yaml`` at the top of a catalog holds: parameters that activity groups take by name."""

    parameters: Annotated[dict[ParameterName, Parameter], not_empty()]
    unknown_ok: Strings = ()
    """Values in defaults that are right though no data here knows them: what AWS has added since."""


class Forbidden(Noted):
    """An action (wildcards allowed) that a persona must never be able to do, on a resource, in a context."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {**called(exception="except"), "populate_by_name": True}

    action: Text
    resource: Text = "*"
    context: dict[str, Strings] = field(default_factory=dict)
    exception: Text | None = None
    """The exceptions below in words, such as "on the user's own profile": what people are shown."""
    except_on: Strings = ()
    """Resources (globs) on which it does no harm: the user's own profile among all profiles."""
    except_with: dict[str, Strings] = field(default_factory=dict)
    """Condition keys, each with the values (globs) that make it no harm where the role is held to them."""
    directly: bool = False
    """Forbidden to the role itself only: the roles that it passes to a service may do it."""

    def __post_init__(self) -> None:
        """Refuse what forbids nothing, or excepts nothing, though it looks as if it did."""
        for name, block in (("context", self.context), ("except_with", self.except_with)):
            if empty := [key for key, values in block.items() if not values]:
                raise ValueError(f"`{name}` has no value for `{empty[0]}`")
        if self.exception and not (self.except_on or self.except_with):
            raise ValueError("`except` says in words what `except_on` or `except_with` excepts, and both are missing")
        for pattern in self.except_on:
            if "{{" not in pattern + self.resource and contains(pattern, self.resource):
                raise ValueError(f"`except_on` excepts all that is forbidden: `{pattern}` is `{self.resource}` or more")

    def __str__(self) -> str:
        on = "" if self.resource == "*" else f" on {self.resource}"
        context = " and ".join(f"{key} = {' or '.join(values)}" for key, values in self.context.items())
        return f"{self.action}{on}{f' with {context}' if context else ''}"

    def excepted(self) -> str:
        """Return how its sentence ends: the exceptions in the file's words, else as they are compared."""
        directly = ", by the role itself" if self.directly else ""
        if self.exception:
            return f"{directly}, except {self.exception}"
        held = [f"where {key} is {' or '.join(values)}" for key, values in self.except_with.items()]
        on = [f"on {' or '.join(self.except_on)}"] if self.except_on else []
        return f"{directly}, except {' or '.join((*on, *held))}" if on or held else directly


def _as_forbidden(value: Any) -> Any:
    return {"action": value} if isinstance(value, str) else value


_Forbidden: TypeAlias = Annotated[Forbidden, before(_as_forbidden, json_schema_input_type=Text | Forbidden)]


class Separation(Noted):
    """What several personas must never be able to do, for one reason: "no deployment", "only one's own Studio"."""

    title: Text
    why: Text
    never: Annotated[tuple[_Forbidden, ...], not_empty()]
    controls: Controls = field(default_factory=dict)
    """The controls that it serves, by framework, each with the level of evidence."""
    unknown_ok: Strings = ()
    """Names that are right though no data here knows them: what AWS has added since it was written."""
    sources: Strings = ()


class SeparationRef(Noted):
    """The name of a separation, among the entries of a persona's `never`."""

    separation: EntryId
    directly: bool = False
    """It holds for the role itself only: the roles that it passes to a service, or acts as, may do these things."""


def _as_entry(value: Any) -> Any:
    """Read a text with a colon as an action, any other as the name of a separation."""
    if not isinstance(value, str):
        return value
    return {"action": value} if ":" in value else {"separation": value}


def _kind_of_entry(value: Any) -> str:
    is_name = isinstance(value, SeparationRef) or (isinstance(value, dict) and "separation" in value)
    return "separation" if is_name else "action"


NeverEntry: TypeAlias = Annotated[
    Annotated[Forbidden, tag("action")] | Annotated[SeparationRef, tag("separation")],
    told_apart_by(_kind_of_entry),
    before(_as_entry, json_schema_input_type=Text | Forbidden | SeparationRef),
]
"""An entry of a persona's `never`: an action, with where and when, or the name of a separation."""


class Excuse(Noted):
    """An entry of the base persona's `never` that a custom persona is let off, and why."""

    action: Text
    resource: Text = "*"
    reason: Text


class Persona(Noted):
    """
    Who somebody is at work: several activity groups, and what no composition may ever give them.

    A custom persona *extends* another: it starts from its groups, adds and removes some, and inherits
    its `never`, which it may lengthen, and be let off by name and with a reason only.
    """

    title: Text
    description: Text
    for_whom: Line | None = None
    """Who or what this persona is for, as lists say it in a line: of each built-in persona, and of others as wished."""
    extends: EntryId | None = None
    activity_groups: _EntryIds = ()
    add: _EntryIds = ()
    remove: _EntryIds = ()
    guardrail_profile: EntryId | None = None
    """The guardrails that hold unless the user takes them away; a persona that extends another inherits them."""
    pass_self: _EntryIds = ()
    """The groups that come on top where jobs run as the persona's own role (``--pass-role self``)."""
    trust: Strings = ()
    """Which AWS services take the role where the user names nobody, as ``--trust`` says it; SageMaker by default."""
    never: tuple[NeverEntry, ...] = ()
    """Separations by name, and what is this persona's own."""
    allow_despite: tuple[Excuse, ...] = ()
    unknown_ok: Strings = ()
    """Names in `never` that are right though no data here knows them: what AWS has added since it was written."""
    sources: Strings = ()

    def __post_init__(self) -> None:
        if self.extends and self.activity_groups:
            raise ValueError("a persona that `extends` another has `add` and `remove`, no `activity_groups`")
        if not self.extends and (self.add or self.remove or self.allow_despite):
            raise ValueError("`add`, `remove` and `allow_despite` change a persona that this one `extends`")
        if not self.extends and not self.activity_groups:
            raise ValueError("a persona has `activity_groups`, or `extends` another")
