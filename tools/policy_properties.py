"""
Write which properties of CloudFormation and Terraform hold an IAM policy, and of which type it is.

    python tools/policy_properties.py SCHEMA.json .terraform.lock.hcl [--check]

CloudFormation's come from the schemas of its registry, as ``cfn-lint`` (a test dependency) ships them; Terraform's
from SCHEMA.json, the output of ``terraform providers schema -json`` with the AWS provider, whose version the lock
file beside it names. With ``--check`` nothing is written, and a file that differs is exit code 1. A property is taken
where its name says that it is a policy and it holds text or an object; those that are written in another
language than IAM's stand in `OTHER_LANGUAGES`, each with what it is.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "src" / "rolemgr" / "check" / "reader" / "policy_properties.json"
DEEPEST = 8
NAMED = re.compile(
    r"(Polic(y|ies)|PolicyDocument|PolicyText|PolicyInJson|[a-z]_polic(y|ies)|^polic(y|ies)|policy_document)$"
)
OTHER_LANGUAGES = re.compile(
    # what routes, retains, retries, scales, filters or encrypts; and the languages of other authorizers:
    # Cedar (Verified Access), OpenSearch Serverless, IoT's and core networks' own, data protection, life cycles
    r"(Lifecycle|DataProtection|Delivery|Filter|Redrive|RedriveAllow|Replay|Archive|Security|Retention|Deletion|"
    r"Notification|Update|Replace|Tls|Ssl|Scaling|Routing|Padding|Sizing|Snapshot|Protection|Import|Alpn|Https|"
    r"Base|Browser|Pull|Dns|Origin|Viewer|Referrer|Termination|Selection|Usercontext|Exception|UserContext|Cors|"
    r"LogAccount|LogIndex|Launch|Restart|Cleanup|Placement|Health|Cache|Failure|Overwrite|Scale|Admission|Drain)"
)
OTHER_TYPES = (
    "AWS::NetworkManager::CoreNetwork", "AWS::EC2::VerifiedAccessEndpoint", "AWS::EC2::VerifiedAccessGroup",
    "AWS::OpenSearchServerless::", "AWS::Logs::AccountPolicy", "AWS::RAM::Permission", "AWS::SecurityHub::",
    "AWS::FMS::", "AWS::DLM::", "AWS::IoTSiteWise::", "AWS::EKS::", "AWS::QuickSight::", "AWS::Organizations::",
    "AWS::AutoScaling", "AWS::ApplicationAutoScaling", "AWS::ElasticLoadBalancing", "AWS::CloudFront::",
    "AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::Serverless::LayerVersion", "AWS::Wisdom",
    "AWS::VerifiedPermissions::", "AWS::BedrockAgentCore::Policy", "AWS::SMSVOICE::Prot", "AWS::SSO::Assignment",
    "aws_networkmanager", "aws_verifiedaccess", "aws_opensearchserverless", "aws_cloudwatch_log_account",
    "aws_cloudwatch_log_data", "aws_cloudwatch_log_index", "aws_ecr_lifecycle", "aws_organizations_policy",
    "aws_sns_topic_data", "aws_autoscaling", "aws_lb", "aws_alb", "aws_cloudfront", "aws_batch", "aws_lambda_event",
    "aws_spot", "aws_ec2_fleet", "aws_redshift_cluster_snap", "aws_config", "aws_quicksight", "aws_ses_receipt",
    "aws_fms", "aws_dlm", "aws_securityhub", "aws_eks", "aws_cloudformation_stack", "aws_load_balancer", "aws_elb",
    "AWS::Bedrock::RetrievalInstruction", "AWS::Config::", "AWS::DMS::", "AWS::IoTWireless::", "AWS::SSM::Parameter",
    "AWS::EC2::ClientVpnEndpoint", "aws_emr_", "aws_lightsail_", "aws_iot_policy_attachment",
)  # fmt: skip
TRUST = ("AssumeRolePolicyDocument", "assume_role_policy")
ENDPOINTS = ("AWS::EC2::VPCEndpoint", "AWS::ODB::OdbNetwork", "aws_vpc_endpoint",
             "aws_vpc_endpoint_policy")  # fmt: skip
IDENTITY = ("AWS::IAM::", "AWS::SSO::", "AWS::Serverless::", "AWS::RolesAnywhere::", "AWS::Transfer::", "AWS::IoT::Pol",
            "aws_iam_", "aws_ssoadmin_", "aws_rolesanywhere_", "aws_transfer_", "aws_iot_")  # fmt: skip
"""What speaks of the principal that it is attached to; AWS IoT's policies look like IAM's and grant devices."""
ALSO = {
    "AWS::Events::EventBusPolicy": {"Statement": "resource"},
    "AWS::Serverless::Api": {"Auth/ResourcePolicy/CustomStatements": "resource"},
    "AWS::Serverless::StateMachine": {"Policies": "identity"},
    "AWS::Serverless::Function": {"Policies": "identity", "AssumeRolePolicyDocument": "trust"},
    "AWS::Logs::DeliveryDestination": {"DeliveryDestinationPolicy/DeliveryDestinationPolicy": "resource"},
    "aws_cloudwatch_log_delivery_destination_policy": {"delivery_destination_policy": "resource"},
    "AWS::Organizations::ResourcePolicy": {"Content": "resource"},
    "aws_organizations_resource_policy": {"content": "resource"},
    "aws_transfer_access": {"policy": "identity"},
    "aws_transfer_user": {"policy": "identity"},
    "aws_cloudwatch_log_destination_policy": {"access_policy": "resource"},
}
"""What the schemas do not say: single statements, and SAM's lists of policies and names."""


def main() -> None:
    """Write the file, or compare it."""
    schema, lock, *check = sys.argv[1:]
    text = json.dumps(_found(Path(schema), Path(lock)), indent=1, sort_keys=True) + "\n"
    if not check:
        FILE.write_text(text, encoding="utf-8")
    elif FILE.read_text("utf-8") != text:
        sys.exit(f"stale: {FILE.name}")


def _version(lock: Path, provider: str) -> str:
    """Return the version of *provider* that the *lock* file of ``terraform init`` names."""
    named = re.search(rf'provider "{re.escape(provider)}" {{\s*version\s*=\s*"([\d.]+)"', lock.read_text("utf-8"))
    if named is None:
        sys.exit(f"{lock} names no version of {provider}")
    return named[1]


def _found(schema_file: Path, lock: Path) -> dict[str, Any]:
    """Return what the file is to hold."""
    registry = files("cfnlint").joinpath("data", "schemas")
    dated = json.loads(registry.joinpath("version.json").read_text("utf-8"))["schema_date"]
    terraform = json.loads(schema_file.read_text("utf-8"))
    ((provider, schema),) = terraform["provider_schemas"].items()
    found = {
        "cloudformation": {
            "source": f"schemas of CloudFormation's registry of {dated}, in cfn-lint {version('cfn-lint')}",
            "properties": _merged(_cloudformation(registry)),
        },
        "terraform": {
            "source": f"terraform providers schema -json, {provider} {_version(lock, provider)}",
            "properties": _merged(_terraform(schema["resource_schemas"])),
        },
    }
    own = "AWS::"
    for kind, properties in ALSO.items():
        side = "cloudformation" if kind.startswith(own) else "terraform"
        found[side]["properties"].setdefault(kind, {}).update(properties)  # type: ignore[attr-defined]
    return found


def _merged(found: Iterator[tuple[str, str]]) -> dict[str, dict[str, str]]:
    merged: dict[str, dict[str, str]] = {}
    for kind, path in found:
        if not kind.startswith(OTHER_TYPES):
            merged.setdefault(kind, {})[path] = _type(kind, path)
    return merged


def _type(kind: str, path: str) -> str:
    if path in TRUST:
        return "trust"
    if kind in ENDPOINTS:
        return "endpoint"
    return "identity" if kind.startswith(IDENTITY) else "resource"


def _cloudformation(registry: Any) -> Iterator[tuple[str, str]]:
    for file in sorted(registry.joinpath("resources").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            schema = json.loads(file.read_text("utf-8"))
            for path in _properties(schema, schema.get("definitions", {}), (), ()):
                yield schema["typeName"], path


def _properties(
    schema: dict[str, Any], named: dict[str, Any], path: tuple[str, ...], inside: tuple[str, ...]
) -> Iterator[str]:
    """Yield the paths below *schema* whose name says that a policy stands there; ``[]`` is each item of a list."""
    reference = schema.get("$ref", "").rpartition("/")[2]
    if reference in inside or len(path) > DEEPEST:
        return
    schema, inside = (named.get(reference, {}), (*inside, reference)) if reference else (schema, inside)
    for name, value in schema.get("properties", {}).items():
        target = named.get(value.get("$ref", "").rpartition("/")[2], value)
        here = (*path, name)
        if _is_policy(name, target):
            yield "/".join(here)
        else:
            yield from _properties(value, named, here, inside)
    if isinstance(schema.get("items"), dict):
        yield from _properties(schema["items"], named, (*path, "[]"), inside)
    for choice in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(choice, ()):
            yield from _properties(one, named, path, inside)


def _is_policy(name: str, schema: dict[str, Any]) -> bool:
    kinds = schema.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    open_object = "object" in listed and not schema.get("properties")
    text = "string" in listed and "enum" not in schema and not schema.get("pattern", "").startswith("^arn")
    if not NAMED.search(name) or OTHER_LANGUAGES.search(name) or "array" in listed:
        return False
    return open_object or text or (kinds is None and "$ref" not in schema and "properties" not in schema)


def _terraform(schemas: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, schema in sorted(schemas.items()):
        for path, attribute in _attributes(schema["block"], ()):
            told = "".join(part.capitalize() for part in path[-1].split("_"))
            set_by_user = attribute.get("optional") or attribute.get("required")
            is_text = attribute.get("type") == "string" and set_by_user
            if is_text and NAMED.search(path[-1]) and not OTHER_LANGUAGES.search(told):
                yield kind, "/".join(path)


def _attributes(block: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for name, attribute in block.get("attributes", {}).items():
        yield (*path, name), attribute
    for name, inner in block.get("block_types", {}).items():
        yield from _attributes(inner["block"], (*path, name))


if __name__ == "__main__":
    main()
