"""The ways by which a function of the SDK reaches its operations, and how the tables say them; for `sdk_calls.py`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from tools.sdk_gives import Body
from tools.sdk_guards import UNKNOWN, Binding, Literals, defaults_of, required_of

MOST_VISITS: Final = 16
"""How often a function is gone through with other conditions; from there on it is taken to be reached in any case."""
MOST_WAYS: Final = 6
MOST_LITERALS: Final = 4


class Visit(NamedTuple):
    """A function that is reached, what its parameters are, and when it is reached."""

    body: Body
    of: str
    bindings: Mapping[str, Binding]
    when: Literals


def unless_been(visit: Visit, been: list[Visit]) -> Visit | None:
    """Return *visit*, noted in *been*, or the one that stands for it and all others; None where that has been."""
    if any(one.bindings == visit.bindings and one.when <= visit.when for one in been):
        return None
    if len(been) >= MOST_VISITS:
        visit = visit._replace(bindings={}, when=frozenset())
        if been[-1].when == visit.when and not been[-1].bindings:
            return None
    been.append(visit)
    return visit


def through(bindings: Mapping[str, Binding], outer: Mapping[str, Binding]) -> dict[str, Binding]:
    """Return *bindings* in terms of what the parameters of the caller are; those that are not known are left out."""
    found = {}
    for name, (kind, value) in bindings.items():
        if kind == "constant":
            found[name] = kind, value
        elif str(value) in outer:
            found[name] = outer[str(value)]
    return found


def as_rows(found: Mapping[str, Iterable[Literals]], body: Body) -> Iterator[Any]:
    """Yield the operations that are *found* for *body*: those without conditions, then each set of conditions."""
    ways = {one: _least(_said(when, body) for when in each) for one, each in found.items()}
    yield from sorted(one for one, each in ways.items() if frozenset() in each)
    listed: dict[tuple[str, ...], list[str]] = {}
    for one, each in ways.items():
        for when in each - {frozenset()}:
            listed.setdefault(tuple(sorted(map(str, when))), []).append(one)
    yield from ({"if": [*when], "calls": sorted(calls)} for when, calls in sorted(listed.items()))


def _said(when: Literals, body: Body) -> Literals:
    """Return what of *when* a table can say: its reader knows which arguments are given, and some defaults."""
    defaults, required = defaults_of(body.node), required_of(body.node)
    kept = []
    for one in when:
        if one.name in ("self", "cls"):
            continue
        default = defaults.get(one.name, UNKNOWN)
        is_told = one.name in required or (default is not UNKNOWN and not isinstance(default, float))
        is_none = one.test != "none" or one.name in required or default is None or bool(default)
        kept += [one._replace(name=f"given.{one.name}")] if is_told and is_none else []
    return frozenset(sorted(kept)[:MOST_LITERALS])


def _least(ways: Iterable[Literals]) -> set[Literals]:
    """Return *ways* without those that are among others; the empty one alone where there are too many."""
    found: set[Literals] = set()
    for one in sorted(set(ways), key=lambda each: (len(each), sorted(each))):
        if not any(other <= one for other in found):
            found.add(one)
    singles = {literal for one in found if len(one) == 1 for literal in one}
    is_either = any(one.opposite in singles for one in singles)
    return {frozenset()} if is_either or len(found) > MOST_WAYS else found


def flat(steps: Iterable[Any]) -> list[str]:
    """Return the operations of *steps*, whatever their conditions."""
    return [call for one in steps for call in ([one] if isinstance(one, str) else one["calls"])]


def merged(steps: Iterable[Any], more: Iterable[str]) -> list[Any]:
    """Return *steps* with *more* operations, which have no conditions."""
    listed = [*steps]
    return [*sorted({*(one for one in listed if isinstance(one, str)), *more}),
            *(one for one in listed if not isinstance(one, str))]  # fmt: skip


def texts_in(classes: Mapping[str, Any], functions: Mapping[str, Any]) -> frozenset[str]:
    """Return the texts that conditions of the rows compare an argument with."""
    rows = [*functions.values(), *(row for one in classes.values() for row in one.get("methods", {}).values())]
    told = [text for row in rows for step in row.get("calls", ()) if isinstance(step, dict) for text in step["if"]]
    words = (text.removeprefix("not ").split(" ") for text in told)
    return frozenset(one[1] for one in words if one[0] == "is")
