"""
Whether the documents are what the blueprint's file makes of itself: no request more, and none less.

Documents that are the same need no comparison. Of others the difference is shown by a request, in both directions
(`rolemgr.compare`): a Deny that is gone, a principal more, a limit that is in the way.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from rolemgr.blueprint.alike import alike
from rolemgr.blueprint.compose import (
    ComposedBlueprint,
    PlacedGuard,
    PlacedRole,
    placed_endpoints,
    placed_policies,
    placed_shares,
)
from rolemgr.blueprint.levels import layers_of
from rolemgr.blueprint.placed import documents_of
from rolemgr.compare.compare import compare
from rolemgr.compare.documents import Documents, comparable
from rolemgr.compare.verdicts import Comparison
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.model.role import RoleDocuments
from rolemgr.prove.proof import CounterExample, Judged, Proof, Untold, proofs_of

NAME: Final = "as-the-file-says"
CLAIM: Final = "each document allows and denies what the blueprint makes of it"


class DocumentPair(NamedTuple):
    """The documents of one place, as they are *there* and as the blueprint's file has them *made*."""

    what: str
    there: Documents
    made: Documents


def prove_documents(blueprint: ComposedBlueprint) -> tuple[Proof, ...]:
    """Return the proof that the documents of *blueprint* are those of its file."""
    judged = (answer for pair in _pairs(blueprint) for answer in _judged(pair))
    return proofs_of({NAME: CLAIM}, judged)


def _pairs(blueprint: ComposedBlueprint) -> Iterator[DocumentPair]:
    for placed in alike(blueprint).firsts():  # what is altered is like no other
        yield from _of_role(placed)
    given = blueprint.source, blueprint.catalog, blueprint.flows
    made: list[PlacedGuard] = [*placed_policies(*given), *placed_shares(*given)]
    yield from _by_name(
        {f"the policy of {one.resource}": one.document for one in blueprint.guards},
        {f"the policy of {one.resource}": one.document for one in made},
    )
    yield from _by_name(
        {f"the policy of VPC endpoint {one.place}": one.document for one in blueprint.endpoints},
        {f"the policy of VPC endpoint {one.place}": one.document for one in placed_endpoints(*given[:2])},
    )
    sides = ({}, {})  # type: tuple[dict[str, Documents], dict[str, Documents]]
    for side, levels in zip(sides, (blueprint.layers, layers_of(blueprint.source, blueprint.catalog)), strict=True):
        for one in levels:
            documents = tuple(policy.document for policy in one.documents.policies)
            side[f"the {one.kind.upper()}s of {one.level}"] = documents
    for what in sorted({*sides[0], *sides[1]}):
        yield DocumentPair(what, sides[0].get(what, ()), sides[1].get(what, ()))


def _by_name(there: dict[str, ResourcePolicy], made: dict[str, ResourcePolicy]) -> Iterator[DocumentPair]:
    for what in sorted({*there, *made}):
        yield DocumentPair(what, *(tuple(filter(None, (side.get(what),))) for side in (there, made)))


def _of_role(placed: PlacedRole) -> Iterator[DocumentPair]:
    there, made = placed.documents, documents_of(placed.role)
    yield DocumentPair(f"the policies of {placed.place}", _permissions(there), _permissions(made))
    yield DocumentPair(f"the trust policy of {placed.place}", (there.trust_policy,), (made.trust_policy,))
    yield DocumentPair(f"the boundary of {placed.place}", _boundary(there), _boundary(made))


def _permissions(documents: RoleDocuments) -> Documents:
    return tuple(one.document for one in (*documents.policies, *documents.managed_policies))


def _boundary(documents: RoleDocuments) -> Documents:
    return (documents.own_boundary.document,) if documents.own_boundary else ()


def _judged(pair: DocumentPair) -> Iterator[Judged]:
    """Yield whether both sides of *pair* say the same, else a request for each direction in which they differ."""
    if pair.there == pair.made:
        yield NAME, None
        return
    if not pair.there or not pair.made:
        problem = f"{pair.what} {'is not there' if pair.made else 'is there, and the file asks for none'}"
        yield NAME, CounterExample(problem, (), None)
        return
    there, made = comparable(pair.there, pair.made), comparable(pair.made, pair.there)
    yield from _told(pair.what, "allows", compare(there, made))
    yield from _told(pair.what, "does not allow", compare(made, there))


def _told(what: str, verb: str, found: Comparison) -> Iterator[Judged]:
    if found.proven:
        yield NAME, None
    for one in found.differences:
        principal = f" to {one.request.principal}" if one.request.principal else ""
        asked = f"{one.request.action} on {one.request.resource}{principal}"
        against = "as the file does not" if verb == "allows" else "as the file does"
        yield NAME, CounterExample(f"{what} {verb} {asked}, {against}", (), one.request)
    for unknown in found.unknowns:
        yield NAME, Untold(f"can't tell whether {what} is as the file says: {unknown.reason}", ())
