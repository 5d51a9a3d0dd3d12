"""
Who may assume the roles of a blueprint: services, people and roles that its file names, and nobody beside them.

Each Allow of a trust policy is asked for everybody whom it lets in, as if the caller's own side allowed all. A role
that is named in an account of the blueprint has to be one of the blueprint's: another is a typing mistake, or a way in
for whoever can make a role of that name.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from rolemgr.blueprint.alike import alike
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.let_in import LetIn, let_in
from rolemgr.blueprint.placed import documents_of
from rolemgr.blueprint.role_layers import FULL_ACCESS
from rolemgr.blueprint.witness import trust_request
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.principals import read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, TrustPolicy, TrustStatement
from rolemgr.prove.proof import CounterExample, Judged, Proof, RoleToProve, Untold, proofs_of, told
from rolemgr.separation.violations import RenderedRole

NAME: Final = "trusted-callers"
CLAIM: Final = "roles are assumed by whom their file names alone, and roles of the accounts are the blueprint's"


def prove_trust(blueprint: ComposedBlueprint) -> tuple[Proof, ...]:
    """Return the proof that nobody assumes a role of *blueprint* whom its file does not name."""
    roles, known = alike(blueprint), frozenset(one.arn for one in blueprint.roles)
    judged = (
        (name, roles.told_of_all(first, answer))
        for first in roles.firsts()
        for name, answer in _of_role(blueprint, known, first)
    )
    return proofs_of({NAME: CLAIM}, judged)


def _of_role(blueprint: ComposedBlueprint, known: frozenset[str], placed: PlacedRole) -> Iterator[Judged]:
    declared = _named(documents_of(placed.role).trust_policy)
    subject = RoleToProve(blueprint.catalog, RenderedRole(placed.role, placed.documents), (placed.place,))
    for statement in placed.documents.trust_policy.statement:
        if statement.effect is not Effect.ALLOW:
            continue
        for who in let_in(blueprint.source.value, statement, placed.role.spec.partition_name):
            if who.problem:
                yield NAME, Untold(f"{placed.place}: {who.problem}", (placed.place,))
            elif who.principal not in known and (problem := _problem(blueprint, statement, who, declared)):
                what = f"{who.principal} may assume {placed.place}"
                yield NAME, told(subject, what, partial(_counter_example, blueprint, placed, statement, who, problem))
            else:
                yield NAME, None


def _named(policy: TrustPolicy) -> frozenset[str]:
    """Return all whom *policy* names."""
    return frozenset(name for one in policy.statement for name in _names(one))


def _names(statement: TrustStatement) -> Iterator[str]:
    principal = statement.principal
    for names in principal.values() if isinstance(principal, Mapping) else (("*",) if principal else ()):
        yield from names


def _problem(
    blueprint: ComposedBlueprint, statement: TrustStatement, who: LetIn, declared: frozenset[str]
) -> str | None:
    """Return why *who*, no role of the blueprint, should not be let in; None for whom the file names."""
    account = read_caller(who.principal).account
    if account in blueprint.source.value.account_ids and who.principal in set(_names(statement)):
        return "the blueprint has no such role"
    by = [name for name in _names(statement) if _stands_for(name, who.principal, account)]
    return None if by and all(name in declared and name != "*" for name in by) else "its file does not name it"


def _stands_for(name: str, principal: str, account: str | None) -> bool:
    arn = Arn.parse(name)
    whole = name if name.isdigit() else arn.account if arn and arn.resource == "root" else None
    return name in ("*", principal) or (whole is not None and whole == account)


def _counter_example(
    blueprint: ComposedBlueprint, placed: PlacedRole, statement: TrustStatement, who: LetIn, problem: str
) -> CounterExample | None:
    """Return a request by which *who* assumes the role, None where no request does."""
    for action in statement.action or ("sts:AssumeRole",):
        concrete = "sts:AssumeRole" if "*" in action else action
        found = trust_request(blueprint, placed, concrete, who.keys)
        request = found and Request.known(
            concrete, placed.role.spec.arn, dict(found.context), who.principal, placed.role.spec.account
        )
        identity = () if read_caller(who.principal).account is None else (FULL_ACCESS,)
        policies = Policies(identity=identity, resource=placed.documents.trust_policy)
        if request and evaluate(request, policies).decision == "Allowed":
            text = f"{who.principal} may assume {placed.place}, and {problem}"
            return CounterExample(text, (), request, (placed.spec.at("persona"),))
    return None
