"""The SDK's own schema takes the defaults, and what a guardrail denies they fill up."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.export.support import ACCOUNT, CATALOG, exported
from tests.support import ALL_LIMITS, KEY

COMPUTE = "arn:aws:iam::111122223333:role/sagemaker-compute"
VPC = {"SecurityGroupIds": ["sg-0b"], "Subnets": ["subnet-0a"]}


def defaults(**choices: Any) -> Any:
    """Return what the file holds below SageMaker."""
    data = yaml.safe_load(exported("sagemaker-config", **choices).text)
    assert data["SchemaVersion"] == "1.0"
    return data["SageMaker"]


def _schema() -> Any:
    """Return the schema of the installed SDK (sagemaker 2, or sagemaker-core), which is one module by itself."""
    found = importlib.util.find_spec("sagemaker")
    folders = [Path(one) for one in found.submodule_search_locations or ()] if found else []
    paths = [folder / place for folder in folders for place in ("config", "core/config")]
    for path in (one / "config_schema.py" for one in paths):
        if path.is_file():
            spec = importlib.util.spec_from_file_location("config_schema", path)
            assert spec
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.SAGEMAKER_PYTHON_SDK_CONFIG_SCHEMA
    return None


SCHEMA = _schema()
EXAMPLES = [*({"persona": name} for name in sorted(CATALOG.found("personas"))), ALL_LIMITS]


@pytest.mark.skipif(SCHEMA is None, reason="needs the SageMaker Python SDK (sagemaker or sagemaker-core)")
@pytest.mark.parametrize("choices", EXAMPLES, ids=lambda one: one["persona"])
def test_the_sdk_takes_the_file(choices: dict[str, Any]) -> None:
    """By the schema that the SDK's loader validates with."""
    config = yaml.safe_load(exported("sagemaker-config", **choices).text)
    assert list(jsonschema.validators.validator_for(SCHEMA)(SCHEMA).iter_errors(config)) == []


def test_training_jobs_keep_to_every_guardrail_that_can_be_said() -> None:
    """Role, network, both keys, isolation, encryption and tag: a call without a thought is none that is denied."""
    assert defaults(**ALL_LIMITS)["TrainingJob"] == {
        "RoleArn": COMPUTE,
        "VpcConfig": VPC,
        "ResourceConfig": {"VolumeKmsKeyId": KEY},
        "OutputDataConfig": {"KmsKeyId": KEY},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "Tags": [{"Key": "Project", "Value": "churn"}],
    }


def test_other_sections_keep_to_them_too() -> None:
    """Each in its own words, and only what the role may make."""
    made = defaults(**ALL_LIMITS)
    assert made["Model"]["VpcConfig"] == made["ProcessingJob"]["NetworkConfig"]["VpcConfig"] == VPC
    assert made["Model"]["EnableNetworkIsolation"]
    assert made["EndpointConfig"]["KmsKeyId"] == KEY
    assert made["TransformJob"]["TransformOutput"] == {"KmsKeyId": KEY}
    assert made["FeatureGroup"]["OfflineStoreConfig"] == {"S3StorageConfig": {"KmsKeyId": KEY}}
    assert made["Pipeline"]["RoleArn"].endswith(":role/sagemaker-pipeline")
    assert "MonitoringSchedule" not in made


def test_a_role_that_passes_none_runs_jobs_as_itself() -> None:
    """The compute role's own file names the compute role."""
    made = defaults(persona="sagemaker-compute", account=ACCOUNT, name="jobs", path="/ml/", bucket=["acme"])
    assert made["TrainingJob"]["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/ml/jobs"
    assert made["PythonSDK"]["Modules"]["Session"] == {"DefaultS3Bucket": "acme"}


def test_a_role_that_starts_nothing_is_no_execution_role() -> None:
    """Nobody's jobs run as the analyst's role, or as the one that Feature Store writes with."""
    made = defaults(persona="business-analyst")
    assert not any("RoleArn" in str(section) for section in made.values())
    feature_store = exported("sagemaker-config", persona="sagemaker-feature-store")
    assert "the role starts no work" in feature_store.notes[0]


def test_nothing_is_asked_that_no_guardrail_asks() -> None:
    """Without guardrails on network and keys the file is the role and the bucket."""
    made = defaults(persona="data-scientist", bucket=["acme"])
    assert made["TrainingJob"] == {"RoleArn": COMPUTE}
    assert not re.search("Vpc|Kms|Isolation|Encryption|Tags", str(made))


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({}, "can't say what instance-types, max-runtime"),
        ({"subnet": ["subnet-0a"]}, "takes subnets only together with --security-group"),
        ({"guardrail": {"network-isolation": True}}, "know no network isolation"),
        ({"volume_key": [KEY]}, "local NVMe storage refuse the volume key"),
        ({"bucket": ["a-a", "b-b"]}, "the defaults name the first of work_buckets: a-a"),
        ({"pass_role": ["arn:aws:iam::111122223333:role/ml-*"]}, "names no single role"),
    ],
    ids=["unsaid", "subnets", "isolation", "nvme", "several", "pattern"],
)
def test_what_the_file_does_not_say_is_told(choices: dict[str, Any], says: str) -> None:
    """A note each, so that nobody relies on a default that is not there."""
    notes = exported("sagemaker-config", persona="data-scientist", **choices).notes
    assert [note for note in notes if says in note]
