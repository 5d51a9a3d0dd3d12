"""
The tags that sessions of a role carry: the role's own, and those of the projects that it serves in turn.

A session keeps its tags for as long as it lives, whoever holds it; who sets them is the role's trust policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.projects import tag_key
from rolemgr.iam.variables import as_pattern, known_variables_in

_TAG: Final = "aws:principaltag/"


def session_tags(blueprint: ComposedBlueprint, placed: PlacedRole) -> Mapping[str, tuple[str, ...]]:
    """Return the values of each tag of the role's sessions, by lower-case condition key, as far as they are known."""
    found = {f"{_TAG}{key.lower()}": [value] for key, value in placed.role.spec.tag.items()}
    for name, project in blueprint.source.value.projects.items():
        key = f"{_TAG}{tag_key(blueprint.source, name).lower()}"
        if project.account == placed.account and key.removeprefix(_TAG) not in map(str.lower, placed.role.spec.tag):
            found.setdefault(key, []).append(name)
    return {key: tuple(values) for key, values in found.items()}


def with_tags(text: str, tags: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield *text*, of a policy, with each value of the *tags* for its variables; other variables become stars."""
    keys = sorted({one.key.lower() for one in known_variables_in(text)} & tags.keys())
    for choice in product(*(tags[key] for key in keys)):
        values = dict(zip(keys, choice, strict=True))
        yield as_pattern(text, lambda variable, values=values: values.get(variable.key.lower(), "*"))  # type: ignore[misc]
