"""The page of what a live account must still confirm: each check with its commands, from `live_checks.json`."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent


@cache
def checks() -> Sequence[Mapping[str, Any]]:
    """Return the checks."""
    found: Sequence[Mapping[str, Any]] = json.loads((HERE / "live_checks.json").read_text("utf-8"))
    return found


def minutes() -> int:
    """Return how long all of them take."""
    return sum(one["minutes"] for one in checks())


def live_setup() -> str:
    """Return the commands before the checks."""
    return _shell("live_before.sh")


def live_teardown() -> str:
    """Return the commands after the checks."""
    return _shell("live_after.sh")


def _shell(name: str) -> str:
    return f"```sh\n{(HERE / name).read_text('utf-8')}```\n"


def live_checks() -> str:
    """Return the checks, one after another."""
    return "\n".join(map(_check, checks()))


def _check(one: Mapping[str, Any]) -> str:
    commands = "\n".join(one["commands"])
    return (
        f"### {one['id']}\n\n"
        f"{_question(one['about'])} {one['minutes']} minutes; costs {one['costs']}.\n\n"
        f"```sh\n{commands}\n```\n\n"
        f"- Expected: {one['expected']}.\n- Otherwise: {one['otherwise']}.\n- Then change: `{one['change']}`.\n"
    )


def _question(about: str) -> str:
    """Return what is asked: of a decision its open question, of a fact what it is about."""
    if about.startswith(("whether ", "which ", "what ", "how ", "by which ", "to which ")):
        return f"AWS does not say {about}."
    topic, _, what = about.partition(": ")
    return f"Others saw it, and AWS does not say it: {topic.replace('_', ' ')}, {what.replace('*', chr(92) + '*')}."
