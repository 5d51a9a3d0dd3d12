"""
Separation over all accounts: what a persona must never do, no role that its role reaches in any account can do.

The role of a persona is asked with the documents that it has, and so is every role that it passes, assumes or acts as
(`rolemgr.blueprint.chains`). A role that is reached and that the blueprint does not have is "can't tell".
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rolemgr.blueprint.alike import others_in_words
from rolemgr.blueprint.chains import BlueprintClosure, Chains
from rolemgr.blueprint.compose import PlacedRole
from rolemgr.blueprint.placed import documents_of
from rolemgr.compare.budget import MOST_STEPS
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.model.role import ComposedRole, ComposedStatement, Origin
from rolemgr.prove.proof import CounterExample, Judged, Proof, RoleToProve, Untold, proofs_of
from rolemgr.prove.search import inquiry
from rolemgr.reference.managed_policies import ManagedPolicy
from rolemgr.separation.attached import attached_documents
from rolemgr.separation.managed import allows_of
from rolemgr.separation.violations import Violation, each_violation

NAME: Final = "separation-across-accounts"
CLAIM: Final = "no role can do what its persona must never do, nor can a role that it reaches in any account"
KNOWN: Final = "known-policies"
KNOWN_CLAIM: Final = "each policy that a role has is known here"


def prove_apart(chains: Chains) -> tuple[Proof, ...]:
    """Return the proofs that every role of *blueprint* keeps apart from what its persona must never do."""
    judged = (one for group in chains.groups() for one in _of_group(chains, group))
    return proofs_of({NAME: CLAIM, KNOWN: KNOWN_CLAIM}, judged)


def _of_group(chains: Chains, group: tuple[PlacedRole, ...]) -> Iterator[Judged]:
    """Yield what holds for the first role of *group*, and so for all of them: they reach roles that are alike."""
    also = others_in_words(group)
    for name, answer in _of_role(chains, group[0]):
        yield name, answer._replace(problem=f"{answer.problem}{also}") if answer and also else answer


def _of_role(chains: Chains, placed: PlacedRole) -> Iterator[Judged]:
    yield from _known(placed)
    try:
        closure = chains.closure(placed)
        yield from _broken(chains, placed, closure)
    except TooComplex as error:
        yield NAME, Untold(f"can't tell what {placed.place} reaches: {error}", (placed.place,))
        return
    for one in closure.unknown:
        problem = (
            f"{placed.place} reaches {one}, which is not a role of the blueprint alone: nothing is proven beyond it"
        )
        yield NAME, Untold(problem, (placed.place,))


def _known(placed: PlacedRole) -> Iterator[Judged]:
    """Yield what is not known of the policies of *placed*: those that its file names by ARN."""
    spec = placed.role.spec
    for arn in spec.managed_policy:
        known = arn in attached_documents(placed.role)
        problem = f"{placed.place}: what managed policy {arn} allows is not known here"
        yield KNOWN, None if known else Untold(problem, (placed.place,))
    if spec.boundary and not placed.documents.own_boundary:
        problem = f"{placed.place}: what boundary {spec.boundary} lets through is not known here"
        yield KNOWN, Untold(problem, (placed.place,))
    yield KNOWN, None


def _broken(chains: Chains, placed: PlacedRole, closure: BlueprintClosure) -> Iterator[Judged]:
    asked, beside = as_rendered(placed), [as_rendered(one) for one in closure.reached]
    accepted = placed.role.spec.break_separation
    for never in asked.persona.never:
        count = 1 if never.forbidden.directly else 1 + len(beside)
        yield from ((NAME, None) for _ in range(count))
    budget = chains.subject(placed).budget.part(MOST_STEPS)
    for one in each_violation(asked, beside, budget):
        through = next((role for role in closure.reached if role.arn.endswith(f"/{one.through}")), placed)
        if accepted and through.account == placed.account:
            continue  # the file gives the reason for its own account, and `rolemgr create` says what is broken
        yield NAME, _example(chains, placed, through, one)


def _example(chains: Chains, placed: PlacedRole, through: PlacedRole, one: Violation) -> CounterExample:
    steps = "" if through is placed else f" through {through.place}"
    problem = f"{placed.place} must never `{one.forbidden}`, and may {one.action} on {one.resource}{steps}"
    request = _request(chains.subject(through), one)
    return CounterExample(problem, (placed.place,), request, (one.never.where, placed.spec.at("persona")))


def _request(subject: RoleToProve, violation: Violation) -> Request:
    """Return a request that is allowed and should not be; as it was asked, where a layer above stops each."""
    known = {key.lower(): values[:1] for key, values in violation.never.forbidden.context.items()}
    asked = inquiry(subject, violation.action)
    found = (asked.allowed(resource, known) for resource in (violation.resource or "*", *asked.resources()))
    return next(filter(None, found), Request(violation.action, violation.resource or "*", Context(known)))


def as_rendered(placed: PlacedRole) -> ComposedRole:
    """Return the role at *placed* with the statements of its documents, where those are not what it was composed to."""
    documents = placed.documents
    if (made := documents_of(placed.role)).policies == documents.policies and (
        made.managed_policies == documents.managed_policies
    ):
        return placed.role
    found = (
        statement
        for policy in (*documents.policies, *documents.managed_policies)
        for statement in (*_allows(placed, policy.document), *_denies(placed, policy.document))
    )
    return replace(placed.role, statements=tuple(found))


def _allows(placed: PlacedRole, document: IdentityPolicy) -> Iterator[ComposedStatement]:
    patterns = [never.forbidden.action for never in placed.role.persona.never]
    yield from allows_of(ManagedPolicy(placed.place, placed.role.spec.arn, "", "", document), patterns)


def _denies(placed: PlacedRole, document: IdentityPolicy) -> Iterator[ComposedStatement]:
    """Yield the Denies of *document* that say what they are about; what one says of all but something is left out."""
    for one in document.statement:
        if one.effect is Effect.DENY and one.action and one.resource:
            yield ComposedStatement(
                str(one.sid), Effect.DENY, one.action, one.resource, _frozen(one), (_origin(placed, one),)
            )


def _frozen(statement: IdentityStatement) -> tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]:
    return tuple((operator, tuple(block.items())) for operator, block in statement.condition.items())


def _origin(placed: PlacedRole, statement: IdentityStatement) -> Origin:
    return Origin(placed.spec.at("persona"), placed.place, str(statement.sid), statement.action or ())
