"""
Resources that grant without a policy document: a permission to a function, the ACL of a bucket, a shared image.

Where the properties are a statement of another resource's policy, as AWS documents it, that statement is made and
judged as any other; where a value lets everybody in, so is the statement that says the same. What any other value
grants is said, with its place. The list is data, and each entry of it names AWS's page.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from rolemgr.check.intrinsic import UNKNOWN, is_function, is_specific, resolve, shown
from rolemgr.check.reader.found import PolicyInFile, Search, UnjudgedPlace
from rolemgr.check.reader.properties import at
from rolemgr.files.source import DataPath
from rolemgr.iam.arn import ACCOUNT_ID
from rolemgr.iam.documents import PolicyType

_STATEMENT: Final = "Statement"
_OF_SERVICE: Final = ("amazonaws.com", "amazon.com", "AWS::URLSuffix")
_LATER: Final = {"Ref": "a value"}
"""What stands for a value that Terraform knows only after apply."""


@cache
def _listed() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    place = files("rolemgr.check.reader").joinpath("permissions.json")
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = json.loads(place.read_text("utf-8"))
    return found


def permissions(side: str, kind: str, properties: Any, later: Collection[str] = ()) -> Search:
    """
    Yield what the *properties* of a resource of type *kind* grant, as statements, or as what is not judged.

    *side* is ``cloudformation`` or ``terraform``; *later* names the properties that are known only after apply.
    """
    if not isinstance(properties, dict):
        return
    listed = _listed()[side]
    if spec := listed["statements"].get(kind):
        yield from _statement(spec, properties, later)
    for grant in listed["grants"].get(kind, ()):
        yield from _granted(grant, properties, later)


def _statement(spec: Mapping[str, Any], properties: Mapping[str, Any], later: Collection[str]) -> Search:
    """Yield the statement that *properties* are, in a policy of its own."""
    name = spec["principal"]
    given = _LATER if name in later else properties.get(name)
    if given is None:
        return  # the other form of the resource, or one that AWS refuses
    for unread in spec.get("unread", ()):
        if properties.get(unread) is not None:
            yield UnjudgedPlace((unread,), f"{unread} of a permission is not read: it is judged without it")
    made: dict[str, Any] = {"Effect": properties.get(spec.get("effect", ""), "Allow")}
    origins: dict[DataPath, DataPath] = {(name,): (name,)}
    action = properties.get(spec["action"], spec.get("default"))
    made["Principal"] = _principal(given)
    made["Action"] = action if action is not None else _LATER
    for element, place in (("Principal", name), ("Action", spec["action"])):
        origins[(name, _STATEMENT, element)] = (place,) if place in properties else (name,)
    if block := _conditions(spec, properties, later):
        made["Condition"] = block
    yield PolicyInFile(
        {"Version": "2012-10-17", _STATEMENT: made}, (name,), PolicyType.RESOURCE, template=True, origins=origins
    )


def _principal(given: Any) -> Any:
    """Return the Principal that the text *given* is: everybody, an account, an ARN, or the name of a service."""
    if isinstance(given, list):
        kinds: dict[str, list[Any]] = {}
        for one in map(_principal, given):
            for kind, value in (one if isinstance(one, dict) else {"AWS": one}).items():
                kinds.setdefault(kind, []).append(value)
        return kinds
    text = resolve(given)
    if text is UNKNOWN:
        as_json = json.dumps(given)
        return {"Service" if any(one in as_json for one in _OF_SERVICE) else "AWS": given}
    if isinstance(text, int) and not isinstance(text, bool):
        return {"AWS": f"{text:012}"}  # an account that YAML reads as a number
    if not isinstance(text, str) or text == "*":
        return text
    is_aws = text.startswith("arn:") or ACCOUNT_ID.fullmatch(text)
    return {"AWS" if is_aws else "Service": text}


def _conditions(spec: Mapping[str, Any], properties: Mapping[str, Any], later: Collection[str]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for name, (operator, key) in spec.get("conditions", {}).items():
        value = _LATER if name in later else properties.get(name)
        if value not in (None, "", False):  # Terraform's state has an argument that is not given
            block.setdefault(operator, {})[key] = value
    if form := spec.get("condition"):
        given = _LATER if form["at"] in later else properties.get(form["at"])
        for one in given if isinstance(given, list) else [given]:
            _add(block, form, one)
    return block


def _add(block: dict[str, Any], form: Mapping[str, str], given: Any) -> None:
    """Add to *block* the condition *given* as an operator, a key and values."""
    if given is None:
        return
    if not isinstance(given, dict) or is_function(given):
        block.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = _LATER  # some condition, nobody knows which
        return
    operator, key = given.get(form["operator"]), given.get(form["key"])
    if isinstance(operator, str) and isinstance(key, str):
        block.setdefault(operator, {})[key] = given.get(form["values"])
    else:
        block.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = _LATER


def _granted(grant: Mapping[str, Any], properties: Mapping[str, Any], later: Collection[str]) -> Search:
    everyone, others = grant.get("everyone", {}), grant.get("others", "")
    if grant["at"].split("/")[0] in later:
        yield UnjudgedPlace((), f"{grant['at'].split('/')[0]} grants access, and is known only after apply")
        return
    for here, given in at(properties, grant["at"]):
        for place, one in _each(here, given):
            value = resolve(one)
            if value is UNKNOWN and everyone and not is_specific(one):
                yield UnjudgedPlace(place, f"whom it lets in is {shown(one)}")
            elif isinstance(value, str) and value in everyone:
                yield _public(everyone[value], place)
            elif value and others:
                yield UnjudgedPlace(place, f"{others}: that is not a policy")


def _each(here: DataPath, given: Any) -> Iterator[tuple[DataPath, Any]]:
    if isinstance(given, list):
        for index, one in enumerate(given):
            yield (*here, index), one
    else:
        yield here, given


def _public(actions: list[str], place: DataPath) -> PolicyInFile:
    """Return the policy that lets everybody use *actions*, which the value at *place* comes to."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": actions}
    raw = {"Version": "2012-10-17", _STATEMENT: statement}
    return PolicyInFile(raw, place, PolicyType.RESOURCE, origins={place: place})
