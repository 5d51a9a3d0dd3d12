"""Who may assume a role: anybody, other accounts, shared providers of identities, services for anybody."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from rolemgr.audit.contexts import Choice
from rolemgr.audit.finding import rules
from rolemgr.audit.rights import ANYTHING, Certainty, RightsAnswer, Settled, ShownRequest, ask_trust
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.audit.strangers import (
    OUTSIDE,
    STRANGER,
    account_of,
    asked_at_will,
    compared_with,
    sources,
    strangers_to,
)
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, PolicyType, TrustPolicy

_ASSUME = "sts:AssumeRole"
_ASSUMING: Final = (_ASSUME, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
"""By which requests `*`, anybody, may get in."""


def trusting(setting: AuditRun, subject: AuditedPrincipal, *, is_administrator: bool = False) -> None:
    """Find whom the trust policy of *subject*, a role, lets in from outside; an administrator, by its whole account."""
    trust = subject.holder.trust
    if trust is None:
        return
    _outside(setting, subject, trust)
    if is_administrator:
        _whole_account(setting, subject)
    for value in _unread(trust):
        setting.cannot_tell(
            subject, "the trust policy", f"only AWS knows whose id `{value}` is: somebody who is gone, mostly"
        )
    sessions_trusted(setting, subject)
    by_rule = {one.rule: identifier for identifier, one in rules().items() if one.rule}
    found = _of_rules(setting, trust)
    if not any(one.rule == _DEPUTY for one in found):
        _deputies(setting, subject, trust)
    for finding in found:
        if finding.rule in by_rule:
            shown = _request_behind(setting, subject, trust, finding)
            setting.find(by_rule[finding.rule], subject, finding.message, shown, about=finding.identity())


def _outside(setting: AuditRun, subject: AuditedPrincipal, trust: TrustPolicy) -> None:
    inside = setting.inventory.accounts
    named: dict[str, dict[str, None]] = {}
    for account, principal in _outsiders(trust, inside):
        named.setdefault(account, {})[principal] = None
    for account, principal in compared_with(trust, inside, subject.partition) if named else ():
        if account in named:
            named[account][principal] = None
    if named.pop("*", None) and not _anyone(setting, subject):
        for account, principal in compared_with(trust, inside, subject.partition):
            named.setdefault(account, {})[principal] = None
        _anyone_on_conditions(setting, subject)
    for account, principals in sorted(named.items()):
        _account(setting, subject, account, tuple(principals))


def sessions_trusted(setting: AuditRun, subject: AuditedPrincipal) -> None:
    """Say of each session of a role of the input that *subject* trusts by name: who takes it is not looked for."""
    for value in sorted(subject.trusted):
        arn = Arn.parse(value)
        if arn and arn.service == "sts" and arn.account in setting.inventory.accounts:
            reason = f"it trusts `{value}`: who assumes that role under the name of this session, is not looked for"
            setting.cannot_tell(subject, "who else may become it, by the trust policy", reason)


_ASSUMED_BY: Final[Mapping[Literal["Service", "Federated"], tuple[str, ...]]] = {
    "Service": ("sts:AssumeRole",), "Federated": ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"),
}  # fmt: skip
"""By which requests the principals of a kind assume a role."""


def _request_behind(
    setting: AuditRun, subject: AuditedPrincipal, trust: TrustPolicy, finding: Finding
) -> tuple[ShownRequest, ...]:
    """Return a request of somebody whom *finding* of `check` is about; none where the evaluator allows none."""
    for kind, principal in _of_kinds(trust, finding.message):
        context = {"aws:sourceaccount": STRANGER} if kind == "Service" else {}
        for action in _ASSUMED_BY[kind]:
            answer = ask_trust(principal, subject.holder, action, context, subject.budget, setting.now)
            if answer.shown:
                return (answer.shown,)
    return ()


_DEPUTY: Final = "RM801"


def _deputies(setting: AuditRun, subject: AuditedPrincipal, trust: TrustPolicy) -> None:
    """
    Find a service that a source condition lets act for any account: a wildcard for the account, or that there is one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    for kind, service in _of_kinds(trust, ""):
        if kind != "Service" or not _tells_its_source(setting, service):
            continue
        for source in sources(trust, service, subject.partition):
            context, rcps = source.context(trust), setting.around.rcps(subject.account, _ASSUME)
            answer = ask_trust(service, subject.holder, _ASSUME, context, subject.budget, setting.now, rcps=rcps)
            if answer.shown:
                text = f"{service}, whose condition on the source lets account {source.account} in, as any other"
                setting.find("AU105", subject, text, (answer.shown,), about=(service, "source"))
                break


def _tells_its_source(setting: AuditRun, service: str) -> bool:
    """Tell whether *service* is one of those that are to be held to a source: `check` says it where there is none."""
    known: dict[str, bool] = setting.__dict__.setdefault("_deputies", {})
    if service not in known:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": _ASSUME}
        bare = TrustPolicy.model_validate({"Version": "2012-10-17", "Statement": [statement]})
        document = Document("trust", PolicyType.TRUST, bare.to_json_value(), lambda _: None)
        known[service] = any(one.rule == _DEPUTY for one in check([read(document)]))
    return known[service]


def _of_kinds(trust: TrustPolicy, message: str) -> list[tuple[Literal["Service", "Federated"], str]]:
    """Return the services and providers that the Allows name, those first that *message* names."""
    found = [
        (kind, value)
        for one in trust.statement
        if one.effect is Effect.ALLOW and isinstance(one.principal, Mapping)
        for kind in _ASSUMED_BY
        for value in one.principal.get(kind, ())
        if value != "*"
    ]
    return sorted(dict.fromkeys(found), key=lambda one: one[1].partition(":oidc-provider/")[2] not in message)


def _of_rules(setting: AuditRun, trust: TrustPolicy) -> tuple[Finding, ...]:
    """Return what `check` finds in the trust policy; the same policy is checked once."""
    kept: dict[int, tuple[Finding, ...]] = setting.__dict__.setdefault("_trusts", {})
    if id(trust) not in kept:
        document = Document("trust", PolicyType.TRUST, trust.to_json_value(), lambda _: None)
        kept[id(trust)] = tuple(check([read(document)]))
    return kept[id(trust)]


def _outsiders(trust: TrustPolicy, inside: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each account that the Allows name and the input does not have, with a principal of it; ``*`` is anybody."""
    for value in _named(trust):
        account = account_of(value)
        if value == "*":
            yield "*", "*"
        elif account and account not in inside:
            arn = Arn.parse(value)
            root = arn is None or arn.resource == "root"
            partition = arn.partition if arn else "aws"
            yield account, f"arn:{partition}:iam::{account}:role/example" if root else value


def _named(trust: TrustPolicy) -> Iterator[str]:
    for statement in trust.statement:
        if statement.effect is Effect.ALLOW and statement.principal:
            principal = statement.principal
            yield from principal.get("AWS", ()) if isinstance(principal, Mapping) else (principal,)


def _unread(trust: TrustPolicy) -> Iterator[str]:
    """Yield the principals that are neither an ARN nor an account: unique ids."""
    yield from (value for value in _named(trust) if value != "*" and account_of(value) is None)


def outsiders_of_trust(trust: TrustPolicy, inside: tuple[str, ...], role: str) -> Iterator[tuple[str, str]]:
    """Yield each account that *trust*, of *role*, names and that is not *inside*, with a principal of it."""
    partition = role.split(":", 2)[1]
    for account, principal in _outsiders(trust, inside):
        if account != "*":
            yield account, principal
            continue
        yield from (("*", one) for one in strangers_to(trust, partition))
        yield from compared_with(trust, inside, partition)


def _anyone(setting: AuditRun, subject: AuditedPrincipal) -> bool:
    """Find that anybody may assume *subject*, without a condition or on such that anybody meets; return whether."""
    role, now, trust = subject.holder, setting.now, subject.holder.trust
    if trust is None:
        return False
    for action in _ASSUMING:
        for somebody in strangers_to(trust, subject.partition):

            def ask(context: Settled, choice: Choice, who: str = somebody, how: str = action) -> RightsAnswer:
                rcps = setting.around.rcps(subject.account, how)
                return ask_trust(who, role, how, context, subject.budget, now, ANYTHING, choice=choice, rcps=rcps)

            by = "" if action == _ASSUME else f" (by {action})"
            for answer, text in (
                (ask(OUTSIDE, Choice.NONE), "without a condition"),
                (asked_at_will(trust, ask), _AT_WILL),
            ):
                if answer.shown:
                    setting.find("AU101", subject, f"any principal of any account, {text}{by}", (answer.shown,))
                    return True
    return False


_AT_WILL: Final = "on conditions that whoever asks can meet"


def _anyone_on_conditions(setting: AuditRun, subject: AuditedPrincipal) -> None:
    role, budget, now = subject.holder, subject.budget, setting.now
    for action in _ASSUMING:
        rcps = setting.around.rcps(subject.account, action)
        for somebody in strangers_to(role.trust, subject.partition) if role.trust else ():
            answer = ask_trust(somebody, role, action, {}, budget, now, ANYTHING, rcps=rcps)
            if answer.certainty is not Certainty.DENIED:
                shown = (answer.shown,) if answer.shown else ()
                setting.find("AU103", subject, "Principal is `*`: whoever meets the conditions may assume it", shown)
                return


def _whole_account(setting: AuditRun, subject: AuditedPrincipal) -> None:
    """Find that the account's policies alone decide who may assume *subject*, an administrator."""
    root = f"arn:{subject.partition}:iam::{subject.account}:root"
    if not {root, subject.account} & subject.trusted:
        return
    somebody = f"arn:{subject.partition}:iam::{subject.account}:role/{subject.rights.names.strange}"
    role, budget, now = subject.holder, subject.budget, setting.now
    answer = ask_trust(somebody, role, _ASSUME, {}, budget, now, ANYTHING, choice=Choice.NONE)
    if answer.shown:
        text = "whoever in the account may assume roles of any name may assume this one"
        setting.find("AU108", subject, text, (answer.shown,))


def _account(setting: AuditRun, subject: AuditedPrincipal, account: str, principals: tuple[str, ...]) -> None:
    """Find that *account* may assume *subject*: by one of *principals* without a condition, or on conditions."""
    role, budget, now = subject.holder, subject.budget, setting.now
    rcps = setting.around.rcps(subject.account, _ASSUME)
    text = f"account {account}, which is not in the input"
    for principal in principals:
        answer = ask_trust(principal, role, _ASSUME, OUTSIDE, budget, now, ANYTHING, choice=Choice.NONE, rcps=rcps)
        if answer.shown:
            setting.find("AU102", subject, text, (answer.shown,), about=(account,))
            return
    for principal in principals:
        answer = ask_trust(principal, role, _ASSUME, {}, budget, now, ANYTHING, rcps=rcps)
        if answer.certainty is not Certainty.DENIED:
            shown = (answer.shown,) if answer.shown else ()
            setting.find("AU103", subject, f"{text}, on conditions", shown, about=(account,))
            return
