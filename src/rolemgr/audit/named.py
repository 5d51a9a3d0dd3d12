"""
What the policies of one principal name, and names that they do not know.

A resource to ask about is one that every layer may let through: what an Allow names, narrowed by what the boundary
and the SCPs allow and by what a Deny leaves out (NotResource). And "any" must be a name that no pattern knows: a
Deny on `role/*audit*` says nothing about roles at large, and may not hide what holds for all others.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.evaluate.policies import ActionStatements, Layer, Policies
from rolemgr.evaluate.statement import ReadStatement
from rolemgr.iam.documents import Effect, IdentityPolicy, ResourcePolicy
from rolemgr.iam.variables import Variable, as_pattern
from rolemgr.iam.wildcards import contains, matches
from rolemgr.reference.resources import in_common

STRANGE: Final = "zz-rolemgr-audit"
"""A name that no policy knows: who may ask for it may ask for any."""
EXAMPLE: Final = "example"
"""What stands for a star of a pattern."""
_OTHERS: Final = ("unlisted-17", "qkx-0000", "hhh", "5151", "wvy", "bob", "ffff")
"""Names to take instead, with few letters in common, where a pattern knows the usual one."""
_MOST_PAIRS: Final = 400
_NARROWING: Final = (Layer.PERMISSIONS_BOUNDARY, Layer.SERVICE_CONTROL)
_PARTS: Final = re.compile("[:/]")


class NamedResources(NamedTuple):
    """Resources that may be allowed: each pattern with what to call it; *complete* unless there are too many."""

    patterns: Mapping[str, str]
    complete: bool


def named_resources(
    about: Sequence[ActionStatements], known: Mapping[str, str], resource: str | None = None
) -> NamedResources:
    """
    Return what the identity policies allow, as far as the other layers of *about* an action let it through.

    *known* has values of policy variables, by lower-case key; one that is not known may be anything. ``*`` stands
    for an Allow that is about every resource, or about all but some. Of a *resource* with wildcards what it matches.
    """
    narrowing = _Narrowing(known)
    found: dict[str, str] = {}
    for group in about:
        if group.layer is Layer.IDENTITY:
            found |= narrowing.allowed(group)
    if resource is not None and "*" not in found:
        found = narrowing.met(found, narrowing.patterns((resource,)))
    elif resource is not None:
        found = narrowing.met(found, narrowing.patterns((resource,))) | narrowing.patterns((resource,))
    for group in about:
        if group.layer in _NARROWING:
            found = narrowing.met(found, narrowing.allowed(group))
    for deny in _excepting(about):
        left = narrowing.met(found, narrowing.patterns(deny.resources))
        found = found | left if deny.conditions else left
    return NamedResources(found, narrowing.complete)


def _excepting(about: Iterable[ActionStatements]) -> Iterator[ReadStatement]:
    """Yield the Denies of the principal's own layers that leave some resources out."""
    for group in about:
        if group.layer in (Layer.IDENTITY, *_NARROWING):
            yield from (
                one
                for _, one in group.statements
                if one.effect is Effect.DENY and one.resource_element == "NotResource"
            )


class _Narrowing:
    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._pairs = 0
        self._parts: set[str] = set()
        """Patterns that are only a part of what two others have in common."""
        self.complete = True

    def allowed(self, group: ActionStatements) -> dict[str, str]:
        """Return the resources of the Allows of *group*."""
        found: dict[str, str] = {}
        for _, one in group.statements:
            if one.effect is Effect.ALLOW:
                found |= self.patterns(one.resources) if one.resource_element == "Resource" else {"*": "*"}
        return found

    def patterns(self, resources: Iterable[str]) -> dict[str, str]:
        """Return *resources* as patterns without variables, each with how it is written."""
        return {as_pattern(one, self._value): one for one in resources}

    def _value(self, variable: Variable) -> str:
        return self._known.get(variable.key, "*")

    def met(self, found: dict[str, str], limits: Mapping[str, str]) -> dict[str, str]:
        """Return what of *found* is within one of *limits*."""
        made = dict(found) if "*" in limits else {}  # an Allow on anything may be one on conditions, or except some
        for pattern, label in found.items():
            for limit, limit_label in limits.items():
                if limit == "*":
                    continue
                if self._pairs == _MOST_PAIRS:
                    self.complete = False
                    return made
                self._pairs += 1
                made.update(self._both(pattern, label, limit, limit_label))
            if pattern in self._parts and not any(limit in made for limit in (pattern, *limits)):
                self.complete = False  # another part may be within one of them
        return made

    def _both(self, pattern: str, label: str, limit: str, limit_label: str) -> Iterator[tuple[str, str]]:
        if not pattern.strip("*") or contains(pattern, limit):
            yield limit, limit_label
        elif contains(limit, pattern):
            yield pattern, label
        elif both := _within(pattern, limit):
            self._parts.add(both)
            yield both, both


def _within(left: str, right: str) -> str | None:
    """Return a pattern of what both match, not all of it: a star at the end of both stays. None where nothing is."""
    both = in_common(left, right)
    return f"{both}*" if both and left.endswith("*") and right.endswith("*") else both


class Names(NamedTuple):
    """A name that no pattern of the principal's policies knows, one that no Deny knows, and whether there are such."""

    strange: str
    example: str
    found: bool


def names_beside(policies: Policies) -> Names:
    """Return the names to ask about for whoever has *policies*."""
    bounds = (policies.permissions_boundary,) if policies.permissions_boundary else ()
    controls = (document for level in policies.service_control for document in level)
    every, taken = _partly_named((*policies.identity, *bounds, *controls))
    strange, example = _free(STRANGE, every), _free(EXAMPLE, taken)
    return Names(strange or STRANGE, example or EXAMPLE, found=bool(strange and example))


def example_beside(policy: ResourcePolicy | None) -> str:
    """Return what stands for a star in the resources of *policy*: a name that none of its Denies knows."""
    return _free(EXAMPLE, _partly_named((policy,))[1]) or EXAMPLE if policy else EXAMPLE


def _free(usual: str, patterns: Iterable[str]) -> str | None:
    """Return the first name that no part of *patterns* matches, *usual* before others; None where all are known."""
    parts = frozenset(part for pattern in patterns for part in _name_parts(pattern))
    return next((one for one in (usual, *_OTHERS) if not any(_is_of(part, one) for part in parts)), None)


def _partly_named(documents: Iterable[IdentityPolicy | ResourcePolicy]) -> tuple[set[str], set[str]]:
    """Return the resources that *documents* speak of, and those of them that a Deny takes or an Allow leaves out."""
    every: set[str] = set()
    taken: set[str] = set()
    for document in documents:
        for one in document.statement:
            found = one.resource or one.not_resource or ()
            every.update(found)
            if (one.effect is Effect.DENY) is (one.not_resource is None):
                taken.update(found)
    return every, taken


@lru_cache(maxsize=16_384)
def _name_parts(pattern: str) -> tuple[str, ...]:
    """Return the parts of *pattern* by which it may know a name: behind the account, and not a star alone."""
    name = as_pattern(pattern).split(":", 5)[-1]
    return tuple(part for part in _PARTS.split(name) if part.strip("*"))


@lru_cache(maxsize=16_384)
def _is_of(part: str, name: str) -> bool:
    return matches(part, name)
