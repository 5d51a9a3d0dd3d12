"""Who may assume a role: anybody, other accounts, shared providers of identities, services for anybody."""

import json
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from rolemgr.audit.contexts import Choice
from rolemgr.audit.examples import concrete
from rolemgr.audit.finding import rules
from rolemgr.audit.rights import ANYTHING, Certainty, Settled, ShownRequest, ask_trust
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.principals import read_caller
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Effect, PolicyType, ResourcePolicy, TrustPolicy
from rolemgr.iam.wildcards import matches

_ASSUME = "sts:AssumeRole"
STRANGER = "999999999999"
_STRANGERS: Final = (STRANGER, "888888888888", "777777777777", "560560560560")
_NAMES: Final = ("somebody", "unlisted-17", "qkx-0000", "hhh", "5151")
_ASSUMING: Final = (_ASSUME, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
"""By which requests `*`, anybody, may get in."""
OUTSIDE: Settled = dict.fromkeys(
    ("aws:principalorgid", "aws:principalorgpaths", "sts:externalid", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce")
)
"""What somebody from outside does not have."""


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
    for finding in _of_rules(setting, trust):
        if finding.rule in by_rule:
            shown = _request_behind(setting, subject, trust, finding)
            setting.find(by_rule[finding.rule], subject, finding.message, shown, about=finding.identity())


def _outside(setting: AuditRun, subject: AuditedPrincipal, trust: TrustPolicy) -> None:
    inside = setting.inventory.accounts
    named: dict[str, dict[str, None]] = {}
    for account, principal in _outsiders(trust, inside):
        named.setdefault(account, {})[principal] = None
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
        if account != "*":
            yield account, principal
            continue
        yield from (("*", one) for one in strangers_to(trust, partition))
        yield from compared_with(trust, inside, partition)


def strangers_to(policy: TrustPolicy | ResourcePolicy, partition: str) -> tuple[str, ...]:
    """Return principals of accounts that nobody knows: one whose account and name *policy* does not speak of."""
    text = json.dumps(policy.to_json_value())
    account = next((one for one in _STRANGERS if one not in text), STRANGER)
    patterns = [value for key, value in _compared(policy) if key == "aws:principalarn"]
    names = [one for one in _NAMES if not any(matches(value.rpartition("/")[2], one) for value in patterns)]
    nobody = (f"arn:{partition}:iam::{account}:role/{one}" for one in (*names[:1], *_NAMES[:1]))
    named = (one for value in patterns if (one := concrete(value, partition, account)))
    of_any_account = (one for one in named if f":{account}:" in one and _can_ask(one))
    return tuple(dict.fromkeys((*nobody, *of_any_account)))


def compared_with(
    policy: TrustPolicy | ResourcePolicy, inside: tuple[str, ...], partition: str
) -> Iterator[tuple[str, str]]:
    """Yield accounts outside that conditions of *policy* compare the principal with, each with a principal of it."""
    stranger = strangers_to(policy, partition)[0].split(":")[4]
    for key, value in _compared(policy):
        arn = concrete(value, partition, stranger) if key == "aws:principalarn" else None
        account = value if key == "aws:principalaccount" else arn and account_of(arn)
        if account and ACCOUNT_ID.fullmatch(account) and account not in (*inside, stranger):
            yield account, arn if arn and _can_ask(arn) else f"arn:{partition}:iam::{account}:role/example"


def _can_ask(arn: str) -> bool:
    try:
        return read_caller(arn).account is not None
    except RequestError:
        return False


def _compared(policy: TrustPolicy | ResourcePolicy) -> Iterator[tuple[str, str]]:
    """Yield the lower-case keys that tell who the principal is, with the values that statements compare them with."""
    for one in policy.statement:
        for block in one.condition.values():
            for key, values in block.items():
                if key.lower() in ("aws:principalarn", "aws:principalaccount"):
                    yield from ((key.lower(), value) for value in values)


def _anyone(setting: AuditRun, subject: AuditedPrincipal) -> bool:
    """Find that anybody may assume *subject*, without a condition; return whether that is so."""
    role, budget, now = subject.holder, subject.budget, setting.now
    for action in _ASSUMING:
        rcps = setting.around.rcps(subject.account, action)
        for somebody in strangers_to(role.trust, subject.partition) if role.trust else ():
            answer = ask_trust(somebody, role, action, OUTSIDE, budget, now, ANYTHING, choice=Choice.NONE, rcps=rcps)
            if answer.shown:
                by = "" if action == _ASSUME else f" (by {action})"
                setting.find(
                    "AU101", subject, f"any principal of any account, without a condition{by}", (answer.shown,)
                )
                return True
    return False


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
