"""
From the Denies of an organization policy to documents, each within its quota.

The text is minified ASCII: Organizations counts white space that the API is given, and may count bytes. What
belongs together stays together, and documents are filled evenly, so that a statement more seldom makes another.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from rolemgr.errors import InputError, RenderError, SourceLocation
from rolemgr.files.json import strict_json
from rolemgr.files.source import ANSWER_LIMITS
from rolemgr.iam.documents import Effect, IdentityPolicy, PolicyDocument, ResourceControlPolicy
from rolemgr.model.layer import ComposedLayer, LayerDeny, LayerDocument, LayerDocuments, LayerPart, OrganizationPolicy
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.reference.quirks import quota

_SID_LENGTH = 64


def layer_documents(layer: ComposedLayer, name: str, free_slots: int) -> LayerDocuments:
    """
    Return *layer* as policies called *name*, or ``name-1``, ``name-2`` ... where they are several.

    Raises InputError where they are more than *free_slots*, and for one action that alone is too large.
    """
    limit = quota(layer.kind)
    units = [unit for part in layer.parts for unit in _units(layer.kind, part, limit)]
    filled = _filled(layer.kind, units, limit)
    if len(filled) > free_slots:
        raise InputError(SourceLocation("--free-slots"), *_too_many(layer, units, len(filled), free_slots))
    return LayerDocuments(layer.kind, tuple(_finished(layer.kind, name, filled)))


class _Unit(NamedTuple):
    """Denies of one part that stay together, and the characters that they have."""

    part: LayerPart
    denies: tuple[LayerDeny, ...]
    size: int


def _units(kind: LayerKind, part: LayerPart, limit: int) -> Iterator[_Unit]:
    """Yield *part* whole, or where no document holds it statement by statement."""
    if _size(kind, part.denies) <= limit:
        yield _Unit(part, part.denies, _bare(kind, part.denies))
        return
    for deny in part.denies:
        for one in _split(kind, deny, limit):
            yield _Unit(part, (one,), _bare(kind, (one,)))


def _split(kind: LayerKind, deny: LayerDeny, limit: int) -> Iterator[LayerDeny]:
    """Yield *deny* in as many parts as it needs: a Deny of half the actions is half of the Deny."""
    if _size(kind, (deny,)) <= limit:
        yield deny
        return
    if len(deny.actions) < 2:
        problem = f"statement `{deny.sid}` alone is over the quota of {limit:,} characters"
        raise InputError(deny.origin.location, problem, "give fewer values, patterns for many, or --kms-key-names arn")
    middle = len(deny.actions) // 2
    for letter, actions in (("A", deny.actions[:middle]), ("B", deny.actions[middle:])):
        part = replace(deny, sid=deny.sid[: _SID_LENGTH - 1] + letter, actions=actions)
        yield from _split(kind, part, limit)


def _filled(kind: LayerKind, units: Sequence[_Unit], limit: int) -> list[list[_Unit]]:
    """Return *units*, in their order, in as few documents as hold them, the largest as small as can be."""
    room = limit - _size(kind, ())
    least = max((unit.size for unit in units), default=0)
    fewest = len(_cut(units, room))
    low, high = least, room
    while low < high:  # the smallest largest document that needs no more of them
        middle = (low + high) // 2
        if len(_cut(units, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    return _cut(units, low)


def _cut(units: Sequence[_Unit], room: int) -> list[list[_Unit]]:
    """Return *units* in order, a new document wherever the next does not fit into *room*."""
    filled: list[list[_Unit]] = []
    left = 0
    for unit in units:
        if not filled or unit.size + 1 > left:
            filled.append([])
            left = room + 1
        filled[-1].append(unit)
        left -= unit.size + 1
    return filled


def _too_many(layer: ComposedLayer, units: Sequence[_Unit], needed: int, free: int) -> tuple[str, str]:
    sizes = {part.name: sum(unit.size for unit in units if unit.part.name == part.name) for part in layer.parts}
    largest = ", ".join(f"{name} {sizes[name]:,}" for name in sorted(sizes, key=lambda one: (-sizes[one], one))[:3])
    problem = f"the Denies need {needed} policies, and {free} can be attached; largest are {largest}"
    hint = "attach some at another level, leave one out, give --kms-key-names arn, or fewer --exempt"
    return problem, hint


def _finished(kind: LayerKind, name: str, filled: Sequence[Sequence[_Unit]]) -> Iterator[LayerDocument]:
    for number, units in enumerate(filled, start=1):
        document = layer_document(kind, [deny for unit in units for deny in unit.denies])
        text = minified(document)
        _require_same(text, document)
        titles = dict.fromkeys(unit.part.name for unit in units)
        own = name if len(filled) == 1 else f"{name}-{number}"
        yield LayerDocument(own, _description(tuple(titles)), document, text)


def _description(names: Sequence[str]) -> str:
    """Return what a policy is for, in the characters that Organizations takes."""
    limit = quota("organization_policy_description")
    head = "Made by rolemgr: "
    shown = list(names)
    while len(text := head + ", ".join(shown) + (" ..." if len(shown) < len(names) else "")) > limit:
        shown.pop()
    return text


def minified(document: PolicyDocument) -> str:
    """Return *document* as JSON without white space, all of it ASCII."""
    return json.dumps(document.to_json_value(), separators=(",", ":"), ensure_ascii=True)


def _require_same(text: str, document: PolicyDocument) -> None:
    if strict_json(text, ANSWER_LIMITS) != document.to_json_value():
        raise RenderError("the text of an organization policy says something else than the policy")


def _size(kind: LayerKind, denies: Sequence[LayerDeny]) -> int:
    return len(minified(layer_document(kind, denies)))


def _bare(kind: LayerKind, denies: Sequence[LayerDeny]) -> int:
    """Return the characters of *denies* and the commas between them."""
    return _size(kind, denies) - _size(kind, ())


def layer_document(kind: LayerKind, denies: Sequence[LayerDeny]) -> OrganizationPolicy:
    """Return *denies* as one policy of *kind*, whatever its size."""
    made = {"Version": "2012-10-17", "Statement": [_statement(kind, deny) for deny in denies]}
    if kind is LayerKind.SCP:
        return IdentityPolicy.model_validate(made)
    return ResourceControlPolicy.model_validate(made)


def _statement(kind: LayerKind, deny: LayerDeny) -> dict[str, object]:
    elements = {
        "Sid": deny.sid,
        "Effect": Effect.DENY,
        "Principal": "*" if kind is LayerKind.RCP else None,
        "Action": deny.actions,
        "NotAction": deny.not_actions,
        "Resource": deny.resources,
        "NotResource": deny.not_resources,
        "Condition": deny.condition,
    }
    return {name: value for name, value in elements.items() if value}
