"""
What a guardrail promises, said without its Denies.

`promises.json` says for each built-in guardrail which condition keys it judges: their values stay *within*
those chosen, are *at_most* as high, or *is* the safe one. Where a request must carry the key
(`rolemgr.reference.quirks.must_carry`), it does. Whether the Denies keep the promise is the proof's question
(`rolemgr.prove.guardrails`). A guardrail of a user's own catalog is taken at the word of its Denies: what a
negated operator lists is kept to, what another lists is kept out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.compose.guardrails.denies import matches_absence
from rolemgr.compose.guardrails.judges import is_wanted
from rolemgr.compose.substitute import fill, names_in
from rolemgr.iam.operators import base_operator
from rolemgr.iam.wildcards import matches
from rolemgr.model.guardrail import ALL_ACTIONS, Guardrail, GuardrailDeny
from rolemgr.model.role import GuardrailInForce
from rolemgr.prove.domains import KeyAssignment, Test, Values
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import find_action
from rolemgr.reference.support import known_key

_TYPES = "sagemaker:instancetypes"
_BUILT_IN = "local_nvme_types"
"""Values that every guardrail may name and nobody chooses: the reference's."""


class Good(NamedTuple):
    """Which values of a key are right: those that match *within*, none that matches *without*, up to *most*."""

    within: Values | None = None
    without: Values = ()
    most: int | None = None
    addresses: bool = False
    """Whether *within* are IP ranges that values are in."""
    or_absent: bool = False
    """Whether a request may do without the key where others must carry it: what the guardrail says it lets through."""

    def takes(self, value: str) -> bool:
        """Tell whether *value* is right; text in another case is another value, but of true and false."""
        if self.most is not None:
            return value.isdigit() and int(value) <= self.most
        if self.addresses:
            return _in_ranges(value, self.within or ())
        folded = value.lower() if value.lower() in ("true", "false") else value
        return not _matches(folded, self.without) and (self.within is None or _matches(folded, self.within))

    def samples(self) -> Values:
        """Return values on either side of the line."""
        if self.most is not None:
            return tuple(str(self.most + step) for step in (-1, 0, 1))
        if self.addresses:
            return tuple(one.partition("/")[0] for one in self.within or ())
        return tuple(one.replace("*", "any").replace("?", "y") for one in (*(self.within or ()), *self.without))


@dataclass(frozen=True, eq=False)
class Promise:
    """What a guardrail promises of requests for one action: by lower-case key, the values that are right."""

    action: str
    good: Mapping[str, Good]
    other_names: Mapping[str, str]
    """The other name under which a request may carry the key: AWS renamed it, or spells it in two ways."""
    any_of: tuple[Mapping[str, Good], ...] = ()
    """Keys, of each Deny together, of which one with a right value is enough; a request with none breaks it."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys that decide whether a request keeps the promise."""
        terms = [found for key in self.good if (found := _terms(self.action, key))]
        needed = {other.lower() for one in terms for block in one.only_if.values() for other in block}
        needed |= {one.only_with.lower() for one in terms if one.only_with}
        needed |= {_TYPES for one in terms if one.not_with_local_nvme}
        return frozenset({*self.good, *self.other_names.values(), *chain(*self.any_of), *needed})

    def possible(self, assignment: KeyAssignment) -> bool:
        """Tell whether a request can be in *assignment*: under both names AWS sends one and the same field."""
        pairs = ((assignment.get(key), assignment.get(other)) for key, other in self.other_names.items())
        return all(not one or not other or one == other for one, other in pairs)

    def keeps(self, assignment: KeyAssignment) -> bool:
        """Tell whether a request with the condition keys of *assignment* keeps the promise."""
        if not all(self._keeps(key, good, assignment) for key, good in self.good.items()):
            return False
        return all(any(_is_right(assignment.get(key), good) for key, good in one.items()) for one in self.any_of)

    def _keeps(self, key: str, good: Good, assignment: KeyAssignment) -> bool:
        if not self._is_asked(key, assignment):
            return True
        found = (*assignment.get(key, ()), *assignment.get(self.other_names.get(key, ""), ()))
        return all(map(good.takes, found)) if found else not self._must_carry(key, good, assignment)

    def _is_asked(self, key: str, assignment: KeyAssignment) -> bool:
        """Tell whether *key* has a meaning: the key of a store that the request does not turn on encrypts nothing."""
        only_if = terms.only_if if (terms := _terms(self.action, key)) else {}
        return all(_holds(operator, assignment.get(other.lower(), ()), value)
                   for operator, block in only_if.items() for other, value in block.items())  # fmt: skip

    def _must_carry(self, key: str, good: Good, assignment: KeyAssignment) -> bool:
        terms = _terms(self.action, key)
        if terms is None or good.or_absent:
            return False
        types = assignment.get(_TYPES, ())
        return not (
            (terms.only_below is not None and good.most is not None and good.most >= terms.only_below)
            or (terms.only_with and not assignment.get(terms.only_with.lower()))
            or (terms.not_with_local_nvme and types and all(_matches(one, quirks.local_nvme_types()) for one in types))
        )  # fmt: skip

    def tests(self) -> Iterator[Test]:
        """Yield what tells values of its keys apart."""
        for key, good in chain(self.good.items(), *(one.items() for one in self.any_of)):
            for name in filter(None, (key, self.other_names.get(key))):
                yield Test(name, good.samples(), good.takes)
        if _TYPES in self.keys - self.good.keys():
            yield _with_local_nvme()


def _is_right(found: Values | None, good: Good) -> bool:
    """Tell whether a request has the key, and no wrong value of it."""
    return bool(found) and all(map(good.takes, found or ()))


@cache
def _with_local_nvme() -> Test:
    """Return the question whether an instance type has local storage, and so no volume to encrypt."""
    samples = tuple(pattern.replace("*", "2xlarge") for pattern in quirks.local_nvme_types()[:1])
    return Test(_TYPES, samples, lambda value: _matches(value, quirks.local_nvme_types()))


def promise(guardrail: Guardrail, chosen: GuardrailInForce, action: str, kms_key_names: str) -> Promise | None:
    """Return what *guardrail* with the values of *chosen* promises of *action*, None where it judges no key of it."""
    names = {new.lower(): old.lower() for new, old in quirks.old_key_names().items()}
    good: dict[str, Good] = {}
    any_of: dict[str, dict[str, Good]] = {}
    other_names: dict[str, str] = {}
    for key, right, spelt, one_of in _promised(guardrail, chosen, action):
        if not _comes_with(action, key):
            continue
        if one_of is not None:
            any_of.setdefault(one_of, {})[key] = right
            continue
        old = kms_key_names == "legacy" and action not in quirks.never_had_old_names()
        good[names.get(key, key) if old else key] = right
        if kms_key_names == "both" and key in names and action not in quirks.never_had_old_names():
            other_names[key] = names[key]
        if spelt:
            other_names[key] = key + spelt.lower()
    return Promise(action, good, other_names, tuple(any_of.values())) if good or any_of else None


class _Promised(NamedTuple):
    key: str
    right: Good
    or_spelt: str | None = None
    one_of: str | None = None
    """The Deny of whose keys one with a right value is enough; None where each must have one."""


def _promised(guardrail: Guardrail, chosen: GuardrailInForce, action: str) -> Iterator[_Promised]:
    """Yield what is promised of each key; of an action that by-passes the guardrail only what is written."""
    by_passed = any(one.action == action for one in guardrail.bypassed_by)
    listed = promises().get(chosen.name)
    if listed is None:
        yield from () if by_passed else _at_their_word(guardrail, chosen, action)
        return
    for text, terms in listed.items():
        if by_passed and action not in terms.get("though_by_passed", ()):
            continue
        if terms.get("outside_scope") and in_scope(guardrail, action):
            continue
        if right := _right(text, terms, chosen.values):
            for key in fill(text, chosen.values):
                yield _Promised(key.lower(), right, terms.get("or_spelt"), "" if terms.get("any_of") else None)


def _right(key: str, terms: Mapping[str, Any], values: Mapping[str, Values]) -> Good | None:
    """Return which values are right; None where the parameter that says it was left out."""
    if "is" in terms:
        return Good(within=(terms["is"],))
    if "at_most" in terms:
        return Good(most=min(map(int, values[terms["at_most"]])))
    chosen = values.get(terms["within"])
    return Good(chosen, addresses=_is_address(key), or_absent=terms.get("or_absent", False)) if chosen else None


def _is_address(key: str) -> bool:
    known = find_key(key)
    return known is not None and known.type == "IPAddress"


def _in_ranges(value: str, ranges: Values) -> bool:
    try:
        return any(ip_address(value) in ip_network(one, strict=False) for one in ranges)
    except ValueError:
        return False


@cache
def promises() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return the promises of the built-in guardrails: guardrail -> condition key -> what is right."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(Path(__file__).with_name("promises.json").read_bytes())
    return found


def in_scope(guardrail: Guardrail, action: str) -> bool:
    """Tell whether *action* is of a scope of *guardrail*."""
    return any(action in quirks.scope_actions(scope) for scope in guardrail.scope)


def _at_their_word(guardrail: Guardrail, chosen: GuardrailInForce, action: str) -> Iterator[_Promised]:
    """Yield what the Denies of a guardrail say themselves of *action*, each key's together."""
    found: dict[tuple[str, str | None], list[tuple[str, Values]]] = {}
    for deny in guardrail.deny:
        if is_wanted(deny, chosen.values) and (deny.actions == ALL_ACTIONS or in_scope(guardrail, action)):
            for key, line in _lines(deny, chosen.values):
                found.setdefault((key, deny.sid if deny.any_of else None), []).append(line)
    for (key, one_of), lines in found.items():
        if right := _of_lines(lines):
            spared = key.startswith("aws:") and not _denies_absence(guardrail, chosen, key)
            yield _Promised(key, right._replace(addresses=_is_address(key), or_absent=spared), one_of=one_of)


def _denies_absence(guardrail: Guardrail, chosen: GuardrailInForce, key: str) -> bool:
    """
    Tell whether a Deny of *guardrail* matches where a request does without *key*.

    A key of SageMaker that a request must carry is promised all the same: without it nothing judges the setting. One
    of AWS's is, in most requests, the caller's choice, as tags are.
    """
    for deny in guardrail.deny:
        conditions = {
            operator: {
                name.lower(): tuple(found) for text, found in block.items() for name in fill(text, chosen.values)
            }
            for operator, block in deny.conditions.items()
        }
        asked = any(key in block for block in conditions.values())
        if asked and is_wanted(deny, chosen.values) and matches_absence(key, conditions):
            return True
    return False


def _lines(deny: GuardrailDeny, chosen: Mapping[str, Values]) -> Iterator[tuple[str, tuple[str, Values]]]:
    """Yield each key of *deny* in lower case, with its operator and values."""
    for operator, block in deny.conditions.items():
        for name, texts in block.items():
            known = not any(_BUILT_IN in names_in(text) for text in texts)
            for key in fill(name, chosen) if known and operator != "Null" else ():
                if values := tuple(value for text in texts for value in fill(text, chosen)):
                    yield key.lower(), (base_operator(operator) or "", values)


def _of_lines(lines: Sequence[tuple[str, Values]]) -> Good | None:
    caps = [
        int(one) - base.endswith("Equals")
        for base, found in lines
        if base.startswith("NumericGreater")
        for one in found
    ]
    if caps:
        return Good(most=min(caps))
    within = tuple(one for base, found in lines if "Not" in base for one in found)
    without = tuple(one for base, found in lines if "Not" not in base for one in found)
    return Good(within or None, without)


def _comes_with(action: str, key: str) -> bool:
    found = find_action(action)
    return found is not None and known_key(found, key)


def _terms(action: str, key: str) -> quirks.MustCarry | None:
    """Return when *action* must carry *key*, which the table may hold by its fixed part."""
    return quirks.must_carry(action, key) or quirks.must_carry(action, key.partition("/")[0] + "/")


def _holds(operator: str, found: Values, wanted: str) -> bool:
    """Tell whether the plain condition that a key's presence hangs on holds."""
    if operator == "Null":
        return (not found) is (wanted == "true")
    return any(value.lower() == wanted.lower() for value in found)


def _matches(value: str, patterns: Sequence[str]) -> bool:
    return any(matches(pattern, value) for pattern in patterns)
