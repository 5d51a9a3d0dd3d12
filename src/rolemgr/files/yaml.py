"""
Read YAML in one pass over the parser's events.

Going by events, not by the library's own constructor, gives what a policy file needs and PyYAML lacks:
the line of every value, duplicate keys refused (PyYAML keeps the last one, which loses a statement), and
depth, size and aliases bounded before anything is built. Scalars follow YAML 1.2's core schema: `yes` and
`on` stay strings, and so does `012345678901`, which YAML 1.1 would read as an octal number.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from rolemgr.errors import SourceLocation
from rolemgr.files.source import LIMITS, MAX_DEPTH, DataPath, FileError, Limits, SourceFile, read_text, refuse_hcl

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}

_CORE = {
    "tag:yaml.org,2002:int": int, "tag:yaml.org,2002:str": str, "tag:yaml.org,2002:bool": bool,
    "tag:yaml.org,2002:float": float, "tag:yaml.org,2002:null": type(None), "tag:yaml.org,2002:seq": list,
    "tag:yaml.org,2002:map": dict,
}  # fmt: skip
"""YAML's own tags and what stands under them: https://yaml.org/spec/1.2.2/#103-core-schema"""


def read_yaml(path: Path, name: str | None = None) -> SourceFile:
    """Read the YAML file at *path*, which messages call *name*; raise FileError for what is wrong."""
    return parse_yaml(read_text(path, name), name or str(path))


def parse_yaml(text: str, name: str, *, tags: bool = False, limits: Limits = LIMITS) -> SourceFile:
    """
    Parse *text* as one YAML document, of as many values as *limits* has.

    With *tags* a value under a tag of the file's own, such as CloudFormation's ``!Sub x``, is read as its
    long form, ``{"Fn::Sub": x}``. Raises FileError, with the line, for a syntax error, a duplicate or
    non-string key, more than one document, any other tag or merge key, an empty file, or more than the
    limits of `rolemgr.files.source`, and for HCL.
    """
    refuse_hcl(text, name)
    with _located(name):
        return _Builder(name, tags=tags, values=limits.values).build(yaml.parse(text, Loader=_Loader))


def parse_yaml_documents(text: str, name: str, *, tags: bool = False) -> list[SourceFile]:
    """
    Parse *text* as the YAML documents that ``---`` separates, at least one; what is empty between two is none.

    Raises FileError as `parse_yaml` does, of the first document that is wrong.
    """
    refuse_hcl(text, name)
    with _located(name):
        found = list(_Builder(name, tags=tags).build_all(yaml.parse(text, Loader=_Loader)))
    if not found:
        raise FileError(SourceLocation(name, 1), "is empty")
    return found


@contextmanager
def _located(name: str) -> Iterator[None]:
    """Raise what the library says is wrong with the file *name* as a FileError, with the line."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = SourceLocation(name, mark.line + 1 if mark else None)
        problem = error.problem or error.context or ""
        if "nesting depth" in problem:  # the scanner of newer PyYAMLs stops by itself, before an event tells us
            raise FileError(where, f"is nested more than {MAX_DEPTH} levels deep") from error
        raise FileError(where, f"is not valid YAML: {problem}", _expected(problem)) from error
    except yaml.YAMLError as error:  # the reader's own, of a character that YAML does not allow
        problem = str(error).partition("\n")[0]
        raise FileError(SourceLocation(name), f"is not valid YAML: {problem}") from error


_EXPECTED: Final[Mapping[str, str]] = {
    "mapping values are not allowed": "the line is indented deeper than the one before it, or a text with `: ` in it"
    " has no quotes",
    "did not find expected key": "indent the line as the other keys of its mapping are",
    "did not find expected '-' indicator": "begin each entry of the list with `- `, all indented alike",
    "found a tab character": "indent with blanks, not with tabs",
    "found character that cannot start any token": "put the value in quotes; indent with blanks, not with tabs",
    "could not find expected ':'": "write `key: value`, with a blank behind the colon",
    "did not find expected ',' or": "close the bracket, or put a comma between the entries",
    "did not find expected alphabetic": "put a value that begins with `*` or `&` in quotes",
    "found unexpected end of stream": "close the quote that is open",
}
"""What was expected, by how libyaml's message begins."""
_PLACEHOLDER: Final = 'put a value that begins with a brace in quotes, such as "{{ bucket }}"'


_TEMPLATE: Final = "this is a CloudFormation template: `rolemgr check` and `migrate` read those"
_SHORT_FORMS: Final = frozenset((
    "And", "Base64", "Cidr", "Condition", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join", "Not",
    "Or", "Ref", "Select", "Split", "Sub", "Transform",
))  # fmt: skip
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html"""


def _expected(problem: str) -> str | None:
    return next((hint for begins, hint in _EXPECTED.items() if problem.startswith(begins)), None)


class _Builder:
    """The state of one pass: where we are, what is anchored, how much was built."""

    def __init__(self, name: str, *, tags: bool = False, values: int = LIMITS.values) -> None:
        self.name, self.tags, self.most = name, tags, values
        self.lines: dict[DataPath, int] = {}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def build(self, events: Iterator[Any]) -> SourceFile:
        """Return the one document of *events*."""
        self.events = events
        next(events)  # stream start
        if isinstance(next(events), yaml.StreamEndEvent):
            raise self.error(1, "is empty")
        data = self.value(next(events), ())
        next(events)  # document end
        if not isinstance(end := next(events), yaml.StreamEndEvent):
            raise self.error(end.start_mark.line + 1, "holds more than one YAML document")
        return SourceFile(self.name, data, self.lines)

    def build_all(self, events: Iterator[Any]) -> Iterator[SourceFile]:
        """Yield each document of *events* that is not empty; they share the limit on values."""
        self.events = events
        next(events)  # stream start
        while not isinstance(next(events), yaml.StreamEndEvent):
            self.lines, self.anchors = {}, {}
            data = self.value(next(events), ())
            next(events)  # document end
            if data is not None:
                yield SourceFile(self.name, data, self.lines)

    def value(self, event: Any, path: DataPath) -> Any:
        """Return the value that *event* starts, and note its line."""
        line = event.start_mark.line + 1
        self.lines[path] = line
        self.spend(1, line)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(str(event.anchor), line)
        if self.tags and event.tag and event.tag[:1] == "!" and event.tag[1:].isalnum():
            return self.tagged(event, path, line)
        if self.tags and event.tag in _CORE:
            before = self.count
            built = self.core(event, path, line)
            if event.anchor:
                self.anchors[event.anchor] = built, self.count - before + 1
            return built
        if event.tag not in (None, "!"):
            hint = _TEMPLATE if event.tag.removeprefix("!") in _SHORT_FORMS else None
            raise self.error(line, f"uses the YAML tag `{event.tag}`, which rolemgr does not read", hint)
        before = self.count
        built = self.plain(event, path, line)
        if event.anchor:
            self.anchors[event.anchor] = built, self.count - before + 1
        return built

    def tagged(self, event: Any, path: DataPath, line: int) -> dict[str, Any]:
        """Return the function that a template writes as a tag in its long form; a scalar stays text."""
        name = event.tag[1:] if event.tag in ("!Ref", "!Condition") else f"Fn::{event.tag[1:]}"
        scalar = isinstance(event, yaml.ScalarEvent)
        built = {name: event.value if scalar else self.plain(event, (*path, name), line)}
        if event.anchor:
            self.anchors[event.anchor] = built, 1
        return built

    def core(self, event: Any, path: DataPath, line: int) -> Any:
        """Return the value under one of YAML's own tags, which says its type: text stays text under ``!!str``."""
        kind = _CORE[event.tag]
        built = self.plain(event, path, line)
        if isinstance(event, yaml.ScalarEvent) and kind is not str:
            built = _scalar(event.value)
            built = float(built) if kind is float and type(built) is int else built
        if type(built) is not kind:
            raise self.error(line, f"is not what its YAML tag `{event.tag}` says")
        return built

    def plain(self, event: Any, path: DataPath, line: int) -> Any:
        """Return the scalar, list or mapping that *event* starts."""
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] and event.tag is None else event.value
        if len(path) >= MAX_DEPTH:
            raise self.error(line, f"is nested more than {MAX_DEPTH} levels deep")
        return self.mapping(path) if isinstance(event, yaml.MappingStartEvent) else self.sequence(path)

    def sequence(self, path: DataPath) -> list[Any]:
        """Return the list whose start was just read."""
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: DataPath) -> dict[str, Any]:
        """Return the mapping whose start was just read."""
        entries: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event)
            line = event.start_mark.line + 1
            if key in entries:
                first = self.lines[(*path, key)]
                raise self.error(line, f"repeats the key `{key}` of line {first}")
            entries[key] = self.value(next(self.events), (*path, key))
            self.lines[(*path, key)] = line
        return entries

    def key(self, event: Any) -> str:
        """Return the mapping key that *event* is: a scalar, taken as text (an account id is not a number)."""
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent) or event.tag not in (None, "!"):
            raise self.error(line, "has a key that is not a plain string", _PLACEHOLDER)
        if event.value == "<<" and event.implicit[0]:
            raise self.error(line, "uses the YAML merge key `<<`, which rolemgr does not read")
        return str(event.value)

    def alias(self, anchor: str, line: int) -> Any:
        """Return what *anchor* stands for, at the price of all the values in it."""
        if anchor not in self.anchors:
            raise self.error(line, f"uses the alias `*{anchor}` before it is defined")
        built, size = self.anchors[anchor]
        self.spend(size, line)
        return built

    def spend(self, values: int, line: int) -> None:
        """Count *values* more; refuse what is over the limit."""
        self.count += values
        if self.count > self.most:
            raise self.error(line, f"stands for more than {self.most:,} values")

    def error(self, line: int, problem: str, hint: str | None = None) -> FileError:
        """Return the error that says *problem* of *line*, and what to do."""
        return FileError(SourceLocation(self.name, line), problem, hint)


def _scalar(text: str) -> Any:
    """Return what a plain (unquoted) scalar means in YAML 1.2's core schema, infinities left out."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
