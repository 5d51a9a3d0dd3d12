"""What roles and blueprints serve: each limit shown by the role's own policies, and what is not served named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.nightly import some

from rolemgr.catalog.load import Catalog
from rolemgr.compliance.controls import Compliance
from rolemgr.compliance.examples import example_choice
from rolemgr.compliance.rerun import role_rerun_file
from rolemgr.compliance.titles import control_title
from rolemgr.errors import InputError
from rolemgr.files.source import SourceFile
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.controls import FRAMEWORKS
from rolemgr.model.policy_tests import PolicyTests
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.policytest.run import run_tests
from rolemgr.workflow.compliance import compliance_of, judged_role, served
from rolemgr.workflow.role import render_spec

CATALOG = Catalog()


def _of(*roles: dict[str, Any], frameworks: tuple[str, ...] = tuple(FRAMEWORKS)) -> Compliance:
    """Return what *roles*, by the keys of their files, serve."""
    made = [render_spec(CATALOG, parse_model(SourceFile("x", one, {}), RoleSpec)) for one in roles]
    named = [(judged_role(f"role{number}", one), CATALOG) for number, one in enumerate(made)]
    return served(named, CATALOG, (), frameworks)


def _chosen() -> Iterator[tuple[str, str]]:
    for persona in CATALOG.found("personas"):
        for guardrail in CATALOG.found("guardrails"):
            yield persona, guardrail


@pytest.mark.parametrize(("persona", "guardrail"), some(_chosen(), 150))
def test_what_limits_a_role_is_shown_by_it(persona: str, guardrail: str) -> None:
    """Whatever persona has whatever guardrail: both witnesses, or it is said that nothing is there to limit."""
    role = {"persona": persona, "region": "eu-west-1", **example_choice(CATALOG.guardrail(guardrail).value, guardrail)}
    try:
        found = _of(role)
    except InputError:
        return  # caller-network with services, and such
    assert [f"{one.kind} {one.name}" for one in found.not_shown] == []
    named = {one.name for one in found.entries} | {one.name for one in found.not_serving}
    assert guardrail in named or not CATALOG.guardrail(guardrail).value.controls


REGULATED = {
    "persona": "ml-engineer", "guardrail_profile": ["regulated"], "subnet": ["subnet-0a"], "security_group": ["sg-0b"],
    "volume_key": ["arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"], "abac": ["Project"],
    "data_key": ["arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ac"],
    "tag": {"Project": "churn"},
}  # fmt: skip


@pytest.fixture(scope="module")
def regulated() -> Compliance:
    """Return what a role with many guardrails serves."""
    return _of(REGULATED)


def test_witnesses_of_many_guardrails_run_again(regulated: Compliance) -> None:
    """Where every key has several objections, too; each denied request by a statement of the guardrail itself."""
    assert not regulated.not_shown
    role = regulated.entries[0].role
    assert role
    text = role_rerun_file(role, regulated.entries)
    assert text
    results = run_tests(parse_model(parse_yaml(text, "x"), PolicyTests)).results
    assert len(results) == 2 * len(regulated.entries) > 20
    assert [one.test.name for one in results if not one.passed] == []
    for entry in regulated.entries:
        assert entry.witnesses
        assert entry.witnesses.denied
        if entry.kind == "guardrail":
            assert set(entry.witnesses.denied.by) & set(entry.sids), entry.name


def test_each_denied_request_is_by_the_guardrail_alone(regulated: Compliance) -> None:
    """With the statements of one guardrail taken away, its denied request is allowed and its test fails."""
    role = regulated.entries[0].role
    assert role
    for entry in (one for one in regulated.entries if one.kind == "guardrail"):
        data = yaml.safe_load(role_rerun_file(role, [entry]) or "")
        for policy in data["policies"]:
            policy["Statement"] = [
                one for one in policy["Statement"] if one["Effect"] == "Allow" or one["Sid"] not in entry.sids
            ]
        (denied, allowed) = run_tests(parse_model(SourceFile("x", data, {}), PolicyTests)).results
        assert (denied.passed, allowed.passed) == (False, True), entry.name
        assert denied.decision == "Allowed", entry.name


@pytest.mark.parametrize(
    ("persona", "guardrail"), [("ml-engineer", "model-approval"), ("mlops-engineer", "named-instance-types")]
)
def test_a_limit_that_is_there_twice_is_shown(persona: str, guardrail: str) -> None:
    """By the role's Allows, or by another guardrail: without it the request is refused all the same."""
    value = CATALOG.guardrail(guardrail).value
    found = _of({"persona": persona, "region": "eu-west-1", **example_choice(value, guardrail)})
    assert not found.not_shown
    entry = next(one for one in found.entries if one.name == guardrail)
    assert entry.witnesses
    assert entry.witnesses.denied


def test_gaps_of_roles(regulated: Compliance) -> None:
    """A control of the catalog is served or a gap, never both; guardrails without an action to limit are named."""
    offered = {(one.framework, one.id) for one in regulated.offered}
    served_ids = {(row.framework, row.control.id) for row in regulated.rows}
    gaps = {(name, control) for name in FRAMEWORKS for control in regulated.unserved(name)}
    assert served_ids | gaps == offered == {(one.framework, one.control.id) for one in compliance_of((), ()).rows}
    assert not served_ids & gaps
    assert {one.name for one in regulated.not_serving} >= {"notebook-vpc", "root-access"}
    assert "guardrail root-access" in regulated.unserved("nist-800-53")["AC-2(1)"]


def test_what_some_roles_serve_names_the_others() -> None:
    """A role without guardrails beside one with them; what both have is no gap."""
    found = _of({"persona": "data-scientist"}, {"persona": "data-scientist", "no_default_guardrails": True})
    others = found.served_by_some("soc2")
    assert others["A1.1"] == ("role1",)
    assert "CC6.3" not in others
    assert _of({"persona": "data-scientist"}).served_by_some("soc2") == {}


def test_a_broken_separation_serves_nothing() -> None:
    """It holds without the group; with it, for a reason, it is named, and no control rests on it."""
    held = {one.name for one in _of({"persona": "data-scientist"}).entries}
    assert "no-deployment" in held
    broken = _of({"persona": "data-scientist", "add": ["deploy-endpoints"], "break_separation": "a trial"})
    assert "no-deployment" not in {one.name for one in broken.entries}
    assert any(one.name == "no-deployment" and "allows" in one.why for one in broken.not_serving)


def test_an_attached_policy_leaves_no_separation() -> None:
    """What a policy of the account allows is not known, so no separation is shown beside it."""
    attached = "arn:aws:iam::111122223333:policy/ours"
    found = _of({"persona": "data-scientist", "managed_policy": [attached]})
    assert "separation" not in {one.kind for one in found.entries}
    assert all(attached in one.why for one in found.not_serving if one.kind == "separation")
    assert {one.name for one in found.entries} >= {"max-runtime"}


def test_what_else_decides_about_a_role_is_told() -> None:
    """Its boundary, and what is attached: witnesses are put to its own policies alone."""
    boundary, attached = "arn:aws:iam::111122223333:policy/edge", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    found = _of({"persona": "data-scientist", "boundary": boundary, "managed_policy": [attached]})
    assert {one.kind for one in found.entries} >= {"guardrail"}
    for one in found.entries:
        told = [text for text in one.left_open if "not asked" in text]
        assert [name in text for name, text in zip((boundary, attached), told, strict=True)] == [True, True], one.name
    assert not any("not asked" in text for one in _of({"persona": "data-scientist"}).entries for text in one.left_open)


def test_titles_stand_where_they_are_in_the_public_domain() -> None:
    """Each control of NIST, FedRAMP and HIPAA has one; those of PCI DSS and SOC 2 are not ours to copy."""
    for row in compliance_of((), ()).rows:
        has = control_title(row.framework, row.control.id) is not None
        assert has is (row.framework in ("nist-800-53", "fedramp", "hipaa")), (row.framework, row.control.id)


def test_no_role_file_of_the_examples_is_without_its_witnesses() -> None:
    """A few of them, as people write them."""
    files = some(sorted(Path("examples").glob("*/role.yaml")), 6)
    for file in files:
        data = yaml.safe_load(file.read_text("utf-8"))
        if "catalog" in data:
            continue
        assert [one.name for one in _of(data).not_shown] == [], file
