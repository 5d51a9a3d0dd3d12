"""What two grants allow differently: as data, as annotations, and as a `rolemgr simulate` line for every difference."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.change.change import AccessChange
from rolemgr.compare.grants import Changes, Part
from rolemgr.compare.of_no_type import no_effect
from rolemgr.compare.scenarios import CallerScenario
from rolemgr.compare.verdicts import Comparison, Difference, Unknown
from rolemgr.errors import printable
from rolemgr.evaluate.principals import CallerKind, Match
from rolemgr.evaluate.request import Request
from rolemgr.report.changes import change_line, changes_rows
from rolemgr.report.findings import annotation

EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
"""The policy that allows everything, as text for a command line."""
_NOTHING = '{"Version":"2012-10-17","Statement":[]}'


class SideWords(NamedTuple):
    """One side: its *name*, the words that make `simulate` *ask* its policies, and those for it as a *document*."""

    name: str
    ask: str
    document: str
    at: str = ""
    """Of what state it is, where that is known: a commit, or the working tree beside one."""

    @property
    def label(self) -> str:
        """The name, and what state that is."""
        return f"{self.name} ({self.at})" if self.at else self.name


def changes_data(found: Changes, changes: Sequence[AccessChange], old: str, new: str) -> dict[str, Any]:
    """
    Return the differences between the files *old* and *new* for ``--format json``.

    *changes* are the same for people: actions folded by resource, limits by name, with their causes. Each part has
    what is ``gained`` and ``lost``, and under ``unknown`` what could not be told, with its reason; ``only_in_one``
    names, where there are any, the parts that one of the two does not have; ``of_no_type``, the pairs of an action
    and a resource that only one names, and that AWS never asks for.
    """
    return {
        "a": old,
        "b": new,
        "same": found.same,
        "parts": [_part_data(part) for part in found.parts],
        "values": [{"name": one.name, "a": one.old, "b": one.new} for one in found.values],
        "changes": changes_rows(changes),
    } | _more_data(found)


def _more_data(found: Changes) -> dict[str, Any]:
    ways = {"gained": found.newly_of_no_type, "lost": found.no_longer_of_no_type}
    pairs = {
        way: {"pairs": one.pairs, "action": one.action, "resource": one.resource} for way, one in ways.items() if one
    }
    more = {"only_in_one": list(found.only_in_one), "of_no_type": pairs}
    return {name: value for name, value in more.items() if value}


def notes_on_types(found: Changes) -> Iterator[str]:
    """Yield how many pairs only one side names that are no difference: AWS never asks for them."""
    yield from no_effect(found.newly_of_no_type, found.no_longer_of_no_type)


def _part_data(part: Part) -> dict[str, Any]:
    unknown = [*_unknown_data("gained", part.gained), *_unknown_data("lost", part.lost)]
    return {
        "part": part.name,
        "same": part.same,
        "gained": list(map(difference_data, part.gained.differences)),
        "lost": list(map(difference_data, part.lost.differences)),
        "unknown": unknown,
    }


def difference_data(one: Difference) -> dict[str, Any]:
    """Return a difference as data, its request in the shape of a batch of `rolemgr simulate`."""
    return {
        "statement": one.statement.sid or one.statement.statement,
        "actions": list(one.actions),
        "future": one.future,
        "request": request_data(one.request),
        "otherwise": one.before.decision,
        "doubts": list(one.doubts),
        "note": one.scenario.note,
    }


def request_data(request: Request) -> dict[str, Any]:
    """Return *request* as `simulate --requests` reads it."""
    data = {"principal": request.principal, "action": request.action, "resource": request.resource}
    context = {key: values[0] if len(values) == 1 else list(values) for key, values in request.context.items()}
    whole = {**data, "resourceAccount": request.resource_account, "context": context}
    return {key: value for key, value in whole.items() if value is not None}


def _unknown_data(direction: str, found: Comparison) -> Iterator[dict[str, Any]]:
    for one in found.unknowns:
        statement = None if one.statement is None else one.statement.sid or one.statement.statement
        yield {"direction": direction, "statement": statement, "actions": list(one.actions), "reason": one.reason}


def changes_annotations(
    changes: Sequence[AccessChange], new: str, account: str | None, *, is_file: Callable[[str], bool] = bool
) -> str:  # fmt: skip
    """
    Return *changes* as GitHub's annotations: access gained or unknown is an error, the rest a warning.

    They are at the line that causes them, else at the file *new*, unless *is_file* denies that these are files.
    """
    return "".join(_change_annotation(one, new, account, is_file) for one in changes)


def _change_annotation(one: AccessChange, new: str, account: str | None, is_file: Callable[[str], bool]) -> str:
    gives = one.kind in ("gains", "unknown") or (one.kind in ("limit", "condition") and one.effect != "narrower")
    text = printable(" ".join(change_line(one, account).split("  ")))
    lines = (cause.where for cause in one.causes if cause.where and cause.where.line and is_file(cause.where.file))
    at = {"file": new} if is_file(new) else {}
    if where := next(lines, None):
        at = {"file": where.file, "line": str(where.line)}
    return annotation("error" if gives else "warning", at, text if at else printable(f"{new}: ") + text)


def statement_name(one: Difference | Unknown) -> str:
    """Return which statement allows what the other side does not, or no longer denies it."""
    at = one.statement
    if at is None:
        return "all statements"
    if isinstance(one, Difference) and one.scenario.lifted:
        return f"no longer denied, as {at.sid or f'statement {at.statement}'} did"
    return f"statement {at.sid}" if at.sid else f"statement {at.statement} of policy {at.policy}"


def future_action(one: Difference) -> str:
    """Return in words what *one* allows of actions that AWS does not have yet."""
    return f"actions that AWS may add, such as one of the name {one.actions[0]}"


def command(one: Difference, side: SideWords) -> str:
    """
    Return the `rolemgr simulate` line that asks the request of *one* of its own *side*: it answers Allowed.

    It is empty for a side that no line can ask, as a document of a blueprint.
    """
    if not side.ask:
        return ""
    request, scenario, ask = one.request, one.scenario, side.ask
    words = ["--action", request.action, "--resource", request.resource]
    if request.principal is None and scenario.lifted:
        return (
            f"{ask} <(echo {shlex.quote(EVERYTHING)}) {' '.join(map(shlex.quote, [*words, *context_options(request)]))}"
        )
    if request.principal is None:
        return f"{ask} {' '.join(map(shlex.quote, [*words, *context_options(request)]))}"
    words += ["--principal", request.principal, "--resource-account", str(request.resource_account)]
    words += context_options(request)
    return _around(scenario, f"{shlex.join(words)} --resource-policy {side.document}")


def _around(scenario: CallerScenario, words: str) -> str:
    """Return the command with what is around the resource policy in *scenario*."""
    if scenario.caller.kind is CallerKind.FEDERATED_USER:  # who is passed no policy may do nothing
        words += f" --session-policy <(echo {shlex.quote(EVERYTHING)})"
    if scenario.strength is Match.ACCOUNT:
        boundary = f" --boundary-policy <(echo {shlex.quote(EVERYTHING)})" if scenario.bounded else ""
        return f"rolemgr simulate - {words}{boundary} <<< {shlex.quote(EVERYTHING)}"
    if scenario.bounded:
        return f"rolemgr simulate {words} --boundary-policy - <<< {shlex.quote(_NOTHING)}"
    return f"rolemgr simulate {words}"


def context_options(request: Request) -> Iterator[str]:
    """Yield the options for the context, without what `simulate` knows by itself."""
    for key, values in request.given_context().items():
        yield from (word for value in values for word in ("--context", f"{key}={value}"))
