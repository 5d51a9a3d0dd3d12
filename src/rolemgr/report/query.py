"""Answers of `rolemgr query`, as data for programs and as trees for people."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from rolemgr.errors import SourceLocation
from rolemgr.model.query import (
    ActionAnswer,
    GuardrailAnswer,
    Held,
    InGroup,
    JudgedBy,
    KeyAnswer,
    PersonaMay,
    TypeAnswer,
    WhoMay,
)
from rolemgr.report.entries import add_branch, compact
from rolemgr.report.statements import add_actions, by_access_level

_MOST_SHOWN = 12
_PRESENT = {
    "always": "with every request",
    "principal": "with every request of a principal that has it",
    "service": "with requests that a service makes",
    "request": "with the requests of the actions below",
}


def answer_data(answer: Any) -> Any:
    """Return *answer* (of `rolemgr.model.query`) for ``--format json``, its fields by name and places as file:line."""
    if isinstance(answer, SourceLocation):
        return str(answer)
    if hasattr(answer, "_asdict"):
        return {name: answer_data(value) for name, value in answer._asdict().items()}
    if isinstance(answer, tuple):
        return [answer_data(one) for one in answer]
    return answer


def action_page(answer: ActionAnswer) -> Tree:
    """Return the page of an action: what AWS takes, what judges it, who has it."""
    tree = _root(answer.name, f"{', '.join(answer.access_levels)}")
    add_branch(tree, "Resources", _types(answer))
    add_branch(
        tree, "Condition keys", (_key(one.name, one.type, one.multivalued, one.guardrails) for one in answer.keys)
    )
    add_branch(tree, "The caller needs too", (_needed(*one) for one in answer.dependents))
    add_branch(tree, "Guardrails that judge it", map(_judge, answer.judged_by))
    add_branch(
        tree, "Guardrails that it bypasses", (f"{one.guardrail}: {one.why}  {one.where}" for one in answer.bypasses)
    )
    add_branch(tree, "Activity groups", map(_group, answer.groups))
    if not answer.groups:
        tree.add(Text("No activity group of the catalog has it."))
    add_branch(tree, "Personas that may", (_may_line(one) for one in answer.personas if one.may == "yes"))
    add_branch(tree, "Personas that may not", (_may_line(one) for one in answer.personas if one.may == "no"))
    add_branch(tree, "Not known", (_may_line(one) for one in answer.personas if one.may == "unknown"))
    return tree


def _root(name: str, text: str) -> Tree:
    return Tree(Text.assemble((name, "bold"), f"  {text}"))


def _types(answer: ActionAnswer) -> Iterable[str]:
    if not answer.types:
        yield "*  (IAM has no resource-level permissions for it)"
    for use in answer.types:
        required = "required" if use.required else "optional"
        keys = f"; keys {', '.join(use.keys)}" if use.keys else ""
        yield f"{use.name} ({required}): {use.arn_format or 'the reference has no ARN of it'}{keys}"
    for one in answer.alternatives:
        yield f"one of {', '.join(one)} is enough"


def _key(name: str, kind: str | None, multivalued: bool | None, guardrails: Sequence[str] = ()) -> str:
    judged = f"; asked by {', '.join(guardrails)}" if guardrails else ""
    return f"{name} ({_type(kind, multivalued)}){judged}"


def _type(kind: str | None, multivalued: bool | None) -> str:
    if kind is None:
        return "type not known"
    return f"{kind}, several values" if multivalued else kind


def _needed(action: str, when: str, passed_to: str | None) -> str:
    to = f", passed to {passed_to}" if passed_to else ""
    words = {"always": "always", "tags": "where it sets tags"}
    return f"{action}  {words.get(when, f'where {when}')}{to}"


def _judge(one: JudgedBy) -> str:
    return f"{one.guardrail} ({one.sid}{_only_with(one.chosen)}) by {', '.join(map(compact, one.keys))}  {one.where}"


def _only_with(chosen: Sequence[str]) -> str:
    return f", only with {' and '.join(chosen)}" if chosen else ""


def _group(one: InGroup) -> str:
    needs = f", only with a value for {', '.join(one.needs)}" if one.needs else ""
    return f"{one.effect} in {one.group} ({one.sid}{needs})  {one.where}"


def _may_line(one: PersonaMay) -> str:
    """Return what there is to say of a persona in one line."""
    denies = dict.fromkeys(held.sid for held in one.statements if held.effect == "Deny")
    told = [
        f"held to {', '.join(denies)}" if denies and one.may == "yes" else "",
        f"would with {' or '.join(one.with_choices)}" if one.with_choices else "",
        f"must never: {'; '.join(one.never)}" if one.never else "",
        one.reason or "",
    ]
    words = "; ".join(filter(None, told))
    return f"{one.persona}{f': {words}' if words else ''}"


def key_page(answer: KeyAnswer) -> Tree:
    """Return the page of a condition key: its type, where it comes, who asks it."""
    tree = _root(answer.name, _type(answer.type, answer.multivalued))
    if answer.present:
        tree.add(Text(f"Sent {_PRESENT[answer.present]}"))
    if answer.successor:
        tree.add(Text(f"Deprecated: AWS renamed it to {answer.successor}"))
    if answer.old_name:
        tree.add(Text(f"Its deprecated name is {answer.old_name}"))
    for note in answer.notes:
        tree.add(Text(note))
    add_branch(tree, "Values", answer.values)
    _add_actions(tree, answer)
    judged = (f"{_judge(one)}; judges {many}" for many, one in answer.judged_by)
    add_branch(tree, "Guardrails that ask it", judged)
    add_branch(tree, "Activity groups that ask it", map(_group, answer.groups))
    return tree


def _add_actions(tree: Tree, answer: KeyAnswer) -> None:
    if answer.always:
        tree.add(Text("Any action's request may carry it"))
    elif not answer.actions:
        tree.add(Text("The reference lists no action of its service, nor of the catalog, that carries it"))
    else:
        branch = tree.add(Text(f"Actions that carry it ({len(answer.actions)})", style="bold"))
        for level, names in by_access_level(answer.actions).items():
            more = f"  and {len(names) - _MOST_SHOWN} more (--format json has all)" if len(names) > _MOST_SHOWN else ""
            branch.add(Text(f"{level}: {'  '.join(names[:_MOST_SHOWN])}{more}"))


def types_page(answers: Sequence[TypeAnswer]) -> Group:
    """Return the page of one resource type or several: ARN, keys, the actions that take it and the groups with them."""
    return Group(*map(_type_tree, answers))


def _type_tree(answer: TypeAnswer) -> Tree:
    tree = _root(answer.name, answer.arn_format)
    add_branch(tree, "Condition keys", answer.keys)
    groups = {one.name: one.groups for one in answer.actions}
    if not answer.actions:
        tree.add(Text("No action of its service takes it."))
    for level, names in by_access_level(groups).items():
        branch = tree.add(Text(level, style="bold"))
        for name in names:
            held = f"  in {', '.join(groups[name])}" if groups[name] else ""
            branch.add(Text.assemble(name, (held, "dim")))
    return tree


def guardrail_page(answer: GuardrailAnswer) -> Tree:
    """Return the page of a guardrail: what each Deny judges and by which keys, and what bypasses it."""
    tree = _root(answer.name, answer.title)
    tree.add(Text(f"{answer.where}; scope {', '.join(answer.scope)}", style="dim"))
    for deny in answer.denies:
        needs = f", only with a value for {', '.join(deny.needs)}" if deny.needs else ""
        needs += _only_with(deny.chosen)
        branch = tree.add(Text.assemble("Deny ", (deny.sid, "bold"), needs, (f"  {deny.where}", "dim")))
        if deny.why:
            branch.add(Text(deny.why))
        _add_conditions(branch, deny.conditions)
        add_actions(branch, deny.actions)
    add_branch(tree, "Bypassed by", (f"{action}: {why}" for action, why in answer.bypassed_by))
    add_branch(tree, "In the profiles", answer.profiles)
    add_branch(tree, "By default in the personas", answer.personas)
    return tree


def who_page(answer: WhoMay) -> Tree:
    """Return the page of who may do the actions of a pattern; of one action with resources and conditions."""
    tree = _root(answer.pattern, "who may, by the catalog")
    whole = len(answer.actions) == 1
    for name, personas in answer.actions:
        branch = tree.add(Text(name, style="bold"))
        for one in personas:
            if one.may == "no" and not whole and not one.with_choices:
                continue  # a pattern lists those who may; one action says why of everybody
            leaf = branch.add(Text.assemble((f"{one.may:<8}", _STYLES[one.may]), _may_line(one)))
            if whole:
                _add_held(leaf, one.statements)
        if not any(one.may != "no" or one.with_choices or whole for one in personas):
            branch.add(Text("no persona"))
    if without := answer.without_group:
        many = f"{len(without)} action{'s' if len(without) > 1 else ''}"
        shown = ", ".join(without[:_MOST_SHOWN]) + (", ..." if len(without) > _MOST_SHOWN else "")
        tree.add(Text(f"No activity group has {many}: {shown}"))
    return tree


_STYLES = {"yes": "yellow", "no": "green", "unknown": "red"}


def _add_held(branch: Tree, statements: Iterable[Held]) -> None:
    for one in statements:
        places = ", ".join(map(str, one.origins))
        leaf = branch.add(Text.assemble(f"{one.effect} ", (one.sid, "bold"), (f"  from {places}", "dim")))
        for resource in one.resources:
            leaf.add(Text.assemble(("on ", "cyan"), resource))
        _add_conditions(leaf, one.conditions)


def _add_conditions(branch: Tree, conditions: Iterable[tuple[str, str, tuple[str, ...]]]) -> None:
    for operator, key, values in conditions:
        shown = " or ".join(map(compact, values))
        branch.add(Text.assemble(("when ", "cyan"), f"{operator} {compact(key)} = {shown}"))
