"""`rolemgr scp` and `rolemgr rcp`: policies of an organization, from guardrails and patterns."""

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from rolemgr.cli.console import catalog_option, output_option
from rolemgr.cli.files import is_folder, require_ending, write_in, write_output
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.proving import attached_option, give_proofs, layer_form_option, prove_option, rendered_form
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.role_options import BY_KEY

if TYPE_CHECKING:
    from rolemgr.workflow.layer_policies import LayerRequest

Command = TypeVar("Command", bound=Callable[..., Any])

_GUARDRAILS = (
    "guardrail", "guardrail_profile", "subnet", "security_group", "volume_key", "data_key", "strict", "kms_key_names",
    "partition",
)  # fmt: skip

_HELP = {
    "subnet": "A subnet that the guardrail vpc holds jobs and models to; repeatable.",
    "security_group": "A security group that it holds them to; repeatable.",
    "volume_key": "A KMS key that the guardrail volume-kms-key holds disks to; repeatable.",
    "data_key": "A KMS key that the guardrail output-kms-key holds results to; repeatable.",
    "partition": "The partition of the keys; aws unless given.",
}
"""What the options of roles mean here, where they differ."""


def _common(command: Command) -> Command:
    """Give *command* what both kinds take."""
    decorated: Any = command
    for option in (
        output_option,
        catalog_option,
        attached_option,
        prove_option,
        click.option(
            "--merge", multiple=True, metavar="FILE",
            help="Policies that are attached there: they are kept, and take ours in where there is room; repeatable.",
        ),
        click.option("--name", metavar="NAME", help="What the policies are called; rolemgr-scp or -rcp unless given."),
        click.option("--free-slots", type=int, metavar="N", help="How many policies can still be attached there."),
        click.option(
            "--exempt", multiple=True, metavar="ARN", help="A role that is not bound, such as break-glass; repeatable.",
        ),
        click.option(
            "--exempt-until", multiple=True, metavar="ARN=TIME",
            help="A role that is not bound until then, such as an elevated one; repeatable.",
        ),
        click.option(
            "--parameter", "parameters", multiple=True, metavar="[PATTERN.]KEY=VALUE[,VALUE...]",
            help="A value of a pattern's parameter; repeatable.",
        ),
    ):  # fmt: skip
        decorated = option(decorated)
    result: Command = decorated
    return result


def _guardrail_options(command: Command) -> Command:
    """Give *command* the options of guardrails, handed to it together as the mapping *guardrails*."""

    @wraps(command)
    def collected(**values: Any) -> Any:
        return command(guardrails={key: values.pop(key) for key in _GUARDRAILS}, **values)

    decorated: Any = collected
    for key in reversed(_GUARDRAILS):
        option = BY_KEY[key]
        help_text = _HELP.get(key, option.help)
        decorated = click.option(
            option.flag, option.key, metavar=option.metavar or None, help=help_text,
            multiple=option.many or option.pairs, is_flag=option.switch or None,
        )(decorated)  # fmt: skip
    result: Command = decorated
    return result


_form_option = layer_form_option(
    ("json", "cloudformation", "terraform", "aws-cli", "lza"), " (lza is a folder for the Landing Zone Accelerator)"
)


class _ResultOptions(NamedTuple):
    """What is to be done with the policies, and where the result goes."""

    form: str | None
    output: str | None
    prove: bool
    attached: tuple[str, ...]


def _made(kind: str, patterns: tuple[str, ...], chosen: dict[str, Any], asked: _ResultOptions) -> None:
    """Prove the policies that are chosen, or render them."""
    request = workflow.layer_policies.LayerRequest(kind, patterns, **chosen)
    if asked.prove:
        found = partial(workflow.prove_layers.prove_layer, request, asked.attached, OUTSIDE)
        give_proofs(found, asked.form, asked.output)
    else:
        _render(request, rendered_form(asked.form, asked.attached), asked.output)


def _render(request: "LayerRequest", form: str, output: str | None) -> None:
    folder = output is not None and (output.endswith("/") or is_folder(output))
    if request.merge and form != "json":
        problem = f"goes with --format json, not with {form}"
        hint = "`aws organizations update-policy --content file://...` replaces the text of a policy"
        raise InputError(SourceLocation("--merge"), problem, hint)
    if form == "lza" and not folder:
        raise InputError(SourceLocation("--format"), "`lza` is several files", "give -o FOLDER/")
    if not folder:
        require_ending(output, _LANGUAGES[form], "choose another --format, or another name")
    made = workflow.layer_policies.make_layer(request, OUTSIDE)
    if folder:
        for one in workflow.layer_policies.layer_files(made.name, made.documents, form):
            write_in(str(output), one.place, one.name, one.text)
    else:
        write_output(workflow.layer_policies.layer_text(made, form), output)


_LANGUAGES = {"json": "JSON", "cloudformation": "YAML", "terraform": "JSON", "aws-cli": "a shell script"}


@click.command("scp")
@click.argument("patterns", nargs=-1, metavar="PATTERN...")
@_guardrail_options
@click.option(
    "--landing-zone",
    "landing_zones",
    multiple=True,
    metavar="NAME",
    help="Let a landing zone's own roles work: control-tower, lza or stacksets; repeatable.",
)
@_form_option
@_common
def scp_command(
    patterns: tuple[str, ...], form: str | None, output: str | None, prove: bool, attached: tuple[str, ...],
    **chosen: Any,
) -> None:  # fmt: skip
    """
    Render SCPs.

    They bind the principals of member accounts, administrators included. PATTERN is one of `rolemgr list scps`. A
    guardrail is compiled over every action that supports its keys. Each policy is minified and within its quota;
    FullAWSAccess stays beside them. Whoever is exempt is so by the ARN of a role, and nobody else makes or takes
    such a role. --merge puts the Denies into policies that are attached already, where these have room: nothing in them
    changes or goes, and new ones hold the rest. Nothing touches AWS.

    --prove proves it, for your values and over every request: whoever is not exempt is denied all that you asked to be
    denied, no guardrail is dodged, and nobody but its keepers changes what is protected, by any action that AWS has for
    it. With --attached it is proven of policies that you have.

    \b
    Examples:
      rolemgr scp approved-regions --parameter regions=eu-west-1,eu-central-1
      rolemgr scp vpc-required kms-required --guardrail 'instance-types=ml.m5.*,ml.g4dn.xlarge' \\
          --exempt 'arn:aws:iam::*:role/platform/break-glass' --landing-zone stacksets
      rolemgr scp vpc-required --exempt 'arn:aws:iam::*:role/platform/break-glass' --prove --attached scps.json
      rolemgr scp vpc-required --merge scps.json --free-slots 1 -o merged.json
      rolemgr scp protect-roles --parameter 'roles=arn:*:iam::*:role/ml/*' --format terraform -o scps/
    """
    _made("scp", patterns, chosen, _ResultOptions(form, output, prove, attached))


@click.command("rcp")
@click.argument("patterns", nargs=-1, metavar="PATTERN...")
@_form_option
@_common
def rcp_command(
    patterns: tuple[str, ...], form: str | None, output: str | None, prove: bool, attached: tuple[str, ...],
    **chosen: Any,
) -> None:  # fmt: skip
    """
    Render RCPs.

    PATTERN is one of `rolemgr list rcps`. They bind whoever reaches our resources, from other organizations too;
    SageMaker is not among the services that they reach. Nothing touches AWS.

    \b
    Examples:
      rolemgr rcp organization-identities confused-deputy --parameter organization=o-a1b2c3d4e5
      rolemgr rcp secure-transport --format cloudformation -o secure-transport.yaml
    """
    _made("rcp", patterns, chosen, _ResultOptions(form, output, prove, attached))
