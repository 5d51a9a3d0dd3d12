"""
Which modules call nothing of AWS by themselves, and which functions run what is not Python of the file.

Python's own modules and those of ``data/modules.json`` call nothing; boto3 and the SDK have tables; of any other that
is not among the files that are read, nobody can tell.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final

from rolemgr.code.sdk_table import TOP

_DATA: Final = Path(__file__).parent / "data" / "modules.json"
_TABLED: Final = frozenset({"boto3", "botocore", "builtins", *TOP})


@cache
def module_data() -> Mapping[str, Any]:
    """Return what ``data/modules.json`` says."""
    found: Mapping[str, Any] = json.loads(_DATA.read_bytes())
    return found


@cache
def _harmless() -> frozenset[str]:
    return frozenset(module_data()["harmless"])


@cache
def _runs() -> Mapping[str, str]:
    return {path: kind for kind, paths in module_data()["runs"].items() for path in paths}


def is_standard(path: str) -> bool:
    """Tell whether *path* is in a module of Python's own."""
    top = path.partition(".")[0]
    return top in sys.stdlib_module_names or top == "builtins"


def is_harmless(path: str) -> bool:
    """Tell whether what is at *path* calls nothing of AWS by itself."""
    top = path.partition(".")[0]
    return is_standard(path) or top in _harmless()


def is_tabled(path: str) -> bool:
    """Tell whether *path* is of a library that tables describe: boto3 or the SDK."""
    return path.partition(".")[0] in _TABLED


def runs_what(path: str) -> str:
    """Return what the function at *path* runs: ``command``, ``arguments``, ``magic``, ``code``, ``import`` or ""."""
    return _runs().get(path, "")


def passes_on(path: str) -> bool:
    """Tell whether the function at *path* gives what it is given, or parts of that."""
    return path in module_data()["passes_on"]


def modules_of(paths: Iterable[str]) -> frozenset[str]:
    """Return the names by which code may import the Python files at *paths*: ``utils``, and ``src.utils``."""
    found: set[str] = set()
    for path in map(PurePath, paths):
        if path.suffix != ".py":
            continue
        parts = [*path.parts[:-1], *([] if path.stem == "__init__" else [path.stem])]
        found |= {".".join(parts[at:]) for at in range(len(parts))}
    return frozenset(found)


def is_given(module: str, name: str, given: frozenset[str]) -> bool:
    """Tell whether *module*, or what an import takes as *name* from it, is among the modules that are read."""
    path = module.lstrip(".")
    return path in given or f"{path}.{name}".strip(".") in given
