"""What catalog files hold: personas and activity groups, as their authors write them."""

import re
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from rolemgr.model.base import Model
from rolemgr.model.policy import Conditions, Effect

EntryId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""The name of a catalog entry: its file's stem, in kebab case."""

ParameterName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Sid: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{0,63}$")]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _listed(value: Any) -> Any:
    """A single value may stand for a list of one, as in IAM."""
    return (value,) if isinstance(value, str | int | dict) else value


Strings: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(_listed)]


class ParameterType(StrEnum):
    """What kind of value a parameter takes; `rolemgr.compose.values` says what each accepts."""

    STRING = "string"
    NAME_PATTERN = "name-pattern"
    ACCOUNT_ID = "account-id"
    ARN = "arn"
    ROLE_ARN = "role-arn"
    KEY_ARN = "key-arn"
    BUCKET = "bucket"
    S3_PREFIX = "s3-prefix"
    SUBNET_ID = "subnet-id"
    SECURITY_GROUP_ID = "security-group-id"


class Parameter(Model):
    """A value that the user of an activity group may choose; without a *default* the user must."""

    type: ParameterType
    many: bool = False
    default: Strings | None = None
    help: Text


def _exact(action: str) -> str:
    """An Allow names its actions one by one: a wildcard grows whenever AWS adds an action."""
    if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", action):
        raise ValueError(f"`{action}` is no action of the form service:Name without wildcards")
    return action


class GroupStatement(Model):
    """
    Actions, the resources they act on, and the conditions that make them safe, as three plain lists.

    `rolemgr.compose.distribute` gives each action just the resources and condition keys that it accepts.
    """

    sid: Sid
    effect: Effect = Effect.ALLOW
    actions: Annotated[tuple[Annotated[str, AfterValidator(_exact)], ...], BeforeValidator(_listed)] = Field(
        min_length=1
    )
    resources: Strings = ()
    conditions: Conditions = Field(default_factory=dict)
    needs: Strings = ()
    """Parameters that must have a value; without one the statement is left out."""
    why: Text | None = None


class IndirectWay(Model):
    """An action that a group lets its holder bring about without holding it, which IAM can't separate."""

    action: Text
    how: Text


class ActivityGroup(Model):
    """A named bundle of permissions for one step of the machine-learning workflow."""

    title: Text
    description: Text
    aws_activity: Strings = ()
    """The activities of AWS's own Role Manager that this group covers, wholly or in part."""
    parameters: dict[ParameterName, Parameter] = Field(default_factory=dict)
    statements: tuple[GroupStatement, ...] = Field(min_length=1)
    indirect: tuple[IndirectWay, ...] = ()
    sources: Strings = ()


class Forbidden(Model):
    """An action (wildcards allowed) that a persona must never be able to do, on a resource, in a context."""

    action: Text
    resource: Text = "*"
    context: dict[str, Strings] = Field(default_factory=dict)


def _as_forbidden(value: Any) -> Any:
    return {"action": value} if isinstance(value, str) else value


class Persona(Model):
    """Who somebody is at work: several activity groups, and what no composition may ever give them."""

    title: Text
    description: Text
    activity_groups: Annotated[tuple[EntryId, ...], BeforeValidator(_listed)] = Field(min_length=1)
    pass_self: Annotated[tuple[EntryId, ...], BeforeValidator(_listed)] = ()
    """The groups that come on top where jobs run as the persona's own role (``--pass-role self``)."""
    never: tuple[Annotated[Forbidden, BeforeValidator(_as_forbidden)], ...] = ()
    sources: Strings = ()
