"""
A file of policy tests: a role or policies, the layers around them, and requests with the decision they expect.

Two lists hold tests. `cases` are single requests with an expected decision. `calls` are API calls with all
requests that AWS authorises for each, which must be allowed, and a forbidden twin, which must not: a day in
the life of a role is written like that.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from rolemgr.iam.arn import ACCOUNT_ID
from rolemgr.iam.base import Model
from rolemgr.iam.documents import Texts
from rolemgr.model.catalog import ONE_OR_MORE, Strings, Text, listed

Expected: TypeAlias = Literal["Allowed", "ExplicitlyDenied", "ImplicitlyDenied"]

DENIED: tuple[Expected, ...] = ("ExplicitlyDenied", "ImplicitlyDenied")


def _several(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _document(value: object) -> object:
    if not isinstance(value, Mapping) and not (isinstance(value, str) and value.strip()):
        raise ValueError("a policy is the path of its file, or the document itself")
    return value


def _levels(value: object) -> object:
    """Return *value* as a list per level of the organization; policies that stand side by side are one level."""
    entries = _several(value)
    flat = isinstance(entries, tuple) and not any(isinstance(entry, list | tuple) for entry in entries)
    return (entries,) if flat and entries else entries


_POLICY_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "object"}]}
_SEVERAL_SCHEMA: dict[str, Any] = {"anyOf": [*_POLICY_SCHEMA["anyOf"], {"type": "array", "items": _POLICY_SCHEMA}]}
_LEVELS_SCHEMA: dict[str, Any] = {
    "anyOf": [*_SEVERAL_SCHEMA["anyOf"], {"type": "array", "items": {"type": "array", "items": _POLICY_SCHEMA}}]
}
_DECISIONS: dict[str, Any] = {"enum": ["Allowed", "ExplicitlyDenied", "ImplicitlyDenied"]}

Document: TypeAlias = Annotated[Any, AfterValidator(_document), WithJsonSchema(_POLICY_SCHEMA)]
"""A policy: the path of its file, from the test file, or the document itself."""

Documents: TypeAlias = Annotated[
    tuple[Document, ...], BeforeValidator(_several), Field(min_length=1), WithJsonSchema(_SEVERAL_SCHEMA)
]
Levels: TypeAlias = Annotated[
    tuple[Documents, ...], BeforeValidator(_levels), Field(min_length=1), WithJsonSchema(_LEVELS_SCHEMA)
]
"""Policies per level of the organization: root, each OU, account."""


def _account(value: str) -> str:
    if not ACCOUNT_ID.fullmatch(value):
        raise ValueError(f"`{value}` is not an AWS account id of 12 digits")
    return value


Account: TypeAlias = Annotated[
    str, BeforeValidator(lambda value: listed(value)[0], json_schema_input_type=str | int), AfterValidator(_account)
]
"""An account's id; YAML reads one without quotes as a number."""


class AskedFor(Model):
    """One request; its principal and context come on top of those that the file gives to all."""

    action: Text
    resource: Text = "*"
    context: dict[str, Texts] = Field(default_factory=dict)
    """Condition keys; an empty list takes away what the file gives."""
    principal: Text | None = None
    resource_account: Account | None = None


class Case(Model):
    """One request and the decision that is expected of it."""

    name: Text
    request: AskedFor
    expect: Annotated[
        tuple[Expected, ...], BeforeValidator(_several), Field(min_length=1),
        WithJsonSchema({"anyOf": [_DECISIONS, {"type": "array", "items": _DECISIONS, "minItems": 1}]}),
    ]  # fmt: skip
    """The decision, or several of which each will do."""
    by: Annotated[tuple[Text, ...], BeforeValidator(listed), WithJsonSchema(ONE_OR_MORE)] = ()
    """The Sids, in the role or in the catalog, of statements that must be among those that decide."""
    resource_policy: Document | None = None
    """The policy of this request's resource, instead of the file's."""
    why: Text | None = None

    @model_validator(mode="after")
    def _by_what_decides(self) -> Self:
        if self.by and "ImplicitlyDenied" in self.expect:
            raise ValueError("an implicit deny has no deciding statement: leave out `by`, or expect ExplicitlyDenied")
        return self


class Twin(Model):
    """The request beside an everyday call that must not be allowed, and why."""

    why: Text
    request: AskedFor


class Call(Model):
    """An API call: all that AWS authorises for it, where that is written, and the twin that is refused."""

    call: Text
    source: Text | None = None
    requests: tuple[AskedFor, ...] = Field(min_length=1)
    twin: Twin | None = None


class PolicyTests(Model):
    """
    A file of policy tests.

    It asks the role that *persona*, *role* or both describe, or the identity policies in *policies*, within
    the layers that it names. Relative paths start from the file. A layer that is not named does not limit.
    """

    title: Text | None = None
    persona: Text | None = None
    """A persona, as in a role file."""
    role: Annotated[Any, WithJsonSchema(_POLICY_SCHEMA)] = None
    """A role file's path, or the keys of a role file."""
    policies: Documents | None = None
    boundary_policy: Document | None = None
    session_policy: Documents | None = None
    scp: Levels | None = None
    rcp: Levels | None = None
    resource_policy: Document | None = None
    vpc_endpoint_policy: Documents | None = None
    principal: Text | None = None
    """Who asks, unless a request says otherwise; the role itself where there is one."""
    context: dict[str, Texts] = Field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    calls: tuple[Call, ...] = ()
    unknown_ok: Strings = ()
    """Names that are right though the reference does not know them: what AWS has added since it was written."""
    sources: Strings = ()

    @model_validator(mode="after")
    def _has_tests(self) -> Self:
        if not self.cases and not self.calls:
            raise ValueError("there is no test: give `cases` or `calls`")
        return self

    @model_validator(mode="after")
    def _has_one_subject(self) -> Self:
        if not isinstance(self.role, str | Mapping | None):
            raise ValueError("`role` is the path of a role file, or its keys")
        if self.policies and (self.persona or self.role is not None):
            raise ValueError("`policies` stand instead of a role: leave out `persona` and `role`")
        if not (self.policies or self.persona or self.role or self.resource_policy):
            raise ValueError("there is nothing to ask: give `persona`, `role`, `policies` or `resource_policy`")
        return self
