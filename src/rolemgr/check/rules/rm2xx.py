"""RM2: names that AWS does not have: services, actions, operators, condition keys."""

from collections.abc import Iterator
from functools import cache, lru_cache

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.rule import (
    IAM,
    REFERENCE,
    Hit,
    listed,
    near,
    nearest,
    statement_rule,
    texts_with_variables,
    value_at,
)
from rolemgr.iam.arn import Arn
from rolemgr.iam.operators import CONDITION_OPERATORS, QUALIFIERS, without_affixes
from rolemgr.iam.variables import key_variables_in, opens_variable
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.condition_keys import (
    deprecated_keys,
    find_key,
    guide_keys,
    is_service_variable,
    key_names_like,
    known_values,
    prefix_known,
)  # fmt: skip
from rolemgr.reference.names import Doubt, arn_doubts, region_doubt
from rolemgr.reference.nearest import nearest_action
from rolemgr.reference.providers import claims, is_provider_key
from rolemgr.reference.quirks import newer_actions, not_in_the_reference, operations_without_action
from rolemgr.reference.services import action_names, expand, service_exists, services

_LIST = REFERENCE + "reference_policies_actions-resources-contextkeys.html"


@statement_rule("RM201", "unknown-service", Severity.ERROR, "AWS has no service of this prefix", _LIST)
def unknown_service(statement: Statement) -> Iterator[Hit]:
    """
    The Service Authorization Reference has no service of this prefix, so the action stands for nothing.

    A service that AWS has shut down leaves the reference, and its actions with it. A wildcard in the prefix
    is judged only where it can stand for no service.
    """
    for element, action in statement.written_actions:
        prefix = action.partition(":")[0].lower()
        if ":" in action and not _service_known(prefix):
            pattern = nearest_action(action)
            meant = f"; did you mean `{pattern}`?" if pattern else near(prefix, services())
            message = f"`{prefix}` is not a service prefix that AWS knows{meant}"
            yield Hit(message, statement.at(element, action), action)


@lru_cache(maxsize=1024)
def _service_known(prefix: str) -> bool:
    return bool(expand(f"{prefix}:*")) if has_wildcard(prefix) else service_exists(prefix)


@statement_rule("RM202", "unknown-action", Severity.ERROR, "the service has no such action", _LIST)
def unknown_action(statement: Statement) -> Iterator[Hit]:
    """
    The service exists, but the Service Authorization Reference lists no action of this name.

    An Allow of it grants nothing, a Deny denies nothing: for a Deny that is how a guardrail is lost. API
    names are not always action names (ListBuckets is s3:ListAllMyBuckets, UpdateRecord is
    sagemaker:PutRecord).
    """
    for element, action in statement.written_actions:
        if ":" in action and not has_wildcard(action) and _is_unknown(action):
            service, _, name = action.partition(":")
            known = tuple(spelt.partition(":")[2] for spelt in action_names(service.lower()).values())
            instead = operations_without_action().get(action.lower())
            meant = f": for that operation AWS asks for {listed(instead, 4)}" if instead else near(name, known)
            message = f"`{action}` is not an action that AWS knows{meant}"
            yield Hit(message, statement.at(element, action), action)


@lru_cache(maxsize=65_536)
def _is_unknown(action: str) -> bool:
    service, _, name = action.lower().partition(":")
    return (
        service_exists(service) and name not in action_names(service) and action.lower() not in not_in_the_reference()
    )


@statement_rule("RM203", "pattern-without-action", Severity.ERROR, "the pattern stands for no action", _LIST)
def pattern_without_action(statement: Statement) -> Iterator[Hit]:
    """
    The service exists, but none of its actions matches the pattern.

    An Allow of it grants nothing today, and whatever AWS names so tomorrow.
    """
    for element, action in statement.written_actions:
        if ":" in action and has_wildcard(action) and _stands_for_nothing(action):
            pattern = nearest_action(action)
            meant = f"; did you mean `{pattern}`?" if pattern else ""
            yield Hit(f"`{action}` matches no action{meant}", statement.at(element, action), action)


@lru_cache(maxsize=16_384)
def _stands_for_nothing(pattern: str) -> bool:
    prefix = pattern.partition(":")[0].lower()
    return not has_wildcard(prefix) and service_exists(prefix) and not expand(pattern)


@statement_rule(
    "RM204", "unknown-operator", Severity.ERROR, "IAM has no such condition operator",
    IAM + "reference_policies_elements_condition_operators.html", with_condition=True,
)  # fmt: skip
def unknown_operator(statement: Statement) -> Iterator[Hit]:
    """
    The operator is none of IAM's, such as the `String` of an example that is copied about: use StringEquals.

    Null takes neither a set qualifier nor IfExists.
    """
    for condition in statement.conditions:
        if condition.operator is None:
            message = (
                f"`{condition.operator_text}` is not a condition operator{_operator_near(condition.operator_text)}"
            )
            yield Hit(message, condition.path[:-1], key=condition.key)


def _operator_near(operator: str) -> str:
    """Return a hint at what *operator* may have meant, with its qualifier and IfExists as they are."""
    before, base, if_exists = without_affixes(operator)
    whole = f"{base}Equals"
    found = whole if whole in CONDITION_OPERATORS else nearest(base, CONDITION_OPERATORS)
    if found is None:
        return ""
    qualifier = nearest(before, QUALIFIERS) if before else None
    if found == "Null":  # takes neither
        return "; did you mean `Null`?"
    meant = (f"{qualifier}:" if qualifier else "") + found + ("IfExists" if if_exists else "")
    return f"; did you mean `{meant}`?"


@statement_rule(
    "RM205", "unknown-key", Severity.ERROR, "AWS has no such condition key",
    IAM + "reference_policies_condition-keys.html", with_condition=True,
)  # fmt: skip
def unknown_key(statement: Statement) -> Iterator[Hit]:
    """
    Neither the service nor IAM has a condition key of this name, so no request ever carries it.

    In an Allow a positive operator on it never matches; in a Deny a negated one always does. For claims of
    OIDC providers (`idp.example.com:groups`) see RM208, for keys that only a guide names RM209.
    """
    for condition in statement.conditions:
        if condition.folded in _NAMED_ELSEWHERE or not _key_unknown(condition.key):
            continue
        known = key_names_like(condition.key)
        yield Hit(
            f"`{condition.key}` is not a condition key that AWS knows{near(condition.key, known)}",
            condition.path,
            key=condition.key,
        )


_NAMED_ELSEWHERE = frozenset({"aws:arn", "sagemaker:usespot"})
"""Keys that a rule of its own explains (RM902, RM903)."""


@lru_cache(maxsize=8_192)
def _key_unknown(key: str) -> bool:
    if find_key(key) or is_provider_key(key) or opens_variable(key):
        return False
    return ":" not in key or prefix_known(key) or not service_exists(key.partition(":")[0].lower())


@statement_rule(
    "RM206", "deprecated-key", Severity.WARNING, "the condition key is deprecated",
    REFERENCE + "list_amazonsagemakerai.html", with_condition=True,
)  # fmt: skip
def deprecated_key(statement: Statement) -> Iterator[Hit]:
    """
    Since June 2026 the reference replaces sagemaker's `...KmsKey` keys by `...KmsKeyArn` on every action.

    Whether SageMaker still fills the old names is not documented. Judge both: a statement for each name. It
    is not reported where the same policy judges the successor too.
    """
    for condition in statement.conditions:
        successor = deprecated_keys().get(condition.folded)
        if successor and successor.lower() not in statement.policy.condition_keys:
            yield Hit(f"`{condition.key}` is replaced by `{successor}`", condition.path, key=condition.key)


@statement_rule(
    "RM207", "unknown-value", Severity.ERROR, "the condition key never has this value",
    REFERENCE + "list_amazonsagemakerai.html", with_condition=True,
)  # fmt: skip
def unknown_value(statement: Statement) -> Iterator[Hit]:
    """
    The key has a fixed set of values, and this is none of them: sagemaker:RootAccess is Enabled or Disabled.

    Values are compared as text, and so by case, except with StringEqualsIgnoreCase. InstanceTypes are
    written with their `ml.`; Studio's JupyterServer app has the instance type `system`.
    """
    for condition in statement.conditions:
        for value in condition.values:
            if condition.operator and condition.operator.base.startswith("String") and _wrong_value(condition, value):
                known = known_values(condition.folded) or ("ml.m5.large", "ml.*", "system")
                message = f"`{condition.key}` is never `{value}`: AWS has {', '.join(known)}"
                yield Hit(message, value_at(statement, condition, value), key=condition.key)


def _wrong_value(condition: ReadCondition, value: str) -> bool:
    if has_wildcard(value) or opens_variable(value):
        return False
    if condition.folded == "sagemaker:instancetypes":
        return not value.startswith("ml.") and value != "system"
    known = known_values(condition.folded)
    if condition.operator and "IgnoreCase" in condition.operator.base:
        known, value = tuple(one.lower() for one in known), value.lower()
    return bool(known) and value not in known


@statement_rule(
    "RM208", "unlisted-claim", Severity.WARNING, "AWS lists no condition key for this claim of the provider",
    IAM + "reference_policies_iam-condition-keys.html#condition-keys-wif", with_condition=True,
)  # fmt: skip
def unlisted_claim(statement: Statement) -> Iterator[Hit]:
    """
    AWS STS makes condition keys of a few claims of a token: amr, aud, email, oaud and sub of any OIDC
    provider, and some more of GitHub, GitLab, Google, Buildkite, CircleCI and Oracle Cloud.

    A claim of your own is none of them, so that no request carries the key. Put what you need into the
    subject (sub), or into a session tag (`https://aws.amazon.com/tags`) and compare aws:PrincipalTag.
    """
    for condition in statement.conditions:
        if is_provider_key(condition.key) and not condition.opaque and not find_key(condition.key):
            claim = condition.key.rpartition(":")[2]
            message = (
                f"AWS lists no condition key for the claim `{claim}`: of any provider it takes {', '.join(claims())}"
            )
            yield Hit(message, condition.path, key=condition.key)


@statement_rule(
    "RM209", "key-of-a-guide", Severity.WARNING, "a guide names the condition key, the reference does not",
    IAM + "reference_policies_condition-keys.html", with_condition=True,
)  # fmt: skip
def key_of_a_guide(statement: Statement) -> Iterator[Hit]:
    """
    A developer guide of AWS has the key, and neither IAM's list of global keys nor the Service Authorization
    Reference: a few services fill it, and what becomes of it is not promised.

    aws:SourceOwner stands in SNS's default topic policy. Demand the key that replaced it too.
    """
    for condition in statement.conditions:
        if found := guide_keys().get(condition.folded):
            yield Hit(f"`{condition.key}` is {found.note}; see {found.source}", condition.path, key=condition.key)


@statement_rule(
    "RM210", "unlisted-action", Severity.WARNING, "AWS has the name, and the reference does not list it", _LIST
)
def unlisted_action(statement: Statement) -> Iterator[Hit]:
    """
    The action stands in policies that AWS makes, such as sns:Receive in a topic's default policy, or AWS's SDK has
    an operation of that name, such as PutEndpointPolicy, and the reference does not say what it allows.

    Leave it out of an Allow of yours. A Deny of an operation of the SDK is not reported: it may hold, and does no harm.
    """
    for element, action in statement.written_actions:
        if statement.effect == "Deny" and action.lower() in _newer():
            continue
        if note := not_in_the_reference().get(action.lower()):
            yield Hit(f"`{action}` is not listed: {note}", statement.at(element, action), action)


@cache
def _newer() -> frozenset[str]:
    return frozenset(map(str.lower, newer_actions()))


@statement_rule(
    "RM211", "useless-variable", Severity.ERROR, "a policy variable that never has a value",
    IAM + "reference_policies_condition-single-vs-multi-valued-context-keys.html",
)  # fmt: skip
def useless_variable(statement: Statement) -> Iterator[Hit]:
    """
    A variable stands for the value of a condition key. AWS has no key of this name, or one of several values:
    "you cannot use a multivalued context key as a policy variable".

    Nothing equals what has no value: the Resource matches nothing, a negated operator matches every request.
    """
    for path, text in texts_with_variables(statement):
        for variable in key_variables_in(text):
            if variable.default is None and (problem := _variable_problem(variable.spelling)):
                yield Hit(problem, path, key=variable.spelling)


def _variable_problem(key: str) -> str | None:
    if is_service_variable(key):
        return None
    if _key_unknown(key):
        return f"`${{{key}}}` names no condition key that AWS knows{near(key, key_names_like(key))}"
    found = find_key(key)
    if found and found.multivalued and not found.disputed:
        return f"`${{{key}}}` has several values, and a policy variable takes a key of one"
    return None


@statement_rule(
    "RM212", "unknown-region", Severity.WARNING, "a Region that AWS does not have",
    "https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html",
)  # fmt: skip
def unknown_region(statement: Statement) -> Iterator[Hit]:
    """
    An ARN, or aws:RequestedRegion, names a Region that AWS does not have, or one of another partition: `us-east1`, or
    `cn-north-1` in `aws`.

    No request is about it, so the statement is dead: an Allow gives nothing, a Deny limits nothing. A Region that is
    newer than the names that are known here looks like this too.
    """
    for element, resource in statement.written_resources if not statement.opaque else ():
        if problem := _region_problem(resource):
            yield Hit(f"`{resource}`: {problem}", statement.at(element, resource))
    for condition in statement.conditions if not statement.opaque else ():
        for value in condition.values:
            problem = _region_problem(value) if value.startswith("arn:") else None
            if condition.folded == "aws:requestedregion" and not (has_wildcard(value) or opens_variable(value)):
                problem = _text_of(region_doubt(value))
            if problem:
                yield Hit(f"`{value}`: {problem}", value_at(statement, condition, value), key=condition.key)


def _region_problem(text: str) -> str | None:
    arn = Arn.parse(text)
    if arn is None or not arn.region or _PLACEHOLDER & set(arn.region):
        return None
    problem = _text_of(next((one for one in arn_doubts(text) if one.name == arn.region), None))
    return problem.removesuffix(f", in {text}") if problem else None


def _text_of(doubt: Doubt | None) -> str | None:
    return f"{doubt.problem}{f'; {doubt.hint}' if doubt.hint else ''}" if doubt else None


_PLACEHOLDER = frozenset("{}<>*?$ \t")
"""What says that the Region is filled in, open, or malformed."""
