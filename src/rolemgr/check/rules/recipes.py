"""RM9: popular wrong recipes for SageMaker, each by its name."""

from collections.abc import Iterator
from functools import cache

from rolemgr.check.document import Condition, Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.patterns import actions_of, meet
from rolemgr.check.rule import (
    IAM,
    PERMISSIONS,
    REFERENCE,
    SAGEMAKER,
    Hit,
    document_rule,
    group_rule,
    listed,
    statement_rule,
)
from rolemgr.check.rules.grants import PASS_ROLE, allows
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import has_wildcard, matches_action
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key

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
    tests = {_family(one.key): one.key for one in statement.conditions if _is_check(one)}
    if _is_local_disk_exception(statement, tests):
        tests.pop("sagemaker:instancetypes", None)
    if len(tests) > 1:
        message = f"denies only where {listed(list(tests.values()), 5)} all fail: write a Deny for each"
        yield Hit(message, (*statement.path, "Condition"), key=next(iter(tests.values())))


def _family(key: str) -> str:
    """Return *key* in lower case, under one name for both names of a KMS key."""
    folded = key.lower()
    return quirks.renamed_keys().get(folded, folded)


def _is_check(condition: Condition) -> bool:
    """Tell whether *condition* holds for what a guardrail forbids: the key missing, or not as wanted."""
    operator = condition.operator
    if operator is None or not condition.folded.startswith("sagemaker:"):
        return False
    if operator.base == "Null":
        return "true" in [value.lower() for value in condition.values]
    if operator.base == "Bool":
        return "false" in [value.lower() for value in condition.values]
    return operator.negated


def _is_local_disk_exception(statement: Statement, tests: dict[str, str]) -> bool:
    """Tell whether InstanceTypes stands beside a volume key only, to leave out what refuses the key."""
    if tests.keys() != {"sagemaker:volumekmskeyarn", "sagemaker:instancetypes"}:
        return False
    for condition in statement.conditions_on("sagemaker:instancetypes"):
        if condition.operator and condition.operator.base != "Null" and not _local_disks(condition.values):
            return False
    return True


def _local_disks(values: tuple[str, ...]) -> bool:
    return all(any(matches_action(pattern, value) for pattern in _patterns()) for value in values)


@cache
def _patterns() -> tuple[str, ...]:
    return quirks.local_nvme_types()


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


@group_rule(
    "RM906", "tags-can-be-moved", Severity.SECURITY_WARNING, "access goes by tags that the caller can change",
    SAGEMAKER + "security_iam_id-based-policy-examples.html",
)  # fmt: skip
def tags_can_be_moved(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The policies of the role (or this policy, where it stands alone) give access to SageMaker's resources by
    their tags, and also let the caller set or delete tags without a condition: tag first, then use.

    Condition AddTags on sagemaker:TaggingAction (tags on create), aws:RequestTag or aws:ResourceTag; leave
    DeleteTags out, or deny it for the tag (ForAnyValue:StringEquals aws:TagKeys).
    """
    granting = [one for one in documents if one.kind is PolicyType.IDENTITY]
    allowing = [statement for one in granting for statement in one.allows]
    tagged = {resource for statement in allowing if _by_tag(statement) for resource in statement.resources}
    denied = [each for one in granting for each in one.statements if each.effect == "Deny"]
    budget = Budget()
    for document in granting if tagged else ():
        for statement in document.allows:
            for action, pattern in _moving(statement, denied):
                try:
                    moved = any(meet(one, other, budget) for one in statement.resources for other in tagged)
                except TooComplex as error:
                    message = f"can't tell whether `{action}` here or behind moves tags that access goes by: {error}"
                    yield document, Hit(message, statement.path, action, sid=statement.sid)
                    return
                if moved:
                    message = f"`{action}` without a condition, while access goes by aws:ResourceTag"
                    yield document, Hit(message, statement.at("Action", pattern), action, sid=statement.sid)


def _moving(statement: Statement, denied: list[Statement]) -> Iterator[tuple[str, str]]:
    """Yield the actions by which *statement* moves tags, which no Deny speaks of, each as it is written too."""
    for action in ("sagemaker:AddTags", "sagemaker:DeleteTags"):
        pattern = statement.named(action)
        if pattern and not statement.conditions and not any(allows(one, action) for one in denied):
            yield action, pattern


def _by_tag(statement: Statement) -> bool:
    speaks = any(action.lower().startswith("sagemaker:") for action in statement.actions)
    return speaks and bool(list(statement.conditions_on("aws:resourcetag/", "sagemaker:resourcetag/")))


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
            guarded = any(one.true_where_absent is False for one in statement.conditions_on(condition.folded))
            if created and condition.true_where_absent and not guarded:
                message = f"{listed(created)} has no `{condition.key}` yet: every creation is denied"
                yield Hit(message, condition.path, created[0], condition.key, statement.sid)


def _creates(written: str) -> bool:
    """Tell whether *written* is, or stands for, an action of SageMaker that creates something."""
    if not has_wildcard(written):
        return _is_creation(written)
    return written.lower().startswith("sagemaker:") and any(_is_creation(one.name) for one in actions_of(written))


def _is_creation(action: str) -> bool:
    folded = action.lower()
    return folded.startswith("sagemaker:create") and not folded.startswith("sagemaker:createpresigned")
