"""
Who at a shared provider of identities a statement means: one customer of it, or anybody.

The one judge of that, whom RM804 and the custom check `no_public_access` ask.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from collections.abc import Iterator
from typing import NamedTuple

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.rule import value_at
from rolemgr.files.source import DataPath
from rolemgr.iam.variables import around_variables, key_variables_in
from rolemgr.iam.wildcards import fixed_beginning
from rolemgr.reference.providers import SharedProvider, shared_providers


class OpenProvider(NamedTuple):
    """A shared *provider* all of whose customers a statement means: why, and where that stands."""

    provider: str
    reason: str
    path: DataPath


def open_providers(statement: Statement) -> Iterator[OpenProvider]:
    """Yield the shared providers of which *statement* tells no customer apart, as far as its conditions are known."""
    if "Condition" in statement.opaque:
        return
    for kind, value in statement.principals:
        shared = shared_providers().get(value.partition(":oidc-provider/")[2] or value)
        if kind == "Federated" and shared and not any(tells_apart(one, shared) for one in statement.conditions):
            keys = " or ".join(shared.condition_keys()[:2])
            wide, where = wide_value(statement, shared)
            what = f"`{wide}` fits others too: " if wide else ""
            reason = f"{what}no condition on {keys} names one customer of `{shared.provider}`"
            yield OpenProvider(shared.provider, reason, where)


def _positive(statement: Statement, shared: SharedProvider) -> Iterator[ReadCondition]:
    """Yield the conditions of *statement* that want a value of one of the claims of *shared*."""
    keys = {key.lower() for key in shared.condition_keys()}
    for condition in statement.conditions:
        if condition.folded in keys and _wants_a_value(condition):
            yield condition


def wide_value(statement: Statement, shared: SharedProvider) -> tuple[str | None, DataPath]:
    """Return the value that fits other customers of *shared* too, and where it stands; without one the principal."""
    for condition in _positive(statement, shared):
        for value in condition.values:
            if not tells_apart(condition._replace(values=(value,)), shared):
                return value, value_at(statement, condition, value)
    return None, statement.at("Principal")


def _wants_a_value(condition: ReadCondition) -> bool:
    return bool(condition.operator and condition.operator.base != "Null" and condition.true_where_absent is False)


def tells_apart(condition: ReadCondition, shared: SharedProvider) -> bool:
    """Tell whether *condition* holds for tokens of one customer of *shared* alone."""
    claim = next(
        (
            one
            for one, key in zip(shared.claims, shared.condition_keys(), strict=True)
            if key.lower() == condition.folded
        ),
        "",
    )
    if not claim or not _wants_a_value(condition):
        return False
    patterns = bool(condition.operator and "Like" in condition.operator.base)
    return condition.opaque or all(_names_one(value, claim, shared, patterns) for value in condition.values)


_OWNER_AND_NAME = ("repository", "job_workflow_ref")
"""GitHub's claims that begin with the owner and a slash, as its subjects do behind their first word."""


def _names_one(value: str, claim: str, shared: SharedProvider, patterns: bool) -> bool:
    """Tell whether *value* of *claim*, a pattern perhaps, is fixed up to the end of a customer's name."""
    text, *later = around_variables(value)
    head = fixed_beginning(text) if patterns else text
    if later and head == text and not any(key_variables_in(later[0])):
        return True  # another tool fills in what comes next: it is not known to be wide
    if claim in _OWNER_AND_NAME:
        return head.find("/") > 0
    if claim != "sub":
        return bool(value) and head == value  # an audience or an id: `12*` is 123 of somebody else
    if not shared.tenants:
        return bool(head)
    whole = f"{head}:" if head == value else head  # what is complete ends the name too
    return any(_ends_tenant(whole, *form.split("*")) for form in shared.tenants)


def _ends_tenant(head: str, start: str, end: str) -> bool:
    """Tell whether *head* holds *start* as a word, then a name, then *end*."""
    for at in (0, *(index + 1 for index, one in enumerate(head) if one == ":")):
        if head.startswith(start, at) and head.find(end, at + len(start)) > at + len(start):
            return True
    return False
