"""What pydantic makes of a model that is plain: its reader and writer, built when they are first used."""

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_wrap_validator_function


@cache
def adapter(model: type[Any]) -> TypeAdapter[Any]:
    """Return what reads and writes *model*."""
    return TypeAdapter(model)


def noting(
    note: Callable[[Any, Callable[[Any], Any]], Any], schema: CoreSchema, handler: GetCoreSchemaHandler
) -> CoreSchema:
    """Return the *schema* of a class with *note* around its reading, wherever a model has a value of the class."""
    inner: Any = dict(handler.resolve_ref_schema(schema))  # models name it by its reference: that is the whole's now
    return no_info_wrap_validator_function(note, inner, ref=inner.pop("ref"))
