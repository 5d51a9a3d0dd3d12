"""From data that was read to a frozen model, or to errors that each say the line they speak of."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from rolemgr.errors import SourceLocation, raise_all
from rolemgr.files.source import SourceFile
from rolemgr.iam.plain import Readable

M = TypeVar("M", bound=Readable)
M_co = TypeVar("M_co", bound=Readable, covariant=True)


@dataclass(frozen=True, eq=False)
class Sourced(Generic[M_co]):
    """
    A model and the file that it was read from, so that any part of it can say its line.

    Each is read once, so it is equal to itself alone and can be a key of caches.
    """

    value: M_co
    source: SourceFile

    def at(self, *path: str | int) -> SourceLocation:
        """Return the place of the value at *path*."""
        return self.source.at(path)


def parse_model(source: SourceFile, model: type[M]) -> Sourced[M]:
    """
    Return the data of *source* as a *model*.

    Raises InputError, or Problems where there are several, each with its line.
    """
    from pydantic import ValidationError  # what the wheel recorded was read when it was built

    from rolemgr.model.refusals import problems

    try:
        return Sourced(model.model_validate(source.data), source)
    except ValidationError as error:
        raise_all(list(problems(source, error, model)))
        raise AssertionError("pydantic reported no error") from error
