"""Controls of frameworks, each with the entries of the catalog that serve it, their statements and their witnesses."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rolemgr.catalog.load import Catalog
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

    @property
    def is_shown(self) -> bool:
        """Whether both witnesses are there, where it is a limit."""
        return self.witnesses is None or self.witnesses.found


class ControlRow(NamedTuple):
    """A control of a *framework*, and an entry that serves it."""

    framework: str
    control: ServedControl
    entry: ServingEntry


@dataclass(frozen=True)
class Compliance:
    """All entries that serve controls, and the rules of conformance packs that roles fail."""

    frameworks: tuple[str, ...]
    entries: tuple[ServingEntry, ...]
    pack_rules: tuple[JudgedPackRule, ...]

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

    def _key(self, row: ControlRow) -> tuple[int, tuple[object, ...], int, str, str]:
        level = _ORDER.index(row.control.evidence)
        return self.frameworks.index(row.framework), control_key(row.control.id), level, row.entry.kind, row.entry.name

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


def _serves(controls: Controls, wanted: Iterable[str]) -> bool:
    return not controls.keys().isdisjoint(wanted)


def _guardrails(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    for name in catalog.found("guardrails"):
        value = catalog.guardrail(name).value
        if _serves(value.controls, wanted):
            limit = rendered_guardrail(catalog, name)
            left = tuple(f"{one.action}: {one.why}" for one in value.bypassed_by)
            yield ServingEntry(
                "guardrail", name, value.title, value.controls, limit.sids, limit, None, witnesses(limit), left
            )


def _patterns(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    for kind, name in pattern_names(catalog):
        value = catalog.layer_pattern(kind, name).value
        if _serves(value.controls, wanted):
            limit = rendered_pattern(catalog, kind, name)
            what = "scp" if kind is LayerKind.SCP else "rcp"
            yield ServingEntry(
                what, name, value.title, value.controls, limit.sids, limit, None, witnesses(limit), value.left_open
            )


def _separations(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    asked = PersonaWitnesses(catalog)
    for name in catalog.found("separations"):
        value = catalog.separation(name).value
        if not _serves(value.controls, wanted):
            continue
        persona = holder_of(catalog, name)
        found = asked.of(name, persona) if persona else Witnesses(None, None)
        never = tuple(str(one) for one in value.never)
        yield ServingEntry("separation", name, value.title, value.controls, never, None, persona, found)


def _detective(catalog: Catalog, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    for name in catalog.found("detective_controls"):
        value = catalog.detective_control(name).value
        if _serves(value.controls, wanted):
            yield ServingEntry("detective control", name, value.title, value.controls, left_open=value.cannot)
