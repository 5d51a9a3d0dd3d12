"""
Policies of an organization as CloudFormation, Terraform, a script of the AWS CLI, and for the Landing Zone Accelerator.

Each carries the minified text as it is, so that nothing else decides its size. Nothing is attached unless the
user names targets: where a limit of everybody belongs is not for a tool to say.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-organizations-policy.html
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/organizations_policy
https://docs.aws.amazon.com/cli/latest/reference/organizations/create-policy.html
https://awslabs.github.io/landing-zone-accelerator-on-aws/latest/
"""

import re
import shlex
from collections.abc import Mapping
from typing import Any, TypeAlias

from rolemgr.export.terraform import literal
from rolemgr.model.layer import DeclarativeDocument, LayerDocument, LayerDocuments
from rolemgr.model.layer_pattern import LayerKind

Json = dict[str, Any]
Made: TypeAlias = LayerDocuments | DeclarativeDocument

_TYPES: Mapping[LayerKind, str] = {
    LayerKind.SCP: "SERVICE_CONTROL_POLICY",
    LayerKind.RCP: "RESOURCE_CONTROL_POLICY",
}
_LZA_SECTIONS: Mapping[LayerKind, str] = {
    LayerKind.SCP: "serviceControlPolicies",
    LayerKind.RCP: "resourceControlPolicies",
}
_LZA_FOLDERS: Mapping[LayerKind, str] = {
    LayerKind.SCP: "service-control-policies",
    LayerKind.RCP: "resource-control-policies",
}
_TARGET = r"^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|[0-9]{12})$"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html"""


def template(made: Made) -> Json:
    """Return a CloudFormation template of *made*, for the organization's management account or a delegated one."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Policies of an organization. Made by rolemgr {made.kind} --format cloudformation.",
        "Parameters": {
            "TargetIds": {
                "Type": "CommaDelimitedList",
                "Description": "The roots, organizational units and accounts that they are attached to; or none.",
                "Default": "",
            }
        },
        "Conditions": {"Attached": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "TargetIds"}]}, ""]}]}},
        "Resources": {_logical_id(one.name): _resource(_type(made), one) for one in made.policies},
        "Outputs": {
            f"{_logical_id(one.name)}Id": {
                "Description": f"The id of {one.name}.",
                "Value": {"Ref": _logical_id(one.name)},
            }
            for one in made.policies
        },
    }


def _policies(made: Made) -> tuple[LayerDocument | DeclarativeDocument, ...]:
    return made.policies


def _type(made: Made) -> str:
    return made.type if isinstance(made, DeclarativeDocument) else _TYPES[made.kind]


def _resource(type_: str, one: LayerDocument | DeclarativeDocument) -> Json:
    properties = {
        "Name": one.name,
        "Type": type_,
        "Description": one.description,
        "Content": one.text,
        "TargetIds": {"Fn::If": ["Attached", {"Ref": "TargetIds"}, {"Ref": "AWS::NoValue"}]},
    }
    return {"Type": "AWS::Organizations::Policy", "Properties": properties}


def _logical_id(name: str) -> str:
    words = re.split(r"[^A-Za-z0-9]+", name)
    return "Policy" + "".join(word[:1].upper() + word[1:] for word in words)


def module(made: LayerDocuments) -> Json:
    """Return a Terraform module of *made*, as data for a ``.tf.json`` file."""
    names = {_label(one): one for one in made.policies}
    policies = {
        label: {
            "name": literal(one.name),
            "type": _TYPES[made.kind],
            "description": literal(one.description),
            "content": literal(one.text),
        }
        for label, one in names.items()
    }
    attachments = {
        label: {
            "for_each": "${var.target_ids}",
            "policy_id": f"${{aws_organizations_policy.{label}.id}}",
            "target_id": "${each.value}",
        }
        for label in names
    }
    return {
        "//": f"Policies of an organization. Made by rolemgr {made.kind} --format terraform.",
        "terraform": {
            "required_version": ">= 1.3",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        "variable": {"target_ids": _targets()},
        "resource": {"aws_organizations_policy": policies, "aws_organizations_policy_attachment": attachments},
        "output": {
            "policy_ids": {
                "description": "The ids of the policies, by name.",
                "value": {one.name: f"${{aws_organizations_policy.{label}.id}}" for label, one in names.items()},
            }
        },
    }


def _targets() -> Json:
    return {
        "type": "set(string)",
        "description": "The roots, organizational units and accounts that the policies are attached to.",
        "default": [],
        "validation": {
            "condition": f'${{alltrue([for one in var.target_ids : can(regex("{_TARGET}", one))])}}',
            "error_message": "A target is a root (r-...), an organizational unit (ou-...) or an account id.",
        },
    }


def _label(one: LayerDocument) -> str:
    label = re.sub(r"[^a-z0-9_]+", "_", one.name.lower())
    return label if label[0].isalpha() else f"policy_{label}"


def lza_config(made: LayerDocuments) -> Json:
    """Return what goes into ``organization-config.yaml`` of the Landing Zone Accelerator for *made*."""
    entries = [
        {
            "name": one.name,
            "description": one.description,
            "policy": f"{_LZA_FOLDERS[made.kind]}/{one.name}.json",
            **({"type": "customerManaged"} if made.kind is LayerKind.SCP else {}),
            "strategy": "deny-list",
            "deploymentTargets": {"organizationalUnits": []},
        }
        for one in made.policies
    ]
    return {_LZA_SECTIONS[made.kind]: entries}


def lza_folder(kind: LayerKind) -> str:
    """Return the folder of the accelerator's configuration in which policies of *kind* lie."""
    return _LZA_FOLDERS[kind]


_SCRIPT = """\
#!/usr/bin/env bash
# Makes policies of an organization. Made by rolemgr {kind} --format aws-cli.
# Needs the AWS CLI and credentials of the management account, or of one that it delegates policies to.
# Usage: bash SCRIPT [--update] [TARGET...]
#   TARGET is a root (r-...), an organizational unit (ou-...) or an account that the policies are attached to.
#   A policy of such a name that is there is left as it is, and the script ends; --update gives it the new text.
set -euo pipefail
export AWS_PAGER=''

update=
if [[ ${{1:-}} == --update ]]; then update=yes; shift; fi
for target in "$@"; do
  if [[ ! $target =~ {target} ]]; then
    printf 'error: %s is neither a root, an organizational unit nor an account\\n' "$target" >&2
    exit 2
  fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

organizations() {{ aws organizations "$@" --output text; }}

# Prints the id of the policy $1, or nothing.
id_of() {{
  local found
  found=$(organizations list-policies --filter {type} --query "Policies[?Name=='$1'].Id")
  if [[ $found != None ]]; then printf '%s' "$found"; fi
}}

# Makes the policy $1 with the description $2 of the text in the file $3, and attaches it to the rest.
policy() {{
  local name=$1 description=$2 text=$3 id target attached
  shift 3
  id=$(id_of "$name")
  if [[ -z $id ]]; then
    id=$(organizations create-policy --type {type} --name "$name" --description "$description" \\
      --content "file://$text" --query Policy.PolicySummary.Id)
  elif [[ $update ]]; then
    organizations update-policy --policy-id "$id" --description "$description" --content "file://$text" \\
      --query Policy.PolicySummary.Id > /dev/null
  else
    printf 'error: there is a policy %s (%s) already; --update gives it the new text\\n' "$name" "$id" >&2
    exit 1
  fi
  for target in "$@"; do
    attached=$(organizations list-policies-for-target --target-id "$target" --filter {type} \\
      --query "Policies[?Id=='$id'].Id")
    if [[ -z $attached || $attached == None ]]; then
      organizations attach-policy --policy-id "$id" --target-id "$target"
    fi
  done
  printf '%s %s\\n' "$name" "$id"
}}
"""

_CALL = """
printf '%s' {text} > "$work/{number}.json"
policy {name} {description} "$work/{number}.json" "$@"
"""


def script(made: Made) -> str:
    """Return a bash script that makes *made* with the AWS CLI, and attaches them to the targets that it is given."""
    head = _SCRIPT.format(kind=made.kind, type=_type(made), target=_TARGET)
    calls = (
        _CALL.format(
            number=number,
            text=shlex.quote(one.text),
            name=shlex.quote(one.name),
            description=shlex.quote(one.description),
        )
        for number, one in enumerate(_policies(made), start=1)
    )
    return head + "".join(calls)
