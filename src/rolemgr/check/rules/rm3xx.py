"""RM3: what a statement reaches: do its actions take its resources, do their requests carry its keys."""

from collections.abc import Iterator

from rolemgr.check.document import GRANTING, Document, ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_everything, is_star
from rolemgr.check.rule import (
    IAM,
    IDENTITY_LIKE,
    REFERENCE,
    SAGEMAKER,
    Hit,
    group_rule,
    listed,
    statement_rule,
)
from rolemgr.check.rules.absence import absent_and_free, harmless, open_by_absence
from rolemgr.check.rules.always_true import condition_always_holds  # noqa: F401 - RM315, one of this hundred
from rolemgr.check.rules.carried import (
    actions_blocked,
    actions_lacking,
    can_match,
    carries,
    dead_patterns,
    demands,
    is_by_tag,
    is_of_own_service,
    is_sagemakers,
    judged,
    names_of,
    whole_statement_lacking,
)
from rolemgr.check.rules.contradictions import (  # noqa: F401 - RM317 and RM318, of this hundred
    allow_never_matches,
    deny_never_matches,
)
from rolemgr.check.rules.denied_again import denied_again, is_certain_deny
from rolemgr.check.rules.denied_nowhere import denied_nowhere  # noqa: F401 - RM316, one of this hundred
from rolemgr.check.rules.reference_known import exact_actions
from rolemgr.check.rules.types_taken import any_fits, has_named_types, missing_types
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.variables import early_variable
from rolemgr.reference import quirks

_ACTIONS = REFERENCE + "reference_policies_actions-resources-contextkeys.html"


@statement_rule(
    "RM301", "needs-all-resources", Severity.WARNING, "the action has no resources: Resource must be `*`",
    _ACTIONS, kinds=IDENTITY_LIKE, effect="Allow",
)  # fmt: skip
def needs_all_resources(statement: Statement) -> Iterator[Hit]:
    """
    IAM has no resource-level permissions for the action: AWS asks for it on `*`, which no ARN matches.

    The Allow is dead for it. Give it a statement of its own on `*`. Reported for the services that machine
    learning needs, where the reference is known to be right.
    """
    if "Resource" in statement.opaque or not statement.resources or any(map(is_star, statement.resources)):
        return
    dead = [name for name, action in exact_actions(statement) if not action.resource_types]
    dead += [name for name in statement.actions if name in quirks.never_on_arns() and name not in dead]
    if dead:
        yield Hit(f"{listed(dead)} can only be allowed on `*`", statement.at("Action", dead[0]), dead[0])


@statement_rule(
    "RM302", "wrong-resource-type", Severity.WARNING, "no resource of the statement is one that the action takes",
    _ACTIONS, kinds=IDENTITY_LIKE | {PolicyType.RESOURCE}, effect="Allow",
)  # fmt: skip
def wrong_resource_type(statement: Statement) -> Iterator[Hit]:
    """
    The action takes resources of certain types, and no ARN of the statement can be one of them.

    s3:ListBucket is asked for on the bucket, s3:GetObject on the objects in it. The Allow is dead for the
    action. Reported for the services that machine learning needs, where the reference is known to be right; of
    resources' own policies for those of buckets.
    """
    if "Resource" in statement.opaque or not statement.resources or any(map(is_everything, statement.resources)):
        return
    found: dict[str, list[str]] = {}
    for name, action in exact_actions(statement):
        if statement.policy.kind is PolicyType.RESOURCE and action.service not in _OWN_POLICIES:
            continue
        if action.resource_types and not any_fits(statement.resources, action):
            types = ", ".join(use.name for use in action.resource_types[:4])
            found.setdefault(types, []).append(name)
    for types, actions in found.items():
        message = f"{listed(actions)} {_takes(actions)} {types}: no resource here is one"
        yield Hit(message, statement.at("Action", actions[0]), actions[0])


_OWN_POLICIES = frozenset({"s3"})
"""Services of which the reference says what a resource's own policy may name; SageMaker's packages take CreateModel."""


def _takes(actions: list[str]) -> str:
    return "takes" if len(actions) == 1 else "take"


@statement_rule(
    "RM303", "wildcard-as-type", Severity.SUGGESTION, "an ARN leaves the resource type to a wildcard",
    IAM + "reference_policies_elements_resource.html", kinds=IDENTITY_LIKE, effect="Allow",
)  # fmt: skip
def wildcard_as_type(statement: Statement) -> Iterator[Hit]:
    """
    `arn:aws:sagemaker:eu-west-1:111122223333:*` spans every type of the service, also those yet to come.

    Name the type: `...:training-job/*`. Services of one type, and types without a name in front, are left out.
    """
    for resource in statement.resources:
        arn = Arn.parse(resource)
        if arn and arn.resource.startswith("*") and has_named_types(arn.service):
            yield Hit(f"`{resource}` is of any type", statement.at("Resource", resource))


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


def _dead(statement: Statement, *, sagemakers: bool) -> Iterator[Hit]:
    for condition in statement.conditions:
        if not judged(condition) or condition.true_where_absent is not False:
            continue
        dead = [
            *(name for name, _ in actions_lacking(statement, condition)),
            *dead_patterns(statement, condition),
        ]
        dead = [name for name in dead if is_sagemakers(condition, name) is sagemakers]
        if dead:
            message = f"{listed(dead)} {_carry(dead)} `{condition.key}`: the Allow is dead for {_it(dead)}"
            yield Hit(message, condition.path, dead[0], condition.key)


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _carry(names: list[str]) -> str:
    return "never carries" if len(names) == 1 else "never carry"


@statement_rule(
    "RM306", "limit-without-effect", Severity.SECURITY_WARNING, "a condition of an Allow limits nothing",
    _ACTIONS, effect="Allow", with_condition=True, kinds=GRANTING,
)  # fmt: skip
def limit_without_effect(statement: Statement) -> Iterator[Hit]:
    """
    The operator is true where the key is absent, and requests for the action never carry the key.

    IfExists, ForAllValues, a negated operator or `Null: true` on such a key looks like a limit, and is none. Keys that
    AWS's own examples test with IfExists (dynamodb:Select) limit the actions of the statement that have them. Tag keys
    and patterns of actions are reported where nothing in the statement has the key.
    """
    for condition in statement.conditions:
        if not judged(condition) or not condition.true_where_absent or _is_for_others(statement, condition):
            continue
        if free := _unlimited(statement, condition):
            message = f"{listed(free)} {_carry(free)} `{condition.key}`: nothing is limited"
            yield Hit(message, condition.path, free[0], condition.key)


def _unlimited(statement: Statement, condition: ReadCondition) -> list[str]:
    """Return the actions of *statement* that *condition*, true where its key is absent, never limits."""
    if found := whole_statement_lacking(statement, condition):
        return found
    lacking = actions_lacking(statement, condition) if not is_by_tag(condition) else ()
    return [name for name, action in lacking if is_of_own_service(condition, action)]


def _is_for_others(statement: Statement, condition: ReadCondition) -> bool:
    """Tell whether AWS documents the IfExists of *condition*, for actions of the *statement* that carry its key."""
    documented = condition.folded in quirks.for_actions_that_carry()
    if not documented or condition.operator is None or not condition.operator.if_exists:
        return False
    return any(carries(action, condition.key) for _, action in exact_actions(statement))


@statement_rule(
    "RM307", "blocks-for-ever", Severity.ERROR, "a Deny matches because its action never carries its key",
    _ACTIONS, effect="Deny", with_condition=True,
)  # fmt: skip
def blocks_for_ever(statement: Statement) -> Iterator[Hit]:
    """
    `Null: true`, IfExists, ForAllValues and a bare negated operator match where the key is absent.

    Requests for the action never carry the key, so that the condition always holds. Popular cases:
    BoolIfExists sagemaker:NetworkIsolation on transform and AutoML jobs, Null sagemaker:VolumeKmsKey on
    UpdateNotebookInstance, the same on `sagemaker:*`. List exactly the actions that must carry the key. Of other
    services that machine learning needs it is reported where nothing in the statement has the key.
    """
    for condition in statement.conditions:
        if not judged(condition) or not condition.true_where_absent:
            continue
        if blocked := _blocked(statement, condition):
            message = f"{listed(blocked)} {_carry(blocked)} `{condition.key}`: the condition always holds"
            yield Hit(message, condition.path, blocked[0], condition.key)


def _blocked(statement: Statement, condition: ReadCondition) -> list[str]:
    whole = set(whole_statement_lacking(statement, condition))
    return [
        name
        for name, action in actions_blocked(statement, condition)
        if can_match(statement, action) and (name in whole or is_sagemakers(condition, action.name))
    ]


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
        for name, action in exact_actions(statement):
            reason = harmless(statement, condition, action)
            if reason and carries(action, condition.key) and can_match(statement, action):
                message = f"`{name}` may lack `{condition.key}`: {reason}"
                yield Hit(message, condition.path, name, condition.key)


@statement_rule(
    "RM309", "deny-without-effect", Severity.WARNING, "a Deny demands a key that its actions never carry",
    _ACTIONS, effect="Deny", with_condition=True,
)  # fmt: skip
def deny_without_effect(statement: Statement) -> Iterator[Hit]:
    """
    The operator is false where the key is absent, and requests for the action never carry the key.

    So the Deny never denies the action: it goes round the guardrail. Deny the action itself, or say by name
    that it is not narrowed. Reported of each action of SageMaker's, and of other services that machine learning needs
    where nothing in the statement has the key.
    """
    for condition in statement.conditions:
        if not judged(condition) or condition.true_where_absent is not False:
            continue
        lacking = (name for name, _ in actions_lacking(statement, condition) if is_sagemakers(condition, name))
        if free := whole_statement_lacking(statement, condition) or list(lacking):
            message = f"{listed(free)} {_carry(free)} `{condition.key}`: never denied"
            yield Hit(message, condition.path, free[0], condition.key)


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
        other = next(iter(names_of(condition.folded)[1:]), None)
        if other is None or not condition.true_where_absent or demands(statement, condition.folded):
            continue
        if statement.actions and all(action in quirks.never_had_old_names() for action in statement.actions):
            continue
        tested_here = any(one.true_where_absent for one in statement.conditions_on(other))
        if not tested_here and other in statement.policy.condition_keys:
            message = f"holds for every request that has only the other name of `{condition.key}`"
            yield Hit(message, condition.path, key=condition.key)


@group_rule(
    "RM311", "absence-gets-round", Severity.WARNING, "a Deny of values lets requests through that leave the key out",
    IAM + "reference_policies_elements_condition_operators.html",
)  # fmt: skip
def absence_gets_round(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The Deny judges the value of a key that the request may leave out, and then it is not denied: a job
    without a runtime limit, a notebook with its default of root access, a call with an access key, which has no
    aws:MultiFactorAuthPresent that could be false.

    Deny the absence too, by a Deny of its own with `Null: true` (BoolIfExists for a boolean, a bare negated
    operator for a text), on the actions that must carry the key. Reported where no policy of the role, or
    this policy where it stands alone, does that. Of AWS's global keys it is told where the value that is denied
    is the want of something: no MFA, an old one, no service or organization in between.
    """
    statements = list(dict.fromkeys(one for document in documents for one in document.statements_together))
    yield from absent_and_free([one for document in documents for one in document.statements], statements)
    closed: dict[object, bool] = {}
    for document in documents:
        for statement in document.statements if document.kind is not PolicyType.RESOURCE else ():
            for condition in statement.conditions if statement.effect == "Deny" else ():
                if open_ones := list(open_by_absence(statement, condition, statements, closed)):
                    message = (
                        f"{listed(open_ones)} without `{condition.key}` bypasses this Deny; also deny requests that"
                        " omit the key"
                    )
                    yield document, Hit(message, condition.path, open_ones[0], condition.key, statement.sid)


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
            for name, action in exact_actions(statement):
                if action.name not in found:
                    found[action.name] = missing_types(action, allowing)
                if missing := found[action.name]:
                    message = f"`{name}` takes {', '.join(missing)} too: no resource here is one"
                    yield document, Hit(message, statement.at("Action", name), name, sid=statement.sid)


_LOGIC = IAM + "reference_policies_evaluation-logic.html"


@group_rule(
    "RM313", "allow-under-deny", Severity.SUGGESTION, "an Allow is denied again, whatever the request",
    _LOGIC + "#policy-eval-denyallow",
)  # fmt: skip
def allow_under_deny(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    A Deny of the same role (or of the same policy of a resource) is about the action on all resources of the
    Allow, and demands nothing that the Allow does not demand too: the Allow is dead for it.

    A Deny by a condition of its own, or on some of the resources, is a limit and not reported. Take the action
    out of the Allow, or mend the Deny; where one is there to hold whatever others allow, leave both.
    """
    for document in documents:
        kind = document.kind
        if kind not in (PolicyType.IDENTITY, PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.BOUNDARY):
            continue
        denies = [one for other in documents if other.kind is kind for one in other.statements if is_certain_deny(one)]
        yield from ((document, hit) for hit in denied_again(document.allows if denies else (), denies))


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
    for element, resource in statement.written_resources:
        if found := early_variable(resource):
            yield Hit(f"`{resource}` has `{found}` before its fifth colon", statement.at(element, resource))
