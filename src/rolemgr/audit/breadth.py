"""What is wider than a role needs: administrators, everything of SageMaker, any role passed, any secret read."""

from collections.abc import Iterable, Sequence

from rolemgr.audit.contexts import Choice
from rolemgr.audit.examples import strange, strangers
from rolemgr.audit.finding import table
from rolemgr.audit.rights import ShownRequest
from rolemgr.audit.setting import AuditedPrincipal, AuditRun, probes
from rolemgr.check.paths import acted_on, runs_as, shares, takes_a_role, together
from rolemgr.reference.reach import reach

PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action
_FULL_ACCESS = ":iam::aws:policy/AmazonSageMakerFullAccess"


def may_all(subject: AuditedPrincipal, wanted: Iterable[tuple[str, str]]) -> tuple[ShownRequest, ...]:
    """Return the requests by which *subject* may do all that is *wanted* on strange resources; none if not."""
    found: list[ShownRequest] = []
    for action, kind in wanted:
        asked = (
            strange(action, kind, subject.partition, subject.account, subject.rights.names.strange, region)
            for region in subject.rights.regions(action)
        )
        shown = _first(subject, action, asked)
        if shown is None:
            return ()
        found.append(shown)
    return tuple(found)


def _first(subject: AuditedPrincipal, action: str, resources: Iterable[str]) -> ShownRequest | None:
    """Return the request on the first of *resources* on which *subject* may do *action*."""
    for resource in dict.fromkeys(resources):
        answer = subject.rights.ask(action, resource, choice=Choice.HOW_OR_WHEN)
        if answer.shown:
            return answer.shown
    return None


def is_administrator(subject: AuditedPrincipal) -> tuple[ShownRequest, ...]:
    """Return the requests that show that *subject* may do everything, none where it may not."""
    return may_all(subject, probes("everything"))


def is_of_sagemaker(subject: AuditedPrincipal) -> bool:
    """Tell whether *subject* works with SageMaker: its policies speak of it, or SageMaker may assume it."""
    if any(subject.rights.speaks(action) for action in table()["of_sagemaker"]):
        return True
    trust = subject.holder.trust
    principals = (one.principal for one in trust.statement if one.principal) if trust else ()
    return any("sagemaker.amazonaws.com" in one.get("Service", ()) for one in principals if not isinstance(one, str))


def over_permissioned(setting: AuditRun, subject: AuditedPrincipal) -> None:
    """Find AmazonSageMakerFullAccess, attached or by meaning, and reading of anything."""
    everything = may_all(subject, probes("all_of_sagemaker"))
    attached = next((one for one in subject.holder.policies if one.arn and one.arn.endswith(_FULL_ACCESS)), None)
    if attached:
        by = f" by group {attached.group}" if attached.group else ""
        known = "" if everything else ", of which a Deny or the boundary leaves a part"
        setting.find(
            "AU003", subject, f"{attached.arn} is attached{by}{known}", everything[:1], about=(str(attached.arn),)
        )
    elif everything:
        names = ", ".join(one.request.action.partition(":")[2] for one in everything[:4])
        setting.find("AU004", subject, f"{names} and more, on any resource", everything)
    for identifier, wanted in table()["on_anything"].items():
        tried = (may_all(subject, [one]) for one in _alternatives(wanted))
        if found := next(filter(None, tried), ()):
            asked = found[0].request
            text = f"{asked.action} on `{asked.resource}`, a name that no policy knows"
            setting.find(identifier, subject, text, found)


def _alternatives(wanted: str | Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Return the actions of a finding, each with its resource type: its own, or those of the reference by name."""
    return reach()[wanted].typed if isinstance(wanted, str) else wanted


def on_all(subject: AuditedPrincipal, action: str, only: tuple[str, ...] = ()) -> tuple[ShownRequest, ...]:
    """Return the requests by which *subject* may do *action* on resources that nobody names, none where it may not."""
    if not subject.rights.speaks(action):
        return ()
    for region in subject.rights.regions(action):
        resources = strangers(action, subject.partition, subject.account, only, subject.rights.names.strange, region)
        found = tuple(shown for one in resources if (shown := _first(subject, action, (one,))))
        if len(found) == len(resources):
            return found
    return ()


def passes_any(subject: AuditedPrincipal) -> dict[str, ShownRequest]:
    """Return the services to which *subject* may pass a role of any name, each with the request."""
    if not subject.rights.speaks(PASS_ROLE):
        return {}
    role = strange(PASS_ROLE, "role", subject.partition, subject.account, name=subject.rights.names.strange)
    services = dict.fromkeys((*takes_a_role().values(), *(way.passed_to for way in together() if way.passed_to)))
    asked = {
        one: subject.rights.ask(PASS_ROLE, role, {"iam:passedtoservice": one}, choice=Choice.HOW_OR_WHEN)
        for one in services
    }
    return {service: answer.shown for service, answer in asked.items() if answer.shown}


def passing(setting: AuditRun, subject: AuditedPrincipal, starts: Iterable[tuple[str, str, ShownRequest]]) -> None:
    """Find that any role may be passed: to which services, what that starts, and how many roles take it."""
    services = passes_any(subject)
    if not services:
        return
    usable = [(action, service, shown) for action, service, shown in starts if service in services]
    to = ", ".join(sorted(services)[:3]) + (f" and {len(services) - 3} more" if len(services) > 3 else "")
    first = next(iter(services.values()))
    if not usable:
        setting.find(
            "AU202",
            subject,
            f"iam:PassRole on `role/{subject.rights.names.strange}`, a name that no policy knows, to {to}",
            (first,),
            about=tuple(sorted(services)),
        )
        return
    names = sorted({action for action, _, _ in usable})
    what = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    _, service, shown = usable[0]
    setting.find(
        "AU201",
        subject,
        f"to {to}, and starts {what} with it",
        (services[service], shown),
        about=(*sorted(services), *names),
    )


def reaching(setting: AuditRun, subject: AuditedPrincipal) -> None:
    """Find ways to roles of which the input does not tell whose they are, to any role, and out of the account."""
    _of_roles_behind(setting, subject)
    _together(setting, subject)
    found = may_all(subject, [("sts:AssumeRole", "role")])
    if found:
        setting.find(
            "AU203",
            subject,
            f"sts:AssumeRole on `role/{subject.rights.names.strange}`, a name that no policy knows",
            found,
        )
    opened = {action: shown for action in shares() if (shown := on_all(subject, action))}
    if opened:
        names = ", ".join(list(opened)[:3])
        setting.find(
            "AU206", subject, f"{names} on any resource", next(iter(opened.values())), about=tuple(sorted(opened))
        )


def _of_roles_behind(setting: AuditRun, subject: AuditedPrincipal) -> None:
    """
    Find acting as roles behind what others own: by code or a shell of the caller's own, or by an app that uses it.

    The second is less: MLflow reads and writes artifacts as its server's role, and runs nothing for the caller.
    """
    opens = table()["opens"]
    opened = {action: shown for action in opens if (shown := on_all(subject, action))}
    if opened:
        first = next(iter(opened))
        text = f"{' and '.join(opened)} on anything: {opens[first]}"
        setting.find("AU207", subject, text, opened[first], about=tuple(sorted(opened)))
    acting = [action for action in runs_as() if action not in opens]
    found = {action: shown for action in acting if (shown := on_all(subject, action, acted_on(action)))}
    if found:
        first = next(iter(found))
        rest = len(found) - 1
        more = f" (and {rest} more action{'s' if rest > 1 else ''})" if rest else ""
        text = f"{first} on anything: {runs_as()[first]}{more}; which roles those are, the input does not tell"
        setting.find("AU204", subject, text, found[first], about=tuple(sorted(found)))


def _together(setting: AuditRun, subject: AuditedPrincipal) -> None:
    ways = [way for way in together() if all(map(subject.rights.speaks, way.actions))]
    passed = passes_any(subject) if ways else {}
    for way in ways:
        acting = [action for action in way.actions if action != PASS_ROLE]
        asked = [on_all(subject, action) for action in acting]
        if not all(asked) or (way.passed_to and way.passed_to not in passed):
            continue
        requests = tuple(one for each in asked for one in each)
        requests = ((passed[way.passed_to],) if way.passed_to else ()) + requests
        setting.find("AU205", subject, f"{', '.join(way.actions)}: {way.how}", requests, about=way.actions)
