"""
The policy of a resource as JSON, CloudFormation, Terraform and a script of the AWS CLI.

What holds the policy in each is data of its pattern. White space counts for these policies, so the text is indented
only where that fits.
"""

import re
import shlex
from typing import Any

from rolemgr.compose.substitute import Values, fill
from rolemgr.errors import InputError, SourceLocation
from rolemgr.export.terraform import literal
from rolemgr.files.write import json_text
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.model.resource_pattern import ResourcePattern
from rolemgr.reference.quirks import quota
from rolemgr.render.resource_text import minified, over_quota

Json = dict[str, Any]


def policy_text(pattern: ResourcePattern, document: ResourcePolicy) -> str:
    """Return the text of *document*; raise InputError where its quota does not hold it."""
    if problem := over_quota(pattern, document):
        raise InputError(None, problem, "name fewer roles, or an access point for some")
    indented = json_text(document.to_json_value(), indent=2)
    return indented if len(indented.encode()) <= quota(pattern.quota) else minified(document)


def template(kind: str, pattern: ResourcePattern, values: Values, document: ResourcePolicy) -> Json:
    """Return a CloudFormation template with the policy; raise InputError where it has no such resource."""
    made = pattern.cloudformation
    if made is None:
        raise InputError(
            SourceLocation("--format"), f"`cloudformation` can't give a policy to a {kind}", pattern.instead
        )
    properties = {
        name: [_one(text, values) for text in found] if isinstance(found, list) else _one(found, values)
        for name, found in made.properties.items()
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{pattern.title} and who may use it. Made by rolemgr resource-policy {kind}.",
        "Resources": {
            "Policy": {"Type": made.type, "Properties": {**properties, made.policy: document.to_json_value()}}
        },
    }


def module(kind: str, pattern: ResourcePattern, values: Values, document: ResourcePolicy) -> Json:
    """Return a Terraform module with the policy, as data for a ``.tf.json`` file."""
    made = pattern.terraform
    arguments = {name: literal(_one(text, values)) for name, text in made.arguments.items()}
    return {
        "//": f"{pattern.title} and who may use it. Made by rolemgr resource-policy {kind} --format terraform.",
        "terraform": {
            "required_version": ">= 1.3",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        "resource": {made.type: {"this": {**arguments, made.policy: literal(policy_text(pattern, document))}}},
    }


_SCRIPT = """\
#!/usr/bin/env bash
# Gives a policy to a resource. Made by rolemgr resource-policy {kind} --format aws-cli.
# Needs the AWS CLI and credentials of the resource's account.
# Usage: bash SCRIPT [--replace]
#   A policy that is there already is left as it is, printed, and the script ends; --replace puts this one in its place.
#   `rolemgr resource-policy {kind} --merge FILE` keeps what is in it.
set -euo pipefail
export AWS_PAGER=''

get() {{ aws {get} --output text{region}; }}
put() {{ aws {put}="$1"{region}; }}
policy={policy}

if [[ ${{1:-}} != --replace ]]; then
  if there=$(get 2>&1); then
    if [[ -n $there && $there != None ]]; then
      printf '%s\\n' "$there"
      printf 'error: there is a policy already; --replace puts this one in its place\\n' >&2
      exit 1
    fi
  elif [[ $there != *{none}* ]]; then
    printf '%s\\n' "$there" >&2
    exit 1
  fi
fi
put "$policy"
"""


def script(kind: str, pattern: ResourcePattern, values: Values, document: ResourcePolicy) -> str:
    """Return a bash script that gives the policy to the resource, unless there is one already."""
    region = values.get("region", ("",))[0]
    return _SCRIPT.format(
        kind=kind,
        get=_words(pattern.aws_cli.get, values),
        put=_words(pattern.aws_cli.put, values),
        region=f" --region {shlex.quote(region)}" if region else "",
        policy=shlex.quote(policy_text(pattern, document)),
        none=shlex.quote(pattern.aws_cli.none),
    )


def _words(texts: tuple[str, ...], values: Values) -> str:
    return " ".join(shlex.quote(_one(text, values)) for text in texts)


def _one(text: str, values: Values) -> str:
    """Return *text* filled; raise InputError for a parameter that the form needs and that has no value."""
    for name in re.findall(r"\{\{ ([a-z_]+) \}\}", text):
        if not values.get(name):
            hint = f"give --parameter {name}=VALUE"
            raise InputError(SourceLocation("--format"), f"this form needs the parameter {name}", hint)
    [found] = fill(text, values)
    return found
