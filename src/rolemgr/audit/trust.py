"""Who may assume a role: anybody, other accounts, shared providers of identities, services for anybody."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from rolemgr.audit.contexts import Choice
from rolemgr.audit.finding import rules
from rolemgr.audit.rights import ANYTHING, Certainty, Settled, ShownRequest, ask_trust
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Effect, PolicyType, TrustPolicy

_ASSUME = "sts:AssumeRole"
STRANGER = "999999999999"
OUTSIDE: Settled = dict.fromkeys(
    ("aws:principalorgid", "aws:principalorgpaths", "sts:externalid", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce")
)
"""What somebody from outside does not have."""


def trusting(setting: AuditRun, subject: AuditedPrincipal, *, is_administrator: bool = False) -> None:
    """Find whom the trust policy of *subject*, a role, lets in from outside; an administrator, by its whole account."""
    trust = subject.holder.trust
    if trust is None:
        return
    named = dict(_outsiders(trust, setting.inventory.accounts))
    if "*" in named:
        _anyone(setting, subject)
    for account, principal in sorted(named.items()):
        if account != "*":
            _account(setting, subject, account, principal)
    if is_administrator:
        _whole_account(setting, subject)
    for value in _unread(trust):
        setting.cannot_tell(
            subject, "the trust policy", f"only AWS knows whose id `{value}` is: somebody who is gone, mostly"
        )
    by_rule = {one.rule: identifier for identifier, one in rules().items() if one.rule}
    for finding in _of_rules(setting, trust):
        if finding.rule in by_rule:
            shown = _request_behind(setting, subject, trust, finding)
            setting.find(by_rule[finding.rule], subject, finding.message, shown, about=finding.identity())


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


def account_of(value: str) -> str | None:
    """Return the account of the principal *value*, None where it is not an ARN or account."""
    arn = Arn.parse(value)
    account = arn.account if arn else value
    return account if ACCOUNT_ID.fullmatch(account) else None


def _unread(trust: TrustPolicy) -> Iterator[str]:
    """Yield the principals that are neither an ARN nor an account: unique ids."""
    yield from (value for value in _named(trust) if value != "*" and account_of(value) is None)


def outsiders_of_trust(trust: TrustPolicy, inside: tuple[str, ...], role: str) -> Iterator[tuple[str, str]]:
    """Yield each account that *trust*, of *role*, names and that is not *inside*, with a principal of it."""
    partition = role.split(":", 2)[1]
    for account, principal in _outsiders(trust, inside):
        yield account, f"arn:{partition}:iam::{STRANGER}:role/somebody" if account == "*" else principal


def _anyone(setting: AuditRun, subject: AuditedPrincipal) -> None:
    somebody = f"arn:{subject.partition}:iam::{STRANGER}:role/somebody"
    role, budget, now = subject.holder, subject.budget, setting.now
    rcps = setting.around.rcps(subject.account, _ASSUME)
    answer = ask_trust(somebody, role, _ASSUME, OUTSIDE, budget, now, ANYTHING, choice=Choice.NONE, rcps=rcps)
    if answer.shown:
        setting.find("AU101", subject, "any principal of any account, without a condition", (answer.shown,))
        return
    answer = ask_trust(somebody, role, _ASSUME, {}, budget, now, ANYTHING, rcps=rcps)
    if answer.certainty is not Certainty.DENIED:
        shown = (answer.shown,) if answer.shown else ()
        setting.find("AU103", subject, "Principal is `*`: whoever meets the conditions may assume it", shown)


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


def _account(setting: AuditRun, subject: AuditedPrincipal, account: str, principal: str) -> None:
    role, budget, now = subject.holder, subject.budget, setting.now
    rcps = setting.around.rcps(subject.account, _ASSUME)
    answer = ask_trust(principal, role, _ASSUME, OUTSIDE, budget, now, ANYTHING, choice=Choice.NONE, rcps=rcps)
    if answer.shown:
        setting.find(
            "AU102", subject, f"account {account}, which is not in the input", (answer.shown,), about=(account,)
        )
        return
    answer = ask_trust(principal, role, _ASSUME, {}, budget, now, ANYTHING, rcps=rcps)
    if answer.certainty is not Certainty.DENIED:
        shown = (answer.shown,) if answer.shown else ()
        setting.find(
            "AU103", subject, f"account {account}, which is not in the input, on conditions", shown, about=(account,)
        )
