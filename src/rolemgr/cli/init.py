"""`rolemgr init`: a starter ``rolemgr.yaml``."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from rolemgr.cli.console import output_path
from rolemgr.cli.create import at_a_terminal
from rolemgr.cli.files import is_stdout, note, write_output
from rolemgr.cli.lazy import cli, workflow
from rolemgr.cli.options import settings_options
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.settings import BLUEPRINT_FILE, SETTINGS_FILE

_BLUEPRINTS = ("single", "three-accounts", "regulated", "small-team")


@click.command("init")
@settings_options
@click.option("--blueprint", type=click.Choice(_BLUEPRINTS), help="Write a starter blueprint of this kind instead.")
@click.option("-o", "--output", callback=output_path, metavar="PATH", help="Write the file here; - is stdout.  "
              f"[default: {SETTINGS_FILE}, or {BLUEPRINT_FILE}]")  # fmt: skip
def init_command(chosen: dict[str, Any], blueprint: str | None, output: str | None) -> None:
    """
    Write a starter rolemgr.yaml, or a starter blueprint.

    Every key of rolemgr.yaml is explained in it. On a terminal and without --persona the wizard asks for its values;
    otherwise it holds the options that are given. A file that exists is never overwritten. Afterwards `rolemgr create`
    needs no options here. Under another name (-o) it is a role file.

    With --blueprint it is one file for all accounts, roles and flows, which builds and proves as it is:
    `single` (one account), `three-accounts` (data, modelling, production), `regulated` (keys, network, boundaries,
    SCPs and RCPs), `small-team` (projects that share their roles by a tag).

    \b
    Examples:
      rolemgr init
      rolemgr init --persona ml-engineer --account 123456789012 --region eu-west-1
      rolemgr init --persona data-scientist -o roles/churn.yaml
      rolemgr init --blueprint three-accounts
    """
    if blueprint:
        _write_blueprint(blueprint, chosen, output or BLUEPRINT_FILE)
        return
    output = output or SETTINGS_FILE
    _refuse_existing(output)
    write_output(_starter(chosen, Path(output)), output)
    if not is_stdout(output):
        note(f"{output} written; {_use_of(Path(output))}")


def _write_blueprint(kind: str, chosen: Mapping[str, Any], output: str) -> None:
    """Write the starter blueprint of a *kind*; raise InputError for options of a role, and for a file that exists."""
    given = next((name for name, value in chosen.items() if value not in (None, (), False)), None)
    if given:
        flag = SourceLocation(f"--{given.replace('_', '-')}")
        raise InputError(flag, "goes without --blueprint", "say it in the file: a blueprint has many roles")
    _refuse_existing(output)
    write_output(workflow.starter.blueprint_text(kind), output)
    if not is_stdout(output):
        note(f"{output} written; `rolemgr prove {output}`, then `rolemgr build {output}`")


def _refuse_existing(output: str) -> None:
    if not is_stdout(output) and os.path.lexists(output):
        raise InputError(SourceLocation(output), "exists already", "edit it, or write another with -o FILE")


def _use_of(path: Path) -> str:
    """Return who takes the options of the file at *path*: settings are found by name, another file is a role file."""
    if path.name != SETTINGS_FILE:
        return f"`rolemgr create {path}` renders its role"
    folder = "this folder" if path.parent == Path() else path.parent
    return f"`rolemgr create` in {folder} takes its options from it"


def _starter(chosen: Mapping[str, Any], path: Path) -> str:
    """Return the text of the file at *path* for what was *chosen*, or is answered now."""
    starter = workflow.starter
    answers = starter.answers_in(chosen)
    if at_a_terminal() and not chosen["persona"]:
        return starter.text_of(cli.wizard.ask_for_settings(answers), path)
    return starter.text_of(starter.with_persona(answers), path)
