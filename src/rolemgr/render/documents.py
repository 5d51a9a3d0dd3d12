"""
From a composed role to its documents: policies as the model has them, fitted into the quotas.

There is no text here. It is made once, where somebody wants to see it (`rolemgr.render.text`), and held to
these documents there.
"""

from collections.abc import Callable, Mapping, Sequence

from rolemgr.errors import InputError
from rolemgr.iam.documents import IdentityPolicy, IdentityStatement, TrustPolicy
from rolemgr.model.role import ComposedRole, ComposedStatement, NamedPolicy, OwnBoundary, RoleDocuments
from rolemgr.reference.quirks import quota
from rolemgr.render.statements import permissions_policy, trust_policy


def _itself(statement: ComposedStatement) -> ComposedStatement:
    return statement


def render(role: ComposedRole, largest: Callable[[ComposedStatement], ComposedStatement] = _itself) -> RoleDocuments:
    """
    Return the documents of *role*, each within its quota.

    A statement is measured as the *largest* that it can become: one with stand-ins grows when they are filled.
    Raises InputError where a quota can't be kept.
    """
    spec = role.spec
    policies, managed = _policies(role, largest)
    _check_attachments(len(spec.managed_policy), len(managed))
    return RoleDocuments(
        name=spec.role_name,
        path=spec.path,
        description=role.description,
        max_session=spec.max_session,
        trust_policy=_trust_policy(role),
        policies=policies,
        managed_policies=managed,
        tags=spec.tags,
        attached=tuple(sorted(spec.managed_policy)),
        boundary=spec.boundary_arn,
        own_boundary=_own_boundary(role, largest) if spec.with_boundary else None,
    )


def _policies(
    role: ComposedRole, largest: Callable[[ComposedStatement], ComposedStatement]
) -> tuple[tuple[NamedPolicy, ...], tuple[NamedPolicy, ...]]:
    """Return the inline policies of *role*, one or none, and the managed ones, those with the Denies first."""
    name = role.spec.role_name
    if role.spec.inline == "yes":
        (_, inline), *more = _packed(role.statements, largest)
        return (NamedPolicy(name, inline),), _named(name, more)
    return (), _named(name, _managed(role.statements, largest))


def _named(name: str, documents: Sequence[tuple[str, IdentityPolicy]]) -> tuple[NamedPolicy, ...]:
    """Return *documents* as policies of the role *name*, each called for what it holds."""
    return tuple(NamedPolicy(f"{name}-{kind}", document) for kind, document in documents)


def _own_boundary(
    role: ComposedRole, largest: Callable[[ComposedStatement], ComposedStatement]
) -> OwnBoundary:  # fmt: skip
    from rolemgr.render.boundary import own_boundary  # few roles have one

    return own_boundary(role, None if largest is _itself else largest)


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
    kinds = f" ({attached} attached, {overflow} of its own)" if attached else ""
    return f"{attached + overflow} managed policies{kinds}"


def _trust_policy(role: ComposedRole) -> TrustPolicy:
    """Return the trust policy of *role*; raise InputError where it is over its quota."""
    document = trust_policy(role.trust)
    size, limit = document.size(), quota("trust_policy")
    if size > limit:
        problem = f"the trust policy of `{role.spec.role_name}` has {size:,} characters"
        raise InputError(None, problem, f"IAM allows {limit:,} unless the account's quota is raised")
    return document


def _packed(
    statements: Sequence[ComposedStatement], largest: Callable[[ComposedStatement], ComposedStatement]
) -> list[tuple[str, IdentityPolicy]]:
    """Return the inline policy and, where that quota does not hold it all, managed ones, each with what it holds."""
    sized, whole = _sized(statements, largest)
    inline, managed = quota("role_inline_policies"), quota("managed_policy")
    frame = whole.model_copy(update={"statement": ()}).size()
    if frame + sum(size for _, size in sized) + len(sized) - 1 <= inline:
        return [("", whole)]
    from rolemgr.render.packing import pack  # few roles are that large

    packed = pack(sized, lambda part: _size(largest(part)), inline=inline - frame, managed=managed - frame)
    return _read(packed, statements, whole)


def _managed(
    statements: Sequence[ComposedStatement], largest: Callable[[ComposedStatement], ComposedStatement]
) -> list[tuple[str, IdentityPolicy]]:
    """Return the managed policies that hold the Denies of *statements*, and those that hold the Allows."""
    from rolemgr.render.packing import pack_managed  # few roles have nothing inline

    sized, whole = _sized(statements, largest)
    limit = quota("managed_policy") - whole.model_copy(update={"statement": ()}).size()
    return _read(pack_managed(sized, lambda part: _size(largest(part)), limit), statements, whole)


def _sized(
    statements: Sequence[ComposedStatement], largest: Callable[[ComposedStatement], ComposedStatement]
) -> tuple[list[tuple[ComposedStatement, int]], IdentityPolicy]:
    """Return *statements* with the characters of each, and the policy that would hold them all."""
    whole = permissions_policy(statements)
    measured = whole if largest is _itself else permissions_policy([largest(one) for one in statements])
    return [(one, read.size()) for one, read in zip(statements, measured.statement, strict=True)], whole


def _read(
    packed: Sequence[tuple[str, Sequence[ComposedStatement]]], statements: Sequence[ComposedStatement],
    whole: IdentityPolicy,
) -> list[tuple[str, IdentityPolicy]]:  # fmt: skip
    """Return the policies of the *packed* statements, parts of the *whole* one where they can be."""
    read = {one.sid: two for one, two in zip(statements, whole.statement, strict=True)}
    return [(name, _part(whole, part, read)) for name, part in packed]


def _size(statement: ComposedStatement) -> int:
    return permissions_policy((statement,)).statement[0].size()


def _part(
    whole: IdentityPolicy, part: Sequence[ComposedStatement], read: Mapping[str, IdentityStatement]
) -> IdentityPolicy:
    """Return the policy of those statements of *whole* that are in *part*: made once is enough."""
    if all(statement.sid in read for statement in part):
        return whole.model_copy(update={"statement": tuple(read[statement.sid] for statement in part)})
    return permissions_policy(part)
