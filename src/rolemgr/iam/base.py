"""What all parsed models share: frozen, no unknown field, built only when first used."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen value read from a file; an unknown field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
