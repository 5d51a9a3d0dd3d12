"""
Roles out of files that are not an account: policies, roles as `create` writes them, answers of the AWS CLI, templates.

What a template fills in later (a Ref, a parameter) is any value here: the role may need it on anything, and a
parameter of the new role has to be given.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, Final

from rolemgr.check.document import Document
from rolemgr.check.intrinsic import PLACE, is_function, substituted
from rolemgr.check.sources import look_into
from rolemgr.errors import InputError, Problems, SourceLocation
from rolemgr.files.source import FileError, SourceFile
from rolemgr.iam.documents import IdentityPolicy, PolicyType, TrustPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole, Inventory, Unjudged
from rolemgr.model.source import parse_model

_NAMED: Final = re.compile(r"(?:Role|User|Group)Name [^ ]*/(?=[^/]+$)")
"""What stands before the name of a principal where a file has it: the key that says it, and the path."""
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_+=,.@-]")


def holders_in(text: str, name: str, account: str, *, as_json: bool) -> Inventory:
    """
    Return the roles whose policies *text*, which messages call *name*, holds, as of *account*.

    Policies of no role are those of one that is called as the file. Raises FileError for what can't be parsed and
    what holds no identity policy.
    """
    documents, unknown = look_into(text, name, as_json=as_json)
    aside = [Unjudged(one.path, one.line, "a policy", one.reason) for one in unknown]
    by_owner: dict[str, list[Document]] = {}
    for one in documents:
        by_owner.setdefault(one.group, []).append(one)
    found = [_holder(owner, held, name, account, aside) for owner, held in by_owner.items() if _is_role(held)]
    if not found:
        hint = "give a role, identity policies, or what get-account-authorization-details prints"
        raise FileError(SourceLocation(name), "holds no identity policy", hint)
    told = {(one.line, one.reason) for each in found for one in each.unknown}
    rest = tuple(one for one in aside if (one.line, one.reason) not in told)
    return Inventory({one.arn: one for one in found}, not_judged=rest, files=(name,))


def _is_role(documents: Iterable[Document]) -> bool:
    """Tell whether *documents* are of a role, and not one managed policy that another one has as well."""
    return any(one.kind in (PolicyType.IDENTITY, None) and not one.held for one in documents)


def _holder(owner: str, documents: list[Document], name: str, account: str, aside: list[Unjudged]) -> HeldRole:
    called = _NOT_IN_NAMES.sub("-", _NAMED.sub("", owner) or PurePath(name).stem or "stdin")[:64]
    unknown: list[Unjudged] = []
    policies, trust, boundary = [], None, None
    for number, one in enumerate(documents, start=1):
        line = one.line_of(())
        if one.missing:
            unknown.append(Unjudged(name, line, f"a policy of {called}", one.missing))
            continue
        shown = one.attached.rpartition("/")[2] or f"policy {number}"
        if one.kind is PolicyType.TRUST:
            trust = _read(one, TrustPolicy, account, unknown, called)
        elif one.kind is PolicyType.BOUNDARY:
            document = _read(one, IdentityPolicy, account, unknown, called)
            boundary = HeldPolicy(shown, document, one.attached or None) if document else None
        elif one.kind in (PolicyType.IDENTITY, None):
            document = _read(one, IdentityPolicy, account, unknown, called)
            policies += [HeldPolicy(shown, document, one.attached or None)] if document else []
        else:
            aside.append(Unjudged(name, line, f"a {one.kind.value} policy", "it grants nothing to a role"))
    where = SourceLocation(name, documents[0].line_of(()))
    arn = f"arn:aws:iam::{account}:role/{called}"
    bound = boundary.arn if boundary else None
    return HeldRole(
        "role", arn, called, account, where, tuple(policies), boundary, bound, trust, unknown=tuple(unknown)
    )  # fmt: skip


def _read(one: Document, kind: type[Any], account: str, unknown: list[Unjudged], called: str) -> Any:
    try:
        data = _filled(one.raw, account)
        document = parse_model(SourceFile(one.name, data, {}), kind).value
    except (InputError, Problems) as error:
        reason = error.problem if isinstance(error, InputError) else error.problems[0].problem
        unknown.append(Unjudged(one.name, one.line_of(()), f"a policy of {called}", reason))
        return None
    return document


def _filled(value: Any, account: str) -> Any:
    """Return *value* with texts for what a template fills in: the account, and any text for all else."""
    if isinstance(value, list):
        return [_filled(one, account) for one in value]
    if not isinstance(value, Mapping):
        return value
    if is_function(value):
        return _text(value, account)
    return {key: _filled(one, account) for key, one in value.items()}


def _text(function: Any, account: str) -> Any:
    """Return the text that a *function* of a template comes to, with a star for what the template fills in."""
    ((name, argument),) = function.items()
    if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], list):
        return str(argument[0]).join(str(one) for one in _filled(argument[1], account))
    text = argument[0] if name == "Fn::Sub" and isinstance(argument, list) and argument else argument
    if name == "Ref" and isinstance(text, str):
        return _pseudo(account).get(text, "*")
    if name == "Fn::Sub" and isinstance(text, str):
        return substituted(text, {**dict.fromkeys(PLACE.findall(text), "*"), **_pseudo(account)})
    return "*"


def _pseudo(account: str) -> dict[str, str]:
    return {"AWS::AccountId": account, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::Region": "*"}
