"""
A CloudFormation template as a Terraform module that deploys it: the stack stays one thing, with one text.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudformation_stack
"""

from typing import Any

from rolemgr.export.terraform import literal
from rolemgr.files.write import json_text

Json = dict[str, Any]


def module(name: str, template: Json) -> Json:
    """Return a Terraform module of *template* as the stack *name*, as data for a ``.tf.json`` file."""
    parameters = template.get("Parameters", {})
    variables = {_snake(key): _variable(_snake(key), one) for key, one in parameters.items()}
    stack: Json = {
        "name": name,
        "capabilities": ["CAPABILITY_IAM"],
        "template_body": literal(json_text(template, separators=(",", ":"))),
    }
    if parameters:
        stack["parameters"] = {key: f"${{var.{_snake(key)}}}" for key in parameters}
    return {
        "//": f"The stack {name}. Made by rolemgr detective --format terraform.",
        "terraform": {
            "required_version": ">= 1.3",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        **({"variable": variables} if variables else {}),
        "resource": {"aws_cloudformation_stack": {"this": stack}},
        "output": {
            "outputs": {"description": "The outputs of the stack.", "value": "${aws_cloudformation_stack.this.outputs}"}
        },
    }


def _variable(name: str, one: Json) -> Json:
    found: Json = {"type": "string", "description": literal(one["Description"]), "default": one["Default"]}
    if allowed := one.get("AllowedValues"):
        condition = " || ".join(f'var.{name} == "{value}"' for value in allowed)
        found["validation"] = {"condition": f"${{{condition}}}", "error_message": f"One of {', '.join(allowed)}."}
    return found


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
