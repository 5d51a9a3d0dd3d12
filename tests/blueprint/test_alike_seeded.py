"""
Sharing is the same as doing each by itself: over small blueprints whose accounts differ in ways that are drawn.

What is composed for one role of a class is what each is composed to, but for the account's id; and each proof, and
each answer on stolen sessions, is the same where every role is proven alone.
"""

import random
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from tests.blueprint.faulty import of_text, with_fault

from rolemgr.blueprint import alike as of_roles
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.placed import STAND_IN, without_account
from rolemgr.blueprint.proofs import prove_composed
from rolemgr.export.portable import meaning
from rolemgr.prove.proof import Proof

IDS = {"a": "111111111111", "b": "222222222222", "c": "333333333333", "d": "120000000000"}
SEEDS = (0, 7, 9, 10, 12, 15)


class Drawn:
    """A small blueprint: four accounts with the same roles, and differences that are drawn by a seed."""

    def __init__(self, seed: int) -> None:
        """Draw the differences of *seed*."""
        self.draw = random.Random(seed)  # noqa: S311 - the same for each seed
        self.accounts = dict.fromkeys(IDS, "")
        self.roles = {
            f"{name}/{kind}": persona
            for name in IDS
            for kind, persona in (("jobs", "sagemaker-compute"), ("people", "data-scientist"))
        }
        self.said: dict[str, str] = {}
        self.flows = [f"{name}/jobs reads e/data" for name in IDS]
        self.exempt: list[str] = []
        self.networks: list[str] = []
        self.changes: list[dict[str, Any]] = []
        for change in self.draw.sample(DIFFERENCES, 3):
            change(self)

    def name(self) -> str:
        """Return one of the accounts."""
        return self.draw.choice(list(IDS))

    def text(self) -> str:
        """Return the blueprint."""
        lines = ["organization: {id: o-a1b2c3d4e5}", "regions: [eu-west-1, eu-central-1]"]
        lines += ["accounts:", '  e: {id: "555555555555"}']
        lines += [f'  {name}: {{id: "{one}"{self.accounts[name]}}}' for name, one in IDS.items()]
        lines += ["buckets: {e/data: acme-data}", "ous: {ml: {layers: {scp: [no-sharing]}}}", "roles:"]
        for place, persona in self.roles.items():
            passes = f", pass_role: [{place.replace('people', 'jobs')}]" if persona == "data-scientist" else ""
            lines.append(f"  {place}: {{persona: {persona}{self.said.get(place, passes)}}}")
        lines += ["flows:", *(f"  - {one}" for one in self.flows)]
        rcp = "organization-identities: {}"
        if self.networks:
            rcp += f", networks: {{ip_ranges: 203.0.113.0/24, networks: vpc-0a1b2c3d, roles: {self.networks}}}"
        lines += [f"layers: {{scp: [approved-regions], rcp: {{{rcp}}}, exempt: {self.exempt}}}"]
        return "\n".join(lines) + "\n"

    def composed(self) -> ComposedBlueprint:
        """Return its documents, with the changes that are made to them."""
        return with_fault({"changes": self.changes}, of_text(self.text()))


def _flow(drawn: Drawn) -> None:
    drawn.flows.remove(f"{drawn.name()}/jobs reads e/data")


def _prefix(drawn: Drawn) -> None:
    name = drawn.name()
    drawn.flows = [f"{one} in raw/*" if one.startswith(f"{name}/") else one for one in drawn.flows]


def _unit(drawn: Drawn) -> None:
    for name in drawn.draw.sample(list(IDS), 2):
        drawn.accounts[name] += ", ou: ml"


def _region(drawn: Drawn) -> None:
    drawn.accounts[drawn.name()] += ", region: eu-central-1"


def _exempt_role(drawn: Drawn) -> None:
    drawn.exempt.append(f"arn:aws:iam::{IDS[drawn.name()]}:role/sagemaker-compute")


def _exempt_of_two(drawn: Drawn) -> None:
    drawn.exempt += [f"arn:aws:iam::{IDS[name]}:role/admin" for name in ("a", "b")]


def _networks(drawn: Drawn) -> None:
    drawn.networks.append(f"arn:aws:iam::{IDS[drawn.name()]}:role/sagemaker-compute")


def _deny(drawn: Drawn) -> None:
    """An SCP that speaks of accounts by a condition, whole or in part."""
    text = drawn.draw.choice([IDS[drawn.name()], "1*", "*2", "12*"])
    deny = {"Effect": "Deny", "Action": ["s3:GetObject", "sagemaker:CreateTrainingJob"], "Resource": "*"}
    drawn.changes.append(
        {"layer": "organization scp", "with": {**deny, "Condition": {"StringLike": {"aws:PrincipalAccount": text}}}}
    )


def _bucket_policy(drawn: Drawn) -> None:
    """The bucket's policy refuses, or lets in more of, one account."""
    principal = {
        "AWS": drawn.draw.choice([IDS[drawn.name()], f"arn:aws:iam::{IDS[drawn.name()]}:role/sagemaker-compute"])
    }
    effect = drawn.draw.choice(["Allow", "Deny"])
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-data/*",
    }
    drawn.changes.append({"policy": ":::acme-data", "with": statement})


def _passes_unknown(drawn: Drawn) -> None:
    """A role passes a role of its account that only one of the accounts has."""
    for name in IDS:
        drawn.said[f"{name}/people"] = f', pass_role: ["arn:aws:iam::{IDS[name]}:role/extra"]'
    drawn.roles[f"{drawn.name()}/more"] = "sagemaker-pipeline, name: extra"


def _foreign_arn(drawn: Drawn) -> None:
    drawn.said[f"{drawn.name()}/jobs"] = f", bucket: [acme-{IDS[drawn.name()]}]"


def _assumes(drawn: Drawn) -> None:
    """A role of one account that another account's role assumes: what it reaches is that account's."""
    one, other = drawn.draw.sample(list(IDS), 2)
    target = f"arn:aws:iam::{IDS[other]}:role/sagemaker-compute"
    allow = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": drawn.draw.choice([target, "arn:aws:iam::*:role/sagemaker-*"]),
    }
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{IDS[one]}:role/sagemaker-data-scientist"},
        "Action": "sts:AssumeRole",
    }
    drawn.changes += [
        {"role": f"{one}/people", "with": allow},
        {"role": f"{other}/jobs", "document": "trust", "with": trust},
        {"role": f"{other}/jobs", "with": {"Effect": "Allow", "Action": "sagemaker:UpdateModelPackage", "Resource": "*"}},
    ]  # fmt: skip


def _project(drawn: Drawn) -> None:
    drawn.said[f"{drawn.name()}/jobs"] = ", tag: {Project: churn}"


DIFFERENCES: list[Callable[[Drawn], None]] = [
    _flow, _prefix, _unit, _region, _exempt_role, _exempt_of_two, _networks, _deny, _deny, _bucket_policy,
    _passes_unknown, _foreign_arn, _assumes, _project,
]  # fmt: skip


def _moved(found: ComposedBlueprint, text: str) -> str:
    """Return *text* without what a place or an account of it is called."""
    for name, one in found.source.value.accounts.items():
        text = without_account(text, one.id).replace(STAND_IN, "#")
        text = re.sub(rf"(?<![\w-]){name}/", "#/", text)
    return text


def _broken(found: ComposedBlueprint, proof: Proof) -> set[str]:
    """Return what breaks a claim, of whichever account: of roles that are alike one is named for all."""
    texts = [*(one.problem for one in proof.counter_examples), *(one.problem for one in proof.untold)]
    return {_moved(found, re.sub(r" \(and of [^()]*\)| \(reached from [^()]*\)", "", text)) for text in texts}


def _answers(found: ComposedBlueprint) -> tuple[dict[str, set[str]], dict[tuple[str, str], tuple[object, ...]]]:
    told = prove_composed(found, date(2026, 11, 28))
    answers: dict[tuple[str, str], tuple[object, ...]] = {
        (one.place, one.sink.name): (one.asked, list(map(repr, one.open)), one.closed_by, one.untold, one.alone)
        for one in told.compromise.answers
    }
    return {proof.name: _broken(found, proof) for proof in told.proofs}, answers


@pytest.mark.sampled(3)
@pytest.mark.parametrize("seed", SEEDS)
def test_shared_is_as_alone(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every proof breaks by the same, and every stolen session reaches the same, where no role is taken for another."""
    shared = _answers(Drawn(seed).composed())
    monkeypatch.setattr(of_roles, "likeness", lambda _, placed: placed.place)
    assert _answers(Drawn(seed).composed()) == shared


def test_the_draws_share_and_keep_apart() -> None:
    """The seeds together have both: otherwise they would show nothing."""
    sizes = [len(group) for seed in SEEDS for group in of_roles.alike(Drawn(seed).composed()).groups]
    assert sum(one > 1 for one in sizes) >= len(SEEDS)
    assert sum(one == 1 for one in sizes) >= len(SEEDS)


def _classes(found: ComposedBlueprint) -> Iterator[tuple[PlacedRole, PlacedRole]]:
    first: dict[object, PlacedRole] = {}
    for one in found.roles:
        if first.setdefault(one.likeness, one) is not one:
            yield first[one.likeness], one


@pytest.mark.parametrize("seed", [0, 5])
def test_what_is_composed_differs_by_the_account_alone(seed: int) -> None:
    """Documents of one class say the same with the ids of their accounts taken out, and so do notes and reaches."""
    pairs = list(_classes(of_text(Drawn(seed).text())))
    assert pairs
    for one, other in pairs:
        texts = [_as_text(each) for each in (one, other)]
        assert texts[0] == texts[1]


def _flat(value: Any, at: str = "") -> Iterator[str]:
    """Yield each text of *value* with the keys around it, whatever the order."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(one, f"{at} {key}")
    elif isinstance(value, list | set | tuple):
        for one in value:
            yield from _flat(one, at)
    else:
        yield f"{at} {value}"


def _as_text(one: PlacedRole) -> list[str]:
    every = [*_flat(meaning(one.documents.to_properties())), *one.notes, *one.role.acts_as, one.arn, one.caller_arn]
    return sorted(without_account(text, one.account_id) for text in every)
