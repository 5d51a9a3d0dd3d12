"""
Write the bill of materials, ci/bom.cdx.json: ``python tools/bom.py``, with ``pip install -e '.[release]'``.

It is CycloneDX, made by cyclonedx-py of an empty environment into which rolemgr alone was installed, at the versions
that ci/requirements.txt locks: what runs, with licences and what needs what; no builder, no time and no place.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[1]
BOM = TOP / "ci" / "bom.cdx.json"
LOCK = TOP / "ci" / "requirements.txt"


def main() -> None:
    """Make the environment, have it described, and write what was found."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False, symlinks=True)
        python = Path(folder, "bin", "python")
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("\n".join(pins()))
        wanted = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["dependencies"]
        run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", f"--constraint={constraints}",
            *wanted)  # fmt: skip
        made = run(str(Path(sys.executable).with_name("cyclonedx-py")), "environment", "--output-reproducible",
                   f"--pyproject={TOP / 'pyproject.toml'}", str(python))  # fmt: skip
    BOM.write_text(json.dumps(with_root(json.loads(made), wanted), indent=2, ensure_ascii=False) + "\n")


def pins() -> list[str]:
    """Return each ``name==version`` of the lock."""
    return [line.split()[0] for line in LOCK.read_text().splitlines() if "==" in line]


def with_root(bom: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Return *bom* with what rolemgr itself needs, which is *wanted*: it is not installed in the environment."""
    names = {bare(one) for one in wanted}
    needs = sorted(one["bom-ref"] for one in bom["components"] if bare(one["name"]) in names)
    root = bom["metadata"]["component"]["bom-ref"]
    others = [one for one in bom["dependencies"] if one["ref"] != root]
    return {**bom, "dependencies": [{"ref": root, "dependsOn": needs}, *others]}


def bare(requirement: str) -> str:
    """Return the name that *requirement* begins with, as indexes spell it."""
    name = requirement.partition(";")[0]
    for mark in "[<>=!~ ":
        name = name.partition(mark)[0]
    return name.lower().replace("_", "-").replace(".", "-")


def run(*command: str) -> str:
    """Return what *command* prints."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - pip, cyclonedx-py


if __name__ == "__main__":
    main()
