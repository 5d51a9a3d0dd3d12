"""Where in a text each value of its data stands, from its first character to behind its last: to change that alone."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from rolemgr.files.source import DataPath

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s\[\]{},:"]+')


class Span(NamedTuple):
    """From *start* up to, and without, *end*."""

    start: int
    end: int


@dataclass
class Spans:
    """The spans of the *values* of a text by path, and those of the *keys* of its mappings by the member's path."""

    text: str
    values: dict[DataPath, Span] = field(default_factory=dict)
    keys: dict[DataPath, Span] = field(default_factory=dict)

    def of(self, span: Span) -> str:
        """Return the text in *span*."""
        return self.text[span.start : span.end]


def json_spans(text: str) -> Spans:
    """Return the spans of *text*, which `rolemgr.files.json` has read without a complaint."""
    found = Spans(text)
    _json_value(found, (), _skip(text, 0))
    return found


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _scalar_end(text: str, at: int) -> int:
    scalar = _SCALAR.match(text, at)
    if scalar is None:
        raise ValueError(f"no value at {at}")
    return scalar.end()


def _json_value(spans: Spans, path: DataPath, at: int) -> int:
    """Note the value that starts *at*, and return where it ends; its depth is bounded, as it has been read."""
    text = spans.text
    if text[at] == "{":
        end = _json_mapping(spans, path, _skip(text, at + 1))
    elif text[at] == "[":
        end = _json_list(spans, path, _skip(text, at + 1))
    else:
        end = _scalar_end(text, at)
    spans.values[path] = Span(at, end)
    return end


def _json_mapping(spans: Spans, path: DataPath, at: int) -> int:
    text = spans.text
    while text[at] != "}":
        end = _scalar_end(text, at)
        member = (*path, str(json.loads(text[at:end])))
        spans.keys[member] = Span(at, end)
        at = _past_comma(text, _json_value(spans, member, _skip(text, _skip(text, end) + 1)))
    return at + 1


def _json_list(spans: Spans, path: DataPath, at: int) -> int:
    text, index = spans.text, 0
    while text[at] != "]":
        at = _past_comma(text, _json_value(spans, (*path, index), at))
        index += 1
    return at + 1


def _past_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def yaml_spans(text: str) -> Spans:
    """
    Return the spans of the first document of *text*, which `rolemgr.files.yaml` has read without a complaint.

    What an alias stands for has the span of the alias and no values below it.
    """
    found = Spans(text)
    events = iter(yaml.parse(text, Loader=yaml.SafeLoader))  # the one whose marks count characters on every machine
    next(events)
    next(events)
    _yaml_value(found, (), next(events), events)
    return found


def _yaml_value(spans: Spans, path: DataPath, event: Any, events: Any) -> int:
    """Note the value that *event* starts, and return where it ends."""
    end = _end(event)
    if isinstance(event, yaml.MappingStartEvent):
        while not isinstance(last := next(events), yaml.MappingEndEvent):
            member = (*path, str(last.value))
            spans.keys[member] = Span(last.start_mark.index, last.end_mark.index)
            end = _yaml_value(spans, member, next(events), events)
        end = _end(last) if event.flow_style else end
    elif isinstance(event, yaml.SequenceStartEvent):
        index = 0
        while not isinstance(last := next(events), yaml.SequenceEndEvent):
            end = _yaml_value(spans, (*path, index), last, events)
            index += 1
        end = _end(last) if event.flow_style else end
    spans.values[path] = Span(event.start_mark.index, end)
    return end


def _end(event: Any) -> int:
    return int(event.end_mark.index)
