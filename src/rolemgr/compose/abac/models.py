"""
Models under ABAC: held to their names, because no condition key tells the tag of a model that is named.

CreateEndpointConfig, CreateInferenceComponent and CreateTransformJob name a model, and IAM is told its ARN.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

import re
from collections.abc import Iterator, Sequence

from rolemgr.compose.abac.denies import frozen, own_value, tag_origin
from rolemgr.compose.distribute import ANY, Share
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.resources import common
from rolemgr.reference.services import find_action

_MODEL = "sagemaker:ModelArn"
_NAME = re.compile(r"[a-z0-9](?:-*[a-z0-9])*")
"""What the ARN of a model can hold of its name: it is in lower case there."""


def model_names(shares: Sequence[Share], key: str, spec: RoleSpec) -> tuple[str, ...]:
    """
    Return the patterns of the models that the role may deploy, or nothing where their names can't say it.

    Names begin with the value of the tag *key* and a hyphen. Where the role can create models of other names
    only (SageMaker calls those of a pipeline's steps pipelines-*), it may deploy these, too.
    """
    value = spec.tag.get(key)
    if value and not _NAME.fullmatch(value):
        return ()
    own = f"arn:{spec.partition_name}:sagemaker:*:*:model/{own_value(key)}-*"
    made = {
        resource
        for share in shares
        if share.effect is Effect.ALLOW and share.action == "sagemaker:CreateModel"
        for resource in share.resources
    }
    names = (one.partition(":model/")[2] for one in made)
    within = any(common(name, f"{value or 'x'}-*") is not None for name in names)
    return (own,) if within or not made else (own, *sorted(made))


def names_model(action_name: str) -> bool:
    """Tell whether IAM is told the ARN of a model with *action_name*."""
    action = find_action(action_name)
    return action is not None and _MODEL.lower() in action.condition_keys


def held_to_model_names(
    shares: Sequence[Share], key: str, names: tuple[str, ...], where: SourceLocation
) -> Iterator[Share]:  # fmt: skip
    """
    Yield the Deny of a model that none of *names* matches, for the actions of *shares* that name one.

    A configuration may name several models: ForAnyValue denies it for one of them, and does not match where
    there is none. Nothing without *names*.
    """
    conditions = frozen({"ForAnyValue:ArnNotLike": {_MODEL: names}})
    actions = {share.action for share in shares if share.effect is Effect.ALLOW and names_model(share.action)}
    for action in sorted(actions) if names else ():
        yield Share(action, ANY, (), conditions, Effect.DENY, tag_origin("AbacModelName", key, where))
