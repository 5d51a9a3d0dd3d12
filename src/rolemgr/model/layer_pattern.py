"""What the files of `scps/` and `rcps/` hold: patterns of organization policies, as their authors write them."""

from enum import StrEnum
from typing import Annotated, Self, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from rolemgr.iam.base import Model
from rolemgr.iam.documents import Conditions
from rolemgr.model.catalog import ONE_OR_MORE, EntryId, ParameterName, Sid, Strings, Text, listed
from rolemgr.model.controls import Controls


class LayerKind(StrEnum):
    """A kind of policy of AWS Organizations that only takes away."""

    SCP = "scp"
    RCP = "rcp"


class LayerValueType(StrEnum):
    """What kind of value a parameter of a pattern takes; `rolemgr.layers.values` says what each accepts."""

    REGION = "region"
    ACCOUNT_ID = "account-id"
    ORGANIZATION_ID = "organization-id"
    ACTION_PATTERN = "action-pattern"
    ROLE_PATTERN = "role-pattern"
    POLICY_PATTERN = "policy-pattern"
    KEY_PATTERN = "key-pattern"
    ARN_PATTERN = "arn-pattern"
    INSTANCE_TYPE = "instance-type"
    NETWORK = "network"
    IP_RANGE = "ip-range"
    PROVIDER = "provider"
    SUBJECT = "subject"


class LayerParameter(Model):
    """A value that the user of a pattern may choose; without a *default* the user must."""

    type: LayerValueType
    many: bool = False
    default: Strings | None = None
    help: Text


_SidsOrNone: TypeAlias = Annotated[tuple[Sid, ...], BeforeValidator(listed), WithJsonSchema(ONE_OR_MORE)]


class GuardrailUse(Model):
    """A guardrail of the catalog whose Denies the pattern has, over all actions that support its keys."""

    guardrail: EntryId
    values: dict[ParameterName, Strings] = Field(default_factory=dict)
    """What its parameters get; ``{{ name }}`` is a parameter of the pattern."""
    only: _SidsOrNone = ()
    """The Sids of those Denies that the pattern has; all where it is left out."""
    why: Text | None = None


class LayerStatement(Model):
    """
    A Deny of a pattern.

    *actions* and *resources* may hold wildcards. In an SCP whoever is exempt is exempt of it, unless *exempt*
    says no; there it stands for nobody (a Deny that is about AWS's services, or about the exempt themselves).
    """

    sid: Sid
    why: Text | None = None
    actions: Strings = ()
    not_actions: Strings = ()
    resources: Strings = ()
    not_resources: Strings = ()
    conditions: Conditions = Field(default_factory=dict)
    needs: Strings = ()
    """Parameters that must have a value; without one the statement is left out."""
    unless: Strings = ()
    """Parameters that must have none; with one the statement is left out."""
    drops: Strings = ()
    """Parameters whose condition is left out where they have no value: the Deny is then the wider one."""
    exempt: bool = True

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if bool(self.actions) == bool(self.not_actions):
            raise ValueError("a statement has either `actions` or `not_actions`")
        if self.resources and self.not_resources:
            raise ValueError("a statement has either `resources` or `not_resources`, or neither for all")
        return self


class Protected(Model):
    """
    What a pattern keeps for its keepers: nobody else may do what changes it, by AWS's reference.

    *leaves* are the actions that change it and that the pattern lets alone, each with the reason.
    """

    resources: Strings = Field(min_length=1)
    """ARN patterns; ``{{ name }}`` is a parameter, and without a value for it there is nothing to protect."""
    keepers: tuple[ParameterName, ...]
    """Parameters, or ``exempt``, whose roles may change it all the same."""
    leaves: dict[Text, Text] = Field(default_factory=dict)
    needs: Strings = ()
    """Parameters, or ``exempt``, that must have a value; without one nothing is protected."""


class AcceptedInLayer(Model):
    """A finding of ``rolemgr check`` on a Deny of a pattern that its author means to be there, and why."""

    rule: Text
    sid: Sid
    why: Text


class LayerPattern(Model):
    """A limit of an organization: Denies of its own, Denies of guardrails, or the reason why there can be none."""

    title: Text
    description: Text
    always: bool = False
    """Whether it is part of all policies of its kind: what keeps the others from being taken off."""
    parameters: dict[ParameterName, LayerParameter] = Field(default_factory=dict)
    apart: tuple[tuple[ParameterName, ParameterName], ...] = ()
    """Pairs of parameters that no ARN may be a value of both of: whoever is guarded, and whoever guards."""
    guardrails: tuple[GuardrailUse, ...] = ()
    statements: tuple[LayerStatement, ...] = ()
    protects: tuple[Protected, ...] = ()
    """What nobody but its keepers may change, which `rolemgr scp --prove` holds to every action of the reference."""
    refused: Text | None = None
    """Why nothing can be rendered for what people ask for by this name; *instead* says what does it."""
    instead: Text | None = None
    left_open: Strings = ()
    """What the pattern can't close, one sentence each."""
    needs_others: tuple[EntryId, ...] = ()
    """Patterns without which this one can be walked round."""
    controls: Controls = Field(default_factory=dict)
    """The controls that it serves, by framework, each with the level of evidence."""
    unknown_ok: Strings = ()
    """Actions that no reference lists yet, though AWS has them; the sources say where."""
    accepts: tuple[AcceptedInLayer, ...] = ()
    """Findings that stand on purpose, by the Sid of the Deny."""
    sources: Strings = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if bool(self.refused) == bool(self.guardrails or self.statements):
            raise ValueError("a pattern has `statements`, `guardrails` or both, or says why it is `refused`")
        sids = [one.sid for one in self.statements]
        for sid in sids:
            if sids.count(sid) > 1:
                raise ValueError(f"two statements have the sid `{sid}`")
        return self
