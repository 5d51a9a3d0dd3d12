"""
The organization of an inventory: accounts with their paths, SCPs and RCPs, and which node each is attached to.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rolemgr.audit.parse import Documents
from rolemgr.errors import SourceLocation
from rolemgr.iam.arn import ACCOUNT_ID
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy
from rolemgr.model.inventory_layers import ControlKind, ControlPolicy, Levels, Organization, Unjudged

SCP: Final[ControlKind] = "SERVICE_CONTROL_POLICY"
RCP: Final[ControlKind] = "RESOURCE_CONTROL_POLICY"
_SHORT: Final[Mapping[ControlKind, str]] = {SCP: "SCP", RCP: "RCP"}
_OF_S3: Final = "S3_POLICY"


class Controls:
    """Takes what Organizations says, in any order, and joins it to levels for each account."""

    def __init__(self, documents: Documents, aside: list[Unjudged]) -> None:
        self._documents, self._aside = documents, aside
        self.id: str | None = None
        self.management: str | None = None
        self.paths: dict[str, tuple[str, ...]] = {}
        self._policies: dict[str, ControlPolicy] = {}
        self._unread: dict[str, ControlKind | None] = {}
        self._targets: dict[str, tuple[tuple[str, ...], SourceLocation]] = {}
        self._once: set[Unjudged] = set()

    @property
    def is_given(self) -> bool:
        """Whether the input says anything about the organization's policies."""
        return bool(self._policies or self._unread or self._targets)

    def _say(self, at: SourceLocation, place: str, reason: str) -> None:
        self._aside.append(Unjudged(at.file, at.line, place, reason))

    def organization(self, value: Any, at: SourceLocation) -> None:
        """Take the answer of `describe-organization`."""
        found = value if isinstance(value, dict) else {}
        identifier, management = found.get("Id"), found.get("MasterAccountId")
        if not isinstance(identifier, str) or not isinstance(management, str) or not ACCOUNT_ID.fullmatch(management):
            self._say(at, "the organization", "it has no Id and MasterAccountId")
        elif self.id not in (None, identifier):
            self._say(at, f"organization {identifier}", f"the input is of organization {self.id} already")
        else:
            self.id, self.management = identifier, management

    def account(self, value: Any, at: SourceLocation) -> None:
        """Take an account of `list-accounts` or `describe-account`."""
        found = value if isinstance(value, dict) else {}
        identifier, paths = found.get("Id"), found.get("Paths")
        if not isinstance(identifier, str) or not ACCOUNT_ID.fullmatch(identifier):
            self._say(at, "an account", "it has no Id")
        elif isinstance(paths, list) and len(paths) == 1 and isinstance(paths[0], str):
            self.path(identifier, paths[0], at)  # without one it is said where SCPs are to be told

    def path(self, account: str, path: str, at: SourceLocation) -> None:
        """Take the *path* of an account: the organization, the root, each OU, and the account or not."""
        nodes = tuple(part for part in path.split("/")[1:] if part and part != account)
        before = self.paths.setdefault(account, nodes)
        if before != nodes:
            self._say(
                at, f"account {account}", f"it came before with another path, {'/'.join(before)}: that one counts"
            )

    def policy(self, value: Mapping[str, Any], at: SourceLocation) -> None:
        """Take the answer of `describe-policy`; a policy of tags or backups decides about no request."""
        summary = value.get("PolicySummary")
        summary = summary if isinstance(summary, dict) else {}
        identifier, kind = summary.get("Id"), summary.get("Type")
        if not isinstance(identifier, str) or not isinstance(kind, str):
            self._say(at, "a policy of the organization", "its PolicySummary has no Id and Type")
        elif kind == _OF_S3:
            self._say(at, f"policy {identifier}", "an S3 policy of the organization may block public access")
        elif kind in (SCP, RCP):
            known: ControlKind = SCP if kind == SCP else RCP
            self._keep(identifier, str(summary.get("Name", identifier)), known, value.get("Content"), at)

    def _keep(self, identifier: str, name: str, kind: ControlKind, content: Any, at: SourceLocation) -> None:
        document: IdentityPolicy | ResourcePolicy | str
        if kind == SCP:
            document = self._documents.read(content, IdentityPolicy)
        else:
            document = self._documents.read(content, ResourceControlPolicy)
        if isinstance(document, str):
            self._unread[identifier] = kind
            self._say(at, f"{_SHORT[kind]} {identifier}", document)
            return
        made = ControlPolicy(identifier, name, kind, document, at)
        before = self._policies.setdefault(identifier, made)
        if before.document != made.document:
            self._say(at, f"{_SHORT[kind]} {identifier}", f"it came before with another text, at {before.where}")

    def targets(self, policy: str, nodes: tuple[str, ...], at: SourceLocation) -> None:
        """Take where *policy* is attached, by `list-targets-for-policy`."""
        before = self._targets.setdefault(policy, (nodes, at))
        if set(before[0]) != set(nodes):
            self._say(at, f"policy {policy}", f"it came before with other targets, at {before[1]}: those count")

    def joined(self, accounts: tuple[str, ...]) -> Organization:
        """Return the organization, as far as it binds *accounts*; what is missing is said."""
        if self.is_given and self.management is None:
            self._say(
                self._somewhere(),
                "SCPs and RCPs",
                "`describe-organization`, which names the management account, is not in the input",
            )
        for identifier, one in self._policies.items():
            if identifier not in self._targets:
                self._say(
                    one.where, f"{_SHORT[one.kind]} {identifier}", "the input does not say what it is attached to"
                )
        scps, rcps = dict(self._levels(SCP, accounts)), dict(self._levels(RCP, accounts))
        return Organization(self.id, self.management, self.paths, scps, rcps)

    def _somewhere(self) -> SourceLocation:
        places = (*(one.where for one in self._policies.values()), *(at for _, at in self._targets.values()))
        return next(iter(places), SourceLocation("organization"))

    def _kinds(self, policy: str) -> ControlKind | None:
        known = self._policies.get(policy)
        return known.kind if known else self._unread.get(policy)

    def _levels(self, kind: ControlKind, accounts: tuple[str, ...]) -> Iterator[tuple[str, Levels]]:
        """Yield for each account the policies of *kind* on the way down; none for one of which nobody can tell."""
        by_node: dict[str, list[str]] = {}
        for policy, (nodes, _) in self._targets.items():
            if self._kinds(policy) in (kind, None):
                for node in nodes:
                    by_node.setdefault(node, []).append(policy)
        if not any(one.kind == kind for one in self._policies.values()):
            return
        for account in accounts:
            if account == self.management:
                yield account, ()
            elif account not in self.paths:
                self._say(
                    self._somewhere(),
                    f"{_SHORT[kind]}s of account {account}",
                    "its path is not in the input: a newer AWS CLI prints Paths, an index has `path`",
                )
            else:
                yield account, tuple(self._level(kind, node, by_node) for node in (*self.paths[account], account))

    def _level(self, kind: ControlKind, node: str, by_node: Mapping[str, list[str]]) -> tuple[ControlPolicy, ...]:
        attached = sorted(by_node.get(node, ()))
        found = tuple(self._policies[one] for one in attached if one in self._policies)
        for one in attached:
            if one not in self._policies:
                self._say_once(
                    self._targets[one][1], f"policy {one}, attached to {node}", "its text is not in the input"
                )
        if kind == SCP and not found:
            reason = "no SCP of it is in the input, and every node has one: what it may deny is not known"
            self._say_once(self._somewhere(), f"SCPs of {node}", reason)
        return found

    def _say_once(self, at: SourceLocation, place: str, reason: str) -> None:
        unjudged = Unjudged(at.file, at.line, place, reason)
        if unjudged not in self._once:
            self._once.add(unjudged)
            self._aside.append(unjudged)


def target_nodes(value: Any) -> tuple[str, ...] | None:
    """Return the ids of *value*, the Targets of `list-targets-for-policy`; None where one has none."""
    if not isinstance(value, list):
        return None
    found = tuple(one.get("TargetId") if isinstance(one, dict) else None for one in value)
    return tuple(one for one in found if isinstance(one, str)) if all(isinstance(one, str) for one in found) else None
