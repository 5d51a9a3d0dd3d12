"""Write data as JSON or YAML: the same data gives the same bytes, in the order in which it is handed in."""

import json
import re
from typing import Any

from rolemgr.files.obeyed import OBEYED, has_obeyed

_TEXT = r'"(?:[^"\\\n]|\\.)*"'
_VALUE = rf'(?:{_TEXT}|[^\[\]{{}}",:\n]+)'
_LIST_OF_ONE = re.compile(rf"\[\n *({_VALUE})\n *\]")
_OBJECT_OF_ONE = re.compile(rf"\{{\n *({_TEXT}: (?:{_VALUE}|\[{_VALUE}\]))\n *\}}")
"""A list, or an object, of one plain value as indented JSON has it: no JSON text holds a line break itself."""


def to_json(data: Any, *, short: bool = True) -> str:
    """
    Return *data* as indented JSON that ends in a newline; where it is *short*, lists and objects of one are on a line.

    Names and policies that anyone wrote go to a terminal this way: what it would obey is escaped.
    """
    text = json_text(data, indent=2)
    return (indented(text) if short else text) + "\n"


def json_text(data: Any, *, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """Return *data* as JSON whose letters of any language can be read, with escapes for what a terminal would obey."""
    return escaped(json.dumps(data, indent=indent, separators=separators, ensure_ascii=False))


def escaped(text: str) -> str:
    """Return the JSON *text* with an escape for each character that a terminal would obey: the same data."""
    return OBEYED.sub(_in_json, text) if has_obeyed(text) else text


def _in_json(found: re.Match[str]) -> str:
    """Return a character as JSON escapes it, outside of the first plane by two halves."""
    return json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f"


def indented(text: str) -> str:
    """Return the indented JSON *text* with each list or object of one value on one line: IAM policies have many."""
    return _OBJECT_OF_ONE.sub(r"{\1}", _LIST_OF_ONE.sub(r"[\1]", text))


def to_yaml(data: Any) -> str:
    """
    Return *data* as block-style YAML that ends in a newline.

    Strings that another YAML reader could take for something else (`yes`, `012`) come out quoted.
    """
    from rolemgr.files.block_yaml import dump  # JSON, the usual form, does not pay for it

    return dump(data)


def to_template(data: Any) -> str:
    """
    Return a CloudFormation template as YAML, its functions as the tags that people write.

    ``{"Fn::Sub": text}`` becomes ``!Sub text``, and ``{"Ref": name}`` becomes ``!Ref name``: what
    `rolemgr.files.yaml.parse_yaml` reads with *tags*.
    """
    from rolemgr.files.block_yaml import dump_template

    return dump_template(data)
