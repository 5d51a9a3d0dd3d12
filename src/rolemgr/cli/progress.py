"""How far the work on many roles is, and what is refused of them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import click

from rolemgr.cli.files import note
from rolemgr.errors import InputError, raise_all


def progress(count: int) -> AbstractContextManager[Callable[[], None]]:
    """Give what is to be called for each role that is done; on a terminal, stderr shows how far it is."""
    return _progress_bar(count, "roles")


def asking(count: int) -> AbstractContextManager[Callable[[], None]]:
    """Give what is to be called for each question that AWS has answered, in the same way."""
    return _progress_bar(count, "asked")


@contextmanager
def _progress_bar(count: int, label: str) -> Iterator[Callable[[], None]]:
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=count, file=sys.stderr, show_pos=True, label=label) as bar:
        yield lambda: bar.update(1)


@contextmanager
def counting() -> Iterator[Callable[[int], None]]:
    """Give what is to be told how many things were read more; on a terminal, stderr shows how many there are."""
    total = 0

    def more(count: int) -> None:
        nonlocal total
        total += count
        if is_shown:
            click.echo(f"\r{total:,} users, groups, roles and policies", nl=False, err=True)

    is_shown = sys.stderr.isatty()
    try:
        yield more
    finally:
        if is_shown and total:
            click.echo(err=True)


def say_rest(made: int, wrong: Sequence[InputError], what: str, *, one: str = "role") -> None:
    """Say of how many roles, or of how many of what *one* is, *what* is done, and raise what is *wrong*."""
    note(f"{made:,} {one}{'' if made == 1 else 's'} {what}{'; what is refused follows' if wrong else ''}")
    raise_all(list({str(one): one for one in wrong}.values()))
