"""Every proof ends: what takes more steps than there are is "can't tell", with the reason, and is not proven."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import Effect
from rolemgr.prove.assignment import Check, find_assignment
from rolemgr.prove.catalog import limits_of, subject_of
from rolemgr.prove.domains import Term, domain
from rolemgr.prove.guardrails import guardrails_kept
from rolemgr.prove.overlaps import overlaps_declared
from rolemgr.prove.packed import differences
from rolemgr.prove.proof import Proof, RoleToProve
from rolemgr.prove.search import inquiry
from rolemgr.prove.separate import separated
from rolemgr.prove.tags import tags_kept
from rolemgr.report.proofs import proofs_data
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import each_violation

GET = "s3:GetObject"
BUCKET = "arn:{{ partition }}:s3:::b/*"
TAG = "aws:PrincipalTag/k{}"


def statement(sid: str, effect: str = "Allow", resource: str = BUCKET, **conditions: Any) -> dict[str, Any]:
    """Return a statement of an activity group."""
    return {"sid": sid, "effect": effect, "actions": [GET], "resources": [resource], "conditions": conditions}


def written(folder: Path, statements: list[dict[str, Any]], never: tuple[Any, ...] = ()) -> Catalog:
    """Write a persona of a group with *statements* and return its catalog."""
    persona = {"title": "T", "description": "D", "activity_groups": ["mine"], "never": list(never)}
    group = {"title": "T", "description": "D", "statements": statements}
    for kind, name, data in (("personas", "guarded", persona), ("activity_groups", "mine", group)):
        (folder / kind).mkdir(parents=True)
        (folder / kind / f"{name}.yaml").write_text(json.dumps(data))
    return Catalog([folder])


def hostile(
    folder: Path, *statements: dict[str, Any], never: tuple[Any, ...] = (), steps: int = 400_000
) -> RoleToProve:
    """Return a role of *statements* whose proofs may take *steps*."""
    found = subject_of(written(folder, list(statements), never), {"persona": "guarded"})
    return replace(found, budget=Budget(steps, problem="it takes more than {:,} steps to prove"))


def untold(*proofs: Proof) -> list[str]:
    """Return what can't be told of *proofs*, none of which then holds."""
    assert not any(proof.holds for proof in proofs if proof.untold)
    return [one.problem for proof in proofs for one in proof.untold]


def tagged(number: int, effect: str = "Allow") -> dict[str, Any]:
    """Return a statement on a tag of its own."""
    return statement(f"S{number}", effect, StringEquals={TAG.format(number): "x"})


DEAD = (
    statement("N", "Deny", Null={"aws:PrincipalTag/z": "true"}),
    statement("M", "Deny", Null={"aws:PrincipalTag/z": "false"}),
)
MANY = {
    "30 Allows": [tagged(number) for number in range(30)],
    "30 Denies": [statement("A"), *(tagged(number, "Deny") for number in range(30))],
    "30 Denies, and two that leave nothing": [statement("A"), *(tagged(number, "Deny") for number in range(30)), *DEAD],
}


@pytest.mark.parametrize("name", MANY)
def test_30_statements_on_30_tags_are_told(name: str, tmp_path: Path) -> None:
    """Keys that have nothing to do with each other are not tried in all combinations."""
    found = hostile(tmp_path, *MANY[name])
    proofs = limits_of(found)
    assert untold(*proofs) == []
    dead = next(proof for proof in proofs if proof.name == "no dead grant")
    assert len(dead.counter_examples) == (1 if "nothing" in name else 0)


def test_a_statement_on_30_tags_is_told(tmp_path: Path) -> None:
    """A value under which the conditions of an Allow hold is found key by key; packed, it says what it said."""
    found = hostile(tmp_path, statement("A", StringEquals={TAG.format(number): "x" for number in range(30)}))
    proofs = {proof.name: proof for proof in limits_of(found)}
    assert proofs["no dead grant"].holds
    assert proofs["packing"].holds


def test_packing_that_changes_a_statement_on_30_tags_is_not_told(tmp_path: Path) -> None:
    """Where the two do not say the same, all combinations of the tags are too many to ask."""
    asked = inquiry(
        hostile(tmp_path, statement("A", StringEquals={TAG.format(number): "x" for number in range(30)})), GET
    )
    changed = {TAG.format(number): "x" if number else "y" for number in range(30)}
    other = inquiry(hostile(tmp_path / "other", statement("A", StringEquals=changed)), GET)
    with pytest.raises(TooComplex, match="more than 400,000 steps"):
        list(differences(asked, other))


def test_denies_that_hang_together_end_with_the_budget(tmp_path: Path) -> None:
    """Five tags of three values, no two alike: nothing but trying shows that there is no such request."""
    values = ("a", "b", "c")
    pairs = [(one, other) for one in range(5) for other in range(one)]
    keys = [TAG.format(number) for number in range(5)]
    denies = [
        *(
            statement(f"D{i}x{j}{value}", "Deny", StringEquals={keys[i]: value, keys[j]: value})
            for i, j in pairs
            for value in values
        ),
        *(statement(f"E{key[-1]}", "Deny", StringNotEquals={key: list(values)}) for key in keys),
    ]
    assert untold(*limits_of(hostile(tmp_path / "enough", statement("A"), *denies))) == []
    (reason,) = set(untold(*limits_of(hostile(tmp_path / "few", statement("A"), *denies, steps=3000))[2:3]))
    assert reason.startswith("can't tell whether ")
    assert reason.endswith("it takes more than 3,000 steps to prove")


def test_the_order_of_the_proofs_changes_no_answer(tmp_path: Path) -> None:
    """What others have asked before is counted all the same."""
    first = [
        untold(*limits_of(hostile(tmp_path / str(steps), *MANY["30 Denies"], steps=steps))) for steps in (900, 5000)
    ]
    again = [
        untold(*limits_of(hostile(tmp_path / f"{steps}b", *MANY["30 Denies"], steps=steps))) for steps in (900, 5000)
    ]
    assert first == again
    assert first[0]


@pytest.mark.parametrize(
    "prove",
    [
        lambda one: guardrails_kept(one),
        lambda one: tags_kept(one),
        lambda one: limits_of(one)[-2:-1],
        lambda one: (separated(one),),
    ],
    ids=["guardrails", "tag keys", "grants", "separation"],
)
def test_no_proof_holds_without_steps(prove: Any) -> None:
    """Each of them counts, and says what it could not ask."""
    choices = {"persona": "ml-engineer", "abac": ["Project"], "tag": {"Project": "churn"}}
    proofs = prove(replace(subject_of(Catalog(), choices), budget=Budget(10)))
    assert all(one.startswith("can't tell whether ") and "more than 10 steps" in one for one in untold(*proofs))
    assert all(proof.untold for proof in proofs)


def test_no_overlap_is_told_without_steps() -> None:
    """Two personas whose resources can't be compared are not proven to share what is declared alone."""
    two = [
        replace(subject_of(Catalog(), {"persona": name}), budget=Budget(10))
        for name in ("ml-engineer", "data-scientist")
    ]
    (reason,) = untold(overlaps_declared(two))
    assert reason.startswith("can't tell whether what --persona ")


def test_many_values_of_a_key_are_counted() -> None:
    """Sets of several values of a key grow with the third power."""
    terms = tuple(named(str(number)) for number in range(40))
    found = domain("aws:tagkeys", terms, (), False, False)
    assert found.problem == ""
    assert len(found.answer or ()) == 1 + 41 + 41 * 40 // 2 + 41 * 40 * 39 // 6 < found.steps
    many = domain("aws:tagkeys", (*terms, *(named(f"more-{number}") for number in range(260))), (), False, False)
    assert many.answer is None
    assert many.problem.startswith("a condition key has so many values that it takes more than 500,000 steps")
    assert many.steps > 500_000


def named(value: str) -> Term:
    """Return the condition that a tag key is *value*."""
    return Term("ForAnyValue:StringEquals", "aws:TagKeys", (value,), lambda context: value in context["aws:tagkeys"])


CONTEXT = {"action": GET, "context": {TAG.format(number): ["v", "w"] for number in range(30)}}


def test_a_never_on_30_tags_ends(tmp_path: Path) -> None:
    """All combinations of its values are too many to ask, so that nobody can tell whether it is kept."""
    only_x = statement("A", StringEquals={TAG.format(number): "x" for number in range(30)})
    found = hostile(tmp_path, only_x, never=(CONTEXT,))
    assert untold(separated(found)) == [
        "can't tell whether persona guarded keeps what it must never do: it takes more than 400,000 steps to prove"
    ]


def test_a_never_on_30_tags_is_broken_where_one_combination_shows_it(tmp_path: Path) -> None:
    """The first of them is found at once."""
    found = hostile(tmp_path, statement("A"), never=(CONTEXT,))
    proof = separated(found)
    assert [one.problem for one in proof.counter_examples]
    assert proof.untold == ()
    role = found.rendered.role
    assert len(list(each_violation(role, closure_of(found.catalog, role).known, Budget(1000)))) == 1


def test_create_refuses_what_nobody_can_tell_and_prove_says_it(tmp_path: Path, run: Run) -> None:
    """Unless there is a reason to make the role all the same, as for a proof; then it is noted."""
    written(tmp_path, [statement("A", StringEquals={TAG.format(number): "x" for number in range(30)})], (CONTEXT,))
    asked = ("--persona", "guarded", "--catalog", str(tmp_path))
    refused = run("create", *asked)
    assert refused.code == 2
    reason = "can't tell whether the role keeps what its persona must never do: it takes"
    assert f"personas/guarded.yaml:1: {reason}" in refused.stderr
    proven = run("prove", *asked)
    assert proven.code == 1
    assert any(one.startswith(reason) for one in proven.notes)
    assert "1 of 6 proofs can't be told" in proven.stdout
    assert "CAN'T TELL  separation" in proven.stdout


def test_json_has_what_could_not_be_told(tmp_path: Path) -> None:
    """With the role that it is about; the proof does not hold."""
    only_x = statement("A", StringEquals={TAG.format(number): "x" for number in range(30)})
    data = proofs_data([separated(hostile(tmp_path, only_x, never=(CONTEXT,)))])
    assert data["holds"] is data["proofs"][0]["holds"] is False
    assert data["proofs"][0]["counter_examples"] == []
    (one,) = data["proofs"][0]["untold"]
    assert "it takes more than 400,000 steps to prove" in one["problem"]
    assert one["role"] == ["--persona", "guarded"]


def brute(checks: list[Check], keys: list[str], values: list[tuple[str, ...]]) -> bool:
    """Tell whether some choice of *values* passes all *checks*."""
    assignments: list[dict[str, tuple[str, ...]]] = [{}]
    for key in keys:
        assignments = [{**assignment, key: value} for assignment in assignments for value in values]
    return any(all(check.passes(assignment) for check in checks) for assignment in assignments)


@pytest.mark.parametrize("seed", range(60))
def test_going_back_loses_no_answer(seed: int) -> None:
    """What the search answers is what trying everything answers."""
    picked = random.Random(seed)  # noqa: S311 - a fixed choice of checks
    keys, values = list("abcde"), [(), ("1",), ("2",)]

    def check() -> Check:
        some = picked.sample(keys, picked.randint(1, 3))
        bad = {tuple(picked.choice(values) for _ in some) for _ in range(picked.randint(1, 3 ** len(some)))}
        return Check(frozenset(some), lambda assignment: tuple(assignment[key] for key in some) not in bad)

    checks = [check() for _ in range(picked.randint(3, 9))]
    found = find_assignment({}, checks, lambda _: values, first=frozenset("c"), budget=Budget())
    used = sorted(set().union(*(one.keys for one in checks)))
    assert (found is not None) is brute(checks, used, values)
    assert found is None or all(one.passes(found) for one in checks)


def test_an_allow_is_asked_of_a_key_alone_first(tmp_path: Path) -> None:
    """Only values under which its own conditions hold are tried for it."""
    found = inquiry(hostile(tmp_path, tagged(1), tagged(2)), GET)
    allow = found.of(Effect.ALLOW)[0]
    (key,) = allow.keys
    request = found.allowed("arn:aws:s3:::b/x", {}, by=allow)
    assert request is not None
    assert dict(request.context) == {f"aws:PrincipalTag/{key.rpartition('/')[2]}": ("x",)}
