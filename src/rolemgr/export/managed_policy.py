"""
A managed policy that is attached to nobody, such as a permissions boundary, in the forms of export.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_policy
https://docs.aws.amazon.com/cli/latest/reference/iam/create-policy.html
"""

import shlex
from typing import Any, NamedTuple

from rolemgr.export.terraform import literal
from rolemgr.iam.documents import IdentityPolicy

Json = dict[str, Any]


class LoosePolicy(NamedTuple):
    """A managed policy of an account: its text names that account."""

    name: str
    path: str
    description: str
    document: IdentityPolicy
    account: str
    command: str
    """The command of rolemgr that made it."""


def template(policy: LoosePolicy) -> Json:
    """Return a CloudFormation template that makes *policy*."""
    properties = {
        "ManagedPolicyName": policy.name,
        "Path": policy.path,
        "Description": policy.description,
        "PolicyDocument": policy.document.to_json_value(),
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Managed policy {policy.name} for account {policy.account}. Made by rolemgr {policy.command}.",
        "Resources": {"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}},
        "Outputs": {"PolicyArn": {"Description": f"The ARN of {policy.name}.", "Value": {"Ref": "Policy"}}},
    }


def module(policy: LoosePolicy) -> Json:
    """Return a Terraform module that makes *policy*, as data for a ``.tf.json`` file."""
    return {
        "//": f"Managed policy {policy.name} for account {policy.account}. Made by rolemgr {policy.command}.",
        "terraform": {
            "required_version": ">= 1.3",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        "resource": {
            "aws_iam_policy": {
                "this": {
                    "name": literal(policy.name),
                    "path": literal(policy.path),
                    "description": literal(policy.description),
                    "policy": literal(policy.document.to_json()),
                }
            }
        },
        "output": {"policy_arn": {"description": "Its ARN.", "value": "${aws_iam_policy.this.arn}"}},
    }


_SCRIPT = """\
#!/usr/bin/env bash
# Makes managed policy {name}. Made by rolemgr {command}.
# Needs the AWS CLI and credentials that may create policies. A policy of this name that exists is left as it is.
# The ARN goes to stdout.
set -euo pipefail
export AWS_PAGER=''

account=$(aws sts get-caller-identity --query Account --output text)
if [[ $account != {account} ]]; then
  printf 'error: the credentials are of account %s, the policy is for {account}\\n' "$account" >&2
  exit 1
fi
aws iam create-policy --policy-name={name} --path={path} --description={description} \\
  --policy-document={document} --query Policy.Arn --output text
"""


def script(policy: LoosePolicy) -> str:
    """Return a bash script that makes *policy* with the AWS CLI."""
    return _SCRIPT.format(
        command=policy.command,
        account=policy.account,
        name=shlex.quote(policy.name),
        path=shlex.quote(policy.path),
        description=shlex.quote(policy.description),
        document=shlex.quote(policy.document.to_json()),
    )
