"""
Seeded defects of the comparison: slips in its text, each in a copy of the room, judged by what must stay true.

A copy is loaded under a name of its own, so nothing of the program is replaced. `found_by` names what catches
it: a case of `test_compare`, or of `test_resource_policies`, or a property over random policies.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from tests.compare import random_policies, test_compare, test_resource_policies
from tests.mutation import replaced

import rolemgr.compare

ROOM = Path(rolemgr.compare.__file__).parent


class Slip(NamedTuple):
    """In *module* the part *text* (`tests.mutation`) becomes *other*; *what* says what that means."""

    module: str
    text: str
    other: str
    what: str


_COVERED = (
    "all(statement.shape in shapes or _within(statement, old, budget)"
    " or any(all(_within(one, old, budget) for one in new) for new in news)"
    " for old, shapes in zip(space.allows_by_layer_of_old, alike, strict=True))"
)

SLIPS = (
    Slip("regions", "if one == \":\":", "if False:", "a wildcard spans colons everywhere"),
    Slip("regions", "yield _other(waited)", "return", "characters that nobody waits for are forgotten"),
    Slip("regions", "return tuple(dict.fromkeys((lower, lower.upper(), _ALSO_LOWER.get(lower, lower))))", "return (lower,)", "capitals are forgotten"),
    Slip("regions", "if match_mask & must == must and match_mask >> 1 not in found:", "if match_mask >> 1 not in found:", "what must match need not"),
    Slip("atoms", "if open_keys:", "if False:", "variables without a value are taken to match nothing"),
    Slip("atoms", "    return Pattern(glob_steps(pieces))", "    return Pattern(glob_steps(pieces[:1]))", "what follows a variable is forgotten"),
    Slip("atoms", 'plain = base.replace("NotEquals", "Equals").removeprefix("Not")', 'plain = ""', "less and greater are one question"),
    Slip("statements", "any(match_mask >> i & 1 for i, atom in enumerate(atoms) if atom in self.atoms) is not self.negated", "any(match_mask >> i & 1 for i, atom in enumerate(atoms) if atom in self.atoms) is self.negated is False", "negated operators are plain ones"),
    Slip("statements", "absent = operator.true_where_absent()", "absent = operator.every", "IfExists is forgotten"),
    Slip("statements", "operator.negated, operator.every, absent", "operator.negated, operator.negated, absent", "set qualifiers are forgotten"),
    Slip("statements", "CompiledCondition(key, frozenset(), False, True, True in wanted, False in wanted)", "CompiledCondition(key, frozenset(), False, True, False in wanted, True in wanted)", "Null is turned round"),
    Slip("statements", "enumerate(policies.service_control)", "()", "SCPs are left out"),
    Slip("statements", "if policies.permissions_boundary is not None:", "if False:", "boundaries are left out"),
    Slip("values", "yield from ordered", "pass", "the limits themselves are forgotten"),
    Slip("values", "yield _SHORT.plus(_EXACT.add(ordered[-1], _beside(ordered[-1])))", "yield ordered[-1]", "what is above all limits is forgotten"),
    Slip("values", "return max(Decimal(1), abs(limit)) if abs(limit) > _HUGE else Decimal(1)", "return Decimal(1)", "what is above huge limits is forgotten"),
    Slip("values", "yield _between(low, high)", "yield low", "gaps between limits are forgotten"),
    Slip("values", "return format(_EXACT.quantize(since, _NANOSECOND), \"f\")", "return format(since, \"f\")", "small gaps between dates are forgotten"),
    Slip("key_options", "return [base | sum(chosen) for size in range(len(open_bits) + 1) for chosen in combinations(open_bits, size)]", "return [base]", "a settled key equals no variable"),
    Slip("key_options", "return [base | sum(chosen) for size in range(len(open_bits) + 1) for chosen in combinations(open_bits, size)]", "return [base | sum(open_bits)]", "a settled key equals every variable"),
    Slip("values", "yield str(network.network_address)", "pass", "where a network starts is forgotten"),
    Slip("values", "product((True, False), repeat=len(may))", "((True,) * len(may),)", "an opaque atom always matches"),
    Slip("search_space", "bool(mask & self._denies[1]) or not all(mask & allows for allows in self._allows[1])", "not all(mask & allows for allows in self._allows[1])", "Denies of the old side are forgotten"),
    Slip("search_space", "if not self.can_win(mask) or mask & self._denies[0]:", "if not self.can_win(mask):", "Denies of the new side are forgotten"),
    Slip("search_space", "return self._denies[0] | old_allows", "return old_allows", "a Deny that matches is taken for better"),
    Slip("search_space", "return all(mask & allows for allows in self._allows[0])", "return any(mask & allows for allows in self._allows[0])", "one layer that allows is enough"),
    Slip("key_options", "if setting.may_be_absent(key):", "if False:", "a key is always there"),
    Slip("key_options", "if not setting.may_be_present(key):", "if True:", "a key is never there"),
    Slip("key_options", "present = _sets(single, every, wish, setting.budget) if several else single", "present = single", "a key has one value"),
    Slip("key_options", "both = (one & other & every) | ((one | other) & ~every)", "both = one | other", "all values are any value"),
    Slip("resource_options", "bool(match_mask & own) is not spares", "bool(match_mask & own)", "NotResource is Resource"),
    Slip("key_options", "return _Wish(unset, set_ & unset)", "return _Wish(unset, 0)", "a condition of both sides is judged for one"),
    Slip("actions", "future = tuple(dict.fromkeys(_future(allowing, everyone, literals)))", "future = ()", "future actions are forgotten"),
    Slip("actions", "now = (*map(ComparedAction, known), *map(ComparedAction, unknown))", "now = (*map(ComparedAction, known),)", "unknown actions are forgotten"),
    Slip("covered", "if not space.denies_all_of_old:", "if False:", "a Deny that is gone is not asked about"),
    Slip("covered", _COVERED, _COVERED.replace("all(", "any(", 1), "one layer that says the same is enough"),
    Slip("implied", "other.principals == one.principals and covers(other, one) and conditions_follow(one, other, budget)", "other.principals == one.principals and covers(other, one)", "conditions of the old side are forgotten"),
    Slip("implied", "wide.resources <= narrow.resources", "wide.resources >= narrow.resources", "NotResource is read the wrong way"),
    Slip("implied", "other.principals == one.principals and covers(other, one) and conditions_follow(one, other, budget)", "other.principals == one.principals and conditions_follow(one, other, budget)", "resources are forgotten"),
    Slip("implied", "fewer, more = (wanted, given) if wanted.negated else (given, wanted)", "fewer, more = (given, wanted) if wanted.negated else (wanted, given)", "a longer list is taken for a shorter one"),
    Slip("implied", "not alike or (given.if_absent and not wanted.if_absent)", "not alike", "IfExists is taken for nothing"),
    Slip("implied", "wanted.every is given.every and wanted.if_present is None and given.if_present is None", "wanted.if_present is None and given.if_present is None", "all of several values are taken for any"),
    Slip("implied", "wanted.passes(one.match_mask, atoms) or not given.passes(one.match_mask, atoms)", "True", "every limit is taken for one that follows"),
    Slip("resource_options", "return any(budget.answer(contains, pattern, inside) for pattern in patterns)", "return any(budget.answer(meet, pattern, inside) for pattern in patterns)", "what overlaps is taken to contain"),
    Slip("regions", "whole.accepted or one.accepted << shift", "one.accepted << shift", "an alternative that is done is forgotten"),
    Slip("scenarios", "yield CallerScenario(text, account, Match.LIMITED, False, alone)", "return", "who is named is as who is of the account"),
    Slip("scenarios", "_INSIDE: Final = _WITH_POLICIES - {CallerKind.ROOT}", "_INSIDE: Final = _WITH_POLICIES - {CallerKind.ROOT, CallerKind.FEDERATED_USER}", "federated users are as their account is"),
    Slip("scenarios", "CallerKind.FEDERATED_USER, CallerKind.ROOT", "CallerKind.FEDERATED_USER,", "no Deny stops the root user"),
    Slip("scenarios", "\"aws:principalisawsservice\": ()", "\"aws:principalisawsservice\": (\"false\",)", "anonymous requests say that they are from no service"),
    Slip("callers", "_free(name, taken)", "name", "who stands for all may be named"),
    Slip("compare", "if statement.ids and not allows_ids(group.space, statement, budget):", "if False:", "who is named by an id is forgotten"),
    Slip("scenarios", "bounds = (False, True) if any(map(_not_principal, statements)) else (False,)", "bounds = (False,)", "NotPrincipal and boundaries are forgotten"),
    Slip("scenarios", "least = self.strength if statement.effect is Effect.ALLOW else Match.ACCOUNT", "least = self.strength", "a Deny must name as strongly as an Allow"),
    Slip("universe", "return tuple(sorted({\"aws\"} | named | (set(PARTITIONS) if found - named else set())))", "return (\"aws\",)", "other partitions are forgotten"),
    Slip("universe", "{\"aws\"} | named", "named or {\"aws\"}", "one ARN of another partition makes all of it"),
    Slip("universe", "star = (STAR,) if kinds.star else ()", "star = ()", "requests without a resource are forgotten"),
)  # fmt: skip
"""The slips, none of which leaves all answers as they are."""


def mutant(slip: Slip, folder: Path) -> ModuleType:
    """Return the module `compare` of a copy of the room with *slip* in it, written to *folder*."""
    name = f"mutant_{folder.name}"
    package = folder / name
    package.mkdir()
    for path in ROOM.glob("*.py"):
        text = path.read_text("utf-8")
        if path.stem == slip.module:
            text = replaced(text, slip.text, slip.other)
        (package / path.name).write_text(text.replace("rolemgr.compare", name), "utf-8")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(f"{name}.compare")
    finally:
        sys.path.remove(str(folder))


def found_by(module: ModuleType) -> list[str]:
    """Return what catches the defect in *module* first, nothing where it goes unseen."""
    return list(islice((name for name, judge in _judges(module) if _fails(judge)), 1))


def _fails(judge: Callable[[], bool]) -> bool:
    """Tell whether *judge* says no, or the comparison breaks: a slip that raises is no silent one."""
    try:
        return not judge()
    except Exception:
        return True


def _judges(module: ModuleType) -> Iterator[tuple[str, Callable[[], bool]]]:
    for name, (new, old, expected) in test_compare.CASES.items():
        sides = test_compare.identity(*new), test_compare.identity(*old)
        yield name, lambda sides=sides, expected=expected: _says(module, test_compare.answer, sides, expected)  # type: ignore[misc]
    for name, (left, right, expected) in test_resource_policies.CASES.items():
        yield (
            name,
            lambda sides=(left, right), expected=expected: _says(  # type: ignore[misc]
                module, test_resource_policies.answer, sides, expected
            ),
        )
    for name, new, old, expected in _others():
        yield name, lambda sides=(new, old), expected=expected: _says(module, test_compare.answer, sides, expected)  # type: ignore[misc]
    for seed in range(120):
        yield f"random policies {seed}", lambda seed=seed: _holds(module, seed)  # type: ignore[misc]


def _says(module: ModuleType, answer: Callable[..., str], sides: tuple[Any, Any], expected: str) -> bool:
    return answer(module.compare(*sides), *sides) == expected


def _others() -> Iterator[tuple[str, Any, Any, str]]:
    """Yield what needs layers, or the actions of today."""
    allow, identity = test_compare.allow, test_compare.identity
    document = random_policies.policies({"Version": "2012-10-17", "Statement": [allow("s3:GetObject")]}).identity[0]
    wide = allow("s3:*Object", test_compare.OBJECTS)
    plain = identity(wide)
    elsewhere = identity(allow("s3:*", "arn:aws:s3:::other/*")).identity[0]
    for name, bounded, apart in (
        ("a boundary", identity(wide, permissions_boundary=document), identity(wide, permissions_boundary=elsewhere)),
        ("an SCP", identity(wide, service_control=((document,),)), identity(wide, service_control=((elsewhere,),))),
    ):
        yield f"less by {name}", plain, bounded, "more"
        yield f"no more by {name}", bounded, plain, "same"
        yield f"{name} alone", bounded, identity(allow("s3:GetObject")), "same"
        yield f"{name} elsewhere", apart, identity(), "same"
    yield "actions of today", identity(allow("sqs:*")), identity(*map(allow, test_compare.today("sqs"))), "more"


def _holds(module: ModuleType, seed: int) -> bool:
    rng = random_policies.rng_of(seed)
    new, old = random_policies.pair(rng)
    found = module.compare(new, old)
    told = {action for one in (*found.differences, *found.unknowns) for action in one.actions}
    return all(
        request.action in told or not random_policies.allowed(request, new) or random_policies.allowed(request, old)
        for request in random_policies.requests(rng, random_policies.keys_in(new, old), 150)
    )
