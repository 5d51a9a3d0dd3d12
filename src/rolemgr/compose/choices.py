"""What the user chose, as values of parameters: the short forms of the command line, and what is built in."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from rolemgr.compose.parameters import Declared, GivenValues
from rolemgr.compose.substitute import UnknownPlaceholderError, Values, fill
from rolemgr.errors import InputError
from rolemgr.model.catalog import ParameterType
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.role import GuardrailInForce
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec, default_role_name
from rolemgr.reference.data import image_accounts, jumpstart_buckets

_SHORT_FORMS = {
    "bucket": ("data_buckets", "work_buckets"),
    "pass_role": ("pass_roles",),
    "subnet": ("subnets",),
    "data_key": ("data_keys",),
    "volume_key": ("volume_keys",),
}
"""The parameters that a short form of the command line stands for."""


_OWN_PROFILE = ("${sagemaker:DomainId}", "${sagemaker:UserProfileName}")


def builtins(spec: RoleSpec) -> dict[str, tuple[str, ...]]:
    """Return the names that every placeholder of the catalog may use."""
    return {
        "partition": (spec.partition_name,),
        "region": (spec.region,),
        "account": (spec.account,),
        "dns_suffix": (spec.dns_suffix,),
        "role": (spec.arn,),
        **_studio_names(spec),
        "aws_image_accounts": image_accounts(spec.region),
        "jumpstart_buckets": jumpstart_buckets(spec.region),
        **spec.stand_ins,
    }


def _studio_names(spec: RoleSpec) -> dict[str, tuple[str, ...]]:
    """
    Return what is the signed-in user's own in Studio, whose variables AWS fills in a domain's sessions.

    AWS writes an app's type in lower case in ARNs; the other spelling is the API's.
    """
    place, own = f"arn:{spec.partition_name}:sagemaker:{spec.region}:{spec.account}", "/".join(_OWN_PROFILE)
    return {
        "own_profile": (f"{place}:user-profile/{own}",),
        "own_canvas": tuple(f"{place}:app/{own}/{name}/*" for name in ("canvas", "Canvas")),
        "own_tensorboard": tuple(f"{place}:app/{own}/{name}/*" for name in ("tensorboard", "TensorBoard")),
    }


def own_defaults(
    persona: ResolvedPersona, spec: RoleSpec, declared: Mapping[str, Declared]
) -> Mapping[str, Declared]:  # fmt: skip
    """
    Return *declared*, where a default names the role of *persona* (or of one that it extends) by this role itself.

    Such a default is the name that the role has where none is chosen. A role of another name or path would pass, and
    leave its work to, whatever role has that name.
    """
    home = f"arn:{spec.partition_name}:iam::{spec.account}:role/"
    usual = {home + default_role_name(name) for name in persona.lineage} - {spec.arn}
    return {name: _as_itself(one, usual, builtins(spec)) for name, one in declared.items()} if usual else declared


def _as_itself(declared: Declared, usual: Collection[str], known: Values) -> Declared:
    """Return *declared* with the role itself in the place of each default that is one of the *usual* ARNs."""
    parameter = declared.parameter
    if parameter.type is not ParameterType.ROLE_ARN or not parameter.default:
        return declared
    found = tuple(_OWN if _filled(text, known) in usual else text for text in parameter.default)
    return declared._replace(parameter=parameter.model_copy(update={"default": found}))


_OWN = "{{ role }}"


def _filled(text: str, known: Values) -> str | None:
    """Return *text* with its placeholders filled; None where one is not of the *known*, or has several values."""
    try:
        filled = fill(text, known)
    except UnknownPlaceholderError:
        return None
    return filled[0] if len(filled) == 1 else None


def short_forms(spec: RoleSpec) -> set[str]:
    """Return the parameters that the short forms chosen in *spec* stand for."""
    return {name for short, names in _SHORT_FORMS.items() if getattr(spec, short) for name in names}


def given_values(spec: Sourced[RoleSpec], declared: Mapping[str, Declared]) -> dict[str, GivenValues]:
    """Return the user's values by parameter, from short forms and by name."""
    given: dict[str, GivenValues] = {}
    for short, names in _SHORT_FORMS.items():
        values = getattr(spec.value, short)
        texts = tuple(spec.value.arn if value == "self" else value for value in values)
        places = tuple(spec.at(short, number) for number in range(len(texts)))
        given |= {name: GivenValues(texts, places, spec.at(short)) for name in names if values and name in declared}
    for name, chosen in spec.value.parameter.items():
        texts = _with_itself(spec, name, chosen, declared)
        places = tuple(spec.at("parameter", name, number) for number in range(len(texts)))
        given[name] = GivenValues(texts, places, spec.at("parameter", name))
    return given


def _with_itself(
    spec: Sourced[RoleSpec], name: str, texts: tuple[str, ...], declared: Mapping[str, Declared]
) -> tuple[str, ...]:  # fmt: skip
    """Return the values *texts* of the parameter *name*, ``self`` as the role's own ARN where a role is asked for."""
    if "self" not in texts or name not in declared or declared[name].parameter.type is not ParameterType.ROLE_ARN:
        return texts
    if name in _SHORT_FORMS["pass_role"]:
        problem = f"parameter `{name}` can't be `self` by its name: a persona must be made to pass itself"
        raise InputError(spec.at("parameter", name), problem, "give --pass-role self, or pass_role: self")
    return tuple(spec.value.arn if text == "self" else text for text in texts)


def unused_short_forms(
    spec: Sourced[RoleSpec], declared: Mapping[str, Declared], guardrails: Sequence[GuardrailInForce]
) -> Iterator[str]:
    """Yield a note for each short form that finds nothing to act on, in parameters or guardrails of the role."""
    limiting = {value for one in guardrails if one.actions for values in one.values.values() for value in values}
    for short in (*_SHORT_FORMS, "security_group"):
        values = getattr(spec.value, short)
        names = _SHORT_FORMS.get(short, ())
        if values and not limiting.intersection(values) and not any(name in declared for name in names):
            yield f"{spec.at(short)}: nothing in this role uses it"
