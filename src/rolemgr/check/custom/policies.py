"""The policies that a custom check compares: those that are read, and those that say what is in order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from rolemgr.check.document import Document
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies, groups_of
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    PolicyDocument,
    PolicyType,
    ResourceControlPolicy,
    ResourcePolicy,
    TrustPolicy,
)

FULL_ACCESS: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
"""
What AWS attaches beside each SCP: one that only denies lets through all the rest.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""
_MODELS: Final[Mapping[PolicyType, type[PolicyDocument]]] = {
    PolicyType.TRUST: TrustPolicy, PolicyType.RESOURCE: ResourcePolicy, PolicyType.RCP: ResourceControlPolicy,
    PolicyType.ENDPOINT: ResourcePolicy,
}  # fmt: skip


def stands_alone(kind: PolicyType) -> bool:
    """Tell whether one document of *kind* is all that there is: a trust policy, that of a resource or an endpoint."""
    return kind in _MODELS


def are_alike(one: PolicyType, other: PolicyType) -> bool:
    """Tell whether policies of both types are written alike, so that a reference of one may be meant for the other."""
    return one is other or (PolicyType.TRUST not in (one, other) and stands_alone(one) is stands_alone(other))


def read_policies(found: Sequence[Document], kind: PolicyType | None = None) -> Policies | str:
    """
    Return the policies to compare, or why they can't be: IAM would refuse them, or a template fills them in.

    They are read as of type *kind*, else as of their own.
    """
    kind = kind or found[0].kind
    try:
        read = [_MODELS.get(kind, IdentityPolicy).model_validate(one.raw) for one in found]
        policies = _of(kind, read)
        groups_of(policies)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"at {'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (PolicyError, LayerError) as error:
        return str(error)
    return policies


def _of(kind: PolicyType, read: Sequence[Any]) -> Policies:
    """Return the documents *read* as the policies that they are; an SCP that only denies with what AWS attaches."""
    if kind is PolicyType.SCP and not any(
        one.effect is Effect.ALLOW for document in read for one in document.statement
    ):
        read = (*read, FULL_ACCESS)
    return Policies(resource=read[0]) if stands_alone(kind) else Policies(identity=tuple(read))


def policy_of(kind: PolicyType, *statements: Mapping[str, Any]) -> Policies:
    """Return a policy of *kind* with *statements*, for everyone where it has principals."""
    model = _MODELS.get(kind, IdentityPolicy)
    made = [dict(one) for one in statements]
    for one in made if model is not IdentityPolicy else ():
        one["Principal"] = "*"
        if model is TrustPolicy:
            one.pop("Resource", None)  # the role itself
    return _of(kind, [model.model_validate({"Version": "2012-10-17", "Statement": made})])


def statement_of(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, Any] | None = None, *,
    effect: Effect = Effect.ALLOW, others: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return a statement as IAM writes it; with *others*, on all actions but *actions*."""
    element = "NotAction" if others else "Action"
    made: dict[str, Any] = {"Effect": effect.value, element: list(actions)}
    if resources:
        made["Resource"] = list(resources)
    return {**made, "Condition": conditions} if conditions else made


def everything_but(kind: PolicyType, actions: Sequence[str], resources: Sequence[str]) -> Policies:
    """Return what allows everything but *actions* on *resources*."""
    return policy_of(kind, statement_of(("*",), ("*",)), statement_of(actions, resources, effect=Effect.DENY))


def at_most(policies: Policies) -> Policies:
    """Return *policies* with all conditions of Allows fulfilled, and Denies gone that do not always hold."""
    found: Sequence[PolicyDocument] = (policies.resource,) if policies.resource else policies.identity
    return Policies(identity=tuple(IdentityPolicy.model_validate(_unconditional(one.to_json_value())) for one in found))


_DEPENDS: Final = frozenset({"Principal", "NotPrincipal", "Condition"})


def _unconditional(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the document *raw* without what depends on the request or its caller."""
    kept = [one for one in raw["Statement"] if one["Effect"] == "Allow" or not _DEPENDS & one.keys()]
    plain = [{key: value for key, value in one.items() if key not in _DEPENDS} for one in kept]
    for one in plain:
        if "NotResource" not in one:
            one.setdefault("Resource", "*")  # the role itself, in a trust policy
    return {**raw, "Statement": plain}
