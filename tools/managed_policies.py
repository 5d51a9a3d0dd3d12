"""
Write the AWS managed policies that people attach to machine-learning roles, from AWS's own documents.

    python tools/managed_policies.py

The documents come with ``moto`` (a test dependency, Apache-2.0), whose maintainers download them from IAM's
API. Kept are the policies with SageMaker in their name, and a few that stand beside them in real accounts.
Left out are those that IAM attaches to service-linked roles only, and those for the roles that other features
make for themselves (Service Catalog products, DataZone, QuickSight, Panorama, HyperPod and its
spaces): they are as large as all others together.

So that a review can read it, the file has a line for each statement. Its actions stand by service, and it is
an Allow unless it says otherwise.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from moto import __version__ as moto_version
from moto.iam.aws_managed_policies import aws_managed_policies_data

FILE = Path(__file__).resolve().parent.parent / "src" / "rolemgr" / "reference" / "data" / "managed_policies.json"
OTHERS = (
    "AWSKeyManagementServicePowerUser",
    "AWSStepFunctionsFullAccess",
    "AdministratorAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2FullAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "CloudWatchFullAccess",
    "CloudWatchLogsFullAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "SecretsManagerReadWrite",
)
"""Policies without SageMaker in their name that are found on SageMaker's roles."""

_OF_FEATURES = (
    "DataZone", "HyperPod", "Panorama", "QuickSight", "SageMakerSpaces", "ServiceCatalogProducts",
)  # fmt: skip
_SERVICE_LINKED = "/aws-service-role/"


def is_kept(name: str, path: str) -> bool:
    """Tell whether the file holds the policy *name*."""
    ours = "sagemaker" in name.lower() and not any(word in name for word in _OF_FEATURES)
    return (ours or name in OTHERS) and path != _SERVICE_LINKED


def compact(statement: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return *statement* without its Sid, an Allow without its Effect, one value without its list.

    Its actions stand by service: ``{"s3": "GetObject PutObject"}``.
    """
    kept = {key: _alone(value) for key, value in sorted(statement.items()) if key != "Sid" and value != "Allow"}
    for element in ("Action", "NotAction"):
        if element in kept:
            kept[element] = by_service(kept[element])
    return kept


def _alone(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def by_service(actions: str | Sequence[str]) -> dict[str, str]:
    """Return the names of *actions*, sorted and joined by spaces, by their service."""
    found = defaultdict(set)
    for action in [actions] if isinstance(actions, str) else actions:
        service, _, name = action.partition(":")
        found[service].add(name)
    return {service: " ".join(sorted(names)) for service, names in sorted(found.items())}


def policies() -> dict[str, dict[str, Any]]:
    """Return the kept policies by name: path, version, day of that version, statements."""
    known = json.loads(aws_managed_policies_data)
    return {name: _policy(known[name]) for name in sorted(known) if is_kept(name, known[name]["Path"])}


def _policy(raw: Mapping[str, Any]) -> dict[str, Any]:
    statements = raw["Document"]["Statement"]
    return {
        "path": raw["Path"],
        "version": raw["DefaultVersionId"],
        "updated": raw["UpdateDate"][:10],
        "statements": [compact(one) for one in (statements if isinstance(statements, list) else [statements])],
    }


def lines(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the file that holds the policies *found*."""
    origin = {
        "licence": "Apache-2.0 (moto); the documents are AWS's",
        "partition": "aws",
        "source": f"PyPI moto {moto_version}, moto/iam/aws_managed_policies.py",
        "see": "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html",
    }
    yield "{"
    yield from (f" {_text(key)}: {_text(value)}," for key, value in sorted(origin.items()))
    yield ' "policies": {'
    for place, (name, policy) in enumerate(found.items(), start=1):
        head = {key: value for key, value in policy.items() if key != "statements"}
        yield f'  {_text(name)}: {_text(head)[:-1]}, "statements": ['
        yield ",\n".join(f"   {_text(statement)}" for statement in policy["statements"])
        yield "  ]}" + ("," if place < len(found) else "")
    yield " }"
    yield "}"


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def main() -> None:
    """Write the file."""
    FILE.write_text("\n".join(lines(policies())) + "\n", "utf-8")


if __name__ == "__main__":
    main()
