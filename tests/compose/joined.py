"""Roles with their statements joined and as the catalog has them: compared, and asked of an evaluator that is not ours."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from shutil import which
from typing import Any, NamedTuple

from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.compare.compare import compare
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import ComposedRole
from rolemgr.prove.catalog import variants
from rolemgr.reference.inert import is_inert
from rolemgr.render.statements import permissions_policy

CATALOG = Catalog()
DRIVER = Path(__file__).parents[2] / "benchmarks" / "iam_simulate.mjs"
ACCOUNT = "111122223333"
PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:role/asking"
NPM = "ROLEMGR_TEST_NPM"
"""The variable that names the folder where `npm install --prefix` put the independent evaluator."""


@cache
def every_choice() -> tuple[dict[str, Any], ...]:
    """Return what chooses each role: personas, under every profile, all guardrails, and tag keys; groups alone."""
    return (*({"persona": name} for name in sorted(CATALOG.found("personas"))), *variants(CATALOG))


class BothForms(NamedTuple):
    """A role's permissions in one policy each: statements *joined*, and *unfolded* as the catalog has them."""

    joined: IdentityPolicy
    unfolded: IdentityPolicy
    role: ComposedRole


def both_forms(choices: dict[str, Any]) -> BothForms:
    """Return the permissions of the role that *choices* describe, in both forms."""
    role = composed(CATALOG, **choices)
    return BothForms(permissions_policy(role.statements), permissions_policy(role.unfolded), role)


def are_same(forms: BothForms) -> bool:
    """Tell whether each form is proven to allow no more than the other."""
    joined, unfolded = (Policies(identity=(one,)) for one in forms[:2])
    return compare(joined, unfolded).proven and compare(unfolded, joined).proven


# --- requests for an evaluator that is not ours


def batch(rng: Random, forms: BothForms, count: int) -> Iterator[dict[str, Any]]:
    """
    Yield *count* requests twice, beside the joined policy and beside the unfolded one.

    Half of them are about a pair that joining adds: AWS never asks it, and who checks requests first says so.
    """
    added = _added(forms.role)
    named = [pair for one in forms.role.unfolded for pair in product(one.actions, one.resources) if "*" not in pair[0]]
    for number in range(count):
        action, pattern = rng.choice(added) if added and number % 2 else rng.choice(named)
        request = {
            "principal": PRINCIPAL, "action": action, "resource": _concrete(rng, action, pattern, forms.role),
            "resourceAccount": ACCOUNT, "context": _context(rng, forms.role),
        }  # fmt: skip
        for name, policy in zip(("joined", "unfolded"), forms[:2], strict=True):
            yield {"id": f"{number} {name}", "request": request, "identityPolicies": [policy.to_json_value()]}


def _added(role: ComposedRole) -> list[tuple[str, str]]:
    """Return the pairs of action and resource that joining adds."""
    named = {pair for one in role.unfolded for pair in product(one.actions, one.resources)}
    joined = {pair for one in role.statements for pair in product(one.actions, one.resources)}
    return sorted(joined - named)


def _concrete(rng: Random, action: str, pattern: str, role: ComposedRole) -> str:
    """Return a resource like *pattern*; for `*` one that *action* is asked on, where the role names such."""
    if pattern == "*":
        every = (one for statement in role.statements for one in statement.resources if one != "*")
        fitting = sorted({one for one in every if not is_inert(action, one)})
        if not fitting:
            return "*"
        pattern = rng.choice(fitting)
    filled = re.sub(r"\$\{[^}]*\}", "churn", pattern)
    return re.sub(r"\*", lambda _: rng.choice(("x", "churn", "models/x", "a/b/c")), filled)


_KEYS = {"sagemaker:DomainId": "churn", "sagemaker:UserProfileName": "churn"}


def _context(rng: Random, role: ComposedRole) -> dict[str, Any]:
    """Return a context that has some of the keys that the role's conditions look at, with values near theirs."""
    found: dict[str, Any] = dict(_KEYS)
    for statement in role.statements:
        for operator, block in statement.conditions:
            for key, values in block:
                if rng.random() < 0.5:
                    value = re.sub(r"\$\{[^}]*\}", "churn", rng.choice(values)).replace("*", "x")
                    found[key] = "churn" if operator == "Null" else value
    return found


# --- the evaluator


def evaluator() -> Path | None:
    """Return the folder of the independent evaluator, or None where it or node is not there."""
    prefix = os.environ.get(NPM)
    found = Path(prefix) / "node_modules" / "@cloud-copilot" / "iam-simulate" if prefix else None
    return Path(str(prefix)) if found and found.is_dir() and which("node") else None


def answers(prefix: Path, lines: Iterable[dict[str, Any]]) -> list[str]:
    """Return what the evaluator in *prefix*, which checks each request first, says of *lines*."""
    asked = "".join(f"{json.dumps(one)}\n" for one in lines)
    command = [str(which("node")), str(DRIVER), str(prefix), "checked"]
    ran = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    return [str(json.loads(one).get("decision", one)) for one in ran.stdout.splitlines()]


def differing(lines: Sequence[dict[str, Any]], said: Sequence[str]) -> list[tuple[Any, str, str]]:
    """Return the requests that the two forms of a role answer differently."""
    pairs = zip(lines[::2], said[::2], said[1::2], strict=True)
    return [(one["request"], joined, unfolded) for one, joined, unfolded in pairs if joined != unfolded]
