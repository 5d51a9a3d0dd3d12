"""Many roles: those that are alike are planned once, and come out as if each had been planned by itself."""

from dataclasses import replace

from tests.audit.migrate.support import ACCOUNT, catalog, policy, role, statement
from tests.audit.migrate.trail_support import called, read, training

from rolemgr.audit.migrate.cluster import cluster
from rolemgr.audit.migrate.migration import NewRoleOptions, plan
from rolemgr.audit.migrate.planner import RolePlanner
from rolemgr.model.inventory import HeldRole, Inventory

TRAIN = policy(statement(["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"]), statement("iam:PassRole"))


def named(old: HeldRole, name: str) -> HeldRole:
    """Return *old* under another name."""
    return replace(old, name=name, arn=f"arn:aws:iam::{ACCOUNT}:role/{name}")


def test_alike_roles_come_out_as_if_each_had_been_planned() -> None:
    """The same choices by grants, and under their own names."""
    first = role(TRAIN)
    other = named(first, "other")
    options = NewRoleOptions(persona="data-scientist")
    planner = RolePlanner(catalog(), options)
    planner.plan(first, None)
    found, alone = planner.plan(other, None), plan(catalog(), other, None, options)
    assert [one.data for one in found.choices] == [one.data for one in alone.choices]
    assert found.best.data["name"] == "other-scoped"


def test_a_thousand_alike_roles_are_one_plan() -> None:
    """In the time of one: each is there, under its own name, and none is left out."""
    roles = [named(role(TRAIN), f"team-{at:04d}") for at in range(1_000)]
    inventory = Inventory({one.arn: one for one in roles})
    done: list[None] = []
    options = NewRoleOptions(persona="data-scientist")
    found = cluster(catalog(), inventory, roles, options, lambda: done.append(None))
    assert len(found.roles) == len(done) == 1_000
    assert len({id(one.plan.needs) for one in found.roles}) == 1
    assert {one.choice.data["name"] for one in found.roles} == {f"{one.name}-scoped" for one in roles}
    assert len(found.personas) == 1
    assert not found.not_judged


def test_of_one_kind_few_personas_are_compared() -> None:
    """The second role that used the same actions goes the same way, with values of its own."""
    old = role(TRAIN)
    first, second = named(old, "first"), named(old, "second")
    calls = [called("CreateTrainingJob", training(f"{one.name}-job", roleArn=one.arn), role=one.arn)
             for one in (first, second)]  # fmt: skip
    uses = read(calls, first, second).uses
    planner = RolePlanner(catalog(), NewRoleOptions())
    made = [planner.plan(one, uses[one.arn]) for one in (first, second)]
    assert len(made[0].choices) > 10 > len(made[1].choices)
    assert [one.best.persona.id for one in made] == [made[0].best.persona.id] * 2
    assert [one.best.data["parameter"]["job_names"] for one in made] == [["first-job"], ["second-job"]]
