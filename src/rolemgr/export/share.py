"""
Shares of AWS Resource Access Manager as JSON, CloudFormation, Terraform and a script of the AWS CLI.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ram-resourceshare.html
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ram_resource_share
https://docs.aws.amazon.com/cli/latest/reference/ram/create-resource-share.html
"""

import re
import shlex
from typing import Any

from rolemgr.export.terraform import literal
from rolemgr.model.share import ComposedShares, ResourceShare

Json = dict[str, Any]


def requests(made: ComposedShares) -> list[Json]:
    """Return what RAM's CreateResourceShare takes, one for each share."""
    return [
        {
            "name": one.name,
            "resourceArns": list(one.resources),
            "principals": list(one.principals),
            "permissionArns": [one.permission],
            "allowExternalPrincipals": one.is_open,
        }
        for one in made.shares
    ]


def template(made: ComposedShares) -> Json:
    """Return a CloudFormation template of the shares, for the account and region of the resource."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{made.title}, shared. Made by rolemgr resource-policy {made.kind}.",
        "Resources": {
            _logical_id(one): {"Type": "AWS::RAM::ResourceShare", "Properties": _properties(one)} for one in made.shares
        },
    }


def _properties(one: ResourceShare) -> Json:
    return {
        "Name": one.name,
        "ResourceArns": list(one.resources),
        "Principals": list(one.principals),
        "PermissionArns": [one.permission],
        "AllowExternalPrincipals": one.is_open,
    }


def _logical_id(one: ResourceShare) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", one.name))


def module(made: ComposedShares) -> Json:
    """Return a Terraform module of the shares, as data for a ``.tf.json`` file."""
    names = {re.sub(r"[^a-z0-9_]+", "_", one.name.lower()): one for one in made.shares}
    return {
        "//": f"{made.title}, shared. Made by rolemgr resource-policy {made.kind} --format terraform.",
        "terraform": {
            "required_version": ">= 1.3",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        "resource": {
            "aws_ram_resource_share": {label: _terraform_share(one) for label, one in names.items()},
            "aws_ram_resource_association": {
                f"{label}_{number}": {"resource_arn": literal(arn), **_of(label)}
                for label, one in names.items() for number, arn in enumerate(one.resources)
            },
            "aws_ram_principal_association": {
                f"{label}_{number}": {"principal": literal(arn), **_of(label)}
                for label, one in names.items() for number, arn in enumerate(one.principals)
            },
        },
    }  # fmt: skip


def _of(label: str) -> Json:
    return {"resource_share_arn": f"${{aws_ram_resource_share.{label}.arn}}"}


def _terraform_share(one: ResourceShare) -> Json:
    return {
        "name": literal(one.name),
        "allow_external_principals": one.is_open,
        "permission_arns": [literal(one.permission)],
    }


_SCRIPT = """\
#!/usr/bin/env bash
# Shares a resource through AWS RAM. Made by rolemgr resource-policy {kind} --format aws-cli.
# Needs the AWS CLI and credentials of the resource's account.
# Usage: bash SCRIPT
#   A share of the same name that is there already is left as it is, and named.
set -euo pipefail
export AWS_PAGER=''

is_there() {{
  local found
  found=$(aws ram get-resource-shares --region {region} --resource-owner SELF --resource-share-status ACTIVE \\
    --name "$1" --query 'resourceShares[0].resourceShareArn' --output text) || exit 1
  [[ -n $found && $found != None ]]
}}

share() {{
  if is_there "$1"; then
    printf '%s is there already, and left as it is\\n' "$1" >&2
  else
    aws ram create-resource-share --region {region} --name "$@"
  fi
}}

{calls}
"""


def script(made: ComposedShares) -> str:
    """Return a bash script that makes the shares which are not there yet."""
    calls = "\n".join(f"share {shlex.join(_words(one))}" for one in made.shares)
    return _SCRIPT.format(kind=made.kind, region=shlex.quote(made.region), calls=calls)


def _words(one: ResourceShare) -> list[str]:
    scope = "--allow-external-principals" if one.is_open else "--no-allow-external-principals"
    return [
        one.name, scope, "--permission-arns", one.permission, "--resource-arns", *one.resources, "--principals",
        *one.principals,
    ]  # fmt: skip
