"""RM9: popular wrong recipes for SageMaker, each by its name."""

from collections.abc import Iterator

from rolemgr.check.document import Document, ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_administrator, is_everything
from rolemgr.check.patterns import actions_of, fits
from rolemgr.check.rule import (
    IAM,
    ORGANIZATIONS,
    PERMISSIONS,
    REFERENCE,
    SAGEMAKER,
    Hit,
    document_rule,
    group_rule,
    listed,
    statement_rule,
)
from rolemgr.check.rules.carried import demands, names_of
from rolemgr.check.rules.jobs import left_open
from rolemgr.check.rules.passing import PASS_ROLE
from rolemgr.check.rules.several_checks import family, is_check, is_local_disk_exception
from rolemgr.check.rules.tags_moved import tags_can_be_moved  # noqa: F401 - RM906, one of this hundred
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import has_wildcard, matches_action
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.tagging import is_shared

_KEYS = REFERENCE + "list_amazonsagemakerai.html"
_EXAMPLES = SAGEMAKER + "security_iam_id-based-policy-examples.html"


@statement_rule(
    "RM901", "several-checks-in-one-deny", Severity.SECURITY_WARNING, "one Deny for several checks",
    IAM + "reference_policies_condition-logic-multiple-context-keys-or-values.html", effect="Deny", with_condition=True,
)  # fmt: skip
def several_checks_in_one_deny(statement: Statement) -> Iterator[Hit]:
    """
    The conditions of a statement are ANDed: the popular "five mandatory keys in one Deny" denies a request
    only where all five are wrong at once. One that breaks four of them goes through.

    Write a Deny for each check. Reported are tests of SageMaker's keys that hold where the key is missing or
    not as wanted; both names of a KMS key count as one, and so does the exception for instance types with
    local disks.
    """
    tests = {family(one.key): one.key for one in statement.conditions if is_check(one)}
    if is_local_disk_exception(statement, tests):
        tests.pop("sagemaker:instancetypes", None)
    if len(tests) > 1:
        message = f"denies only where {listed(list(tests.values()), 5)} all fail: write a Deny for each"
        yield Hit(message, (*statement.path, "Condition"), key=next(iter(tests.values())))


@statement_rule(
    "RM902", "spot-is-no-condition-key", Severity.ERROR, "sagemaker:UseSpot does not exist",
    _KEYS, with_condition=True,
)  # fmt: skip
def spot_is_no_condition_key(statement: Statement) -> Iterator[Hit]:
    """
    Managed spot training (EnableManagedSpotTraining) has no condition key: no IAM policy and no SCP can
    demand it.

    Find on-demand jobs instead (`rolemgr detective on-demand-jobs`), and keep the on-demand quotas low.
    """
    for condition in statement.conditions:
        if condition.folded.startswith("sagemaker:") and "spot" in condition.folded and not find_key(condition.key):
            yield Hit(f"`{condition.key}` does not exist: IAM can't demand spot", condition.path, key=condition.key)


@statement_rule(
    "RM903", "key-arn-is-no-condition-key", Severity.ERROR, "aws:ARN does not exist",
    IAM + "reference_policies_condition-keys.html", with_condition=True,
)  # fmt: skip
def key_arn_is_no_condition_key(statement: Statement) -> Iterator[Hit]:
    """
    The recipe "approved KMS keys by aws:ARN" compares with a key that no request carries.

    Compare the KMS key itself: `ArnNotEquals: {sagemaker:VolumeKmsKeyArn: [...]}` beside `Null: false`.
    For the caller's ARN use aws:PrincipalArn.
    """
    for condition in statement.conditions_on("aws:arn"):
        yield Hit("`aws:ARN` does not exist: compare sagemaker:VolumeKmsKeyArn", condition.path, key=condition.key)


@statement_rule(
    "RM904", "any-value-in-allow", Severity.SECURITY_WARNING, "ForAnyValue in an Allow is content with one good value",
    IAM + "reference_policies_condition-single-vs-multi-valued-context-keys.html", effect="Allow", with_condition=True,
    kinds=PERMISSIONS,
)  # fmt: skip
def any_value_in_allow(statement: Statement) -> Iterator[Hit]:
    """
    A request may name several instance types, subnets or images: one that is on the list lets all others
    through.

    In an Allow use ForAllValues and `Null: false`; in a Deny ForAnyValue with a negated operator is right.
    """
    for condition in statement.conditions:
        key = find_key(condition.key)
        by_any = condition.operator and condition.operator.qualifier == "ForAnyValue"
        if by_any and key and key.multivalued and condition.folded.startswith("sagemaker:"):
            yield Hit(f"one good value of `{key.name}` lets the others through", condition.path, key=condition.key)


@statement_rule(
    "RM905", "pass-role-by-tag", Severity.SECURITY_WARNING, "iam:PassRole by the tag of the role",
    IAM + "id_roles_use_passrole.html", with_condition=True, kinds=PERMISSIONS,
)  # fmt: skip
def pass_role_by_tag(statement: Statement) -> Iterator[Hit]:
    """
    IAM's guide says not to control who can pass a role by the role's tags: "This approach does not have
    reliable results."

    Name the roles, or give each project's roles a path: `role/ml/${aws:PrincipalTag/Project}/*`.
    """
    if not statement.named(PASS_ROLE):
        return
    for condition in statement.conditions_on("aws:resourcetag/", "iam:resourcetag/"):
        yield Hit(f"`{condition.key}` does not narrow {PASS_ROLE} reliably", condition.path, PASS_ROLE, condition.key)


@document_rule(
    "RM907", "resource-tag-on-create", Severity.ERROR, "a Deny by resource tag blocks what does not exist yet",
    _EXAMPLES,
)  # fmt: skip
def resource_tag_on_create(document: Document) -> Iterator[Hit]:
    """
    A resource that is being created has no tags yet, so a Deny of Create actions where aws:ResourceTag is
    missing or another denies every creation.

    Look at aws:RequestTag on creation, and at aws:ResourceTag on use.
    """
    for statement in document.statements:
        if statement.effect != "Deny":
            continue
        for condition in statement.conditions_on("aws:resourcetag/", "sagemaker:resourcetag/"):
            created = [action for action in statement.actions if _creates(action)]
            guarded = demands(statement, condition.folded)
            if created and condition.true_where_absent and not guarded:
                message = f"{listed(created)} has no `{condition.key}` yet: every creation is denied"
                yield Hit(message, condition.path, created[0], condition.key, statement.sid)


def _creates(pattern: str) -> bool:
    """Tell whether *pattern* is, or stands for, an action of SageMaker that creates something."""
    if not has_wildcard(pattern):
        return _is_creation(pattern)
    return pattern.lower().startswith("sagemaker:") and any(_is_creation(one.name) for one in actions_of(pattern))


def _is_creation(action: str) -> bool:
    folded = action.lower()
    return folded.startswith("sagemaker:create") and not folded.startswith("sagemaker:createpresigned")


_TYPES = "sagemaker:instancetypes"
_RESOURCE_TAGS = ("aws:resourcetag/", "sagemaker:resourcetag/")


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


def _takes_system(condition: ReadCondition) -> bool:
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
        if not condition.true_where_absent or demands(statement, condition.folded):
            continue
        if blocked := [pattern for pattern in statement.actions if _on_shared(statement, pattern)]:
            message = f"{listed(blocked)} is denied on what projects share, which has no `{condition.key}`"
            yield Hit(message, condition.path, blocked[0], condition.key)


def _on_shared(statement: Statement, pattern: str) -> bool:
    """Tell whether *pattern* stands for an action of *statement* on existing resources that projects share."""
    return any(
        action.service == "sagemaker"
        and not action.name.startswith("sagemaker:Create")
        and bool(action.resource_types)
        and all(is_shared(use.name) for use in action.resource_types)
        and any(is_everything(one) or fits(one, action) for one in statement.resources)
        for action in (actions_of(pattern) if pattern.lower().startswith("sagemaker:") else ())
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
                names = tuple(sorted(names_of(condition.folded)))
                left = left_open(condition, names, documents) if names not in seen else ()
                seen.add(names)
                if left:
                    message = f"{listed(left)} can carry `{condition.key}`, and no Deny here looks at it"
                    yield document, Hit(message, condition.path, left[0], condition.key, statement.sid)


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
