"""A list that is a row of a table: what is written as YAML keeps it on one line."""

from typing import Any


class Row(list[Any]):
    """A list that `rolemgr.files.write.to_template` writes on one line: a row of a table."""
