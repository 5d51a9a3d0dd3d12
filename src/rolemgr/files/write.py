"""Write data as JSON or YAML: the same data gives the same bytes, in the order in which it is handed in."""

import json
from typing import Any

import yaml


def to_json(data: Any) -> str:
    """Return *data* as indented JSON that ends in a newline."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def to_yaml(data: Any) -> str:
    """
    Return *data* as block-style YAML that ends in a newline.

    Strings that another YAML reader could take for something else (`yes`, `012`) come out quoted.
    """
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text


class _Dumper(yaml.SafeDumper):
    """A safe dumper that repeats a value instead of writing an anchor, which few people can read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # lists indented under their key
