"""
Files that another tool fills in before AWS sees them: Jinja, Terraform's templatefile, Go, ERB, Mustache.

Where such a file is valid JSON or YAML all the same, each place that the tool fills in becomes the function of
CloudFormation that says the same, which `rolemgr.check.intrinsic` judges: nobody knows what comes there. Which tool a
file is for is told from the endings of its name.

https://jinja.palletsprojects.com/en/stable/templates/
https://developer.hashicorp.com/terraform/language/functions/templatefile
https://pkg.go.dev/text/template
https://docs.ruby-lang.org/en/master/ERB.html
https://mustache.github.io/mustache.5.html
"""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from rolemgr.check.reader.terraform_locals import as_template, unknown

_BRACES: Final = re.compile(r"\{\{[^{}]*\}\}\}?|\{%[^%]*%\}|\{#[^#]*#\}")
_TAGS: Final = re.compile(r"<%[^%]*%>")
_PLACES: Final[Mapping[str, re.Pattern[str]]] = {
    **dict.fromkeys((".j2", ".jinja", ".jinja2", ".jnj", ".njk", ".liquid", ".twig"), _BRACES),
    **dict.fromkeys((".tmpl", ".gotmpl", ".gohtml", ".tpl", ".mustache", ".hbs", ".handlebars"), _BRACES),
    **dict.fromkeys((".erb", ".ejs", ".epp"), _TAGS),
}
_TERRAFORM: Final = frozenset({".tftpl", ".tpl", ".tmpl"})
"""Endings that Terraform's guides, or its users, give to what templatefile reads."""
_PLACE: Final = "${Template}"


def endings(name: str) -> frozenset[str]:
    """Return those endings of the file *name* that belong to a templating tool."""
    return frozenset(map(str.lower, PurePath(name).suffixes)) & (_PLACES.keys() | _TERRAFORM)


def filled_in_later(data: Any, name: str) -> Any:
    """Return *data* of the file *name* with a function for each text that its tool fills in."""
    found = endings(name)
    for pattern in {_PLACES[ending] for ending in found if ending in _PLACES}:
        data = _with_places(data, pattern)
    return as_template(data) if found & _TERRAFORM else data


def _with_places(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {key: _with_places(one, pattern) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_places(one, pattern) for one in value]
    return _function(value, pattern) if isinstance(value, str) else value


def _function(text: str, pattern: re.Pattern[str]) -> Any:
    found = pattern.search(text)
    if found is None:
        return text
    if found[0] == text or any(map(_is_code, pattern.findall(text))):
        return unknown(text)
    pieces = pattern.split(text)
    return {"Fn::Sub": _PLACE.join(piece.replace("${", "${!") for piece in pieces)}


def _is_code(tag: str) -> bool:
    """Tell whether *tag* decides what text there is, and does not stand for a text."""
    return tag.startswith(("{%", "{#")) or (tag.startswith("<%") and not tag.startswith("<%="))
