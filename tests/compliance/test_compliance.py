"""Controls, their evidence and their witnesses: every limit is shown, and what is written for `rolemgr test` passes."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from rolemgr.catalog.load import Catalog
from rolemgr.compliance.controls import Compliance, ServingEntry, control_key
from rolemgr.compliance.limits import rendered_guardrail
from rolemgr.compliance.pack_rules import judged, pack_rules
from rolemgr.compliance.rerun import rerun_file
from rolemgr.compliance.witnesses import Witnesses, witnesses
from rolemgr.compose.role import compose
from rolemgr.files.source import SourceFile
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.controls import FRAMEWORKS, ControlEvidence, ServedControl
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.policy_tests import PolicyTests
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.policytest.run import run_tests
from rolemgr.render.documents import render
from rolemgr.report.compliance import compliance_data, compliance_text
from rolemgr.report.compliance_forms import compliance_forms
from rolemgr.workflow.compliance import compliance_of

CATALOG = Catalog()


@pytest.fixture(scope="module")
def found() -> Compliance:
    """Return what the built-in catalog serves."""
    return compliance_of((), ())


def test_every_limit_is_shown_by_two_requests(found: Compliance) -> None:
    """No guardrail, separation, SCP or RCP that serves a control is without its witnesses."""
    assert [f"{one.kind} {one.name}" for one in found.not_shown] == []
    limits = {(one.kind, one.name) for one in found.limits}
    assert {name for kind, name in limits if kind == "guardrail"} == set(CATALOG.found("guardrails"))
    serving = {name for name in CATALOG.found("separations") if CATALOG.separation(name).value.controls}
    assert {name for kind, name in limits if kind == "separation"} == serving


def test_the_witnesses_run_again(found: Compliance) -> None:
    """Each file for `rolemgr test` passes as it is written, and the denied request is denied by the limit's own Sid."""
    for one in found.limits:
        text = rerun_file(one)
        assert text is not None
        results = run_tests(parse_model(parse_yaml(text, one.name), PolicyTests)).results
        assert [(each.test.name, each.passed) for each in results] == [("is denied", True), ("is left alone", True)], (
            one
        )
        assert one.witnesses
        assert one.witnesses.denied
        if one.limit:
            assert set(one.witnesses.denied.by) <= set(one.sids), one.name
            assert one.witnesses.denied.decision == "ExplicitlyDenied"


def test_a_file_of_a_limit_that_does_not_hold_fails(found: Compliance) -> None:
    """With the Deny taken away, the request that was denied is allowed: the file shows the limit, and nothing else."""
    entry = next(one for one in found.limits if one.name == "root-access")
    data: dict[str, Any] = yaml.safe_load(rerun_file(entry) or "")
    data["scp"] = [{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}]
    results = run_tests(parse_model(SourceFile("x", data, {}), PolicyTests)).results
    assert [one.passed for one in results] == [False, True]


def test_every_source_of_evidence_is_named(found: Compliance) -> None:
    """D and A are AWS's pages; T names the third party; O has no source. Each framework is one that is known."""
    for row in found.rows:
        source = row.control.source
        if row.control.evidence in (ControlEvidence.EXACT, ControlEvidence.ANALOGOUS):
            assert source
            assert source.startswith("https://docs.aws.amazon.com/"), row
        assert (source is None) is (row.control.evidence is ControlEvidence.OURS)
    for entry in found.entries:
        assert set(entry.controls) <= FRAMEWORKS.keys(), entry.name
        for ids in entry.controls.values():
            assert len({one.id for one in ids}) == len(ids), entry.name


@pytest.mark.parametrize(
    "name", ["network-isolation", "approved-images", "instance-types", "max-runtime", "remote-access"]
)
def test_what_no_source_maps_is_our_reading(name: str) -> None:
    """AWS maps none of these settings to a control: claiming D or A would be wrong."""
    levels = {one.evidence for ids in CATALOG.guardrail(name).value.controls.values() for one in ids}
    assert levels == {ControlEvidence.OURS}


def test_an_id_alone_is_our_reading_and_evidence_needs_its_source() -> None:
    """As custom catalogs write it; a level without a source is refused, and a source of our own reading too."""
    base = CATALOG.guardrail("root-access").value.model_dump(mode="json", exclude_unset=True)
    short = Guardrail.model_validate({**base, "controls": {"soc2": "CC6.1", "pci-dss": ["7.2.2", {"id": "7.2.1"}]}})
    assert short.controls["soc2"] == (ServedControl(id="CC6.1"),)
    assert [one.evidence for one in short.controls["pci-dss"]] == [ControlEvidence.OURS, ControlEvidence.OURS]
    for wrong in ({"id": "CC6.1", "evidence": "D"}, {"id": "CC6.1", "source": "me"}, {"id": "CC6.1", "evidence": "X"}):
        with pytest.raises((ValidationError, ValueError)):
            Guardrail.model_validate({**base, "controls": {"soc2": [wrong]}})


def test_a_limit_that_can_not_be_shown_is_a_gap() -> None:
    """It is named, and `not_shown` makes the command exit with 1."""
    limit = rendered_guardrail(CATALOG, "root-access")
    entry = ServingEntry("guardrail", "broken", "Broken", {"soc2": (ServedControl(id="CC6.1"),)}, limit.sids, limit,
                         None, Witnesses(None, witnesses(limit).allowed))  # fmt: skip
    found = Compliance(("soc2",), (entry,), ())
    assert found.not_shown == (entry,)
    assert rerun_file(entry) is None
    assert "guardrail broken: a witness was not found" in compliance_text(found)


def test_rules_of_packs_that_roles_fail() -> None:
    """Inline policies fail a rule in four packs, and --inline no mends it; no persona has a whole service."""
    roles = {
        inline: render(compose(CATALOG, parse_model(SourceFile("x", {"persona": "data-scientist", "inline": inline}, {}), RoleSpec)))
        for inline in ("yes", "no")
    }  # fmt: skip
    failing = {one.rule.rule: one.failing for one in judged(pack_rules(), roles)}
    assert failing == {"iam-no-inline-policy-check": ("yes",), "iam-policy-no-statements-with-full-access": ()}


def test_controls_are_sorted_by_their_numbers() -> None:
    """AC-2 stands before AC-17, and 7.2.2 before 10.2.1."""
    assert sorted(["AC-17", "AC-2", "AC-2(4)", "AC-2(1)"], key=control_key) == ["AC-2", "AC-2(1)", "AC-2(4)", "AC-17"]
    assert sorted(["10.2.1", "7.2.2"], key=control_key) == ["7.2.2", "10.2.1"]


def test_all_forms_have_the_same_rows(found: Compliance, tmp_path: Path) -> None:
    """JSON, CSV and HTML: each control of each entry with its level, and no script of a name in the page."""
    data = compliance_data(found)
    assert len(data["rows"]) == len(found.rows) == sum(data["evidence"].values())
    assert len(compliance_forms(found, "csv").splitlines()) == len(found.rows) + 1
    page = compliance_forms(found, "html")
    for framework in FRAMEWORKS.values():
        assert framework in page
    assert page.count("DirectInternetAccess") >= 1
    assert "iam-no-inline-policy-check" in compliance_text(found)
