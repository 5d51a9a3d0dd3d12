"""
What the policies of shared things let in beyond the flows: nobody whom no flow names, and nothing that none says.

Each Allow is asked for everybody whom it lets in (`rolemgr.blueprint.let_in`), each action, and each class of its
resources, whatever the other condition keys are. The policy is judged alone, as if the caller's own side allowed all:
what another layer stops need not be let in here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedGuard, PlacedPolicy
from rolemgr.blueprint.flows import ExpandedFlow
from rolemgr.blueprint.intended import IntendedAccess, intended_access
from rolemgr.blueprint.let_in import LetIn, let_in
from rolemgr.blueprint.role_layers import FULL_ACCESS
from rolemgr.blueprint.witness import without_principals
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies, read_policy
from rolemgr.evaluate.principals import read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, ResourceStatement
from rolemgr.iam.wildcards import action_glob
from rolemgr.model.role import NamedPolicy
from rolemgr.prove.proof import CounterExample, Judged, Proof, RoleToProve, Untold, all_told, proofs_of, told
from rolemgr.prove.resource_classes import of_pattern
from rolemgr.prove.search import inquiry
from rolemgr.reference.services import action_names, expand
from rolemgr.render.resource_text import over_quota
from rolemgr.separation.violations import RenderedRole

NAME: Final = "nothing-beyond"
CLAIM: Final = "the policy of what is shared lets nobody do what no flow says"


class _PolicyQuestion(NamedTuple):
    """One question: may *who* do *action* on some resource of *pattern*, by the policy alone?"""

    subject: RoleToProve
    placed: PlacedGuard
    sid: str
    who: LetIn
    action: str
    pattern: str
    intended: tuple[IntendedAccess, ...]


def prove_policies(blueprint: ComposedBlueprint) -> tuple[Proof, ...]:
    """Return the proof that no policy of *blueprint* lets in more than its flows say."""
    judged = (one for placed in blueprint.guards for one in _of_policy(blueprint, placed))
    return proofs_of({NAME: CLAIM}, judged)


def _of_policy(blueprint: ComposedBlueprint, placed: PlacedGuard) -> Iterator[Judged]:
    try:
        read_policy(placed.document)
    except (LayerError, PolicyError) as error:
        yield NAME, CounterExample(f"AWS refuses the policy of {placed.resource}: {error}", (), None, ())
        return
    too_long = over_quota(placed.composed.pattern, placed.document) if isinstance(placed, PlacedPolicy) else None
    if too_long:
        where = (placed.flows[0].where,)
        yield NAME, CounterExample(f"AWS refuses the policy of {placed.resource}: {too_long}", (), None, where)
    subject = _as_subject(blueprint, placed)
    what = f"the policy of {placed.resource} lets in what the flows say alone"
    yield from all_told(subject, {NAME: what}, _of_allows(blueprint, placed, subject))


def _of_allows(blueprint: ComposedBlueprint, placed: PlacedGuard, subject: RoleToProve) -> Iterator[Judged]:
    partition = Arn.parse(placed.resource).partition  # type: ignore[union-attr]  # a policy is of an ARN
    roles, by_role = _places(blueprint), _by_role(placed.flows)
    for statement in placed.document.statement:
        for who in let_in(blueprint.source.value, statement, partition) if statement.effect is Effect.ALLOW else ():
            if who.problem:
                yield NAME, Untold(f"the policy of {placed.resource}: {who.problem}", (placed.account,))
                continue
            flows = by_role.get(roles.get(who.principal, ""), ())
            intended = tuple(intended_access(flows))
            yield from _of_statement(placed, subject, statement, who, intended)


def _by_role(flows: tuple[ExpandedFlow, ...]) -> Mapping[str, list[ExpandedFlow]]:
    found: dict[str, list[ExpandedFlow]] = {}
    for flow in flows:
        found.setdefault(flow.role, []).append(flow)
    return found


@lru_cache(maxsize=1)
def _places(blueprint: ComposedBlueprint) -> Mapping[str, str]:
    """Return the places of roles by ARN."""
    return {one.arn: one.place for one in blueprint.roles}


def _of_statement(
    placed: PlacedGuard, subject: RoleToProve, statement: ResourceStatement, who: LetIn,
    intended: tuple[IntendedAccess, ...],
) -> Iterator[Judged]:  # fmt: skip
    patterns = _patterns(placed, statement)
    for action in _actions(placed, statement):
        for pattern in patterns:
            asked = _PolicyQuestion(subject, placed, str(statement.sid), who, action, pattern, intended)
            what = f"{who.principal} may {action} on {pattern}"
            yield NAME, told(subject, what, partial(_excess, asked))


def _actions(placed: PlacedGuard, statement: ResourceStatement) -> tuple[str, ...]:
    """Return the actions that *statement* allows, of the service that the policy is of; unknown ones by their name."""
    service = placed.resource.split(":")[2]
    if statement.action is None:
        stays = [action_glob(pattern) for pattern in statement.not_action or ()]
        return tuple(
            one for one in action_names(service).values() if not any(matches(one.lower()) for matches in stays)
        )
    found: dict[str, None] = {}
    for pattern in statement.action:
        wild = "*" in pattern or "?" in pattern
        whole = pattern if ":" in pattern else f"{service}:*"
        found |= dict.fromkeys(expand(whole) if wild else (pattern,))
    return tuple(found)


def _patterns(placed: PlacedGuard, statement: ResourceStatement) -> tuple[str, ...]:
    """Return the resources of *statement*; one that says `*`, or nothing, is about what the policy is of."""
    given = statement.resource or ("*",)
    own = _own_parts(placed)
    return tuple(dict.fromkeys(part for text in given for part in (own if text == "*" else (text,))))


def _own_parts(placed: PlacedGuard) -> tuple[str, ...]:
    arn = Arn.parse(placed.resource)
    if arn is None:
        return (placed.resource,)
    if arn.service == "s3":
        return (placed.resource, f"{placed.resource}/*")
    if arn.resource.startswith("model-package-group/"):
        group = arn.resource.partition("/")[2]
        return (placed.resource, str(arn._replace(resource=f"model-package/{group}/*")))
    return (placed.resource,)


def _as_subject(blueprint: ComposedBlueprint, placed: PlacedGuard) -> RoleToProve:
    """Return the policy as one that a search can be made in: its statements without their principals."""
    kept = tuple(one for one in placed.document.statement if _binds_all(one))
    document = without_principals(placed.document.model_copy(update={"statement": kept}), placed.resource)
    carrier = blueprint.roles[0]
    documents = replace(carrier.documents, policies=(NamedPolicy("policy", document),), managed_policies=())
    return RoleToProve(blueprint.catalog, RenderedRole(carrier.role, documents), (placed.account, placed.kind))


def _binds_all(statement: ResourceStatement) -> bool:
    """Tell whether *statement* is an Allow, or a Deny for everybody; other Denies the evaluator judges at the end."""
    principal = statement.principal
    everyone = principal == "*" or (isinstance(principal, dict) and "*" in principal.get("AWS", ()))
    return statement.effect is Effect.ALLOW or everyone


def _excess(asked: _PolicyQuestion) -> CounterExample | None:
    """Return a request that the policy allows and no flow of the caller is."""
    question = inquiry(asked.subject, asked.action)
    for resource in of_pattern(asked.subject.budget, asked.pattern, asked.action):
        if any(one.covers(asked.action, resource) for one in asked.intended):
            continue
        found = question.allowed(resource, asked.who.keys)
        if found and _is_allowed(asked, found):
            problem = f"the policy of {asked.placed.resource} lets {asked.who.principal} {asked.action} on {resource}"
            where = tuple(dict.fromkeys(flow.where for flow in asked.placed.flows))[:1]
            request = _request(asked, found)
            return CounterExample(
                f"{problem} (`{asked.sid}`), and no flow says so", (asked.placed.account,), request, where
            )
    return None


def _request(asked: _PolicyQuestion, found: Request) -> Request:
    owner = asked.placed.flows[0].owner(asked.placed.resource)
    return Request.known(found.action, found.resource, dict(found.context), asked.who.principal, owner)


def _is_allowed(asked: _PolicyQuestion, found: Request) -> bool:
    """Tell whether the policy lets the request pass: a caller of another account is taken to have every right there."""
    request = _request(asked, found)
    caller = read_caller(asked.who.principal)
    at_home = caller.account is not None and caller.account == request.resource_account
    identity = () if at_home or caller.account is None else (FULL_ACCESS,)
    return evaluate(request, Policies(identity=identity, resource=asked.placed.document)).decision == "Allowed"
