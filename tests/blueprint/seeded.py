"""The seeded faults and the catalog, read once: `tests.blueprint.faulty` is loaded anew for each mutant."""

from functools import cache
from pathlib import Path
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.files.yaml import read_yaml

FAULTS: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("faults.yaml")).data


@cache
def catalog() -> Catalog:
    """Return the built-in catalog, read once."""
    return Catalog()
