"""Which few actions of a broad statement tell most of it: what is asked of it first."""

from collections.abc import Sequence
from typing import Final

from rolemgr.change.weight import weight_of
from rolemgr.reference.services import find_action

_ASKED: Final = 4
_TELLING: Final = (
    "iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole", "secretsmanager:GetSecretValue",
    "kms:Decrypt", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy", "sagemaker:CreateEndpoint",
    "sagemaker:UpdateModelPackage", "sagemaker:CreateTrainingJob", "ec2:RunInstances", "ecr:PutImage",
)  # fmt: skip
"""What says first how bad it is: other identities, data, production, cost."""


def most_telling(actions: Sequence[str]) -> tuple[str, ...]:
    """Return the few of *actions* that tell most."""
    telling = [action for action in _TELLING if action in actions]
    worst = sorted(actions, key=_seriousness)
    return tuple(dict.fromkeys((*telling, *worst)))[:_ASKED]


def _seriousness(action: str) -> int:
    """Return how serious an action is: 0 for one that changes who may do what, else as `weight_of` has it."""
    known = find_action(action)
    return 0 if known and "Permissions management" in known.access_levels else weight_of((action,))
