"""Block-style YAML for people to read; a module of its own, as few runs write any and the library is large."""

import re
from typing import Any

import yaml

from rolemgr.files.obeyed import OBEYED, has_obeyed
from rolemgr.files.rows import Row


def dump(data: Any) -> str:
    """Return *data* as YAML; `rolemgr.files.write.to_yaml` says how."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return _escaped(text)


def dump_template(data: Any) -> str:
    """Return *data* as YAML with CloudFormation's tags; `rolemgr.files.write.to_template` says how."""
    text: str = yaml.dump(data, Dumper=_TemplateDumper, sort_keys=False, allow_unicode=True, width=1000)
    return _escaped(text)


def _escaped(text: str) -> str:
    """Return the YAML *text* with escapes for what a terminal would obey: it stands between double quotes alone."""
    return OBEYED.sub(lambda found: f"\\U{ord(found[0]):08X}", text) if has_obeyed(text) else text


class _Dumper(yaml.SafeDumper):
    """A safe dumper that repeats a value instead of writing an anchor, which few people can read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # lists indented under their key


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """
    Write *text*, of several lines as a block that can be read.

    The line breaks that only YAML knows are escaped, for unescaped they come back as spaces; so is what a terminal
    would obey.
    """
    style = '"' if has_obeyed(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


class _TemplateDumper(_Dumper):
    """
    A dumper that writes a mapping of one function as that function's tag, and a `Row` on one line.

    Between two quoted values of a row no space is written: the account IDs of forty regions are a twentieth of
    what a stack set holds (51,200 bytes).
    """

    _last_indicators = ""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Write lists at their key's own indentation: in a stack set each level would take two bytes a line."""
        super(_Dumper, self).increase_indent(flow, indentless)

    def write_indicator(
        self, indicator: str, need_whitespace: bool, whitespace: bool = False, indention: bool = False
    ) -> None:
        """Write a mark of YAML's; *need_whitespace* asks for a space before it."""
        between_quoted = indicator == "'" and self._last_indicators == "',"
        super().write_indicator(indicator, need_whitespace and not between_quoted, whitespace, indention)
        self._last_indicators = (self._last_indicators + indicator)[-2:]


def _mapping(dumper: yaml.SafeDumper, data: dict[str, Any]) -> yaml.Node:
    name = next(iter(data), "") if len(data) == 1 else ""
    if name != "Ref" and not name.startswith("Fn::"):
        return dumper.represent_dict(data)
    node = dumper.represent_data(data[name])
    node.tag = "!" + name.removeprefix("Fn::")
    if name in _ON_ONE_LINE and isinstance(node, yaml.CollectionNode):
        node.flow_style = True
    return node


_ON_ONE_LINE = ("Fn::Equals", "Fn::FindInMap", "Fn::Select")


def _row(dumper: yaml.SafeDumper, data: Row) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


_NUMBER = re.compile(r"^[-+]?(?:0o[0-7]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$")

_Dumper.add_representer(str, _text)
_TemplateDumper.add_representer(dict, _mapping)
_TemplateDumper.add_representer(Row, _row)
# PyYAML quotes what YAML 1.1 reads as a number; YAML 1.2 has more forms (`1e3`, `0o17`).
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))
