"""Separation as a proof: every `never` entry of a persona, asked of the role and of every role that it reaches."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from rolemgr.compare.budget import MOST_STEPS
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.request import Context, Request
from rolemgr.model.role import ComposedRole, NamedPolicy
from rolemgr.prove.proof import CounterExample, Proof, RoleToProve, Untold, all_told, flags_of, places, proof_of
from rolemgr.prove.search import inquiry
from rolemgr.render.documents import render
from rolemgr.render.statements import permissions_policy
from rolemgr.separation.attached import Broken, attached_statements, broken_by_attached
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import RenderedRole, Violation, each_violation

NAME = "separation"
_BREAK = "--break-separation"
_SHOWN = 5
CLAIM = "no role can do what its persona must never do, nor can a role that it passes, assumes or acts as"


def separated(subject: RoleToProve) -> Proof:
    """Return the proof that *subject* keeps what its persona must never do, over its closure."""
    role = subject.rendered.role
    closure = closure_of(subject.catalog, role, subject.beside)
    reached = {one.spec.role_name: one for one in closure.known}
    unknown = (Untold(_unknown(subject, what), subject.flags) for what in closure.unknown)
    checked = sum(1 if never.forbidden.directly else 1 + len(reached) for never in role.persona.never)
    budget = subject.budget.part(MOST_STEPS)
    found = ((NAME, _example(subject, reached, one)) for one in each_violation(role, closure.known, budget))
    what = f"persona {role.persona.id} keeps what it must never do"
    answers = [answer for _, answer in all_told(subject, {NAME: what}, found)]
    return proof_of(NAME, CLAIM, (*answers, *unknown))._replace(checked=checked)


def _unknown(subject: RoleToProve, what: str) -> str:
    """Say that *what* is reached and not known; a role of that name with another path or account may be meant."""
    reached, name = f"{subject.rendered.role.spec.role_name} reaches {what}", what.rpartition("/")[2]
    near = next((one.spec.arn for one in subject.beside if one.spec.role_name == name), None)
    advice = f"did you mean {near}, whose role file is given?" if near else "give its role file too"
    return f"{reached}, and what that may do is not known; {advice}"


def _example(subject: RoleToProve, reached: Mapping[str, ComposedRole], violation: Violation) -> CounterExample:
    through = _through(subject, reached.get(violation.through))
    problem = f"{subject.rendered.role.persona.id}: {violation.as_error().problem}"
    accepted = () if through is not subject or _BREAK in subject.flags else (_BREAK, "shown by prove")
    where = (violation.never.where, *places(violation.origins))
    return CounterExample(problem, (*through.flags, *accepted), _request(through, violation), where)


def _through(subject: RoleToProve, role: ComposedRole | None) -> RoleToProve:
    """Return the role that can do it: *subject* itself, or *role* of its closure."""
    if role is None:
        return subject
    choices = role.spec.model_dump(mode="json", exclude_unset=True)
    return RoleToProve(subject.catalog, RenderedRole(role, render(role)), flags_of(choices), subject.decide)


def _request(subject: RoleToProve, violation: Violation) -> Request:
    """Return a request that is allowed and should not be; as it was asked, where none is found."""
    known = {key.lower(): values[:1] for key, values in violation.never.forbidden.context.items()}
    asked = inquiry(subject, violation.action)
    with suppress(TooComplex):  # that it could be allowed is known; the request is an example of it
        for resource in (violation.resource or "*", *asked.resources()):
            if found := asked.allowed(resource, known):
                return found
    return Request(violation.action, violation.resource or "*", Context(known))


ATTACHED = "attached policies"
ATTACHED_CLAIM = "what is attached to the role is known, and allows nothing that its persona must never do"


def attached_separated(subject: RoleToProve) -> tuple[Proof, ...]:
    """Return the proof about the managed policies that are attached to *subject*; none where there are none."""
    role = subject.rendered.role
    if not role.spec.managed_policy:
        return ()
    broken = [_attached_example(subject, one) for one in broken_by_attached(subject.catalog, role)]
    return (Proof(ATTACHED, ATTACHED_CLAIM, len(role.spec.managed_policy), tuple(broken)),)


def _attached_example(subject: RoleToProve, broken: Broken) -> CounterExample:
    """Return what *broken* says, with a request that the policy allows where one of its violations is direct."""
    role, own = subject.rendered.role, with_attached_documents(subject)
    direct = (one for one in broken.violations if one.through == role.spec.role_name)
    asked = (_request(own, one) for one in direct)
    request = next((one for one in asked if own.allowed(one)), None)
    accepted = () if request is None or _BREAK in subject.flags else (_BREAK, "shown by prove")
    where = tuple(dict.fromkeys(one.never.where for one in broken.violations))[:_SHOWN]
    return CounterExample(broken.problem, (*subject.flags, *accepted), request, where)


def with_attached_documents(subject: RoleToProve) -> RoleToProve:
    """Return *subject* with the managed policies that are attached to it, where they are known, among its documents."""
    statements = attached_statements(subject.rendered.role)
    if not statements:
        return subject
    documents = subject.rendered.documents
    named = (NamedPolicy(arn, permissions_policy(found)) for arn, found in statements.items())
    whole = replace(documents, managed_policies=(*documents.managed_policies, *named))
    return replace(subject, rendered=RenderedRole(subject.rendered.role, whole))
