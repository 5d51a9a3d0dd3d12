"""Every call that the event pattern lets through is a finding."""

from collections.abc import Mapping
from typing import Any

SHOWN = ("endpointName", "modelPackageGroupName", "resourceShareArn", "name", "resourceArns")


def find(detail: dict[str, Any], _environ: Mapping[str, str], _client: object) -> str | None:
    """Return what the call in *detail* is about."""
    request = detail["requestParameters"]
    about = ", ".join(f"{name} {request[name]}" for name in SHOWN if request.get(name))
    return f"{detail['eventName']}: {about or 'no parameter shown'}"
