"""
Lock what the GitHub Action installs: ``python tools/lock.py`` writes ci/requirements.txt.

pip itself chooses the versions that pyproject.toml allows, and names the hash of the file that it would take on
each version of Python and each kind of Linux runner; nothing is installed.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
LOCK = TOP / "ci" / "requirements.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
HEAD = "# Written by tools/lock.py from pyproject.toml: what action.yml installs, on Linux.\n"


def main() -> None:
    """Write the lock file; the first Python chooses the versions, the others take the same."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    hashes: dict[str, set[str]] = {}
    for python in PYTHONS:
        for machine in MACHINES:
            for pin, found in resolved(wanted, python, machine, sorted(hashes)):
                hashes.setdefault(pin, set()).add(found)
    LOCK.write_text(HEAD + "".join(map(entry, sorted(hashes), map(hashes.get, sorted(hashes)))))


def entry(pin: str, hashes: set[str] | None) -> str:
    """Return *pin* with its *hashes* as pip reads it."""
    return " \\\n".join([pin, *(f"    --hash=sha256:{one}" for one in sorted(hashes or ()))]) + "\n"


def resolved(wanted: list[str], python: str, machine: str, pins: list[str]) -> Iterator[tuple[str, str]]:
    """Yield ``name==version`` and the SHA-256 of each file that pip would install there."""
    with tempfile.TemporaryDirectory() as folder:
        constraints, report = Path(folder, "constraints.txt"), Path(folder, "report.json")
        constraints.write_text("\n".join(pins))
        places = [f"--platform={kind}_{machine}" for kind in ("manylinux2014", "manylinux_2_17", "manylinux_2_28")]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
                   "--only-binary=:all:", f"--python-version={python}", *places, f"--target={folder}/none",
                   f"--constraint={constraints}", f"--report={report}", *wanted]  # fmt: skip
        subprocess.run(command, check=True)  # noqa: S603 - pip, on what pyproject.toml says
        for one in json.loads(report.read_text())["install"]:
            name, version = one["metadata"]["name"].lower().replace("_", "-"), one["metadata"]["version"]
            yield f"{name}=={version}", one["download_info"]["archive_info"]["hashes"]["sha256"]


if __name__ == "__main__":
    main()
