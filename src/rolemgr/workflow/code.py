"""Code to roles: files, notebooks and folders are read, never run; and asked of a role before they are."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rolemgr.audit.migrate.migration import NewRoleOptions
from rolemgr.audit.migrate.of_code import CALLER, CodeMigration, code_roles
from rolemgr.audit.migrate.preflight import Preflight, PreflightAnswer
from rolemgr.catalog.load import Catalog
from rolemgr.code.libraries import modules_of
from rolemgr.code.operations import actions_of
from rolemgr.code.reader import each_once, read_calls
from rolemgr.code.reading import CodeCall
from rolemgr.code.requests import CodePlace, CodeRequest, requests_of
from rolemgr.code.sources import CODE_LIMITS, CodeFile, UntoldCode, read_code
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.folders import walked
from rolemgr.files.write import to_yaml
from rolemgr.iam.arn import partition_of
from rolemgr.model.inventory import HeldPolicy, HeldRole
from rolemgr.model.role import ComposedRole
from rolemgr.model.spec import DEFAULT_ACCOUNT, read_spec
from rolemgr.report.migrate_file import role_file_data
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.code_folder import FilesBeside
from rolemgr.workflow.file_kind import is_role_text
from rolemgr.workflow.given_files import expanded
from rolemgr.workflow.migrate import known_persona, read_roles
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import render_spec

_ENDINGS: Final = (".py", ".ipynb")
_PASSED_OVER: Final = frozenset({"__pycache__", "node_modules", "site-packages"})
_MOST_FILES: Final = 5_000
_DEFAULT_REGION: Final = "us-east-1"


class CodeOptions(NamedTuple):
    """What is asked for: the code's *paths*, the *role* to ask first, the *account* and options of the new role."""

    paths: Sequence[str]
    role: str | None
    account: str | None
    options: NewRoleOptions
    catalog: Sequence[str]


class FoundInCode(NamedTuple):
    """The *roles* that the code needs, and what the role that was named says to it; None where none was named."""

    code: CodeMigration
    answers: tuple[PreflightAnswer, ...] | None = None
    role: str = ""


def roles_of_code(asked: CodeOptions, outside: Outside) -> FoundInCode:
    """
    Return the roles for the code that is asked for, and the preflight against a role where one is named.

    Raises InputError (or Problems) for paths that hold no code, code that calls nothing of AWS, and wrong values.
    """
    catalog = Catalog([Path(folder) for folder in asked.catalog])
    known_persona(catalog, asked.options.persona)
    files, untold, folder = _files(asked.paths, outside)
    role = _role(asked.role, catalog, asked.account, outside) if asked.role is not None else None
    place = _place(asked, role, outside)
    requests: list[CodeRequest] = []
    modules = modules_of(file.name for file in files)
    calls: list[CodeCall] = []
    for file in files:
        reading = read_calls(file, modules, folder, folder.roots_of(file.name))
        untold += reading.untold
        calls += reading.calls
    for call in each_once(calls):  # a module that several files import is read for each
        untold += [UntoldCode(call.where, one, "AWS's reference lists no action for it")
                   for one in call.operations if not actions_of(one) and not _is_free(one)]  # fmt: skip
        requests += requests_of(call, place)
    if not requests and not untold:
        raise InputError(SourceLocation(asked.paths[0]), "calls nothing of AWS", "boto3 and the SageMaker SDK are read")
    roles = code_roles(catalog, requests, asked.options, place.account)
    found = CodeMigration(roles, tuple(dict.fromkeys(untold)), tuple(one.name for one in files))
    if role is None:
        return FoundInCode(found)
    try:
        mine = [one for one in requests if one.by == CALLER]
        proposed = found.caller.migration if found.caller else None
        answers = Preflight(catalog, role.holder, role.composed, proposed).answers(mine)
        return FoundInCode(found, tuple(answers), role.holder.name)
    except TooComplex as error:
        raise InputError(SourceLocation(role.file), f"can't be asked: {error}") from error


class _AskedRole(NamedTuple):
    """The role in a *file* that is asked; of a role file as it is *composed*, which says its Region too."""

    file: str
    holder: HeldRole
    composed: ComposedRole | None = None

    @property
    def region(self) -> str | None:
        """Its Region, where a role file or its defaults say one."""
        return self.composed.spec.region if self.composed else None


def _place(asked: CodeOptions, role: _AskedRole | None, outside: Outside) -> CodePlace:
    """
    Return where the code runs: as the options say, else in the account and Region of the *role* that is asked.

    What neither says is made up, as in AWS's documentation: where a role is asked this is said, as it may decide.
    Raises InputError where the account is another than the role's.
    """
    own = role.holder.account if role else None
    if own and asked.account and own != asked.account:
        problem = f"{asked.account} is another account than that of {asked.role}: {own}"
        raise InputError(SourceLocation("--account"), problem, "leave it out, or name the role of that account")
    region = asked.options.region or (role.region if role else None)
    if role and not region:
        outside.say(f"{asked.role} does not say its Region, and {_DEFAULT_REGION} is taken: give --region")
    region = region or _DEFAULT_REGION
    return CodePlace(region, asked.account or own or DEFAULT_ACCOUNT, partition_of(region))


def _is_free(operation: str) -> bool:
    """Tell whether *operation* is one that AWS asks no permission for."""
    return operation in ("sts.GetCallerIdentity", "sts.GetSessionToken")


def _files(paths: Sequence[str], outside: Outside) -> tuple[list[CodeFile], list[UntoldCode], FilesBeside]:
    """
    Return the code in *paths*, what can't be read, and the files that it may import.

    Raises InputError where there is none, or nothing is read.
    """
    listed = expanded(paths)
    files: list[CodeFile] = []
    untold: list[UntoldCode] = []
    names = [name for path in listed for name in _in(path)]
    if not names:
        raise InputError(SourceLocation(paths[0]), "has no code", "give .py files, .ipynb notebooks, or their folder")
    problem: RolemgrError | None = None
    for name in names[:_MOST_FILES]:
        try:
            files.append(read_code(*outside.read(name, CODE_LIMITS)))
        except InputError as error:
            problem = problem or error
            untold.append(UntoldCode(error.where or SourceLocation(name), "file", error.problem))
    if len(names) > _MOST_FILES:
        untold.append(
            UntoldCode(SourceLocation(paths[0]), "files", f"are more than {_MOST_FILES:,}; the rest is not read")
        )
    if not files and problem:
        raise problem
    return files, untold, FilesBeside(files, [one for one in listed if _is_folder(one)], outside)


def _in(path: str) -> Iterator[str]:
    """Yield the file *path*, or the code in the folder, sorted; hidden folders and installed packages are not it."""
    if not _is_folder(path):
        yield path
        return
    for folder, inner, names in walked(path):
        inner[:] = sorted(one for one in inner if one not in _PASSED_OVER and not one.startswith("."))
        yield from (str(Path(folder, name)) for name in sorted(names) if name.endswith(_ENDINGS))


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a path that is too long


def _role(name: str, catalog: Catalog, account: str | None, outside: Outside) -> _AskedRole:
    """Return the role in the file *name*: of a role file as it is rendered, else the one role in it."""
    if name.endswith((".yaml", ".yml")) and is_role_text(*outside.read(name, CODE_LIMITS)):
        source = role_source({"role": name}, outside.environ, outside.read)
        made = render_spec(catalog, read_spec(source))
        documents = (*made.documents.policies, *made.documents.managed_policies)
        spec = made.role.spec
        policies = tuple(HeldPolicy(one.name, one.document) for one in documents)
        holder = HeldRole("role", spec.arn, spec.role_name, spec.account, SourceLocation(name), policies)
        return _AskedRole(name, holder, made.role)
    inventory, _ = read_roles([name], account, outside)
    roles = [one for one in inventory.principals.values() if one.kind == "role" and not one.is_of_a_service]
    if len(roles) != 1:
        raise InputError(SourceLocation(name), f"holds {len(roles)} roles", "give the file of one role")
    return _AskedRole(name, roles[0])


def role_files(found: CodeMigration) -> Iterator[tuple[str, str]]:
    """Yield the role files of *found*, as YAML, each with the name of its role."""
    for one in found.roles:
        if one.migration:
            yield str(one.migration.plan.best.data["name"]), to_yaml(role_file_data(one.migration))
