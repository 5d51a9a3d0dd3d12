"""Detective controls: which were chosen, for what, and in which form."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail, chosen_guardrails
from rolemgr.detective import packs
from rolemgr.detective.controls import NamedControl, missing, template
from rolemgr.detective.limits import judges_calls, judges_more
from rolemgr.detective.names import wrong_names
from rolemgr.detective.rules import filled_rules
from rolemgr.detective.values import ControlValues
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.export import stack_module
from rolemgr.files.write import to_json, to_template, to_yaml
from rolemgr.iam.arn import REGION, partition_of
from rolemgr.model.detective_control import ControlNeed, DetectiveControl
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.names import bucket_doubt
from rolemgr.workflow.choices import catalog_folders, flag_choices
from rolemgr.workflow.intended import IntendedByRoles, intended_by
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role_options import BY_KEY

ALL: Final = "all"
"""The name that stands for every control."""
DETECTIVE_FORMS: Final = ("yaml", "json", "cloudformation", "terraform", "conformance-pack", "lza")
"""The forms of controls; the last two have rules of AWS Config alone."""
_RULES_ALONE: Final = ("conformance-pack", "lza")
_TEMPLATE_QUOTA: Final = 51_200
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
_TAG_KEY = re.compile(r"(?!(?i:aws:))[\w .:/=+@-]{1,128}")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9*?]{1,12}:role/[A-Za-z0-9_+=,.@/*?-]{1,576}")


@dataclass(frozen=True)
class DetectiveRequest:
    """What was asked for on the command line."""

    names: tuple[str, ...]
    form: str = "yaml"
    roles: tuple[str, ...] = ()
    guardrails: Mapping[str, Any] = field(default_factory=dict)
    """The options of guardrails as `flag_choices` takes them."""
    tag_keys: tuple[str, ...] = ()
    pass_roles: tuple[str, ...] = ()
    idle_roles: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    region: str | None = None
    stop: bool = False
    remediate: bool = False
    catalog: tuple[str, ...] = ()


def make_controls(request: DetectiveRequest, outside: Outside) -> str:
    """
    Return the controls that *request* asks for, in its form; say what is taken for granted and left out.

    Raises InputError (or Problems) for a wrong choice, a control that needs more, and a form that can't have it.
    """
    catalog = Catalog(catalog_folders(request.catalog))
    controls = _named(catalog, request.names)
    _check_options(request, controls)
    by_hand = _by_hand(catalog, request)
    roles = intended_by(catalog, request.roles, request.catalog, outside, frozenset(one.name for one in by_hand))
    values = _values(request, roles, _watched((*roles.guardrails, *by_hand), outside))
    values = _with_default_tag(values, controls, outside)
    controls = _complete(controls, values, request, outside)
    controls = _of_form(controls, request, outside)
    _say_without_rule(controls, values, outside)
    _say_costs(controls, outside)
    return str(_FORMS[request.form](catalog, controls, values, request, outside))


def _named(catalog: Catalog, names: Sequence[str]) -> tuple[NamedControl, ...]:
    """Return the controls of *names*, each once; raise UnknownNameError for one that there is not."""
    known = catalog.found("detective_controls")
    wanted = [*(known if ALL in names else ()), *(name for name in names if name != ALL)]
    found = tuple(NamedControl(name, catalog.detective_control(name)) for name in dict.fromkeys(wanted))
    raise_all([problem for one in found for problem in wrong_names(catalog, one.control)])
    return found


def _check_options(request: DetectiveRequest, controls: Sequence[NamedControl]) -> None:
    """Raise InputError (or Problems) for an option that no chosen control has, and a text that is not what it takes."""
    raise_all([*_unfit_options(request, controls), *_wrong_texts(request)])


def _unfit_options(request: DetectiveRequest, controls: Sequence[NamedControl]) -> Iterator[InputError]:
    """Yield an error for each option that was given and that none of *controls* has a use for."""
    given = {
        "--stop": request.stop,
        "--remediate": request.remediate,
        "--tag-key": request.tag_keys,
        "--pass-role": request.pass_roles,
        "--idle-role": request.idle_roles,
        "--bucket": request.buckets,
    }
    limits = [key for key, value in request.guardrails.items() if value not in (None, (), False) and key != "partition"]
    given |= {BY_KEY[key].flag: True for key in limits[:1]}
    for option, value in given.items():
        use = _USES.get(option, _LIMITS)
        if value and not any(use.has(one.value) for one in controls):
            yield _unfit(option, use, controls, request)
    if request.region and request.form != "conformance-pack":
        problem = f"`{request.form}` is for every region"
        yield InputError(SourceLocation("--region"), problem, "it goes with --format conformance-pack")


def _wrong_texts(request: DetectiveRequest) -> Iterator[InputError]:
    for key in request.tag_keys:
        if not _TAG_KEY.fullmatch(key):
            problem = f"`{key}` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:"
            yield InputError(SourceLocation("--tag-key"), problem)
    for option, arns in (("--pass-role", request.pass_roles), ("--idle-role", request.idle_roles)):
        for text in arns:
            if not _ROLE_ARN.fullmatch(text):
                hint = "such as arn:aws:iam::111122223333:role/sagemaker-*"
                yield InputError(SourceLocation(option), f"`{text}` is not the ARN of a role", hint)
    for text in request.idle_roles:
        if "*" in text or "?" in text:
            problem = f"`{text}` has a wildcard, and an archive rule of Access Analyzer takes whole ARNs"
            yield InputError(SourceLocation("--idle-role"), problem, "name each role")
    for doubt in filter(None, map(bucket_doubt, request.buckets)):
        yield InputError(SourceLocation("--bucket"), doubt.problem, doubt.hint)
    if request.region and not REGION.fullmatch(request.region):
        problem = f"`{request.region}` is not an AWS region such as us-east-1"
        yield InputError(SourceLocation("--region"), problem)


class _Use(NamedTuple):
    """Which controls have a use for an option, and what the others do instead."""

    has: Callable[[DetectiveControl], bool]
    without: str


_USES: Final[Mapping[str, _Use]] = {
    "--stop": _Use(lambda one: bool(one.events and one.events.stops), "stops nothing"),
    "--remediate": _Use(lambda one: bool(one.remedies), "has no remedy"),
    "--tag-key": _Use(lambda one: one.needs is ControlNeed.TAG_KEYS, "looks at no tags"),
    "--pass-role": _Use(lambda one: one.needs is ControlNeed.ROLES, "looks at no roles that are passed"),
    "--idle-role": _Use(lambda one: bool(one.analyzer and one.analyzer.age_days), "looks at no idle roles"),
    "--bucket": _Use(lambda one: bool(one.trail and one.trail.buckets), "logs no buckets"),
}
_LIMITS: Final = _Use(
    lambda one: one.needs is ControlNeed.GUARDRAILS or any(use.guardrail for use in one.config_rules),
    "judges by no guardrails of yours",
)
"""The options that choose guardrails and their values."""


def _unfit(option: str, use: _Use, controls: Sequence[NamedControl], request: DetectiveRequest) -> InputError:
    catalog = Catalog(catalog_folders(request.catalog))
    fit = [name for name in catalog.found("detective_controls") if use.has(catalog.detective_control(name).value)]
    names = ", ".join(f"`{one.name}`" for one in controls)
    return InputError(SourceLocation(option), f"{names} {use.without}", f"it goes with {', '.join(fit)}")


def _by_hand(catalog: Catalog, request: DetectiveRequest) -> tuple[ChosenGuardrail, ...]:
    if all(value in (None, (), False) for value in request.guardrails.values()):
        return ()
    source = flag_choices(request.guardrails).with_default("persona", "none", SourceLocation("command line"))
    return chosen_guardrails(catalog, None, parse_model(source, RoleSpec))


def _watched(guardrails: Sequence[ChosenGuardrail], outside: Outside) -> tuple[ChosenGuardrail, ...]:
    """Return those of *guardrails* that are about calls of SageMaker; say which are not."""
    if dark := sorted({one.name for one in guardrails if not judges_calls(one)}):
        outside.say(f"no control reads calls limited by {' and '.join(dark)}: SageMaker's are read, and no other's")
    for name in sorted(one.name for one in guardrails if judges_more(one)):
        outside.say(f"{name}: the sessions are read, and not from where all other calls come: its own Deny holds those")
    return tuple(one for one in guardrails if judges_calls(one))


def _values(request: DetectiveRequest, roles: IntendedByRoles, chosen: Sequence[ChosenGuardrail]) -> ControlValues:
    guardrails = {one.name: one for one in chosen}
    return ControlValues(
        tuple(dict.fromkeys(request.tag_keys)) or roles.tag_keys,
        tuple(guardrails[name] for name in sorted(guardrails)),
        tuple(dict.fromkeys((*roles.passed, *request.pass_roles))),
        roles.trusts,
        tuple(dict.fromkeys((*roles.buckets, *request.buckets))),
        request.stop,
        request.remediate,
        tuple(dict.fromkeys(request.idle_roles)),
        _partition(request, roles),
    )


def _partition(request: DetectiveRequest, roles: IntendedByRoles) -> str:
    by_region = partition_of(request.region) if request.region else None
    return str(request.guardrails.get("partition") or by_region or roles.partition or "aws")


def _with_default_tag(values: ControlValues, controls: Sequence[NamedControl], outside: Outside) -> ControlValues:
    if values.tag_keys or not any(one.value.needs is ControlNeed.TAG_KEYS for one in controls):
        return values
    outside.say("tag key Project; choose others with --tag-key")
    return replace(values, tag_keys=("Project",))


def _complete(
    controls: Sequence[NamedControl], values: ControlValues, request: DetectiveRequest, outside: Outside
) -> tuple[NamedControl, ...]:
    """
    Return the *controls* that have what they need.

    Of `all` the others are left out, which is said; raises InputError for one that was named.
    """
    lacking = {one.name: need for one in controls if (need := missing(one.value, values))}
    lacking |= {
        one.name: "give --guardrail of one that a managed rule judges"
        for one in controls
        if _judges_nothing(one, values)
    }
    if ALL not in request.names:
        raise_all([InputError(None, f"`{name}` has nothing to judge by", hint) for name, hint in lacking.items()])
    for name, hint in lacking.items():
        outside.say(f"{name} is left out, as it has nothing to judge by; {hint}")
    for option, none, what in (
        ("--role or --bucket", not values.buckets, "data-events logs no bucket"),
        ("--role", not values.trusts, "external-access archives nothing"),
    ):
        if none and any(what.partition(" ")[0] == one.name for one in controls):
            outside.say(f"{what}; {option} names what is meant")
    return tuple(one for one in controls if one.name not in lacking)


def _judges_nothing(one: NamedControl, values: ControlValues) -> bool:
    """Tell whether the control has rules of AWS Config alone, and none for the guardrails that were chosen."""
    return bool(one.value.config_rules) and not one.value.events and not filled_rules(one.value, values)


def _say_without_rule(controls: Sequence[NamedControl], values: ControlValues, outside: Outside) -> None:
    """Say which of the chosen guardrails no managed rule judges, where rules of guardrails were asked for."""
    judged = {use.guardrail for one in controls for use in one.value.config_rules if use.guardrail}
    if judged and (others := [one.name for one in values.guardrails if one.name not in judged]):
        outside.say(f"no managed rule of AWS Config judges {', '.join(others)}; outside-guardrails does")


def _of_form(controls: Sequence[NamedControl], request: DetectiveRequest, outside: Outside) -> tuple[NamedControl, ...]:
    """Return those of *controls* that the form can have; raise InputError where one was named that it can't."""
    if request.form not in _RULES_ALONE:
        return tuple(controls)
    others = [one.name for one in controls if not one.value.config_rules]
    where = SourceLocation("--format")
    if others and ALL not in request.names:
        problem = f"`{request.form}` has rules of AWS Config alone, and `{others[0]}` has none"
        raise InputError(where, problem, "give --format cloudformation")
    if request.remediate:
        problem = f"`{request.form}` can't hold the runbooks and roles of --remediate"
        raise InputError(where, problem, "give --format cloudformation")
    if others:
        outside.say(f"{request.form} has rules of AWS Config alone: {', '.join(others)} are left out")
    return tuple(one for one in controls if one.value.config_rules)


def _say_costs(controls: Sequence[NamedControl], outside: Outside) -> None:
    charged = [one.name for one in controls if one.value.trail or one.value.detector or one.value.config_rules]
    charged += [one.name for one in controls if one.value.analyzer and one.value.analyzer.age_days is not None]
    if charged:
        outside.say(f"AWS charges for {', '.join(charged)}: `rolemgr show detective-control NAME` says what for")


def _template(
    catalog: Catalog, controls: Sequence[NamedControl], values: ControlValues, outside: Outside, size: Any
) -> dict[str, Any]:
    made = template(catalog, controls, values)
    length = len(size(made).encode())
    if length > _TEMPLATE_QUOTA:
        outside.say(
            f"the template has {length:,} bytes: above {_TEMPLATE_QUOTA:,} CloudFormation takes it from S3 alone "
            "(`aws cloudformation deploy --s3-bucket`)"
        )
    return made


def _as_yaml(catalog: Catalog, controls: Any, values: ControlValues, _request: Any, outside: Outside) -> str:
    return to_yaml(_template(catalog, controls, values, outside, to_yaml))


def _as_template(catalog: Catalog, controls: Any, values: ControlValues, _request: Any, outside: Outside) -> str:
    return to_template(_template(catalog, controls, values, outside, to_template))


def _as_json(catalog: Catalog, controls: Any, values: ControlValues, _request: Any, outside: Outside) -> str:
    return to_json(_template(catalog, controls, values, outside, to_json))


def _as_terraform(catalog: Catalog, controls: Any, values: ControlValues, _request: Any, outside: Outside) -> str:
    made = _template(catalog, controls, values, outside, to_json)
    name = f"rolemgr-{controls[0].name}" if len(controls) == 1 else "rolemgr-detective"
    return to_json(stack_module.module(name, made))


def _as_pack(
    _catalog: Catalog, controls: Any, values: ControlValues, request: DetectiveRequest, outside: Outside
) -> str:
    rules = packs.rules_of(controls, values)
    if request.region:
        lacking = [one.rule.title for one in rules if not one.rule.is_in(request.region)]
        if lacking:
            outside.say(f"{request.region} has no {', '.join(lacking)}: left out")
    else:
        outside.say("not every region has every rule, and a pack has no conditions; --region leaves out what it lacks")
    return to_template(packs.conformance_pack(rules, values.partition, request.region))


def _as_accelerator(_catalog: Catalog, controls: Any, values: ControlValues, _request: Any, outside: Outside) -> str:
    outside.say("no organizational unit is a target yet: name yours in deploymentTargets")
    return to_yaml(packs.accelerator_config(packs.rules_of(controls, values), values.partition))


_FORMS: Final[Mapping[str, Any]] = {
    "yaml": _as_yaml,
    "cloudformation": _as_template,
    "json": _as_json,
    "terraform": _as_terraform,
    "conformance-pack": _as_pack,
    "lza": _as_accelerator,
}
