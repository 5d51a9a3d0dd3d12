"""
Policies that stand in a Terraform module's locals, as `create --format terraform` writes them.

Terraform's expressions become CloudFormation's functions, which `rolemgr.check.intrinsic` judges: what says
the account, region or partition is known by its shape, what names a resource is known to be one thing, any
other expression is not known.
"""

import re
from typing import Any

from rolemgr.check.reader.found import PolicyInFile, Search, is_policy
from rolemgr.check.reader.terraform_blocks import labelled

_KNOWN = {
    "data.aws_caller_identity": "AWS::AccountId",
    "data.aws_region": "AWS::Region",
    "data.aws_partition": "AWS::Partition",
}
_SUFFIX = "AWS::URLSuffix"
_TEMPLATE = re.compile(r"([$%])\1\{|[$%]\{(?:[^{}\"]|\"[^\"]*\"|\{[^{}]*\})*\}")
"""An escaped sign and its brace, or an expression."""
_OF_RESOURCE = re.compile(r"aws_\w+\.[\w-]+(?:\[[^\]]*\])?\.(?:arn|id|name|unique_id|key_id|bucket)")


def in_locals(data: dict[str, Any]) -> Search:
    """Yield the policies among the locals of a module; together they are one role's."""
    for _, value, here in labelled(data.get("locals"), ("locals",)):
        if is_policy(value):
            yield PolicyInFile(as_template(value), here, None, "locals", template=True)


def unknown(expression: str) -> dict[str, Any]:
    """Return the function that stands for an *expression* that nobody knows."""
    return {"Ref": expression if len(expression) < 60 else expression[:57] + "..."}


def as_template(value: Any) -> Any:
    """Return *value* with each text that holds expressions as the function that says the same."""
    if isinstance(value, dict):
        return {name: as_template(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_template(one) for one in value]
    return _function(value) if isinstance(value, str) and "{" in value else value


def _function(text: str) -> Any:
    """Return *text* as the function that says the same; as one that nobody knows where it holds other expressions."""
    found = list(_TEMPLATE.finditer(text))
    if len(found) == 1 and found[0][1] is None and found[0][0] == text and _name(text) is None:
        inner = text[2:-1].strip()
        return {"Fn::GetAtt": inner.split(".", 1)} if _OF_RESOURCE.fullmatch(inner) else unknown(inner)
    if re.search(r"[$%]\{", _TEMPLATE.sub("", text)):
        return unknown(text)  # braces within braces
    return {"Fn::Sub": _TEMPLATE.sub(_substituted, text)} if found else text


def _substituted(found: "re.Match[str]") -> str:
    if found[1] is None:
        return f"${{{_name(found[0]) or 'Terraform'}}}"
    return "${!" if found[1] == "$" else "%{"


def _name(expression: str) -> str | None:
    """Return CloudFormation's name of what *expression* says, None where it has none."""
    inner = expression[2:-1].strip()
    if inner.endswith(".dns_suffix"):
        return _SUFFIX
    return next((name for head, name in _KNOWN.items() if re.fullmatch(rf"{re.escape(head)}\.\w+\.\w+", inner)), None)
