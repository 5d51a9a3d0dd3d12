"""
What programs use: a small, typed interface over frozen values.

    from rolemgr import api

    role = api.compose({"persona": "data-scientist", "account": "111122223333"})
    documents = api.render(role)

Everything in ``__all__`` is public and kept; any other module of rolemgr may change without notice. Each function
takes what the command of its name takes, prints nothing, reads no environment variable and no ``rolemgr.yaml``, and
raises a `RolemgrError` that says what is wrong, where, and the nearest right thing. Nothing here touches AWS.

The functions live here, and not in ``rolemgr`` itself: ``rolemgr.compose``, ``rolemgr.check`` and their like are the
packages that they call, and Python sets the name of a package on its parent whenever somebody imports it.

Importing this loads nothing: each name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rolemgr.api.decisions import Decision, evaluate
    from rolemgr.api.layers import boundary, rcp, resource_policy, scp
    from rolemgr.api.policies import Accepted, Checked, check, compare
    from rolemgr.api.proofs import prove
    from rolemgr.api.roles import compose, load_catalog, render
    from rolemgr.catalog.load import Catalog
    from rolemgr.check.finding import Finding, NotJudged, Severity
    from rolemgr.compare.grants import Changes, Part, Value
    from rolemgr.compare.verdicts import Comparison, Difference, Unknown
    from rolemgr.errors import InputError, Problems, RolemgrError, SourceLocation, UnknownNameError
    from rolemgr.evaluate.policies import Policies
    from rolemgr.iam.documents import (
        IdentityPolicy,
        PolicyType,
        ResourceControlPolicy,
        ResourcePolicy,
        TrustPolicy,
    )
    from rolemgr.layers.resource_policy import ComposedResourcePolicy
    from rolemgr.model.layer import LayerDocument, LayerDocuments
    from rolemgr.model.role import (
        ComposedRole,
        ComposedStatement,
        NamedPolicy,
        Origin,
        OwnBoundary,
        RoleDocuments,
    )
    from rolemgr.model.spec import RoleSpec
    from rolemgr.prove.proof import CounterExample, Proof, Untold

__all__ = [
    "Accepted",
    "Catalog",
    "Changes",
    "Checked",
    "Comparison",
    "ComposedResourcePolicy",
    "ComposedRole",
    "ComposedStatement",
    "CounterExample",
    "Decision",
    "Difference",
    "Finding",
    "IdentityPolicy",
    "InputError",
    "LayerDocument",
    "LayerDocuments",
    "NamedPolicy",
    "NotJudged",
    "Origin",
    "OwnBoundary",
    "Part",
    "Policies",
    "PolicyType",
    "Problems",
    "Proof",
    "ResourceControlPolicy",
    "ResourcePolicy",
    "RoleDocuments",
    "RoleSpec",
    "RolemgrError",
    "Severity",
    "SourceLocation",
    "TrustPolicy",
    "Unknown",
    "UnknownNameError",
    "Untold",
    "Value",
    "boundary",
    "check",
    "compare",
    "compose",
    "evaluate",
    "load_catalog",
    "prove",
    "rcp",
    "render",
    "resource_policy",
    "scp",
]

_PLACES = {
    "api.decisions": ("Decision", "evaluate"),
    "api.layers": ("boundary", "rcp", "resource_policy", "scp"),
    "api.policies": ("Accepted", "Checked", "check", "compare"),
    "api.proofs": ("prove",),
    "api.roles": ("compose", "load_catalog", "render"),
    "catalog.load": ("Catalog",),
    "check.finding": ("Finding", "NotJudged", "Severity"),
    "compare.verdicts": ("Comparison", "Difference", "Unknown"),
    "compare.grants": ("Changes", "Part", "Value"),
    "errors": ("InputError", "Problems", "RolemgrError", "SourceLocation", "UnknownNameError"),
    "evaluate.policies": ("Policies",),
    "iam.documents": ("IdentityPolicy", "PolicyType", "ResourceControlPolicy", "ResourcePolicy", "TrustPolicy"),
    "layers.resource_policy": ("ComposedResourcePolicy",),
    "model.layer": ("LayerDocument", "LayerDocuments"),
    "model.role": ("ComposedRole", "ComposedStatement", "NamedPolicy", "Origin", "OwnBoundary", "RoleDocuments"),
    "model.spec": ("RoleSpec",),
    "prove.proof": ("CounterExample", "Proof", "Untold"),
}
"""The module that each name is defined in; a test holds this, ``__all__`` and what mypy sees equal."""
_MODULES = {name: module for module, names in _PLACES.items() for name in names}


if not TYPE_CHECKING:  # else mypy would take every name to be there

    def __getattr__(name: str) -> Any:
        """Load what is public when it is first used."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"rolemgr.{_MODULES[name]}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted(__all__)
