"""The values of patterns' parameters: what the user gave, else the default, each held to its form."""

import operator
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from rolemgr.compose.substitute import names_in
from rolemgr.errors import InputError, MissingValueError, SourceLocation, UnknownNameError, raise_all
from rolemgr.iam.arn import REGION
from rolemgr.iam.limits import all_addresses, network_problem, open_patterns
from rolemgr.model.layer_pattern import LayerParameter, LayerPattern, LayerValueType
from rolemgr.model.source import Sourced
from rolemgr.reference import names
from rolemgr.reference.services import expand

Values: TypeAlias = Mapping[str, tuple[str, ...]]

_PARTITION = r"(?:\*|aws[a-z-]*)"
_ACCOUNT = r"(?:\*|[0-9]{12})"
_NAME = r"[A-Za-z0-9_+=,.@*?-]+"
_FORMS: Mapping[LayerValueType, tuple[str, str]] = {
    LayerValueType.REGION: (REGION.pattern, "a region such as eu-west-1"),
    LayerValueType.ACCOUNT_ID: (r"[0-9]{12}", "an account id of 12 digits"),
    LayerValueType.ORGANIZATION_ID: (r"o-[a-z0-9]{10,32}", "an organization's id such as o-a1b2c3d4e5"),
    LayerValueType.ACTION_PATTERN: (
        r"[a-z0-9-]+:[A-Za-z0-9*?]+",
        "an action such as bedrock:InvokeModel, or a pattern",
    ),
    LayerValueType.ROLE_PATTERN: (
        rf"arn:{_PARTITION}:iam::{_ACCOUNT}:role/(?![*?])(?:{_NAME}/)*{_NAME}",
        "a role's ARN such as arn:*:iam::*:role/platform/admin (no wildcard at the beginning)",
    ),
    LayerValueType.POLICY_PATTERN: (
        rf"arn:{_PARTITION}:iam::(?:aws|{_ACCOUNT}):policy/(?![*?])(?:{_NAME}/)*{_NAME}",
        "a managed policy's ARN such as arn:*:iam::*:policy/boundary",
    ),
    LayerValueType.KEY_PATTERN: (
        rf"arn:{_PARTITION}:kms:[a-z0-9*-]+:{_ACCOUNT}:key/[A-Za-z0-9*?-]+",
        "a KMS key's ARN such as arn:*:kms:*:111122223333:key/*",
    ),
    LayerValueType.ARN_PATTERN: (r"arn:[a-z*-]+:[a-z0-9-]+:[a-z0-9*-]*:(?:\*|[0-9]{12})?:\S+", "an ARN"),
    LayerValueType.INSTANCE_TYPE: (
        r"system|ml\.[a-z][a-z0-9-]*(?:\*|\.[a-z0-9*?-]+)",
        "an instance type such as ml.m5.xlarge, ml.m5.* or ml.g4dn.*",
    ),
    LayerValueType.NETWORK: (r"vpc-[0-9a-f]{8,32}", "a VPC's id such as vpc-0a1b2c3d"),
    LayerValueType.IP_RANGE: (
        r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?|[0-9a-f:]+(?:/[0-9]{1,3})?",
        "an IP range such as 203.0.113.0/24",
    ),
    LayerValueType.PROVIDER: (
        r"[a-z0-9.-]+(?:/[A-Za-z0-9._/-]+)?",
        "an OIDC provider without https://, such as token.actions.githubusercontent.com",
    ),
    LayerValueType.SUBJECT: (r"(?![*?])[A-Za-z0-9_/:.@*?-]{2,256}", "a subject such as repo:acme/*"),
}


LONGEST = 2_048
"""The characters of an ARN at most, by botocore's model of IAM (`arnType`)."""


class GivenValue(NamedTuple):
    """What the user gave for a parameter, and where."""

    texts: tuple[str, ...]
    where: SourceLocation


def values_of(name: str, pattern: Sourced[LayerPattern], given: Mapping[str, GivenValue]) -> dict[str, tuple[str, ...]]:
    """
    Return the values of all parameters of *pattern*, which messages call *name*.

    Raises InputError (or Problems) for a value of the wrong form, and for one that is missing.
    """
    problems: list[InputError] = []
    found: dict[str, tuple[str, ...]] = {}
    for parameter, declared in pattern.value.parameters.items():
        one = given.get(parameter)
        if one is None and declared.default is None:
            hint = f"give --parameter {parameter}=VALUE"
            problem = f"`{name}` needs {parameter}: {declared.help}"
            problems.append(
                MissingValueError(pattern.at("parameters", parameter), problem, hint, [("parameter", parameter)])
            )
            continue
        where = one.where if one else pattern.at("parameters", parameter)
        texts = one.texts if one else declared.default or ()
        wrong = list(misfits(declared, texts, given=bool(one)))
        if not wrong and parameter in _listing_allowed(pattern.value):
            wrong += _limits_nothing(declared, texts)
        problems += [InputError(where, f"{parameter}: {problem}") for problem in wrong]
        found[parameter] = tuple(sorted(set(texts)))
    raise_all([*problems, *_together(name, pattern, found)])
    return found


def _together(name: str, pattern: Sourced[LayerPattern], values: Values) -> Iterator[InputError]:
    """Yield the values that one ARN could be of, part by part, of parameters that must be apart."""
    for number, (one, other) in enumerate(pattern.value.apart):
        for first in values.get(one, ()):
            for second in values.get(other, ()):
                if all(map(may_meet, first.split(":", 5), second.split(":", 5))):
                    problem = f"`{name}`: {one} `{first}` and {other} `{second}` may be the same"
                    yield InputError(pattern.at("apart", number), problem, "name roles that are apart")


def may_meet(one: str, other: str) -> bool:
    """
    Tell whether some text matches both patterns, in which ``*`` stands for any text and ``?`` for one character.

    Row by row over both, so the work is the product of their lengths.
    """
    row: list[bool] = [True, *accumulate((each == "*" for each in other), operator.and_)]
    for mine in one:
        new = [row[0] and mine == "*"]
        for place, theirs in enumerate(other, start=1):
            wild = (mine == "*" and (row[place] or new[place - 1])) or (
                theirs == "*" and (new[place - 1] or row[place])
            )
            new.append(wild or (row[place - 1] and ("?" in (mine, theirs) or mine == theirs)))
        row = new
    return row[-1]


def doubts_on(pattern: LayerPattern, values: Values) -> Iterator[str]:
    """Yield what is doubtful about *values*: regions and actions that nobody knows here."""
    for name, declared in pattern.parameters.items():
        for value in values[name]:
            if declared.type is LayerValueType.REGION and (doubt := names.region_doubt(value)):
                yield f"{name}: {doubt}"
            if declared.type is LayerValueType.INSTANCE_TYPE and (doubt := names.instance_type_doubt(value)):
                yield f"{name}: {doubt}"
            if declared.type is LayerValueType.ACTION_PATTERN and not expand(value):
                yield f"{name}: `{value}` stands for no action that is known here"


def unknown(name: str, where: SourceLocation, known: Mapping[str, tuple[str, ...]]) -> InputError:
    """Return the error for a *name* that no chosen pattern (*known*: pattern -> parameters) has as a parameter."""
    all_names = sorted({one for names_ in known.values() for one in names_})
    listed = ", ".join(all_names) or "none"
    return UnknownNameError(where, "parameter", name, all_names, otherwise=f"the chosen patterns have: {listed}")


def misfits(declared: LayerParameter, texts: tuple[str, ...], *, given: bool) -> Iterator[str]:
    """Yield what is wrong with *texts* as values of *declared*; that there are none is right for a default."""
    if given and not texts:
        yield "has no value"
    if len(texts) > 1 and not declared.many:
        yield "takes one value"
    form, words = _FORMS[declared.type]
    for text in texts:
        if len(text) > LONGEST:
            yield f"is longer than {LONGEST:,} characters"
        elif not re.fullmatch(form, text):
            yield f"`{text}` is not {words}"
        elif declared.type is LayerValueType.IP_RANGE and (problem := network_problem(text)):
            yield problem


def _listing_allowed(pattern: LayerPattern) -> frozenset[str]:
    """Return the parameters that list what is allowed: a Deny holds for all but their values."""
    conditions = [one.conditions for one in pattern.statements]
    blocks = (block for each in conditions for operator, block in each.items() if "Not" in operator)
    listed = [text for block in blocks for texts in block.values() for text in texts]
    listed += [text for one in pattern.statements for text in one.not_resources]
    return frozenset(name for text in listed for name in names_in(text))


def _limits_nothing(declared: LayerParameter, texts: tuple[str, ...]) -> Iterator[str]:
    """Yield that *texts*, alone or together, are everything, so that nothing is denied by them."""
    if declared.type is LayerValueType.IP_RANGE:
        if every := all_addresses(texts):
            yield f"{', '.join(texts)} together are {every}, every address, and limit nothing"
    elif every := next(iter(open_patterns(texts)), None):
        problem = f"`{every}` is everything" if every in texts else f"the values together are `{every}`, everything"
        yield f"{problem}, and limits nothing"
