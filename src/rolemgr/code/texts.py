"""Text that code puts together: formats, and methods of strings."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rolemgr.code.values import ANY_TEXT, ListValue, TextValue, UnknownValue, Value, joined, text_of

_FIELD: Final = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(?::[^{}]*)?\}")
_PERCENT: Final = re.compile(r"%%|%(?:\((\w+)\))?[-+ #0-9.]*[a-zA-Z]")
_SAME: Final = frozenset({"strip", "rstrip", "lstrip", "expandtabs"})
_MOST_REPLACED: Final = 100_000
_CODING: Final = frozenset({"encode", "decode"})
_TRUTH: Final = frozenset({"startswith", "endswith", "isdigit", "isalpha", "isupper", "islower", "isnumeric"})


def formatted(template: TextValue, positional: Sequence[Value], named: Mapping[str, Value]) -> TextValue:
    """Return what ``template.format(...)`` gives."""
    parts, at, number = [], 0, 0
    for found in _FIELD.finditer(template.pattern):
        parts.append(TextValue(template.pattern[at : found.start()], template.exact))
        at = found.end()
        if found[1] is None:
            parts.append(TextValue(found[0][0]))
            continue
        name, number = (found[1], number) if found[1] else (str(number), number + 1)
        parts.append(_field(name, positional, named))
    return joined([*parts, TextValue(template.pattern[at:], template.exact)])


def _field(name: str, positional: Sequence[Value], named: Mapping[str, Value]) -> TextValue:
    if name.isdecimal() and len(name) < 4 and int(name) < len(positional):
        return text_of(positional[int(name)])
    return text_of(named[name]) if name in named else ANY_TEXT


def percent(template: TextValue, values: Sequence[Value]) -> TextValue:
    """Return what ``template % values`` gives."""
    parts, at, left = [], 0, list(values)
    for found in _PERCENT.finditer(template.pattern):
        parts.append(TextValue(template.pattern[at : found.start()], template.exact))
        at = found.end()
        if found[0] == "%%":
            parts.append(TextValue("%"))
        else:
            parts.append(text_of(left.pop(0)) if left and not found[1] else ANY_TEXT)
    return joined([*parts, TextValue(template.pattern[at:], template.exact)])


def text_method(owner: TextValue, name: str, positional: Sequence[Value], named: Mapping[str, Value]) -> Value:
    """Return what the method *name* of the text *owner* gives."""
    if name == "format":
        return formatted(owner, positional, named)
    if name in ("lower", "upper"):
        return TextValue(owner.pattern.lower() if name == "lower" else owner.pattern.upper(), owner.exact)
    if name == "join" and positional and isinstance(positional[0], ListValue) and not positional[0].open:
        between = [part for one in positional[0].items for part in (owner, text_of(one))]
        return joined(between[1:])
    if name == "replace" and owner.exact and all(isinstance(one, TextValue) and one.exact for one in positional[:2]):
        old, new = (text_of(one).pattern for one in positional[:2])
        is_short = len(owner.pattern) * len(new) < _MOST_REPLACED
        return joined([TextValue(owner.pattern.replace(old, new))]) if old and is_short else ANY_TEXT
    if name == "split":
        return ListValue([ANY_TEXT], open=True)
    if name in _TRUTH:
        return UnknownValue("it depends on text", foreign=True)
    return owner if name in _CODING or (name in _SAME and not positional) else ANY_TEXT
