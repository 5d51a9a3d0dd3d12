"""
How long `rolemgr replay` takes over a trail, and how much memory.

    python benchmarks/replay.py [EVENTS]

Makes a trail of a team's calls in a folder of its own (files of 2,000 events, compressed, as CloudTrail delivers
them): jobs, models and endpoints with names of their own, tags, roles that are passed, S3 and AWS KMS, of 40 roles.
Replays it with SCPs and RCPs, and with a role file; prints seconds, events a second and the process's peak memory.
"""

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))
EVENTS = 1_000_000
A_FILE = 2_000
ACCOUNT = "111122223333"
SCP = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Types", "Effect": "Deny", "Action": "sagemaker:Create*", "Resource": "*",
     "Condition": {"ForAnyValue:StringLike": {"sagemaker:InstanceTypes": ["ml.p*", "ml.g5*"]}}},
    {"Sid": "Network", "Effect": "Deny", "Action": ["sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"],
     "Resource": "*", "Condition": {"Null": {"sagemaker:VpcSubnets": "true"}}},
    {"Sid": "Tags", "Effect": "Deny", "Action": "sagemaker:CreateModel", "Resource": "*",
     "Condition": {"Null": {"aws:RequestTag/Project": "true"}}},
    {"Sid": "Regions", "Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
     "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}},
    {"Sid": "Others", "Effect": "Deny", "Action": "sagemaker:Delete*",
     "Resource": "arn:aws:sagemaker:*:*:endpoint/prod-*",
     "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/role-1*"}}},
]}  # fmt: skip
RCP = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": ["s3:*", "kms:*"], "Resource": "*",
     "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
                   "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}},
]}  # fmt: skip
ROLE = f'persona: data-scientist\nname: role-1\naccount: "{ACCOUNT}"\nregion: eu-west-1\n'


def events(count: int) -> Iterator[dict[str, Any]]:
    """Yield *count* events."""
    draw = random.Random(7)  # noqa: S311 - a draw, no secret
    for number in range(count):
        yield event(draw, number)


def event(draw: random.Random, number: int) -> dict[str, Any]:
    """Return one event, drawn."""
    source, name, parameters = call(draw, number)
    role = f"role-{draw.randrange(40)}"
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole", "principalId": f"AROAEXAMPLE:{number % 500}", "accountId": ACCOUNT,
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{number % 500}", "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE", "userName": role,
                                  "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "accountId": ACCOUNT},
                "attributes": {"creationDate": "2026-11-01T06:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": f"2026-11-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}:00Z",
        "eventSource": f"{source}.amazonaws.com", "eventName": name,
        "awsRegion": draw.choice(("eu-west-1", "us-east-1")),
        "sourceIPAddress": f"198.51.100.{number % 250}", "userAgent": "Boto3/1.40 md/Botocore#1.40 ua/2.0 os/linux",
        "requestParameters": parameters, "responseElements": None, "requestID": f"{number:032x}",
        "eventID": f"{number:032x}", "readOnly": False, "eventType": "AwsApiCall", "managementEvent": source != "s3",
        "recipientAccountId": ACCOUNT, "eventCategory": "Data" if source == "s3" else "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
                       "clientProvidedHostHeader": f"api.{source}.eu-west-1.amazonaws.com"},
    }  # fmt: skip


def call(draw: random.Random, number: int) -> tuple[str, str, dict[str, Any]]:
    """Return a service, an operation and its parameters, drawn."""
    compute = f"arn:aws:iam::{ACCOUNT}:role/compute-{number % 5}"
    tags = [{"key": "Project", "value": draw.choice(("churn", "fraud"))}]
    kind = draw.random()
    if kind < 0.25:
        job: dict[str, Any] = {
            "trainingJobName": f"churn-{number}", "roleArn": compute, "tags": tags,
            "resourceConfig": {"instanceType": draw.choice(("ml.m5.large", "ml.p4d.24xlarge")), "instanceCount": 1},
            "stoppingCondition": {"maxRuntimeInSeconds": 3600},
        }  # fmt: skip
        if draw.random() < 0.8:
            job["vpcConfig"] = {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
        return "sagemaker", "CreateTrainingJob", job
    if kind < 0.45:
        return "sagemaker", "DescribeTrainingJob", {"trainingJobName": f"churn-{number % 5000}"}
    if kind < 0.5:
        return "sagemaker", "CreateModel", {"modelName": f"m-{number}", "executionRoleArn": compute, "tags": tags}
    if kind < 0.55:
        return "sagemaker", "DeleteEndpoint", {"endpointName": draw.choice(("prod-1", "dev-1"))}
    if kind < 0.8:
        return "s3", "GetObject", {"bucketName": "acme-churn", "key": f"data/{number}.parquet", "Host": "s3"}
    if kind < 0.9:
        return "kms", "Decrypt", {"keyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{number % 9}"}
    return "sagemaker", draw.choice(("ListTrainingJobs", "ListModels", "ListEndpoints")), {}


def write(folder: Path, count: int) -> int:
    """Write a trail of *count* events to *folder*; return its bytes."""
    trail = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / "eu-west-1"
    trail.mkdir(parents=True)
    found, size, number = [], 0, 0
    for one in events(count):
        found.append(one)
        if len(found) == A_FILE:
            size += _file(trail, number, found)
            found, number = [], number + 1
    return size + (_file(trail, number, found) if found else 0)


def _file(trail: Path, number: int, found: list[dict[str, Any]]) -> int:
    content = gzip.compress(json.dumps({"Records": found}, separators=(",", ":")).encode(), 6)
    (trail / f"{number:05}.json.gz").write_bytes(content)
    return len(content)


def main() -> None:
    """Make a trail, replay it, print what it took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write(folder / "trail", count)
        for file, text in (("scp.json", json.dumps(SCP)), ("rcp.json", json.dumps(RCP)), ("role.yaml", ROLE)):
            (folder / file).write_text(text, "utf-8")
        print(f"{count:,} events in {size >> 20} MB")
        for title, files in (("SCPs and RCPs", ["scp.json", "rcp.json"]), ("a role file", ["role.yaml"])):
            words = [one for file in files for one in ("--with", str(folder / file))]
            start = time.perf_counter()
            command = [ROLEMGR, "replay", str(folder / "trail"), *words, "--fail-on", "never"]
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu, peak = after.ru_utime - before, after.ru_maxrss >> 10
            speed = f"{count / cpu:,.0f} events a second of a processor"
            print(f"{title}: {took:.1f} s, {cpu:.1f} s of a processor, {speed}, peak {peak} MB")
            print("\n".join(f"  {line}" for line in ran.stdout.splitlines()[:6]))


if __name__ == "__main__":
    main()
