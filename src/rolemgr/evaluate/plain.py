"""
Policies straight from JSON values, for batches, which have many of them and ask each once.

Here is read what most policies are: every element there once and of its usual kind. A document that is
anything else is `NotPlainError`, which says nothing of whether IAM takes it: the caller then parses the document as
a `PolicyDocument`, which decides that and words what is wrong. So what is read here is what is read there, and a
test holds the two together. Only the statements that speak of the asked action are made ready; the others
are looked at, so that what IAM would not accept is refused wherever it stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from rolemgr.errors import InputError
from rolemgr.evaluate.conditions import RawCondition
from rolemgr.evaluate.policies import ActionStatements, Layer, StatementRef, keep
from rolemgr.evaluate.principals import EVERYONE, Blocks, PrincipalElement
from rolemgr.evaluate.statement import EVERYWHERE, Elements, ReadStatement, takes_action, validate_statement
from rolemgr.iam.documents import Effect


class NotPlainError(Exception):
    """A document that must be read the careful way."""


class Shape(NamedTuple):
    """What the statements of a kind of policy have: the *elements*, and which of them must be there."""

    elements: frozenset[str]
    has_principal: bool
    needs_resource: bool


_COMMON: Final = frozenset({"Sid", "Effect", "Action", "NotAction", "Condition"})
_RESOURCES: Final = frozenset({"Resource", "NotResource"})
_PRINCIPALS: Final = frozenset({"Principal", "NotPrincipal"})
IDENTITY: Final = Shape(_COMMON | _RESOURCES, has_principal=False, needs_resource=True)
TRUST: Final = Shape(_COMMON | {"Principal"}, has_principal=True, needs_resource=False)
RESOURCE: Final = Shape(_COMMON | _RESOURCES | _PRINCIPALS, has_principal=True, needs_resource=False)
ELSEWHERE: Final = Shape(_COMMON | _RESOURCES | _PRINCIPALS, has_principal=True, needs_resource=True)
"""Policies that name resources and do not stand at one: of VPC endpoints, and RCPs."""

_DOCUMENT: Final = frozenset({"Version", "Id", "Statement"})
_VARIABLES: Final[Mapping[object, bool]] = {"2012-10-17": True, "2008-10-17": False}
_OLDEST: Final = "2008-10-17"
"""The version of a document that does not say one."""
_EFFECTS: Final[Mapping[object, Effect]] = {"Allow": Effect.ALLOW, "Deny": Effect.DENY}
_PRINCIPAL_KINDS: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class PlainDocument(NamedTuple):
    """The statements of one document, and whether its version has policy variables."""

    variables: bool
    statements: tuple[Elements, ...]


class PlainGroup(NamedTuple):
    """Policies of which any may allow: a layer, or one level of it."""

    layer: Layer
    level: int | None
    documents: tuple[PlainDocument, ...]

    def about(self, folded_action: str) -> Iterator[tuple[StatementRef, ReadStatement]]:
        """Yield the statements that speak of the lower-case action; an RCP's Allow says nothing."""
        for policy, (variables, statements) in enumerate(self.documents):
            for place, one in enumerate(statements):
                if not takes_action(one, folded_action):
                    continue
                if self.layer is not Layer.RESOURCE_CONTROL or one.effect is Effect.DENY:
                    at = StatementRef(self.layer, policy, place, one.sid, self.level)
                    yield at, ReadStatement(one, variables=variables)


@dataclass(frozen=True, eq=False, slots=True)
class PlainPolicies:
    """All that decides about one request, as `rolemgr.evaluate.policies.Layers` asks it."""

    groups: tuple[PlainGroup, ...]
    bounded: bool = False
    has_session_policy: bool = False
    has_resource_policy: bool = False
    _by_action: dict[str, Sequence[ActionStatements]] = field(default_factory=dict, init=False, repr=False)

    def about(self, folded_action: str) -> Sequence[ActionStatements]:
        """Return what each group says about the lower-case action."""
        found = self._by_action.get(folded_action)
        if found is None:
            found = [
                ActionStatements(group.layer, group.level, tuple(group.about(folded_action))) for group in self.groups
            ]
            keep(self._by_action, folded_action, found)
        return found


def read_plain(value: Any, shape: Shape) -> PlainDocument:
    """Return the document that the JSON *value* is; raise NotPlainError where that takes a closer look."""
    if type(value) is not dict or not value.keys() <= _DOCUMENT:
        raise NotPlainError
    variables = _VARIABLES.get(_text(value, "Version") if "Version" in value else _OLDEST)
    statements = value.get("Statement")
    if type(statements) is dict:
        statements = (statements,)
    elif type(statements) is not list:
        raise NotPlainError
    if variables is None or ("Id" in value and type(value["Id"]) is not str):
        raise NotPlainError
    return PlainDocument(variables, tuple([_checked(one, shape, variables) for one in statements]))


def read_plain_control(value: Any) -> PlainDocument:
    """Return the resource control policy that *value* is, all of whose statements are about everyone."""
    document = read_plain(value, ELSEWHERE)
    for one in document.statements:
        if one.principal_element != "Principal" or one.principals != EVERYONE:
            raise NotPlainError
    return document


def _checked(raw: Any, shape: Shape, variables: bool) -> Elements:
    elements = _elements(raw, shape)
    try:
        validate_statement(elements, variables=variables)
    except InputError:
        raise NotPlainError from None
    return elements


def _elements(raw: Any, shape: Shape) -> Elements:
    if type(raw) is not dict or not raw.keys() <= shape.elements:
        raise NotPlainError
    sid, effect_name = raw.get("Sid", ""), raw.get("Effect")
    if type(sid) is not str or type(effect_name) is not str or (effect := _EFFECTS.get(effect_name)) is None:
        raise NotPlainError
    action_element, actions = _one_of(raw, "Action", "NotAction")
    resource_element, resources = _resources(raw, shape)
    principal_element, principals = _principals(raw) if shape.has_principal else (None, ())
    conditions = _conditions(raw["Condition"]) if "Condition" in raw else ()
    return Elements(
        sid if "Sid" in raw else None, effect, action_element, actions, resource_element, resources, conditions,  # type: ignore[arg-type]
        principal_element, principals,
    )  # fmt: skip


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    """Return the text at *name*, or None where nothing is there; what is there has to be text."""
    found = raw.get(name)
    if type(found) is not str and (found is not None or name in raw):
        raise NotPlainError
    return found


def _one_of(raw: Mapping[str, Any], name: str, other: str) -> tuple[str, tuple[str, ...]]:
    """Return which of two elements is there, and what it lists."""
    if name in raw:
        if other in raw:
            raise NotPlainError
        return name, _listed(raw[name])
    if other not in raw:
        raise NotPlainError
    return other, _listed(raw[other])


def _listed(value: Any) -> tuple[str, ...]:
    """Return the texts that an element lists, at least one."""
    if type(value) is str:
        return (value,)
    if type(value) is not list or not value:
        raise NotPlainError
    for one in value:
        if type(one) is not str:
            raise NotPlainError
    return tuple(value)


def _resources(raw: Mapping[str, Any], shape: Shape) -> tuple[str, tuple[str, ...]]:
    if not shape.needs_resource and raw.keys().isdisjoint(_RESOURCES):
        return "Resource", EVERYWHERE
    return _one_of(raw, "Resource", "NotResource")


def _principals(raw: Mapping[str, Any]) -> tuple[PrincipalElement, Blocks]:
    name: Literal["Principal", "NotPrincipal"] = "Principal" if "Principal" in raw else "NotPrincipal"
    listed = raw.get(name)
    if name == "Principal" and "NotPrincipal" in raw:
        raise NotPlainError
    if listed == "*":
        return name, EVERYONE
    if type(listed) is not dict or not listed.keys() <= _PRINCIPAL_KINDS:
        raise NotPlainError
    return name, tuple([(kind, _values(names)) for kind, names in listed.items()])


def _conditions(element: Any) -> tuple[RawCondition, ...]:
    if type(element) is not dict:
        raise NotPlainError
    found = []
    for operator, block in element.items():
        if type(block) is not dict:
            raise NotPlainError
        for key, values in block.items():
            found.append((operator, key, _values(values)))
    return tuple(found)


def _values(value: Any) -> tuple[str, ...]:
    """Return the values of a condition or names of principals; `true` and `86400` are text to IAM."""
    if type(value) is str:
        return (value,)
    if type(value) is list:
        return tuple([one if type(one) is str else _scalar(one) for one in value])
    return (_scalar(value),)


def _scalar(value: Any) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int or type(value) is float:
        return str(value)
    raise NotPlainError
