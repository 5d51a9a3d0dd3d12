"""Mutants of packing: of the documents that it might give, and of its own text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.mutation import replaced
from tests.prove.mutants import CATALOG, Mutant, compiled

import rolemgr.render.packing
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.model.role import NamedPolicy
from rolemgr.prove.catalog import limits_of, subject_of
from rolemgr.prove.proof import RoleToProve
from rolemgr.render.statements import permissions_policy
from rolemgr.separation.violations import RenderedRole


@cache
def _packed() -> RoleToProve:
    """Return a role that needs managed policies."""
    subject = subject_of(CATALOG, {"persona": "ml-engineer"})
    assert subject.rendered.documents.managed_policies
    return subject


Documents = list[list[IdentityStatement]]


def packing_mutants() -> Iterator[Mutant]:
    """Yield what packing might lose, move or widen."""
    changes: dict[str, Callable[[Documents], None]] = {
        "the first Deny is lost": lambda all_: all_[0].remove(_first(all_[0], Effect.DENY)),
        "the last Deny is lost": lambda all_: all_[0].remove(_first(all_[0][::-1], Effect.DENY)),
        "a Deny is moved": _move_deny,
        "a Deny loses an action": lambda all_: _change(all_, 0, Effect.DENY, action=lambda old: old[1:] or ("s3:GetObject",)),
        "a Deny loses its conditions": lambda all_: _change(all_, 0, Effect.DENY, condition=lambda _old: {}),
        "a Deny is on one resource": lambda all_: _change(all_, 0, Effect.DENY, resource=lambda _old: ("arn:aws:s3:::one",)),
        "an inline Allow is lost": lambda all_: all_[0].remove(_first(all_[0], Effect.ALLOW)),
        "a managed Allow is lost": lambda all_: all_[1].remove(all_[1][0]),
        "the last managed policy is lost": lambda all_: all_.__delitem__(-1),
        "an Allow loses an action": lambda all_: _change(all_, 1, Effect.ALLOW, action=lambda old: old[1:] or ("s3:GetObject",)),
        "an Allow loses a resource": lambda all_: _change(all_, 1, Effect.ALLOW, resource=lambda old: old[:-1] or ("arn:aws:s3:::one",)),
        "an Allow is on everything": lambda all_: _change(all_, 1, Effect.ALLOW, resource=lambda _old: ("*",)),
        "an Allow is for all of a service": lambda all_: _change(all_, 1, Effect.ALLOW, action=lambda old: (*old, "sagemaker:*")),
        "an Allow loses its conditions": _bare,
        "an Allow becomes a Deny": lambda all_: _change(all_, 1, Effect.ALLOW, effect=lambda _old: Effect.DENY),
        "a Deny becomes an Allow": lambda all_: _change(all_, 0, Effect.DENY, effect=lambda _old: Effect.ALLOW),
        "two Allows join actions and resources": _join,
    }  # fmt: skip
    for what, change in changes.items():
        yield Mutant(f"packing: {what}", _of_packing(change))


def _of_packing(change: Callable[[Documents], None]) -> Callable[[Path], list[str]]:
    def found_by(_folder: Path) -> list[str]:
        subject = _packed()
        documents = [list(document.statement) for document in subject.documents]
        change(documents)
        return [proof.name for proof in limits_of(with_documents(subject, documents)) if not proof.holds]

    return found_by


def with_documents(subject: RoleToProve, documents: Sequence[Sequence[IdentityStatement]]) -> RoleToProve:
    """Return *subject* with other documents, the first of them inline."""
    inline, *managed = (
        NamedPolicy(str(number), IdentityPolicy(version="2012-10-17", statement=tuple(one)))
        for number, one in enumerate(documents)
    )
    rendered = subject.rendered
    changed = replace(rendered.documents, policies=(inline,), managed_policies=tuple(managed))
    return replace(subject, rendered=RenderedRole(rendered.role, changed))


def _first(statements: Sequence[IdentityStatement], effect: Effect) -> IdentityStatement:
    return next(one for one in statements if one.effect is effect)


def _change(documents: Documents, policy: int, of: Effect, **changes: Callable[[Any], Any]) -> None:
    old = _first(documents[policy], of)
    changed = {name: change(getattr(old, name)) for name, change in changes.items()}
    documents[policy][documents[policy].index(old)] = old.model_copy(update=changed)


def _move_deny(documents: Documents) -> None:
    deny = _first(documents[0], Effect.DENY)
    documents[0].remove(deny)
    documents[1].append(deny)


def _bare(documents: Documents) -> None:
    for statements in documents:
        for place, one in enumerate(statements):
            if one.effect is Effect.ALLOW and one.condition:
                statements[place] = one.model_copy(update={"condition": {}})
                return


def _join(documents: Documents) -> None:
    one, other = [one for one in documents[1] if not one.condition and one.resource != ("*",)][:2]
    documents[1].remove(other)
    joined = {
        "action": (*(one.action or ()), *(other.action or ())),
        "resource": (*(one.resource or ()), *(other.resource or ())),
    }
    documents[1][documents[1].index(one)] = one.model_copy(update=joined)


PACKING = {
    "half of the resources is lost": ("statement.resources[:middle], statement.resources[middle:]", "statement.resources[:middle], statement.resources[:middle]"),
    "half of the actions is lost": ("statement.actions[:middle], statement.actions[middle:]", "statement.actions[middle:], statement.actions[middle:]"),
    "one resource is lost": ("statement.resources[:middle], statement.resources[middle:]", "statement.resources[:middle], statement.resources[middle + 1 :] or statement.resources[:1]"),
    "Denies are left out": ("first.take(statement, size)", "pass"),
    "all Allows that fit nowhere are lost": ("[first, *bins]", "[first]"),
    "one policy of Allows is lost": ("[first, *bins]", "[first, *bins[1:]]"),
    "an Allow that was placed is placed no more": ("self.statements.append(statement)", "self.statements = [statement]"),
}  # fmt: skip


def pack_mutants() -> Iterator[Mutant]:
    """Yield mutated copies of the packing module itself."""
    for what, (old, new) in PACKING.items():
        yield Mutant(f"packing.py: {what}", _of_pack(old, new))


def _of_pack(old: str, new: str) -> Callable[[Path], list[str]]:
    def found_by(_folder: Path) -> list[str]:
        text = Path(rolemgr.render.packing.__file__).read_text("utf-8")
        module = compiled("mutant_packing", replaced(text, old, new))
        subject = _packed()
        statements = subject.rendered.role.statements
        whole = permissions_policy(statements)
        sized = [(one, read.size()) for one, read in zip(statements, whole.statement, strict=True)]
        parts = module.pack(sized, lambda one: permissions_policy((one,)).statement[0].size(), inline=3600, managed=700)
        documents = [permissions_policy(part).statement for _, part in parts if part]
        return [one.name for one in limits_of(with_documents(subject, documents)) if not one.holds]

    return found_by


def pack_and_packing() -> Iterator[Mutant]:
    """Yield the mutants of packing: of what it may give, and of its text."""
    yield from packing_mutants()
    yield from pack_mutants()
