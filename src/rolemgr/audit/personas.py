"""The actions of the personas that SageMaker takes, as roles that `rolemgr create` renders without further options."""

from functools import cache

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
    """
    Return the actions that each persona of *catalog* may do on something, by evaluation.

    Those that another service alone takes are left out: no role of SageMaker becomes one of them.
    """
    return dict(_of_builtin()) if catalog.is_builtin else _actions(catalog)


@cache
def _of_builtin() -> dict[str, frozenset[str]]:
    """Return them for the built-in catalog, once: whoever audits many accounts in one process asks again."""
    return _actions(Catalog())


def _actions(catalog: Catalog) -> dict[str, frozenset[str]]:
    found = {name: _documents(catalog, name) for name in catalog.found("personas")}
    made = {name: documents for name, documents in found.items() if _is_taken_by_sagemaker(documents)}
    policies = {
        name: tuple(one.document for one in (*documents.policies, *documents.managed_policies))
        for name, documents in made.items()
    }
    return actions_of(policies, _ACCOUNT, {name: documents.trust_policy for name, documents in made.items()})


def _is_taken_by_sagemaker(documents: RoleDocuments) -> bool:
    principals = (one.principal for one in documents.trust_policy.statement)
    services = (one.get("Service", ()) for one in principals if one and not isinstance(one, str))
    return any(name.startswith("sagemaker.") for names in services for name in names)


def _documents(catalog: Catalog, persona: str) -> RoleDocuments:
    chosen = {"persona": persona, "account": _ACCOUNT, "region": "us-east-1"}
    return render(compose(catalog, parse_model(SourceFile("audit", chosen, {}), RoleSpec)))
