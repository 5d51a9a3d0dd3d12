"""The options that name the files of the layers around the identity policies, as data."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class LayerOption(NamedTuple):
    """One option: its *key* among the chosen layers, what its help says, whether it can be repeated."""

    key: str
    help: str
    many: bool = True

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.key.replace("_", "-")


LAYER_OPTIONS: Final = (
    LayerOption("boundary_policy", "The permissions boundary.", many=False),
    LayerOption("session_policy", "A session policy; of several, any may allow."),
    LayerOption("scp", "A service control policy; all that are given are those of one level, the account's."),
    LayerOption("rcp", "A resource control policy."),
    LayerOption("resource_policy", "The resource's policy: of a bucket, a key; a role's trust policy.", many=False),
    LayerOption("vpc_endpoint_policy", "The policy of the VPC endpoint that the request passes."),
)


def given(layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *layers* for which a file is given."""
    return {key: value for key, value in layers.items() if value}
