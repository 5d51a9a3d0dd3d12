"""Text of others in output: no control character of it reaches a terminal, no line of it a workflow."""

from collections.abc import Mapping


def printable(text: str) -> str:
    """Return *text* with what can't be printed written as in Python."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def workflow_command(level: str, properties: Mapping[str, str], message: str) -> str:
    """
    Return a line that GitHub shows as an annotation, whatever *message* and the values of *properties* hold.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {shown}::{_escaped(message)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
