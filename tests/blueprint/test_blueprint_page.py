"""docs/blueprint.md is true: its blueprints build and prove, and each of its commands runs as it stands."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.blueprint.accepting import ANYWHERE, PEOPLE, accepting

if TYPE_CHECKING:
    from tests.conftest import Run

PAGE = (Path(__file__).resolve().parents[2] / "docs/blueprint.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
HEAD = """\
accounts: {ml: {id: "123456789012"}}
keys: {ml/churn-key: 1234abcd-12ab-34cd-56ef-1234567890ab, ml/fraud-key: 1234abcd-12ab-34cd-56ef-1234567890ac}
"""


def _problems(text: str, run: "Run") -> list[object]:
    """Return what `prove` and `build` say against the blueprint *text*: exit codes and errors."""
    Path("bp.yaml").write_text(text, "utf-8")
    found = [run(command, "bp.yaml") for command in ("prove", "build")]
    return [(ran.code, ran.errors) for ran in found if ran.code or ran.errors]


def test_its_commands_run(run: "Run") -> None:
    """One after the other, in a folder whose main branch has what the first one makes."""
    first, *commands = re.findall(r"^rolemgr (.*)$", PAGE, re.MULTILINE)
    assert (run(*shlex.split(first)).code, len(commands)) == (0, 6)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    for args in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-qm", "x")):
        subprocess.run(["git", *args], check=True, capture_output=True)  # noqa: S607 - whatever git there is
    for command in commands:
        ran = run(*shlex.split(command, comments=True))
        assert (ran.code, ran.errors) == (0, [])


def test_who_reaches_its_accounts_is_shown(run: "Run") -> None:
    """The block on profiles and roles is a blueprint with a role in it."""
    Path("bp.yaml").write_text(BLOCKS[4] + "roles: {data/training: {persona: sagemaker-compute}}\n", "utf-8")
    data = json.loads(run("show", "blueprint", "bp.yaml", "--format", "json").stdout)
    found = {one["name"]: {each["key"]: each["value"] for each in one["reached_by"]} for one in data["accounts"]}
    assert found == {
        "data": {"profile": "organization", "assume": "rolemgr-deploy, external id rolemgr"},
        "security": {"profile": "security"},
    }


def test_its_first_blueprint_proves(run: "Run") -> None:
    """As it stands."""
    assert _problems(BLOCKS[0] + accepting(ANYWHERE), run) == []


def test_its_projects_prove(run: "Run") -> None:
    """With an account and keys around them; and with Identity Center in the place of Okta."""
    projects, center = BLOCKS[1], BLOCKS[3]
    accepted = accepting(PEOPLE)
    assert _problems(HEAD + projects + accepted, run) == []
    provider = "AWSSSO_0123456789abcdef_DO_NOT_DELETE"
    assert (
        _problems(HEAD + projects.replace("saml-provider/Okta", f"saml-provider/{provider}") + center + accepted, run)
        == []
    )
    assert Path("build/ml/permission-sets/data-scientist.yaml").is_file()


def test_what_it_accepts_can_be_accepted(run: "Run") -> None:
    """Behind its first blueprint, with the role that it names."""
    assert _problems(BLOCKS[0] + BLOCKS[2], run) == []
