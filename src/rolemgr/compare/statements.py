"""
Statements as a comparison asks them: which resources, and which questions about which condition keys.

A `CompiledPolicies` is all that one set of policies says, layer by layer. Which statements match a request decides
whether it is allowed: no Deny, and an Allow of every layer that must allow.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from rolemgr.compare.atoms import Atom, Filled, condition_atom, resource_atom
from rolemgr.compare.regions import Pattern
from rolemgr.evaluate.conditions import TestedCondition, known_operator
from rolemgr.evaluate.errors import LayerError
from rolemgr.evaluate.policies import Layer, Policies, StatementRef, read_policy
from rolemgr.evaluate.principals import Named
from rolemgr.evaluate.statement import ReadStatement
from rolemgr.iam.documents import Effect, PolicyDocument, TrustPolicy
from rolemgr.iam.values import read_bool
from rolemgr.iam.variables import Variable, opens_variable, parse
from rolemgr.iam.wildcards import action_glob
from rolemgr.reference.inert import is_inert


class CompiledCondition(NamedTuple):
    """
    One condition: what it asks of all values of *key* (lower case).

    A value passes if it matches one of *atoms*, or for a *negated* operator if it matches none; *every* says
    that all values must pass and not just one. *if_absent* is the answer for a request without the key; for
    `Null`, *if_present* is the one for a request with it.
    """

    key: str
    atoms: frozenset[Atom]
    negated: bool
    every: bool
    if_absent: bool
    if_present: bool | None = None
    counts_several: bool = False
    """It has a set qualifier, so its author treats the key as multivalued."""

    def passes(self, match_mask: int, atoms: Sequence[Atom]) -> bool:
        """Tell whether a value passes whose *match_mask* says which of *atoms* match."""
        if self.if_present is not None:
            return self.if_present
        return any(match_mask >> i & 1 for i, atom in enumerate(atoms) if atom in self.atoms) is not self.negated


class Takes:
    """Which actions a statement speaks of, asked quickly; *listed* says that it has Action, not NotAction."""

    def __init__(self, read: ReadStatement) -> None:
        self.listed = read.action_element == "Action"
        self._names = {text.lower() for text in read.actions if not _is_wild(text)}
        self._services = {name.partition(":")[0] for name in self._names}
        self._patterns: dict[str, list[str]] = {}
        for text in read.actions:
            if _is_wild(text):
                self._patterns.setdefault(service_of(text), []).append(text)

    def all_of(self, service: str) -> bool | None:
        """Return whether it speaks of all actions of *service*, or of none; None where it depends on the action."""
        if {"*", f"{service}:*"} & {*self._patterns.get("", ()), *self._patterns.get(service, ())}:
            return self.listed
        if self._patterns.get("") or self._patterns.get(service) or service in self._services:
            return None
        return not self.listed

    def take(self, folded: str) -> bool:
        """Return whether the statement speaks of the lower-case action."""
        if folded in self._names:
            return self.listed
        patterns = (*self._patterns.get("", ()), *self._patterns.get(folded.partition(":")[0], ()))
        return any(action_glob(pattern)(folded) for pattern in patterns) is self.listed


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def service_of(pattern: str) -> str:
    """Return the lower-case service prefix of an action pattern, empty where it is open."""
    service, colon, _ = pattern.lower().partition(":")
    return service if colon and not _is_wild(service) else ""


@dataclass(frozen=True, eq=False)
class CompiledStatement:
    """A statement: where it stands, what it is about; *shape* is equal where two say the same but for actions."""

    at: StatementRef
    effect: Effect
    actions: tuple[str, ...]
    takes: Takes
    spares_listed: bool
    """It has a NotResource."""
    resources: frozenset[Atom]
    conditions: frozenset[CompiledCondition]
    principals: Named | None
    variables: frozenset[str]
    spelt: Mapping[str, str]
    _parts: "dict[frozenset[Atom], CompiledStatement | None]" = field(default_factory=dict)
    """It without some of its resources, each once: equal statements are asked once."""

    @cached_property
    def shape(self) -> object:
        """What it says but for its actions: equal shapes need no search."""
        return self.effect, self.spares_listed, self.resources, self.conditions, self.principals

    @cached_property
    def ids(self) -> frozenset[str]:
        """The principals that it names by a unique or canonical id."""
        named = self.principals
        return frozenset(named.listed) - named.arns - named.services - named.providers - {"*"} if named else frozenset()

    @cached_property
    def everywhere(self) -> bool:
        """Whether its Resource is `*`, and so at least as wide as any other."""
        return not self.spares_listed and any(atom.text == "*" for atom in self.resources)

    def about(self, action: str) -> "CompiledStatement | None":
        """
        Return what it says of the lower-case *action*, None where it says nothing.

        Of its resources those alone that AWS may ask for the action on, by the reference.
        """
        if not self.takes.take(action):
            return None
        if self.spares_listed:
            return self
        inert = frozenset(atom for atom in self.resources if is_inert(action, atom.text))
        return self._without(inert) if inert else self

    def _without(self, inert: frozenset[Atom]) -> "CompiledStatement | None":
        """Return it without the resources *inert*; None where no other is left."""
        if inert not in self._parts:
            left = self.resources - inert
            self._parts[inert] = replace(self, resources=left, _parts={}) if left else None
        return self._parts[inert]

    def near(self, inside: Pattern) -> tuple[Atom, ...]:
        """Return its resources but for those that begin otherwise than all that *inside* matches."""
        start = inside.prefix
        return tuple(atom for prefix, atom in self._by_prefix if start.startswith(prefix) or prefix.startswith(start))

    @cached_property
    def _by_prefix(self) -> tuple[tuple[str, Atom], ...]:
        return tuple((atom.pattern.prefix if atom.pattern else "", atom) for atom in self.resources)

    @cached_property
    def by_key(self) -> Mapping[str, tuple[CompiledCondition, ...]]:
        """Its conditions by key: a search chooses the values of one key at a time."""
        found: dict[str, list[CompiledCondition]] = {}
        for condition in self.conditions:
            found.setdefault(condition.key, []).append(condition)
        return {key: tuple(listed) for key, listed in found.items()}


class LayerStatements(NamedTuple):
    """The statements of one layer (or level) and whether it must allow."""

    layer: Layer
    level: int | None
    must_allow: bool
    statements: tuple[CompiledStatement, ...]


@dataclass(frozen=True, eq=False)
class CompiledPolicies:
    """What one set of policies says; *filled* are the keys that its policy variables have the values of."""

    policies: Policies
    filled: Filled = field(default_factory=dict)

    @cached_property
    def groups(self) -> tuple[LayerStatements, ...]:
        """The layers; raises PolicyError for what IAM would not accept, LayerError for a layer that is not compared."""
        return tuple(_groups(self.policies, self.filled))

    @cached_property
    def statements(self) -> tuple[CompiledStatement, ...]:
        """All statements of all layers."""
        return tuple(statement for group in self.groups for statement in group.statements)

    def with_values(self, filled: Filled) -> "CompiledPolicies":
        """Return the side with policy variables *filled*."""
        return CompiledPolicies(self.policies, filled)


def _groups(policies: Policies, filled: Filled) -> Iterator[LayerStatements]:
    """Yield the layers that are compared; an SCP level without a policy allows nothing."""
    if policies.resource_control or policies.vpc_endpoints:
        raise LayerError(None, "resource control policies and VPC endpoint policies are not compared")
    if policies.resource is not None and (policies.identity or policies.permissions_boundary or policies.session):
        raise LayerError(None, "a resource policy is compared by itself, without identity policies")
    if policies.resource is not None:
        layer = Layer.TRUST if isinstance(policies.resource, TrustPolicy) else Layer.RESOURCE
        yield LayerStatements(layer, None, True, tuple(_compiled_statements(layer, None, (policies.resource,), filled)))
        return
    yield LayerStatements(
        Layer.IDENTITY, None, True, tuple(_compiled_statements(Layer.IDENTITY, None, policies.identity, filled))
    )
    if policies.permissions_boundary is not None:
        boundary = _compiled_statements(Layer.PERMISSIONS_BOUNDARY, None, (policies.permissions_boundary,), filled)
        yield LayerStatements(Layer.PERMISSIONS_BOUNDARY, None, True, tuple(boundary))
    if policies.session:
        yield LayerStatements(
            Layer.SESSION, None, True, tuple(_compiled_statements(Layer.SESSION, None, policies.session, filled))
        )
    for level, attached in enumerate(policies.service_control):
        scps = tuple(_compiled_statements(Layer.SERVICE_CONTROL, level, attached, filled))
        yield LayerStatements(Layer.SERVICE_CONTROL, level, True, scps)


def _compiled_statements(
    layer: Layer, level: int | None, documents: Sequence[PolicyDocument], filled: Filled
) -> Iterator[CompiledStatement]:
    for index, document in enumerate(documents):
        variables = document.version == "2012-10-17"
        for place, read in read_policy(document).statements:
            yield _compiled(StatementRef(layer, index, place, read.sid, level), read, variables, filled)


def _compiled(at: StatementRef, read: ReadStatement, variables: bool, filled: Filled) -> CompiledStatement:
    texts = [*read.resources, *(value for one in read.conditions if one.operator != "Null" for value in one.values)]
    used = [key for text in texts for key in _keys(text, variables)]
    return CompiledStatement(
        at=at,
        effect=read.effect,
        actions=read.actions,
        takes=Takes(read),
        spares_listed=read.resource_element == "NotResource",
        resources=frozenset(resource_atom(text, variables, filled) for text in read.resources),
        conditions=frozenset(_compiled_condition(condition, variables, filled) for condition in read.conditions),
        principals=read.principals,
        variables=frozenset(key.lower() for key in used),
        spelt={key.lower(): key for key in (*used, *(condition.key for condition in read.conditions))},
    )


def _keys(text: str, variables: bool) -> tuple[str, ...]:
    """Return the keys of all variables of *text*, also of those with a default."""
    if not variables or not opens_variable(text):
        return ()
    return tuple(part.spelling for part in parse(text, variables=True) if isinstance(part, Variable))


def _compiled_condition(condition: TestedCondition, variables: bool, filled: Filled) -> CompiledCondition:
    key = condition.folded_key
    if condition.operator == "Null":
        wanted = frozenset(map(read_bool, condition.values))
        return CompiledCondition(key, frozenset(), False, True, True in wanted, False in wanted)
    operator = known_operator(condition.operator)
    atoms = frozenset(condition_atom(operator.base, text, variables, filled) for text in condition.values)
    absent = operator.true_where_absent()
    return CompiledCondition(key, atoms, operator.negated, operator.every, absent, None, operator.qualifier is not None)
