"""
A stolen session: what somebody outside every network asks with the credentials of a role, one sink after the other.

Whatever the request itself chooses (tags, instance types, names) the thief chooses, so a sink is closed only where no
choice of the other condition keys opens it.
"""

from collections import ChainMap
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.let_in import OUTSIDE_ORGANIZATION, outside_account
from rolemgr.blueprint.sessions import session_tags, with_tags
from rolemgr.blueprint.sinks import SessionSink, network, strange_address
from rolemgr.blueprint.targets import places_of
from rolemgr.blueprint.witness import caller_keys
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Effect, PolicyDocument
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import contains
from rolemgr.prove.domains import KeyAssignment
from rolemgr.prove.search import Inquiry

_STRANGER: Final = "unknown-to-the-blueprint"


class SinkQuestion(NamedTuple):
    """A request of a sink: its resource, whose that is (None for an account outside), and what is known of it."""

    sink: SessionSink
    action: str
    resource: str
    target: str | None
    owner: str
    keys: KeyAssignment


class OwnThings:
    """What is a blueprint's own: accounts, roles, buckets, and the IP ranges that its layers name; gathered once."""

    def __init__(self, blueprint: ComposedBlueprint) -> None:
        """Take it from *blueprint*."""
        value = blueprint.source.value
        self.outside = outside_account(value)
        self.accounts = {account.id: name for name, account in value.accounts.items()}
        self.buckets = {one.name: place.partition("/")[0] for place, one in value.buckets.items()}
        self.roles = {one.arn for one in blueprint.roles}
        documents = (one.document for level in blueprint.layers for one in level.documents.policies)
        self.ranges = tuple(dict.fromkeys(_ranges(documents)))


class StolenSession:
    """The session of one role of a blueprint in somebody else's hands."""

    def __init__(self, blueprint: ComposedBlueprint, placed: PlacedRole, own: OwnThings) -> None:
        """Take what is known of the role at *placed*."""
        self._blueprint, self._placed = blueprint, placed
        self._outside, self._accounts, self._roles = own.outside, own.accounts, own.roles
        named = (bucket for values in placed.role.parameters.values() for bucket in map(_bucket, values))
        self._buckets = ChainMap(own.buckets, dict.fromkeys(named, placed.account))
        self._chosen = tuple(one for one in self._buckets.maps[1] if "*" in one)
        documents = (one.document for one in (*placed.documents.policies, *placed.documents.managed_policies))
        self._address = strange_address((*own.ranges, *_ranges(documents)))
        home = places_of(blueprint.source, placed.account)
        self._values = {"partition": home["partition"][0], "region": home["region"][0], "outside": self._outside}

    def questions(self, sink: SessionSink, asked: Inquiry) -> Iterator[SinkQuestion]:
        """Yield each request of *sink* with the action that is *asked*: on each class of resources that it is about."""
        for resource, target in dict.fromkeys(self._resources(sink, asked)):
            owner = self._blueprint.source.value.accounts[target].id if target else self._outside
            for context in sink.filled(self._values):
                keys = {**self._keys(owner, is_ours=target is not None), **context}
                yield SinkQuestion(sink, asked.action, resource, target, owner, keys)

    def _resources(self, sink: SessionSink, asked: Inquiry) -> Iterator[tuple[str, str | None]]:
        """Yield the resources, each with the account of the blueprint that it is in; None for one outside."""
        if sink.target == "role":
            partition, account = self._values["partition"], self._placed.role.spec.account
            strangers = (f"arn:{partition}:iam::{one}:role/{_STRANGER}" for one in (account, self._outside))
            yield from ((one, self._target(one)) for one in (*self._other_roles(asked), *strangers))
            return
        if sink.resource:
            yield sink.resource.format(**self._values), None
        for one in asked.resources():
            target = self._target(one)
            if sink.target == "outside" and target is None:
                yield one, None
            elif sink.target == "own" and (ours := target or self._by_tag(one)):
                yield one, ours

    def _by_tag(self, resource: str) -> str | None:
        """Return the account of a bucket whose name the session's tag chooses; None for another resource."""
        arn = Arn.parse(resource)
        bucket = arn.resource.partition("/")[0] if arn and arn.service == "s3" and not arn.account else ""
        return self._placed.account if bucket and any(contains(one, bucket) for one in self._chosen) else None

    def _other_roles(self, asked: Inquiry) -> Iterator[str]:
        """Yield roles that the Allows name and that the blueprint does not have: of a pattern, an example."""
        tags = session_tags(self._blueprint, self._placed)
        for text in (text for one in asked.of(Effect.ALLOW) for text in one.statement.resource or ("*",)):
            for pattern in with_tags(text, tags):
                if pattern not in self._roles and ":role/" in pattern:
                    yield pattern.replace("*", _STRANGER).replace("?", "x")

    def _target(self, resource: str) -> str | None:
        """Return the account of the blueprint that *resource* is in, by name; None for one that it does not have."""
        arn = Arn.parse(resource)
        if arn is None:
            return self._placed.account
        if ACCOUNT_ID.fullmatch(arn.account):
            return self._accounts.get(arn.account)
        if arn.service == "s3" and not arn.account:
            return self._buckets.get(arn.resource.partition("/")[0])
        return self._placed.account  # AWS's own (a managed policy), or any account: then the caller's is among them

    def _keys(self, owner: str, *, is_ours: bool) -> dict[str, tuple[str, ...]]:
        organization = self._blueprint.source.value.organization
        ours = (organization.id,) if organization else ()
        there = ours if is_ours else (OUTSIDE_ORGANIZATION,)
        more = {"aws:resourceaccount": (owner,), "aws:resourceorgid": there}
        address = {"aws:sourceip": (self._address,)}
        return {**network(), **address, **caller_keys(self._blueprint, self._placed), **more}


def _ranges(documents: Iterable[PolicyDocument]) -> Iterator[str]:
    """Yield the IP ranges that *documents* name."""
    for statement in (one for document in documents for one in document.statements()):
        for block in statement.condition.values():
            yield from (value for key, values in block.items() if key.lower() == "aws:sourceip" for value in values)


def _bucket(text: str) -> str:
    """Return the bucket in *text*, a parameter of a role: a name, an ARN, or a place in one; variables as stars."""
    arn = Arn.parse(text)
    return as_pattern(arn.resource if arn else text).partition("/")[0]
