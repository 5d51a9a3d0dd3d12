"""Find calls outside of guardrails, by the guardrails' own Denies, and calls that no guardrail sees."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rolemgr.detective.functions.stopping import stopped
from rolemgr.detective.functions.wildcards import fits

DENIES: tuple[Any, ...] = ()
"""Guardrail, Sid, calls, and conditions as in IAM."""
PATHS: Mapping[str, Mapping[str, Any]] = {}
"""By condition key and call: where the parameters have its values."""
PLACES: Mapping[str, tuple[Any, ...]] = {}
"""By call that by-passes a guardrail: guardrail, objects that have a setting, the setting, operator and values."""
UNSEEN: Mapping[str, Mapping[str, str]] = {}
"""By call: the guardrails that it by-passes in a way that no request shows, each with the reason."""


def find(detail: dict[str, Any], environ: Mapping[str, str], client: Callable[[str], Any]) -> str | None:
    """Return what of the request in *detail* is outside, or which guardrails can't see it; None where it is inside."""
    call, request = detail["eventName"], detail["requestParameters"]
    values = {key: _values(request, calls[call]) for key, calls in PATHS.items() if call in calls}
    hidden = sorted(key for key, given in values.items() if _is_hidden(given))
    found = [
        f"{limit} ({sid})"
        for limit, sid, calls, block in DENIES
        if call in calls and not _names(block, hidden) and denies(block, values)
    ]
    unseen = [f"{limit} does not judge {call}: {why}" for limit, why in UNSEEN.get(call, {}).items()]
    unseen += [f"not judged: CloudTrail hides {key}" for key in hidden]
    for place in PLACES.get(call, ()):
        for text, known in _outside(request, *place):
            (found if known else unseen).append(text)
    outside = [stopped(f"outside of {'; '.join(dict.fromkeys(found))}", detail, environ, client)] if found else []
    return "; ".join([*outside, *dict.fromkeys(unseen)]) or None


def _names(block: Mapping[str, Mapping[str, list[str]]], keys: list[str]) -> bool:
    """Tell whether the conditions *block* are about one of *keys*."""
    return any(key in keys for pairs in block.values() for key in pairs)


def _is_hidden(given: list[str]) -> bool:
    """Tell whether CloudTrail shows a stand-in for a value: nobody knows then, so nothing is stopped for it."""
    return any("HIDDEN_DUE_TO" in one for one in given)


def denies(block: Mapping[str, Mapping[str, list[str]]], values: Mapping[str, list[str]]) -> bool:
    """Tell whether the conditions *block* hold for *values* by condition key, as IAM decides; all must."""
    return all(
        _holds(operator, wanted, values.get(key, []))
        for operator, keys in block.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, wanted: list[str], given: list[str]) -> bool:
    base = operator.removeprefix("ForAnyValue:").removesuffix("IfExists")
    if base == "Null":
        return (not given) is (wanted[0].lower() == "true")
    if not given:
        return operator.endswith("IfExists") or ("Not" in base and not operator.startswith("ForAnyValue:"))
    return any(_matches(base, wanted, one) for one in given)


def _matches(base: str, wanted: list[str], one: str) -> bool:
    if base.startswith("Numeric"):
        return any(float(one) > float(each) for each in wanted)
    if base == "Bool":
        return one.lower() in [each.lower() for each in wanted]
    like = "Like" in base or base.startswith("Arn")
    hit = any(_like(each, one, base) if like else each == one for each in wanted)
    return hit is not ("Not" in base)


def _like(pattern: str, text: str, base: str) -> bool:
    """Tell whether *text* fits *pattern*; in an ARN a wildcard stays within its part."""
    if not base.startswith("Arn"):
        return fits(pattern, text)
    parts, given = pattern.split(":", 5), text.split(":", 5)
    return len(parts) == len(given) and all(map(fits, parts, given))


def _outside(
    request: Any, limit: str, at: str, value: str, operator: str, wanted: list[str]
) -> Iterator[tuple[str, bool]]:
    """Yield where a setting is outside of *limit*, and whether that is known: CloudTrail may hide it."""
    where = ".".join(filter(None, (at, value)))
    for one in _objects(request, at.split(".") if at else []):
        given = _values(one, [value]) if value else [_text(one)]
        if not given:
            yield f"{limit} ({where} is not set)", True
        elif _is_hidden(given):
            yield f"not judged: CloudTrail hides {where}", False
        elif _holds(operator, wanted, given):
            yield f"{limit} ({where})", True


def _values(data: Any, paths: Any) -> list[str]:
    found = (one for path in paths for one in _objects(data, path.split(".")))
    return list(dict.fromkeys(_text(one) for one in found))


def _text(value: Any) -> str:
    """Return *value* as IAM has it; of an object nothing but its presence counts."""
    return "present" if isinstance(value, dict) else str(value).lower() if isinstance(value, bool) else str(value)


def _objects(data: Any, path: list[str]) -> Iterator[Any]:
    """Yield what stands at *path* of *data*, each element where a list is on the way or at the end."""
    if isinstance(data, list):
        for one in data:
            yield from _objects(one, path)
    elif path:
        yield from _objects(data.get(path[0]), path[1:]) if isinstance(data, dict) else ()
    elif data is not None:
        yield data
