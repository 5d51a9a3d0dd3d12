"""
What pydantic reads beside a type, named here and made where a model is first read.

Importing pydantic takes a third of a short run, and a role of the built-in catalog is composed without it. So that a
field still says, in its one place, how its value is read, these stand in `Annotated` for pydantic's own annotations:
metadata that unpacks to others, as annotated-types has it.
https://github.com/annotated-types/annotated-types#groupedmetadata
"""

from collections.abc import Callable, Iterator
from typing import Any, Final


class Mark:
    """The annotation *name* of pydantic with its arguments; whoever reads it by the protocol gets the true one."""

    __is_annotated_types_grouped_metadata__: Final = True

    def __init__(self, name: str, *args: Any, **options: Any) -> None:
        self._name, self._args, self._options = name, args, options

    def __iter__(self) -> Iterator[object]:
        import pydantic

        made = getattr(pydantic, self._name)(*self._args, **self._options)
        if isinstance(made, pydantic.fields.FieldInfo):
            yield from made.metadata
        else:
            yield from made if hasattr(made, "__is_annotated_types_grouped_metadata__") else (made,)


def before(read: Callable[[Any], Any], **options: Any) -> Mark:
    """Return the mark of a value that *read* prepares, and may refuse by ValueError; *options* are pydantic's."""
    return Mark("BeforeValidator", read, **options)


def after(check: Callable[..., Any]) -> Mark:
    """Return the mark of a value that *check* is asked about once it has its type; it may refuse by ValueError."""
    return Mark("AfterValidator", check)


def text(**options: Any) -> Mark:
    """Return the mark of a text with a *pattern*, a *min_length* ...: pydantic's StringConstraints."""
    return Mark("StringConstraints", **options)


def not_empty() -> Mark:
    """Return the mark of a list or mapping that has something in it."""
    return Mark("Field", min_length=1)


def json_schema(schema: dict[str, Any]) -> Mark:
    """Return the mark of a value whose JSON Schema is *schema*: what an editor accepts."""
    return Mark("WithJsonSchema", schema)


def tag(name: str) -> Mark:
    """Return the mark of the one of several types that *name* stands for, where `told_apart_by` gives it."""
    return Mark("Tag", name)


def told_apart_by(key: "str | Callable[[Any], str]") -> Mark:
    """Return the mark of several types of which *key*, a field or what tells the tag of a value, says the one."""
    return Mark("Discriminator", key)
