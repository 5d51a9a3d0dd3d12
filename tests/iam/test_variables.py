"""Policy variables: one grammar for those who compare, count, replace or fill them."""

import pytest

from rolemgr.iam.variables import (
    Piece,
    Variable,
    around_variables,
    as_pattern,
    early_variable,
    has_variable,
    key_variables_in,
    known_variables_in,
    opens_variable,
    parse,
    replaced,
    split_variables,
)

TAG = "${aws:PrincipalTag/Project, 'no${ne'}"


def test_a_default_belongs_to_its_variable() -> None:
    """A comma and a quoted text behind the key, whatever stands in the quotes."""
    assert parse(f"a/{TAG}/*", variables=True) == (
        Piece("a/", live=True),
        Variable("aws:principaltag/project", "no${ne", "aws:PrincipalTag/Project"),
        Piece("/*", live=True),
    )
    assert [one.spelling for one in known_variables_in(f"{TAG}${{*}}${{aws:userid}}")] == [
        "aws:PrincipalTag/Project",
        "aws:userid",
    ]


def test_escapes_stay_themselves_in_a_text_and_one_character_in_a_pattern() -> None:
    """`${*}` is a star and no wildcard: the narrowest pattern that holds it is `?`."""
    text = "a${*}b${?}c${$}{x}"
    assert replaced(text, "v") == "a*b?c${x}"
    assert as_pattern(text) == "a?b?c${x}"


@pytest.mark.parametrize("odd", ["${}", "${a'b}", "${ }", "${a, b}"])
def test_what_iam_would_refuse_is_still_one_place(odd: str) -> None:
    """A rule names the mistake; who only needs the shape of the text reads on."""
    assert as_pattern(f"arn:{odd}:x") == "arn:*:x"
    assert has_variable(odd)
    assert split_variables(f"a{odd}b") == ("a", odd, "b")
    assert around_variables(f"a{odd}b") == ("a", odd, "b")
    with pytest.raises(ValueError, match="does not start with a policy variable"):
        parse(odd, variables=True)


def test_without_a_closing_brace_nothing_is_a_variable() -> None:
    """The text is what it is."""
    assert replaced("a/${aws:userid", "v") == "a/${aws:userid"
    assert not has_variable("a/${aws:userid")


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ("arn:aws:s3:::${aws:username}/*", None),
        ("arn:aws:sns:*:*:${aws:PrincipalTag/a:b}", None),
        ("arn:${aws:x}:s3:::b", "${aws:x}"),
        ("arn:aws:iam::${aws:PrincipalAccount}:role/*", "${aws:PrincipalAccount}"),
        ("arn:aws:iam::${*}:role/*", None),
        ("arn:aws:iam::${var.account}:role/*", None),
        ("${aws:PrincipalTag/arn}", None),
        ("*", None),
    ],
)
def test_an_early_variable_stands_before_the_fifth_colon(resource: str, found: str | None) -> None:
    """A key of IAM's in one of an ARN's first five parts."""
    assert early_variable(resource) == found


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("${aws:PrincipalTag/Project, 'none'}", ["aws:PrincipalTag/Project"]),
        ("${accounts.google.com:sub}/${oidc.eks.eu-west-1.amazonaws.com/id/AB:sub}",
         ["accounts.google.com:sub", "oidc.eks.eu-west-1.amazonaws.com/id/AB:sub"]),
        ("${AWS::Region}-${var.account}-${Bucket}-${*}", []),
        ('${x ? "a:b" : "c"}', []),
    ],
)  # fmt: skip
def test_a_variable_of_iam_names_a_condition_key(text: str, keys: list[str]) -> None:
    """What CloudFormation and Terraform fill in does not."""
    assert [one.spelling for one in key_variables_in(text)] == keys


@pytest.mark.parametrize("text", ["a", "$", "{a}", "$ {a}"])
def test_nothing_opens_a_variable_but_its_sign(text: str) -> None:
    """Also where the variable is never closed."""
    assert not opens_variable(text)
    assert opens_variable(f"{text}${{")
