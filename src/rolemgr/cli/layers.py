"""The options that give a command the layers around the identity policies."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from rolemgr.workflow.layer_options import LAYER_OPTIONS

Command = TypeVar("Command", bound=Callable[..., Any])


def layer_options(command: Command) -> Command:
    """Give *command* the options of the layers, handed to it together as the mapping *layers*."""

    def collected(**values: Any) -> Any:
        layers = {option.key: values.pop(option.key) for option in LAYER_OPTIONS}
        return command(layers=layers, **values)

    decorated: Any = collected
    collected.__doc__ = command.__doc__
    if hasattr(command, "__click_params__"):
        decorated.__click_params__ = command.__click_params__
    for option in reversed(LAYER_OPTIONS):
        text = f"{option.help[:-1]}; repeatable." if option.many else option.help
        decorated = click.option(option.flag, option.key, metavar="FILE", multiple=option.many, help=text)(decorated)
    result: Command = decorated
    return result
