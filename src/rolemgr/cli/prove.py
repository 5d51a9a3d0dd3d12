"""`rolemgr prove`: proofs over one role, or over the whole catalog."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.options import catalog_folders, role_options
from rolemgr.cli.settings import find_settings
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.prove.proof import Proof

_CHOOSING = ("persona", "role")
_TO_BREAK = ("--break-separation", "shown by prove")
"""Without a reason `simulate` would refuse the role that breaks its separation."""

_OF_A_CATALOG = {"catalog"}


@click.command("prove")
@role_options
@form_option
@output_option
@color_option
def prove_command(chosen: dict[str, Any], form: str, output: str | None, color: str, verbose: bool) -> None:
    """
    Prove what a role, or the whole catalog, can never do.

    Nothing is sampled: each action is asked on each class of resources with each condition key absent, right,
    wrong and both. Proven are separation over all roles that are reached, declared overlaps of personas, that
    no guardrail and no tag key is dodged or stops what complies, that under --abac-buckets nobody changes the tags
    of buckets, that no grant is dead, and that packing loses nothing. What fails is shown as a request for
    `rolemgr simulate`, and the exit code is 1. Without a role the whole catalog in force is proven.

    \b
    Examples:
      rolemgr prove
      rolemgr prove --persona data-scientist --guardrail-profile encrypted --volume-key ARN --data-key ARN
      rolemgr prove --catalog our-catalog --format json
    """
    from rolemgr.report.proofs import proofs_data, proofs_page

    one_role = any(chosen[key] is not None for key in _CHOOSING) or any(_fallbacks())
    what, proofs = _of_role(chosen, verbose=verbose) if one_role else _of_catalog(chosen)
    give(form, lambda: proofs_data(proofs), lambda: proofs_page(proofs, what), output, color)
    if not all(proof.holds for proof in proofs):
        sys.exit(1)


def _fallbacks() -> list[object]:
    """Return the persona and the role file that the environment and ``rolemgr.yaml`` choose."""
    settings = find_settings(Path.cwd())
    data = settings.data if settings else {}
    return [*(os.environ.get(f"ROLEMGR_{key.upper()}") for key in _CHOOSING), *(data.get(key) for key in _CHOOSING)]


def _of_role(chosen: Mapping[str, Any], *, verbose: bool) -> "tuple[str, tuple[Proof, ...]]":
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.prove.catalog import prove_role
    from rolemgr.prove.proof import Subject
    from rolemgr.separation.violations import RenderedRole

    reason = chosen["break_separation"] or "asked for by prove"  # a broken separation is an answer here, no bad input
    found = render_chosen({**chosen, "break_separation": reason}, verbose=verbose)
    subject = Subject(found.catalog, RenderedRole(found.role, found.documents), _as_given(chosen))
    proofs = prove_role(subject)
    if not proofs[0].holds and not chosen["break_separation"]:
        proofs = tuple(_with_flags(proof, _TO_BREAK, subject.flags) for proof in proofs)
    return f"role {found.role.spec.role_name}", proofs


def _of_catalog(chosen: Mapping[str, Any]) -> "tuple[str, tuple[Proof, ...]]":
    given = next((key for key, value in chosen.items() if value and key not in _OF_A_CATALOG), None)
    if given:
        flag = SourceLocation(f"--{given.replace('_', '-')}")
        raise InputError(flag, "goes with a role, and none is chosen", "give --persona NAME or --role FILE")
    from rolemgr.catalog.load import Catalog
    from rolemgr.prove.catalog import prove_catalog

    folders = catalog_folders(chosen["catalog"])
    names = tuple(word for folder in folders for word in ("--catalog", str(folder)))
    return "catalog", tuple(_with_flags(proof, names) for proof in prove_catalog(Catalog(folders)))


def _with_flags(proof: "Proof", words: tuple[str, ...], only: tuple[str, ...] | None = None) -> "Proof":
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


def _as_given(chosen: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the flags as they were given, for a command line that chooses the same role."""
    words: list[str] = []
    for key, value in chosen.items():
        flag = f"--{key.replace('_', '-')}"
        for text in value if isinstance(value, tuple) else (value,) if value else ():
            words += [flag] if text is True else [flag, str(text)]
    return tuple(words)
