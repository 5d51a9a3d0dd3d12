"""A blueprint as its author writes it: accounts, what is in them, roles, flows and the layers around all of it."""

import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rolemgr.iam.base import Model
from rolemgr.model.catalog import EntryId, ParameterName, Strings, Text
from rolemgr.model.check_config import Day
from rolemgr.model.spec import AccountId, Region, RoleSettings, RoleSpec

_PLACE = r"[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*"


def _place(value: str) -> str:
    if not re.fullmatch(_PLACE, value):
        raise ValueError(f"`{value}` is not of the form ACCOUNT/NAME, in lower-case words joined by hyphens")
    return value


Place: TypeAlias = Annotated[str, AfterValidator(_place)]
"""Something of an account: ``data/curated``."""


def _organization_id(value: str) -> str:
    if not re.fullmatch(r"o-[a-z0-9]{10,32}", value):
        raise ValueError(f"`{value}` is not an organization's id such as o-a1b2c3d4e5")
    return value


class BlueprintOrganization(Model):
    """The organization of the accounts: *free_scp_slots* at each level, and the landing zones that work in it."""

    id: Annotated[str, AfterValidator(_organization_id)]
    landing_zone: Strings = ()
    free_scp_slots: int | None = None


class BlueprintLayers(Model):
    """
    Policies of the organization at one level: patterns of `scps/` and `rcps/`, each with its parameters.

    *exempt* are ARNs of roles that none of them binds.
    """

    scp: dict[EntryId, dict[ParameterName, Strings]] = Field(default_factory=dict)
    rcp: dict[EntryId, dict[ParameterName, Strings]] = Field(default_factory=dict)
    exempt: Strings = ()

    @model_validator(mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        """Read a list of patterns as patterns without parameters."""
        if not isinstance(value, dict):
            return value
        lists = {key: found for key in ("scp", "rcp") if isinstance(found := value.get(key), list)}
        return {**value, **{key: {str(name): {} for name in found} for key, found in lists.items()}}


class BlueprintUnit(RoleSettings):
    """An organizational unit: what holds for all roles of its accounts, and its policies."""

    layers: BlueprintLayers = Field(default_factory=BlueprintLayers)


class BlueprintAccount(RoleSettings):
    """An account: its id, its organizational unit, and what holds for all of its roles."""

    id: AccountId
    ou: EntryId | None = None
    layers: BlueprintLayers = Field(default_factory=BlueprintLayers)


class BlueprintBucket(Model):
    """An S3 bucket, and the customer managed key that its objects are encrypted with."""

    name: Text
    key: Place | None = None


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _several(value: Any) -> Any:
    return {"names": value} if isinstance(value, str | list) else value


class BlueprintNames(Model):
    """Things of one kind, by their names: repositories, model package groups, feature groups, endpoints."""

    names: Strings = Field(min_length=1)


_Bucket: TypeAlias = Annotated[BlueprintBucket, BeforeValidator(_named)]
_Names: TypeAlias = Annotated[BlueprintNames, BeforeValidator(_several)]


class AcceptedSink(Model):
    """A way out of a stolen session that stays open: of which *roles* (all unless named), why, and until when."""

    reason: Text
    roles: tuple[Place, ...] = ()
    until: Day | None = None
    """The last day on which it is accepted."""


class BlueprintRole(RoleSpec):
    """A role, as in a role file; its account is told by its place."""


class Blueprint(RoleSettings):
    """Accounts, what is in them, the roles, what these do with it, and the policies around: one file."""

    organization: BlueprintOrganization | None = None
    regions: Annotated[tuple[Region, ...], Field(min_length=1)] = ("us-east-1",)
    """The regions that are used; the first is that of everything which names none."""
    accounts: dict[EntryId, BlueprintAccount] = Field(min_length=1)
    ous: dict[EntryId, BlueprintUnit] = Field(default_factory=dict)
    keys: dict[Place, Text] = Field(default_factory=dict)
    """Customer managed keys, each by its id or ARN."""
    buckets: dict[Place, _Bucket] = Field(default_factory=dict)
    repositories: dict[Place, _Names] = Field(default_factory=dict)
    registries: dict[Place, _Names] = Field(default_factory=dict)
    endpoints: dict[Place, _Names] = Field(default_factory=dict)
    roles: dict[Place, dict[str, Any]] = Field(min_length=1)
    """Roles by ACCOUNT/NAME, each as a role file says it; `rolemgr.blueprint.inherit` adds what holds for all."""
    flows: tuple[Text, ...] = ()
    """What roles do with what is there: ``modelling/training reads data/curated``."""
    layers: BlueprintLayers = Field(default_factory=BlueprintLayers)
    accepted_sinks: dict[EntryId, AcceptedSink] = Field(default_factory=dict)
    """Ways out of stolen sessions that `rolemgr prove` finds open, by name, and that stay so."""
