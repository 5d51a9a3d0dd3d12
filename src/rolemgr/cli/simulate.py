"""`rolemgr simulate`: one request against a role or policy files."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.files import note
from rolemgr.cli.options import role_options
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.model.arn import ACCOUNT_ID, Arn

if TYPE_CHECKING:
    from rolemgr.evaluate.policies import Policies
    from rolemgr.model.role import Origin

DECISIONS = ("Allowed", "ExplicitlyDenied", "ImplicitlyDenied")


@click.command("simulate")
@click.argument("policies", nargs=-1, metavar="[POLICY]...")
@role_options
@click.option("--action", required=True, metavar="SERVICE:NAME", help="The action that is asked for.")
@click.option("--resource", default="*", metavar="ARN", help="The resource; * for an action that has none.")
@click.option("--principal", metavar="ARN", help="Who asks; the chosen role itself unless given.")
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="A condition key's value; repeat it for several.")
@click.option("--expect", type=click.Choice(DECISIONS), help="Exit with 1 where the decision is another.")
@form_option
@output_option
@color_option
def simulate_command(
    policies: Sequence[str], chosen: dict[str, Any], action: str, resource: str, principal: str | None,
    context: Sequence[str], expect: str | None, form: str, output: str | None, color: str, verbose: bool,
) -> None:  # fmt: skip
    """
    Evaluate one request against a role or policy files.

    The answer says which statement decided, and what the others lacked. Nothing touches AWS. POLICY is an
    IAM policy document, or a role as `create` writes it; - is stdin. Without one, the role that the options
    choose is asked.

    \b
    Examples:
      rolemgr simulate --persona data-scientist --action sagemaker:CreateEndpoint \\
                       --resource arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn
      rolemgr simulate policy.json --action s3:GetObject --resource arn:aws:s3:::acme/a.csv \\
                       --context aws:PrincipalTag/Project=churn --expect Allowed
    """
    from rolemgr.evaluate.explain import explain
    from rolemgr.evaluate.request import Request, context_of
    from rolemgr.report.decision import decision_data, decision_page

    _look_at(action, resource, expect)
    asked, origins, own_arn = _asked(policies, chosen, verbose)
    request = Request(action, resource, context_of(_context(context)), principal or own_arn, _account_of(resource))
    found = explain(request, asked)
    give(form, lambda: decision_data(found, origins), lambda: decision_page(request, found, origins), output, color)
    if expect and found.evaluation.decision != expect:
        click.echo(f"expected {expect}", err=True)
        sys.exit(1)


def _look_at(action: str, resource: str, expect: str | None) -> None:
    """
    Refuse a resource that can't be one; note an action that the reference does not have.

    A misspelt action is denied like any other, which looks like an answer. It is an error only where an
    answer is expected, as in a test that would pass for the wrong reason: AWS adds actions before the
    reference does.
    """
    from rolemgr.reference.services import action_names, find_action

    if resource != "*" and not resource.startswith("arn:"):
        raise InputError(SourceLocation("--resource"), f"`{resource}` is no ARN", "an action without a resource has *")
    if ":" in action and find_action(action) is None:
        known = action_names(action.partition(":")[0].lower()).values()
        unknown = UnknownNameError(SourceLocation("--action"), "action", action, known)
        if expect:
            raise unknown
        note(str(unknown))


def _account_of(resource: str) -> str | None:
    """Return the account in the ARN *resource*, or None where it has none (a bucket) or not just one."""
    arn = Arn.parse(resource)
    return arn.account if arn and ACCOUNT_ID.fullmatch(arn.account) else None


def _asked(
    names: Sequence[str], chosen: Mapping[str, Any], verbose: bool
) -> "tuple[Policies, dict[str, tuple[Origin, ...]], str | None]":
    """Return the policies to ask, the origins of their Sids where they are ours, and the role's ARN."""
    from rolemgr.evaluate.policies import Policies

    if names:
        given = next((key for key, value in chosen.items() if value not in (None, (), False)), None)
        if given:
            raise InputError(SourceLocation(f"--{given.replace('_', '-')}"), "goes with a role, not with policy files")
        from rolemgr.cli.policies import read_identity_policies

        read = tuple(policy.value for policy in read_identity_policies(names))
        return Policies(identity=read), {}, None
    from rolemgr.cli.rendering import render_chosen

    found = render_chosen(chosen, verbose=verbose)
    for arn in (*found.documents.attached, *filter(None, (found.documents.boundary,))):
        note(f"the decision is made without {arn}: what it allows is not judged")
    documents = (*found.documents.policies, *found.documents.managed_policies)
    origins = {statement.sid: statement.origins for statement in found.role.statements}
    return Policies(identity=tuple(policy.document for policy in documents)), origins, found.role.spec.arn


def _context(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the context of ``KEY=VALUE`` texts; a repeated key has several values."""
    context: dict[str, list[str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or ":" not in key:
            problem = f"`{text}` is not of the form KEY=VALUE"
            raise InputError(SourceLocation("--context"), problem, "such as aws:RequestTag/Project=churn")
        context.setdefault(key, []).append(value)
    return context
