"""A starter ``rolemgr.yaml``: its answers, and its text once they are known to make a role."""

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.wizard.answers import Answers, answers_of, spec_of
from rolemgr.wizard.starter import starter_text
from rolemgr.workflow.choices import flag_choices
from rolemgr.workflow.role import render_spec
from rolemgr.workflow.role_options import ROLE_OPTIONS
from rolemgr.workflow.settings import SETTINGS_FILE

_PERSONA = "data-scientist"
"""Whose settings a starter holds where nobody says otherwise and nobody can be asked."""


def answers_in(chosen: Mapping[str, Any]) -> Answers:
    """Return what the flags *chosen* answer already."""
    return answers_of(flag_choices(chosen), {})


def with_persona(answers: Answers) -> Answers:
    """Return *answers* with a persona, of which nobody can be asked."""
    return answers if answers.choices.get("persona") else answers.put(("persona",), _PERSONA)


def blueprint_text(kind: str) -> str:
    """Return the text of the starter blueprint of a *kind*; the names of all are `cli.init`'s to offer."""
    place = files("rolemgr.wizard").joinpath("blueprints", f"{kind}.yaml")
    return place.read_text("utf-8")


def text_of(answers: Answers, path: Path) -> str:
    """Return the text of the file at *path* with *answers*; raise InputError (or Problems) where they make no role."""
    catalog = Catalog([Path(folder) for folder in answers.choices.get("catalog", ())])
    render_spec(catalog, spec_of(answers))
    if folders := answers.choices.get("catalog"):
        answers = answers.put(("catalog",), tuple(os.path.relpath(folder, path.parent) for folder in folders))
    helps = {option.key: option.help for option in ROLE_OPTIONS if option.key != "role"}
    is_role_file = path.name not in (SETTINGS_FILE, "-")
    return starter_text(answers, helps, lambda spec: render_spec(catalog, spec), is_role_file=is_role_file)
