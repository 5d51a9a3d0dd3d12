"""The grammar of conditions: the operators are the evaluator's, values and variables are well formed."""

import pytest

from rolemgr.iam.operators import CONDITION_OPERATORS, base_operator, parse_operator
from rolemgr.iam.values import READERS, value_problem
from rolemgr.iam.variables import variables_in


def test_every_operator_can_read_its_values() -> None:
    """Null alone asks about the key and not about its values."""
    assert set(CONDITION_OPERATORS) == {*READERS, "Null"}


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
    assert [one.spelling for one in variables_in("a/${aws:userid}/${*}-${aws:PrincipalTag/team, 'ml'}")] == [
        "aws:userid",
        "aws:PrincipalTag/team",
    ]
    with pytest.raises(ValueError, match="does not start with a policy variable"):
        list(variables_in("a/${aws:userid"))


@pytest.mark.parametrize(
    ("name", "values", "holds"),
    [
        ("StringEquals", (), False),
        ("StringNotEquals", (), True),
        ("StringEqualsIfExists", (), True),
        ("ForAllValues:StringEquals", (), True),
        ("ForAnyValue:StringNotEquals", (), False),
        ("ForAnyValue:StringEqualsIfExists", (), True),
        ("Null", ("true",), True),
        ("Null", ("TRUE", "false"), True),
        ("Null", ("false",), False),
    ],
)
def test_what_an_operator_says_of_an_absent_key(name: str, values: tuple[str, ...], holds: bool) -> None:
    """One answer for the evaluator, the guardrails and the rules."""
    operator = parse_operator(name)
    assert operator is not None
    assert operator.true_where_absent(values) is holds
    assert str(operator) == name
