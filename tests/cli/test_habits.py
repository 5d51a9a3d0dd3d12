"""What users of the AWS CLI, git, ruff and terraform type: each row of docs/habits.md is run."""

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

PAGE = Path(__file__).parents[2] / "docs/habits.md"
ROW = re.compile(r"\| `rolemgr (?P<words>[^`]+)` \| (?P<whose>[^|]+) \| (?P<code>\d) \| (?P<answer>[^|]+) \|")


class Habit(NamedTuple):
    """A row of the page."""

    words: str
    whose: str
    code: str
    answer: str


HABITS = [Habit(*row.groups()) for row in ROW.finditer(PAGE.read_text("utf-8"))]


@pytest.fixture(autouse=True)
def folder() -> None:
    """What the page says that there is."""
    write("roles/a.yaml", "persona: business-analyst\naccount: '123456789012'\nregion: eu-west-1\n")
    write("policies/read.json", {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*"}]})  # fmt: skip
    write("tests/read.yaml", TESTS)


TESTS = """\
policies: [../policies/read.json]
cases:
  - name: reads
    request: {action: s3:GetObject, resource: "arn:aws:s3:::acme/a.csv"}
    expect: Allowed
"""


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.words)
def test_each_is_taken_or_answered(habit: Habit, run: "Run") -> None:
    """What is refused is refused in one line, with the answer that the page has; it writes nothing."""
    before = sorted(Path().rglob("*"))
    ran = run(*shlex.split(habit.words))
    assert str(ran.code) == habit.code, ran.stderr
    if habit.code == "2":
        assert ran.stdout == ""
        assert len(ran.errors) == 1
        assert ran.errors[0].replace("`-o", "").partition("; ")[2].replace("`", "") == habit.answer.strip("`")
        assert sorted(Path().rglob("*")) == before
    else:
        assert ran.stdout


def test_the_page_has_enough_of_each() -> None:
    """At least 24, of all four; no row that the pattern above does not read."""
    page = PAGE.read_text("utf-8")
    assert len(HABITS) == page.count("\n| `rolemgr ") >= 24
    assert min(Counter(habit.whose for habit in HABITS).values()) >= 5
    assert {habit.whose for habit in HABITS} == {"AWS CLI", "git", "ruff", "terraform"}
