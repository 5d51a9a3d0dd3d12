"""
What policies of an organization hold, as proofs: over every request, and not over a list of ways out.

- *limits*: whoever is not exempt is denied all that was asked to be denied. Each Deny as it was composed, without its
  exemption, is compared with the finished policies, for every caller that the exemption does not name.
- *let through*: nothing else is denied; of policies that were not rendered here, which may deny more, nothing to the
  exempt.
- *guardrails*: the Denies that were asked for keep what the guardrails promise, and let through what complies with
  them.
- *ways in*: nobody but its keepers changes what a pattern protects, by any action that AWS's reference has for such a
  resource. An exemption is only as good as the role that has it.

RCPs have the first two alone. What takes too many steps to tell is told so, and is never taken for a proof.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, cast

from rolemgr.catalog.load import Catalog
from rolemgr.compare.action_groups import Focus
from rolemgr.compare.budget import Budget
from rolemgr.compare.compare import compare
from rolemgr.compare.verdicts import Comparison, Difference
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    IdentityStatement,
    ResourcePolicy,
    ResourceStatement,
    TrustPolicy,
)
from rolemgr.model.layer import ComposedLayer, LayerDeny, OrganizationPolicy, ProtectedResources
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.role import ComposedRole, ComposedStatement, NamedPolicy, RoleDocuments
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.compared import answers_of, listed, named
from rolemgr.prove.guardrails import guardrails_kept
from rolemgr.prove.proof import MOST_STEPS, Answer, CounterExample, Proof, RoleToProve, Untold, proof_of, together
from rolemgr.reference.quirks import scope_actions
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import action_names, find_action
from rolemgr.render.layer_documents import layer_document
from rolemgr.separation.violations import RenderedRole

LIMITS: Final = "limits"
LIMITS_CLAIM: Final = "whoever is not exempt is denied all that the policies are there to deny"
LET_THROUGH: Final = "let through"
LET_THROUGH_CLAIM: Final = "nothing is denied that was not asked to be"
EXEMPT_CLAIM: Final = "whoever is exempt is denied only what exempts nobody"
WAYS_IN: Final = "ways in"
WAYS_IN_CLAIM: Final = "nobody but its keepers changes what is protected, by any action that AWS has for it"

_VERSION: Final = "2012-10-17"
_CALLER: Final = "aws:PrincipalArn"
_READS: Final = frozenset(("List", "Read"))
_ALL: Final = {"Effect": Effect.ALLOW, "Action": "*", "Resource": "*"}
_TOO_LONG: Final = "it takes more than {:,} steps to prove"


@dataclass(frozen=True, eq=False)
class LayerToProve:
    """
    Policies of an organization to be proven: what was asked for, and the *documents* that are to hold it.

    *flags* are what `rolemgr simulate` is to be asked with about them.
    """

    catalog: Catalog
    composed: ComposedLayer
    documents: tuple[OrganizationPolicy, ...]
    flags: tuple[str, ...] = ()
    are_rendered: bool = True
    """Whether *documents* are those that were rendered; others may deny more."""
    kms_key_names: str = "both"
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS, problem=_TOO_LONG))


def prove_organization(subject: LayerToProve) -> tuple[Proof, ...]:
    """Return the proofs about *subject*."""
    limits = proof_of(LIMITS, LIMITS_CLAIM, _limits(subject))
    let_through = proof_of(LET_THROUGH, LET_THROUGH_CLAIM if subject.are_rendered else EXEMPT_CLAIM, _stopped(subject))
    proofs = (limits, let_through) if subject.are_rendered or subject.composed.exempt else (limits,)
    if subject.composed.kind is LayerKind.RCP:
        return together(proofs)
    ways = (proof_of(WAYS_IN, WAYS_IN_CLAIM, _ways_in(subject)),) if subject.composed.protects else ()
    return together((*proofs, *_guardrails(subject), *ways))


# --- limits


def _limits(subject: LayerToProve) -> Iterator[Answer]:
    """Yield for each Deny that was asked for whether *subject* denies as much, to all that it does not exempt."""
    for part in subject.composed.parts:
        for deny in part.denies:
            yield from _answers(subject, f"`{deny.sid}` ({part.name})", deny, _kept(subject, deny))


def _kept(subject: LayerToProve, deny: LayerDeny) -> Comparison:
    """
    Return what *subject* lets through that *deny* alone would not.

    The statements that have its Sid are asked first: a policy that denies less proves as much, and takes fewer steps.
    """
    exempt = _exempt(subject.composed, deny)
    asked = Focus(actions=deny.actions)
    old = _around(subject, [layer_document(subject.composed.kind, [_without(deny, exempt)])], ())
    few = [one for one in (_of_sid(text, deny.sid) for text in subject.documents) if one.statement]
    for documents in (few, subject.documents):
        found = compare(_around(subject, documents, exempt), old, asked, within=subject.budget)
        if found.proven:
            break
    return found


def _exempt(layer: ComposedLayer, deny: LayerDeny) -> tuple[str, ...]:
    """Return those of the exempt that *deny* lets go: some Denies are about them too."""
    let_go = {value for _, values in _callers(deny) for value in values}
    return tuple(one for one in layer.exempt if one in let_go)


def _callers(deny: LayerDeny) -> Iterator[tuple[str, tuple[str, ...]]]:
    for operator, block in deny.conditions:
        yield from (
            (key, values) for key, values in block if operator == "ArnNotLike" and key.lower() == _CALLER.lower()
        )


def _without(deny: LayerDeny, exempt: Sequence[str]) -> LayerDeny:
    """Return *deny* as it would be if nobody were *exempt*; whom the pattern itself lets go it goes on letting go."""
    conditions = []
    for operator, block in deny.conditions:
        is_callers = operator == "ArnNotLike"
        kept = tuple(
            (key, left) for key, values in block
            if (left := tuple(one for one in values
                              if not (is_callers and key.lower() == _CALLER.lower() and one in exempt)))
        )  # fmt: skip
        conditions += [(operator, kept)] if kept else []
    return replace(deny, conditions=tuple(conditions))


def _of_sid(document: OrganizationPolicy, sid: str) -> OrganizationPolicy:
    """Return *document* with the statements of *sid* alone, and the parts that a split made of it."""
    beginning = sid[:63]
    named = tuple(one for one in _every([document]) if str(one.sid).startswith(beginning))
    return document.model_copy(update={"statement": named})


def _around(subject: LayerToProve, documents: Iterable[OrganizationPolicy], but: Sequence[str]) -> Policies:
    """Return the policies of somebody who may do everything under *documents*, and who is none of the callers *but*."""
    kind = subject.composed.kind
    return _under(kind, documents, (_nobody(but, kind, "ArnLike"),) if but else ())


def _under(kind: LayerKind, documents: Iterable[OrganizationPolicy], others: Sequence[dict[str, Any]]) -> Policies:
    """Return the policies of somebody who may do everything under *documents* of *kind*, and the Denies *others*."""
    if kind is LayerKind.SCP:
        everything = _identity([_ALL])
        scps = cast("Iterable[IdentityPolicy]", documents)
        more = (_identity(others),) if others else ()
        return Policies(identity=(everything,), service_control=((everything, *scps, *more),))
    statements = [{**_ALL, "Principal": "*"}, *_statements(documents), *others]
    return Policies(resource=ResourcePolicy.model_validate({"Version": _VERSION, "Statement": statements}))


# --- let through


def _stopped(subject: LayerToProve) -> Iterator[Answer]:
    """Yield for each action whether *subject* stops what the Denies that were asked for let through."""
    layer = subject.composed
    if lists := [str(one.sid) for one in _every(subject.documents) if _is_list(one)]:
        yield Untold(f"can't tell what else is denied: {listed(lists)} allows, and so denies what it does not name", ())
        return
    asked = layer_document(layer.kind, [deny for part in layer.parts for deny in part.denies])
    only = () if subject.are_rendered else (_nobody(layer.exempt, layer.kind, "ArnNotLike"),)
    new = _under(layer.kind, [asked], only)
    focus = Focus(actions=_named((asked, *subject.documents)))
    found = compare(new, _under(layer.kind, subject.documents, ()), focus, within=subject.budget)
    yield from answers_of(
        found,
        lambda one: CounterExample(
            f"{named(one)} is denied by {_deniers(one)}, and was not to be", subject.flags, one.request
        ),
        lambda one: f"whether {listed(one.actions)} is denied too",
    )


def _deniers(one: Difference) -> str:
    return ", ".join(f"`{at.sid}`" for at in one.before.by) or "no Allow"


def _every(documents: Iterable[OrganizationPolicy]) -> Iterator[IdentityStatement | ResourceStatement]:
    return (one for document in documents for one in document.statement)


def _is_list(statement: IdentityStatement | ResourceStatement) -> bool:
    """Tell whether *statement* allows less than everything, as `FullAWSAccess` does not."""
    is_all = statement.action == ("*",) and statement.resource == ("*",) and not statement.condition
    return statement.effect is Effect.ALLOW and not is_all


def _named(documents: Iterable[OrganizationPolicy]) -> tuple[str, ...]:
    """Return the patterns of all actions that *documents* may be about; none where they may be about any."""
    statements = [one for one in _every(documents) if one.effect is Effect.DENY]
    if any(one.action is None for one in statements):
        return ()
    return tuple(sorted({action for one in statements for action in one.action or ()}))


def _identity(statements: Sequence[dict[str, Any]]) -> IdentityPolicy:
    return IdentityPolicy.model_validate({"Version": _VERSION, "Statement": list(statements)})


def _nobody(callers: Sequence[str], kind: LayerKind, operator: str) -> dict[str, Any]:
    """Return the Deny by which those are left out of a comparison whom *operator* finds beside *callers*."""
    principal = {"Principal": "*"} if kind is LayerKind.RCP else {}
    condition = {operator: {_CALLER: list(callers)}}
    return {"Effect": Effect.DENY, **principal, "Action": "*", "Resource": "*", "Condition": condition}


def _answers(subject: LayerToProve, what: str, deny: LayerDeny, found: Comparison) -> Iterator[Answer]:
    """Yield an answer for each action that was compared; *what* is the claim in words."""
    return answers_of(
        found,
        lambda one: CounterExample(
            f"{what} does not hold for {named(one)}", subject.flags, one.request, (deny.origin.location,)
        ),
        lambda one: f"whether {what} holds for {listed(one.actions)}",
    )


# --- guardrails


def _guardrails(subject: LayerToProve) -> tuple[Proof, ...]:
    """Return the proofs of guardrails, asked of somebody who may do all that they judge under the Denies alone."""
    layer = subject.composed
    if not layer.guardrails:
        return ()
    denies = [_without(deny, layer.exempt) for part in layer.parts for deny in part.denies]
    spec = RoleSpec.model_validate({"persona": "none", "kms_key_names": subject.kms_key_names})
    persona = ResolvedPersona("none", "", "", (), {}, {}, ())
    judged = tuple(sorted(_judged(subject)))
    whole = {one.name for one in layer.guardrails}
    statements = (_allowing(judged), *(_composed(deny, whole) for deny in denies))
    role = ComposedRole(spec, persona, (), {}, statements, (), "", guardrails=layer.guardrails)
    documents = RoleDocuments("somebody", "/", "", 3600, _NO_TRUST, _inline(judged, denies))
    asked = RoleToProve(subject.catalog, RenderedRole(role, documents), subject.flags, budget=subject.budget)
    return tuple(
        one._replace(claim=f"{one.claim}, by the Denies that were asked for") for one in guardrails_kept(asked)
    )


_NO_TRUST: Final = TrustPolicy(version=_VERSION, statement=())


def _judged(subject: LayerToProve) -> set[str]:
    """Return the actions in the scope of a guardrail of *subject*."""
    guardrails = [subject.catalog.guardrail(one.name).value for one in subject.composed.guardrails]
    return {action for guardrail in guardrails for scope in guardrail.scope for action in scope_actions(scope)}


def _allowing(actions: tuple[str, ...]) -> ComposedStatement:
    return ComposedStatement("Everything", Effect.ALLOW, actions, ("*",), (), ())


def _composed(deny: LayerDeny, whole: Collection[str]) -> ComposedStatement:
    """Return *deny*; of a guardrail of which not all Denies are there, its Denies count as the pattern's own."""
    kind = deny.origin.kind if deny.origin.group in whole else "pattern"
    origins = (deny.origin._replace(kind=kind),)
    return ComposedStatement(deny.sid, Effect.DENY, deny.actions, deny.resources, deny.conditions, origins)


def _inline(actions: tuple[str, ...], denies: Sequence[LayerDeny]) -> tuple[NamedPolicy, ...]:
    document = layer_document(LayerKind.SCP, denies)
    allow = {"Sid": "Everything", "Effect": Effect.ALLOW, "Action": actions, "Resource": "*"}
    return NamedPolicy("everything", _identity([allow])), NamedPolicy("denies", _identity(_statements([document])))


def _statements(documents: Iterable[OrganizationPolicy]) -> list[dict[str, Any]]:
    return [one for document in documents for one in document.to_json_value()["Statement"]]


# --- ways in


def _ways_in(subject: LayerToProve) -> Iterator[Answer]:
    """Yield for each action on what is protected whether somebody gets through who is not among its keepers."""
    return chain.from_iterable(
        _ways_to(subject, protected, resource)
        for protected in subject.composed.protects
        for resource in protected.resources
    )


def _ways_to(subject: LayerToProve, protected: ProtectedResources, resource: str) -> Iterator[Answer]:
    actions = [one for one in changing(resource) if one not in protected.leaves]
    what = f"{resource} ({protected.part})"
    if not actions:
        yield Untold(f"can't tell who changes {what}: the reference has no action that would", ())
        return
    asking = _identity([{"Effect": Effect.ALLOW, "Action": actions, "Resource": resource}])
    around = _around(subject, subject.documents, protected.keepers)
    nothing = Policies(identity=(_identity([]),))
    found = compare(replace(around, identity=(asking,)), nothing, within=subject.budget)
    yield from answers_of(
        found,
        lambda one: CounterExample(
            f"who is not among its keepers may {listed(one.actions)} {what}",
            subject.flags,
            one.request,
            (protected.where,),
        ),
        lambda one: f"who may {listed(one.actions)} {what}",
    )


def changing(resource: str) -> Iterator[str]:
    """Yield the actions of AWS's reference, of the service of the ARN pattern *resource*, that may change it."""
    for name in action_names(resource.split(":")[2]).values():
        action = find_action(name)
        if action and not action.access_levels <= _READS and types_of(resource, action):
            yield name
