"""What ABAC does not reach: the actions of a role that no tag narrows, each with the reason, and what to know."""

from collections.abc import Iterator, Sequence

from rolemgr.compose.abac.buckets import buckets_left_open
from rolemgr.compose.abac.models import names_model
from rolemgr.compose.distribute import Share
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import known_variables_in
from rolemgr.model.role import LeftOpen
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.services import find_action
from rolemgr.reference.tagging import How, by_tag, is_asked_for_tags

_PASSING = "iam:PassRole"
_MODEL_BY_NAME = "the model that it names is held to its name, not to its tag"
_MODEL_OPEN = (
    "nothing checks which model it names: a model's name in an ARN can't begin with the tag's value"
    " (lower-case letters, digits, hyphens)"
)
_NO_RESOURCE = "it has no resource-level permissions: it shows or does it for all projects"
_BY_PATH = (
    "AWS: control by a role's tags is not reliable; keep each project's roles under a path and pass them by it"
    " (--pass-role)"
)


def left_open(shares: Sequence[Share], spec: RoleSpec, by_model_name: bool) -> tuple[LeftOpen, ...]:
    """Return what tags leave open of the Allow *shares*, sorted; *by_model_name*: models are held to their names."""
    allows = [share for share in shares if share.effect is Effect.ALLOW]
    found = {one for share in allows for one in (*_open(share, by_model_name), *buckets_left_open(share, spec))}
    return tuple(sorted(found))


def _is_by_tag(resource: str) -> bool:
    return any(one.key.startswith("aws:principaltag/") for one in known_variables_in(resource))


def _open(share: Share, by_model_name: bool) -> Iterator[LeftOpen]:
    action = find_action(share.action)
    if share.action == _PASSING and not all(map(_is_by_tag, share.resources)):
        yield LeftOpen(share.action, _BY_PATH)
    if action is None or not is_asked_for_tags(action):
        return
    if not share.types:
        yield LeftOpen(share.action, _NO_RESOURCE)
    for name in share.types:
        limited = by_tag(action, name)
        if limited.how is How.CARRIED:
            yield LeftOpen(share.action, f"{limited.why}; only one that carries another value is out of reach")
        elif limited.how is How.NOT:
            yield LeftOpen(share.action, limited.why)
    if names_model(share.action):
        how = (
            "the model is held to its name, not to its tag" if by_model_name else "nothing checks which model it names"
        )
        yield LeftOpen(share.action, how)


def notes(shares: Sequence[Share], keys: Sequence[str], spec: RoleSpec, by_model_name: bool) -> tuple[str, ...]:
    """Return what somebody who chose the tag *keys* should know before using the role."""
    granted = {share.action for share in shares if share.effect is Effect.ALLOW}
    flag = " ".join(f"--abac {key}" for key in keys)
    return tuple(f"{flag} {text}" for text in _notes(granted, keys, spec, by_model_name))


def _notes(granted: set[str], keys: Sequence[str], spec: RoleSpec, by_model_name: bool) -> Iterator[str]:
    actions = [action for name in granted if name.startswith("sagemaker:") and (action := find_action(name))]
    uses = {by_tag(action, use.name).how for action in actions for use in action.resource_types}
    if not uses & {How.REQUEST, How.RESOURCE}:
        yield "finds nothing in the role that a tag could narrow"
        return
    others = sorted(
        {name.partition(":")[0] for name in granted if not _takes_tags(name)} - ({"s3"} if spec.abac_buckets else set())
    )
    yield (
        "isolates SageMaker's API objects (and alarms, scalable targets and Glue tables that carry another's tag), not"
        f" data: nothing of {', '.join(others) or 'other services'} is asked for a tag,"
        " and a job reads with the rights of its own role; give each project execution roles of its own:"
        f" --pass-role 'arn:{spec.partition_name}:iam::{spec.account}:role/ml/exec/${{aws:PrincipalTag/{keys[0]}}}/*'"
    )
    tags = ", ".join(f"{key}={spec.tag.get(key, 'its own value')}" for key in keys)
    yield (
        f"wants every new resource created with the tag {tags} (the SDK's defaults file can add it); a Describe right"
        " after a Create may fail for a moment, until AWS knows the tag"
    )
    if by_model_name and any(map(names_model, granted)):
        yield _of_models(keys[0], spec)
    if "sagemaker:CreateExperiment" in granted:
        yield (
            "asks experiments for the tag, and AWS does not say whether those that pipelines make by themselves carry"
            " the pipeline's; where one fails for that, set pipeline_experiment_config=None"
        )
    yield (
        "lets anyone who may tag the role (iam:TagRole) or brings session tags choose the project: hold that by an SCP"
    )
    if spec.managed_policy:
        yield (
            "holds what this role itself grants, against the attached policies too; other actions that those add are"
            " held to no tag, but they can't move one"
        )


def _takes_tags(name: str) -> bool:
    action = find_action(name)
    return action is not None and is_asked_for_tags(action)


def _of_models(key: str, spec: RoleSpec) -> str:
    begin = spec.tag.get(key, f"the value of {key}")
    return (
        f"lets endpoints and transform jobs take only models whose names begin with {begin} and a hyphen, in lower"
        " case: no condition key tells the tag of a model that is named; name models this way (the SDK's name=);"
        " no project's value may be another's followed by a hyphen"
    )
