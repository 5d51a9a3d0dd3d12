"""The files of break-glass roles: a template for each account, the SCP, and the runbook."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from rolemgr.detective.break_glass.script import deploy_script
from rolemgr.detective.break_glass.templates import alarm_template, forward_template, users_template
from rolemgr.export.cloudformation import BODY_LIMIT
from rolemgr.export.stack import stack_module
from rolemgr.files.write import to_json, to_template
from rolemgr.report.break_glass import DeployedPart, overview, runbook
from rolemgr.workflow.break_glass import MadeBreakGlass
from rolemgr.workflow.exports import Exports, exported_text
from rolemgr.workflow.layer_policies import layer_text
from rolemgr.workflow.outside import Say

BREAK_GLASS_FORMS: Final = ("text", "json", "cloudformation", "terraform", "aws-cli")
"""The forms; text and JSON are one document each, the others a folder."""
SEVERAL: Final = ("cloudformation", "terraform", "aws-cli")


class BreakGlassFile(NamedTuple):
    """A file of the result: its path in the folder, and its text."""

    path: str
    text: str


def pieces(made: MadeBreakGlass) -> tuple[DeployedPart, ...]:
    """Return what is deployed, in order: what each piece is for, and where it goes."""
    alarm = made.alarm
    watched = " and ".join(alarm.watched)
    return (
        DeployedPart(
            "users",
            "users.template.yaml",
            alarm.user_account,
            "one region",
            "the users who may take the role, without keys",
        ),
        *(
            DeployedPart(
                one.part,
                f"{one.part}.template.yaml",
                one.account,
                "one region",
                f"the role {one.name}, which trusts these users",
            )
            for one in alarm.emergency_roles
        ),
        DeployedPart(
            "alarm", "alarm.template.yaml", alarm.alarm_account, alarm.alarm_region, "event bus, topic and who is told"
        ),
        DeployedPart(
            "forward",
            "forward.template.yaml",
            watched,
            "every region",
            "rules that send what happens to that event bus",
        ),
        DeployedPart(
            "scp", "scp", "the organization", "", "the SCP on all of these accounts, by which the alarm stays alive"
        ),
    )


def break_glass_text(made: MadeBreakGlass, form: str) -> str:
    """Return the result as one text: what each file is for, or all of it as JSON."""
    if form == "text":
        return overview(made.alarm, pieces(made), made.mfa_age)
    templates = _templates(made)
    roles = [one.documents.to_properties() for one in made.roles]
    found: dict[str, Any] = {
        **({"Role": roles[0]} if len(roles) == 1 else {"Roles": roles}),
        "Templates": {
            one.name: {"Account": one.account, "Region": one.region, "For": one.what, "Template": templates[one.name]}
            for one in pieces(made)
            if one.name in templates
        },
        "ServiceControlPolicies": [one.document.to_json_value() for one in made.scp.documents.policies],
        "Runbook": runbook(made.alarm, pieces(made), made.mfa_age, "json"),
    }
    return to_json(found)


def break_glass_files(made: MadeBreakGlass, form: str, say: Say) -> Iterator[BreakGlassFile]:
    """Yield the files of the result in *form*, one of `SEVERAL`, the runbook last; say what to know of them."""
    if form == "terraform":
        yield from _modules(made, say)
    else:
        yield from _stacks(made, say)
    if form == "aws-cli":
        yield BreakGlassFile("deploy.sh", deploy_script(made.alarm))
        yield BreakGlassFile("scp.sh", layer_text(made.scp, form))
    if form == "cloudformation":
        yield BreakGlassFile("scp.template.yaml", layer_text(made.scp, form))
    yield BreakGlassFile("RUNBOOK.md", runbook(made.alarm, pieces(made), made.mfa_age, form))


def _templates(made: MadeBreakGlass) -> Mapping[str, dict[str, Any]]:
    return {
        "users": users_template(made.alarm),
        "alarm": alarm_template(made.alarm),
        "forward": forward_template(made.alarm),
    }


def _stacks(made: MadeBreakGlass, say: Say) -> Iterator[BreakGlassFile]:
    for name, template in _templates(made).items():
        yield BreakGlassFile(f"{name}.template.yaml", to_template(template))
    for part, text in _roles(made, "cloudformation", say):
        yield BreakGlassFile(f"{part}.template.yaml", text)


def _modules(made: MadeBreakGlass, say: Say) -> Iterator[BreakGlassFile]:
    """Yield a Terraform module for each piece; users and alarm stay stacks, of one text in all forms."""
    for name, template in _templates(made).items():
        yield BreakGlassFile(f"{name}/{name}.template.yaml", to_template(template))
        yield BreakGlassFile(f"{name}/main.tf.json", to_json(stack_module(f"{made.alarm.name}-{name}", name, template)))
    for part, text in _roles(made, "terraform", say):
        yield BreakGlassFile(f"{part}/role.tf.json", text)
    yield BreakGlassFile("scp/policies.tf.json", layer_text(made.scp, "terraform"))


def _roles(made: MadeBreakGlass, form: str, say: Say) -> Iterator[tuple[str, str]]:
    """Yield each role as the part of the kit that it is, and its text in *form*."""
    for one, role in zip(made.alarm.emergency_roles, made.roles, strict=True):
        exported = exported_text(role, Exports(form))
        for note in exported.notes:
            say(note)
        if form == "cloudformation" and len(exported.text.encode()) > BODY_LIMIT:
            file = f"{one.part}.template.yaml"
            say(f"{file} is over the size that is sent with a call: deploy it through a bucket (--s3-bucket)")
        yield one.part, exported.text
