"""
AWS Config's rules alone: as a conformance pack, and for the Landing Zone Accelerator.

https://docs.aws.amazon.com/config/latest/developerguide/custom-conformance-pack.html
https://awslabs.github.io/landing-zone-accelerator-on-aws/latest/
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rolemgr.detective.controls import NamedControl
from rolemgr.detective.rules import FilledRule, filled_rules
from rolemgr.detective.stack import logical
from rolemgr.detective.values import ControlValues
from rolemgr.reference.config_rules import ConfigRule, config_regions

Json = dict[str, Any]

PACK_PARAMETERS = 60
"""How many parameters a pack may have: https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html"""


def rules_of(controls: Sequence[NamedControl], values: ControlValues) -> list[FilledRule]:
    """Return the filled rules of all *controls*."""
    return [rule for one in controls for rule in filled_rules(one.value, values)]


def conformance_pack(rules: Iterable[FilledRule], partition: str, region: str | None) -> Json:
    """
    Return the pack with those *rules* that *region* has, or all, in *partition*.

    A pack has parameters and rules, each parameter named after its rule; it has no conditions.
    """
    parameters: Json = {}
    resources: Json = {}
    for one in rules:
        if region and not one.rule.is_in(region):
            continue
        ids = logical(one.rule.title)
        names = {name: f"{ids}Param{name[:1].upper()}{name[1:]}" for name in one.parameters}
        parameters |= {
            names[name]: {"Default": in_partition(text, partition), "Type": "String"}
            for name, text in one.parameters.items()
        }
        resources[ids] = {
            "Properties": {
                "ConfigRuleName": one.name,
                "Description": one.rule.page,
                **({"InputParameters": {name: {"Ref": param} for name, param in names.items()}} if names else {}),
                "Source": {"Owner": "AWS", "SourceIdentifier": one.rule.identifier},
            },
            "Type": "AWS::Config::ConfigRule",
        }
    return {**({"Parameters": parameters} if parameters else {}), "Resources": resources}


def in_partition(text: str, partition: str) -> str:
    """Return *text*, which CloudFormation would fill, for *partition*."""
    return text.replace("${AWS::Partition}", partition)


def accelerator_config(rules: Sequence[FilledRule], partition: str) -> Json:
    """
    Return what goes into ``security-config.yaml`` of the accelerator: a set of rules for each set of regions.

    Nobody is a target until the user names organizational units. Regions that lack the rules are left out by name.
    """
    return {"awsConfig": {"ruleSets": list(_rule_sets(rules, partition))}}


def _rule_sets(rules: Sequence[FilledRule], partition: str) -> Iterator[Json]:
    for lacking, found in _by_regions(rules).items():
        targets: Json = {"organizationalUnits": []}
        if lacking:
            targets["excludedRegions"] = list(lacking)
        yield {"deploymentTargets": targets, "rules": [_accelerator_rule(one, partition) for one in found]}


def _by_regions(rules: Sequence[FilledRule]) -> Mapping[tuple[str, ...], list[FilledRule]]:
    found: dict[tuple[str, ...], list[FilledRule]] = {}
    for one in rules:
        found.setdefault(lacking_regions(one.rule), []).append(one)
    return found


def lacking_regions(rule: ConfigRule) -> tuple[str, ...]:
    """Return the regions that are said to lack *rule*, sorted."""
    return tuple(region for region in config_regions() if not rule.is_in(region))


def _accelerator_rule(one: FilledRule, partition: str) -> Json:
    parameters = {name: in_partition(text, partition) for name, text in one.parameters.items()}
    return {
        "name": one.name,
        "description": one.rule.page,
        "identifier": one.rule.identifier,
        **({"inputParameters": parameters} if parameters else {}),
        "complianceResourceTypes": list(one.rule.resource_types),
    }
