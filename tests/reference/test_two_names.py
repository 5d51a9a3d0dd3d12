"""A service that AWS renamed: its actions stand on ARNs of either name, and on those of no other service."""

import pytest

from rolemgr.reference.quirks import names_in_arns
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action


@pytest.mark.parametrize("action", ["codestar-connections:UseConnection", "codeconnections:UseConnection"])
@pytest.mark.parametrize("name", ["codestar-connections", "codeconnections"])
def test_each_name_takes_arns_of_both(action: str, name: str) -> None:
    """As CodePipeline's page says, connections of both names are asked for by actions of both."""
    found = find_action(action)
    assert found is not None
    assert types_of(f"arn:aws:{name}:us-east-1:111122223333:connection/0a1b", found) == ("Connection",)


def test_no_other_service_is_taken() -> None:
    """A connection of Glue is not one to a Git host, and a service with one name has that alone."""
    found = find_action("codeconnections:UseConnection")
    assert found is not None
    assert types_of("arn:aws:glue:us-east-1:111122223333:connection/crm", found) == ()
    assert names_in_arns("glue") == {"glue"}
