"""What the files of `detective_controls/` hold: controls that find what IAM can't prevent."""

from enum import StrEnum
from typing import Any, Self

from pydantic import Field, model_validator

from rolemgr.iam.base import Model
from rolemgr.model.catalog import EntryId, Sid, Strings, Text
from rolemgr.model.controls import Controls


class CallsOf(StrEnum):
    """Calls that the reference, or what the user chose, names: they are too many to list, and they change."""

    TAGGABLE = "taggable"
    """SageMaker's Create calls that take tags."""
    GUARDRAILS = "guardrails"
    """What the chosen guardrails guard, and what by-passes them."""
    ROLES = "roles"
    """Calls whose parameters name a role."""


class ControlNeed(StrEnum):
    """What a control can't be without."""

    TAG_KEYS = "tag-keys"
    GUARDRAILS = "guardrails"
    ROLES = "roles"


class LimitUse(Model):
    """A guardrail that a control judges by, and the Sids of those of its Denies that count; no value is asked for."""

    guardrail: EntryId
    only: tuple[Sid, ...] = Field(min_length=1)


class StopCall(Model):
    """How what a call has started is stopped: the *action* on a type of *resource*, by the name in a parameter."""

    action: Text
    resource: Text
    name: Text
    """The parameter of the call that has the name, as CloudTrail spells it."""


class EventWatch(Model):
    """What a control takes from EventBridge, and the function that judges it."""

    sources: Strings = ("aws.sagemaker",)
    detail_types: Strings = ("AWS API Call via CloudTrail",)
    calls: Strings = ()
    calls_of: CallsOf | None = None
    detail: dict[str, Any] = Field(default_factory=dict)
    """The rest of the event pattern, under ``detail``."""
    reads: bool = False
    """Whether a call that only reads may be among them: CloudTrail's are not handed on unless asked for."""
    function: EntryId
    """The function, a module of `rolemgr.detective.functions`."""
    uses: tuple[LimitUse, ...] = ()
    """Guardrails that it judges by, whatever the user chose."""
    stops: dict[Text, StopCall] = Field(default_factory=dict)
    """What ``--stop`` stops, by the call that has started it."""

    @model_validator(mode="after")
    def _calls_one_way(self) -> Self:
        if self.calls and self.calls_of:
            raise ValueError("it watches `calls`, or `calls_of` a kind")
        return self


class RemedyScript(Model):
    """What ``--remediate`` lets Systems Manager do to a resource that a rule finds."""

    does: Text
    script: EntryId
    """The function of `rolemgr.detective.functions.remedies`."""
    settings: dict[Text, Text] = Field(default_factory=dict)
    """What the script is told besides the resource's id: by name, the parameter of the rule that it is."""
    statements: tuple[dict[Text, Strings], ...] = Field(min_length=1)
    """
    What its role may do: ``actions`` and ``resources``, with CloudFormation's ``${AWS::Partition}`` and the like.

    ``policies`` names parameters of the rule: of managed policies it may touch those alone that they list.
    """


class ConfigRuleUse(Model):
    """A managed rule of AWS Config, with what its parameters get."""

    rule: Text
    guardrail: EntryId | None = None
    """The guardrail whose limit it judges; it is there where that is chosen, or where none is."""
    parameters: dict[Text, Strings] = Field(default_factory=dict)
    """Texts by parameter; ``{{ name }}`` is a parameter of the guardrail, or ``tag_keys``."""
    remedy: EntryId | None = None


class AnalyzerUse(Model):
    """An analyzer of IAM Access Analyzer."""

    type: Text
    age_days: int | None = None
    """After how many days without use access counts as unused."""


class TrailUse(Model):
    """A trail of data events: the values of ``resources.type`` that it logs, and whether it logs the user's buckets."""

    types: Strings = Field(min_length=1)
    buckets: bool = True


class DetectorUse(Model):
    """A detector of Amazon GuardDuty with its *features*."""

    features: Strings = Field(min_length=1)


class DetectiveControl(Model):
    """A control: what it finds and why nothing prevents it, what it can't find, what it costs, where that is from."""

    title: Text
    finds: Text
    """It ends the sentence that begins with "Finds"."""
    why: Text
    cannot: Strings = Field(min_length=1)
    cost: Text
    needs: ControlNeed | None = None
    """What somebody must choose first: without it there is nothing to look for."""
    events: EventWatch | None = None
    config_rules: tuple[ConfigRuleUse, ...] = ()
    remedies: dict[EntryId, RemedyScript] = Field(default_factory=dict)
    analyzer: AnalyzerUse | None = None
    trail: TrailUse | None = None
    detector: DetectorUse | None = None
    controls: Controls = Field(default_factory=dict)
    """The controls of a framework that it serves, each with the level of evidence."""
    sources: Strings = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.events or self.config_rules or self.analyzer or self.trail or self.detector):
            raise ValueError("a control has `events`, `config_rules`, an `analyzer`, a `trail` or a `detector`")
        for one in self.config_rules:
            if one.remedy and one.remedy not in self.remedies:
                raise ValueError(f"`{one.rule}` has the remedy `{one.remedy}`, which `remedies` has not")
        return self
