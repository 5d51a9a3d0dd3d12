"""A blueprint as its author writes it: accounts, what is in them, roles, flows and the layers around all of it."""

import re
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rolemgr.iam.base import Model
from rolemgr.iam.marks import not_empty
from rolemgr.model.catalog import EntryId, ParameterName, Strings, Text
from rolemgr.model.check_config import Day
from rolemgr.model.listed_patterns import listed_patterns
from rolemgr.model.spec import AccountId, Moment, Region, RoleSettings

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


def _unit_id(value: str) -> str:
    if not re.fullmatch(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", value):
        raise ValueError(f"`{value}` is not an organizational unit's id such as ou-a1b2-c3d4e5f6")
    return value


def _prefix(value: str) -> str:
    if not re.fullmatch(r"(?:[A-Za-z0-9!_.'()=:@+-]+/)+\*", value):
        raise ValueError(f"`{value}` is not a prefix such as churn/*")
    return value


_ROLE = r"(?:arn:aws[a-z-]*:iam::[0-9]{12}:role/)?(?:[\w+=,.@-]+/){0,32}[\w+=,.@-]{1,64}"


def _assumable(value: str) -> str:
    if len(value) > 600 or not re.fullmatch(_ROLE, value, re.ASCII):
        raise ValueError(f"`{value}` is not the name of a role, with its path where it has one, or its ARN")
    return value


def _external_id(value: str) -> str:
    if not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", value, re.ASCII):
        raise ValueError(f"`{value}` is not an external id: 2 to 1,224 letters, digits and +=,.@:/-")
    return value


class BlueprintAssume(Model):
    """
    The role by which an account is reached: its ARN, or its name in that account; *external_id* where it asks for one.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """

    role: Annotated[str, AfterValidator(_assumable)]
    external_id: Annotated[str, AfterValidator(_external_id)] | None = None


def _assumed_alone(value: Any) -> Any:
    return {"role": value} if isinstance(value, str) else value


_Assume: TypeAlias = Annotated[
    BlueprintAssume, BeforeValidator(_assumed_alone, json_schema_input_type=str | BlueprintAssume)
]


class BlueprintOrganization(Model):
    """
    The organization of the accounts: *free_scp_slots* at each level, and the landing zones that work in it.

    *profile* and *assume* say as who its policies are read: the management account, or a delegated administrator.
    """

    id: Annotated[str, AfterValidator(_organization_id)]
    landing_zone: Strings = ()
    free_scp_slots: int | None = None
    profile: Text | None = None
    assume: _Assume | None = None


class BlueprintExemption(Model):
    """A role that the SCPs of a level do not bind: its ARN or its place, why, and the moment from which they do."""

    role: Text
    reason: Text | None = None
    until: Moment | None = None


def _role_alone(value: Any) -> Any:
    return {"role": value} if isinstance(value, str) else value


def _list_of(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


_Exemption: TypeAlias = Annotated[
    BlueprintExemption, BeforeValidator(_role_alone, json_schema_input_type=str | BlueprintExemption)
]
_Exemptions: TypeAlias = Annotated[
    tuple[_Exemption, ...],
    BeforeValidator(_list_of, json_schema_input_type=str | BlueprintExemption | list[str | BlueprintExemption]),
]


class BlueprintLayers(Model):
    """
    Policies of the organization at one level: patterns of `scps/` and `rcps/`, each with its parameters.

    *exempt* are roles that none of its SCPs binds.
    """

    scp: dict[EntryId, dict[ParameterName, Strings]] = Field(default_factory=dict)
    rcp: dict[EntryId, dict[ParameterName, Strings]] = Field(default_factory=dict)
    exempt: _Exemptions = ()

    @model_validator(mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        """Read a list of patterns: a name is one without parameters, a mapping has names with theirs."""
        if not isinstance(value, dict):
            return value
        lists = {key: found for key in ("scp", "rcp") if isinstance(found := value.get(key), list)}
        return {**value, **{key: listed_patterns(key, found) for key, found in lists.items()}}


class BlueprintNetwork(Model):
    """The subnets and security groups that jobs, endpoints and notebooks are held to."""

    subnets: Strings = Field(min_length=1)
    security_groups: Strings = Field(min_length=1)


class BlueprintLevel(RoleSettings):
    """What may be said for many roles at once, of a level of the blueprint: all, unit, account, project."""

    network: BlueprintNetwork | None = None
    """Another form of *subnet* and *security_group*."""


class BlueprintAccounts(BlueprintLevel):
    """What may be said for many accounts at once: also as who `plan`, `apply` and `drift` reach them."""

    profile: Text | None = None
    """The profile of AWS's configuration with the credentials."""
    assume: _Assume | None = None
    """The role that these credentials assume; nothing where they are those of the account."""


RoleData: TypeAlias = dict[str, Any]
"""A role as a role file says it, read when it is known what holds for it; *file* names a role file that says it."""


class BlueprintUnit(BlueprintAccounts):
    """An organizational unit: its id, what holds for all roles of its accounts, roles of each, and its policies."""

    id: Annotated[str, AfterValidator(_unit_id)] | None = None
    roles: dict[EntryId, RoleData] = field(default_factory=dict)
    """Roles that each account of the unit has."""
    layers: BlueprintLayers = field(default_factory=BlueprintLayers)


class BlueprintAccount(BlueprintAccounts):
    """An account: its id, its organizational unit, and what holds for all of its roles."""

    id: AccountId
    ou: EntryId | None = None
    layers: BlueprintLayers = field(default_factory=BlueprintLayers)


class BlueprintProject(BlueprintLevel):
    """
    A project: the account that its jobs run in, and where its data lie.

    It stands for a compute and a pipeline role that are tagged with it, and for what people's roles may do there.
    """

    account: EntryId
    bucket: Place
    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    """The part of the bucket that is the project's, such as churn/*; all of it unless said."""
    key: Place | None = None
    """The key that its objects are encrypted with, where the bucket says none."""


def _bucket_name(value: str) -> str:
    if not re.fullmatch(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value):
        raise ValueError(f"`{value}` is not a bucket name: 3 to 63 of a-z, 0-9, dot and hyphen")
    return value


def _key_id(value: str) -> str:
    """Return *value*, the id or the ARN of a key, as https://docs.aws.amazon.com/kms/latest/developerguide/find-cmk-id-arn.html."""
    key = r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
    if not re.fullmatch(rf"(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:key/)?{key}", value):
        alias = "; a policy can't name a key by its alias" if "alias" in value else ""
        raise ValueError(f"`{value}` is not a key's id such as 1234abcd-12ab-34cd-56ef-1234567890ab, or its ARN{alias}")
    return value


class BlueprintBucket(Model):
    """An S3 bucket, and the customer managed key that its objects are encrypted with."""

    name: Annotated[str, AfterValidator(_bucket_name)]
    key: Place | None = None


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _several(value: Any) -> Any:
    return {"names": value} if isinstance(value, str | list) else value


def _names_of_things(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"[A-Za-z0-9._/*?-]{1,256}", value):
            raise ValueError(f"`{value}` is not a name: letters, digits and ._/-, with * and ? as wildcards")
    return values


class BlueprintNames(Model):
    """Things of one kind, by their names: repositories, model package groups, feature groups, endpoints."""

    names: Annotated[Strings, AfterValidator(_names_of_things)] = Field(min_length=1)


class BlueprintFeatures(BlueprintNames):
    """Feature groups by their names, with the *key* of their online stores and the bucket of their offline *store*."""

    key: Place | None = None
    store: Place | None = None
    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    """The part of that bucket in which the offline stores lie, such as features/*; all of it unless said."""


_Features: TypeAlias = Annotated[
    BlueprintFeatures, BeforeValidator(_several, json_schema_input_type=str | list[str] | BlueprintFeatures)
]
_Bucket: TypeAlias = Annotated[BlueprintBucket, BeforeValidator(_named, json_schema_input_type=str | BlueprintBucket)]
_Names: TypeAlias = Annotated[
    BlueprintNames, BeforeValidator(_several, json_schema_input_type=str | list[str] | BlueprintNames)
]


def _service(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", value):
        raise ValueError(f"`{value}` is not an endpoint's service such as s3 or sagemaker.api")
    return value


def _endpoint_id(value: str) -> str:
    if not re.fullmatch(r"vpce-[0-9a-f]{8,32}", value):
        raise ValueError(f"`{value}` is not a VPC endpoint's id such as vpce-0a1b2c3d")
    return value


class BlueprintVpcEndpoint(Model):
    """A VPC endpoint: its *service* without com.amazonaws.REGION, such as sagemaker.api, and its *id*."""

    service: Annotated[str, AfterValidator(_service)]
    id: Annotated[str, AfterValidator(_endpoint_id)] | None = None


def _service_alone(value: Any) -> Any:
    return {"service": value} if isinstance(value, str) else value


_VpcEndpoint: TypeAlias = Annotated[
    BlueprintVpcEndpoint, BeforeValidator(_service_alone, json_schema_input_type=str | BlueprintVpcEndpoint)
]


def _reason_alone(value: Any) -> Any:
    return {"reason": value} if isinstance(value, str) else value


class AcceptedSink(Model):
    """A way out of a stolen session that stays open: of which *roles* (all unless named), why, and until when."""

    reason: Text
    roles: tuple[Place, ...] = ()
    until: Day | None = None
    """The last day on which it is accepted."""


_Accepted: TypeAlias = Annotated[
    AcceptedSink, BeforeValidator(_reason_alone, json_schema_input_type=str | AcceptedSink)
]


_ID = r"(?:[0-9a-f]{10}-)?[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}"
"""https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html"""
_INSTANCE = r"arn:aws(?:-[a-z]{1,5}){0,3}:sso:::instance/(?:sso)?ins-[a-zA-Z0-9.-]{16}"


def _assignee(value: str) -> str:
    if not re.fullmatch(rf"(?:group|user):{_ID}", value):
        raise ValueError(f"`{value}` is not group:ID or user:ID, with an id of Identity Center's directory")
    return value


def _instance(value: str) -> str:
    if not re.fullmatch(_INSTANCE, value):
        raise ValueError(f"`{value}` is not an instance's ARN such as arn:aws:sso:::instance/ssoins-1234567890abcdef")
    return value


def _source(value: str) -> str:
    if not re.fullmatch(r"[\w .:/=+@\[\]{}$\\\"-]{1,256}", value):
        raise ValueError(f"`{value}` is not where an attribute comes from, such as ${{path:enterprise.department}}")
    return value


_Assignees: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(_assignee)], ...],
    BeforeValidator(_list_of, json_schema_input_type=str | list[str]),
]


class BlueprintIdentityCenter(Model):
    """
    The Identity Center instance that roles which trust its provider become permission sets of.

    *attributes* say where the tags of sessions come from; *assignments* who has the permission set of each place.
    """

    instance: Annotated[str, AfterValidator(_instance)] | None = None
    attributes: dict[Text, Annotated[str, AfterValidator(_source)]] = Field(default_factory=dict)
    assignments: dict[Place, _Assignees] = Field(default_factory=dict)


class Blueprint(BlueprintAccounts):
    """Accounts, what is in them, the roles, what these do with it, and the policies around: one file."""

    organization: BlueprintOrganization | None = None
    regions: Annotated[tuple[Region, ...], Field(min_length=1)] = ("us-east-1",)
    """The regions that are used; the first is that of everything which names none."""
    accounts: Annotated[dict[EntryId, BlueprintAccount], not_empty()]
    ous: dict[EntryId, BlueprintUnit] = field(default_factory=dict)
    keys: dict[Place, Annotated[str, AfterValidator(_key_id)]] = field(default_factory=dict)
    """Customer managed keys, each by its id or ARN."""
    buckets: dict[Place, _Bucket] = field(default_factory=dict)
    repositories: dict[Place, _Names] = field(default_factory=dict)
    registries: dict[Place, _Names] = field(default_factory=dict)
    endpoints: dict[Place, _Names] = field(default_factory=dict)
    feature_groups: dict[Place, _Features] = field(default_factory=dict)
    vpc_endpoints: dict[Place, _VpcEndpoint] = field(default_factory=dict)
    """VPC endpoints, whose policies let through what the organization asks of its own."""
    projects: dict[EntryId, BlueprintProject] = field(default_factory=dict)
    """Projects, each with roles and data of its own, told apart by the tag key that *abac* names first."""
    roles: dict[Place, RoleData] = field(default_factory=dict)
    """Roles by ACCOUNT/NAME, each as a role file says it; `rolemgr.blueprint.inherit` adds what holds for all."""
    flows: tuple[Text, ...] = ()
    """What roles do with what is there: ``modelling/training reads data/curated``."""
    identity_center: BlueprintIdentityCenter | None = None
    layers: BlueprintLayers = field(default_factory=BlueprintLayers)
    accepted_sinks: dict[EntryId, _Accepted] = field(default_factory=dict)
    """Ways out of stolen sessions that `rolemgr prove` finds open, by name, and that stay so."""

    @cached_property
    def account_ids(self) -> frozenset[str]:
        """The ids of all accounts."""
        return frozenset(one.id for one in self.accounts.values())

    def layers_at(self) -> Iterator[tuple[tuple[str, ...], BlueprintLayers]]:
        """Yield the layers of each level with its path: of all, of units, of accounts."""
        yield (), self.layers
        yield from ((("ous", name), unit.layers) for name, unit in self.ous.items())
        yield from ((("accounts", name), account.layers) for name, account in self.accounts.items())
