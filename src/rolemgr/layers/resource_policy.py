"""
The policy of a resource that other accounts use: who of them may do what.

A caller of another account needs both sides: its own policies allow the request, and so does the resource's policy.
A job calls as its role, so the principals are roles, and no key says which service is behind them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rolemgr.compose.substitute import UnknownPlaceholderError, Values, fill
from rolemgr.errors import InputError
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, ResourcePolicy, ResourceStatement
from rolemgr.model.resource_pattern import ResourcePattern, ResourcePatternStatement, ResourceValueType
from rolemgr.model.source import Sourced

Json = dict[str, Any]


class ComposedResourcePolicy(NamedTuple):
    """The policy of one resource, the values that filled it, and what is to be notes of it."""

    kind: str
    pattern: ResourcePattern
    values: Values
    document: ResourcePolicy
    notes: tuple[str, ...]


def compose_resource_policy(kind: str, pattern: Sourced[ResourcePattern], values: Values) -> ComposedResourcePolicy:
    """
    Return the policy of *pattern*, which the user calls *kind*, filled with *values*.

    Raises InputError where it would let nobody in, and, with the line, for a placeholder that stands for nothing.
    """
    made = [
        _statement(pattern, index, values)
        for index, one in enumerate(pattern.value.statements)
        if _is_wanted(one, values)
    ]
    if not any(one["Effect"] == Effect.ALLOW and one["Sid"] not in _own(pattern.value) for one in made):
        people = [name for name, one in pattern.value.parameters.items() if not one.default and not one.required]
        raise InputError(None, f"the policy of `{kind}` would let nobody in", f"give one of {', '.join(people)}")
    document = ResourcePolicy.model_validate({"Version": "2012-10-17", "Statement": made})
    return ComposedResourcePolicy(kind, pattern.value, values, document, tuple(_notes(pattern.value, values)))


def _own(pattern: ResourcePattern) -> frozenset[str]:
    """Return the Sids of what is there whoever is named: those alone let none of them in."""
    people = (ResourceValueType.ROLE, ResourceValueType.SOURCE, ResourceValueType.ORGANIZATION_ID)
    naming = {name for name, one in pattern.parameters.items() if one.type in (*people, ResourceValueType.ACCOUNT_ID)}
    return frozenset(one.sid for one in pattern.statements if not naming.intersection(one.needs))


def _is_wanted(one: ResourcePatternStatement, values: Values) -> bool:
    given = all(values.get(need) for need in one.needs) and not any(values.get(name) for name in one.unless)
    return given and all(set(values[name]) & set(wanted) for name, wanted in one.only_for.items())


def _statement(pattern: Sourced[ResourcePattern], index: int, values: Values) -> Json:
    one = pattern.value.statements[index]

    def filled(texts: tuple[str, ...]) -> list[str]:
        try:
            return list(dict.fromkeys(text for each in texts for text in fill(each, values)))
        except UnknownPlaceholderError as error:
            raise error.at(pattern.at("statements", index), values) from error

    elements: Json = {
        "Sid": one.sid,
        "Effect": one.effect,
        "Principal": _principal(one, filled(one.principals)),
        "Action": list(one.actions),
        "Resource": filled(one.resources),
        "Condition": _conditions(one, values, filled),
    }
    return {name: value for name, value in elements.items() if value}


def _principal(one: ResourcePatternStatement, arns: list[str]) -> str | Json:
    if arns:
        return {"AWS": arns}
    return {"Service": list(one.services)} if one.services else "*"


def _conditions(one: ResourcePatternStatement, values: Values, filled: Any) -> Json:
    """Return the conditions without those on a parameter that may, and does, have no value."""
    empty = [f"{{{{ {name} }}}}" for name in one.drops if not values.get(name)]
    found = {
        operator: {key: filled(texts) for key, texts in block.items() if not all(text in empty for text in texts)}
        for operator, block in one.conditions.items()
    }
    return {operator: block for operator, block in found.items() if block}


def _notes(pattern: ResourcePattern, values: Values) -> Iterator[str]:
    roles = [role for name in _roles(pattern) for role in values.get(name, ())]
    account = values.get("account", ("",))[0]
    if roles and "organization" in pattern.parameters and not values.get("organization"):
        yield "without --org-id the roles keep their access when their account leaves the organization"
    if own := sorted(role for role in roles if (arn := Arn.parse(role)) and arn.account == account):
        yield f"of the resource's own account, where its own policies may suffice: {', '.join(own)}"
    yield from pattern.differs
    yield from pattern.left_open


def _roles(pattern: ResourcePattern) -> list[str]:
    return [name for name, one in pattern.parameters.items() if one.type is ResourceValueType.ROLE]


class MergedPolicy(NamedTuple):
    """A policy that was there with ours in it, and what came of each statement of ours, in words."""

    document: ResourcePolicy
    notes: tuple[str, ...]


def merged(there: ResourcePolicy, ours: ResourcePolicy) -> MergedPolicy:
    """
    Return what is *there* with *ours* behind it: nothing that is there changes or goes.

    A statement of ours that is there already is not notes twice; one whose Sid is taken gets another.
    """
    kept = list(there.statement)
    notes = [f"{len(kept)} statements are kept as they are"]
    taken = {one.sid for one in kept}
    for one in ours.statement:
        if any(_same(one, other) for other in kept):
            notes.append(f"{one.sid} is there already")
            continue
        sid = _free(str(one.sid), taken)
        taken.add(sid)
        kept.append(one.model_copy(update={"sid": sid}))
        because = f", as {one.sid} is there and says something else: take that out where it is an older one of ours"
        notes.append(f"{sid} is added{because if sid != one.sid else ''}")
    return MergedPolicy(there.model_copy(update={"statement": tuple(kept)}), tuple(notes))


def _same(one: ResourceStatement, other: ResourceStatement) -> bool:
    return _meaning(one) == _meaning(other)


def _meaning(one: ResourceStatement) -> Json:
    raw: Mapping[str, Any] = one.model_dump(exclude={"sid"})
    return {name: _ordered(value) for name, value in raw.items()}


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(one) for name, one in value.items()}
    return sorted(value) if isinstance(value, list | tuple) else value


def _free(sid: str, taken: set[str | None]) -> str:
    endings = ("", *map(str, range(2, len(taken) + 3)))
    return next(name for end in endings if (name := f"{sid}{end}") not in taken)
