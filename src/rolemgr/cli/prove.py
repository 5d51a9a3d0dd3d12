"""`rolemgr prove`: proofs over one role, or over the whole catalog."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.lazy import workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.role_options import with_role_files

if TYPE_CHECKING:
    from rolemgr.workflow.blueprint_given import GivenBlueprint
    from rolemgr.workflow.prove import Proven


@click.command("prove")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...|[BLUEPRINT]")
@roles_options
@form_option
@output_option
@color_option
def prove_command(
    files: Sequence[str], chosen: dict[str, Any], form: str, output: str | None, color: str, verbose: bool
) -> None:
    """
    Prove what a role, catalog or blueprint can never do.

    Nothing is sampled: each action is asked on each class of resources with each condition key absent, right, wrong
    and both. Proven are separation over all roles that are reached, declared overlaps of personas, that no
    guardrail and no tag key is dodged or stops what complies, that under --abac-buckets nobody changes the tags of
    buckets, that no grant is dead, and that packing loses nothing. What fails is shown as a request for `rolemgr
    simulate`, and the exit code is 1. Of several role files each claim is proven of all. Without a role the whole
    catalog in force is proven.

    Of a BLUEPRINT it is proven that each flow is allowed whole, by both sides and within all layers, that none of the
    statements for it can be left out, that no other role reaches what it reaches, that the policies of what is shared
    let in nothing beyond the flows, that the layers leave some request of each grant, that separation holds over the
    roles that a role reaches in any account, and that a stolen session of any role reaches no way out that the
    file does not accept.

    \b
    Examples:
      rolemgr prove
      rolemgr prove --persona data-scientist --guardrail-profile encrypted --volume-key ARN --data-key ARN
      rolemgr prove roles/
      rolemgr prove --catalog our-catalog --format json
      rolemgr prove blueprint.yaml
    """
    if given := workflow.blueprint_given.given_blueprint(files, chosen, OUTSIDE):
        found = _of_blueprint(given)
    else:
        found = workflow.prove.proofs_of(with_role_files(files, chosen), OUTSIDE, verbose=verbose)
    give(form, found.views.data, found.views.page, output, color)
    if not all(proof.holds for proof in found.proofs):
        sys.exit(1)


def _of_blueprint(given: "GivenBlueprint") -> "Proven":
    """Return the proofs of a blueprint; raise InputError where a part is picked: what is proven is the whole."""
    if given.accounts or given.roles:
        flag = "--account" if given.accounts else "--role"
        raise InputError(SourceLocation(flag), "goes without a blueprint, which is proven as a whole")
    return workflow.blueprint.prove_blueprint(given.name, OUTSIDE)
