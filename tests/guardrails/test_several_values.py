"""A request that carries a key several times is denied for one wrong value: a right one excuses nothing."""

import json

import pytest
from tests.conftest import Run

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import IdentityPolicy

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = KEY[:-1] + "c"
MODEL = "arn:aws:sagemaker:eu-west-1:111122223333:model/ok"
CASES = [
    # the guardrail, what it judges, and where botocore's model of the request holds several values of the key
    ("approved-models=" + MODEL, "CreateEndpointConfig", "ModelArn", MODEL, MODEL[:-2] + "no"),  # ProductionVariants[]
    ("file-systems=fs-0a1b2c3d", "CreateTrainingJob", "FileSystemId", "fs-0a1b2c3d", "fs-0a1b2c3e"),  # InputDataConfig[]
    ("file-systems=fs-0a1b2c3d,modes:ro", "CreateTrainingJob", "FileSystemAccessMode", "ro", "rw"),
    ("volume-kms-key=" + KEY, "CreateHyperParameterTuningJob", "VolumeKmsKeyArn", KEY, OTHER_KEY),  # TrainingJobDefinitions[]
    ("volume-kms-key=" + KEY, "CreateHyperParameterTuningJob", "VolumeKmsKey", KEY, OTHER_KEY),
    ("output-kms-key=" + KEY, "CreateHyperParameterTuningJob", "OutputKmsKeyArn", KEY, OTHER_KEY),
    ("output-kms-key=" + KEY, "CreateHyperParameterTuningJob", "OutputKmsKey", KEY, OTHER_KEY),
    ("max-runtime=1h", "CreateHyperParameterTuningJob", "MaxRuntimeInSeconds", "3600", "7200"),
    ("network-isolation", "CreateHyperParameterTuningJob", "NetworkIsolation", "true", "false"),
    ("inter-container-encryption", "CreateHyperParameterTuningJob", "InterContainerTrafficEncryption", "true", "false"),
    ("instance-types=ml.m5.large", "CreateTrainingJob", "InstanceTypes", "ml.m5.large", "ml.p5.48xlarge"),
    ("serverless-limits=concurrency:5", "CreateEndpointConfig", "ServerlessMaxConcurrency", "5", "6"),
    ("keep-alive=10m", "CreateTrainingJob", "KeepAlivePeriod", "600", "601"),
]  # fmt: skip


@pytest.mark.parametrize(("guardrail", "action", "key", "right", "wrong"), CASES, ids=lambda value: value[:40])
def test_one_wrong_value_beside_a_right_one_is_denied(
    guardrail: str, action: str, key: str, right: str, wrong: str, run: Run
) -> None:
    """Both orders of the values; and the right one alone is denied by nothing that names the key."""
    ran = run(
        "create", "--persona", "ml-engineer", "--region", "eu-west-1", "--no-default-guardrails", "--guardrail", guardrail
    )  # fmt: skip
    assert ran.code == 0, ran.stderr
    documents = [IdentityPolicy.model_validate(one["PolicyDocument"]) for one in json.loads(ran.stdout)["Policies"]]
    policies = Policies(identity=tuple(documents))

    def decision(*values: str) -> str:
        context = Context({f"sagemaker:{key}": values})
        return evaluate(Request(f"sagemaker:{action}", "*", context), policies).decision

    assert decision(right, wrong) == decision(wrong, right) == decision(wrong) == "ExplicitlyDenied"
