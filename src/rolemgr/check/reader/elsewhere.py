"""
What looks like a policy where no known place has one: nothing is passed over.

A whole policy is found, and its type is told from its content. Statements without their policy, text in which a
policy or a template is written, what a macro puts in, and a managed policy that something unknown names are not
judged, and said.
"""

from collections.abc import Iterable
from typing import Any, Final

from rolemgr.check.reader.found import PolicyInFile, Search, UnjudgedPlace, looks_like_policy, policy_in
from rolemgr.files.source import DataPath
from rolemgr.iam.arn import is_aws_managed

TRANSFORM: Final = "Fn::Transform"
"""What puts in what a macro makes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-transform.html
"""

_TEMPLATE: Final = "a template within the template is not read"


def others(data: Any, path: DataPath, known: set[DataPath], *, template: bool = False, arns: bool = False) -> Search:
    """
    Yield what looks like a policy in *data* outside of the places that are *known*.

    With *arns* the ARN of a managed policy of AWS counts: nobody knows whether what is there attaches it.
    """
    waiting: list[tuple[Any, DataPath]] = [(data, path)]
    while waiting:
        value, here = waiting.pop()
        if here in known:
            continue
        if looks_like_policy(value):
            yield PolicyInFile(value, here, None, template=template)
        elif isinstance(value, str):
            yield from _in_text(value, here, template=template, arns=arns)
        elif is_statement(value) or (isinstance(value, list) and any(map(is_statement, value))):
            yield UnjudgedPlace(here, "looks like statements, without the policy around them")
        elif isinstance(value, dict):
            if template and TRANSFORM in value:
                yield UnjudgedPlace((*here, TRANSFORM), "what a macro puts in here is known only when deployed")
            waiting += [(one, (*here, key)) for key, one in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(one, (*here, index)) for index, one in reversed(list(enumerate(value)))]


def is_statement(value: Any) -> bool:
    """Tell whether *value* is a statement of IAM's: others have an Effect, or an Action, and not both."""
    if not isinstance(value, dict) or not isinstance(value.get("Effect"), str):
        return False
    return value["Effect"].lower() in ("allow", "deny") and bool({"Action", "NotAction"} & value.keys())


def _in_text(text: str, here: DataPath, *, template: bool, arns: bool) -> Search:
    """Yield the policy that *text* is, or why what is written in it can't be judged."""
    if _names(text, ("Statement", "Effect")):
        policy = policy_in(text)
        if looks_like_policy(policy):
            yield PolicyInFile(policy, here, None, template=template)
        else:
            yield UnjudgedPlace(here, "text in which a policy seems to be written is not read")
    elif is_template_text(text):
        yield UnjudgedPlace(here, _TEMPLATE)
    elif arns and text[:4] == "arn:" and is_aws_managed(text):
        yield UnjudgedPlace(here, f"names `{text}`: whether it is attached is not known")


def is_template_text(text: str) -> bool:
    """Tell whether *text* looks as if it were a CloudFormation template."""
    return _names(text, ("Resources", "AWS::"))


def _names(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)
