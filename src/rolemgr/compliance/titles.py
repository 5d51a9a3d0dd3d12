"""What controls are called, where that is in the public domain; the texts of PCI DSS and SOC 2 are not."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _titles() -> Mapping[str, Mapping[str, str]]:
    """Return the titles of each framework that has some, by control."""
    rows: Mapping[str, Any] = json.loads(Path(__file__).with_name("titles.json").read_bytes())
    return {name: rows[one.get("same_as", name)]["titles"] for name, one in rows.items()}


def control_title(framework: str, control: str) -> str | None:
    """Return what the *control* of *framework* is called; None where that is not known, or not ours to say."""
    return _titles().get(framework, {}).get(control)
