"""What a use case is handed by the process that runs it: it looks at no stream and no environment itself."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from rolemgr.files.source import Limits

Reader: TypeAlias = Callable[[str, Limits], tuple[str, str]]
"""Returns the text of a file, or of stdin for ``-``, within the limits, and what messages call it."""
Say: TypeAlias = Callable[[str], None]
"""Says a note to the person who runs the use case."""


class Outside(NamedTuple):
    """The variables of the environment, a reader of files and stdin, and where notes go."""

    environ: Mapping[str, str]
    read: Reader
    say: Say


def once(say: Say) -> Say:
    """Return what says each text once, however many of a run have it in common."""
    told: set[str] = set()

    def say_once(text: str) -> None:
        if text not in told:
            told.add(text)
            say(text)

    return say_once
