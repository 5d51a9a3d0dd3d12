"""A result in two views, of which only the one that somebody wants is made."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Views(NamedTuple):
    """What gives a result as *data* for programs, and as a *page* (of rich) for people."""

    data: Callable[[], Any]
    page: Callable[[], Any]
