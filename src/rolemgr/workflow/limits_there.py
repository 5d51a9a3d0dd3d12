"""The guardrails that a role in an account has with other values than its file, told from its Deny statements."""

from collections.abc import Iterator, Sequence

from rolemgr.account.changes import LimitSides
from rolemgr.account.drift import Policied
from rolemgr.catalog.load import Catalog
from rolemgr.change.change import Cause
from rolemgr.change.fold import worded
from rolemgr.change.limits import limited_by
from rolemgr.compose.guardrails.denies import GuardrailContext
from rolemgr.compose.guardrails.read_back import read_back, sids_of
from rolemgr.iam.documents import Effect, IdentityStatement
from rolemgr.model.role import ComposedRole, GuardrailInForce


def limits_there(catalog: Catalog, role: ComposedRole, live: Policied) -> tuple[LimitSides, ...]:
    """
    Return the guardrails that differ between the file's *role* and the *live* one.

    Only those whose values the statements in the account show: of others nothing is said, so that what they let
    through, or deny, is told as access.
    """
    held = [policy.document for policy in live.held if not policy.whole]
    there = [one for document in held for one in document.statements() if isinstance(one, IdentityStatement)]
    return tuple(_differing(catalog, role, there))


def _differing(catalog: Catalog, role: ComposedRole, there: Sequence[IdentityStatement]) -> Iterator[LimitSides]:
    chosen = {one.name: one for one in role.guardrails}
    settings = _settings(role, there)
    denied = {one.sid for one in there if one.effect is Effect.DENY}
    for name in _names(catalog, role, denied):
        guardrail = catalog.guardrail(name)
        sids = sids_of(guardrail.value)
        found = read_back(name, guardrail, there, settings) if sids & denied else None
        if found is None and sids & denied:
            continue  # a statement of it that nobody can read: not known, and not none
        wanted = chosen.get(name)
        limits = {one.sid for one in role.statements} & sids if wanted else frozenset[str]()
        old = worded(found.values) if found else None
        new = worded(wanted.values) if wanted and limits else None
        if old is None is not new or (new is None is not old) or set(old or ()) != set(new or ()):
            of_either = frozenset(limits) | (found.sids if found else frozenset())
            actions = limited_by(name, (role,)) | _denied_by(of_either, there)
            yield LimitSides(name, new, old, of_either, _cause(wanted), actions)


def _denied_by(sids: frozenset[str], there: Sequence[IdentityStatement]) -> frozenset[str]:
    """Return the actions that the statements *sids* of the account are about: every one where one says NotAction."""
    return frozenset(action for one in there if one.sid in sids for action in one.action or ("*",))


def _names(catalog: Catalog, role: ComposedRole, denied: set[str | None]) -> Sequence[str]:
    """Return the guardrails of the file, and where the account denies more, those of the whole catalog."""
    if denied <= {one.sid for one in role.statements}:
        return [one.name for one in role.guardrails]
    return list(catalog.found("guardrails"))


def _settings(role: ComposedRole, there: Sequence[IdentityStatement]) -> Sequence[GuardrailContext]:
    """Return by which actions the guardrails may have been made: those that the account allows, or the file."""
    live = frozenset(name for one in there if one.effect is Effect.ALLOW for name in one.action or ())
    file = frozenset(name for one in role.statements if one.effect is Effect.ALLOW for name in one.actions)
    names = role.spec.kms_key_names
    return [GuardrailContext(granted, names, strict=False) for granted in (live, file, None)]


def _cause(one: GuardrailInForce | None) -> Cause | None:
    return Cause(one.by.removeprefix("--"), one.where) if one else None
