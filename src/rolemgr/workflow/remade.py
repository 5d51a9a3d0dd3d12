"""What a rendered role grants, and the role that other choices would make: so a line shows what it brings in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rolemgr.change.units import Remake, Unit, units_of
from rolemgr.compare.grants import Grant
from rolemgr.compose.role import compose
from rolemgr.errors import RolemgrError
from rolemgr.files.source import SourceFile
from rolemgr.model.role import RoleDocuments
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render
from rolemgr.workflow.role import RenderedChoice
from rolemgr.workflow.role_values import values_of

_KEPT = frozenset({"persona", "name", "account", "region", "partition", "catalog"})
"""Choices without which a role file makes no role, or one of another place."""


def remaking(source: SourceFile, chosen: RenderedChoice) -> Remake:
    """Return what makes the role of other choices than *source* has, from the same catalog; nothing is said of it."""

    def remake(data: Mapping[str, Any]) -> Grant | None:
        try:
            spec = parse_model(replace(source, data=data), RoleSpec)
            return grant_of(render(compose(chosen.catalog, spec)))
        except RolemgrError:
            return None

    return remake


def lines_of(source: SourceFile, chosen: RenderedChoice) -> tuple[Unit, ...]:
    """Return the lines of a role file, each with the role that the file makes without it, in the role's own place."""
    kept = {key: value for key, value in source.data.items() if key in _KEPT}
    made = remaking(source, chosen)
    place = {"account": chosen.role.spec.account, "region": chosen.role.spec.region}  # credentials may say it alone

    def remake(data: Mapping[str, Any]) -> Grant | None:
        return made({**place, **data})

    return units_of(replace(source, data=kept), source, remake, remake)


def grant_of(made: RoleDocuments) -> Grant:
    """Return what a rendered role grants."""
    documents = (*made.policies, *made.managed_policies)
    return Grant(
        identity=tuple(policy.document for policy in documents),
        trust=made.trust_policy,
        values=values_of(made.to_properties()),
        alone=not made.attached,
    )
