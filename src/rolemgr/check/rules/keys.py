"""RM3, of conditions: do requests for a statement's actions carry the condition keys that it looks at."""

from collections.abc import Iterator
from functools import lru_cache

from rolemgr.check.document import GRANTING, Condition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.patterns import actions_of
from rolemgr.check.rule import REFERENCE, SAGEMAKER, Hit, listed, statement_rule
from rolemgr.check.rules.reach import exact_actions, looked_through
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.providers import in_session, is_provider_key
from rolemgr.reference.services import Action
from rolemgr.reference.support import known_key

_ACTIONS = REFERENCE + "reference_policies_actions-resources-contextkeys.html"


def carries(action: Action, key: str) -> bool:
    """Tell whether a request for *action* can carry the condition *key*, on any of its resource types."""
    return _carries(action, key)


@lru_cache(maxsize=65_536)
def _carries(action: Action, key: str) -> bool:
    found = find_key(key)
    if found is None:
        return False
    return in_session(key) or known_key(action, found.name) or known_key(action, key)


_TAG_KEYS = ("aws:resourcetag/", "aws:requesttag/", "aws:tagkeys")


def judged(condition: Condition) -> bool:
    """
    Tell whether the reference says which actions carry the key of *condition*.

    It does not for global keys, and for those of identity providers that stay in the session: its
    holder sends them with every request. Their other keys come with AssumeRoleWithSAML or WithWebIdentity alone.
    """
    if find_key(condition.key) is None or in_session(condition.key):
        return False
    return not condition.folded.startswith("aws:") or condition.folded.startswith(_TAG_KEYS)


def _of_own_service(condition: Condition, action: Action) -> bool:
    """Tell whether key and action are of one service, or the key is a tag key."""
    prefix = condition.folded.partition(":")[0]
    return prefix in ("aws", action.service) or is_provider_key(condition.key)


def _lacking(statement: Statement, condition: Condition) -> Iterator[tuple[str, Action]]:
    """Yield the exact actions of *statement* whose requests never carry the key of *condition*."""
    for written, action in exact_actions(statement):
        if not carries(action, condition.key):
            yield written, action


def _by_tag(condition: Condition) -> bool:
    return condition.folded.startswith(_TAG_KEYS)


def _is_sagemakers(condition: Condition, action: str) -> bool:
    """
    Tell whether key and action are SageMaker's own (or the key a tag's).

    There the reference was compared with the API and the guide, and the quirks mend it; what it says of
    other services is a good hint, but their own policies show that it is not complete.
    """
    return action.lower().startswith("sagemaker:") and condition.folded.startswith(("sagemaker:", "aws:"))


def _dead(statement: Statement, *, sagemakers: bool) -> Iterator[Hit]:
    for condition in statement.conditions:
        if not judged(condition) or condition.true_where_absent is not False:
            continue
        dead = [*(written for written, _ in _lacking(statement, condition)), *_dead_patterns(statement, condition)]
        dead = [name for name in dead if _is_sagemakers(condition, name) is sagemakers]
        if dead:
            message = f"{listed(dead)} {_carry(dead)} `{condition.key}`: the Allow is dead for {_it(dead)}"
            yield Hit(message, condition.path, dead[0], condition.key)


def _carry(names: list[str]) -> str:
    return "never carries" if len(names) == 1 else "never carry"


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _dead_patterns(statement: Statement, condition: Condition) -> list[str]:
    """Return the patterns of *statement* none of whose actions carries the key."""
    found = []
    for pattern in statement.actions:
        actions = actions_of(pattern) if has_wildcard(pattern) and looked_through(pattern) else ()
        if actions and not any(carries(action, condition.key) for action in actions):
            found.append(pattern)
    return found


@statement_rule(
    "RM304", "dead-allow", Severity.ERROR, "an Allow demands a key that SageMaker's action never carries",
    _ACTIONS, effect="Allow", with_condition=True,
)  # fmt: skip
def dead_allow(statement: Statement) -> Iterator[Hit]:
    """
    The operator is false where the key is absent, and requests for the action never carry the key.

    So the statement never allows the action, whatever the request says. Popular cases: sagemaker:VpcSubnets
    on CreateTransformJob, sagemaker:VolumeKmsKey on CreateFlowDefinition. Give such actions a statement
    without the key, and say where the limit is kept instead.
    """
    yield from _dead(statement, sagemakers=True)


@statement_rule(
    "RM305", "dead-allow-by-reference", Severity.WARNING, "an Allow demands a key that the reference does not list",
    _ACTIONS, effect="Allow", with_condition=True,
)  # fmt: skip
def dead_allow_by_reference(statement: Statement) -> Iterator[Hit]:
    """
    Of an action outside SageMaker, the reference does not list the key: neither on it nor on its resource
    types. The Allow is dead for it, unless the reference is incomplete.

    aws:RequestTag comes with calls that set tags, aws:ResourceTag with resources that have them; most List
    actions have neither. Reported for the services that machine learning needs.
    """
    yield from _dead(statement, sagemakers=False)


@statement_rule(
    "RM306", "limit-without-effect", Severity.SECURITY_WARNING, "a condition of an Allow limits nothing",
    _ACTIONS, effect="Allow", with_condition=True, kinds=GRANTING,
)  # fmt: skip
def limit_without_effect(statement: Statement) -> Iterator[Hit]:
    """
    The operator is true where the key is absent, and requests for the action never carry the key.

    IfExists, ForAllValues, a negated operator or `Null: true` on such a key looks like a limit, and is none. Keys that
    AWS's own examples test with IfExists (dynamodb:Select) limit the actions of the statement that have them.
    """
    for condition in statement.conditions:
        if not judged(condition) or _by_tag(condition) or not condition.true_where_absent:
            continue
        if _is_for_others(statement, condition):
            continue
        if free := [
            written for written, action in _lacking(statement, condition) if _of_own_service(condition, action)
        ]:
            message = f"{listed(free)} {_carry(free)} `{condition.key}`: nothing is limited"
            yield Hit(message, condition.path, free[0], condition.key)


def _is_for_others(statement: Statement, condition: Condition) -> bool:
    """Tell whether AWS documents the IfExists of *condition*, for actions of the *statement* that carry its key."""
    documented = condition.folded in quirks.for_actions_that_carry()
    if not documented or condition.operator is None or not condition.operator.if_exists:
        return False
    return any(carries(action, condition.key) for _, action in exact_actions(statement))


@statement_rule(
    "RM307", "blocks-for-ever", Severity.ERROR, "a Deny matches because SageMaker's action never carries its key",
    _ACTIONS, effect="Deny", with_condition=True,
)  # fmt: skip
def blocks_for_ever(statement: Statement) -> Iterator[Hit]:
    """
    `Null: true`, IfExists, ForAllValues and a bare negated operator match where the key is absent.

    Requests for the action never carry the key, so that the condition always holds. Popular cases:
    BoolIfExists sagemaker:NetworkIsolation on transform and AutoML jobs, Null sagemaker:VolumeKmsKey on
    UpdateNotebookInstance, the same on `sagemaker:*`. List exactly the actions that must carry the key.
    """
    for condition in statement.conditions:
        if not judged(condition) or not condition.true_where_absent:
            continue
        blocked = [
            name
            for name, action in _blocked(statement, condition)
            if _can_match(statement, action) and _is_sagemakers(condition, action.name)
        ]
        if blocked:
            message = f"{listed(blocked)} {_carry(blocked)} `{condition.key}`: the condition always holds"
            yield Hit(message, condition.path, blocked[0], condition.key)


def _blocked(statement: Statement, condition: Condition) -> Iterator[tuple[str, Action]]:
    """Yield the actions that never carry the key of a Deny: the exact ones, and one for each pattern."""
    yield from _lacking(statement, condition)
    if not condition.folded.startswith("sagemaker:"):
        return
    for pattern in statement.actions:
        if has_wildcard(pattern):
            lacking = (action for action in actions_of(pattern) if not carries(action, condition.key))
            if found := next(lacking, None):
                yield pattern, found


def _can_match(statement: Statement, action: Action) -> bool:
    """Tell whether no other condition of a Deny rules *action* out by a key that it never carries."""
    others = (one for one in statement.conditions if judged(one) and one.true_where_absent is False)
    return all(carries(action, one.key) for one in others)


@statement_rule(
    "RM308", "denies-harmless-absence", Severity.WARNING, "a Deny matches requests that need not carry its key",
    SAGEMAKER + "security_iam_id-based-policy-examples.html", effect="Deny", with_condition=True,
)  # fmt: skip
def denies_harmless_absence(statement: Statement) -> Iterator[Hit]:
    """
    The action can carry the key, but an everyday request need not: a partial update names what it changes.

    `Null: true` or a bare negated operator then denies far more than the value that it is after. Popular
    case: Null sagemaker:VolumeKmsKey on CreateEndpointConfig, which denies serverless variants, and
    instance types with local disks, which refuse the key.
    """
    for condition in statement.conditions:
        if not condition.true_where_absent or not condition.folded.startswith(("sagemaker:", "aws:requesttag/")):
            continue
        for written, action in exact_actions(statement):
            reason = _harmless(statement, condition, action)
            if reason and carries(action, condition.key) and _can_match(statement, action):
                message = f"`{written}` may lack `{condition.key}`: {reason}"
                yield Hit(message, condition.path, written, condition.key)


def _harmless(statement: Statement, condition: Condition, action: Action) -> str | None:
    """Return why a request for *action* may lack the key, or None where it must carry it."""
    name = condition.folded
    if _demands_presence(statement, name):
        return None
    key = name.partition("/")[0] + "/" if "/" in name else name
    if reason := quirks.absence_reason(action.name, key):
        return reason
    must = quirks.must_carry(action.name, key)
    if must is None:
        return None
    if must.not_with_local_nvme and not list(statement.conditions_on("sagemaker:instancetypes")):
        return "instance types with local disks refuse it, and it is not asked for with serverless"
    asked = [one.lower() for block in must.only_if.values() for one in block]
    if asked and not list(statement.conditions_on(*asked)):
        return f"it goes with {listed(asked)}, which the statement does not look at"
    return None


@statement_rule(
    "RM310", "one-of-two-key-names", Severity.WARNING, "a Deny holds without one of two names of a key",
    REFERENCE + "list_amazonsagemakerai.html", effect="Deny", with_condition=True,
)  # fmt: skip
def one_of_two_key_names(statement: Statement) -> Iterator[Hit]:
    """
    SageMaker's KMS keys have an old and a new name (`...KmsKey`, `...KmsKeyArn`), and AWS does not say that
    requests carry both. A policy that judges each in a statement of its own, where that holds without the
    name, may deny every request.

    Beside ArnNotEquals demand the same name (`Null: false`); test absence by `Null: true` on both names in
    one statement.
    """
    for condition in statement.conditions:
        other = _other_name(condition.folded)
        if other is None or not condition.true_where_absent or _demands_presence(statement, condition.folded):
            continue
        tested_here = any(one.true_where_absent for one in statement.conditions_on(other))
        if not tested_here and other in statement.policy.condition_keys:
            message = f"holds for every request that has only the other name of `{condition.key}`"
            yield Hit(message, condition.path, key=condition.key)


def _other_name(key: str) -> str | None:
    """Return the other name of a KMS condition key, lower case, or None where it has just one."""
    names = quirks.renamed_keys()
    return names.get(key) or next((old for old, new in names.items() if new == key), None)


def _demands_presence(statement: Statement, key: str) -> bool:
    """Tell whether another condition of *statement* is false where *key* is absent, such as ``Null: false``."""
    return any(one.true_where_absent is False for one in statement.conditions_on(key))


@statement_rule(
    "RM309", "deny-without-effect", Severity.WARNING, "a Deny demands a key that SageMaker's action never carries",
    _ACTIONS, effect="Deny", with_condition=True,
)  # fmt: skip
def deny_without_effect(statement: Statement) -> Iterator[Hit]:
    """
    The operator is false where the key is absent, and requests for the action never carry the key.

    So the Deny never denies the action: it goes round the guardrail. Deny the action itself, or say by name
    that it is not narrowed.
    """
    for condition in statement.conditions:
        if not judged(condition) or condition.true_where_absent is not False:
            continue
        if free := [written for written, _ in _lacking(statement, condition) if _is_sagemakers(condition, written)]:
            message = f"{listed(free)} {_carry(free)} `{condition.key}`: never denied"
            yield Hit(message, condition.path, free[0], condition.key)
