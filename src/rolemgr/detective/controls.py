"""
Detective controls: CloudFormation templates that find what IAM can't prevent, and say so on a topic.

What each control is stands in `detective_controls/`; here it becomes a part of a stack, for the values that somebody
chose.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.detective.calls import calls_of, event_pattern, function_tables
from rolemgr.detective.code import function_code
from rolemgr.detective.limits import UsedGuardrail
from rolemgr.detective.rules import NAME_PREFIX, rules_part
from rolemgr.detective.services import analyzer_part, detector_part, trail_part
from rolemgr.detective.stack import Function, Json, StackPart, logical, stack, watching
from rolemgr.detective.values import ControlValues
from rolemgr.errors import UnknownNameError
from rolemgr.model.detective_control import CallsOf, ControlNeed, DetectiveControl, EventWatch
from rolemgr.model.source import Sourced

DOCS = "https://docs.aws.amazon.com"
_CALLS_LIMITS = (
    "One region and account: deploy it in each, as a stack set.",
    "CloudTrail needs a trail that logs management events; it delivers within minutes, and on best effort.",
)
_CALLS_SOURCES = (
    f"{DOCS}/eventbridge/latest/userguide/eb-service-event-cloudtrail.html",
    f"{DOCS}/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
)
CONFIG_EVENTS = "config-findings"
"""What tells of the findings of AWS Config's rules: it belongs to all controls that have rules."""


class NamedControl(NamedTuple):
    """A control and its name."""

    name: str
    control: Sourced[DetectiveControl]

    @property
    def value(self) -> DetectiveControl:
        """What its file says."""
        return self.control.value


def missing(control: DetectiveControl, values: ControlValues) -> str | None:
    """Return what *control* needs and *values* do not have, in words; None where it has all."""
    has = {
        ControlNeed.TAG_KEYS: values.tag_keys,
        ControlNeed.GUARDRAILS: values.guardrails,
        ControlNeed.ROLES: values.passed_roles,
    }
    if control.needs is None or has[control.needs]:
        return None
    return _NEEDS[control.needs]


_NEEDS: Mapping[ControlNeed, str] = {
    ControlNeed.TAG_KEYS: "give --tag-key KEY",
    ControlNeed.GUARDRAILS: "give --guardrail NAME, --guardrail-profile NAME or --role FILE",
    ControlNeed.ROLES: "give --role FILE or --pass-role ARN",
}


def template(catalog: Catalog, controls: Sequence[NamedControl], values: ControlValues) -> Json:
    """
    Return the CloudFormation template of *controls* for *values*, as plain data that has no short tags.

    Raises InputError (or Problems) for a guardrail that the reference contradicts.
    """
    parts = [part for one in controls for part in _parts(catalog, one, values)]
    if any(one.value.config_rules for one in controls):
        parts.append(_config_events())
    finds = controls[0].value.finds if len(controls) == 1 else f"what IAM can't prevent: {len(controls)} controls"
    made_by = controls[0].name if len(controls) == 1 else "with several names"
    return stack(f"Finds {finds}. Made by rolemgr detective {made_by}.", dict(map(_metadata, controls)), parts)


def _metadata(one: NamedControl) -> tuple[str, Json]:
    calls = one.value.events is not None and "aws.sagemaker" in one.value.events.sources
    return logical(one.name), {
        "Why": one.value.why,
        "Limits": [*one.value.cannot, *(_CALLS_LIMITS if calls else ())],
        "Cost": one.value.cost,
        "Sources": [*one.value.sources, *(_CALLS_SOURCES if calls else ())],
    }


def _parts(catalog: Catalog, one: NamedControl, values: ControlValues) -> Iterable[StackPart]:
    value = one.value
    if value.events:
        yield events_part(catalog, one, value.events, values)
    if value.config_rules:
        yield rules_part(one.name, value, values)
    if value.analyzer:
        yield analyzer_part(one.name, value.analyzer, values)
    if value.trail:
        yield trail_part(one.name, value.trail, values)
    if value.detector:
        yield detector_part(one.name, value.detector)


def used_guardrails(catalog: Catalog, one: NamedControl, values: ControlValues) -> tuple[UsedGuardrail, ...]:
    """Return the guardrails that the control *one* judges by: its own, or those that the user chose."""
    watch = one.value.events
    if watch is None or watch.calls_of is not CallsOf.GUARDRAILS:
        return ()
    if not watch.uses:
        return tuple(UsedGuardrail(chosen) for chosen in values.guardrails)
    return tuple(_own_guardrail(catalog, one, number) for number in range(len(watch.uses)))


def _own_guardrail(catalog: Catalog, one: NamedControl, number: int) -> UsedGuardrail:
    """Return a guardrail that the control itself names; raise UnknownNameError for one, or a Sid, that is not there."""
    watch = one.value.events
    use = watch.uses[number] if watch else None
    if use is None:
        raise AssertionError("a control without events names no guardrail")
    guardrail = catalog.guardrail(use.guardrail, one.control.at("events", "uses", number, "guardrail"))
    sids = [deny.sid for deny in guardrail.value.deny]
    for place, sid in enumerate(use.only):
        if sid not in sids:
            where = one.control.at("events", "uses", number, "only", place)
            raise UnknownNameError(where, "Sid of the guardrail", sid, sids)
    values = tuple((name, declared.default or ()) for name, declared in sorted(guardrail.value.parameters.items()))
    return UsedGuardrail(ChosenGuardrail(use.guardrail, guardrail, values, one.control.at(), "control"), use.only)


def events_part(catalog: Catalog, one: NamedControl, watch: EventWatch, values: ControlValues) -> StackPart:
    """Return the rule and the function of the control *one*."""
    tables = function_tables(watch, values, used_guardrails(catalog, one, values))
    calls = "AWS API Call via CloudTrail" in watch.detail_types
    settings = {"TAG_KEYS": ",".join(values.tag_keys)} if watch.calls_of is CallsOf.TAGGABLE else {}
    stops = watch.stops if values.stop else {}
    taken = calls_of(watch, tables)
    wanted = {call: stop for call, stop in stops.items() if call in taken}
    if wanted:
        settings["STOP"] = "true"
        tables["STOPS"] = {call: tables["STOPS"][call] for call in wanted}
    function = Function(
        function_code(watch.function, tables, calls=calls),
        settings,
        tuple(_stop_statement(*pair) for pair in sorted({(stop.action, stop.resource) for stop in wanted.values()})),
    )
    return watching(one.name, one.value.title, event_pattern(watch, taken), function, reads=watch.reads)


def _stop_statement(action: str, resource: str) -> Json:
    """Return the statement that lets a function stop jobs of one kind, and nothing else."""
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": {"Fn::Sub": f"arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:${{AWS::AccountId}}:{resource}/*"},
    }


def _config_events() -> StackPart:
    """
    Return the rule and the function that say what our rules of AWS Config find.

    https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
    """
    pattern: dict[str, Any] = {
        "source": ["aws.config"],
        "detail-type": ["Config Rules Compliance Change"],
        "detail": {
            "messageType": ["ComplianceChangeNotification"],
            "configRuleName": [{"prefix": NAME_PREFIX}],
            "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
        },
    }
    code = function_code("aws-findings", {}, calls=False)
    return watching(CONFIG_EVENTS, "What our rules of AWS Config find", pattern, Function(code))
