"""Same input, same bytes: from run to run, under any hash seed, in whatever order options are given."""

import os
import subprocess
import sys
from functools import cache
from itertools import permutations

import pytest
from tests.conftest import Run

PLACE = ("--account", "123456789012", "--region", "eu-west-1")
PROGRAM = (sys.executable, "-m", "rolemgr.cli.main")
OPTIONS = (
    ("--persona", "data-scientist"),
    ("--explain",),
    ("--bucket", "acme-b", "--bucket", "acme-a"),
    ("--tag", "B=2", "--tag", "A=1"),
    ("--remove", "read-logs", "--remove", "pull-images"),
)


@cache
def printed(*arguments: str, seed: str = "0") -> bytes:
    """Return what `rolemgr` prints in a fresh process with this hash seed."""
    environ = {**os.environ, "PYTHONHASHSEED": seed}
    return subprocess.run([*PROGRAM, *arguments], env=environ, capture_output=True, check=True).stdout


def flat(options: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return *options* as one list of arguments."""
    return [word for option in options for word in option]


@pytest.mark.parametrize("seed", ["1", "random"])
def test_the_hash_seed_does_not_matter(seed: str) -> None:
    """No set or hash decides the order of anything that is written."""
    command = ("create", *PLACE, *flat(OPTIONS))
    assert printed(*command, seed=seed) == printed(*command)


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_page_for_reviewers_has_the_same_bytes(form: str) -> None:
    """It can be kept in git, and a diff of two of them shows what the role's change is."""
    command = ("preview", *PLACE, *OPTIONS[0], *OPTIONS[2], *OPTIONS[3], "--format", form)
    assert printed(*command) == printed(*command, seed="12345")


@pytest.mark.parametrize("order", list(permutations(range(len(OPTIONS))))[::29])
def test_the_order_of_options_does_not_matter(order: tuple[int, ...], run: Run) -> None:
    """Options in another order, and groups within an option, give the same role."""
    shuffled = tuple(OPTIONS[place] for place in order)
    ran = run("create", *PLACE, *flat(shuffled))
    assert (ran.code, ran.stdout) == (0, run("create", *PLACE, *flat(OPTIONS)).stdout)


def test_the_order_of_a_repeated_option_does_not_matter(run: Run) -> None:
    """Buckets, tags and groups are sets to the user, and so to the role."""
    other = (
        *OPTIONS[:2],
        ("--bucket", "acme-a", "--bucket", "acme-b"),
        ("--tag", "A=1", "--tag", "B=2"),
        ("--remove", "pull-images", "--remove", "read-logs"),
    )
    ran = run("create", *PLACE, *flat(other))
    assert (ran.code, ran.stdout) == (0, run("create", *PLACE, *flat(OPTIONS)).stdout)
