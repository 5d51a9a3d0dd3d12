"""
boto3's methods as API operations, and the IAM actions that an operation is authorised as.

Most operations have the name of their action, and a method is the operation in lower case with underscores. What is
otherwise is in ``data/boto3_operations.json``, with its sources; ``data/boto3.json`` is made of botocore's models.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from rolemgr.reference.services import action_names, find_action, service_exists

_DATA: Final = Path(__file__).parent / "data"
BY_NAME: Final = (
    "sagemaker", "sagemaker-runtime", "sagemaker-featurestore-runtime", "s3", "ecr", "iam", "sts", "lambda", "logs",
    "stepfunctions", "athena", "glue", "cloudwatch", "events", "kms", "ec2", "codebuild", "codepipeline",
)  # fmt: skip
"""The clients whose methods are known by their names alone: SageMaker's, then what only one of the others has."""


@cache
def boto_data() -> Mapping[str, Any]:
    """Return what ``data/boto3.json`` and ``data/boto3_operations.json`` say."""
    files = ("boto3.json", "boto3_operations.json")
    found = {key: value for name in files for key, value in json.loads((_DATA / name).read_bytes()).items()}
    found["services"] |= found["aliases"]
    return found


def service_of(client: str) -> str | None:
    """Return the prefix of the IAM actions of the *client*, such as ``states`` of ``stepfunctions``; None for none."""
    prefix = boto_data()["services"].get(client, client)
    return prefix if service_exists(prefix) else None


@lru_cache(maxsize=8_192)
def operation_of(client: str, method: str) -> str | None:
    """Return the operation (``CLIENT.Name``) of a method of the *client*; None where nobody knows it."""
    folded = method.replace("_", "").lower()
    if found := _special(client).get(folded):
        return found
    spelt = action_names(service_of(client) or "").get(folded)
    return f"{client}.{spelt.partition(':')[2]}" if spelt else None


@cache
def _special(client: str) -> Mapping[str, str]:
    names = (one for one in boto_data()["operations"] if one.rpartition(".")[0] == client)
    return {one.rpartition(".")[2].lower(): one for one in names}


@lru_cache(maxsize=8_192)
def actions_of(operation: str) -> tuple[str, ...]:
    """Return the IAM actions that a caller of *operation* needs; none where it needs none."""
    special: Sequence[str] | None = boto_data()["operations"].get(operation, {}).get("actions")
    if special is not None:
        return tuple(special)
    client, _, name = operation.rpartition(".")  # of a client such as runtime.sagemaker too
    action = find_action(f"{service_of(client)}:{name}")
    return (action.name,) if action else ()


@cache
def _methods() -> Mapping[str, frozenset[str]]:
    return {verb: frozenset(rest.split(" ")) for verb, rest in boto_data()["methods"].items()}


def may_be_operation(method: str) -> str:
    """Tell whether some client of boto3 has the *method*: ``surely`` by a name of several words, ``maybe``, or ""."""
    verb, _, rest = method.partition("_")
    found = method.islower() and rest in _methods().get(verb, ())
    return "surely" if found and rest else "maybe" if found else ""


@lru_cache(maxsize=8_192)
def by_name_alone(method: str) -> str | None:
    """Return the operation of a *method* of a client that is not known; None where several may have it, or none."""
    if "_" not in method or method.startswith("_"):
        return None
    found = [one for client in BY_NAME if (one := operation_of(client, method))]
    services = {service_of(one.partition(".")[0]) for one in found}
    return found[0] if len(services) == 1 or "sagemaker" in services else None
