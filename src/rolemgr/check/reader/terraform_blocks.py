"""
Blocks of Terraform's JSON configuration: objects by their labels, or lists of such objects at any level.

https://developer.hashicorp.com/terraform/language/syntax/json#nested-block-mapping
"""

from collections.abc import Iterator
from typing import Any

from rolemgr.files.source import DataPath


def blocks(data: dict[str, Any], keyword: str) -> Iterator[tuple[str, str, Any, DataPath]]:
    """Yield the blocks of *keyword* with two labels, such as ``resource``: type, name, body and place."""
    for kind, named, here in labelled(data.get(keyword), (keyword,)):
        for name, body, place in labelled(named, here):
            alone = body[0] if isinstance(body, list) and len(body) == 1 else body
            yield kind, name, alone, (*place, 0) if alone is not body else place


def labelled(value: Any, here: DataPath) -> Iterator[tuple[str, Any, DataPath]]:
    """Yield what stands under each label of *value* at *here*: an object, or a list of them; comments are left out."""
    for index, one in enumerate(value) if isinstance(value, list) else ((None, value),):
        path = here if index is None else (*here, index)
        for label, inner in one.items() if isinstance(one, dict) else ():
            if label != "//":
                yield label, inner, (*path, label)
