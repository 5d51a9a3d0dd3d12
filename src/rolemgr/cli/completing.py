"""Completion in shells: which values each parameter completes to. Loaded where a shell asks, and never else."""

import configparser
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, add_completion_class, split_arg_string

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
    from rolemgr.workflow.complete import candidates  # to print the script takes no catalog

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


_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class WholeWords(BashComplete):
    """
    Completion in bash of values with ``=`` and ``:`` in them, which bash takes for the ends of words.

    What is asked about is the whole line, and of an answer bash gets what stands behind the last of the two.
    """

    source_template: ClassVar[str] = _BASH
    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words of the line up to the cursor, and the one that is not complete."""
        if "COMP_LINE" not in os.environ:  # a script that an older rolemgr wrote
            return super().get_completion_args()
        line = os.environ["COMP_LINE"].encode()[: int(os.environ["COMP_POINT"])].decode(errors="ignore")
        words = split_arg_string(line)[1:]
        last = "" if not words or line[-1:].isspace() else words.pop()
        value = last.partition("=")[2] if last.startswith("-") else last
        self._before = value[: max(value.rfind("="), value.rfind(":")) + 1]
        return words, last

    def format_completion(self, item: CompletionItem) -> str:
        """Return *item* as the script reads it, without what bash takes for words before it."""
        return f"{item.type},{str(item.value).removeprefix(self._before)}"


_FISH = """\
function %(complete_func)s
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \\
        COMP_CWORD=(commandline -t) %(prog_name)s)
    for completion in $response
        set -l found (string split --max 1 "," $completion)
        switch $found[1]
            case dir
                __fish_complete_directories $found[2]
            case file
                __fish_complete_path $found[2]
            case plain
                echo $found[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class WithCommas(FishComplete):
    """Completion in fish of values with commas in them, which click's script cuts."""

    source_template: ClassVar[str] = _FISH


def register() -> None:
    """Have bash and fish answered by the classes here."""
    add_completion_class(WholeWords, "bash")
    add_completion_class(WithCommas, "fish")
