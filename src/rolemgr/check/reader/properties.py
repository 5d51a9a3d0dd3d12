"""
Policies at the properties of resources: where CloudFormation's and Terraform's resource types hold them.

The list is data, made by ``tools/policy_properties.py`` from the schemas of both; its sources stand in it.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from rolemgr.check.intrinsic import is_function, shown
from rolemgr.check.reader.found import PolicyInFile, Search, UnjudgedPlace, is_policy, policy_in, with_places
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType

_INLINE: Final = ("Policies", "inline_policy")
_STATEMENTS: Final = ("Statement", "CustomStatements")


@cache
def _listed() -> Mapping[str, Mapping[str, Any]]:
    place = files("rolemgr.check.reader").joinpath("policy_properties.json")
    found: Mapping[str, Mapping[str, Any]] = json.loads(place.read_text("utf-8"))
    return found


def properties_of(side: str, kind: str) -> Mapping[str, PolicyType]:
    """Return where resources of type *kind* hold policies; *side* is ``cloudformation`` or ``terraform``."""
    listed = _listed()[side]["properties"].get(kind, {})
    return {path: PolicyType(told) for path, told in listed.items()}


def at(data: Any, path: str) -> Iterator[tuple[DataPath, Any]]:
    """
    Yield each value at *path* of *data* with its place; ``[]`` is every item, and a block may stand in a list.

    A function on the way is yielded itself.
    """
    yield from _down(data, tuple(path.split("/")), ())


def _down(data: Any, steps: tuple[str, ...], here: DataPath) -> Iterator[tuple[DataPath, Any]]:
    if not steps or is_function(data):
        yield here, data
    elif isinstance(data, list):
        rest = steps[1:] if steps[0] == "[]" else steps
        for index, one in enumerate(data):
            yield from _down(one, rest, (*here, index))
    elif isinstance(data, dict) and steps[0] in data:
        yield from _down(data[steps[0]], steps[1:], (*here, steps[0]))
    elif isinstance(data, dict) and steps[0] == "[]":
        yield from _down(data, steps[1:], here)  # a single one, without its list
    elif here and isinstance(data, str):
        yield here, data


def policies_at(data: Any, path: str, kind: PolicyType, group: str) -> Search:
    """Yield the policies at the property *path* of *data*, or why they can't be judged."""
    inline = path.split("/")[0] in _INLINE
    for here, value in at(data, path):
        for found in document(value, here, kind, single=path.split("/")[-1] in _STATEMENTS):
            yield found._replace(group=group, inline=inline) if isinstance(found, PolicyInFile) else found


def document(value: Any, here: DataPath, kind: PolicyType, *, single: bool = False) -> Search:
    """Yield the policy that the *value* of a property at *here* is; *single* where it is statements alone."""
    if value is None or value == "":
        return
    if single and not is_function(value):
        yield PolicyInFile({"Version": "2012-10-17", "Statement": value}, here[:-1], kind, template=True)
    elif isinstance(value, str) or _text_of_sub(value):
        yield _from_text(value, here, kind)
    elif is_function(value):
        yield UnjudgedPlace(here, f"a policy is {shown(value)}")
    else:
        yield PolicyInFile(value, here, kind, template=True)


def _text_of_sub(value: Any) -> bool:
    text = value.get("Fn::Sub") if is_function(value) else None
    return isinstance(text, str) and text.lstrip()[:1] == "{"


def _from_text(value: Any, here: DataPath, kind: PolicyType) -> PolicyInFile | UnjudgedPlace:
    policy = policy_in(value if isinstance(value, str) else value["Fn::Sub"])
    if policy is None:
        return UnjudgedPlace(here, "a policy is text that is not JSON")
    if not is_policy(policy):
        return UnjudgedPlace(here, "a policy is JSON text without a Statement")
    return PolicyInFile(policy if isinstance(value, str) else with_places(policy), here, kind, template=True)
