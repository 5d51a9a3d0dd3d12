"""What type of policy a document is, told from its content and the name of its file."""

import re
from pathlib import PurePath
from typing import Any

from rolemgr.iam.documents import PolicyType

_WORDS = {
    PolicyType.SCP: re.compile(r"(?:^|[^a-z])scps?(?:[^a-z]|$)|service[-_ ]?control", re.IGNORECASE),
    PolicyType.RCP: re.compile(r"(?:^|[^a-z])rcps?(?:[^a-z]|$)|resource[-_ ]?control", re.IGNORECASE),
    PolicyType.BOUNDARY: re.compile(r"boundar(?:y|ies)", re.IGNORECASE),
    PolicyType.TRUST: re.compile(r"(?:^|[^a-z])trust(?:[^a-z]|$)|trust[-_ ]?polic|assume[-_ ]?role", re.IGNORECASE),
    PolicyType.ENDPOINT: re.compile(r"^vpce(?:[^a-z]|$)|^vpc[-_ ]?endpoint", re.IGNORECASE),
}
"""What a name says; an endpoint's at its start alone, as that of a bucket may speak of the endpoint it is for."""


def kind_of(raw: Any, name: str) -> PolicyType:
    """
    Return the type of the policy *raw* in the file *name*.

    A Principal makes it a resource policy, or a trust policy where it is all about assuming and names no
    resource. SCPs, RCPs, boundaries and the policies of endpoints look like others, and what breaks the grammar
    of a trust policy like none: for them the name of the file, or of the folder that it is in, decides.
    """
    statements = [one for one in _statements(raw) if isinstance(one, dict)]
    with_principal = any("Principal" in one or "NotPrincipal" in one for one in statements)
    hint = _hint(name)
    if hint is PolicyType.TRUST and statements and all(map(_may_be_trust, statements)):
        return PolicyType.TRUST
    if not with_principal:
        return hint if hint in (PolicyType.SCP, PolicyType.BOUNDARY) else PolicyType.IDENTITY
    if hint in (PolicyType.RCP, PolicyType.ENDPOINT):
        return hint
    return PolicyType.TRUST if all(map(_is_trust, statements)) else PolicyType.RESOURCE


def _statements(raw: Any) -> list[Any]:
    found = raw.get("Statement") if isinstance(raw, dict) else None
    return found if isinstance(found, list) else [found]


def _hint(name: str) -> PolicyType | None:
    path = PurePath(name)
    for part in (path.name, path.parent.name):
        for kind, words in _WORDS.items():
            if words.search(part):
                return kind
    return None


def _is_trust(statement: dict[str, Any]) -> bool:
    """Tell whether a statement is about sts actions only, on no resource: the role itself is the resource."""
    named = _actions(statement)
    about_sts = bool(named) and all(action.lower().startswith("sts:") for action in named)
    return about_sts and "Resource" not in statement and "NotResource" not in statement


def _may_be_trust(statement: dict[str, Any]) -> bool:
    """
    Tell whether a statement in a file with such a name can be meant for a trust policy.

    It is about assuming, and may name a resource beside the Principal, or lack both; or it is about all actions of
    a Principal on no resource.
    """
    named = _actions(statement)
    principal = "Principal" in statement or "NotPrincipal" in statement
    resource = "Resource" in statement or "NotResource" in statement
    if named and all(action.lower().startswith("sts:") for action in named):
        return principal or not resource
    return principal and not resource and named == ["*"]


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement.get("Action")
    return [one for one in (actions if isinstance(actions, list) else [actions]) if isinstance(one, str)]
