"""
Seeded defects of the room that tells changes: slips in its text, each in a copy of the room.

`found_by` names the pair of `tests.change.cases`, or of statements that move, that is told otherwise.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from tests.change.cases import CASES, MOVES, Pair, lines_of
from tests.mutation import replaced

import rolemgr.change

ROOM = Path(rolemgr.change.__file__).parent


class Slip(NamedTuple):
    """In *module* the part *text* (`tests.mutation`) becomes *other*; *what* says what that means."""

    module: str
    text: str
    other: str
    what: str


SLIPS = (
    Slip("change", 'return "other"', 'return "wider"', "a limit that is both is only wider"),
    Slip("change", '{"gained": "wider", "lost": "narrower"}', '{"gained": "narrower", "lost": "wider"}', "limits are turned round"),
    Slip("change", "tuple(one for one in shown if not one.difference.doubts)", "shown", "what is in doubt counts as what is not"),
    Slip("causes", "told = told or tuple(unit.cause for unit in asked.units if _alone(unit, asked, one, request))", "told = told", "of two that would do none is named"),
    Slip("causes", "told = tuple(unit.cause for unit in asked.units if _without(unit, asked, one, request))", "told = ()", "one that is needed is not looked for"),
    Slip("causes", 'return decision is (asked.way == "lost")', 'return decision is (asked.way == "gained")', "what is needed is what is not"),
    Slip("causes", 'return decision is (asked.way == "gained")', 'return decision is not None', "whatever makes a role makes the difference"),
    Slip("causes", "return tuple(dict.fromkeys(names))", "return tuple(names[:1])", "of several limits one is told"),
    Slip("causes", "all(allowed(piece.request, piece, Policies(identity=freed)) for piece in one.parts)", "True", "a limit hides what it does not make"),
    Slip("causes", "all(origin.kind == \"guardrail\" for origin in each.origins)", "False", "without limits is with limits"),
    Slip("resources", 'request and allowed(request, one, gives) and not allowed(request, one, takes)', "request", "a pattern is told without a request that shows it"),
    Slip("resources", "not any(matches(as_pattern(each.pattern or \"\"), one.request.resource) for each in found)", "True", "what a pattern says is said again"),
    Slip("resources", "not any(matches(as_pattern(each.pattern or \"\"), one.request.resource) for each in found)", "False", "what no pattern says is forgotten"),
    Slip("resources", 'return decision != "ExplicitlyDenied" if one.scenario.lifted else decision == "Allowed"', 'return decision == "Allowed"', "a Deny that is gone must allow"),
    Slip("resources", "isinstance(one, IdentityStatement) and one.effect is Effect.DENY and not one.condition", "isinstance(one, IdentityStatement) and one.effect is Effect.DENY", "a Deny with a condition is an exception"),
    Slip("resources", "any(matches_folded_action(name, folded) for name in one.action or ())", "True", "an exception is of every action"),
    Slip("resources", "_meet(as_pattern(pattern), as_pattern(text))", "True", "exceptions are of other buckets too"),
    Slip("resources", "(*_fresh(statement, takes, action), *_denied_there(statement, takes, action))", "_fresh(statement, takes, action)", "what a Deny no longer takes out has no pattern"),
    Slip("resources", "one.condition in conditions", "True", "a condition on the other side counts as none"),
    Slip("resources", "one.effect is Effect.ALLOW and one.condition in conditions and any(matches_folded_action(pattern, folded) for pattern in one.action or ())", "one.condition in conditions and any(matches_folded_action(pattern, folded) for pattern in one.action or ())", "what the other side denies it has"),
    Slip("resources", "known is None or one == \"*\" or types_of(one, known)", "True", "resources of no type of the action are told"),
    Slip("fold", "sorted((one for one in access if one.kind == \"gains\"), key=weight)", "[one for one in access if one.kind == \"gains\"]", "the worst is not first"),
    Slip("fold", "(*gained, *changed, *limits.changes(), *lost, *values, *unknown)", "(*gained, *changed, *limits.changes(), *lost, *values)", "what can't be told is not"),
    Slip("fold", "(*gained, *changed, *limits.changes(), *lost, *values, *unknown)", "(*gained, *changed, *limits.changes(), *values, *unknown)", "losses are forgotten"),
    Slip("fold", "(*gained, *changed, *limits.changes(), *lost, *values, *unknown)", "(*gained, *changed, *lost, *values, *unknown)", "limits are forgotten"),
    Slip("fold", "unknown += [_one_sided(name) for name in found.only_in_one]", "pass", "a part of one side alone is nothing"),
    Slip("fold", "(*gained, *changed, *limits.changes(), *lost, *values, *unknown)", "(*gained, *limits.changes(), *lost, *values, *unknown)", "conditions that change are forgotten"),
    Slip("fold", "access += [one for one in values if one.kind in (\"gains\", \"loses\")]", "pass", "what attached policies give is forgotten"),
    Slip("fold", '"gains" if new else "loses"', '"gains"', "a policy that is detached is gained"),
    Slip("fold", "not one.actions", "False", "a policy of unknown text is told last"),
    Slip("fold", "conditions.behind(evidence)", "()", "a value that changed is a gain and a loss"),
    Slip("weight", "_PASSING & names", "False", "passing roles is as writing"),
    Slip("weight", "any(\"Delete\" in name for name in names)", "False", "deleting is as writing"),
    Slip("attached", "policy is None", "False", "a policy of unknown text breaks the report"),
    Slip("attached", "yield AccessChange(kind, \"permissions\", causes=by, reason=NOT_AT_HAND)", "yield from ()", "a policy of unknown text gives nothing"),
    Slip("attached", "_but(\"action\", one.not_action)", "()", "what NotAction leaves out is told as given"),
    Slip("attached", "dict.fromkeys(key for block in one.condition.values() for key in block)", "()", "conditions of an attached policy have no keys"),
    Slip("attached", "sorted(dict.fromkeys(actions), key=lambda name: weight_of((name,)))", "dict.fromkeys(actions)", "the worst that a policy gives is not first"),
    Slip("conditions", "len(each) == 1", "each", "of two that are alike one stands for both"),
    Slip("conditions", "piece.scenario.lifted or is_denied", "False", "a Deny's doing is told of an Allow"),
    Slip("conditions", "by and denies.keys() >= set(by)", "False", "what changed Denies make is a gain and a loss"),
    Slip("conditions", "before == values", "False", "values that stay change"),
    Slip("conditions", "same > 1 and was[same - 1].isalpha()", "False", "a subject is told whole"),
    Slip("conditions", "[cause for cause in causes if cause.new is not None] or causes", "causes", "the line that is gone is told beside the new one"),
    Slip("fold", "self._values[0].get(name) != self._values[1].get(name)", "True", "limits that stay are told"),
    Slip("fold", "of_one = (row for row in of_one if row.pattern is not None)", "pass", "what a limit makes is told twice"),
    Slip("fold", "of_one = (row for row in of_one if row.pattern is not None)", "of_one = ()", "what else is given is hidden by a limit"),
    Slip("fold", "limits.take(name, evidence, asked)", "pass", "what a limit does is not told"),
    Slip("fold", 'kind: ChangeKind = "gains" if evidence.way == "gained" else "loses"', 'kind: ChangeKind = "gains"', "what is lost is gained"),
    Slip("fold", 'one.statement.sid or f"statement {one.statement.statement}"', '""', "a Deny that is gone is not named"),
    Slip("fold", "exceptions(asked.gives, action, found.pattern) if found.pattern else ()", "()", "what Denies take out is told as given"),
    Slip("fold", "denied = _widest(text for row in found if row.pattern in patterns for text in row.exceptions)", "denied = ()", "exceptions are lost in folding"),
    Slip("fold", "tuple(one for one in every if not any(other != one and contains(other, one) for other in every))", "every", "what a wider pattern covers is told"),
    Slip("fold", "(row.key, row.action, row.pattern is None)", '(row.key, "", row.pattern is None)', "actions are told on each other's resources"),
    Slip("fold", "unit.cause.field == wanted", "True", "any line makes a value"),
    Slip("fold", "not {unit.cause.old, unit.cause.new}.isdisjoint(listed)", "True", "every attached policy makes each"),
    Slip("fold", "was.get(key) != now.get(key)", "True", "tags that stay are told"),
    Slip("fold", "(text in was_listed) is not (text in now_listed)", "True", "attached policies that stay are told"),
    Slip("units", "if element not in was:", "if False:", "an element that is new is no line"),
    Slip("units", "if element not in now:", "if False:", "an element that is gone is no line"),
    Slip("units", "kept = [one for one in _listed(data.get(key, [])) if has is _NONE or one != has]", "kept = []", "one element undone is all undone"),
    Slip("units", "return _put(data, key, kept if wanted is _NONE else [*kept, wanted])", "return _put(data, key, kept)", "an element that is gone does not come back"),
    Slip("units", "where = old.at(path) if values[1] is _NONE else new.at(path)", "where = old.at(path)", "the old line is told"),
    Slip("units", "rest if value is _NONE or value in ([], {}) else {**rest, key: value}", "rest", "undone is left out"),
    Slip("moves", "was.text == now.text", "True", "what was changed is the same"),
    Slip("moves", "(was.kind, was.suffix) != (now.kind, now.suffix)", "was.name != now.name", "a role of another name has other policies"),
    Slip("moves", "(was.kind, was.suffix) != (now.kind, now.suffix)", "True", "what stays moves"),
    Slip("moves", "sid in old", "True", "what is new was elsewhere"),
)  # fmt: skip
"""The slips, none of which leaves all lines as they are."""


def mutant(slip: Slip, folder: Path) -> Callable[[str], ModuleType]:
    """Return what gives the modules of a copy of the room with *slip* in it, written to *folder*."""
    name = f"change_mutant_{folder.name}"
    package = folder / name
    package.mkdir()
    for path in ROOM.glob("*.py"):
        text = path.read_text("utf-8")
        if path.stem == slip.module:
            text = replaced(text, slip.text, slip.other)
        (package / path.name).write_text(text.replace("rolemgr.change", name), "utf-8")

    def module(part: str) -> ModuleType:
        sys.path.insert(0, str(folder))
        try:
            return importlib.import_module(f"{name}.{part}")
        finally:
            sys.path.remove(str(folder))

    return module


def found_by(module: Callable[[str], ModuleType]) -> list[str]:
    """Return what catches the defect in the room that *module* gives first, nothing where it goes unseen."""
    return next(([name] for name, judge in _judges(module) if _fails(judge)), [])


def _fails(judge: Callable[[], bool]) -> bool:
    """Tell whether *judge* says no, or the room breaks: a slip that raises is no silent one."""
    try:
        return not judge()
    except Exception:
        return True


def _judges(module: Callable[[str], ModuleType]) -> Iterator[tuple[str, Callable[[], bool]]]:
    for name, pair in CASES.items():
        yield name, lambda pair=pair: _says(module, pair)  # type: ignore[misc]
    for number, (old, new, found) in enumerate(MOVES):
        yield f"move {number}", lambda old=old, new=new, found=found: _moves(module("moves"), old, new) == found  # type: ignore[misc]


def _moves(moves: ModuleType, old: Any, new: Any) -> list[tuple[Any, ...]]:
    return [*map(tuple, moves.moves(moves.placed(old), moves.placed(new)))]


def _says(module: Callable[[str], ModuleType], pair: Pair) -> bool:
    return tuple(lines_of(module, pair)) == pair.lines
