"""A role with AmazonSageMakerFullAccess, and calls that it made, as CloudTrail records them."""

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.audit.migrate.support import ACCOUNT, catalog, with_managed
from tests.events.support import event, session

from rolemgr.audit.migrate.migration import Migration, NewRoleOptions, migrate
from rolemgr.audit.migrate.seen import MeantRoles, ReadTrail, keys_to_ask, read_trail
from rolemgr.audit.migrate.used import UsedFiles
from rolemgr.events.records import read_records
from rolemgr.model.inventory import HeldRole

REGION = "eu-west-1"
OLD = f"arn:aws:iam::{ACCOUNT}:role/old"
IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-training:2.1"


def called(name: str, parameters: Any = None, source: str = "sagemaker", role: str = OLD, **fields: Any) -> Any:
    """Return the event of a call of *role*."""
    return event(name, parameters, source, **{"userIdentity": session(role), **fields})


def training(name: str = "churn-2026-10-01-08-00-00-123", kind: str = "ml.g5.xlarge", **more: Any) -> dict[str, Any]:
    """Return the parameters of a training job that runs as the role that starts it."""
    return {
        "trainingJobName": name, "roleArn": OLD, "algorithmSpecification": {"trainingImage": IMAGE},
        "inputDataConfig": [{"dataSource": {"s3DataSource": {"s3Uri": "s3://acme-sagemaker-raw/churn/"}}}],
        "outputDataConfig": {"s3OutputPath": "s3://acme-sagemaker-work/out"},
        "resourceConfig": {"instanceType": kind, "instanceCount": 1},
        "stoppingCondition": {"maxRuntimeInSeconds": 172800}, **more,
    }  # fmt: skip


def read(events: Iterable[Any], *roles: HeldRole) -> ReadTrail:
    """Return what a trail of *events* says of *roles*."""
    content = json.dumps({"Records": list(events)}).encode()
    arns = {one.arn for one in roles}
    records = read_records(io.BytesIO(content), "trail.json")
    return read_trail(
        records, MeantRoles(lambda arn: arn if arn in arns else None, lambda _: False), keys_to_ask(catalog(), roles)
    )


def legacy(*names: str) -> HeldRole:
    """Return the role `OLD`, to which AWS's policies *names* are attached."""
    held = tuple(one for name in names for one in with_managed(name).policies)
    return replace(with_managed(names[0]), policies=held)


def moved(old: HeldRole, events: Iterable[Any], **options: Any) -> Migration:
    """Return the migration of *old*, which made the calls of *events*."""
    use = read(events, old).uses[old.arn]
    return migrate(catalog(), old, UsedFiles(trail=use), NewRoleOptions(**options))
