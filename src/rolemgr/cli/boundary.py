"""`rolemgr boundary`: the permissions boundary of a role, of each of several, or one that several share."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import is_folder, require_ending, write_in, write_output
from rolemgr.cli.lazy import cli, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import say_rest
from rolemgr.cli.proving import attached_option, give_proofs, layer_form_option, prove_option, rendered_form

if TYPE_CHECKING:
    from rolemgr.workflow.boundary import BoundaryRequest

_FORMS = {"json": "JSON", "cloudformation": "YAML", "terraform": "JSON", "aws-cli": "a shell script"}


@click.command("boundary")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...")
@roles_options
@click.option(
    "--boundary-for", "others", multiple=True, metavar="PERSONA", help="Another persona that shares it; repeatable."
)
@click.option("--boundary-name", metavar="NAME", help="The policy's name; ROLE-boundary unless given.")
@layer_form_option(_FORMS)
@prove_option
@attached_option
@output_option
def boundary_command(
    files: Sequence[str],
    chosen: dict[str, Any],
    others: tuple[str, ...],
    boundary_name: str | None,
    form: str | None,
    prove: bool,
    attached: tuple[str, ...],
    output: str | None,
    verbose: bool,
) -> None:
    """
    Render permissions boundaries.

    A boundary is the most that a role can ever have. It is one managed policy within its quota.
    It allows by action what the role has, and what hands out
    rights (iam:PassRole, kms:CreateGrant ...) only as the role does; then come what the persona must never do and
    the guardrails, as far as there is room. What is left out is named with the layer that holds it. Within its
    boundary the role is the same. Nothing touches AWS.

    --prove proves it: within the boundary the role may do all that it may do without, and no policy that is attached
    brings in what its persona must never have. `create --with-boundary` makes the role together with its boundary.
    Of several role files each has a boundary of its own.

    \b
    Examples:
      rolemgr boundary --persona data-scientist --account 123456789012 --region eu-west-1
      rolemgr boundary roles/churn.yaml --format terraform -o boundaries/
      rolemgr boundary roles/ --format cloudformation -o boundaries/
      rolemgr boundary roles/churn.yaml --prove --attached boundary.json
      rolemgr boundary --persona sagemaker-compute --boundary-for sagemaker-feature-store --boundary-name ml-work
    """
    one_role, several = workflow.many.role_files_of(files, chosen, OUTSIDE)
    request = workflow.boundary.BoundaryRequest(one_role, others, boundary_name)
    if several:
        _of_each(request, several, form, attached, output, prove=prove, verbose=verbose)
    elif prove:
        found = partial(workflow.prove_layers.prove_bounds, request, attached, OUTSIDE, verbose=verbose)
        give_proofs(found, form, output)
    else:
        _render(request, rendered_form(form, attached), output, verbose=verbose)


def _of_each(
    request: "BoundaryRequest", files: Sequence[str], form: str | None, attached: tuple[str, ...], output: str | None,
    *, prove: bool, verbose: bool,
) -> None:  # fmt: skip
    """Prove, or write to the folder *output*, the boundary of each role file; one that has none stops no other."""
    if prove:
        give_proofs(
            partial(workflow.prove_layers.prove_bounds_each, request, files, attached, OUTSIDE, verbose=verbose),
            form, output,
        )  # fmt: skip
        return
    form = rendered_form(form, attached)
    folder = cli.many.require_folder(output)
    made, wrong = workflow.boundary.make_each_boundary(request, files, OUTSIDE, verbose=verbose)
    texts = [one.with_result(one.result.text(form)) for one in made]
    unwritten = cli.many.write_each(texts, folder, workflow.boundary.BOUNDARY_FORMS[form])
    say_rest(len(made) - len(unwritten), [*wrong, *unwritten], f"bounded in {folder}")


def _render(request: "BoundaryRequest", form: str, output: str | None, *, verbose: bool) -> None:
    is_in_folder = output is not None and (output.endswith("/") or is_folder(output))
    if not is_in_folder:
        require_ending(output, _FORMS[form], "choose another --format, or another name")
    made = workflow.boundary.make_boundary(request, OUTSIDE, verbose=verbose)
    if is_in_folder:
        write_in(str(output), workflow.boundary.BOUNDARY_FORMS[form], made.policy.name, made.text(form))
    else:
        write_output(made.text(form), output)
