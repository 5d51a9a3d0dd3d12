"""
Write what SageMaker Role Manager's personas come to, from AWS's construct and documentation.

    pip download --no-deps cdklabs.cdk-aws-sagemaker-role-manager
    python tools/role_manager.py cdklabs.cdk_aws_sagemaker_role_manager-0.0.30-py3-none-any.whl

AWS's page on its personas says which activities each preselects. The construct (Apache-2.0) has the statements of most
of them; others are AWS managed policies. What AWS publishes nowhere is named as such.
"""

import argparse
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "src" / "rolemgr" / "reference" / "data" / "role_manager_policies.json"
_GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg"
PERSONAS = {
    "data-scientist": (
        "Run Studio applications", "Manage ML jobs", "Manage models", "Manage AWS Glue tables", "Canvas AI services",
        "Canvas MLOps", "Canvas Kendra access", "Use MLflow", "Access required to AWS services for MLflow",
        "Run Studio EMR Serverless Applications",
    ),
    "mlops": (
        "Run Studio applications", "Manage models", "Manage pipelines", "Search and visualize experiments",
        "S3 full access",
    ),
    "compute": ("Access required AWS services",),
}  # fmt: skip
"""The preselected activities of each persona: https://docs.aws.amazon.com/sagemaker/latest/dg/role-manager-personas.html"""
TEMPLATES = {
    "Access required AWS services": "accessAWSServices",
    "Manage AWS Glue tables": "manageGlueTables",
    "Manage ML jobs": "manageJobs",
    "Manage models": "manageModels",
    "Manage pipelines": "managePipelines",
    "Run Studio applications": "runStudioAppsV2",
    "S3 full access": "accessS3AllResourcesV2",
    "Search and visualize experiments": "visualizeExperiments",
}
"""The template of the construct that has an activity's statements, without the variants for networks and keys."""
MANAGED = {
    "Canvas AI services": "AmazonSageMakerCanvasAIServicesAccess",
    "Canvas MLOps": "AmazonSageMakerCanvasDirectDeployAccess",
}
"""Activities that are a managed policy: https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol-canvas.html"""
UNPUBLISHED = {
    "Access required to AWS services for MLflow": (
        "AWS's guide prints a policy for the same purpose, with s3:Get*, s3:Put* and s3:List* on *, and does not say"
        " that it is the activity's"
    ),
    "Canvas Kendra access": "AWS says only that it is restricted to the chosen indexes",
    "Run Studio EMR Serverless Applications": "AWS publishes no statements of it",
    "Use MLflow": (
        "AWS's guide prints a policy for the same purpose, sagemaker-mlflow:* on *, and does not say that it is the"
        " activity's"
    ),
}


def activities(wheel: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each activity with its statements or managed policy and the source, or why there are none."""
    templates = dict(_templates(wheel))
    for name in sorted({one for chosen in PERSONAS.values() for one in chosen}):
        if name in TEMPLATES:
            document = templates[TEMPLATES[name]]["templateJson"]
            source = f"assets/templates/{TEMPLATES[name]}.json"
            yield name, {"source": source, "statements": document["Statement"]}
        elif name in MANAGED:
            page = f"https://docs.aws.amazon.com/aws-managed-policy/latest/reference/{MANAGED[name]}.html"
            yield name, {"source": page, "managed_policy": MANAGED[name]}
        else:
            yield name, {"source": f"{_GUIDE}/role-manager-ml-activities.html", "unpublished": UNPUBLISHED[name]}


def _templates(wheel: Path) -> Iterator[tuple[str, Any]]:
    with zipfile.ZipFile(wheel) as outer:
        packed = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(packed))) as inner:
            for member in inner:
                path = Path(member.name)
                content = inner.extractfile(member) if path.match("assets/templates/*.json") else None
                if content:
                    yield path.stem, json.load(content)


def lines(wheel: Path) -> Iterator[str]:
    """Yield the lines of the file: one for each activity but for its statements, which have a line each."""
    version = wheel.name.split("-")[1]
    yield "{"
    yield ' "licence": "Apache-2.0 (the construct); the documents are AWS\'s",'
    yield f' "source": "PyPI cdklabs.cdk-aws-sagemaker-role-manager {version}",'
    yield f' "see": "{_GUIDE}/role-manager-personas.html",'
    yield ' "personas": {'
    yield ",\n".join(f"  {_text(name)}: {_text(chosen)}" for name, chosen in PERSONAS.items())
    yield " },"
    yield ' "activities": {'
    yield ",\n".join(_activity(name, found) for name, found in activities(wheel))
    yield " }"
    yield "}"


def _activity(name: str, found: Mapping[str, Any]) -> str:
    head = _text({key: value for key, value in found.items() if key != "statements"})[:-1]
    if "statements" not in found:
        return f"  {_text(name)}: {head}}}"
    inner = ",\n".join(f"   {_text(one)}" for one in found["statements"])
    return f'  {_text(name)}: {head}, "statements": [\n{inner}\n  ]}}'


def _text(value: Any) -> str:
    return json.dumps(value)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description="Write what Role Manager's personas come to.")
    parser.add_argument("wheel", type=Path)
    FILE.write_text("\n".join(lines(parser.parse_args().wheel)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
