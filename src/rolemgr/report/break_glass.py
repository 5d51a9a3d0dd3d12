"""Break-glass roles in words: what each of its files is for, and the page that an operator follows at midnight."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rolemgr.detective.break_glass.events import STATE
from rolemgr.detective.break_glass.names import BreakGlass
from rolemgr.report.runbooks.filled import filled


class DeployedPart(NamedTuple):
    """Something that is deployed: its file or folder, the account and region it goes to, and what it is for."""

    name: str
    file: str
    account: str
    region: str
    what: str


class _Step(NamedTuple):
    """A piece, and how it is deployed."""

    piece: DeployedPart
    how: str


def overview(made: BreakGlass, pieces: Sequence[DeployedPart], mfa_age: int) -> str:
    """Return what each file is for, in the order in which they are deployed."""
    width = max(len(one.file) for one in pieces)
    steps = (
        f"  {number}. {one.file:{width}}  {one.what}\n     {'':{width}}  in {_place(one)}"
        for number, one in enumerate(pieces, start=1)
    )
    users = "\n             ".join(made.users)
    roles = "\n             ".join(made.roles)
    lines = (
        f"break-glass  {roles}",
        f"  taken by   {users}",
        f"             with MFA given at most {_time(mfa_age)} before, for 1h",
        f"  told to    {made.topic}",
        f"  kept by    {', '.join(made.keepers)}",
        "",
        "deployed in this order (the files: --format and -o FOLDER/)",
        *steps,
        f"  {len(pieces) + 1}. {'RUNBOOK.md':{width}}  what people do at midnight, after it, and every month",
    )
    return "\n".join(lines) + "\n"


def _place(one: DeployedPart) -> str:
    return f"{one.account}, {one.region}" if one.region else one.account


def runbook(made: BreakGlass, pieces: Sequence[DeployedPart], mfa_age: int, form: str) -> str:
    """Return the runbook as Markdown, with the commands that deploy what *form* wrote."""
    each = "the state of both rules, and the queue, in each region of each watched account"
    return filled(
        "break-glass.md.j2",
        made=made,
        age=_time(mfa_age),
        sign_in=_sign_in(made),
        roles=made.emergency_roles,
        several=len(made.roles) > 1,
        check=f"`bash deploy.sh check`: {each}" if form == "aws-cli" else each,
        state=STATE,
        steps=[_Step(one, _how(made, one, form)) for one in pieces],
    )


def _sign_in(made: BreakGlass) -> str:
    if made.partition == "aws":
        return f"at `https://{made.user_account}.signin.aws.amazon.com/console`"
    return f"at the sign-in page for IAM users of account `{made.user_account}`"


_HOW: Final[Mapping[str, str]] = {
    "cloudformation": "aws cloudformation deploy --stack-name {name}-{piece} --template-file {piece}.template.yaml"
    " --capabilities CAPABILITY_NAMED_IAM",
    "aws-cli": "bash deploy.sh {piece}",
    "terraform": "terraform -chdir={piece} apply",
}
_HOW_SCP: Final[Mapping[str, str]] = {
    "cloudformation": "the stack of `scp.template.yaml`, its parameter `TargetIds`",
    "aws-cli": "`bash scp.sh TARGET...`",
    "terraform": "`terraform -chdir=scp apply`, its variable `target_ids`",
}
_EMAIL: Final[Mapping[str, str]] = {
    "cloudformation": " --parameter-overrides Email=ADDRESS",
    "aws-cli": " ADDRESS",
    "terraform": " -var email=ADDRESS",
}


def _how(made: BreakGlass, piece: DeployedPart, form: str) -> str:
    """Return how *piece* is deployed."""
    if form not in _HOW:
        return "`Templates`, or `ServiceControlPolicies`, of the JSON"
    if piece.name == "scp":
        return _HOW_SCP[form]
    command = _HOW[form].format(name=made.name, piece=piece.name)
    more = _EMAIL[form] if piece.name == "alarm" else ""
    each = "; in each region, the home region first" if piece.name == "forward" and form != "aws-cli" else ""
    return f"`{command}{more}`{each}"


def _time(seconds: int) -> str:
    """Return *seconds* as people write them."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
