"""Three accounts of one moto server: what the three-accounts example needs in them, and somebody who tampers with it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from tests.servers import SECRET

EXAMPLE = Path(__file__).parents[2] / "examples" / "blueprint-three-accounts" / "blueprint.yaml"
ACCOUNTS = {"data": "111122223333", "modelling": "123456789012", "production": "444455556666"}
REGION = "eu-west-1"
_KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
_REGISTRY = (
    "  - production/deployer deploys from modelling/registry\n",
    "registries:\n  modelling/registry: [churn]\n",
)
"""Moto has no policies of model package groups; `test_resource_policies.py` has them."""
_FOOT = "layers:"


class Cloud:
    """The accounts of the example on the server at *address*: clients as an administrator of each has them."""

    def __init__(self, address: str) -> None:
        """Take the server; `make` fills it."""
        self.address = address
        self.client = cache(self._client)
        self.key = ""

    def _client(self, account: str, service: str) -> Any:
        sts = boto3.client("sts", endpoint_url=self.address, region_name=REGION, **SECRET)
        role = f"arn:aws:iam::{ACCOUNTS[account]}:role/admin"
        found = sts.assume_role(RoleArn=role, RoleSessionName="admin")["Credentials"]
        secret = {
            "aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }  # fmt: skip
        config = Config(retries={"mode": "standard", "total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.address, region_name=REGION, config=config, **secret)

    def make(self) -> None:
        """Make the buckets, keys and repositories that the example names."""
        where = {"LocationConstraint": REGION}
        self.client("data", "s3").create_bucket(Bucket="acme-curated", CreateBucketConfiguration=where)
        self.client("modelling", "s3").create_bucket(Bucket="acme-ml-work", CreateBucketConfiguration=where)
        self.key = self.client("data", "kms").create_key()["KeyMetadata"]["KeyId"]
        for name in ("train", "serve"):
            self.client("modelling", "ecr").create_repository(repositoryName=name)

    def blueprint(self, name: str = "blueprint.yaml", *changes: tuple[str, str]) -> str:
        """Write the example with the key that moto made, without organization, and with *changes*; return its path."""
        text = EXAMPLE.read_text("utf-8").replace(_KEY, self.key)
        for old in _REGISTRY:
            assert old in text, old
            text = text.replace(old, "")
        text = text.partition("# Policies of the organization")[0] + "assume: deploy\n"
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        Path(name).write_text(text, "utf-8")
        return name


def changed(policy: str, change: Any) -> str:
    """Return the text of *policy* after *change* was at its statements."""
    document = json.loads(policy)
    change(document["Statement"])
    return json.dumps(document)


def findings(data: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield of drift in JSON the account, what is about (a role's or resource's own name), and the kind."""
    for account in data["accounts"]:
        for role in account["roles"]:
            yield from ((account["name"], role["arn"].rpartition("/")[2], one["name"]) for one in role["findings"])
        for policy in account["policies"]:
            name = policy["resource"].rpartition(":")[2]
            yield from ((account["name"], name, one["name"]) for one in policy["findings"])
