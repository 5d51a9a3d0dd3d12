"""What holds for a role: the nearest place that says it, and errors at the line that says it."""

import pytest
from tests.blueprint.faulty import of_text

from rolemgr.errors import RolemgrError

BLUEPRINT = """\
regions: [eu-central-1]
guardrail: {max-runtime: 1h, instance-types: [ml.m5.large]}
tag: {Team: all, Cost: "1"}
max_session: 1h
ous:
  ml: {guardrail: {max-runtime: 2h}, tag: {Team: unit}}
accounts:
  one: {id: "111111111111", ou: ml, guardrail: {max-runtime: 3h}}
  two: {id: "222222222222", ou: ml, region: eu-west-1}
  three: {id: "333333333333", tag: {Cost: "3"}}
roles:
  one/a: {persona: ml-engineer, name: a, pass_role: [one/b]}
  one/b: {persona: sagemaker-compute, name: b, guardrail: {max-runtime: 4h}, tag: {Team: own}, max_session: 2h}
  two/a: {persona: ml-engineer, name: a, pass_role: ["arn:aws:iam::222222222222:role/elsewhere"]}
  three/a: {persona: ml-engineer, name: a, pass_role: self}
"""


def test_the_nearest_place_has_the_value() -> None:
    """Role before account before unit before all; named values one by one."""
    found = {one.place: one.role.spec for one in of_text(BLUEPRINT).roles}
    hours = {place: str(spec.guardrail["max-runtime"]) for place, spec in found.items()}
    assert {place: text[2] for place, text in hours.items()} == {
        "one/a": "3",
        "one/b": "4",
        "two/a": "2",
        "three/a": "1",
    }
    assert all("ml.m5.large" in str(spec.guardrail["instance-types"]) for spec in found.values())
    assert {place: spec.tag for place, spec in found.items()} == {
        "one/a": {"Team": "unit", "Cost": "1"}, "one/b": {"Team": "own", "Cost": "1"},
        "two/a": {"Team": "unit", "Cost": "1"}, "three/a": {"Team": "all", "Cost": "3"},
    }  # fmt: skip
    assert {place: spec.region for place, spec in found.items()} == {
        "one/a": "eu-central-1", "one/b": "eu-central-1", "two/a": "eu-west-1", "three/a": "eu-central-1",
    }  # fmt: skip
    assert (found["one/b"].max_session, found["two/a"].max_session) == (7200, 3600)


def test_roles_are_passed_by_their_places() -> None:
    """A place becomes an ARN, an ARN stays."""
    found = {one.place: one.role.spec.pass_role for one in of_text(BLUEPRINT).roles}
    assert found["one/a"] == ("arn:aws:iam::111111111111:role/b",)
    assert found["two/a"] == ("arn:aws:iam::222222222222:role/elsewhere",)


@pytest.mark.parametrize(
    ("of", "put", "line", "says"),
    [
        ("max-runtime: 1h", "max-runtme: 1h", 2, "did you mean max-runtime?"),
        ("max-runtime: 2h", "max-runtime: 2y", 6, "2y"),
        ("max-runtime: 3h", "max-runtime: 3y", 8, "3y"),
        ("max-runtime: 4h", "max-runtime: 4y", 13, "4y"),
        ("max_session: 1h", "max_session: 20h", 4, "from 1h to 12h"),
        ("ou: ml, region", "ou: mls, region", 9, "did you mean ml?"),
        ("[one/b]", "[one/c]", 12, "unknown role `one/c`"),
    ],
)
def test_an_error_has_the_line_that_says_it(of: str, put: str, line: int, says: str) -> None:
    """Also for a value that a role inherits."""
    assert of in BLUEPRINT
    with pytest.raises(RolemgrError) as raised:
        of_text(BLUEPRINT.replace(of, put, 1))
    said = str(raised.value).splitlines()
    assert any(text.startswith(f"blueprint.yaml:{line}: ") and says in text for text in said), said
