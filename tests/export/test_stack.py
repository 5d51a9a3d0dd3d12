"""A stack as a Terraform module: Terraform takes it, and reads the template beside it as it is."""

import json
from pathlib import Path

import pytest
from tests.export.test_terraform import PLUGINS, _terraform, needs_terraform

from rolemgr.export.stack import stack_module
from rolemgr.files.write import to_json

TEMPLATE = {
    "Parameters": {
        "Email": {"Type": "String", "Description": "Who is told of ${everything}."},
        "SecondEmail": {"Type": "String", "Description": "x", "Default": "%{ if }"},
    }
}


@needs_terraform
def test_terraform_takes_the_module(tmp_path: Path) -> None:
    """Variables for the parameters; what looks like an expression is text."""
    (tmp_path / "main.tf.json").write_text(to_json(stack_module("break-glass-alarm", "alarm", TEMPLATE)))
    (tmp_path / "alarm.template.yaml").write_text("Resources: {}\n")
    mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}\n}}\n'
    (tmp_path / "terraformrc").write_text(mirror)
    assert _terraform(tmp_path, "init", "-input=false") == ""
    assert _terraform(tmp_path, "validate") == ""


@pytest.mark.parametrize("name", ["x", "${x}"])
def test_texts_stay_texts(name: str) -> None:
    """In the name of the stack, too."""
    found = json.loads(to_json(stack_module(name, "alarm", TEMPLATE)))
    stack = found["resource"]["aws_cloudformation_stack"]["alarm"]
    assert stack["name"] == name.replace("${", "$${")
    assert stack["parameters"] == {"Email": "${var.email}", "SecondEmail": "${var.second_email}"}
    assert found["variable"]["second_email"]["default"] == "%%{ if }"
    assert "$${everything}" in found["variable"]["email"]["description"]
