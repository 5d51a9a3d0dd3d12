"""
CloudFormation's intrinsic functions in a policy: what they come to where that is plain, else unknown.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re
from typing import Any

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
"""What stands for each account's own values: AWS's example account, so that an ARN can be judged by its shape."""

_PLACE = re.compile(r"\$\{([^}]*)\}")


class _Unknown:
    """A value that is known only when the template is deployed."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


def is_function(value: Any) -> bool:
    """Tell whether *value* is an intrinsic function: a mapping with the one key ``Ref`` or ``Fn::...``."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = next(iter(value))
    return name in ("Ref", "Condition") or name.startswith("Fn::")


def resolve(value: Any) -> Any:
    """Return *value* with a function replaced by its text where only pseudo parameters decide it, else UNKNOWN."""
    if not is_function(value):
        return value
    ((name, argument),) = value.items()
    if name == "Ref":
        return PSEUDO_PARAMETERS.get(argument, UNKNOWN) if isinstance(argument, str) else UNKNOWN
    if name == "Fn::Sub" and isinstance(argument, str):
        return _substituted(argument)
    if name == "Fn::Join":
        return _joined(argument)
    return UNKNOWN


def _substituted(text: str) -> Any:
    """Return *text* with its pseudo parameters filled in; ``${!name}`` is IAM's own ``${name}``."""
    names = [name for name in _PLACE.findall(text) if not name.startswith("!")]
    if any(name not in PSEUDO_PARAMETERS for name in names):
        return UNKNOWN
    return _PLACE.sub(lambda found: PSEUDO_PARAMETERS.get(found[1], "${" + found[1][1:] + "}"), text)


def _joined(argument: Any) -> Any:
    match argument:
        case [str() as separator, list() as parts]:
            resolved = [resolve(part) for part in parts]
            return separator.join(resolved) if all(isinstance(part, str) for part in resolved) else UNKNOWN
        case _:
            return UNKNOWN


def branches(value: Any) -> list[tuple[tuple[str | int, ...], Any]]:
    """Return what a statement may be, with the path of each: both sides of an ``Fn::If``, or itself."""
    if is_function(value) and "Fn::If" in value and isinstance(value["Fn::If"], list):
        found = []
        for index, side in list(enumerate(value["Fn::If"]))[1:]:
            found += [(("Fn::If", index, *path), one) for path, one in branches(side)]
        return found
    return [] if is_function(value) else [((), value)]
