"""Every role that the built-in catalog can give, judged by the raw reference data and by the evaluator."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.nightly import examples
from tests.support import PARTITION_REGIONS, faults, rendered, statements_of

from rolemgr.catalog.load import Catalog
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedStatement
from rolemgr.prove.witness import witnesses
from rolemgr.reference.quirks import quota
from rolemgr.reference.resources import example_of_type
from rolemgr.render.statements import permissions_policy
from rolemgr.separation.violations import RenderedRole

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))
GROUPS = sorted(CATALOG.found("activity_groups"))

VALUES = {
    "string": "x",
    "name-pattern": "own-*",
    "model-pattern": "own.model-v1:0",
    "account-id": "444455556666",
    "arn": "arn:{partition}:sns:{region}:111122223333:alarms",
    "role-arn": "arn:{partition}:iam::111122223333:role/some-role",
    "key-arn": "arn:{partition}:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "bucket": "acme-data",
    "s3-prefix": "acme-data/models",
    "subnet-id": "subnet-0a1b2c3d",
    "security-group-id": "sg-0a1b2c3d",
}


def values_for(groups: list[str], partition: str, *, all_of_them: bool) -> dict[str, str]:
    """Return a value for each parameter of *groups* that has none by default, or for all of them."""
    parameters = {name: p for group in groups for name, p in CATALOG.activity_group(group).value.parameters.items()}
    fields = {"partition": partition, "region": PARTITION_REGIONS[partition]}
    return {
        name: example_of_type(*parameter.of.split(":"), **fields)
        if parameter.of
        else VALUES[parameter.type].format(**fields)
        for name, parameter in parameters.items()
        if parameter.default is None or (all_of_them and not parameter.default)
    }


def role_of(groups: list[str], partition: str = "aws", *, all_of_them: bool = True, **more: Any) -> RenderedRole:
    """Return a role of exactly *groups*."""
    base = sorted(CATALOG.persona("sagemaker-compute").value.activity_groups)
    choices = {
        "persona": "sagemaker-compute",
        "region": PARTITION_REGIONS[partition],
        "add": [group for group in groups if group not in base],
        "remove": [group for group in base if group not in groups],
        "parameter": values_for(groups, partition, all_of_them=all_of_them),
        "break_separation": "groups at random",
    }
    return rendered(CATALOG, **choices | more)


def check_sound(role: RenderedRole, *, may_contradict: bool = False) -> None:
    """
    Assert that no statement of *role* is wrong by the reference, dead by evaluation, or over its quota.

    With *may_contradict*, what a Deny of the catalog takes away is not dead: groups put together at random
    may be meant for different personas (`write-models` and `protect-models`).
    """
    found = [f"{statement['Sid']}: {fault}" for statement in statements_of(role) for fault in faults(statement)]
    assert found == []
    alive = {"Allowed", "ExplicitlyDenied"} if may_contradict else {"Allowed"}
    assert dead_grants(role, alive) == []
    sids = [statement["Sid"] for statement in statements_of(role)]
    assert len(sids) == len(set(sids))
    assert sum(policy.document.size() for policy in role.documents.policies) <= quota("role_inline_policies")
    assert all(policy.document.size() <= quota("managed_policy") for policy in role.documents.managed_policies)


def dead_grants(role: RenderedRole, alive: set[str]) -> list[str]:
    """
    Return the granted actions for which no request gets a decision that counts as *alive*.

    Guardrails are left out: what a request that complies with them looks like is `tests/guardrails`' question.
    """
    policies = Policies(identity=(permissions_policy(_without_guardrails(role)),))
    dead = []
    for statement in role.role.statements:
        for action in statement.actions if statement.effect is Effect.ALLOW else ():
            asked = list(witnesses(statement, action))
            if not any(evaluate(request, policies).decision in alive for request in asked):
                dead.append(f"{statement.sid}: {action} (asked {len(asked)})")
    return dead


def _without_guardrails(role: RenderedRole) -> list[ComposedStatement]:
    return [one for one in role.role.statements if not any(origin.kind == "guardrail" for origin in one.origins)]


@pytest.mark.sampled
@pytest.mark.parametrize("partition", PARTITION_REGIONS)
@pytest.mark.parametrize("persona", PERSONAS)
def test_each_persona_is_sound_in_each_partition(persona: str, partition: str) -> None:
    """A persona has no unknown action, unsupported key, wrong type, needless star or dead grant anywhere."""
    check_sound(rendered(CATALOG, persona=persona, region=PARTITION_REGIONS[partition]))


@pytest.mark.sampled
@pytest.mark.parametrize("partition", PARTITION_REGIONS)
@pytest.mark.parametrize("group", GROUPS)
def test_each_group_is_sound_alone(group: str, partition: str) -> None:
    """A group makes a sound role by itself, all of its optional parameters given."""
    check_sound(role_of([group], partition))


@settings(max_examples=examples(60, 500), deadline=None, suppress_health_check=list(HealthCheck))
@given(groups=st.lists(st.sampled_from(GROUPS), min_size=1, max_size=12, unique=True), everything=st.booleans())
def test_random_compositions_are_sound(groups: list[str], everything: bool) -> None:
    """Whatever groups stand together, what each grants stays alive and right."""
    check_sound(role_of(groups, all_of_them=everything), may_contradict=True)


@settings(max_examples=examples(7, 50), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), groups=st.lists(st.sampled_from(GROUPS), min_size=2, max_size=8, unique=True))
def test_the_order_of_groups_does_not_matter(data: st.DataObject, groups: list[str]) -> None:
    """The same groups in another order render to the same bytes."""
    shuffled = data.draw(st.permutations(groups))
    one, other = role_of(groups), role_of(list(shuffled))
    assert one.documents == other.documents
    assert [policy.document.to_json() for policy in one.documents.policies] == [
        policy.document.to_json() for policy in other.documents.policies
    ]


UNTYPED = {
    "security-auditor": ("s3", "sns", "sqs"),  # the set-up of any bucket, topic or queue
    "sagemaker-project-launch": ("s3",),  # templates in buckets of AWS's, told by their tag alone
}
"""Services whose ARNs have no word for the type, and who has any: a bucket, a topic and a queue are only a name."""


def test_no_allow_has_a_wildcard_action_or_a_wildcard_as_resource_type() -> None:
    """An Allow names its actions, and names the type of what it is on, but for two personas with a reason."""
    for persona in PERSONAS:
        for statement in statements_of(rendered(CATALOG, persona=persona)):
            if statement["Effect"] == "Allow":
                assert not any("*" in action for action in statement["Action"])
                named = [resource.split(":", 5) for resource in statement["Resource"] if resource != "*"]
                untyped = UNTYPED.get(persona, ())
                assert not any(parts[5][:1] in "*?" for parts in named if parts[2] not in untyped)
