"""
Records what the SageMaker Python SDK really calls, for `tests/code/truth.json`: botocore answers by itself.

    python tools/sdk_truth.py tests/code/cases/sagemaker_v2.txt > v2.json

Run it in an environment that has that version of the SDK, in an empty folder and without a network: each case, which
begins with ``# --- NAME``, is run, and nothing is sent. What it calls is printed by case, after what the SDK prints.
"""

import datetime
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.client

ACCOUNT = "111122223333"
DONE = ("Completed", "InService", "Succeeded", "Available", "Created", "Active", "Enabled", "Ready")
LAST = frozenset(
    {"NextToken", "NextMarker", "ContinuationToken", "NextContinuationToken", "FailureReason", "nextToken"}
)
DEEPEST = 9
KINDS = ("model-package-group", "model-package", "mlflow-app", "hub-content", "pipeline", "endpoint", "feature-group")
"""What an ARN may be of, by the end of the name that it has in an answer; of others it is a training job's."""
SERVICES = [f"{one}.amazonaws.com" for one in ("sagemaker", "bedrock", "lambda", "events", "scheduler")]
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": SERVICES}}
recorded: list[str] = []
asked: dict[str, str] = {}
"""The texts of the request that is answered, by the names that an answer has for them."""
tagged: list[dict[str, str]] = []
"""The tags that requests have set: what is asked for its tags has those."""
ONE_OF = {"PipelineExecutionStepMetadata": "TrainingJob"}
"""Structures that have one of their members alone: a step has the metadata of its kind."""
OWN_TAGS, OWN_STEP = [{"Key": "SagemakerModelEvaluation", "Value": "true"}], "EvaluateCustomModel"
"""The tag, and the name of a step, by which evaluators of the SDK know what they made: they pass over the rest."""


def answer(shape: Any, name: str = "", depth: int = 0) -> Any:
    """Return an answer of a *shape* of botocore's models: done, small, and without a further page."""
    if shape.type_name == "structure":
        members = shape.members if depth <= DEEPEST else {}
        members = {ONE_OF[shape.name]: members[ONE_OF[shape.name]]} if shape.name in ONE_OF and members else members
        return {key: answer(one, key, depth + 1) for key, one in members.items() if key not in LAST}
    if shape.type_name == "list":
        return [answer(shape.member, name, depth + 1)] if depth < DEEPEST and name != "events" else []
    plain: dict[str, Any] = {
        "map": {}, "blob": io.BytesIO(b"{}"), "boolean": False, "integer": 1, "long": 1, "float": 1.0, "double": 1.0,
        "timestamp": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    }  # fmt: skip
    return plain[shape.type_name] if shape.type_name in plain else _text(shape, name)


def _text(shape: Any, name: str) -> str:
    if name in asked:
        return asked[name]
    if name == "StepName":
        return OWN_STEP
    if listed := getattr(shape, "enum", None):
        return str(next((one for one in DONE if one in listed), listed[0]))
    if name.endswith("Document"):
        return json.dumps({"Statement": [TRUST]})
    if "Role" in name or (name == "Arn" and recorded[-1] == "iam.GetRole"):
        return f"arn:aws:iam::{ACCOUNT}:role/example"
    if name == "Arn" and "Mlflow" not in recorded[-1]:
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/example/session"
    if "S3" in name or name.endswith("Uri"):
        return "s3://example/path/model.tar.gz"
    return _arn(name) if name.lower().endswith("arn") else "example"


def _arn(name: str) -> str:
    """Return an ARN of what *name*, ``OutputModelPackageArn`` say, is of."""
    of = "mlflow-app" if name == "Arn" else re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name[:-3]).lower()
    kind = next((one for one in KINDS if of.endswith(one)), "training-job")
    version = "/1" if kind == "model-package" else ""
    return f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/example{version}"


def called(client: Any, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Note the *operation* of a *client*, and answer it: what it names is there, by that name."""
    asked.clear()
    texts = ((key, one) for key, one in request.items() if isinstance(one, str))
    asked.update((key.removesuffix("Prefix").removesuffix("Contains"), one) for key, one in texts)
    model = client.meta.service_model
    recorded.append(f"{model.service_name}.{operation}")
    shape = model.operation_model(operation).output_shape
    made = answer(shape) if shape else {}
    tagged.extend(one for one in request.get("Tags", ()) if isinstance(one, dict))
    if operation == "ListTags":
        made["Tags"] = [*OWN_TAGS, *tagged]
    extra = {"ContentLength": 2, "ETag": '"x"'} if operation in ("HeadObject", "GetObject") else {}
    return {**made, **extra, "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "x"}}


def cases(text: str) -> list[tuple[str, str]]:
    """Return the cases in *text*, each with its name."""
    parts = re.split(r"^# --- (.+)$", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def main(path: str, run: Callable[[str, dict[str, Any]], None]) -> None:
    """Print what each case of the file *path* calls."""
    setting = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    os.environ |= {**setting, "AWS_EC2_METADATA_DISABLED": "true"}
    botocore.client.BaseClient._make_api_call = called
    time.sleep = lambda _: None
    found = {}
    for name, code in cases(Path(path).read_text("utf-8")):
        recorded.clear()
        tagged.clear()
        run(code, {"__name__": "__main__"})
        found[name] = sorted(set(recorded))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], exec)
