"""Each rule by its own examples, and what every rule must say about itself."""

import re
from dataclasses import replace
from importlib import import_module
from types import ModuleType

import pytest
from tests.check.support import findings, policy, rules

from rolemgr.check.examples import examples_of
from rolemgr.check.rule import Rule
from rolemgr.check.rules import all_rules, read_rules

WITH_EXAMPLES = [rule for rule in all_rules().values() if examples_of(rule.id)]
BY_SIZE = {"RM501", "RM502", "RM503", "RM504"}
OF_FILES = {"RM001", "RM002", "RM003", "RM004", "RM005", "RM100"}
"""Rules about sizes and about files have tests of their own, below and in test_cli and test_config."""


def where_of(rule: Rule) -> str:
    """Return the file with the examples of *rule*."""
    return f"src/rolemgr/check/examples/{rule.id[:3]}.yaml"


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_failing_example(rule: Rule) -> None:
    """The example that a rule shows as found is found."""
    example = examples_of(rule.id)
    assert example is not None
    assert rule.id in rules(example.failing, example.type), f"`failing` in {where_of(rule)} is not found"


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.id)
def test_a_rule_is_content_with_its_passing_example(rule: Rule) -> None:
    """The example put right has no finding of that rule, and none that a check would fail for."""
    example = examples_of(rule.id)
    assert example is not None
    found = findings(example.passing, example.type)
    assert rule.id not in {finding.rule for finding in found}, f"`passing` in {where_of(rule)} is found"
    assert [finding for finding in found if finding.severity in ("ERROR", "SECURITY_WARNING")] == []


def test_every_rule_is_shown_by_an_example_or_a_test() -> None:
    """No rule is there that nothing shows."""
    assert all_rules().keys() - {rule.id for rule in WITH_EXAMPLES} == BY_SIZE | OF_FILES


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.id)
def test_a_rule_explains_itself(rule: Rule) -> None:
    """Each rule has an id, a name in words, a title that fits a line, an explanation and a page of AWS."""
    assert re.fullmatch(r"RM[0-9]{3}", rule.id)
    assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", rule.name)
    assert len(rule.title) <= 75
    assert not rule.title.endswith(".")
    assert rule.explanation.endswith(".")
    assert "TODO" not in f"{rule.title} {rule.explanation} {rule.source}", "write its title, docstring and page of AWS"
    assert rule.source.startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.id)
def test_the_examples_are_written(rule: Rule) -> None:
    """They differ, and neither is what `tools/new_rule.py` begins with."""
    example = examples_of(rule.id)
    assert example is not None
    assert example.failing != example.passing, f"write both examples in {where_of(rule)}"
    assert "TODO" not in f"{example.failing} {example.passing}", f"write both examples in {where_of(rule)}"


def test_rules_are_read_by_id_from_the_module_of_their_hundred() -> None:
    """The order of the modules does not matter, and who looks for RM212 opens rm2xx.py."""
    assert list(all_rules()) == sorted(all_rules())
    modules = [import_module(f"rolemgr.check.rules.rm{hundred}xx") for hundred in range(10)]
    assert list(read_rules(reversed(modules)).items()) == list(all_rules().items())
    for module in modules:
        assert {f"{one[:3].lower()}xx" for one in read_rules([module])} == {module.__name__.rpartition(".")[2]}


def test_two_rules_of_one_id_are_refused() -> None:
    """Neither takes the other's place without a word."""
    rule = all_rules()["RM201"]
    one, two = ModuleType("one"), ModuleType("two")
    one.__dict__.update(first=rule)
    two.__dict__.update(again=rule)
    assert read_rules([one, two]) == {"RM201": rule}, "a module may name another's rule"
    two.__dict__.update(other=replace(rule, name="some-other"))
    with pytest.raises(ValueError, match="RM201 is both `unknown-service` and `some-other`"):
        read_rules([one, two])


def test_names_of_rules_are_unique() -> None:
    """A suppression may call a rule by its name."""
    assert len({rule.name for rule in all_rules().values()}) == len(all_rules())


def large(characters: int) -> dict[str, object]:
    """Return a policy of so many characters without white space."""
    one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-churn/"}
    made = policy(one)
    base = len('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":""}]}')
    one["Resource"] = "arn:aws:s3:::acme-churn/".ljust(characters - base, "x")
    return made


@pytest.mark.parametrize(
    ("kind", "quota"), [("identity", 10_240), ("boundary", 6_144), ("scp", 10_240), ("rcp", 5_120), ("trust", 2_048)]
)
def test_a_policy_fills_its_quota_and_not_more(kind: str, quota: int) -> None:
    """One character over the quota of its type is found, the quota itself is not."""
    assert "RM501" not in rules(large(quota), kind)
    assert "RM501" in rules(large(quota + 1), kind)


def test_a_policy_between_the_quotas_fits_inline_only() -> None:
    """More than a managed policy has, and not more than the inline policies of a role."""
    assert "RM502" in rules(large(6_145))
    assert "RM502" not in rules(large(6_144))


def test_white_space_counts_in_organizations_policies() -> None:
    """An SCP that fits only minified is found in the form in which it would be sent."""
    made = large(9_000)
    spread = [finding.rule for finding in findings(made, "scp", text=" " * 2_000 + str(made) + "\n" * 2_000)]
    assert "RM503" not in spread, "blanks around the policy are not part of it"
    assert "RM503" in [one.rule for one in findings(made, "scp", text=str(made).replace(",", "," + " " * 900))]
    assert "RM503" not in [one.rule for one in findings(made, "identity", text=str(made) * 2)]
