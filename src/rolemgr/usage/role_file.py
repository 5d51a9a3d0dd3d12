"""
A role file and what its role used: the smaller role in the file's own words, with fewer groups and narrower values.

Each step is tried before it is taken: the role is composed anew, all that was used, and what stays without evidence,
must be allowed as it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.choices import builtins
from rolemgr.compose.parameters import declared_parameters
from rolemgr.compose.role import compose
from rolemgr.errors import RolemgrError
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Policies
from rolemgr.files.source import SourceFile
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.role import ComposedRole, GuardrailInForce, RoleDocuments
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render
from rolemgr.usage.groups import GroupsInUse, groups_in_use, lost_shares
from rolemgr.usage.guardrails import NarrowedGuardrail, counted, is_sure, keys_of, narrower, proposals
from rolemgr.usage.kept import KeepReasons
from rolemgr.usage.recorded import RecordedUse
from rolemgr.usage.tighten import UseDecisions, lost_between
from rolemgr.usage.values import NarrowedParameter, narrowed


class TrialRole(NamedTuple):
    """A role file's *data*, the role that it makes, and its documents."""

    data: Mapping[str, Any]
    spec: Sourced[RoleSpec]
    role: ComposedRole
    documents: RoleDocuments

    @property
    def policies(self) -> Policies:
        """The policies of the role, inline and managed."""
        return Policies(
            identity=tuple(one.document for one in (*self.documents.policies, *self.documents.managed_policies))
        )


@dataclass(frozen=True, eq=False)
class TightenedFile:
    """The *old* role and the *new* one, the *changes* of the file by key (None takes one out), and what was found."""

    old: TrialRole
    new: TrialRole
    changes: Mapping[str, Any]
    groups: GroupsInUse
    parameters: tuple[NarrowedParameter, ...]
    guardrails: tuple[NarrowedGuardrail, ...]
    use: RecordedUse


def trial(catalog: Catalog, source: SourceFile, changes: Mapping[str, Any]) -> TrialRole:
    """Return the role of *source* with *changes*; raise InputError (or Problems) where these make none."""
    data = {key: value for key, value in {**source.data, **changes}.items() if value is not None}
    spec = parse_model(replace(source, data=data), RoleSpec)
    role = compose(catalog, spec)
    return TrialRole(data, spec, role, render(role))


def tighten_file(catalog: Catalog, source: SourceFile, use: RecordedUse, reasons: KeepReasons) -> TightenedFile | str:
    """
    Return the role file *source* with what its role used, or in words why there is none in the catalog's terms.

    Raises InputError (or Problems) where *source* makes no role as it is.
    """
    old = trial(catalog, source, {})
    found = groups_in_use(old.role, use, reasons)
    if not found.cover.chosen:
        return "no activity group of the role was used"
    search = _Search(catalog, source, old, found, use)
    changes = _groups_changes(catalog, old, found)
    new = search.tried(changes)
    if isinstance(new, str):
        return new
    step = _Step(changes, new)
    parameters = tuple(search.narrowed(one, step) for one in _parameters(catalog, old, new, found, use))
    guardrails = tuple(search.limits(step, use))
    return TightenedFile(old, step.role, step.changes, found, parameters, guardrails, use)


@dataclass
class _Step:
    """The *changes* of the file so far, and the role with them."""

    changes: Mapping[str, Any]
    role: TrialRole


class _Search:
    """Tries changes of a role file, and takes those that lose nothing."""

    def __init__(
        self, catalog: Catalog, source: SourceFile, old: TrialRole, found: GroupsInUse, use: RecordedUse
    ) -> None:
        self._catalog, self._source, self._found, self._used = catalog, source, found, use.used
        self._old = UseDecisions(PartlyKnownLayers(old.policies))

    def tried(self, changes: Mapping[str, Any]) -> TrialRole | str:
        """Return the role with *changes*; in words what speaks against it."""
        try:
            made = trial(self._catalog, self._source, changes)
        except RolemgrError as error:
            return str(error).splitlines()[0]
        new = UseDecisions(PartlyKnownLayers(made.policies))
        if lost := next(lost_between(self._used, self._old, new), None):
            return f"{lost.action} on {lost.resource} was used"
        if share := next(lost_shares(made.role, self._found.untraced), None):
            return f"{share.action} stays: {share.why}"
        return made

    def narrowed(self, one: NarrowedParameter, step: _Step) -> NarrowedParameter:
        """Return *one* as it is taken into *step*."""
        if one.new == one.old:
            return one
        if why := self._taken(step, _value_changes(step.role.spec.value, one)):
            return one._replace(new=one.old, why=why)
        return one

    def _taken(self, step: _Step, more: Mapping[str, Any]) -> str:
        """Take *more* changes into *step*; return why not, and nothing where they are taken."""
        changes = {**step.changes, **more}
        made = self.tried(changes)
        if isinstance(made, str):
            return made
        step.changes, step.role = changes, made
        return ""

    def limits(self, step: _Step, use: RecordedUse) -> Iterator[NarrowedGuardrail]:
        """Yield the guardrails of the role, narrowed where they can be, and others that its calls kept anyway."""
        own = step.role.role.guardrails
        for chosen in own:
            one = narrower(self._catalog, chosen, use)
            if one.new != one.old and (why := self._limited(step, one, use)):
                one = one._replace(new=one.old or {}, why=why)
            yield one
        for one in proposals(self._catalog, [each.name for each in own], use):
            if not self._limited(step, one, use):
                made = next(each for each in step.role.role.guardrails if each.name == one.name)
                calls = sum(count for each, count in counted(use) if each.action in made.actions)
                yield one._replace(calls=calls, why="all calls kept to it")

    def _is_there(self, guardrail: Guardrail, limit: GuardrailInForce, step: _Step) -> str:
        """Return that guardrails of the role compare the same keys already, on all that *limit* is about."""
        keys, actions = keys_of(guardrail), set(limit.actions)
        for one in step.role.role.guardrails:
            if keys & keys_of(self._catalog.guardrail(one.name).value):
                actions -= set(one.actions)
        return "" if actions else "the role has that limit"

    def _limited(self, step: _Step, one: NarrowedGuardrail, use: RecordedUse) -> str:
        """Take the guardrail *one* into *step*; return why not."""
        changes = {**step.changes, "guardrail": {**(step.role.data.get("guardrail") or {}), one.name: one.choice}}
        made = self.tried(changes)
        if isinstance(made, str):
            return made
        limit = next((each for each in made.role.guardrails if each.name == one.name), None)
        if limit is None or not limit.actions:
            return "it limits nothing of the role"
        guardrail = self._catalog.guardrail(one.name).value
        if one.old is None and (why := is_sure(guardrail, limit, use) or self._is_there(guardrail, limit, step)):
            return why
        untraced = {share.action for share in self._found.untraced} & set(limit.actions)
        if untraced:
            return f"{min(untraced)} stays without evidence"
        step.changes, step.role = changes, made
        return ""


def _groups_changes(catalog: Catalog, old: TrialRole, found: GroupsInUse) -> dict[str, Any]:
    """Return the keys of the role file that leave out the groups that go, and values that only those had."""
    spec, gone = old.spec.value, set(old.role.groups) - found.staying
    if not gone:
        return {}
    changes: dict[str, Any] = {}
    added = [name for name in spec.add if name not in gone]
    if len(added) < len(spec.add):
        changes["add"] = added or None
    own = gone & (old.role.persona.groups.keys() | (old.role.persona.pass_self if "self" in spec.pass_role else ()))
    if own:
        changes["remove"] = sorted({*spec.remove, *own})
    declared = declared_parameters(tuple(catalog.activity_group(name) for name in sorted(found.staying)))
    kept = {name: list(values) for name, values in spec.parameter.items() if name in declared}
    if len(kept) < len(spec.parameter):
        changes["parameter"] = kept or None
    return changes


def _parameters(
    catalog: Catalog, old: TrialRole, new: TrialRole, found: GroupsInUse, use: RecordedUse
) -> Sequence[NarrowedParameter]:
    groups = {name: catalog.activity_group(name) for name in new.role.groups}
    declared = declared_parameters(tuple(groups.values()))
    return narrowed(
        {name: one.value.statements for name, one in groups.items()},
        {name: one.parameter for name, one in declared.items()},
        {**builtins(old.spec.value), **new.role.parameters}, found, use.too_many_names,
    )  # fmt: skip


def _value_changes(spec: RoleSpec, one: NarrowedParameter) -> dict[str, Any]:
    """Return the keys of the role file that give the parameter its new values."""
    short = [value for value in spec.pass_role if (spec.arn if value == "self" else value) in one.new]
    mapped = {spec.arn if value == "self" else value for value in short}
    by_short_form = one.name == "pass_roles" and "pass_roles" not in spec.parameter and mapped == set(one.new)
    if by_short_form and ("self" in short) is ("self" in spec.pass_role):
        return {"pass_role": short}
    given = {name: list(values) for name, values in spec.parameter.items()}
    return {"parameter": {**given, one.name: list(one.new)}}
