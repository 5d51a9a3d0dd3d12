"""What one Deny checks: which of its conditions is a check, and what only narrows one."""

from functools import cache

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.iam.wildcards import matches_action
from rolemgr.reference import quirks


def family(key: str) -> str:
    """Return *key* in lower case, under one name for both names of a KMS key."""
    folded = key.lower()
    return quirks.renamed_keys().get(folded, folded)


def is_check(condition: ReadCondition) -> bool:
    """Tell whether *condition* holds for what a guardrail forbids: the key missing, or not as wanted."""
    operator = condition.operator
    if operator is None or not condition.folded.startswith("sagemaker:"):
        return False
    if operator.base == "Null":
        return "true" in [value.lower() for value in condition.values]
    if operator.base == "Bool":
        return "false" in [value.lower() for value in condition.values]
    return operator.negated


def is_local_disk_exception(statement: Statement, tests: dict[str, str]) -> bool:
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
