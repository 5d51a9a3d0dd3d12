"""
The persona that a SageMaker role is nearest to, by the actions that evaluation allows each on something.

Near is the share of actions that both have of those that either has, among the actions that any persona has:
what a role may do beside machine learning does not decide which job it is for. How many actions the role exceeds
the persona by counts all that it may do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rolemgr.audit.examples import concrete, resources_on, strangers
from rolemgr.audit.rights import Rights
from rolemgr.compare.budget import Budget
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.policies import StatementRef
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.model.inventory import HeldPolicy, HeldRole
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import expand, find_action

_NOW: Final = "2001-01-01T00:00:00Z"
_MOST_PATTERNS: Final = 12


@dataclass(frozen=True)
class Nearest:
    """The *persona*, the actions by which the role *exceeds* it, and those that it *lacks*."""

    role: HeldRole
    persona: str
    allowed: int
    exceeds: tuple[str, ...]
    lacks: tuple[str, ...]

    @property
    def services(self) -> int:
        """In how many services the role exceeds the persona."""
        return len({action.partition(":")[0] for action in self.exceeds})


class Granted:
    """What policies allow, action by action; a document that several roles have is asked once."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[IdentityPolicy, frozenset[str]]] = {}

    def actions(self, holder: HeldRole, rights: Rights) -> frozenset[str]:
        """Return the actions that *holder* may do on something; what a Deny or a boundary speaks of is asked for itself."""
        found: set[str] = set()
        for policy in holder.policies:
            found |= self._by_itself(policy, rights)
        limited = sorted(action for action in found if _is_limited(rights, action))
        asked = _Asked(rights, holder)
        return frozenset(found.difference(action for action in limited if not asked.allowed(action)))

    def _by_itself(self, policy: HeldPolicy, rights: Rights) -> frozenset[str]:
        """Return the actions that the Allows of *policy* allow somewhere, as if nothing denied them."""
        document = policy.document
        if id(document) not in self._of:
            allows = (one for one in document.statement if one.effect is Effect.ALLOW)
            self._of[id(document)] = (
                document,
                frozenset(action for one in allows for action in _of_statement(one, rights)),
            )
        return self._of[id(document)][1]


def _of_statement(statement: IdentityStatement, rights: Rights) -> Iterator[str]:
    actions = _actions(statement)
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
    return known is not None and made is not None and bool(types_of(made, known))


def _actions(statement: IdentityStatement) -> frozenset[str]:
    if statement.not_action:
        return expanded("*") - frozenset(action for one in statement.not_action for action in expanded(one))
    return frozenset(action for pattern in statement.action or () for action in expanded(pattern))


@lru_cache(maxsize=16_384)
def expanded(pattern: str) -> frozenset[str]:
    """Return the actions that *pattern* stands for by the reference."""
    return frozenset(expand("*:*" if not pattern.strip("*") else pattern))


def _is_limited(rights: Rights, action: str) -> bool:
    """Tell whether a boundary, or a Deny, has a say in *action*."""
    groups = rights.policies.about(action.lower())
    return rights.policies.bounded or any(one.effect is Effect.DENY for group in groups for _, one in group.statements)


class _Asked:
    """Whether actions of which a Deny or a boundary speaks are allowed on something; alike ones are asked once."""

    def __init__(self, rights: Rights, holder: HeldRole) -> None:
        self._rights, self._holder = rights, holder
        self._partition = holder.arn.split(":")[1]
        self._known: dict[tuple[StatementRef, ...], bool] = {}

    def allowed(self, action: str) -> bool:
        """Tell whether some request for *action* is allowed: on what nobody names, or on what the policies do."""
        placed = [one for group in self._rights.policies.about(action.lower()) for one in group.statements]
        if not all(one.everywhere for _, one in placed):
            return self._ask(action)
        key = tuple(at for at, _ in placed)  # the same statements, on whatever there is: the same answer
        if key not in self._known:
            self._known[key] = self._ask(action)
        return self._known[key]

    def _ask(self, action: str) -> bool:
        account = self._holder.account
        resources = list(strangers(action, self._partition, account)[:1])
        for policy in self._holder.policies:
            for pattern in resources_on(policy.document, action):
                made = concrete(pattern, self._partition, account)
                resources += [made] if made else []
        return any(self._rights.ask(action, one) for one in dict.fromkeys(resources[:_MOST_PATTERNS]))


def nearest(role: HeldRole, allowed: frozenset[str], personas: Mapping[str, frozenset[str]]) -> Nearest:
    """Return the one of *personas*, the actions of each by name, that a role with the actions *allowed* is nearest to."""
    known = frozenset(action for actions in personas.values() for action in actions)
    mine = allowed & known

    def distance(name: str) -> tuple[float, str]:
        theirs = personas[name]
        return -len(mine & theirs) / (len(mine | theirs) or 1), name

    name = min(personas, key=distance)
    return Nearest(
        role, name, len(allowed), tuple(sorted(allowed - personas[name])), tuple(sorted(personas[name] - allowed))
    )


def actions_of(documents: Mapping[str, tuple[IdentityPolicy, ...]], account: str) -> dict[str, frozenset[str]]:
    """Return the actions that each of the roles *documents* (policies by persona) allows by evaluation."""
    found: dict[str, frozenset[str]] = {}
    for name, policies in documents.items():
        arn = f"arn:aws:iam::{account}:role/{name}"
        held = tuple(HeldPolicy(name, one) for one in policies)
        holder = HeldRole("role", arn, name, account, SourceLocation(name), held)
        found[name] = Granted().actions(holder, Rights(holder, _NOW, Budget()))
    return found
