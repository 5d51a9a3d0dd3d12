"""What is known of events, as data with sources: the JSON files in ``data/``, each read once."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def facts(name: str) -> Any:
    """Return the table *name*."""
    return json.loads((Path(__file__).parent / "data" / f"{name}.json").read_bytes())
