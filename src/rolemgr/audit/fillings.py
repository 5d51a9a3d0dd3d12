"""Values for the policy variables of resources that nobody settles: those with which a pattern is about a resource."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rolemgr.audit.contexts import Choice, is_settled, may_choose
from rolemgr.evaluate.policies import ActionStatements
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import Variable, replaced

_MOST_STARS: Final = 4
"""How many stars a pattern may have beside its variables: with more, what each stands for takes too long to find."""
_MOST_FILLINGS: Final = 4


def fillings(
    about: Iterable[ActionStatements], resource: str, settled: Mapping[str, object], choice: Choice,
    free: tuple[str, ...] = (),
) -> Iterator[dict[str, tuple[str, ...]]]:  # fmt: skip
    """Yield nothing, then values of keys, lower case, that are *free* or that *choice* leaves to the caller."""

    def is_free(key: str) -> bool:
        return key.startswith(free) or (may_choose(key, choice) and not is_settled(key))

    found: list[dict[str, tuple[str, ...]]] = [{}]
    for group in about:
        for _, one in group.statements:
            if one.everywhere or one.effect is not Effect.ALLOW or not one.resource_variables:
                continue
            for pattern in one.resources:
                values = _read(pattern, resource)
                unset = {key: text for key, text in values.items() if key not in settled}
                if unset and unset not in found and all(map(is_free, unset)):
                    found.append(unset)
    yield from found[: _MOST_FILLINGS + 1]


def _read(pattern: str, resource: str) -> dict[str, tuple[str, ...]]:
    """Return what the variables of *pattern* stand for in *resource*; none where it is not about it."""
    keys: list[str] = []

    def mark(variable: Variable) -> str:
        keys.append(variable.key)
        return "\0"

    text = replaced(pattern, mark)
    if not keys or text.count("*") > _MOST_STARS:
        return {}
    parts = {"\0": "([^:/]+)", "*": ".*", "?": "."}
    match = re.fullmatch("".join(parts.get(one) or re.escape(one) for one in text), resource)
    return {key: (value,) for key, value in zip(keys, match.groups(), strict=True)} if match else {}
