"""
Parameters that several activity groups share, declared once in ``parameters.yaml`` at the top of a catalog.

A group takes one by its name, under `shared_parameters`, and then has it as if it were declared in its own
file; only the place that messages name is the line of ``parameters.yaml``. Where several folders declare the
same name the last folder wins, for all groups that take it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.files.source import DataPath, SourceFile
from rolemgr.model.catalog import ActivityGroup, Parameter, SharedParameters
from rolemgr.model.source import Sourced


class SharedParameter(NamedTuple):
    """A shared parameter as the last file that declares it has it, and the place of the one that it replaces."""

    parameter: Parameter
    source: SourceFile
    where: SourceLocation
    overrides: SourceLocation | None = None


Shared: TypeAlias = Mapping[str, SharedParameter]


def merged(files: Iterable[Sourced[SharedParameters]]) -> Shared:
    """
    Return the parameters of *files* by name, the last file first.

    Raises InputError (or Problems) where a file gives a parameter of another type: the groups that take
    it were written for the type that it had.
    """
    found: dict[str, SharedParameter] = {}
    problems: list[InputError] = []
    for file in files:
        for name, parameter in file.value.parameters.items():
            where, old = file.at("parameters", name), found.get(name)
            if old and old.parameter.type is not parameter.type:
                problems.append(_other_type(name, parameter, where, old))
            found[name] = SharedParameter(parameter, file.source, where, old.where if old else None)
    raise_all(problems)
    return found


def _other_type(name: str, parameter: Parameter, where: SourceLocation, old: SharedParameter) -> InputError:
    problem = f"shared parameter `{name}` is of type `{parameter.type}` here and `{old.parameter.type}` at {old.where}"
    return InputError(where, problem, "groups take it as what it was: declare another name")


def taken(groups: Iterable[Sourced[ActivityGroup]]) -> frozenset[str]:
    """Return the names of the shared parameters that *groups* take."""
    return frozenset(name for group in groups for name in group.value.shared_parameters)


def unused(name: str, shared: Shared) -> InputError:
    """Return the error for the parameter *name* of *shared*, which no activity group takes."""
    from difflib import get_close_matches  # only a wrong name pays for it

    near = get_close_matches(name, sorted(shared.keys() - {name}), n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "a group takes it under `shared_parameters`"
    return InputError(shared[name].where, f"no activity group takes the shared parameter `{name}`", hint)


def with_shared(group: Sourced[ActivityGroup], shared: Shared) -> Sourced[ActivityGroup]:
    """
    Return *group* with the parameters of *shared* that it names among its own, each with its own place.

    Raises InputError (or Problems), at the group's line, for a name that no file declares, that the group also
    declares itself, or that it names twice.
    """
    names = group.value.shared_parameters
    raise_all(list(_problems(group, shared)))
    if not names:
        return group
    own = {name: shared[name].parameter for name in names}
    value = group.value.model_copy(update={"parameters": {**own, **group.value.parameters}})
    source, sources = group.source, {name: shared[name].source for name in names}
    return Sourced(value, _WithShared(source.name, source.data, source.lines, sources))


def _problems(group: Sourced[ActivityGroup], shared: Shared) -> Iterator[InputError]:
    names = group.value.shared_parameters
    for number, name in enumerate(names):
        where = group.at("shared_parameters", number)
        if name not in shared:
            known = f"shared are: {', '.join(sorted(shared))}"
            yield UnknownNameError(where, "shared parameter", name, shared, otherwise=known)
        elif name in group.value.parameters:
            both = f"`{name}` is a shared parameter here, and declared at {group.at('parameters', name)}"
            yield InputError(where, both, "leave one out")
        elif name in names[:number]:
            yield InputError(where, f"shared parameter `{name}` is named twice", "leave one out")


@dataclass(frozen=True)
class _WithShared(SourceFile):
    """A group's file, whose shared parameters stand in other files, by name."""

    shared: Mapping[str, SourceFile]

    def at(self, path: DataPath = ()) -> SourceLocation:
        """Return the place of *path*, in the file that declares it."""
        file = self.shared.get(str(path[1])) if len(path) > 1 and path[0] == "parameters" else None
        return file.at(path) if file else super().at(path)
