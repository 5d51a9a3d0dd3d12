"""
Who may assume the old role, carried over: in the words of a role file, where these say exactly as much.

SageMaker is trusted for the role's own account and Region, however wide the old trust was.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from rolemgr.audit.migrate.choose import GroupChoice, composed
from rolemgr.catalog.load import Catalog
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import InputError, Problems
from rolemgr.iam.documents import Effect, TrustPolicy
from rolemgr.model.inventory import HeldRole

_SAGEMAKER: Final = ("Service", "sagemaker.amazonaws.com")
_ENDING: Final = ".amazonaws.com"
_ACCOUNT: Final = re.compile(r"(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?")
_KINDS: Final = {":role/": "role", ":user/": "user"}
_FIELDS: Final = {"sts:externalid": "external-id", "aws:principalorgid": "org-id", "aws:multifactorauthpresent": "mfa"}


class _Trusted(NamedTuple):
    """One principal of a trust policy, by which actions and under which conditions it takes the role."""

    kind: str
    value: str
    actions: frozenset[str]
    conditions: frozenset[tuple[str, str, frozenset[str]]]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"

    @property
    def is_sagemaker(self) -> bool:
        return (self.kind, self.value) == _SAGEMAKER


def with_old_trust(catalog: Catalog, old: HeldRole, choice: GroupChoice) -> GroupChoice:
    """Return *choice* with the trust of *old*, as far as a role file has words for it."""
    wanted = list(_trusted(old.trust))
    if not wanted or choice.documents is None or not set(missing(old, choice)):
        return choice
    texts = ["sagemaker"] if any(one.is_sagemaker for one in wanted) else []
    made = choice
    for one in wanted:
        text = None if one.is_sagemaker else _text(one)
        if text is None or text in texts:
            continue
        better = _composed(catalog, choice, [*texts, text])
        if better is not None and one not in missing(old, better):
            texts, made = [*texts, text], better
    return made


def missing(old: HeldRole, choice: GroupChoice) -> tuple[_Trusted, ...]:
    """Return whom *old* trusts and the role of *choice* does not, or does otherwise."""
    mine = set(_trusted(choice.documents.trust_policy if choice.documents else None))
    has_sagemaker = any(one.is_sagemaker for one in mine)
    return tuple(
        one for one in _trusted(old.trust) if one not in mine and not (one.is_sagemaker and has_sagemaker)
    )  # fmt: skip


def other_trust(old: HeldRole, choice: GroupChoice) -> Iterator[str]:
    """Yield who may assume *old*, and not the role of *choice* in the same way; and what else its trust policy says."""
    yield from dict.fromkeys(map(str, missing(old, choice)))
    yield from trust_denies(old)
    for number, one in enumerate(old.trust.statement if old.trust else ()):
        if one.effect is Effect.ALLOW and one.principal is None:
            yield f"all but those whom {_place(number, one.sid)} of the trust policy names (NotPrincipal)"


def trust_denies(old: HeldRole) -> tuple[str, ...]:
    """Return the Denies of the trust policy of *old*, which a role file has no words for: limits that are lost."""
    statements = enumerate(old.trust.statement if old.trust else ())
    return tuple(
        f"the Deny of {_place(number, one.sid)} of the trust policy"
        for number, one in statements if one.effect is Effect.DENY
    )  # fmt: skip


def _place(number: int, sid: str | None) -> str:
    return f"statement {sid or number}"


def _composed(catalog: Catalog, choice: GroupChoice, texts: list[str]) -> GroupChoice | None:
    try:
        found = composed(catalog, replace(choice, data={**choice.data, "trust": texts}))
    except (TooComplex, InputError, Problems):
        return None
    return found if isinstance(found, GroupChoice) and found.documents is not None else None


def _trusted(policy: TrustPolicy | None) -> Iterator[_Trusted]:
    """Yield the principals that *policy* allows to take the role."""
    for one in policy.statement if policy else ():
        if one.effect is not Effect.ALLOW:
            continue
        conditions = frozenset(
            (operator.lower(), key.lower(), frozenset(values))
            for operator, block in one.condition.items() for key, values in block.items()
        )  # fmt: skip
        actions = frozenset(action.lower() for action in one.action or ())
        principal = one.principal or {}
        named: Mapping[str, tuple[str, ...]] = (
            {"AWS": (principal,)} if isinstance(principal, str) else dict(principal.items())
        )
        for kind, values in sorted(named.items()):
            for value in values:
                yield _Trusted(kind, _whole(value), actions, conditions)


def _whole(value: str) -> str:
    """Return the principal *value* as an ARN where it is the id of an account."""
    return f"arn:aws:iam::{value}:root" if re.fullmatch(r"\d{12}", value) else value


def _text(one: _Trusted) -> str | None:
    """Return *one* as a role file says it; None where it has no words for that."""
    if one.kind == "Service":
        return f"service:{one.value.removesuffix(_ENDING)}" if one.value.endswith(_ENDING) else None
    if one.kind == "Federated" and ":saml-provider/" in one.value:
        return f"saml:{one.value}"
    if one.kind != "AWS" or one.value == "*":
        return None
    fields = []
    for _, key, values in sorted(one.conditions, key=lambda each: each[1]):
        name = _FIELDS.get(key)
        if name is None or len(values) != 1:
            return None
        fields.append(f"{name}={'yes' if name == 'mfa' else next(iter(values))}")
    kind = next((word for mark, word in _KINDS.items() if mark in one.value), "")
    account = _ACCOUNT.fullmatch(one.value)
    if not kind and not account:
        return None
    text = f"{kind}:{one.value}" if kind else f"account:{account[1]}" if account else ""
    return f"{text}?{'&'.join(fields)}" if fields else text
