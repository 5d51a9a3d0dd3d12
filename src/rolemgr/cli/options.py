"""
The options that choose a role, declared once for every command that takes them.

Each is a key of a role file under the same name. A flag wins over the role file, that over the
environment (``ROLEMGR_*``), that over ``rolemgr.yaml``.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from glob import has_magic
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from rolemgr.cli.settings import find_settings
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, require_text
from rolemgr.files.source import LayeredSource, SourceFile, paths_of

Command = TypeVar("Command", bound=Callable[..., Any])


class _RoleOption(NamedTuple):
    """One option of a role: its *key* in a role file, and how it reads on the command line."""

    key: str
    metavar: str
    help: str
    many: bool = False
    pairs: bool = False
    """KEY=VALUE, collected in a mapping; in ``--parameter`` with several values behind the ``=``."""
    switch: bool = False
    """No value: there or not."""

    @property
    def flag(self) -> str:
        return "--" + self.key.replace("_", "-")

    @property
    def variable(self) -> str:
        return "ROLEMGR_" + self.key.upper()


ROLE_OPTIONS = (
    _RoleOption("persona", "NAME", "A built-in persona, or one from --catalog."),
    _RoleOption("role", "FILE", "A role file: these options as YAML; - is stdin."),
    _RoleOption("add", "GROUP", "An activity group on top of the persona's; repeatable.", many=True),
    _RoleOption("remove", "GROUP", "An activity group to leave out; repeatable.", many=True),
    _RoleOption("parameter", "KEY=VALUE[,VALUE...]", "A parameter of the chosen groups; repeatable.", pairs=True),
    _RoleOption("bucket", "NAME", "A bucket to read data from and write work to; repeatable.", many=True),
    _RoleOption("pass_role", "ARN|self", "The role that jobs run as; repeatable.", many=True),
    _RoleOption("data_key", "ARN", "A KMS key that data is encrypted with; repeatable.", many=True),
    _RoleOption("volume_key", "ARN", "A KMS key that disks are encrypted with; repeatable.", many=True),
    _RoleOption("subnet", "ID", "A subnet that jobs and models must run in; repeatable.", many=True),
    _RoleOption("security_group", "ID", "A security group that they must run with; repeatable.", many=True),
    _RoleOption(
        "guardrail", "NAME[=VALUE[,VALUE...]]", "A guardrail, such as max-runtime=24h; repeatable.", pairs=True
    ),
    _RoleOption("guardrail_profile", "NAME", "A ready set of guardrails; repeatable.", many=True),
    _RoleOption("no_default_guardrails", "", "Leave out the persona's own guardrail profile.", switch=True),
    _RoleOption("strict", "", "Deny what a guardrail can't narrow.", switch=True),
    _RoleOption("kms_key_names", "both|arn|legacy", "The names of SageMaker's KMS condition keys to deny under."),
    _RoleOption("abac", "TAG_KEY", "Only resources with the caller's value of this tag; repeatable.", many=True),
    _RoleOption("abac_buckets", "", "Only buckets with that tag; needs S3's ABAC switched on.", switch=True),
    _RoleOption("tag", "KEY=VALUE", "A tag of the role; repeatable.", pairs=True),
    _RoleOption(
        "trust", "KIND[:VALUE][?k=v&k=v]",
        "Who may assume it: sagemaker, account:ID, role:ARN, saml:ARN, oidc:ARN or github:ORG/REPO; repeatable.",
        many=True,
    ),
    _RoleOption("break_separation", "REASON", "Allow what the persona must never do; the reason becomes a tag."),
    _RoleOption("boundary", "ARN", "The managed policy that bounds the role: AWS's, or of its account."),
    _RoleOption("managed_policy", "ARN", "A managed policy to attach, AWS's or of its account; repeatable.", many=True),
    _RoleOption("name", "NAME", "The role's name; sagemaker-PERSONA unless given."),
    _RoleOption("path", "PATH", "The role's path, such as /ml/; / unless given."),
    _RoleOption("description", "TEXT", "The role's description; the persona's unless given."),
    _RoleOption("max_session", "DURATION", "How long a session may last, 1h to 12h; 1h unless given."),
    _RoleOption("expires", "TIME", "When the role ends, such as 2026-12-24T18:00Z: a Deny of everything from then on."),
    _RoleOption("account", "ID", "The account of the role."),
    _RoleOption("region", "NAME", "The region of the role's resources."),
    _RoleOption("partition", "aws|aws-cn|aws-us-gov", "The partition; the region's unless given."),
    _RoleOption("catalog", "DIR", "A catalog folder of yours: personas/, activity_groups/ ...; repeatable.", many=True),
)  # fmt: skip
_BY_KEY = {option.key: option for option in ROLE_OPTIONS}


def role_options(command: Command) -> Command:
    """Give *command* the options that choose a role, handed to it together as the mapping *chosen*."""
    return _with_options(command, ROLE_OPTIONS)


def roles_options(command: Command) -> Command:
    """As `role_options`, for a command that takes many role files: *chosen* has those in a tuple."""
    return _with_options(command, [_MANY_FILES if option.key == "role" else option for option in ROLE_OPTIONS])


def settings_options(command: Command) -> Command:
    """As `role_options`, for a command that writes settings down: without a role file."""
    return _collecting(command, [option for option in ROLE_OPTIONS if option.key != "role"])


_MANY_FILES = _RoleOption(
    "role", "FILE", "A role file: these options as YAML; - is stdin. Repeatable, and a quoted pattern stands for many.",
    many=True,
)  # fmt: skip


def is_pattern(name: str) -> bool:
    """Tell whether *name* stands for files by wildcards; a file of that name is meant itself."""
    return has_magic(name) and not os.path.isfile(name)  # noqa: PTH113 - never raises


def many_roles(chosen: Mapping[str, Any]) -> bool:
    """Tell whether what `roles_options` collected names several role files, or a pattern for any number."""
    return len(chosen["role"]) > 1 or any(map(is_pattern, chosen["role"]))


def one_role(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `roles_options` collected, of one role file at most, as `role_options` would have."""
    files = chosen["role"]
    return {**chosen, "role": files[0] if files else None}


def _with_options(command: Command, options: Sequence[_RoleOption]) -> Command:
    verbose = click.option("-v", "--verbose", is_flag=True, help="Say where each setting came from.")
    return verbose(_collecting(command, options))


def _collecting(command: Command, options: Sequence[_RoleOption]) -> Command:
    @wraps(command)
    def collected(**values: Any) -> Any:
        chosen = {option.key: values.pop(option.key) for option in options}
        return command(chosen=chosen, **values)

    decorated: Any = collected
    for option in reversed(options):
        decorated = click.option(
            option.flag,
            option.key,
            metavar=option.metavar or None,
            help=option.help,
            multiple=option.many or option.pairs,
            is_flag=option.switch or None,  # False would let a value that begins with - be left out
        )(decorated)
    result: Command = decorated
    return result


def role_source(flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> LayeredSource:
    """
    Return what the user chose for one role, each key with the place that it was taken from.

    Raises InputError for a flag, variable, settings or role file that can't be read.
    """
    from_flags, outside = _from_flags(flags), _from_outside(environ)
    given = outside | from_flags
    file = _role_file(given.pop("role", None))
    in_file = set(file.data) if file else set()
    taken = {key: found for key, found in given.items() if key in from_flags or key not in in_file}
    return _layered(file, taken, environ)


def names_a_role(flags: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Tell whether flag, variable or settings name a persona or a role file."""
    return not {"persona", "role"}.isdisjoint(_from_outside(environ) | _from_flags(flags))


def choices_without_a_role(
    flags: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[LayeredSource, dict[str, SourceLocation]]:
    """Return what is chosen though no persona is, and where the keys stand that the environment or settings set."""
    from_flags, outside = _from_flags(flags), _from_outside(environ)
    return _source(None, outside | from_flags, environ), {key: choice.where for key, choice in outside.items()}


def flag_choices(flags: Mapping[str, Any]) -> LayeredSource:
    """Return what *flags* alone choose."""
    return _source(None, _from_flags(flags), {})


class _Choice(NamedTuple):
    value: Any
    where: SourceLocation


def _from_outside(environ: Mapping[str, str]) -> dict[str, _Choice]:
    """Return what the environment sets, and ``rolemgr.yaml`` where the environment does not."""
    return _from_settings(find_settings(Path.cwd())) | _from_environment(environ)


def _from_flags(flags: Mapping[str, Any]) -> dict[str, _Choice]:
    chosen = {key: value for key, value in flags.items() if value not in (None, (), False)}
    return {key: _choice(_BY_KEY[key], value, SourceLocation(_BY_KEY[key].flag)) for key, value in chosen.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Choice]:
    """Return the options set by ``ROLEMGR_*``; a repeatable one is a list separated by white space."""
    chosen: dict[str, _Choice] = {}
    for option in ROLE_OPTIONS:
        if text := environ.get(option.variable):
            require_text(text, SourceLocation(option.variable))
            value: Any = tuple(text.split()) if option.many or option.pairs else text
            chosen[option.key] = _choice(option, value, SourceLocation(option.variable))
    return chosen


def _from_settings(settings: SourceFile | None) -> dict[str, _Choice]:
    """Return the options set in ``rolemgr.yaml``; raise UnknownNameError for a key that is not an option."""
    if settings is None:
        return {}
    for key in settings.data:
        if key not in _BY_KEY:
            raise UnknownNameError(settings.at((key,)), "setting", key, _BY_KEY)
    data = {**settings.data, **_beside(settings)}
    return {key: _Choice(value, settings.at((key,))) for key, value in data.items()}


def catalog_folders(flags: Sequence[str]) -> list[Path]:
    """Return the catalog folders of a command that takes no role: its own, else those of ``rolemgr.yaml``."""
    choice = _from_settings(find_settings(Path.cwd())).get("catalog")
    if flags or not choice:
        return [Path(folder) for folder in flags]
    if not isinstance(choice.value, list) or not all(isinstance(folder, str) and folder for folder in choice.value):
        raise InputError(choice.where, "`catalog` must be a list of folders")
    return [Path(folder) for folder in choice.value]


def _choice(option: _RoleOption, value: Any, where: SourceLocation) -> _Choice:
    return _Choice(dict(_pairs(option, value, where)) if option.pairs else value, where)


def _pairs(option: _RoleOption, texts: tuple[str, ...], where: SourceLocation) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not (equals or option.metavar.startswith("NAME[")):
            raise InputError(where, f"`{text}` is not of the form {option.metavar}")
        if key in seen:
            raise InputError(where, f"`{key}` is given twice")
        seen.add(key)
        yield key, _several(value) if "," in option.metavar else value


def _several(value: str) -> list[str]:
    return value.split(",") if value else []


def _role_file(choice: _Choice | None) -> SourceFile | None:
    if choice is None:
        return None
    source = _read_role(str(choice.value))
    if not isinstance(source.data, dict):
        raise InputError(SourceLocation(source.name, 1), "a role file must hold a mapping")
    return source


def _read_role(name: str) -> SourceFile:
    from rolemgr.cli.files import read_input
    from rolemgr.files.yaml import parse_yaml

    return parse_yaml(*read_input(name))


def _layered(file: SourceFile | None, taken: dict[str, _Choice], environ: Mapping[str, str]) -> LayeredSource:
    if "persona" not in taken and not file:
        raise InputError(
            None, "no persona is chosen", "give --persona NAME or --role FILE; see `rolemgr list personas`"
        )
    return _source(file, taken, environ)


def _source(file: SourceFile | None, taken: dict[str, _Choice], environ: Mapping[str, str]) -> LayeredSource:
    data = dict(file.data) if file else {}
    if "region" not in data and "region" not in taken:
        taken = taken | _region_of(environ)
    data |= {key: choice.value for key, choice in taken.items()}
    if file and "catalog" not in taken:
        data |= _beside(file)
    lines = dict(file.lines) if file else {}
    lines |= {path: 0 for key, choice in taken.items() for path in paths_of(choice.value, (key,))}
    places = {key: choice.where for key, choice in taken.items()}
    return LayeredSource(file.name if file else "command line", data, lines, places, file)


def _region_of(environ: Mapping[str, str]) -> dict[str, _Choice]:
    """Return the region that AWS's own variables name, if any."""
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if region := environ.get(variable):
            return {"region": _Choice(region, SourceLocation(variable))}
    return {}


def _beside(file: SourceFile) -> dict[str, Any]:
    """Return the paths that *file* names, relative ones from where it lies."""
    base = Path(file.name).parent
    found: dict[str, Any] = {}
    folders = file.data.get("catalog")
    if isinstance(folders, str):
        folders = [folders]
    if isinstance(folders, list):
        found["catalog"] = [str(base / one) if isinstance(one, str) and one else one for one in folders]
    if isinstance(role := file.data.get("role"), str):
        found["role"] = str(base / role)
    return found
