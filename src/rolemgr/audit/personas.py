"""The actions of each persona of the catalog, as a role that `rolemgr create` renders without further options."""

from rolemgr.audit.nearest import actions_of
from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.files.source import SourceFile
from rolemgr.model.role import RoleDocuments
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render

_ACCOUNT = "111122223333"


def persona_actions(catalog: Catalog) -> dict[str, frozenset[str]]:
    """Return the actions that each persona of *catalog* may do on something, by evaluation."""
    made = {name: _documents(catalog, name) for name in catalog.found("personas")}
    policies = {
        name: tuple(one.document for one in (*documents.policies, *documents.managed_policies))
        for name, documents in made.items()
    }
    return actions_of(policies, _ACCOUNT, {name: documents.trust_policy for name, documents in made.items()})


def _documents(catalog: Catalog, persona: str) -> RoleDocuments:
    chosen = {"persona": persona, "account": _ACCOUNT, "region": "us-east-1"}
    return render(compose(catalog, parse_model(SourceFile("audit", chosen, {}), RoleSpec)))
