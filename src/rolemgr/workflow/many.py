"""Many role files at once: found by pattern, rendered under the same flags, wrong ones reported together."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from rolemgr.errors import InputError, Problems, RolemgrError, SourceLocation, gathering
from rolemgr.files.source import LIMITS
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.file_kind import is_role_text
from rolemgr.workflow.given_files import files_below, yaml_files
from rolemgr.workflow.outside import Outside, Reader
from rolemgr.workflow.parallel import Catalogs, in_order
from rolemgr.workflow.role import RenderedChoice, assumed, for_its_form, origins, render_spec, replaced
from rolemgr.workflow.role_options import is_directory, is_pattern, many_roles, matches_of, one_role, with_role_files

T = TypeVar("T")
U = TypeVar("U")
_FEW = 3
Progress: TypeAlias = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""For a number of roles, gives what is to be called for each that is done."""


class Made(NamedTuple, Generic[T]):
    """What was made of the role in *file*: its *name*, *where* that stands, its *account*, the result, and notes."""

    file: str
    name: str
    where: SourceLocation
    account: str
    result: T
    notes: tuple[str, ...]

    def with_result(self, result: U) -> "Made[U]":
        """Return the same with another *result*."""
        return Made(self.file, self.name, self.where, self.account, result, self.notes)


def matching_files(names: Sequence[str], outside: Outside) -> list[str]:
    """
    Return the role files that *names*, folders and patterns stand for, sorted, each once.

    A name that is a file is not a pattern, whatever characters it has, unless it matches others. Of a folder and all
    below it the YAML files that are role files are meant; those that are something else are said, and one that can't be
    read stays, so that whoever reads it says so. Raises InputError for a pattern that nothing matches, for a folder
    without a role file, and for stdin among others.
    """
    found: dict[str, None] = {}
    if "-" in names:
        raise InputError(SourceLocation("--role"), "`-` is one role file, from stdin; give it alone")
    for name in names:
        folder = is_directory(name) and not is_pattern(name)
        matches = _in_folder(name, outside) if folder else _matches(name) if is_pattern(name) else [name]
        if not matches:
            problem = "holds no role file" if folder else f"`{name}` matches no file"
            raise InputError(SourceLocation(name if folder else "--role"), problem)
        found |= dict.fromkeys(matches)
    return sorted(found)


def role_files_of(
    names: Sequence[str], chosen: Mapping[str, Any], outside: Outside
) -> tuple[dict[str, Any], list[str]]:
    """
    Return what `roles_options` collected for one role, and the role files that are meant where these are several.

    *names* stand without ``--role``. Raises as `matching_files`, and for a persona or a role file by an option beside.
    """
    given = with_role_files(names, chosen)
    files = matching_files(given["role"], outside) if many_roles(given) else []
    return one_role({**given, "role": files or given["role"]}), files if len(files) > 1 else []


def with_role_file(names: Sequence[str], chosen: Mapping[str, Any], outside: Outside) -> dict[str, Any]:
    """
    Return what `role_options` collected with the one role file that *names*, a folder or pattern perhaps, means.

    Raises InputError where several are meant, and for a persona or a role file by an option beside it.
    """
    given = with_role_files(names, chosen)
    if not names:
        return given
    files = matching_files(names, outside) if many_roles(given) else list(names)
    if len(files) > 1:
        problem = f"means {len(files)} role files" if len(names) == 1 else f"is one of {len(files)} role files"
        raise InputError(SourceLocation(names[-1]), f"{problem}, and this command takes one", f"such as {files[0]}")
    return {**given, "role": files[0]}


def _matches(pattern: str) -> list[str]:
    return [path for path in matches_of(pattern) if os.path.isfile(path)]  # noqa: PTH113 - never raises


def _in_folder(folder: str, outside: Outside) -> list[str]:
    """Return the role files in *folder* and below, but in hidden ones; say which YAML and JSON files are others."""
    found = list(yaml_files(folder))
    roles = [path for path in found if _may_be_a_role(path, outside.read)]
    if passed := sorted({*found, *files_below(folder, (".json",))} - set(roles)):
        few = ", ".join(passed[:_FEW]) + (f" and {len(passed) - _FEW} more" if len(passed) > _FEW else "")
        outside.say(f"{folder}: passed over files besides role files: {few}")
    return roles


def _may_be_a_role(path: str, read: Reader) -> bool:
    try:
        return is_role_text(*read(path, LIMITS))
    except RolemgrError:
        return True


def judge_each(
    flags: Mapping[str, Any], files: Sequence[str], make: Callable[[RenderedChoice], T], outside: Outside,
    progress: Progress, *, verbose: bool, filled_later: Sequence[str] = (), cores: int | None = None,
    versions: bool = False,
) -> tuple[list[Made[T]], list[InputError]]:  # fmt: skip
    """
    Return what *make* gives for the role of each of *files*, under the same *flags*, in order, and what is wrong.

    Each file is judged for itself. Of a role only what *make* returns is kept; both go to other processes where
    there are many files. What is wrong is said with its file. Of two roles of one name in one account neither is
    made: nobody knows which of them is meant. Where *versions* may stand in several folders of a tree, these are told
    of in a note, and only two in one folder are wrong.
    """
    made: list[Made[T]] = []
    wrong: list[tuple[str, InputError]] = []
    work = partial(
        _made, flags=dict(flags), make=make, environ=dict(outside.environ), read=outside.read, verbose=verbose,
        filled_later=filled_later,
    )  # fmt: skip
    with progress(len(files)) as done:
        for file, result in zip(files, in_order(work, files, cores), strict=True):
            made.append(result) if isinstance(result, Made) else wrong.extend((file, one) for one in result)
            done()
    if not versions:
        apart, twins = without_twins(made)
        return apart, [*with_their_files(wrong), *twins]
    for text in _versions(made):
        outside.say(text)
    folders: dict[str, list[Made[T]]] = {}
    for one in made:
        folders.setdefault(os.path.dirname(one.file), []).append(one)  # noqa: PTH120 - a path may be too long for Path
    found = [without_twins(each) for each in folders.values()]
    left = {one.file: one for apart, _ in found for one in apart}
    return [one for one in made if one.file in left], [
        *with_their_files(wrong),
        *(one for _, each in found for one in each),
    ]


def _versions(made: Iterable[Made[Any]]) -> Iterator[str]:
    """Yield a note for each role that files of several folders make."""
    files: dict[tuple[str, str], list[str]] = {}
    for one in made:
        files.setdefault(_identity(one), []).append(one.file)
    for (account, name), found in files.items():
        if len({os.path.dirname(file) for file in found}) > 1:  # noqa: PTH120 - a path may be too long for Path
            yield f"{_file_list(found)}: each makes role `{name}` of account {account}; each is judged for itself"


def without_twins(made: Sequence[Made[T]], what: str = "role") -> tuple[list[Made[T]], list[InputError]]:
    """Return *made* without those of one name in one account, and an error for each of these."""
    doubled = {key for key, count in Counter(map(_identity, made)).items() if count > 1}
    return [one for one in made if _identity(one) not in doubled], list(_twins(made, what))


def _identity(one: Made[Any]) -> tuple[str, str]:
    """Return what IAM knows the role by: it does not tell case apart."""
    return one.account, one.name.lower()


def _made(
    file: str, catalogs: Catalogs, flags: Mapping[str, Any], make: Callable[[RenderedChoice], T],
    *, environ: Mapping[str, str], read: Reader, verbose: bool, filled_later: Sequence[str],
) -> Made[T] | list[InputError]:  # fmt: skip
    """Return what is made of the role in *file*, or what is wrong with it."""
    try:
        source = role_source({**flags, "role": file}, environ, read)
        spec = for_its_form(parse_model(source, RoleSpec), filled_later)
        found = render_spec(catalogs(spec.value.catalog), spec)
        result = make(found)
    except RolemgrError as error:
        return list(_plain(error))
    notes = (
        *assumed(source, filled_later),
        *replaced(source),
        *found.notes,
        *(origins(source, spec.value) if verbose else ()),
    )
    return Made(file, found.documents.name, spec.at("name"), spec.value.account, result, notes)


def _plain(error: RolemgrError) -> Iterator[InputError]:
    """Yield what *error* says as errors of a class that goes from process to process."""
    for one in error.problems if isinstance(error, Problems) else (error,):
        yield (
            InputError(one.where, one.problem, one.hint) if isinstance(one, InputError) else InputError(None, str(one))
        )


def with_their_files(wrong: Iterable[tuple[str, InputError]]) -> Iterator[InputError]:
    """Yield each error at its line in its file; what stands elsewhere (a flag, the catalog) once, with both."""
    elsewhere: dict[str, list[str]] = {}
    for file, one in wrong:
        if one.where and one.where.file == file:
            yield one
        else:
            elsewhere.setdefault(str(one), []).append(file)
    yield from (InputError(SourceLocation(_file_list(files)), text) for text, files in elsewhere.items())


def _file_list(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1:,} more"


def _twins(made: Iterable[Made[Any]], what: str) -> Iterator[InputError]:
    """
    Yield an error for each role, or *what* else it is, whose name another of its account has, in any case.

    None of them is made: which was meant to have the name, nobody knows.
    """
    of_name: dict[tuple[str, str], list[Made[Any]]] = {}
    for one in made:
        of_name.setdefault(_identity(one), []).append(one)
    for first, *others in (each for each in of_name.values() if len(each) > 1):
        problem = f"account {first.account} gets a {what} `{others[0].name}` too, by {others[0].file}"
        yield InputError(first.where, problem, _OF_ITS_OWN)
        for one in others:
            problem = f"account {one.account} has a {what} `{one.name}` already, by {first.file}"
            yield InputError(one.where, problem, _OF_ITS_OWN)


_OF_ITS_OWN = "give each a `name` of its own"


_LEAST = 5
"""A shorter name of a role may be a word of the note."""


def _without_name(text: str, name: str) -> str:
    """Return *text* with ROLE for the role's *name*, also where that begins the name of its policy."""
    return re.sub(rf"(?<![\w-]){re.escape(name)}\b", "ROLE", text) if len(name) >= _LEAST else text


def each_alone(files: Sequence[str], make: Callable[[str], T]) -> tuple[list[tuple[str, T]], list[InputError]]:
    """Return what *make* gives for each of *files* that it can, with its name, and what is wrong with the others."""
    found: list[tuple[str, T]] = []
    wrong: list[tuple[str, InputError]] = []
    for name in files:
        problems: list[InputError] = []
        with gathering(problems):
            found.append((name, make(name)))
        wrong += ((name, one) for one in problems)
    return found, list(with_their_files(wrong))


def notes_of(made: Iterable[Made[Any]]) -> Iterator[str]:
    """Yield what there is to say of each file; what several have in common but for the role's name is said once."""
    files: dict[str, list[tuple[str, str]]] = {}
    for one in made:
        for text in dict.fromkeys(one.notes):
            files.setdefault(_without_name(text, one.name), []).append((one.file, text))
    for common, found in files.items():
        text = found[0][1] if len({text for _, text in found}) == 1 else common
        yield f"{_file_list([file for file, _ in found])}: {text}"
