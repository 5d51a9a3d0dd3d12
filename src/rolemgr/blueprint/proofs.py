"""All proofs about a blueprint: what its documents effectively allow is what its file says, and nothing beside it."""

from datetime import date
from typing import NamedTuple

from rolemgr.blueprint.apart import prove_apart
from rolemgr.blueprint.beyond import prove_policies
from rolemgr.blueprint.chains import Chains
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.blueprint.compromise import Compromise, compromise
from rolemgr.blueprint.effective import prove_flows
from rolemgr.blueprint.grants import prove_grants
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.survives import prove_stolen
from rolemgr.blueprint.trusted import prove_trust
from rolemgr.blueprint.unaltered import prove_documents
from rolemgr.prove.proof import Proof


class BlueprintProofs(NamedTuple):
    """The proofs, and what stolen sessions reach."""

    proofs: tuple[Proof, ...]
    compromise: Compromise


def prove_composed(blueprint: ComposedBlueprint, today: date) -> BlueprintProofs:
    """
    Return the proofs about *blueprint* as of *today*, on which its file accepts what it accepts.

    Raises InputError (or Problems), with the line, for what the file accepts and nothing has.
    """
    around = RoleLayers(blueprint)
    chains, stolen = Chains(blueprint, around), compromise(blueprint, around)
    proofs = (
        *prove_documents(blueprint),
        *prove_flows(blueprint),
        *prove_policies(blueprint),
        *prove_grants(blueprint),
        *prove_trust(blueprint),
        *prove_apart(chains),
        *prove_stolen(blueprint, stolen, chains, today),
    )
    return BlueprintProofs(proofs, stolen)
