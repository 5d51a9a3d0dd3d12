"""What one side allows that another does not: both sides read, compared, and told as changes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.revisions import revised
from rolemgr.files.source import BLUEPRINT_LIMITS
from rolemgr.report.diff import FolderDiff, RoleDiff, WholeRole
from rolemgr.workflow.blueprint_given import is_blueprint_text
from rolemgr.workflow.diff_pair import pair, texts_of
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import read_source
from rolemgr.workflow.sides import DiffSide, holds_anything, is_role_file, read_side
from rolemgr.workflow.trees import Trees
from rolemgr.workflow.whole import whole

if TYPE_CHECKING:
    from rolemgr.workflow.lock import Locks


def compared(a: str, b: str, kind: str | None, outside: Outside) -> RoleDiff | FolderDiff:
    """
    Return what *b* allows that *a* does not, and the reverse; *kind* is the type of policy files.

    Both are files, or both are folders, whose files are paired by their paths. Raises InputError for what can't be
    read, and for two sides of different types.
    """
    if a == b == "-":
        raise InputError(SourceLocation("<stdin>"), "can be A or B, not both")
    with Trees(outside) as trees:
        from rolemgr.workflow.blueprint_diff import blueprints_compared  # policies need neither catalog nor templates

        if found := blueprints_compared(a, b, kind, trees):
            return found
        folders = [trees.is_folder(name) for name in (a, b)]
        if all(folders):
            return _folders(a, b, kind, trees)
        if any(folders):
            folder, file = (a, b) if folders[0] else (b, a)
            raise InputError(
                SourceLocation(folder), f"is a folder, and {file} is none", "give two files or two folders"
            )
        return _dated(pair(read_side(a, kind, trees), read_side(b, kind, trees), f"{a} -> {b}"), trees)


def _dated(found: RoleDiff, trees: Trees) -> RoleDiff:
    """Return *found* with the commit of each side; where one has a commit, a file is of the working tree."""
    commits = [trees.commit(side.name) if side.name != "<stdin>" else "" for side in (found.old, found.new)]
    if not any(commits):
        return found
    old, new = (
        side._replace(at=commit or ("" if side.name == "<stdin>" else "working tree"))
        for side, commit in zip((found.old, found.new), commits, strict=True)
    )
    return found._replace(old=old, new=new)


# --- folders

_SETTINGS = frozenset({"rolemgr.yaml", "rolemgr-check.yaml"})
"""Files of ours that hold no role, though they may name a persona."""


class _Read(NamedTuple):
    """The sides of a folder by path, files that hold nothing, those that can't be read and why, and blueprints."""

    sides: dict[str, DiffSide]
    passed_over: list[str]
    wrong: dict[str, RolemgrError]
    blueprints: dict[str, str]


def _folders(a: str, b: str, kind: str | None, trees: Trees) -> FolderDiff:
    old, new = _read(a, kind, trees), _read(b, kind, trees)
    if not any((old.sides, new.sides, old.wrong, new.wrong, old.blueprints, new.blueprints)):
        raise InputError(SourceLocation(b), f"has no role and no policy, nor has {a}")
    if passed := dict.fromkeys((*old.passed_over, *new.passed_over)):
        trees.outside.say(f"neither a role nor a policy, and passed over: {', '.join(passed)}")
    wrong = old.wrong | new.wrong
    roles: list[RoleDiff] = []
    for path in sorted(old.sides.keys() & new.sides.keys() - wrong.keys()):
        try:
            roles.append(pair(old.sides[path], new.sides[path], path))
        except RolemgrError as error:
            wrong[path] = error
    found = FolderDiff(
        a, b, tuple(roles),
        tuple(whole(path, new.sides[path]) for path in sorted(new.sides.keys() - old.sides.keys() - wrong.keys())),
        tuple(whole(path, old.sides[path]) for path in sorted(old.sides.keys() - new.sides.keys() - wrong.keys())),
        tuple((path, one) for path, error in sorted(wrong.items()) for one in texts_of(error)),
        tuple(dict.fromkeys((*old.passed_over, *new.passed_over))),
    )  # fmt: skip
    if not (old.blueprints or new.blueprints):
        return found
    from rolemgr.workflow.blueprint_diff import with_blueprints  # policies need neither catalog nor templates

    return with_blueprints(found, old.blueprints, new.blueprints, kind, trees)


def _read(folder: str, kind: str | None, trees: Trees) -> _Read:
    found = _Read({}, [], {}, {})
    for path, name in trees.files(folder).items():
        try:
            if path.rpartition("/")[2] in _SETTINGS:
                continue
            if path.endswith((".yaml", ".yml")) and is_blueprint_text(*trees.read(name, BLUEPRINT_LIMITS)):
                found.blueprints[path] = name
            elif holds_anything(name, trees):
                found.sides[path] = read_side(name, kind, trees)
            else:
                found.passed_over.append(path)
        except RolemgrError as error:
            found.wrong[path] = error
    return found


# --- since a release


def since(release: str, names: Sequence[str], lock: str, now: str, outside: Outside) -> FolderDiff:
    """
    Return what the release *now* changes in the roles of role files, or folders of them, since *release* locked them.

    *lock* is the lock file, or empty where each lies beside its role files. Raises InputError where there is no
    role file; a role that can't be compared is among what is refused.
    """
    from rolemgr.workflow.lock import Locks  # two sides have none

    with Trees(outside) as trees:
        files = [file for name in names for file in _role_files(name, trees)]
        if not files:
            raise InputError(
                SourceLocation(", ".join(names) or "diff"), "has no role file", "name role files, or their folder"
            )
        locks = Locks(lock, outside)
        wrong: dict[str, RolemgrError] = {}
        roles: list[RoleDiff] = []
        for file in dict.fromkeys(files):
            try:
                roles.append(_since(release, file, locks, trees))
            except RolemgrError as error:
                wrong[file] = error
        if len(files) == 1 and wrong:
            raise wrong[files[0]]
        gone = tuple(_gone(names, locks))
        refused = tuple((file, one) for file, error in wrong.items() for one in texts_of(error))
        return FolderDiff(f"rolemgr {release}", f"rolemgr {now}", tuple(roles), (), gone, refused)


def _role_files(name: str, trees: Trees) -> list[str]:
    """Return the role files below the folder *name*; a file is one, whatever it holds."""
    if not trees.is_folder(name):
        return [name]
    return [
        file for path, file in trees.files(name).items()
        if path.rpartition("/")[2] not in _SETTINGS and is_role_file(read_source(file, trees.read).data)
    ]  # fmt: skip


def _since(release: str, file: str, locks: "Locks", trees: Trees) -> RoleDiff:
    if file == "-" or revised(file):
        raise InputError(SourceLocation(file), "goes without --since", "name a role file")
    new = read_side(file, None, trees)
    if new.file is None:
        raise InputError(SourceLocation(file), "is not a role file", "--since compares role files with their lock file")
    old = locks.side(file, release, new.file.chosen)
    return pair(old.side, new, file)._replace(notes=old.notes)


def _gone(names: Sequence[str], locks: "Locks") -> Iterator[WholeRole]:
    for file, lock in locks.gone([name for name in names if Path(name).is_dir()]):
        yield WholeRole(file, (("an entry in", (lock,)),))
