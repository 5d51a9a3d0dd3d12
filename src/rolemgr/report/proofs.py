"""Proofs to look at: a line each, and below those that fail the requests that break them, ready for `simulate`."""

import shlex
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeAlias

from rich.table import Table
from rich.text import Text

from rolemgr.evaluate.request import Request
from rolemgr.prove.proof import CounterExample, Proof

Asking: TypeAlias = Callable[[CounterExample], str | None]
"""What asks the request of an example again, in words; None where it has none."""


def proofs_data(proofs: Sequence[Proof], asking: Asking | None = None) -> dict[str, Any]:
    """Return *proofs* for ``--format json``; *asking* stands in the place of a command line of `simulate`."""
    return {
        "holds": all(proof.holds for proof in proofs),
        "checked": sum(proof.checked for proof in proofs),
        "proofs": [_data(proof, asking or simulate_command) for proof in proofs],
    }


def proofs_page(proofs: Sequence[Proof], what: str, asking: Asking | None = None) -> Table:
    """
    Return *proofs* about *what* as lines; a command line is never cut where they go to a pipe or a file.

    *asking* stands in the place of the command line of `simulate`.
    """
    checked = sum(proof.checked for proof in proofs)
    verdict = _verdict(proofs)
    page = Table.grid()
    page.add_column(overflow="fold")
    page.add_row(Text.assemble((what, "bold"), ": ", verdict, f" ({checked:,} checks)"))
    for proof in proofs:
        page.add_row(_line(proof))
        for alike in _alike(proof.counter_examples):
            _add_examples(page, alike, asking or simulate_command)
        for text in proof.supposed:
            page.add_row(Text(f"    {text}", style="dim"))
        for one in proof.untold:
            page.add_row(Text(f"    {one.problem}"))
            if asking is None and one.flags:
                page.add_row(Text(f"      {shlex.join(['rolemgr', 'prove', *one.flags])}"))
    return page


def _verdict(proofs: Sequence[Proof]) -> tuple[str, str]:
    """Return in words whether *proofs* hold, and the style to say it in."""
    failed = sum(bool(proof.counter_examples) for proof in proofs)
    untold = sum(bool(proof.untold) and not proof.counter_examples for proof in proofs)
    words = [f"{failed} of {len(proofs)} proofs fail"] if failed else []
    words += [f"{untold} of {len(proofs)} proofs can't be told"] if untold else []
    return (", ".join(words), "bold red") if words else ("proven", "bold green")


def simulate_command(example: CounterExample) -> str | None:
    """Return the command line that asks the request of *example* again, None where it has none."""
    if example.request is None:
        return None
    return shlex.join(["rolemgr", "simulate", *example.flags, *_words(example.request)])


def _words(request: Request) -> list[str]:
    words = ["--action", request.action, "--resource", request.resource]
    words += ["--principal", request.principal] if request.principal else []
    words += ["--resource-account", request.resource_account] if request.resource_account else []
    for key, values in sorted(request.context.items()):
        for value in values:
            words += ["--context", f"{key}={value}"]
    return words


def _line(proof: Proof) -> Text:
    word, style = ("FAILS", "bold red") if proof.counter_examples else ("CAN'T TELL", "bold yellow")
    if proof.holds:
        word, style = "holds", "green"
    return Text.assemble(
        "  ", (word, style), "  ", (proof.name, "bold"), f": {proof.claim}", (f" ({proof.checked:,})", "dim")
    )


def _alike(examples: Sequence[CounterExample]) -> list[list[CounterExample]]:
    """Return *examples* together that differ in their requests alone: one role, one reason, the same lines."""
    found: dict[Hashable, list[CounterExample]] = {}
    for one in examples:
        without = one.problem.replace(one.request.action, "") if one.request else one.problem
        found.setdefault((without, one.flags, one.places), []).append(one)
    return list(found.values())


def _add_examples(page: Table, alike: Sequence[CounterExample], asking: Asking) -> None:
    """Add the first of the examples that are *alike*, and the actions of the others."""
    example = alike[0]
    page.add_row(Text(f"    {example.problem}"))
    first = example.request.action if example.request else ""
    actions = sorted({one.request.action for one in alike if one.request} - {first})
    if actions:
        page.add_row(Text(f"      likewise {', '.join(actions)}"))
    if example.places:
        page.add_row(Text(f"      {', '.join(map(str, example.places))}", style="dim"))
    if command := asking(example):
        page.add_row(Text(f"      {command}"))


def _data(proof: Proof, asking: Asking) -> dict[str, Any]:
    return {
        "name": proof.name,
        "claim": proof.claim,
        "holds": proof.holds,
        "checked": proof.checked,
        "counter_examples": [_example_data(example, asking) for example in proof.counter_examples],
        "untold": [{"problem": one.problem, "role": list(one.flags)} for one in proof.untold],
        "supposed": list(proof.supposed),
    }


def _example_data(example: CounterExample, asking: Asking) -> dict[str, Any]:
    found: dict[str, Any] = {"problem": example.problem, "role": list(example.flags)}
    if request := example.request:
        found["request"] = {"action": request.action, "resource": request.resource, "context": dict(request.context)}
        found["simulate"] = asking(example)
    found["places"] = [str(place) for place in example.places]
    return found
