"""A limit that limits nothing, or that nobody meets, is one error, wherever it is written."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

VALUES = {
    "caller-network=0.0.0.0/0": "`0.0.0.0/0` is every IPv4 address, and limits nothing",
    "caller-network=10.0.0.0/8": "`10.0.0.0/8` is private",
    "caller-network=203.0.113.7/24": "did you mean 203.0.113.0/24, or 203.0.113.7/32?",
    "caller-network=203.0.113.0/33": "`203.0.113.0/33` is not an IP range such as 203.0.113.0/24",
    "caller-network=0.0.0.0/1,128.0.0.0/1": "together are 0.0.0.0/0, every address, and limit nothing",
    "caller-network=ip_ranges:::/0": "`::/0` is every IPv6 address",
    "approved-models=arn:aws:sagemaker:*:*:*": "is everything, and limits nothing",
    "approved-images=arn:aws:sagemaker:*:*:?*": "is everything, and limits nothing",
}


@pytest.mark.parametrize("value", VALUES)
def test_on_the_command_line_and_in_a_role_file(value: str, run: "Run") -> None:
    """The option, or the user's line, is named, and never a file of the catalog."""
    ran = run("create", "--persona", "data-scientist", "--guardrail", value)
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith("--guardrail: guardrail `")
    assert VALUES[value] in ran.errors[0]
    name, _, texts = value.partition("=")
    listed = "".join(f"    - '{text}'\n" for text in texts.split(","))
    Path("role.yaml").write_text(f"persona: data-scientist\nguardrail:\n  {name}:\n{listed}")
    ran = run("create", "role.yaml")
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith("role.yaml:")
    assert VALUES[value] in ran.errors[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scp", "expected-networks", "--parameter", "ip_ranges=0.0.0.0/0"], "ip_ranges: `0.0.0.0/0` is every IPv4"),
        (["scp", "expected-networks", "--parameter", "ip_ranges=0.0.0.0/1,128.0.0.0/1"], "together are 0.0.0.0/0"),
        (["rcp", "networks", "--parameter", "ip_ranges=10.1.0.0/16"], "ip_ranges: `10.1.0.0/16` is private"),
    ],
)
def test_in_layers(words: list[str], says: str, run: "Run") -> None:
    """An SCP or RCP is held to the same."""
    more = ["--parameter", "roles=arn:*:iam::*:role/x", "--parameter", "networks=vpc-0a1b2c3d"]
    ran = run(*words, *more)
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert says in ran.errors[0]


def test_a_model_list_of_everything_is_no_limit(run: "Run") -> None:
    """It is what NotResource spares."""
    ran = run("scp", "bedrock-models", "--parameter", "models=arn:aws:bedrock:*:*:*")
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert "limits nothing" in ran.errors[0]


def test_all_of_a_type_is_said(run: "Run") -> None:
    """That there must be one is a limit at times, so it is a note."""
    ran = run("create", "--persona", "ml-engineer", "--guardrail", "approved-models=arn:aws:sagemaker:*:*:model/*")
    assert ran.code == 0
    assert any("is all that there is of its type" in one for one in ran.notes)
