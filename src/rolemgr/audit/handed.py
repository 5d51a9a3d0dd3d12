"""
Administrators that somebody may pass to a service which they trust, where no chain is found that runs code as them.

Which action of a service runs code as a role is known of some services alone, and there are more each year. To pass
the role is what makes it a way, so that is found whatever the service.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Iterator, Mapping, Sequence

from rolemgr.audit.breadth import PASS_ROLE
from rolemgr.audit.paths import Walker, lets_in
from rolemgr.audit.rights import ShownRequest, tags_of
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import Effect


def passing_administrators(
    setting: AuditRun, administrators: Sequence[str], walkers: Mapping[str, Walker], done: set[str]
) -> None:
    """Find who may pass one of *administrators*, and is not *done*: neither a way nor passing any role is found."""
    done = {*done, *(one.principal.arn for one in setting.findings if one.rule.id in ("AU201", "AU202"))}
    targets: dict[str, list[tuple[AuditedPrincipal, tuple[str, ...]]]] = {}
    for one in (setting.subjects[arn] for arn in administrators):
        if services := _named(one):
            targets.setdefault(one.account, []).append((one, services))
    for arn, walker in walkers.items():
        subject = walker.subject
        if arn in done or not targets.get(subject.account):
            continue
        try:
            found = list(_passed(setting, walker, targets[subject.account]))
        except TooComplex as error:
            setting.cannot_tell(subject, "whether it may pass an administrator to a service", error)
            continue
        for target, service, requests in found:
            text = f"passes {target.holder.name} to {service}; no way to run code as it is found that is known here"
            setting.find("AU208", subject, text, requests, about=(target.holder.arn, service))


def _passed(
    setting: AuditRun, walker: Walker, targets: Sequence[tuple[AuditedPrincipal, tuple[str, ...]]]
) -> Iterator[tuple[AuditedPrincipal, str, tuple[ShownRequest, ...]]]:
    """Yield each of *targets* that may be passed, with the first service that takes it, and both requests."""
    for target, services in targets if walker.passes else ():
        setting.pairs_of(walker.subject).spend(1)
        for service in services if target is not walker.subject else ():
            context = {**tags_of(target.holder), "iam:passedtoservice": service}
            passed = walker.rights.ask(PASS_ROLE, target.holder.arn, context)
            entered = lets_in(setting, target, service) if passed.shown else None
            if passed.shown and entered:
                yield target, service, (passed.shown, entered)
                break


def _named(role: AuditedPrincipal) -> tuple[str, ...]:
    """Return the services that the trust policy of *role* names in an Allow."""
    found: dict[str, None] = {}
    for one in role.holder.trust.statement if role.holder.trust else ():
        if one.effect is Effect.ALLOW and isinstance(one.principal, Mapping):
            found |= dict.fromkeys(name for name in one.principal.get("Service", ()) if name != "*")
    return tuple(found)
