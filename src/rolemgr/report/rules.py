"""A check rule for people: on the terminal, and as a part of the page of rules."""

import json
import textwrap
from typing import Any

from rolemgr.check.examples import Examples
from rolemgr.check.rule import Rule
from rolemgr.files.write import json_text


def rule_text(rule: Rule, examples: Examples | None, fix: str | None = None) -> str:
    """Return *rule* as text: what it finds, why, what mends it, who says so, and its *examples*."""
    paragraphs = [textwrap.fill(" ".join(part.split()), 80) for part in rule.explanation.split("\n\n")]
    head = f"{rule.id} {rule.name} ({rule.severity})\n{rule.title[:1].upper()}{rule.title[1:]}."
    mend = [textwrap.fill(f"To mend it: {fix}.", 80, break_long_words=False, break_on_hyphens=False)] if fix else []
    parts = [head, *paragraphs, *mend, f"See {rule.source}"]
    if examples:
        parts += [f"Found in a policy of type {examples.type}:\n\n{_indented(examples.failing)}"]
        parts += [f"Not found:\n\n{_indented(examples.passing)}"]
    return "\n\n".join(parts) + "\n"


def rule_markdown(rule: Rule, examples: Examples | None) -> str:
    """Return *rule* as a part of a Markdown page."""
    head = f"### {rule.id} {rule.name}\n\n`{rule.severity}`: {rule.title}.\n\n{rule.explanation}\n"
    head += f"\n[Source]({rule.source})\n"
    return f"{head}\n{example_markdown(examples)}\n" if examples else head


def example_markdown(examples: Examples | None) -> str:
    """Return *examples* of a rule as Markdown: a policy that it finds, and one that it does not."""
    if examples is None:
        return ""
    found, not_found = folded_json(examples.failing), folded_json(examples.passing)
    return f"Found ({examples.type}):\n\n```json\n{found}\n```\n\nNot found:\n\n```json\n{not_found}\n```"


def folded_json(value: Any, *, width: int = 96, indent: int = 0, before: int = 0) -> str:
    """Return *value* as JSON in which whatever fits a line of *width*, behind what is *before* it, stands on one."""
    flat = json_text(value)
    if not isinstance(value, dict | list) or before + len(flat) < width:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        heads = {key: f"{json.dumps(key)}: " for key in value}
        inner = [
            f"{pad}{heads[key]}{_inner(one, len(pad) + len(heads[key]), indent, width)}" for key, one in value.items()
        ]
    else:
        inner = [f"{pad}{_inner(one, len(pad), indent, width)}" for one in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([opening, ",\n".join(inner), " " * indent + closing])


def _inner(value: Any, before: int, indent: int, width: int) -> str:
    return folded_json(value, width=width, indent=indent + 2, before=before)


def _indented(policy: Any) -> str:
    return "\n".join(f"    {line}" for line in folded_json(policy, width=76).splitlines())
