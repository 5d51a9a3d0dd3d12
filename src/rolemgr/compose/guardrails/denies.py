"""
From a guardrail to Deny statements, so that it never blocks what it does not judge.

Two kinds of Deny. One can't match where its condition key is absent (a positive operator without IfExists,
ForAnyValue, or ``Null: false`` beside a negated one): it may stand on every action of the scope that
supports the key. The other matches on absence: it stands on exactly the actions that support the key *and
must carry it* (`rolemgr.reference.quirks.must_carry`); on any other it would block a request for ever.

A KMS key that AWS renamed is denied under both names, whichever of them AWS fills: absence is the absence
of both, a wrong value is a wrong value under either.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rolemgr.compose.dead_conditions import dead_conditions
from rolemgr.compose.distribute import ANY, Share
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.compose.guardrails.judges import is_wanted
from rolemgr.compose.guardrails.names import wrong_names
from rolemgr.compose.guardrails.outside import outside_scope
from rolemgr.compose.substitute import UnknownPlaceholderError, Values, fill, names_in
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.iam.documents import Effect
from rolemgr.iam.operators import base_operator, parse_operator, spelt_operators
from rolemgr.iam.values import value_problem
from rolemgr.iam.wildcards import text_glob
from rolemgr.model.guardrail import ALL_ACTIONS, EVERY_ACTION, Guardrail, GuardrailDeny
from rolemgr.model.role import FrozenConditions, GuardrailInForce, LeftOpen, Origin
from rolemgr.model.source import Sourced
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import action_names, find_action, normal_key
from rolemgr.reference.support import supports

_Conditions: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]


class GuardrailContext(NamedTuple):
    """What decides about a guardrail's statements besides its own values."""

    granted: frozenset[str] | None
    """The actions that the role is allowed; None where attached policies may allow more: all are judged."""
    kms_key_names: str
    strict: bool
    only: frozenset[str] | None = None
    """The Sids of the Denies that are wanted, whatever values they need; None for all that the values ask for."""


class Compiled(NamedTuple):
    """The Deny statements of a guardrail, and what is to be said of it."""

    shares: tuple[Share, ...]
    in_force: GuardrailInForce


def compile_guardrail(chosen: ChosenGuardrail, setting: GuardrailContext) -> Compiled:
    """
    Return the Denies of the *chosen* guardrail for the actions of *setting*.

    Raises InputError (or Problems), with the line, for a guardrail that the reference contradicts.
    """
    found = _compiled(chosen.name, chosen.guardrail, chosen.values, setting)
    return Compiled(found.shares, found.in_force._replace(where=chosen.where, by=chosen.by))


@lru_cache(maxsize=4096)
def _compiled(
    name: str, guardrail: Sourced[Guardrail], values: tuple[tuple[str, tuple[str, ...]], ...], setting: GuardrailContext
) -> Compiled:
    raise_all(list(wrong_names(guardrail)))
    known = {**dict(values), "local_nvme_types": quirks.local_nvme_types()}
    denied: list[Share] = []
    rendered: list[Share] = []
    outside: dict[str, LeftOpen] = {}
    for index, statement in enumerate(guardrail.value.deny):
        if is_wanted(statement, known) if setting.only is None else statement.sid in setting.only:
            place = _DenySource(name, guardrail, index)
            found = list(_shares(place, known, setting))
            denied += found
            rendered += _joined(found, place)
            outside |= {one.action: one for one in _outside(place, known, setting)}
    listed = (LeftOpen(one.action, one.why) for one in guardrail.value.bypassed_by if _granted(one.action, setting))
    bypasses = (*listed, *outside.values())
    closed = tuple(_closed(name, guardrail, bypasses)) if setting.strict else ()
    in_force = GuardrailInForce(
        name, guardrail.value.title, dict(values), guardrail.at(), "",
        _narrowed(denied, setting), bypasses, tuple(_not_where_absent(denied)), setting.strict,
        {(one.rule, one.action): one.why for one in guardrail.value.accepts},
    )  # fmt: skip
    return Compiled((*rendered, *closed), in_force)


@dataclass(frozen=True)
class _DenySource:
    """A Deny of a guardrail file, able to say the line of any part of it."""

    name: str
    guardrail: Sourced[Guardrail]
    index: int

    @property
    def statement(self) -> GuardrailDeny:
        return self.guardrail.value.deny[self.index]

    def at(self, *path: str | int) -> SourceLocation:
        return self.guardrail.at("deny", self.index, *path)

    def origin(self, sid: str) -> Origin:
        actions = self.statement.actions
        return Origin(self.at(), self.name, sid, () if isinstance(actions, str) else actions, "guardrail")


def _joined(shares: list[Share], place: _DenySource) -> Iterator[Share]:
    """
    Yield the *shares* of one Deny, one on all of SageMaker in the place of several where it says the same.

    That is so where the Deny can't match without its keys, and is meant for every action that supports them: with
    the others AWS never sends them. One that AWS adds is judged from the first day on if it comes with the key.
    A Bool key is left alone, as nobody knows whether AWS fills in false where a request leaves it out.
    """
    together: dict[FrozenConditions, list[Share]] = {}
    for share in shares:
        together.setdefault(share.conditions, []).append(share)
    for conditions, found in together.items():
        same = len(found) > _FEW and _needs_its_keys(conditions) and _is_meant_for_all(conditions, place)
        yield from [found[0]._replace(action=_ALL_OF_SAGEMAKER)] if same else found


_ALL_OF_SAGEMAKER = "sagemaker:*"
_FEW = 3
"""So many actions stay a list: it takes little room, and a comparison has one key less to try on all the others."""


def _needs_its_keys(conditions: FrozenConditions) -> bool:
    """Tell whether *conditions* can't hold where any of their keys, all of SageMaker's and none a Bool, is absent."""
    blocks = {operator: dict(block) for operator, block in conditions}
    keys = {key for block in blocks.values() for key in block}
    if any(base_operator(operator) == "Bool" for operator in blocks) or any(map(_is_bool, keys)):
        return False
    return all(key.startswith("sagemaker:") and not matches_absence(key, blocks) for key in keys)


def _is_meant_for_all(conditions: FrozenConditions, place: _DenySource) -> bool:
    """Tell whether the Deny at *place* is for each action that supports the keys of *conditions*, granted or not."""
    new_names = {old: new for new, old in quirks.old_key_names().items()}
    keys = [new_names.get(key, key) for _, block in conditions for key, _ in block]
    listed = place.statement.actions
    scope = (action for one in place.guardrail.value.scope for action in quirks.scope_actions(one))
    meant = set(scope) if isinstance(listed, str) else set(listed)
    return all(action in meant for action in action_names("sagemaker").values() if _supports_all(action, keys))


def _outside(place: _DenySource, values: Values, setting: GuardrailContext) -> Iterator[LeftOpen]:
    """Yield the actions that carry the keys of a Deny on `supported` actions, and that its scope leaves out."""
    if place.statement.actions != "supported":
        return
    conditions = _filled(place, values)
    keys = sorted({key for block in conditions.values() for key in block})
    judged = _actions(place, conditions)
    for action in outside_scope(place.guardrail.value, judged, keys, setting.granted):
        yield LeftOpen(action, f"it supports {' and '.join(keys)} too, and the guardrail's scope leaves it out", True)


def _granted(action: str, setting: GuardrailContext) -> bool:
    return setting.granted is None or action in setting.granted or action == EVERY_ACTION


def _narrowed(denied: list[Share], setting: GuardrailContext) -> tuple[str, ...]:
    """Return the actions that *denied* are about; where that is every action, those of the role."""
    found = {share.action for share in denied}
    if EVERY_ACTION in found and setting.granted is not None:
        found = (found | setting.granted) - {EVERY_ACTION}
    return tuple(sorted(found))


def _shares(place: _DenySource, values: Values, setting: GuardrailContext) -> Iterator[Share]:
    """Yield the shares of one Deny, under each name of its condition keys."""
    conditions = _filled(place, values)
    raise_all(list(_operator_problems(place, conditions)))
    actions = _actions(place, conditions)
    raise_all(list(_absence_problems(place, conditions, actions)))
    named = list(_under_names(place.statement.sid, conditions, setting.kms_key_names))
    plain = [(place.statement.sid, conditions)]
    for action in actions:
        for sid, found in plain if action in quirks.never_had_old_names() else named:
            if _granted(action, setting):
                yield Share(action, ANY, (), _frozen(found), Effect.DENY, place.origin(sid))


def _filled(place: _DenySource, values: Values) -> _Conditions:
    """Return the conditions with their placeholders filled, in keys and in values."""
    filled: dict[str, dict[str, tuple[str, ...]]] = {}
    for operator, block in place.statement.conditions.items():
        for key, texts in block.items():
            where = place.at("conditions", operator, key)
            try:
                names = fill(key, values)
                found = tuple(value for text in texts for value in fill(text, values))
            except UnknownPlaceholderError as error:
                raise error.at(where, values, "parameter") from error
            if not found and any(name in place.statement.any_of for text in texts for name in names_in(text)):
                continue
            if not found or len(names) != 1:
                raise InputError(where, f"condition key `{key}` has no value", "name its parameter under `needs`")
            filled.setdefault(operator, {})[names[0]] = found
    return filled


def _operator_problems(place: _DenySource, conditions: _Conditions) -> Iterator[InputError]:
    for operator, block in conditions.items():
        base = base_operator(operator)
        if base is None:
            yield UnknownNameError(place.at("conditions", operator), "condition operator", operator, spelt_operators())
            continue
        for key, found in block.items():
            where = place.at("conditions", operator, key)
            yield from (InputError(where, problem) for value in found if (problem := value_problem(base, value)))
    for one in dead_conditions(conditions):
        yield InputError(place.at("conditions", one.operator, one.key), one.problem, one.hint)


def _actions(place: _DenySource, conditions: _Conditions) -> tuple[str, ...]:
    """Return the actions of the Deny: listed, or those of the scope that support its keys."""
    keys = [key for block in conditions.values() for key in block]
    scope = sorted({action for one in place.guardrail.value.scope for action in quirks.scope_actions(one)})
    listed = place.statement.actions
    if listed == ALL_ACTIONS:
        raise_all(list(_keys_of_some(place, keys)))
        return (EVERY_ACTION,)
    if isinstance(listed, str):
        found = tuple(action for action in scope if _supports_all(action, keys))
        if not found:
            raise InputError(place.at("actions"), f"no action of the scope supports {' and '.join(keys)}")
        return found
    raise_all(list(_listed_problems(place, listed, scope, keys)))
    return listed


def _keys_of_some(place: _DenySource, keys: list[str]) -> Iterator[InputError]:
    """Yield an error for each of *keys* that does not come with requests of every service."""
    for key in keys:
        if normal_key(key) not in quirks.global_keys():
            problem = f"`{key}` does not come with every request: a Deny on all actions could block the others for ever"
            yield InputError(place.at("conditions"), problem, "list the actions, or write `supported`")


def _listed_problems(
    place: _DenySource, listed: tuple[str, ...], scope: list[str], keys: list[str]
) -> Iterator[InputError]:  # fmt: skip
    for number, action in enumerate(listed):
        where = place.at("actions", number)
        if find_action(action) is None:
            yield UnknownNameError(where, "action", action, action_names(action.partition(":")[0]).values())
        elif action not in scope:
            yield UnknownNameError(where, "action of the guardrail's scope", action, scope)
        else:
            yield from (
                InputError(
                    where, f"`{action}` does not support the condition key `{key}`: the Deny could block it for ever"
                )
                for key in keys
                if not _supports_all(action, [key])
            )


def _supports_all(action: str, keys: list[str]) -> bool:
    found = find_action(action)
    return found is not None and all(supports(found, (), key) for key in keys)


def _absence_problems(place: _DenySource, conditions: _Conditions, actions: tuple[str, ...]) -> Iterator[InputError]:
    """Yield an error for each action that a Deny on absence would block for ever."""
    for key in sorted({key for block in conditions.values() for key in block}):
        if not key.startswith("sagemaker:") or not matches_absence(key, conditions):
            continue
        if isinstance(place.statement.actions, str):
            yield InputError(
                place.at("conditions"),
                f"it also matches where `{key}` is absent",
                "list the actions that must carry it",
            )
            continue
        for number, action in enumerate(actions):
            if not _may_deny_absence(action, key, place.statement, conditions):
                reason = quirks.absence_reason(action, key)
                problem = f"`{action}` need not carry `{key}`, and the Deny matches where it is absent"
                yield InputError(place.at("actions", number), problem, reason)


def matches_absence(key: str, conditions: _Conditions) -> bool:
    """Tell whether all that *conditions* say of *key* holds where the request does not carry it."""
    blocks = {operator: block[key] for operator, block in conditions.items() if key in block}
    return all(_holds_absent(operator, key, values) for operator, values in blocks.items())


def _holds_absent(operator: str, key: str, values: tuple[str, ...]) -> bool:
    parsed = parse_operator(operator)
    if parsed is None:
        return False
    if parsed.base == "Bool" or (_is_bool(key) and parsed.base.startswith("String")):
        # AWS may fill in false where the request leaves the field out
        filled_in = any(text_glob(value.lower())("false") for value in values)
        return parsed.true_where_absent(values) or filled_in is not parsed.negated
    return parsed.true_where_absent(values)


def _is_bool(key: str) -> bool:
    found = find_key(key)
    return found is not None and found.type == "Bool"


def _may_deny_absence(action: str, key: str, statement: GuardrailDeny, conditions: _Conditions) -> bool:
    """Tell whether *action* must carry *key* in every request that the other conditions leave."""
    # A key such as SearchVisibilityCondition/Tags.Project is in the table by its fixed part.
    terms = quirks.must_carry(action, key) or quirks.must_carry(action, key.partition("/")[0] + "/")
    if terms is None:
        return False
    for operator, block in terms.only_if.items():
        if any(conditions.get(operator, {}).get(other) != (value,) for other, value in block.items()):
            return False
    if terms.only_below is not None and terms.only_below not in statement.only_below.values():
        return False
    types = {operator for operator, block in conditions.items() if "sagemaker:InstanceTypes" in block}
    if terms.only_with and _ANOTHER_TYPE not in types:
        return False
    return not terms.not_with_local_nvme or bool(types & {_ANOTHER_TYPE, "Null"})


_ANOTHER_TYPE = "ForAnyValue:StringNotLike"
"""How a guardrail asks whether a request names an instance type that is not approved."""


def _under_names(sid: str, conditions: _Conditions, names: str) -> Iterator[tuple[str, _Conditions]]:
    """
    Yield the conditions under the names that AWS may fill: a renamed key's new one, its old one, or both.

    Where they only ask for its absence both names stand in one block; else each name has a Deny of its own.
    """
    renamed = {key: old for block in conditions.values() for key in block if (old := quirks.old_key_names().get(key))}
    if not renamed or names == "arn":
        yield sid, conditions
    elif names == "legacy":
        yield sid, _renamed(conditions, renamed)
    elif all(matches_absence(key, conditions) for key in renamed):
        yield sid, _with_both(conditions, renamed)
    else:
        yield sid, conditions
        yield f"{sid}OldName", _renamed(conditions, renamed)


def _renamed(conditions: _Conditions, renamed: Mapping[str, str]) -> _Conditions:
    return {
        operator: {renamed.get(key, key): values for key, values in block.items()}
        for operator, block in conditions.items()
    }


def _with_both(conditions: _Conditions, renamed: Mapping[str, str]) -> _Conditions:
    return {
        operator: {**block, **{renamed[key]: values for key, values in block.items() if key in renamed}}
        for operator, block in conditions.items()
    }


def _frozen(conditions: _Conditions) -> FrozenConditions:
    return tuple((operator, tuple(sorted(block.items()))) for operator, block in sorted(conditions.items()))


def _closed(name: str, guardrail: Sourced[Guardrail], bypasses: tuple[LeftOpen, ...]) -> Iterator[Share]:
    """Yield the Denies of ``--strict``: what by-passes the guardrail can't be called at all."""
    sid = "".join(word.capitalize() for word in name.split("-")) + "ByPasses"
    origin = Origin(guardrail.at("bypassed_by"), name, sid, (), "guardrail")
    for bypass in bypasses:
        yield Share(bypass.action, ANY, (), (), Effect.DENY, origin, purpose="ByPasses")


def _not_where_absent(shares: list[Share]) -> Iterator[LeftOpen]:
    """Yield the narrowed actions whose requests are let through without the key, each with the reason."""
    absent = {share.action for share in shares if _on_absence(share)}
    reasons = {(share.action, key): None for share in shares for _, block in share.conditions for key, _ in block}
    for action, key in sorted(reasons):
        if action not in absent and (why := quirks.absence_reason(action, key)):
            yield LeftOpen(action, why)


def _on_absence(share: Share) -> bool:
    conditions = {operator: dict(block) for operator, block in share.conditions}
    keys = {key for block in conditions.values() for key in block}
    return any(matches_absence(key, conditions) for key in keys)
