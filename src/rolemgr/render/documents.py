"""
From a composed role to its documents: rendered through templates, parsed back, fitted into the quotas.

Nothing past this module sees policy text as a string: what a template produced is trusted only after the
model has read it again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError

from rolemgr.errors import InputError, RenderError
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement, TrustPolicy
from rolemgr.model.role import ComposedRole, ComposedStatement, NamedPolicy, RoleDocuments
from rolemgr.reference.quirks import quota

P = TypeVar("P", IdentityPolicy, TrustPolicy)

_Row: TypeAlias = tuple[str, Effect, Any, Sequence[str], Sequence[str] | None, Any]
"""Sid, effect, principal, actions, resources and condition of a statement; None where it has no such element."""

_Make: TypeAlias = Callable[[type[Any], Sequence[_Row]], Any]


def _itself(statement: ComposedStatement) -> ComposedStatement:
    return statement


def render(
    role: ComposedRole, largest: Callable[[ComposedStatement], ComposedStatement] = _itself, *, as_text: bool = True
) -> RoleDocuments:
    """
    Return the documents of *role*, each within its quota.

    A statement is measured as the *largest* that it can become: one with stand-ins grows when they are filled.
    Where nobody will see their text, as in a decision, *as_text* is false: the same documents then come
    straight from the statements, without the templates. Raises InputError where a quota can't be kept, and
    RenderError where a template made no policy.
    """
    spec, make = role.spec, _through_text if as_text else _straight
    inline, *managed = _packed(role.statements, largest, make)
    _check_attachments(len(spec.managed_policy), len(managed))
    return RoleDocuments(
        name=spec.role_name,
        path=spec.path,
        description=role.description,
        max_session=spec.max_session,
        trust_policy=_trust_policy(role, make),
        policies=(NamedPolicy(spec.role_name, inline),),
        managed_policies=tuple(
            NamedPolicy(f"{spec.role_name}-{number}", document) for number, document in enumerate(managed, start=1)
        ),
        tags=spec.tags,
        attached=tuple(sorted(spec.managed_policy)),
        boundary=spec.boundary,
    )


def attachments(documents: RoleDocuments) -> str | None:
    """Return what to say where more managed policies are attached than IAM takes by default, else None."""
    total, usual = len(documents.attached) + len(documents.managed_policies), quota("managed_policies_per_role")
    if total <= usual:
        return None
    counted = _counted(len(documents.attached), len(documents.managed_policies))
    return f"{counted} are over IAM's default quota of {usual} a role: it must be raised"


def _check_attachments(attached: int, overflow: int) -> None:
    """Raise InputError where more managed policies would be attached than IAM ever takes."""
    most = quota("managed_policies_per_role_maximum")
    if attached + overflow > most:
        raise InputError(None, f"the role needs {_counted(attached, overflow)}, IAM attaches {most} at most",
                         "name fewer resources, by patterns, attach fewer, or make two roles")  # fmt: skip


def _counted(attached: int, overflow: int) -> str:
    kinds = f" ({attached} attached, {overflow} that the inline quota made)" if attached else ""
    return f"{attached + overflow} managed policies{kinds}"


def permissions_policy(statements: Sequence[ComposedStatement]) -> IdentityPolicy:
    """Return the policy that holds *statements*, rendered and read back."""
    return _permissions_policy(statements, _through_text)


def _permissions_policy(statements: Sequence[ComposedStatement], make: _Make) -> IdentityPolicy:
    rows = [(one.sid, one.effect, None, one.actions, one.resources, one.condition) for one in statements]
    made: IdentityPolicy = make(IdentityPolicy, rows)
    return made


def _trust_policy(role: ComposedRole, make: _Make) -> TrustPolicy:
    """Return the trust policy of *role*; raise InputError where it is over its quota."""
    rows = [(one.sid, Effect.ALLOW, one.principal, one.actions, None, one.conditions) for one in role.trust]
    document: TrustPolicy = make(TrustPolicy, rows)
    size, limit = document.size(), quota("trust_policy")
    if size > limit:
        problem = f"the trust policy of `{role.spec.role_name}` has {size:,} characters"
        raise InputError(None, problem, f"IAM allows {limit:,} unless the account's quota is raised")
    return document


def _through_text(model: type[P], rows: Sequence[_Row]) -> P:
    """Return the *model* that the template's text of *rows* is read back as."""
    from rolemgr.render.templating import render_text  # jinja2: a decision does not pay for it

    return _parsed(model, render_text("policy.json.j2", statements=rows))


def _straight(model: type[P], rows: Sequence[_Row]) -> P:
    """Return the same *model* without any text; `tests/render` holds the two equal."""
    elements = ("Sid", "Effect", "Principal", "Action", "Resource", "Condition")
    statements = [{name: value for name, value in zip(elements, row, strict=True) if value} for row in rows]
    return model.model_validate({"Version": "2012-10-17", "Statement": statements})


def _packed(
    statements: Sequence[ComposedStatement], largest: Callable[[ComposedStatement], ComposedStatement], make: _Make
) -> list[IdentityPolicy]:
    """Return the inline policy and, where that quota does not hold it all, the managed ones."""
    whole = _permissions_policy(statements, make)
    measured = whole if largest is _itself else _permissions_policy([largest(one) for one in statements], make)
    inline, managed = quota("role_inline_policies"), quota("managed_policy")
    sized = [(one, read.size()) for one, read in zip(statements, measured.statement, strict=True)]
    frame = whole.model_copy(update={"statement": ()}).size()
    if frame + sum(size for _, size in sized) + len(sized) - 1 <= inline:
        return [whole]
    from rolemgr.render.packing import pack  # few roles are that large

    packed = pack(sized, lambda part: _size(make, largest(part)), inline=inline - frame, managed=managed - frame)
    read = {one.sid: two for one, two in zip(statements, whole.statement, strict=True)}
    return [_part(whole, part, read, make) for part in packed]


def _size(make: _Make, statement: ComposedStatement) -> int:
    return _permissions_policy((statement,), make).statement[0].size()


def _part(
    whole: IdentityPolicy, part: Sequence[ComposedStatement], read: Mapping[str, IdentityStatement], make: _Make
) -> IdentityPolicy:
    """Return the policy of those statements of *whole* that are in *part*: read back once is enough."""
    if all(statement.sid in read for statement in part):
        return whole.model_copy(update={"statement": tuple(read[statement.sid] for statement in part)})
    return _permissions_policy(part, make)


def _parsed(model: type[P], text: str) -> P:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise RenderError(f"a template rendered no {model.__name__}: {error.errors()[0]['msg']}") from error
