"""Find roles that are passed to SageMaker although nothing means them to be."""

from collections.abc import Iterator, Mapping
from typing import Any

from rolemgr.detective.functions.wildcards import fits

PATHS: Mapping[str, tuple[str, ...]] = {}
"""By call: where its parameters name a role."""
ROLES: tuple[str, ...] = ()
"""The ARNs that may be passed; * and ? as in IAM."""


def find(detail: dict[str, Any], _environ: Mapping[str, str], _client: object) -> str | None:
    """Return the roles that the request in *detail* passes and that are not meant to be, or None."""
    if detail["eventName"] not in PATHS:
        return None
    passed = [arn for path in PATHS[detail["eventName"]] for arn in _at(detail["requestParameters"], path.split("."))]
    strange = [arn for arn in dict.fromkeys(passed) if not any(fits(one, arn) for one in ROLES)]
    return f"passes {', '.join(strange)} to SageMaker, which no role file means to be passed" if strange else None


def _at(data: Any, path: list[str]) -> Iterator[str]:
    """Yield the texts at *path* of *data*, of each element where a list is on the way."""
    if isinstance(data, list):
        for one in data:
            yield from _at(one, path)
    elif path:
        yield from _at(data.get(path[0]), path[1:]) if isinstance(data, dict) else ()
    elif isinstance(data, str):
        yield data
