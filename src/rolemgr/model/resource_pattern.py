"""What the files of `resource_policies/` hold: the policy of one kind of resource, as its author writes it."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from rolemgr.iam.base import Model
from rolemgr.iam.documents import Conditions, Effect
from rolemgr.model.catalog import ParameterName, Sid, Strings, Text


class ResourceValueType(StrEnum):
    """What kind of value a parameter takes; `rolemgr.layers.resource_values` says what each accepts."""

    ROLE = "role"
    ACCOUNT_ID = "account-id"
    ORGANIZATION_ID = "organization-id"
    REGION = "region"
    PREFIX = "prefix"
    ENDPOINT_SERVICE = "endpoint-service"
    ENDPOINT_ID = "endpoint-id"
    SOURCE = "source"


class ResourceParameter(Model):
    """A value that the user may give; one that is not given leaves out the statements that need it."""

    type: ResourceValueType
    many: bool = False
    default: Strings = ()
    required: bool = False
    help: Text


class ResourcePatternStatement(Model):
    """
    A statement of a resource's policy.

    *principals* are the ARNs that may, *services* the principals of AWS's services; neither stands for everybody,
    and then *conditions* say who.
    """

    sid: Sid
    why: Text | None = None
    effect: Effect = Effect.ALLOW
    principals: Strings = ()
    services: Strings = ()
    actions: Strings = Field(min_length=1)
    resources: Strings = ()
    conditions: Conditions = Field(default_factory=dict)
    needs: Strings = ()
    """Parameters that must have a value; without one the statement is left out."""
    unless: Strings = ()
    """Parameters that must have none."""
    only_for: dict[ParameterName, Strings] = Field(default_factory=dict)
    """The statement is there only where the parameter has one of these values."""
    drops: Strings = ()
    """Parameters whose condition is left out where they have no value."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.principals and self.services:
            raise ValueError("a statement is about `principals` or about `services`")
        if not (self.principals or self.services or self.conditions):
            raise ValueError("a statement for everybody needs `conditions`")
        return self


class TerraformPlace(Model):
    """Terraform's resource that holds the policy: its *arguments*, and the one that takes the policy's text."""

    type: Text
    arguments: dict[Text, Text]
    policy: Text


class CloudFormationPlace(Model):
    """CloudFormation's resource that gives a policy to a resource that is there."""

    type: Text
    properties: dict[Text, Text | list[Text]]
    policy: Text


class CliCommands(Model):
    """The commands of the AWS CLI: *get* prints the policy that is there, or fails; *put* takes a new one."""

    get: tuple[Text, ...]
    put: tuple[Text, ...]
    """Without the policy, whose option comes last."""
    none: Text
    """What the answer says where the resource has no policy."""


class ResourcePattern(Model):
    """The policy of one kind of resource: who of other accounts may do what, and how it is put there."""

    title: Text
    description: Text
    judged_by: Text | None = None
    """An action on the resource, by which its ARN is known; None where the policy names no resource of its own."""
    quota: Text
    parameters: dict[ParameterName, ResourceParameter]
    statements: tuple[ResourcePatternStatement, ...] = Field(min_length=1)
    differs: Strings = ()
    """Where AWS publishes an example that does not work, or gives more: what is different here, and why."""
    left_open: Strings = ()
    terraform: TerraformPlace
    cloudformation: CloudFormationPlace | None = None
    """None where CloudFormation has no such thing for a resource that exists; *instead* says what to do."""
    instead: Text | None = None
    aws_cli: CliCommands
    sources: Strings = Field(min_length=2)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.cloudformation) == bool(self.instead):
            raise ValueError("a pattern has `cloudformation`, or says `instead` what to do")
        sids = [one.sid for one in self.statements]
        if len(set(sids)) < len(sids):
            raise ValueError("two statements have one sid")
        return self
