"""The proofs of a blueprint to look at, and of each role which layer closes what to a stolen session."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from rolemgr.blueprint.alike import others_in_words
from rolemgr.blueprint.compromise import Compromise, RolesAnswered, SinkAnswer
from rolemgr.prove.proof import CounterExample, Proof
from rolemgr.report.proofs import proofs_data, proofs_page


def blueprint_proofs_data(proofs: Sequence[Proof], stolen: Compromise) -> dict[str, Any]:
    """Return *proofs* for ``--format json``, with every sink of every role and the layers that close it."""
    return {
        **proofs_data(proofs, request_line),
        "stolen_session": [_data(one, group) for group in stolen.answered for one in group.answers],
        "superfluous_denies": [{"layer": one.layer, "sid": one.sid} for one in stolen.idle],
    }


def blueprint_proofs_page(proofs: Sequence[Proof], what: str, stolen: Compromise) -> Table:
    """Return *proofs* about *what* as lines, and below them what closes the sinks of each role."""
    page = proofs_page(proofs, what, request_line)
    page.add_row("")
    page.add_row(Text("Stolen sessions", style="bold"))
    for group in stolen.answered:
        page.add_row(Text(f"  {group.roles[0].place}{others_in_words(group.roles)}: {_of_role(group.answers)}"))
    for line in _of_denies(stolen):
        page.add_row(Text(f"  {line}"))
    return page


def _data(one: SinkAnswer, group: RolesAnswered) -> dict[str, Any]:
    return {
        "role": one.place,
        "alike": [placed.place for placed in group.roles[1:]],
        "sink": one.sink.name,
        "what": one.sink.what,
        "open": [{"action": request.action, "resource": request.resource} for request in one.open],
        "closed_by": list(one.closed_by),
        "only_closed_by": sorted(map(str, one.alone)),
        "untold": list(one.untold),
    }


def _of_role(answers: Sequence[SinkAnswer]) -> str:
    """Return in words how many sinks are closed, and by which layers those that the role's own Allows don't close."""
    opened = [one.sink.name for one in answers if one.open]
    closed = [one for one in answers if not one.open and not one.untold]
    by = Counter(layer for one in closed for layer in {_layer(text) for text in one.closed_by} - {"role"})
    layers = ", ".join(f"{name} {count}" for name, count in sorted(by.items()))
    words = f"{len(closed)} of {len(answers)} sinks are closed"
    beside = f" (beside the role by {layers})" if layers else ""
    still = f"; open: {', '.join(opened)}" if opened else ""
    return f"{words}{beside}{still}"


def _layer(closed_by: str) -> str:
    """Return the layer in what closes a sink: ``scp``, ``boundary``, ``role:`` for what the role has no Allow for."""
    first = closed_by.partition(" ")[0]
    if first == "role":
        return "guardrails and groups' Denies"
    return "resource policy" if first == "resource" else first.rstrip(":")


def _of_denies(stolen: Compromise) -> Iterator[str]:
    """Yield in words which Denies close no sink alone: of roles and boundaries together, of other layers by name."""
    used = len(stolen.denies) - len(stolen.idle)
    yield f"{used} of {len(stolen.denies)} Denies close a sink that nothing else closes"
    found: dict[str, Counter[str]] = {}
    for one in stolen.idle:
        kind = one.layer.partition(" ")[0]
        where = {"role": "the roles", "boundary": "the boundaries"}.get(kind, one.layer)
        found.setdefault(where, Counter())[one.sid] += 1
    for where, sids in found.items():
        named = ", ".join(sid if count == 1 else f"{sid} ({count})" for sid, count in sorted(sids.items()))
        yield f"superfluous for stolen sessions, in {where}: {named}"


def request_line(example: CounterExample) -> str | None:
    """Return the request of *example* as a line for ``rolemgr simulate --requests``; None where it has none."""
    if example.request is None:
        return None
    request = example.request
    context = {key: values[0] if len(values) == 1 else list(values) for key, values in request.context.items()}
    found: dict[str, Any] = {"principal": request.principal, "action": request.action, "resource": request.resource}
    found |= {"resourceAccount": request.resource_account, "context": dict(sorted(context.items()))}
    return json.dumps({key: value for key, value in found.items() if value is not None})
