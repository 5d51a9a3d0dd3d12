"""Which controls of which framework an entry of the catalog serves, and who says so."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from rolemgr.iam.marks import before, json_schema, not_empty, text
from rolemgr.iam.plain import Noted

_Text: TypeAlias = Annotated[str, text(min_length=1, strip_whitespace=True)]

FRAMEWORKS: Final[Mapping[str, str]] = {
    "nist-800-53": "NIST SP 800-53 Rev. 5",
    "fedramp": "FedRAMP",
    "pci-dss": "PCI DSS v4.0.1",
    "hipaa": "HIPAA Security Rule",
    "soc2": "SOC 2",
}
"""The frameworks that an entry may name, and what each is called."""


class ControlEvidence(StrEnum):
    """Who says that a setting serves a control."""

    EXACT = "D"
    """AWS maps exactly this setting of SageMaker to it."""
    ANALOGOUS = "A"
    """AWS maps the same setting of another service to it."""
    THIRD_PARTY = "T"
    """A third party maps it."""
    OURS = "O"
    """Our own reading; no source was found."""


class ServedControl(Noted):
    """A control of a framework by its *id*, who says that the entry serves it, and where."""

    id: _Text
    evidence: ControlEvidence = ControlEvidence.OURS
    source: _Text | None = None

    def __post_init__(self) -> None:
        if (self.evidence is ControlEvidence.OURS) is not (self.source is None):
            raise ValueError("a control has a `source` where its `evidence` is D, A or T, and none where it is O")


def _as_control(value: Any) -> Any:
    """Read an id alone as a control by our own reading; YAML may read one as a number."""
    return {"id": str(value)} if isinstance(value, str | int | float) else value


def _one_or_more(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


_ONE: Final[Mapping[str, Any]] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object", "additionalProperties": False, "required": ["id"],
            "properties": {
                "id": {"type": "string"}, "evidence": {"enum": [str(one) for one in ControlEvidence]},
                "source": {"type": "string"},
            },
        },
    ]
}  # fmt: skip

Controls: TypeAlias = dict[
    _Text,
    Annotated[
        tuple[Annotated[ServedControl, before(_as_control)], ...],
        not_empty(),
        before(_one_or_more),
        json_schema({"type": "array", "minItems": 1, "items": _ONE}),
    ],
]
"""The controls that an entry serves, by framework (`FRAMEWORKS`); an id alone is our own reading."""
