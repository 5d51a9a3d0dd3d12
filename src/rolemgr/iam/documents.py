"""
IAM policy documents: identity, trust and resource policies, as AWS's grammar defines them.

An identity statement has a Resource and no Principal, a trust statement the reverse, a resource
policy's statement has both, but may do without the Resource: three types, so that no reader has to ask which
fields are there.
IAM accepts a scalar for a list, a single object for a list of statements, and JSON booleans and numbers
as condition values. All of that is made one shape at the door: tuples of strings.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from rolemgr.files.write import to_json
from rolemgr.iam.marks import before, not_empty
from rolemgr.iam.plain import Plain
from rolemgr.iam.variables import known_variables_in

JsonValue: TypeAlias = Any


class Effect(StrEnum):
    """What a statement does to the requests that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class PolicyType(StrEnum):
    """What a policy is attached to, which decides its grammar, its quota and its rules."""

    IDENTITY = "identity"
    TRUST = "trust"
    RESOURCE = "resource"
    SCP = "scp"
    RCP = "rcp"
    BOUNDARY = "boundary"
    ENDPOINT = "endpoint"
    """What a VPC endpoint lets through: written as a resource policy is, and granting nothing by itself."""


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _as_text(value: object) -> object:
    """JSON ``true`` and ``86400`` mean the strings ``"true"`` and ``"86400"`` to IAM."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Text: TypeAlias = Annotated[str, before(_as_text)]
_Scalar: TypeAlias = str | bool | int | float
Texts: TypeAlias = Annotated[tuple[Text, ...], before(_as_tuple, json_schema_input_type=_Scalar | list[_Scalar])]
NonEmpty: TypeAlias = Annotated[tuple[str, ...], before(_as_tuple), not_empty()]
Conditions: TypeAlias = Mapping[str, Mapping[str, Texts]]
"""Condition operator -> condition key -> values. Operators and keys are ANDed, values ORed."""

PrincipalKind: TypeAlias = Literal["AWS", "Service", "Federated", "CanonicalUser"]
Principals: TypeAlias = Mapping[PrincipalKind, Texts] | Literal["*"]
"""Who a resource or trust policy speaks of; ``"*"`` is everyone, also anonymous."""


def _element(name: str) -> str:
    """Return what IAM calls the field *name*: ``NotAction``."""
    return name.title().replace("_", "")


_AS_IAM_WRITES_IT = {**Plain.__pydantic_config__, "alias_generator": _element, "populate_by_name": True}
_ELEMENTS = tuple(
    (name, _element(name))
    for name in ("principal", "not_principal", "action", "not_action", "resource", "not_resource")
)
"""The fields of statements in the order in which IAM's documentation writes their elements."""


class StatementElement(Plain):
    """What every statement has: Sid, Effect, Action or NotAction, Condition."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _AS_IAM_WRITES_IT

    sid: str | None = None
    effect: Effect
    action: NonEmpty | None = None
    not_action: NonEmpty | None = None
    condition: Conditions = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._require_its_types()
        for pair in self._pairs():
            given = [name for name in pair if getattr(self, name) is not None]
            if len(given) != 1 and (given or pair != self._optional()):
                names = " or ".join(map(_element, pair))
                raise ValueError(f"a statement has exactly one of {names}")

    def _require_its_types(self) -> None:
        """
        Raise TypeError for a statement made by name of values that only `model_validate` reads.

        A text in the place of a tuple would be asked letter by letter, and ``"Deny"`` is not `Effect.DENY`.
        """
        if not isinstance(self.effect, Effect):
            raise TypeError(f"{self.effect!r} is not an Effect: read the statement by model_validate")
        for name, _ in _elements_of(type(self)):  # type: ignore[arg-type]  # as in `rolemgr.iam.plain`
            value = getattr(self, name)
            if not (value is None or isinstance(value, tuple | Mapping) or (value == "*" and "principal" in name)):
                raise TypeError(f"{value!r} is not a tuple: read the statement by model_validate")

    @classmethod
    def _optional(cls) -> tuple[str, str] | None:
        """Return the pair of which a statement need not have either."""
        return None

    @classmethod
    def _pairs(cls) -> tuple[tuple[str, str], ...]:
        return (("action", "not_action"),)

    def to_json_value(self) -> dict[str, JsonValue]:
        """Return the statement in IAM's element order; one condition value stands without a list."""
        shown: dict[str, JsonValue] = {}
        if self.sid is not None:
            shown["Sid"] = self.sid
        shown["Effect"] = self.effect.value
        for name, element in _elements_of(type(self)):  # type: ignore[arg-type]  # as in `rolemgr.iam.plain`
            if (value := getattr(self, name)) is not None:
                shown[element] = _listed(value)
        if self.condition:
            shown["Condition"] = {
                operator: {key: _alone(values) for key, values in block.items()}
                for operator, block in self.condition.items()
            }
        return shown

    def condition_keys(self) -> frozenset[str]:
        """Return the condition keys, in lower case, that the statement compares or that its variables stand for."""
        blocks = self.condition.values()
        compared = (key.lower() for block in blocks for key in block)
        values = (text for block in blocks for found in block.values() for text in found)
        texts = (*self._resources(), *values)
        return frozenset((*compared, *(one.key for text in texts for one in known_variables_in(text))))

    def _resources(self) -> tuple[str, ...]:
        """Return what the statement lists as Resource or NotResource."""
        return ()

    def size(self) -> int:
        """Return the characters of the statement that IAM counts against a policy quota."""
        return len(_COMPACT.encode(self.to_json_value()))


@cache
def _elements_of(statement: type[StatementElement]) -> tuple[tuple[str, str], ...]:
    return tuple((name, element) for name, element in _ELEMENTS if name in statement.model_fields)


_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
"""Without the white space that IAM does not count."""


def size_of(document: JsonValue) -> int:
    """Return the characters that IAM counts of a *document* in JSON values, as `PolicyDocument.size` has them."""
    return len(_COMPACT.encode(document))


class IdentityStatement(StatementElement):
    """A statement of an identity policy, permissions boundary, session policy or SCP: no Principal."""

    resource: NonEmpty | None = None
    not_resource: NonEmpty | None = None

    def _resources(self) -> tuple[str, ...]:
        return (*(self.resource or ()), *(self.not_resource or ()))

    @classmethod
    def _pairs(cls) -> tuple[tuple[str, str], ...]:
        return (*super()._pairs(), ("resource", "not_resource"))


class TrustStatement(StatementElement):
    """A statement of a role's trust policy: who may assume it. The role itself is the resource."""

    principal: Principals | None = None
    not_principal: Principals | None = None

    @classmethod
    def _pairs(cls) -> tuple[tuple[str, str], ...]:
        return (*super()._pairs(), ("principal", "not_principal"))


class ResourceStatement(IdentityStatement):
    """
    A statement of a resource policy (bucket, key, endpoint ...) or RCP: Principal and Resource.

    In the policy of a resource the Resource may be missing, as it always is in one of ECR: "the resource to
    which the action applies is the resource to which the policy is attached".
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policies-json
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
    """

    principal: Principals | None = None
    not_principal: Principals | None = None

    @classmethod
    def _pairs(cls) -> tuple[tuple[str, str], ...]:
        return (*super()._pairs(), ("principal", "not_principal"))

    @classmethod
    def _optional(cls) -> tuple[str, str] | None:
        return ("resource", "not_resource")

    def is_about_its_own_resource(self) -> bool:
        """Tell whether the statement has neither Resource nor NotResource: it is about what the policy stands at."""
        return self.resource is None and self.not_resource is None


class ControlStatement(ResourceStatement):
    """A statement of an RCP, which stands at no resource and so must say which it is about."""

    @classmethod
    def _optional(cls) -> None:
        return None


class PolicyDocument(Plain):
    """What all policy documents share; `IdentityPolicy`, `TrustPolicy`, `ResourcePolicy` say the kind."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _AS_IAM_WRITES_IT

    version: Literal["2012-10-17", "2008-10-17"] = "2008-10-17"
    id: str | None = None

    def __post_init__(self) -> None:
        """Raise TypeError for a document made by name of what only `model_validate` reads."""
        found: object = self.statements()
        if not isinstance(found, tuple) or not all(isinstance(one, StatementElement) for one in found):
            raise TypeError("a policy is made of a tuple of statements: read anything else by model_validate")

    def statements(self) -> tuple[StatementElement, ...]:
        """Return the statements in the order in which they are written."""
        found: tuple[StatementElement, ...] = self.statement  # type: ignore[attr-defined]
        return found

    def to_json_value(self) -> dict[str, JsonValue]:
        """Return the document as JSON values, Version first, in the order of its statements."""
        return {**self._head(), "Statement": [statement.to_json_value() for statement in self.statements()]}

    def _head(self) -> dict[str, JsonValue]:
        return {"Version": self.version} | ({"Id": self.id} if self.id else {})

    def to_json(self) -> str:
        """Return the document as indented JSON text without a final newline."""
        return to_json(self.to_json_value()).rstrip("\n")

    def size(self) -> int:
        """
        Return the characters that IAM counts against a policy quota.

        IAM does not count white space. Spaces *inside* values are counted here all the same: whether
        IAM strips those is not documented, and a policy that fits by our count fits by either.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        """
        frame = _COMPACT.encode(self._head() | {"Statement": []})
        statements = self.statements()
        return len(frame) + sum(statement.size() for statement in statements) + max(len(statements) - 1, 0)


class IdentityPolicy(PolicyDocument):
    """A policy attached to a principal, or that bounds one: identity, boundary, session, SCP."""

    statement: Annotated[tuple[IdentityStatement, ...], before(_as_tuple)]


class TrustPolicy(PolicyDocument):
    """A role's trust policy (``AssumeRolePolicyDocument``)."""

    statement: Annotated[tuple[TrustStatement, ...], before(_as_tuple)]


class ResourcePolicy(PolicyDocument):
    """A policy attached to a resource: bucket, key, repository, VPC endpoint."""

    statement: Annotated[tuple[ResourceStatement, ...], before(_as_tuple)]


class ResourceControlPolicy(ResourcePolicy):
    """An RCP of an organization."""

    statement: Annotated[tuple[ControlStatement, ...], before(_as_tuple)]


def _listed(value: Principals | tuple[str, ...]) -> JsonValue:
    if isinstance(value, Mapping):
        return {kind: _alone(names) for kind, names in value.items()}
    return value if isinstance(value, str) else list(value)


def _alone(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
