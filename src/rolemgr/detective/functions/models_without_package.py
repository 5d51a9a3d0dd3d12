"""Find models and inference components whose containers do not come from a model package."""

from collections.abc import Mapping
from typing import Any


def find(detail: dict[str, Any], _environ: Mapping[str, str], _client: object) -> str | None:
    """Return which containers of the request in *detail* name no model package, or None where all do."""
    request = detail["requestParameters"]
    if detail["eventName"] == "CreateModel":
        several = [one for one in (request.get("primaryContainer"), *(request.get("containers") or [])) if one]
        loose = [one for one in several if not one.get("modelPackageName")]
        if several and not loose:
            return None
        names = ", ".join(str(one.get("image") or "no image") for one in loose) or "no container shown"
        return f"{request.get('modelName')} is a model without a model package ({names})"
    several = [request.get("specification"), *(request.get("specifications") or [])]
    containers = [one["container"] for one in several if one and one.get("container")]
    if not any(one.get("image") or one.get("artifactUrl") for one in containers):
        return None  # it serves a model, which was judged when it was made, or changes something else
    images = ", ".join(str(one.get("image") or one.get("artifactUrl")) for one in containers)
    return f"{request.get('inferenceComponentName')} serves a container of its own instead of a model ({images})"
