"""Rules, and the user's own checks, over every document of a blueprint; what is found stands at a line of its file."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.blueprint.levels import LevelLayers
from rolemgr.check.aws import AskedDocument, asked_of
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.check.role import Reason
from rolemgr.check.run import check
from rolemgr.errors import InputError, SourceLocation, gathering
from rolemgr.iam.documents import PolicyType
from rolemgr.layers.ends import AGAIN
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.workflow.blueprint_accounts import Picked, choice_of, roles_picked
from rolemgr.workflow.blueprint_given import GivenBlueprint, given_blueprint
from rolemgr.workflow.blueprint_open import open_blueprint
from rolemgr.workflow.check_catalog import together
from rolemgr.workflow.check_role import found_in_role
from rolemgr.workflow.found import CheckFindings, by_place, custom_findings_in
from rolemgr.workflow.outside import Outside

_TYPES: Mapping[LayerKind, PolicyType] = {LayerKind.SCP: PolicyType.SCP, LayerKind.RCP: PolicyType.RCP}


class PlacedDocument(NamedTuple):
    """A policy of the blueprint that is of no role: what it is called, its type and text, and who asks for it."""

    name: str
    kind: PolicyType
    raw: Any
    where: SourceLocation


def check_blueprint_files(
    names: Sequence[str], chosen: Mapping[str, Any], rules: tuple[Path, ...], outside: Outside, *, live: bool = False
) -> CheckFindings:
    """Return what is found in the blueprints *names*, and what is wrong with some; *chosen* may pick parts of one."""
    made: list[CheckFindings] = []
    wrong: list[InputError] = []
    for name in names:
        with gathering(wrong):
            given = given_blueprint((name,), chosen, outside)
            opened = open_blueprint(given or GivenBlueprint(name), outside)
            made.append(check_blueprint(opened.found, opened.pick, rules, outside, live=live))
    return together([*made, CheckFindings([], [], wrong=tuple(wrong))])


def check_blueprint(
    found: ComposedBlueprint, pick: Picked, rules: tuple[Path, ...], outside: Outside, *, live: bool = False
) -> CheckFindings:  # fmt: skip
    """
    Return what is found in the roles and policies of *found* that *pick* means; say what the catalog accepts.

    The policies of the organization are checked where all is meant. Of what is judged *live* too, AWS is to be asked.
    """
    made = [*_of_roles(found, pick, rules, live=live), *_of_policies(found, pick, rules, live=live)]
    notes = [text for one in made for text in one.notes]
    for text in _in_short(notes):
        outside.say(text)
    return CheckFindings(
        by_place([finding for one in made for finding in one.findings]),
        [name for one in made for name in one.names],
        [pair for one in made for pair in one.accepted],
        tuple(notes),
        not_judged=[one for each in made for one in each.not_judged],
        asked=[one for each in made for one in each.asked],
    )


def _in_short(notes: Sequence[str]) -> Iterator[str]:
    """Yield each of *notes* once: what is said of many roles stands at the first of them, with their number."""
    places: dict[str, dict[str, None]] = {}
    for place, _, text in (note.partition(": ") for note in notes):
        places.setdefault(text, {})[place] = None
    for text, named in places.items():
        first, *more = named
        yield f"{first}{f' (and {len(more):,} more)' if more else ''}: {text}"


def _of_roles(
    found: ComposedBlueprint, pick: Picked, rules: tuple[Path, ...], *, live: bool
) -> Iterator[CheckFindings]:
    file = found.source.source.name
    for placed in roles_picked(found, pick):
        made = found_in_role(choice_of(found, placed), rules, live=live)
        at = placed.spec.at("persona")

        def told(finding: Any, place: str = placed.place, where: SourceLocation = at) -> Any:
            own = finding if finding.line else finding._replace(path=where.file, line=where.line)
            return own._replace(message=f"{place}: {own.message}", key=f"{place} {own.key or ''}".strip())

        yield made._replace(
            findings=[told(one) for one in made.findings],
            names=[file] * len(made.names),
            accepted=[(told(one), reason) for one, reason in made.accepted],
            notes=tuple(f"{placed.place}: {text}" for text in made.notes),
            not_judged=[
                one._replace(path=at.file, line=at.line, reason=f"{placed.place}: {one.reason}")
                for one in made.not_judged
            ],
            asked=[one.then(told) for one in made.asked],
        )


def _of_policies(
    found: ComposedBlueprint, pick: Picked, rules: tuple[Path, ...], *, live: bool
) -> Iterator[CheckFindings]:
    file = found.source.source.name
    if pick.roles is None:
        for policy in found.policies:
            if pick.accounts is None or policy.account in pick.accounts:
                name = f"the policy of {policy.resource}"
                one = PlacedDocument(name, PolicyType.RESOURCE, policy.document.to_json_value(), policy.flows[0].where)
                yield CheckFindings(
                    [_placed(finding, one) for finding in _findings(one, rules)],
                    [file],
                    asked=_asked_documents([one], live=live),
                )
    for level in found.layers if pick.is_all else ():
        yield _of_level(found, level, rules, live=live)


def _asked_documents(placed: Sequence[PlacedDocument], *, live: bool) -> list[AskedDocument]:
    """Return what AWS is to be asked about, at the lines that ask for it."""
    return [
        each.then(partial(_placed, one=one)) for one in placed for each in asked_of([_read(one)]) if live
    ]  # fmt: skip


def _of_level(found: ComposedBlueprint, level: LevelLayers, rules: tuple[Path, ...], *, live: bool) -> CheckFindings:
    """
    Return what is found in the policies of a *level*, and what their patterns accept.

    All of them are attached, and all bind: what the one lets go another may keep, so that a finding stands only where
    it stands in all of them taken together.
    """
    where = found.source.at(*level.path, "layers", level.kind)
    documents = [
        PlacedDocument(f"{one.name} of {level.level}", _TYPES[level.kind], one.document.to_json_value(), where)
        for one in level.documents.policies
    ]
    statements = [each for one in documents for each in one.raw["Statement"]]
    whole = PlacedDocument(level.name, _TYPES[level.kind], {**documents[0].raw, "Statement": statements}, where)
    stands = {(finding.rule, finding.sid) for finding in _findings(whole, rules)}
    accepts = _accepts(found, level)
    every = [(finding, one) for one in documents for finding in _findings(one, rules)]
    kept = [(finding, one) for finding, one in every if (finding.rule, finding.sid) in stands]
    why = [accepts.get((finding.rule, str(finding.sid).removesuffix(AGAIN))) for finding, _ in kept]
    told = [_placed(finding, one) for finding, one in kept]
    return CheckFindings(
        [finding for finding, reason in zip(told, why, strict=True) if reason is None],
        [found.source.source.name] * len(documents),
        [(finding, reason.text) for finding, reason in zip(told, why, strict=True) if reason],
        tuple(
            f"{one.name}: {finding.rule} on {finding.sid} is accepted by {reason.where}: {reason.text}"
            for (finding, one), reason in zip(kept, why, strict=True)
            if reason
        ),
        asked=_asked_documents(documents, live=live),
    )


def _accepts(found: ComposedBlueprint, level: LevelLayers) -> Mapping[tuple[str, str], Reason]:
    """Return why findings on the patterns of a *level* are meant to be there, by rule and Sid."""
    return {
        (one.rule, one.sid): Reason(one.why, pattern.at("accepts", number))
        for name in found.catalog.found("scps" if level.kind is LayerKind.SCP else "rcps")
        for pattern in [found.catalog.layer_pattern(level.kind, name)]
        for number, one in enumerate(pattern.value.accepts)
    }


def _findings(one: PlacedDocument, rules: tuple[Path, ...]) -> list[Finding]:
    document = _read(one)
    return [*check([document]), *custom_findings_in([document], rules)]


def _read(one: PlacedDocument) -> Document:
    return read(Document(one.name, one.kind, one.raw, lambda _: None, group=one.name))


def _placed(finding: Finding, one: PlacedDocument) -> Finding:
    return finding._replace(
        path=one.where.file, line=one.where.line, message=f"{one.name}: {finding.message}",
        key=f"{one.name} {finding.key or ''}".strip(),
    )  # fmt: skip
