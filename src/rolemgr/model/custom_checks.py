"""
A file of custom policy checks: what no policy may allow, must allow, or must ask for.

They are named after the custom policy checks of IAM Access Analyzer and mean what those mean.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from rolemgr.iam.base import Model
from rolemgr.iam.documents import Conditions, Texts
from rolemgr.model.catalog import CHECK_ID, Strings, Text
from rolemgr.model.policy_tests import Document

PolicyType: TypeAlias = Literal["identity", "trust", "resource", "scp", "rcp", "boundary", "endpoint"]
SeverityWord: TypeAlias = Literal["ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION"]


def _action_patterns(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != "*" and not all(value.partition(":")):
            raise ValueError(f"`{value}` is not an action: write it as in a policy, such as s3:GetObject or s3:*")
    return values


def _arns(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != "*" and not (value.startswith("arn:") and value.count(":") >= 5):
            raise ValueError(f"`{value}` is neither an ARN nor *")
    return values


Actions: TypeAlias = Annotated[Strings, AfterValidator(_action_patterns)]
Arns: TypeAlias = Annotated[Strings, AfterValidator(_arns)]


class AccessNotGranted(Model):
    """
    No policy allows one of *actions* (any, unless given) on one of *resources* (any, unless given).

    With *all*, a policy breaks it only by allowing every one of the actions on every one of the resources,
    also under conditions: the way to say "not `s3:*` on `*`".
    """

    actions: Actions = ()
    resources: Arns = ()
    all: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.actions and not self.resources:
            raise ValueError("there is nothing to forbid: give `actions`, `resources` or both")
        return self


class AccessGranted(Model):
    """Every policy allows all of *actions* on all of *resources*, in requests with exactly the keys of *context*."""

    actions: Actions = Field(min_length=1)
    resources: Arns = ("*",)
    context: dict[str, Texts] = Field(default_factory=dict)


class NoNewAccess(Model):
    """No policy allows what the reference *policy* does not: the path of a file, from this one, or a document."""

    policy: Document


class RequiredConditions(Model):
    """Every request for *actions* that a policy allows fulfils *conditions*, and carries *keys*."""

    actions: Actions = Field(min_length=1)
    resources: Arns = ("*",)
    conditions: Conditions = Field(default_factory=dict)
    keys: Strings = ()

    @model_validator(mode="after")
    def _requires_something(self) -> Self:
        if not self.conditions and not self.keys:
            raise ValueError("there is nothing to require: give `conditions`, `keys` or both")
        return self


_KINDS = ("access_not_granted", "access_granted", "no_new_access", "no_public_access", "required_conditions")


_BLIND_TO = {
    "access_granted": {"trust", "resource", "rcp", "endpoint"},
    "no_public_access": {"identity", "scp", "boundary", "rcp", "endpoint"},
}
"""The types of policies that a check can't look at; what an endpoint lets through gives nobody access."""


class CustomCheck(Model):
    """One check: its *id*, how bad a finding is, the reason that a finding tells, and what it asks."""

    id: Annotated[str, Field(pattern=CHECK_ID, max_length=80)]
    reason: Text
    severity: SeverityWord = "SECURITY_WARNING"
    types: Annotated[tuple[PolicyType, ...], Field(min_length=1)] | None = None
    """
    The types of policies that it looks at; unless given, those that it can.

    A trust policy does not say which role it is of: there *resources* mean nothing.
    """
    access_not_granted: AccessNotGranted | None = None
    access_granted: AccessGranted | None = None
    no_new_access: NoNewAccess | None = None
    no_public_access: Literal[True] | None = None
    required_conditions: RequiredConditions | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"a check is exactly one of {', '.join(_KINDS)}")
        return self

    @model_validator(mode="after")
    def _looks_where_it_can(self) -> Self:
        for kind, types in _BLIND_TO.items():
            given = types & set(self.types or ())
            if getattr(self, kind) is not None and given:
                raise ValueError(f"`{kind}` does not look at policies of type {', '.join(sorted(given))}")
        return self

    @property
    def names_resources(self) -> bool:
        """Whether it asks about some resources only, which a trust policy does not name."""
        asked = self.access_not_granted or self.required_conditions
        return asked is not None and bool(asked.resources) and "*" not in asked.resources

    @property
    def kind(self) -> str:
        """What it asks: the name of the one field that is given."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)


class CustomChecks(Model):
    """A file of custom policy checks."""

    checks: Annotated[tuple[CustomCheck, ...], Field(min_length=1)]
    unknown_ok: Strings = ()
    """Names that are right though the reference does not know them: what AWS has added since it was written."""

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [check.id.lower() for check in self.checks]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"two checks have the id `{twice[0]}`")
        return self
