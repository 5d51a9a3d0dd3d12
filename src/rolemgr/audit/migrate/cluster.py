"""
The roles of an account onto few personas.

Each role may go to a persona that loses no more of it than its best one does, and of which few more groups change.
The fewest personas that have one for every role are found by the same cover that finds groups; then each role goes to
the one of them that loses least of it and changes least.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rolemgr.audit.breadth import is_of_sagemaker
from rolemgr.audit.migrate.choose import GroupChoice, composed
from rolemgr.audit.migrate.cover import cover
from rolemgr.audit.migrate.migration import NOW, Migration, MigrationPlan, NewRoleOptions, finished, lost
from rolemgr.audit.migrate.planner import RolePlanner
from rolemgr.audit.migrate.seen import RoleCalls
from rolemgr.audit.setting import AuditedPrincipal
from rolemgr.audit.surroundings import Surroundings
from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.errors import InputError, Problems
from rolemgr.model.inventory import HeldRole, Inventory, Unjudged

_MORE_CHANGES: Final = 4
"""By how many groups more than from its best persona a role may differ from one, and still go to it."""


@dataclass(frozen=True)
class Clustered:
    """One role with the persona that it goes to, as part of a plan for it."""

    plan: MigrationPlan
    choice: GroupChoice
    migration: Migration | None = None
    """What becomes of what was recorded of it, where a trail is given."""

    @property
    def lost(self) -> frozenset[str]:
        """The actions that no group of the persona's role covers."""
        return lost(self.choice, self.plan.needs)


@dataclass(frozen=True)
class Clusters:
    """All roles of SageMaker, and what can't be told; *exact* where no fewer personas would do."""

    roles: tuple[Clustered, ...]
    personas: tuple[str, ...]
    exact: bool
    not_judged: tuple[Unjudged, ...] = ()


def cluster(
    catalog: Catalog, inventory: Inventory, roles: Sequence[HeldRole], options: NewRoleOptions,
    done: Callable[[], None], uses: Mapping[str, RoleCalls] | None = None,
) -> Clusters:  # fmt: skip
    """
    Return the *roles* of *inventory*, each with its persona; *done* is called for each.

    *uses* has what was recorded of them, by ARN; None where each needs all that it may do.
    """
    plans: list[MigrationPlan] = []
    aside = list(inventory.not_judged)
    planner = RolePlanner(catalog, options)
    for one in roles:
        use = uses.get(one.arn) if uses is not None else None
        try:
            if uses is not None and (use is None or not (use.calls or use.for_jobs)):
                raise InputError(one.where, f"nothing is recorded of {one.name}", "it may not be in use at all")
            plans.append(planner.plan(one, use))
        except (InputError, Problems) as error:
            aside.append(Unjudged(one.where.file, one.where.line, one.arn, str(error).splitlines()[0]))
        done()
    with_roles = [one for one in plans if one.best.role]
    aside += [Unjudged(one.old.where.file, one.old.where.line, one.old.arn, one.best.problem) for one in plans
              if not one.best.role]  # fmt: skip
    chosen, exact = _fewest(with_roles)
    found = tuple(Clustered(one, _placed(one, chosen)) for one in with_roles)
    if uses is not None:
        found = tuple(_with_trial(catalog, one, uses[one.plan.old.arn], aside) for one in found)
    held = {one.choice.persona.id for one in found}  # one that loses as little for a role may suit none best
    return Clusters(found, tuple(one for one in chosen if one in held), exact, tuple(dict.fromkeys(aside)))


def moved_to(catalog: Catalog, one: Clustered, use: RoleCalls | None) -> Migration:
    """Return the migration of a role to the persona that it goes to; raise as `migrate` does."""
    made = composed(catalog, one.choice)
    if not isinstance(made, GroupChoice):
        raise InputError(one.plan.old.where, f"no role is made for {one.plan.old.name}: {made[0].why}")
    others = (each for each in one.plan.choices if each is not one.choice)
    return finished(catalog, replace(one.plan, choices=(made, *others)), use)


def _with_trial(catalog: Catalog, one: Clustered, use: RoleCalls, aside: list[Unjudged]) -> Clustered:
    """Return *one* with its migration; what is wrong with that goes *aside*."""
    try:
        return replace(one, migration=moved_to(catalog, one, use))
    except (InputError, Problems) as error:
        where = one.plan.old.where
        aside.append(Unjudged(where.file, where.line, one.plan.old.arn, str(error).splitlines()[0]))
        return one


def of_sagemaker(inventory: Inventory) -> list[HeldRole]:
    """Return the roles of *inventory* that its policies or its trust connect with SageMaker."""
    roles = (one for one in inventory.principals.values() if one.kind == "role" and not one.is_of_a_service)
    around = Surroundings(inventory)
    return [one for one in roles if is_of_sagemaker(AuditedPrincipal(one, NOW, Budget(), around))]


def _fewest(plans: Sequence[MigrationPlan]) -> tuple[tuple[str, ...], bool]:
    """Return the fewest personas of which each role has one that loses no more of it than the best one."""
    sets: dict[str, set[int]] = {}
    for number, one in enumerate(plans):
        most = len(lost(one.best, one.needs))
        for choice in one.choices:
            is_near = _changes(choice) <= _changes(one.best) + _MORE_CHANGES
            if choice.role and is_near and len(lost(choice, one.needs)) <= most:
                sets.setdefault(choice.persona.id, set()).add(number)
    found = cover({name: frozenset(held) for name, held in sets.items()}, dict.fromkeys(sets, 1))
    return found.chosen, found.exact


def _placed(made: MigrationPlan, personas: Sequence[str]) -> GroupChoice:
    """Return the role of *made* beside the one of *personas* that loses and changes least."""
    beside = [one for one in made.choices if one.role and one.persona.id in personas]

    def cost(one: GroupChoice) -> tuple[int, int, int, str]:
        return len(lost(one, made.needs)), len(one.add), len(one.remove), one.persona.id

    return min(beside, key=cost)


def _changes(choice: GroupChoice) -> int:
    """Return how many groups of the persona are added or removed: after many it is that persona by name only."""
    return len(choice.add) + len(choice.remove)
