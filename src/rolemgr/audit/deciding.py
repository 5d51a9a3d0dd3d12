"""The statements that decide about a request, with the policy that each stands in and where that is in the input."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rolemgr.audit.rights import ShownRequest
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Layer, Policies, StatementRef
from rolemgr.iam.documents import PolicyDocument, StatementElement
from rolemgr.model.inventory import HeldPolicy, HeldRole, Inventory
from rolemgr.model.inventory_layers import Levels


class DecidingStatement(NamedTuple):
    """A *statement* of a *layer*, the name of its *policy*, its *place* in that, and *where* the policy is read."""

    layer: Layer
    policy: str
    place: int
    statement: StatementElement
    where: SourceLocation | None

    def __str__(self) -> str:
        name = f"`{self.statement.sid}`" if self.statement.sid else f"statement {self.place}"
        at = f" ({self.where})" if self.where else ""
        return f"{self.policy}: {name}{at}"


class Deciders:
    """Finds the statements behind decisions over an *inventory*."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def of(self, shown: ShownRequest, policies: Policies) -> tuple[DecidingStatement, ...]:
        """Return the statements that decide about the request *shown* under *policies*, by which it is judged."""
        found = (self._found(one, shown) for one in evaluate(shown.request, policies).by)
        return tuple(one for one in found if one is not None)

    def _found(self, at: StatementRef, shown: ShownRequest) -> DecidingStatement | None:
        if shown.holder is not None:
            if at.layer is Layer.IDENTITY:
                return self.held(shown.holder, shown.holder.policies[at.policy], at)
            if at.layer is Layer.PERMISSIONS_BOUNDARY and shown.holder.boundary:
                return self.held(shown.holder, shown.holder.boundary, at)
            if at.layer is Layer.SERVICE_CONTROL:
                return self._control(self._inventory.organization.service_control, shown.holder.account, at)
        if at.layer is Layer.RESOURCE and shown.resource and shown.resource.policy:
            name = f"policy of {shown.resource.name}"
            return _made(at, name, shown.resource.policy, shown.resource.where)
        if at.layer is Layer.TRUST and shown.trust and shown.trust_of:
            role = self._inventory.principals.get(shown.trust_of)
            return _made(
                at, f"trust policy of {shown.trust_of.rpartition('/')[2]}", shown.trust, role.where if role else None
            )
        return None  # of another account's policies nothing is known: they are taken to allow it

    def held(self, holder: HeldRole, policy: HeldPolicy, at: StatementRef) -> DecidingStatement:
        """Return the statement *at* its place of a *policy* that *holder* has."""
        by = f" by group {policy.group}" if policy.group else ""
        source = f" ({policy.version} of AWS's reference)" if policy.source == "reference" else ""
        where = None if policy.source == "reference" else policy.where or holder.where
        return _made(at, f"{policy.name}{by}{source}", policy.document, where)

    def _control(self, levels: Mapping[str, Levels], account: str, at: StatementRef) -> DecidingStatement | None:
        known = [level for level in levels.get(account, ()) if level]
        control = known[at.level or 0][at.policy]
        return _made(at, f"SCP {control.name}", control.document, control.where)


def _made(at: StatementRef, name: str, document: PolicyDocument, where: SourceLocation | None) -> DecidingStatement:
    return DecidingStatement(at.layer, name, at.statement, document.statements()[at.statement], where)


def conditions_of(found: tuple[DecidingStatement, ...]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield operator, key and values of the conditions of statements, each once."""
    told = (
        (operator, key, tuple(values))
        for one in found
        for operator, block in one.statement.condition.items()
        for key, values in block.items()
    )
    yield from dict.fromkeys(told)
