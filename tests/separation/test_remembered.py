"""What a role in a closure breaks is found out once, and answers and counted steps are as if it were not."""

from dataclasses import replace

import pytest
from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import matches_action
from rolemgr.model.catalog import Forbidden
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedRole
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import each_violation, violations

CATALOG = Catalog()


def role_and_unseen_closure() -> tuple[ComposedRole, tuple[ComposedRole, ...]]:
    """Return a role that breaks its separation through another, and its closure, of which nothing was asked yet."""
    role = rendered(CATALOG, persona="data-scientist", add=["run-pipelines"]).role
    return role, tuple(replace(one) for one in closure_of(CATALOG, role).known)


def test_asked_again_the_answers_and_the_steps_are_the_same() -> None:
    """The second time, with all remembered, gives the same violations and spends the same steps."""
    role, closure = role_and_unseen_closure()
    first, again = Budget(), Budget()
    found = tuple(each_violation(role, closure, first))
    assert any(one.through != role.spec.role_name for one in found)
    assert tuple(each_violation(role, closure, again)) == found
    assert again.spent == first.spent > 0


def test_a_budget_one_step_short_is_too_small_both_times() -> None:
    """Whether there are enough steps does not depend on what was remembered."""
    role, closure = role_and_unseen_closure()
    whole = Budget()
    tuple(each_violation(role, closure, whole))
    for asked in (role_and_unseen_closure()[1], closure):
        with pytest.raises(TooComplex, match="more than"):
            tuple(each_violation(role, asked, Budget(whole.spent - 1)))
    assert tuple(each_violation(role, closure, Budget(whole.spent)))


def test_each_asker_gets_its_own_entry() -> None:
    """What was found for one persona's entry is told with the place of the entry of the one that asks next."""
    role, closure = role_and_unseen_closure()
    before = violations(role, closure)
    here = SourceLocation("another persona")
    never = tuple(one._replace(where=here) for one in role.persona.never)
    after = violations(replace(role, persona=replace(role.persona, never=never)), closure)
    assert {one.never.where for one in after} == {here}
    assert [one._replace(never=None) for one in after] == [one._replace(never=None) for one in before]  # type: ignore[arg-type]


def test_a_budget_that_a_part_is_of_runs_out_at_the_same_step() -> None:
    """What is remembered of a closure is paid step by step where there are too few: no more is taken than is there."""
    role, closure = role_and_unseen_closure()
    whole = Budget()
    tuple(each_violation(role, closure, whole))
    spent = []
    for asked in (role_and_unseen_closure()[1], closure):
        around = Budget(whole.spent - 1)
        with pytest.raises(TooComplex):
            tuple(each_violation(role, asked, around.part(whole.spent)))
        spent.append(around.spent)
    assert spent[0] == spent[1]


@pytest.mark.parametrize(
    "pattern", ["sagemaker:CreateTrainingJob", "SAGEMAKER:create*", "s?:*", "*:Get*", "none:X", "*"]
)
def test_an_entry_speaks_of_the_actions_that_its_pattern_matches(pattern: str) -> None:
    """Named by itself, by service or by no service: the first violation is that of asking action by action."""
    role = rendered(CATALOG, persona="ml-engineer").role
    entry = Never(Forbidden(action=pattern), SourceLocation("a persona"))
    found = violations(replace(role, persona=replace(role.persona, never=(entry,))), ())
    granted = [action for one in role.unfolded if one.effect is Effect.ALLOW for action in one.actions]
    first = next((action for action in granted if matches_action(pattern, action)), None)
    assert [one.action for one in found] == ([first] if first else [])


def test_few_contexts_and_many_are_asked() -> None:
    """Of a product that nobody can hold, no context is made before its turn."""
    role = rendered(CATALOG, persona="ml-engineer").role
    many = {f"aws:RequestTag/{number}": tuple(map(str, range(100))) for number in range(20)}
    few: dict[str, tuple[str, ...]] = {"aws:RequestedRegion": ("eu-west-1", "us-east-1")}
    for context in (few, many):
        entry = Never(Forbidden(action="sagemaker:CreateTrainingJob", context=context), SourceLocation("a persona"))
        asked = replace(role, persona=replace(role.persona, never=(entry,)))
        assert [one.action for one in violations(asked, ())] == ["sagemaker:CreateTrainingJob"]
