"""Controls of frameworks, each with the entries of the catalog that serve it, their statements and their witnesses."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compliance.judged_role import JudgedRole
from rolemgr.compliance.limits import RenderedLimit, pattern_names, rendered_guardrail, rendered_pattern
from rolemgr.compliance.pack_rules import JudgedPackRule
from rolemgr.compliance.separations import PersonaWitnesses, holder_of
from rolemgr.compliance.witnesses import Witnesses, witnesses
from rolemgr.model.controls import ControlEvidence, Controls, ServedControl
from rolemgr.model.layer_pattern import LayerKind

_ORDER: Final = tuple(ControlEvidence)


@dataclass(frozen=True)
class ServingEntry:
    """
    An entry of the catalog, the controls that it serves, and what shows that it limits.

    *persona* is whom the witnesses of a separation are about; *witnesses* are None of what only finds.
    """

    kind: str
    name: str
    title: str
    controls: Controls
    sids: tuple[str, ...] = ()
    limit: RenderedLimit | None = None
    persona: str | None = None
    witnesses: Witnesses | None = None
    left_open: tuple[str, ...] = ()
    """What it can't limit, in words."""
    role: JudgedRole | None = None
    """The role that has it, where roles are asked."""
    level: str = ""
    """The level of a blueprint that has it, such as ``organization``."""

    @property
    def subject(self) -> str:
        """What has it: a role's name, or a level; nothing for the catalog."""
        return self.role.name if self.role else self.level

    @property
    def is_shown(self) -> bool:
        """Whether both witnesses are there, where it is a limit."""
        return self.witnesses is None or self.witnesses.found


class ControlRow(NamedTuple):
    """A control of a *framework*, and an entry that serves it."""

    framework: str
    control: ServedControl
    entry: ServingEntry


class OfferedControl(NamedTuple):
    """A control of a *framework* that an entry of the catalog serves, whether anybody has chosen it or not."""

    framework: str
    id: str
    kind: str
    name: str


class NotServing(NamedTuple):
    """An entry that *role* has and that serves nothing there, and why."""

    role: str
    kind: str
    name: str
    why: str


@dataclass(frozen=True)
class Compliance:
    """
    All entries that serve controls, and the rules of conformance packs that roles fail.

    *roles* are the names of those that were asked, and *offered* is what the catalog has beside; none where the
    catalog itself was asked.
    """

    frameworks: tuple[str, ...]
    entries: tuple[ServingEntry, ...]
    pack_rules: tuple[JudgedPackRule, ...]
    roles: tuple[str, ...] = ()
    offered: tuple[OfferedControl, ...] = ()
    not_serving: tuple[NotServing, ...] = ()

    @property
    def rows(self) -> tuple[ControlRow, ...]:
        """A row for each control of each entry, by framework and control."""
        found = (
            ControlRow(framework, control, entry)
            for entry in self.entries
            for framework, controls in entry.controls.items()
            if framework in self.frameworks
            for control in controls
        )
        return tuple(sorted(found, key=self._key))

    def _key(self, row: ControlRow) -> tuple[object, ...]:
        level = _ORDER.index(row.control.evidence)
        entry = row.entry
        place = self.frameworks.index(row.framework), control_key(row.control.id), level
        return *place, entry.kind, entry.name, entry.subject

    def counts(self, framework: str | None = None) -> Mapping[ControlEvidence, int]:
        """Return how many rows there are of each level of evidence, of one *framework* or of all."""
        found = Counter(one.control.evidence for one in self.rows if framework in (None, one.framework))
        return {level: found[level] for level in _ORDER}

    @property
    def limits(self) -> tuple[ServingEntry, ...]:
        """The entries that limit, and so have witnesses."""
        return tuple(one for one in self.entries if one.witnesses is not None)

    @property
    def not_shown(self) -> tuple[ServingEntry, ...]:
        """The limits of which a witness was not found."""
        return tuple(one for one in self.entries if not one.is_shown)

    def only_ours(self, framework: str) -> tuple[str, ...]:
        """Return the controls of *framework* that nobody but us says are served."""
        levels: dict[str, set[ControlEvidence]] = {}
        for row in self.rows:
            if row.framework == framework:
                levels.setdefault(row.control.id, set()).add(row.control.evidence)
        return tuple(name for name, found in levels.items() if found == {ControlEvidence.OURS})

    def unserved(self, framework: str) -> Mapping[str, tuple[str, ...]]:
        """Return the controls of *framework* that the roles do not serve, each with the entries that would."""
        served = {row.control.id for row in self.rows if row.framework == framework}
        found: dict[str, list[str]] = {}
        for one in self.offered:
            if one.framework == framework and one.id not in served:
                found.setdefault(one.id, []).append(f"{one.kind} {one.name}")
        return {name: tuple(found[name]) for name in sorted(found, key=control_key)}

    def served_by_some(self, framework: str) -> Mapping[str, tuple[str, ...]]:
        """Return the controls of *framework* that some roles serve and no level does, each with the other roles."""
        subjects: dict[str, set[str | None]] = {}
        for row in self.rows:
            if row.framework == framework:
                subjects.setdefault(row.control.id, set()).add(row.entry.role.name if row.entry.role else None)
        return {
            name: tuple(one for one in self.roles if one not in found)
            for name, found in subjects.items()
            if self.roles and None not in found and not found.issuperset(self.roles)
        }


def control_key(control: str) -> tuple[object, ...]:
    """Return what sorts *control* among others: its numbers as numbers."""
    parts: list[tuple[int, object]] = []
    digits = ""
    for char in [*control, ""]:
        if char.isdigit():
            digits += char
            continue
        if digits:
            parts.append((0, int(digits)))
            digits = ""
        parts.append((1, char))
    return tuple(parts)


def serving_entries(catalog: Catalog, frameworks: Sequence[str]) -> Iterator[ServingEntry]:
    """Yield the entries of *catalog* that serve controls of *frameworks*, with their witnesses."""
    wanted = frozenset(frameworks)
    yield from _guardrails(catalog, wanted)
    yield from _patterns(catalog, wanted)
    yield from _separations(catalog, wanted)
    yield from _detective(catalog, wanted)


def serves(controls: Controls, wanted: Iterable[str]) -> bool:
    """Tell whether *controls* has one of a *wanted* framework."""
    return not controls.keys().isdisjoint(wanted)


def offered_controls(catalog: Catalog, wanted: Sequence[str]) -> Iterator[OfferedControl]:
    """Yield each control of the *wanted* frameworks that an entry of *catalog* serves, with the entry."""
    for kind, name, controls in _entries(catalog):
        for framework in wanted:
            for one in controls.get(framework, ()):
                yield OfferedControl(framework, one.id, kind, name)


def _entries(catalog: Catalog) -> Iterator[tuple[str, str, Controls]]:
    for name in catalog.found("guardrails"):
        yield "guardrail", name, catalog.guardrail(name).value.controls
    for kind, name in pattern_names(catalog):
        yield str(kind), name, catalog.layer_pattern(kind, name).value.controls
    for name in catalog.found("separations"):
        yield "separation", name, catalog.separation(name).value.controls
    for name in catalog.found("detective_controls"):
        yield "detective control", name, catalog.detective_control(name).value.controls


def _guardrails(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    for name in catalog.found("guardrails"):
        value = catalog.guardrail(name).value
        if serves(value.controls, wanted):
            limit = rendered_guardrail(catalog, name)
            left = tuple(f"{one.action}: {one.why}" for one in value.bypassed_by)
            yield ServingEntry(
                "guardrail", name, value.title, value.controls, limit.sids, limit, None, witnesses(limit), left
            )


def _patterns(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    for kind, name in pattern_names(catalog):
        value = catalog.layer_pattern(kind, name).value
        if serves(value.controls, wanted):
            limit = rendered_pattern(catalog, kind, name)
            what = "scp" if kind is LayerKind.SCP else "rcp"
            yield ServingEntry(
                what, name, value.title, value.controls, limit.sids, limit, None, witnesses(limit), value.left_open
            )


def _separations(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    asked = PersonaWitnesses(catalog)
    for name in catalog.found("separations"):
        value = catalog.separation(name).value
        if not serves(value.controls, wanted):
            continue
        persona = holder_of(catalog, name)
        found = asked.of(name, persona) if persona else Witnesses(None, None)
        never = tuple(str(one) for one in value.never)
        yield ServingEntry("separation", name, value.title, value.controls, never, None, persona, found)


def _detective(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    for name in catalog.found("detective_controls"):
        value = catalog.detective_control(name).value
        if serves(value.controls, wanted):
            yield ServingEntry("detective control", name, value.title, value.controls, left_open=value.cannot)
