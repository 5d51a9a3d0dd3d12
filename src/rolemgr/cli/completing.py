"""Completion in shells: which values each parameter completes to. Loaded where a shell asks, and never else."""

import configparser
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from rolemgr.workflow.complete import candidates

Finder = Callable[[click.Context, str], list[CompletionItem]]

_OPTIONS: Mapping[str, str] = {
    "persona": "personas", "add": "activity-groups", "remove": "activity-groups", "guardrail": "guardrails",
    "guardrails": "guardrails", "guardrail_profile": "profiles", "parameter": "parameters", "region": "regions",
    "regions": "regions", "select": "rules", "ignore": "rules", "explain": "rules", "action": "actions",
    "profile": "aws-profiles", "pass_role": "pass-role", "kms_key_names": "kms-key-names", "partition": "partitions",
    "trust": "trust", "raise_": "guardrails",
}  # fmt: skip
"""What the options of these names take, whatever the command."""

_ARGUMENTS: Mapping[tuple[str, str], str] = {
    ("detective", "names"): "detective-controls",
    ("resource-policy", "kind"): "shared",
    ("scp", "patterns"): "scp-patterns",
    ("rcp", "patterns"): "rcp-patterns",
    ("who-can", "action"): "actions",
}
_BY_KIND: Mapping[str, str] = {
    "persona": "personas", "separation": "separations", "activity-group": "activity-groups",
    "guardrail": "guardrail-names", "profile": "profiles", "scp": "scps", "rcp": "rcps",
    "resource-policy": "resource-policies", "detective-control": "detective-controls", "action": "actions",
    "who": "actions",
}  # fmt: skip
"""What the NAME of `show` and `query` is, by the kind before it."""

_FILES = ("FILE", "PATH", "BLUEPRINT", "POLICY", "A B")
_FOLDERS = ("DIR", "FOLDER")


def wire(command: click.Command) -> None:
    """Tell each parameter of *command* what it completes to; what it knows itself (a choice) stays."""
    for param in command.params:
        if not isinstance(param.type, click.Choice) and (finder := _finder(str(command.name), param)):
            setattr(param, "shell_complete", finder)  # noqa: B010 - the method of this one parameter


def _finder(command: str, param: click.Parameter) -> Finder | None:
    name, metavar = str(param.name), str(getattr(param, "metavar", None) or "")
    if isinstance(param, click.Argument):
        if name == "name" and command in ("show", "query"):
            return _by_kind
        if kind := _ARGUMENTS.get((command, name)):
            return partial(_named, kind)
    elif kind := _OPTIONS.get(name):
        return partial(_named, kind)
    if any(word in metavar for word in _FOLDERS):
        return partial(_paths, "dir")
    return partial(_paths, "file") if any(word in metavar for word in _FILES) or name == "blueprint" else None


def _named(kind: str, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    if kind == "aws-profiles":
        return [CompletionItem(one) for one in aws_profiles() if one.startswith(incomplete)]
    folders = ctx.params.get("catalog") or (ctx.params.get("chosen") or {}).get("catalog") or ()
    return [CompletionItem(one) for one in candidates(kind, incomplete, folders)]


def aws_profiles() -> list[str]:
    """Return the names of the profiles in AWS's own configuration, which nothing else is read from."""
    found: dict[str, None] = {}
    for variable, name in (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")):
        parser = configparser.RawConfigParser(strict=False)
        with suppress(configparser.Error, OSError, UnicodeDecodeError):
            parser.read(os.environ.get(variable) or Path.home() / ".aws" / name, encoding="utf-8")
            found |= dict.fromkeys(one.removeprefix("profile ") for one in parser.sections() if " " not in
                                   one.removeprefix("profile "))  # fmt: skip
    return list(found)


def _by_kind(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    kind = str(ctx.params.get("kind"))
    if kind == "blueprint":
        return _paths("file", ctx, incomplete)
    return _named(_BY_KIND[kind], ctx, incomplete) if kind in _BY_KIND else []


def _paths(kind: str, _ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type=kind)]  # the shell knows its files best
