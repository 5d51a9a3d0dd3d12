"""Services of one endpoint are services that there are."""

import json
from importlib.resources import files

import pytest

from rolemgr.reference.quirks import only_region
from rolemgr.reference.services import resource_types

TABLE = json.loads((files("rolemgr.reference.quirks") / "global_services.json").read_text("utf-8"))


@pytest.mark.parametrize("service", [one for entry in TABLE.values() for one in entry["services"]])
def test_each_is_in_the_reference(service: str) -> None:
    """Each has types of resources or actions of its prefix, and the Region of its entry."""
    assert resource_types(service) is not None
    assert only_region(service) == "us-east-1"


def test_others_have_many() -> None:
    """A service of each Region has no only one."""
    assert only_region("sagemaker") is None
    assert only_region("sts") is None
