"""What a role writes and reads in the words of a review: by service the widest ARN patterns, less what Denies take."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, TypeAlias

from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import around_variables, as_pattern
from rolemgr.iam.wildcards import contains
from rolemgr.model.role import ComposedRole
from rolemgr.reference.data import image_accounts
from rolemgr.report.statements import LEVELS, access_level

WRITING: Final = frozenset(LEVELS[:3])
"""The access levels that change something: Permissions management, Tagging, Write."""


Found: TypeAlias = Mapping[str, frozenset[str]]
"""ARN patterns of one service, each with the actions that are allowed on it."""


def touched(
    role: ComposedRole, *, writing: bool, whole: bool, by_others: str = ""
) -> Iterator[str]:  # fmt: skip
    """
    Yield for each service what the role changes, with verbs, or reads besides: patterns, less what Denies take out.

    Data and identity come first; of a service what the user named, then what is wide. Passing a role is told elsewhere.
    Objects of S3 are told as read where they are written too: not all that is read can be written. What Denies take
    out and roles that it passes write all the same is told by the words *by_others*.
    """
    changed, read = _resources(role, writing=True), _resources(role, writing=False)
    found = changed if writing else {
        name: arns if name == "s3" else _beyond(arns, changed.get(name, {})) for name, arns in read.items()
    }  # fmt: skip
    named = _named(role)
    order = sorted(found, key=lambda name: (
        name != "s3", name == "iam" and not writing, not any(_is_of(arn, named) for arn in found[name]),
        name not in _FIRST, _worst_of(found[name]) if writing else 0, -len(found[name]), name,
    ))  # fmt: skip
    lines = []
    for service in filter(found.get, order):
        say = _s3_reads if service == "s3" and not writing else _in_words
        shown = list(dict.fromkeys(say(role, service, found[service], writing=writing, whole=whole)))
        most = len(shown) if whole else max(_GROUPS, sum(_is_of(one, named) for one in shown))
        if len(shown) == most + 1 and len(shown[most]) <= _SHORT:
            most += 1
        more = f" and {len(shown) - most} more: {_kinds(shown[most:])}" if len(shown) > most else ""
        passed = by_others if service == "s3" and " except " in shown[0] else ""
        lines.append(f"{service}  {', '.join((f'{shown[0]}{passed}', *shown[1:most]))}{more}")
    yield from lines
    if variables := sorted({name for line in lines for name in _VARIABLE.findall(line)}):
        yield f"{', '.join(variables)}: filled in by AWS for each caller"


def _kinds(texts: Sequence[str]) -> str:
    """Return of what kind the patterns in *texts* are: what stands before their first slash or colon."""
    found = dict.fromkeys(
        re.split(r"[/: ]", pattern, maxsplit=1)[0] for text in texts for pattern in text.split(" (")[0].split(", ")
    )
    return ", ".join(name for name in found if name != "and")


_PATTERNS: Final = 5
"""How many patterns of a service with the same verbs are shown, unless the user named more."""
_SHORT: Final = 40
"""How long one more group may be to be told instead of counted."""
_GROUPS: Final = 5
"""How many groups of patterns with the same verbs are shown of a service: the riskiest."""
_FIRST: Final = frozenset({"iam", "kms", "secretsmanager"})
_VARIABLE: Final = re.compile(r"<[^<>\s]+>")


def _named(role: ComposedRole) -> frozenset[str]:
    """Return the values that the user gave for parameters, and buckets: what a resource is named by."""
    given = [value for values in role.spec.parameter.values() for value in values]
    return frozenset(filter(lambda text: bool(text.strip("*")), (*given, *role.spec.bucket)))


def _is_of(text: str, named: Iterable[str]) -> bool:
    return any(one in text for one in named)


def _resources(role: ComposedRole, *, writing: bool) -> dict[str, Found]:
    """Return by service the ARN patterns with their actions, those left out that wider ones cover in all of them."""
    denied: dict[str, list[str]] = {}
    for deny in role.unfolded:
        if deny.effect is Effect.DENY and not deny.conditions:
            for action in deny.actions:
                denied.setdefault(action, []).extend(deny.resources)
    found: dict[str, dict[str, set[str]]] = {}
    for action, resource in granted(role):
        if (access_level(action) in WRITING) is not writing or action == "iam:PassRole":
            continue
        if not any(one == resource or contains(one, resource) for one in denied.get(action, ())):
            found.setdefault(action.partition(":")[0], {}).setdefault(resource, set()).add(action)
    return {service: _widest(arns) for service, arns in found.items()}


def _widest(arns: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    wide: dict[str, frozenset[str]] = {}
    for arn in sorted(arns, key=lambda text: (text == "*", -text.count("*"), len(text), text)):
        covered = (
            actions for wider, actions in wide.items() if arn != "*" and contains(as_pattern(wider), as_pattern(arn))
        )
        rest = arns[arn].difference(*covered)
        if rest:
            wide[arn] = frozenset(arns[arn])
    return wide


def _beyond(arns: Found, others: Found) -> dict[str, frozenset[str]]:
    """Return those of *arns* that none of *others* covers; what knows no resource is read anyway."""
    return {
        arn: actions for arn, actions in arns.items()
        if arn != "*" and not any(contains(as_pattern(one), as_pattern(arn)) for one in others)
    }  # fmt: skip


def _in_words(
    role: ComposedRole, service: str, arns: Found, *, writing: bool, whole: bool
) -> Iterator[str]:  # fmt: skip
    """Yield the patterns, those of the same verbs beside one another and the verbs behind the last of them."""
    named = _named(role)
    groups: dict[str, list[str]] = {}
    for text, (accounts, of_text) in _by_text(arns, named).items():
        actions = frozenset().union(*(arns[arn] for arn in of_text))
        spared = "".join(dict.fromkeys(_spared(role, service, arn, writing=writing, whole=whole) for arn in of_text))
        verbs = f" ({verbs_of(actions, whole=whole)}{_held(role, of_text, actions)})" if writing else ""
        groups.setdefault(f"{_of(accounts, role)}{verbs}{spared}", []).append(text)
    worst = sorted(groups.items(), key=lambda item: (not _is_of(" ".join(item[1]), named), _risk(item[0])))
    for behind, texts in worst:
        together = texts if whole or len(texts) <= _PATTERNS else _shortened(texts, named)
        yield f"{', '.join(together)}{behind}"


def _risk(behind: str) -> int:
    """Return how much the verbs *behind* patterns do: 0 for deletion of what is anybody's, 3 for opening and tags."""
    if "; own only" in behind or "; under conditions" in behind:
        return 2
    verbs = set(re.findall(r"[a-z-]+", behind.partition(")")[0]))
    return 0 if "delete" in verbs else 1 if verbs & _CHANGING else 3


def _worst_of(arns: Found) -> int:
    """Return how much the worst that is done to *arns* does, as `_risk` has it."""
    return min((_risk(f"({verbs_of(actions, whole=True)})") for actions in arns.values()), default=3)


def _shortened(texts: Sequence[str], named: Iterable[str]) -> list[str]:
    kept = [text for number, text in enumerate(texts) if number < _PATTERNS or _is_of(text, named)]
    return [*kept, f"and {len(texts) - len(kept)} more"] if len(kept) < len(texts) else kept


def _by_text(arns: Found, named: Iterable[str]) -> dict[str, tuple[set[str], list[str]]]:
    """Return the patterns by how they are shown, with their accounts: what the user named first, then the widest."""
    found: dict[str, tuple[set[str], list[str]]] = {}
    for arn in sorted(arns, key=lambda one: (not _is_of(one, named), not short_arn(one).endswith("/*"))):
        accounts, of_text = found.setdefault(short_arn(arn), (set(), []))
        accounts.add(account_of(arn))
        of_text.append(arn)
    return found


def _of(accounts: set[str], role: ComposedRole) -> str:
    """Return whose the resources of *accounts* are, where they are not of the role's own account."""
    others = accounts - {role.spec.account, ""}
    if not others:
        return ""
    if others <= set(image_accounts(role.spec.region)):
        return f" of AWS's {len(others)} image account{'' if len(others) == 1 else 's'}"
    return f" of {len(others)} other account{'' if len(others) == 1 else 's'}"


_MAIN: Final = ("create", "put", "update", "delete")
"""The verbs that are told first, and always."""
_CHANGING: Final = frozenset({*_MAIN, "approve", "write", "start", "stop", "set", "register", "enable", "disable"})
"""Verbs after which something is not as before, or runs."""
_VERBS: Final = 6
"""How many verbs are told; deletion is among them."""


def verbs_of(actions: Iterable[str], *, whole: bool) -> str:
    """Return the verbs of *actions*, in their order of weight: deletion is never left out."""
    verbs = sorted({verb for name in actions for verb in _verbs_of(name.partition(":")[2])})
    order = [*(one for one in _MAIN if one in verbs), *(one for one in verbs if one not in _MAIN)]
    most = len(order) if whole else _VERBS
    more = f" and {len(order) - most} more" if len(order) > most else ""
    return f"{', '.join(order[:most])}{more}"


_OWNER: Final = frozenset({"sagemaker:OwnerUserProfileArn", "aws:ResourceTag/sagemaker:user-profile-arn"})
"""Condition keys that hold an Allow to what belongs to the user's own profile."""
_TAGS: Final = frozenset({"tag", "untag"})


def _held(role: ComposedRole, arns: Sequence[str], actions: Iterable[str]) -> str:
    """Return how conditions hold every change of *arns*, tags aside: to what is the user's own, or to anything else."""
    changing = {name for name in actions if not _TAGS.issuperset(_verbs_of(name.partition(":")[2]))}
    giving = [
        {key for _, block in one.conditions for key, _ in block} for one in role.unfolded
        if one.effect is Effect.ALLOW and changing.intersection(one.actions) and set(arns).intersection(one.resources)
    ]  # fmt: skip
    if not giving or not all(giving):
        return ""
    return "; own only" if all(keys & _OWNER for keys in giving) else "; under conditions"


_VERB: Final = re.compile(r"(?:Batch)?([A-Z][a-z]*)")


def _verbs_of(name: str) -> Iterator[str]:
    """Yield what the action *name* does: its first word, but for URLs and tags what they are for."""
    if "Presigned" in name:
        yield "open"
    elif name.endswith(("Tags", "Tagging", "TagResource", "UntagResource")):
        yield "untag" if name.startswith(("Delete", "Remove", "Untag")) else "tag"
    elif name.startswith("ReEncrypt"):
        yield "re-encrypt"
    else:
        yield from (found[1].lower() for found in (_VERB.match(name),) if found)
        if "Delete" in name:
            yield "delete"


def _s3_reads(
    role: ComposedRole, service: str, arns: Found, *, writing: bool, whole: bool
) -> Iterator[str]:  # fmt: skip
    """Yield of which prefixes objects are read, then which buckets are listed, then what else is read."""
    ways = (("objects of ", "s3:GetObject"), ("list ", "s3:ListBucket"))
    named = _named(role)
    told: set[str] = set()
    for words, action in ways:
        of_way = {arn: actions for arn, actions in arns.items() if action in actions}
        texts = [
            f"{text}{''.join(_spared(role, service, arn, writing=writing, whole=whole) for arn in of_text)}"
            for text, (_, of_text) in _by_text(of_way, named).items()
        ]
        told.update(of_way)
        if texts:
            yield f"{words}{', '.join(texts if whole else _shortened(texts, named))}"
    rest = {arn: actions for arn, actions in arns.items() if arn not in told and arn != "*"}
    yield from _in_words(role, service, rest, writing=writing, whole=whole)


def account_of(arn: str) -> str:
    """Return the account of *arn*; nothing where it has none."""
    parsed = Arn.parse(arn)
    return parsed.account if parsed else ""


def granted(role: ComposedRole) -> Iterator[tuple[str, str]]:
    """Yield each action and resource that an Allow of the role has."""
    for statement in role.unfolded:
        if statement.effect is Effect.ALLOW:
            yield from product(statement.actions, statement.resources)


def _spared(role: ComposedRole, service: str, resource: str, *, writing: bool, whole: bool) -> str:
    """Return what unconditional Denies take out of *resource* of *service*: whole prefixes, or some actions there."""
    allowed = {
        action for action, one in granted(role)
        if one == resource and action.startswith(f"{service}:") and (access_level(action) in WRITING) is writing
    }  # fmt: skip
    taken: dict[str, set[str]] = {}
    for deny in role.unfolded:
        if deny.effect is Effect.DENY and not deny.conditions:
            for one in deny.resources:
                if one != resource and contains(resource, one):
                    taken.setdefault(_inside(one, resource), set()).update(allowed.intersection(deny.actions))
    wholly = [name for name, actions in taken.items() if actions and actions == allowed]
    partly = {name: sorted(actions) for name, actions in taken.items() if set() < actions < allowed}
    parts = (f" (no {some_of(actions, whole=whole)} in {name})" for name, actions in partly.items())
    return "".join((f" except {' '.join(wholly)}" if wholly else "", *parts))


def _inside(arn: str, outer: str) -> str:
    """Return how *arn* goes on behind the pattern *outer*, which covers it."""
    return arn.removeprefix(outer.rstrip("*")).rstrip("*")


def short_arn(arn: str) -> str:
    """Return *arn* without what is alike in all of them, its variables as `<Name>`."""
    parsed = Arn.parse(arn)
    if parsed is None:
        return arn
    return short_name(parsed.resource)


def short_name(text: str) -> str:
    """Return *text* with its variables as `<Name>`."""
    pieces = enumerate(around_variables(text))
    return "".join(f"<{piece.strip('${}').rpartition(':')[2]}>" if place % 2 else piece for place, piece in pieces)


def some_of(names: Sequence[str], *, whole: bool) -> str:
    """Return the first of *names*, and how many more there are; *whole*, all of them."""
    short = [name.partition(":")[2] if name.startswith("sagemaker:") else name for name in dict.fromkeys(names)]
    most = len(short) if whole else 4
    return f"{', '.join(short[:most])}{f' and {len(short) - most} more' if len(short) > most else ''}"
