"""
What the policy of a resource holds, as proofs: every statement has a use, and nobody else gets in.

- *removal*: without any one statement somebody loses access who is to have it, or somebody gets in who is not to. A
  statement without which nothing changes is a dead grant, or hides one.
- *strangers*: nobody whom the policy does not name is let in.
- *kept*: what was there before a merge goes on.
"""

from collections.abc import Iterator
from typing import Final

from rolemgr.compare.action_groups import Focus
from rolemgr.compare.budget import MOST_STEPS, Budget
from rolemgr.compare.compare import compare
from rolemgr.compare.public import open_to_strangers
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect, ResourcePolicy, StatementElement
from rolemgr.prove.compared import answers_of, listed
from rolemgr.prove.proof import Answer, CounterExample, Proof, Untold, proof_of
from rolemgr.reference.services import expand

REMOVAL: Final = "removal"
REMOVAL_CLAIM: Final = "without any one statement somebody is stopped who may, or let in who may not"
STRANGERS: Final = "strangers"
STRANGERS_CLAIM: Final = "nobody whom the policy does not name is let in"
KEPT: Final = "kept"
KEPT_CLAIM: Final = "all that was allowed before the merge is allowed after it, and no Deny is lost"


def prove_resource_policy(
    policy: ResourcePolicy, there: ResourcePolicy | None = None, flags: tuple[str, ...] = (), *,
    is_endpoint: bool = False, steps: int = MOST_STEPS,
) -> tuple[Proof, ...]:  # fmt: skip
    """
    Return the proofs about *policy*, the one that was *there* before it included.

    The policy of a VPC endpoint names nobody: it is for whoever comes through, and asks by condition who that is.
    """
    removal = proof_of(REMOVAL, REMOVAL_CLAIM, _removed(policy, flags, steps))
    strangers = () if is_endpoint else (proof_of(STRANGERS, STRANGERS_CLAIM, _strangers(policy, flags, steps)),)
    kept = () if there is None else (proof_of(KEPT, KEPT_CLAIM, _lost(there, policy, flags, steps)),)
    return (removal, *strangers, *kept)


def _removed(policy: ResourcePolicy, flags: tuple[str, ...], steps: int) -> Iterator[Answer]:
    """Yield for each statement of *policy* whether it makes a difference."""
    for place, statement in enumerate(policy.statement):
        rest = policy.model_copy(update={"statement": policy.statement[:place] + policy.statement[place + 1 :]})
        name = statement.sid or f"statement {place}"
        found = _difference(policy, rest, statement, steps)
        if found.differences:
            yield None
        elif found.unknowns:
            yield Untold(f"can't tell whether `{name}` makes a difference: {found.unknowns[0].reason}", ())
        else:
            yield CounterExample(f"`{name}` makes no difference: without it the same is allowed", flags)


_FIRST: Final = 3
"""The actions of a statement that are asked first: one difference is enough, and a pattern may stand for hundreds."""


def _difference(whole: ResourcePolicy, rest: ResourcePolicy, statement: StatementElement, steps: int) -> Comparison:
    """Return how *whole* differs from the *rest* of it, which does not have *statement*."""
    gives = statement.effect is Effect.ALLOW
    sides = Policies(resource=whole), Policies(resource=rest)
    patterns = statement.action or ()
    named = tuple(action for pattern in patterns for action in expand(pattern if ":" in pattern else "*:*")[:_FIRST])[
        :_FIRST
    ]
    for actions in (*((one,) for one in named), patterns):
        focus = Focus(actions=actions, grants_only=gives)
        found = compare(*(sides if gives else sides[::-1]), focus, within=Budget(steps))
        if found.differences:
            break
    return found


def _strangers(policy: ResourcePolicy, flags: tuple[str, ...], steps: int) -> Iterator[Answer]:
    found = open_to_strangers(Policies(resource=policy), steps=steps)
    yield from answers_of(
        found,
        lambda one: CounterExample(f"a stranger may {listed(one.actions)}", flags, one.request),
        lambda one: f"whether a stranger may {listed(one.actions)}",
    )


def _lost(there: ResourcePolicy, policy: ResourcePolicy, flags: tuple[str, ...], steps: int) -> Iterator[Answer]:
    found = compare(Policies(resource=there), Policies(resource=policy), within=Budget(steps))
    yield from answers_of(
        found,
        lambda one: CounterExample(f"{listed(one.actions)} is stopped, which was allowed", flags, one.request),
        lambda one: f"whether {listed(one.actions)} is stopped",
    )
