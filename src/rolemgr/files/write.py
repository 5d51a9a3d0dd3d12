"""Write data as JSON or YAML: the same data gives the same bytes, in the order in which it is handed in."""

import json
from typing import Any


def to_json(data: Any) -> str:
    """Return *data* as indented JSON that ends in a newline."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


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
