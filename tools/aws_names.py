"""
Write the names that the Service Authorization Reference does not hold: regions, instance types, service principals,
managed policies.

    python tools/aws_names.py

Regions and their partitions come from botocore's list, SageMaker's instance types from the enumerations of
botocore's SageMaker model, the names of managed policies from those that moto carries, and service principals
from their text and from what botocore's models say of themselves. Both are Apache-2.0 and only read: what is
kept is the names.
"""

import argparse
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import botocore
from botocore.session import Session
from moto.iam import aws_managed_policies

_DATA = Path(__file__).resolve().parent.parent / "src" / "rolemgr" / "reference" / "data"
_MODELS = Path(botocore.__file__).parent / "data"
_PRINCIPAL = re.compile(r"(?<![\w.@/*-])([a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*){0,3})\.amazonaws\.com\b(?!/)")
_HOST = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]|[0-9a-f]{6}|[0-9]-[0-9]|-[0-9]+$|bucket|example|\.vpce$|^service-id$")
"""What an endpoint or an example in a text has, and no service's name."""


def regions() -> dict[str, Any]:
    """Return region -> partition, without what botocore calls regions and are none (``aws-global``)."""
    table = Session().get_component("data_loader").load_data("partitions")
    found = {
        name: partition["id"]
        for partition in table["partitions"]
        for name in partition["regions"]
        if not name.endswith("-global")
    }
    return _origin("partitions.json") | {"regions": found}


def instance_types() -> dict[str, Any]:
    """Return every instance type that some enumeration of SageMaker's API lists."""
    model = Session().get_service_model("sagemaker")
    shapes = (model.shape_for(name) for name in model.shape_names if name.endswith("InstanceType"))
    found = {value for shape in shapes for value in getattr(shape, "enum", ()) if value.startswith("ml.")}
    return _origin("sagemaker service-2.json, shapes *InstanceType") | {"types": sorted(found)}


def service_principals() -> dict[str, Any]:
    """Return the service principals, without ``.amazonaws.com``, that AWS's policies and API texts name."""
    texts = (aws_managed_policies.aws_managed_policies_data, *_model_texts())
    found = {name for text in texts for name in _PRINCIPAL.findall(text) if not _HOST.search(name)}
    source = f"PyPI moto {version('moto')} (AWS managed policies), botocore {version('botocore')} (service-2.json)"
    return {"licence": "Apache-2.0", "principals": sorted(found), "source": source}


def managed_policy_names() -> dict[str, Any]:
    """Return path and name of every AWS managed policy."""
    table = json.loads(aws_managed_policies.aws_managed_policies_data)
    found = {entry["Path"].removeprefix("/") + name for name, entry in table.items()}
    return {"licence": "Apache-2.0", "names": sorted(found), "source": f"PyPI moto {version('moto')}"}


def _model_texts() -> Iterator[str]:
    for file in sorted(_MODELS.glob("*/*/service-2.json.gz")):
        yield gzip.decompress(file.read_bytes()).decode("utf-8")


def _origin(file: str) -> dict[str, Any]:
    return {"licence": "Apache-2.0", "source": f"PyPI botocore {version('botocore')}, {file}"}


def _write(name: str, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=1, sort_keys=True)
    (_DATA / name).write_text(f"{text}\n", "utf-8")


def main() -> None:
    """Write the four files."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    _write("managed_policy_names.json", managed_policy_names())
    _write("regions.json", regions())
    _write("sagemaker_instance_types.json", instance_types())
    _write("service_principals.json", service_principals())


if __name__ == "__main__":
    main()
