"""
Terraform's expressions, as far as a policy is written in them: ``jsonencode({...})`` of plain values.

Objects, lists, text, numbers, booleans and null are read. Whatever else stands there (a variable, a call, an
operator) becomes a function that nobody knows, in CloudFormation's form, which `rolemgr.check.intrinsic` judges.

https://developer.hashicorp.com/terraform/language/expressions/types
"""

import re
from typing import Any, Final

from rolemgr.check.reader.terraform_locals import as_template, unknown

_TOKEN: Final = re.compile(
    r"\s+|(?P<comment>#[^\n]*|//[^\n]*|/\*.*?\*/)|(?P<name>[A-Za-z_][\w-]*)|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>.)", re.DOTALL
)  # fmt: skip
_CLOSES: Final = {"{": "}", "[": "]", "(": ")"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_DEEPEST: Final = 40
_PLAIN: Final = re.compile(r'"(?:[^"\\$%]|\\.)*"')


class NotPlainExpressionError(Exception):
    """An expression is not one of plain values."""


def encoded(expression: str) -> Any:
    """Return the value that *expression*, ``jsonencode(...)``, encodes; raise NotPlainError for any other."""
    found = re.match(r"jsonencode\s*\(", expression)
    if not found:
        raise NotPlainExpressionError
    reader = _Reader(_tokens(expression, found.end()))
    value = reader.value(0)
    reader.take(")")
    if reader.tokens[reader.at :]:
        raise NotPlainExpressionError
    return value


def _tokens(text: str, at: int) -> list[str]:
    tokens: list[str] = []
    while at < len(text):
        if text[at] == '"':
            end = _past_text(text, at)
            tokens.append(text[at:end])
            at = end
            continue
        found = _TOKEN.match(text, at)
        if not found:
            raise NotPlainExpressionError
        at = found.end()
        if found.lastgroup not in (None, "comment"):
            tokens.append(found[0])
        elif "\n" in found[0] and tokens and tokens[-1] != "\n":
            tokens.append("\n")
    return tokens


def _past_text(text: str, at: int) -> int:
    """Return where the quoted text that starts *at* ends; what stands in ``${...}`` may have quotes itself."""
    depth, inside, at = 0, False, at + 1
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif depth and char == '"':
            inside = not inside
        elif not depth and char == '"':
            return at + 1
        elif not inside and text.startswith(("$${", "%%{"), at):
            at += 2
        elif not inside and text.startswith(("${", "%{"), at):
            depth, at = depth + 1, at + 1
        elif depth and not inside and char in "{}":
            depth += 1 if char == "{" else -1
        at += 1
    raise NotPlainExpressionError


class _Reader:
    """Reads a value from *tokens*."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self, *, lines: bool = False) -> str:
        """Return the next token, past the ends of lines unless *lines* count; nothing at the end."""
        while not lines and self.at < len(self.tokens) and self.tokens[self.at] == "\n":
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, token: str = "") -> str:
        """Return the next token, which is *token* where that is given."""
        found = self.peek()
        if not found or (token and found != token):
            raise NotPlainExpressionError
        self.at += 1
        return found

    def value(self, depth: int) -> Any:
        """Return the value that comes next."""
        if depth > _DEEPEST:
            raise NotPlainExpressionError
        start = self.at
        found = self._plain(depth)
        if self.peek(lines=True) in ("", "\n", ",", "}", "]", ")"):
            return found
        self.at = start
        return self._skipped()

    def _plain(self, depth: int) -> Any:
        start = self.take()
        if start == "{":
            return self._object(depth)
        if start == "[":
            return self._list(depth)
        if start[0] == '"':
            return as_template(_unquoted(start))
        if start in _WORDS:
            return _WORDS[start]
        if start[0].isdigit():
            return float(start) if "." in start else int(start)
        return unknown("expression")

    def _object(self, depth: int) -> Any:
        made: dict[str, Any] = {}
        if self.peek() == "for":
            return self._closed("}")
        while self.peek() != "}":
            key = self.take()
            name = _unquoted(key) if key[0] == '"' else key
            if self.take() not in ("=", ":") or name in made:
                raise NotPlainExpressionError
            made[name] = self.value(depth + 1)
            if self.peek() == ",":
                self.take()
        self.take("}")
        return made

    def _list(self, depth: int) -> Any:
        made: list[Any] = []
        if self.peek() == "for":
            return self._closed("]")
        while self.peek() != "]":
            made.append(self.value(depth + 1))
            if self.peek() == ",":
                self.take()
            elif self.peek() != "]":
                raise NotPlainExpressionError
        self.take("]")
        return made

    def _closed(self, closing: str) -> Any:
        """Pass over what stands before *closing*, which closes it; what that comes to is unknown."""
        while self.peek() != closing:
            self._over()
        self.take(closing)
        return unknown("expression")

    def _skipped(self) -> Any:
        """Pass over an expression; what it comes to is unknown."""
        first = self.tokens[self.at : self.at + 1]
        while self.peek(lines=True) not in ("", "\n", ",", "}", "]", ")"):
            self._over()
        return unknown("expression" if not first else first[0])

    def _over(self) -> None:
        waiting: list[str] = []
        while True:
            token = self.take()
            if token in _CLOSES:
                waiting.append(_CLOSES[token])
            elif waiting and token == waiting[-1]:
                waiting.pop()
            if not waiting:
                return


def _unquoted(token: str) -> str:
    found = token[1:-1]
    return re.sub(r"\\(.)", lambda one: {"n": "\n", "t": "\t", "r": "\r"}.get(one[1], one[1]), found, flags=re.DOTALL)
