"""
What has to be done for the policy of a resource: pure, from what is there and what is wanted.

A policy has no tags that say who wrote which statement. Ours are those that say what is wanted, and those under the
Sid of a wanted one: they were changed, or are of an older file. All others are somebody else's. They stay, and are
named; they go with `--prune` alone, after they were named.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from rolemgr.account.resource_policies import PolicyTarget, ResourcePolicyThere, apis
from rolemgr.errors import AwsError, Refused, RolemgrError
from rolemgr.iam.documents import Effect, PolicyDocument, ResourcePolicy, ResourceStatement, StatementElement
from rolemgr.iam.variables import opens_variable

PolicyAction: TypeAlias = Literal["create", "update", "unchanged", "refuse"]
_NEW_VERSION = "2012-10-17"


class StatementSplit(NamedTuple):
    """The statements that are there: *same* as a wanted one, *changed* under its Sid, and *others*; *lacking* ones."""

    same: tuple[ResourceStatement, ...]
    changed: tuple[ResourceStatement, ...]
    others: tuple[ResourceStatement, ...]
    lacking: tuple[ResourceStatement, ...]


@dataclass(frozen=True)
class ResourcePlan:
    """What is to be done for one policy, the *document* that it will be, and why nothing is where that is so."""

    target: PolicyTarget
    wanted: ResourcePolicy
    there: ResourcePolicyThere
    action: PolicyAction
    document: ResourcePolicy
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    """The statements of somebody else that go, in words."""
    problem: RolemgrError | None = None

    @property
    def does(self) -> bool:
        """Whether it does anything, now or with --update."""
        return bool(self.steps)

    @property
    def may_give(self) -> bool:
        """Whether the policy may let more through afterwards: a new statement allows, or a Deny is gone."""
        before = {meaning(one): one for one in self.there.document.statement} if self.there.document else {}
        after = {meaning(one): one for one in self.document.statement} if self.steps else before
        new, gone = after.keys() - before.keys(), before.keys() - after.keys()
        return any(after[one].effect is Effect.ALLOW for one in new) or any(
            before[one].effect is Effect.DENY for one in gone
        )


def plan_resource_policy(
    target: PolicyTarget, wanted: ResourcePolicy, there: ResourcePolicyThere, *, update: bool, prune: bool
) -> ResourcePlan:
    """
    Return what is to be done so that the resource *target*, whose policy is *there*, has the *wanted* one.

    A policy that says something else is changed with *update* alone; what others put in it goes with *prune* alone.
    """
    if there.missing:
        missing = AwsError(f"the {target.kind} {target.name} does not exist", "make it first, or leave it out")
        return ResourcePlan(target, wanted, there, "refuse", wanted, problem=missing)
    if there.document is None:
        steps = tuple(f"add statement `{one.sid}`" for one in wanted.statement)
        return ResourcePlan(target, wanted, there, "create", wanted, steps)
    split = split_statements(there.document, wanted)
    taken = tuple(map(in_words, split.others)) if prune else ()
    kept = () if prune else split.others
    notes = tuple(f"{in_words(one)} is not in the file, and stays; --prune takes it away" for one in kept)
    steps = tuple(_steps(split, taken))
    if not steps:
        return ResourcePlan(target, wanted, there, "unchanged", there.document, notes=notes)
    document = _joined(there.document, wanted, kept)
    if document is None:
        return ResourcePlan(target, wanted, there, "refuse", wanted, steps, notes, problem=_old_language(target))
    if _is_default(target, split) and not update:
        return ResourcePlan(target, wanted, there, "create", document, steps, notes)
    if not update:
        problem = Refused(_differs(target, steps))
        return ResourcePlan(target, wanted, there, "refuse", document, steps, notes, problem=problem)
    return ResourcePlan(target, wanted, there, "update", document, steps, notes, taken)


def split_statements(there: ResourcePolicy, wanted: ResourcePolicy) -> StatementSplit:
    """Return the statements of *there* as they stand to those of *wanted*."""
    meant = {meaning(one) for one in wanted.statement}
    sids = {one.sid for one in wanted.statement if one.sid}
    found = {meaning(one) for one in there.statement}
    rest = [one for one in there.statement if meaning(one) not in meant]
    return StatementSplit(
        tuple(one for one in there.statement if meaning(one) in meant),
        tuple(one for one in rest if one.sid in sids),
        tuple(one for one in rest if one.sid not in sids),
        tuple(one for one in wanted.statement if meaning(one) not in found),
    )


def same_statements(one: PolicyDocument, other: PolicyDocument) -> bool:
    """Tell whether two documents have the same statements, in whatever order and under whatever Sids."""
    return _meanings(one) == _meanings(other)


def _meanings(document: PolicyDocument) -> tuple[str, set[str]]:
    return document.version or "", {meaning(one) for one in document.statements()}


def meaning(one: StatementElement) -> str:
    """Return *one* as a text that is equal for statements that differ in Sid and order alone."""
    raw: Any = one.to_json_value()
    return json.dumps(_ordered({key: value for key, value in raw.items() if key != "Sid"}), sort_keys=True)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return sorted(value) if len(value) != 1 else value[0]
    return value


def in_words(one: StatementElement) -> str:
    """Return what a statement is called: its Sid, else what it does."""
    if one.sid:
        return f"statement `{one.sid}`"
    named = [*(one.action or ()), *(f"all but {each}" for each in one.not_action or ())]
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    return f"a statement without Sid ({one.effect} {named[0] if named else '*'}{more})"


def _is_default(target: PolicyTarget, split: StatementSplit) -> bool:
    """Tell whether what is there is what AWS gives a new resource: the one statement for the account, wanted too."""
    return bool(apis()[target.kind].always_there) and len(split.same) == 1 and not (split.changed or split.others)


def _steps(split: StatementSplit, taken: Iterable[str]) -> Iterator[str]:
    changed = {one.sid for one in split.changed}
    for one in split.lacking:
        yield f"{'replace' if one.sid in changed else 'add'} {in_words(one)}"
    lacking = {one.sid for one in split.lacking}
    yield from (f"take away another {in_words(one)}" for one in split.changed if one.sid not in lacking)
    yield from (f"take away {text}, which is not in the file" for text in taken)


def _joined(
    there: ResourcePolicy, wanted: ResourcePolicy, kept: tuple[ResourceStatement, ...]
) -> ResourcePolicy | None:  # fmt: skip
    """
    Return *wanted* behind what is *kept*; None where the policy that is there is of the language without variables.

    What is kept would mean something else in the new language, and what is wanted in the old one.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    """
    if not kept:
        return _as_there(there, wanted)
    old = there.version != wanted.version and wanted.version == _NEW_VERSION
    if old and any(opens_variable(meaning(one)) for one in kept):
        return None
    return _as_there(there, wanted.model_copy(update={"statement": (*kept, *wanted.statement)}))


def _as_there(there: ResourcePolicy, made: ResourcePolicy) -> ResourcePolicy:
    """
    Return *made* under the Id that is there, what it says already as it is said there, under the Sid that it has.

    The template that made a resource names them: under others the resource would have drifted from it.
    """
    found = {meaning(one): one for one in there.statement}
    sids = [one.sid for one in made.statement]
    kept = ((one, found.get(meaning(one), one)) for one in made.statement)
    statements = tuple(now if now.sid == one.sid or now.sid not in sids else one for one, now in kept)
    return made.model_copy(update={"statement": statements, "id": there.id or made.id})


def _old_language(target: PolicyTarget) -> Refused:
    return Refused(
        f"the {target.title} is of the version 2008-10-17 and has `${{`, which means something else in 2012-10-17: "
        "change its version by hand, or give --prune to take its statements away"
    )


def _differs(target: PolicyTarget, steps: tuple[str, ...]) -> str:
    more = f", and {len(steps) - 1} more" if len(steps) > 1 else ""
    return f"the {target.title} differs: {steps[0]}{more}; `rolemgr apply --update` changes it"
