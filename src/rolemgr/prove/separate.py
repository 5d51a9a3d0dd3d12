"""Separation as a proof: every `never` entry of a persona, asked of the role and of every role that it reaches."""

from collections.abc import Mapping

from rolemgr.evaluate.request import Context, Request
from rolemgr.model.role import ComposedRole
from rolemgr.prove.closure import closure_of
from rolemgr.prove.proof import CounterExample, Proof, Subject, flags_of, places
from rolemgr.prove.search import inquiry
from rolemgr.prove.separation import RenderedRole, Violation, violations
from rolemgr.render.documents import render

NAME = "separation"
_BREAK = "--break-separation"
CLAIM = "no role can do what its persona must never do, nor can a role that it passes, assumes or acts as"


def separated(subject: Subject) -> Proof:
    """Return the proof that *subject* keeps what its persona must never do, over its closure."""
    role = subject.rendered.role
    closure = closure_of(subject.catalog, role)
    reached = {one.spec.role_name: one for one in closure.known}
    checked = sum(1 if never.forbidden.directly else 1 + len(reached) for never in role.persona.never)
    broken = tuple(_example(subject, reached, one) for one in violations(role, closure.known))
    return Proof(NAME, CLAIM, checked, broken)


def _example(subject: Subject, reached: Mapping[str, ComposedRole], violation: Violation) -> CounterExample:
    through = _through(subject, reached.get(violation.through))
    problem = f"{subject.rendered.role.persona.id}: {violation.as_error().problem}"
    accepted = () if through is not subject or _BREAK in subject.flags else (_BREAK, "shown by prove")
    where = (violation.never.where, *places(violation.origins))
    return CounterExample(problem, (*through.flags, *accepted), _request(through, violation), where)


def _through(subject: Subject, role: ComposedRole | None) -> Subject:
    """Return the role that can do it: *subject* itself, or *role* of its closure."""
    if role is None:
        return subject
    choices = role.spec.model_dump(mode="json", exclude_unset=True)
    return Subject(subject.catalog, RenderedRole(role, render(role)), flags_of(choices), subject.decide)


def _request(subject: Subject, violation: Violation) -> Request:
    """Return a request that is allowed and should not be; as it was asked, where the evaluator allows none."""
    known = {key.lower(): values[:1] for key, values in violation.never.forbidden.context.items()}
    asked = inquiry(subject, violation.action)
    for resource in (violation.resource or "*", *asked.resources()):
        if found := asked.allowed(resource, known):
            return found
    return Request(violation.action, violation.resource or "*", Context(known))
