"""
The persona that a SageMaker role is nearest to, by the actions that evaluation allows each on something.

Near is the share of actions that both have of those that either has, among the actions that any persona has:
what a role may do beside machine learning does not decide which job it is for. A write counts as three reads, for
people of all jobs look at much the same. How many actions the role exceeds the persona by counts all that it may do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.audit.contexts import is_settled
from rolemgr.audit.examples import concrete, may_be, of_action, strangers
from rolemgr.audit.rights import Certainty, Rights
from rolemgr.compare.budget import Budget
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement, TrustPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import expand, find_action

_NOW: Final = "2001-01-01T00:00:00Z"
_MOST_PATTERNS: Final = 12


@dataclass(frozen=True)
class Nearest:
    """
    The *persona*, the actions by which the role *exceeds* it, and those that it *lacks*.

    *untold* is the number of actions of which nobody can tell whether conditions let them through.
    """

    role: HeldRole
    persona: str
    allowed: int
    exceeds: tuple[str, ...]
    lacks: tuple[str, ...]
    untold: int = 0

    @property
    def services(self) -> int:
        """In how many services the role exceeds the persona."""
        return len({action.partition(":")[0] for action in self.exceeds})


class Granted:
    """What policies allow, action by action; a document that several roles have is asked once."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[IdentityPolicy, frozenset[str]]] = {}

    def actions(self, holder: HeldRole, rights: Rights) -> tuple[frozenset[str], int]:
        """
        Return the actions that *holder* may do on something, and of how many that can't be told.

        What a Deny, a boundary or a condition on the principal speaks of is asked for itself.
        """
        found: set[str] = set()
        for policy in holder.policies:
            found |= self._by_itself(policy)
        statements = [*_statements(rights)]
        bounded = rights.policies.bounded or not all(map(_allows_all, rights.policies.service_control))
        limited = frozenset(found) if bounded else _all_of(one.actions for one in statements if one.limits)
        asked = _LimitedActions(rights, holder)
        for group, everywhere in _groups(limited & found, statements):
            found.difference_update(asked.refused(group, everywhere=everywhere))
        return frozenset(found), asked.untold

    def _by_itself(self, policy: HeldPolicy) -> frozenset[str]:
        """Return the actions that the Allows of *policy* allow somewhere, as if nothing denied them."""
        document = policy.document
        if id(document) not in self._of:
            allows = (one for one in document.statement if one.effect is Effect.ALLOW)
            self._of[id(document)] = (
                document,
                frozenset(action for one in allows for action in actions_of_statement(one)),
            )
        return self._of[id(document)][1]


def actions_of_statement(statement: IdentityStatement) -> Iterator[str]:
    """Yield the actions that *statement* speaks of, on a resource that it names, without looking at conditions."""
    actions = named_actions(statement)
    resources = statement.resource or ()
    if "*" in resources or statement.not_resource:
        yield from actions
        return
    for action in actions:
        if any(_fits(pattern, action) for pattern in resources):
            yield action


@lru_cache(maxsize=131_072)
def _fits(pattern: str, action: str) -> bool:
    """Tell whether a resource that *pattern* matches can be one of *action*."""
    known, made = find_action(action), concrete(pattern, "aws", "111122223333")
    if known is None or (made and types_of(made, known)):
        return known is not None
    return any(may_be(pattern, known.service, use.name) for use in known.resource_types)


def named_actions(statement: IdentityStatement) -> frozenset[str]:
    """Return the actions that *statement* speaks of, by the reference."""
    if statement.not_action:
        return expanded("*") - frozenset(action for one in statement.not_action for action in expanded(one))
    patterns = statement.action or ()
    return expanded(patterns[0]) if len(patterns) == 1 else _all_of(map(expanded, patterns))


@lru_cache(maxsize=16_384)
def expanded(pattern: str) -> frozenset[str]:
    """Return the actions that *pattern* stands for by the reference."""
    return frozenset(expand("*:*" if not pattern.strip("*") else pattern))


class _Statement(NamedTuple):
    """What one statement speaks of: its *actions*, whether it may take some away, and whether on whatever there is."""

    actions: frozenset[str]
    limits: bool
    everywhere: bool


def _statements(rights: Rights) -> Iterator[_Statement]:
    policies = rights.policies
    bounds = (policies.permissions_boundary,) if policies.permissions_boundary else ()
    controls = (document for level in policies.service_control for document in level)
    documents = (*policies.identity, *bounds, *controls)
    for document in documents:
        for one in document.statement:
            limits = one.effect is Effect.DENY or any(map(is_settled, one.condition_keys()))
            yield _Statement(named_actions(one), limits, one.resource is not None and "*" in one.resource)


def _allows_all(level: Iterable[IdentityPolicy]) -> bool:
    """Tell whether the SCPs of a *level* allow everything that they don't deny, as `FullAWSAccess` does."""
    allows = (one for document in level for one in document.statement if one.effect is Effect.ALLOW)
    return any("*" in (one.action or ()) and "*" in (one.resource or ()) and not one.condition for one in allows)


def _all_of(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _groups(actions: frozenset[str], statements: Iterable[_Statement]) -> list[tuple[frozenset[str], bool]]:
    """Return *actions* in groups of which the same statements speak, each with whether all of them do so everywhere."""
    groups = [(actions, True)] if actions else []
    for one in statements:
        split = [(part, everywhere, part & one.actions) for part, everywhere in groups]
        inside = [(both, everywhere and one.everywhere) for _, everywhere, both in split if both]
        groups = inside + [(part - both, everywhere) for part, everywhere, both in split if part - both]
    return groups


class _LimitedActions:
    """Whether actions of which a Deny or a boundary speaks are allowed on something."""

    def __init__(self, rights: Rights, holder: HeldRole) -> None:
        self._rights, self._holder = rights, holder
        self._partition = holder.arn.split(":")[1]
        self.untold = 0

    def refused(self, group: frozenset[str], *, everywhere: bool) -> Iterable[str]:
        """Return those of *group* that are allowed on nothing; *everywhere* one speaks for all."""
        if everywhere:
            before = self.untold
            allowed = self._ask(min(group))
            self.untold += (self.untold - before) * (len(group) - 1)
            return () if allowed else group
        return [action for action in sorted(group) if not self._ask(action)]

    def _ask(self, action: str) -> bool:
        account = self._holder.account
        names, named = self._rights.names, self._rights.named(action)
        resources = list(strangers(action, self._partition, account, name=names.strange)[:1])
        for pattern in named.patterns:
            if pattern.strip("*"):
                resources += of_action(pattern, action, self._partition, account, names.example)
        certain = named.complete and len(resources) <= _MOST_PATTERNS
        for resource in dict.fromkeys(resources[:_MOST_PATTERNS]):
            answer = self._rights.ask(action, resource)
            if answer:
                return True
            certain = certain and answer.certainty is Certainty.DENIED
        self.untold += not certain
        return False


_BEYOND: Final = 0.1
"""What the share of a persona's actions that the role has not counts, beside the share of its own that it would lose.

Who is to become a persona must go on working first, and be given little beyond second: a role that trains alone is
near the jobs' own persona, and not near a small one that trains nothing."""


_WRITE: Final = 3
"""How many reads a write counts for."""


@lru_cache(maxsize=32_768)
def _weight(action: str) -> int:
    known = find_action(action)
    return 1 if known and known.access_levels <= {"List", "Read"} else _WRITE


def _weighed(actions: Iterable[str]) -> int:
    return sum(map(_weight, actions))


class Distances:
    """How near roles are to *personas*, the actions of each by name; what the same actions give is found out once."""

    def __init__(self, personas: Mapping[str, frozenset[str]]) -> None:
        self._personas = personas
        self._known = _all_of(personas.values())
        self._of: dict[frozenset[str], tuple[str, tuple[str, ...], tuple[str, ...]]] = {}

    def nearest(self, role: HeldRole, allowed: frozenset[str]) -> Nearest:
        """Return the persona that *role*, with *allowed* actions, is nearest to."""
        if allowed not in self._of:
            self._of[allowed] = self._compared(allowed)
        name, exceeds, lacks = self._of[allowed]
        return Nearest(role, name, len(allowed), exceeds, lacks)

    def _compared(self, allowed: frozenset[str]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        mine = allowed & self._known
        own = _weighed(mine)

        def distance(name: str) -> tuple[float, str]:
            theirs = self._personas[name]
            lost, beyond = _weighed(mine - theirs) / (own or 1), _weighed(theirs - mine) / (_weighed(theirs) or 1)
            return lost + _BEYOND * beyond, name

        name = min(self._personas, key=distance)
        theirs = self._personas[name]
        return name, tuple(sorted(allowed - theirs)), tuple(sorted(theirs - allowed))


def actions_of(
    documents: Mapping[str, tuple[IdentityPolicy, ...]], account: str, trusts: Mapping[str, TrustPolicy] | None = None
) -> dict[str, frozenset[str]]:
    """
    Return the actions that each of the roles *documents* (policies by persona) allows by evaluation.

    Whether its sessions may have tags that the role has not, its trust policy says, where *trusts* has it.
    """
    found: dict[str, frozenset[str]] = {}
    for name, policies in documents.items():
        arn = f"arn:aws:iam::{account}:role/{name}"
        held = tuple(HeldPolicy(name, one) for one in policies)
        trust = trusts.get(name) if trusts else None
        holder = HeldRole("role", arn, name, account, SourceLocation(name), held, trust=trust)
        found[name] = Granted().actions(holder, Rights(holder, _NOW, Budget()))[0]
    return found
