"""Whether what a control names is there: functions, rules and their parameters, calls and actions."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from rolemgr.catalog.load import Catalog
from rolemgr.compose.substitute import UnknownPlaceholderError, names_in
from rolemgr.detective import functions
from rolemgr.detective.code import function_source, remedy_scripts
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.model.detective_control import CallsOf, DetectiveControl, EventWatch
from rolemgr.model.source import Sourced
from rolemgr.reference.config_rules import config_rules
from rolemgr.reference.quirks import not_in_the_reference
from rolemgr.reference.services import find_action, services

_HELPERS = frozenset({"publish", "stopping", "remedies", "wildcards", "__init__"})
"""Modules that are parts of functions, and none by themselves."""


def wrong_names(catalog: Catalog, control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    """Yield each name in *control* that nothing has, with its line: AWS would refuse it, or find nothing for ever."""
    yield from _sources(control)
    yield from _functions(control)
    yield from _calls(control)
    yield from _rules(control)
    yield from _values(catalog, control)
    yield from _remedies(control)


def _sources(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    """
    Yield the sources of events that are one slip from a service's: no event has them.

    Not each source is `aws.` and the prefix of a service's actions (`aws.health`), so what is near none is taken.
    """
    known = {f"aws.{service}" for service in services()}
    for number, source in enumerate(control.value.events.sources if control.value.events else ()):
        near = get_close_matches(source, known, 1, _NEAR) if source.startswith("aws.") else []
        if near and _letters(near[0]) != _letters(source):  # aws.macie was there before macie2
            where = control.at("events", "sources", number)
            yield InputError(where, f"`{source}` is not known as a source of events", f"did you mean {near[0]}?")


def _letters(source: str) -> str:
    return "".join(one for one in source if one.isalpha())


_NEAR = 0.9
"""How alike two sources are that may be meant for each other."""


def function_names() -> list[str]:
    """Return the names of the functions that a control may have, sorted."""
    found = {file.stem for file in Path(functions.__file__).parent.glob("*.py")} - _HELPERS
    return sorted(name.replace("_", "-") for name in found)


def _functions(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    watch, known = control.value.events, function_names()
    if watch and watch.function not in known:
        where = control.at("events", "function")
        yield UnknownNameError(where, "function", watch.function, known, otherwise=f"there are {', '.join(known)}")
    elif watch and (problem := _misfit(watch)):
        yield InputError(control.at("events", "function"), problem)


def _misfit(watch: EventWatch) -> str | None:
    """Return why the function can't judge what the control takes, or None: without its tables it would find nothing."""
    of_findings = watch.function == "aws-findings"
    if of_findings is (watch.detail_types == _CALLS):
        return f"`{watch.function}` judges {'findings of AWS' if of_findings else 'calls'} alone: see `detail_types`"
    wanted = next((calls for calls, function in _JUDGE.items() if function == watch.function), None)
    if watch.calls_of is not wanted:
        return f"`{watch.function}` goes {f'with `calls_of: {wanted}`' if wanted else 'without `calls_of`'}"
    if watch.stops and "stopping import" not in function_source(watch.function):
        return f"`{watch.function}` stops nothing: leave `stops` out"
    return None


_CALLS = ("AWS API Call via CloudTrail",)
_JUDGE = {
    CallsOf.TAGGABLE: "untagged-resources",
    CallsOf.GUARDRAILS: "outside-guardrails",
    CallsOf.ROLES: "passed-roles",
}
"""The function that has the tables of each kind of calls."""


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


def _values(catalog: Catalog, control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    """Yield what is wrong with the guardrails of rules, and with placeholders that nothing fills."""
    for number, use in enumerate(control.value.config_rules):
        known: Iterable[str] = ("tag_keys",)
        if use.guardrail:
            guardrails = catalog.found("guardrails")
            if use.guardrail not in guardrails:
                where = control.at("config_rules", number, "guardrail")
                yield UnknownNameError(where, "guardrail", use.guardrail, guardrails)
                continue
            known = (*catalog.guardrail(use.guardrail).value.parameters, "tag_keys")
        for name, texts in use.parameters.items():
            for text in texts:
                if problem := _placeholder_problem(text, known):
                    yield InputError(control.at("config_rules", number, "parameters", name), problem)


def _placeholder_problem(text: str, known: Iterable[str]) -> str | None:
    try:
        strange = [name for name in names_in(text) if name not in known]
    except UnknownPlaceholderError:
        return f"`{text}` is not a placeholder such as {{{{ keys }}}}"
    return f"nothing fills `{strange[0]}`; there are {', '.join(known)}" if strange else None


def _remedies(control: Sourced[DetectiveControl]) -> Iterator[InputError]:
    for name, remedy in control.value.remedies.items():
        if remedy.script not in remedy_scripts():
            where = control.at("remedies", name, "script")
            yield UnknownNameError(where, "script", remedy.script, remedy_scripts())
