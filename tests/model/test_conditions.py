"""The grammar of conditions: the operators are the evaluator's, values and variables are well formed."""

import pytest

from rolemgr.evaluate.operators import OPERATORS
from rolemgr.model.conditions import CONDITION_OPERATORS, base_operator, value_problem, variables_in


def test_the_operators_are_those_that_the_evaluator_knows() -> None:
    """Written apart, as rooms may not look ahead, and held together here."""
    assert set(CONDITION_OPERATORS) == {*OPERATORS, "Null"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("StringEquals", "StringEquals"), ("ForAllValues:StringLikeIfExists", "StringLike"), ("ForAnyValue:ArnLike", "ArnLike"),
     ("StringEqual", None), ("ForSomeValues:StringLike", None), ("NullIfExists", None), ("ForAnyValue:Null", None), ("Null", "Null")],
)  # fmt: skip
def test_qualifier_and_ifexists_are_taken_off(name: str, expected: str | None) -> None:
    """What IAM has no operator for has no base."""
    assert base_operator(name) == expected


@pytest.mark.parametrize(("operator", "value", "wrong"), [("Bool", "maybe", True), ("Bool", "True", False), ("Null", "no", True),
                         ("NumericLessThan", "12h", True), ("NumericLessThan", "-2.5", False), ("StringEquals", "maybe", False)])  # fmt: skip
def test_values_that_the_operator_can_not_read(operator: str, value: str, wrong: bool) -> None:
    """A typo in a value would make a statement that IAM refuses, or that never matches."""
    assert bool(value_problem(operator, value)) is wrong


def test_variables_are_found_and_broken_ones_refused() -> None:
    """With defaults and without; the three escapes are no variables."""
    assert list(variables_in("a/${aws:userid}/${*}-${aws:PrincipalTag/team, 'ml'}")) == [
        "aws:userid",
        "aws:PrincipalTag/team",
    ]
    with pytest.raises(ValueError, match="starts no policy variable"):
        list(variables_in("a/${aws:userid"))
