"""`rolemgr detective`: controls that find what IAM can't prevent."""

from typing import Any

import click

from rolemgr.cli.console import give, output_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.role_options import BY_KEY

_FORMS = {
    "yaml": "YAML", "json": "JSON", "cloudformation": "YAML", "terraform": "JSON", "conformance-pack": "YAML",
    "lza": "YAML",
}  # fmt: skip
_GUARDRAILS = ("guardrail", "guardrail_profile", "subnet", "security_group", "volume_key", "data_key", "partition")


def _guardrail_options(command: Any) -> Any:
    """Give *command* the options of guardrails, handed to it together as the mapping *guardrails*."""

    def collected(**values: Any) -> Any:
        return command(guardrails={key: values.pop(key) for key in _GUARDRAILS}, **values)

    decorated: Any = collected
    collected.__doc__ = command.__doc__
    decorated.__click_params__ = getattr(command, "__click_params__", [])
    for key in reversed(_GUARDRAILS):
        option = BY_KEY[key]
        decorated = click.option(
            option.flag, option.key, metavar=option.metavar or None, help=option.help,
            multiple=option.many or option.pairs,
        )(decorated)  # fmt: skip
    return decorated


@click.command("detective")
@click.argument("names", nargs=-1, metavar="[NAME...|all]")
@click.option(
    "--role", "roles", multiple=True, metavar="FILE",
    help="A role file: its guardrails, tag keys, roles to pass, buckets and trust are what is meant; repeatable.",
)  # fmt: skip
@_guardrail_options
@click.option(
    "--tag-key", "tag_keys", multiple=True, metavar="KEY",
    help="A tag key that everything must have; those of --abac, or Project, unless given; repeatable.",
)  # fmt: skip
@click.option(
    "--pass-role", "pass_roles", multiple=True, metavar="ARN",
    help="passed-roles: a role that is meant to be passed; * and ? stand for more; repeatable.",
)  # fmt: skip
@click.option(
    "--bucket", "buckets", multiple=True, metavar="NAME", help="data-events: a bucket of data to log; repeatable."
)
@click.option(
    "--idle-role", "idle_roles", multiple=True, metavar="ARN",
    help="unused-access: a role that is meant to lie idle; repeatable.",
)  # fmt: skip
@click.option("--stop", is_flag=True, help="Stop the jobs that are found.")
@click.option("--remediate", is_flag=True, help="Let Systems Manager mend what rules of AWS Config find.")
@click.option("--region", metavar="NAME", help="conformance-pack: leave out the rules that the region lacks.")
@click.option(
    "--format", "form", type=click.Choice([*_FORMS]), default="yaml", show_default=True,
    help="The form of the result; yaml and json are CloudFormation, lza and conformance-pack rules of AWS Config.",
)  # fmt: skip
@click.option(
    "--catalog", multiple=True, metavar="DIR", envvar="ROLEMGR_CATALOG",
    help="A folder whose detective_controls/ adds to the built-in ones; repeatable.",
)  # fmt: skip
@output_option
def detective_command(names: tuple[str, ...], form: str, output: str | None, **chosen: Any) -> None:
    """
    Render controls that find what IAM can't prevent.

    NAME is one of `rolemgr list detective-controls`; several make one stack, and all stands for every one. Without a
    name they are listed. The stack is deployed once for each account and region; findings go to an SNS topic.
    Nothing touches AWS.

    \b
    Examples:
      rolemgr detective
      rolemgr detective on-demand-jobs -o on-demand-jobs.yaml
      rolemgr detective untagged-resources --tag-key Project --tag-key CostCenter --format json
      rolemgr detective outside-guardrails config-guardrails --guardrail-profile cost --stop
      rolemgr detective all --role 'roles/*.yaml' -o detective.yaml
      rolemgr detective config-guardrails --role roles/churn.yaml --format conformance-pack --region eu-west-1
      aws cloudformation deploy --stack-name on-demand-jobs --template-file on-demand-jobs.yaml \\
          --capabilities CAPABILITY_IAM --parameter-overrides Email=ml-platform@example.com
    """
    if not names:
        _list(form, output, chosen)
        return
    require_ending(output, _FORMS[form], _other_form(form))
    request = workflow.detective.DetectiveRequest(names, form, **chosen)
    write_output(workflow.detective.make_controls(request, OUTSIDE), output)


def _other_form(form: str) -> str:
    return f"give --format {'json' if _FORMS[form] == 'YAML' else 'yaml'}"


def _list(form: str, output: str | None, chosen: dict[str, Any]) -> None:
    """List the controls; raise InputError where options say that one was meant."""
    options = {**chosen.pop("guardrails"), **{name: value for name, value in chosen.items() if name != "catalog"}}
    if given := [name for name, value in options.items() if value]:
        where = SourceLocation(f"--{given[0].rstrip('s').replace('_', '-')}")
        raise InputError(where, "goes with a control", "name one, or all (`rolemgr list detective-controls`)")
    views = workflow.browse.list_of("detective-controls", chosen["catalog"])
    give("json" if form == "json" else "text", views.data, views.page, output, "auto")
