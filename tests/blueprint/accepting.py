"""What blueprints without networks accept, so that their tests are about something else."""

from collections.abc import Iterable

ANYWHERE = ("data-from-anywhere", "image-from-anywhere", "presigned-url")
"""What every role that reads data and pulls images reaches from anywhere."""
PEOPLE = (*ANYWHERE, "features-from-anywhere", "job-with-internet", "studio-session")
"""And what people's roles do besides."""


def accepting(names: Iterable[str]) -> str:
    """Return the end of a blueprint that accepts the sinks *names*."""
    return "accepted_sinks:\n" + "".join(f"  {name}: no network is fixed\n" for name in names)
