"""Which personas may do an action: their roles are composed as the catalog has them, without further choices."""

from functools import cached_property

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.role import compose
from rolemgr.errors import RolemgrError
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import contains, matches_action
from rolemgr.model.query import Held, May, PersonaMay
from rolemgr.model.role import ComposedRole, ComposedStatement
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.separation.never_words import in_words


class Personas:
    """The personas of a catalog, each composed once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def who_may(self, action: str) -> tuple[PersonaMay, ...]:
        """Return for each persona whether its role may do *action* (as spelt), by which statements."""
        return tuple(self._answer(name, made, action) for name, made in self._roles.items())

    @cached_property
    def _roles(self) -> dict[str, ComposedRole | RolemgrError]:
        return {name: self._composed(name) for name in self._catalog.found("personas")}

    def _composed(self, name: str) -> ComposedRole | RolemgrError:
        """Return the role of the persona *name*, or what speaks against one: it asks for a value, or is wrong."""
        try:
            return compose(self._catalog, parse_model(SourceFile("query", {"persona": name}, {}), RoleSpec))
        except RolemgrError as error:
            return error

    def _answer(self, name: str, made: ComposedRole | RolemgrError, action: str) -> PersonaMay:
        if isinstance(made, RolemgrError):
            if self._has_no_group_with(name, action):
                return PersonaMay(name, "no")
            return PersonaMay(name, "unknown", reason=str(made))
        of_it = [one for one in made.unfolded if any(matches_action(pattern, action) for pattern in one.actions)]
        may = _may(of_it)
        never = tuple(
            in_words(self._catalog, one) for one in made.persona.never if matches_action(one.forbidden.action, action)
        )
        choices = () if may == "yes" else tuple(self._with_choices(made, action))
        return PersonaMay(name, may, tuple(map(_held, of_it)), choices, never)

    def _has_no_group_with(self, name: str, action: str) -> bool:
        """Tell whether no group of the persona *name* allows *action*, whatever values it is given."""
        try:
            persona = resolve_persona(self._catalog, name)
            groups = [self._catalog.activity_group(one).value for one in (*persona.groups, *persona.pass_self)]
        except RolemgrError:
            return False
        allows = (one for group in groups for one in group.statements if one.effect == "Allow")
        return not any(matches_action(pattern, action) for one in allows for pattern in one.actions)

    def _with_choices(self, made: ComposedRole, action: str) -> list[str]:
        """Return the groups that allow *action* only where a parameter has a value, or the role passes itself."""
        persona = resolve_persona(self._catalog, made.persona.id)
        found = []
        for group in (*persona.groups, *persona.pass_self):
            allows = [
                one
                for one in self._catalog.activity_group(group).value.statements
                if one.effect == "Allow" and action in one.actions
            ]
            if allows and group in persona.pass_self:
                found.append(f"{group}, with --pass-role self")
            elif needs := sorted({need for one in allows for need in one.needs}):
                found.append(f"{group}, with a value for {', '.join(needs)}")
        return found


def _may(statements: list[ComposedStatement]) -> May:
    """Tell whether an Allow among *statements* is left by the Denies that hold whatever the request carries."""
    denied = [
        resource for one in statements if one.effect is Effect.DENY and not one.conditions for resource in one.resources
    ]
    allowed = [resource for one in statements if one.effect is Effect.ALLOW for resource in one.resources]
    left = [one for one in allowed if not any(contains(pattern, one) for pattern in denied)]
    return "yes" if left else "no"


def _held(statement: ComposedStatement) -> Held:
    conditions = tuple(
        (operator, key, values) for operator, block in statement.conditions for key, values in block
    )  # fmt: skip
    origins = tuple(dict.fromkeys(one.location for one in statement.origins))
    return Held(str(statement.effect), statement.sid, statement.resources, conditions, origins)
