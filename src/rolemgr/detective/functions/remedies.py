"""
What Systems Manager does to a resource that a rule of AWS Config finds: each function is a runbook's script.

AWS Config hands on the resource's id, which for some types is a name, for some an ARN, and for IAM an opaque text.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any


def stop_notebook(event: Mapping[str, Any], client: Callable[[str], Any]) -> str:
    """Stop the notebook instance, where it runs."""
    name = event["ResourceId"].rpartition("/")[2]
    sagemaker = client("sagemaker")
    status = sagemaker.describe_notebook_instance(NotebookInstanceName=name)["NotebookInstanceStatus"]
    if status != "InService":
        return f"{name} is {status}: nothing to stop"
    sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    return f"{name} is being stopped"


def immutable_tags(event: Mapping[str, Any], client: Callable[[str], Any]) -> str:
    """Make the tags of the repository immutable."""
    name = re.sub(r"^arn:[^/]*:repository/", "", event["ResourceId"])
    client("ecr").put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    return f"the tags of {name} are immutable"


def detach_policies(event: Mapping[str, Any], client: Callable[[str], Any]) -> str:
    """
    Detach the policies of the setting from the user, group or role, which is named by its unique id.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
    """
    kind = {"AIDA": "User", "AGPA": "Group", "AROA": "Role"}[event["ResourceId"][:4]]
    history = client("config").get_resource_config_history(
        resourceType=f"AWS::IAM::{kind}", resourceId=event["ResourceId"], limit=1
    )["configurationItems"]
    name, iam, low = history[0]["resourceName"], client("iam"), kind.lower()
    pages = iam.get_paginator(f"list_attached_{low}_policies").paginate(**{f"{kind}Name": name})
    attached = [one["PolicyArn"] for page in pages for one in page["AttachedPolicies"]]
    broad = [arn for arn in attached if arn in event["Policies"].split(",")]
    for arn in broad:
        getattr(iam, f"detach_{low}_policy")(PolicyArn=arn, **{f"{kind}Name": name})
    return f"{', '.join(broad) or 'nothing'} was detached from {name}"
