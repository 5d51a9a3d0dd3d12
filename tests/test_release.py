"""What is released is what was said: one version, a bill of materials of what is locked, actions that can't move."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tools.bom import bare, pins

from rolemgr import __version__

TOP = Path(__file__).resolve().parents[1]
BOM: dict[str, Any] = json.loads((TOP / "ci/bom.cdx.json").read_text())
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]


def test_one_version_everywhere() -> None:
    """In the package, the project, the bill of materials, the changelog, and what a reader copies."""
    assert PROJECT["version"] == BOM["metadata"]["component"]["version"] == __version__
    assert re.search(rf"^## {re.escape(__version__)}\b", (TOP / "CHANGELOG.md").read_text(), re.MULTILINE)
    copied = [(TOP / name).read_text() for name in ("docs/use-in-ci.md", ".pre-commit-hooks.yaml")]
    assert [set(re.findall(r"\bv(\d+\.\d+\.\d+)\b(?=`|\n|  #)", text)) & {__version__} for text in copied] == [
        {__version__},
        {__version__},
    ]


def test_the_bill_of_materials_is_what_is_locked() -> None:
    """Each component at the version of the lock, named as the index names it, with a licence; and none too many."""
    locked = dict(pin.split("==") for pin in pins())
    found = {bare(one["name"]): one for one in BOM["components"]}
    assert {name: one["version"] for name, one in found.items()} == {name: locked[name] for name in found}
    assert all(one["purl"] == f"pkg:pypi/{name}@{one['version']}" for name, one in found.items())
    assert [name for name, one in found.items() if not one["licenses"]] == []
    assert BOM["metadata"]["component"]["licenses"][0]["license"]["id"] == PROJECT["license"]


def test_the_bill_of_materials_says_what_needs_what() -> None:
    """The tool needs what pyproject.toml says, and each component is there because something needs it."""
    needs = {one["ref"]: one.get("dependsOn", []) for one in BOM["dependencies"]}
    root = BOM["metadata"]["component"]["bom-ref"]
    assert {bare(ref.partition("==")[0]) for ref in needs[root]} == set(map(bare, PROJECT["dependencies"]))
    reached, left = set(), [root]
    while left:
        reached.add(one := left.pop())
        left += [ref for ref in needs[one] if ref not in reached]
    assert reached == {root, *(one["bom-ref"] for one in BOM["components"])}


def test_the_bill_of_materials_is_the_same_wherever_it_is_made() -> None:
    """It is CycloneDX without a time, a serial number or a place."""
    text = json.dumps(BOM)
    assert (BOM["bomFormat"], BOM["specVersion"], BOM["version"]) == ("CycloneDX", "1.6", 1)
    assert "serialNumber" not in BOM
    assert "timestamp" not in BOM["metadata"]
    assert re.findall(r"file:|/(?:tmp|home|root|work|usr|opt)/", text) == []


EXAMPLES = [
    path
    for pattern in ("docs/*.md", "examples/**/*.md", "src/rolemgr/**/*.j2", "*.yml", "README.md")
    for path in sorted(TOP.glob(pattern))
    if re.search(r"uses: \S+@", path.read_text("utf-8"))
]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(TOP)))
def test_the_actions_of_others_are_pinned_by_commit(path: Path) -> None:
    """A tag can be moved to other code, with the secrets of whoever names it; the version stands behind."""
    for action, pin, rest in re.findall(r"uses: ([\w./-]+)@(\S+)(.*)", path.read_text("utf-8")):
        if action != "ORGANIZATION/rolemgr":
            assert re.fullmatch(r"[0-9a-f]{40}", pin), f"{action}@{pin}"
            assert re.fullmatch(r"  # v\d+\.\d+\.\d+", rest), f"{action} without its version"


def test_there_are_such_examples() -> None:
    """The test above looks at something."""
    assert len(EXAMPLES) > 3


def test_each_promise_of_the_threat_model_names_a_test_that_is_there() -> None:
    """A row without a test is a hope."""
    text = (TOP / "SECURITY.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text)
    missing = [f"{path}::{test}" for path, test in named if f"def {test}(" not in (TOP / path).read_text()]
    assert missing == []
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| who", "| ---"))]
    assert len(rows) > 15
    assert [row for row in rows if "::test_" not in row] == []


def test_pythons_that_are_claimed_are_tested() -> None:
    """Each classifier is a row of the page that says what was tried."""
    claimed = {one.rpartition(" ")[2] for one in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", one)}
    page = (TOP / "docs/install.md").read_text()
    assert claimed == set(re.findall(r"^\| (3\.\d+)\.\d+ \|", page, re.MULTILINE))
