"""Guardrails on every call of a role: ``caller-network`` with ``actions: all``, where it may stand and what it does."""

from pathlib import Path
from typing import Any

import pytest
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.denies import GuardrailContext
from rolemgr.compose.guardrails.read_back import read_back
from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import Effect, IdentityStatement
from rolemgr.layers.boundary import ceiling_of
from rolemgr.model.role import ComposedRole
from rolemgr.prove.catalog import subject_of
from rolemgr.prove.guardrails import guardrails_kept
from rolemgr.render.statements import permissions_policy

CATALOG = Catalog()
PEOPLE = "account:444455556666?org-id=o-a1b2c3d4e5"
NETWORKS = ["203.0.113.0/24", "vpc-0a1b2c3d4e5f60718"]
ALL: dict[str, Any] = {
    "persona": "platform-admin",
    "trust": [PEOPLE],
    "guardrail": {"caller-network": [*NETWORKS, "actions:all"]},
}
OWN = """
title: Calls from named networks
description: Everything from our networks.
scope: [sessions]
parameters:
  ranges: {type: ip-range, many: true, help: ranges}
  binds: {type: string, one_of: [much, little], default: [little], help: how much}
deny:
  - sid: FromElsewhere
    actions: all
    only_where: {binds: much}
    any_of: [ranges]
    conditions:
      NotIpAddress: {aws:SourceIp: "{{ ranges }}"}
      BoolIfExists: {aws:ViaAWSService: "false"}
  - sid: SessionsFromElsewhere
    actions: supported
    any_of: [ranges]
    conditions:
      NotIpAddress: {aws:SourceIp: "{{ ranges }}"}
"""


def refusal(catalog: Catalog = CATALOG, **choices: Any) -> str:
    """Return why the role of *choices* can't be made."""
    with pytest.raises(RolemgrError) as caught:
        composed(catalog, **choices)
    return str(caught.value)


def decided(role: ComposedRole, action: str, **context: Any) -> str:
    """Return the decision on a request by *role* with global keys of the *context*."""
    keys = {f"aws:{name}": value for name, value in context.items()}
    policies = Policies(identity=(permissions_policy(role.statements),))
    return evaluate(Request(action, "*", context_of(keys)), policies).decision


def test_it_is_one_deny_on_everything() -> None:
    """Beside the Deny on sessions, which a service can't open in the caller's name either."""
    role = composed(CATALOG, **ALL)
    (deny,) = (one for one in role.statements if one.sid == "CallsFromElsewhere")
    assert (deny.effect, deny.actions, deny.resources) == (Effect.DENY, ("*",), ("*",))
    assert dict(deny.conditions)["BoolIfExists"] == (("aws:ViaAWSService", ("false",)),)
    (in_force,) = (one for one in role.guardrails if one.name == "caller-network")
    granted = {action for one in role.statements if one.effect is Effect.ALLOW for action in one.actions}
    assert set(in_force.actions) == granted


@pytest.mark.parametrize(
    ("context", "decision"),
    [
        ({"SourceIp": "203.0.113.9", "ViaAWSService": "false"}, "Allowed"),
        ({"SourceIp": "203.0.113.9"}, "Allowed"),
        ({"SourceVpc": NETWORKS[1], "ViaAWSService": "false"}, "Allowed"),
        ({"ViaAWSService": "true"}, "Allowed"),
        ({"SourceIp": "198.51.100.7", "ViaAWSService": "false"}, "ExplicitlyDenied"),
        ({"SourceIp": "198.51.100.7"}, "ExplicitlyDenied"),
        ({"SourceVpc": "vpc-0ffff0000ffff0000", "ViaAWSService": "false"}, "ExplicitlyDenied"),
        ({}, "ExplicitlyDenied"),
    ],
)
def test_a_call_is_let_through_from_a_named_network_or_by_a_service(context: dict[str, str], decision: str) -> None:
    """One right value is enough; a request that says nothing is denied."""
    assert decided(composed(CATALOG, **ALL), "sagemaker:ListDomains", **context) == decision


def test_without_it_other_calls_are_free() -> None:
    """The guardrail alone is about sessions."""
    role = composed(CATALOG, **{**ALL, "guardrail": {"caller-network": NETWORKS}})
    assert decided(role, "sagemaker:ListDomains", SourceIp="198.51.100.7") == "Allowed"
    assert {one.sid for one in role.statements} & {"CallsFromElsewhere"} == set()


@pytest.mark.parametrize(
    ("trust", "named"), [("sagemaker", "SageMaker"), ("service:lambda", "lambda"), ("service:pods.eks", "pods.eks")]
)
def test_a_role_that_a_service_takes_can_not_have_it(trust: str, named: str) -> None:
    """Also where people take it too: what the service does would be denied."""
    text = "is for people, and {} takes this role: what a service does as the role comes from that service's network"
    for others in ([], [PEOPLE]):
        said = refusal(**{**ALL, "trust": [trust, *others]})
        assert text.format(named) in said
        assert "trust people instead, with --trust account:ID" in said
    assert "is for people" in refusal(**{**ALL, "persona": "data-scientist", "trust": ["sagemaker"]})


def test_a_grant_that_carries_no_network_is_refused_beside_it(tmp_path: Path) -> None:
    """A database is reached inside of a VPC, by no endpoint of AWS's: the Deny would block it for ever."""
    (tmp_path / "activity_groups").mkdir()
    (tmp_path / "activity_groups/database.yaml").write_text(
        "title: Database\ndescription: One.\nstatements:\n  - sid: Connect\n    actions: [rds-db:connect]\n"
        '    resources: ["arn:{{ partition }}:rds-db:{{ region }}:{{ account }}:dbuser:*/churn"]\n'
    )
    said = refusal(Catalog([tmp_path]), **{**ALL, "add": ["database"]})
    assert "`caller-network,actions:all` would block `rds-db:connect` for ever" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("aws:SourceIp", "sagemaker:NetworkIsolation", "`sagemaker:NetworkIsolation` does not come with every request"),
        ("binds: much", "binds: mcuh", "unknown value of `binds` (its one_of) `mcuh`; did you mean much?"),
        ("binds: much", "bind: much", "unknown parameter `bind`; did you mean binds?"),
        ("any_of: [ranges]", "not_carried_by: [rds-db:conect]", "unknown action `rds-db:conect`"),
        ("actions: all", "actions: every", "is `every`; use one of supported or all"),
    ],
)
def test_a_guardrail_of_ones_own_is_read_strictly(tmp_path: Path, old: str, new: str, says: str) -> None:
    """A slip is told with its line."""
    text = OWN.replace(old, new, 1).replace(
        "NotIpAddress", "StringNotEquals" if "sagemaker" in new else "NotIpAddress", 1
    )
    (tmp_path / "guardrails").mkdir()
    (tmp_path / "guardrails/own.yaml").write_text(text)
    chosen = {"own": ["ranges:203.0.113.0/24", "binds:much"]}
    assert says in refusal(Catalog([tmp_path]), persona="platform-admin", trust=[PEOPLE], guardrail=chosen)


@pytest.mark.parametrize("binds", ["much", "little"])
def test_a_guardrail_of_ones_own_is_proven_at_its_word(tmp_path: Path, binds: str) -> None:
    """Each of its Denies for itself: what a service calls keeps the one on everything, and not that on sessions."""
    (tmp_path / "guardrails").mkdir()
    (tmp_path / "guardrails/own.yaml").write_text(OWN)
    chosen = {"own": ["203.0.113.0/24", f"binds:{binds}"]}
    subject = subject_of(Catalog([tmp_path]), {"persona": "business-analyst", "trust": [PEOPLE], "guardrail": chosen})
    proofs = guardrails_kept(subject)
    assert all(one.holds for one in proofs)
    assert (proofs[0].checked > 100) is (binds == "much")


def test_a_boundary_has_it_too() -> None:
    """Whatever is attached to the role, its calls come from the named networks."""
    role = composed(CATALOG, **{**ALL, "persona": "business-analyst"})
    ceiling = ceiling_of([role])
    (held,) = (one for one in ceiling.statements(ceiling.parts, tight=False) if one.sid == "CallsFromElsewhere")
    assert (held.actions, held.resources) == (("*",), ("*",))


def test_the_choice_is_read_back() -> None:
    """From a role in an account, whichever was chosen."""
    for values in (NETWORKS, [*NETWORKS, "actions:all"]):
        role = composed(CATALOG, **{**ALL, "persona": "business-analyst", "guardrail": {"caller-network": values}})
        (one,) = (one for one in role.guardrails if one.name == "caller-network")
        there = [
            each for each in permissions_policy(role.statements).statements() if isinstance(each, IdentityStatement)
        ]
        granted = frozenset(name for each in there if each.effect is Effect.ALLOW for name in each.action or ())
        found = read_back(one.name, CATALOG.guardrail(one.name), there, [GuardrailContext(granted, "both", False)])
        assert found is not None
        assert found.values == one.values
