"""
Changes in the one language of `diff`, `plan` and `drift`: a sign, what is gained or lost, on what, and by what.

    + gains  s3:PutObject on acme-extra/*  by bucket acme-extra (roles/churn.yaml:6)
    ~ limit  max-runtime 12 h -> 24 h, wider  by guardrail max-runtime (roles/churn.yaml:9)
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from rolemgr.change.change import AccessChange, Cause, counts
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import around_variables
from rolemgr.iam.wildcards import fixed_beginning

MARKS: Final = {"gains": "+", "loses": "-", "limit": "~", "condition": "~", "value": "~", "unknown": "?"}
_WORDS: Final = {
    "gains": "gains", "loses": "loses", "limit": "limit", "condition": "condition", "value": "value",
    "unknown": "can't tell",
}  # fmt: skip
_EFFECTS: Final = {"other": "wider and narrower"}
_SHOWN: Final = 6
"""How many actions or resources a line names."""
_LONG: Final = 100
"""How many characters of a value a line has."""
_TO_DO: Final = "; compare this statement of both sides"
"""What there is to do about a statement of which it is not known."""
_CAUSES: Final = 3
"""How many causes a line names."""
_COUNTED: Final = {
    "gains": ("gain", "gains"),
    "loses": ("loss", "losses"),
    "limit": ("limit changed", "limits changed"),
    "condition": ("condition changed", "conditions changed"),
    "value": ("value changed", "values changed"),
    "unknown": ("not known", "not known"),
}


def change_line(one: AccessChange, account: str | None = None, *, doing: str = "") -> str:
    """
    Return *one* as a line; resources of *account* are shortened to what tells them apart.

    *doing* stands behind it: what will be done, or what was.
    """
    by = "".join(f"  {text}" for text in (causes_of_change(one), doing) if text)
    return f"{MARKS[one.kind]} {word_of(one)}  {what_changes(one, account)}{by}"


def word_of(one: AccessChange) -> str:
    """Return the word for what *one* is: of a condition on who may assume a role, that it is the trust."""
    return "trust" if one.kind == "condition" and one.part == "trust" else _WORDS[one.kind]


def what_changes(one: AccessChange, account: str | None = None) -> str:
    """Return what *one* says, without its sign and its causes."""
    if one.kind == "condition":
        return f"{one.what} {_values(one)}{_effect_of_condition(one)}"
    if one.kind in ("limit", "value"):
        effect = f", {_EFFECTS.get(one.effect, one.effect)}{_for(one.actions)}" if one.effect else ""
        return f"{one.what} {_values(one)}{effect}{''.join(f', {note}' for note in one.notes)}"
    if one.kind == "unknown":
        return _untold(one)
    where = "" if one.part == "permissions" else f", in the {one.part} policy"
    notes = "".join(f", {note}" for note in one.notes)
    return f"{_access(one, account)}{_lifted(one)}{notes}{where}"


def _effect_of_condition(one: AccessChange) -> str:
    if one.part == "trust":
        return _who_gets_in(one) or {
            "other": ", lets in others than before",
            "wider": ", lets in more",
            "narrower": ", lets in less",
        }.get(one.effect, "")
    return f", {_EFFECTS.get(one.effect, one.effect)}{_for(one.actions)}"


def _who_gets_in(one: AccessChange) -> str:
    """Return which values no longer let in and which do, where a condition lists such; else nothing."""
    old, new = one.old or (), one.new or ()
    if {"true", "false"}.intersection(old, new):  # these tell of a session, and not who
        return ""
    gone = " and ".join(f"`{value}`" for value in old if value not in new)
    come = " and ".join(f"`{value}`" for value in new if value not in old)
    if one.effect == "other" and gone and come:
        return f": {gone} no longer gets in, {come} does"
    if one.effect == "wider" and come and not gone:
        return f": {come} gets in too"
    return f": {gone} no longer gets in" if one.effect == "narrower" and gone and not come else ""


def _access(one: AccessChange, account: str | None) -> str:
    """Return what may be done, on what, and of policies that name principals one who may."""
    named = (
        ", ".join(one.actions) if one.kind == "gains" and one.evidence else listed(one.actions)
    )  # of what the role's own statements give, nothing is folded
    if not one.actions:
        return f"all that the policy allows: {one.reason}"
    actions = f"actions that AWS may add, such as {one.actions[0]}" if one.future else named
    request = next((shown.difference.request for shown in one.evidence), None)
    name = one.who or (_principal(request.principal, one) if request and request.principal else "")
    who = f" by {name}" if name else ""
    if one.resources:
        patterns = listed(tuple(short_resource(text, account) for text in one.resources))
        return f"{actions} on {patterns}{_except(one, account)}{who}"
    if request is None or one.part == "trust":  # the resource of a trust policy is its own role
        return f"{actions}{who}"
    return f"{actions} on resources such as {short_resource(request.resource, account)}{who}"


def _except(one: AccessChange, account: str | None) -> str:
    """Return what stays denied within the resources of *one*: of a single pattern what comes behind its beginning."""
    if not one.exceptions:
        return ""
    texts = [short_resource(text, account) for text in one.exceptions]
    beginning = fixed_beginning(one.resources[0]) if len(one.resources) == 1 else ""
    if beginning.endswith("/") and all(text.startswith(beginning) for text in one.exceptions):
        texts = [text.removeprefix(beginning).removesuffix("*") or text for text in one.exceptions]
    return f" except {listed(tuple(texts))}"


def _principal(arn: str, one: AccessChange) -> str:
    """Return *arn*; of a whole account that is trusted, the account, with the conditions that the line gives."""
    account = Arn.parse(arn)
    trusted = {f"account:{account.account}" if account else ""}
    whole = any(text and _account_of(text) in trusted for cause in one.causes for text in (cause.old, cause.new))
    if account is None or not whole:
        return arn
    lines = [text for cause in one.causes for text in (cause.new, cause.old) if text and _account_of(text) in trusted]
    given = [[option for option in text.partition("?")[2].split("&") if option] for text in dict.fromkeys(lines)]
    mfa = all(any(option.startswith("mfa") for option in options) for options in given)
    held = " or ".join(dict.fromkeys(", ".join(map(_condition, options)) or "under no condition" for options in given))
    who = "user" if mfa else "principal"  # a role's session has no MFA
    return f"any {who} of {account.account} that its administrators allow, {held}"


def _account_of(line: str) -> str:
    return str(line).partition("?")[0]


_CONDITIONS: Final = {
    "mfa=yes": "with MFA",
    "mfa-age": "with MFA of at most {} before",
    "external-id": "with external id {}",
    "org-id": "of organization {}",
    "session-name": "in a session named {}",
    "source-identity=required": "with a source identity",
    "session-tags": "with session tags {}",
}
"""How the conditions read that a line of `trust` gives; another stands as it is given."""


def _condition(text: str) -> str:
    name, _, value = text.partition("=")
    return _CONDITIONS.get(text) or _CONDITIONS.get(name, text).format(value)


def _lifted(one: AccessChange) -> str:
    if not one.statement:
        return ""
    return f", {'no longer' if one.kind == 'gains' else 'newly'} denied by {one.statement}"


def _for(actions: Sequence[str]) -> str:
    return f" for {listed(actions)}" if actions else ""


def _values(one: AccessChange) -> str:
    old, new = (_value(side, whole=one.kind != "value") for side in (one.old, one.new))
    return f"{old} -> {new}"


def _value(values: tuple[str, ...] | None, *, whole: bool) -> str:
    """Return *values* on one line: of what decides about access *whole*, as what differs may stand at the end."""
    if values is None:
        return "none"
    text = '""' if values == ("",) else ",".join(values) or "in force"  # a tag may have an empty value
    return text if whole or len(text) <= _LONG else f"{text[:_LONG]}..."


def _untold(one: AccessChange) -> str:
    if one.way is None:
        return f"whether the {one.part} differs: {one.reason}"
    at = f"{one.statement}: " if one.statement else ""
    about = f" ({listed(one.actions)})" if one.actions else ""
    where = "" if one.part == "permissions" else f", in the {one.part} policy"
    return f"whether access is {one.way}: {at}{one.reason}{about}{where}{_TO_DO if one.statement else ''}"


def listed(names: Sequence[str]) -> str:
    """Return the first of *names*, and how many more there are; a service is named once for its neighbours."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def short_resource(text: str, account: str | None) -> str:
    """Return *text* without what is alike in all ARNs of *account*, its variables as `<Name>`; else as it is."""
    arn = Arn.parse(text)
    if arn is None or arn.account not in ("", account):
        return text
    pieces = enumerate(around_variables(arn.resource))
    short = "".join(f"<{piece.strip('${}').rpartition(':')[2]}>" if place % 2 else piece for place, piece in pieces)
    return f"{arn.service}:{short}" if short.startswith("*") else short


def causes_of_change(one: AccessChange) -> str:
    """Return the causes of *one* in words; of a limit or a value, which has both values already, their places."""
    if one.kind in ("limit", "condition", "value"):
        return causes_text([Cause(cause.field, cause.where) for cause in one.causes])
    return causes_text(one.causes)


def causes_text(causes: Sequence[Cause]) -> str:
    """Return *causes* in words, nothing where there are none: `by bucket acme-extra (roles/churn.yaml:6)`."""
    if not causes:
        return ""
    more = f" and {len(causes) - _CAUSES} more" if len(causes) > _CAUSES else ""
    return f"by {' and '.join(map(_cause, causes[:_CAUSES]))}{more}"


def _cause(one: Cause) -> str:
    place = f" ({one.where})" if one.where else ""
    if one.old is None and one.new is None:
        return f"{one.field}{place}"
    if one.old is None or one.new is None:
        value = f" {one.new or one.old}" if one.new or one.old else ""
        gone = ", gone" if one.new is None else ""
        return f"{one.field}{value}{gone}{place}"
    values = f" {one.old} -> {one.new}" if one.old or one.new else ""
    return f"{one.field}{values}{place}"


def summed(found: Iterable[AccessChange]) -> str:
    """
    Return how many changes there are of each kind: `2 gains, 1 loss, 1 limit changed`.

    Attached policies of unknown text are counted apart: nobody knows how much each of them is.
    """
    every = tuple(found)
    known = tuple(one for one in every if one.kind not in ("gains", "loses") or one.actions)
    texts = [f"{count} {_COUNTED[kind][count != 1]}" for kind, count in counts(known).items() if count]
    unknown = len(every) - len(known)
    policies = f"{'an' if unknown == 1 else unknown} unknown {'policy' if unknown == 1 else 'policies'}"
    if unknown:
        texts[:1] = [f"{texts[0]}, and {policies}" if texts else policies]
    return ", ".join(texts)


def changes_rows(found: Sequence[AccessChange]) -> list[dict[str, Any]]:
    """
    Return *found* for ``--format json``, one object a change.

    ``{"change", "part", "name", "actions", "resources", "except", "old", "new", "effect", "by": [{"field", "old",
    "new", "file", "line"}], "notes", "reason", "way", "statement"}``; what does not apply is empty or null.
    """
    return [_row(one) for one in found]


def _row(one: AccessChange) -> dict[str, Any]:
    return {
        "change": one.kind,
        "part": one.part or None,
        "name": one.what or None,
        "actions": list(one.actions),
        "resources": list(one.resources),
        "except": list(one.exceptions),
        "old": None if one.old is None else list(one.old),
        "new": None if one.new is None else list(one.new),
        "effect": one.effect or None if one.kind in ("limit", "condition") else None,
        "by": [_cause_row(cause) for cause in one.causes],
        "notes": list(one.notes),
        "reason": one.reason or None,
        "way": one.way,
        "statement": one.statement or None,
    }


def _cause_row(one: Cause) -> dict[str, Any]:
    file, line = one.where or (None, None)
    return {"field": one.field, "old": one.old, "new": one.new, "file": file, "line": line}


def folded_table(found: Sequence[AccessChange], account: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield *found* as rows of a table: sign and word, what changes, and by what."""
    for one in found:
        yield f"{MARKS[one.kind]} {word_of(one)}", what_changes(one, account), causes_of_change(one)
