"""Find resources that are made without the tags that everything must have."""

from collections.abc import Mapping
from typing import Any


def find(detail: dict[str, Any], environ: Mapping[str, str], _client: object) -> str | None:
    """Return which of the required tag keys the request in *detail* lacks, or None where it has them all."""
    given = {str(tag["key"]) for tag in detail["requestParameters"].get("tags") or []}
    missing = [_missing(key, given) for key in environ["TAG_KEYS"].split(",") if key not in given]
    return f"made without the tag {', '.join(missing)}" if missing else None


def _missing(key: str, given: set[str]) -> str:
    """Return *key*, with the tag beside it that was meant, perhaps: tag keys are case-sensitive."""
    near = sorted(other for other in given if other.lower() == key.lower())
    return f"{key} (but with {', '.join(near)})" if near else key
