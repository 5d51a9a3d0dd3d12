"""Stop what a call has started, where that was asked for; the module that follows says what is found."""

from collections.abc import Callable, Mapping
from typing import Any

STOPS: Mapping[str, tuple[str, str, str]] = {}
"""By call: the parameter that names what it started, the method that stops that, and its argument."""


def stopped(found: str, detail: dict[str, Any], environ: Mapping[str, str], client: Callable[[str], Any]) -> str:
    """Return *found* with what became of what the call in *detail* has started."""
    if environ.get("STOP") != "true" or detail["eventName"] not in STOPS:
        return found
    field, method, argument = STOPS[detail["eventName"]]
    try:
        getattr(client("sagemaker"), method)(**{argument: detail["requestParameters"][field]})
    except Exception as error:  # the finding is published in any case
        return f"{found}; it could not be stopped: {error}"
    return f"{found}; it is being stopped"
