"""
Read a policy document leniently: what breaks IAM's grammar becomes a problem, the rest a statement.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rolemgr.check.document import Document, Principal, Problem, ReadCondition, Statement
from rolemgr.check.intrinsic import UNKNOWN, is_function, is_specific, resolve, shown
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.operators import parse_operator

_ELEMENTS = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_TOP = ("Version", "Id", "Statement")
PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
_PUTS_IN = "Fn::Transform"
_PUT_IN = "what a macro puts in here is known only when deployed"
_VERSIONS = ("2012-10-17", "2008-10-17")
_SID = re.compile(r"[A-Za-z0-9]*")
_SID_KINDS = frozenset({PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.TRUST})
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


def read(document: Document) -> Document:
    """Fill in the statements of *document* from its raw data, and note what breaks the grammar."""
    raw = document.raw
    if not isinstance(raw, dict):
        document.problems.append(Problem("RM101", f"a policy is an object, not {_named(raw)}", ()))
        return document
    put_in = document.template and _PUTS_IN in raw
    document.problems += _top_problems(raw, put_in=put_in)
    if put_in:
        document.unknown.append(((_PUTS_IN,), _PUT_IN))
    version = resolve(raw.get("Version"))
    document.version = version if isinstance(version, str) else None
    statements = raw.get("Statement", [])
    if "Statement" in raw and not statements:
        document.problems.append(Problem("RM101", "Statement is empty", ("Statement",)))
    listed = list(_items(statements))
    document.statements = tuple(_statements(document, listed))
    return document


def _items(statements: Any) -> Iterator[tuple[DataPath, Any]]:
    """Yield the statements with their path below Statement: of a list, or the single one that stands alone."""
    if isinstance(statements, list):
        for index, value in enumerate(statements):
            yield (index,), value
    elif isinstance(statements, dict):
        yield (), statements


def _top_problems(raw: Mapping[str, Any], *, put_in: bool) -> Iterator[Problem]:
    for name in raw:
        if name not in _TOP and not (put_in and name == _PUTS_IN):
            yield Problem("RM101", f"a policy has no element `{name}`{_near(name, _TOP)}", (name,))
    if "Statement" not in raw and not put_in:
        yield Problem("RM101", "Statement is missing", ())
    elif not isinstance(raw.get("Statement", []), list | dict):
        yield Problem("RM101", f"Statement is {_named(raw['Statement'])}, not a list of statements", ("Statement",))
    version = resolve(raw.get("Version", "2012-10-17"))
    if version is not UNKNOWN and version not in _VERSIONS:
        yield Problem("RM101", f"Version is `{version}`: IAM has 2012-10-17 and 2008-10-17", ("Version",))


def _statements(document: Document, listed: list[tuple[DataPath, Any]]) -> Iterator[Statement]:
    for index, one in listed:
        path = ("Statement", *index)
        if document.template and is_function(one):
            document.unknown.append((path, f"{shown(one)} stands for a statement"))
        elif isinstance(one, dict):
            yield _Reader(document, path, one).statement()
        else:
            document.problems.append(Problem("RM101", f"a statement is an object, not {_named(one)}", path))


class _Reader:
    """Reads one statement, element by element."""

    def __init__(self, document: Document, path: DataPath, raw: Mapping[str, Any]) -> None:
        self.document, self.path, self.raw = document, path, raw
        self.opaque: set[str] = set()
        self.sid: str | None = None

    def statement(self) -> Statement:
        """Return the statement; the problems go to the document."""
        self.sid = self._sid()
        for name in self.raw:
            if self.document.template and name == _PUTS_IN:
                self.document.unknown.append(((*self.path, name), _PUT_IN))
            elif name not in _ELEMENTS:
                self._problem(f"a statement has no element `{name}`{_near(name, _ELEMENTS)}", name)
        self._check_pairs()
        return Statement(
            policy=self.document,
            path=self.path,
            raw=self.raw,
            sid=self.sid,
            effect=self._effect(),
            actions=self._texts("Action"),
            not_actions=self._texts("NotAction"),
            resources=self._texts("Resource"),
            not_resources=self._texts("NotResource"),
            principals=tuple(self._principals("Principal")),
            not_principals=tuple(self._principals("NotPrincipal")),
            conditions=tuple(self._conditions()),
            opaque=frozenset(self.opaque),
        )

    def _sid(self) -> str | None:
        sid = self._value(self.raw.get("Sid"), "Sid")
        if sid is UNKNOWN or sid is None:
            return None
        if self.document.template and isinstance(sid, int | float):
            sid = _as_text(sid)  # CloudFormation makes text of every scalar
        if not isinstance(sid, str):
            self._problem(f"Sid is {_named(sid)}, not text", "Sid")
            return None
        if self.document.kind in _SID_KINDS and not _SID.fullmatch(sid):
            self.document.problems.append(
                Problem("RM102", f"Sid `{sid}` has more than letters and digits", (*self.path, "Sid"), sid)
            )
        return sid

    def _effect(self) -> str:
        effect = self._value(self.raw.get("Effect"), "Effect")
        if effect in ("Allow", "Deny"):
            return str(effect)
        if effect is None and not self._is_put_in():
            self._problem("Effect is missing")
        elif effect not in (None, UNKNOWN):
            self._problem(f"Effect is {_named(effect)}: use Allow or Deny, in this spelling", "Effect")
        return ""

    def _check_pairs(self) -> None:
        kind = self.document.kind
        for one, other in _PAIRS:
            given = [name for name in (one, other) if name in self.raw]
            needed = _needs(kind, one)
            if len(given) == 2:
                self._problem(f"has both {one} and {other}", other)
            elif not given and needed and not self._is_put_in():
                self._problem(f"has neither {one} nor {other}")
            elif given and needed is False:
                self._problem(f"has {given[0]}, which a policy of type {kind} does not take", given[0])

    def _is_put_in(self) -> bool:
        """Tell whether a macro may add what is missing."""
        return self.document.template and _PUTS_IN in self.raw

    def _texts(self, name: str) -> tuple[str, ...]:
        if name not in self.raw:
            return ()
        value = self._value(self.raw[name], name)
        values = value if isinstance(value, list) else [value]
        if not values:
            self._problem(f"{name} is empty", name)
        resolved = (self._value(one, name) for one in values) if self.document.template else values
        return tuple(one for one in resolved if type(one) is str or self._is_text(one, name))

    def _is_text(self, value: Any, name: str) -> bool:
        """Note that *value* is not a text, unless a template fills it in."""
        if value is not UNKNOWN:
            self._problem(f"{name} holds {_named(value)}, not text", name)
            self.opaque.add(name)
        return False

    def _principals(self, name: str) -> Iterator[Principal]:
        value = self._value(self.raw.get(name), name)
        if value is None or value is UNKNOWN:
            return
        if value == "*":
            yield Principal("*", "*")
        elif not isinstance(value, dict):
            self._problem(f"{name} is {_named(value)}: use `*` or an object such as {{AWS: ARN}}", name)
        else:
            for kind, listed in value.items():
                yield from self._of_kind(name, kind, listed)

    def _of_kind(self, name: str, kind: str, listed: Any) -> Iterator[Principal]:
        if kind not in PRINCIPAL_KINDS:
            self._problem(f"{name} has no kind `{kind}`{_near(kind, PRINCIPAL_KINDS)}", name, kind)
            return
        value = self._value(listed, name)
        for one in value if isinstance(value, list) else [value]:
            text = self._value(one, name)
            if isinstance(text, str):
                yield Principal(kind, text)
            elif text is not UNKNOWN:
                self._problem(f"{name} {kind} holds {_named(text)}, not text", name, kind)
                self.opaque.add(name)

    def _conditions(self) -> Iterator[ReadCondition]:
        block = self._value(self.raw.get("Condition", {}), "Condition")
        if block is UNKNOWN:
            return
        if not isinstance(block, dict):
            self._problem(f"Condition is {_named(block)}, not an object of operators", "Condition")
            return
        for operator, tests in block.items():
            found = self._value(tests, "Condition")
            if isinstance(found, dict):
                for key, values in found.items():
                    yield self._condition(operator, key, values)
            elif found is not UNKNOWN:
                self._problem(f"Condition {operator} is {_named(found)}, not an object of keys", "Condition", operator)

    def _condition(self, operator: str, key: str, values: Any) -> ReadCondition:
        path = (*self.path, "Condition", operator, key)
        value = resolve(values) if self.document.template else values
        listed = value if isinstance(value, list) else [value]
        resolved = [resolve(one) if self.document.template else one for one in listed]
        texts = [_as_text(one) for one in resolved if one is not UNKNOWN]
        opaque = UNKNOWN in resolved or None in texts  # what can't be read is not absent
        if None in texts:
            self._problem(f"{operator} {key} holds what is neither text, number nor boolean", *path[len(self.path) :])
        known = tuple(text for text in texts if text is not None)
        return ReadCondition(operator, parse_operator(operator), key, known, path, opaque)

    def _value(self, value: Any, element: str) -> Any:
        """Return *value*, a template's function resolved; where that can't be, *element* is opaque."""
        if not self.document.template:
            return value
        resolved = resolve(value)
        if resolved is UNKNOWN:
            self._unknown(value, element)
        return resolved

    def _unknown(self, value: Any, element: str) -> None:
        """Note that *element* is not all known, and say so where it could come to anything."""
        named = element in ("Resource", "NotResource", "Principal", "NotPrincipal", "Sid")
        if element not in self.opaque and not (named and is_specific(value)):
            self.document.unknown.append(((*self.path, element), f"{element} is {shown(value)}"))
        self.opaque.add(element)

    def _problem(self, message: str, *path: str | int) -> None:
        self.document.problems.append(Problem("RM101", message, (*self.path, *path), self.sid))


def _needs(kind: PolicyType, element: str) -> bool | None:
    """Tell whether a statement of *kind* must have *element* (True), must not (False), or may (None)."""
    if element == "Action":
        return True
    has_principal = kind in (PolicyType.TRUST, PolicyType.RESOURCE, PolicyType.RCP, PolicyType.ENDPOINT)
    if element == "Principal":
        return has_principal
    return None if kind is PolicyType.RESOURCE else kind is not PolicyType.TRUST


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _named(value: Any) -> str:
    """Return *value* as a message calls it."""
    if isinstance(value, str):
        return f"`{value}`"
    names = {dict: "an object", list: "a list", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "nothing")


def _near(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # only a wrong name pays for it

    near = get_close_matches(name.capitalize(), known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
