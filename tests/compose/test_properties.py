"""What composition promises whatever the catalog says: narrowing never widens, composing twice is composing once."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.nightly import examples
from tests.support import role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.compose.choices import builtins
from rolemgr.compose.distribute import distribute
from rolemgr.compose.join import join
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, Problems
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect
from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.role import ComposedStatement
from rolemgr.model.source import Sourced
from rolemgr.prove.witness import witnesses
from rolemgr.render.statements import permissions_policy

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))
STATEMENTS = [
    (group, index)
    for persona in PERSONAS
    for group in compose(CATALOG, role_spec(persona=persona)).groups
    for index, one in enumerate(CATALOG.activity_group(group).value.statements)
    if one.effect is Effect.ALLOW
]
KEYS = ["aws:PrincipalTag/team", "aws:ResourceTag/team", "aws:RequestTag/team", "sagemaker:InstanceTypes", "iam:PassedToService",
        "sagemaker:VpcSubnets", "s3:prefix", "kms:ViaService", "aws:ResourceAccount"]  # fmt: skip
OPERATORS = [
    "StringEquals",
    "StringNotEquals",
    "StringLikeIfExists",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
]


def composed_from(
    group: Sourced[ActivityGroup], name: str, index: int, values: dict[str, Any]
) -> tuple[ComposedStatement, ...]:
    """Return the statements that one catalog statement comes to."""
    return join(distribute(group, name, index, values).shares)


@settings(max_examples=examples(40, 300), deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(STATEMENTS), key=st.sampled_from(KEYS), operator=st.sampled_from(OPERATORS))
def test_a_condition_key_never_widens_access(place: tuple[str, int], key: str, operator: str) -> None:
    """Whatever an Allow with one more condition allows, it allowed without it; and no grant dies of it."""
    name, index = place
    group = CATALOG.activity_group(name)
    spec = role_spec(persona="sagemaker-compute")
    values = {**builtins(spec.value), **_values(group, spec)}
    before = composed_from(group, name, index, values)
    statement = group.value.statements[index]
    assume(all(key not in block for block in statement.conditions.values()))
    conditions = {**statement.conditions, operator: {**statement.conditions.get(operator, {}), key: ("x",)}}
    narrowed = _with(group, index, conditions)
    try:
        after = composed_from(narrowed, name, index, values)
    except (InputError, Problems):  # no action supports the key: refused, so nothing widens
        return
    policies, wider = _policies(after), _policies(before)
    for one in after:
        for action in one.actions:
            for request in witnesses(one, action):
                assert evaluate(request, policies).decision == "Allowed"
                assert evaluate(request, wider).decision == "Allowed"


def _policies(statements: tuple[ComposedStatement, ...]) -> Policies:
    return Policies(identity=(permissions_policy(statements),))


def _with(group: Sourced[ActivityGroup], index: int, conditions: dict[str, Any]) -> Sourced[ActivityGroup]:
    statements = list(group.value.statements)
    statements[index] = statements[index].model_copy(update={"conditions": conditions})
    return Sourced(group.value.model_copy(update={"statements": tuple(statements)}), group.source)


def _values(group: Sourced[ActivityGroup], spec: Any) -> dict[str, tuple[str, ...]]:
    from rolemgr.compose.parameters import declared_parameters, resolve

    declared = declared_parameters((group,))
    optional = {name: one for name, one in declared.items() if one.parameter.default is not None}
    return resolve(optional, {}, builtins(spec.value))


def test_composing_again_gives_the_same_role() -> None:
    """Nothing is left over from one composition to the next."""
    for persona in PERSONAS:
        one, again = (compose(Catalog(), role_spec(persona=persona)) for _ in range(2))
        assert (one.statements, one.trust, one.parameters) == (again.statements, again.trust, again.parameters)


def test_the_account_only_fills_in() -> None:
    """A role in one account is the same role in another, digit for digit, also where a bucket's name holds the id."""
    found = {}
    for account in ("111122223333", "999988887777"):
        role = compose(
            CATALOG, role_spec(persona="ml-engineer", account=account, bucket=[f"data-{account}-eu", "plain"])
        )
        found[account] = {_without(account, one) for one in role.statements}
    assert found["111122223333"] == found["999988887777"]


def _without(account: str, statement: ComposedStatement) -> tuple[object, ...]:
    """Return what *statement* says, with a word for the account."""
    resources = frozenset(resource.replace(account, "ACCOUNT") for resource in statement.resources)
    return statement.sid, statement.actions, resources, str(statement.conditions).replace(account, "ACCOUNT")
