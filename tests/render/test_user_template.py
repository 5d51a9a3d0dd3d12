"""A user's template: what it can say, what it can't reach, and that it ends."""

import re
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from rolemgr.errors import InputError
from rolemgr.render import user_template
from rolemgr.render.template_language import FILTERS
from rolemgr.render.template_names import NAMES
from rolemgr.render.user_template import MOST_CHARACTERS, TemplateSource, render_template

VALUES: dict[str, Any] = {
    "role": {"RoleName": "churn", "Tags": [{"Key": "Project", "Value": 'a"b'}], "MaxSessionDuration": 3600, "Path": "/",
             "PermissionsBoundary": None, "Names": ["b", "a"], "items": "mine", "Open": True},
    "account": "111122223333",
}  # fmt: skip


def rendered(text: str) -> str:
    """Return what the template *text* makes."""
    return render_template(TemplateSource("page.j2", text), VALUES)


SAID = {
    "{{ role.RoleName }}": "churn",
    "{{ role['RoleName'] }}": "churn",
    "{{ role.items }}": "mine",
    "{{ role.MaxSessionDuration }} {{ role.Open }}": "3600 true",
    "{{ role.Tags | json }}": '[{"Key": "Project", "Value": "a\\"b"}]',
    "{{ role.Names | json(2) | indent(2) }}": '[\n    "b",\n    "a"\n  ]',
    "{% for name in role.Names | sort %}{{ loop.index }}{{ name }}{% if not loop.last %}, {% endif %}{% endfor %}": "1a, 2b",
    "{% for one in role.Names if one != 'a' %}{{ one }}{% else %}none{% endfor %}": "b",
    "{% for key, value in role.Tags[0] | items %}{{ key }}={{ value }};{% endfor %}": 'Key=Project;Value=a"b;',
    "{{ role.Names | join(', ') | upper }} {{ role.Names | length }}": "B, A 2",
    "{{ role.PermissionsBoundary | default('no') }} {{ role.Nothing | default('x') }}": "no x",
    "{% if role.Nothing is defined %}yes{% elif role.PermissionsBoundary is none %}none{% endif %}": "none",
    "{% set name = role.RoleName ~ '-' ~ account %}{{ name | replace('-', '_') }}": "churn_111122223333",
    "{{ 'b' if 'Key' in role.Tags[0] else 'c' }}{{ (role.Names | first) ~ (role.Names | last) }}": "bba",
    '{# nothing #}{% raw %}{{ x }}{% endraw %}<b> & "': '{{ x }}<b> & "',
}


@pytest.mark.parametrize(("text", "said"), SAID.items())
def test_a_template_says(text: str, said: str) -> None:
    """Values, loops, choices and each filter."""
    assert rendered(text) == said


def test_every_filter_is_shown_and_on_the_page() -> None:
    """None is there that no example has, or that the page does not name; the same of names."""
    page = (Path(__file__).resolve().parents[2] / "docs/use-templates.md").read_text("utf-8")
    assert {name for name in FILTERS if not any(f"| {name}" in text for text in SAID)} - {"lower"} == set()
    assert {name for name in FILTERS if f"`{name}" not in page} == set()
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)).items() >= NAMES.items()


WRONG = {
    "{{ role.RoleNam }}": "page.j2:1: nothing is called `RoleNam` there; did you mean RoleName?",
    "{{ role.RoleNam | json }}": "page.j2:1: nothing is called `RoleNam` there; did you mean RoleName?",
    "{{ role.Nams | length }}": "page.j2:1: nothing is called `Nams` there; did you mean Names?",
    "\n\n{{ rol.RoleName }}": "page.j2:3: nothing is called `rol` in templates; did you mean role?",
    "a\n{% for one in role.Tag %}{% endfor %}": "page.j2:2: nothing is called `Tag` there; did you mean Tags?",
    "{{ role.Names[7] }}": "page.j2:1: nothing is called `7` there",
    "\n{{ role.Tags }}": "page.j2:2: a list is not text; use the filter json, or join for a list",
    "{{ role.PermissionsBoundary }}": "page.j2:1: none is not text; use the filter json, or join for a list",
    "{{ role.RoleName ~ role.Tags }}": "page.j2:1: a list is not text",
    "{{ role | jsn }}": "page.j2:1: unknown filter `jsn`; did you mean json?",
    "{{ role | tojson }}": "page.j2:1: unknown filter `tojson`; did you mean json?",
    "{{ role.Names | attr('append') }}": "page.j2:1: unknown filter `attr`",
    "{{ role is callable }}": "page.j2:1: unknown test `callable`",
    "{{ role.Names | join(1, 2) }}": "page.j2:1: filter `join` takes 0 or 1 argument, without names",
    "{{ role | json(indent=2) }}": "page.j2:1: filter `json` takes 0 or 1 argument, without names",
    "{{ role | json(99) }}": "page.j2:1: json takes a number from 0 to 8",
    "{{ role.RoleName | indent(10000) }}": "page.j2:1: indent takes a number from 0 to 80",
    "{{ role.RoleName | items }}": "page.j2:1: items takes a mapping, not a text",
    "{{ 3 | length }}": "page.j2:1: a number has no length",
    "{% for one in role.RoleName %}{% endfor %}": "page.j2:1: a loop goes over a list, not over a text",
    "{{ role.RoleName < 3 }}": "page.j2:1: `<` not supported between instances of `str` and `int`",
    "{% if %}": "page.j2:1: expected an expression",
    "{% for x in role.Names %}\n": "page.j2:1: unexpected end of template",
    "{% fro x in role.Names %}": "page.j2:1: encountered unknown tag `fro`",
    "{% include 'other.j2' %}": "page.j2:1: a template is one file, and reads no other",
    "\n{% import '/etc/passwd' as x %}": "page.j2:2: a template is one file, and reads no other",
    "{% extends '../x' %}": "page.j2:1: a template is one file, and reads no other",
    "{% from 'x' import y %}": "page.j2:1: a template is one file, and reads no other",
    "{{ role.RoleName.upper() }}": "page.j2:1: a template calls nothing; use a filter: default,",
    "{% macro a() %}{% endmacro %}": "page.j2:1: `macro` is not part of templates here",
    "{% filter upper %}a{% endfilter %}": "page.j2:1: `filterblock` is not part of templates here",
    "{% for one in role.Names recursive %}{% endfor %}": "page.j2:1: a loop is not recursive here",
    "{{ [role, role] | json }}": "page.j2:1: a list in a template holds constants only",
    "{{ {'a': role} | json }}": "page.j2:1: `dict` is not part of templates here",
    "{{ role.Names[0:1] | json }}": "page.j2:1: `slice` is not part of templates here",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    """File, line, what, and the nearest right name."""
    with pytest.raises(InputError) as raised:
        rendered(text)
    assert str(raised.value).startswith(said), str(raised.value)
    assert "\n" not in str(raised.value)


INSIDE = (
    "{{ ''.__class__ | json }}", "{{ role.__class__ }}", "{{ role['__class__'] }}", "{{ role.Names.append }}",
    "{{ role.keys }}", "{{ self }}", "{{ self._TemplateReference__context }}", "{{ self.__init__.__globals__ }}",
    "{% for x in role.Names %}{{ loop._iterable | json }}{% endfor %}", "{% for x in role.Names %}{{ loop }}{% endfor %}",
    "{{ namespace }}", "{{ lipsum.__globals__ }}", "{{ cycler }}", "{{ range }}", "{{ dict }}", "{{ environment }}",
    "{{ caller }}", "{{ varargs }}", "{{ super }}", "{{ role | json | attr('__class__') }}", "{{ role.Nothing.__class__ }}",
    "{{ (role.Nothing | default(self)) }}", "{{ '%s' % role }}", "{{ '{0.__class__}'.format(role) }}",
    "{% set x = role.Nothing %}{{ x.__init__ }}", "{{ context }}", "{{ role | (each)(1) }}",
)  # fmt: skip


@pytest.mark.parametrize("text", INSIDE)
def test_nothing_of_python_can_be_reached(text: str) -> None:
    """Neither an attribute, nor a method, nor what Jinja itself has."""
    with pytest.raises(InputError):
        rendered(text)


CALLS = {
    "{{ '{0.__class__}'.format(role) }}": "<class 'dict'>",
    "{{ '{a.__class__}'.format_map({'a': role}) }}": "<class 'dict'>",
    "{{ ''.__class__.mro() | length }}": "2",
    "{{ role.Names.append('c') | default('grown') }}": "grown",
    "{{ role.update({'Path': '/x/'}) | default('changed') }}": "changed",
}
"""Attacks that each layer refuses, and what they make where none does."""
LAYERS = ("the list of nodes", "the look-up in data", "the sandbox")


def without(monkeypatch: pytest.MonkeyPatch, *layers: str) -> None:
    """Take away the *layers* that keep a template from Python."""
    inside = user_template._Environment
    if LAYERS[0] in layers:
        monkeypatch.setattr(user_template, "prepared", lambda tree, _name: tree)
    if LAYERS[1] in layers:
        monkeypatch.delattr(inside, "getattr")
        monkeypatch.delattr(inside, "getitem")
    if LAYERS[2] in layers:
        monkeypatch.setattr(inside, "is_safe_attribute", lambda *_: True, raising=False)
        monkeypatch.setattr(inside, "wrap_str_format", lambda *_: None, raising=False)
        monkeypatch.setattr(
            inside, "call", lambda _, context, called, *given: context.call(called, *given), raising=False
        )
    user_template._compiled.cache_clear()


@pytest.mark.parametrize("text", CALLS)
@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_holds_alone(layer: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the other two taken away, no attack gets through."""
    without(monkeypatch, *(one for one in LAYERS if one != layer))
    with pytest.raises(InputError):
        render_template(TemplateSource(f"{layer}.j2", text), deepcopy(VALUES))


@pytest.mark.parametrize(("text", "made"), CALLS.items())
def test_without_a_layer_the_attacks_get_through(text: str, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is the layers that refuse them, and not a slip in how they are spelt."""
    without(monkeypatch, *LAYERS)
    assert render_template(TemplateSource("none.j2", text), deepcopy(VALUES)) == made


def doubling(count: int) -> str:
    """Return a template that doubles a text *count* times."""
    return "{% set a = account %}" + "{% set a = a ~ a %}" * count + "{{ a | length }}"


def loops(depth: int, body: str = "") -> str:
    """Return a template with loops over the same list inside one another, *depth* deep."""
    return "{% for a in role.Many %}" * depth + body + "{% endfor %}" * depth


HOSTILE = {
    "a range": "{% for i in range(1000000000) %}x{% endfor %}",
    "loops in loops": loops(9),
    "loops in loops that print": loops(6, "x" * 1000),
    "loops in loops with json": loops(4, "{{ role | json }}"),
    "a text doubled": doubling(60),
    "replace in replace": "{% set a = account %}" + "{% set a = a | replace('1', a) %}" * 40 + "{{ a | length }}",
    "indent of indent": "{% set a = role | json(8) %}" + "{% set a = a | replace('1', '\n\n\n') | indent(80) %}" * 40,
    "join of a long text": loops(2, "{{ role.Many | join(role | json) }}"),
    "comparisons": loops(3, "{% set a = role | json %}{{ a == a ~ 'x' }}" * 50),
    "a power": "{{ 10 ** 10 ** 10 }}",
    "a product": "{{ 'a' * 10000000000 }}",
    "a format": "{{ '%1000000000d' % 1 }}",
    "a large number": "{{ " + "9" * 9000 + " }}",
    "brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "not not not": "{{ " + "not " * 5000 + "1 }}",
    "a long choice": "{{ " + "1 or " * 15000 + "1 }}",
    "ifs in ifs": "{% if account %}" * 3000 + "{% endif %}" * 3000,
    "loops too deep for Python": loops(60),
    "too long": "x" * (MOST_CHARACTERS + 1),
    "unclosed": "{{" * 40000,
    "comments": "{#" * 40000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_every_template_ends(text: str) -> None:
    """What would take for ever, or all memory, ends with one line, in seconds."""
    values = {**VALUES, "role": {**VALUES["role"], "Many": [str(number) for number in range(300)]}}
    begun = time.process_time()
    said, made = "", ""
    try:
        made = render_template(TemplateSource("page.j2", text), values)
    except InputError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 400
    assert len(made) < 1_000_000
    assert time.process_time() - begun < 30


@pytest.mark.parametrize("name", ["loops in loops", "a text doubled", "replace in replace", "comparisons"])
def test_the_budget_is_named(name: str) -> None:
    """Who meets it learns how much there is."""
    values = {**VALUES, "role": {**VALUES["role"], "Many": list(map(str, range(300)))}}
    with pytest.raises(InputError, match="takes over 2,000,000 steps for one role"):
        render_template(TemplateSource("page.j2", HOSTILE[name]), values)


def test_the_budget_is_for_each_role() -> None:
    """What one role took is not missing for the next; values stay as they were."""
    text = "{% for a in role.Many %}{% for b in role.Many %}{{ b }}{% endfor %}{% endfor %}"
    values = {"role": {"Many": list(map(str, range(300)))}}
    before = repr(values)
    made = {render_template(TemplateSource("page.j2", text), values) for _ in range(12)}
    assert len(made) == 1
    assert repr(values) == before
