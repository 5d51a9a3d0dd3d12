"""
Who is exempt from an organization's policies: by the ARN of a role, never by a tag, which its holder may change.

``aws:PrincipalArn`` is the ARN of the role in every session of it, with its path.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.iam.wildcards import matches, matches_action
from rolemgr.layers.values import LONGEST, may_meet
from rolemgr.model.layer import LayerDeny, LayerPart
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.reference.organizations import LandingZoneRole, landing_zones

_ROLE = re.compile(r"arn:(?:\*|aws[a-z-]*):iam::(?P<account>\*|[0-9]{12}):role/(?P<name>[A-Za-z0-9_+=,.@/*?-]+)")
_WHERE = SourceLocation("--exempt")
_WHERE_UNTIL = SourceLocation("--exempt-until")


class Ending(NamedTuple):
    """A role that is exempt until a moment, in UTC as IAM writes it."""

    arn: str
    until: str


class Exemptions(NamedTuple):
    """The roles that are exempt, what is to be said of them, and those whose exemption ends."""

    arns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ending: tuple[Ending, ...] = ()
    """Of the *arns*: from their moment on these are bound like everybody."""

    @property
    def for_good(self) -> tuple[str, ...]:
        """Those whose exemption does not end: who is let go for a while is never let near the others."""
        ends = {one.arn for one in self.ending}
        return tuple(arn for arn in self.arns if arn not in ends)


def exemptions(
    kind: LayerKind, given: Sequence[str], zones: Sequence[str], until: Mapping[str, str] | None = None
) -> Exemptions:
    """
    Return the roles that are exempt: those *given*, those that landing *zones* work as, and some *until* a moment.

    Raises InputError for a text that is not the ARN of a role, and for one that would exempt more than was meant.
    """
    until = until or {}
    raise_all([*_wrong(kind, given), *_wrong(kind, tuple(until), _WHERE_UNTIL)])
    roles = tuple(role for zone in zones for role in _roles_of(kind, zone))
    for_good = sorted({*given, *(role.pattern for role in roles)})
    ending = tuple(Ending(arn, until[arn]) for arn in sorted(until))
    raise_all(list(_never_ending(ending, for_good)))
    arns = tuple(sorted({*for_good, *until}))
    guard = "an SCP has to guard it from those whom this binds: `rolemgr scp protect-exempt --exempt ARN`"
    by_scp = [f"exempt {text}: {guard}" for text in (*given, *until) if kind is LayerKind.RCP]
    ends = [
        f"exempt {one.arn} until {one.until}: from then on the Denies whose Sid ends in Again bind it" for one in ending
    ]
    if ending and not for_good:
        ends.append(
            "nobody is exempt for good, so that nobody changes or deletes the roles that are exempt for a while"
        )
    return Exemptions(arns, (*_notes((*given, *until), roles), *by_scp, *ends), ending)


def _never_ending(ending: Sequence[Ending], for_good: Sequence[str]) -> Iterator[InputError]:
    """Yield the roles whose exemption would not end, as another exemption is for them too."""
    for one in ending:
        for pattern in for_good:
            if all(map(may_meet, one.arn.split(":", 5), pattern.split(":", 5))):
                problem = f"`{one.arn}` is exempt for good by `{pattern}`, so its exemption would not end"
                yield InputError(_WHERE_UNTIL, problem, "name roles that are apart")


def _roles_of(kind: LayerKind, zone: str) -> tuple[LandingZoneRole, ...]:
    where = SourceLocation("--landing-zone")
    if zone not in landing_zones():
        raise UnknownNameError(where, "landing zone", zone, landing_zones())
    if kind is LayerKind.RCP:
        problem = "an RCP judges callers of all accounts, so an exemption names its account"
        raise InputError(where, problem, "name the roles that are meant with --exempt")
    return landing_zones()[zone]


def _wrong(kind: LayerKind, given: Sequence[str], where: SourceLocation = _WHERE) -> Iterator[InputError]:
    for text in given:
        if len(text) > LONGEST:
            yield InputError(where, f"an ARN is longer than {LONGEST:,} characters")
        elif ":assumed-role/" in text or ":sts:" in text:
            problem = f"`{text}` is a session, and aws:PrincipalArn is the ARN of its role"
            yield InputError(where, problem, "give arn:aws:iam::ACCOUNT:role/PATH/NAME")
        elif text.endswith(":root"):
            yield InputError(where, f"`{text}` is the root user, which nothing can guard", "name a role")
        elif not (found := _ROLE.fullmatch(text)):
            yield InputError(where, f"`{text}` is not a role's ARN such as arn:aws:iam::*:role/platform/break-glass")
        elif re.match(r"[^A-Za-z0-9]*[*?]", found["name"]):
            yield InputError(where, f"`{text}` exempts nearly every role", "begin the wildcard behind path or name")
        elif kind is LayerKind.RCP and found["account"] == "*":
            problem = f"`{text}` exempts a role of that name in anybody's account"
            yield InputError(where, problem, "an RCP judges callers of all accounts: name the account")


_OF_IDENTITY_CENTER: Final = ":role/aws-reserved/sso.amazonaws.com/"
"""Where Identity Center makes the roles of permission sets, by a service-linked role that no SCP binds.
https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"""


def _notes(given: Sequence[str], roles: Sequence[LandingZoneRole]) -> Iterator[str]:
    for text in given:
        if "*" in text.partition(":role/")[2] or "?" in text.partition(":role/")[2]:
            yield f"exempt {text}: also roles of such a name that are made later, which only the exempt may make"
        if _OF_IDENTITY_CENTER in text:
            whoever = "whoever may change or assign the permission set"
            yield f"exempt {text}: {whoever} decides who has it, and what it may do"
    for role in dict.fromkeys(roles):
        yield f"exempt {role.pattern}: {role.can} ({role.source})"


_STACK_SETS: Final = "arn:aws:iam::111122223333:role/stacksets-exec-0123456789abcdef0123456789abcdef"
_MAKING_ROLES: Final = frozenset(
    ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")
)


def stopped_stack_sets(parts: Sequence[LayerPart]) -> Iterator[str]:
    """Yield a note for each part that keeps stack sets from bringing roles into accounts, as our own export does."""
    for part in parts:
        if any(_stops(deny) for deny in part.denies):
            yield (
                f"{part.name}: stack sets can't make roles any more where this holds, those of `create --format "
                "stackset` too; give --landing-zone stacksets to let them work"
            )


def _stops(deny: LayerDeny) -> bool:
    patterns = deny.actions or deny.not_actions
    named = {one for one in _MAKING_ROLES if any(matches_action(text, one) for text in patterns)}
    denied = named if deny.actions else _MAKING_ROLES - named
    if not denied or any(matches(one, _STACK_SETS) for one in lets_go(deny)):
        return False
    bound = _callers("ArnLike", deny)
    return not bound or any(matches(one, _STACK_SETS) for one in bound)


def lets_go(deny: LayerDeny) -> list[str]:
    """Return the patterns of the callers that *deny* does not bind."""
    return _callers("ArnNotLike", deny)


def _callers(operator: str, deny: LayerDeny) -> list[str]:
    """Return what *deny* compares its caller with by *operator*."""
    blocks = (block for one, block in deny.conditions if one == operator)
    return [value for block in blocks for key, values in block if key.lower() == "aws:principalarn" for value in values]
