"""RM3, of resources: do a statement's actions take the resources that it names."""

from collections.abc import Iterator
from functools import lru_cache

from rolemgr.check.document import Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_everything, is_star
from rolemgr.check.patterns import fits
from rolemgr.check.rule import IAM, REFERENCE, Hit, listed, statement_rule
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.variables import early_variable
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference import quirks
from rolemgr.reference.services import Action, find_action, resource_types

_ACTIONS = REFERENCE + "reference_policies_actions-resources-contextkeys.html"
_IDENTITY = frozenset({PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SCP})


LOOKED_THROUGH = frozenset(
    {"athena", "dynamodb", "ecr", "iam", "kms", "lambda", "logs", "s3", "sagemaker", "secretsmanager", "sns", "sqs",
     "states"}
)  # fmt: skip
"""
Services whose entries in the reference agree with AWS's own managed policies.

Of others the reference leaves types and keys out (AWS-owned documents of ssm, targets of load balancers), so
that what it does not list proves nothing.
"""


def looked_through(written: str) -> bool:
    """Tell whether the reference is known to be right of the action or pattern *written*."""
    return written.partition(":")[0].lower() in LOOKED_THROUGH and "AccessPoint" not in written


def exact_actions(statement: Statement) -> Iterator[tuple[str, Action]]:
    """Yield the actions of services looked through that *statement* names, as written and as in the reference."""
    for written in statement.actions:
        if not has_wildcard(written) and looked_through(written) and (action := find_action(written)):
            yield written, action


@statement_rule(
    "RM301", "needs-all-resources", Severity.WARNING, "the action has no resources: Resource must be `*`",
    _ACTIONS, kinds=_IDENTITY, effect="Allow",
)  # fmt: skip
def needs_all_resources(statement: Statement) -> Iterator[Hit]:
    """
    IAM has no resource-level permissions for the action: AWS asks for it on `*`, which no ARN matches.

    The Allow is dead for it. Give it a statement of its own on `*`. Reported for the services that machine
    learning needs, where the reference is known to be right.
    """
    if "Resource" in statement.opaque or not statement.resources or any(map(is_star, statement.resources)):
        return
    dead = [written for written, action in exact_actions(statement) if not action.resource_types]
    dead += [written for written in statement.actions if written in quirks.never_on_arns() and written not in dead]
    if dead:
        yield Hit(f"{listed(dead)} can only be allowed on `*`", statement.at("Action", dead[0]), dead[0])


@statement_rule(
    "RM302", "wrong-resource-type", Severity.WARNING, "no resource of the statement is one that the action takes",
    _ACTIONS, kinds=_IDENTITY, effect="Allow",
)  # fmt: skip
def wrong_resource_type(statement: Statement) -> Iterator[Hit]:
    """
    The action takes resources of certain types, and no ARN of the statement can be one of them.

    s3:ListBucket is asked for on the bucket, s3:GetObject on the objects in it. The Allow is dead for the
    action. Reported for the services that machine learning needs, where the reference is known to be right.
    """
    if "Resource" in statement.opaque or not statement.resources or any(map(is_everything, statement.resources)):
        return
    found: dict[str, list[str]] = {}
    for written, action in exact_actions(statement):
        if action.resource_types and not _any_fits(statement.resources, action):
            types = ", ".join(use.name for use in action.resource_types[:4])
            found.setdefault(types, []).append(written)
    for types, actions in found.items():
        message = f"{listed(actions)} {_takes(actions)} {types}: no resource here is one"
        yield Hit(message, statement.at("Action", actions[0]), actions[0])


def _takes(actions: list[str]) -> str:
    return "takes" if len(actions) == 1 else "take"


@lru_cache(maxsize=16_384)
def _any_fits(resources: tuple[str, ...], action: Action) -> bool:
    known = resource_types(action.service)
    if any(use.name not in known for use in action.resource_types):
        return True
    return any(fits(resource, action) for resource in resources)


@statement_rule(
    "RM303", "wildcard-as-type", Severity.SUGGESTION, "an ARN leaves the resource type to a wildcard",
    IAM + "reference_policies_elements_resource.html", kinds=_IDENTITY, effect="Allow",
)  # fmt: skip
def wildcard_as_type(statement: Statement) -> Iterator[Hit]:
    """
    `arn:aws:sagemaker:eu-west-1:111122223333:*` spans every type of the service, also those yet to come.

    Name the type: `...:training-job/*`. Services of one type, and types without a name in front, are left out.
    """
    for resource in statement.resources:
        arn = Arn.parse(resource)
        if arn and arn.resource.startswith("*") and _has_named_types(arn.service):
            yield Hit(f"`{resource}` is of any type", statement.at("Resource", resource))


@lru_cache(maxsize=1_024)
def _has_named_types(service: str) -> bool:
    kinds = [] if has_wildcard(service) else list(resource_types(service).values())
    return len(kinds) > 1 and all(kind.arn_format.resource[:1] not in ("$", "*") for kind in kinds)


@statement_rule(
    "RM314", "variable-before-resource", Severity.WARNING, "a policy variable outside of the ARN's resource part",
    IAM + "reference_policies_variables.html#policy-vars-resourceelement",
)  # fmt: skip
def variable_before_resource(statement: Statement) -> Iterator[Hit]:
    """
    A variable stands in a Resource only behind the ARN's fifth colon: "You can't use a variable to replace
    parts of the ARN before the fifth colon, such as the service or account."

    The statement matches no resource by such an ARN. Write the account, or a star and a condition on
    aws:ResourceAccount.
    """
    if statement.policy.version != "2012-10-17":
        return
    for element, resources in (("Resource", statement.resources), ("NotResource", statement.not_resources)):
        for resource in resources:
            if found := early_variable(resource):
                yield Hit(f"`{resource}` has `{found}` before its fifth colon", statement.at(element, resource))
