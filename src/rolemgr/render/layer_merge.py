"""
Denies put into the policies of an organization that are attached already, where these have room.

A Deny holds in whichever of the policies of one target it stands, so that those with room save slots, which are few.
Nothing that is there changes or goes: not a statement, and not AWS's own policy, which nobody can change.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import NamedTuple

from rolemgr.errors import InputError
from rolemgr.iam.documents import Effect, StatementElement
from rolemgr.model.layer import ComposedLayer, LayerDeny, LayerDocument, LayerDocuments, LayerPart, OrganizationPolicy
from rolemgr.reference.quirks import quota
from rolemgr.render.layer_documents import layer_document, layer_documents, minified

_SID_LENGTH = 64
_VERSION = "2012-10-17"
"""Of an older language variables are plain text, and ours may have some."""


class PolicyInForce(NamedTuple):
    """A policy that is attached already, and what it is called here."""

    name: str
    document: OrganizationPolicy


@dataclass
class _Filling:
    """An attached policy and the Denies that it takes in."""

    attached: PolicyInForce
    closed: bool
    denies: list[LayerDeny] = field(default_factory=list)

    @property
    def sids(self) -> set[str | None]:
        return {*(one.sid for one in self.attached.document.statements()), *(one.sid for one in self.denies)}

    def document(self, layer: ComposedLayer, more: Sequence[LayerDeny] = ()) -> OrganizationPolicy:
        ours = layer_document(layer.kind, (*self.denies, *more)).statement
        kept = self.attached.document
        made: OrganizationPolicy = kept.model_copy(update={"statement": (*kept.statement, *ours)})
        return made if ours else kept


def merged_documents(
    layer: ComposedLayer, there: Sequence[PolicyInForce], name: str, free_slots: int
) -> LayerDocuments:
    """
    Return the policies *there* with the Denies of *layer* in them, then those that found no room, called *name*.

    What is there already, under whatever Sid, is not added again. The Denies of a pattern stay together where that
    needs no more than *free_slots* policies; raises as `layer_documents` does where they are too many even apart.
    """
    known = {_meaning(one) for policy in there for one in policy.document.statements()}
    parts = [_lacking(layer, part, known) for part in layer.parts]
    same = [deny.sid for part in layer.parts for deny in part.denies if not any(deny in one.denies for one in parts)]
    parts = [part for part in parts if part.denies]
    single = [part._replace(denies=(deny,)) for part in parts for deny in part.denies]
    try:
        made = _merged(layer, parts, there, name, free_slots)
    except InputError:
        made = _merged(layer, single, there, name, free_slots)
    return LayerDocuments(made.kind, made.policies, (*(f"{sid} is there already" for sid in same), *made.notes))


def _merged(
    layer: ComposedLayer, parts: Sequence[LayerPart], there: Sequence[PolicyInForce], name: str, free_slots: int
) -> LayerDocuments:
    fillings = [_Filling(one, closed=not _is_open(one.document)) for one in there]
    rest = [part for part in parts if not any(_taken_in(layer, part, one) for one in fillings)]
    left = layer_documents(replace(layer, parts=tuple(rest)), name, free_slots)
    kept = tuple(_finished(layer, one) for one in fillings)
    notes = tuple(note for one in fillings for note in _notes(one))
    return LayerDocuments(layer.kind, (*kept, *left.policies), notes)


def _taken_in(layer: ComposedLayer, part: LayerPart, filling: _Filling) -> bool:
    """Put *part* into *filling* where it has room, and tell whether it had."""
    if filling.closed:
        return False
    taken, denies = filling.sids, list[LayerDeny]()
    for deny in part.denies:
        free = _free(deny, taken)
        taken.add(free.sid)
        denies.append(free)
    if len(minified(filling.document(layer, denies))) > quota(layer.kind):
        return False
    filling.denies += denies
    return True


def _free(deny: LayerDeny, taken: set[str | None]) -> LayerDeny:
    endings = chain(("",), map(str, count(2)))
    sid = next(one for end in endings if (one := deny.sid[: _SID_LENGTH - len(end)] + end) not in taken)
    return replace(deny, sid=sid)


def _finished(layer: ComposedLayer, filling: _Filling) -> LayerDocument:
    document = filling.document(layer)
    return LayerDocument(filling.attached.name, "", document, minified(document))


def _notes(filling: _Filling) -> Iterator[str]:
    kept = [one.sid for one in filling.attached.document.statements()]
    many = "statement stays as it is" if len(kept) == 1 else "statements stay as they are"
    added = ", ".join(one.sid for one in filling.denies)
    yield f"{filling.attached.name}: {len(kept)} {many}; {f'added: {added}' if added else 'nothing is added'}"
    for deny in filling.denies:
        if (older := deny.sid.rstrip("0123456789")) != deny.sid and older in kept:
            yield f"{filling.attached.name}: {older} says something else: take it out where it is an older {deny.sid}"


def _is_open(document: OrganizationPolicy) -> bool:
    """Tell whether statements may be added: not to AWS's own policy, and not under the older language."""
    only = document.statements()[0] if len(document.statements()) == 1 else None
    is_full_access = only is not None and only.effect is Effect.ALLOW and tuple(only.action or ()) == ("*",)
    return document.version == _VERSION and not is_full_access


def _lacking(layer: ComposedLayer, part: LayerPart, known: set[str]) -> LayerPart:
    """Return *part* without the Denies that are *known*."""
    lacking = (one for one in part.denies if _meaning(layer_document(layer.kind, (one,)).statements()[0]) not in known)
    return part._replace(denies=tuple(lacking))


def _meaning(statement: StatementElement) -> str:
    """Return *statement* as a text that is equal for those that differ in Sid and order alone."""
    value = {key: _ordered(one) for key, one in statement.to_json_value().items() if key != "Sid"}
    return repr(sorted(value.items()))


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return sorted((key, _ordered(one)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return sorted(map(str, value))
    return [str(value)]
