"""The ways in which somebody would silence the alarm, or widen the role: each has to be denied to the role."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.detective.break_glass.names import BreakGlass

_ANY_KEY: Final = "00000000-0000-0000-0000-000000000000"
_ANY_TRAIL: Final = "any"


class AlarmSink(NamedTuple):
    """A request that must be denied: of which *part* of the alarm, and the account that the part is in."""

    part: str
    action: str
    resource: str
    account: str


@cache
def _data() -> Any:
    return json.loads(Path(__file__).with_name("sinks.json").read_bytes())["sinks"]


def sinks(made: BreakGlass, region: str) -> Iterator[AlarmSink]:
    """Yield the requests that would silence the alarm on *made*, as seen from *region* of the roles' accounts."""
    parts = _parts(made, region)
    for entry in _data():
        for name in entry["resources"]:
            for resource in parts[name.strip("{}")]:
                account = resource.split(":")[4]
                yield from (AlarmSink(entry["part"], action, resource, account) for action in entry["actions"])


def _parts(made: BreakGlass, region: str) -> dict[str, tuple[str, ...]]:
    """Return the ARNs that stand for each part of the alarm; key and trail are any, as their names are not known."""
    every, alarm, home = f"arn:{made.partition}", made.alarm_account, made.alarm_region
    own = made.accounts
    return {
        "use_rule": tuple(f"{every}:events:{region}:{one}:rule/{made.use_rule}" for one in own),
        "change_rule": tuple(f"{every}:events:{region}:{one}:rule/{made.change_rule}" for one in own),
        "alarm_rule": (f"{every}:events:{home}:{alarm}:rule/{made.name}/{made.alarm_rule}",),
        "alarm_change_rule": (f"{every}:events:{home}:{alarm}:rule/{made.alarm_change_rule}",),
        "bus": (made.bus,),
        "topic": (made.topic,),
        "key": (f"{every}:kms:{home}:{alarm}:key/{_ANY_KEY}",),
        "queue": tuple(f"{every}:sqs:{region}:{one}:{made.queue}" for one in own),
        "alarm_queue": (f"{every}:sqs:{home}:{alarm}:{made.alarm_queue}",),
        "queue_alarm": (f"{every}:cloudwatch:{home}:{alarm}:alarm:{made.alarm_queue}",),
        "trail": tuple(f"{every}:cloudtrail:{region}:{one}:trail/{_ANY_TRAIL}" for one in own),
        "role": made.roles,
        "forwarder": tuple(f"{every}:iam::{one}:role/{made.forwarder}" for one in own),
        "policy": made.policies,
        "user": made.users,
    }
