"""Say on the topic what AWS's own analyzers and AWS Config's rules find: their events, and no calls."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

FIELDS = (
    "configRuleName", "findingType", "type", "title", "resourceType", "resource", "resourceId", "action", "principal",
    "isPublic", "condition", "error", "id", "findingId", "accountId",
)  # fmt: skip


def tell(event: dict[str, Any], environ: Mapping[str, str], client: Callable[[str], Any]) -> str:
    """Return what *event* tells of, published: its kind, then each field that it has, a line each."""
    detail = event["detail"]
    found = " ".join(f"{event['detail-type']}: {_subject(detail)}".split())
    lines = [
        " ".join(f"{name}: {detail[name]}".split()) for name in FIELDS if detail.get(name) not in (None, "", {}, [])
    ]
    message = "\n".join(
        (found, *lines, f"in: {event.get('account')}, {event.get('region')}", f"at: {event.get('time')}")
    )
    logging.getLogger().warning(message)
    client("sns").publish(TopicArn=environ["TOPIC_ARN"], Subject=environ["SUBJECT"], Message=message)
    return found


def _subject(detail: dict[str, Any]) -> str:
    """Return what the finding is about: a resource by its ARN or id; GuardDuty's resources are objects."""
    named = detail.get("resource")
    return str(named if isinstance(named, str) else detail.get("resourceId") or detail.get("type") or "not shown")
