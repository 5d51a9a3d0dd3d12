"""Joining: fewer statements that say the same, called the same whatever else is in the role."""

from dataclasses import replace
from functools import cache
from itertools import combinations, product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nightly import examples
from tests.support import DATA, composed, role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.compose.choices import builtins
from rolemgr.compose.distribute import Share, distribute
from rolemgr.compose.join import join
from rolemgr.compose.parameters import declared_parameters, regions_of_keys
from rolemgr.errors import RolemgrError
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.documents import Effect
from rolemgr.model.catalog import ActivityGroup, ParameterType
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.model.source import parse_model
from rolemgr.prove.catalog import all_guardrails, short_forms, variants
from rolemgr.reference.resources import example_of_type
from rolemgr.render.explain import explanation

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))
GROUPS = sorted(CATALOG.found("activity_groups"))
VALUES = {"partition": ("aws",), "region": ("us-east-1",), "account": ("111122223333",)}
JOB = "arn:aws:sagemaker:us-east-1:111122223333:training-job/*"
MODEL = "arn:aws:sagemaker:us-east-1:111122223333:model/*"


def shares(*statements: dict[str, Any], group: str = "g") -> list[Share]:
    """Return the shares of catalog *statements*."""
    listed = [{"sid": f"S{number}", **one} for number, one in enumerate(statements)]
    data = {"title": "T", "description": "D", "statements": listed}
    found = parse_model(parse_yaml(yaml.safe_dump(data, sort_keys=False), f"{group}.yaml"), ActivityGroup)
    return [share for place in range(len(statements)) for share in distribute(found, group, place, VALUES).shares]


def joined(*statements: dict[str, Any]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return actions and resources of what *statements* come to, by Sid."""
    return {one.sid: (one.actions, one.resources) for one in join(shares(*statements))}


def test_one_purpose_is_one_statement() -> None:
    """Each action stands beside resources that it never is asked on."""
    jobs = {
        "purpose": "Work",
        "actions": ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"],
        "resources": [JOB],
    }
    models = {"purpose": "Work", "actions": ["sagemaker:CreateModel"], "resources": [MODEL]}
    assert joined(jobs, models) == {
        "SageMakerWork": (
            ("sagemaker:CreateModel", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"), (MODEL, JOB),
        ),
    }  # fmt: skip


def test_reads_of_data_stand_apart_from_writes() -> None:
    """Which costs little, as they are of other buckets."""
    data = {"purpose": "Data", "actions": ["s3:GetObject", "s3:PutObject"], "resources": ["arn:aws:s3:::a/*"]}
    assert joined(data) == {
        "S3DataRead": (("s3:GetObject",), ("arn:aws:s3:::a/*",)),
        "S3DataWrite": (("s3:PutObject",), ("arn:aws:s3:::a/*",)),
    }


def test_a_live_pair_is_never_added() -> None:
    """Two purposes that are one and may not join stand apart, each with a Sid of its own."""
    some = {"purpose": "Models", "actions": ["sagemaker:DeleteModel"], "resources": [MODEL.replace("*", "own-*")]}
    every = {"purpose": "Models", "actions": ["sagemaker:CreateModel"], "resources": [MODEL]}
    assert joined(some, every) == {
        "SageMakerModels": (("sagemaker:DeleteModel",), (MODEL.replace("*", "own-*"),)),
        "SageMakerModelsS1": (("sagemaker:CreateModel",), (MODEL,)),
    }


def test_a_wildcard_that_may_be_of_the_type_never_joins() -> None:
    """`arn:aws:s3:::acme*` is a bucket, and objects too."""
    listing = {"purpose": "Data", "actions": ["s3:ListBucket"], "resources": ["arn:aws:s3:::acme*"]}
    reading = {"purpose": "Data", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::acme-1/x/*"]}
    assert len(joined(listing, reading)) == 2


def test_other_conditions_effects_and_services_never_join() -> None:
    """Nor does `*` with a named resource."""
    plain = {"purpose": "Work", "actions": ["sagemaker:CreateTrainingJob"], "resources": [JOB]}
    held = {**plain, "purpose": "Tagged", "conditions": {"StringEquals": {"aws:RequestTag/a": "b"}}}
    denied = {**plain, "effect": "Deny"}
    other = {"purpose": "Work", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*"]}
    anywhere = {"purpose": "Work", "actions": ["sagemaker:ListModels"]}
    assert [*joined(plain, held, denied, other, anywhere)] == [
        "S3Work", "SageMakerTaggedByRequestTag"[:15], "SageMakerWork", "NoResourceLevelPermissions",
        "SageMakerWorkDeny",
    ]  # fmt: skip


def test_a_statement_without_a_purpose_stands_by_itself() -> None:
    """A user's catalog need not know of purposes: its Sid stays."""
    one = {
        "sid": "Mine",
        "actions": ["s3:GetObject", "s3:ListBucket"],
        "resources": ["arn:aws:s3:::a/*", "arn:aws:s3:::a"],
    }
    other = {"sid": "Other", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/*"]}
    assert joined(one, other) == {
        "Mine": (("s3:GetObject", "s3:ListBucket"), ("arn:aws:s3:::a", "arn:aws:s3:::a/*")),
        "Other": (("s3:GetObject",), ("arn:aws:s3:::b/*",)),
    }


def test_reads_and_writes_may_be_for_different_things() -> None:
    """Results are read with all other data, and written apart."""
    found = joined({"purpose": {"read": "Data", "write": "Results"}, "actions": ["s3:GetObject", "s3:PutObject"],
                    "resources": ["arn:aws:s3:::a/*"]})  # fmt: skip
    assert found == {
        "S3DataRead": (("s3:GetObject",), ("arn:aws:s3:::a/*",)),
        "S3ResultsWrite": (("s3:PutObject",), ("arn:aws:s3:::a/*",)),
    }


def test_unfolding_gives_back_what_each_catalog_statement_said() -> None:
    """Pair for pair, with the origin that gave it."""
    given_ = shares(
        {"purpose": "Work", "actions": ["sagemaker:CreateTrainingJob"], "resources": [JOB]},
        {"purpose": "Work", "actions": ["sagemaker:CreateModel"], "resources": [MODEL]},
    )
    (statement,) = join(given_)
    assert {(one.actions, one.resources, one.origins) for one in statement.unfolded()} == {
        ((one.action,), one.resources, (one.origin,)) for one in given_
    }
    assert statement.actions_by_origin() == {one.origin: (one.action,) for one in given_}


# --- the built-in catalog


@cache
def everything() -> tuple[Share, ...]:
    """Return the shares of all activity groups at once, each parameter with a value of its own."""
    groups = {name: CATALOG.activity_group(name) for name in GROUPS}
    declared = declared_parameters(tuple(groups.values()))
    own = {name: (_example(name, place, one.parameter),) for place, (name, one) in enumerate(declared.items())}
    values = {**builtins(role_spec(persona="data-scientist").value), **own, **regions_of_keys(declared, own)}
    return tuple(
        share
        for name, group in groups.items()
        for place in range(len(group.value.statements))
        for share in distribute(group, name, place, values).shares
    )


def _example(name: str, place: int, parameter: Any) -> str:
    """Return a value that no other parameter has."""
    word, account = name.replace("_", ""), "arn:aws:iam::111122223333:"
    key = f"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-{place:012d}"
    kinds = {
        ParameterType.NAME_PATTERN: f"{word}-*", ParameterType.ROLE_ARN: f"{account}role/{word}", ParameterType.BUCKET: word,
        ParameterType.S3_PREFIX: f"{word}/p", ParameterType.KEY_ARN: key, ParameterType.SUBNET_ID: f"subnet-{place:08x}",
        ParameterType.ARN: f"arn:aws:sns:us-east-1:111122223333:{word}", ParameterType.STRING: word,
        ParameterType.MODEL_PATTERN: f"{word}.model-*", ParameterType.ACCOUNT_ID: f"{place:012d}",
    }  # fmt: skip
    if parameter.of:
        service, _, kind = parameter.of.partition(":")
        return example_of_type(service, kind, f"{place:012d}")
    return parameter.one_of[0] if parameter.one_of else kinds[parameter.type]


def test_sids_of_the_catalog_are_unique_and_depend_on_nothing_else() -> None:
    """With all groups in one role every purpose is one statement: so in any role, whatever the values."""
    statements = join(everything())
    sids = [one.sid for one in statements]
    assert len(set(sids)) == len(sids)
    keys = {(one.effect, one.conditions, one.actions[0].partition(":")[0], one.sid) for one in statements}
    assert len(keys) == len(sids)
    alone = {one.sid for name in GROUPS for one in join(share for share in everything() if share.origin.group == name)}
    assert alone == set(sids)


def test_any_two_statements_of_one_purpose_may_stand_together() -> None:
    """
    So may any number of them: whether a pair of action and resource is added, and live, is a matter of two.

    With all groups at once one may give what another adds, so that the test above would pass over it.
    """
    by_origin: dict[Origin, list[Share]] = {}
    for share in everything():
        by_origin.setdefault(share.origin, []).append(share)
    statements = join(everything())
    sids = {one.sid for one in statements}
    pairs = {pair for statement in statements for pair in combinations(statement.origins, 2)}
    clashes = [pair for pair in pairs if not {one.sid for one in join(by_origin[pair[0]] + by_origin[pair[1]])} <= sids]
    assert clashes == []


def test_every_statement_of_the_catalog_that_names_resources_has_a_purpose() -> None:
    """What has none would stand by itself."""
    assert [
        str(share.origin.location) for share in everything() if not share.purpose and share.resources != ("*",)
    ] == []


@pytest.mark.sampled(150)
@pytest.mark.parametrize(
    "choices", [*({"persona": one} for one in PERSONAS), *variants(CATALOG)], ids=lambda one: str(one)[:80]
)
def test_a_role_says_what_its_catalog_statements_say(choices: dict[str, Any]) -> None:
    """Each pair in a statement is one of its catalog statements, or by the raw reference of no type of the action."""
    for statement in composed(CATALOG, **choices).statements:
        had = {pair for one in statement.unfolded() for pair in product(one.actions, one.resources)}
        assert had <= {*product(statement.actions, statement.resources)}
        for action, resource in {*product(statement.actions, statement.resources)} - had:
            assert not _may_be_of_a_type(action, resource), (statement.sid, action, resource)


def _may_be_of_a_type(action: str, resource: str) -> bool:
    """Tell by the literal text of the raw formats whether *action* could be asked on *resource*."""
    service, _, name = action.partition(":")
    uses = DATA.actions.get_action_details(service, name)["resourceTypes"]
    formats = [DATA.resources.get_resource_type_details(service, use["name"])["arn"].split(":", 5) for use in uses]
    found = resource.split(":", 5)
    return any(
        wanted[2] == found[2] and bool(wanted[3]) == bool(found[3]) and _is_like(wanted[5], found[5], service)
        for wanted in formats
    )


def _is_like(wanted: str, found: str, service: str) -> bool:
    """Tell whether *found* begins as the format *wanted* does, and goes on as no longer format of the service."""
    literal = wanted.partition("${")[0]
    longer = [one for one in _resource_formats(service) if one != wanted and one.startswith(wanted)]
    goes_on = [one.removeprefix(wanted).partition("${")[0] for one in longer]
    return (
        found.startswith(literal) and found.count("/") >= wanted.count("/") and not any(one in found for one in goes_on)
    )


@cache
def _resource_formats(service: str) -> tuple[str, ...]:
    names = DATA.resources.get_resource_types_for_service(service)
    return tuple(DATA.resources.get_resource_type_details(service, name)["arn"].split(":", 5)[5] for name in names)


def _by_sid(role: Any) -> dict[str, ComposedStatement]:
    return {one.sid: one for one in role.statements}


@settings(max_examples=examples(8, 60), deadline=None)
@given(persona=st.sampled_from(PERSONAS), group=st.sampled_from(GROUPS))
def test_what_a_group_does_not_touch_stays(persona: str, group: str) -> None:
    """Sids stay, and statements without an origin in the added group are the same to the letter."""
    parameters = {
        name: [_example(name, place, one.parameter)]
        for place, (name, one) in enumerate(declared_parameters((CATALOG.activity_group(group),)).items())
        if one.parameter.default is None
    }
    before = _by_sid(composed(CATALOG, persona=persona))
    after = _by_sid(composed(CATALOG, persona=persona, add=[group], parameter=parameters, break_separation="a test"))
    for sid, statement in before.items():
        if statement.effect is Effect.ALLOW:
            now = after[sid]
            touched = any(origin.group == group for origin in now.origins) or now.origins == statement.origins
            assert touched
            assert set(statement.actions) <= set(now.actions)
            assert set(statement.resources) <= set(now.resources)
            if not any(origin.group == group for origin in now.origins):
                assert now == statement


@settings(max_examples=examples(8, 60), deadline=None)
@given(persona=st.sampled_from(PERSONAS), group=st.sampled_from(GROUPS))
def test_denies_stay_when_a_group_is_added(persona: str, group: str) -> None:
    """Their Sids, and to the letter those that neither the group nor its actions touch: guardrails judge these."""
    parameters = {
        name: [_example(name, place, one.parameter)]
        for place, (name, one) in enumerate(declared_parameters((CATALOG.activity_group(group),)).items())
        if one.parameter.default is None
    }
    role = composed(CATALOG, persona=persona, add=[group], parameter=parameters, break_separation="a test")
    before, after = _by_sid(composed(CATALOG, persona=persona)), _by_sid(role)
    granted = {name for one in role.statements for origin, names in one.actions_by_origin().items()
               if origin.group == group and one.effect is Effect.ALLOW for name in names}  # fmt: skip
    for sid, statement in before.items():
        if statement.effect is Effect.DENY:
            now = after[sid]
            assert set(statement.actions) <= set(now.actions) or now.actions == ("sagemaker:*",)
            assert set(now.actions) - set(statement.actions) <= granted | {"sagemaker:*"} or group in _groups(now)
            if group not in _groups(now) and now.actions == statement.actions:
                assert now == statement


def _groups(statement: ComposedStatement) -> set[str]:
    return {origin.group for origin in statement.origins}


@pytest.mark.sampled(11)
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("persona", PERSONAS)
def test_statements_stay_when_a_guardrail_is_added(persona: str, strict: bool) -> None:
    """
    All of them to the letter. Under ``--strict`` one Deny of what by-passes guardrails grows, and what it denies
    whole no other Deny has to.
    """
    bare = {"persona": persona, "strict": strict, "break_separation": "a test", **short_forms(CATALOG)}
    before = _composed_or_none(bare)
    assert before
    for name, values in all_guardrails(CATALOG).items():
        after = _composed_or_none({**bare, "guardrail": {name: values}})
        whole = {action for sid, one in after.items() if sid.endswith("ByPassesDeny") for action in one.actions}
        for sid, statement in before.items() if after else ():
            if name in _groups(statement) or sid.endswith("ByPassesDeny"):
                continue
            said = whole if statement.conditions and statement.effect is Effect.DENY else set()
            kept = tuple(action for action in statement.actions if action not in said)
            assert not kept or after[sid] == replace(statement, actions=kept), (sid, name)


def _composed_or_none(choices: dict[str, Any]) -> dict[str, ComposedStatement]:
    """Return the statements of a role by Sid; none where its choices make no role, as strict ones may."""
    try:
        return _by_sid(composed(CATALOG, **choices))
    except RolemgrError:
        return {}


MOST = {
    "business-analyst": 17,
    "data-scientist": 27,
    "genai-developer": 24,
    "junior-ml-engineer": 30,
    "ml-engineer": 30,
    "mlops-emergency": 37,
    "mlops-engineer": 35,
    "sagemaker-compute": 14,
    "sagemaker-feature-store": 6,
    "sagemaker-model-customization": 12,
    "sagemaker-pipeline": 24,
    "security-auditor": 31,
    "platform-admin": 9,
    "cicd-deployer": 22,
    "unified-studio-user": 31,
    "unified-studio-admin": 9,
    "pipeline-scheduler": 1,
    "data-engineer": 37,
    "sagemaker-data-pipeline": 21,
    "sagemaker-glue": 7,
    "hyperpod-admin": 13,
    "hyperpod-user": 18,
    "sagemaker-clusters": 9,
    "sagemaker-cluster-scaling": 1,
    "sagemaker-emr-serverless": 8,
    "sagemaker-image-build": 7,
    "sagemaker-project-launch": 9,
    "sagemaker-project-use": 13,
    "mlflow-admin": 5,
    "sagemaker-mlflow": 9,
    "bedrock-evaluation": 9,
    "bedrock-import": 2,
    "governance-officer": 12,
}
"""How many statements each persona has."""


@pytest.mark.parametrize("persona", PERSONAS)
def test_roles_stay_short(persona: str) -> None:
    """A person reads them."""
    assert len(composed(CATALOG, persona=persona).statements) <= MOST[persona]


def test_the_explanation_says_which_line_gives_which_action() -> None:
    """Of a joined statement each origin has the actions that it brought."""
    role = composed(CATALOG, persona="data-scientist")
    rows = {one["Sid"]: one for one in explanation(role)["Statements"]["SageMakerWork"]}
    assert rows["ProcessingJobs"]["Actions"] == [
        "sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob", "sagemaker:StopProcessingJob",
    ]  # fmt: skip
    assert rows["OpenMlflow"]["Actions"] == [
        "sagemaker:CallMlflowAppApi", "sagemaker:CreatePresignedMlflowAppUrl",
        "sagemaker:CreatePresignedMlflowTrackingServerUrl", "sagemaker:DescribeMlflowApp",
        "sagemaker:DescribeMlflowTrackingServer",
    ]  # fmt: skip
