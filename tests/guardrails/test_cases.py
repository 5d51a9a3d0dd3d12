"""Each guardrail against the witness: it denies what it must, and nothing that is not its business."""

import re
from collections.abc import Mapping

import pytest
from tests.guardrails.judging import (
    NAMES,
    RENAMED,
    RIGHT_IN,
    Book,
    Case,
    World,
    book_of,
    denied,
    filled,
    judged,
    sagemaker_actions,
)
from tests.support import carries

from rolemgr.catalog.load import Catalog


def _with_kms(name: str) -> bool:
    return bool(RENAMED.keys() & set(book_of(name).keys))


CASES = [
    (name, setting, number)
    for name in NAMES
    for setting, chosen in enumerate(book_of(name).settings)
    for number in range(len(chosen.cases))
]
SETTINGS = [(name, setting) for name in NAMES for setting in range(len(book_of(name).settings))]
WORLDS = [(names, world) for names, worlds in RIGHT_IN.items() for world in worlds]
KMS_CASES = [(*case, *world) for case in CASES if _with_kms(case[0]) for world in WORLDS]


def _id(case: object) -> str:
    return str(case)


def _case(name: str, setting: int, number: int) -> Case:
    return book_of(name).settings[setting].cases[number]


@pytest.mark.parametrize(("name", "setting", "number"), CASES, ids=_id)
def test_a_guardrail_denies_what_it_must_and_nothing_else(name: str, setting: int, number: int) -> None:
    """Calls that comply, violate, leave the key out, mix values, or are not its business."""
    case = _case(name, setting, number)
    policies = judged(name, book_of(name).settings[setting].chosen)
    assert denied(policies, case.action, filled(case.context, "both")) is case.denied, f"{case.call}: {case.why}"


@pytest.mark.sampled(240)
@pytest.mark.parametrize(("name", "setting", "number", "names", "world"), KMS_CASES, ids=_id)
def test_a_kms_guardrail_is_right_in_every_world(
    name: str, setting: int, number: int, names: str, world: World
) -> None:
    """Whether AWS fills the old name of a KMS key, the new one or both, the answer is the same."""
    case = _case(name, setting, number)
    policies = judged(name, book_of(name).settings[setting].chosen, kms_key_names=names)
    assert denied(policies, case.action, filled(case.context, world)) is case.denied, f"{case.call}: {case.why}"


@pytest.mark.parametrize(("name", "setting"), SETTINGS, ids=_id)
def test_of_all_actions_just_those_are_denied_that_must_be(name: str, setting: int) -> None:
    """
    Asked of all actions: without the key, denied where it must be carried; with a wrong value, wherever it comes.

    A Deny on all of SageMaker would deny more, were a key sent with an action that the reference has it not with.
    """
    chosen = book_of(name).settings[setting]
    right_in: Mapping[str, tuple[World, ...]] = RIGHT_IN if _with_kms(name) else {"both": ("both",)}
    for names, worlds in right_in.items():
        policies = judged(name, chosen.chosen, kms_key_names=names)
        for asked in chosen.everywhere:
            for world in worlds:
                context = filled(asked.context, world)
                meant = {*asked.denied_on, *(one for one in sagemaker_actions() if carries(one, asked.context))}
                found = {action for action in meant if denied(policies, action, context)}
                assert found - set(asked.unsettled) == set(asked.denied_on), (names, world, asked.context)


@pytest.mark.parametrize("name", NAMES)
def test_what_by_passes_a_guardrail_is_let_through_unless_strict(name: str) -> None:
    """An action without the key can't be narrowed: a plain guardrail leaves it alone, ``--strict`` denies it."""
    book = book_of(name)
    for one in book.bypassed_by:
        assert not denied(judged(name, book.settings[0].chosen), one.action, {}), one.action
        assert denied(judged(name, book.settings[0].chosen, strict=True), one.action, {}), one.action


@pytest.mark.parametrize("name", NAMES)
def test_strict_takes_nothing_that_the_guardrail_can_narrow(name: str) -> None:
    """Calls that comply are let through under ``--strict`` too, unless they are said to by-pass the guardrail."""
    book = book_of(name)
    by_passing = {one.action for one in book.bypassed_by}
    for chosen in book.settings:
        policies = judged(name, chosen.chosen, strict=True)
        for case in chosen.cases:
            if not case.denied and case.action not in by_passing and _carries(book, case):
                assert not denied(policies, case.action, filled(case.context, "both")), case.call


def _carries(book: Book, case: Case) -> bool:
    names = {*book.keys, *(RENAMED[key] for key in book.keys if key in RENAMED)}
    return bool(names & case.context.keys())


@pytest.mark.parametrize("name", NAMES)
def test_the_witness_speaks_of_every_kind_of_call(name: str) -> None:
    """Each guardrail has calls that comply, violate, leave the key out, and are not its business."""
    book = book_of(name)
    cases = [case for chosen in book.settings for case in chosen.cases]
    carrying = [case for case in cases if _carries(book, case)]
    assert {case.denied for case in carrying} == {True, False}, (
        "calls with its keys: one that is denied, one that is not"
    )
    assert any(not _carries(book, case) for case in cases), "a call without its keys"
    assert len({re.sub(r"\W+", " ", case.call) for case in cases}) == len(cases)


def test_every_guardrail_has_a_witness() -> None:
    """No guardrail ships without cases that are written apart from it."""
    missing = sorted(set(Catalog().found("guardrails")) - set(NAMES))
    assert not missing, f"write tests/guardrails/cases/NAME.yaml, as the others are, for {missing}"
    assert set(NAMES) == set(Catalog().found("guardrails")), "cases of a guardrail that is gone"
