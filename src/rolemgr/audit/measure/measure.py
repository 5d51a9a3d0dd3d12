"""What policies that are attached together let do, in figures; and the score against AmazonSageMakerFullAccess."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple

from rolemgr.audit.measure.breadth import NO_TYPE, ResourceBreadth
from rolemgr.audit.measure.permissions import BREADTHS, PermissionCount, ScoredPermission, by_service, count
from rolemgr.audit.measure.ways import WayToRole, ways_to_roles
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.role import NamedPolicy
from rolemgr.reference.managed_policies import ManagedPolicy, managed_policy

REFERENCE: Final = "AmazonSageMakerFullAccess"
WRITING: Final = frozenset({"Permissions management", "Write", "Tagging"})
"""The access levels that change something."""


class DataReach(NamedTuple):
    """What is done with data, by which *actions*, and the page that says so."""

    name: str
    actions: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class AccessMeasure:
    """The figures of *policies*; *not_judged* is what of them nobody knows, so that it is in no figure."""

    name: str
    policies: tuple[NamedPolicy, ...]
    counted: PermissionCount
    ways: tuple[WayToRole, ...]
    not_judged: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    """What stands around the role and is not counted, though it may take some of it away."""

    @property
    def permissions(self) -> tuple[ScoredPermission, ...]:
        """The permissions that the policies come to."""
        return self.counted.permissions

    @property
    def points(self) -> float:
        """The sum of what the permissions weigh."""
        return self.counted.points

    @cached_property
    def actions(self) -> Mapping[str, str]:
        """The distinct actions with their access levels."""
        return {one.action: one.level for one in self.permissions}

    @property
    def writes(self) -> int:
        """How many actions change something."""
        return sum(level in WRITING for level in self.actions.values())

    @property
    def permissions_management(self) -> int:
        """How many actions give permissions to somebody."""
        return sum(level == "Permissions management" for level in self.actions.values())

    @property
    def wildcards(self) -> int:
        """How many patterns of actions with a wildcard stand in Allows."""
        statements = (statement for one in self.policies for statement in one.document.statement)
        allows = (one for one in statements if one.effect is Effect.ALLOW)
        return sum(has_wildcard(pattern) for one in allows for pattern in one.action or one.not_action or ())

    @property
    def on_any(self) -> int:
        """How many actions are allowed on any resource, unconditionally, though AWS knows narrower ones for them."""
        return len({one.action for one in self.permissions if _is_open(one)})

    @cached_property
    def data(self) -> Mapping[str, ResourceBreadth | None]:
        """What is done with data, and on how much of it; None for nothing."""
        return {one.name: self._widest(one.actions) for one in data_reach()}

    @property
    def services(self) -> Mapping[str, float]:
        """The points by service, the heaviest first."""
        return by_service(self.permissions)

    def _widest(self, actions: Sequence[str]) -> ResourceBreadth | None:
        found = (one.breadth for one in self.permissions if one.action in actions)
        return max(found, key=BREADTHS.__getitem__, default=None)


def _is_open(permission: ScoredPermission) -> bool:
    return permission.breadth is ResourceBreadth.ANY and permission.type != NO_TYPE and not permission.conditioned


class ComparedRoles(NamedTuple):
    """What is compared, this role first, and the *reference* that scores are against."""

    measures: tuple[AccessMeasure, ...]
    reference: AccessMeasure
    not_judged: tuple[str, ...] = ()
    """What of the files could not be read at all."""

    @property
    def untold(self) -> tuple[str, ...]:
        """What of all that is compared nobody knows, so that it is in no figure."""
        return (*self.not_judged, *(f"{one.name}: {text}" for one in self.measures for text in one.not_judged))

    @property
    def scores(self) -> tuple[float, ...]:
        """The score of each."""
        return tuple(score(one, self.reference) for one in self.measures)


def measure(
    name: str, policies: Sequence[NamedPolicy], not_judged: Sequence[str] = (), beside: Sequence[str] = ()
) -> AccessMeasure:
    """Return the figures of *policies*, which are attached together and called *name*."""
    counted = count(policies)
    ways = ways_to_roles(policies, counted.permissions)
    return AccessMeasure(name, tuple(policies), counted, ways, tuple(not_judged), tuple(beside))


def score(found: AccessMeasure | PermissionCount, reference: AccessMeasure) -> float:
    """
    Return how much less *found* lets do than *reference*, from 0 to 100, cut off behind the tenth.

    Of the reference only what is known counts, and of *found* also what is not: a score is never too good.
    """
    share = found.points / reference.counted.known_points
    return max(0.0, math.floor(1_000 * (1 - share)) / 10)


@cache
def reference_policy() -> ManagedPolicy:
    """Return the policy that scores are against."""
    found = managed_policy(REFERENCE, "aws")
    if found is None:
        raise KeyError(REFERENCE)
    return found


@cache
def reference_measure() -> AccessMeasure:
    """Return its figures."""
    return measure(REFERENCE, [NamedPolicy(REFERENCE, reference_policy().document)])


@cache
def data_reach() -> tuple[DataReach, ...]:
    """Return what may be done with data, in the order in which it is shown."""
    table = json.loads(Path(__file__).with_name("data_reach.json").read_bytes())
    return tuple(DataReach(one["name"], tuple(one["actions"]), one["source"]) for one in table)
