"""`rolemgr resource-policy`: the policy of a resource that roles of other accounts use."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import is_folder, require_ending, write_in, write_output
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.proving import give_proofs, layer_form_option, prove_option, rendered_form

if TYPE_CHECKING:
    from rolemgr.workflow.resource_policies import ResourceRequest

_FORMS = {"json": "JSON", "cloudformation": "YAML", "terraform": "JSON", "aws-cli": "a shell script"}


@click.command("resource-policy")
@click.argument("kind", metavar="KIND")
@click.option("--resource", metavar="ARN", help="The resource: a bucket, a key, a repository ...")
@click.option("--reader-role", "readers", multiple=True, metavar="ARN", help="A role that reads; repeatable.")
@click.option("--writer-role", "writers", multiple=True, metavar="ARN", help="A role that writes; repeatable.")
@click.option("--org-id", "organization", metavar="ID", help="The organization that the roles must belong to.")
@click.option(
    "--parameter", "parameters", multiple=True, metavar="KEY=VALUE[,VALUE...]",
    help="A value of a parameter of the kind; repeatable.",
)  # fmt: skip
@click.option("--merge", metavar="FILE", help="The policy that is there: it is kept, and the difference shown.")
@click.option("--catalog", multiple=True, metavar="DIR", help="A catalog folder: resource_policies/ ...; repeatable.")
@layer_form_option(_FORMS)
@prove_option
@output_option
def resource_policy_command(form: str | None, prove: bool, output: str | None, **chosen: Any) -> None:
    """
    Render resource policies.

    The policy says what roles of other accounts may do with the resource.
    KIND is one of `rolemgr list resource-policies`; a feature-group is shared through AWS RAM. Roles are named one by
    one, as jobs call as their roles: no condition on a source would match. What the roles need on their own side
    their personas have.
    Nothing touches AWS.

    --prove proves it: without any one statement somebody is stopped who may, or let in who may not; no stranger is let
    in; and what was there before --merge goes on.

    \b
    Examples:
      rolemgr resource-policy bucket --resource arn:aws:s3:::acme-curated --org-id o-a1b2c3d4e5 \\
          --reader-role arn:aws:iam::111122223333:role/sagemaker-compute
      rolemgr resource-policy key --resource \\
          arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab \\
          --reader-role arn:aws:iam::111122223333:role/sagemaker-compute --merge key-policy.json
      rolemgr resource-policy feature-group --resource \\
          arn:aws:sagemaker:eu-west-1:444455556666:feature-group/churn \\
          --reader-role arn:aws:iam::111122223333:role/sagemaker-compute
      rolemgr resource-policy vpc-endpoint --parameter service=s3 --parameter region=eu-west-1 --org-id o-a1b2c3d4e5
    """
    request = workflow.resource_policies.ResourceRequest(**chosen)
    if prove:
        give_proofs(partial(workflow.prove_layers.prove_resource, request, OUTSIDE), form, output)
    else:
        _render(request, rendered_form(form), output)


def _render(request: "ResourceRequest", form: str, output: str | None) -> None:
    is_in_folder = output is not None and (output.endswith("/") or is_folder(output))
    if not is_in_folder:
        require_ending(output, _FORMS[form], "choose another --format, or another name")
    policies = workflow.resource_policies
    made = policies.make_resource(request, OUTSIDE)
    if is_in_folder:
        write_in(str(output), policies.RESOURCE_FORMS[form], made.name, made.text(form))
    else:
        write_output(made.text(form), output)
