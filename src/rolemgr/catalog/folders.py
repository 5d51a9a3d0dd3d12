"""The folders of a catalog, by the kind of the entries in them."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

EntryKind: TypeAlias = Literal[
    "personas",
    "separations",
    "activity_groups",
    "guardrails",
    "profiles",
    "scps",
    "rcps",
    "resource_policies",
    "shares",
    "detective_controls",
    "flows",
]
FOLDERS: Mapping[EntryKind, str] = {
    "personas": "personas",
    "separations": "separations",
    "activity_groups": "activity_groups",
    "guardrails": "guardrails",
    "profiles": "guardrails/profiles",
    "scps": "scps",
    "rcps": "rcps",
    "resource_policies": "resource_policies",
    "shares": "shares",
    "detective_controls": "detective_controls",
    "flows": "flows",
}
"""Where in a catalog the entries of each kind lie."""
SHARED = "parameters"
"""The stem of the file, at the top of a catalog, that declares the parameters which groups share."""
