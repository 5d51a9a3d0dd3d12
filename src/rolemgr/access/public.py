"""
Public access: what somebody may do of whom a resource's policy knows nothing.

A statement is not public where it asks for a fixed account, organization, network, resource or session: so a
stranger is asked for who is none of those that the policy names, by a value without wildcards, an ARN pattern
with the account in it, or a network that is not very broad. Every other key may be anything.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Final

from rolemgr.access.atoms import Atom
from rolemgr.access.regions import Pattern
from rolemgr.access.statements import Asked, Side
from rolemgr.access.values import Limits
from rolemgr.evaluate.policies import Policies
from rolemgr.model.arn import ACCOUNT_ID, Arn

_IDENTIFYING: Final = frozenset(
    {
        "aws:sourceip", "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid",
        "aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount",
        "aws:vpceorgid", "aws:vpceorgpaths", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn",
        "aws:principalaccount", "aws:userid", "aws:federatedprovider", "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount", "kms:calleraccount", "s3express:accesspoint", "sns:endpoint",
    }
)  # fmt: skip
"""The keys whose fixed values say who asks, or from where, in lower case."""

_BROAD: Final = {4: 8, 6: 32}
"""A network with a shorter prefix than this, by the IP version, is "very broad"."""
_UNIQUE_ID: Final = 16
"""The characters of a unique id such as `AROA...`, behind which a session's name may be anything."""


def stranger_limits(policies: Policies) -> Mapping[str, Limits]:
    """Return what the keys that identify can be in a request of somebody whom *policies* do not name."""
    found: dict[str, Limits] = {}
    for said in Side(policies).statements:
        for asked in said.conditions:
            if asked.key in _IDENTIFYING:
                known = found.get(asked.key, Limits())
                found[asked.key] = Limits(
                    but=known.but | set(_fixed(asked)), outside=known.outside | set(_networks(asked))
                )
    return found


def _fixed(asked: Asked) -> Iterator[Pattern]:
    return (atom.pattern for atom in asked.atoms if atom.pattern and not atom.opaque and _names_one(asked.key, atom))


def _names_one(key: str, atom: Atom) -> bool:
    """Tell whether the value of a condition names one account, network ... and not any."""
    steps = atom.pattern.steps if atom.pattern else None
    if steps is None or all(step.char for step in steps):
        return True
    arn = Arn.parse(atom.written)
    if arn is not None and ACCOUNT_ID.fullmatch(arn.account):
        return True
    fixed = len(atom.written.partition("*")[0].partition("?")[0])
    return key == "aws:userid" and fixed >= _UNIQUE_ID


def _networks(asked: Asked) -> Iterator[str]:
    for atom in asked.atoms:
        if atom.family == "address" and isinstance(atom.what, tuple):
            network = ip_network(str(atom.what[1]), strict=False)
            if network.prefixlen >= _BROAD[network.version]:
                yield str(network)
