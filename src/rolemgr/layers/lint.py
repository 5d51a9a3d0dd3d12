"""What is wrong with a pattern of SCPs or RCPs, whatever values it will be given: each of its statements is judged."""

from collections.abc import Iterator, Mapping
from typing import Final

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, gathering
from rolemgr.layers.guardrails import used_guardrail
from rolemgr.layers.statements import wrong_parameters, wrong_protected, wrong_statement
from rolemgr.layers.values import misfits
from rolemgr.model.layer_pattern import LayerKind, LayerPattern, LayerValueType
from rolemgr.model.source import Sourced

EXAMPLES: Final[Mapping[LayerValueType, str]] = {
    LayerValueType.REGION: "eu-west-1",
    LayerValueType.ACCOUNT_ID: "444455556666",
    LayerValueType.ORGANIZATION_ID: "o-a1b2c3d4e5",
    LayerValueType.ACTION_PATTERN: "sagemaker:CreateTrainingJob",
    LayerValueType.ROLE_PATTERN: "arn:aws:iam::111122223333:role/example",
    LayerValueType.POLICY_PATTERN: "arn:aws:iam::111122223333:policy/example",
    LayerValueType.KEY_PATTERN: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    LayerValueType.ARN_PATTERN: "arn:aws:sagemaker:us-east-1:111122223333:example/one",
    LayerValueType.INSTANCE_TYPE: "ml.m5.large",
    LayerValueType.NETWORK: "vpc-0a1b2c3d",
    LayerValueType.IP_RANGE: "203.0.113.0/24",
    LayerValueType.PROVIDER: "token.actions.githubusercontent.com",
    LayerValueType.SUBJECT: "repo:acme/*",
}
"""A value of each type, for a parameter that has none."""


def wrong_in_pattern(catalog: Catalog, kind: LayerKind, name: str) -> Iterator[InputError]:
    """
    Yield what is wrong with the pattern *name* of *kind*: names, defaults, each Deny by the reference.

    Raises InputError (or Problems) for a file that can't be read.
    """
    pattern = catalog.layer_pattern(kind, name)
    values = {one: declared.default or (EXAMPLES[declared.type],) for one, declared in pattern.value.parameters.items()}
    yield from _wrong_defaults(pattern)
    yield from wrong_parameters(pattern)
    yield from wrong_protected(pattern)
    problems: list[InputError] = []
    for number in range(len(pattern.value.guardrails)):
        with gathering(problems):
            used_guardrail(catalog, pattern, number, values)
    for index in range(len(pattern.value.statements)):
        with gathering(problems):
            problems += wrong_statement(kind, name, pattern, index, {**values, "exempt": (_EXEMPT,)})
    yield from problems


_EXEMPT: Final = EXAMPLES[LayerValueType.ROLE_PATTERN]


def _wrong_defaults(pattern: Sourced[LayerPattern]) -> Iterator[InputError]:
    for name, declared in pattern.value.parameters.items():
        for problem in misfits(declared, declared.default or (), given=False):
            yield InputError(pattern.at("parameters", name), f"the default of {name}: {problem}")
