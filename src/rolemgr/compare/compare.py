"""
Compare what two sets of policies allow: is all that the new one allows allowed by the old one?

The answer has three values. *Proven*: every request that the new one allows is allowed by the old one.
*Differences*: requests, each confirmed by the evaluator, that the new one allows and the old one does not.
*Unknowns*: what could be neither proven nor shown, with the reason; they are never taken for a proof.

What is compared: identity policies with their permissions boundary, session policies and service control
policies, of a principal that is not a service-linked role; or two resource policies, or two trust policies. The
requests that are looked at are those of `rolemgr.compare.universe`. A condition key that AWS, or one of the
policies, treats as multivalued may have any set of values, any other key one; the keys are taken to be
independent of each other. All that is more than AWS would send, so that a proof holds for what it does.
"""

from collections.abc import Iterable, Iterator, Sequence

from rolemgr.compare.action_groups import ActionGroup, Focus, Sides, groups_of
from rolemgr.compare.budget import MOST_STEPS, Budget
from rolemgr.compare.callers import names_strangers, names_unknown
from rolemgr.compare.counterexamples import GrantQuestion, verdicts
from rolemgr.compare.covered import allows_ids, covered, same_words
from rolemgr.compare.scenarios import CallerScenario, scenarios_of, strangers
from rolemgr.compare.search_space import ABSENT
from rolemgr.compare.statements import CompiledPolicies
from rolemgr.compare.verdicts import Comparison, Difference, Merged, Unknown
from rolemgr.evaluate.errors import LayerError
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect, ResourcePolicy, ResourceStatement

_ALL = Focus()


def compare(
    new: Policies, old: Policies, focus: Focus = _ALL, *, steps: int = MOST_STEPS, within: Budget | None = None
) -> Comparison:
    """
    Return what *new* allows that *old* does not, of the requests in *focus*.

    Both are identity policies with what bounds them, or both have a *resource* policy, which is then
    compared alone. What takes more than *steps* to tell, or than several comparisons *within* one budget have
    left, is unknown.

    Raises PolicyError for a policy that IAM would not accept, LayerError for what only AWS
    could evaluate.
    """
    if (new.resource is None) is not (old.resource is None):
        raise LayerError(None, "a resource policy can't be compared with identity policies")
    merged = Merged()
    sides = _settled(Sides(CompiledPolicies(new), CompiledPolicies(old), focus, new, old, Budget(steps, within)))
    problem = names_strangers(sides.statements) or ("" if focus.strangers else names_unknown(sides.statements))
    if problem and not same_words(sides.new, sides.old):
        merged.add(Unknown(None, (), problem))
    scenarios = scenarios_of(sides.new, sides.old, at=focus.at)
    count = _add(merged, sides, strangers(scenarios) if focus.strangers else scenarios)
    if isinstance(new.resource, ResourcePolicy) and isinstance(old.resource, ResourcePolicy):
        lifted = _lifted(new.resource, old.resource, sides)
        if lifted and not (focus.grants_only or focus.strangers):
            _add(merged, lifted, scenarios_of(lifted.new, lifted.old, lifted=True, at=focus.at))
    return Comparison(merged.of(Difference), merged.of(Unknown), count)


def _settled(sides: "Sides") -> "Sides":
    """Return *sides* with their policy variables filled, where the context of every request is known."""
    context = sides.focus.context
    if context is None:
        return sides
    filled = {key: context.get(key, ABSENT) for statement in sides.statements for key in statement.variables}
    return sides._replace(new=sides.new.with_values(filled), old=sides.old.with_values(filled))


def _lifted(new: ResourcePolicy, old: ResourcePolicy, sides: "Sides") -> "Sides | None":
    """
    Return the Denies of both beside Allows of all that the old ones deny; None where the old one denies nothing.

    Keys of KMS are left out: their policy must allow, whatever identity policies say.
    """
    denies = [one for one in old.statement if one.effect is Effect.DENY]
    allows = [_opened(one) for one in denies]
    if not allows:
        return None
    kept = [one for one in new.statement if one.effect is Effect.DENY]
    return sides._replace(new=_denying(new, kept, allows), old=_denying(old, denies, allows))


def _opened(deny: ResourceStatement) -> ResourceStatement:
    return ResourceStatement(
        effect=Effect.ALLOW, action=deny.action, not_action=deny.not_action, resource=("*",), principal="*"
    )


def _denying(
    whole: ResourcePolicy, denies: Sequence[ResourceStatement], allows: Sequence[ResourceStatement]
) -> CompiledPolicies:
    """Return the *denies* of *whole*, beside *allows*."""
    return CompiledPolicies(Policies(resource=ResourcePolicy(version=whole.version, statement=(*denies, *allows))))


def _add(merged: "Merged", sides: "Sides", scenarios: Sequence[CallerScenario]) -> int:
    """Compare *sides* in *scenarios*, add what is not proven to *merged*, and return how many actions were asked."""
    groups, problem, count = groups_of(sides)
    if problem and not same_words(sides.new, sides.old):
        merged.add(Unknown(None, (), problem))
    for group in groups:
        for statement in group.space.allows_of_new:
            if not covered(group.space, statement, sides.budget):
                for verdict in verdicts(GrantQuestion(sides, group, statement, sides.budget.part()), scenarios):
                    merged.add(verdict)
        for unknown in () if sides.focus.strangers else _by_ids(group, sides.budget):
            merged.add(unknown)
    return count


def _by_ids(group: "ActionGroup", budget: Budget) -> Iterator[Unknown]:
    """
    Yield what is said of principals by their unique or canonical ids, and not by the other side too.

    Whose they are is known to AWS only, so no request that shows it can be made.
    """
    names = tuple(group.names)
    for statement in group.space.allows_of_new:
        if statement.ids and not allows_ids(group.space, statement, budget):
            yield Unknown(statement.at, names, f"only AWS knows whose id {_listed(statement.ids)} is")
    kept = {deny.shape for deny in group.space.denies_of_new}
    for deny in group.space.denies_of_old:
        if deny.ids and deny.shape not in kept:
            yield Unknown(None, names, f"only AWS knows whose id {_listed(deny.ids)} is, which is no longer denied")


def _listed(ids: Iterable[str]) -> str:
    return " or ".join(f"`{one}`" for one in sorted(ids))
