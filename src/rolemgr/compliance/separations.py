"""Two requests that show what a separation does: one that a persona is refused, and one of its everyday work."""

from collections.abc import Iterator
from itertools import islice

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compliance.trials import concrete
from rolemgr.compliance.witnesses import WitnessedRequest, Witnesses
from rolemgr.compose.role import compose
from rolemgr.compose.substitute import fill
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.request import Request
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import Effect
from rolemgr.model.catalog import Forbidden
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.witness import witnesses as requests_of
from rolemgr.reference.requests import questioned
from rolemgr.reference.resources import example_of_type
from rolemgr.reference.services import expand, find_action
from rolemgr.render.documents import render
from rolemgr.separation.violations import RenderedRole

_MOST_ACTIONS = 20


def holder_of(catalog: Catalog, separation: str) -> str | None:
    """Return a persona of *catalog* for which *separation* holds, the first by name; None where there is none."""
    for name in catalog.found("personas"):
        if any(one.separation == separation for one in resolve_persona(catalog, name).never):
            return name
    return None


class PersonaWitnesses:
    """Finds the witnesses of separations; each persona is rendered once, as `rolemgr create --persona` does."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._roles: dict[str, RenderedRole] = {}

    def of(self, separation: str, persona: str) -> Witnesses:
        """Return the witnesses of *separation*, asked of *persona*."""
        return separation_witnesses(self._rendered(persona), separation)

    def _rendered(self, persona: str) -> RenderedRole:
        if persona not in self._roles:
            source = SourceFile("example", {"persona": persona}, {})
            role = compose(self._catalog, parse_model(source, RoleSpec))
            self._roles[persona] = RenderedRole(role, render(role))
        return self._roles[persona]


def separation_witnesses(role: RenderedRole, separation: str) -> Witnesses:
    """Return the witnesses of *separation*, which holds for the persona of *role*, by the role's own policies."""
    never = (one.forbidden for one in role.role.persona.never if one.separation == separation)
    denied = next((found for one in never for found in _refused(role, one)), None)
    return Witnesses(denied, next(_everyday(role, denied), None))


def _refused(role: RenderedRole, entry: Forbidden) -> Iterator[WitnessedRequest]:
    """Yield requests that *entry* forbids and *role* is refused."""
    context = {key: tuple(map(concrete, values)) for key, values in entry.context.items()}
    for name in islice(expand(entry.action), _MOST_ACTIONS):
        for resource in _resources(role, name, entry.resource):
            found = _decided(role, name, resource, context)
            if found and found.decision != "Allowed":
                yield found


def _resources(role: RenderedRole, name: str, pattern: str) -> Iterator[str]:
    """Yield resources of the action *name* that the *pattern* of a separation matches, with the role's own values."""
    action = find_action(name)
    if action is None:
        return
    if pattern != "*":
        yield from map(concrete, fill(pattern, role.role.never_values))
        return
    kinds = sorted(action.required_types) or [use.name for use in action.resource_types]
    spec = role.role.spec
    places = (example_of_type(action.service, kind, spec.account, spec.partition_name, spec.region) for kind in kinds)
    yield from islice(places, 1) if kinds else ("*",)


def _everyday(role: RenderedRole, denied: WitnessedRequest | None) -> Iterator[WitnessedRequest]:
    """Yield requests that *role* is allowed, of the service of *denied* first."""
    service = denied.action.partition(":")[0] if denied else ""
    allows = [one for one in role.role.unfolded if one.effect is Effect.ALLOW]
    pairs = [(one, name) for one in allows for name in one.actions]
    for statement, name in sorted(pairs, key=lambda pair: not pair[1].startswith(f"{service}:")):
        for request in requests_of(statement, name):
            found = _decided(role, name, request.resource, dict(request.context))
            if found and found.decision == "Allowed":
                yield found


def _decided(
    role: RenderedRole, action: str, resource: str, context: dict[str, tuple[str, ...]]
) -> WitnessedRequest | None:
    principal = role.role.spec.arn
    request = Request.known(action, resource, context, principal, None)
    if any(questioned(action, resource, request.context, principal)):
        return None
    found = evaluate(request, role.policies())
    sids = tuple(str(one.sid) for one in found.by if one.sid) if found.decision != "ImplicitlyDenied" else ()
    return WitnessedRequest(action, resource, context, principal, found.decision, sids)
