"""Write data as JSON or YAML: the same data gives the same bytes, in the order in which it is handed in."""

import json
import re
from typing import Any, Final

_TEXT = r'"(?:[^"\\\n]|\\.)*"'
_VALUE = rf'(?:{_TEXT}|[^\[\]{{}}",:\n]+)'
_LIST_OF_ONE = re.compile(rf"\[\n *({_VALUE})\n *\]")
_OBJECT_OF_ONE = re.compile(rf"\{{\n *({_TEXT}: (?:{_VALUE}|\[{_VALUE}\]))\n *\}}")
"""A list, or an object, of one plain value as indented JSON has it: no JSON text holds a line break itself."""


OBEYED: Final = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""
What a terminal obeys and what changes the order of a line, or hides in it, but for what JSON escapes anyway.

DEL and the C1 controls (U+009B begins an escape sequence), the controls of bidirectional text, separators of lines,
and characters without a width. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""


def to_json(data: Any, *, short: bool = True) -> str:
    """
    Return *data* as indented JSON that ends in a newline; where it is *short*, lists and objects of one are on a line.

    Names and policies that anyone wrote go to a terminal this way: what it would obey is escaped.
    """
    text = json_text(data, indent=2)
    return (indented(text) if short else text) + "\n"


def json_text(data: Any, *, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """Return *data* as JSON whose letters of any language can be read, with escapes for what a terminal would obey."""
    text = json.dumps(data, indent=indent, separators=separators, ensure_ascii=False)
    return OBEYED.sub(_in_json, text) if has_obeyed(text) else text


def has_obeyed(text: str) -> bool:
    """Tell whether *text* has something that a terminal would obey."""
    return not (text.isascii() and "\x7f" not in text) and OBEYED.search(text) is not None


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
