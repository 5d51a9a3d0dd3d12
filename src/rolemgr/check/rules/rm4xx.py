"""RM4: condition operators, set qualifiers, and the types of the keys that they are put on."""

from collections.abc import Iterator
from ipaddress import ip_network

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.rule import IAM, Hit, statement_rule, value_at
from rolemgr.iam.variables import as_pattern, replaced
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.condition_keys import ConditionKey, find_key
from rolemgr.reference.providers import is_provider_key

_OPERATORS = IAM + "reference_policies_elements_condition_operators.html"
_SETS = IAM + "reference_policies_condition-single-vs-multi-valued-context-keys.html"
_TYPES = {
    "Numeric": {"Numeric"},
    "Date": {"Date"},
    "Bool": {"Bool"},
    "IpAddress": {"IPAddress"},
    "NotIpAddress": {"IPAddress"},
}
"""What keys each family of operators can read; String operators read any, ARN operators what looks like one."""


@statement_rule(
    "RM401", "type-mismatch", Severity.WARNING, "the operator is not one for the key's type",
    _OPERATORS, with_condition=True,
)  # fmt: skip
def type_mismatch(statement: Statement) -> Iterator[Hit]:
    """
    The operator can't read what the key holds: Bool on the text `Enabled`, Numeric on text.

    A positive operator then never matches, a negated one always does. String operators on an ARN or on a
    boolean work, as they compare the text, and are not reported; on a range of addresses they do not.
    """
    for condition in statement.conditions:
        key = find_key(condition.key)
        if key and condition.operator and not condition.opaque and _clashes(condition, key):
            message = f"{condition.operator_text} can't read `{key.name}`, which is of type {key.type}"
            yield Hit(message, condition.path, key=condition.key)


def _clashes(condition: ReadCondition, key: ConditionKey) -> bool:
    base = condition.operator.base if condition.operator else ""
    if base.startswith("Arn"):
        return key.type == "String" and not all(_like_arn(value) for value in condition.values)
    if base.startswith("String") and key.type == "IPAddress" and any("/" in value for value in condition.values):
        return True  # an address is a text without a range
    if base.startswith("String"):
        return key.type in ("Numeric", "Date", "IPAddress") and ("Like" in base or "IgnoreCase" in base)
    family = next((name for name in _TYPES if base.startswith(name)), None)
    return family is not None and key.type not in _TYPES[family] and not _read_as(family, key)


def _read_as(family: str, key: ConditionKey) -> bool:
    """Tell whether a key is of two types: times are numbers too, and AWS lists some booleans as text."""
    if family in ("Numeric", "Date"):
        return key.type in ("Numeric", "Date") or key.name == "aws:EpochTime"
    return family == "Bool" and key.type == "String" and not key.name.startswith("sagemaker:")


def _like_arn(value: str) -> bool:
    return value.startswith("arn:") or has_wildcard(as_pattern(value))


@statement_rule(
    "RM402", "wildcard-without-like", Severity.WARNING, "a wildcard where the operator takes it literally",
    _OPERATORS, with_condition=True,
)  # fmt: skip
def wildcard_without_like(statement: Statement) -> Iterator[Hit]:
    """
    StringEquals compares `*` and `?` as characters: use StringLike.

    ArnEquals and ArnLike are the same, and both take wildcards. The account-wide source ARN of SageMaker
    (`arn:aws:sagemaker:REGION:ACCOUNT:*`) is sent literally by some features, and is not reported.
    """
    for condition in statement.conditions:
        base = condition.operator.base if condition.operator else ""
        if not base.startswith("String") or "Like" in base or condition.folded == "aws:sourcearn":
            continue
        for value in condition.values:
            if "*" in replaced(value, "", escapes={"*": ""}):
                message = f"{condition.operator_text} takes the `*` of `{value}` literally"
                yield Hit(message, value_at(statement, condition, value), key=condition.key)


@statement_rule(
    "RM403", "qualifier-on-single-value", Severity.WARNING, "a set qualifier on a key of one value",
    _SETS, with_condition=True,
)  # fmt: skip
def qualifier_on_single_value(statement: Statement) -> Iterator[Hit]:
    """
    ForAllValues and ForAnyValue are for keys of which a request has several values.

    On a key of one value ForAllValues makes the condition true where the key is absent, and ForAnyValue
    changes nothing. ForAnyValue with a negated operator is not reported: it makes the condition false where
    the key is absent, which a Deny may want.
    """
    for condition, key in _known(statement):
        operator = condition.operator
        wanted = operator and operator.qualifier == "ForAnyValue" and operator.negated
        if operator and operator.qualifier and not (key.multivalued or key.disputed or wanted):
            message = f"`{key.name}` has one value: {operator.qualifier} is for several"
            yield Hit(message, condition.path, key=condition.key)


_COMPARED_AS_ONE = ("events:",)
"""EventBridge's guide compares its keys without a qualifier, though the reference lists them as lists."""


@statement_rule(
    "RM404", "missing-qualifier", Severity.ERROR, "a key of several values without a set qualifier",
    _SETS, with_condition=True,
)  # fmt: skip
def missing_qualifier(statement: Statement) -> Iterator[Hit]:
    """
    A request has several values of the key, so the operator needs ForAllValues or ForAnyValue.

    How AWS compares without one is not documented. In a Deny of what is not on a list that is
    ForAnyValue:StringNotEquals, in an Allow ForAllValues:StringEquals and `Null: false`.
    """
    for condition, key in _known(statement):
        if condition.operator is None or condition.folded.startswith(_COMPARED_AS_ONE):
            continue
        if key.multivalued and not (condition.operator.qualifier or key.disputed) and condition.operator.base != "Null":
            message = f"`{key.name}` has several values: write ForAnyValue:{condition.operator_text} or ForAllValues:"
            yield Hit(message + condition.operator_text, condition.path, key=condition.key)


_HARMLESS_WHEN_ABSENT = (
    "tagkeys", "contextkeys", "kms:grantoperations",
    "normalizedrecordnames", "recordtypes", "resourcerecordsetsactions",
)  # fmt: skip
"""Lists of what a request names, and fields that the API demands (CreateGrant's Operations, Route 53's changes)."""


@statement_rule(
    "RM405", "for-all-values-without-null", Severity.SECURITY_WARNING, "ForAllValues holds without the key",
    _SETS, effect="Allow", with_condition=True,
)  # fmt: skip
def for_all_values_without_null(statement: Statement) -> Iterator[Hit]:
    """
    ForAllValues is true where the key is absent: leaving the field out bypasses the limit.

    Add `Null: {key: "false"}` to the Allow, where the action's requests always have the key. Keys that list
    what a request names (aws:TagKeys, kms:EncryptionContextKeys) are not reported, as a request without them
    names nothing; nor are those that every request has.
    """
    for condition in statement.conditions:
        if not condition.operator or condition.operator.qualifier != "ForAllValues":
            continue
        if condition.opaque or condition.folded.endswith(_HARMLESS_WHEN_ABSENT):
            continue
        if not any(one.true_where_absent is False for one in statement.conditions_on(condition.folded)):
            message = f"a request without `{condition.key}` is let through: add Null {condition.key}: false"
            yield Hit(message, condition.path, key=condition.key)


@statement_rule(
    "RM406", "all-values-in-deny", Severity.SECURITY_WARNING, "ForAllValues in a Deny is content with one good value",
    _SETS, effect="Deny", with_condition=True,
)  # fmt: skip
def all_values_in_deny(statement: Statement) -> Iterator[Hit]:
    """
    ForAllValues in a Deny holds only where every value is a wrong one: a job with groups of `ml.m5.large` and
    `ml.p4d.24xlarge` goes through, whether the Deny lists what is approved (StringNotEquals) or what is not.

    In a Deny use ForAnyValue: one wrong value is enough. Keys of which one good value is enough are not reported
    under a negated operator: aws:TagKeys and kms:EncryptionContextKeys with the one name that must be among them, and
    those that name who calls, or for whom (aws:CalledVia, aws:PrincipalOrgPaths). Of several tags that must be there
    each wants a Deny of its own.
    """
    for condition, key in _known(statement):
        operator = condition.operator
        if operator is None or operator.qualifier != "ForAllValues" or not key.multivalued or is_provider_key(key.name):
            continue
        if not condition.folded.startswith("aws:") and not (operator.negated and _lists_keys(condition)):
            wanted = str(operator._replace(qualifier="ForAnyValue"))
            message = f"one good value of `{key.name}` lets the others through: write {wanted}"
            yield Hit(message, condition.path, key=condition.key)
        elif condition.folded == "aws:tagkeys" and not operator.negated:
            message = f"one other tag lets `{condition.key}` through: write ForAnyValue:{operator.base}"
            yield Hit(message, condition.path, key=condition.key)
        elif condition.folded == "aws:tagkeys" and len(condition.values) > 1:
            message = (
                f"one of {len(condition.values)} tags is enough: demand each by Null aws:RequestTag in its own Deny"
            )
            yield Hit(message, condition.path, key=condition.key)


def _lists_keys(condition: ReadCondition) -> bool:
    """Tell whether the key of *condition* lists names, one of which a Deny may want to be there."""
    return condition.folded.endswith(("tagkeys", "contextkeys"))


@statement_rule(
    "RM407", "private-source-address", Severity.WARNING, "aws:SourceIp holds no private address",
    IAM + "access-analyzer-reference-policy-checks.html"
    "#access-analyzer-reference-policy-checks-error-private-ip-address",
    with_condition=True,
)  # fmt: skip
def private_source_address(statement: Statement) -> Iterator[Hit]:
    """
    aws:SourceIp is the public address that a request comes from; through a VPC endpoint the key is absent. A range such
    as 10.0.0.0/8 therefore matches no request: an Allow by it is dead, a Deny by it denies nothing, and NotIpAddress
    denies everybody.

    Compare aws:VpcSourceIp beside aws:SourceVpc, or the public addresses of your network.
    """
    for condition in statement.conditions_on("aws:sourceip"):
        if condition.operator and condition.operator.base in ("IpAddress", "NotIpAddress"):
            for value in filter(_is_private, condition.values):
                message = f"`{value}` is private: compare aws:VpcSourceIp, as `{condition.key}` holds public addresses"
                yield Hit(message, value_at(statement, condition, value), key=condition.key)


_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def _is_private(value: str) -> bool:
    """Tell whether the range *value* lies in one that nobody uses on the internet (RFC 1918, RFC 4193)."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    return any(network.version == one.version and network.subnet_of(one) for one in _PRIVATE)  # type: ignore[arg-type]


def _known(statement: Statement) -> Iterator[tuple[ReadCondition, ConditionKey]]:
    for condition in statement.conditions:
        key = find_key(condition.key)
        if key and condition.operator:
            yield condition, key
