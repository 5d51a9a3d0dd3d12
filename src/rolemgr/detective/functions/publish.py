"""Publish what a detective control finds in a CloudTrail event on its topic, and log it."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

Client = Callable[[str], Any]
Find = Callable[[dict[str, Any], Mapping[str, str], Client], str | None]


def handle(event: dict[str, Any], find: Find, environ: Mapping[str, str], client: Client) -> str | None:
    """
    Return what *find* has to say of *event*, published; None for a call that is in order or that failed.

    What can't be judged is a finding too: CloudTrail omits a request of more than 100 KB.
    """
    detail = event["detail"]
    if detail.get("errorCode"):
        return None
    request = detail.get("requestParameters")
    found = find(detail, environ, client) if request and not request.get("omitted") else "not judged: no request shown"
    if found:
        found = " ".join(found.split())  # a line of its own in a name would read as one of ours
        message = "\n".join((found, *_call(detail)))
        logging.getLogger().warning(message)
        client("sns").publish(TopicArn=environ["TOPIC_ARN"], Subject=environ["SUBJECT"], Message=message)
    return found


def _call(detail: dict[str, Any]) -> list[str]:
    """Return who called what, where and when, a line each."""
    caller = detail.get("userIdentity") or {}
    made = detail.get("responseElements") or {}
    return [
        f"call: {detail['eventName']}",
        f"made: {', '.join(sorted(str(made[key]) for key in made if key.endswith('Arn'))) or 'not shown'}",
        f"by: {caller.get('arn') or caller.get('invokedBy') or 'not shown'}",
        f"in: {detail.get('recipientAccountId')}, {detail.get('awsRegion')}",
        f"at: {detail.get('eventTime')}, CloudTrail event {detail.get('eventID')}",
    ]
