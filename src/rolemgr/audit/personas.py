"""The actions of each persona of the catalog, as a role that `rolemgr create` renders without further options."""

from rolemgr.audit.nearest import actions_of
from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render

_ACCOUNT = "111122223333"


def persona_actions(catalog: Catalog) -> dict[str, frozenset[str]]:
    """Return the actions that each persona of *catalog* may do on something, by evaluation."""
    return actions_of({name: _policies(catalog, name) for name in catalog.found("personas")}, _ACCOUNT)


def _policies(catalog: Catalog, persona: str) -> tuple[IdentityPolicy, ...]:
    chosen = {"persona": persona, "account": _ACCOUNT, "region": "us-east-1"}
    documents = render(compose(catalog, parse_model(SourceFile("audit", chosen, {}), RoleSpec)))
    return tuple(one.document for one in (*documents.policies, *documents.managed_policies))
