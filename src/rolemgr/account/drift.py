"""
What a role in an account is that its file does not say, and the reverse.

Policies are told by what they mean: order, Sids, case of actions, one statement or five are no drift. What is
known by name or value only is compared by that: the ARN of the boundary, attached policies whose text is not known,
tags, session length, description, path.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from rolemgr.account.meaning import ComparedPolicy, Meant, StatementPlace, in_words, permissions, trust
from rolemgr.account.ownership import without_own_tags
from rolemgr.account.read import AccountRole
from rolemgr.compare.of_no_type import no_effect, of_no_type
from rolemgr.iam.arn import is_aws_managed
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.role import RoleDocuments
from rolemgr.model.times import duration
from rolemgr.reference.managed_policies import policy_at

DriftKind: TypeAlias = Literal[
    "role-missing", "role-half-made", "access-gained", "access-lost", "access-unknown", "access-lost-unknown",
    "trust-gained", "trust-lost", "trust-unknown", "trust-lost-unknown", "boundary-missing", "boundary-changed",
    "boundary-added", "policy-unknown", "policy-attached", "policy-detached", "inline-policy", "session-length", "path",
    "description", "principal-tag", "tag", "resource-missing", "resource-policy-missing", "resource-policy-gained",
    "resource-policy-lost", "resource-policy-unknown", "organization-policy-missing", "organization-policy-gained",
    "organization-policy-lost", "organization-policy-unknown",
]  # fmt: skip

Texts: TypeAlias = Mapping[str, IdentityPolicy | None]
"""Documents of managed policies by ARN, None where they are not known."""

_KINDS: Final[Mapping[tuple[str, str, bool], DriftKind]] = {
    ("permissions", "gained", False): "access-gained",
    ("permissions", "lost", False): "access-lost",
    ("permissions", "gained", True): "access-unknown",
    ("permissions", "lost", True): "access-lost-unknown",
    ("trust", "gained", False): "trust-gained",
    ("trust", "lost", False): "trust-lost",
    ("trust", "gained", True): "trust-unknown",
    ("trust", "lost", True): "trust-lost-unknown",
}


@dataclass(frozen=True)
class Drift:
    """
    One thing that differs, in words and as values: what the file *wanted*, what the account has *found*.

    *about* is the key of a role file that says it; *meant* is there where it is access.
    """

    kind: DriftKind
    what: str
    about: tuple[str, ...] = ()
    wanted: str | None = None
    found: str | None = None
    meant: Meant | None = None
    text_known: bool = True
    """Of a policy that is attached, whether anybody here knows what it allows."""

    @property
    def may_give(self) -> bool:
        """Whether the role may be able to do more once it is as the file says: unless that is known not to be so."""
        return self.kind not in _GIVE_NOTHING and not (self.kind == "policy-detached" and self.text_known)


_GIVE_NOTHING: Final[frozenset[DriftKind]] = frozenset(
    {
        "access-gained", "access-unknown", "trust-gained", "trust-unknown", "boundary-missing", "policy-attached",
        "inline-policy", "description",
    }
)  # fmt: skip
"""Drift that takes from the role, or says nothing of access, once it is gone; access is told by drift of its own."""


class Policied(NamedTuple):
    """The policies of one side: those that say what the role may do, and who may assume it."""

    held: tuple[ComparedPolicy, ...] = ()
    trust: TrustPolicy | None = None


class RoleDrift(NamedTuple):
    """All that differs for the role *arn*, what there is to know beside it, and the policies of both sides."""

    arn: str
    drifts: tuple[Drift, ...]
    notes: tuple[str, ...] = ()
    live: Policied = Policied()
    wanted: Policied = Policied()


def missing_role(arn: str) -> RoleDrift:
    """Return that the account has no role *arn*."""
    return RoleDrift(arn, (Drift("role-missing", f"role {arn} is not in the account", ("name",)),))


def find_drift(role: AccountRole, new: RoleDocuments, texts: Texts) -> RoleDrift:
    """
    Return how *role* in an account differs from the wanted *new* one.

    *texts* are the documents of customer-managed policies that the file attaches and the role lacks. Those of
    AWS's own policies are taken from the reference, which may be older than AWS's.
    """
    found = _Compared(role, new, texts)
    live, wanted = found.sides()
    return RoleDrift(role.arn, tuple(found.drifts()), tuple(found.notes()), live, wanted)


def own_policies(role: AccountRole, new: RoleDocuments) -> dict[str, str]:
    """Return the ARNs by name of the policies attached to *role* that rolemgr made, or *new* would make."""
    wanted = {policy.name for policy in new.managed_policies}
    return {
        policy.name: policy.arn
        for policy in role.attached
        if policy.belongs_to(role.name) or (policy.name in wanted and policy.arn.endswith(f"{new.path}{policy.name}"))
    }


class _Compared:
    """The comparison of one role."""

    def __init__(self, role: AccountRole, new: RoleDocuments, texts: Texts) -> None:
        self.role, self.new = role, new
        self.own = set(own_policies(role, new).values())
        self.texts = {**texts, **{policy.arn: policy.document for policy in role.attached}}
        self.others = tuple(policy.arn for policy in role.attached if policy.arn not in self.own)
        self.meant = tuple(permissions(tuple(self._live()), tuple(self._wanted())))

    def _live(self) -> Iterator[ComparedPolicy]:
        for policy in self.role.policies:
            yield ComparedPolicy(f"inline policy {policy.name}", policy.document)
        for attached in self.role.attached:
            if attached.arn in self.own and attached.document:
                yield ComparedPolicy(f"managed policy {attached.name}", attached.document)
        yield from self._attached(self.others)

    def _wanted(self) -> Iterator[ComparedPolicy]:
        for policy in self.new.policies:
            yield ComparedPolicy(f"inline policy {policy.name}", policy.document)
        for policy in self.new.managed_policies:
            yield ComparedPolicy(f"managed policy {policy.name}", policy.document)
        yield from self._attached(self.new.attached)

    def _attached(self, arns: Iterable[str]) -> Iterator[ComparedPolicy]:
        for arn in arns:
            if document := self._text(arn):
                yield ComparedPolicy(_attached(arn), document, whole=True)

    def _text(self, arn: str) -> IdentityPolicy | None:
        known = self.texts.get(arn)
        if known is None and (of_aws := policy_at(arn)):
            return of_aws.document
        return known

    def sides(self) -> tuple[Policied, Policied]:
        """Return the policies in the account, and those of the file."""
        live, wanted = tuple(self._live()), tuple(self._wanted())
        return Policied(live, self.role.trust_policy), Policied(wanted, self.new.trust_policy)

    # --- what differs

    def drifts(self) -> Iterator[Drift]:
        state = self.role.state
        if state and state.phase != "complete":
            what = "half-made" if state.phase == "creating" else "half-changed"
            yield Drift("role-half-made", f"the role is {what}: run {state.run} of rolemgr is at it, or was killed")
        yield from map(_of_access, trust(self.role.trust_policy, self.new.trust_policy, self.role.arn))
        yield from self._boundary()
        yield from map(_of_access, self.meant)
        yield from self._attachments()
        yield from self._inline()
        yield from self._values()
        yield from self._tags()

    def _boundary(self) -> Iterator[Drift]:
        wanted, found = self.new.boundary, self.role.boundary
        if wanted == found:
            yield from self._text_of_boundary()
            return
        kind: DriftKind = "boundary-missing" if not found else "boundary-changed" if wanted else "boundary-added"
        said_of: dict[DriftKind, str] = {
            "boundary-missing": f"the role has no permissions boundary; the file has {wanted}",
            "boundary-changed": f"the permissions boundary is {found}; the file has {wanted}",
            "boundary-added": f"the role has the permissions boundary {found}; the file has none",
        }
        yield Drift(kind, said_of[kind], ("boundary",), wanted, found)

    def _text_of_boundary(self) -> Iterator[Drift]:
        """Yield how the boundary that is made with the role differs in what it says, where that was read."""
        own, text = self.new.own_boundary, self.texts.get(self.new.boundary or "")
        if own is None or text is None or text == own.document:
            return
        name = f"permissions boundary {self.new.boundary}"
        for one in permissions((ComparedPolicy(name, text),), (ComparedPolicy(name, own.document),)):
            yield Drift(
                "boundary-changed", f"{name}: {_of_access(one).what}", ("with_boundary",), "the file's", "another"
            )

    def _attachments(self) -> Iterator[Drift]:
        """Yield the attachments that are not as the file says, but for those that were found by what they mean."""
        told = {place.policy for one in self.meant for place in (*one.allowed_by, *one.denied_by)}
        for arn in self.others:
            if arn not in self.new.attached and _attached(arn) not in told and not self._is_harmless(arn):
                yield self._added(arn)
        for arn in self.new.attached:
            if arn not in self.others and _attached(arn) not in told:
                known = self._text(arn) is not None
                what = f"{_attached(arn)} is missing{'' if known else '; what it allows is not known here'}"
                yield Drift("policy-detached", what, ("managed_policy",), arn, text_known=known)

    def _added(self, arn: str) -> Drift:
        what = f"{_attached(arn)} is not in the file"
        if self._text(arn) is None:
            return Drift("policy-unknown", f"{what}; what it allows is not known here", ("managed_policy",), None, arn)
        return Drift("policy-attached", f"{what}; as it is, it allows nothing more", ("managed_policy",), None, arn)

    def _is_harmless(self, arn: str) -> bool:
        """Tell whether *arn* is part of a role that somebody else made, and allows nothing more."""
        return self.role.state is None and not is_aws_managed(arn) and self._text(arn) is not None

    def _inline(self) -> Iterator[Drift]:
        """Yield that a policy is inline where the file wants none, or that none is in a role of ours that wants one."""
        found = ", ".join(policy.name for policy in self.role.policies)
        if found and not self.new.policies:
            yield Drift("inline-policy", f"the role has inline policy {found}; the file has none inline",
                        ("inline",), "no", found)  # fmt: skip
        if not found and self.new.policies and self.role.state and not self.meant:  # else that says it
            wanted = self.new.policies[0].name
            yield Drift("inline-policy", f"the role has no inline policy; the file has {wanted}", ("inline",),
                        wanted, None)  # fmt: skip

    def _values(self) -> Iterator[Drift]:
        role, new = self.role, self.new
        yield from _changed("session-length", "session length", "max_session", duration(new.max_session),
                            duration(role.max_session))  # fmt: skip
        yield from _changed("path", "path", "path", new.path, role.path)
        wanted, there = new.description or None, role.description or None
        yield from _changed("description", "description", "description", wanted, there)

    def _tags(self) -> Iterator[Drift]:
        wanted, found = self.new.tags, without_own_tags(self.role.tags)
        for key in sorted(wanted.keys() | found.keys()):
            kind: DriftKind = "principal-tag" if self._is_asked(key) else "tag"
            yield from _changed(kind, f"tag {key}", "tag", wanted.get(key), found.get(key), key)

    def _is_asked(self, key: str) -> bool:
        """Tell whether a policy of either side looks at this tag of the role."""
        asked = f"aws:PrincipalTag/{key}".lower()
        statements = (each for one in (*self._live(), *self._wanted()) for each in one.document.statements())
        return any(asked in statement.condition_keys() for statement in statements)

    # --- what there is to know

    def notes(self) -> Iterator[str]:
        if self.role.state is None:
            yield f"{self.role.arn} was not made by rolemgr"
        if self._has_unread_boundary():
            yield f"of the permissions boundary {self.role.boundary} its ARN is compared, and not what it says"
        for arn in dict.fromkeys((*self.others, *self.new.attached)):
            yield from self._note_on(arn)
        live, wanted = ([one.document for one in side] for side in (self._live(), self._wanted()))
        yield from no_effect(of_no_type(live, wanted), of_no_type(wanted, live))

    def _has_unread_boundary(self) -> bool:
        """Tell whether both have a boundary of the account, of which nothing was read, or nothing is wanted."""
        arn = self.role.boundary
        if not arn or arn != self.new.boundary or is_aws_managed(arn):
            return False
        return self.new.own_boundary is None or self.texts.get(arn) is None

    def _note_on(self, arn: str) -> Iterator[str]:
        in_both = arn in self.others and arn in self.new.attached
        if in_both and self._text(arn) is None:
            yield f"what {_attached(arn)} allows is not known here; the role and the file both have it"
        elif not in_both and (known := policy_at(arn)):
            yield f"{_attached(arn)} is judged by AWS's text of {known.updated} ({known.version})"
        elif not in_both and arn in self.others and self._is_harmless(arn):
            yield f"{_attached(arn)} is not named in the file"


def _attached(arn: str) -> str:
    return f"attached policy {arn}"


def _of_access(meant: Meant) -> Drift:
    kind = _KINDS[meant.part, meant.way, bool(meant.unknown)]
    return Drift(kind, in_words(meant), ("trust",) if meant.part == "trust" else (), meant=meant)


def _changed(
    kind: DriftKind, name: str, key: str, wanted: str | None, found: str | None, *path: str
) -> Iterator[Drift]:
    if wanted != found:
        yield Drift(kind, f"{name}: {_quoted(found)}; the file has {_quoted(wanted)}", (key, *path), wanted, found)


def _quoted(text: str | None) -> str:
    return "none" if text is None else f"`{text}`"


def sids_of(places: Iterable[StatementPlace]) -> Iterator[str]:
    """Yield the Sids of *places*."""
    yield from (place.statement for place in places if isinstance(place.statement, str))
