"""Whether what a control names is there: functions, rules and their parameters, calls and actions."""

from collections.abc import Iterator
from pathlib import Path

from rolemgr.detective import functions
from rolemgr.detective.code import remedy_scripts
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.model.detective_control import DetectiveControl
from rolemgr.model.source import Sourced
from rolemgr.reference.config_rules import config_rules
from rolemgr.reference.quirks import not_in_the_reference
from rolemgr.reference.services import find_action

_HELPERS = frozenset({"publish", "stopping", "remedies", "wildcards", "__init__"})
"""Modules that are parts of functions, and none by themselves."""


def wrong_names(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    """Yield each name in *control* that nothing has, with its line: AWS would refuse it, or find nothing for ever."""
    yield from _functions(control)
    yield from _calls(control)
    yield from _rules(control)
    yield from _remedies(control)


def function_names() -> list[str]:
    """Return the names of the functions that a control may have, sorted."""
    found = {file.stem for file in Path(functions.__file__).parent.glob("*.py")} - _HELPERS
    return sorted(name.replace("_", "-") for name in found)


def _functions(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    watch, known = control.value.events, function_names()
    if watch and watch.function not in known:
        where = control.at("events", "function")
        yield UnknownNameError(where, "function", watch.function, known, otherwise=f"there are {', '.join(known)}")


def _calls(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    watch = control.value.events
    if watch is None:
        return
    for number, call in enumerate(watch.calls):
        if watch.sources == ("aws.sagemaker",) and not _is_action(f"sagemaker:{call}"):
            yield InputError(
                control.at("events", "calls", number), f"`{call}` is not a call that SageMaker is known to have"
            )
    for call, stop in watch.stops.items():
        if find_action(stop.action) is None:
            where = control.at("events", "stops", call, "action")
            yield InputError(where, f"`{stop.action}` is not an action that AWS is known to have")


def _is_action(name: str) -> bool:
    return find_action(name) is not None or name.lower() in not_in_the_reference()


def _rules(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    for number, use in enumerate(control.value.config_rules):
        rule = config_rules().get(use.rule)
        if rule is None:
            yield UnknownNameError(
                control.at("config_rules", number, "rule"), "managed rule of AWS Config", use.rule, config_rules(),
                otherwise="its identifier is in capitals, such as SAGEMAKER_MODEL_IN_VPC",
            )  # fmt: skip
            continue
        for name in use.parameters:
            if name not in rule.parameters:
                where = control.at("config_rules", number, "parameters", name)
                yield UnknownNameError(where, f"parameter of {use.rule}", name, rule.parameters)
        for name in (one for one, required in rule.parameters.items() if required and one not in use.parameters):
            yield InputError(control.at("config_rules", number), f"{use.rule} needs the parameter `{name}`")


def _remedies(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    for name, remedy in control.value.remedies.items():
        if remedy.script not in remedy_scripts():
            where = control.at("remedies", name, "script")
            yield UnknownNameError(where, "script", remedy.script, remedy_scripts())
