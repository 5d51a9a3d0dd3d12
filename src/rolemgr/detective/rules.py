"""
Managed rules of AWS Config as parts of a stack: their parameters filled, in the regions that have them, and remedies.

https://docs.aws.amazon.com/config/latest/developerguide/aws-config-managed-rules-cloudformation-templates.html
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from rolemgr.compose.substitute import fill, names_in
from rolemgr.detective.code import remedy_code
from rolemgr.detective.stack import Json, StackPart, arn, document, logical, ref
from rolemgr.detective.values import ControlValues
from rolemgr.model.detective_control import ConfigRuleUse, DetectiveControl, RemedyScript
from rolemgr.reference.config_rules import ConfigRule, config_regions, config_rules

NAME_PREFIX = "rolemgr-"
"""What the names of our rules begin with, so that one pattern knows their findings."""
_MAP = "ConfigRules"


class FilledRule(NamedTuple):
    """A managed rule with what its parameters get."""

    use: ConfigRuleUse
    rule: ConfigRule
    parameters: Mapping[str, str]

    @property
    def name(self) -> str:
        """What the rule is called in the account."""
        return f"{NAME_PREFIX}{self.rule.title}"


def filled_rules(control: DetectiveControl, values: ControlValues) -> tuple[FilledRule, ...]:
    """
    Return the rules of *control* that *values* ask for.

    Where guardrails are chosen those of other guardrails are left out; without any all are there, and a parameter
    that only a guardrail could fill is left to AWS's default.
    """
    chosen = {one.name: dict(one.values) for one in values.guardrails}
    uses = [one for one in control.config_rules if one.guardrail is None or not chosen or one.guardrail in chosen]
    return tuple(_filled(use, {**chosen.get(use.guardrail or "", {}), "tag_keys": values.tag_keys}) for use in uses)


def _filled(use: ConfigRuleUse, values: Mapping[str, tuple[str, ...]]) -> FilledRule:
    rule = config_rules()[use.rule]
    found: dict[str, str] = {}
    for name, texts in use.parameters.items():
        filled = [one for text in texts for one in _texts(text, values)]
        if filled:
            found[name] = ",".join(filled)
    return FilledRule(use, rule, found)


def _texts(text: str, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return *text* with *values*; nothing where the guardrail that has them is not chosen."""
    return tuple(fill(text, values)) if all(name in values for name in names_in(text)) else ()


def rules_part(control: str, value: DetectiveControl, values: ControlValues) -> StackPart:
    """Return the part of the stack with the rules of *control*, and with their remedies where these are wanted."""
    filled = filled_rules(value, values)
    resources: Json = {}
    for one in filled:
        resources[logical(one.rule.title)] = {
            "Type": "AWS::Config::ConfigRule",
            "Condition": f"In{_set_of(one.rule)}",
            "Properties": config_rule(one),
        }
    if values.remediate:
        for one in filled:
            if one.use.remedy:
                resources[f"{logical(one.rule.title)}Remedy"] = _remediation(control, one)
        for name in dict.fromkeys(one.use.remedy for one in filled if one.use.remedy):
            wanted = next(one for one in filled if one.use.remedy == name)
            resources |= _runbook(control, name, value.remedies[name], wanted.parameters)
    sets = {_set_of(one.rule): one.rule for one in filled}
    return StackPart(resources, conditions=dict(_conditions(sets)), mappings={_MAP: _regions(sets)} if sets else {})


def config_rule(one: FilledRule) -> Json:
    """Return the properties of the rule; texts with ``${AWS::...}`` are filled by CloudFormation."""
    parameters = {name: _sub(text) for name, text in one.parameters.items()}
    return {
        "ConfigRuleName": one.name,
        "Description": f"{one.rule.page}",
        **({"InputParameters": parameters} if parameters else {}),
        **({} if one.rule.periodic else {"Scope": {"ComplianceResourceTypes": list(one.rule.resource_types)}}),
        "Source": {"Owner": "AWS", "SourceIdentifier": one.rule.identifier},
    }


def _sub(text: str) -> Any:
    return {"Fn::Sub": text} if "${" in text else text


def _set_of(rule: ConfigRule) -> str:
    """Return a name for the regions that have *rule*: rules in the same regions share a condition."""
    return f"Set{_sets().index((rule.only_in, rule.not_in)) + 1}"


@cache
def _sets() -> list[tuple[frozenset[str], frozenset[str]]]:
    return list(dict.fromkeys((one.only_in, one.not_in) for one in config_rules().values()))


def _regions(sets: Mapping[str, ConfigRule]) -> Json:
    return {
        region: {name: "yes" if rule.is_in(region) else "no" for name, rule in sets.items()}
        for region in config_regions()
    }


def _conditions(sets: Mapping[str, ConfigRule]) -> Iterator[tuple[str, Json]]:
    for name in sets:
        yield f"In{name}", {"Fn::Equals": [{"Fn::FindInMap": [_MAP, ref("AWS::Region"), name]}, "yes"]}


def _remediation(control: str, one: FilledRule) -> Json:
    """
    Return what AWS Config does to each resource that the rule finds: our runbook, by a role of its own.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-config-remediationconfiguration.html
    """
    ids = logical(control) + logical(one.use.remedy or "")
    return {
        "Type": "AWS::Config::RemediationConfiguration",
        "Condition": f"In{_set_of(one.rule)}",
        "Properties": {
            "Automatic": True,
            "ConfigRuleName": ref(logical(one.rule.title)),
            "MaximumAutomaticAttempts": 3,
            "RetryAttemptSeconds": 300,
            "Parameters": {
                "AutomationAssumeRole": {"StaticValue": {"Values": [arn(f"{ids}Role")]}},
                "ResourceId": {"ResourceValue": {"Value": "RESOURCE_ID"}},
            },
            "TargetId": ref(f"{ids}Runbook"),
            "TargetType": "SSM_DOCUMENT",
        },
    }


def _runbook(control: str, remedy: str, script: RemedyScript, parameters: Mapping[str, str]) -> Json:
    """
    Return the runbook of Systems Manager and the role that it works as.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeScript.html
    https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-iam.html
    """
    ids = logical(control) + logical(remedy)
    settings = {key: _sub(parameters[name]) for key, name in script.settings.items()}
    step = {
        "name": "remedy",
        "action": "aws:executeScript",
        "inputs": {
            "Runtime": "python3.11",
            "Handler": "handler",
            "InputPayload": {"ResourceId": "{{ ResourceId }}", **settings},
            "Script": remedy_code(script.script),
        },
    }
    content = {
        "schemaVersion": "0.3",
        "description": script.does,
        "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {"AutomationAssumeRole": {"type": "String"}, "ResourceId": {"type": "String"}},
        "mainSteps": [step],
    }
    statements = [_granted(one, parameters) for one in script.statements]
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "ssm.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")},
            "ArnLike": {
                "aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:automation-execution/*"}
            },
        },
    }
    return {
        f"{ids}Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": document(trust),
                "Policies": [{"PolicyName": remedy, "PolicyDocument": document(*statements)}],
            },
        },
        f"{ids}Runbook": {
            "Type": "AWS::SSM::Document",
            "Properties": {"DocumentType": "Automation", "DocumentFormat": "JSON", "Content": content},
        },
    }


def _granted(statement: Mapping[str, Sequence[str]], parameters: Mapping[str, str]) -> Json:
    """
    Return what a remedy's *statement* allows: of managed policies those alone that a parameter of the rule lists.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#available-keys-for-iam
    """
    allowed: dict[str, Any] = {
        "Effect": "Allow",
        "Action": list(statement["actions"]),
        "Resource": [_sub(text) for text in statement["resources"]],
    }
    policies = [_sub(text) for name in statement.get("policies", ()) for text in parameters[name].split(",")]
    return {**allowed, "Condition": {"ArnEquals": {"iam:PolicyARN": policies}}} if policies else allowed
