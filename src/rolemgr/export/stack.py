"""
A Terraform module that makes a CloudFormation stack of a template beside it.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudformation_stack
"""

import re
from collections.abc import Mapping
from typing import Any

from rolemgr.export.terraform import literal

Json = dict[str, Any]


def stack_module(stack: str, file: str, template: Mapping[str, Any]) -> Json:
    """
    Return the module, as data for a ``.tf.json`` file, of the *stack* whose *template* is in ``FILE.template.yaml``.

    Each parameter of the template becomes a variable of the module, in Terraform's spelling.
    """
    declared: Mapping[str, Json] = template.get("Parameters", {})
    variables = {_variable(name): _declared(one) for name, one in declared.items()}
    resource: Json = {
        "name": literal(stack),
        "template_body": f'${{file("${{path.module}}/{file}.template.yaml")}}',
        "capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    if declared:
        resource["parameters"] = {name: f"${{var.{_variable(name)}}}" for name in declared}
    return {
        "//": f"Stack {literal(stack)}. Made by rolemgr break-glass --format terraform.",
        "terraform": {
            "required_version": ">= 1.3",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        **({"variable": variables} if variables else {}),
        "resource": {"aws_cloudformation_stack": {file: resource}},
    }


def _variable(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _declared(parameter: Json) -> Json:
    default = {"default": literal(parameter["Default"])} if "Default" in parameter else {}
    return {"type": "string", "description": literal(parameter["Description"]), **default}
