"""All of AWS's managed policies that moto ships: checked without a crash, and nothing found that is not defended."""

import json
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rolemgr.check.collect import from_text
from rolemgr.check.finding import Finding
from rolemgr.check.run import check
from rolemgr.files.yaml import read_yaml

DEFENDED = read_yaml(Path(__file__).with_name("managed_policies.yaml")).data


@cache
def policies() -> dict[str, str]:
    """Return the text of each policy by its name."""
    return {name: json.dumps(one["Document"], indent=4) for name, one in json.loads(aws_managed_policies_data).items()}


@cache
def found() -> tuple[Finding, ...]:
    """Return what the rules find in all of them."""
    return tuple(finding for name, text in policies().items() for finding in check(from_text(text, name, as_json=True)))


@pytest.mark.nightly
def test_the_grammar_of_aws_is_ours() -> None:
    """No policy of AWS's own breaks the grammar."""
    assert len(policies()) > 1_500
    assert [finding for finding in found() if finding.rule.startswith("RM1")] == []


def test_each_rule_that_fires_is_defended() -> None:
    """A rule that begins to fire on real policies has to say why it is right."""
    new = Counter(finding.rule for finding in found() if finding.rule not in DEFENDED)
    places = {rule: len({one.path for one in found() if one.rule == rule}) for rule in new}
    assert not new, (
        f"say in tests/check/managed_policies.yaml why each is right: findings {dict(new)}, in policies {places};"
        " or let the rule find less"
    )


def test_rules_fire_about_as_often_as_said() -> None:
    """The table stays true within a fifth while AWS changes its policies."""
    findings = Counter(finding.rule for finding in found())
    places = defaultdict(set)
    for finding in found():
        places[finding.rule].add(finding.path)
    for rule, entry in DEFENDED.items():
        assert abs(findings[rule] - entry["findings"]) <= max(5, entry["findings"] // 5), rule
        assert abs(len(places[rule]) - entry["policies"]) <= max(5, entry["policies"] // 5), rule


def test_every_finding_has_a_line_that_exists() -> None:
    """A line within the file, for every one of them."""
    for finding in found():
        assert finding.line is not None
        assert 1 <= finding.line <= policies()[finding.path].count("\n") + 1


def test_full_access_is_what_it_is_said_to_be() -> None:
    """The policy that people are to move off: passing of any role, everything but some types, code as any role."""
    rules = {finding.rule for finding in found() if finding.path == "AmazonSageMakerFullAccess"}
    assert rules >= {"RM603", "RM604", "RM607", "RM704"}
