"""What type of policy a document is, told from its content and the name of its file."""

import re
from pathlib import PurePath
from typing import Any

from rolemgr.iam.documents import PolicyType

_WORDS = {
    PolicyType.SCP: re.compile(r"(?:^|[^a-z])scps?(?:[^a-z]|$)|service[-_ ]?control", re.IGNORECASE),
    PolicyType.RCP: re.compile(r"(?:^|[^a-z])rcps?(?:[^a-z]|$)|resource[-_ ]?control", re.IGNORECASE),
    PolicyType.BOUNDARY: re.compile(r"boundar(?:y|ies)", re.IGNORECASE),
}


def kind_of(raw: Any, name: str) -> PolicyType:
    """
    Return the type of the policy *raw* in the file *name*.

    A Principal makes it a resource policy, or a trust policy where it is all about assuming and names no
    resource. SCPs, RCPs and boundaries look like others, so for them the name of the file, or of the folder
    that it is in, decides.
    """
    statements = [one for one in _statements(raw) if isinstance(one, dict)]
    with_principal = any("Principal" in one or "NotPrincipal" in one for one in statements)
    hint = _hint(name)
    if not with_principal:
        return hint if hint in (PolicyType.SCP, PolicyType.BOUNDARY) else PolicyType.IDENTITY
    if hint is PolicyType.RCP:
        return PolicyType.RCP
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
    actions = statement.get("Action")
    listed = actions if isinstance(actions, list) else [actions]
    named = [action for action in listed if isinstance(action, str)]
    about_sts = bool(named) and all(action.lower().startswith("sts:") for action in named)
    return about_sts and "Resource" not in statement and "NotResource" not in statement
