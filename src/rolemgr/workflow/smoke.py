"""
Commands that show that a role works: one call for each activity group, and the forbidden twins of its separations.

Nothing is run here. Each call reads, or names what is not there, so that it does no harm even where a policy is wrong;
before it is printed, the role's policies are asked about its request. The training job is in `smoke_job`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import opens_variable
from rolemgr.iam.wildcards import matches, matches_action
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedRole
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import AccountTrust, RoleTrust, UserTrust
from rolemgr.report.smoke import SmokeCall, SmokeTest
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import RenderedChoice, attached_to, missing_of, render_asked
from rolemgr.workflow.smoke_job import smallest_job

NOT_THERE: Final = "rolemgr-smoke-not-there"
"""What calls name, so that they find nothing: a command that went through would do nothing."""
_DOMAIN: Final = "d-rolemgrsmokenotthere"
"""The same of a Studio domain, whose ids AWS takes in this form alone."""
_PART: Final = re.compile(r"\{(\w+)\}")
_READ_FROM_ELSEWHERE: Final = re.compile(r"(file|fileb|https?)://|-|@|\{|\[", re.IGNORECASE)
"""How a value begins that the AWS CLI would not take as the text that it is."""
_OWN: Final = ("Partition", "Region", "Account")


def smoke_of(chosen: Mapping[str, Any], outside: Outside, *, verbose: bool) -> SmokeTest:
    """Return what shows that the role which *chosen* describes works; raise as `render_chosen` does."""
    return smoke_test(render_asked(chosen, outside, verbose=verbose))


def smoke_test(found: RenderedChoice) -> SmokeTest:
    """Return what shows that the rendered role works."""
    role, spec = found.role, found.spec.value
    attached = attached_to(role)
    own = tuple(one.document for one in (*found.documents.policies, *found.documents.managed_policies))
    bounding = found.documents.own_boundary
    policies = Policies((*own, *attached.values()), bounding.document if bounding else None)
    unknown = [one for one in found.documents.attached if one not in attached]
    unknown += [] if bounding else filter(None, (found.documents.boundary,))
    search = _Search(role, spec, policies)
    calls: list[SmokeCall] = []
    not_shown: list[tuple[str, str]] = []
    for group in role.groups:
        call = search.allowed(group)
        calls += [call] if call else []
        not_shown += [] if call else [(group, "no call that only reads is certain to be allowed")]
    for name, forbidden in _separations(role).items():
        twin = search.denied(name, forbidden)
        calls += [twin] if twin else []
        not_shown += [] if twin else [(name, "no call of it does no harm, whoever makes it")]
    job = smallest_job(role, policies, missing_of(found))
    not_shown += [("training-job", job)] if isinstance(job, str) else []
    assume, mfa = _assume(spec, 900 if isinstance(job, str) else 3600)
    notes = tuple(f"what {one} allows or denies is not known here" for one in unknown)
    return SmokeTest(
        spec.name or found.documents.name, spec.arn, spec.account, spec.region, assume, mfa, tuple(calls),
        tuple(not_shown), (*found.notes, *notes), None if isinstance(job, str) else job,
    )  # fmt: skip


def _separations(role: ComposedRole) -> dict[str, list[Never]]:
    """Return what the role must never do by the separation, or by the action where it is of none."""
    found: dict[str, list[Never]] = {}
    for one in role.persona.never:
        found.setdefault(one.separation or one.forbidden.action, []).append(one)
    return found


class _Search:
    """Looks for calls of the table whose request a role is certain to be allowed, or denied."""

    def __init__(self, role: ComposedRole, spec: RoleSpec, policies: Policies) -> None:
        self._role, self._spec, self._policies = role, spec, policies
        self._own = {"Partition": spec.partition_name, "Region": spec.region, "Account": spec.account}

    def allowed(self, group: str) -> SmokeCall | None:
        """Return a call that reads, and that the activity *group* allows."""
        for action, row in _rows(reads=True):
            for resource in self._granted(group, action):
                call = self._call("allowed", group, action, row, resource)
                if call and self._decision(call) == "Allowed":
                    return call
        return None

    def denied(self, name: str, never: list[Never]) -> SmokeCall | None:
        """Return a call that the separation *name* forbids, and that the role is not allowed."""
        for action, row in (*_rows(reads=False), *_rows(reads=True)):
            for one in never:
                call = (
                    self._call("denied", name, action, row, "*")
                    if matches_action(one.forbidden.action, action)
                    else None
                )
                if call and matches(one.forbidden.resource, call.resource):
                    context = {key: list(values) for key, values in one.forbidden.context.items()}
                    if self._decision(call, context) in ("ExplicitlyDenied", "ImplicitlyDenied"):
                        return call
        return None

    def _granted(self, group: str, action: str) -> Iterator[str]:
        """Yield the resources on which *group* grants the action."""
        for statement in self._role.unfolded:
            if statement.effect is Effect.ALLOW and any(matches_action(one, action) for one in statement.actions):
                origins = statement.origins_of(action, "*")
                if any(one.kind == "activity group" and one.group == group for one in origins):
                    yield from statement.resources

    def _call(
        self, expect: Literal["allowed", "denied"], shows: str, action: str, row: Mapping[str, Any], resource: str
    ) -> SmokeCall | None:
        """Return the call of a *row* on what *resource* stands for; None where that names none of its parts."""
        template: str = row["arn"]
        if not row["parameters"]:  # it asks about all there is
            return SmokeCall(expect, shows, action, "*", tuple(row["command"])) if resource == "*" else None
        filled = _PART.sub(self._filled, template)
        asked = filled if resource == "*" else resource.replace("*", NOT_THERE).replace("?", "x")
        values = _values(template, asked)
        if values is None:
            return None
        given = {option: values[part] if part else asked for option, part in row["parameters"].items()}
        if not all(map(_is_plain, given.values())):
            return None
        options = (f"{option}={value}" for option, value in given.items())
        return SmokeCall(expect, shows, action, asked, (*row["command"], *options))

    def _filled(self, part: re.Match[str]) -> str:
        return self._own.get(part[1], _DOMAIN if part[1] == "DomainId" else NOT_THERE)

    def _decision(self, call: SmokeCall, context: Mapping[str, list[str]] | None = None) -> str | None:
        """Return what the role's policies decide on the request of *call*; None where that can't be told."""
        known = {"aws:RequestedRegion": [self._spec.region], **(context or {})}
        try:
            request = Request.known(call.action, call.resource, known, self._spec.arn, None)
            return evaluate(request, self._policies).decision
        except RolemgrError:
            return None


def _values(template: str, resource: str) -> Mapping[str, str] | None:
    """Return what stands in *resource* for each part of the ARN *template*."""
    if opens_variable(resource) or not resource.isprintable():
        return None
    *parts, last = _PART.split(template)  # texts, and between them the names of parts
    pattern = ""
    for at, part in enumerate(parts):
        name = at % 2 == 1
        open_ = ".+" if name and at == len(parts) - 1 else "[^:]*" if part in _OWN else "[^/]+"
        pattern += f"(?P<{part}>{open_})" if name else re.escape(part)
    pattern += re.escape(last)
    found = re.fullmatch(pattern, resource)
    return found.groupdict() if found else None


def _is_plain(value: str) -> bool:
    return bool(value) and value.isprintable() and not _READ_FROM_ELSEWHERE.match(value)


def _assume(spec: RoleSpec, seconds: int) -> tuple[tuple[str, ...], bool]:
    """Return the command that assumes the role for *seconds*, where a user or role may, and whether with MFA."""
    for one in spec.trust:
        if isinstance(one, AccountTrust | RoleTrust | UserTrust):
            external = getattr(one, "external_id", None)
            more = (f"--external-id={external}",) if external else ()
            command = ("sts", "assume-role", f"--role-arn={spec.arn}", "--role-session-name=rolemgr-smoke")
            return (*command, f"--duration-seconds={seconds}", *more), bool(getattr(one, "mfa", False))
    return (), False


def _rows(*, reads: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rows of the table, those first that name nothing: these succeed, others find nothing."""
    rows = [(action, row) for action, row in _table().items() if row["reads"] is reads]
    yield from sorted(rows, key=lambda one: (len(one[1]["parameters"]), one[0]))


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = json.loads(Path(__file__).with_name("harmless_calls.json").read_bytes())
    return rows
