"""An elevated role in words: what is more than every day, who approves it, and how its sessions are found again."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from rolemgr.errors import printable
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import AnyTrust, GitHubTrust
from rolemgr.model.trust_text import as_text
from rolemgr.report.changes import change_line
from rolemgr.report.diff import RoleDiff
from rolemgr.report.runbooks.filled import filled


class ElevatedView(NamedTuple):
    """What there is to tell of an elevated role: its choices, that of every day by its ARN, and whom SCPs let go."""

    spec: RoleSpec
    base: str
    difference: RoleDiff
    exempt: str
    permission_set: bool
    scps: bool


class FileLine(NamedTuple):
    """A file of the result, and what it is for."""

    path: str
    what: str


def elevated_text(view: ElevatedView, files: Sequence[FileLine]) -> str:
    """Return the elevated role on a terminal: until when, by whose approval, what is more, what each file is for."""
    width = max(len(one.path) for one in files)
    lines = (
        f"elevated  {view.exempt if view.permission_set else view.spec.arn}",
        f"  every day    {view.base}",
        f"  until        {view.spec.expires}: then everything is denied, open sessions too",
        *(f"  approved by  {one}" for one in _approved(view)),
        "",
        "more than every day:",
        *(f"  {line}" for line in _changes(view)),
        "",
        "files (--format and -o FOLDER/):",
        *(f"  {one.path:{width}}  {one.what}" for one in files),
    )
    return "\n".join(map(printable, lines)) + "\n"


def approval_page(view: ElevatedView) -> str:
    """Return the page on the role's approval as Markdown: who approves, how it is taken, how it is found again."""
    spec = view.spec
    return filled(
        "elevated.md.j2",
        name=spec.role_name,
        arn=spec.arn,
        base=view.base,
        until=spec.expires,
        region=spec.region,
        changes=[printable(line) for line in _changes(view)],
        permission_set=view.permission_set,
        trusts=[] if view.permission_set else list(map(_trust, spec.trust)),
        exempt=view.exempt,
        scps=view.scps,
        where=_where(view),
    )


def _trust(one: AnyTrust) -> dict[str, Any]:
    """Return what the page says of one trust; what goes into a command is quoted."""
    found = one.model_dump()
    if isinstance(one, GitHubTrust):
        owner, _, name = one.value.partition("/")
        found["repository"] = f"{owner.partition('@')[0]}/{name.partition('@')[0]}"
        place = f"repos/{found['repository']}/environments/{quote(one.environment or '', safe='')}"
        found["environment_path"] = shlex.quote(place)
    return found


def _changes(view: ElevatedView) -> Iterator[str]:
    yield from (change_line(one, view.difference.account) for one in view.difference.changes)


def _approved(view: ElevatedView) -> Iterator[str]:
    if view.permission_set:
        yield "the tool that assigns the permission set"
        return
    for one in view.spec.trust:
        if one.kind == "github":
            yield f"the required reviewers of environment {one.environment} of {one.value}"
        else:
            yield as_text(one)


def _where(view: ElevatedView) -> str:
    """
    Return the condition of a query of CloudTrail's table: calls that the role made, and that took it.

    https://docs.aws.amazon.com/athena/latest/ug/cloudtrail-logs.html
    """
    if view.permission_set:
        pattern = view.exempt.replace("*", "%").replace("?", "_")
        return f"useridentity.sessioncontext.sessionissuer.arn LIKE '{pattern}'"
    arn = view.spec.arn
    return (
        f"useridentity.sessioncontext.sessionissuer.arn = '{arn}'\n"
        f"   OR (eventsource = 'sts.amazonaws.com' AND requestparameters LIKE '%{arn}%')"
    )
