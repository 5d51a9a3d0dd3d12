"""
From a composed role to its documents: rendered through templates, parsed back, fitted into the quotas.

Nothing past this module sees policy text as a string: what a template produced is trusted only after the
model has read it again.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from pydantic import ValidationError

from rolemgr.errors import InputError, RenderError
from rolemgr.model.policy import Effect, IdentityPolicy, TrustPolicy
from rolemgr.model.role import ComposedRole, ComposedStatement, NamedPolicy, RoleDocuments
from rolemgr.reference.quirks import quota
from rolemgr.render.templating import render_text

P = TypeVar("P", IdentityPolicy, TrustPolicy)


def render(role: ComposedRole) -> RoleDocuments:
    """
    Return the documents of *role*, each within its quota.

    Raises InputError where a quota can't be kept, and RenderError where a template made no policy.
    """
    spec = role.spec
    inline, *managed = _packed(role.statements)
    return RoleDocuments(
        name=spec.role_name,
        path=spec.path,
        description=role.description,
        max_session=spec.max_session,
        trust_policy=trust_policy(role),
        policies=(NamedPolicy(spec.role_name, inline),),
        managed_policies=tuple(
            NamedPolicy(f"{spec.role_name}-{number}", document) for number, document in enumerate(managed, start=1)
        ),
        tags=spec.tags,
    )


def permissions_policy(statements: Sequence[ComposedStatement]) -> IdentityPolicy:
    """Return the policy that holds *statements*, rendered and read back."""
    rows = [(one.sid, one.effect, None, one.actions, one.resources, one.condition) for one in statements]
    return _parsed(IdentityPolicy, render_text("policy.json.j2", statements=rows))


def trust_policy(role: ComposedRole) -> TrustPolicy:
    """Return the trust policy of *role*; raise InputError where it is over its quota."""
    rows = [(one.sid, Effect.ALLOW, one.principal, one.actions, None, one.conditions) for one in role.trust]
    document = _parsed(TrustPolicy, render_text("policy.json.j2", statements=rows))
    size, limit = document.size(), quota("trust_policy")
    if size > limit:
        problem = f"the trust policy of `{role.spec.role_name}` has {size:,} characters"
        raise InputError(None, problem, f"IAM allows {limit:,} unless the account's quota is raised")
    return document


def _packed(statements: Sequence[ComposedStatement]) -> list[IdentityPolicy]:
    """Return the inline policy and, where that quota does not hold it all, the managed ones."""
    whole = permissions_policy(statements)
    inline, managed = quota("role_inline_policies"), quota("managed_policy")
    if whole.size() <= inline:
        return [whole]
    from rolemgr.render.packing import pack  # few roles are that large

    packed = pack(statements, _measure, inline=inline, managed=managed)
    most = quota("managed_policies_per_role_maximum")
    if len(packed) - 1 > most:
        raise InputError(None, f"the role needs {len(packed) - 1} managed policies, IAM attaches {most} at most",
                         "name fewer resources, by patterns, or make two roles")  # fmt: skip
    return [permissions_policy(part) for part in packed]


def _measure(statements: Sequence[ComposedStatement]) -> int:
    """Return the size of a policy of *statements*: the frame, the statements, the commas between them."""
    return permissions_policy(()).size() + sum(map(_size, statements)) + max(len(statements) - 1, 0)


@lru_cache(maxsize=4096)
def _size(statement: ComposedStatement) -> int:
    return permissions_policy((statement,)).size() - permissions_policy(()).size()


def _parsed(model: type[P], text: str) -> P:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise RenderError(f"a template rendered no {model.__name__}: {error.errors()[0]['msg']}") from error
