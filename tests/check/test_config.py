"""Suppressions with a reason and a last day, types by path, and baselines."""

from datetime import date

import pytest

from rolemgr.check.baseline import baseline_data, new_ones, read_baseline
from rolemgr.check.collect import path_matches
from rolemgr.check.config import CheckConfig, apply, read_config
from rolemgr.check.finding import Finding, Severity
from rolemgr.errors import InputError
from rolemgr.files.source import SourceFile
from rolemgr.files.yaml import parse_yaml

TODAY = date(2026, 11, 24)
PASS = Finding("RM607", Severity.SECURITY_WARNING, "any role", "legacy/a.json", 7, "PassRoles", "iam:PassRole")
OTHER = Finding("RM202", Severity.ERROR, "no action", "legacy/a.json", 3, "Train", "sagemaker:CreateTrainJob")


def config(text: str) -> CheckConfig:
    """Return the configuration that *text* writes."""
    return read_config(parse_yaml(text, "rolemgr-check.yaml"))


def remaining(entry: str, *findings: Finding) -> list[str]:
    """Return the rules of what is left of *findings* where *entry* stands under suppress."""
    suppressions = config(f"suppress:\n  - {entry}\n").suppressions
    kept, _ = apply(findings, suppressions, ["legacy/a.json"], TODAY)
    return [finding.rule for finding in kept]


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ("{rule: RM607, reason: old}", ["RM202"]),
        ("{rule: pass-any-role, reason: old}", ["RM202"]),
        ("{rule: RM607, path: 'legacy/*', reason: old}", ["RM202"]),
        ("{rule: RM607, path: '*.json', sid: PassRoles, reason: old}", ["RM202"]),
        ("{rule: RM607, sid: Other, reason: old}", ["RM607", "RM202", "RM001"]),
        ("{rule: RM607, path: 'new/*', reason: old}", ["RM607", "RM202"]),
        ("{rule: RM607, reason: old, expires: 2026-11-24}", ["RM202"]),
        ("{rule: RM607, reason: old, expires: 2026-11-23}", ["RM607", "RM202", "RM002"]),
        ("{rule: RM901, reason: old}", ["RM607", "RM202", "RM001"]),
        ("{rule: RM901, path: 'legacy/*', reason: old}", ["RM607", "RM202", "RM001"]),
    ],
)
def test_a_suppression_excuses_what_it_names_until_its_day(entry: str, left: list[str]) -> None:
    """Rule, path and statement must all fit; one that is over or unused is reported, if its files were checked."""
    assert remaining(entry, PASS, OTHER) == left


def test_what_is_suppressed_keeps_its_reason() -> None:
    """A report can show what was excused, and why."""
    _, suppressed = apply([PASS], config("suppress: [{rule: RM607, reason: SEC-1}]").suppressions, [], TODAY)
    assert [(finding, suppression.reason) for finding, suppression in suppressed] == [(PASS, "SEC-1")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("suppress: [{rule: RM607}]", "`reason` is missing"),
        ("suppress: [{rule: pass-any-rule, reason: x}]", "unknown rule `pass-any-rule`; did you mean pass-any-role"),
        (
            "suppress: [{rule: RM607, reason: x, expires: soon}]",
            "`suppress[0].expires`: `soon` is not a day: write it as 2027-03-31",
        ),
        ("suppress: [{rule: RM607, reason: x, until: 2027-01-01}]", "unknown key `suppress[0].until`"),
        ("suppress: [{rule: RM607, reason: x, path: }]", "nothing is written here: leave the key out"),
        ("suppress: [{rule: RM607, reason: x, sid: }]", "nothing is written here"),
        ("suppress: [{rule: RM607, reason: x, expires: }]", "nothing is written here"),
        ("suppress: [{rule: RM607, reason: ' '}]", "is empty"),
        ("[]", "the file must be a mapping"),
        ("supress: []", "unknown key `supress`; did you mean suppress"),
        ("suppress: {rule: RM607}", "`suppress` must be a list"),
        ("types: [{path: '*', type: SCP}]", "`types[0].type` is `SCP`; use one of identity, trust"),
        ("types: [scp]", "`types[0]` must be a mapping"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused_with_its_line(text: str, says: str) -> None:
    """Nothing in it is passed over."""
    with pytest.raises(InputError) as error:
        config(text)
    assert says in str(error.value)
    assert str(error.value).startswith("rolemgr-check.yaml:1: ")


@pytest.mark.parametrize(
    ("name", "glob", "matches"),
    [
        ("a/b/c.json", "*.json", True), ("a/b/c.json", "b/*.json", True), ("a/b/c.json", "a/*", True),
        ("a/b/c.json", "b/c", False), ("./scps/x.json", "scps/*.json", True),
    ],
)  # fmt: skip
def test_globs_match_a_path_or_its_end(name: str, glob: str, matches: bool) -> None:
    """A configuration at the top speaks of files wherever the command is run."""
    assert path_matches(name, glob) is matches


def test_a_baseline_lets_old_findings_pass_and_new_ones_not() -> None:
    """Lines may move; a second finding of the same kind is new."""
    source = SourceFile("base.json", baseline_data([PASS, OTHER]), {})
    baseline = read_baseline(source)
    moved, worded = PASS._replace(line=99), OTHER._replace(message="another wording")
    assert new_ones([moved, worded], baseline) == []
    assert new_ones([PASS, moved, OTHER], baseline) == [moved]
    assert new_ones([PASS._replace(sid="New")], baseline) == [PASS._replace(sid="New")]


@pytest.mark.parametrize("data", [[], {}, {"version": 2, "findings": []}, {"version": 1, "findings": [{}]}])
def test_what_is_no_baseline_is_refused(data: object) -> None:
    """A wrong file given as a baseline hides nothing."""
    with pytest.raises(InputError, match="baseline"):
        read_baseline(SourceFile("base.json", data, {}))
