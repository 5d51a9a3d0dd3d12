"""What a user's template may name: a role, its persona and activity groups, and where each statement comes from."""

from collections.abc import Mapping
from typing import Any, Final

from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.render.explain import explanation

NAMES: Final = {
    "role": "the role as `--format json` writes it; a list that it has not is empty, a text is none",
    "arn": "the ARN that the role will have",
    "account": "its account",
    "region": "its region",
    "partition": "its partition",
    "persona": "`Name`, `Title` and `Description` of its persona",
    "activity_groups": "`Name`, `Title` and `Description` of each of its activity groups",
    "explanation": "what `--explain` adds: `Statements` (the catalog's lines by Sid), `Guardrails`, `Parameters` ...",
}
"""The names, and what each is; the page on templates has the same."""

_ABSENT: Final[Mapping[str, Any]] = {
    "ManagedPolicyArns": [],
    "PermissionsBoundary": None,
    "PermissionsBoundaryPolicy": None,
    "ManagedPolicies": [],
    "Tags": [],
}


def values_of(role: ComposedRole, documents: RoleDocuments, groups: Mapping[str, ActivityGroup]) -> dict[str, Any]:
    """Return the values of `NAMES` for *role* and its *documents*; *groups* are its activity groups by name."""
    spec, persona = role.spec, role.persona
    return {
        "role": {**_ABSENT, **documents.to_properties()},
        "arn": spec.arn,
        "account": spec.account,
        "region": spec.region,
        "partition": spec.partition_name,
        "persona": {"Name": persona.id, "Title": persona.title, "Description": persona.description},
        "activity_groups": [
            {"Name": name, "Title": group.title, "Description": group.description} for name, group in groups.items()
        ],
        "explanation": explanation(role),
    }
