"""The reference of the documentation: each entry of the catalog and each rule under an anchor of its own, from data."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from rolemgr import __version__
from rolemgr.catalog.folders import EntryKind
from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.check.examples import examples_of
from rolemgr.check.rule import Rule
from rolemgr.check.rules import all_rules
from rolemgr.compliance.examples import example_choice
from rolemgr.compliance.limits import rendered_guardrail
from rolemgr.model.catalog import ActivityGroup, Parameter
from rolemgr.model.controls import FRAMEWORKS, Controls
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.persona import Never, ResolvedPersona
from rolemgr.report.findings_text import fix_of
from rolemgr.report.rules import folded_json, rule_markdown
from rolemgr.report.separations import separations_of
from rolemgr.report.statements import by_access_level
from rolemgr.separation.never_words import in_words

SINCE = Path(__file__).with_name("since.json")
CATALOG = Catalog()
KINDS: Mapping[str, EntryKind] = {
    "personas": "personas",
    "groups": "activity_groups",
    "guardrails": "guardrails",
    "profiles": "profiles",
    "separations": "separations",
}
"""What has a version that it is there since: by name in `since.json`, as the catalog calls the kind."""


def names() -> dict[str, list[str]]:
    """Return what there is of each kind today."""
    entries = {kind: sorted(CATALOG.found(folder)) for kind, folder in KINDS.items()}
    return entries | {"rules": sorted(all_rules())}


def since_text(known: Mapping[str, Mapping[str, str]] | None = None, version: str = __version__) -> str:
    """Return `since.json` as it should be: what is not *known* yet is there since the *version* that is being made."""
    known = json.loads(SINCE.read_text("utf-8")) if known is None else known
    current = ".".join(version.split(".")[:2])
    found = {kind: {name: known.get(kind, {}).get(name, current) for name in here} for kind, here in names().items()}
    return json.dumps(found, indent=1) + "\n"


@cache
def _since() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = json.loads(since_text())
    return found


COPIES = {"docs/examples.md": "examples/README.md", "docs/security.md": "SECURITY.md"}
"""Pages of the site that stand elsewhere in the repository."""

_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def copied(page: str, top: Path) -> str:
    """Return *page* from the file that it is a copy of; what is no page of the site is named without a link."""
    source = COPIES[page]

    def linked(found: re.Match[str]) -> str:
        text, path, anchor = found[1], found[2], found[3] or ""
        target = (top / source).parent.joinpath(path).resolve().relative_to(top).as_posix()
        copy = next((one for one, of in COPIES.items() if of == target), target)
        if copy.startswith("docs/"):
            return f"[{text}]({copy.removeprefix('docs/')}{anchor})"
        return f"{text} (`{target}`)"

    head, _, rest = _LINK.sub(linked, (top / source).read_text("utf-8")).partition("\n")
    return f"{head}\n\nThis page is `{source}` of the repository.\n{rest}"


def _end(kind: str, name: str, sources: Iterable[str], controls: Controls | None = None) -> str:
    """Return the last lines of an entry: controls, sources, version."""
    served = "; ".join(
        f"{FRAMEWORKS[framework]} {', '.join(f'{one.id} ({one.evidence})' for one in found)}"
        for framework, found in (controls or {}).items()
    )
    lines = [f"Serves, by [level of evidence](compliance.md): {served}."] if served else []
    pages = ", ".join(map(_source, sources))
    lines += [f"Sources: {pages}."] if pages else []
    return "\n".join(f"{line}\n" for line in [*lines, f"Since {_since()[kind][name]}."])


def _source(one: str) -> str:
    """Return a source of the catalog: an address as a link that is called like its page, any other text as it is."""
    if not one.startswith("https://"):
        return one
    return f"[{one.rstrip('/').rpartition('/')[2].removesuffix('.html')}]({one})"


def _links(page: str, found: Iterable[str]) -> str:
    return ", ".join(f"[{one}]({page}#{one})" for one in found)


def _plain(text: str) -> str:
    """Return *text* of the catalog as Markdown that shows each of its characters, code spans aside."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(one if one.startswith("`") else re.sub(r"([*<])", r"\\\1", one) for one in parts)


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {_plain(line)}\n" for line in lines)


def _example(command: str) -> str:
    return f"```sh\n{command}\n```\n"


def personas_reference() -> str:
    """Return a part for each persona: what for, groups, limits, what it must never do, an example."""
    return "\n".join(_persona(name) for name in CATALOG.found("personas"))


def _persona(name: str) -> str:
    persona, file = resolve_persona(CATALOG, name), CATALOG.persona(name).value
    takes = ", ".join(f"`{one}`" for one in file.trust) or "`sagemaker`"
    extends = f"Extends [{file.extends}](#{file.extends}). " if file.extends else ""
    facts = [
        f"{extends}For: {file.for_whom or 'see its description'}. Taken by: {takes}, unless `--trust` says otherwise.",
        f"Activity groups: {_links('catalog.md', persona.groups)}.",
    ]
    if persona.guardrail_profile:
        facts += [f"Guardrail profile: {_links('guardrails.md', [persona.guardrail_profile])}."]
    facts += [f"Must never, by separation: {_links('separations.md', separations_of(persona)) or 'none'}."]
    own = list(_own_never(persona))
    command = _example(f"rolemgr create --persona {name} --account 123456789012 --region eu-west-1{_required(persona)}")
    never = f"\nMust never besides:\n\n{_bullets(own)}" if own else ""
    text = "\n".join(f"{one}\n" for one in [file.title + ".", _plain(file.description), *facts])
    return f"### {name}\n\n{text}{never}\n{command}\n{_end('personas', name, file.sources)}"


def _own_never(persona: ResolvedPersona) -> Iterator[str]:
    for separation, entries in groupby(persona.never, key=lambda one: one.separation):
        if separation is None:
            yield from (f"`{one.forbidden.action}`: {in_words(CATALOG, one)}" for one in entries)


def _required(persona: ResolvedPersona) -> str:
    """Return the parameters that a role of *persona* can't be made without, with values."""
    found: dict[str, Parameter] = {}
    for group in persona.groups:
        found |= _parameters(CATALOG.activity_group(group).value)
    needed = {name: one for name, one in found.items() if one.default is None}
    return "".join(f" --parameter {name}=..." for name in sorted(needed))


def _parameters(group: ActivityGroup) -> dict[str, Parameter]:
    shared = {name: CATALOG.shared_parameters[name].parameter for name in group.shared_parameters}
    return {**group.parameters, **shared}


def separations_reference() -> str:
    """Return a part for each separation: why, what it forbids, whom it holds for, how to see it."""
    personas = {name: separations_of(resolve_persona(CATALOG, name)) for name in CATALOG.found("personas")}
    return "\n".join(
        _separation(name, [persona for persona, held in personas.items() if name in held])
        for name in CATALOG.found("separations")
    )


def _separation(name: str, holders: list[str]) -> str:
    found = CATALOG.separation(name)
    never = found.value.never
    places = (found.at("never", number) for number in range(len(never)))
    entries = (Never(one, place) for one, place in zip(never, places, strict=True))
    denied = _bullets(f"`{one.forbidden.action}`{_rest(one)}" for one in entries)
    holds = f"Holds for: {_links('personas.md', holders)}.\n" if holders else "No built-in persona has it.\n"
    example = (
        _example(f"rolemgr prove --persona {holders[0]}") if holders else _example(f"rolemgr show separation {name}")
    )
    end = _end("separations", name, found.value.sources, found.value.controls)
    head = f"### {name}\n\n{found.value.title}.\n\n{_plain(found.value.why)}"
    return f"{head}\n\nNever:\n\n{denied}\n{holds}\n{example}\n{end}"


def _rest(never: Never) -> str:
    """Return what the sentence of *never* says beyond its action."""
    return in_words(CATALOG, never).removeprefix(never.forbidden.action).rstrip()


def guardrails_reference() -> str:
    """Return a part for each guardrail: what it limits, how it is chosen, its Denies, what bypasses it."""
    return "\n".join(_guardrail(name) for name in CATALOG.found("guardrails"))


def _guardrail(name: str) -> str:
    one = CATALOG.guardrail(name).value
    parameters = _bullets(_parameter(key, each.help, each.default) for key, each in one.parameters.items())
    values = f"Values:\n\n{parameters}\n" if parameters else ""
    profiles = [profile for profile in CATALOG.found("profiles") if name in guardrails_of(CATALOG, profile)]
    within = f"In the profiles {_links('guardrails.md', profiles)}.\n\n" if profiles else ""
    chosen = f"```yaml\n{_as_yaml(example_choice(one, name))}```\n"
    head = f"### {name}\n\n{one.title}.\n\n{_plain(one.description)}\n\nJudges: {', '.join(one.scope)}.\n\n"
    end = _end("guardrails", name, one.sources, one.controls)
    return f"{head}{values}{within}In a role file:\n\n{chosen}\n{_denies(one, name)}\n{_open(one)}{end}"


def _parameter(name: str, text: str, default: Iterable[str] | None) -> str:
    given = "" if default is None else f" (default {', '.join(default) or 'none'})"
    return f"`{name}`: {text}{given}"


def _as_yaml(choice: dict[str, Any]) -> str:
    """Return the keys of a role file as YAML; every value is a text, a list or a mapping of one name."""
    lines = []
    for key, value in choice.items():
        if isinstance(value, dict):
            [(name, values)] = value.items()
            lines.append(f"{key}: {{{name}: {json.dumps(values or True, ensure_ascii=False)}}}")
        else:
            lines.append(f"{key}: {json.dumps(value)}")
    return "".join(f"{line}\n" for line in lines)


def _denies(one: Guardrail, name: str) -> str:
    """Return the Denies that *one* becomes over every action that supports its keys, and why each is as it is."""
    documents = rendered_guardrail(CATALOG, name).documents
    statements = [statement.to_json_value() for made in documents for statement in made.statements()]
    why = _bullets(f"`{deny.sid}`: {deny.why}" for deny in one.deny if deny.why)
    head = "Which denies, with these values and over every action that carries the keys:"
    block = f"{head}\n\n```json\n{folded_json(statements, width=110)}\n```\n"
    return f"{block}\n{why}" if why else block


def _open(one: Guardrail) -> str:
    by_reason: dict[str, list[str]] = {}
    for way in one.bypassed_by:
        by_reason.setdefault(way.why, []).append(f"`{way.action}`")
    lines = _bullets(f"{', '.join(actions)}: {why}" for why, actions in by_reason.items())
    return f"Does not judge (`--strict` denies these):\n\n{lines}\n" if lines else ""


def profiles_reference() -> str:
    """Return a part for each profile: its guardrails with their values, and whose default it is."""
    return "\n".join(_profile(name) for name in CATALOG.found("profiles"))


def _profile(name: str) -> str:
    one = CATALOG.profile(name).value
    held = _bullets(
        f"[{guardrail}](#{guardrail}){': ' + ', '.join(map(str, values)) if values else ''}"
        for guardrail, (values, _) in guardrails_of(CATALOG, name).items()
    )
    holders = [who for who in CATALOG.found("personas") if resolve_persona(CATALOG, who).guardrail_profile == name]
    default = f"Default of {_links('personas.md', holders)}.\n\n" if holders else ""
    command = _example(f"rolemgr create --persona data-scientist --guardrail-profile {name}")
    head = f"### {name}\n\n{one.title}: {_plain(one.description)}"
    return f"{head}\n\n{held}\n{default}{command}\n{_end('profiles', name, one.sources)}"


def groups_reference() -> str:
    """Return a part for each activity group: what for, its actions by level, parameters, who has it, an example."""
    groups_of = {name: resolve_persona(CATALOG, name).groups for name in CATALOG.found("personas")}
    return "\n".join(
        _group(name, [persona for persona, groups in groups_of.items() if name in groups])
        for name in CATALOG.found("activity_groups")
    )


def _group(name: str, holders: list[str]) -> str:
    group = CATALOG.activity_group(name).value
    actions = {action for statement in group.statements if statement.effect == "Allow" for action in statement.actions}
    levels = _bullets(
        f"{level}: {', '.join(f'`{one}`' for one in found)}" for level, found in by_access_level(actions).items()
    )
    covers = f"AWS's Role Manager calls it: {', '.join(group.aws_activity)}.\n" if group.aws_activity else ""
    takes = ", ".join(f"`{one}`" for one in _parameters(group))
    facts = [f"Parameters: {takes}." if takes else "", f"Personas: {_links('personas.md', holders) or 'none'}."]
    indirect = _bullets(f"IAM can't separate `{way.action}`: {way.how}" for way in group.indirect)
    text = "".join(f"\n{one}\n" for one in facts if one)
    command = _example(f"rolemgr show activity-group {name}")
    end = _end("groups", name, group.sources)
    return f"### {name}\n{_plain(group.description)}\n{covers}\n{levels}{indirect}{text}\n{command}\n{end}"


def rules_reference() -> str:
    """Return each rule of `check` with its explanation, source, examples, fix and version."""
    return "\n".join(_rule(rule) for rule in all_rules().values())


def _rule(rule: Rule) -> str:
    fix = fix_of(rule.id)
    mend = f"\nTo mend it: {fix}.\n" if fix else ""
    return f"{rule_markdown(rule, examples_of(rule.id))}{mend}\nSince {_since()['rules'][rule.id]}.\n"
