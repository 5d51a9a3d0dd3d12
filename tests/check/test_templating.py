"""Files that another tool fills in, and variables of tools: no false alarm, and an administrator is still found."""

import json
from typing import Any

import pytest

from rolemgr.check.run import check
from rolemgr.check.sources import look_into

READ: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"}
ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BRACES = [
    "x.json.j2",
    "x.j2",
    "x.jinja",
    "x.json.jinja2",
    "x.j2.json",
    "x.tpl",
    "x.tmpl",
    "x.mustache",
    "x.HBS",
    "x.njk",
]
TAGS = ["x.json.erb", "x.ejs", "x.epp"]
TERRAFORM = ["x.json.tftpl", "x.tpl", "x.json.tmpl"]


def judged(data: Any, name: str) -> tuple[list[str], list[str]]:
    """Return the rules that find something in *data*, the file *name*, and the reasons of what is not judged."""
    found, unknown = look_into(json.dumps(data, indent=1), name, as_json=True)
    return [one.rule for one in check(found)], [one.reason for one in unknown]


def policy(*statements: Any) -> dict[str, Any]:
    """Return a policy of *statements*."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        *((name, "{{ x }}") for name in BRACES),
        *((name, "{% if a %}s3:GetObject{% endif %}") for name in BRACES),
        *((name, "<%= x %>") for name in TAGS),
        *((name, "${x}") for name in TERRAFORM),
    ],
)
def test_a_place_that_a_tool_fills_in_is_not_judged(name: str, place: str) -> None:
    """Wherever it stands; what stands beside it is."""
    for element in ("Action", "Resource", "Effect"):
        rules, reasons = judged(policy({**READ, element: place}), name)
        assert not rules
        assert len(reasons) == 1
        assert element in reasons[0]
    rules, _ = judged(policy({**READ, "Action": place}, ADMIN), name)
    assert rules == ["RM601"]


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("x.j2", "arn:aws:s3:::{{ bucket }}/${aws:username}/*"),
        ("x.tftpl", "arn:aws:s3:::${bucket}/$${aws:username}/*"),
        ("x.erb", "arn:aws:s3:::<%= bucket %>/*"),
    ],
)
def test_a_place_within_a_resource_leaves_its_shape(name: str, resource: str) -> None:
    """One bucket is meant, and the variables of IAM stay what they are."""
    assert judged(policy({**READ, "Resource": resource}), name) == ([], [])


def test_the_name_alone_makes_a_template() -> None:
    """Nothing fills in a plain file: what stands there is what AWS gets."""
    assert judged(policy({**READ, "Action": "{{ x }}"}), "x.json")[0] == ["RM104"]
    assert judged(policy({**READ, "Action": "<%= x %>"}), "x.j2")[0] == ["RM104"]


@pytest.mark.parametrize("name", ["x.tfvars.json", "x.auto.tfvars.json", "x.pkrvars.json", "variables.json"])
@pytest.mark.parametrize("key", ["policy", "Policy", "resourcePolicy"])
def test_a_variable_is_judged_by_what_stands_in_it(name: str, key: str) -> None:
    """No answer of AWS has a resource's policy without a Principal."""
    assert judged({key: policy(READ)}, name) == ([], [])
    assert judged({key: policy(ADMIN)}, name)[0] == ["RM601"]
    public = {**READ, "Principal": "*"}
    assert judged({key: policy(public)}, name)[0] == ["RM605"]


def test_an_answer_is_still_read_as_one() -> None:
    """The AWS CLI prints the policy of a resource as text."""
    assert judged({"Policy": json.dumps(policy(READ))}, "x.json")[0] == ["RM101"]
