"""Limits that are not what they look like: what bypasses them, and what they stop besides."""

from collections.abc import Iterable, Iterator, Sequence

from rolemgr.check.document import Condition, Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_administrator, is_everything
from rolemgr.check.patterns import actions_of, fits, fits_type
from rolemgr.check.rule import (
    IAM,
    ORGANIZATIONS,
    REFERENCE,
    SAGEMAKER,
    Hit,
    group_rule,
    listed,
    statement_rule,
)
from rolemgr.check.rules.grants import allows
from rolemgr.check.rules.keys import carries
from rolemgr.check.rules.reach import exact_actions
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import matches_action
from rolemgr.reference import quirks
from rolemgr.reference.services import Action, find_action
from rolemgr.reference.tagging import is_shared

_ACTIONS = REFERENCE + "reference_policies_actions-resources-contextkeys.html"
_EXAMPLES = SAGEMAKER + "security_iam_id-based-policy-examples.html"
_TYPES = "sagemaker:instancetypes"
_RESOURCE_TAGS = ("aws:resourcetag/", "sagemaker:resourcetag/")


@group_rule(
    "RM311", "absence-gets-round", Severity.WARNING, "a Deny of values lets requests through that leave the key out",
    IAM + "reference_policies_elements_condition_operators.html",
)  # fmt: skip
def absence_gets_round(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The Deny judges the value of a key that the request may leave out, and then it is not denied: a job
    without a runtime limit, a notebook with its default of root access.

    Deny the absence too, by a Deny of its own with `Null: true` (BoolIfExists for a boolean, a bare negated
    operator for a text), on the actions that must carry the key. Reported where no policy of the role, or
    this policy where it stands alone, does that.
    """
    statements = [one for document in documents for one in document.statements]
    closed: dict[object, bool] = {}
    for document in documents:
        for statement in document.statements if document.kind is not PolicyType.RESOURCE else ():
            for condition in statement.conditions if statement.effect == "Deny" else ():
                if open_ones := list(_open_by_absence(statement, condition, statements, closed)):
                    message = (
                        f"{listed(open_ones)} without `{condition.key}` bypasses this Deny; also deny requests that"
                        " omit the key"
                    )
                    yield document, Hit(message, condition.path, open_ones[0], condition.key, statement.sid)


def _open_by_absence(
    statement: Statement, condition: Condition, all_of_them: list[Statement], closed: dict[object, bool]
) -> Iterator[str]:
    """
    Yield the actions of a Deny that must carry the key of *condition*, and are let through without it.

    *closed* keeps what was found of an action and a key over all statements.
    """
    if condition.operator is None or condition.operator.base == "Null" or not _needs_key(statement, condition):
        return
    names = _names_of(condition.folded)
    for written, action in exact_actions(statement):
        if not _must_carry(action, condition):
            continue
        if (action.name, names) not in closed:
            closed[action.name, names] = _is_closed(action, names, all_of_them)
        if not closed[action.name, names]:
            yield written


def _is_closed(action: Action, names: tuple[str, ...], statements: list[Statement]) -> bool:
    """Tell whether *statements* let no request for *action* through that lacks the key of *names*."""
    if any(_closed(one, action, names) for one in statements):
        return True
    allowing = [one for one in statements if one.effect == "Allow" and one.named(action.name)]
    return bool(allowing) and all(_demands(one, names) for one in allowing)


def _needs_key(statement: Statement, condition: Condition) -> bool:
    """Tell whether the Deny holds only for requests that carry the key of *condition*."""
    return condition.folded.startswith("sagemaker:") and _demands(statement, (condition.folded,))


def _demands(statement: Statement, names: Iterable[str]) -> bool:
    return any(one.true_where_absent is False for one in statement.conditions_on(*names))


def _must_carry(action: Action, condition: Condition) -> bool:
    must = quirks.must_carry(action.name, condition.folded)
    if must is None:
        return False
    caps = [int(value) for value in condition.values if value.isdigit()]
    return must.only_below is None or not caps or min(caps) < must.only_below


def _closed(statement: Statement, action: Action, names: tuple[str, ...]) -> bool:
    """Tell whether *statement* denies *action* where the key of *names* is absent, or altogether."""
    if statement.effect != "Deny" or not allows(statement, action.name):
        return False
    if not statement.conditions:
        return "Condition" not in statement.opaque
    return any(one.true_where_absent for one in statement.conditions_on(*names)) and not _demands(statement, names)


def _names_of(key: str) -> tuple[str, ...]:
    """Return both names of a KMS condition key, or the one that there is."""
    renamed = quirks.renamed_keys()
    return (key, *(old for old, new in renamed.items() if new == key), *filter(None, [renamed.get(key)]))


@group_rule(
    "RM312", "missing-resource-type", Severity.WARNING, "an action lacks one of the resources that it takes",
    _ACTIONS,
)  # fmt: skip
def missing_resource_type(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    CreateEndpoint is asked for on the endpoint and on its configuration: a request must be allowed on both.

    The Allow is dead for the action where no policy of the role allows it on a resource of each type that
    every request names. Reported for SageMaker, where the reference was looked through.
    """
    granting = [one for one in documents if one.kind is PolicyType.IDENTITY]
    allowing = [statement for one in granting for statement in one.allows]
    found: dict[str, list[str]] = {}
    for document in granting:
        for statement in document.allows:
            for written, action in exact_actions(statement):
                if action.name not in found:
                    found[action.name] = _missing_types(action, allowing)
                if missing := found[action.name]:
                    message = f"`{written}` takes {', '.join(missing)} too: no resource here is one"
                    yield document, Hit(message, statement.at("Action", written), written, sid=statement.sid)


def _missing_types(action: Action, allowing: Sequence[Statement]) -> list[str]:
    """Return the types that every request for *action* names and that nothing of *allowing* gives it on."""
    if action.service != "sagemaker" or len(action.required_types) < 2:
        return []
    giving = [one for one in allowing if one.named(action.name)]
    resources = [resource for one in giving for resource in one.resources]
    unknown = any(one.not_resources or "Resource" in one.opaque or not one.resources for one in giving)
    if unknown or any(map(is_everything, resources)):
        return []
    if not any(fits(resource, action) for resource in resources):
        return []  # RM302 says so
    there = {name for name in action.required_types if any(fits_type(one, action, name) for one in resources)}
    enough = {name for others in action.alternatives if others & there for name in others}
    return sorted(action.required_types - there - enough)


@statement_rule(
    "RM908", "forbidden-instance-types", Severity.SUGGESTION, "instance types by what is forbidden",
    _EXAMPLES, effect="Deny", with_condition=True,
)  # fmt: skip
def forbidden_instance_types(statement: Statement) -> Iterator[Hit]:
    """
    A Deny of the large types that one knows of lets every other type through, and each that AWS adds: the
    popular list of ml.p4d and ml.p5 misses ml.p5e, ml.p6, ml.trn2, ml.g6e.48xlarge ...

    List what is approved instead: `ForAnyValue:StringNotLike: {sagemaker:InstanceTypes: [ml.m5.*]}`.
    """
    for condition in statement.conditions_on(_TYPES):
        operator = condition.operator
        if operator and operator.base.startswith("String") and not operator.negated:
            yield Hit("lets every type through that it does not name", condition.path, key=condition.key)


@statement_rule(
    "RM909", "studio-without-system", Severity.WARNING, "approved instance types of Studio apps without `system`",
    SAGEMAKER + "notebooks-available-instance-types.html", effect="Deny", with_condition=True,
)  # fmt: skip
def studio_without_system(statement: Statement) -> Iterator[Hit]:
    """
    The app that serves Studio itself (JupyterServer) has the instance type `system`: a list of approved
    types for jobs, put on CreateApp, keeps everybody out of Studio.

    Give apps a Deny of their own, whose list holds `system` and a small type.
    """
    for condition in statement.conditions_on(_TYPES):
        pattern = statement.named("sagemaker:CreateApp")
        if pattern and condition.operator and condition.operator.negated and not _takes_system(condition):
            message = f"`{pattern}` without the type `system`: Studio's own app can't start"
            yield Hit(message, condition.path, pattern, condition.key)


def _takes_system(condition: Condition) -> bool:
    return any(matches_action(value, "system") for value in condition.values)


@statement_rule(
    "RM910", "tag-on-what-is-shared", Severity.WARNING, "a Deny by the tag of what projects share",
    _EXAMPLES, effect="Deny", with_condition=True,
)  # fmt: skip
def tag_on_what_is_shared(statement: Statement) -> Iterator[Hit]:
    """
    Studio's domain, user profiles, spaces and apps, images and hubs are of no single project and carry no
    project's tag: a Deny where aws:ResourceTag is missing or another blocks them for everyone.

    Leave them out, and scope them by owner (sagemaker:OwnerUserProfileArn) or by name.
    """
    for condition in statement.conditions_on(*_RESOURCE_TAGS):
        if not condition.true_where_absent or _demands(statement, (condition.folded,)):
            continue
        if blocked := [written for written in statement.actions if _on_shared(statement, written)]:
            message = f"{listed(blocked)} is denied on what projects share, which has no `{condition.key}`"
            yield Hit(message, condition.path, blocked[0], condition.key)


def _on_shared(statement: Statement, written: str) -> bool:
    """Tell whether *written* stands for an action of *statement* on existing resources that projects share."""
    return any(
        action.service == "sagemaker"
        and not action.name.startswith("sagemaker:Create")
        and bool(action.resource_types)
        and all(is_shared(use.name) for use in action.resource_types)
        and any(is_everything(one) or fits(one, action) for one in statement.resources)
        for action in (actions_of(written) if written.lower().startswith("sagemaker:") else ())
    )


@group_rule(
    "RM911", "approves-what-it-registers", Severity.SUGGESTION, "whoever registers a model can change an approved one",
    SAGEMAKER + "model-registry-approve.html",
)  # fmt: skip
def approves_what_it_registers(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The policies of the role allow both CreateModelPackage and UpdateModelPackage. The second approves a
    model, and can change image and data of one that was approved without naming its status, so a Deny of
    the status Approved does not hold that.

    Leave UpdateModelPackage to the role that approves, which registers nothing.
    """
    registers, updates = "sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"
    granting = [one for one in documents if one.kind is PolicyType.IDENTITY]
    allowing = [(one, each) for one in granting for each in one.allows if not is_administrator(each)]
    if _denied(granting, updates) or not any(each.named(registers) for _, each in allowing):
        return
    for document, statement in allowing:
        if pattern := statement.named(updates):
            message = f"`{updates}` beside `{registers}`: one role registers, approves and changes"
            yield document, Hit(message, statement.at("Action", pattern), updates, sid=statement.sid)


def _denied(documents: list[Document], action: str) -> bool:
    """Tell whether *documents* deny *action* whatever the request says."""
    return any(
        one.effect == "Deny" and one.named(action) and not one.conditions and "Condition" not in one.opaque
        for document in documents
        for one in document.statements
    )


_JOBS = (
    "sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob", "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTransformJob",
)  # fmt: skip
"""What starts compute of the caller's choice, each as good as the other."""


@group_rule(
    "RM912", "limit-on-some-jobs", Severity.SUGGESTION, "a limit on one kind of job leaves the others open",
    REFERENCE + "list_amazonsagemakerai.html",
)  # fmt: skip
def limit_on_some_jobs(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    A Deny by instance types, network or keys on CreateTrainingJob alone: the same container runs as a
    processing, tuning or transform job, which carry the key too.

    List all actions that support the key (the reference has 23 for InstanceTypes). In a role's policy it is
    reported where the role allows the other job; an SCP is a limit for every role.
    """
    for document in documents:
        seen: set[tuple[str, ...]] = set()
        for statement in document.statements if document.kind is not PolicyType.RESOURCE else ():
            for condition in statement.conditions if statement.effect == "Deny" else ():
                names = tuple(sorted(_names_of(condition.folded)))
                left = _left_open(condition, names, documents) if names not in seen else ()
                seen.add(names)
                if left:
                    message = f"{listed(left)} can carry `{condition.key}`, and no Deny here looks at it"
                    yield document, Hit(message, condition.path, left[0], condition.key, statement.sid)


def _left_open(condition: Condition, names: Sequence[str], documents: list[Document]) -> list[str]:
    """Return the kinds of job that carry the key of *condition* and that no Deny by it is about, though another is."""
    if not condition.folded.startswith("sagemaker:"):
        return []
    jobs = [name for name in _JOBS if (action := find_action(name)) and carries(action, condition.key)]
    denies = [one for document in documents for one in document.statements if one.effect == "Deny"]
    closed = [name for name in jobs if any(_is_about(one, name, names) for one in denies)]
    if not closed:
        return []
    return [name for name in jobs if name not in closed and _is_possible(name, documents)]


def _is_about(statement: Statement, action: str, names: Sequence[str]) -> bool:
    """Tell whether a Deny is about *action* by a condition on *names*, or without any."""
    if not (statement.named(action) or statement.not_actions):
        return False
    return not statement.conditions or bool(list(statement.conditions_on(*names)))


def _is_possible(action: str, documents: list[Document]) -> bool:
    """Tell whether *action* is allowed by the policies of a role; an SCP is about roles that it does not know."""
    return any(
        document.kind is PolicyType.SCP or any(one.named(action) for one in document.allows) for document in documents
    )


@statement_rule(
    "RM913", "own-tags-locked", Severity.SUGGESTION, "tags of existing resources can't be written again",
    SAGEMAKER + "security_iam_id-based-policy-examples.html", effect="Deny", with_condition=True,
)  # fmt: skip
def own_tags_locked(statement: Statement) -> Iterator[Hit]:
    """
    A Deny of AddTags on everything that exists also denies writing the caller's tag again on its own resource,
    as the SageMaker SDK's Pipeline.upsert does on its second run.

    Leave out what is the caller's already: `StringNotEquals: {aws:ResourceTag/Project:
    ${aws:PrincipalTag/Project}}` in the same Deny; deny another value (aws:RequestTag) in one of its own.
    Tags that Studio alone writes (sagemaker:...) are another matter.
    """
    pattern = statement.named("sagemaker:AddTags")
    keys = [value for one in statement.conditions_on("aws:tagkeys") for value in one.values]
    of_studio = bool(keys) and all(key.lower().startswith("sagemaker:") for key in keys)
    if not pattern or of_studio or list(statement.conditions_on(*_RESOURCE_TAGS)):
        return
    for condition in statement.conditions_on("sagemaker:taggingaction"):
        if condition.operator and condition.operator.base == "Null" and condition.true_where_absent:
            yield Hit("also denies writing one's own tag on one's own resource", condition.path, pattern, condition.key)


@statement_rule(
    "RM914", "account-in-scp", Severity.SUGGESTION, "an SCP knows principals of its own account only",
    ORGANIZATIONS + "orgs_manage_policies_scps.html",
    kinds=frozenset({PolicyType.SCP}), effect="Deny", with_condition=True,
)  # fmt: skip
def account_in_scp(statement: Statement) -> Iterator[Hit]:
    """
    "Everyone but the security account": an SCP judges the principals of the accounts that it is attached
    to. People of the security account who act in another account do it as a role of that account, and
    aws:PrincipalAccount is that account.

    Exempt the role that they take: `ArnNotLike: {aws:PrincipalArn: arn:aws:iam::*:role/platform-admin}`.
    """
    for condition in statement.conditions_on("aws:principalaccount"):
        if condition.operator and condition.operator.negated:
            yield Hit("exempts no role of another account: compare aws:PrincipalArn", condition.path, key=condition.key)
