"""AWS's policy simulator beside our decision; it is free of charge, and makes no request to any other service."""

from rolemgr.account.connect import Access, connect
from rolemgr.account.decision_comparison import beside_aws
from rolemgr.workflow.account_options import AccessOptions
from rolemgr.workflow.outside import Say
from rolemgr.workflow.simulate import Simulated


def way_to_simulator(access: AccessOptions, region: str | None, say: Say) -> Access:
    """Return the way into the account whose simulator is asked; say what is sent where. Raises AwsError."""
    way = connect(access.profile, region, access.endpoint_url)
    say(f"request and policies are sent to IAM's policy simulator in {way.account} as {way.caller}, free of charge")
    return way


def with_simulator(found: Simulated, way: Access) -> Simulated:
    """Return *found* with what AWS decides on the same request; raise AwsError."""
    return found._replace(live=beside_aws(way, found.request, found.around))
