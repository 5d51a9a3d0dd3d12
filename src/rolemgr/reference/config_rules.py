"""
AWS Config's managed rules that judge SageMaker, as AWS lists them.

https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rolemgr.reference import data


class ConfigRule(NamedTuple):
    """A managed rule: what it judges, its parameters (and whether each must be given), and where it is."""

    identifier: str
    resource_types: tuple[str, ...]
    periodic: bool
    parameters: Mapping[str, bool]
    only_in: frozenset[str]
    not_in: frozenset[str]

    @property
    def title(self) -> str:
        """What AWS's page on the rule is called: ``sagemaker-model-in-vpc``."""
        return self.identifier.lower().replace("_", "-")

    @property
    def page(self) -> str:
        """AWS's page on the rule."""
        return f"https://docs.aws.amazon.com/config/latest/developerguide/{self.title}.html"

    def is_in(self, region: str) -> bool:
        """Tell whether AWS lists *region* among those that have the rule."""
        return region in self.only_in if self.only_in else region not in self.not_in


@cache
def config_rules() -> Mapping[str, ConfigRule]:
    """Return the managed rules by identifier, sorted."""
    listed = json.loads(Path(data.__file__).with_name("config_rules.json").read_text("utf-8"))["rules"]
    return {
        name: ConfigRule(
            name,
            tuple(one["resource_types"]),
            one["trigger"] == "periodic",
            {parameter["name"]: parameter["required"] for parameter in one["parameters"]},
            frozenset(one.get("only_in", ())),
            frozenset(one.get("not_in", ())),
        )
        for name, one in listed.items()
    }


@cache
def config_regions() -> tuple[str, ...]:
    """Return the regions that some rule is said to be in or not to be in: those of which AWS's list speaks, sorted."""
    return tuple(sorted({region for rule in config_rules().values() for region in rule.only_in | rule.not_in}))
