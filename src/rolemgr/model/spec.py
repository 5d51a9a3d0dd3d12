"""
What the user chose for one role: a role file's keys, which are the flags' names too, each checked by IAM's rules.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from rolemgr.files.source import SourceFile
from rolemgr.iam.arn import ACCOUNT_ID, PARTITIONS, REGION, partition_of
from rolemgr.iam.marks import after, before
from rolemgr.iam.plain import Noted
from rolemgr.model.attachments import PolicyArn, PolicyArns
from rolemgr.model.catalog import ParameterName, Strings, Text
from rolemgr.model.guardrail import ChosenGuardrails
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.times import duration, moment, seconds
from rolemgr.model.trust_text import Trusts, default_trust

if TYPE_CHECKING:
    from pydantic import ValidationInfo

DEFAULT_ACCOUNT = "111122223333"
"""The account of AWS's documentation: what is rendered without ``--account`` is for reading, not for use."""

_MOST_TAGS = 50

BROKEN_SEPARATION_TAG = "rolemgr:break-separation"
"""The tag that says why a role may do what its persona must never do."""


def _yes_or_no(value: Any) -> Any:
    """Return *value* as text: YAML reads an unquoted yes or no as true or false."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _text_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_TextOrNumber: TypeAlias = Annotated[str, before(_text_number, json_schema_input_type=str | int)]
"""YAML reads an unquoted account id as a number."""


def _account_id(value: str) -> str:
    if not ACCOUNT_ID.fullmatch(value):
        raise ValueError(f"`{value}` is not an AWS account id of 12 digits")
    return value


def _region(value: str) -> str:
    if "-iso" in value or value.startswith("eusc-"):
        raise ValueError(f"`{value}` is in a partition that rolemgr does not know; it knows {', '.join(PARTITIONS)}")
    if not REGION.fullmatch(value):
        raise ValueError(f"`{value}` is not an AWS region such as us-east-1")
    return value


AccountId: TypeAlias = Annotated[_TextOrNumber, after(_account_id)]
Region: TypeAlias = Annotated[str, after(_region)]
Moment: TypeAlias = Annotated[str, after(moment)]


def _role_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", value):
        raise ValueError(f"`{value}` is not a role name: 1 to 64 letters, digits and _+=,.@-")
    return value


def _path(value: str) -> str:
    """
    Return *value*, a path of ordinary characters.

    IAM takes any of ASCII, but the role's ARN stands in policies, where ``*``, ``?`` and ``${`` mean other roles.
    """
    if not re.fullmatch(r"/(?:[A-Za-z0-9_+=,.@-]+/)*", value) or len(value) > 512:
        raise ValueError(
            f"`{value}` is not a path: it starts and ends with a slash, 512 letters, digits and _+=,.@- at most"
        )
    if value.startswith(_AWS_PATHS):
        raise ValueError(f"`{value}` is a path that AWS keeps for roles of its own")
    return value


_AWS_PATHS = ("/aws-service-role/", "/aws-reserved/")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html"""


def _description(value: str) -> str:
    if len(value) > 1000 or not re.fullmatch(r"[\t\n\r\x20-\x7e\u00a1-\u00ff]*", value):
        raise ValueError("a role's description has at most 1000 characters of ASCII and Latin-1")
    return value


def _as_tag(text: str) -> str:
    """Return *text* in the characters and the length that IAM takes for a tag's value."""
    return re.sub(r"[^\w .:/=+@-]", "-", text)[:256]


def _reason(value: str) -> str:
    if not 1 <= len(value.strip()) <= 500:
        raise ValueError("the reason has 1 to 500 characters")
    return _description(value)


def _session(value: int) -> int:
    if not 3600 <= value <= 43_200:
        hours = f"; {value} means seconds, write {value}h" if 1 <= value <= 12 else ""
        raise ValueError(f"a role's sessions last from 1h to 12h, not {duration(value)}{hours}")
    return value


def _tags(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > _MOST_TAGS:
        raise ValueError(f"a role has at most {_MOST_TAGS} tags, not {len(tags)}")
    if len({key.lower() for key in tags}) < len(tags):
        raise ValueError("tag keys differ by more than upper and lower case")
    for key, value in tags.items():
        if not re.fullmatch(r"[\w .:/=+@-]{1,128}", key) or key.lower().startswith("aws:"):
            raise ValueError(f"`{key}` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:")
        if not re.fullmatch(r"[\w .:/=+@-]{0,256}", value):
            raise ValueError(f"`{value}` is not a tag value: up to 256 of letters, digits, space, _.:/=+-@")
    return tags


def default_role_name(persona: str) -> str:
    """Return the name of *persona*'s role where none is chosen: ``sagemaker-PERSONA``, the prefix once."""
    return f"sagemaker-{persona.removeprefix('sagemaker-')}"


def _room_for_the_reason(value: str | None, info: "ValidationInfo") -> str | None:
    if value and len(info.data.get("tag", ())) > _MOST_TAGS - 1:
        raise ValueError(f"the reason becomes a tag, and a role has at most {_MOST_TAGS}")
    return value


def _by_a_key(value: bool, info: "ValidationInfo") -> bool:
    if value and info.data.get("abac", True) == ():
        raise ValueError("buckets are held by a tag key: give --abac TAG_KEY too")
    return value


def _only_boundary(value: bool, info: "ValidationInfo") -> bool:
    if value and info.data.get("boundary"):
        raise ValueError("a role has one boundary: leave out --boundary, or --with-boundary")
    if value and info.data.get("managed_policy"):
        raise ValueError("its boundary would cut what --managed-policy attaches: leave one of them out")
    return value


def _of_its_region(value: str | None, info: "ValidationInfo") -> str | None:
    region = info.data.get("region")  # absent where it is wrong itself
    if value and region and value != partition_of(region):
        raise ValueError(f"region `{region}` is in partition {partition_of(region)}, not {value}")
    return value


class InRegion(Noted):
    """Something of a region."""

    region: Region = "us-east-1"


class RoleSettings(InRegion):
    """What may be chosen for many roles at once: for those of an account, an organizational unit, or all."""

    guardrail: ChosenGuardrails = field(default_factory=dict)
    guardrail_profile: Strings = ()
    no_default_guardrails: bool = False
    strict: bool = False
    """Whether what a guardrail can't narrow is denied."""
    kms_key_names: Literal["both", "arn", "legacy"] = "both"
    """Which names of SageMaker's KMS condition keys are rendered; AWS renamed them in 2026."""
    abac: Strings = ()
    abac_buckets: bool = False
    """Whether buckets are held by their tags too; dead on those where S3's access by tag is off."""
    tag: Annotated[dict[str, _TextOrNumber], after(_tags)] = field(default_factory=dict)
    subnet: Strings = ()
    security_group: Strings = ()
    data_key: Strings = ()
    volume_key: Strings = ()
    path: Annotated[str, after(_path)] = "/"
    boundary: PolicyArn | None = None
    """The managed policy that bounds the role: it can only take away."""
    inline: Annotated[Literal["yes", "no"], before(_yes_or_no, json_schema_input_type=bool | Literal["yes", "no"])] = (
        "yes"
    )
    """Whether the role has an inline policy; without one, the Denies stand in managed policies of their own."""
    managed_policy: PolicyArns = ()
    """Managed policies attached to the role beside its own."""
    with_boundary: bool = False
    """Whether a permissions boundary of its own is made with it."""
    max_session: Annotated[int, before(seconds, json_schema_input_type=int | str), after(_session)] = 3600
    expires: Moment | None = None
    """When the role ends, in UTC as IAM writes it: from then on it is denied everything."""
    catalog: Strings = ()


class RoleIdentity(InRegion):
    """Which role it is, and of which account: read before what is attached to it, which must be of the same."""

    persona: Text
    name: Annotated[str, after(_role_name)] | None = None
    account: AccountId = DEFAULT_ACCOUNT
    partition: Annotated[Literal["aws", "aws-cn", "aws-us-gov"] | None, after(_of_its_region)] = None


class RoleSpec(RoleSettings, RoleIdentity):
    """What the user chose for one role; the keys of a role file are these, and the flags' names too."""

    add: Strings = ()
    remove: Strings = ()
    parameter: dict[ParameterName, Strings] = field(default_factory=dict)
    bucket: Strings = ()
    pass_role: Strings = ()
    trust: Trusts = field(default_factory=default_trust)
    description: Annotated[str, after(_description)] | None = None
    break_separation: Annotated[Annotated[str, after(_reason)] | None, after(_room_for_the_reason)] = None
    """Why the role may do what its persona must never do; it becomes a tag and part of the description."""
    abac_buckets: Annotated[bool, after(_by_a_key)] = False
    with_boundary: Annotated[bool, after(_only_boundary)] = False
    stand_ins: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What stands in templates for facts that differ by region, by placeholder; none in a role of one place."""
    is_permission_set: ClassVar[bool] = False
    """Whether Identity Center makes the role: then people alone take it, and its trust is not the user's to choose."""

    @property
    def role_name(self) -> str:
        """The chosen name, else ``sagemaker-PERSONA`` without the prefix twice."""
        return self.name or default_role_name(self.persona)

    @property
    def tags(self) -> dict[str, str]:
        """The role's tags: those chosen, and the reason where it breaks the separation of its persona."""
        reason = {BROKEN_SEPARATION_TAG: _as_tag(self.break_separation)} if self.break_separation else {}
        return {**self.tag, **reason}

    @property
    def arn(self) -> str:
        """The ARN that the role will have."""
        return f"arn:{self.partition_name}:iam::{self.account}:role{self.path}{self.role_name}"

    @property
    def boundary_name(self) -> str:
        """The name of the boundary that is made with it."""
        return f"{self.role_name}-boundary"

    @property
    def boundary_arn(self) -> str | None:
        """The ARN of the managed policy that bounds it: the one that is made with it, or one that is there."""
        if not self.with_boundary:
            return self.boundary
        return f"arn:{self.partition_name}:iam::{self.account}:policy{self.path}{self.boundary_name}"

    @property
    def partition_name(self) -> str:
        """The chosen partition, else that of the region."""
        return self.partition or partition_of(self.region)

    @property
    def dns_suffix(self) -> str:
        """The domain that the partition's service endpoints end in."""
        return PARTITIONS[self.partition_name].dns_suffix


class PermissionSetSpec(RoleSpec):
    """
    The choices of a role that Identity Center makes of a permission set, which people alone take.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
    """

    is_permission_set: ClassVar[bool] = True


def of_permission_set(spec: Sourced[RoleSpec]) -> Sourced[RoleSpec]:
    """Return *spec* as that of a permission set."""
    fields = {name: getattr(spec.value, name) for name in RoleSpec.model_fields}
    return Sourced(PermissionSetSpec.model_construct(spec.value.model_fields_set, **fields), spec.source)


def _as_kept(value: str) -> str:
    if not value or value != value.strip() or not value.isprintable():
        raise ValueError("is not a text as it is kept")
    return value


_TEXTS: Mapping[str, Callable[[str], str]] = {
    "persona": _as_kept,
    "name": _role_name,
    "account": _account_id,
    "region": _region,
}
"""The fields that hold a text, each with the one check that their annotation asks."""


def read_spec(source: SourceFile) -> Sourced[RoleSpec]:
    """
    Return the choices of *source* as `parse_model` does; raise InputError, or Problems, for what is wrong in them.

    Where a role is little more than its persona, nothing is left for pydantic to read, and it is not loaded.
    """
    found = _of_texts(source.data)
    return Sourced(found, source) if found else parse_model(source, RoleSpec)


def _of_texts(data: Any) -> RoleSpec | None:
    """Return what *data* chooses, or None: it has more than texts that are right as they are, and pydantic reads it."""
    if not isinstance(data, dict) or "persona" not in data or not data.keys() <= _TEXTS.keys():
        return None
    if not all(isinstance(value, str) for value in data.values()):
        return None
    try:
        return RoleSpec.model_construct(**{key: _TEXTS[key](value) for key, value in data.items()})
    except ValueError:
        return None
