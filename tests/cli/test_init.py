"""`rolemgr init`: a starter file that `create` reads, with every key explained and every example valid."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from tests.terminal import played

from rolemgr.workflow.role_options import ROLE_OPTIONS

if TYPE_CHECKING:
    from tests.conftest import Run


def blocks(text: str) -> list[str]:
    """Return the parts of a starter file, one a key, without its head."""
    return text.split("\n\n")[1:]


def test_a_starter_needs_nothing(run: "Run") -> None:
    """Without a terminal and without options it holds a persona, and `create` needs no more."""
    ran = run("init")
    assert (ran.code, ran.stdout) == (0, "")
    assert yaml.safe_load(Path("rolemgr.yaml").read_text()) == {"persona": "data-scientist"}
    assert run("create").stdout == run("create", "--persona", "data-scientist").stdout


def test_every_option_is_in_it(run: "Run") -> None:
    """Each key of a role has its block with the words of `--help`."""
    run("init")
    keys = [
        re.findall(r"^(?:# )?([a-z_]+):", block, re.MULTILINE)[-1 if "\n#   " not in block else 0]
        for block in blocks(Path("rolemgr.yaml").read_text())
    ]
    assert keys == [option.key for option in ROLE_OPTIONS if option.key != "role"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("persona", ["data-scientist", "sagemaker-compute", "mlops-engineer"])
def test_every_example_is_valid_when_it_is_uncommented(persona: str, run: "Run") -> None:
    """Each alone makes a role, for the persona that was chosen; three say what they want besides."""
    run("init", "--persona", persona)
    text = Path("rolemgr.yaml").read_text()
    wanting = []
    for block in blocks(text):
        head, *lines = (line for line in block.splitlines() if not re.match(r"# [A-Z]", line))
        example = "\n".join(line.removeprefix("# ") for line in (head, *lines) if line != "repeatable.")
        if not head.startswith("# ") or example.endswith(":"):
            continue
        Path("rolemgr.yaml").write_text(text.replace(block, example))
        ran = run("create")
        if ran.code != 0:
            wanting.append(example.partition(":")[0])
            assert all("give" in error or "add" in error for error in ran.errors), ran.errors
    assert sorted(wanting) == ["abac", "guardrail_profile", "security_group"]


def test_options_that_are_given_stand_in_it(run: "Run") -> None:
    """The file says what the options said: the role is the same."""
    options = ("--persona", "ml-engineer", "--account", "123456789012", "--region", "eu-west-1", "--bucket", "acme",
               "--guardrail", "max-runtime=12h", "--guardrail", "network-isolation", "--tag", "Project=churn",
               "--trust", "account:123456789012?external-id=a%2Bb", "--max-session", "8h", "--parameter", "job_names=a,b",
               "--description", "yes: # no")  # fmt: skip
    assert run("init", *options).code == 0
    assert run("create").stdout == run("create", *options).stdout


def test_it_says_who_reads_the_file(run: "Run") -> None:
    """`create` finds settings by their name alone, in a folder or above it."""
    Path("below").mkdir()
    assert "`rolemgr create` in this folder takes" in run("init").stderr
    assert "`rolemgr create` in below takes" in run("init", "-o", "below/rolemgr.yaml").stderr


def test_another_name_is_a_role_file(run: "Run") -> None:
    """The first role in git: `init -o`, then `create`."""
    options = ("--persona", "ml-engineer", "--name", "first", "-o", "roles/x.yaml")
    assert run("init", *options).errors[0].endswith("; make the folder first: mkdir -p roles")
    Path("roles").mkdir()
    ran = run("init", *options)
    assert ran.stderr == "note: roles/x.yaml written; `rolemgr create roles/x.yaml` renders its role\n"
    assert Path("roles/x.yaml").read_text().startswith("# A role file: ")
    assert json.loads(run("create", "roles/x.yaml").stdout)["RoleName"] == "first"


def test_an_existing_file_is_never_overwritten(run: "Run") -> None:
    """Not even a dangling link; another place can be chosen."""
    Path("rolemgr.yaml").write_text("persona: ml-engineer\n")
    ran = run("init")
    assert (ran.code, ran.errors) == (2, ["rolemgr.yaml: exists already; edit it, or write another with -o FILE"])
    assert Path("rolemgr.yaml").read_text() == "persona: ml-engineer\n"
    Path("link.yaml").symlink_to("nowhere.yaml")
    assert run("init", "-o", "link.yaml").code == 2
    assert run("init", "-o", "-").stdout.startswith("# What rolemgr's commands take")


@pytest.mark.parametrize(
    ("options", "says"),
    [(("--persona", "nobody"), "unknown persona `nobody`"), (("--account", "1"), "is not an AWS account id"),
     (("--guardrail-profile", "encrypted"), "need a value"), (("--role", "x.yaml"), "no such option")],
)  # fmt: skip
def test_bad_options_write_nothing(options: tuple[str, ...], says: str, run: "Run") -> None:
    """What would make no role makes no starter either."""
    ran = run("init", *options)
    assert ran.code == 2
    assert says in ran.errors[0]
    assert not Path("rolemgr.yaml").exists()


def test_a_catalog_is_found_from_where_the_file_lies(small_catalog: Path, run: "Run") -> None:
    """A folder on the command line is relative to here, in the file to the file."""
    Path("below").mkdir()
    assert run("init", "--persona", "tester", "--catalog", "catalog", "-o", "below/rolemgr.yaml").code == 0
    assert yaml.safe_load(Path("below/rolemgr.yaml").read_text())["catalog"] == ["../catalog"]


def test_on_a_terminal_the_wizard_asks(run: "Run") -> None:
    """Its answers become the file; there is no command line, and quitting writes nothing."""
    code, shown = played("init", lines=["ml-engineer", "123456789012", ">", ">", ">", ">", "q"])
    assert (code, Path("rolemgr.yaml").exists()) == (1, False)
    assert "by command line" not in shown
    code, _ = played("init", lines=["ml-engineer", "123456789012", ">", ">", ">", ">", "yes"])
    assert code == 0
    assert yaml.safe_load(Path("rolemgr.yaml").read_text()) == {"persona": "ml-engineer", "account": "123456789012"}
    assert run("create").stdout == run("create", "--persona", "ml-engineer", "--account", "123456789012").stdout
