"""
What an earlier flow left behind: statements that let roles use something that no flow is about any more.

The blueprint makes no policy for such a thing, so nothing is compared; the way in stays until somebody closes it.
"""

from collections.abc import Iterator, Mapping

from rolemgr.account.resource_plan import in_words
from rolemgr.account.resource_policies import PolicyTarget, can_be_read
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.blueprint.targets import FlowTarget, places_of, things_in, where_of
from rolemgr.compose.substitute import fill
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, ResourcePolicy, ResourceStatement
from rolemgr.report.blueprint_accounts import UnsharedThing


def unshared(found: ComposedBlueprint) -> Mapping[str, tuple[UnsharedThing, ...]]:
    """
    Return, by account, what *found* names and makes no policy for, though a flow could ask for one.

    Raises InputError, with the line, for a key that is not there.
    """
    made = {one.resource for one in found.policies}
    names = {one.id: name for name, one in found.source.value.accounts.items()}
    users: dict[str, set[str]] = {}
    for flow in found.flows:
        users.setdefault(flow.target.place, set()).update(flow.values["role"])
    things: dict[tuple[str, PolicyTarget], UnsharedThing] = {}
    for target in things_in(found.source):
        for kind, resource in _policies(found, target):
            if resource in made:
                continue
            arn = Arn.parse(resource)
            account = names.get(arn.account, target.account) if arn else target.account
            region = (arn.region if arn else "") or places_of(found.source, account)["region"][0]
            policy = PolicyTarget(kind, resource, region)
            known = things.get((account, policy), UnsharedThing(policy, where_of(found.source, target)))
            things[account, policy] = known._replace(users=known.users | users.get(target.place, set()))
    by: dict[str, list[UnsharedThing]] = {}
    for (account, _), thing in things.items():
        by.setdefault(account, []).append(thing)
    return {account: tuple(each) for account, each in by.items()}


def _policies(found: ComposedBlueprint, target: FlowTarget) -> Iterator[tuple[str, str]]:
    """Yield the kind and the resource of each policy that a flow about *target* may ask for, and that can be read."""
    for name in found.catalog.found("flows"):
        pattern = found.catalog.flow(name).value
        for policy in pattern.policies if pattern.target == target.kind else ():
            if can_be_read(policy.kind) and all(target.values.get(need) for need in policy.needs):
                yield from ((policy.kind, resource) for resource in fill(policy.resource, target.values))


def left_behind(
    found: ComposedBlueprint, account: str, thing: UnsharedThing, document: ResourcePolicy
) -> Iterator[str]:
    """
    Yield in words each statement of *document* that lets roles of the blueprint in, or has a Sid of its own policies.

    *account* is the id of the one that the *thing* is of: what the policy says of that alone is AWS's default.
    """
    sids = {one.sid for one in found.catalog.resource_pattern(thing.target.kind).value.statements}
    roles = {one.arn for one in found.roles}
    for one in document.statement:
        named = (name for name in _named(one) if name != account and not name.endswith(f"::{account}:root"))
        who = [name for name in named if name not in thing.users]
        if one.effect is Effect.ALLOW and who and (one.sid in sids or roles.intersection(who)):
            yield f"the {thing.target.title} lets {', '.join(who)} in by {in_words(one)}, and no flow says so"


def _named(statement: ResourceStatement) -> tuple[str, ...]:
    principal = statement.principal
    return principal.get("AWS", ()) if isinstance(principal, Mapping) else ("*",)
