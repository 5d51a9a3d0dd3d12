"""Mutants of the rendered policies: each Deny taken away, or its exemption, is noticed by the ways."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.layers import test_ways
from tests.layers.layers_support import decided

from rolemgr.iam.documents import IdentityPolicy

SETS = test_ways.SETS


def cases(number: int, key: str) -> Iterator[dict[str, Any]]:
    """Yield the requests of a set as the evaluator takes them."""
    for case in SETS[number][key]:
        context = {**SETS[number].get("context", {}), **case.get("context", {})}
        for one in case.get("without", ()):
            del context[one]
        yield {**{name: case[name] for name in ("principal", "action", "resource") if name in case}, "context": context}


def statements(number: int) -> list[dict[str, Any]]:
    """Return all statements of a set."""
    return [one for document in test_ways.policies(number) for one in document.to_json_value()["Statement"]]


def policy(found: list[dict[str, Any]]) -> list[IdentityPolicy]:
    """Return a policy of the statements *found*."""
    return [IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": found})] if found else []


@pytest.mark.parametrize("number", range(len(SETS)))
def test_each_deny_closes_a_way_that_no_other_closes(number: int) -> None:
    """Without it a request that must be denied is allowed."""
    found = statements(number)
    idle = []
    for place, gone in enumerate(found):
        mutant = policy(found[:place] + found[place + 1 :])
        if all(decided(request, scps=mutant) == "ExplicitlyDenied" for request in cases(number, "denied")):
            idle.append(gone["Sid"])
    assert set(idle) <= (TWICE if number == 0 else GUARDS)


GUARDS = {"ExemptRoles", "LeaveOrganization", "ProvidersOfExempt"}
"""Part of every set; the first has the ways that they close."""
TWICE = {"VolumeKeyMissingWithoutTypes"}
"""What another Deny of the first set denies too, for it asks for an instance type; `tests/guardrails` tells them apart."""


@pytest.mark.parametrize("number", [number for number, one in enumerate(SETS) if "exempt" in one or "zones" in one])
def test_an_exemption_that_is_gone_is_noticed(number: int) -> None:
    """Without it what must go on is denied."""
    found = [
        {**one, "Condition": {name: block for name, block in one.get("Condition", {}).items() if name != "ArnNotLike"}}
        for one in statements(number)
    ]
    found = [{name: value for name, value in one.items() if value} for one in found]
    assert any(decided(request, scps=policy(found)) != "Allowed" for request in cases(number, "allowed"))
