"""The options that say who does large work: processes here, or the workers of a cluster."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rolemgr.cli.lazy import workflow
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.workflow.workers import WorkerChoice, Workers

Command = TypeVar("Command", bound=Callable[..., Any])


def worker_options(command: Command) -> Command:
    """Give *command* the options of who does its work, handed to it together as *workers*."""

    @wraps(command)
    def collected(jobs: int | None, scheduler: str | None, **values: Any) -> Any:
        if jobs is not None and scheduler is not None:
            raise InputError(SourceLocation("--jobs"), "does not go with --scheduler", "a cluster has its own workers")
        return command(workers=workflow.workers.WorkerChoice(jobs, scheduler), **values)

    decorated: Any = collected
    text = (
        "Have the workers of this Dask cluster do the work, such as tls://10.0.0.5:8786; they run the same version of"
        " rolemgr (`pip install 'rolemgr[dask]'`). Over a network with TLS only: a scheduler's messages execute code."
    )
    decorated = click.option("--scheduler", metavar="ADDRESS", help=text)(decorated)
    text = "How many processes do the work; one a core where there is much of it, unless given."
    decorated = click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help=text)(decorated)
    result: Command = decorated
    return result


@contextmanager
def at_work(choice: "WorkerChoice", size: int, worth: int) -> "Iterator[Workers]":
    """
    Give who does work of *size*, which is worth several processes from *worth* on.

    Raises InputError for a cluster that can't be used.
    """
    if choice.scheduler is None:
        with workflow.workers.processes(workflow.workers.jobs_for(choice, size, worth)) as local:
            yield local
        return
    if importlib.util.find_spec("distributed") is None:
        raise InputError(SourceLocation("--scheduler"), "Dask is not installed", "pip install 'rolemgr[dask]'")
    with workflow.cluster.cluster(choice.scheduler) as remote:
        yield remote
