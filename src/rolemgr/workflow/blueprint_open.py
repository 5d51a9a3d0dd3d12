"""A blueprint that a command was given, composed, with what of it is meant."""

from typing import NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.workflow.blueprint import composed_blueprint
from rolemgr.workflow.blueprint_accounts import Picked, picked
from rolemgr.workflow.blueprint_given import GivenBlueprint
from rolemgr.workflow.outside import Outside


class OpenBlueprint(NamedTuple):
    """All documents of a blueprint, and the accounts and roles of it that are meant."""

    found: ComposedBlueprint
    pick: Picked


def open_blueprint(given: GivenBlueprint, outside: Outside) -> OpenBlueprint:
    """Return the blueprint that was *given*; raise InputError (or Problems) for what is wrong in it, or with a name."""
    found = composed_blueprint(given.name, outside)
    return OpenBlueprint(found, picked(found, given.accounts, given.roles))
