"""
What is doubtful about the names in a policy that is given to be asked: actions, condition keys, principals.

`rolemgr check` judges policies; here is only what makes an answer about one worthless: a statement whose
names no request can have takes no part in any decision.
"""

from collections.abc import Iterator, Mapping, Sequence

from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import PolicyDocument, Principals, StatementElement
from rolemgr.iam.operators import base_operator
from rolemgr.iam.variables import opens_variable
from rolemgr.iam.wildcards import contains, has_wildcard
from rolemgr.reference.inert import is_inert
from rolemgr.reference.names import Doubt, action_doubt, arn_doubts, key_doubt, service_principal_doubt
from rolemgr.reference.nearest import nearest_action
from rolemgr.reference.requests import value_doubts
from rolemgr.reference.resources import every_arn
from rolemgr.reference.services import Action, expand, find_action


def document_doubts(document: PolicyDocument) -> Iterator[tuple[int, Doubt]]:
    """Yield each doubt about a name in *document* with the number of its statement; one name once a statement."""
    for index, statement in enumerate(document.statements()):
        for doubt in dict.fromkeys(_doubts(statement)):
            yield index, doubt


def _doubts(statement: StatementElement) -> Iterator[Doubt]:
    for pattern in (*(statement.action or ()), *(statement.not_action or ())):
        yield from filter(None, [action_pattern_doubt(pattern)])
    for element in ("resource", "not_resource"):
        for resource in getattr(statement, element, None) or ():
            yield from arn_doubts(resource) if Arn.parse(resource) else ()
    for element in ("principal", "not_principal"):
        yield from _principal_doubts(getattr(statement, element, None))
    for operator, block in statement.condition.items():
        for key, values in block.items():
            yield from condition_doubts(operator, key, values)


def action_pattern_doubt(pattern: str) -> Doubt | None:
    """Return that no action is known to match *pattern*, or None where one does."""
    if not has_wildcard(pattern):
        return action_doubt(pattern)
    if pattern == "*" or expand(pattern):
        return None
    near = nearest_action(pattern)
    return Doubt(
        pattern, f"no action that AWS is known to have matches `{pattern}`", f"did you mean `{near}`?" if near else None
    )


def resource_doubt(actions: Sequence[str], resource: str) -> Doubt | None:
    """
    Return that none of *actions*, patterns, is known to be on such a resource as *resource*, or None where one is.

    Nothing is said of a resource with a placeholder, or with a wildcard in its service or type.
    """
    arn = Arn.parse(resource)
    if arn is None or "{{" in resource or has_wildcard(arn.service) or has_wildcard(arn.resource[:1]):
        return None
    known = [name for pattern in actions for name in expand(pattern)]
    if not known or any(not is_inert(name, resource) for name in known):
        return None
    named = " or ".join(f"`{one}`" for one in actions[:3])
    return Doubt(resource, f"{named} is not known to be on such a resource as `{resource}`")


def excepts_everything(action: str, patterns: Sequence[str]) -> bool:
    """Tell whether *patterns*, ARNs, match every resource that there can be of each action that *action* stands for."""
    arns = [(text, arn.partition) for text in patterns if (arn := Arn.parse(text)) and "{{" not in text]
    if not arns:  # as of most entries: nothing needs to be known of the action then
        return False
    known = [found for name in expand(action) if (found := find_action(name))]
    return bool(known) and all(_all_matched(one, arns) for one in known)


def _all_matched(action: Action, arns: Sequence[tuple[str, str]]) -> bool:
    types = len(action.resource_types)
    return types > 0 and all(
        any(contains(text, every_arn(action, partition)[number]) for text, partition in arns) for number in range(types)
    )


def _principal_doubts(principal: Principals | None) -> Iterator[Doubt]:
    if not isinstance(principal, Mapping):
        return
    for service in principal.get("Service", ()):
        yield from filter(None, [None if has_wildcard(service) else service_principal_doubt(service)])
    for text in principal.get("AWS", ()):
        yield from arn_doubts(text) if Arn.parse(text) else ()


def condition_doubts(operator: str, key: str, values: Sequence[str]) -> Iterator[Doubt]:
    """Yield what is doubtful about one key of a condition and its *values*; those with a wildcard are left alone."""
    base = base_operator(operator)
    if base is None:
        return  # the evaluator says that there is no such operator
    if doubt := key_doubt(key):
        yield doubt
    if base == "Null":
        return
    for value in values:
        if not has_wildcard(value) and not opens_variable(value):
            yield from (doubt for doubt in value_doubts(key, value) if not doubt.form)
