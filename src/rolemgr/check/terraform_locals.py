"""
Policies that stand in a Terraform module's locals, as `create --format terraform` writes them.

Terraform's expressions become CloudFormation's functions, which `rolemgr.check.intrinsic` judges: what says
the account, region or partition is known by its shape, any other expression is not.
"""

import re
from collections.abc import Iterator
from typing import Any

from rolemgr.check.sources import Found, is_policy

_KNOWN = {
    "data.aws_caller_identity": "AWS::AccountId",
    "data.aws_region": "AWS::Region",
    "data.aws_partition": "AWS::Partition",
}
_SUFFIX = "AWS::URLSuffix"
_TEMPLATE = re.compile(r"([$%])\1\{|\$\{(?:[^{}\"]|\"[^\"]*\")*\}")
"""An escaped sign and its brace, or an expression."""


def in_locals(data: dict[str, Any]) -> Iterator[Found]:
    """Yield the policies among the locals of a module; together they are one role's."""
    local = data.get("locals")
    for name, value in local.items() if isinstance(local, dict) else ():
        if is_policy(value):
            yield Found(_as_template(value), ("locals", name), None, "locals", template=True)


def _as_template(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_template(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_template(one) for one in value]
    return _function(value) if isinstance(value, str) and "{" in value else value


def _function(text: str) -> Any:
    """Return *text* as the function that says the same; as one that nobody knows where it holds other expressions."""
    names = [_name(found[0]) for found in _TEMPLATE.finditer(text) if found[1] is None]
    if None in names:
        return {"Ref": "Terraform"}
    return {"Fn::Sub": _TEMPLATE.sub(_substituted, text)}


def _substituted(found: "re.Match[str]") -> str:
    if found[1] is None:
        return f"${{{_name(found[0])}}}"
    return "${!" if found[1] == "$" else "%{"


def _name(expression: str) -> str | None:
    """Return CloudFormation's name of what *expression* says, None where it has none."""
    inner = expression[2:-1].strip()
    if inner.endswith(".dns_suffix"):
        return _SUFFIX
    return next((name for head, name in _KNOWN.items() if re.fullmatch(rf"{re.escape(head)}\.\w+\.\w+", inner)), None)
