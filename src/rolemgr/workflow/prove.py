"""Proofs over one role, or over the whole catalog."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation
from rolemgr.model.role import ComposedRole
from rolemgr.prove.catalog import prove_catalog, prove_role
from rolemgr.prove.proof import Proof, RoleToProve
from rolemgr.report.proofs import proofs_data, proofs_page
from rolemgr.separation.violations import RenderedRole
from rolemgr.workflow.choices import catalog_folders
from rolemgr.workflow.many import matching_files
from rolemgr.workflow.outside import Outside, Say
from rolemgr.workflow.role import RenderedChoice, render_asked
from rolemgr.workflow.role_options import many_roles, one_role
from rolemgr.workflow.settings import find_settings
from rolemgr.workflow.views import Views

if TYPE_CHECKING:
    from rolemgr.blueprint.compromise import Compromise

_CHOOSING = ("persona", "role")
_TO_BREAK = ("--break-separation", "shown by prove")
"""Without a reason `simulate` would refuse the role that breaks its separation."""

_OF_A_CATALOG = {"catalog"}


class Proven(NamedTuple):
    """What the *proofs* are about, and those that hold and those that do not."""

    what: str
    proofs: tuple[Proof, ...]
    stolen: "Compromise | None" = None
    """What stolen sessions reach, of a blueprint."""

    @property
    def views(self) -> Views:
        """The proofs for programs and for people."""
        if self.stolen is None:
            return Views(partial(proofs_data, self.proofs), partial(proofs_page, self.proofs, self.what))
        from rolemgr.report.blueprint_proofs import blueprint_proofs_data, blueprint_proofs_page  # a blueprint's alone

        return Views(
            partial(blueprint_proofs_data, self.proofs, self.stolen),
            partial(blueprint_proofs_page, self.proofs, self.what, self.stolen),
        )


def proofs_of(chosen: Mapping[str, Any], outside: Outside, *, verbose: bool) -> Proven:
    """
    Return the proofs of the role that *chosen* and their fallbacks describe, or of the whole catalog without one.

    Raises InputError for bad input, and for options of a role where none is chosen.
    """
    if many_roles(chosen):
        files = matching_files(chosen["role"], outside)
        return _together(_of_roles([
            (one, _rendered(one, outside._replace(say=_about(file, outside.say)), verbose=verbose))
            for file, one in ((file, {**chosen, "role": file}) for file in files)
        ]))  # fmt: skip
    one = one_role(chosen)
    if chosen_somewhere(one, outside.environ):
        return _of_roles([(one, _rendered(one, outside, verbose=verbose))])[0]
    return _of_catalog(one)


def chosen_somewhere(one: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Tell whether *one*, the environment or ``rolemgr.yaml`` chooses a role; else the catalog is meant."""
    return any(one[key] is not None for key in _CHOOSING) or any(_fallbacks(environ))


def require_no_role(chosen: Mapping[str, Any]) -> None:
    """Raise InputError where *chosen* has options of a role, where the catalog is meant."""
    given = next((key for key, value in chosen.items() if value and key not in _OF_A_CATALOG), None)
    if given:
        flag = SourceLocation(f"--{given.replace('_', '-')}")
        raise InputError(flag, "goes with a role, and none is chosen", "give --persona NAME or --role FILE")


def _about(file: str, say: Say) -> Say:
    """Return what says each note with the role *file* that it is about."""
    return lambda text: say(f"{file}: {text}")


def _together(found: Sequence[Proven]) -> Proven:
    """Return the proofs of several roles as one of each claim: what breaks it says of which role it is."""
    by_name: dict[str, Proof] = {}
    for proof in (proof for one in found for proof in one.proofs):
        before = by_name.get(proof.name)
        by_name[proof.name] = before.and_of_another(proof) if before else proof
    return Proven(f"{len(found)} roles" if len(found) > 1 else found[0].what, tuple(by_name.values()))


def _fallbacks(environ: Mapping[str, str]) -> list[object]:
    """Return the persona and the role file that the environment and ``rolemgr.yaml`` choose."""
    settings = find_settings(Path.cwd())
    data = settings.data if settings else {}
    return [*(environ.get(f"ROLEMGR_{key.upper()}") for key in _CHOOSING), *(data.get(key) for key in _CHOOSING)]


def _rendered(chosen: Mapping[str, Any], outside: Outside, *, verbose: bool) -> RenderedChoice:
    reason = chosen["break_separation"] or "asked for by prove"  # a broken separation is an answer here, no bad input
    return render_asked({**chosen, "break_separation": reason}, outside, verbose=verbose)


def _of_roles(found: Sequence[tuple[Mapping[str, Any], RenderedChoice]]) -> list[Proven]:
    """Return the proofs of each role in *found*, with what chose it: what one passes may be another."""
    roles = tuple(one.role for _, one in found)
    return [_of_role(chosen, one, roles) for chosen, one in found]


def _of_role(chosen: Mapping[str, Any], found: RenderedChoice, roles: tuple[ComposedRole, ...]) -> Proven:
    rendered = RenderedRole(found.role, found.documents)
    subject = RoleToProve(found.catalog, rendered, as_given(chosen), beside=roles)
    proofs = prove_role(subject)
    if proofs[0].counter_examples and not chosen["break_separation"]:
        proofs = tuple(_with_flags(proof, _TO_BREAK, subject.flags) for proof in proofs)
    return Proven(f"role {found.role.spec.role_name}", proofs)


def _of_catalog(chosen: Mapping[str, Any]) -> Proven:
    require_no_role(chosen)
    folders = catalog_folders(chosen["catalog"])
    names = tuple(word for folder in folders for word in ("--catalog", str(folder)))
    return Proven("catalog", tuple(_with_flags(proof, names) for proof in prove_catalog(Catalog(folders))))


def _with_flags(proof: Proof, words: tuple[str, ...], only: tuple[str, ...] | None = None) -> Proof:
    """Return *proof* with *words* among the flags of what breaks it, or of those alone that have the flags *only*."""
    examples = tuple(
        one._replace(flags=(*one.flags, *words)) if only in (None, one.flags) else one for one in proof.counter_examples
    )
    return proof._replace(
        counter_examples=examples,
        untold=tuple(
            one._replace(flags=(*one.flags, *words)) if only in (None, one.flags) else one for one in proof.untold
        ),
    )


def as_given(chosen: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the flags as they were given, for a command line that chooses the same role."""
    words: list[str] = []
    for key, value in chosen.items():
        flag = f"--{key.replace('_', '-')}"
        for text in value if isinstance(value, tuple) else (value,) if value else ():
            words += [flag] if text is True else [flag, str(text)]
    return tuple(words)
