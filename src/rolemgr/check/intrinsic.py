"""
CloudFormation's intrinsic functions in a policy: what they come to where that is plain, else unknown.

`rolemgr.check.reader.expand` has taken a template's choices and constants out before; what is left here are
functions whose value the account or the deployment decides.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
"""What stands for each account's own values: AWS's example account, so that an ARN can be judged by its shape."""

PLACE = re.compile(r"\$\{([^}]*)\}")
"""A place in the text of Fn::Sub; with ``!`` before its name it is IAM's own ``${name}``."""
_SPECIFIC = ("Fn::GetAtt", "Fn::Sub", "Fn::Join")


class _Unknown:
    """A value that is known only when the template is deployed."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


def is_function(value: Any) -> bool:
    """Tell whether *value* is an intrinsic function: a mapping with the one key ``Ref`` or ``Fn::...``."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((name, argument),) = value.items()
    return name == "Ref" or (name == "Condition" and isinstance(argument, str)) or name.startswith("Fn::")


def is_specific(value: Any) -> bool:
    """
    Tell whether the function *value* names one thing, or is text of a shape: its breadth is then known enough.

    Text without a letter of its own has no shape: its places may come to ``*``.
    """
    if not is_function(value) or next(iter(value)) not in _SPECIFIC:
        return False
    return "Fn::GetAtt" in value or any(map(_has_shape, _texts_in(value)))


def _texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a function's arguments, and a place of one resource as it is written in Fn::Sub."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif is_function(one) and "Ref" in one:
            continue  # a name is not a text
        elif is_function(one) and "Fn::GetAtt" in one:
            yield "${.}"
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _has_shape(text: str) -> bool:
    return any(map(str.isalnum, PLACE.sub("", text))) or any("." in place for place in PLACE.findall(text))


def shown(value: Any) -> str:
    """Return the function *value* as a reason names it."""
    ((name, argument),) = value.items()
    if name == "Ref" and isinstance(argument, str):
        return f"`{argument}`, known only when deployed"
    return f"{name}, known only when deployed"


def resolve(value: Any) -> Any:
    """Return *value* with a function replaced by its text where only pseudo parameters decide it, else UNKNOWN."""
    if not is_function(value):
        return value
    ((name, argument),) = value.items()
    if name == "Ref":
        return PSEUDO_PARAMETERS.get(argument, UNKNOWN) if isinstance(argument, str) else UNKNOWN
    if name == "Fn::Sub" and isinstance(argument, str):
        return substituted(argument, {})
    if name == "Fn::Join":
        return _joined(argument)
    return UNKNOWN


def substituted(text: str, known: Mapping[str, Any]) -> Any:
    """
    Return *text* of Fn::Sub with its places filled in from *known* and the pseudo parameters.

    Where one of them is neither, UNKNOWN.
    """
    values = {**PSEUDO_PARAMETERS, **known}
    names = [name for name in PLACE.findall(text) if not name.startswith("!")]
    if any(not isinstance(values.get(name), str) for name in names):
        return UNKNOWN
    return PLACE.sub(lambda found: values[found[1]] if found[1][:1] != "!" else "${" + found[1][1:] + "}", text)


def _joined(argument: Any) -> Any:
    match argument:
        case [str() as separator, list() as parts]:
            resolved = [resolve(part) for part in parts]
            return separator.join(resolved) if all(isinstance(part, str) for part in resolved) else UNKNOWN
        case _:
            return UNKNOWN
