"""
Messages of SageMaker about data and container images that a job or model could not read, and those of Docker.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""

import re
from dataclasses import replace

from rolemgr.diagnose.denial_message import ROLE, Denial, DenialKind, object_arn, spelled
from rolemgr.iam.arn import Arn, partition_of

_DATA = re.compile(
    r"data download failed|failed to download data|permission denied on s3 path|unable to download object"
    r"|could not access model data|no s3 objects found under|model ?data ?url"
    r"|model artifact|not have permissions? (?:\S{1,40} ){0,5}bucket",
    re.IGNORECASE,
)
_LISTS = re.compile(r"ListObjects|No S3 objects found", re.IGNORECASE)


def of_data(message: str) -> Denial | None:
    """
    Return what a failure reason of SageMaker says of the data that it could not read.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    if not _DATA.search(message):
        return None
    role = ROLE.search(message)
    action = "s3:ListBucket" if _LISTS.search(message) else "s3:GetObject"
    principal = role[0] if role else None
    resource = object_arn(message, action, principal)
    return replace(Denial(message, DenialKind.DATA), principal=principal, action=action, resource=resource)


_REPOSITORY = re.compile(r"Access denied for repository: (?P<name>[\w./-]+) in registry ID: (?P<registry>[0-9]{12})")
_IMAGE = re.compile(
    r"(?P<registry>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]{1,32})\.amazonaws\.com(?:\.cn)?/(?P<name>[\w./-]{1,256})?"
)
_PULLS = re.compile(
    r"not have (?P<action>\w{1,64}) permissions? for the image|make sure all images|Access denied for repository",
    re.IGNORECASE,
)


def of_an_image(message: str) -> Denial | None:
    """
    Return what SageMaker says of an image that it could not pull.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    found = _PULLS.search(message)
    if not found:
        return None
    role = ROLE.search(message)
    principal = role[0] if role else None
    action = spelled(f"ecr:{found['action'] or 'BatchGetImage'}")
    resource = _repository(message, Arn.parse(principal or ""))
    return Denial(message, DenialKind.IMAGE, principal=principal, action=action, resource=resource)


def _repository(message: str, role: Arn | None) -> str | None:
    """Return the ARN of the repository that *message* names, in the partition of *role*."""
    image, named = _IMAGE.search(message), _REPOSITORY.search(message)
    repository = named or image
    if not (image and repository and repository["name"]):
        return None
    partition = role.partition if role else partition_of(image["region"])
    return (
        f"arn:{partition}:ecr:{image['region']}:{repository['registry']}:repository/{repository['name'].rstrip('./')}"
    )


_NO_PULL = re.compile(r"\b403\b|denied|forbidden", re.IGNORECASE)


def of_a_registry(message: str) -> Denial | None:
    """Return what Docker says that may not pull an image of Amazon ECR."""
    image = _IMAGE.search(message)
    if not (image and image["name"] and _NO_PULL.search(message)):
        return None
    resource = _repository(_MANIFEST.sub(r"\g<registry>/\g<name>", message), None)
    return Denial(message, DenialKind.PULL, action="ecr:BatchGetImage", resource=resource)


_MANIFEST = re.compile(
    r"(?P<registry>[0-9]{12}\.dkr\.ecr\.[\w.-]{1,64})/v2/(?P<name>[\w./-]{1,256}?)/(?:manifests|blobs)/\S*"
)
