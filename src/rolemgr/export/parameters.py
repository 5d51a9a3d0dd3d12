"""
``--parameterize``: the buckets, keys, subnets and security groups of a role as parameters of its template.

One parameter a value: CloudFormation can't put a suffix such as ``/*`` behind each value of a list. A
parameter takes no wildcard and no policy variable, so that its value can't widen the role beyond one name. A bucket
that a tag of the caller names has no one name, and stays as it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rolemgr.export.stand_ins import ACCOUNT, LONGEST_REGION, STAND_INS, Hole
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import opens_variable
from rolemgr.model.spec import RoleSpec


class ParameterKind(NamedTuple):
    """What an option gives: the *title* of its parameters, what they are *for*, and the form of a value."""

    title: str
    what: str
    pattern: str
    longest: int


KINDS: Mapping[str, ParameterKind] = {
    "bucket": ParameterKind(
        "Bucket", "Bucket to read data from and write work to", "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", 63,
    ),
    "data_key": ParameterKind(
        "DataKey", "ARN of a KMS key that data is encrypted with",
        "arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", 100,
    ),
    "volume_key": ParameterKind(
        "VolumeKey", "ARN of a KMS key that disks are encrypted with",
        "arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", 100,
    ),
    "subnet": ParameterKind("Subnet", "Subnet that jobs and models must run in", "subnet-[0-9a-f]{1,32}", 39),
    "security_group": ParameterKind("SecurityGroup", "Security group that they must run with", "sg-[0-9a-f]{1,32}", 35),
}  # fmt: skip
"""The options whose values become parameters."""


class TemplateParameter(NamedTuple):
    """A parameter of a template: its *name*, the *value* that the user gave, and the form that it may have."""

    name: str
    value: str
    description: str
    pattern: str
    longest: int
    stand_in: str

    @property
    def region_stand_in(self) -> str | None:
        """What stands for the region of a key; None where the value is no ARN."""
        arn = Arn.parse(self.stand_in)
        return arn.region if arn else None

    def texts(self, value: str) -> dict[str, str]:
        """Return what fills its stand-ins where it has *value*."""
        arn = Arn.parse(value)
        region = {self.region_stand_in: arn.region} if self.region_stand_in and arn else {}
        return {self.stand_in: value, **region}

    def longest_texts(self) -> dict[str, str]:
        """Return the longest texts that can fill its stand-ins."""
        region = {self.region_stand_in: "x" * LONGEST_REGION} if self.region_stand_in else {}
        return {self.stand_in: "x" * self.longest, **region}

    def holes(self) -> dict[str, Hole]:
        """Return the holes that its stand-ins are."""
        region = {self.region_stand_in: Hole(self.name, region_of_arn=True)} if self.region_stand_in else {}
        return {self.stand_in: Hole(self.name), **region}


def template_parameters(spec: RoleSpec, partition: str) -> tuple[TemplateParameter, ...]:
    """Return a parameter for each value that *spec* gives; stand-ins of keys are in *partition*."""
    found: dict[str, TemplateParameter] = {}
    for option, kind in KINDS.items():
        values = tuple(value for value in dict.fromkeys(getattr(spec, option)) if not opens_variable(value))
        for number, value in enumerate(values, start=1):
            name = kind.title + (str(number) if len(values) > 1 else "")
            longest = max(kind.longest, len(value))
            stand_in = _stand_in(option, len(found), partition)
            new = TemplateParameter(name, value, kind.what, kind.pattern, longest, stand_in)
            old = found.setdefault(value, new)
            if old is not new:
                found[value] = old._replace(description=f"{old.description}, and {kind.what}")
    return tuple(found.values())


def _stand_in(option: str, number: int, partition: str) -> str:
    """
    Return a value of the form that *option* takes; all are of one length, so none begins another.

    A key is in a region of its own, as `kms:ViaService` names the region of the key.
    """
    match option:
        case "bucket":
            return f"zz-bucket-{number:03d}z"
        case "subnet":
            return f"subnet-{number:03d}{'f' * 29}"
        case "security_group":
            return f"sg-{number:03d}{'f' * 29}"
        case _:
            return f"arn:{partition}:kms:zz-key-{number:03d}:{STAND_INS[ACCOUNT]}:key/zz-{number:03d}z"


def with_stand_ins(spec: RoleSpec, parameters: tuple[TemplateParameter, ...]) -> dict[str, Any]:
    """Return the fields of *spec* that hold values of *parameters*, with their stand-ins."""
    by_value = {one.value: one.stand_in for one in parameters}
    short = {name: tuple(by_value.get(value, value) for value in getattr(spec, name)) for name in KINDS}
    long = {name: dict(_replaced(getattr(spec, name), by_value)) for name in ("parameter", "guardrail")}
    return {**short, **long} if parameters else {}


def _replaced(
    given: Mapping[str, tuple[str, ...]], by_value: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:  # fmt: skip
    """Yield what was *given* by name, with stand-ins for the values that an option gives too."""
    for name, values in given.items():
        yield name, tuple(by_value.get(value, value) for value in values)
